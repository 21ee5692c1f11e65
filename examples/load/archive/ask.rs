//! How long questions take while polls are recorded.

use super::entries::{Random, word};
use super::fill::{ENTRIES_A_POLL, LEASE, poll};
use chrono::TimeDelta;
use feedfold::entry::StoryId;
use feedfold::feed::Timestamp;
use feedfold::query::{EntryQuery, FoldLevel, parse_text};
use feedfold::store::Store;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How often each question is asked.
const ASKED: usize = 300;

/// The median and the 99th percentile of what took so long, in milliseconds.
fn told(name: &str, mut took: Vec<Duration>, found: usize) {
    took.sort_unstable();
    let at = |share: usize| {
        let place = (took.len() * share / 100).min(took.len().saturating_sub(1));
        took.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!("| {name} | {found} | {:.2} | {:.2} |", at(50), at(99));
}

/// Asks the store everything that people ask, and prints a table.
pub(crate) async fn ask(path: &Path, now: Timestamp) -> anyhow::Result<()> {
    let bytes = std::fs::metadata(path)?.len();
    let began = Instant::now();
    let store = Store::open(path, now)?;
    let opened = began.elapsed();
    let counts = store.counts().await?;
    println!(
        "{} entries, {} stories, {:.0} MB ({:.1} MB for 10,000 entries), opened in {:.0} ms",
        counts.entries,
        counts.stories,
        bytes as f64 / 1e6,
        bytes as f64 / counts.entries as f64 / 100.0,
        opened.as_secs_f64() * 1e3
    );
    let newest = store.newest_entry().await?.0;
    let stop = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicUsize::new(0));
    let writing = {
        let (store, stop, written) = (store.clone(), Arc::clone(&stop), Arc::clone(&written));
        tokio::spawn(async move {
            let mut at = now;
            let mut first = newest as usize;
            while !stop.load(Ordering::Relaxed) {
                at += TimeDelta::hours(1);
                first += ENTRIES_A_POLL;
                for claim in store.claim_due(at, 5, LEASE).await? {
                    let made = tokio::task::spawn_blocking(move || poll(claim, at, first));
                    store.record(made.await??).await?;
                    written.fetch_add(ENTRIES_A_POLL, Ordering::Relaxed);
                    // About as busy as 2,000 feeds that publish all day.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            anyhow::Ok(())
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
            text: parse_text(&text)?.map(|text| text.at(now)),
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
                FoldLevel::None => store.entries(query.clone()).await?.items.len(),
                _ => store.stories(query.clone()).await?.items.len(),
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
        store.story(id).await?;
        took.push(began.elapsed());
    }
    told("a story by its number", took, 1);
    stop.store(true, Ordering::Relaxed);
    writing.await??;
    println!(
        "meanwhile {:.0} entries a second were written",
        written.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
    );
    store.close().await;
    Ok(())
}
