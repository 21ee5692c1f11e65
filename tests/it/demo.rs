//! The bundled day: enough of it, in every dialect, published as real outlets publish.

use crate::support::poll::{claim, now};
use crate::support::program::Place;
use feedfold::address::Address;
use feedfold::demo::Demo;
use feedfold::demo::news::{Day, Report};
use feedfold::demo::outlets::{Charset, Dialect, Manner, OUTLETS};
use feedfold::demo::publisher::answer;
use feedfold::demo::render::{MOST, document, moment};
use feedfold::feed::Timestamp;
use feedfold::fetch::{Answer, Client};
use feedfold::http::origin::{Asked, Reply};
use feedfold::parse::parse;
use feedfold::text::SafeHtml;
use std::collections::HashSet;
use std::io::BufRead;
use std::path::Path;

fn start() -> Timestamp {
    "2026-11-20T06:00:00Z".parse().unwrap()
}

fn get(day: &Day, at: i32, path: &str, headers: &[(&str, &str)]) -> Reply {
    answer(
        day,
        start(),
        moment(start(), at),
        &Asked::new("GET", path, headers),
    )
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let found = reply.headers.iter().find(|(own, _)| own == name);
    &found.unwrap_or_else(|| panic!("no {name} in {reply:?}")).1
}

#[test]
fn the_day_is_large_and_varied() {
    let day = Day::bundled().unwrap();
    assert!(day.reports.len() >= 180, "{}", day.reports.len());
    for outlet in &OUTLETS {
        let before = |at| {
            let own = day.reports.iter().filter(|r| r.outlet.name == outlet.name);
            own.filter(|report| report.published() <= at).count()
        };
        assert!(before(day.end()) >= 4, "{} says too little", outlet.name);
        assert!(
            before(0) <= MOST && before(0) > 0,
            "{} has {} entries at the start",
            outlet.name,
            before(0)
        );
    }
    let dialects: HashSet<Dialect> = OUTLETS.iter().map(|outlet| outlet.dialect).collect();
    assert_eq!(dialects.len(), 6, "every dialect is spoken");
    let charsets: HashSet<Charset> = OUTLETS.iter().map(|outlet| outlet.charset).collect();
    assert_eq!(charsets.len(), 3, "every encoding is used");
    assert!(
        OUTLETS
            .iter()
            .all(|outlet| outlet.host.ends_with(".example"))
    );
    let live = day.reports.iter().filter(|r| r.published() > 0).count();
    assert!(live >= 60, "only {live} entries appear while the demo runs");
}

#[test]
fn every_outlet_answers_with_validators_and_honours_them() {
    let day = Day::bundled().unwrap();
    for outlet in &OUTLETS {
        let path = outlet.subscribed_path();
        let first = get(&day, 0, &path, &[]);
        assert_eq!(first.status, 200, "{}", outlet.name);
        let etag = header(&first, "ETag");
        let modified = header(&first, "Last-Modified");
        for validator in [("if-none-match", etag), ("if-modified-since", modified)] {
            let again = get(&day, 0, &path, &[validator]);
            assert_eq!(again.status, 304, "{} with {validator:?}", outlet.name);
            assert!(again.body.is_empty());
            assert_eq!(header(&again, "ETag"), etag);
        }
        let other = [
            ("if-none-match", "\"other\""),
            ("if-modified-since", modified),
        ];
        let unlike = get(&day, 0, &path, &other);
        assert_eq!(unlike.status, 200, "the tag wins over the date");
    }
}

#[test]
fn outlets_move_close_and_dawdle() {
    let day = Day::bundled().unwrap();
    for outlet in &OUTLETS {
        let path = outlet.subscribed_path();
        match outlet.manner {
            Manner::Steady => assert!(get(&day, 0, &path, &[]).delay.is_zero()),
            Manner::Slow(delay) => assert_eq!(get(&day, 0, &path, &[]).delay, delay),
            Manner::Moves { at, .. } => {
                assert_eq!(get(&day, at - 1, &path, &[]).status, 200);
                let moved = get(&day, at, &path, &[]);
                assert_eq!(moved.status, 301);
                let target = header(&moved, "Location");
                assert_eq!(get(&day, at, target, &[]).status, 200);
            }
            Manner::Gone { at } => {
                assert_eq!(get(&day, at - 1, &path, &[]).status, 200);
                assert_eq!(get(&day, at, &path, &[]).status, 410);
            }
        }
    }
    let manners = |wanted: fn(&Manner) -> bool| OUTLETS.iter().any(|o| wanted(&o.manner));
    assert!(manners(|m| matches!(m, Manner::Slow(_))));
    assert!(manners(|m| matches!(m, Manner::Moves { .. })));
    assert!(manners(|m| matches!(m, Manner::Gone { .. })));
    assert_eq!(get(&day, 0, "/nobody.example/feed", &[]).status, 404);
}

#[tokio::test]
async fn the_client_fetches_every_outlet_over_loopback() {
    let demo = Demo::open(1).await.unwrap();
    let config = demo.config(Path::new("demo.db"), "127.0.0.1:0");
    let client = Client::new(&config.fetch).unwrap();
    let polls = config.feeds.iter().map(|feed| {
        let claim = claim(&feed.url);
        let client = &client;
        async move { (feed, client.get(&claim, now()).await) }
    });
    for (feed, fetched) in futures_util::future::join_all(polls).await {
        match fetched.answer {
            Ok(Answer::Document(document)) => {
                assert!(document.validators.etag.is_some(), "{}", feed.name);
                assert!(document.validators.last_modified.is_some());
            }
            other => panic!("{}: {other:?}", feed.name),
        }
    }
    demo.close().await;
}

/// The address as the parser would keep it.
fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

#[test]
fn every_document_parses_to_the_entries_that_are_meant() {
    let day = Day::bundled().unwrap();
    for outlet in &OUTLETS {
        for at in [0, 61, 149, day.end()] {
            let Some(document) = document(&day, outlet, start(), at) else {
                continue;
            };
            let base = address(&outlet.site());
            let parsed = parse(&document.bytes, Some(&document.content_type), Some(&base)).unwrap();
            let name = outlet.name;
            assert_eq!(parsed.title.as_str(), outlet.title, "{name}");
            assert_eq!(parsed.site, Some(base), "{name}");
            let mut meant: Vec<&Report> = day
                .reports
                .iter()
                .filter(|r| r.outlet.name == name && r.published() <= at)
                .collect();
            meant.sort_by_key(|report| std::cmp::Reverse(report.published()));
            meant.truncate(MOST);
            assert_eq!(parsed.items.len(), meant.len(), "{name}");
            for (item, report) in parsed.items.iter().zip(meant) {
                let version = report.version(at).unwrap();
                assert_eq!(item.title.as_str(), version.headline, "{name}");
                assert_eq!(item.link, Some(address(&report.link)), "{name}");
                let published = moment(start(), report.published());
                assert_eq!(item.published, Some(published), "{name}");
                let guid = item.guid.as_deref();
                if outlet.guids {
                    assert_eq!(guid, Some(version.guid.as_str()), "{name}");
                } else {
                    assert!(guid.is_none_or(|guid| guid == report.link), "{name}");
                }
                let summary = item.summary.as_ref().map(|html| html.to_plain(4096));
                if version.body.is_empty() {
                    assert_eq!(summary.as_deref(), Some(version.summary.as_str()), "{name}");
                } else if outlet.dialect != Dialect::Rss091 {
                    let content = item.content.as_ref().unwrap().to_plain(16_384);
                    let last = SafeHtml::clean(version.body.last().unwrap(), None);
                    assert!(content.contains(&last.to_plain(4096)), "{name}: {content}");
                }
            }
        }
    }
}

#[test]
fn the_program_shows_the_day_and_leaves_nothing_behind() {
    let place = Place::with("");
    let (demo, told) = place.demo();
    let mut told = told.lines().map(Result::unwrap);
    assert!(
        told.any(|line| line.contains("/feed.atom")),
        "where to look"
    );
    assert!(
        told.any(|line| line.contains(" stories. Now it goes on")),
        "the day goes on"
    );
    let feed = demo.get("/feed.atom");
    assert!(feed.starts_with("HTTP/1.1 200 "), "{feed}");
    assert!(feed.matches("<entry").count() > 80, "{feed}");
    let left = || {
        let files = std::fs::read_dir(place.path()).unwrap();
        let mut names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.any(|name| name.starts_with("feedfold-demo-"))
    };
    assert!(left(), "its database is where TMPDIR says");
    demo.signal("INT");
    let rest: Vec<String> = told.collect();
    assert!(rest.last().unwrap().contains("nothing behind"), "{rest:?}");
    let (code, log) = demo.ended();
    assert_eq!(code, 0, "{log}");
    assert!(!left());
}
