//! The pages of feeds: how they fare, and changing them.

use super::signed_in::{LIST, proof, sign_in, signed_server};
use super::turbine;
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::feed::{Fault, FaultKind};
use feedfold::http::Command;

/// A signed-in browser.
struct Browser {
    server: Server,
    cookie: String,
    proof: String,
}

impl Browser {
    async fn new() -> Self {
        let server = signed_server().await;
        let mut config = (*server.service.config()).clone();
        config.fetch.allow_networks = vec!["127.0.0.1".to_owned()];
        server.service.replace_config(config);
        let cookie = sign_in(&server).await;
        let page = server.get_with("/manage", &[("cookie", &cookie)]).await;
        Self {
            proof: proof(&page),
            server,
            cookie,
        }
    }

    async fn get(&self, path: &str) -> crate::support::server::Answer {
        self.server
            .get_with(path, &[("cookie", &self.cookie)])
            .await
    }

    async fn submit(&self, path: &str, body: &str) -> crate::support::server::Answer {
        let body = format!("{body}&proof={}", self.proof);
        let signed = [("cookie", self.cookie.as_str())];
        self.server.submit(path, &signed, &body).await
    }

    async fn feed(&self, name: &str) -> serde_json::Value {
        self.server
            .get(&format!("/api/v1/feeds/{name}"))
            .await
            .json()
    }
}

fn encoded(url: &str) -> String {
    url.replace(':', "%3A").replace('/', "%2F")
}

#[tokio::test]
async fn a_feed_has_a_page_that_tells_how_it_fares() {
    let server = super::server().await;
    let items = (0..10)
        .map(|number| {
            item(
                &format!("Signal {number} from the strait"),
                &format!("https://harbour.example/{number}"),
                Some(start() - TimeDelta::days(number * 3)),
                "",
            )
        })
        .collect();
    server.poll("harbour", items).await;
    server.clock.turn_to(start() + TimeDelta::minutes(5));
    server
        .fail(
            "harbour",
            Fault::new(
                FaultKind::Status,
                "the server said 500; nothing can be done",
            ),
        )
        .await;
    let page = server.get("/feeds/harbour").await;
    for part in [
        "Harbour &#38; Tide</h1>",
        "the server said 500; nothing can be done",
        "<svg",
        "10 in all",
        "3 in the week to 20 Nov 2026",
        "10 entries in half a year: 10 lead their stories",
        "10 new, 0 changed",
        r#"<link rel="alternate" type="application/rss+xml" title="Harbour &#38; Tide (RSS)" href="/feed.rss?feed=harbour">"#,
        r#"data-copy="/feed.json?feed=harbour""#,
        "https://harbour.example/feed.xml",
        "5 min ago",
    ] {
        assert!(
            page.text().contains(part),
            "{part} is missing in\n{}",
            page.text()
        );
    }
    assert!(!page.text().contains("<form method=\"post\""));
    let list = server.get("/feeds").await;
    let text = list.text();
    let (broken, well) = (
        text.find("Harbour").unwrap(),
        text.find("The Lamp").unwrap(),
    );
    assert!(broken < well, "what fails stands first");
    for path in ["/feeds/none", "/feeds/..%2F", "/feeds/%22%3E"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    assert_eq!(server.get("/feeds/harbour?x=1").await.status, 400);
}

#[tokio::test]
async fn copies_are_counted_where_others_were_first() {
    let server = super::server().await;
    server.poll("harbour", vec![turbine()]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(30));
    server.poll("lamp", vec![turbine()]).await;
    let page = server.get("/feeds/lamp").await;
    let said = "1 entries in half a year: 0 lead their stories; others had 1 (100 %) first";
    assert!(page.text().contains(said), "{}", page.text());
}

#[tokio::test]
async fn a_feed_is_added_by_its_address_or_its_page() {
    let mut browser = Browser::new().await;
    let origin = Origin::start();
    let document = rss(
        "Lantern",
        "lantern.example",
        &[post("lantern.example", "1", "A", "b", start())],
    );
    origin.on("/feed", Reply::feed(document.clone()));
    let page = "<html><head><link rel=alternate type=application/rss+xml href=/feed></head></html>";
    origin.on("/one", Reply::page(page));
    let two = page.replace(
        "</head>",
        "<link rel=alternate type=application/atom+xml title='<b>Two</b>' href=/two></head>",
    );
    origin.on("/several", Reply::page(two));
    origin.on(
        "/none",
        Reply::page("<html><body>nothing here</body></html>"),
    );

    let asked = |path: &str| format!("url={}&tags=sea%2C+ships%2C", encoded(&origin.url(path)));
    let added = browser.submit("/feeds", &asked("/one")).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let place = added.header("location").to_owned();
    let name = place
        .strip_prefix("/feeds/")
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let feed = browser.feed(&name).await;
    assert_eq!(feed["url"], origin.url("/feed"));
    assert_eq!(feed["tags"], serde_json::json!(["sea", "ships"]));
    let orders = [
        browser.server.orders.recv().await,
        browser.server.orders.recv().await,
    ];
    assert!(
        orders.contains(&Some(Command::Fetch(name.clone()))),
        "{orders:?}"
    );

    let again = browser.submit("/feeds", &asked("/feed")).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("subscribed to already"));

    let several = browser.submit("/feeds", &asked("/several")).await;
    assert_eq!(several.status, 200);
    assert!(several.text().contains("&#60;b&#62;Two") || several.text().contains("<bdi>Two"));
    assert_eq!(several.text().matches("<button>Subscribe<").count(), 2);

    let none = browser.submit("/feeds", &asked("/none")).await;
    assert_eq!(none.status, 422);
    assert!(none.text().contains("Subscribe all the same"));
    let missing = browser.submit("/feeds", &asked("/missing")).await;
    assert_eq!(missing.status, 422);
    assert!(missing.text().contains("404"), "{}", missing.text());
    for (url, status) in [
        ("javascript:alert(1)", 400),
        ("", 400),
        ("http%3A%2F%2F10.0.0.1%2F", 422),
    ] {
        let answer = browser.submit("/feeds", &format!("url={url}")).await;
        assert_eq!(answer.status, status, "{url}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_poll_is_asked_for_and_watched_without_script() {
    let mut browser = Browser::new().await;
    let asked = browser.submit("/feeds/lamp/poll", "").await;
    let place = asked.header("location").to_owned();
    assert!(place.starts_with("/feeds/lamp?after="), "{place}");
    assert_eq!(
        browser.server.orders.recv().await,
        Some(Command::Fetch("lamp".to_owned()))
    );
    let waiting = browser.get(&place).await;
    assert!(waiting.text().contains("Polling"));
    let next = waiting
        .header("refresh")
        .strip_prefix("1; url=")
        .unwrap()
        .to_owned();
    assert!(next.ends_with("&look=1"), "{next}");
    let given_up = browser.get(&format!("{place}&look=40")).await;
    assert_eq!(given_up.header("refresh"), "");
    browser
        .server
        .clock
        .turn_to(start() + TimeDelta::minutes(31));
    browser.server.poll("lamp", vec![]).await;
    let done = browser.get(&next).await;
    assert!(!done.text().contains("Polling"));
    assert_eq!(done.header("refresh"), "");
}

#[tokio::test]
async fn a_feed_is_edited_switched_off_and_removed() {
    let browser = Browser::new().await;
    let page = browser.get("/feeds/lamp").await;
    for part in ["Poll now", "value=\"The Lamp\"", "Remove the feed"] {
        assert!(page.text().contains(part), "{part}");
    }
    let changed = browser
        .submit(
            "/feeds/lamp/change",
            "title=+Lamp+%26+Co+&tags=b%2C+a&schedule=every+45m&priority=7",
        )
        .await;
    assert_eq!(
        (changed.status, changed.header("location")),
        (303, "/feeds/lamp")
    );
    let feed = browser.feed("lamp").await;
    assert_eq!(feed["title"], "Lamp & Co");
    assert_eq!(feed["tags"], serde_json::json!(["a", "b"]));
    assert_eq!(
        (&feed["schedule"], &feed["priority"]),
        (&"every 45m".into(), &7.into())
    );
    browser
        .submit("/feeds/lamp/change", "title=&schedule=&tags=")
        .await;
    let feed = browser.feed("lamp").await;
    assert_eq!(
        (&feed["schedule"], &feed["tags"]),
        (&serde_json::Value::Null, &serde_json::json!([]))
    );
    for (body, part) in [
        ("schedule=whenever", "schedule: "),
        ("priority=high", "priority: write a whole number"),
        ("", "there is nothing to change"),
    ] {
        let wrong = browser.submit("/feeds/lamp/change", body).await;
        assert_eq!(wrong.status, 400, "{body}");
        assert!(wrong.text().contains(part), "{}", wrong.text());
    }
    browser.submit("/feeds/lamp/change", "disabled=yes").await;
    assert_eq!(browser.feed("lamp").await["status"], "disabled");
    assert!(
        browser
            .get("/feeds/lamp")
            .await
            .text()
            .contains("<button>Enable")
    );
    assert_eq!(browser.submit("/feeds/lamp/poll", "").await.status, 409);
    browser.submit("/feeds/lamp/change", "disabled=no").await;
    assert_ne!(browser.feed("lamp").await["status"], "disabled");
    assert_eq!(browser.submit("/feeds/lamp/remove", "").await.status, 400);
    assert_eq!(
        browser
            .submit("/feeds/lamp/remove", "sure=yes")
            .await
            .status,
        303
    );
    assert_eq!(browser.server.get("/feeds/lamp").await.status, 404);
}

#[tokio::test]
async fn a_list_is_imported() {
    let browser = Browser::new().await;
    let imported = browser.submit("/opml", &format!("opml={LIST}")).await;
    assert_eq!(imported.status, 200, "{}", imported.text());
    for part in [
        "Added 1, left out 1.",
        "/feeds/lantern",
        "subscribed to already",
    ] {
        assert!(
            imported.text().contains(part),
            "{part}\n{}",
            imported.text()
        );
    }
    let wrong = browser.submit("/opml", "opml=%3Cnot").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("the list cannot be read"));
}

#[tokio::test]
async fn statistics_count_what_came_and_what_became_of_it() {
    let server = super::server().await;
    assert!(
        server
            .get("/stats")
            .await
            .text()
            .contains("Nothing in 30 days")
    );
    server.poll("harbour", vec![turbine()]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(30));
    server.poll("lamp", vec![turbine()]).await;
    let page = server.get("/stats").await;
    for part in [
        "2 entries in 1 stories",
        "20 Nov 2026: 2 entries, 1 stories",
        "1 lead a story, 1 (50 %) are copies",
        r#"<a href="/feeds/harbour"><bdi>Harbour &#38; Tide</bdi></a></th><td>1</td>"#,
        r#"<th scope="row">ok</th><td>2</td>"#,
    ] {
        assert!(
            page.text().contains(part),
            "{part} is missing in\n{}",
            page.text()
        );
    }
    assert_eq!(server.get("/stats?x=1").await.status, 400);
}
