//! Deadlines, forms of HTTP, and connections that break.

use super::{FEED, fault_of, guarded, large_feed};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, claim_with, document, fault, now, poll, poll_with, settings};
use feedfold::config::Fetch;
use feedfold::feed::FaultKind;
use feedfold::fetch::resolve::{Lookup, Resolver};
use feedfold::fetch::{Client, Surroundings};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(150);

fn within(timeout: Duration) -> Fetch {
    Fetch {
        timeout,
        ..settings()
    }
}

#[tokio::test]
async fn rule_44_silence_a_stall_and_a_slow_drip_all_end_at_a_deadline() {
    let origin = Origin::start();
    let slow = Duration::from_millis(20);
    for (name, reply) in [
        ("silence", Reply::silence()),
        ("stall", Reply::feed(FEED).stall_after(10)),
        (
            "stalled gzip",
            Reply::feed(large_feed()).gzip().stall_after(40_000),
        ),
        ("drip", Reply::feed(large_feed()).drip(1, slow)),
        (
            "dripping redirects",
            Reply::redirect(302, "/feed?x").delay(slow),
        ),
        (
            "dripping hints",
            (0..3).fold(Reply::silence(), |r, _| r.after_informational(103)),
        ),
    ] {
        let mut hop = 0;
        origin.on_asked("/feed", move |_| {
            hop += 1;
            match name {
                "dripping redirects" => {
                    Reply::redirect(302, &format!("/feed?{hop}")).delay(SHORT / 4)
                }
                _ => reply.clone(),
            }
        });
        let began = tokio::time::Instant::now();
        let fault = fault(poll_with(&within(SHORT), &claim(origin.url("/feed"))).await);
        assert_eq!(fault.kind, FaultKind::TimedOut, "{name}: {fault}");
        // Far below what the server would have taken.
        assert!(began.elapsed() < Duration::from_secs(3), "{name}");
    }
}

#[tokio::test]
async fn rule_44_a_slow_feed_within_its_own_deadline_is_read() {
    let origin = Origin::start();
    origin.on(
        "/feed",
        Reply::feed(FEED).drip(30, Duration::from_millis(60)),
    );
    let mut patient = claim(origin.url("/feed"));
    assert_eq!(
        fault(poll_with(&within(SHORT), &patient).await).kind,
        FaultKind::TimedOut
    );
    patient.feed.subscription.request.timeout = Some(Duration::from_secs(5));
    assert_eq!(
        document(poll_with(&within(SHORT), &patient).await).body,
        FEED.as_bytes()
    );
}

#[tokio::test]
async fn rule_45_stalling_hosts_do_not_hold_up_others() {
    let (bad, good) = (Origin::start(), Origin::start());
    bad.otherwise(|_| Reply::silence());
    good.otherwise(|_| Reply::feed(FEED));
    let client = Arc::new(Client::new(&settings()).unwrap());
    let get = |url: String| {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.get(&claim(url), now()).await })
    };
    let stalled: Vec<_> = (0..50).map(|n| get(bad.url(&format!("/{n}")))).collect();
    for n in 0..50 {
        document(get(good.url(&format!("/{n}"))).await.unwrap());
    }
    assert!(stalled.iter().all(|poll| !poll.is_finished()));
    stalled.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn rule_47_informational_replies_are_skipped() {
    let origin = Origin::start();
    let reply = [100, 103, 102, 103]
        .into_iter()
        .fold(Reply::feed(FEED), Reply::after_informational);
    origin.on("/feed", reply);
    let fetched = poll(&claim(origin.url("/feed"))).await;
    assert_eq!(fetched.status, Some(200));
    assert_eq!(document(fetched).body, FEED.as_bytes());
}

#[tokio::test]
async fn rule_48_old_and_elaborate_forms_of_http_are_read() {
    let origin = Origin::start();
    for reply in [
        Reply::feed(FEED).http_1_0(),
        Reply::feed(FEED).until_close(),
        Reply::feed(FEED).chunked_with_trailers("X-Checksum: 1\r\nExpires: 0\r\n"),
        Reply::feed(large_feed()).chunked(),
        Reply::feed(FEED)
            .header("Empty", "")
            .header("Folded", "a\r\n\tb"),
        Reply::feed(FEED)
            .header("Bad Name", "x")
            .header("Odd", b"\xff\xfe"),
        (0..200).fold(Reply::feed(FEED), |r, n| r.header(&format!("X-{n}"), "y")),
    ] {
        origin.on("/feed", reply);
        document(poll(&claim(origin.url("/feed"))).await);
    }
}

#[tokio::test]
async fn rule_48_sloppy_heads_are_read_as_they_are_meant() {
    let origin = Origin::start();
    for (name, reply) in [
        (
            "no reason",
            "HTTP/1.1 200\r\nContent-Length: 6\r\n\r\n<rss/>",
        ),
        (
            "odd reason",
            "HTTP/1.1 200 d'accord, bien s\u{fb}r\r\nContent-Length: 6\r\n\r\n<rss/>",
        ),
        (
            "bare line feeds",
            "HTTP/1.1 200 OK\nContent-Length: 6\n\n<rss/>",
        ),
        (
            "length said twice",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 6\r\n\r\n<rss/>",
        ),
        (
            "spaces everywhere",
            "HTTP/1.1 200 OK\r\ncontent-length:6   \r\nETag:   \"a\"\t\r\n\r\n<rss/>",
        ),
        (
            "HTTP/1.0 that keeps alive",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 6\r\n\r\n<rss/>",
        ),
        (
            "more than it said",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>garbage",
        ),
        (
            "chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n06 ; a=b\r\n<rss/>\r\n0000\r\n\r\n",
        ),
    ] {
        origin.on("/feed", Reply::raw(reply));
        let fetched = poll(&claim(origin.url("/feed"))).await;
        assert_eq!(fetched.status, Some(200), "{name}: {fetched:?}");
        assert_eq!(document(fetched).body, b"<rss/>", "{name}");
    }
}

#[tokio::test]
async fn rule_50_ipv6_literals_are_asked() {
    // Where the machine has no IPv6, there is nothing to test.
    let Some(origin) = Origin::start_at("[::1]:0") else {
        return;
    };
    origin.on("/feed", Reply::feed(FEED));
    let url = format!("http://[::1]:{}/feed", origin.port());
    document(poll(&claim(url.clone())).await);
    let host = format!("[::1]:{}", origin.port());
    assert_eq!(origin.asked("/feed")[0].header("host"), Some(host.as_str()));
    document(poll_with(&guarded(&["::1/128"]), &claim(url)).await);
}

#[tokio::test]
async fn rule_49_broken_answers_are_one_request_and_one_sentence_each() {
    let origin = Origin::start();
    let huge = (0..1024).fold(Reply::feed(FEED), |reply, n| {
        reply.header(&format!("X-{n}"), "y".repeat(4096))
    });
    for (name, reply, kind) in [
        ("hang up", Reply::hang_up(), FaultKind::Unreachable),
        (
            "half a line",
            Reply::raw("HTTP/1.1 20"),
            FaultKind::Unreachable,
        ),
        (
            "half a head",
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Le"),
            FaultKind::Unreachable,
        ),
        (
            "another protocol",
            Reply::raw("SSH-2.0-OpenSSH_9.9\r\n"),
            FaultKind::Broken,
        ),
        (
            "noise",
            Reply::raw(b"\x00\xff\x1b[31m\r\n\r\n".repeat(50)),
            FaultKind::Broken,
        ),
        (
            "bad status",
            Reply::raw("HTTP/1.1 2x0 OK\r\n\r\n"),
            FaultKind::Broken,
        ),
        (
            "bad length",
            Reply::feed(FEED).claims_length("ten"),
            FaultKind::Broken,
        ),
        (
            "negative length",
            Reply::feed(FEED).claims_length("-1"),
            FaultKind::Broken,
        ),
        ("4 MiB of fields", huge, FaultKind::Broken),
        (
            "bad chunks",
            Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
            FaultKind::Broken,
        ),
    ] {
        origin.forget();
        let fault = fault_of(&origin, reply).await;
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert_eq!(origin.all_asked().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn rule_49_nobody_there_is_an_error() {
    let gone = Origin::start();
    let url = gone.url("/feed");
    drop(gone);
    let began = tokio::time::Instant::now();
    // The origin's thread may take a moment to let its port go.
    loop {
        let fetched = poll(&claim(url.clone())).await;
        assert_eq!(fetched.status, None);
        let fault = fault(fetched);
        assert_eq!(fault.kind, FaultKind::Unreachable);
        if fault.sentence.contains("refused the connection") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{fault}");
    }
}

#[tokio::test]
async fn rule_49_a_request_on_a_connection_that_died_is_sent_again() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED).close_unannounced());
    let client = Client::new(&settings()).unwrap();
    for n in 0..40 {
        let fetched = client
            .get(&claim(origin.url(&format!("/{n}"))), now())
            .await;
        document(fetched);
    }
    assert_eq!(origin.all_asked().len(), 40);
}

#[tokio::test]
async fn a_server_that_hangs_up_on_the_second_request_of_a_connection_is_asked_anew() {
    let origin = Origin::start();
    let mut last = None;
    origin.otherwise(move |asked| {
        let again = last == Some(asked.connection);
        last = Some(asked.connection);
        if again {
            Reply::hang_up()
        } else {
            Reply::feed(FEED)
        }
    });
    let client = Client::new(&settings()).unwrap();
    for n in 0..3 {
        document(
            client
                .get(&claim(origin.url(&format!("/{n}"))), now())
                .await,
        );
    }
    assert_eq!(origin.connections(), 3);
}

#[tokio::test]
async fn a_thousand_unchanged_feeds_of_one_host_share_a_connection() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED).etag("\"a\"").conditional());
    let client = Client::new(&settings()).unwrap();
    for n in 0..1000 {
        let claim = claim_with(origin.url(&format!("/{n}")), Some("\"a\""), None);
        assert_eq!(client.get(&claim, now()).await.status, Some(304));
    }
    assert_eq!(origin.connections(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn rule_49_any_bytes_at_all_are_an_answer_or_a_sentence(
        start in prop_oneof![Just(""), Just("HTTP/1.1 200 OK\r\n"), Just("HTTP/1.1 301 Moved\r\nLocation: ")],
        noise in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\r\n:0123456789 aEt<>\"".to_vec())], 0..300,
        ),
        end in prop_oneof![Just(""), Just("\r\n\r\n"), Just("\r\nContent-Length: 9\r\n\r\n<rss/>")],
    ) {
        RUNTIME.with(|(runtime, origin, client)| {
            let reply = [start.as_bytes(), &noise, end.as_bytes()].concat();
            origin.on("/feed", Reply::raw(reply));
            let fetched = runtime.block_on(client.get(&claim(origin.url("/feed")), now()));
            if let Err(fault) = fetched.answer {
                prop_assert!(!fault.sentence.contains(char::is_control), "{}", fault);
                prop_assert!(fault.sentence.len() < 400, "{}", fault);
            }
            Ok(())
        })?;
    }
}

thread_local! {
    /// One of each for all cases: a client costs more than a poll.
    static RUNTIME: (tokio::runtime::Runtime, Origin, Client) = (
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        Origin::start(),
        Client::within(&guarded(&["127.0.0.1"]), nameless()).unwrap(),
    );
}

/// Surroundings where no name has an address.
fn nameless() -> Surroundings {
    struct Nameless;
    impl Resolver for Nameless {
        fn look_up(&self, _: &str) -> Lookup {
            Box::pin(async { Ok(Vec::new()) })
        }
    }
    Surroundings {
        resolver: Arc::new(Nameless),
        ..Surroundings::default()
    }
}
