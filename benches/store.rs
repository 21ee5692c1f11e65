//! What storing, polling, searching and reading cost, on made-up entries: the same ones each time.
//!
//! `cargo bench --bench store`. Before the measurements it prints what a cold start costs: 1,000
//! feeds of 30 entries each, recorded and folded, and the size of the file afterwards.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod invented;

use chrono::TimeDelta;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use feedfold::config;
use feedfold::entry::{EntryId, Item};
use feedfold::feed::{
    Claim, FeedFacts, Health, Origin, Pace, RequestSettings, Subscription, Timestamp, Validators,
};
use feedfold::fold::{FeedContext, Prepared, prepare};
use feedfold::query::{EntryQuery, FoldLevel, parse_text};
use feedfold::schedule::Next;
use feedfold::store::{Content, PollRecord, Store, Window, pack};
use feedfold::text::Plain;
use invented::{Random, noon};
use std::cell::Cell;
use std::hint::black_box;
use std::ops::Range;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

const FEEDS: usize = 1_000;
const ENTRIES: usize = 30;
const LEASE: Duration = Duration::from_secs(300);

fn subscription(number: usize) -> Subscription {
    Subscription {
        name: format!("outlet-{number}"),
        url: format!("https://www.outlet-{number}.example/feed"),
        title: None,
        tags: vec![format!("tag-{}", number % 20)],
        schedule: None,
        priority: 0,
        enabled: true,
        origin: Origin::Config,
        request: RequestSettings::default(),
    }
}

/// The entries of a feed with those numbers.
fn entries(feed: usize, numbers: Range<usize>) -> Vec<Item> {
    numbers
        .map(|number| Random((number as u64) << 32 ^ feed as u64).item(feed, number))
        .collect()
}

fn context(claim: &Claim) -> FeedContext {
    let name = claim.feed.subscription.name.clone();
    FeedContext {
        feed: claim.feed.id,
        title: name.clone(),
        hosts: vec![format!("www.{name}.example")],
        name,
        priority: 0,
    }
}

fn record(claim: Claim, at: Timestamp, items: Option<Vec<Prepared>>) -> PollRecord {
    let context = context(&claim);
    PollRecord {
        at,
        status: Some(200),
        duration: Duration::from_millis(50),
        bytes: 80_000,
        content: items.map(|items| Content {
            facts: FeedFacts {
                title: Plain::new(&context.title),
                ..FeedFacts::default()
            },
            items: pack(items, at).unwrap(),
            context,
            unchanged: Vec::new(),
            delta: false,
        }),
        validators: Some(Validators {
            etag: Some(b"\"5f3a-61b2c\"".to_vec()),
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
            pace: Pace {
                reason: "the schedule every 30m".to_owned(),
                ..Pace::default()
            },
            next_due: Some(at + TimeDelta::minutes(30)),
            pause: None,
        }),
        claim,
    }
}

/// CPU time of this process, all threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<i64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    // After the state letter: user and system time, in hundredths of a second.
    Duration::from_millis(
        fields
            .get(10..12)
            .map_or(0, |time| time.iter().sum::<i64>().unsigned_abs() * 10),
    )
}

/// Records `polls` at once, as a busy daemon does.
fn record_all(runtime: &Runtime, store: &Store, polls: Vec<PollRecord>) {
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for poll in polls {
            let store = store.clone();
            tasks.spawn(async move { store.record(poll).await.unwrap() });
            if tasks.len() >= 32 {
                tasks.join_next().await;
            }
        }
        while tasks.join_next().await.is_some() {}
    });
}

fn report(what: &str, polls: usize, began: (Instant, Duration)) {
    println!(
        "{what}: {polls} polls, {:.2} s wall, {:.2} s CPU",
        began.0.elapsed().as_secs_f64(),
        (cpu() - began.1).as_secs_f64()
    );
}

/// A store with everything in it; says what filling it cost.
fn filled(runtime: &Runtime) -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let store = Store::open(&path, noon()).unwrap();
    let feeds: Vec<Subscription> = (0..FEEDS).map(subscription).collect();
    runtime.block_on(store.sync_feeds(feeds, noon())).unwrap();
    let documents: Vec<Vec<Item>> = (0..FEEDS).map(|feed| entries(feed, 0..ENTRIES)).collect();
    let round = |at: Timestamp, what: &str, changed: bool| {
        let mut claims = runtime.block_on(store.claim_due(at, FEEDS, LEASE)).unwrap();
        claims.sort_by_key(|claim| claim.feed.id);
        let began = (Instant::now(), cpu());
        let prepared: Vec<Option<Vec<Prepared>>> = claims
            .iter()
            .zip(&documents)
            .map(|(claim, items)| {
                let context = context(claim);
                changed.then(|| items.iter().map(|i| prepare(i.clone(), &context)).collect())
            })
            .collect();
        if changed {
            report("  prepared", claims.len(), began);
        }
        let began = (Instant::now(), cpu());
        let polls: Vec<PollRecord> = claims
            .into_iter()
            .zip(prepared)
            .map(|(claim, items)| record(claim, at, items))
            .collect();
        let count = polls.len();
        record_all(runtime, &store, polls);
        report(what, count, began);
    };
    round(noon(), "cold", true);
    round(noon() + TimeDelta::hours(1), "same documents", true);
    round(noon() + TimeDelta::hours(2), "not modified", false);
    let counts = runtime.block_on(store.counts()).unwrap();
    println!(
        "{} entries, {} stories, {:.1} MB for 10,000 entries",
        counts.entries,
        counts.stories,
        counts.bytes as f64 / counts.entries as f64 / 100.0
    );
    (folder, store)
}

fn benches(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (_folder, store) = filled(&runtime);
    let mut measure = |name: &str, query: EntryQuery| {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| black_box(runtime.block_on(store.entries(query.clone())).unwrap()));
        });
    };
    let newest = EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    };
    let text = |text: &str| EntryQuery {
        text: parse_text(text).unwrap().map(|text| text.at(noon())),
        ..newest.clone()
    };
    measure("newest 100", newest.clone());
    measure("search, common word", text("ce"));
    measure("search, rare word", text("thplba"));
    measure("search, two words", text("ce di"));
    measure(
        "one feed",
        EntryQuery {
            feeds: vec!["outlet-7".to_owned()],
            ..newest.clone()
        },
    );
    measure(
        "one tag",
        EntryQuery {
            tags: vec!["tag-7".to_owned()],
            ..newest.clone()
        },
    );
    criterion.bench_function("100 stories", |bencher| {
        bencher.iter(|| {
            black_box(
                runtime
                    .block_on(store.stories(EntryQuery::default()))
                    .unwrap(),
            )
        });
    });
    let window = Window {
        at_least: 100,
        since: Some(noon() + TimeDelta::hours(1)),
        until: None,
    };
    criterion.bench_function("window of 100", |bencher| {
        let query = EntryQuery::default();
        bencher.iter(|| {
            black_box(
                runtime
                    .block_on(store.window(query.clone(), window))
                    .unwrap(),
            )
        });
    });
    criterion.bench_function("entry by number", |bencher| {
        bencher.iter(|| black_box(runtime.block_on(store.entry(EntryId(12_345))).unwrap()));
    });
    criterion.bench_function("generation", |bencher| {
        bencher.iter(|| black_box(store.generation()));
    });
    polling(criterion, &runtime, &store);
}

/// Claims and records, each measured alone.
fn polling(criterion: &mut Criterion, runtime: &Runtime, store: &Store) {
    let at = noon() + TimeDelta::days(2);
    let claim = |feed: usize| {
        let names = Some(vec![format!("outlet-{feed}")]);
        let claims = runtime.block_on(store.claim_named(names, at, LEASE));
        claims.unwrap().pop().unwrap()
    };
    criterion.bench_function("claim the next 32 of 1,000 that are due", |bencher| {
        let held = Cell::new(Vec::new());
        bencher.iter_batched(
            || runtime.block_on(store.release(held.take())).unwrap(),
            |()| {
                let claims = runtime.block_on(store.claim_due(at, 32, LEASE)).unwrap();
                held.set(claims);
            },
            BatchSize::PerIteration,
        );
        runtime.block_on(store.release(held.take())).unwrap();
    });
    criterion.bench_function("record a poll, not modified", |bencher| {
        bencher.iter_batched(
            || record(claim(7), at, None),
            |poll| runtime.block_on(store.record(poll)).unwrap(),
            BatchSize::PerIteration,
        );
    });
    for new in [0, 3] {
        let first = Cell::new(0);
        let name = format!("record a poll of {ENTRIES} entries, {new} of them new");
        criterion.bench_function(&name, |bencher| {
            bencher.iter_batched(
                || {
                    // Like a document that loses its oldest entries; never the same twice.
                    first.set(first.get() + new);
                    let claim = claim(8 + new);
                    let context = context(&claim);
                    let items = entries(8 + new, first.get()..first.get() + ENTRIES);
                    let items = items.into_iter().map(|item| prepare(item, &context));
                    record(claim, at, Some(items.collect()))
                },
                |poll| runtime.block_on(store.record(poll)).unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group! {
    name = store;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = benches
}
criterion_main!(store);
