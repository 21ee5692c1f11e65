//! News that hubs push (W3C WebSub): rule 29.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Asked, Origin, Reply};
use chrono::TimeDelta;
use feedfold::clock::Clock;
use hmac::{Hmac, KeyInit, Mac};
use std::collections::HashMap;
use std::time::Duration;

const SITE: &str = "lockkeeper.example";
const TOPIC: &str = "https://lockkeeper.example/feed";
const WANTED: &str = "websub = true\nschedule = \"every 30m\"";

fn document(posts: impl IntoIterator<Item = usize>) -> String {
    let posts: Vec<Post> = posts
        .into_iter()
        .map(|number| {
            let title = format!("Lock {number} opens for boat {}", number * 7 + 3);
            let text = format!("<p>The {number}th lock was opened at noon by its keeper.</p>");
            let date = at("08:00") + TimeDelta::minutes(i64::try_from(number).unwrap());
            post(SITE, &format!("lock-{number}"), &title, &text, date)
        })
        .collect();
    rss("Lock Keeper", SITE, &posts)
}

/// A publisher with a hub, and the service that wants its news.
struct Scene {
    origin: Origin,
    app: App,
}

impl Scene {
    async fn start() -> Self {
        let origin = Origin::start();
        let links = format!("<{}>; rel=hub, <{TOPIC}>; rel=\"self\"", origin.url("/hub"));
        origin.on(
            "/feed",
            Reply::feed(document(0..2))
                .header("Link", links)
                .etag("\"1\"")
                .conditional(),
        );
        origin.on("/hub", Reply::status(202));
        let app = App::start_at(
            &feeds(&origin, &[("/feed", "locks", WANTED)]),
            Clock::manual(at("10:00")),
        )
        .await;
        Self { origin, app }
    }

    /// The form of the so-manieth request to the hub, once it is there.
    async fn asked_of_hub(&self, number: usize) -> HashMap<String, String> {
        self.asked_at("/hub", number).await
    }

    /// The same of a hub at another path.
    async fn asked_at(&self, hub: &str, number: usize) -> HashMap<String, String> {
        for _ in 0..2000 {
            if let Some(asked) = self.origin.asked(hub).get(number) {
                assert_eq!(asked.method, "POST");
                return asked.form();
            }
            // The request is on its way in another task.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the hub was not asked");
    }

    /// A minute passes and the hub confirms what it is asked for: the callback's path, the secret.
    async fn subscribed(&self) -> (String, String) {
        self.app.pass(1).await;
        let form = self.asked_of_hub(0).await;
        let (path, secret) = (callback(&form), form["hub.secret"].clone());
        let answer = self.confirm(&path, "subscribe", TOPIC, "86400").await;
        assert_eq!(answer, (200, "hello & goodbye".to_owned()));
        (path, secret)
    }

    async fn confirm(&self, path: &str, mode: &str, topic: &str, lease: &str) -> (u16, String) {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", mode)
            .append_pair("hub.topic", topic)
            .append_pair("hub.challenge", "hello & goodbye")
            .append_pair("hub.lease_seconds", lease)
            .finish();
        let answer = self.app.get(&format!("{path}?{query}"), &[]).await;
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    }

    async fn push(&self, path: &str, secret: &str, body: &str) -> u16 {
        let signature = signed(secret, body);
        let headers = [
            ("X-Hub-Signature", signature.as_str()),
            ("Content-Type", "application/rss+xml"),
        ];
        let answer = self.app.post(path, &headers, body.into()).await;
        answer.status().as_u16()
    }

    async fn titles(&self) -> usize {
        let entries = self.app.json("/api/v1/entries?limit=100").await;
        entries["items"].as_array().unwrap().len()
    }

    /// Waits until there are so many entries.
    async fn has(&self, entries: usize) {
        for _ in 0..2000 {
            if self.titles().await == entries {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await; // stored by another task
        }
        panic!("{} entries, not {entries}", self.titles().await);
    }

    fn polls(&self) -> Vec<Asked> {
        self.origin.asked("/feed")
    }
}

/// The path of the callback that a hub was given.
fn callback(form: &HashMap<String, String>) -> String {
    let callback = &form["hub.callback"];
    callback
        .strip_prefix("https://news.example")
        .unwrap_or_else(|| panic!("{callback}"))
        .to_owned()
}

fn signed(secret: &str, body: &str) -> String {
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let code = mac.chain_update(body).finalize().into_bytes();
    let digits: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

#[tokio::test]
async fn rule_29_a_hub_is_asked_confirms_and_pushes_and_polls_become_rare() {
    let scene = Scene::start().await;
    let (path, secret) = scene.subscribed().await;
    let form = scene.asked_of_hub(0).await;
    assert_eq!(form["hub.mode"], "subscribe");
    assert_eq!(form["hub.topic"], TOPIC);
    assert!(secret.len() >= 32 && path.len() >= 32 && !path.contains(&secret));
    // Until the hub has shown that it pushes, polls go on as ever.
    scene.app.pass(70).await;
    assert_eq!(scene.polls().len(), 3);
    assert_eq!(scene.push(&path, &secret, &document(1..4)).await, 202);
    scene.has(4).await;
    scene.app.pass(10 * 60).await;
    let polls = scene.polls().len();
    assert!(polls <= 4, "{polls} polls");
    let feeds = scene.app.json("/api/v1/feeds/locks").await;
    assert!(feeds.to_string().contains("hub"), "{feeds}");
    // Nobody was asked again while the lease is young, and a push takes nothing away.
    assert_eq!(scene.origin.asked("/hub").len(), 1);
    assert_eq!(scene.push(&path, &secret, &document(4..5)).await, 202);
    scene.has(5).await;
    // Before the lease of a day ends, it is renewed.
    scene.app.pass(8 * 60).await;
    let again = scene.asked_of_hub(1).await;
    assert_eq!(
        (callback(&again), &again["hub.secret"]),
        (path.clone(), &secret)
    );
    assert_eq!(
        scene.confirm(&path, "subscribe", TOPIC, "86400").await.0,
        200
    );
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_news_that_are_pushed_end_a_failure_of_polls() {
    let scene = Scene::start().await;
    let (path, secret) = scene.subscribed().await;
    scene.origin.on("/feed", Reply::status(500));
    scene.app.pass(40).await;
    let feed = scene.app.json("/api/v1/feeds/locks").await;
    assert_eq!(feed["error_count"], 1, "{feed}");
    assert_eq!(scene.push(&path, &secret, &document(1..4)).await, 202);
    scene.has(4).await;
    let feed = scene.app.json("/api/v1/feeds/locks").await;
    assert_eq!(feed["error_count"], 0, "{feed}");
    assert!(feed["last_error"].is_null(), "{feed}");
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_a_hub_that_moved_is_told_where_it_is_now() {
    let scene = Scene::start().await;
    let there = scene.origin.url("/there");
    scene.origin.on("/hub", Reply::redirect(307, "/on"));
    scene.origin.on("/on", Reply::redirect(308, &there));
    scene.origin.on("/there", Reply::status(202));
    scene.app.pass(1).await;
    let form = scene.asked_at("/there", 0).await;
    assert_eq!(form, scene.asked_of_hub(0).await);
    assert_eq!(form["hub.mode"], "subscribe");
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_a_hub_that_leads_in_a_circle_or_elsewhere_by_another_status_ends_there() {
    for (status, times) in [(307, 1), (302, 1), (301, 1)] {
        let scene = Scene::start().await;
        scene.origin.on("/hub", Reply::redirect(status, "/hub"));
        scene.app.pass(1).await;
        scene.asked_of_hub(0).await;
        scene.app.pass(20).await;
        assert_eq!(scene.origin.asked("/hub").len(), times, "{status}");
        scene.app.stop().await;
    }
}

#[tokio::test]
async fn rule_29_only_what_was_asked_for_is_confirmed() {
    let scene = Scene::start().await;
    scene.app.pass(1).await;
    let path = callback(&scene.asked_of_hub(0).await);
    for (path, mode, topic) in [
        (
            "/websub/0123456789abcdef0123456789abcdef",
            "subscribe",
            TOPIC,
        ),
        (path.as_str(), "subscribe", "https://other.example/feed"),
        (&path, "unsubscribe", TOPIC),
        (&path, "", TOPIC),
    ] {
        let (status, text) = scene.confirm(path, mode, topic, "86400").await;
        assert_eq!(status, 404, "{path} {mode} {topic}");
        assert!(!text.contains("hello"));
    }
    assert_eq!(scene.app.get(&path, &[]).await.status(), 404);
    // Nothing is taken before it is confirmed.
    let secret = scene.asked_of_hub(0).await["hub.secret"].clone();
    assert_eq!(scene.push(&path, &secret, &document(0..9)).await, 404);
    assert_eq!(
        scene.confirm(&path, "subscribe", TOPIC, "soon").await.0,
        200
    );
    assert_eq!(
        scene.confirm(&path, "subscribe", TOPIC, "86400").await.0,
        404,
        "twice"
    );
    assert_eq!(scene.push(&path, &secret, &document(0..3)).await, 202);
    scene.has(3).await;
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_deliveries_without_the_right_signature_are_dropped_and_odd_ones_harmless() {
    let scene = Scene::start().await;
    let (path, secret) = scene.subscribed().await;
    let forged = document(5..9);
    assert_eq!(scene.push(&path, "guess", &forged).await, 202);
    let unsigned = scene.app.post(&path, &[], forged.clone().into()).await;
    assert_eq!(unsigned.status(), 202);
    let other = signed(&secret, "another body");
    let headers = [("X-Hub-Signature", other.as_str())];
    assert_eq!(
        scene
            .app
            .post(&path, &headers, forged.into())
            .await
            .status(),
        202
    );
    for odd in ["", "Hello", "<html><body>Soon</body></html>", "\u{0}\u{1}"] {
        assert_eq!(scene.push(&path, &secret, odd).await, 202);
    }
    let large = " ".repeat(5 << 20);
    assert_eq!(scene.push(&path, &secret, &large).await, 413);
    assert_eq!(scene.push(&path, &secret, &document(2..3)).await, 202);
    scene.has(3).await;
    let feed = scene.app.json("/api/v1/feeds/locks").await;
    assert_eq!(feed["error_count"], 0, "{feed}");
    // A flood ends in a request to come again later.
    let mut statuses = Vec::new();
    for _ in 0..200 {
        statuses.push(scene.push(&path, "guess", "x").await);
    }
    assert_eq!(statuses.last(), Some(&503));
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_a_hub_that_misses_news_is_not_relied_on() {
    let scene = Scene::start().await;
    let (path, secret) = scene.subscribed().await;
    assert_eq!(scene.push(&path, &secret, &document(2..3)).await, 202);
    scene.has(3).await;
    scene.origin.on(
        "/feed",
        Reply::feed(document(0..6)).etag("\"2\"").conditional(),
    );
    scene.app.pass(26 * 60).await;
    scene.has(6).await;
    let before = scene.polls().len();
    scene.app.pass(90).await;
    assert!(
        scene.polls().len() >= before + 2,
        "polled as rarely as before"
    );
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_a_feed_that_no_longer_wants_it_leaves_its_hub() {
    let scene = Scene::start().await;
    let (path, secret) = scene.subscribed().await;
    scene
        .app
        .reload(&feeds(&scene.origin, &[("/feed", "locks", "")]))
        .await;
    scene.app.pass(2).await;
    let form = scene.asked_of_hub(1).await;
    assert_eq!(form["hub.mode"], "unsubscribe");
    assert_eq!(callback(&form), path);
    assert_eq!(scene.push(&path, &secret, &document(7..9)).await, 404);
    assert_eq!(
        scene.confirm(&path, "subscribe", TOPIC, "86400").await.0,
        404
    );
    assert_eq!(scene.confirm(&path, "unsubscribe", TOPIC, "").await.0, 200);
    assert_eq!(scene.confirm(&path, "unsubscribe", TOPIC, "").await.0, 404);
    assert_eq!(scene.titles().await, 2);
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_a_hub_that_refuses_or_fails_is_asked_rarely_and_costs_the_feed_nothing() {
    let scene = Scene::start().await;
    scene.origin.on("/hub", Reply::status(500));
    scene.app.pass(1).await;
    scene.asked_of_hub(0).await;
    scene.app.pass(25).await;
    assert_eq!(scene.origin.asked("/hub").len(), 1, "asked again too soon");
    scene.app.pass(10).await;
    let path = callback(&scene.asked_of_hub(1).await);
    assert_eq!(scene.confirm(&path, "denied", TOPIC, "").await.0, 200);
    scene.app.pass(12 * 60).await;
    assert_eq!(
        scene.origin.asked("/hub").len(),
        2,
        "asked again after a refusal"
    );
    let feed = scene.app.json("/api/v1/feeds/locks").await;
    assert_eq!(feed["error_count"], 0, "{feed}");
    assert!(scene.polls().len() > 20);
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_and_55_no_hub_is_asked_unasked_or_in_the_private_network() {
    let origin = Origin::start();
    let links = format!("<{}>; rel=hub", origin.url("/hub"));
    origin.on("/feed", Reply::feed(document(0..2)).header("Link", &links));
    let app = App::start_at(
        &feeds(&origin, &[("/feed", "locks", "")]),
        Clock::manual(at("10:00")),
    )
    .await;
    app.pass(5).await;
    assert!(
        origin.asked("/hub").is_empty(),
        "a feed that did not want it"
    );
    app.stop().await;

    let guarded = feedfold::fetch::Client::new(&feedfold::config::Fetch::default()).unwrap();
    let hub = feedfold::address::Address::parse(&origin.url("/hub")).unwrap();
    let fault = guarded.post_form(&hub, &[("hub.mode", "subscribe")]).await;
    assert!(fault.is_err());
    assert!(origin.asked("/hub").is_empty());
}

#[tokio::test]
async fn rule_29_a_subscription_survives_a_restart_and_ends_with_its_feed() {
    let Scene { origin, app } = Scene::start().await;
    let scene = Scene { origin, app };
    let (path, secret) = scene.subscribed().await;
    assert_eq!(scene.push(&path, &secret, &document(2..3)).await, 202);
    scene.has(3).await;
    let configured = feeds(&scene.origin, &[("/feed", "locks", WANTED)]);
    let Scene { origin, app } = scene;
    let scene = Scene {
        app: app.restart(&configured).await,
        origin,
    };
    scene.app.pass(60).await;
    assert_eq!(
        scene.origin.asked("/hub").len(),
        1,
        "asked again after a restart"
    );
    assert_eq!(scene.polls().len(), 1, "polled as if nobody pushed");
    assert_eq!(scene.push(&path, &secret, &document(3..4)).await, 202);
    scene.has(4).await;
    // The feed leaves the configuration: the hub is told, again where it does not confirm, and then
    // left alone.
    scene.app.reload("").await;
    for farewell in 1..=3 {
        scene.app.pass(2 * 60).await;
        assert_eq!(
            scene.asked_of_hub(farewell).await["hub.mode"],
            "unsubscribe"
        );
    }
    scene.app.pass(24 * 60).await;
    assert_eq!(scene.origin.asked("/hub").len(), 4);
    assert_eq!(scene.push(&path, &secret, &document(0..9)).await, 404);
    assert_eq!(scene.titles().await, 4);
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_29_a_feed_that_names_another_hub_changes_to_it() {
    let scene = Scene::start().await;
    let (path, _) = scene.subscribed().await;
    let links = format!(
        "<{}>; rel=hub, <{TOPIC}>; rel=self",
        scene.origin.url("/other")
    );
    scene.origin.on("/other", Reply::status(202));
    let other = Reply::feed(document(0..3)).header("Link", links);
    scene.origin.on("/feed", other.etag("\"2\"").conditional());
    scene.app.pass(40).await;
    let fresh = scene.asked_at("/other", 0).await;
    assert_eq!(fresh["hub.mode"], "subscribe");
    assert_ne!(callback(&fresh), path);
    assert_eq!(scene.asked_of_hub(1).await["hub.mode"], "unsubscribe");
    assert_eq!(
        scene
            .confirm(&callback(&fresh), "subscribe", TOPIC, "86400")
            .await
            .0,
        200
    );
    assert_eq!(scene.confirm(&path, "unsubscribe", TOPIC, "").await.0, 200);
    scene.app.stop().await;
}

#[tokio::test]
async fn rule_45_a_hub_that_stalls_delays_no_delivery() {
    let origin = Origin::start();
    for (path, hub) in [("/feed", "/hub"), ("/feed2", "/slow")] {
        let links = format!("<{}>; rel=hub, <{TOPIC}>; rel=self", origin.url(hub));
        let reply = Reply::feed(document(0..2)).header("Link", links);
        origin.on(path, reply.etag("\"1\"").conditional());
    }
    origin.on("/hub", Reply::status(202));
    origin.on("/slow", Reply::silence());
    let both = feeds(
        &origin,
        &[("/feed", "locks", WANTED), ("/feed2", "sluices", WANTED)],
    );
    let app = App::start_at(&both, Clock::manual(at("10:00"))).await;
    let scene = Scene { origin, app };
    let (path, secret) = scene.subscribed().await;
    scene.asked_at("/slow", 0).await;
    let known = scene.titles().await;
    assert_eq!(scene.push(&path, &secret, &document(5..6)).await, 202);
    scene.has(known + 1).await;
    scene.app.stop().await;
}

/// The merged feeds of a service that tells a hub, over `/feed` of an origin.
fn with_hub(origin: &Origin) -> String {
    format!(
        "[publish]\nhub = \"{}\"\n{}",
        origin.url("/hub"),
        feeds(origin, &[("/feed", "locks", "schedule = \"every 30m\"")])
    )
}

/// Lets minutes pass until the hub was asked so often.
async fn told(app: &App, origin: &Origin, times: usize) -> Vec<String> {
    for _ in 0..400 {
        let asked = origin.asked("/hub");
        if asked.len() >= times {
            let fields: Vec<_> = asked.iter().map(Asked::form).collect();
            assert!(fields.iter().all(|form| form["hub.mode"] == "publish"));
            return fields.iter().map(|form| form["hub.url"].clone()).collect();
        }
        app.pass(1).await;
        // The requests are on their way in another task.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the hub was not told {times} times");
}

#[tokio::test]
async fn a_hub_is_told_when_a_merged_feed_changes_and_only_then() {
    let origin = Origin::start();
    origin.on("/hub", Reply::status(204));
    origin.on("/feed", Reply::feed(document(0..0)));
    let config = with_hub(&origin);
    let app = App::start_at(&config, Clock::manual(at("10:00"))).await;
    app.pass(60).await;
    assert_eq!(origin.asked("/hub").len(), 0, "nothing was new");
    origin.on("/feed", Reply::feed(document(0..3)));
    let urls = told(&app, &origin, 3).await;
    let expected = ["atom", "json", "rss"].map(|e| format!("https://news.example/feed.{e}"));
    assert_eq!(urls, expected);
    // Polls that bring nothing, and a restart, are no news.
    app.pass(120).await;
    let app = app.restart(&config).await;
    app.pass(120).await;
    assert_eq!(origin.asked("/hub").len(), 3);
    // A hub that fails is asked again, ever more rarely, until it hears.
    origin.on("/hub", Reply::status(503));
    origin.on("/feed", Reply::feed(document(0..4)));
    told(&app, &origin, 6).await;
    let started = app.clock.now();
    told(&app, &origin, 8).await;
    assert!(app.clock.now() - started >= TimeDelta::minutes(10));
    origin.on("/hub", Reply::status(202));
    let asked = origin.asked("/hub").len();
    let urls = told(&app, &origin, asked + 3).await;
    assert_eq!(urls[asked..], expected);
    app.pass(120).await;
    assert_eq!(origin.asked("/hub").len(), asked + 3);
    app.stop().await;
}

#[tokio::test]
async fn open_feeds_name_their_hub_in_the_body_and_in_the_header() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(document(0..3)));
    let app = App::start_at(&with_hub(&origin), Clock::manual(at("10:00"))).await;
    let hub = origin.url("/hub");
    for extension in ["atom", "rss", "json"] {
        let path = format!("/feed.{extension}");
        let answer = app.get(&path, &[]).await;
        let link = answer.headers()["link"].to_str().unwrap().to_owned();
        let own = format!("https://news.example{path}");
        assert_eq!(link, format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\""));
        assert!(answer.text().await.unwrap().contains(&hub));
        // A search is no topic: nobody tells the hub when it changes.
        let answer = app.get(&format!("{path}?q=lock"), &[]).await;
        assert!(!answer.headers().contains_key("link"));
        assert!(!answer.text().await.unwrap().contains(&hub));
    }
    app.stop().await;
}
