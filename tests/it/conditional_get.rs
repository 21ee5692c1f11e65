//! Conditional requests, redirects and statuses, and what a request gives away: the rules of
//! polite fetching, by their numbers.

use crate::support::origin::{Origin, Reply};
use crate::support::poll::{
    claim, claim_with, document, fault, now, poll, poll_with, settings, validators,
};
use feedfold::address::Address;
use feedfold::feed::{FaultKind, Validators};
use feedfold::fetch::{Answer, Client, Fetched};
use std::time::Duration;

const FEED: &str = "<rss version='2.0'><channel><title>A</title></channel></rss>";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn unchanged(fetched: Fetched) -> Validators {
    match fetched.answer {
        Ok(Answer::Unchanged { validators }) => validators,
        other => panic!("not unchanged: {other:?}"),
    }
}

// ── 1: conditional requests ──

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

// ── 2: redirects and statuses ──

fn moved(fetched: &Fetched) -> Option<String> {
    Some(fetched.moved_to.as_ref()?.as_str().to_owned())
}

#[tokio::test]
async fn rule_12_permanent_redirects_propose_a_new_address_and_others_do_not() {
    let origin = Origin::start();
    origin.on("/new", Reply::feed(FEED));
    for (status, permanent) in [
        (301, true),
        (308, true),
        (302, false),
        (303, false),
        (307, false),
    ] {
        origin.on("/old", Reply::redirect(status, "/new"));
        let fetched = poll(&claim(origin.url("/old"))).await;
        assert_eq!(
            moved(&fetched),
            permanent.then(|| origin.url("/new")),
            "{status}"
        );
        assert_eq!(
            fetched.final_url.as_ref().unwrap().as_str(),
            origin.url("/new")
        );
        assert_eq!(document(fetched).url.as_str(), origin.url("/new"));
    }
}

#[tokio::test]
async fn rule_12_only_the_permanent_hops_before_the_first_temporary_one_count() {
    let origin = Origin::start();
    origin.on("/1", Reply::redirect(301, "/2"));
    origin.on("/2", Reply::redirect(302, "/3"));
    origin.on("/3", Reply::redirect(301, "/4"));
    origin.on("/4", Reply::feed(FEED));
    let fetched = poll(&claim(origin.url("/1"))).await;
    assert_eq!(moved(&fetched), Some(origin.url("/2")));
    assert_eq!(document(fetched).url.as_str(), origin.url("/4"));
}

#[tokio::test]
async fn rule_13_a_move_to_nowhere_is_not_proposed() {
    let origin = Origin::start();
    origin.on("/old", Reply::redirect(301, "/gone"));
    let fetched = poll(&claim(origin.url("/old"))).await;
    assert_eq!((fetched.status, moved(&fetched)), (Some(404), None));
    origin.on("/gone", Reply::feed(FEED).cut_after(10));
    assert_eq!(moved(&poll(&claim(origin.url("/old"))).await), None);
}

#[tokio::test]
async fn rule_14_ten_hops_are_followed_and_the_eleventh_is_not() {
    let origin = Origin::start();
    origin.otherwise(|asked| match asked.path[1..].parse::<u32>().unwrap() {
        0 => Reply::feed(FEED),
        n => Reply::redirect(302, &format!("/{}", n - 1)),
    });
    document(poll(&claim(origin.url("/10"))).await);
    origin.forget();
    let fault = fault(poll(&claim(origin.url("/11"))).await);
    assert_eq!(fault.kind, FaultKind::Redirects);
    assert_eq!(origin.all_asked().len(), 11);
}

#[tokio::test]
async fn rule_14_a_loop_ends_at_once() {
    let origin = Origin::start();
    origin.on("/a", Reply::redirect(301, "/b"));
    origin.on("/b", Reply::redirect(301, "/a"));
    origin.on(
        "/self",
        Reply::redirect(302, "/self").header("Set-Cookie", "seen=1"),
    );
    for (path, requests) in [("/a", 2), ("/self", 1)] {
        origin.forget();
        let fault = fault(poll(&claim(origin.url(path))).await);
        assert!(fault.sentence.contains("circle"), "{fault}");
        assert_eq!(origin.all_asked().len(), requests);
    }
}

#[tokio::test]
async fn rule_14_relative_locations_resolve_and_missing_or_foreign_ones_are_errors() {
    let origin = Origin::start();
    origin.on("/dir/new", Reply::feed(FEED));
    origin.on("/dir/old", Reply::redirect(302, "new"));
    document(poll(&claim(origin.url("/dir/old"))).await);
    origin.on("/none", Reply::status(301));
    origin.on("/file", Reply::redirect(301, "file:///etc/passwd"));
    origin.on("/ftp", Reply::redirect(302, "ftp://127.0.0.1/feed"));
    for path in ["/none", "/file", "/ftp"] {
        assert_eq!(
            fault(poll(&claim(origin.url(path))).await).kind,
            FaultKind::Redirects
        );
    }
}

#[tokio::test]
async fn rule_15_nothing_private_follows_to_another_origin() {
    let (home, away) = (Origin::start(), Origin::start());
    home.on(
        "/old",
        Reply::redirect(302, "/here").header("Set-Cookie", "id=1; Path=/"),
    );
    home.on("/here", Reply::redirect(302, &away.url("/there")));
    away.on("/there", Reply::feed(FEED));
    let mut claim = claim(home.url("/old"));
    claim.feed.subscription.request.basic_auth = Some("ann:se:cret".into());
    claim.feed.subscription.request.headers = vec![("X-Key".into(), "hidden".into())];
    document(poll(&claim).await);
    for path in ["/old", "/here"] {
        let asked = &home.asked(path)[0];
        assert_eq!(
            asked.header("authorization"),
            Some("Basic YW5uOnNlOmNyZXQ=")
        );
        assert_eq!(asked.header("x-key"), Some("hidden"));
        assert_eq!(
            (asked.header("cookie"), asked.header("referer")),
            (None, None)
        );
    }
    let asked = &away.asked("/there")[0];
    for name in ["authorization", "x-key", "cookie", "referer"] {
        assert_eq!(asked.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn rule_15_credentials_in_the_settings_are_never_moved_to_another_origin() {
    let (home, away) = (Origin::start(), Origin::start());
    home.on("/old", Reply::redirect(301, &away.url("/new")));
    home.on("/here", Reply::redirect(301, "/old-but-here"));
    home.on("/old-but-here", Reply::feed(FEED));
    away.on("/new", Reply::feed(FEED));
    let mut bound = claim(home.url("/old"));
    bound.feed.subscription.request.basic_auth = Some("ann:secret".into());
    assert_eq!(moved(&poll(&bound).await), None);
    bound.feed.subscription.url = home.url("/here");
    assert_eq!(moved(&poll(&bound).await), Some(home.url("/old-but-here")));
    // Those in the address stay behind with the old address.
    let with_user = home.url("/old").replace("http://", "http://ann:secret@");
    assert_eq!(
        moved(&poll(&claim(with_user)).await),
        Some(away.url("/new"))
    );
}

#[tokio::test]
async fn rule_16_gone_and_not_found_are_told_apart() {
    let origin = Origin::start();
    origin.on("/gone", Reply::status(410));
    let gone = fault(poll(&claim(origin.url("/gone"))).await);
    assert_eq!((gone.kind, gone.status), (FaultKind::Gone, Some(410)));
    let missing = fault(poll(&claim(origin.url("/missing"))).await);
    assert_eq!(
        (missing.kind, missing.status),
        (FaultKind::Status, Some(404))
    );
}

#[tokio::test]
async fn rule_17_slow_down_is_understood_with_and_without_a_time() {
    let origin = Origin::start();
    for status in [429, 503] {
        for (wish, wait) in [
            (None, None),
            (Some("7200"), Some(7200)),
            (Some("Mon, 23 Nov 2026 13:00:00 GMT"), Some(3600)),
            (Some("soon"), None),
            (Some("99999999999999999999"), Some(60 * 24 * 3600)),
        ] {
            let reply = Reply::status(status);
            origin.on(
                "/feed",
                wish.iter().fold(reply, |r, w| r.header("Retry-After", w)),
            );
            let fetched = poll(&claim(origin.url("/feed"))).await;
            assert_eq!(
                fetched.freshness.retry_after,
                wait.map(Duration::from_secs),
                "{wish:?}"
            );
            let fault = fault(fetched);
            assert_eq!(
                (fault.kind, fault.status),
                (FaultKind::Throttled, Some(status))
            );
        }
    }
}

#[tokio::test]
async fn rule_19_an_error_status_costs_one_request() {
    let origin = Origin::start();
    for status in [400, 401, 403, 404, 408, 410, 418, 429, 500, 502, 503, 504] {
        origin.forget();
        origin.on("/feed", Reply::status(status));
        let fault = fault(poll(&claim(origin.url("/feed"))).await);
        assert_eq!(fault.status, Some(status));
        assert!(fault.sentence.contains(&status.to_string()), "{fault}");
        assert_eq!(origin.all_asked().len(), 1);
    }
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

// ── 4: hygiene ──

#[tokio::test]
async fn rule_31_the_address_is_asked_exactly_as_given_and_nothing_else() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    poll(&claim(
        origin.url("/Feed.XML?b=2&a=%20x&utm_source=rss&&c#top"),
    ))
    .await;
    let all = origin.all_asked();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].method, "GET");
    assert_eq!(all[0].path, "/Feed.XML");
    assert_eq!(
        all[0].query.as_deref(),
        Some("b=2&a=%20x&utm_source=rss&&c")
    );
    assert_eq!(all[0].header("pragma"), None);
    assert_eq!(all[0].header("cache-control"), None);
}

#[tokio::test]
async fn rule_32_and_33_it_says_who_it_is_and_what_it_reads() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    poll(&claim(origin.url("/feed"))).await;
    let mut named = claim(origin.url("/feed"));
    named.feed.subscription.request.user_agent = Some("my reader/1".into());
    poll(&named).await;
    let asked = origin.asked("/feed");
    let agent = asked[0].header("user-agent").unwrap();
    assert!(
        agent.starts_with("feedfold/") && agent.contains("(+http"),
        "{agent}"
    );
    assert_eq!(asked[1].header("user-agent"), Some("my reader/1"));
    let accept = asked[0].header("accept").unwrap();
    for media_type in [
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    ] {
        assert!(accept.contains(media_type));
    }
}

#[tokio::test]
async fn rule_34_no_cookies_between_polls() {
    let origin = Origin::start();
    origin.on(
        "/feed",
        Reply::feed(FEED).header("Set-Cookie", "id=1; Path=/"),
    );
    let client = Client::new(&settings()).unwrap();
    for _ in 0..2 {
        client.get(&claim(origin.url("/feed")), now()).await;
    }
    assert!(
        origin
            .asked("/feed")
            .iter()
            .all(|asked| asked.header("cookie").is_none())
    );
}

#[tokio::test]
async fn rule_36_passwords_are_sent_and_never_told() {
    let origin = Origin::start();
    origin.on(
        "/feed",
        Reply::status(401).header("WWW-Authenticate", "Basic"),
    );
    let url = origin
        .url("/feed?key=hidden")
        .replace("http://", "http://ann:se%3Acret@");
    let refused = fault(poll(&claim(url.clone())).await);
    assert_eq!(
        origin.asked("/feed")[0].header("authorization"),
        Some("Basic YW5uOnNlOmNyZXQ=")
    );
    assert!(refused.sentence.contains("rejects"), "{refused}");
    drop(origin);
    let unreachable = fault(poll(&claim(url)).await);
    for sentence in [refused.sentence, unreachable.sentence] {
        for secret in ["ann", "cret", "hidden"] {
            assert!(!sentence.contains(secret), "{sentence}");
        }
    }
}

#[tokio::test]
async fn header_settings_are_sent_and_unusable_ones_are_faults() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    let mut claim = claim(origin.url("/feed"));
    claim.feed.subscription.request.headers = vec![
        ("X-One".into(), "1".into()),
        ("Accept-Language".into(), "de".into()),
    ];
    poll(&claim).await;
    let asked = &origin.asked("/feed")[0];
    assert_eq!(
        (asked.header("x-one"), asked.header("accept-language")),
        (Some("1"), Some("de"))
    );
    claim.feed.subscription.request.headers = vec![("X".into(), "a\nInjected: b".into())];
    let fault = fault(poll(&claim).await);
    assert!(fault.sentence.contains("setting headers"), "{fault}");
    assert_eq!(origin.all_asked().len(), 1);
}

#[tokio::test]
async fn a_feed_may_go_through_a_proxy_and_the_environment_may_not_choose_one() {
    let (proxy, origin) = (Origin::start(), Origin::start());
    proxy.otherwise(|_| Reply::feed(FEED));
    origin.otherwise(|_| Reply::feed(FEED));
    let mut claim = claim("http://feeds.example/feed");
    claim.feed.subscription.request.proxy = Some(proxy.url(""));
    // The proxy stands on a private network and is allowed because the configuration names it.
    document(poll_with(&feedfold::config::Fetch::default(), &claim).await);
    assert_eq!(proxy.all_asked()[0].path, "http://feeds.example/feed");
}

#[tokio::test]
async fn a_feed_that_a_page_offers_is_fetched_without_what_belongs_to_the_page() {
    let (home, away) = (Origin::start(), Origin::start());
    home.on("/feed", Reply::redirect(301, "/real"));
    home.on("/real", Reply::feed(FEED).etag("\"b\""));
    away.otherwise(|_| Reply::feed(FEED));
    let mut claim = claim_with(home.url("/page"), Some("\"a\""), None);
    claim.feed.subscription.request.basic_auth = Some("ann:secret".into());
    let client = Client::new(&settings()).unwrap();
    for (offer, trusted) in [(home.url("/feed"), true), (away.url("/feed"), false)] {
        let fetched = client.get_offered(&claim, &address(&offer), now()).await;
        assert_eq!(fetched.moved_to, None);
        document(fetched);
        let origin = if trusted { &home } else { &away };
        let asked = &origin.asked("/feed")[0];
        assert_eq!(asked.header("authorization").is_some(), trusted);
        assert_eq!(asked.header("if-none-match"), None);
    }
}

#[tokio::test]
async fn an_address_without_a_subscription_is_visited() {
    let origin = Origin::start();
    origin.on(
        "/",
        Reply::page("<html>").header("Link", "</feed>; rel=alternate"),
    );
    let client = Client::new(&settings()).unwrap();
    let page = document(client.visit(&address(&origin.url("/")), now()).await);
    assert_eq!(
        page.content_type.as_deref(),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.link_headers, ["</feed>; rel=alternate"]);
}

#[tokio::test]
async fn a_proxy_does_not_open_the_private_network() {
    let proxy = Origin::start();
    proxy.otherwise(|_| Reply::feed(FEED));
    for target in [
        "http://169.254.169.254/",
        "http://localhost/",
        "http://[::1]/",
    ] {
        let mut claim = claim(target);
        claim.feed.subscription.request.proxy = Some(proxy.url(""));
        let fetched = poll_with(&feedfold::config::Fetch::default(), &claim).await;
        assert_eq!(fault(fetched).kind, FaultKind::Refused);
    }
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn rule_51a_accept_fields_are_the_same_for_every_request() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    poll(&claim(origin.url("/1"))).await;
    poll(&claim_with(origin.url("/2"), Some("\"a\""), None)).await;
    let all = origin.all_asked();
    for name in ["accept", "accept-encoding"] {
        assert!(all[0].header(name).is_some());
        assert_eq!(all[0].header(name), all[1].header(name));
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED).etag("\"a\"").conditional());
    let client = Client::new(&settings()).unwrap();
    for n in 0..50 {
        let claim = claim_with(origin.url(&format!("/{n}")), Some("\"a\""), None);
        unchanged(client.get(&claim, now()).await);
    }
    assert_eq!(origin.connections(), 1);
}
