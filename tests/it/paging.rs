//! Lists that stay whole while entries arrive.

use crate::support::library::{item, minutes, poll, subscribe};
use feedfold::query::{EntryQuery, FoldLevel};
use feedfold::store::{Store, Window};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// Headlines that have nothing in common, so that nothing folds.
fn title(number: i64) -> String {
    const FIRST: &[&str] = &[
        "Amber", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Grove",
    ];
    const SECOND: &[&str] = &["ledger", "mosaic", "nectar", "orchard", "pebble"];
    let (a, b) = (
        number as usize % FIRST.len(),
        number as usize % SECOND.len(),
    );
    format!("{} {} {number}x{}", FIRST[a], SECOND[b], number * 7_919)
}

/// A store with so many entries of one feed; several share a date.
async fn shelf(entries: i64) -> Store {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay", "pier"]).await;
    let items = (0..entries)
        .map(|n| {
            let mut item = item("quay", &format!("n{n}"), &title(n), minutes(-(n / 3)));
            item.content = None;
            item
        })
        .collect();
    poll(&store, "quay", minutes(1), items).await;
    store
}

fn pages_of(fold: FoldLevel, limit: usize) -> EntryQuery {
    EntryQuery {
        fold,
        limit,
        ..EntryQuery::default()
    }
}

#[tokio::test]
async fn pages_visit_each_entry_once_while_others_arrive() {
    let store = shelf(50).await;
    let mut query = pages_of(FoldLevel::None, 7);
    let mut seen = Vec::new();
    for page_number in 0.. {
        let page = store.entries(query.clone()).await.unwrap();
        seen.extend(page.items.iter().map(|entry| entry.id));
        let newcomer = item(
            "pier",
            &format!("p{page_number}"),
            &title(900 + page_number),
            minutes(1),
        );
        poll(&store, "pier", minutes(2 + page_number), vec![newcomer]).await;
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    let distinct: BTreeSet<_> = seen.iter().copied().collect();
    assert_eq!((seen.len(), distinct.len()), (50, 50));
}

#[tokio::test]
async fn stories_page_at_every_level() {
    let store = shelf(20).await;
    for fold in [FoldLevel::Story, FoldLevel::Article, FoldLevel::None] {
        let mut query = pages_of(fold, 6);
        let (mut uris, mut pages) = (Vec::new(), 0);
        loop {
            let page = store.stories(query.clone()).await.unwrap();
            uris.extend(page.items.into_iter().map(|story| story.uri));
            pages += 1;
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        let distinct: BTreeSet<_> = uris.iter().collect();
        let all = store.stories(pages_of(fold, 1_000)).await.unwrap();
        assert_eq!(distinct.len(), all.items.len(), "{fold:?}");
        assert_eq!(uris.len(), all.items.len(), "{fold:?}");
        assert_eq!(pages, all.items.len().div_ceil(6), "{fold:?}");
    }
}

#[tokio::test]
async fn a_full_last_page_has_no_next() {
    let store = shelf(6).await;
    let page = store.entries(pages_of(FoldLevel::None, 6)).await.unwrap();
    assert_eq!((page.items.len(), page.next), (6, None));
    let page = store.entries(pages_of(FoldLevel::None, 5)).await.unwrap();
    assert!(page.next.is_some());
}

#[tokio::test]
async fn everything_streams_in_order_until_told_to_stop() {
    let store = shelf(300).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let take = Arc::clone(&seen);
    let all = EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    };
    store
        .for_each_entry(all.clone(), move |entry| {
            take.lock().unwrap().push((entry.dated(), entry.id));
            ControlFlow::Continue(())
        })
        .await
        .unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 300);
    assert!(seen.is_sorted_by(|a, b| a > b));
    let count = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&count);
    store
        .for_each_entry(all, move |_| {
            *counter.lock().unwrap() += 1;
            ControlFlow::Break(())
        })
        .await
        .unwrap();
    assert_eq!(*count.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_window_holds_all_that_is_fresh_and_so_many_at_least() {
    let store = shelf(30).await;
    let late = (0..4)
        .map(|n| {
            item(
                "pier",
                &format!("late-{n}"),
                &title(500 + n),
                minutes(-9_000),
            )
        })
        .collect();
    poll(&store, "pier", minutes(60), late).await;
    let all = EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    };
    let window = async |at_least, since| {
        let since = Some(since);
        let window = Window {
            at_least,
            since,
            until: None,
        };
        let page = store.window(all.clone(), window).await.unwrap();
        page.items
            .iter()
            .map(|story| story.lead.outlet.name.clone())
            .collect::<Vec<_>>()
    };
    // Late ones are chosen by when they arrived, whatever date they carry.
    assert_eq!(window(0, minutes(30)).await, ["pier"; 4]);
    assert_eq!(window(10, minutes(30)).await.len(), 10);
    assert_eq!(window(0, minutes(0)).await.len(), 34);
}

/// More hits than are looked at in one step, dated in another order than they arrived, in two
/// languages, some in stories of several: the pages of a search are those of the whole list.
#[tokio::test]
async fn pages_of_a_search_are_exact_whatever_the_order_of_arrival() {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay", "pier"]).await;
    for round in 0..6 {
        for feed in ["quay", "pier"] {
            let items = (0..100).map(|n| {
                let number = round * 100 + n;
                // Days apart, back and forth; the first round is dated like the last.
                let dated = minutes(-(number * 7_919 % 1_201) * 60);
                let word = if number % 5 == 0 { "kelp" } else { "common" };
                let title = format!("{word} {}", title(number * 2 + i64::from(feed == "pier")));
                let mut item = item(feed, &format!("n{number}"), &title, dated);
                item.content = None;
                item.language = (number % 3 == 0).then(|| "de".to_owned());
                item
            });
            poll(&store, feed, minutes(round * 10 + 1), items.collect()).await;
        }
    }
    for text in [
        "common",
        "kelp OR common",
        "common tag:none OR common",
        "title:common -kelp",
    ] {
        for fold in [FoldLevel::None, FoldLevel::Article, FoldLevel::Story] {
            let text = feedfold::query::parse_text(text).unwrap();
            let asked = EntryQuery {
                text: text.map(|text| text.at(minutes(0))),
                ..pages_of(fold, 40)
            };
            let whole = Arc::new(Mutex::new(Vec::new()));
            let walked = Arc::clone(&whole);
            let all = EntryQuery {
                limit: 0,
                ..asked.clone()
            };
            store
                .for_each_entry(all, move |entry| {
                    walked.lock().unwrap().push(entry.id.0);
                    ControlFlow::Continue(())
                })
                .await
                .unwrap();
            let whole = whole.lock().unwrap().clone();
            assert!(whole.len() > 900, "{}", whole.len());
            let (mut entries, mut leads) = (Vec::new(), Vec::new());
            let mut query = asked.clone();
            loop {
                let page = store.entries(query.clone()).await.unwrap();
                entries.extend(page.items.iter().map(|entry| entry.id.0));
                query.after = page.next;
                if page.next.is_none() {
                    break;
                }
            }
            assert_eq!(entries, whole, "{asked:?}");
            let mut query = asked.clone();
            loop {
                let page = store.stories(query.clone()).await.unwrap();
                leads.extend(page.items.iter().map(|story| story.lead.id.0));
                query.after = page.next;
                if page.next.is_none() {
                    break;
                }
            }
            assert_eq!(leads, whole, "{asked:?}");
        }
    }
}
