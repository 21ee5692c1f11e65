//! When the next poll is: rules 17 to 28.

use super::{Scene, document_with, feed, http_date, minutes_until, now, subscription, within};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use chrono::Timelike;
use feedfold::feed::Timestamp;
use serde_json::Value;
use std::time::Duration;

const DAY: i64 = 24 * 60;

/// Header fields, and the least and the most minutes to the next poll.
type Case<'a> = (&'a [(&'a str, &'a str)], i64, i64);

#[test]
fn rule_17_retry_after_in_every_form_holds_also_against_fetch_all() {
    for status in [429, 503] {
        for (wish, minutes) in [
            ("7200".to_owned(), 120),
            (http_date(3 * 3600), 180),
            ((14 * 86_400).to_string(), 14 * DAY),
        ] {
            let scene = Scene::new([
                feed(2).etag("\"1\""),
                Reply::status(status).header("Retry-After", &wish),
                feed(2),
            ]);
            scene.expect("updated");
            let line = scene.expect("throttled");
            assert_eq!(line["status"], status);
            assert_eq!(line["next_due"], scene.state()["next_due"]);
            within(scene.due_in(), minutes - 1, minutes * 12 / 10 + 35, &wish);
            let before = scene.state();
            scene.poll();
            assert_eq!(scene.asked().len(), 2, "asked although Retry-After runs");
            assert_eq!(
                scene.state(),
                before,
                "a poll that was not made changed the feed"
            );
            assert_eq!(scene.entries().len(), 2);
        }
    }
}

#[test]
fn rule_17_without_retry_after_the_feed_is_left_alone_for_a_while() {
    for (status, least) in [(429, 60), (503, 30)] {
        let scene = Scene::new([Reply::status(status)]);
        scene.expect("throttled");
        within(scene.due_in(), least, 4 * 60, "bare");
    }
}

#[test]
fn rule_18_absurd_and_unreadable_retry_after_do_no_harm() {
    for (wish, least, most) in [
        ("99999999999999999999999", 7 * DAY, 400 * DAY),
        ("4294967296", 7 * DAY, 400 * DAY),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * DAY, 400 * DAY),
        ("soon", 60, 4 * 60),
        ("-1", 60, 4 * 60),
        ("0", 10, 4 * 60),
        ("", 60, 4 * 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 10, 4 * 60),
    ] {
        let origin = Origin::start();
        origin.on("/feed", Reply::status(429).header("Retry-After", wish));
        origin.on("/other", feed(1));
        let both = subscription("feed", &origin.url("/feed"), "")
            + &subscription("other", &origin.url("/other"), "");
        let place = Place::with(&both);
        let lines = place.json(&["fetch", "--all", "--json"]);
        assert_eq!(lines.len(), 2, "{wish}: {lines:?}");
        let feeds = place.json(&["feeds", "list", "--json"]);
        within(minutes_until(&feeds[0]["next_due"]), least, most, wish);
        assert_eq!(feeds[1]["error_count"], 0, "{wish}");
    }
}

#[test]
fn rule_19_errors_cost_one_request_and_wait_longer_each_time_up_to_a_day() {
    for status in [404, 500] {
        let scene = Scene::auto([Reply::status(status)]);
        let mut waits = Vec::new();
        for failures in 1..=9 {
            let line = scene.expect("error");
            assert_eq!(line["status"], status);
            let state = scene.state();
            assert_eq!(state["error_count"], failures);
            assert_eq!(state["next_due"], line["next_due"]);
            waits.push(minutes_until(&state["next_due"]));
            assert_eq!(scene.asked().len(), failures);
        }
        assert!(waits.is_sorted(), "{waits:?}");
        assert!(waits[3] > waits[0] * 4, "{waits:?}");
        within(waits[8], 12 * 60, DAY * 115 / 100 + 1, "the last");
    }
}

#[test]
fn rule_19_a_good_poll_clears_the_error_and_the_back_off() {
    let scene = Scene::auto([
        Reply::status(500),
        Reply::status(500),
        Reply::status(500),
        feed(1).etag("\"1\"").conditional(),
    ]);
    for _ in 0..3 {
        scene.expect("error");
    }
    scene.expect("updated");
    let state = scene.state();
    assert_eq!(
        (&state["error_count"], &state["last_error"]),
        (&0.into(), &Value::Null)
    );
    within(scene.due_in(), 9, 15, "after a good poll");

    let scene = Scene::new([
        feed(1).etag("\"1\""),
        Reply::status(500),
        Reply::unchanged(),
    ]);
    scene.expect("updated");
    scene.expect("error");
    scene.expect("not_modified");
    assert_eq!(scene.state()["error_count"], 0);
    assert_eq!(scene.state()["last_error"], Value::Null);
}

#[test]
fn rule_20_freshness_is_a_floor() {
    let (three, date) = (http_date(3 * 3600), http_date(0));
    let cases: &[Case<'_>] = &[
        (&[("Cache-Control", "public, max-age=7200")], 119, 170),
        (
            &[("Cache-Control", "max-age=7200"), ("Age", "3600")],
            59,
            95,
        ),
        (&[("Cache-Control", "MAX-AGE=7200, s-maxage=1")], 119, 170),
        (&[("Expires", &three), ("Date", &date)], 179, 240),
        (&[("Expires", &three)], 179, 240),
        (
            &[("Cache-Control", "max-age=7200"), ("Expires", "0")],
            119,
            170,
        ),
        (
            &[("Cache-Control", "max-age=31536000")],
            7 * DAY - 1,
            7 * DAY * 115 / 100 + 31,
        ),
        (
            &[("Cache-Control", "max-age=99999999999999999999")],
            7 * DAY - 1,
            7 * DAY * 115 / 100 + 31,
        ),
        (&[("Cache-Control", "max-age=1")], 9, 45),
        (&[("Cache-Control", "max-age=soon")], 9, 45),
        (&[("Cache-Control", "max-age=-5")], 9, 45),
    ];
    for (fields, least, most) in cases {
        // The interval of a schedule makes no difference; one case shows it.
        for schedule in ["", "schedule = \"every 10m\"\n"]
            .into_iter()
            .take(if *least == 59 { 2 } else { 1 })
        {
            let mut reply = feed(1).etag("\"1\"");
            for (name, value) in *fields {
                reply = reply.header(name, value);
            }
            let scene = Scene::with(schedule, [reply]);
            scene.expect("updated");
            within(
                scene.due_in(),
                *least,
                *most,
                &format!("{fields:?} {schedule}"),
            );
        }
    }
}

#[test]
fn rule_21_a_bare_304_keeps_the_freshness_and_another_one_replaces_it() {
    let scene = Scene::auto([
        feed(1)
            .etag("\"1\"")
            .header("Cache-Control", "max-age=7200"),
        Reply::unchanged(),
        Reply::unchanged().header("Cache-Control", "max-age=14400"),
        Reply::unchanged(),
        Reply::unchanged().header("Cache-Control", "max-age=60"),
    ]);
    scene.expect("updated");
    for (least, most) in [(119, 140), (239, 280), (239, 280), (9, 15)] {
        scene.expect("not_modified");
        within(scene.due_in(), least, most, "after a 304");
    }
}

#[test]
fn rule_22_and_24_never_sooner_than_the_floor_and_hourly_without_validators() {
    let scene = Scene::with("schedule = \"every 1m\"\n", [feed(1).etag("\"1\"")]);
    scene.expect("updated");
    within(scene.due_in(), 10, 15, "min_interval");
    let scene = Scene::with("schedule = \"every 1m\"\n", [feed(1)]);
    scene.expect("updated");
    within(scene.due_in(), 60, 75, "no validators");
}

#[test]
fn rule_23_what_the_document_asks_for_is_a_floor() {
    let cases = [
        ("<ttl>180</ttl>", 180, 210),
        ("<ttl> 180 </ttl>", 180, 210),
        ("<ttl>99999999999999999</ttl>", 10, 7 * DAY * 115 / 100 + 31),
        ("<ttl>soon</ttl>", 9, 15),
        (
            "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">daily</sy:updatePeriod>\
             <sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">4</sy:updateFrequency>",
            360,
            420,
        ),
        (
            "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">hourly</sy:updatePeriod>",
            60,
            70,
        ),
    ];
    for (inside, least, most) in cases {
        let scene = Scene::auto([Reply::feed(document_with(inside))
            .etag("\"1\"")
            .conditional()]);
        scene.expect("updated");
        within(scene.due_in(), least, most, inside);
        scene.expect("not_modified");
        within(scene.due_in(), least, most, inside);
    }
}

#[test]
fn rule_23_skipped_hours_and_days_are_moved_out_of() {
    // All hours but one.
    let open = (now().hour() + 5) % 24;
    let hours: String = (0..24)
        .filter(|hour| *hour != open)
        .map(|hour| format!("<hour>{hour}</hour>"))
        .collect();
    let inside = format!("<skipHours>{hours}</skipHours>");
    let scene = Scene::auto([Reply::feed(document_with(&inside)).etag("\"1\"")]);
    scene.expect("updated");
    let due = scene.state()["next_due"]
        .as_str()
        .unwrap()
        .parse::<Timestamp>();
    assert_eq!(due.unwrap().hour(), open);

    let today = now().format("%A").to_string();
    let tomorrow = (now() + chrono::TimeDelta::days(1))
        .format("%A")
        .to_string();
    let inside = format!("<skipDays><day>{today}</day><day>{tomorrow}</day></skipDays>");
    let scene = Scene::auto([Reply::feed(document_with(&inside)).etag("\"1\"")]);
    scene.expect("updated");
    let due = scene.state()["next_due"]
        .as_str()
        .unwrap()
        .parse::<Timestamp>();
    let due = due.unwrap().format("%A").to_string();
    assert!(due != today && due != tomorrow, "{due}");
}

#[test]
fn rule_25_a_restart_asks_nobody_and_every_state_survives() {
    let scene = Scene::new([feed(2).etag("\"1\"")]);
    scene.expect("updated");
    let before = scene.state();
    assert_eq!(scene.place.json(&["fetch", "--json"]).len(), 0);
    let service = scene.place.serve();
    service.get("/healthz");
    service.signal("TERM");
    assert_eq!(service.ended().0, 0);
    assert_eq!(scene.asked().len(), 1);
    assert_eq!(scene.state(), before);
}

#[test]
fn rule_25_serve_polls_what_is_due_and_ends_quickly_while_a_poll_hangs() {
    let origin = Origin::start();
    origin.on("/feed", feed(2));
    origin.on("/hang", Reply::silence());
    let both = subscription("feed", &origin.url("/feed"), "")
        + &subscription("hang", &origin.url("/hang"), "timeout = \"60s\"\n");
    let place = Place::with(&both);
    let service = place.serve();
    for _ in 0..600 {
        let polled = place.json(&["feeds", "list", "--json"]);
        if polled[0]["last_fetch"].is_string() && !origin.asked("/hang").is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50)); // another process can't be given a clock
    }
    #[allow(clippy::disallowed_methods)] // the deadline is the machine's time
    let begun = std::time::Instant::now();
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, 0, "{log}");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(super::entries(&place).len(), 2);
}

#[test]
fn rule_26_feeds_of_one_schedule_are_spread() {
    let origin = Origin::start();
    let mut feeds = String::new();
    for number in 0..30 {
        let path = format!("/feed/{number}");
        origin.on(&path, feed(1).etag("\"1\""));
        feeds += &subscription(
            &format!("feed-{number}"),
            &origin.url(&path),
            "schedule = \"every 30m\"\n",
        );
    }
    let place = Place::with(&feeds);
    place.json(&["fetch", "--all", "--json"]);
    let mut due: Vec<i64> = place
        .json(&["feeds", "list", "--json"])
        .iter()
        .map(|feed| {
            feed["next_due"]
                .as_str()
                .unwrap()
                .parse::<Timestamp>()
                .unwrap()
                .timestamp()
        })
        .collect();
    due.sort_unstable();
    assert!(due[29] - due[0] >= 60, "all within {} s", due[29] - due[0]);
}

#[test]
fn rule_27_at_most_two_at_once_with_one_host() {
    let origin = Origin::start();
    let mut feeds = String::new();
    for number in 0..10 {
        let path = format!("/feed/{number}");
        origin.on(&path, feed(1).delay(Duration::from_millis(100)));
        feeds += &subscription(&format!("feed-{number}"), &origin.url(&path), "");
    }
    let place = Place::with(&feeds);
    assert_eq!(place.json(&["fetch", "--all", "--json"]).len(), 10);
    // Each exchange at once needs a connection of its own.
    let connections = origin.connections();
    assert!(connections <= 2, "{connections} connections");
}

#[test]
fn rule_28_retry_after_outranks_the_users_own_cron() {
    let scene = Scene::with(
        "schedule = \"* * * * *\"\n",
        [Reply::status(429).header("Retry-After", "7200")],
    );
    scene.expect("throttled");
    assert!(scene.due_in() >= 119, "{}", scene.due_in());
}

#[test]
fn rule_17_retry_after_survives_a_restart_of_the_service() {
    let scene = Scene::new([Reply::status(503).header("Retry-After", "3600")]);
    scene.expect("throttled");
    let service = scene.place.serve();
    service.get("/healthz");
    service.signal("TERM");
    assert_eq!(service.ended().0, 0);
    assert_eq!(scene.asked().len(), 1);
}

#[test]
fn rule_17_the_pause_of_a_public_host_survives_and_keeps_nobody_waiting() {
    // Stands between, so that the feeds can be of a public host.
    let proxy = Origin::start();
    proxy.otherwise(|_| Reply::status(429).header("Retry-After", "7200"));
    let keys = format!("proxy = \"{}\"\n", proxy.url(""));
    let feeds: String = ["quay", "harbor", "lantern"]
        .iter()
        .map(|name| subscription(name, &format!("http://news.example/{name}"), &keys))
        .collect();
    let place = Place::with(&feeds);
    let whole = std::fs::read_to_string(place.config()).unwrap();
    let whole = whole.replacen("[fetch]", "[fetch]\nper_host = 1", 1);
    std::fs::write(place.config(), whole).unwrap();
    for asked in [1, 1] {
        let lines = place.json(&["fetch", "--all", "--json"]);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().all(|line| line["outcome"] == "throttled"));
        assert_eq!(proxy.all_asked().len(), asked);
    }
    let next = place.json(&["next", "--json"]);
    for line in &next {
        within(minutes_until(&line["next_due"]), 119, 140, "the pause");
    }
    let why = |line: &Value| line["reason"].as_str().unwrap().contains("another of its");
    assert_eq!(next.iter().filter(|line| why(line)).count(), 2, "{next:?}");
}

#[test]
fn rule_19_errors_of_every_kind_back_off() {
    for reply in [
        Reply::page("<p>Not here</p>"),
        Reply::hang_up(),
        Reply::redirect(302, "/feed"),
        Reply::status(200),
    ] {
        let scene = Scene::auto([reply]);
        let mut before = 0;
        for _ in 0..4 {
            scene.expect("error");
            let wait = scene.due_in();
            assert!(wait > before, "{wait} after {before}");
            before = wait;
        }
        assert!(before >= 120, "{before}");
    }
}

#[test]
fn rule_27_feeds_that_lead_to_one_host_are_few_at_a_time_there() {
    let target = Origin::start();
    let mut feeds = String::new();
    let doors: Vec<Origin> = (0..8)
        .map(|number| {
            let (door, path) = (Origin::start(), format!("/feed/{number}"));
            target.on(&path, feed(1).delay(Duration::from_millis(100)));
            door.on("/feed", Reply::redirect(302, &target.url(&path)));
            feeds += &subscription(&format!("feed-{number}"), &door.url("/feed"), "");
            door
        })
        .collect();
    // Two that lead to each other's host do not wait for each other.
    let [a, b] = [Origin::start(), Origin::start()];
    a.on("/feed", Reply::redirect(302, &b.url("/end")));
    b.on("/feed", Reply::redirect(302, &a.url("/end")));
    for (name, origin) in [("a", &a), ("b", &b)] {
        origin.on("/end", feed(1));
        feeds += &subscription(name, &origin.url("/feed"), "");
    }
    let place = Place::with(&feeds);
    let whole = std::fs::read_to_string(place.config()).unwrap();
    let whole = whole.replacen("[fetch]", "[fetch]\nper_host = 1", 1);
    std::fs::write(place.config(), whole).unwrap();
    let lines = place.json(&["fetch", "--all", "--json"]);
    assert!(
        lines.iter().all(|line| line["outcome"] == "updated"),
        "{lines:?}"
    );
    assert_eq!((lines.len(), doors.len()), (10, 8));
    // Each exchange at once needs a connection of its own.
    assert_eq!(target.connections(), 1);
}
