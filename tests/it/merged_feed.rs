//! The feeds that readers subscribe to.
//!
//! Numbers in the names are those of the checklist of what a merged feed must hold; what needs no
//! server is tested beside the writers.

mod archives;
mod delivery;
mod readers;
mod round_trip;

use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::config::{Config, View};
use feedfold::feed::{Fault, FaultKind, Timestamp};
use feedfold::query::FoldLevel;
use std::collections::HashSet;

const FORMATS: [&str; 3] = ["atom", "rss", "json"];

async fn server() -> Server {
    let server = Server::start(Config {
        views: vec![view("harbour", &["harbour"])],
        ..Config::default()
    })
    .await;
    server.subscribe("harbour", "Harbour", &["ships"]).await;
    server.subscribe("lamp", "The Lamp", &["light"]).await;
    server
}

fn view(name: &str, feeds: &[&str]) -> View {
    View {
        name: name.to_owned(),
        title: "Ships & more".to_owned(),
        feeds: feeds.iter().map(|feed| (*feed).to_owned()).collect(),
        fold: FoldLevel::Story,
        limit: 100,
        ..View::default()
    }
}

/// Headlines of unlike news, so that nothing folds.
const NEWS: [(&str, &str); 8] = [
    (
        "Tidal turbine powers an island",
        "Engineers lowered a rotor into the strait and the ferry terminal went off diesel.",
    ),
    (
        "Compiler learns to explain itself",
        "Diagnostics now draw the path that a borrowed value took through closures.",
    ),
    (
        "Satellite camera maps night moths",
        "Infrared frames from orbit counted wings above orchards for the first time.",
    ),
    (
        "Payroll leak traced to a printer",
        "A spool directory kept copies of every salary slip since spring.",
    ),
    (
        "Chess server bans quantum openings",
        "Referees found that the random moves were anything but random.",
    ),
    (
        "Battery recycler opens in old mill",
        "Shredded cells become cobalt salt where flour was ground before.",
    ),
    (
        "Browser drops a third of its menus",
        "Telemetry said nobody had clicked most of them since the year began.",
    ),
    (
        "Museum boots a valve computer",
        "Volunteers replaced forty tubes and ran the payroll of a bakery again.",
    ),
];

fn news(number: usize, published: Option<Timestamp>) -> feedfold::entry::Item {
    let (title, text) = NEWS[number % NEWS.len()];
    item(
        title,
        &format!("https://harbour.example/{number}"),
        published,
        &format!("<p>{text}</p>"),
    )
}

fn ids(json: &serde_json::Value) -> Vec<String> {
    json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn req_02_media_types_and_charset() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    for (format, media_type) in [
        ("atom", "application/atom+xml; charset=utf-8"),
        ("rss", "application/rss+xml; charset=utf-8"),
        ("json", "application/feed+json"),
    ] {
        let answer = server.get(&format!("/feed.{format}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), media_type);
        if format != "json" {
            assert!(
                answer
                    .text()
                    .starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>")
            );
        }
    }
}

#[tokio::test]
async fn req_03_the_feeds_id_depends_on_the_view_alone() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let id = |json: serde_json::Value| json["_feedfold"]["id"].as_str().unwrap().to_owned();
    let all = id(server.get("/feed.json").await.json());
    assert!(all.starts_with("tag:feedfold,2026:"), "{all}");
    assert!(all.ends_with("/view/all"), "{all}");
    assert_eq!(id(server.get("/views/all.json").await.json()), all);
    assert_eq!(id(server.get("/feed.json?limit=1").await.json()), all);
    assert!(
        server
            .get("/feed.atom")
            .await
            .text()
            .contains(&format!("<id>{all}</id>"))
    );
    assert_ne!(id(server.get("/views/harbour.json").await.json()), all);
}

#[tokio::test]
async fn req_05_a_storys_id_is_the_same_everywhere() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let id = ids(&server.get("/feed.json").await.json()).remove(0);
    for path in ["/feed", "/views/harbour", "/views/all"] {
        for format in FORMATS {
            for query in ["", "?q=turbine", "?tag=ships", "?feed=harbour"] {
                let answer = server.get(&format!("{path}.{format}{query}")).await;
                assert_eq!(
                    answer.text().matches(&id).count(),
                    1,
                    "{path}.{format}{query}"
                );
            }
        }
    }
    let story = server.get("/api/v1/stories").await.json();
    assert_eq!(story["items"][0]["uri"], id);
}

#[tokio::test]
async fn req_06_no_id_appears_twice_across_pages() {
    let server = server().await;
    for number in 0..7 {
        let published = start() - TimeDelta::minutes(10 * i64::try_from(number).unwrap());
        server
            .poll("harbour", vec![news(number, Some(published))])
            .await;
    }
    let mut seen = HashSet::new();
    let mut path = "/feed.json?limit=2".to_owned();
    for page in 0.. {
        assert!(page < 10, "paging does not end");
        let json = server.get(&path).await.json();
        for id in ids(&json) {
            assert!(seen.insert(id));
        }
        match json["next_url"].as_str() {
            Some(next) => {
                path = next
                    .strip_prefix("https://news.example")
                    .unwrap()
                    .to_owned()
            }
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
}

#[tokio::test]
async fn req_16_an_undated_item_keeps_its_date() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let before = server.get("/feed.json").await.json();
    server.clock.turn_to(start() + TimeDelta::hours(5));
    server
        .poll("harbour", vec![news(0, None), news(1, None)])
        .await;
    let after = server.get("/feed.json").await.json();
    assert_eq!(after["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        after["items"][1]["date_published"],
        before["items"][0]["date_published"]
    );
}

#[tokio::test]
async fn req_12_what_feeds_say_is_safe_and_its_links_absolute() {
    let server = server().await;
    let hostile = r#"<rss version="2.0"><channel><link>https://harbour.example/news/</link><item>
        <guid>1</guid><link>/a?utm_source=x</link><title>One &lt;script&gt;</title>
        <description>&lt;p onclick="x()" style="position:fixed"&gt;Text &lt;a href="../b"&gt;more&lt;/a&gt;
        &lt;a href="javascript:alert(1)"&gt;no&lt;/a&gt; &lt;img src="/i.png"&gt;&lt;script&gt;alert(1)&lt;/script&gt;
        &lt;form action="/x"&gt;&lt;input&gt;&lt;/form&gt;&lt;iframe src="/y"&gt;&lt;/iframe&gt;&lt;/p&gt;</description>
        </item></channel></rss>"#;
    let base = feedfold::address::Address::parse("https://harbour.example/feed.xml").unwrap();
    let parsed = feedfold::parse::parse(hostile.as_bytes(), None, Some(&base)).unwrap();
    server.poll("harbour", parsed.items).await;
    let html = server.get("/feed.json").await.json()["items"][0]["content_html"].to_string();
    for part in ["https://harbour.example/b", "https://harbour.example/i.png"] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
    for path in ["/feed.atom", "/feed.rss", "/feed.json", "/", "/story/1"] {
        let text = server.get(path).await;
        for part in [
            "onclick",
            "javascript:",
            "alert(1)",
            "<iframe",
            "&lt;iframe",
            "<input type",
            "position",
        ] {
            assert!(!text.text().contains(part), "{path}: {part}");
        }
    }
}

#[tokio::test]
async fn req_17_what_is_dated_long_ago_and_arrives_now_is_delivered() {
    let server = Server::start(Config {
        views: vec![View {
            limit: 2,
            ..view("few", &[])
        }],
        ..Config::default()
    })
    .await;
    server.subscribe("harbour", "Harbour", &[]).await;
    let fresh = (0..4).map(|number| news(number, None)).collect();
    server.poll("harbour", fresh).await;
    server.clock.turn_to(start() + TimeDelta::days(2));
    let late = news(4, Some(start() - TimeDelta::days(30)));
    server.poll("harbour", vec![late]).await;
    let few = server.get("/views/few.json").await.text().to_owned();
    assert!(few.contains(NEWS[4].0), "{few}");
}

#[tokio::test]
async fn req_27_a_failure_is_no_item() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let before = server.get("/feed.atom").await;
    server.clock.turn_to(start() + TimeDelta::hours(1));
    let fault = Fault::with_status(FaultKind::Status, 500, "the server failed");
    server.fail("harbour", fault).await;
    let after = server.get("/feed.atom").await;
    assert_eq!(after.body, before.body);
    assert_eq!(after.header("etag"), before.header("etag"));
    let feed = server.get("/api/v1/feeds/harbour").await.json();
    assert_eq!(
        (&feed["status"], &feed["last_error"]),
        (&"error".into(), &"the server failed".into())
    );
    assert!(
        server
            .get("/feeds")
            .await
            .text()
            .contains("the server failed")
    );
}

#[tokio::test]
async fn req_28_what_is_published_can_be_told_apart() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    for format in FORMATS {
        let answer = server.get(&format!("/feed.{format}")).await;
        let parsed = feedfold::parse::parse(&answer.body, None, None).unwrap();
        assert!(parsed.items.iter().all(|item| {
            item.guid
                .as_ref()
                .unwrap()
                .starts_with(feedfold::publish::TAG_PREFIX)
        }));
    }
}

#[tokio::test]
async fn req_19_another_source_changes_no_id_and_adds_no_item() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let before = server.get("/feed.json").await.json();
    server.clock.turn_to(start() + TimeDelta::hours(1));
    let mut copy = news(0, None);
    copy.guid = Some("other".to_owned());
    server.poll("lamp", vec![copy]).await;
    let after = server.get("/feed.json").await.json();
    assert_eq!(ids(&after), ids(&before));
    assert_eq!(
        after["items"][0]["date_modified"],
        before["items"][0]["date_modified"]
    );
    assert_eq!(
        after["items"][0]["_feedfold"]["sources"][0]["outlet"],
        "The Lamp"
    );
    let unfolded = server.get("/feed.json?fold=none").await.json();
    assert_eq!(ids(&unfolded).len(), 2);
}

#[tokio::test]
async fn req_21_the_same_state_is_answered_with_304() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(1));
    for format in FORMATS {
        let path = format!("/feed.{format}");
        let first = server.get(&path).await;
        let again = server.get(&path).await;
        assert_eq!(first.body, again.body);
        let tag = first.header("etag");
        assert!(tag.starts_with('"'), "{tag} is not strong");
        let unchanged = server.get_with(&path, &[("if-none-match", tag)]).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
        assert_eq!(unchanged.header("etag"), tag);
        let since = first.header("last-modified");
        let unchanged = server
            .get_with(&path, &[("if-modified-since", since)])
            .await;
        assert_eq!(unchanged.status, 304);
        let wins = [("if-modified-since", since), ("if-none-match", "\"other\"")];
        assert_eq!(server.get_with(&path, &wins).await.status, 200);
        let head = server.ask("HEAD", &path, &[], "").await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("etag"), tag);
        assert_eq!(head.header("content-length"), first.body.len().to_string());
    }
    let tag = server.get("/feed.atom").await.header("etag").to_owned();
    server
        .poll("harbour", vec![news(0, None), news(1, None)])
        .await;
    let changed = server
        .get_with("/feed.atom", &[("if-none-match", &tag)])
        .await;
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn req_21_a_poll_that_brings_nothing_changes_no_validator() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let before = server.get("/feed.atom").await;
    server.clock.turn_to(start() + TimeDelta::hours(1));
    server.poll("harbour", vec![news(0, None)]).await;
    server.poll("lamp", vec![]).await;
    let after = server.get("/feed.atom").await;
    assert_eq!(after.header("etag"), before.header("etag"));
    assert_eq!(after.body, before.body);
}

#[tokio::test]
async fn req_22_caches_are_told_what_to_do() {
    let server = server().await;
    let items = (0..8).map(|number| news(number, None)).collect();
    server.poll("harbour", items).await;
    let mut tags = HashSet::new();
    for encoding in ["identity", "gzip", "br"] {
        let answer = server
            .get_with("/feed.rss", &[("accept-encoding", encoding)])
            .await;
        assert!(answer.header("cache-control").contains("max-age="));
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        tags.insert(answer.header("etag").to_owned());
        if encoding != "identity" {
            assert_eq!(answer.header("content-encoding"), encoding);
        }
    }
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn req_23_a_feed_names_its_public_address() {
    let server = server().await;
    let answer = server.get("/views/harbour.atom?q=ships").await;
    let own = r#"rel="self" type="application/atom+xml" href="https://news.example/views/harbour.atom?q=ships""#;
    assert!(answer.text().contains(own), "{}", answer.text());
    assert!(
        answer
            .text()
            .contains("<title>Ships &amp; more: ships</title>")
    );
    assert!(
        answer
            .text()
            .contains(r#"href="https://news.example/views/harbour""#)
    );
}

#[tokio::test]
async fn req_26_a_feed_holds_everything_of_the_last_day_and_has_a_limit() {
    let server = Server::start(Config {
        views: vec![View {
            limit: 2,
            ..view("few", &[])
        }],
        ..Config::default()
    })
    .await;
    server.subscribe("harbour", "Harbour", &[]).await;
    let old = (0..4).map(|number| news(number, None)).collect();
    server.poll("harbour", old).await;
    server.clock.turn_to(start() + TimeDelta::days(3));
    server.poll("harbour", vec![news(4, None)]).await;
    let few = server.get("/views/few.json").await.json();
    assert_eq!(ids(&few).len(), 2, "at least as many as the limit");
    let fresh = (5..8).map(|number| news(number, None)).collect();
    server.poll("harbour", fresh).await;
    let few = server.get("/views/few.json").await.json();
    assert_eq!(ids(&few).len(), 4, "everything of the last day");
    assert_eq!(
        ids(&server.get("/views/few.json?limit=1").await.json()).len(),
        1
    );
}

#[tokio::test]
async fn a_reader_that_knows_deltas_gets_only_what_is_new() {
    let server = server().await;
    server.poll("harbour", vec![news(2, None)]).await;
    server.clock.turn_to(start() + TimeDelta::hours(1));
    server
        .poll("harbour", vec![news(2, None), news(0, None)])
        .await;
    server.clock.turn_to(start() + TimeDelta::hours(2));
    let known = server.get("/feed.json").await;
    let tag = known.header("etag");
    let asked = [("a-im", "feed"), ("if-none-match", tag)];
    assert_eq!(server.get_with("/feed.json", &asked).await.status, 304);
    server
        .poll("harbour", vec![news(0, None), news(1, None)])
        .await;
    let whole = server
        .get_with("/feed.json", &[("if-none-match", tag)])
        .await;
    assert_eq!((whole.status, ids(&whole.json()).len()), (200, 3));
    let part = server.get_with("/feed.json", &asked).await;
    assert_eq!((part.status, part.header("im")), (226, "feed"));
    assert_eq!(part.header("etag"), whole.header("etag"));
    assert_eq!(part.header("cache-control"), "no-store, im");
    assert_eq!(ids(&part.json()), ids(&whole.json())[..2]);
    let asked = [("a-im", "feed"), ("if-none-match", whole.header("etag"))];
    assert_eq!(server.get_with("/feed.json", &asked).await.status, 304);
    let unknown = [("a-im", "feed"), ("if-none-match", "\"of-another-server\"")];
    assert_eq!(server.get_with("/feed.json", &unknown).await.status, 200);
}

#[tokio::test]
async fn a_view_whose_definition_changes_has_another_validator() {
    let server = server().await;
    server.poll("harbour", vec![news(0, None)]).await;
    let before = server
        .get("/views/harbour.atom")
        .await
        .header("etag")
        .to_owned();
    server.service.replace_config(Config {
        views: vec![View {
            title: "Renamed".to_owned(),
            ..view("harbour", &["harbour"])
        }],
        ..Config::default()
    });
    let after = server
        .get_with("/views/harbour.atom", &[("if-none-match", &before)])
        .await;
    assert_eq!(after.status, 200);
    assert!(after.text().contains("<title>Renamed</title>"));
}

#[tokio::test]
async fn what_does_not_exist_or_is_wrong_is_said() {
    let server = server().await;
    for (path, status, part) in [
        ("/views/none.atom", 404, "there is no view 'none'"),
        (
            "/views/harbour.xml",
            404,
            "feeds end in .atom, .rss or .json",
        ),
        ("/feed.atom?fold=deep", 400, "fold: 'deep'"),
        (
            "/feed.atom?limit=5000",
            400,
            "limit: '5000' is no number from 1 to 1000",
        ),
        ("/feed.atom?q=%22open", 400, "q: "),
        ("/feed.atom?sort=up", 400, "'sort' is unknown here"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(part), "{path}: {detail}");
    }
    assert_eq!(server.ask("POST", "/feed.atom", &[], "").await.status, 405);
}

#[tokio::test]
async fn filters_narrow_a_feed() {
    let server = server().await;
    server
        .poll("harbour", vec![news(0, None), news(1, None)])
        .await;
    server.poll("lamp", vec![news(2, None)]).await;
    for (query, expected) in [
        ("", 3),
        ("?feed=lamp", 1),
        ("?feed=lamp,harbour", 3),
        ("?tag=ships", 2),
        ("?q=turbine", 1),
        ("?q=turbine+OR+moths", 2),
        ("?since=1h", 3),
        ("?since=2030-01-01", 0),
    ] {
        let json = server.get(&format!("/feed.json{query}")).await.json();
        assert_eq!(ids(&json).len(), expected, "{query}");
    }
    let other = server.get("/views/harbour.json?feed=lamp").await.json();
    assert_eq!(ids(&other).len(), 0);
}

#[tokio::test]
async fn req_29_a_renamed_view_sends_its_readers_on() {
    let server = Server::start(Config {
        views: vec![View {
            formerly: vec!["boats".to_owned()],
            ..view("ships", &[])
        }],
        ..Config::default()
    })
    .await;
    for (before, after) in [
        (
            "/views/boats.atom?limit=5&q=a%20b",
            "/views/ships.atom?limit=5&q=a%20b",
        ),
        ("/views/boats.json", "/views/ships.json"),
        ("/views/boats", "/views/ships"),
    ] {
        let answer = server.get_unfollowed(before).await;
        assert_eq!((answer.status, answer.header("location")), (301, after));
    }
    assert_eq!(server.get("/views/boats.rss").await.status, 200);
    assert_eq!(server.get("/views/boats.opml").await.status, 404);
}
