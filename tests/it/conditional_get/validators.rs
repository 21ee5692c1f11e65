//! Validators and freshness.

use super::{FEED, unchanged};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, claim_with, document, fault, poll, validators};
use feedfold::feed::{FaultKind, Validators};
use std::time::Duration;

#[tokio::test]
async fn rule_01_validators_come_and_go_byte_for_byte() {
    for (etag, date) in [
        ("W/\"weak\"", "Mon, 23 Nov 2026 10:00:00 GMT"),
        ("unquoted", "Mon, 23 Nov 2026 10:00:00 +0000"),
        ("\"with \\ and 'odd' = bytes\"", "yesterday, about noon"),
        ("\"caf\u{e9}\"", "2026-11-23T10:00:00Z"),
    ] {
        let origin = Origin::start();
        origin.on("/feed", Reply::feed(FEED).etag(etag).last_modified(date));
        let got = document(poll(&claim(origin.url("/feed"))).await).validators;
        assert_eq!(got, validators(Some(etag), Some(date)));

        let mut second = claim(origin.url("/feed"));
        second.feed.validators = got;
        poll(&second).await;
        let asked = &origin.asked("/feed")[1];
        assert_eq!(asked.header_bytes("if-none-match"), Some(etag.as_bytes()));
        assert_eq!(
            asked.header_bytes("if-modified-since"),
            Some(date.as_bytes())
        );
    }
}

#[tokio::test]
async fn rule_01_validators_that_are_no_text_survive() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(FEED).etag(b"\"\xff\xe9\""));
    let got = document(poll(&claim(origin.url("/feed"))).await).validators;
    assert_eq!(got.etag.as_deref(), Some(&b"\"\xff\xe9\""[..]));
    let mut second = claim(origin.url("/feed"));
    second.feed.validators = got;
    poll(&second).await;
    let asked = &origin.asked("/feed")[1];
    assert_eq!(
        asked.header_bytes("if-none-match"),
        Some(&b"\"\xff\xe9\""[..])
    );
}

#[tokio::test]
async fn rule_02_each_known_validator_is_sent_and_no_other() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(FEED));
    for (etag, date) in [
        (None, None),
        (Some("\"a\""), None),
        (None, Some("Mon, 23 Nov 2026 10:00:00 GMT")),
    ] {
        origin.forget();
        poll(&claim_with(origin.url("/feed"), etag, date)).await;
        let asked = &origin.asked("/feed")[0];
        assert_eq!(asked.header("if-none-match"), etag);
        assert_eq!(asked.header("if-modified-since"), date);
    }
}

#[tokio::test]
async fn rule_03_and_04_a_200_replaces_both_validators_also_by_nothing() {
    let origin = Origin::start();
    origin.on("/one", Reply::feed(FEED).etag("\"b\""));
    origin.on("/none", Reply::feed(FEED));
    let known = (Some("\"a\""), Some("Mon, 23 Nov 2026 10:00:00 GMT"));
    let one = document(poll(&claim_with(origin.url("/one"), known.0, known.1)).await);
    assert_eq!(one.validators, validators(Some("\"b\""), None));
    let none = document(poll(&claim_with(origin.url("/none"), known.0, known.1)).await);
    assert_eq!(none.validators, Validators::default());
}

#[tokio::test]
async fn rule_05_a_304_updates_the_validators_that_it_names() {
    let origin = Origin::start();
    let known = |path: &str| claim_with(origin.url(path), Some("\"a\""), Some("old"));
    origin.on("/bare", Reply::unchanged());
    origin.on("/tag", Reply::unchanged().etag("\"b\""));
    origin.on(
        "/both",
        Reply::unchanged().etag("\"b\"").last_modified("new"),
    );
    for (path, etag, date) in [
        ("/bare", "\"a\"", "old"),
        ("/tag", "\"b\"", "old"),
        ("/both", "\"b\"", "new"),
    ] {
        let fetched = poll(&known(path)).await;
        assert_eq!(fetched.status, Some(304));
        assert_eq!(
            unchanged(fetched),
            validators(Some(etag), Some(date)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn rule_06_a_304_that_nobody_asked_for_is_an_error() {
    let origin = Origin::start();
    origin.on("/feed", Reply::unchanged().etag("\"a\""));
    let fetched = poll(&claim(origin.url("/feed"))).await;
    assert_eq!(fetched.status, Some(304));
    let fault = fault(fetched);
    assert_eq!(fault.kind, FaultKind::Broken);
    assert!(fault.sentence.contains("nothing was known"), "{fault}");
}

#[tokio::test]
async fn rule_06_errors_and_empty_bodies_bring_no_validators() {
    let origin = Origin::start();
    let tagged = |reply: Reply| reply.etag("\"poison\"");
    origin.on("/empty", tagged(Reply::feed("")));
    origin.on("/empty-gzip", tagged(Reply::feed("").gzip()));
    origin.on("/nothing", tagged(Reply::status(204)));
    origin.on("/part", tagged(Reply::status(206).body(FEED)));
    origin.on("/later", tagged(Reply::status(202).body(FEED)));
    origin.on("/not-found", tagged(Reply::status(404).body("<html>")));
    origin.on("/oops", tagged(Reply::status(500).body(FEED)));
    for path in [
        "/empty",
        "/empty-gzip",
        "/nothing",
        "/part",
        "/later",
        "/not-found",
        "/oops",
    ] {
        // A fault carries no validators at all.
        fault(poll(&claim(origin.url(path))).await);
    }
}

#[tokio::test]
async fn rule_07_a_200_is_content_whatever_its_etag_says() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(FEED).etag("\"a\""));
    let claim = claim_with(origin.url("/feed"), Some("\"a\""), None);
    assert_eq!(document(poll(&claim).await).body, FEED.as_bytes());
}

#[tokio::test]
async fn rule_08_no_store_and_expires_0_do_not_drop_validators() {
    let origin = Origin::start();
    let reply = Reply::feed(FEED)
        .etag("\"a\"")
        .header("Cache-Control", "no-store, no-cache, must-revalidate")
        .header("Pragma", "no-cache")
        .header("Expires", "0");
    origin.on("/feed", reply);
    let fetched = poll(&claim(origin.url("/feed"))).await;
    assert_eq!(fetched.freshness.fresh_for, Some(Duration::ZERO));
    assert_eq!(
        document(fetched).validators,
        validators(Some("\"a\""), None)
    );
}

#[tokio::test]
async fn rule_11_changes_alone_are_asked_for_and_understood() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(FEED));
    poll(&claim(origin.url("/feed"))).await;
    let delta = |im: &str| Reply::status(226).header("IM", im).etag("\"b\"").body(FEED);
    origin.on("/feed", delta("feed"));
    let changes = document(poll(&claim_with(origin.url("/feed"), Some("\"a\""), None)).await);
    assert!(changes.delta);
    assert_eq!(changes.validators, validators(Some("\"b\""), None));
    let asked = origin.asked("/feed");
    assert_eq!(asked[0].header("a-im"), None);
    assert_eq!(asked[1].header("a-im"), Some("feed"));

    origin.on("/feed", delta("vcdiff"));
    let foreign = poll(&claim_with(origin.url("/feed"), Some("\"a\""), None)).await;
    assert_eq!(fault(foreign).kind, FaultKind::Broken);
}

#[tokio::test]
async fn rule_20_and_21_freshness_of_a_200_and_of_a_304() {
    let origin = Origin::start();
    let fresh = Reply::feed(FEED)
        .etag("\"a\"")
        .header("Cache-Control", "public, max-age=3600")
        .header("Age", "600");
    origin.on("/feed", fresh.conditional());
    for etag in [None, Some("\"a\"")] {
        let fetched = poll(&claim_with(origin.url("/feed"), etag, None)).await;
        assert_eq!(fetched.freshness.fresh_for, Some(Duration::from_secs(3000)));
    }
    origin.on("/feed", Reply::unchanged());
    let bare = poll(&claim_with(origin.url("/feed"), Some("\"a\""), None)).await;
    assert_eq!(bare.freshness.fresh_for, None);
}
