//! Conditional requests: rules 1 to 11.

use super::{Scene, document, feed};
use crate::support::origin::Reply;

#[test]
fn rule_01_and_02_both_validators_go_back_byte_for_byte_after_a_restart() {
    for (etag, date) in [
        ("W/\"weak-1\"", "Mon, 23 Nov 2026 10:00:00 GMT"),
        ("no-quotes", "2026-11-23T10:00:00+01:00"),
        ("\"a, b\"", "Mon, 3 Nov 26 1:00:00 PST"),
    ] {
        let scene = Scene::new([feed(2).etag(etag).last_modified(date).conditional()]);
        scene.expect("updated");
        let state = scene.state();
        assert_eq!(
            (&state["etag"], &state["last_modified"]),
            (&etag.into(), &date.into())
        );
        let line = scene.expect("not_modified");
        assert_eq!(line["status"], 304);
        let asked = &scene.asked()[1];
        assert_eq!(asked.header("if-none-match"), Some(etag));
        assert_eq!(asked.header("if-modified-since"), Some(date));
    }
}

#[test]
fn rule_03_every_200_replaces_both_validators_though_the_body_is_the_same() {
    let scene = Scene::new([
        feed(2)
            .etag("\"1\"")
            .last_modified("Mon, 23 Nov 2026 10:00:00 GMT"),
        feed(2)
            .etag("\"2\"")
            .last_modified("Mon, 23 Nov 2026 11:00:00 GMT"),
    ]);
    scene.expect("updated");
    let line = scene.expect("updated");
    assert_eq!((&line["new"], &line["updated"]), (&0.into(), &0.into()));
    let state = scene.state();
    assert_eq!(state["etag"], "\"2\"");
    assert_eq!(state["last_modified"], "Mon, 23 Nov 2026 11:00:00 GMT");
}

#[test]
fn rule_04_validators_that_the_server_drops_are_dropped() {
    let scene = Scene::new([
        feed(2)
            .etag("\"1\"")
            .last_modified("Mon, 23 Nov 2026 10:00:00 GMT"),
        feed(2).etag("\"2\""),
        feed(2),
    ]);
    scene.expect("updated");
    scene.expect("updated");
    assert_eq!(scene.state()["last_modified"], serde_json::Value::Null);
    scene.expect("updated");
    assert_eq!(scene.state()["etag"], serde_json::Value::Null);
    scene.expect("updated");
    let asked = scene.asked();
    assert_eq!(asked[2].header("if-modified-since"), None);
    assert_eq!(asked[3].header("if-none-match"), None);
    assert_eq!(asked[3].header("a-im"), None);
}

#[test]
fn rule_05_a_304_updates_the_validators_it_names() {
    let scene = Scene::new([
        feed(2)
            .etag("\"1\"")
            .last_modified("Mon, 23 Nov 2026 10:00:00 GMT"),
        Reply::unchanged().etag("\"2\""),
        Reply::unchanged().last_modified("Mon, 23 Nov 2026 12:00:00 GMT"),
    ]);
    scene.expect("updated");
    scene.expect("not_modified");
    scene.expect("not_modified");
    let asked = scene.asked();
    assert_eq!(asked[2].header("if-none-match"), Some("\"2\""));
    assert_eq!(
        asked[2].header("if-modified-since"),
        Some("Mon, 23 Nov 2026 10:00:00 GMT")
    );
    let state = scene.state();
    assert_eq!(state["last_modified"], "Mon, 23 Nov 2026 12:00:00 GMT");
    assert_eq!(state["etag"], "\"2\"");
}

#[test]
fn rule_06_nothing_broken_sets_validators_or_costs_entries() {
    let whole = document(3);
    let cut = &whole[..whole.len() - 150];
    let bad: Vec<(&str, Reply, &str)> = vec![
        ("an error", Reply::status(500).body(whole.clone()), "error"),
        ("not found", Reply::status(404).body(whole.clone()), "error"),
        ("forbidden", Reply::status(403), "error"),
        ("a part", Reply::status(206).body(whole.clone()), "error"),
        ("no content", Reply::status(204), "error"),
        ("an empty body", Reply::status(200), "error"),
        ("blank lines", Reply::feed("\r\n \n"), "error"),
        (
            "a page",
            Reply::page("<html><body><h1>Soon</h1></body></html>"),
            "error",
        ),
        (
            "plain text",
            Reply::status(200)
                .header("Content-Type", "text/plain")
                .body("Hi"),
            "error",
        ),
        (
            "another XML",
            Reply::feed("<?xml version=\"1.0\"?><urlset/>"),
            "error",
        ),
        (
            "a short body",
            Reply::feed(whole.clone()).cut_after(300),
            "error",
        ),
        (
            "cut gzip",
            Reply::feed(whole.clone()).gzip().cut_after(120),
            "error",
        ),
        (
            "cut chunks",
            Reply::feed(whole.clone()).chunked().cut_after(500),
            "error",
        ),
        ("busy", Reply::status(503), "throttled"),
    ];
    for (what, reply, outcome) in bad {
        let scene = Scene::new([
            feed(2).etag("\"good\""),
            reply
                .etag("\"bad\"")
                .last_modified("Mon, 23 Nov 2026 10:00:00 GMT"),
            feed(3).etag("\"good\"").conditional(),
        ]);
        scene.expect("updated");
        let line = scene.poll();
        assert_eq!(line["outcome"], outcome, "{what}: {line}");
        assert!(line["error"].is_string(), "{what}");
        let state = scene.state();
        assert_eq!(state["etag"], "\"good\"", "{what}");
        assert_eq!(state["last_modified"], serde_json::Value::Null, "{what}");
        assert_eq!(state["error_count"], 1, "{what}");
        assert_eq!(state["last_error"], line["error"], "{what}");
        assert_eq!(scene.entries().len(), 2, "{what}");
        assert_eq!(scene.asked().len(), 2, "{what}");
    }
    // A document that ends in the middle though its transport did not.
    let scene = Scene::new([
        Reply::feed(cut).etag("\"bad\""),
        Reply::feed(whole).etag("\"good\"").conditional(),
    ]);
    scene.poll();
    assert_eq!(scene.state()["etag"], serde_json::Value::Null);
    assert!(scene.entries().len() <= 2, "half an entry was kept");
    scene.expect("updated");
    assert_eq!(scene.entries().len(), 3);
}

#[test]
fn rule_06_a_broken_first_answer_sets_no_validators() {
    for reply in [
        Reply::status(200),
        Reply::page("<p>Soon</p>"),
        Reply::status(500),
    ] {
        let scene = Scene::new([reply.etag("\"bad\""), feed(1).etag("\"bad\"").conditional()]);
        scene.expect("error");
        assert_eq!(scene.state()["etag"], serde_json::Value::Null);
        assert_eq!(scene.expect("updated")["new"], 1);
    }
}

#[test]
fn rule_07_a_200_with_the_known_etag_is_content() {
    let scene = Scene::new([feed(2).etag("\"same\""), feed(4).etag("\"same\"")]);
    scene.expect("updated");
    assert_eq!(scene.expect("updated")["new"], 2);
    assert_eq!(scene.entries().len(), 4);
}

#[test]
fn rule_08_no_store_and_expires_0_keep_validators() {
    for (name, value) in [
        ("Expires", "0"),
        ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Cache-Control", "no-store"),
        ("Cache-Control", "no-cache, must-revalidate, max-age=0"),
        ("Pragma", "no-cache"),
    ] {
        let scene = Scene::new([feed(1).etag("\"1\"").header(name, value).conditional()]);
        scene.expect("updated");
        scene.expect("not_modified");
    }
}

#[test]
fn rule_10_a_poll_by_name_is_conditional_too() {
    let scene = Scene::new([feed(1).etag("\"1\"").conditional()]);
    scene.expect("updated");
    let lines = scene.place.json(&["fetch", "feed", "--json"]);
    assert_eq!(lines[0]["outcome"], "not_modified");
}

#[test]
fn rule_11_a_226_is_merged_and_absent_entries_stay() {
    let delta = document(3).replacen("pier-0", "pier-9", 2);
    let scene = Scene::new([
        feed(3).etag("\"1\""),
        Reply::status(226)
            .header("Content-Type", "application/rss+xml")
            .header("IM", "feed")
            .etag("\"2\"")
            .body(delta),
    ]);
    scene.expect("updated");
    let line = scene.expect("updated");
    assert_eq!(line["status"], 226);
    assert_eq!(scene.asked()[1].header("a-im"), Some("feed"));
    assert_eq!(scene.state()["etag"], "\"2\"");
    assert!(scene.entries().len() >= 3);
}

#[test]
fn rule_11_what_a_226_leaves_out_is_still_listed_and_comes_back_as_no_news() {
    let delta = Reply::status(226)
        .header("Content-Type", "application/rss+xml")
        .header("IM", "feed")
        .etag("\"2\"")
        .body(document(4).replace("pier-0", "pier-3a"));
    let scene = Scene::new([feed(3).etag("\"1\""), delta, feed(3).etag("\"3\"")]);
    let whole = std::fs::read_to_string(scene.place.config()).unwrap();
    let few = format!("[retention]\nkeep_per_feed = 1\n{whole}");
    std::fs::write(scene.place.config(), few).unwrap();
    scene.expect("updated");
    scene.expect("updated");
    let before = scene.entries().len();
    assert_eq!(scene.place.run(&["db", "prune"]).code, 0);
    assert_eq!(scene.entries().len(), before);
    assert_eq!(scene.expect("updated")["new"], 0);
}
