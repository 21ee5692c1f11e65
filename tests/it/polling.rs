//! From an origin over HTTP into the database and out again, through a day.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Origin, Reply};
use chrono::TimeDelta;
use feedfold::clock::Clock;
use feedfold::feed::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const HARBOR: &str = "harborwindows.example";
const LEDGER: &str = "chipledger.example";
const MIRROR: &str = "mirrorblog.example";

/// A publisher whose feed grows with the clock: a post is there from its date on.
fn publish(
    origin: &Origin,
    path: &str,
    title: &'static str,
    site: &'static str,
    clock: &Clock,
    posts: Vec<Post>,
) {
    let clock = clock.clone();
    origin.on_asked(path, move |_| {
        let now = clock.now();
        let mut shown: Vec<Post> = posts
            .iter()
            .filter(|post| post.published <= now)
            .cloned()
            .collect();
        shown.reverse();
        let body = rss(title, site, &shown);
        let tag = format!("\"{}-{}\"", shown.len(), body.len());
        Reply::feed(body).etag(tag).conditional()
    });
}

/// What a feed reader keeps: items by id, with the titles under which it showed them.
#[derive(Default)]
struct Reader {
    shown: BTreeMap<String, String>,
    etag: Option<String>,
    unchanged: usize,
}

impl Reader {
    async fn poll(&mut self, app: &App) {
        let tag = self.etag.clone();
        let headers: Vec<(&str, &str)> = tag
            .iter()
            .map(|tag| ("If-None-Match", tag.as_str()))
            .collect();
        let response = app.get("/feed.json", &headers).await;
        if response.status() == 304 {
            self.unchanged += 1;
            return;
        }
        assert_eq!(response.status(), 200);
        self.etag = Some(response.headers()["etag"].to_str().unwrap().to_owned());
        let feed: serde_json::Value =
            serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        for item in feed["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap().to_owned();
            self.shown
                .insert(id, item["title"].as_str().unwrap_or_default().to_owned());
        }
    }

    fn titles(&self) -> BTreeSet<&str> {
        self.shown.values().map(String::as_str).collect()
    }
}

fn day(clock: &Clock, origin: &Origin) {
    let text = |what: &str| format!("<p>{what}</p>");
    let harbor = vec![
        post(
            HARBOR,
            "dock",
            "Windows gets a dock that remembers every monitor",
            &text(
                "Unplug the laptop, plug it in again, and every window returns to the screen it stood on. The new dock of Windows keeps a small map for each set of monitors it has met, and restores it within a second.",
            ),
            at("08:05"),
        ),
        post(
            HARBOR,
            "notepad",
            "Notepad learns to fold code",
            &text(
                "The oldest editor of the house folds functions and JSON objects now, and remembers what was folded when a file is opened again. Programmers had asked for it since the editor learned tabs, and testers get it this week.",
            ),
            at("10:20"),
        ),
        post(
            HARBOR,
            "recall",
            "Quillon recalls a charger that melts",
            &text(
                "Quillon asks 40,000 owners of its Volt 65 charger to send it back. Nine of the chargers melted at the plug, and two set fire to a desk. Buyers get their money back, or the successor in spring.",
            ),
            at("13:40"),
        ),
    ];
    let ledger = vec![
        post(
            LEDGER,
            "fab",
            "Tessel breaks ground for a fab in Leipzig",
            &text(
                "Tessel starts to build a two-nanometre plant near Leipzig, its first in Europe. The first wafers are due in four years, and the state of Saxony pays a fifth of the bill.",
            ),
            at("09:00"),
        ),
        post(
            LEDGER,
            "volt",
            "Quillon Volt 65 charger recalled after fires",
            &text(
                "The Volt 65 charger by Quillon goes back to the shops: after nine fires the maker recalls all 40,000 units that it sold since June, and stops the sale of the rest.",
            ),
            at("15:10"),
        ),
    ];
    // The same article once more, at its own address with a tracking parameter.
    let mut copy = post(
        MIRROR,
        "copied",
        "Notepad learns to fold code",
        &text(
            "The oldest editor of the house folds functions and JSON objects now, and remembers what was folded when a file is opened again. Programmers had asked for it since the editor learned tabs, and testers get it this week.",
        ),
        at("11:00"),
    );
    copy.link = format!("https://www.{HARBOR}/notepad?utm_source=mirror");
    publish(origin, "/harbor", "Harbor Windows", HARBOR, clock, harbor);
    publish(origin, "/ledger", "Chip Ledger", LEDGER, clock, ledger);
    publish(origin, "/mirror", "Mirror Blog", MIRROR, clock, vec![copy]);
}

#[tokio::test]
async fn a_whole_day_shows_each_story_once_to_every_reader() {
    let origin = Origin::start();
    let start: Timestamp = at("07:00");
    let clock = Clock::manual(start);
    day(&clock, &origin);
    let app = App::start_at(
        &feeds(
            &origin,
            &[
                ("/harbor", "harbor", ""),
                ("/ledger", "ledger", ""),
                ("/mirror", "mirror", ""),
            ],
        ),
        clock.clone(),
    )
    .await;

    let (mut eager, mut lazy) = (Reader::default(), Reader::default());
    for hour in 0..24 {
        app.pass(60).await;
        eager.poll(&app).await;
        if hour % 6 == 5 {
            lazy.poll(&app).await;
        }
    }
    // Seven posts, of which one is a copy and one reports what another reported.
    assert_eq!(
        eager.titles().len(),
        eager.shown.len(),
        "a story shown twice: {:?}",
        eager.shown
    );
    assert_eq!(eager.shown.len(), 4, "{:?}", eager.shown);
    assert_eq!(
        eager.shown.keys().collect::<Vec<_>>(),
        lazy.shown.keys().collect::<Vec<_>>()
    );
    assert!(
        eager.unchanged >= 15,
        "only {} answers were 304",
        eager.unchanged
    );

    // All six entries are kept, and the API tells the same stories.
    let entries = app.json("/api/v1/entries?fold=none&limit=50").await;
    assert_eq!(entries["items"].as_array().unwrap().len(), 6);
    let stories = app.json("/api/v1/stories?limit=50").await;
    assert_eq!(stories["items"].as_array().unwrap().len(), 4);

    // Polite: every 30 minutes at the most, and conditional after the first time.
    let asked = origin.asked("/harbor");
    assert!(asked.len() <= 49, "{} polls in 24 hours", asked.len());
    assert!(
        asked
            .iter()
            .skip(1)
            .all(|asked| asked.header("if-none-match").is_some())
    );
    app.stop().await;
}

#[tokio::test]
async fn a_restart_polls_nothing_early() {
    let origin = Origin::start();
    let clock = Clock::manual(at("07:00"));
    day(&clock, &origin);
    let subscriptions = feeds(
        &origin,
        &[("/harbor", "harbor", ""), ("/ledger", "ledger", "")],
    );
    let app = App::start_at(&subscriptions, clock.clone()).await;
    app.pass(3).await;
    let before = origin.all_asked().len();
    assert_eq!(before, 2);
    let app = app.restart(&subscriptions).await;
    app.pass(3).await;
    assert_eq!(origin.all_asked().len(), before, "a restart asked again");
    app.pass(40).await;
    assert_eq!(origin.all_asked().len(), before + 2);
    app.stop().await;
}

#[tokio::test]
async fn a_failing_feed_costs_only_itself() {
    let origin = Origin::start();
    let clock = Clock::manual(at("09:30"));
    day(&clock, &origin);
    origin.on("/broken", Reply::status(500));
    origin.on(
        "/page",
        Reply::page("<html><head><title>No feed</title></head><body>Hello</body></html>"),
    );
    let app = App::start_at(
        &format!(
            "{}[[feeds]]\nurl = \"gopher://old.example/\"\nname = \"gopher\"\n",
            feeds(
                &origin,
                &[
                    ("/broken", "broken", ""),
                    ("/page", "page", ""),
                    ("/harbor", "harbor", ""),
                ],
            )
        ),
        clock.clone(),
    )
    .await;
    app.pass(2).await;
    let feeds = app.json("/api/v1/feeds").await;
    let state = |name: &str| {
        let feeds = feeds["items"].as_array().unwrap();
        feeds
            .iter()
            .find(|feed| feed["name"] == name)
            .unwrap()
            .clone()
    };
    for name in ["broken", "page", "gopher"] {
        assert_eq!(state(name)["error_count"], 1, "{name}");
        assert!(state(name)["last_error"].is_string(), "{name}");
        let due: Timestamp = state(name)["next_due"].as_str().unwrap().parse().unwrap();
        assert!(
            due > clock.now() + TimeDelta::minutes(14),
            "{name} is asked again at {due}"
        );
    }
    assert_eq!(state("harbor")["error_count"], 0);
    assert_eq!(
        app.json("/api/v1/entries").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.stop().await;
}

#[tokio::test]
async fn an_edited_headline_is_the_same_entry() {
    let origin = Origin::start();
    let clock = Clock::manual(at("08:00"));
    let written = |title: &str| {
        rss(
            "Harbor Windows",
            HARBOR,
            &[post(
                HARBOR,
                "dock",
                title,
                "<p>One text that stays as it is.</p>",
                at("07:55"),
            )],
        )
    };
    origin.on_each(
        "/harbor",
        [
            Reply::feed(written("Windws gets a dock")),
            Reply::feed(written("Windows gets a dock")),
        ],
    );
    let app = App::start_at(&feeds(&origin, &[("/harbor", "harbor", "")]), clock.clone()).await;
    let mut reader = Reader::default();
    reader.poll(&app).await;
    assert_eq!(reader.titles(), BTreeSet::from(["Windws gets a dock"]));
    app.pass(150).await;
    assert!(origin.asked("/harbor").len() > 1);
    reader.poll(&app).await;
    assert_eq!(reader.shown.len(), 1, "{:?}", reader.shown);
    assert_eq!(reader.titles(), BTreeSet::from(["Windows gets a dock"]));
    app.stop().await;
}

#[tokio::test]
async fn no_connection_is_kept_to_a_host_of_one_feed() {
    let origin = Origin::start();
    origin.on(
        "/alone",
        Reply::feed(rss("Alone", HARBOR, &[])).etag("\"1\""),
    );
    let list = feeds(&origin, &[("/alone", "alone", "schedule = \"every 5m\"")]);
    let app = App::start_at(&list, Clock::manual(at("09:00"))).await;
    app.pass(61).await;
    app.stop().await;
    let asked = origin.asked("/alone").len();
    assert!(asked > 3, "{asked}");
    // Beside thousands of other hosts, each that is kept would cost memory and an open file.
    assert_eq!(origin.connections(), asked);
}
