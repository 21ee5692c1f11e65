//! Reading addresses, and their canonical form, by which the same article is known.
//!
//! `cargo bench --bench address`. The addresses are made up, the same each time: two in three carry
//! what publishers and social networks add to them.
#![allow(missing_docs, clippy::unwrap_used)]

mod invented;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feedfold::address::Address;
use invented::Random;
use std::hint::black_box;

const ADDRESSES: u64 = 1_000;

/// One of the ways in which outlets write an article's address.
fn address(random: &mut Random) -> String {
    let (outlet, slug) = (random.below(500), random.words(6).replace(' ', "-"));
    let page = format!("outlet-{outlet}.example/2026/11/{slug}");
    match random.below(9) {
        0 => format!("https://www.{page}"),
        1 => format!("https://{page}/?p={}", random.below(100_000)),
        2 => format!("https://www.{page}.html#comments"),
        3 => format!("https://www.{page}?utm_source=rss&utm_medium=feed&utm_campaign=news"),
        4 => format!("http://www.{page}/amp/"),
        5 => format!("https://m.{page}/?fbclid=IwAR{}&ref=home", random.next()),
        6 => format!("https://www.{page}/index.html?b=2&a=1"),
        7 => format!("HTTPS://WWW.{page}:443/%7Euser/?gclid={}", random.next()),
        _ => format!(
            "https://{page}?id={}&mc_cid=a1&mc_eid=b2",
            random.below(1_000)
        ),
    }
}

fn addresses(criterion: &mut Criterion) {
    let mut random = Random(5);
    let texts: Vec<String> = (0..ADDRESSES).map(|_| address(&mut random)).collect();
    let read: Vec<Address> = texts.iter().map(|t| Address::parse(t).unwrap()).collect();
    let mut group = criterion.benchmark_group("1,000 addresses");
    group.throughput(Throughput::Elements(ADDRESSES));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(Address::parse(black_box(text)).unwrap());
            }
        });
    });
    group.bench_function("canonical form", |bencher| {
        bencher.iter(|| {
            for address in &read {
                black_box(black_box(address).canonical());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, addresses);
criterion_main!(benches);
