//! What an archive of many entries costs: its size, its start, and how long questions take while polls
//! are recorded.
//!
//! `cargo run --release --example archive -- fill FILE 1000000` makes a store of so many made-up
//! entries, the same ones each time; `cargo run --release --example archive -- ask FILE` measures;
//! `… -- care FILE` removes a feed, takes that back and removes what is old, and tells how long a poll
//! would have waited for the writer meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a report on the terminal is what this program is for, and failing loudly is right"
)]

use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::config;
use feedfold::entry::{Item, StoryId};
use feedfold::feed::{
    Claim, FeedFacts, Health, Origin, Pace, RequestSettings, Subscription, Timestamp,
};
use feedfold::fold::{FeedContext, prepare};
use feedfold::query::{EntryQuery, FoldLevel, parse_text};
use feedfold::schedule::Next;
use feedfold::store::{Content, PollRecord, Store, pack};
use feedfold::text::{Plain, SafeHtml};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const FEEDS: usize = 1_000;
/// New entries of a poll.
const ENTRIES: usize = 20;
const LEASE: Duration = Duration::from_secs(300);
/// How often each question is asked.
const ASKED: usize = 300;

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A word; common ones come often, as in a language (about 1/rank of 20,000).
    fn word(&mut self) -> String {
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        word(20_000_f64.powf(uniform) as u64)
    }

    fn words(&mut self, count: u64) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }

    fn item(&mut self, feed: usize, number: usize, at: Timestamp) -> Item {
        let headline = 6 + self.below(6);
        let title = self.words(headline);
        let link = format!("https://www.outlet-{feed}.example/{number}");
        let mut html = String::new();
        let length = 400 + self.below(1_600) as usize;
        while html.len() < length {
            let count = 20 + self.below(40);
            html.push_str(&format!("<p>{}.</p>\n", self.words(count)));
        }
        if self.below(100_000) == 0 {
            html.push_str("<p>quetzal</p>");
        }
        Item {
            guid: Some(link.clone()),
            link: Address::parse(&link).ok(),
            title: Plain::new(&title),
            authors: vec![Plain::new(&self.words(2))],
            published: Some(at - TimeDelta::minutes(self.below(10_000) as i64)),
            content: Some(SafeHtml::clean(&html, None)),
            categories: vec![Plain::new(&self.word())],
            language: Some("en".to_owned()),
            ..Item::default()
        }
    }
}

/// The word of a rank.
fn word(mut rank: u64) -> String {
    const SYLLABLES: &[&str] = &[
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su",
        "ta", "ve", "wi", "xo", "zu", "an", "er", "is", "ol", "un", "str", "pl", "th",
    ];
    let mut word = String::new();
    loop {
        let count = SYLLABLES.len() as u64;
        word.push_str(SYLLABLES[(rank % count) as usize]);
        rank /= count;
        if rank == 0 {
            return word;
        }
    }
}

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

/// A poll of a feed that brought so many new entries.
fn poll(claim: Claim, at: Timestamp, first: usize) -> PollRecord {
    let name = claim.feed.subscription.name.clone();
    let feed: usize = name["outlet-".len()..].parse().unwrap();
    let context = FeedContext {
        feed: claim.feed.id,
        title: name.clone(),
        hosts: vec![format!("www.{name}.example")],
        name,
        priority: 0,
    };
    let mut random = Random((first * FEEDS + feed) as u64);
    let items = (first..first + ENTRIES)
        .map(|number| prepare(random.item(feed, number, at), &context))
        .collect();
    PollRecord {
        at,
        status: Some(200),
        duration: Duration::from_millis(50),
        bytes: 40_000,
        content: Some(Content {
            facts: FeedFacts {
                title: Plain::new(&context.title),
                ..FeedFacts::default()
            },
            items: pack(items, at).unwrap(),
            context,
            delta: false,
        }),
        validators: None,
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
    }
}

async fn fill(path: &Path, entries: usize) {
    let rounds = entries.div_ceil(FEEDS * ENTRIES);
    let step = TimeDelta::minutes(400 * 24 * 60 / rounds as i64);
    let begin = noon() - step * rounds as i32;
    let store = Store::open(path, begin).unwrap();
    let feeds = (0..FEEDS).map(subscription).collect();
    store.sync_feeds(feeds, begin).await.unwrap();
    for round in 0..rounds {
        let at = begin + step * (round as i32 + 1);
        let claims = store.claim_due(at, FEEDS, LEASE).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for claim in claims {
            let store = store.clone();
            tasks.spawn(async move {
                let made = tokio::task::spawn_blocking(move || poll(claim, at, round * ENTRIES));
                store.record(made.await.unwrap()).await.unwrap();
            });
            if tasks.len() >= 16 {
                tasks.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        println!("{} entries", (round + 1) * FEEDS * ENTRIES);
    }
    store.close().await;
}

/// The median and the 99th percentile of what took so long, in milliseconds.
fn told(name: &str, mut took: Vec<Duration>, found: usize) {
    took.sort_unstable();
    let at =
        |share: usize| took[(took.len() * share / 100).min(took.len() - 1)].as_secs_f64() * 1e3;
    println!("| {name} | {found} | {:.2} | {:.2} |", at(50), at(99));
}

async fn ask(path: &Path) {
    let bytes = std::fs::metadata(path).unwrap().len();
    let began = Instant::now();
    let store = Store::open(path, noon()).unwrap();
    let opened = began.elapsed();
    let counts = store.counts().await.unwrap();
    println!(
        "{} entries, {} stories, {:.0} MB ({:.1} MB for 10,000 entries), opened in {:.0} ms",
        counts.entries,
        counts.stories,
        bytes as f64 / 1e6,
        bytes as f64 / counts.entries as f64 / 100.0,
        opened.as_secs_f64() * 1e3
    );
    let newest = store.newest_entry().await.unwrap().0;
    let stop = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicUsize::new(0));
    let writing = {
        let (store, stop, written) = (store.clone(), Arc::clone(&stop), Arc::clone(&written));
        tokio::spawn(async move {
            let mut at = noon();
            let mut first = newest as usize;
            while !stop.load(Ordering::Relaxed) {
                at += TimeDelta::hours(1);
                first += ENTRIES;
                for claim in store.claim_due(at, 5, LEASE).await.unwrap() {
                    let made = tokio::task::spawn_blocking(move || poll(claim, at, first));
                    store.record(made.await.unwrap()).await.unwrap();
                    written.fetch_add(ENTRIES, Ordering::Relaxed);
                    // About as busy as 2,000 feeds that publish all day.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        })
    };
    let began = Instant::now();
    println!("| question | found | median ms | 99 % ms |\n|---|---|---|---|");
    let common = word(56);
    let questions: Vec<(String, String, FoldLevel)> = [
        ("newest 100 stories", String::new(), FoldLevel::Story),
        ("newest 100 entries", String::new(), FoldLevel::None),
        ("a word that every entry has", word(1), FoldLevel::Story),
        ("a common word", common.clone(), FoldLevel::Story),
        ("a common word, entries", common.clone(), FoldLevel::None),
        (
            "two common words",
            format!("{common} {}", word(60)),
            FoldLevel::Story,
        ),
        ("a rare word", "quetzal".to_owned(), FoldLevel::Story),
        ("a word of some", word(9_000), FoldLevel::Story),
        ("a beginning", "quetz*".to_owned(), FoldLevel::Story),
        (
            "a phrase",
            format!("\"{} {}\"", word(30), word(31)),
            FoldLevel::Story,
        ),
        (
            "a phrase of common words",
            format!("\"{} {}\"", word(3), word(4)),
            FoldLevel::Story,
        ),
        (
            "in the headline",
            format!("title:{common}"),
            FoldLevel::Story,
        ),
        ("a feed", "feed:outlet-7".to_owned(), FoldLevel::Story),
        (
            "a feed and a common word",
            format!("feed:outlet-7 {common}"),
            FoldLevel::Story,
        ),
        (
            "a tag and a common word",
            format!("tag:tag-3 {common}"),
            FoldLevel::Story,
        ),
        (
            "a word but not another",
            format!("{common} -{}", word(60)),
            FoldLevel::Story,
        ),
        (
            "several sources",
            "sources:>=2".to_owned(),
            FoldLevel::Story,
        ),
        (
            "a week of a year ago",
            "since:2025-11-20 until:2025-11-27".to_owned(),
            FoldLevel::Story,
        ),
    ]
    .map(|(name, text, fold)| (name.to_owned(), text, fold))
    .into();
    for (name, text, fold) in questions {
        let query = EntryQuery {
            text: parse_text(&text).unwrap().map(|text| text.at(noon())),
            fold,
            limit: 100,
            ..EntryQuery::default()
        };
        let mut took = Vec::new();
        let mut found = 0;
        let patience = Instant::now();
        for _ in 0..ASKED {
            let began = Instant::now();
            found = match fold {
                FoldLevel::None => store.entries(query.clone()).await.unwrap().items.len(),
                _ => store.stories(query.clone()).await.unwrap().items.len(),
            };
            took.push(began.elapsed());
            if patience.elapsed() > Duration::from_secs(20) {
                break;
            }
        }
        told(&name, took, found);
    }
    let mut random = Random(1);
    let mut took = Vec::new();
    for _ in 0..ASKED {
        let id = StoryId(1 + random.below(counts.stories).cast_signed());
        let began = Instant::now();
        store.story(id).await.unwrap();
        took.push(began.elapsed());
    }
    told("a story by its number", took, 1);
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    println!(
        "meanwhile {:.0} entries a second were written",
        written.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
    );
    store.close().await;
}

/// Does something, and tells how long others waited for the writer while it was done.
async fn watched<T>(store: &Store, name: &str, work: impl Future<Output = T>) -> T {
    let stop = Arc::new(AtomicBool::new(false));
    let waiting = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut waited = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                store.writes().await.unwrap();
                waited.push(began.elapsed());
                // Real time is measured here: without a pause the writer would do nothing else.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            waited
        })
    };
    let began = Instant::now();
    let done = work.await;
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let mut waited = waiting.await.unwrap();
    waited.sort_unstable();
    let milliseconds = |wait: Duration| wait.as_secs_f64() * 1e3;
    println!(
        "{name}: {:.1} s; the writer was waited for {} times, 99 % within {:.0} ms, all within {:.0} ms",
        took.as_secs_f64(),
        waited.len(),
        milliseconds(waited[waited.len() * 99 / 100]),
        milliseconds(waited[waited.len() - 1])
    );
    done
}

async fn care(path: &Path) {
    let store = Store::open(path, noon()).unwrap();
    let remove = store.remove_feed("outlet-7", noon());
    assert!(watched(&store, "a feed is removed", remove).await.unwrap());
    let removal = store.corrections().await.unwrap()[0].id;
    let undo = store.undo(removal, noon());
    watched(&store, "it comes back", undo).await.unwrap();
    let keep = config::Retention {
        keep: Duration::from_secs(390 * 24 * 60 * 60),
        ..config::Config::default().retention
    };
    let prune = store.prune(&keep, noon());
    let gone = watched(&store, "what is old is removed", prune).await;
    println!("{} entries were old", gone.unwrap().entries);
    store.close().await;
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fill", path, entries] => fill(Path::new(path), entries.parse().unwrap()).await,
        ["ask", path] => ask(Path::new(path)).await,
        ["care", path] => care(Path::new(path)).await,
        _ => println!("usage: archive fill FILE ENTRIES | archive ask FILE | archive care FILE"),
    }
}
