//! What a request says, and what it keeps to itself.

use super::{FEED, unchanged};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, claim_with, document, fault, now, poll, poll_with, settings};
use feedfold::address::Address;
use feedfold::feed::FaultKind;
use feedfold::fetch::Client;
use std::path::Path;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

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

#[tokio::test]
async fn rule_32_publishers_are_told_how_many_read_along_where_that_is_said() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    for (said, told) in [
        ("", ")"),
        ("subscribers = 1", "; 1 subscriber)"),
        ("subscribers = 12", "; 12 subscribers)"),
        ("subscribers = 12\nuser_agent = \"mine/1\"", "mine/1"),
    ] {
        let text = format!("[fetch]\nallow_private_networks = true\n{said}\n");
        let config = feedfold::config::parse(&text, "test", Path::new("")).unwrap();
        document(poll_with(&config.fetch, &claim(origin.url("/feed"))).await);
        let asked = origin.asked("/feed").pop().unwrap();
        let agent = asked.header("user-agent").unwrap();
        assert!(agent.ends_with(told), "{agent}");
        assert!(
            !agent.contains(".example") && !agent.contains(" 0 "),
            "{agent}"
        );
    }
}

#[tokio::test]
async fn connections_are_used_again_after_redirects_and_errors() {
    let origin = Origin::start();
    let page = "<html><body>Moved, or not here</body></html>";
    origin.on("/feed", Reply::redirect(302, "/real").body(page));
    origin.on("/real", Reply::feed(FEED));
    origin.on("/gone", Reply::status(404).body(page));
    let client = Client::new(&settings()).unwrap();
    for _ in 0..10 {
        document(client.get(&claim(origin.url("/feed")), now()).await);
        assert!(
            client
                .get(&claim(origin.url("/gone")), now())
                .await
                .answer
                .is_err()
        );
    }
    assert_eq!(origin.connections(), 1);
}
