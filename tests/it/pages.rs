//! The web page.

mod feeds;
mod river;
mod signed_in;

use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::config::Config;
use feedfold::entry::Item;
use feedfold::text::{Plain, SafeHtml};

async fn server() -> Server {
    let server = Server::start(Config::default()).await;
    server
        .subscribe("harbour", "Harbour & Tide", &["sea ships"])
        .await;
    server.subscribe("lamp", "The Lamp", &[]).await;
    server
}

fn turbine() -> Item {
    let text = "<p>Engineers lowered a <b>rotor</b> into the strait and the ferry terminal went off diesel.</p>";
    item(
        "Turbines & tides <power> an island",
        "https://harbour.example/1",
        Some(start()),
        text,
    )
}

#[tokio::test]
async fn the_first_page_shows_stories_and_offers_the_feeds() {
    let server = server().await;
    assert!(
        server
            .get("/")
            .await
            .text()
            .contains("Nothing has arrived yet")
    );
    server.poll("harbour", vec![turbine()]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(90));
    server.poll("lamp", vec![turbine()]).await;
    let page = server.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for part in [
        "Turbines &#38; tides &#60;power&#62; an island",
        r#"<a href="https://harbour.example/1""#,
        "Harbour &#38; Tide",
        "1 h ago",
        "<h2 id=\"day-2026-11-20\">Today <small>Friday, 20 November 2026</small></h2>",
        r#"<link rel="alternate" type="application/atom+xml""#,
        r#"href="/feed.json""#,
        r#"href="/opml""#,
        "rotor",
    ] {
        assert!(
            page.text().contains(part),
            "{part} is missing in\n{}",
            page.text()
        );
    }
    assert_eq!(page.text().matches("<article").count(), 1);
}

#[tokio::test]
async fn a_story_has_its_text_its_sources_and_the_evidence() {
    let server = server().await;
    server.poll("harbour", vec![turbine()]).await;
    let mut copy = turbine();
    copy.link = None;
    copy.guid = Some("7".to_owned());
    server.poll("lamp", vec![copy]).await;
    let story = server.get("/api/v1/stories").await.json()["items"][0].clone();
    let page = server.get(&format!("/story/{}", story["id"])).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<b>rotor</b>"));
    assert!(page.text().contains("The Lamp"));
    assert!(page.text().contains(story["uri"].as_str().unwrap()));
    let unchanged = server
        .get_with(
            &format!("/story/{}", story["id"]),
            &[("if-none-match", page.header("etag"))],
        )
        .await;
    assert_eq!(unchanged.status, 304);
}

#[tokio::test]
async fn pictures_of_a_story_wait_until_they_are_seen() {
    let server = server().await;
    let mut pictured = turbine();
    pictured.content = Some(SafeHtml::clean(
        "<p>Look: <img src='https://harbour.example/1.png' alt='<img src=x>'></p>",
        None,
    ));
    server.poll("harbour", vec![pictured]).await;
    let story = server.get("/api/v1/stories").await.json()["items"][0]["id"].clone();
    let page = server.get(&format!("/story/{story}")).await;
    let text = page.text();
    assert_eq!(text.matches("<img ").count(), 1, "{text}");
    assert!(
        text.contains(r#"<img loading="lazy" decoding="async" "#),
        "{text}"
    );
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(!server.get("/").await.text().contains("<img"));
}

#[tokio::test]
async fn a_search_is_a_page_that_can_be_subscribed_to() {
    let server = server().await;
    server.poll("harbour", vec![turbine()]).await;
    let found = server.get("/search?q=rotor").await;
    assert!(found.text().contains("Turbines"));
    assert!(found.text().contains(r#"href="/feed.atom?q=rotor""#));
    let narrowed = server.get("/?feed=harbour&tag=sea+ships").await;
    assert!(narrowed.text().contains("once · harbour · sea ships</h1>"));
    assert!(narrowed.text().contains("Turbines"));
    let nothing = server.get("/search?q=zeppelin").await;
    assert!(nothing.text().contains("Nothing matches"));
    let wrong = server.get("/search?q=%22rotor").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.header("content-type"), "text/html; charset=utf-8");
    assert!(
        !server
            .get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
            .await
            .text()
            .contains("<script>")
    );
}

#[tokio::test]
async fn the_list_of_feeds_shows_their_health() {
    let server = server().await;
    server.poll("harbour", vec![turbine()]).await;
    let page = server.get("/feeds").await;
    for part in [
        "Harbour &#38; Tide",
        r#"<span class="state ok">ok</span>"#,
        r#"<span class="state new">new</span>"#,
        r#"href="/?tag=sea+ships""#,
    ] {
        assert!(
            page.text().contains(part),
            "{part} is missing in\n{}",
            page.text()
        );
    }
}

#[tokio::test]
async fn long_rivers_go_on_with_a_link() {
    let server = server().await;
    let items = (0..60)
        .map(|number| {
            let mut one = turbine();
            one.title = Plain::new(&format!("Headline {number}"));
            one.link = None;
            one.guid = Some(number.to_string());
            one.content = None;
            one.published = Some(start() - TimeDelta::days(number));
            one
        })
        .collect();
    server.poll("harbour", items).await;
    let first = server.get("/?fold=none").await;
    let more = first
        .text()
        .split("rel=\"next\"")
        .next()
        .unwrap()
        .rsplit("href=\"")
        .next()
        .unwrap();
    let more = more.split('"').next().unwrap().replace("&#38;", "&");
    let second = server.get(&more).await;
    assert_eq!(first.text().matches("<article").count(), 50);
    assert_eq!(second.text().matches("<article").count(), 10);
}

#[tokio::test]
async fn every_answer_is_protected() {
    let server = server().await;
    for path in [
        "/",
        "/feeds",
        "/style.css",
        "/feed.atom",
        "/api/v1/feeds",
        "/nothing",
        "/healthz",
    ] {
        let answer = server.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for part in [
            "script-src 'self';",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    for path in ["/", "/feeds", "/nothing"] {
        let page = server.get(path).await;
        for forbidden in ["<style", "style=", "onclick", "javascript:", "https://"] {
            assert!(!page.text().contains(forbidden), "{path}: {forbidden}");
        }
        assert_eq!(page.text().matches("<script").count(), 1, "{path}");
        assert!(
            page.text()
                .contains(r#"<script src="/page.js" defer></script>"#)
        );
    }
}

#[tokio::test]
async fn unknown_pages_are_said_in_html() {
    let server = server().await;
    for path in ["/nothing", "/story/99", "/story/x", "/views/none"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("<h1>Not Found</h1>"));
    }
}
