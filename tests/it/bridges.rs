//! Two stories become one where an entry arrives that belongs to both: the original that two
//! rewrites credit, each in its own words.

use crate::support::library::{Poll, claim, item, minutes, noon, poll, subscribe};
use chrono::TimeDelta;
use feedfold::config::Fold;
use feedfold::entry::{EntryId, Item, Role, StoryId};
use feedfold::feed::Timestamp;
use feedfold::fold::Replay;
use feedfold::query::{EntryQuery, FoldLevel};
use feedfold::reading::{Mark, Target};
use feedfold::store::{Refold, Store};
use feedfold::text::SafeHtml;

const ORIGINAL: &str = "Kestrel Robotics raises 40 million for its orchard harvesting drones";
const ABOUT_MONEY: &str = "Orchard startup raises 40 million";
const ABOUT_DRONES: &str = "Kestrel Robotics harvesting drones take off";

/// A report that credits the original's page.
fn rewrite(feed: &str, title: &str, published: Timestamp) -> Item {
    let mut item = item(feed, "rewrite", title, published);
    let page = original(noon()).link.unwrap();
    let credit = format!("<p>Source: <a href='{}'>Pier</a></p>", page.as_str());
    item.content = Some(SafeHtml::clean(&credit, item.link.as_ref()));
    item
}

fn original(published: Timestamp) -> Item {
    let mut item = item("pier", "kestrel", ORIGINAL, published);
    item.content = None;
    item
}

/// Two rewrites that share no word.
async fn rewritten() -> Store {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay", "mole", "pier"]).await;
    let first = rewrite("quay", ABOUT_MONEY, noon());
    poll(&store, "quay", minutes(1), vec![first]).await;
    let second = rewrite("mole", ABOUT_DRONES, minutes(1));
    poll(&store, "mole", minutes(2), vec![second]).await;
    assert_eq!(stories(&store).await, [1, 2]);
    store
}

/// The same, then the original, by these rules.
async fn told(fold: Fold) -> Store {
    let store = rewritten().await;
    arrive(&store, fold).await;
    store
}

async fn arrive(store: &Store, fold: Fold) {
    let claim = claim(store, "pier", minutes(3)).await;
    Poll::document(claim, minutes(3), vec![original(minutes(2))])
        .folded(fold)
        .record(store)
        .await;
}

/// The story of each entry, in order of arrival.
async fn stories(store: &Store) -> Vec<i64> {
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let query = EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    };
    let mut entries = store.entries(query).await.unwrap().items;
    entries.sort_by_key(|entry| entry.id);
    entries.iter().map(|entry| entry.story.0).collect()
}

#[tokio::test]
async fn the_original_unites_its_rewrites_and_leads() {
    let store = told(Fold::default()).await;
    assert_eq!(stories(&store).await, [1, 1, 1]);
    let story = store.story(StoryId(2)).await.unwrap().unwrap();
    assert_eq!((story.id, story.lead.id), (StoryId(1), EntryId(3)));
    assert_eq!(story.members.len(), 2);
    // Rewrites are no outlets of their own.
    assert_eq!(story.independent, 1);
    for entry in [1, 2] {
        let why = store.decision(EntryId(entry)).await.unwrap().unwrap();
        assert_eq!(why.of, Some(EntryId(3)), "{}", why.evidence);
        assert!(why.evidence.contains("with a link to"), "{}", why.evidence);
    }
    // What comes now is folded with the one story, not with a part of it.
    let late = item("quay", "late", ORIGINAL, minutes(4));
    poll(&store, "quay", minutes(5), vec![late]).await;
    assert_eq!(stories(&store).await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn what_readers_did_with_either_story_is_kept() {
    let store = rewritten().await;
    let second = vec![Target::Story(StoryId(2))];
    store
        .mark(second, vec![Mark::Star], minutes(2))
        .await
        .unwrap();
    arrive(&store, Fold::default()).await;
    let reading = store.reading(Target::Story(StoryId(2))).await.unwrap();
    assert!(reading.unwrap().starred);
}

#[tokio::test]
async fn stories_of_feeds_that_are_never_folded_stay_apart() {
    let fold = Fold {
        never: vec![("quay".to_owned(), "mole".to_owned())],
        ..Fold::default()
    };
    let store = told(fold).await;
    assert_eq!(stories(&store).await, [1, 2, 1]);
}

#[tokio::test]
async fn stories_that_were_parted_by_hand_stay_apart() {
    let store = rewritten().await;
    store
        .join(StoryId(1), StoryId(2), minutes(2))
        .await
        .unwrap();
    store.split(EntryId(2), minutes(2)).await.unwrap();
    let parted = stories(&store).await;
    assert_ne!(parted[0], parted[1]);
    arrive(&store, Fold::default()).await;
    assert_eq!(stories(&store).await[..2], parted);
}

#[tokio::test]
async fn folding_anew_unites_them_too() {
    let apart = Fold {
        never: vec![("quay".to_owned(), "mole".to_owned())],
        ..Fold::default()
    };
    let store = told(apart).await;
    let refold = Refold {
        since: noon() - TimeDelta::days(1),
        fold: Fold::default(),
        corrected: true,
    };
    let rehearsed = store.rehearse(refold.clone()).await.unwrap();
    store.adopt(rehearsed, minutes(9)).await.unwrap();
    assert_eq!(stories(&store).await, [1, 1, 1]);
    let story = store.story(StoryId(2)).await.unwrap().unwrap();
    assert_eq!((story.lead.id, story.lead.role), (EntryId(3), Role::Lead));
    assert!(store.rehearse(refold).await.unwrap().changes.is_empty());
}

/// Folds lines of a file: who says it, under which address, the headline, and whom it credits.
fn replay(lines: &[(&str, &str, &str, &str)]) -> Vec<String> {
    let mut replay = Replay::new(Fold::default());
    let told = lines
        .iter()
        .enumerate()
        .map(|(hour, (source, url, title, credit))| {
            let line = serde_json::json!({
                "id": title, "source": source, "url": url, "title": title,
                "published": format!("2026-03-02T{hour:02}:00:00Z"),
                "content_html": credit,
            });
            let placed = replay.fold(&line.to_string()).unwrap();
            placed.story.as_str().unwrap_or_default().to_owned()
        });
    told.collect()
}

const LIVE: &str = "<p>Source: <a href='https://ticker.example/live/today'>Ticker</a></p>";

#[test]
fn a_page_that_many_credit_for_many_things_unites_nothing() {
    let found = replay(&[
        (
            "North",
            "https://north.example/a",
            "Ferry runs aground off Tarn",
            LIVE,
        ),
        (
            "South",
            "https://south.example/b",
            "Chess champion resigns",
            LIVE,
        ),
        (
            "Ticker",
            "https://ticker.example/live/today",
            "Chess champion resigns in round nine",
            "",
        ),
    ]);
    assert_eq!(found[0], "Ferry runs aground off Tarn");
    assert_eq!(found[1], "Chess champion resigns");
}

#[test]
fn who_credits_one_page_for_like_news_tells_one_story() {
    let source = "<p>Source: <a href='https://ministry.example/ferry-report'>Ministry</a></p>";
    let (north, south) = (
        "Ministry blames pilot for the Aurelia ferry grounding",
        "Pilot error sank trust in Aurelia, ministry finds",
    );
    let found = replay(&[
        ("North", "https://north.example/a", north, source),
        ("South", "https://south.example/b", south, source),
    ]);
    assert_eq!(found, [north, north]);
}
