//! Redirects and statuses.

use super::FEED;
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, document, fault, poll};
use feedfold::feed::FaultKind;
use feedfold::fetch::Fetched;
use std::time::Duration;

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
        assert_eq!(document(fetched).url.unwrap().as_str(), origin.url("/new"));
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
    assert_eq!(document(fetched).url.unwrap().as_str(), origin.url("/4"));
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
