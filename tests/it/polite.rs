//! The rules of polite polling, shown on the whole program: what it asks an origin for, and what
//! it says afterwards. Numbers are those of the rules in docs/polling.md and of the modules' tests.

mod bodies;
mod combinations;
mod conditional;
mod entries;
mod files;
mod guard;
mod health;
mod oddities;
mod pace;
mod redirects;
mod secrets;
mod transport;

use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Asked, Origin, Reply};
use crate::support::program::Place;
use chrono::{TimeDelta, Utc};
use feedfold::feed::Timestamp;
use serde_json::Value;

const SITE: &str = "quietharbor.example";

/// A feed of so many posts.
fn document(posts: usize) -> String {
    let posts: Vec<Post> = (0..posts)
        .map(|number| {
            let text = format!("<p>The {number}th pier of the harbor was painted today.</p>");
            let title = format!("Pier {number} gets paint of number {}", number * 7 + 3);
            let date = "2026-11-01T08:00:00Z".parse::<Timestamp>().unwrap()
                + TimeDelta::minutes(i64::try_from(number).unwrap());
            post(SITE, &format!("pier-{number}"), &title, &text, date)
        })
        .collect();
    rss("Quiet Harbor", SITE, &posts)
}

/// A feed with this inside its channel, before its items.
fn document_with(inside: &str) -> String {
    document(2).replacen("<item>", &format!("{inside}<item>"), 1)
}

fn feed(posts: usize) -> Reply {
    Reply::feed(document(posts))
}

/// The machine's time, since the program under test reads that.
fn now() -> Timestamp {
    #[allow(clippy::disallowed_methods)]
    Utc::now()
}

/// An HTTP date so many seconds from now.
fn http_date(seconds: i64) -> String {
    (now() + TimeDelta::seconds(seconds))
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// One feed of an origin and the program that polls it.
struct Scene {
    origin: Origin,
    place: Place,
}

impl Scene {
    /// The feed answers with these replies, one after the other; the last one repeats.
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with("", replies)
    }

    /// With further keys of the feed.
    fn with(keys: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        let origin = Origin::start();
        origin.on_each("/feed", replies);
        let place = Place::with(&subscription("feed", &origin.url("/feed"), keys));
        Self { origin, place }
    }

    /// With an interval instead of half hours, and one adaptive poll after the other.
    fn auto(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with("schedule = \"every 10m\"\n", replies)
    }

    /// Polls the feed by `fetch --all`: its line.
    fn poll(&self) -> Value {
        let mut lines = self.place.json(&["fetch", "--all", "--json"]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }

    /// Polls, and expects this outcome.
    fn expect(&self, outcome: &str) -> Value {
        let line = self.poll();
        assert_eq!(line["outcome"], outcome, "{line}");
        line
    }

    /// The feed as `feeds list` has it.
    fn state(&self) -> Value {
        self.place.json(&["feeds", "list", "--json"]).remove(0)
    }

    fn entries(&self) -> Vec<Value> {
        entries(&self.place)
    }

    fn asked(&self) -> Vec<Asked> {
        self.origin.asked("/feed")
    }

    /// Minutes from now to the next poll.
    fn due_in(&self) -> i64 {
        let due = self.state()["next_due"].clone();
        minutes_until(&due)
    }
}

fn entries(place: &Place) -> Vec<Value> {
    place.json(&["query", "--json", "--limit", "200000"])
}

fn minutes_until(due: &Value) -> i64 {
    let due: Timestamp = due
        .as_str()
        .unwrap_or_else(|| panic!("{due}"))
        .parse()
        .unwrap();
    (due - now() + TimeDelta::seconds(30)).num_minutes()
}

fn subscription(name: &str, url: &str, keys: &str) -> String {
    format!("[[feeds]]\nname = \"{name}\"\nurl = \"{url}\"\n{keys}")
}

/// Whether a number lies between two others, with a message.
fn within(value: i64, least: i64, most: i64, what: &str) {
    assert!(
        (least..=most).contains(&value),
        "{what}: {value}, not {least} to {most}"
    );
}
