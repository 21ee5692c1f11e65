//! Subscriptions at hubs (W3C WebSub): asked for, renewed before their end, and left.
//!
//! What to do is decided by a pure function from what the feeds want and what is stored; a hub's
//! answer only says that it has heard. What counts is its request to the callback.

use super::Refresher;
use crate::address::Address;
use crate::feed::{Feed, FeedId, Hub, Timestamp};
use crate::store::{Error, HubSubscription};
use chrono::TimeDelta;
use std::collections::HashMap;

/// How long a hub is asked to push.
const LEASE: TimeDelta = TimeDelta::days(10);

/// Requests to hubs in one turn.
const MOST_A_TURN: usize = 32;

/// A hub that does not answer is told so often that a subscription ends; then it is forgotten.
const FAREWELLS: u32 = 3;

/// One thing to do.
#[derive(Debug, PartialEq)]
enum Step {
    Begin(FeedId, Hub),
    /// Ask the hub to subscribe, to renew, or to forget.
    Ask(i64),
    Leave(i64),
    Forget(i64),
}

impl Refresher {
    /// Brings the subscriptions at hubs in step with what the feeds want. `base` is the address that
    /// hubs can call back; without one, all are left.
    ///
    /// # Errors
    /// Of the store. Hubs that fail are logged, and asked again later.
    pub async fn subscribe_at_hubs(&self, base: Option<&str>) -> Result<(), Error> {
        let now = self.clock.now();
        let feeds = match base {
            Some(_) => self.store.feeds_with_hubs().await?,
            None => Vec::new(),
        };
        let mut known = self.store.hub_subscriptions().await?;
        for step in steps(&feeds, &known, now) {
            match step {
                Step::Begin(feed, hub) => {
                    self.store.add_hub_subscription(feed, hub, now).await?;
                }
                Step::Leave(id) => {
                    if let Some(subscription) = known.iter_mut().find(|known| known.id == id) {
                        subscription.leaving = true;
                        subscription.failures = 0;
                        subscription.ask_at = now;
                        let subscription = subscription.clone();
                        self.store.change_hub_subscription(subscription).await?;
                    }
                }
                Step::Forget(id) => self.store.remove_hub_subscription(id).await?,
                Step::Ask(_) => {}
            }
        }
        // Those that were begun or are to be left by now are asked about in the same turn.
        let known = self.store.hub_subscriptions().await?;
        let asked = steps(&feeds, &known, now)
            .into_iter()
            .filter_map(|step| match step {
                Step::Ask(id) => known.iter().find(|known| known.id == id),
                _ => None,
            });
        for subscription in asked.take(MOST_A_TURN) {
            self.ask_hub(subscription.clone(), base.unwrap_or_default(), now)
                .await?;
        }
        Ok(())
    }

    /// Asks a hub. That it was asked is stored before, since its answer may come before that of the
    /// request, and so that a crash asks nobody in a circle.
    async fn ask_hub(
        &self,
        mut subscription: HubSubscription,
        base: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        subscription.failures = subscription.failures.saturating_add(1);
        subscription.ask_at = now + again_after(subscription.failures);
        self.store
            .change_hub_subscription(subscription.clone())
            .await?;
        let callback = format!("{base}/websub/{}", subscription.token);
        let lease = LEASE.num_seconds().to_string();
        let mode = if subscription.leaving {
            "unsubscribe"
        } else {
            "subscribe"
        };
        let fields = [
            ("hub.callback", callback.as_str()),
            ("hub.mode", mode),
            ("hub.topic", &subscription.hub.topic),
            ("hub.lease_seconds", &lease),
            ("hub.secret", &subscription.secret),
        ];
        let asked = match Address::parse(&subscription.hub.url) {
            Ok(hub) => self.client.post_form(&hub, &fields).await,
            Err(problem) => {
                tracing::warn!("a hub cannot be asked: its address {problem}");
                return Ok(());
            }
        };
        match asked {
            Ok(()) => tracing::debug!(mode, "a hub was asked"),
            Err(fault) => tracing::warn!(mode, "a hub could not be asked: {fault}"),
        }
        Ok(())
    }
}

/// What is to be done at `now`.
fn steps(feeds: &[Feed], known: &[HubSubscription], now: Timestamp) -> Vec<Step> {
    let mut wanted: HashMap<(FeedId, &Hub), bool> = feeds
        .iter()
        .filter_map(|feed| Some(((feed.id, feed.pace.hub.as_ref()?), false)))
        .collect();
    let mut steps = Vec::new();
    for subscription in known {
        let due = subscription.ask_at <= now;
        if subscription.leaving {
            if due && subscription.failures >= FAREWELLS {
                steps.push(Step::Forget(subscription.id));
            } else if due {
                steps.push(Step::Ask(subscription.id));
            }
            continue;
        }
        match wanted.get_mut(&(subscription.feed, &subscription.hub)) {
            Some(there) if !*there => {
                *there = true;
                if due {
                    steps.push(Step::Ask(subscription.id));
                }
            }
            _ => steps.push(Step::Leave(subscription.id)),
        }
    }
    let mut missing: Vec<(FeedId, &Hub)> = wanted
        .into_iter()
        .filter_map(|(wanted, there)| (!there).then_some(wanted))
        .collect();
    missing.sort_by_key(|(feed, _)| *feed);
    steps.extend(
        missing
            .into_iter()
            .map(|(feed, hub)| Step::Begin(feed, hub.clone())),
    );
    steps
}

/// Half an hour after the first request that was not confirmed, twice as long after each further
/// one, a day at most.
fn again_after(failures: u32) -> TimeDelta {
    (TimeDelta::minutes(15) * 2_i32.pow(failures.min(7))).min(TimeDelta::days(1))
}
