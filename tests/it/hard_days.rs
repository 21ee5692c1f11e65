//! Days on which everything goes wrong at once, clocks that jump, and days that are just long.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use chrono::TimeDelta;
use feedfold::clock::Clock;
use std::collections::HashSet;
use std::time::Duration;

/// A good document with one entry.
fn good(number: usize) -> String {
    let title = format!("Outlet {number} sees {} gulls", number * 7_919);
    let site = format!("outlet{number}.example");
    rss(
        &format!("Outlet {number}"),
        &site,
        &[post(
            &site,
            "one",
            &title,
            &format!("<p>{title}.</p>"),
            at("08:00"),
        )],
    )
}

/// What servers should never do.
fn wrongs() -> Vec<Reply> {
    let feed = || Reply::feed(good(999));
    vec![
        Reply::silence(),
        Reply::hang_up(),
        Reply::raw("SSH-2.0-OpenBarge\r\n"),
        Reply::raw(vec![0xFF; 100_000]),
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nX: {}\r\n\r\n",
            "x".repeat(3 << 20)
        )),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n<rss>"),
        Reply::redirect(301, "/wrong/7"),
        Reply::redirect(302, "file:///etc/passwd"),
        Reply::redirect(308, "http://169.254.169.254/latest"),
        Reply::redirect(301, ""),
        Reply::status(500),
        Reply::status(429).header("retry-after", "99999999999999999999"),
        Reply::status(401),
        Reply::unchanged(),
        Reply::bomb(200 << 20),
        Reply::feed(""),
        Reply::feed(vec![0; 1 << 20]),
        Reply::feed("<rss>".repeat(100_000)),
        Reply::feed(
            "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"&c;&c;\"><!ENTITY c \"&b;\">]><rss>&b;</rss>",
        ),
        Reply::page("<p>Nothing to subscribe to."),
        feed().drip(1, Duration::from_millis(50)),
        feed().stall_after(40),
        feed().claims_length("-1"),
        feed().claims_length("99999999999999999999"),
        feed().header("content-encoding", "gzip"),
        feed().header("content-encoding", "gzip, gzip, br, gzip, zstd"),
        feed()
            .header("content-type", "image/png; charset=\u{7f}")
            .header("etag", "\"".repeat(9_000)),
        feed()
            .header("cache-control", "max-age=-1, max-age=x")
            .header("link", "<".repeat(5_000)),
    ]
}

#[tokio::test]
async fn servers_that_do_everything_wrong_at_once_harm_nobody_else() {
    let origin = Origin::start();
    let wrongs = wrongs();
    let mut list = Vec::new();
    let few = "timeout = \"1s\"\nmax_body = \"2MB\"";
    for (number, reply) in wrongs.into_iter().enumerate() {
        origin.on(&format!("/wrong/{number}"), reply);
        list.push((
            format!("/wrong/{number}"),
            format!("wrong-{number:02}"),
            few,
        ));
        // Its good neighbour at the same host.
        origin.on(&format!("/good/{number}"), Reply::feed(good(number)));
        list.push((format!("/good/{number}"), format!("good-{number:02}"), few));
    }
    let list: Vec<_> = list
        .iter()
        .map(|(path, name, more)| (path.as_str(), name.as_str(), *more))
        .collect();
    let app = App::start_at(&feeds(&origin, &list), Clock::manual(at("09:00"))).await;
    // Hosts are asked in turns.
    app.pass(20).await;
    let entries = app.json("/api/v1/entries?limit=1000&fold=none").await;
    let stored: Vec<&str> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["feed"].as_str().unwrap())
        .collect();
    for (_, name, _) in &list {
        let count = stored.iter().filter(|stored| *stored == name).count();
        if name.starts_with("good") {
            assert_eq!(count, 1, "{name}");
        } else {
            assert!(count <= 1, "{name}");
        }
    }
    // Each that failed says why, in one line.
    let told = app.json("/api/v1/feeds").await;
    let told = told["items"].as_array().unwrap();
    assert_eq!(told.len(), list.len());
    for feed in told {
        let (name, why) = (&feed["name"], feed["last_error"].as_str());
        let fine = feed["status"] == "ok";
        assert_eq!(fine, why.is_none(), "{feed}");
        assert!(fine || !stored.contains(&name.as_str().unwrap()), "{feed}");
        let why = why.unwrap_or_default();
        assert!(
            why.len() < 500 && !why.chars().any(char::is_control),
            "{why}"
        );
    }
    assert_eq!(app.get("/readyz", &[]).await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_jumps_both_ways_costs_one_poll_and_no_news() {
    let origin = Origin::start();
    let list = [("/a", "a", ""), ("/b", "b", "")];
    for (number, (path, _, _)) in list.iter().enumerate() {
        origin.on(path, Reply::feed(good(number)));
    }
    let app = App::start_at(&feeds(&origin, &list), Clock::manual(at("09:00"))).await;
    let asked = |path: &str| origin.asked(path).len();
    app.pass(2).await;
    assert_eq!((asked("/a"), asked("/b")), (1, 1));
    // Ten years on: late by thousands of polls, which are made up for by one.
    app.clock.turn_to(at("09:02") + TimeDelta::days(3_650));
    app.pass(2).await;
    assert_eq!((asked("/a"), asked("/b")), (2, 2));
    // And back again: nobody waits for ten years, nobody is asked at every look.
    app.clock.turn_to(at("09:05"));
    origin.on("/a", Reply::feed(good(7)));
    app.pass(65).await;
    for path in ["/a", "/b"] {
        let count = asked(path) - 2;
        assert!((1..=4).contains(&count), "{path}: {count}");
    }
    let entries = app.json("/api/v1/entries?limit=100&fold=none").await;
    assert_eq!(entries["items"].as_array().unwrap().len(), 3);
    assert_eq!(app.get("/readyz", &[]).await.status(), 200);
    app.stop().await;
}

/// How many feeds a day is played with: more where `FEEDFOLD_DAY_FEEDS` says so; 2,000 of them take
/// some minutes of a release build.
fn day_feeds() -> usize {
    let asked = std::env::var("FEEDFOLD_DAY_FEEDS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(12)
}

/// Memory of this process in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[tokio::test]
async fn a_day_of_polls_brings_everything_once() {
    let (count, origin) = (day_feeds(), Origin::start());
    let (measured, hours) = (count > 100, 24);
    let clock = Clock::manual(at("00:00"));
    // A window of five entries; a new one each hour, at another minute for each feed.
    let now = clock.clone();
    origin.otherwise(move |asked| {
        let number: usize = asked.path.trim_start_matches("/feed/").parse().unwrap_or(0);
        let minutes = usize::try_from((now.now() - at("00:00")).num_minutes()).unwrap_or(0);
        let newest = (minutes + 60 - number % 60) / 60;
        let site = format!("outlet{number}.example");
        let posts: Vec<_> = (newest.saturating_sub(4)..=newest)
            .map(|hour| {
                let title = format!(
                    "Outlet {number} logs {} of hour {hour}",
                    number * 7_919 + hour * 31
                );
                let text = format!("<p>{title}, as the keeper wrote it down.</p>");
                let published = at("00:00") + TimeDelta::hours(i64::try_from(hour).unwrap_or(0));
                post(&site, &format!("h{hour}"), &title, &text, published)
            })
            .collect();
        Reply::feed(rss(&format!("Outlet {number}"), &site, &posts))
    });
    let configured: String = (0..count)
        .map(|number| {
            let url = origin.url(&format!("/feed/{number}"));
            format!("[[feeds]]\nname = \"feed-{number:04}\"\nurl = \"{url}\"\n")
        })
        .collect();
    // What folding keeps in memory is what may still fold, and the same time again: with three hours
    // the window is full long before noon.
    let configured = format!("per_host = 32\n[fold]\nwindow = \"3h\"\n{configured}");
    let app = App::start_at(&configured, clock).await;
    let mut memory = Vec::new();
    for hour in 1..=hours {
        app.pass(60).await;
        origin.forget();
        memory.push(resident());
        if measured {
            eprintln!("hour {hour}: {} KiB", resident());
        }
    }
    app.pass(31).await;
    let mut seen = HashSet::new();
    let mut cursor = String::new();
    loop {
        let page = app
            .json(&format!("/api/v1/entries?limit=1000&fold=none{cursor}"))
            .await;
        for entry in page["items"].as_array().unwrap() {
            let guid = entry["guid"].as_str().unwrap().to_owned();
            assert!(seen.insert(guid), "twice: {entry}");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for number in 0..count {
        for hour in 0..hours {
            let guid = format!("outlet{number}.example-h{hour}");
            assert!(seen.contains(&guid), "lost: {guid}");
        }
    }
    if measured {
        // Alone in its process: what is kept in memory does not grow with what is stored.
        let most = |from: usize| memory[from..][..6].iter().max().copied().unwrap_or(0);
        assert!(most(18) < most(12) * 11 / 10, "{memory:?}");
    }
    app.stop().await;
}
