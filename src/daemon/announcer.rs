//! The part of the service that tells a hub which merged feeds changed, so that it fetches them and
//! passes the news on (W3C WebSub section 4 leaves the form open; this is PubSubHubbub 0.4's, which
//! hubs take).

use crate::address::Address;
use crate::clock::Clock;
use crate::config::Config;
use crate::feed::Timestamp;
use crate::fetch::Client;
use crate::http::{Service, Topic};
use chrono::TimeDelta;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether a feed changed: what changes within is told once.
const LOOK: TimeDelta = TimeDelta::seconds(15);
/// How long a hub that could not be told is left alone, doubled with each failure.
const AGAIN: TimeDelta = TimeDelta::minutes(1);
const AGAIN_AT_MOST: TimeDelta = TimeDelta::hours(1);

/// What it works with.
pub(super) struct Announcer {
    pub(super) service: Service,
    pub(super) clock: Clock,
}

/// What is known of the feeds, and what the hub has yet to hear.
#[derive(Default)]
struct Told {
    /// Tags by first address. What was there at the start is no news.
    known: Option<HashMap<String, String>>,
    /// Addresses that the hub has not been told of: at most three a view.
    waiting: BTreeSet<String>,
    failures: u32,
    not_before: Option<Timestamp>,
}

impl Announcer {
    /// Runs until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut config = self.service.config();
        let mut client = client_of(&config);
        let mut told = Told::default();
        while !stop.is_cancelled() {
            let present = self.service.config();
            if !Arc::ptr_eq(&config, &present) {
                config = present;
                client = client_of(&config);
            }
            if let (Some(hub), Some(client)) = (&config.publish.hub, &client) {
                told.compare(self.service.topics().await);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = told.tell(hub, client, self.clock.now()) => {}
                }
            } else {
                told = Told::default();
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(self.clock.now() + LOOK) => {}
            }
        }
    }
}

/// A client, where a hub is configured.
fn client_of(config: &Config) -> Option<Client> {
    config.publish.hub.as_ref()?;
    Client::new(&config.fetch)
        .inspect_err(|fault| tracing::error!("the hub cannot be told: {fault}"))
        .ok()
}

impl Told {
    /// Takes over what the feeds are now.
    fn compare(&mut self, topics: Vec<Topic>) {
        let mut now = HashMap::with_capacity(topics.len());
        for topic in topics {
            let Some(first) = topic.urls.first().cloned() else {
                continue;
            };
            let before = self.known.as_ref().map(|known| known.get(&first));
            if before.is_some_and(|before| before.is_some_and(|tag| *tag != topic.tag)) {
                self.waiting.extend(topic.urls);
            }
            now.insert(first, topic.tag);
        }
        self.known = Some(now);
    }

    /// Tells the hub, unless it failed a short while ago.
    async fn tell(&mut self, hub: &Address, client: &Client, now: Timestamp) {
        if self.not_before.is_some_and(|moment| now < moment) {
            return;
        }
        while let Some(url) = self.waiting.first() {
            let fields = [("hub.mode", "publish"), ("hub.url", url.as_str())];
            if let Err(fault) = client.post_form(hub, &fields).await {
                let wait = AGAIN * 2_i32.saturating_pow(self.failures.min(6));
                let wait = wait.min(AGAIN_AT_MOST);
                self.failures += 1;
                self.not_before = Some(now + wait);
                tracing::warn!(
                    "the hub could not be told of news, again in {} min: {fault}",
                    wait.num_minutes()
                );
                return;
            }
            self.waiting.pop_first();
        }
        self.failures = 0;
        self.not_before = None;
    }
}
