//! What people are told of their feeds: next, feeds rollback, feeds doctor.

use super::{Scene, feed, subscription};
use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use chrono::TimeDelta;
use serde_json::Value;

#[test]
fn next_tells_when_and_why_in_the_order_of_the_polls() {
    let origin = Origin::start();
    origin.on(
        "/fresh",
        feed(1)
            .etag("\"1\"")
            .header("Cache-Control", "max-age=10800"),
    );
    origin.on("/failing", Reply::status(500));
    origin.on("/plain", feed(1));
    origin.on("/busy", Reply::status(429).header("Retry-After", "86400"));
    origin.on("/gone", Reply::status(410));
    let mut feeds = String::new();
    for name in ["fresh", "failing", "plain", "busy", "gone"] {
        let url = origin.url(&format!("/{name}"));
        feeds += &subscription(name, &url, "schedule = \"every 10m\"\n");
    }
    feeds += &subscription("off", &origin.url("/off"), "disabled = true\n");
    let place = Place::with(&feeds);
    let reasons = |place: &Place| -> Vec<(String, bool, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        place
            .json(&["next", "--json"])
            .iter()
            .map(|line| {
                (
                    text(&line["feed"]),
                    line["next_due"].is_string(),
                    text(&line["reason"]),
                )
            })
            .collect()
    };
    assert!(
        reasons(&place)
            .iter()
            .all(|(feed, _, reason)| feed == "off" || reason == "the first poll"),
        "{:?}",
        reasons(&place)
    );
    place.json(&["fetch", "--all", "--json"]);
    let lines = reasons(&place);
    let why = |name: &str| lines.iter().find(|line| line.0 == name).unwrap().2.clone();
    assert!(why("fresh").contains("fresh for 3h"), "{lines:?}");
    assert!(why("failing").contains("back-off"), "{lines:?}");
    assert!(why("plain").contains("no ETag"), "{lines:?}");
    assert!(why("busy").contains("Retry-After"), "{lines:?}");
    assert!(why("gone").contains("410"), "{lines:?}");
    assert!(why("off").contains("switched off"), "{lines:?}");
    let order: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(order[..4], ["failing", "plain", "fresh", "busy"]);
    assert!(lines[4..].iter().all(|line| !line.1));
    assert!(
        place
            .run(&["next"])
            .out
            .contains("back-off after a failure")
    );
}

#[test]
fn rollback_goes_back_and_the_redirect_is_not_stored_again() {
    let scene = Scene::new([Reply::redirect(301, "/new")]);
    scene.origin.on("/new", feed(1).etag("\"1\"").conditional());
    assert_eq!(
        scene.place.run(&["feeds", "rollback", "feed"]).code,
        1,
        "it never moved"
    );
    scene.expect("moved");
    let ran = scene.place.run(&["feeds", "rollback", "feed"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("/feed"), "{}", ran.out);
    let state = scene.state();
    assert_eq!(
        (&state["url"], &state["etag"]),
        (&scene.origin.url("/feed").into(), &Value::Null)
    );
    scene.expect("updated");
    scene.expect("not_modified");
    assert_eq!(scene.state()["url"], scene.origin.url("/feed"));
    assert_eq!(scene.entries().len(), 1);
    // Another move is stored.
    scene.origin.on("/feed", Reply::redirect(308, "/newer"));
    scene.origin.on("/newer", feed(2));
    scene.expect("moved");
    assert_eq!(scene.state()["url"], scene.origin.url("/newer"));
}

#[test]
fn rollback_brings_back_a_feed_that_is_gone_at_its_new_address() {
    let scene = Scene::new([Reply::redirect(301, "/new"), feed(2)]);
    scene.origin.on_each("/new", [feed(1), Reply::status(410)]);
    scene.expect("moved");
    scene.expect("gone");
    assert_eq!(scene.place.run(&["feeds", "rollback", "feed"]).code, 0);
    assert_eq!(
        scene.place.json(&["fetch", "--json"])[0]["outcome"],
        "updated"
    );
    assert_eq!(scene.entries().len(), 2);
}

#[test]
fn doctor_tells_what_is_wrong_with_each_feed_and_what_to_do() {
    let origin = Origin::start();
    let quiet: Vec<Post> = (0..8)
        .map(|day| {
            let date = super::now() - TimeDelta::days(60 + day);
            post(
                "quiet.example",
                &format!("{day}"),
                &format!("Day {day}"),
                "<p>Tide.</p>",
                date,
            )
        })
        .collect();
    let lively = vec![post(
        "lively.example",
        "1",
        "News",
        "<p>New.</p>",
        super::now(),
    )];
    let lively = Reply::feed(rss("Lively", "lively.example", &lively)).etag("\"1\"");
    origin.on("/missing", Reply::status(404));
    origin.on("/gone", Reply::status(410));
    origin.on("/moves", Reply::redirect(301, "/moved"));
    origin.on("/moved", lively.clone());
    origin.on(
        "/quiet",
        Reply::feed(rss("Quiet", "quiet.example", &quiet)).etag("\"1\""),
    );
    origin.on("/lively", lively);
    origin.on("/sloppy", Reply::redirect(302, "/type"));
    origin.on(
        "/type",
        Reply::status(200)
            .header("Content-Type", "text/plain")
            .body(super::document(1)),
    );
    let mut feeds = String::new();
    for name in ["missing", "gone", "moves", "quiet", "lively", "sloppy"] {
        feeds += &subscription(name, &origin.url(&format!("/{name}")), "");
    }
    let place = Place::with(&feeds);
    place.json(&["fetch", "--all", "--json"]);
    let asked = origin.all_asked().len();
    let ran = place.run(&["feeds", "doctor", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let findings: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |feed: &str, kind: &str| -> String {
        findings
            .iter()
            .filter(|finding| finding["feed"] == feed && finding["kind"] == kind)
            .map(|finding| {
                assert!(!finding["advice"].as_str().unwrap().is_empty());
                finding["what"].as_str().unwrap().to_owned() + "\n"
            })
            .collect()
    };
    assert!(of("missing", "failing").contains("404"), "{findings:?}");
    assert!(of("gone", "gone").contains("410"), "{findings:?}");
    assert!(of("moves", "moved").contains("/moved"), "{findings:?}");
    assert!(of("quiet", "silent").contains("60 days"), "{findings:?}");
    assert_eq!(of("lively", "failing") + &of("lively", "silent"), "");
    let sloppy = of("sloppy", "publisher");
    for remark in ["no ETag", "redirect", "text/plain", "unencrypted"] {
        assert!(sloppy.contains(remark), "{remark}: {sloppy}");
    }
    let alone = place.run(&["feeds", "doctor", "lively"]);
    assert_eq!(alone.code, 0, "{}", alone.out);
    assert!(alone.out.lines().all(|line| !line.contains("missing")));
    assert_eq!(place.run(&["feeds", "doctor", "livly"]).code, 1);
    assert_eq!(origin.all_asked().len(), asked, "doctor asked a server");
}

#[test]
fn doctor_tells_of_long_documents_bad_certificates_and_missing_hubs() {
    let file = |name: &str| format!("{}/tests/data/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let secure = Origin::start_tls(&std::fs::read(file("expired")).unwrap());
    let origin = Origin::start();
    secure.on("/feed", feed(1).etag("\"1\""));
    origin.on("/long", feed(301).etag("\"1\""));
    let padded = format!("{}<!--{}-->", super::document(1), " ".repeat(3 << 20));
    origin.on("/heavy", Reply::feed(padded).gzip().etag("\"1\""));
    origin.on(
        "/short",
        feed(20)
            .etag("\"1\"")
            .header("Link", "<https://hub.example/>; rel=hub"),
    );
    let careless = "insecure_accept_any_certificate = true\nwebsub = true\n";
    let feeds = [
        ("expired", secure.tls_url("localhost", "/feed"), ""),
        ("careless", secure.tls_url("127.0.0.1", "/feed"), careless),
        ("long", origin.url("/long"), ""),
        ("heavy", origin.url("/heavy"), ""),
        ("short", origin.url("/short"), "websub = true\n"),
    ]
    .map(|(name, url, keys)| subscription(name, &url, keys));
    let place = Place::with(&feeds.concat());
    let mut command = place.command(&["fetch", "--all", "--json"]);
    command.env("SSL_CERT_FILE", file("authority"));
    assert!(command.output().unwrap().status.success());
    let ran = place.run(&["feeds", "doctor", "--json"]);
    let told = |name: &str| -> String {
        let of = format!("\"feed\":\"{name}\"");
        ran.out.lines().filter(|line| line.contains(&of)).collect()
    };
    for (name, words) in [
        ("expired", "certificate that has expired"),
        ("careless", "any certificate"),
        ("careless", "names no hub"),
        ("long", "301 entries"),
        ("heavy", "1 entries in 3"),
    ] {
        assert!(told(name).contains(words), "{name}: {}", told(name));
    }
    for words in ["is long", "hub", "certificate"] {
        assert!(!told("short").contains(words), "{}", told("short"));
    }
}
