//! Encodings, caps and cuts.

use super::{FEED, fault_of, large_feed};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, document, fault, now, poll, poll_with, settings};
use feedfold::config::Fetch;
use feedfold::feed::FaultKind;
use feedfold::fetch::{Answer, Client};
use proptest::prelude::*;
use std::time::Duration;

fn capped(max_body: u64) -> Fetch {
    Fetch {
        max_body,
        ..settings()
    }
}

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn rule_37_damaged_bodies_are_a_document_within_the_cap_or_a_sentence(
        coding in 0..5usize, damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(), cuts: bool, chunked: bool,
    ) {
        ORIGIN.with(|(runtime, origin, client)| {
            let plain = Reply::feed(FEED.repeat(20));
            let (reply, name) = match coding {
                0 => (plain.gzip(), "gzip"),
                1 => (plain.brotli(), "br"),
                2 => (plain.zstd(), "zstd"),
                3 => (plain.deflate(), "deflate"),
                _ => (plain.raw_deflate(), "deflate"),
            };
            let mut body = reply.into_body();
            for (at, byte) in damage {
                let at = at.index(body.len());
                body[at] = byte;
            }
            let length = body.len();
            let mut reply = Reply::feed(body).header("Content-Encoding", name);
            if chunked {
                reply = reply.chunked();
            }
            if cuts {
                reply = reply.cut_after(cut.index(length));
            }
            origin.on("/feed", reply);
            let fetched = runtime.block_on(client.get(&claim(origin.url("/feed")), now()));
            match fetched.answer {
                Ok(Answer::Document(document)) => prop_assert!(document.body.len() <= 100_000),
                Ok(Answer::Unchanged { .. }) => prop_assert!(false, "a 200 is no 304"),
                Err(fault) => prop_assert!(!fault.sentence.contains(char::is_control)),
            }
            Ok(())
        })?;
    }
}

thread_local! {
    static ORIGIN: (tokio::runtime::Runtime, Origin, Client) = (
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        Origin::start(),
        Client::new(&capped(100_000)).unwrap(),
    );
}
