//! Counters for Prometheus (OpenMetrics text format).

use crate::refresh::Outcome;
use crate::store::Overview;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// How new entries are folded: under another one, or as a story of their own.
const DECISIONS: [&str; 2] = ["folded", "opened"];

type Labels = Vec<(&'static str, String)>;

/// What is counted while the program runs, and what is read from the store at each scrape.
pub(super) struct Metrics {
    registry: Registry,
    polls: Family<Labels, Counter>,
    poll_seconds: Histogram,
    new_entries: Counter,
    folded: Family<Labels, Counter>,
    requests: Family<Labels, Counter>,
    stored: Family<Labels, Gauge>,
    feeds: Family<Labels, Gauge>,
    polls_now: Family<Labels, Gauge>,
    request_seconds: Histogram,
    database_bytes: Gauge,
    disk_free_bytes: Gauge,
    overdue_seconds: Gauge,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics(..)")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        let polls = Family::<Labels, Counter>::default();
        let poll_seconds = Histogram::new(seconds);
        let new_entries = Counter::default();
        let folded = Family::<Labels, Counter>::default();
        let requests = Family::<Labels, Counter>::default();
        let stored = Family::<Labels, Gauge>::default();
        let feeds = Family::<Labels, Gauge>::default();
        let polls_now = Family::<Labels, Gauge>::default();
        let request_seconds = Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]);
        let database_bytes = Gauge::default();
        let disk_free_bytes = Gauge::default();
        let overdue_seconds = Gauge::default();
        let mut registry = Registry::with_prefix("feedfold");
        registry.register("polls", "Polls by outcome", polls.clone());
        registry.register(
            "poll_duration_seconds",
            "How long a poll took, redirects and body included",
            poll_seconds.clone(),
        );
        registry.register("new_entries", "Entries seen first", new_entries.clone());
        registry.register(
            "fold_decisions",
            "New entries by how they were folded",
            folded.clone(),
        );
        registry.register(
            "http_requests",
            "Requests by route and status",
            requests.clone(),
        );
        registry.register("stored", "What the database holds, by kind", stored.clone());
        registry.register("feeds", "Feeds by state", feeds.clone());
        registry.register("polls_now", "Polls that wait or run", polls_now.clone());
        registry.register(
            "http_request_duration_seconds",
            "How long answering took, until the body began",
            request_seconds.clone(),
        );
        registry.register(
            "database_bytes",
            "Size of the database",
            database_bytes.clone(),
        );
        registry.register(
            "disk_free_bytes",
            "Room that the database's disk has left; -1 where that can't be told",
            disk_free_bytes.clone(),
        );
        registry.register(
            "overdue_seconds",
            "How long the feed that is due the longest has been due",
            overdue_seconds.clone(),
        );
        // What has not happened yet is counted too: a rate needs a beginning.
        for outcome in Outcome::ALL {
            drop(polls.get_or_create(&vec![("outcome", outcome.word().to_owned())]));
        }
        for decision in DECISIONS {
            drop(folded.get_or_create(&vec![("decision", decision.to_owned())]));
        }
        Self {
            registry,
            polls,
            poll_seconds,
            new_entries,
            folded,
            requests,
            stored,
            feeds,
            polls_now,
            request_seconds,
            database_bytes,
            disk_free_bytes,
            overdue_seconds,
        }
    }
}

impl Metrics {
    /// Counts a poll. `outcome` is the word that `feedfold fetch` prints.
    pub(super) fn poll(&self, outcome: &str, duration: Duration) {
        self.polls
            .get_or_create(&vec![("outcome", outcome.to_owned())])
            .inc();
        self.poll_seconds.observe(duration.as_secs_f64());
    }

    /// Polls that ended so since the program started.
    pub(super) fn polls_of(&self, outcome: &str) -> u64 {
        self.polls
            .get_or_create(&vec![("outcome", outcome.to_owned())])
            .get()
    }

    /// Counts what a poll brought: entries first seen, `folded` of them under another entry.
    pub(super) fn entries(&self, new: usize, folded: usize) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.new_entries.inc_by(count(new));
        let numbers = [folded, new.saturating_sub(folded)];
        for (decision, number) in DECISIONS.into_iter().zip(numbers) {
            self.folded
                .get_or_create(&vec![("decision", decision.to_owned())])
                .inc_by(count(number));
        }
    }

    /// Counts a request. `route` is the pattern that answered, not the address asked for.
    pub(super) fn request(&self, route: &str, status: u16) {
        self.requests
            .get_or_create(&vec![
                ("route", route.to_owned()),
                ("status", status.to_string()),
            ])
            .inc();
    }

    /// Notes how long answering a request took.
    pub(super) fn request_took(&self, took: Duration) {
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Sets the size of the database, and how long the feed that is due the longest has been due.
    pub(super) fn set_database(&self, overview: &Overview) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.database_bytes.set(whole(overview.bytes));
        self.disk_free_bytes.set(overview.free.map_or(-1, whole));
        self.overdue_seconds
            .set(whole(overview.overdue_by.as_secs()));
    }

    /// Sets how much of `kind` the database holds.
    pub(super) fn set_stored(&self, kind: &str, number: u64) {
        self.stored
            .get_or_create(&vec![("kind", kind.to_owned())])
            .set(i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// Sets how many feeds are in `state`.
    pub(super) fn set_feeds(&self, state: &str, number: u64) {
        self.feeds
            .get_or_create(&vec![("state", state.to_owned())])
            .set(i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// Sets how many polls wait and run.
    pub(super) fn set_polls(&self, waiting: usize, running: usize) {
        for (state, number) in [("waiting", waiting), ("running", running)] {
            self.polls_now
                .get_or_create(&vec![("state", state.to_owned())])
                .set(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }

    /// Everything, in the text format of OpenMetrics 1.0.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shown_by_label() {
        let metrics = Metrics::default();
        metrics.poll("updated", Duration::from_millis(120));
        metrics.poll("error", Duration::from_secs(1));
        metrics.entries(10, 3);
        metrics.request("/feed.atom", 304);
        metrics.set_feeds("ok", 7);
        let text = metrics.text();
        for line in [
            r#"feedfold_polls_total{outcome="updated"} 1"#,
            r#"feedfold_fold_decisions_total{decision="folded"} 3"#,
            r#"feedfold_fold_decisions_total{decision="opened"} 7"#,
            r#"feedfold_http_requests_total{route="/feed.atom",status="304"} 1"#,
            r#"feedfold_feeds{state="ok"} 7"#,
            r#"feedfold_poll_duration_seconds_bucket{le="0.25"} 1"#,
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
    }
}
