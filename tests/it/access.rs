//! Who may read, and how often one address may ask.

use crate::support::server::{Answer, Server, item, start};
use chrono::TimeDelta;
use feedfold::config::{self, Config};
use serde_json::json;

const ADMIN: &str = "a-long-secret";
const READER: &str = "another-long-secret";
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9");

async fn closed() -> Server {
    let mut config = Config::default();
    config.server.admin_token = Some(ADMIN.to_owned());
    config.server.read_token = Some(READER.to_owned());
    let server = Server::start(config).await;
    server.subscribe("harbour", "Harbour", &[]).await;
    let link = "https://harbour.example/1";
    let ferry = item("A ferry on batteries", link, Some(start()), "<p>Quiet.</p>");
    server.poll("harbour", vec![ferry]).await;
    server
}

async fn as_bearer(server: &Server, method: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    server.ask(method, path, &headers, "{}").await
}

/// Everything that shows news, subscriptions or decisions.
const GUARDED: &[&str] = &[
    "/",
    "/search?q=ferry",
    "/story/1",
    "/stats",
    "/feeds",
    "/feeds/harbour",
    "/views/all",
    "/views/all.atom",
    "/feed.atom",
    "/feed.rss",
    "/feed.json",
    "/opml",
    "/api/v1/entries",
    "/api/v1/entries/1",
    "/api/v1/export",
    "/api/v1/stories",
    "/api/v1/stories/1",
    "/api/v1/feeds",
    "/api/v1/feeds/harbour",
    "/api/v1/views",
    "/api/v1/stats",
    "/api/v1/corrections",
];

#[tokio::test]
async fn with_a_read_token_nothing_is_shown_without_one() {
    let server = closed().await;
    for path in GUARDED {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert!(!answer.text().contains("ferry"), "{path}");
        let wrong = as_bearer(&server, "GET", path, "a guess").await;
        assert_eq!(wrong.status, 401, "{path}");
        for token in [READER, ADMIN] {
            let answer = as_bearer(&server, "GET", path, token).await;
            assert_eq!(answer.status, 200, "{path}");
            let kept = answer.header("cache-control");
            assert!(!kept.contains("public"), "{path}: {kept}");
            assert!(kept.contains("private") || kept.contains("no-store"));
        }
    }
    for path in ["/healthz", "/style.css", "/manage", "/api/v1/openapi.json"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    assert!(!server.get("/manage").await.text().contains("corrections"));
    assert_eq!(server.get("/nowhere").await.status, 404);
}

/// Fails for a route that is added and not thought of here.
#[tokio::test]
async fn every_route_that_reads_is_guarded_or_said_to_be_open() {
    let server = closed().await;
    let routes = include_str!("../../src/http/mod.rs");
    let filled = |path: &str| {
        path.replace("{id}", "1")
            .replace("{name}", "harbour")
            .replace("{file}", "all.atom")
    };
    let mut asked = 0;
    for part in routes.split(".route(").skip(1) {
        let Some(path) = part.split('"').nth(1) else {
            continue;
        };
        if !part.contains("get(") || path.contains("{token}") {
            continue;
        }
        let is_api = routes.find("let mut readers").unwrap() > routes.find(part).unwrap();
        let path = format!("{}{}", if is_api { "/api/v1" } else { "" }, filled(path));
        let status = server.get(&path).await.status;
        let open = [
            "/manage",
            "/healthz",
            "/readyz",
            "/metrics",
            "/api/v1/openapi.json",
        ]
        .contains(&path.as_str())
            || [".css", ".js", ".svg"]
                .iter()
                .any(|end| path.ends_with(end));
        assert_eq!(status == 401, !open, "{path}: {status}");
        asked += 1;
    }
    assert!(asked >= 30, "{asked}");
}

#[tokio::test]
async fn the_read_token_changes_nothing() {
    let server = closed().await;
    for (method, path) in [
        ("POST", "/api/v1/feeds"),
        ("PATCH", "/api/v1/feeds/harbour"),
        ("DELETE", "/api/v1/feeds/harbour"),
        ("POST", "/api/v1/stories/1/join"),
    ] {
        let answer = as_bearer(&server, method, path, READER).await;
        assert_eq!(answer.status, 403, "{method} {path}");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains("only reads"), "{detail}");
    }
    assert_eq!(server.store.feeds().await.unwrap().len(), 1);
    let change = json!({"disabled": true}).to_string();
    let headers = [("authorization", "Bearer a-long-secret")];
    let path = "/api/v1/feeds/harbour";
    assert_eq!(
        server.ask("PATCH", path, &headers, &change).await.status,
        200
    );
}

#[tokio::test]
async fn a_browser_signs_in_to_read() {
    let server = closed().await;
    let sent = server.get_with("/manage", &[BROWSER]).await;
    assert!(sent.text().contains("Reading here takes a token"));
    let wrong = server.submit("/sign-in", &[], "token=guess").await;
    assert_eq!(wrong.status, 403);
    let answer = server
        .submit("/sign-in", &[], "token=another-long-secret")
        .await;
    assert_eq!(answer.status, 303);
    let set = answer.header("set-cookie").to_owned();
    let cookie = ("cookie", set.split(';').next().unwrap());
    let river = server.get_with("/", &[BROWSER, cookie]).await;
    assert_eq!(river.status, 200);
    assert!(river.text().contains("A ferry on batteries"));
    assert_eq!(
        server.get_with("/feed.atom", &[cookie]).await.status,
        200,
        "what a page links to is shown too"
    );
    // A reader has no proof for a change, and no way to one.
    let manage = server.get_with("/manage", &[BROWSER, cookie]).await;
    assert!(!manage.text().contains("name=\"proof\""));
    let changed = server
        .submit("/feeds/harbour/remove", &[cookie], "sure=yes")
        .await;
    assert_eq!(changed.status, 403);
    let out = server.submit("/sign-out", &[cookie], "").await;
    assert_eq!(out.status, 303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let elsewhere = ("sec-fetch-site", "cross-site");
    let out = server.submit("/sign-out", &[cookie, elsewhere], "").await;
    assert_eq!(out.status, 403);
    // Another token ends the session.
    let mut config = Config::default();
    config.server.read_token = Some("a third".to_owned());
    server.service.replace_config(config);
    assert_eq!(server.get_with("/feed.atom", &[cookie]).await.status, 401);
}

#[tokio::test]
async fn a_browser_that_may_not_read_is_sent_to_sign_in() {
    let server = closed().await;
    let page = server.get_with("/", &[BROWSER]).await;
    assert!(
        page.text()
            .contains("<form method=\"post\" action=\"/sign-in\"")
    );
    let api = server.get_with("/api/v1/stories", &[BROWSER]).await;
    assert_eq!(api.status, 401, "programs are told, not sent on");
}

#[tokio::test]
async fn one_address_asks_the_api_so_often_a_minute() {
    let server = Server::start(Config {
        server: config::Server {
            api_rate: 30,
            admin_token: Some(ADMIN.to_owned()),
            ..Config::default().server
        },
        ..Config::default()
    })
    .await;
    for _ in 0..30 {
        assert_eq!(server.get("/api/v1/stats").await.status, 200);
    }
    let refused = server.get("/api/v1/stats").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "2");
    assert_eq!(refused.json()["status"], 429);
    assert_eq!(server.get("/feed.atom").await.status, 200);
    server.clock.turn_to(start() + TimeDelta::seconds(20));
    let guess = as_bearer(&server, "DELETE", "/api/v1/feeds/x", "guess").await;
    assert_eq!(guess.status, 401);
    let guess = as_bearer(&server, "DELETE", "/api/v1/feeds/x", "guess").await;
    assert_eq!(guess.status, 429, "guesses cost more than questions");
}
