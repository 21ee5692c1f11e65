//! News that a hub pushed: read, folded and stored as a poll's are.

use super::{Digest, Refresher, Report, log, report};
use crate::address::Address;
use crate::feed::{FeedId, Timestamp, Validators};
use crate::fetch::Document;
use crate::schedule::{self, Arrivals};
use crate::store::PollRecord;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a delivery keeps its feed from being polled.
const LEASE: Duration = Duration::from_secs(60);

/// A document that a hub sent, its signature found right.
pub struct Delivery {
    /// Whose news these are.
    pub feed: FeedId,
    /// The address that the hub knows the feed by.
    pub topic: String,
    /// How long the hub goes on.
    pub until: Timestamp,
    /// The `Content-Type` of the delivery.
    pub content_type: Option<String>,
    /// The document.
    pub body: Vec<u8>,
}

impl Refresher {
    /// Reads and stores a delivery; `None` where its feed is gone or switched off, or where it is no
    /// feed. It is never an error of the feed: polls tell how that does.
    pub async fn take(&self, delivery: Delivery) -> Option<Report> {
        let now = self.clock.now();
        let claims = self
            .store
            .claim_regardless(vec![delivery.feed], now, LEASE)
            .await;
        let claim = match claims {
            Ok(mut claims) => claims.pop()?,
            Err(error) => {
                tracing::error!("what a hub pushed could not be stored: {error}");
                return None;
            }
        };
        let feed = claim.feed.clone();
        let started = tokio::time::Instant::now();
        let bytes = delivery.body.len() as u64;
        let document = Document {
            body: delivery.body,
            content_type: delivery.content_type,
            url: Address::parse(&delivery.topic).ok(),
            validators: Validators::default(),
            delta: true,
            link_headers: Vec::new(),
        };
        let content = match self.read(&feed, document).await {
            Ok(Digest { content, .. }) => content,
            Err(fault) => {
                let name = &feed.subscription.name;
                tracing::warn!(feed = name, "what a hub pushed is not taken: {fault}");
                if let Err(error) = self.store.release(vec![claim]).await {
                    tracing::error!(feed = name, "{error}");
                }
                return None;
            }
        };
        let (took, at) = (started.elapsed(), self.clock.now());
        let (settings, planned) = (Arc::clone(&self.fetch), feed.clone());
        let recorded = self
            .store
            .record(PollRecord {
                claim,
                at,
                status: None,
                duration: took,
                bytes,
                content: Some(content),
                validators: None,
                moved_to: None,
                fold: (*self.fold).clone(),
                newcomer_items: self.newcomer_items,
                plan: Box::new(move |arrivals: &Arrivals| {
                    schedule::pushed(&planned, delivery.until, arrivals, &settings, at)
                }),
            })
            .await;
        let report = report(
            &feed,
            super::Outcome::Updated,
            None,
            None,
            took,
            None,
            recorded,
        );
        log(&report);
        Some(report)
    }
}
