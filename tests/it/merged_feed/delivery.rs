//! What is delivered, to whom, and for how long.

use super::{FORMATS, ids, view};
use crate::support::program::Place;
use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::config::{Config, View};
use feedfold::entry::Item;
use feedfold::feed::Timestamp;
use std::collections::HashSet;

/// Entries that have nothing in common, `minutes` apart, the first dated `newest`.
pub(super) fn entries(host: &str, count: usize, newest: Timestamp, apart: i64) -> Vec<Item> {
    (0..count)
        .map(|number| {
            let dated = newest - TimeDelta::minutes(apart * i64::try_from(number).unwrap());
            let title = distinct_title(host, number);
            let link = format!("https://{host}.example/{number}");
            item(
                &title,
                &link,
                Some(dated),
                &format!("<p>{title}, told.</p>"),
            )
        })
        .collect()
}

/// A headline of made-up words, its own for each host and number.
fn distinct_title(host: &str, number: usize) -> String {
    let mut state = host.bytes().fold(number as u64 + 1, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let mut word = || -> String {
        (0..4)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                ["ka", "lor", "mi", "sten", "vu", "ra", "pel", "do"][(state >> 60) as usize % 8]
            })
            .collect()
    };
    (0..5).map(|_| word()).collect::<Vec<_>>().join(" ")
}

/// All ids from a page on, by following `next_url`.
pub(super) async fn all_pages(server: &Server, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut path = path.to_owned();
    for _ in 0..50 {
        let page = server.get(&path).await.json();
        found.extend(ids(&page));
        match page["next_url"].as_str() {
            Some(next) => {
                path = next
                    .strip_prefix("https://news.example")
                    .unwrap()
                    .to_owned()
            }
            None => return found,
        }
    }
    panic!("there is no end");
}

#[tokio::test]
async fn req_24_pages_hold_everything_once_while_more_arrives() {
    let server = Server::start(Config {
        views: vec![View {
            limit: 7,
            ..view("few", &[])
        }],
        ..Config::default()
    })
    .await;
    for name in ["harbour", "lamp"] {
        server.subscribe(name, name, &[]).await;
        server.poll(name, entries(name, 20, start(), 7)).await;
    }
    server.clock.turn_to(start() + TimeDelta::days(3));
    // Dated long ago, and new: it belongs to the first page all the same.
    let late = entries("quay", 1, start() - TimeDelta::days(9), 1);
    server.poll("harbour", late).await;
    for (fold, count) in [("story", 41), ("article", 44), ("none", 47)] {
        let path = format!("/views/few.json?fold={fold}");
        let first = server.get(&path).await.json();
        let before = all_pages(&server, &path).await;
        assert_eq!(before.len(), count, "{fold}");
        assert_eq!(before.iter().collect::<HashSet<_>>().len(), count, "{fold}");
        assert_eq!(ids(&first).len(), 7);

        let next = first["next_url"].as_str().unwrap();
        let next = next.strip_prefix("https://news.example").unwrap();
        let page = server.get(next).await.body;
        server
            .clock
            .turn_to(server.clock.now() + TimeDelta::days(1));
        let more = entries(&format!("more-{fold}"), 3, server.clock.now(), 1);
        server.poll("lamp", more).await;
        assert_eq!(
            server.get(next).await.body,
            page,
            "what arrived moved a page"
        );
    }
    for (format, link) in [
        (
            "atom",
            "<link rel=\"next\" type=\"application/atom+xml\" href=\"https://news.example/views/few.atom?before=",
        ),
        (
            "rss",
            "<atom:link rel=\"next\" type=\"application/rss+xml\" href=\"https://news.example/views/few.rss?before=",
        ),
    ] {
        let page = server.get(&format!("/views/few.{format}")).await;
        assert!(page.text().contains(link), "{}", page.text());
    }
}

#[tokio::test]
async fn req_18_a_feed_that_joins_a_running_collection_announces_little() {
    let server = Server::start(Config::default()).await;
    server.subscribe("harbour", "Harbour", &[]).await;
    server
        .poll("harbour", entries("harbour", 30, start(), 60))
        .await;
    assert_eq!(
        ids(&server.get("/feed.json").await.json()).len(),
        30,
        "the first one is loud"
    );

    let later = start() + TimeDelta::days(2);
    server.clock.turn_to(later);
    server.subscribe("lamp", "The Lamp", &[]).await;
    let old = entries("lamp", 50, later, 5 * 60);
    server.poll("lamp", old.clone()).await;
    let feed = server.get("/feed.json").await.json();
    let lamp: Vec<&str> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["url"].as_str().filter(|url| url.contains("lamp")))
        .collect();
    assert_eq!(
        lamp,
        [
            "https://lamp.example/0",
            "https://lamp.example/1",
            "https://lamp.example/2"
        ]
    );
    for query in ["?limit=1000", "?fold=none", "?feed=lamp", "?q=lamp"] {
        let text = server
            .get(&format!("/feed.json{query}"))
            .await
            .text()
            .to_owned();
        assert!(!text.contains("https://lamp.example/3\""), "{query}");
    }
    // Nothing is lost: the archive has it all.
    let found = server
        .get("/api/v1/entries?feed=lamp&limit=100")
        .await
        .json();
    assert_eq!(found["items"].as_array().unwrap().len(), 50);

    // What the feed publishes from then on is news as anybody's.
    server.clock.turn_to(later + TimeDelta::hours(1));
    let mut next = old;
    next.insert(0, entries("lamp-new", 1, later, 1).remove(0));
    server.poll("lamp", next).await;
    let feed = server.get("/feed.json?feed=lamp").await.json();
    assert_eq!(ids(&feed).len(), 4);
}

#[tokio::test]
async fn req_18_old_news_becomes_news_when_somebody_else_reports_it() {
    let server = Server::start(Config::default()).await;
    server.subscribe("harbour", "Harbour", &[]).await;
    server
        .poll("harbour", entries("harbour", 2, start(), 60))
        .await;
    let later = start() + TimeDelta::days(2);
    server.clock.turn_to(later);
    server.subscribe("lamp", "The Lamp", &[]).await;
    server.poll("lamp", entries("lamp", 9, later, 60)).await;
    let before = ids(&server.get("/feed.json").await.json());

    server.clock.turn_to(later + TimeDelta::days(1));
    let mut copy = entries("lamp", 9, later, 60).remove(8);
    copy.guid = Some("elsewhere".to_owned());
    server.poll("harbour", vec![copy]).await;
    let after = server.get("/feed.json").await.json();
    let new: Vec<String> = ids(&after)
        .into_iter()
        .filter(|id| !before.contains(id))
        .collect();
    assert_eq!(new.len(), 1, "it was not announced, and now it is");
    assert!(after.to_string().contains("https://lamp.example/8"));
}

#[tokio::test]
async fn req_29_a_secret_address_shows_its_view_until_it_is_taken_back() {
    let server = Server::start(Config {
        views: vec![View {
            title: "Ships".to_owned(),
            ..view("ships", &[])
        }],
        ..Config::default()
    })
    .await;
    server.subscribe("harbour", "Harbour", &[]).await;
    server
        .poll("harbour", entries("harbour", 3, start(), 60))
        .await;
    let now = start();
    let (id, token) = server
        .store
        .add_share("ships".to_owned(), "phone".to_owned(), now)
        .await
        .unwrap();
    let (_, other) = server
        .store
        .add_share("ships".to_owned(), String::new(), now)
        .await
        .unwrap();
    assert_ne!(token, other);
    for format in FORMATS {
        let path = format!("/f/{token}/feed.{format}");
        let answer = server.get(&path).await;
        assert_eq!(
            (answer.status, answer.header("x-robots-tag")),
            (200, "noindex")
        );
        assert_eq!(answer.header("cache-control"), "private, max-age=60");
        assert!(
            answer
                .text()
                .contains(&format!("https://news.example{path}")),
            "self"
        );
        let tag = answer.header("etag").to_owned();
        let again = server.get_with(&path, &[("if-none-match", &tag)]).await;
        assert_eq!(again.status, 304);
    }
    let open = ids(&server.get("/views/ships.json").await.json());
    assert_eq!(
        ids(&server.get(&format!("/f/{token}/feed.json")).await.json()),
        open
    );
    for wrong in [
        "/f/0/feed.atom",
        "/f/%00/feed.atom",
        &format!("/f/{token}/feed.xml"),
        &format!("/f/{token}x/feed.atom"),
    ] {
        assert_eq!(server.get(wrong).await.status, 404, "{wrong}");
    }
    server.store.revoke_share(id, now).await.unwrap();
    assert_eq!(
        server.get(&format!("/f/{token}/feed.atom")).await.status,
        410
    );
    assert_eq!(
        server.get(&format!("/f/{other}/feed.atom")).await.status,
        200
    );
}

#[test]
fn req_29_secret_addresses_are_made_listed_and_taken_back_by_command() {
    let place = Place::with("[[views]]\nname = \"ships\"\n");
    let made = place.run(&["shares", "add", "ships", "--note", "a\u{7}phone"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let address = made.out.lines().next().unwrap();
    let token = address.rsplit('/').nth(1).unwrap().to_owned();
    assert!(
        address.ends_with("/feed.atom") && token.len() == 32,
        "{address}"
    );
    let listed = place.json(&["shares", "list", "--json"]);
    assert_eq!(
        (
            &listed[0]["view"],
            &listed[0]["note"],
            &listed[0]["revoked"]
        ),
        (&"ships".into(), &"aphone".into(), &serde_json::Value::Null)
    );
    assert!(
        !listed[0].to_string().contains(&token),
        "the secret is told once"
    );
    assert_eq!(place.run(&["shares", "remove", "1"]).code, 0);
    let again = place.run(&["shares", "remove", "1"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("no secret address 1"), "{}", again.err);
    let wrong = place.run(&["shares", "add", "shps"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean 'ships'?"), "{}", wrong.err);
}

#[tokio::test]
async fn req_29_a_removed_view_is_gone() {
    let server = Server::start(Config::default()).await;
    server
        .store
        .remember_views(vec!["boats".to_owned()])
        .await
        .unwrap();
    for path in ["/views/boats.atom", "/views/boats.rss", "/views/boats"] {
        assert_eq!(server.get(path).await.status, 410, "{path}");
    }
    assert_eq!(server.get("/views/never.atom").await.status, 404);
}

#[tokio::test]
async fn a_browser_shows_a_feed_as_a_page_that_says_how_to_subscribe() {
    let server = Server::start(Config::default()).await;
    for format in ["atom", "rss"] {
        let path = format!("/feed.{format}");
        let read = server.get(&path).await;
        let visited = server
            .get_with(&path, &[("sec-fetch-dest", "document")])
            .await;
        assert_eq!(
            visited.header("content-type"),
            "application/xml; charset=utf-8"
        );
        assert!(
            read.header("content-type")
                .starts_with(&format!("application/{format}+xml"))
        );
        assert_eq!(visited.body, read.body);
        let varies: Vec<_> = read.headers.get_all("vary").iter().collect();
        assert!(
            varies.iter().any(|field| *field == "Sec-Fetch-Dest"),
            "{varies:?}"
        );
        assert!(
            read.text().contains(
                "?>\n<?xml-stylesheet type=\"text/css\" href=\"https://news.example/feed.css\"?>"
            ),
            "{}",
            read.text()
        );
    }
    let style = server.get("/feed.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.text().contains("paste it into your feed reader"));
    assert!(server.get("/style.css").await.text().contains("--paper"));
}

#[tokio::test]
async fn req_04_colliding_identifiers_of_publishers_stay_apart_and_are_kept() {
    let server = Server::start(Config::default()).await;
    for (name, number) in [("harbour", 0), ("lamp", 1)] {
        server.subscribe(name, name, &[]).await;
        let mut item = entries(name, 2, start(), 60).remove(number);
        item.guid = Some("123".to_owned());
        server.poll(name, vec![item]).await;
    }
    let feed = server.get("/feed.json").await.json();
    let ids = ids(&feed);
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.starts_with("tag:")), "{ids:?}");
    assert!(
        feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["_feedfold"]["guid"] == "123")
    );
    for format in ["atom", "rss"] {
        let text = server
            .get(&format!("/feed.{format}"))
            .await
            .text()
            .to_owned();
        assert_eq!(
            text.matches("<dc:identifier>123</dc:identifier>").count(),
            2,
            "{text}"
        );
    }
}

#[tokio::test]
async fn req_11_every_address_is_absolute_and_no_base_is_needed() {
    let document = r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://harbour.example/news/">
        <title>Harbour</title><id>x</id><entry xml:base="2026/"><id>1</id><title>Ferry</title>
        <link href="ferry"/><link rel="enclosure" type="audio/mpeg" href="../talk.mp3"/>
        <content type="xhtml" xml:base="boats/"><div xmlns="http://www.w3.org/1999/xhtml">
        <p><a href="one">One</a> <img src="/i.png"/></p></div></content></entry></feed>"#;
    let base = feedfold::address::Address::parse("https://cdn.example/feed").unwrap();
    let items = feedfold::parse::parse(document.as_bytes(), None, Some(&base))
        .unwrap()
        .items;
    let server = Server::start(Config::default()).await;
    server.subscribe("harbour", "Harbour", &[]).await;
    server.poll("harbour", items).await;
    for format in FORMATS {
        let text = server
            .get(&format!("/feed.{format}"))
            .await
            .text()
            .to_owned();
        for address in [
            "https://harbour.example/news/2026/ferry",
            "https://harbour.example/news/talk.mp3",
            "https://harbour.example/news/2026/boats/one",
            "https://harbour.example/i.png",
        ] {
            assert!(
                text.contains(address),
                "{format}: {address} is missing in {text}"
            );
        }
        assert!(!text.contains("xml:base"), "{format}");
    }
}

#[tokio::test]
async fn req_20_joining_keeps_the_older_id_and_splitting_mints_one() {
    let server = Server::start(Config::default()).await;
    server.subscribe("harbour", "Harbour", &[]).await;
    server
        .poll("harbour", entries("harbour", 4, start(), 60))
        .await;
    let shown = async || -> HashSet<String> {
        ids(&server.get("/feed.json").await.json())
            .into_iter()
            .collect()
    };
    let before = shown().await;
    let stories = server.get("/api/v1/stories").await.json();
    let numbers: Vec<i64> = stories["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|story| story["id"].as_i64().unwrap())
        .collect();
    let (newer, older) = (numbers[0].max(numbers[3]), numbers[0].min(numbers[3]));
    let uri = |number: i64| {
        let stories = stories["items"].as_array().unwrap();
        let found = stories.iter().find(|story| story["id"] == number).unwrap();
        found["uri"].as_str().unwrap().to_owned()
    };
    let story = feedfold::entry::StoryId;
    server.clock.turn_to(start() + TimeDelta::hours(1));
    let kept = server
        .store
        .join(story(newer), story(older), server.clock.now())
        .await
        .unwrap();
    assert_eq!(kept, story(older));
    let joined = shown().await;
    assert_eq!(
        before.difference(&joined).collect::<Vec<_>>(),
        [&uri(newer)]
    );
    assert!(joined.is_subset(&before), "nothing shows again as new");

    server.clock.turn_to(start() + TimeDelta::hours(2));
    let story = server.get(&format!("/api/v1/stories/{older}")).await.json();
    let member = feedfold::entry::EntryId(story["members"][0]["entry"].as_i64().unwrap());
    server
        .store
        .split(member, server.clock.now())
        .await
        .unwrap();
    let split = shown().await;
    assert!(joined.is_subset(&split), "who stays keeps the id");
    let minted: Vec<_> = split.difference(&joined).collect();
    assert_eq!(minted.len(), 1);
    assert!(!before.contains(minted[0]), "an id is never used again");
}
