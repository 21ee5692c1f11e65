//! Request hygiene: rules 31 to 36.

use super::{Scene, feed, subscription};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;

#[test]
fn rule_31_to_35_the_first_request_is_all_there_is() {
    let origin = Origin::start();
    origin.on("/feed.xml", feed(1).header("Set-Cookie", "id=7; Path=/"));
    let url = format!("{}?b=2&a=%2F1&c", origin.url("/feed.xml"));
    let place = Place::with(&subscription("feed", &url, ""));
    for _ in 0..3 {
        place.json(&["fetch", "--all", "--json"]);
    }
    let asked = origin.all_asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    for asked in &asked {
        assert_eq!(asked.method, "GET");
        assert_eq!(asked.query.as_deref(), Some("b=2&a=%2F1&c"));
        let agent = asked.header("user-agent").unwrap();
        assert!(agent.starts_with("feedfold/"), "{agent}");
        assert!(agent.contains("+http"), "{agent}");
        assert!(!agent.contains("Mozilla"), "{agent}");
        let accept = asked.header("accept").unwrap();
        for kind in [
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
        ] {
            assert!(accept.contains(kind), "{accept}");
        }
        let codings = asked.header("accept-encoding").unwrap();
        for coding in ["gzip", "deflate", "br", "zstd"] {
            assert!(codings.contains(coding), "{codings}");
        }
        for absent in [
            "cookie",
            "referer",
            "pragma",
            "cache-control",
            "range",
            "if-none-match",
        ] {
            assert_eq!(asked.header(absent), None);
        }
    }
}

#[test]
fn rule_36_passwords_in_addresses_are_sent_and_shown_nowhere() {
    let origin = Origin::start();
    origin.on("/feed", feed(1));
    origin.on("/fails", Reply::status(401));
    origin.on("/page", Reply::page("<p>none</p>"));
    let with_password = |path: &str| origin.url(path).replace("http://", "http://reader:s3same@");
    origin.on("/moves", Reply::redirect(301, &origin.url("/moved")));
    origin.on("/moved", feed(2));
    origin.on("/loops", Reply::redirect(302, &with_password("/loops")));
    let mut feeds = String::new();
    for path in ["/feed", "/fails", "/page", "/moves", "/loops"] {
        feeds += &subscription(&path[1..], &with_password(path), "");
    }
    feeds += &subscription("nowhere", "http://reader:s3same@127.0.0.1:1/feed", "");
    feeds += &subscription("wrong", "gopher://reader:s3same@old.example/", "");
    feeds += &subscription("bad-port", "http://reader:s3same@host.example:99999/", "");
    let place = Place::with(&feeds);
    let mut told = String::new();
    for arguments in [
        &["--log", "trace", "fetch", "--all", "--json"][..],
        &["--log", "trace", "--log-format", "json", "fetch", "--all"],
        &["feeds", "list", "--json"],
        &["feeds", "list"],
        &["feeds", "export"],
        &["feeds", "add", "http://reader:s3same@127.0.0.1:1/feed"],
        &["feeds", "add", "gopher://reader:s3same@old.example/"],
        &["feeds", "discover", "http://reader:s3same@127.0.0.1:1/feed"],
        &["feeds", "discover", "gopher://reader:s3same@old.example/"],
        &["fetch", "feed", "--json"],
        &["query", "--json"],
        &["query", "--format", "atom"],
        &["check"],
    ] {
        let ran = place.run(arguments);
        told += &ran.out;
        told += &ran.err;
        assert!(!told.contains("s3same"), "{arguments:?} tells it: {told}");
    }
    let service = place.serve();
    for path in [
        "/feeds",
        "/opml",
        "/api/v1/feeds",
        "/metrics",
        "/feed.atom",
        "/feed.json",
    ] {
        let answer = service.get(path);
        assert!(!answer.contains("s3same"), "{path} tells it: {answer}");
    }
    service.signal("TERM");
    assert!(!service.ended().1.contains("s3same"));
    let sent = origin.asked("/feed")[0]
        .header("authorization")
        .unwrap()
        .to_owned();
    assert_eq!(sent, "Basic cmVhZGVyOnMzc2FtZQ==");
    // The moved feed is still asked with its password.
    let moved = origin.asked("/moved");
    assert!(
        moved
            .iter()
            .all(|asked| asked.header("authorization").is_some()),
        "{moved:?}"
    );
}

#[test]
fn rule_36_control_characters_of_a_server_reach_no_output() {
    let scene = Scene::new([Reply::redirect(302, "x\u{1b}[31m://evil\u{7}/")]);
    let ran = scene.place.run(&["fetch", "--all"]);
    assert!(!ran.out.contains(['\u{1b}', '\u{7}']), "{:?}", ran.out);
    assert!(!ran.err.contains(['\u{1b}', '\u{7}']), "{:?}", ran.err);
}
