//! Polling one feed without a database: a claim in short notation, and a client that may contact
//! loopback.

use chrono::{DateTime, Utc};
use feedfold::config::Fetch;
use feedfold::feed::{
    Claim, Fault, Feed, FeedFacts, FeedId, Health, Origin, Pace, RequestSettings, Subscription,
    Timestamp, Validators,
};
use feedfold::fetch::{Answer, Client, Document, Fetched};
use std::time::Duration;

/// 2026-11-23 12:00 UTC: the time at which all polls here happen.
pub fn now() -> Timestamp {
    DateTime::<Utc>::from_timestamp(1_795_435_200, 0).unwrap()
}

/// A claim of a feed at this address that was never polled.
pub fn claim(url: impl Into<String>) -> Claim {
    Claim {
        feed: Feed {
            id: FeedId(1),
            subscription: Subscription {
                name: "feed".into(),
                url: url.into(),
                title: None,
                tags: Vec::new(),
                schedule: None,
                priority: 0,
                enabled: true,
                origin: Origin::Added,
                request: RequestSettings::default(),
            },
            facts: FeedFacts::default(),
            validators: Validators::default(),
            health: Health::default(),
            pace: Pace::default(),
            added: now(),
            next_due: Some(now()),
        },
        claimed: now(),
        lease_until: now() + Duration::from_secs(60),
    }
}

/// The same, with validators from an earlier poll.
pub fn claim_with(
    url: impl Into<String>,
    etag: Option<&str>,
    last_modified: Option<&str>,
) -> Claim {
    let mut claim = claim(url);
    claim.feed.validators = validators(etag, last_modified);
    claim
}

/// Validators of these texts.
pub fn validators(etag: Option<&str>, last_modified: Option<&str>) -> Validators {
    let bytes = |text: &str| text.as_bytes().to_vec();
    Validators {
        etag: etag.map(bytes),
        last_modified: last_modified.map(bytes),
    }
}

/// Settings that let loopback through.
pub fn settings() -> Fetch {
    Fetch {
        allow_private_networks: true,
        ..Fetch::default()
    }
}

/// Polls once with a fresh client.
pub async fn poll(claim: &Claim) -> Fetched {
    poll_with(&settings(), claim).await
}

/// Polls once with a fresh client of these settings.
pub async fn poll_with(settings: &Fetch, claim: &Claim) -> Fetched {
    Client::new(settings).unwrap().get(claim, now()).await
}

/// The document of a poll that found one.
pub fn document(fetched: Fetched) -> Document {
    match fetched.answer {
        Ok(Answer::Document(document)) => document,
        other => panic!("no document: {other:?}"),
    }
}

/// The fault of a poll that failed.
pub fn fault(fetched: Fetched) -> Fault {
    match fetched.answer {
        Err(fault) => fault,
        other => panic!("no fault: {other:?}"),
    }
}
