//! Redirects and statuses: rules 12 to 16.

use super::{Scene, entries, feed, subscription};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use serde_json::Value;

/// A feed at `/feed` that leads on, and what the program makes of it.
fn led(origin: &Origin, status: u16, to: &str) -> (Place, Value) {
    origin.on("/feed", Reply::redirect(status, to));
    let place = Place::with(&subscription("feed", &origin.url("/feed"), ""));
    let line = place.json(&["fetch", "--all", "--json"]).remove(0);
    (place, line)
}

fn state(place: &Place) -> Value {
    place.json(&["feeds", "list", "--json"]).remove(0)
}

#[test]
fn rule_12_permanent_redirects_are_stored_under_the_same_name() {
    for status in [301, 308] {
        let origin = Origin::start();
        origin.on("/new", feed(2).etag("\"1\"").conditional());
        let (place, line) = led(&origin, status, "/new");
        assert_eq!(line["outcome"], "moved", "{line}");
        assert_eq!((&line["feed"], &line["new"]), (&"feed".into(), &2.into()));
        assert_eq!(line["url"], origin.url("/new"));
        assert_eq!(state(&place)["url"], origin.url("/new"));
        assert_eq!(state(&place)["name"], "feed");
        let line = place.json(&["fetch", "--all", "--json"]).remove(0);
        assert_eq!(line["outcome"], "not_modified");
        assert_eq!(
            origin.asked("/feed").len(),
            1,
            "the old address was asked again"
        );
        assert_eq!(entries(&place).len(), 2);
    }
}

#[test]
fn rule_12_temporary_redirects_are_not_stored() {
    for status in [302, 303, 307] {
        let origin = Origin::start();
        origin.on("/new", feed(2));
        let (place, line) = led(&origin, status, "/new");
        assert_eq!(line["outcome"], "updated", "{line}");
        assert_eq!(state(&place)["url"], origin.url("/feed"));
        place.json(&["fetch", "--all", "--json"]);
        assert_eq!(origin.asked("/feed").len(), 2);
    }
}

#[test]
fn rule_12_of_a_chain_only_the_leading_permanent_hops_are_stored() {
    let origin = Origin::start();
    origin.on("/b", Reply::redirect(308, "/c"));
    origin.on("/c", Reply::redirect(302, "/d"));
    origin.on("/d", Reply::redirect(301, "/e"));
    origin.on("/e", feed(1));
    let (place, line) = led(&origin, 301, "/b");
    assert_eq!(line["outcome"], "moved");
    assert_eq!(state(&place)["url"], origin.url("/c"));

    let origin = Origin::start();
    origin.on("/b", Reply::redirect(301, "/c"));
    origin.on("/c", feed(1));
    let (place, line) = led(&origin, 302, "/b");
    assert_eq!(line["outcome"], "updated");
    assert_eq!(state(&place)["url"], origin.url("/feed"));
}

#[test]
fn rule_12_a_move_whose_target_knows_the_etag_is_stored() {
    let scene = Scene::new([feed(1).etag("\"1\""), Reply::redirect(301, "/new")]);
    scene.origin.on("/new", feed(1).etag("\"1\"").conditional());
    scene.expect("updated");
    scene.expect("moved");
    assert_eq!(scene.state()["url"], scene.origin.url("/new"));
    // A date says nothing at another address: the whole feed is asked for, and proves itself.
    let date = "Mon, 23 Nov 2026 10:00:00 GMT";
    let scene = Scene::new([feed(1).last_modified(date), Reply::redirect(301, "/new")]);
    scene
        .origin
        .on("/new", feed(1).last_modified(date).conditional());
    scene.expect("updated");
    scene.expect("moved");
    assert_eq!(scene.state()["url"], scene.origin.url("/new"));
}

#[test]
fn rule_13_a_move_to_no_feed_is_not_stored_and_costs_nothing() {
    for target in [
        Reply::status(404),
        Reply::status(410),
        Reply::page("<html><body>This domain may be for sale</body></html>"),
        Reply::status(200),
        Reply::status(500),
        feed(2).cut_after(100),
    ] {
        let scene = Scene::new([feed(2).etag("\"1\""), Reply::redirect(301, "/parked")]);
        scene.origin.on("/parked", target.etag("\"parked\""));
        scene.expect("updated");
        scene.poll();
        let state = scene.state();
        assert_eq!(state["url"], scene.origin.url("/feed"));
        assert_eq!(state["etag"], "\"1\"");
        assert_eq!(scene.entries().len(), 2);
    }
}

#[test]
fn rule_13_two_feeds_that_move_to_one_address_stay_two() {
    let origin = Origin::start();
    origin.on("/a", Reply::redirect(301, "/new"));
    origin.on("/b", Reply::redirect(301, "/new"));
    origin.on("/new", feed(1));
    let both = subscription("a", &origin.url("/a"), "") + &subscription("b", &origin.url("/b"), "");
    let place = Place::with(&both);
    let lines = place.json(&["fetch", "--all", "--json"]);
    let moved = lines
        .iter()
        .filter(|line| line["outcome"] == "moved")
        .count();
    assert_eq!(moved, 1, "{lines:?}");
    let feeds = place.json(&["feeds", "list", "--json"]);
    let at_new = feeds
        .iter()
        .filter(|feed| feed["url"] == origin.url("/new"))
        .count();
    assert_eq!((feeds.len(), at_new), (2, 1));
    assert!(
        feeds.iter().all(|feed| feed["error_count"] == 0),
        "{feeds:?}"
    );
}

#[test]
fn rule_14_loops_long_chains_and_missing_or_foreign_targets_are_errors() {
    for (to, most) in [
        ("/feed", 1),
        ("/ping", 3),
        ("/steps/0", 21),
        ("", 1),
        ("ftp://files.example/feed", 1),
        ("file:///etc/passwd", 1),
        ("javascript:alert(1)", 1),
        ("http://", 1),
    ] {
        let origin = Origin::start();
        origin.on("/ping", Reply::redirect(302, "/pong"));
        origin.on("/pong", Reply::redirect(302, "/ping"));
        origin.otherwise(|asked| {
            let step: usize = asked
                .path
                .trim_start_matches("/steps/")
                .parse()
                .unwrap_or(0);
            Reply::redirect(302, &format!("/steps/{}", step + 1))
        });
        let (place, line) = led(&origin, 302, to);
        assert_eq!(line["outcome"], "error", "{to}: {line}");
        assert_eq!(state(&place)["error_count"], 1);
        assert_eq!(state(&place)["url"], origin.url("/feed"));
        let asked = origin.all_asked().len();
        assert!(asked <= most, "{to}: {asked} requests");
    }
    let scene = Scene::new([Reply::status(301)]);
    scene.expect("error");
}

#[test]
fn rule_14_relative_targets_and_their_relative_links_resolve() {
    let origin = Origin::start();
    let page = super::document(1).replace("https://quietharbor.example/pier-0", "pier-0");
    origin.on("/deep/new", Reply::feed(page));
    let (place, line) = led(&origin, 302, "deep/new");
    assert_eq!(line["new"], 1, "{line}");
    assert_eq!(state(&place)["url"], origin.url("/feed"));
}

#[test]
fn rule_15_and_34_no_referer_no_cookies_and_no_credentials_for_strangers() {
    let (origin, stranger) = (Origin::start(), Origin::start());
    stranger.on("/feed", feed(1));
    origin.on(
        "/feed",
        Reply::redirect(302, &stranger.url("/feed")).header("Set-Cookie", "id=1; Path=/"),
    );
    let place = Place::with(&subscription(
        "feed",
        &origin.url("/feed"),
        "basic_auth = \"me:sesame\"\nheaders = { \"X-Key\" = \"k\" }\n",
    ));
    for _ in 0..2 {
        let line = place.json(&["fetch", "--all", "--json"]).remove(0);
        assert_eq!(line["outcome"], "updated", "{line}");
    }
    for asked in origin.all_asked().iter().chain(&stranger.all_asked()) {
        assert_eq!(asked.header("referer"), None);
        assert_eq!(asked.header("cookie"), None);
    }
    assert!(origin.all_asked()[0].header("authorization").is_some());
    assert_eq!(stranger.all_asked()[0].header("authorization"), None);
    assert_eq!(stranger.all_asked()[0].header("x-key"), None);
}

#[test]
fn rule_16_gone_disables_keeps_entries_and_is_never_asked_again() {
    let scene = Scene::new([feed(2), Reply::status(410)]);
    scene.expect("updated");
    let line = scene.expect("gone");
    assert_eq!(
        (&line["status"], &line["next_due"]),
        (&410.into(), &Value::Null)
    );
    let state = scene.state();
    assert_eq!(
        (&state["disabled"], &state["status"]),
        (&true.into(), &"gone".into())
    );
    assert_eq!(state["next_due"], Value::Null);
    assert!(state["last_error"].as_str().unwrap().contains("410"));
    assert_eq!(scene.place.json(&["fetch", "--all", "--json"]).len(), 0);
    assert_eq!(scene.place.json(&["fetch", "--json"]).len(), 0);
    assert_eq!(scene.asked().len(), 2);
    assert_eq!(scene.entries().len(), 2);
    // A person can bring it back.
    assert_eq!(scene.place.run(&["feeds", "enable", "feed"]).code, 0);
    scene.expect("gone");
    assert_eq!(scene.asked().len(), 3);
}

#[test]
fn rule_16_not_found_is_only_an_error() {
    let scene = Scene::new([feed(2), Reply::status(404), feed(2)]);
    scene.expect("updated");
    let line = scene.expect("error");
    assert_eq!(line["status"], 404);
    assert_eq!(scene.state()["disabled"], false);
    assert_eq!(scene.entries().len(), 2);
    scene.expect("updated");
    let state = scene.state();
    assert_eq!(
        (&state["error_count"], &state["last_error"]),
        (&0.into(), &Value::Null)
    );
}

#[test]
fn disabled_feeds_are_not_asked() {
    let scene = Scene::with("disabled = true\n", [feed(1)]);
    assert_eq!(scene.place.json(&["fetch", "--all", "--json"]).len(), 0);
    let state = scene.state();
    assert_eq!(
        (&state["disabled"], &state["next_due"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(scene.asked().len(), 0);
}

#[test]
fn a_feed_that_leaves_the_file_is_not_asked_and_a_new_address_starts_anew() {
    let scene = Scene::new([feed(2).etag("\"1\"").conditional()]);
    scene
        .origin
        .on("/other", feed(3).etag("\"1\"").conditional());
    scene.expect("updated");
    scene
        .place
        .configure(&subscription("feed", &scene.origin.url("/other"), ""));
    scene.expect("updated");
    let asked = scene.origin.asked("/other");
    assert_eq!(
        asked[0].header("if-none-match"),
        None,
        "a validator of another address was sent"
    );
    scene.place.configure("");
    assert_eq!(scene.place.json(&["fetch", "--all", "--json"]).len(), 0);
    let state = scene.state();
    assert_eq!(
        (&state["disabled"], &state["next_due"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(scene.entries().len(), 3);
}

#[test]
fn rule_12_a_moved_feed_stays_moved_when_the_file_changes_otherwise() {
    let origin = Origin::start();
    origin.on("/new", feed(2).etag("\"1\"").conditional());
    let (place, line) = led(&origin, 301, "/new");
    assert_eq!(line["outcome"], "moved");
    place.configure(&subscription(
        "feed",
        &origin.url("/feed"),
        "tags = [\"sea\"]\n",
    ));
    let line = place.json(&["fetch", "--all", "--json"]).remove(0);
    assert_eq!(line["outcome"], "not_modified");
    assert_eq!(state(&place)["url"], origin.url("/new"));
    assert_eq!(origin.asked("/feed").len(), 1);
}
