//! Servers that compress, cut off, stall, lie, garble, bomb, or point into the private network:
//! each costs its own feed one sentence, and nothing else.

use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, claim_with, document, fault, now, poll, poll_with, settings};
use feedfold::config::Fetch;
use feedfold::feed::{Claim, Fault, FaultKind};
use feedfold::fetch::resolve::{Lookup, Resolver};
use feedfold::fetch::{Client, Surroundings};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const FEED: &str =
    "<rss version='2.0'><channel><title>A</title><item><guid>1</guid></item></channel></rss>";
const SHORT: Duration = Duration::from_millis(150);

/// A feed large enough for several pieces on the wire, and hard to compress.
fn large_feed() -> Vec<u8> {
    let mut seed = 1u32;
    let noise = (0..120_000).map(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (seed >> 24) as u8 % 26
    });
    [FEED.as_bytes(), &noise.collect::<Vec<u8>>()].concat()
}

fn within(timeout: Duration) -> Fetch {
    Fetch {
        timeout,
        ..settings()
    }
}

fn capped(max_body: u64) -> Fetch {
    Fetch {
        max_body,
        ..settings()
    }
}

async fn fault_of(origin: &Origin, reply: Reply) -> Fault {
    origin.on("/feed", reply);
    let fault = fault(poll(&claim(origin.url("/feed"))).await);
    assert!(!fault.sentence.contains(char::is_control), "{fault}");
    assert!(fault.sentence.len() < 400, "{fault}");
    fault
}

// ── 5: bodies ──

#[tokio::test]
async fn rule_37_every_content_encoding_is_offered_and_undone() {
    let origin = Origin::start();
    let body = large_feed();
    let plain = Reply::feed(body.clone());
    for (name, reply) in [
        ("identity", plain.clone()),
        ("gzip", plain.clone().gzip()),
        ("br", plain.clone().brotli()),
        ("zstd", plain.clone().zstd()),
        ("deflate", plain.clone().deflate()),
        ("deflate", plain.clone().raw_deflate()),
        ("gzip", plain.clone().gzip().chunked()),
        (
            "zstd",
            plain.clone().zstd().drip(50_000, Duration::from_millis(1)),
        ),
        ("gzip", plain.clone().deflate().gzip()),
        ("br", plain.clone().brotli().until_close()),
    ] {
        origin.forget();
        origin.on("/feed", reply);
        let got = document(poll(&claim(origin.url("/feed"))).await).body;
        assert!(got == body, "{name}");
        let offered = origin.asked("/feed")[0]
            .header("accept-encoding")
            .unwrap()
            .to_owned();
        assert!(
            name == "identity" || offered.split(", ").any(|o| o == name),
            "{offered}"
        );
    }
}

#[tokio::test]
async fn rule_37_wrong_and_odd_encoding_headers_do_not_cost_the_feed() {
    let origin = Origin::start();
    let zipped = |bytes: &[u8]| Reply::feed(bytes).gzip().into_body();
    let twice = [zipped(b"<rss>"), zipped(b"</rss>")].concat();
    let padded = [zipped(b"<rss/>"), vec![0; 100]].concat();
    for (encoding, sent, read) in [
        ("gzip", FEED.as_bytes().to_vec(), FEED.as_bytes().to_vec()),
        (
            "deflate",
            FEED.as_bytes().to_vec(),
            FEED.as_bytes().to_vec(),
        ),
        ("zstd", FEED.as_bytes().to_vec(), FEED.as_bytes().to_vec()),
        ("utf-8", FEED.as_bytes().to_vec(), FEED.as_bytes().to_vec()),
        ("none", FEED.as_bytes().to_vec(), FEED.as_bytes().to_vec()),
        ("X-GZIP", zipped(b"<rss/>"), b"<rss/>".to_vec()),
        ("gzip", twice, b"<rss></rss>".to_vec()),
        ("gzip", padded, b"<rss/>".to_vec()),
        // No header names the encoding: what it is is for the parser to find out.
        ("identity", zipped(b"<rss/>"), zipped(b"<rss/>")),
    ] {
        origin.on(
            "/feed",
            Reply::feed(sent).header("Content-Encoding", encoding),
        );
        let got = document(poll(&claim(origin.url("/feed"))).await).body;
        assert_eq!(got, read, "{encoding}");
    }
}

#[tokio::test]
async fn rule_37_a_body_that_does_not_decode_is_an_error() {
    let origin = Origin::start();
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        let reply = Reply::feed(b"\x1f\x8b\x08 certainly not compressed".repeat(9));
        let fault = fault_of(&origin, reply.header("Content-Encoding", encoding)).await;
        assert_eq!(
            (fault.kind, fault.status),
            (FaultKind::Broken, Some(200)),
            "{encoding}"
        );
    }
    let reply = Reply::feed(FEED).header("Content-Encoding", "gzip, gzip, gzip, gzip");
    assert_eq!(fault_of(&origin, reply).await.kind, FaultKind::Broken);
}

#[tokio::test]
async fn rule_38_a_body_over_the_cap_is_refused_while_it_streams() {
    let origin = Origin::start();
    let body = vec![b'x'; 10_000];
    for (reply, fits) in [
        (Reply::feed(body.clone()), 10_000),
        (Reply::feed(body.clone()).chunked(), 10_000),
        (Reply::feed(body.clone()).gzip(), 10_000),
        (Reply::feed(body.clone()).brotli(), 10_000),
        (Reply::feed(body.clone()).zstd(), 10_000),
        (Reply::feed(body.clone()).deflate(), 10_000),
    ] {
        origin.on("/feed", reply);
        let claim = claim(origin.url("/feed"));
        assert_eq!(
            document(poll_with(&capped(fits), &claim).await).body.len(),
            10_000
        );
        let fault = fault(poll_with(&capped(fits - 1), &claim).await);
        assert_eq!(fault.kind, FaultKind::TooLarge);
        assert!(fault.sentence.contains("9 KiB"), "{fault}");
    }
}

#[tokio::test]
async fn rule_38_a_bomb_costs_no_more_than_the_cap() {
    let origin = Origin::start();
    origin.on("/feed", Reply::bomb(32 << 20));
    let fetched = poll_with(&capped(1 << 20), &claim(origin.url("/feed"))).await;
    assert!(fetched.bytes < 100_000, "{}", fetched.bytes);
    assert_eq!(fault(fetched).kind, FaultKind::TooLarge);
}

#[tokio::test]
async fn rule_38_a_length_over_the_cap_is_refused_before_the_body_comes() {
    let origin = Origin::start();
    origin.on(
        "/feed",
        Reply::feed(FEED).claims_length(30 << 20).stall_after(10),
    );
    let fetched = poll(&claim(origin.url("/feed"))).await;
    assert_eq!(fetched.bytes, 0);
    assert_eq!(fault(fetched).kind, FaultKind::TooLarge);
}

#[tokio::test]
async fn rule_38_a_feed_may_have_a_cap_of_its_own() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(FEED));
    let mut small = claim(origin.url("/feed"));
    small.feed.subscription.request.max_body = Some(20);
    assert_eq!(fault(poll(&small).await).kind, FaultKind::TooLarge);
}

#[tokio::test]
async fn rule_06_and_48_a_cut_body_is_an_error() {
    let origin = Origin::start();
    let whole = Reply::feed(large_feed());
    for (name, reply) in [
        ("length", whole.clone()),
        ("chunks", whole.clone().chunked()),
        ("gzip", whole.clone().gzip()),
        ("gzip until close", whole.clone().gzip().until_close()),
        ("brotli until close", whole.clone().brotli().until_close()),
        ("zstd until close", whole.clone().zstd().until_close()),
        ("deflate until close", whole.clone().deflate().until_close()),
        ("gzip chunks", whole.clone().gzip().chunked()),
    ] {
        for cut in [5, 30_000, 60_000] {
            let fault = fault_of(&origin, reply.clone().etag("\"poison\"").cut_after(cut)).await;
            assert_eq!(fault.kind, FaultKind::Broken, "{name} after {cut}");
        }
    }
}

#[tokio::test]
async fn rule_48_a_compressed_body_that_is_cut_in_its_last_bytes_is_an_error() {
    let origin = Origin::start();
    let zipped = Reply::feed(FEED).gzip();
    let length = zipped.clone().into_body().len();
    // The checksum at the end is a part of the body.
    for missing in 1..=8 {
        let reply = zipped.clone().until_close().cut_after(length - missing);
        assert_eq!(
            fault_of(&origin, reply).await.kind,
            FaultKind::Broken,
            "{missing}"
        );
    }
}

// ── 6: transport ──

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
        assert!(
            began.elapsed() < SHORT * 3,
            "{name} took {:?}",
            began.elapsed()
        );
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
    let client = Arc::new(Client::new(&within(Duration::from_millis(800))).unwrap());
    let get = |url: String| {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.get(&claim(url), now()).await })
    };
    let stalled: Vec<_> = (0..50).map(|n| get(bad.url(&format!("/{n}")))).collect();
    let began = tokio::time::Instant::now();
    for n in 0..50 {
        document(get(good.url(&format!("/{n}"))).await.unwrap());
    }
    assert!(
        began.elapsed() < Duration::from_millis(700),
        "{:?}",
        began.elapsed()
    );
    for poll in stalled {
        assert_eq!(fault(poll.await.unwrap()).kind, FaultKind::TimedOut);
    }
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

fn certificate(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// A client that trusts the authority of the tests.
fn trusting() -> Client {
    let surroundings = Surroundings {
        authorities: certificate("authority"),
        ..Surroundings::default()
    };
    Client::within(&settings(), surroundings).unwrap()
}

#[tokio::test]
async fn rule_46_certificates_are_verified_and_their_faults_told_apart() {
    for (name, client, host, says) in [
        ("good", trusting(), "localhost", None),
        ("good", trusting(), "127.0.0.1", None),
        (
            "good",
            Client::new(&settings()).unwrap(),
            "localhost",
            Some("unknown authority"),
        ),
        ("expired", trusting(), "localhost", Some("has expired")),
        ("early", trusting(), "localhost", Some("not valid yet")),
        ("other-name", trusting(), "localhost", Some("another name")),
    ] {
        let origin = Origin::start_tls(&certificate(name));
        origin.on("/feed", Reply::feed(FEED));
        let fetched = client
            .get(&claim(origin.tls_url(host, "/feed")), now())
            .await;
        match says {
            None => assert_eq!(document(fetched).body, FEED.as_bytes()),
            Some(words) => {
                let fault = fault(fetched);
                assert_eq!(fault.kind, FaultKind::Tls, "{name}: {fault}");
                assert!(fault.sentence.contains(words), "{name}: {fault}");
                assert_eq!(origin.all_asked().len(), 0, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn rule_46_any_certificate_is_taken_only_for_the_feed_that_says_so() {
    let origin = Origin::start_tls(&certificate("expired"));
    origin.on("/feed", Reply::feed(FEED));
    let client = Client::new(&settings()).unwrap();
    let strict = claim(origin.tls_url("localhost", "/feed"));
    let mut lax = strict.clone();
    lax.feed
        .subscription
        .request
        .insecure_accept_any_certificate = true;
    document(client.get(&lax, now()).await);
    assert_eq!(fault(client.get(&strict, now()).await).kind, FaultKind::Tls);
    document(client.get(&lax, now()).await);
    // One that was kept for the careless feed, and one that the careful feed did not trust.
    assert_eq!(origin.connections(), 2);
}

#[tokio::test]
async fn rule_46_a_server_without_tls_is_told_apart() {
    let origin = Origin::start();
    let fault = fault(poll(&claim(origin.tls_url("localhost", "/"))).await);
    assert_eq!(fault.kind, FaultKind::Tls);
    assert!(fault.sentence.contains("http://"), "{fault}");
}

#[tokio::test]
async fn rule_13_a_permanent_step_down_from_https_is_followed_and_never_proposed() {
    let secure = Origin::start_tls(&certificate("good"));
    let plain = Origin::start();
    plain.on("/feed", Reply::feed(FEED));
    secure.on("/down", Reply::redirect(301, &plain.url("/feed")));
    plain.on(
        "/up",
        Reply::redirect(301, &secure.tls_url("localhost", "/feed")),
    );
    secure.on("/feed", Reply::feed(FEED));
    let client = trusting();
    let down = claim(secure.tls_url("localhost", "/down"));
    let fetched = client.get(&down, now()).await;
    assert_eq!(fetched.moved_to, None);
    document(fetched);
    let fetched = client.get(&claim(plain.url("/up")), now()).await;
    assert_eq!(fetched.moved_to.unwrap().url().scheme(), "https");
}

// ── 7: what may be contacted ──

/// Answers each look-up of any name with the next list of addresses; the last one repeats.
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[Ipv4Addr]]) -> Arc<Self> {
        let addresses = |list: &&[Ipv4Addr]| list.iter().map(|a| IpAddr::from(*a)).collect();
        Arc::new(Self {
            answers: answers.iter().map(addresses).collect(),
            asked: AtomicUsize::new(0),
        })
    }
}

impl Resolver for Scripted {
    fn look_up(&self, _: &str) -> Lookup {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(turn).or(self.answers.last()).cloned();
        Box::pin(async { answer.ok_or_else(|| std::io::Error::other("no such name")) })
    }
}

/// A client that asks this resolver.
fn asking(settings: &Fetch, resolver: Arc<Scripted>) -> Client {
    let surroundings = Surroundings {
        resolver,
        ..Surroundings::default()
    };
    Client::within(settings, surroundings).unwrap()
}

fn guarded(exceptions: &[&str]) -> Fetch {
    Fetch {
        allow_networks: exceptions.iter().map(|text| (*text).to_owned()).collect(),
        ..Fetch::default()
    }
}

fn at(origin: &Origin, host: &str, path: &str) -> Claim {
    claim(format!("http://{host}:{}{path}", origin.port()))
}

const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

#[tokio::test]
async fn rule_51_loopback_is_not_contacted_unless_allowed() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        let fault = fault(poll_with(&Fetch::default(), &at(&origin, host, "/")).await);
        assert_eq!(fault.kind, FaultKind::Refused, "{host}");
        assert!(fault.sentence.contains("allow_networks"), "{fault}");
    }
    assert_eq!(origin.connections(), 0);
    document(poll_with(&guarded(&["127.0.0.0/8"]), &at(&origin, "127.0.0.1", "/")).await);
    document(poll_with(&guarded(&["127.0.0.0/8"]), &at(&origin, "localhost", "/")).await);
    document(poll_with(&guarded(&["localhost"]), &at(&origin, "localhost", "/")).await);
    let elsewhere = guarded(&["10.0.0.0/8", "nas.example"]);
    let other = poll_with(&elsewhere, &at(&origin, "127.0.0.1", "/")).await;
    assert_eq!(fault(other).kind, FaultKind::Refused);
}

#[tokio::test]
async fn rule_51_names_are_judged_by_what_they_resolve_to() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    let client = |exceptions: &[&str], answers: &[&[Ipv4Addr]]| {
        asking(&guarded(exceptions), Scripted::new(answers))
    };
    let claim = at(&origin, "feeds.example", "/");
    let refused = client(&[], &[&[HOME]]).get(&claim, now()).await;
    let fault = fault(refused);
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(
        fault.sentence.contains("feeds.example (127.0.0.1)"),
        "{fault}"
    );
    assert_eq!(origin.connections(), 0);
    // By name, by network, and only the allowed ones of several addresses.
    document(
        client(&["feeds.example"], &[&[HOME]])
            .get(&claim, now())
            .await,
    );
    document(client(&["127.0.0.1"], &[&[HOME]]).get(&claim, now()).await);
    document(
        client(&["127.0.0.1"], &[&[ELSEWHERE, HOME]])
            .get(&claim, now())
            .await,
    );
}

#[tokio::test]
async fn rule_51_a_name_that_rebinds_between_two_hops_is_refused() {
    let origin = Origin::start();
    origin.on("/old", Reply::redirect(302, "/new").close());
    origin.on("/new", Reply::feed(FEED));
    let resolver = Scripted::new(&[&[HOME], &[ELSEWHERE]]);
    let client = asking(&guarded(&["127.0.0.1"]), resolver.clone());
    let fault = fault(
        client
            .get(&at(&origin, "feeds.example", "/old"), now())
            .await,
    );
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 2);
    assert_eq!(origin.asked("/new").len(), 0);
}

#[tokio::test]
async fn rule_51_a_redirect_into_the_private_network_is_refused() {
    let (public, private) = (Origin::start(), Origin::start());
    private.otherwise(|_| Reply::feed(FEED));
    let client = asking(&guarded(&["feeds.example"]), Scripted::new(&[&[HOME]]));
    for target in [
        private.url("/"),
        format!("http://localhost:{}/", private.port()),
        format!("http://other.example:{}/", private.port()),
        format!("http://2130706433:{}/", private.port()),
        format!("http://[::ffff:7f00:1]:{}/", private.port()),
        "http://169.254.169.254/latest/meta-data/".into(),
    ] {
        public.on("/feed", Reply::redirect(301, &target));
        let fetched = client
            .get(&at(&public, "feeds.example", "/feed"), now())
            .await;
        assert_eq!(fetched.moved_to, None);
        let fault = fault(fetched);
        assert_eq!(fault.kind, FaultKind::Refused, "{target}: {fault}");
    }
    assert_eq!(private.connections(), 0);
}

#[tokio::test]
async fn rule_53_every_notation_of_loopback_is_refused() {
    let origin = Origin::start();
    for host in [
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "127.0.0.1.",
        "[::127.0.0.1]",
    ] {
        let fault = fault(poll_with(&Fetch::default(), &at(&origin, host, "/")).await);
        assert_eq!(fault.kind, FaultKind::Refused, "{host}: {fault}");
    }
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn rule_54_only_web_addresses_are_fetched() {
    for url in [
        "file:///etc/passwd",
        "ftp://feeds.example/",
        "javascript:1",
        "not an address",
        "",
    ] {
        let fault = fault(poll(&claim(url)).await);
        assert_eq!(fault.kind, FaultKind::Refused, "{url}");
    }
}

#[tokio::test]
async fn rule_49_a_name_without_an_address_is_an_error() {
    for answers in [&[] as &[&[Ipv4Addr]], &[&[]]] {
        let client = asking(&settings(), Scripted::new(answers));
        let fault = fault(client.get(&claim("http://feeds.example/"), now()).await);
        assert_eq!(fault.kind, FaultKind::Unreachable);
        assert!(fault.sentence.contains("name feeds.example"), "{fault}");
    }
}

#[tokio::test]
async fn a_thousand_unchanged_feeds_of_one_host_are_quick() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED).etag("\"a\"").conditional());
    let client = Client::new(&settings()).unwrap();
    let began = tokio::time::Instant::now();
    for n in 0..1000 {
        let claim = claim_with(origin.url(&format!("/{n}")), Some("\"a\""), None);
        assert_eq!(client.get(&claim, now()).await.status, Some(304));
    }
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(origin.connections(), 1);
}
