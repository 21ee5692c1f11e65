//! Counters for Prometheus (OpenMetrics text format).

use crate::entry::Role;
use crate::refresh::{Outcome, Report};
use crate::store::{Batch, Overview};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Feeds whose failures are told one by one: those that failed the most often in a row.
pub(super) const FAILING_TOLD: usize = 20;

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
    failures: Family<Labels, Gauge>,
    pushes_waiting: Gauge,
    writer_waiting: Gauge,
    batch_jobs: Histogram,
    batch_seconds: Histogram,
    request_seconds: Histogram,
    database_bytes: Gauge,
    disk_free_bytes: Gauge,
    overdue_seconds: Gauge,
    /// Held from setting what the store tells until all is written: two may ask at once.
    scrape: Mutex<()>,
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
        let failures = Family::<Labels, Gauge>::default();
        let (pushes_waiting, writer_waiting) = (Gauge::default(), Gauge::default());
        let batch_jobs = Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]);
        let batch_seconds = Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]);
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
            "New entries by how they stand in their story: lead, copy or coverage",
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
            "feed_failures",
            "Polls of a feed that failed in a row, of those that failed the most often",
            failures.clone(),
        );
        registry.register(
            "pushes_waiting",
            "Deliveries of hubs that wait to be read",
            pushes_waiting.clone(),
        );
        registry.register(
            "writer_waiting",
            "Jobs that wait for the database's writer",
            writer_waiting.clone(),
        );
        registry.register(
            "writer_batch_jobs",
            "Jobs that the database's writer committed together",
            batch_jobs.clone(),
        );
        registry.register(
            "writer_batch_duration_seconds",
            "How long such a batch took, its commit included",
            batch_seconds.clone(),
        );
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
        for role in [Role::Lead, Role::Copy, Role::Coverage] {
            drop(folded.get_or_create(&vec![("decision", role.word().to_owned())]));
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
            failures,
            pushes_waiting,
            writer_waiting,
            batch_jobs,
            batch_seconds,
            request_seconds,
            database_bytes,
            disk_free_bytes,
            overdue_seconds,
            scrape: Mutex::default(),
        }
    }
}

/// What the store and the queues tell at the moment of a scrape.
pub(super) struct Present<'a> {
    /// Feeds whose failures may be told, and how often each failed in a row.
    pub(super) failing: &'a [(String, u32)],
    /// How the feeds and the database fare.
    pub(super) overview: &'a Overview,
    /// Entries that are stored.
    pub(super) entries: u64,
    /// Stories that are stored.
    pub(super) stories: u64,
    /// Polls that wait, and polls that run.
    pub(super) polls: (usize, usize),
    /// Deliveries of hubs that wait.
    pub(super) pushes: usize,
    /// Jobs that wait for the writer.
    pub(super) jobs: usize,
}

impl Metrics {
    /// Counts a poll.
    pub(super) fn poll(&self, outcome: Outcome, took: Duration) {
        self.polls
            .get_or_create(&vec![("outcome", outcome.word().to_owned())])
            .inc();
        self.poll_seconds.observe(took.as_secs_f64());
    }

    /// Polls that ended so since the program started.
    pub(super) fn polls_of(&self, outcome: &str) -> u64 {
        self.polls
            .get_or_create(&vec![("outcome", outcome.to_owned())])
            .get()
    }

    /// Counts the entries that a poll or a push brought.
    pub(super) fn entries(&self, report: &Report) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.new_entries.inc_by(count(report.new));
        for (role, number) in [
            (Role::Lead, report.new.saturating_sub(report.duplicates)),
            (Role::Copy, report.copies),
            (
                Role::Coverage,
                report.duplicates.saturating_sub(report.copies),
            ),
        ] {
            self.folded
                .get_or_create(&vec![("decision", role.word().to_owned())])
                .inc_by(count(number));
        }
    }

    /// Counts what the writer committed together.
    pub(super) fn batch(&self, batch: Batch) {
        // A batch has at most a few hundred jobs.
        self.batch_jobs.observe(batch.jobs as f64);
        self.batch_seconds.observe(batch.took.as_secs_f64());
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

    /// Everything, in the text format of OpenMetrics 1.0.
    pub(super) fn text(&self, present: &Present<'_>) -> String {
        let _alone = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        self.set(present);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn set(&self, present: &Present<'_>) {
        let overview = present.overview;
        self.database_bytes.set(whole(overview.bytes));
        self.disk_free_bytes.set(overview.free.map_or(-1, whole));
        self.overdue_seconds
            .set(whole(overview.overdue_by.as_secs()));
        self.pushes_waiting.set(whole(present.pushes));
        self.writer_waiting.set(whole(present.jobs));
        let set = |family: &Family<Labels, Gauge>, label, value: &str, number: i64| {
            family
                .get_or_create(&vec![(label, value.to_owned())])
                .set(number);
        };
        set(&self.stored, "kind", "entries", whole(present.entries));
        set(&self.stored, "kind", "stories", whole(present.stories));
        set(&self.polls_now, "state", "waiting", whole(present.polls.0));
        set(&self.polls_now, "state", "running", whole(present.polls.1));
        for (state, number) in overview.states() {
            set(&self.feeds, "state", state.word(), whole(number));
        }
        // Feeds come and go, and so do their failures.
        self.failures.clear();
        for (name, failures) in present.failing {
            set(&self.failures, "feed", name, whole(*failures));
        }
    }
}

/// A number as a gauge holds it.
fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
