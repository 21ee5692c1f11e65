//! Answers that are rare each, and all seen in the wild.

use super::{Scene, document, feed, within};
use crate::support::origin::{Asked, Reply};
use serde_json::Value;

#[test]
fn rule_01_a_validator_that_is_sent_twice_is_kept_once_and_an_empty_one_not_at_all() {
    let scene = Scene::new([feed(1).etag("\"a\"").etag("\"b\"").last_modified("")]);
    scene.expect("updated");
    let state = scene.state();
    assert_eq!(
        (&state["etag"], &state["last_modified"]),
        (&"\"a\"".into(), &Value::Null)
    );
    scene.expect("updated");
    let asked = &scene.asked()[1];
    assert_eq!(asked.header("if-none-match"), Some("\"a\""));
    assert_eq!(asked.header("if-modified-since"), None);
    let tags = asked
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("if-none-match"));
    assert_eq!(tags.count(), 1);
}

#[test]
fn rule_05_a_304_without_validators_keeps_them_and_a_304_behind_a_redirect_counts() {
    let scene = Scene::new([
        Reply::redirect(302, "/at"),
        Reply::redirect(307, "/at"),
        Reply::redirect(302, "/at"),
    ]);
    scene
        .origin
        .on_each("/at", [feed(2).etag("W/\"x\""), Reply::unchanged()]);
    scene.expect("updated");
    for _ in 0..2 {
        scene.expect("not_modified");
        let state = scene.state();
        assert_eq!(
            (&state["etag"], &state["error_count"]),
            (&"W/\"x\"".into(), &0.into())
        );
        assert_eq!(state["url"], scene.origin.url("/feed"));
    }
    let last = scene.origin.asked("/at").pop().unwrap();
    assert_eq!(last.header("if-none-match"), Some("W/\"x\""));
}

#[test]
fn rule_06_a_304_with_a_body_or_a_length_is_a_304() {
    for reply in [
        Reply::raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: \"1\"\r\n\r\n"),
        Reply::raw("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Reply::raw("HTTP/1.0 304 Not Modified\r\n\r\n"),
        Reply::raw("HTTP/1.1 304\r\n\r\n"),
        Reply::raw("HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\n\r\n"),
    ] {
        let scene = Scene::new([feed(2).etag("\"1\""), reply]);
        scene.expect("updated");
        scene.expect("not_modified");
        assert_eq!(scene.entries().len(), 2);
    }
}

#[test]
fn rule_37_a_compressed_body_without_its_header_is_read() {
    let scene = Scene::new([feed(2).gzip().without("Content-Encoding")]);
    assert_eq!(scene.expect("updated")["new"], 2);
}

#[test]
fn rule_37_codings_in_each_other_and_names_nobody_knows() {
    let scene = Scene::new([feed(2).gzip().gzip()]);
    assert_eq!(scene.expect("updated")["new"], 2);
    let scene = Scene::new([feed(2).header("Content-Encoding", "utf-8")]);
    assert_eq!(scene.expect("updated")["new"], 2);
    let scene = Scene::new([feed(2).brotli().gzip().header("X-A", "b")]);
    assert_eq!(scene.expect("updated")["new"], 2);
    let scene = Scene::new([Reply::feed(vec![0x91, 3, 7, 0xfe, 0])
        .header("Content-Encoding", "compress")
        .etag("\"x\"")]);
    scene.expect("error");
    assert_eq!(scene.state()["etag"], Value::Null);
}

#[test]
fn rule_47_switching_protocols_unasked_is_an_error_and_a_flood_of_hints_too() {
    let body = document(1);
    let switching = Reply::raw(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    );
    let scene = Scene::new([switching, feed(1)]);
    scene.expect("error");
    assert_eq!(scene.asked().len(), 1);
    scene.expect("updated");
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(50);
    let scene = Scene::new([Reply::raw(format!(
        "{hints}HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))]);
    assert_eq!(scene.expect("updated")["new"], 1);
}

#[test]
fn rule_14_a_permanent_redirect_with_two_locations_or_a_page_is_followed_once() {
    let scene = Scene::new([Reply::redirect(301, "/new")
        .header("Location", "/other")
        .body("<html>moved</html>")]);
    scene.origin.on("/new", feed(1));
    scene.expect("moved");
    assert_eq!(scene.state()["url"], scene.origin.url("/new"));
    for status in [300, 304, 305, 306] {
        let scene = Scene::new([Reply::status(status).header("Location", "/new")]);
        scene.origin.on("/new", feed(1));
        scene.expect("error");
        assert_eq!(scene.asked().len(), 1);
        assert!(
            scene.origin.asked("/new").is_empty(),
            "{status} was followed"
        );
    }
}

#[test]
fn statuses_without_a_rule_are_errors_that_keep_everything() {
    for status in [
        400, 401, 403, 406, 407, 408, 412, 416, 421, 451, 501, 504, 520, 599,
    ] {
        let scene = Scene::new([
            feed(2).etag("\"1\""),
            Reply::status(status).etag("\"2\"").body(document(3)),
            feed(2),
        ]);
        scene.expect("updated");
        let line = scene.expect("error");
        assert_eq!(line["status"], status);
        let state = scene.state();
        assert_eq!(
            (&state["etag"], &state["disabled"], &state["error_count"]),
            (&"\"1\"".into(), &false.into(), &1.into()),
            "{status}"
        );
        assert_eq!(scene.asked().len(), 2, "{status}");
        assert!(scene.due_in() >= 29, "{status}: {}", scene.due_in());
        assert_eq!(scene.entries().len(), 2);
    }
}

#[test]
fn rule_17_retry_after_counts_with_every_status_and_after_a_redirect() {
    for status in [404, 500, 502] {
        let scene = Scene::auto([Reply::status(status).header("Retry-After", "10800")]);
        scene.expect("error");
        within(scene.due_in(), 179, 240, "retry-after");
    }
    let scene = Scene::auto([Reply::redirect(302, "/busy")]);
    scene
        .origin
        .on("/busy", Reply::status(429).header("Retry-After", "10800"));
    let line = scene.expect("throttled");
    assert_eq!(line["status"], 429);
    within(scene.due_in(), 179, 240, "behind a redirect");
}

#[test]
fn rule_20_freshness_of_a_feed_that_moves_counts_and_that_of_an_error_does_not() {
    let scene =
        Scene::auto([Reply::redirect(301, "/new").header("Cache-Control", "max-age=99999")]);
    scene.origin.on(
        "/new",
        feed(1)
            .etag("\"1\"")
            .header("Cache-Control", "max-age=7200"),
    );
    scene.expect("moved");
    within(scene.due_in(), 119, 140, "of the last answer");
    let scene = Scene::auto([
        feed(1).etag("\"1\""),
        Reply::status(500).header("Cache-Control", "max-age=600000"),
    ]);
    scene.expect("updated");
    scene.expect("error");
    within(scene.due_in(), 29, 45, "an error");
}

#[test]
fn rule_48_bodies_that_outlast_their_length_or_miss_their_last_chunk() {
    let body = document(2);
    let scene = Scene::new([Reply::raw(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}trailing garbage",
        body.len()
    ))]);
    assert_eq!(scene.expect("updated")["new"], 2);
    let scene = Scene::new([Reply::raw(format!(
        "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n",
        body.len()
    ))]);
    scene.expect("error");
    assert_eq!(scene.state()["etag"], Value::Null);
    let scene = Scene::new([Reply::raw(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:X};ext=\"a;b\"\r\n{body}\r\n0\r\nExpires: 0\r\n\r\n",
        body.len()
    ))]);
    assert_eq!(scene.expect("updated")["new"], 2);
}

#[test]
fn rule_01_a_date_goes_only_to_the_address_that_gave_it() {
    let (older, newer) = (
        "Mon, 16 Nov 2026 10:00:00 GMT",
        "Mon, 23 Nov 2026 10:00:00 GMT",
    );
    // A server that compares dates as the standard says.
    let since = move |date: &'static str, posts: usize| {
        move |asked: &Asked| match asked.header("if-modified-since") {
            Some(known) if known == date || known == newer => Reply::unchanged(),
            _ => feed(posts).last_modified(date),
        }
    };
    // The feed moves to a place whose file is older than what is known: that is no 304.
    for status in [301, 302] {
        let scene = Scene::new([
            feed(1).last_modified(newer),
            Reply::redirect(status, "/new"),
        ]);
        scene.origin.on_asked("/new", since(older, 3));
        scene.expect("updated");
        assert_eq!(scene.poll()["new"], 2);
        // From then on the new place is asked with its own date.
        scene.expect("not_modified");
        let last = scene.origin.asked("/new").pop().unwrap();
        assert_eq!(last.header("if-modified-since"), Some(older));
    }
    // The redirect ends, or leads elsewhere.
    let scene = Scene::new([
        Reply::redirect(302, "/a"),
        Reply::redirect(302, "/b"),
        feed(5),
    ]);
    scene.origin.on_asked("/a", since(newer, 1));
    scene.origin.on_asked("/b", since(older, 3));
    assert_eq!(scene.expect("updated")["new"], 1);
    assert_eq!(scene.expect("updated")["new"], 2);
    scene.origin.on_asked("/feed", since(older, 4));
    assert_eq!(scene.expect("updated")["new"], 1);
    scene.expect("not_modified");
}
