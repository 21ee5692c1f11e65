//! What judging one entry costs beside 10,000, 100,000 and a million that it may fold with: made-up
//! ones, the same each time.
//!
//! `cargo bench --bench fold`. Before the means it prints how long single entries took. The service
//! itself keeps the latest 150,000 at hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod invented;

use criterion::{Criterion, criterion_group, criterion_main};
use feedfold::config::Fold;
use feedfold::feed::FeedId;
use feedfold::fold::{Corrections, Decision, FeedContext, Memory, Prepared, judge, prepare};
use invented::{Random, noon};
use std::hint::black_box;
use std::time::Duration;
use tokio::time::Instant;

const FEEDS: usize = 1_000;
/// Entries that are prepared before they are stored.
const PREPARED_AT_ONCE: usize = 4_096;
/// Entries that are judged for the spread of times.
const JUDGED: usize = 5_000;

/// The n-th entry and its feed.
fn entry(number: usize) -> (FeedContext, Prepared) {
    let feed = number % FEEDS;
    let context = FeedContext {
        feed: FeedId(feed as i64 + 1),
        name: format!("outlet-{feed}"),
        title: format!("Outlet {feed}"),
        hosts: vec![format!("www.outlet-{feed}.example")],
        priority: 0,
    };
    let item = Random(number as u64).item(feed, number);
    let prepared = prepare(item, &context);
    (context, prepared)
}

fn judged(context: &FeedContext, prepared: &Prepared, memory: &Memory) -> Decision {
    let (settings, corrections) = (Fold::default(), Corrections::default());
    let Ok(decision) = judge(prepared, context, memory, &settings, &corrections, noon());
    decision
}

/// Stores entries up to the n-th, each as a story of its own.
fn fill(memory: &mut Memory, from: usize, to: usize) {
    // Entries that are judged beside none differ from others in the rarities of their words alone.
    let nothing = Memory::new();
    let numbers: Vec<usize> = (from..to).collect();
    for part in numbers.chunks(PREPARED_AT_ONCE) {
        for (context, prepared) in prepared(part) {
            let decision = judged(&context, &prepared, &nothing);
            memory.record(&decision, &context, prepared.item.published, noon());
        }
    }
}

/// Entries of those numbers, made on all cores.
fn prepared(numbers: &[usize]) -> Vec<(FeedContext, Prepared)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts = numbers.chunks(numbers.len().div_ceil(cores).max(1));
        let threads: Vec<_> = parts
            .map(|part| scope.spawn(|| part.iter().copied().map(entry).collect::<Vec<_>>()))
            .collect();
        let made = threads.into_iter().map(|thread| thread.join().unwrap());
        made.flatten().collect()
    })
}

fn benches(criterion: &mut Criterion) {
    let mut memory = Memory::new();
    let others: Vec<_> = (0..JUDGED).map(|n| entry(10_000_000 + n)).collect();
    let mut filled = 0;
    for size in [10_000, 100_000, 1_000_000] {
        fill(&mut memory, filled, size);
        filled = size;
        let mut times: Vec<Duration> = others
            .iter()
            .map(|(context, prepared)| {
                let began = Instant::now();
                black_box(judged(context, prepared, &memory));
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        let mean = times.iter().sum::<Duration>() / times.len() as u32;
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "beside {size}: mean {mean:.0?}, median {:.0?}, 99th percentile {:.0?}, longest {:.0?}",
            at(0.5),
            at(0.99),
            at(1.0)
        );
        let mut next = others.iter().cycle();
        criterion.bench_function(&format!("judge beside {size}"), |bencher| {
            bencher.iter(|| {
                let (context, prepared) = next.next().unwrap();
                black_box(judged(context, prepared, &memory))
            });
        });
    }
}

criterion_group! {
    name = fold;
    config = Criterion::default().sample_size(20);
    targets = benches
}
criterion_main!(fold);
