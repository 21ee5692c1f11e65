//! A store with feeds and polls in short notation.

use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::config;
use feedfold::entry::Item;
use feedfold::feed::{
    Claim, FeedFacts, Health, Origin, Pace, RequestSettings, Subscription, Timestamp, Validators,
};
use feedfold::fold::{FeedContext, Printed, prepare};
use feedfold::schedule::{Arrivals, Next};
use feedfold::store::{Content, PollRecord, Recorded, Store, pack};
use feedfold::text::{Plain, SafeHtml};
use std::time::Duration;

/// How long claims of tests last.
pub const LEASE: Duration = Duration::from_secs(300);

/// The moment that tests begin at.
pub fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// So many minutes after [`noon`].
pub fn minutes(minutes: i64) -> Timestamp {
    noon() + TimeDelta::minutes(minutes)
}

/// A subscription to `https://NAME.example/feed`.
pub fn subscription(name: &str) -> Subscription {
    Subscription {
        name: name.to_owned(),
        url: format!("https://{name}.example/feed"),
        title: None,
        tags: Vec::new(),
        schedule: None,
        priority: 0,
        enabled: true,
        origin: Origin::Config,
        request: RequestSettings::default(),
    }
}

/// An item with guid, link and text made from `slug`, and a headline.
pub fn item(feed: &str, slug: &str, title: &str, published: Timestamp) -> Item {
    Item {
        guid: Some(format!("{feed}:{slug}")),
        link: Address::parse(&format!("https://{feed}.example/{slug}")).ok(),
        title: Plain::new(title),
        published: Some(published),
        content: Some(SafeHtml::clean(
            &format!("<p>{title}. Told by {feed} about {slug}.</p>"),
            None,
        )),
        ..Item::default()
    }
}

/// What a poll says, to be recorded with [`Poll::record`].
pub struct Poll {
    record: PollRecord,
}

impl Poll {
    /// A 304 at `at`, the next poll half an hour later.
    pub fn unchanged(claim: Claim, at: Timestamp) -> Self {
        Self {
            record: PollRecord {
                claim,
                at,
                status: Some(304),
                duration: Duration::from_millis(20),
                bytes: 0,
                content: None,
                validators: None,
                moved_to: None,
                fold: config::Fold::default(),
                newcomer_items: 3,
                plan: Box::new(move |_| next(at)),
            },
        }
    }

    /// A document with these items at `at`.
    pub fn document(claim: Claim, at: Timestamp, items: Vec<Item>) -> Self {
        let feed = claim.feed.id;
        let subscription = claim.feed.subscription.clone();
        let context = FeedContext {
            feed,
            title: subscription.title.unwrap_or(subscription.name.clone()),
            hosts: vec![format!("{}.example", subscription.name)],
            name: subscription.name,
            priority: subscription.priority,
        };
        let mut poll = Self::unchanged(claim, at);
        poll.record.status = Some(200);
        poll.record.content = Some(Content {
            facts: FeedFacts {
                title: Plain::new(&context.title),
                ..FeedFacts::default()
            },
            items: pack(
                items
                    .into_iter()
                    .map(|item| prepare(item, &context))
                    .collect(),
                at,
            )
            .unwrap(),
            context,
            unchanged: Vec::new(),
            delta: false,
        });
        poll
    }

    /// The document also has these items, which were found to be stored as they are.
    pub fn with_unchanged(mut self, items: Vec<Item>) -> Self {
        let content = self.record.content.as_mut().unwrap();
        content.unchanged = items.into_iter().map(Printed::of).collect();
        self
    }

    /// Folds as these settings say.
    pub fn folded(mut self, fold: config::Fold) -> Self {
        self.record.fold = fold;
        self
    }

    pub fn validators(mut self, etag: &str) -> Self {
        self.record.validators = Some(Validators {
            etag: Some(etag.as_bytes().to_vec()),
            last_modified: None,
        });
        self
    }

    pub fn moved_to(mut self, url: &str) -> Self {
        self.record.moved_to = Some(Address::parse(url).unwrap());
        self
    }

    pub fn plan(mut self, plan: impl FnOnce(&Arrivals) -> Next + Send + 'static) -> Self {
        self.record.plan = Box::new(plan);
        self
    }

    pub async fn record(self, store: &Store) -> Recorded {
        store.record(self.record).await.unwrap()
    }
}

/// After a good poll: again in half an hour.
pub fn next(at: Timestamp) -> Next {
    Next {
        health: Health {
            last_poll: Some(at),
            last_success: Some(at),
            ..Health::default()
        },
        pace: Pace::default(),
        next_due: Some(at + TimeDelta::minutes(30)),
        pause: None,
    }
}

/// Subscribes to feeds of these names.
pub async fn subscribe(store: &Store, names: &[&str]) {
    for name in names {
        store.add_feed(subscription(name), noon()).await.unwrap();
    }
}

/// Takes the right to poll a feed.
pub async fn claim(store: &Store, name: &str, now: Timestamp) -> Claim {
    let names = Some(vec![name.to_owned()]);
    let claims = store.claim_named(names, now, LEASE).await.unwrap();
    claims.into_iter().next().unwrap()
}

/// Polls a feed by hand: its document has these items.
pub async fn poll(store: &Store, name: &str, at: Timestamp, items: Vec<Item>) -> Recorded {
    let claim = claim(store, name, at).await;
    Poll::document(claim, at, items).record(store).await
}
