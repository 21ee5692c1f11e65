//! Requirement 24, the second half: archives by day (RFC 5005 section 4).

use super::delivery::{all_pages, entries};
use super::{FORMATS, ids, view};
use crate::support::server::{Server, start};
use chrono::TimeDelta;
use feedfold::config::{Config, View};
use feedfold::query::FoldLevel;
use std::collections::HashSet;

/// The address behind a relation in the head of a document, without the host.
fn linked(document: &str, relation: &str) -> Option<String> {
    let at = document.find(&format!("rel=\"{relation}\""))?;
    let rest = &document[at..];
    let href = rest.split("href=\"").nth(1)?.split('"').next()?;
    Some(
        href.strip_prefix("https://news.example")?
            .replace("&amp;", "&"),
    )
}

/// Three days of news in two views; the clock stands at noon of the fourth.
async fn server() -> Server {
    let server = Server::start(Config {
        views: vec![
            View {
                limit: 2,
                ..view("few", &[])
            },
            View {
                limit: 2,
                fold: FoldLevel::None,
                ..view("raw", &[])
            },
        ],
        ..Config::default()
    })
    .await;
    server.subscribe("harbour", "Harbour", &[]).await;
    let all = entries("harbour", 12, start() + TimeDelta::days(3), 5);
    for (day, count) in [(0, 4), (1, 3), (3, 5)] {
        server.clock.turn_to(start() + TimeDelta::days(day));
        let from = match day {
            0 => 0,
            1 => 4,
            _ => 7,
        };
        server
            .poll("harbour", all[from..from + count].to_vec())
            .await;
    }
    server
}

#[tokio::test]
async fn req_24_archives_lead_back_to_the_beginning() {
    let server = server().await;
    for view in ["few", "raw"] {
        for format in ["atom", "rss"] {
            let path = format!("/views/{view}.{format}");
            let page = server.get(&path).await;
            let mut next = linked(page.text(), "prev-archive");
            let mut days = Vec::new();
            while let Some(path) = next {
                let archive = server.get(&path).await;
                assert_eq!(archive.status, 200, "{path}: {}", archive.text());
                assert!(archive.text().contains("<fh:archive/>"), "{path}");
                let current = linked(archive.text(), "current").unwrap();
                assert_eq!(current, format!("/views/{view}.{format}"));
                assert_eq!(linked(archive.text(), "self").unwrap(), path);
                assert_eq!(linked(archive.text(), "next"), None);
                let items = archive
                    .text()
                    .matches(["<entry", "<item>"][usize::from(format == "rss")]);
                days.push((path.split('=').nth(1).unwrap().to_owned(), items.count()));
                next = linked(archive.text(), "prev-archive");
            }
            let first = start().date_naive();
            let day = |n: i64| (first + TimeDelta::days(n)).to_string();
            assert_eq!(days, [(day(1), 3), (day(0), 4)], "{path}");
            assert!(!page.text().contains("<fh:archive"));
        }
    }
}

#[tokio::test]
async fn req_24_archives_and_the_feed_hold_everything_and_stay_as_they_are() {
    let server = server().await;
    let mut found: HashSet<String> = ids(&server.get("/views/few.json").await.json())
        .into_iter()
        .collect();
    let mut path = linked(server.get("/views/few.atom").await.text(), "prev-archive");
    let mut archives = Vec::new();
    while let Some(atom) = path {
        let json = atom.replace(".atom", ".json");
        found.extend(ids(&server.get(&json).await.json()));
        for format in FORMATS {
            let path = atom.replace(".atom", &format!(".{format}"));
            archives.push((path.clone(), server.get(&path).await));
        }
        path = linked(server.get(&atom).await.text(), "prev-archive");
    }
    assert_eq!(found.len(), 12);
    // More arrives, and a day passes.
    server.subscribe("lamp", "The Lamp", &[]).await;
    server.clock.turn_to(start() + TimeDelta::days(4));
    server
        .poll("lamp", entries("lamp", 9, start() + TimeDelta::days(4), 1))
        .await;
    for (path, before) in archives {
        let after = server.get(&path).await;
        assert_eq!(after.text(), before.text(), "{path}");
        assert_eq!(after.header("etag"), before.header("etag"));
    }
}

#[tokio::test]
async fn archives_that_are_none_are_refused_with_a_reason() {
    let server = server().await;
    let today = (start() + TimeDelta::days(3)).date_naive();
    let empty = (start() + TimeDelta::days(2)).date_naive();
    for (query, status, reason) in [
        (format!("archive={today}"), 404, "not over yet"),
        ("archive=2999-01-01".to_owned(), 404, "not over yet"),
        (
            format!("archive={empty}"),
            404,
            "nothing arrived on that day",
        ),
        ("archive=0000-01-01".to_owned(), 404, "nothing arrived"),
        ("archive=yesterday".to_owned(), 400, "is no day such as"),
        ("archive=2026-1-2".to_owned(), 400, "is no day such as"),
        (format!("archive={empty}&limit=3"), 400, "without 'limit'"),
    ] {
        let answer = server.get(&format!("/views/few.atom?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
        assert!(answer.text().contains(reason), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_day_of_very_much_is_several_archives() {
    let server = Server::start(Config::default()).await;
    server.subscribe("harbour", "Harbour", &[]).await;
    server
        .poll("harbour", entries("harbour", 1_200, start(), 0))
        .await;
    server.clock.turn_to(start() + TimeDelta::days(2));
    server.poll("harbour", entries("lamp", 1, start(), 0)).await;
    let mut found = Vec::new();
    let mut path = linked(server.get("/feed.atom").await.text(), "prev-archive");
    let mut documents = 0;
    while let Some(atom) = path {
        let answer = server.get(&atom).await;
        found.extend(ids(&server
            .get(&atom.replace(".atom", ".json"))
            .await
            .json()));
        path = linked(answer.text(), "prev-archive");
        documents += 1;
    }
    assert_eq!(documents, 2);
    let mut expected = all_pages(&server, "/feed.json").await;
    // What came on the day that is not over.
    expected.remove(0);
    assert!(expected.len() > 1_100);
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}
