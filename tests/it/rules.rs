//! `keep` and `drop` of feeds: what the views leave out, and what stays.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use feedfold::clock::Clock;

const SITE: &str = "quay.example";

/// A publisher with two advertisements among its news, and another that reports one of them.
fn publishers() -> Origin {
    let origin = Origin::start();
    let told = |site: &str, slug: &str, title: &str| {
        let text = format!("<p>{title}, as our reporter saw it for herself at the harbour.</p>");
        post(site, slug, title, &text, at("09:00"))
    };
    let own = [
        told(SITE, "ferry", "Island ferry runs on seawater batteries"),
        told(
            SITE,
            "knives",
            "Sponsored: twelve knives for the price of ten",
        ),
        told(SITE, "tides", "Tide tables now come with a moth forecast"),
        told(
            SITE,
            "rope",
            "Sponsored: rope maker Hansel pays for a new lighthouse lamp",
        ),
    ];
    let other = [told(
        "lamp.example",
        "hansel",
        "Rope maker Hansel pays for a new lighthouse lamp",
    )];
    origin.on("/quay", Reply::feed(rss("The Quay", SITE, &own)));
    origin.on(
        "/lamp",
        Reply::feed(rss("The Lamp", "lamp.example", &other)),
    );
    origin
}

async fn titles(app: &App, path: &str) -> Vec<String> {
    let answer = app.json(path).await;
    let mut titles: Vec<String> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

#[tokio::test]
async fn what_a_feed_drops_is_in_no_view_and_still_found() {
    let origin = publishers();
    let rules = "drop = [\"title:sponsored\"]";
    let config = feeds(&origin, &[("/quay", "quay", rules), ("/lamp", "lamp", "")]);
    let app = App::start_at(&config, Clock::manual(at("10:00"))).await;
    let shown = titles(&app, "/feed.json").await;
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(!shown.iter().any(|title| title.contains("knives")));
    // What another outlet tells too stays a story.
    assert!(shown.iter().any(|title| title.contains("lighthouse lamp")));
    let page = app.get("/", &[]).await.text().await.unwrap();
    assert!(page.contains("moth forecast") && !page.contains("twelve knives"));
    // It is stored, and found by who asks for it.
    assert_eq!(titles(&app, "/api/v1/entries?q=knives").await.len(), 1);
    // Without the rule it is shown again: nothing was lost.
    app.reload(&feeds(
        &origin,
        &[("/quay", "quay", ""), ("/lamp", "lamp", "")],
    ))
    .await;
    assert_eq!(titles(&app, "/feed.json").await.len(), 4);
    app.stop().await;
}

#[tokio::test]
async fn where_a_feed_keeps_something_the_rest_is_hidden() {
    let origin = publishers();
    let rules = "keep = [\"ferry\", \"title:rope\", \"tide*\"]\ndrop = [\"title:sponsored\"]";
    let config = feeds(&origin, &[("/quay", "quay", rules)]);
    let app = App::start_at(&config, Clock::manual(at("10:00"))).await;
    let shown = titles(&app, "/feed.json").await;
    assert_eq!(shown.len(), 2, "drop outranks keep: {shown:?}");
    // Other feeds, and feeds without rules, are not touched by it.
    assert_eq!(titles(&app, "/api/v1/stories").await.len(), 4);
    app.stop().await;
}

#[test]
fn rules_are_tried_on_what_is_stored() {
    let origin = publishers();
    let rules = "keep = [\"harbour\"]\ndrop = [\"title:sponsored\", \"moth OR knives\"]";
    let place = Place::with(&feeds(
        &origin,
        &[("/quay", "quay", rules), ("/lamp", "lamp", "")],
    ));
    place.run(&["fetch", "--all"]);
    let hidden = place.json(&["rules", "test", "--since", "2020-01-01", "--json"]);
    let of = |rule: &str| hidden.iter().filter(|line| line["rule"] == rule).count();
    assert_eq!(of("title:sponsored"), 2, "{hidden:?}");
    assert_eq!(of("moth OR knives"), 2);
    assert_eq!(of("harbour"), 0, "all of it is kept");
    assert!(hidden.iter().all(|line| line["feed"] == "quay"));
    let table = place.run(&["rules", "test", "--since", "2020-01-01", "--limit", "1"]);
    assert_eq!(table.code, 0);
    assert_eq!(
        table.out.matches("drop title:sponsored").count(),
        2,
        "{}",
        table.out
    );
    let unknown = place.run(&["rules", "test", "quai"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("did you mean 'quay'?"),
        "{}",
        unknown.err
    );
    // A rule that is none is told with its place, and nothing starts.
    place.configure(&feeds(
        &origin,
        &[("/quay", "quay", "drop = [\"titel:x\"]")],
    ));
    let wrong = place.run(&["check"]);
    assert_ne!(wrong.code, 0);
    assert!(
        wrong.err.contains("drop") && wrong.err.contains("title:"),
        "{}",
        wrong.err
    );
}

#[test]
fn a_views_query_is_tried_on_what_is_stored() {
    let origin = publishers();
    let view = "[[views]]\nname = \"ships\"\ntitle = \"Ships\"\nfeeds = [\"quay\"]\nquery = \"ferry OR rope\"\n\
                [[views]]\nname = \"whole\"\ntitle = \"Whole\"\n";
    let listed = feeds(&origin, &[("/quay", "quay", ""), ("/lamp", "lamp", "")]);
    let place = Place::with(&format!("{listed}{view}"));
    place.run(&["fetch", "--all"]);
    let test = ["rules", "test", "--since", "2020-01-01", "--view"];
    let hidden = place.json(&[&test[..], &["ships", "--json"]].concat());
    let mut titles: Vec<&str> = hidden
        .iter()
        .map(|line| line["title"].as_str().unwrap())
        .collect();
    titles.sort_unstable();
    let expected = [
        "Sponsored: twelve knives for the price of ten",
        "Tide tables now come with a moth forecast",
    ];
    assert_eq!(titles, expected);
    assert!(
        hidden
            .iter()
            .all(|line| line["feed"] == "quay" && line["view"] == "ships")
    );
    let table = place.run(&[&test[..], &["ships"]].concat());
    assert!(table.out.contains("view ships"), "{}", table.out);
    for (name, reason) in [
        ("shops", "did you mean 'ships'?"),
        ("whole", "has no query"),
    ] {
        let wrong = place.run(&[&test[..], &[name]].concat());
        assert_eq!(wrong.code, 2);
        assert!(wrong.err.contains(reason), "{}", wrong.err);
    }
}
