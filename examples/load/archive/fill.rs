//! Fills a store as years of polls would.

use super::entries::item;
use anyhow::Context as _;
use chrono::TimeDelta;
use feedfold::config;
use feedfold::feed::{
    Claim, FeedFacts, Health, Origin, Pace, RequestSettings, Subscription, Timestamp, Validators,
};
use feedfold::fold::{FeedContext, prepare};
use feedfold::schedule::Next;
use feedfold::store::{Content, PollRecord, Store, pack};
use feedfold::text::Plain;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a claim holds: longer than anything takes here.
pub(crate) const LEASE: Duration = Duration::from_secs(300);
/// New entries of a poll.
pub(crate) const ENTRIES_A_POLL: usize = 10;
/// Moments at which something arrives.
const MOMENTS: usize = 500;
/// Polls that are prepared and stored at once.
const AT_ONCE: usize = 16;

/// What a store is filled with.
pub(crate) struct Archive<'a> {
    pub(crate) feeds: usize,
    pub(crate) entries: usize,
    /// How long it took them to arrive, the last ones at `until`.
    pub(crate) days: usize,
    pub(crate) until: Timestamp,
    /// Where a feed is fetched from.
    pub(crate) url: &'a (dyn Fn(usize) -> String + Sync),
}

fn subscription(number: usize, url: String) -> Subscription {
    Subscription {
        name: format!("outlet-{number}"),
        url,
        title: None,
        tags: vec![format!("tag-{}", number % 20)],
        schedule: None,
        priority: 0,
        enabled: true,
        origin: Origin::Added,
        request: RequestSettings::default(),
    }
}

/// A poll at `at` that found entries of the feed, from its `first` on.
pub(super) fn poll(claim: Claim, at: Timestamp, first: usize) -> anyhow::Result<PollRecord> {
    let name = &claim.feed.subscription.name;
    let feed: usize = name
        .strip_prefix("outlet-")
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("'{name}' is none of the feeds that 'fill' makes"))?;
    let facts = FeedFacts {
        title: Plain::new(&format!("Outlet {feed}")),
        site: feedfold::address::Address::parse(&format!("https://www.outlet-{feed}.example/"))
            .ok(),
        language: Some("en".to_owned()),
    };
    let context = FeedContext::of(&claim.feed, &facts);
    let items = (first..first + ENTRIES_A_POLL)
        .map(|number| prepare(item(feed, number, at), &context))
        .collect();
    Ok(PollRecord {
        at,
        status: Some(200),
        duration: Duration::from_millis(50),
        bytes: 40_000,
        content: Some(Content {
            facts,
            items: pack(items, at)?,
            context,
            unchanged: Vec::new(),
            delta: false,
        }),
        validators: Some(Validators {
            etag: Some(b"\"made-up\"".to_vec()),
            last_modified: None,
        }),
        moved_to: None,
        fold: config::Fold::default(),
        newcomer_items: 3,
        plan: Box::new(move |_| Next {
            health: Health {
                last_poll: Some(at),
                last_success: Some(at),
                ..Health::default()
            },
            pace: Pace::default(),
            next_due: Some(at + TimeDelta::minutes(30)),
            pause: None,
        }),
        claim,
    })
}

/// Makes the store: the feeds take turns, evenly over the days.
pub(crate) async fn fill(path: &Path, archive: &Archive<'_>) -> anyhow::Result<()> {
    let span = TimeDelta::days(archive.days.try_into()?);
    let begin = archive.until - span;
    let store = Store::open(path, begin)?;
    subscribe(&store, archive, begin).await?;
    let polls = archive.entries.div_ceil(ENTRIES_A_POLL);
    let at_a_moment = polls.div_ceil(MOMENTS);
    for moment in 0..MOMENTS {
        if moment * at_a_moment >= polls {
            break;
        }
        let numbers = moment * at_a_moment..((moment + 1) * at_a_moment).min(polls);
        let at = begin + span * (moment + 1).try_into()? / MOMENTS.try_into()?;
        let mut left: Vec<usize> = numbers.rev().collect();
        // A feed that has two turns in one moment is claimed twice.
        while !left.is_empty() {
            let round = left.split_off(left.len().saturating_sub(archive.feeds));
            record(&store, archive.feeds, round, at).await?;
        }
        if (moment + 1) % 50 == 0 {
            let done = (moment + 1) * at_a_moment * ENTRIES_A_POLL;
            eprintln!("filling: {} entries", done.min(archive.entries));
        }
    }
    store.close().await;
    Ok(())
}

async fn subscribe(store: &Store, archive: &Archive<'_>, at: Timestamp) -> anyhow::Result<()> {
    let mut adding = JoinSet::new();
    for feed in 0..archive.feeds {
        let (store, wanted) = (store.clone(), subscription(feed, (archive.url)(feed)));
        adding.spawn(async move { store.add_feed(wanted, at).await });
        // Those that wait are stored in one transaction.
        if adding.len() >= 64 {
            adding.join_next().await.transpose()?.transpose()?;
        }
    }
    while let Some(added) = adding.join_next().await {
        added??;
    }
    Ok(())
}

/// Records the polls of those numbers, each of another feed.
async fn record(
    store: &Store,
    feeds: usize,
    polls: Vec<usize>,
    at: Timestamp,
) -> anyhow::Result<()> {
    let names = polls.iter().map(|poll| format!("outlet-{}", poll % feeds));
    let first = polls
        .iter()
        .map(|poll| {
            (
                format!("outlet-{}", poll % feeds),
                poll / feeds * ENTRIES_A_POLL,
            )
        })
        .collect::<std::collections::HashMap<_, _>>();
    let claims = store.claim_named(Some(names.collect()), at, LEASE).await?;
    let mut recording = JoinSet::new();
    for claim in claims {
        let store = store.clone();
        let first = first
            .get(&claim.feed.subscription.name)
            .copied()
            .unwrap_or_default();
        recording.spawn(async move {
            let made = tokio::task::spawn_blocking(move || poll(claim, at, first)).await??;
            store.record(made).await?;
            anyhow::Ok(())
        });
        if recording.len() >= AT_ONCE {
            recording.join_next().await.transpose()?.transpose()?;
        }
    }
    while let Some(done) = recording.join_next().await {
        done??;
    }
    Ok(())
}
