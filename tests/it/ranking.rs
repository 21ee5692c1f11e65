//! The best matches, and what was found in them.

use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::config::Config;

/// Feeds with one story each: the words in the headline or in the text, so many days ago.
async fn ranked() -> Server {
    let server = Server::start(Config::default()).await;
    for (name, days, title, text) in [
        ("dune", 300, "Kelp farm planned", "<p>Plans were shown.</p>"),
        (
            "pier",
            20,
            "Kelp farm opens off the coast",
            "<p>It grows.</p>",
        ),
        (
            "moor",
            1,
            "Weather for sailors",
            "<p>Winds, then kelp, said the farm.</p>",
        ),
        (
            "lamp",
            0,
            "A quiet day at the harbour",
            "<p>Nobody asked about the kelp farm.</p>",
        ),
        ("reef", 0, "Nothing of the sort", "<p>Other news.</p>"),
    ] {
        server.subscribe(name, name, &[]).await;
        server.clock.turn_to(start() - TimeDelta::days(days));
        let link = format!("https://{name}.example/1");
        let moment = Some(server.clock.now());
        server
            .poll(name, vec![item(title, &link, moment, text)])
            .await;
    }
    server.clock.turn_to(start());
    server
}

fn titles(list: &serde_json::Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    let title = |item: &serde_json::Value| item["title"].as_str().unwrap().to_owned();
    items.map(title).collect()
}

#[tokio::test]
async fn the_best_matches_have_it_in_a_fresh_headline() {
    let server = ranked().await;
    for list in ["stories", "entries"] {
        let ask = |more: &str| format!("/api/v1/{list}?q=kelp+farm{more}");
        let newest = server.get(&ask("")).await.json();
        assert_eq!(
            titles(&newest),
            [
                "A quiet day at the harbour",
                "Weather for sailors",
                "Kelp farm opens off the coast",
                "Kelp farm planned"
            ]
        );
        let best = server.get(&ask("&sort=best")).await.json();
        let order = titles(&best);
        assert_eq!(order[0], "Kelp farm opens off the coast", "{order:?}");
        assert_eq!(order.len(), 4);
        assert_eq!(
            server.get(&ask("&sort=best&limit=2")).await.json()["next"],
            serde_json::Value::Null
        );
        let phrase = server
            .get(&format!(
                "/api/v1/{list}?q=%22kelp+farm%22+-planned+since:40d&sort=best"
            ))
            .await;
        assert_eq!(
            titles(&phrase.json()),
            [
                "Kelp farm opens off the coast",
                "A quiet day at the harbour"
            ]
        );
        // Nothing to weigh: the newest first, with a next page.
        let plain = server
            .get(&format!("/api/v1/{list}?sort=best&limit=2"))
            .await
            .json();
        assert!(plain["next"].is_string());
    }
    let wrong = server.get("/api/v1/stories?sort=oldest").await;
    assert_eq!(wrong.status, 400);
    assert!(
        wrong.json()["detail"]
            .as_str()
            .unwrap()
            .contains("newest, best")
    );
}

#[tokio::test]
async fn what_was_found_is_shown_with_marks() {
    let server = ranked().await;
    let list = server
        .get("/api/v1/entries?q=kelp+farms&sort=best")
        .await
        .json();
    let found = |title: &str| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["title"] == title).unwrap()["highlights"].clone()
    };
    assert_eq!(
        found("Kelp farm planned")["title"],
        "<mark>Kelp</mark> <mark>farm</mark> planned"
    );
    let body = found("A quiet day at the harbour");
    assert_eq!(body["title"], serde_json::Value::Null);
    assert_eq!(
        body["text"],
        "Nobody asked about the <mark>kelp</mark> <mark>farm</mark>."
    );
    let unasked = server.get("/api/v1/entries").await.json();
    assert!(unasked["items"][0].get("highlights").is_none());
    let page = server.get("/search?q=kelp+farm&sort=best").await;
    let text = page.text();
    assert!(text.contains("Best matches"));
    assert!(text.contains("newest first"));
    assert!(
        text.contains("about the <mark>kelp</mark> <mark>farm</mark>."),
        "{text}"
    );
    let first = text.find("opens off the coast").unwrap();
    assert!(first < text.find("A quiet day").unwrap());
}
