//! What a document lists again as it stands in the store is neither lost, nor doubled, nor in the way of
//! what is new beside it.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{post, rss};
use crate::support::library::{Poll, claim, item, minutes, subscribe};
use crate::support::origin::{Origin, Reply};
use chrono::TimeDelta;
use feedfold::clock::Clock;
use feedfold::entry::Item;
use feedfold::query::{EntryQuery, FoldLevel};
use feedfold::store::Store;

fn titles(entries: &serde_json::Value) -> Vec<&str> {
    let items = entries["items"].as_array().unwrap().iter();
    let mut titles: Vec<&str> = items.map(|e| e["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    titles
}

#[tokio::test]
async fn of_many_entries_the_new_and_the_edited_one_are_taken() {
    const SITE: &str = "canal.example";
    let lock = |number: i64, title: &str| {
        let text = format!("<p>{title}, as the keeper of lock {number} saw it.</p>");
        let published = at("08:00") + TimeDelta::minutes(number);
        post(SITE, &format!("lock-{number}"), title, &text, published)
    };
    let named = |number: i64| format!("Barge {} passes lock {number}", number * 7_919 % 101);
    let before: Vec<_> = (0..12).map(|number| lock(number, &named(number))).collect();
    let origin = Origin::start();
    origin.on("/canal", Reply::feed(rss("Canal", SITE, &before)));
    let list = feeds(&origin, &[("/canal", "canal", "")]);
    let app = App::start_at(&list, Clock::manual(at("09:00"))).await;
    app.pass(2).await;
    let mut after = before.clone();
    after[3] = lock(3, "Barge 54 is stuck in lock 3");
    after.push(lock(12, &named(12)));
    // One guid on two items: which is which is told by more than the guid.
    let mut twin = lock(5, "Lock 5 is closed for the night");
    twin.link = format!("https://{SITE}/closed");
    after.push(twin);
    after.remove(0);
    origin.on("/canal", Reply::feed(rss("Canal", SITE, &after)));
    app.pass(90).await;
    assert!(origin.asked("/canal").len() > 1);
    let stored = app.json("/api/v1/entries?limit=100&fold=none").await;
    let mut expected: Vec<String> = (0..13).map(named).collect();
    expected[3] = "Barge 54 is stuck in lock 3".to_owned();
    expected.push("Lock 5 is closed for the night".to_owned());
    expected.sort_unstable();
    assert_eq!(titles(&stored), expected);
    // Nothing of it is news again.
    let generation = || async { app.json("/api/v1/stats").await["generation"].clone() };
    let before = generation().await;
    app.pass(120).await;
    assert_eq!(generation().await, before);
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_longer_with_unchanged_when_it_is_stored_is_stored_in_full() {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay"]).await;
    let crane = |number: i64, title: &str| {
        item("quay", &format!("crane-{number}"), title, minutes(-number))
    };
    let known: Vec<Item> = (1..=4)
        .map(|number| crane(number, &format!("Crane {number} lifts {}", number * 31)))
        .collect();
    let taken = claim(&store, "quay", minutes(1)).await;
    let first = Poll::document(taken, minutes(1), known.clone());
    assert_eq!(first.record(&store).await.new, 4);
    let taken = claim(&store, "quay", minutes(60)).await;
    let mut again = known.clone();
    again[1] = crane(2, "Crane 2 rests");
    again.push(crane(9, "Crane 9 is new on the quay"));
    let fresh = vec![crane(7, "Crane 7 is painted green")];
    let recorded = Poll::document(taken, minutes(60), fresh)
        .with_unchanged(again)
        .record(&store)
        .await;
    assert_eq!((recorded.new, recorded.updated), (2, 1));
    let all = EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    };
    let entries = store.entries(all).await.unwrap().items;
    assert_eq!(entries.len(), 6);
    assert!(
        entries
            .iter()
            .any(|e| e.item.title.as_str() == "Crane 2 rests")
    );
}
