//! What the store promises, through its verbs.

use crate::support::library::{
    LEASE, Poll, claim, item, minutes, next, noon, poll, subscribe, subscription,
};
use feedfold::config::Retention;
use feedfold::entry::Role;
use feedfold::feed::{Fault, FaultKind, Health};
use feedfold::query::{EntryQuery, FoldLevel};
use feedfold::schedule::Next;
use feedfold::store::{Error, Store};
use std::collections::HashSet;
use std::time::Duration;
use tempfile::TempDir;

fn open() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("feedfold.db"), noon()).unwrap();
    (folder, store)
}

fn every_entry() -> EntryQuery {
    EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    }
}

#[tokio::test]
async fn a_poll_stores_entries_validators_and_due_time_together() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let before = store.generation();
    let taken = claim(&store, "quay", minutes(1)).await;
    let items = vec![
        item("quay", "a", "Ship arrives in harbour", minutes(-10)),
        item("quay", "b", "Ferry timetable for winter", minutes(-20)),
    ];
    let recorded = Poll::document(taken, minutes(1), items)
        .validators("\"one\"")
        .record(&store)
        .await;
    assert_eq!((recorded.new, recorded.updated), (2, 0));
    assert_eq!(recorded.next_due, Some(minutes(31)));
    let feed = store.feed("quay").await.unwrap().unwrap();
    assert_eq!(feed.validators.etag.as_deref(), Some(&b"\"one\""[..]));
    assert_eq!(feed.next_due, Some(minutes(31)));
    assert_eq!(feed.health.last_success, Some(minutes(1)));
    let entries = store.entries(every_entry()).await.unwrap().items;
    let titles: Vec<&str> = entries.iter().map(|e| e.item.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Ship arrives in harbour", "Ferry timetable for winter"]
    );
    assert_eq!(entries[0].item.guid.as_deref(), Some("quay:a"));
    assert_eq!(
        entries[0].item.content.as_ref().unwrap().as_str(),
        "<p>Ship arrives in harbour. Told by quay about a.</p>"
    );
    assert!(store.generation() > before);
}

#[tokio::test]
async fn the_same_document_again_changes_nothing() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let items = vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    poll(&store, "quay", minutes(1), items.clone()).await;
    let (before, entries) = (
        store.generation(),
        store.entries(every_entry()).await.unwrap(),
    );
    let again = poll(&store, "quay", minutes(31), items).await;
    assert_eq!((again.new, again.updated), (0, 0));
    assert_eq!(store.generation(), before);
    assert_eq!(store.entries(every_entry()).await.unwrap(), entries);
    assert_eq!(again.next_due, Some(minutes(61)));
}

#[tokio::test]
async fn an_edit_keeps_number_story_and_dates() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let first = item("quay", "a", "Ship arrives in harbour", minutes(-10));
    poll(&store, "quay", minutes(1), vec![first.clone()]).await;
    let before = store
        .entries(every_entry())
        .await
        .unwrap()
        .items
        .pop()
        .unwrap();
    let mut edited = item("quay", "a", "Ship leaves harbour again", minutes(20));
    edited.guid = first.guid;
    let recorded = poll(&store, "quay", minutes(31), vec![edited]).await;
    assert_eq!((recorded.new, recorded.updated), (0, 1));
    let after = store.entry(before.id).await.unwrap().unwrap();
    assert_eq!(after.item.title.as_str(), "Ship leaves harbour again");
    assert_eq!(after.revised, Some(minutes(31)));
    assert_eq!(
        (after.story, after.first_seen, after.dated()),
        (before.story, before.first_seen, before.dated())
    );
    let story = store.story(after.story).await.unwrap().unwrap();
    assert_eq!(story.changed, minutes(31));
    let found = |text: &str| EntryQuery {
        text: feedfold::query::parse_text(text)
            .unwrap()
            .map(|text| text.at(noon())),
        ..every_entry()
    };
    assert_eq!(store.entries(found("leaves")).await.unwrap().items.len(), 1);
    assert_eq!(
        store.entries(found("arrives")).await.unwrap().items.len(),
        0
    );
}

#[tokio::test]
async fn a_date_in_the_future_is_the_moment_of_arrival() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let items = vec![item("quay", "a", "Ship arrives tomorrow", minutes(3_000))];
    poll(&store, "quay", minutes(1), items).await;
    let entry = store
        .entries(every_entry())
        .await
        .unwrap()
        .items
        .pop()
        .unwrap();
    assert_eq!(entry.item.published, Some(minutes(1)));
}

#[tokio::test]
async fn a_lost_lease_or_a_removed_feed_changes_nothing() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let lost = claim(&store, "quay", minutes(1)).await;
    let later = claim(&store, "quay", minutes(2)).await;
    let items = || vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    let recorded = Poll::document(lost, minutes(2), items())
        .record(&store)
        .await;
    assert!(!recorded.stored);
    assert_eq!(store.counts().await.unwrap().entries, 0);
    assert!(store.remove_feed("quay", minutes(3)).await.unwrap());
    let recorded = Poll::document(later, minutes(3), items())
        .record(&store)
        .await;
    assert!(!recorded.stored);
    assert_eq!(store.counts().await.unwrap().entries, 0);
}

#[tokio::test]
async fn two_stores_on_one_file_claim_each_feed_once() {
    let (folder, store) = open();
    let names: Vec<String> = (0..50).map(|number| format!("feed-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    subscribe(&store, &names).await;
    let other = Store::open(&folder.path().join("feedfold.db"), noon()).unwrap();
    let (mut taken, mut ids) = (0, HashSet::new());
    for _ in 0..10 {
        let (a, b) = tokio::join!(
            store.claim_due(minutes(1), 7, LEASE),
            other.claim_due(minutes(1), 7, LEASE)
        );
        for claim in a.unwrap().into_iter().chain(b.unwrap()) {
            taken += 1;
            ids.insert(claim.feed.id);
        }
    }
    assert_eq!((taken, ids.len()), (50, 50));
    // A holder that crashed loses its claims by time.
    let later = minutes(1) + LEASE;
    assert_eq!(other.claim_due(later, 100, LEASE).await.unwrap().len(), 50);
}

#[tokio::test]
async fn another_process_is_noticed() {
    let (folder, store) = open();
    let other = Store::open(&folder.path().join("feedfold.db"), noon()).unwrap();
    let before = other.generation();
    subscribe(&store, &["quay"]).await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))],
    )
    .await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    let after = other.generation();
    assert!(after.number > before.number);
    assert_eq!(after.changed, minutes(1));
    assert_eq!(after, store.generation());
}

#[tokio::test]
async fn a_failed_poll_changes_health_and_due_time_alone() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let items = vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    poll(&store, "quay", minutes(1), items).await;
    let (before, entries) = (
        store.generation(),
        store.entries(every_entry()).await.unwrap(),
    );
    let taken = claim(&store, "quay", minutes(31)).await;
    let fault = Fault::with_status(FaultKind::Status, 500, "quay.example answered 500");
    let told = fault.clone();
    Poll::unchanged(taken, minutes(31))
        .plan(move |_| Next {
            health: Health {
                failures: 1,
                last_error: Some(fault),
                last_poll: Some(minutes(31)),
                last_success: Some(minutes(1)),
                ..Health::default()
            },
            ..next(minutes(61))
        })
        .record(&store)
        .await;
    let feed = store.feed("quay").await.unwrap().unwrap();
    assert_eq!(feed.health.last_error, Some(told));
    assert_eq!(feed.health.failures, 1);
    assert_eq!(store.generation(), before);
    assert_eq!(store.entries(every_entry()).await.unwrap(), entries);
}

#[tokio::test]
async fn a_move_keeps_name_and_entries() {
    let (_folder, store) = open();
    subscribe(&store, &["quay", "pier"]).await;
    let taken = claim(&store, "quay", minutes(1)).await;
    let items = vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    let recorded = Poll::document(taken, minutes(1), items)
        .moved_to("https://new.example/feed")
        .record(&store)
        .await;
    assert!(recorded.moved);
    let feed = store.feed("quay").await.unwrap().unwrap();
    assert_eq!(feed.subscription.url, "https://new.example/feed");
    assert_eq!(
        feed.health.moved_from.as_deref(),
        Some("https://quay.example/feed")
    );
    // Onto another feed's address it does not move.
    let taken = claim(&store, "pier", minutes(1)).await;
    let recorded = Poll::unchanged(taken, minutes(1))
        .moved_to("https://new.example/feed")
        .record(&store)
        .await;
    assert!(!recorded.moved);
    let feed = store.feed("pier").await.unwrap().unwrap();
    assert_eq!(feed.subscription.url, "https://pier.example/feed");
}

#[tokio::test]
async fn the_configuration_is_kept_in_step() {
    let (_folder, store) = open();
    store
        .add_feed(
            feedfold::feed::Subscription {
                origin: feedfold::feed::Origin::Added,
                ..subscription("mine")
            },
            noon(),
        )
        .await
        .unwrap();
    let both = vec![subscription("quay"), subscription("pier")];
    let report = store.sync_feeds(both.clone(), minutes(1)).await.unwrap();
    assert_eq!(report.added, ["quay", "pier"]);
    let before = store.generation();
    let report = store.sync_feeds(both, minutes(2)).await.unwrap();
    assert_eq!(report, feedfold::store::SyncReport::default());
    assert_eq!(store.generation(), before);

    let mut changed = subscription("quay");
    changed.tags = vec!["ships".to_owned()];
    let report = store
        .sync_feeds(vec![changed.clone()], minutes(3))
        .await
        .unwrap();
    assert_eq!(report.changed, ["quay"]);
    assert_eq!(report.switched_off, ["pier"]);
    let feeds = store.feeds().await.unwrap();
    let shown: Vec<(&str, bool, bool)> = feeds
        .iter()
        .map(|feed| {
            let subscription = &feed.subscription;
            (
                subscription.name.as_str(),
                subscription.enabled,
                feed.next_due.is_some(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("mine", true, true),
            ("pier", false, false),
            ("quay", true, true)
        ]
    );
    assert_eq!(feeds[2].subscription.tags, ["ships"]);
    assert_eq!(feeds[2].next_due, Some(minutes(1)));

    // What came back is polled again, and a new name for an address is a renaming.
    changed.name = "harbour".to_owned();
    let report = store
        .sync_feeds(vec![changed, subscription("pier")], minutes(4))
        .await
        .unwrap();
    assert_eq!(report.changed, ["harbour", "pier"]);
    assert!(report.added.is_empty() && report.switched_off.is_empty());
    assert!(store.feed("quay").await.unwrap().is_none());
    let pier = store.feed("pier").await.unwrap().unwrap();
    assert_eq!(pier.next_due, Some(minutes(4)));
}

#[tokio::test]
async fn an_address_or_a_name_is_taken_once() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let mut other = subscription("other");
    other.url = "https://quay.example/feed".to_owned();
    let refused = store.add_feed(other, noon()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "https://quay.example/feed is subscribed to already, as 'quay'"
    );
    let mut other = subscription("quay");
    other.url = "https://other.example/feed".to_owned();
    let refused = store.add_feed(other, noon()).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused}");
}

#[tokio::test]
async fn copies_fold_and_the_decision_says_why() {
    let (_folder, store) = open();
    subscribe(&store, &["quay", "pier"]).await;
    let title = "Harbour authority orders three electric ferries from Norway";
    poll(
        &store,
        "quay",
        minutes(1),
        vec![item("quay", "ferries", title, minutes(-10))],
    )
    .await;
    let mut copy = item("pier", "ferries", title, minutes(-5));
    copy.content = Some(feedfold::text::SafeHtml::clean(
        &format!("<p>{title}. Told by quay about ferries.</p>"),
        None,
    ));
    let recorded = poll(&store, "pier", minutes(2), vec![copy]).await;
    assert_eq!((recorded.new, recorded.duplicates), (1, 1));
    let stories = store.stories(EntryQuery::default()).await.unwrap().items;
    assert_eq!(stories.len(), 1);
    let story = &stories[0];
    assert_eq!(story.lead.outlet.name, "quay");
    assert_eq!(story.members.len(), 1);
    assert_eq!(story.members[0].role, Role::Copy);
    assert_eq!(story.members[0].copy_of, Some(story.lead.id));
    assert!(!story.members[0].evidence.is_empty());
    assert_eq!(story.independent, 1);
    let decision = store
        .decision(story.members[0].entry)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(decision.of, Some(story.lead.id));
    assert_eq!(decision.evidence, story.members[0].evidence);
    let lead = store.decision(story.lead.id).await.unwrap().unwrap();
    assert_eq!(
        (lead.role, lead.of, lead.rule.as_str()),
        (Role::Lead, None, "new")
    );
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());

    // The person's word counts more, and leaves a sound database.
    let apart = store
        .split(story.members[0].entry, minutes(3))
        .await
        .unwrap();
    assert_eq!(
        store
            .stories(EntryQuery::default())
            .await
            .unwrap()
            .items
            .len(),
        2
    );
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let joined = store.join(apart, story.id, minutes(4)).await.unwrap();
    assert_eq!(joined, story.id);
    let found = store.story(apart).await.unwrap().unwrap();
    assert_eq!((found.id, found.members.len()), (story.id, 1));
    assert_eq!(found.members[0].evidence, "joined by hand");
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn pruning_keeps_what_was_put_together_by_hand() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let titles = [
        "Tidal turbine hums",
        "Moths on the mast",
        "Chess at the pier",
    ];
    let items = titles
        .iter()
        .map(|title| item("quay", title, title, minutes(-5)))
        .collect();
    poll(&store, "quay", minutes(1), items).await;
    let stories = store.stories(EntryQuery::default()).await.unwrap().items;
    assert_eq!(stories.len(), 3);
    store
        .join(stories[0].id, stories[1].id, minutes(2))
        .await
        .unwrap();
    poll(&store, "quay", minutes(31), Vec::new()).await;
    let keep = Retention {
        keep: Duration::from_secs(86_400),
        keep_per_feed: 5_000,
    };
    let later = minutes(3 * 24 * 60);
    let going = store.would_prune(&keep, later).await.unwrap();
    assert_eq!(going, [("quay".to_owned(), 1)]);
    assert_eq!(store.prune(&keep, later).await.unwrap().entries, 1);
    assert_eq!(store.counts().await.unwrap().entries, 2);
}

#[tokio::test]
async fn pruning_keeps_what_is_listed_and_what_is_gone_stays_gone() {
    let (_folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let old: Vec<_> = (0..5)
        .map(|n| {
            let title = format!("Lighthouse keeper's note number {n}");
            item("quay", &format!("note-{n}"), &title, minutes(-n))
        })
        .collect();
    poll(&store, "quay", minutes(1), old.clone()).await;
    poll(&store, "quay", minutes(31), old[..2].to_vec()).await;
    let keep = Retention {
        keep: Duration::from_secs(86_400),
        keep_per_feed: 5_000,
    };
    assert_eq!(store.prune(&keep, minutes(60)).await.unwrap().entries, 0);
    let later = minutes(3 * 24 * 60);
    let going = store.would_prune(&keep, later).await.unwrap();
    assert_eq!(going, [("quay".to_owned(), 3)]);
    assert_eq!(store.counts().await.unwrap().entries, 5, "only told");
    assert_eq!(store.prune(&keep, later).await.unwrap().entries, 3);
    assert_eq!(store.would_prune(&keep, later).await.unwrap(), []);
    assert_eq!(store.counts().await.unwrap().entries, 2);
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let recorded = poll(&store, "quay", later, old).await;
    assert_eq!(recorded.new, 0);
    assert_eq!(store.counts().await.unwrap().entries, 2);
}

#[tokio::test]
async fn a_backup_is_a_whole_database() {
    let (folder, store) = open();
    subscribe(&store, &["quay"]).await;
    let items = vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    poll(&store, "quay", minutes(1), items).await;
    let to = folder.path().join("backup.db");
    store.backup(&to).await.unwrap();
    let copy = Store::open_read_only(&to).unwrap();
    assert_eq!(
        copy.entries(every_entry()).await.unwrap(),
        store.entries(every_entry()).await.unwrap()
    );
    assert_eq!(copy.instance(), store.instance());
    assert!(matches!(store.backup(&to).await, Err(Error::Refused(_))));
    assert!(matches!(
        copy.set_enabled("quay", false, noon()).await,
        Err(Error::ReadOnly { .. })
    ));
}

#[tokio::test]
async fn what_was_recorded_survives_an_end_without_warning() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let store = Store::open(&path, noon()).unwrap();
    subscribe(&store, &["quay"]).await;
    let items = vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    let taken = claim(&store, "quay", minutes(1)).await;
    Poll::document(taken, minutes(1), items)
        .validators("\"one\"")
        .record(&store)
        .await;
    // The files as they are now are what a crash at this moment leaves.
    let crashed = folder.path().join("crashed.db");
    for end in ["", "-wal"] {
        let name = |file: &str| folder.path().join(format!("{file}{end}"));
        std::fs::copy(name("feedfold.db"), name("crashed.db")).unwrap();
    }
    let again = Store::open(&crashed, minutes(2)).unwrap();
    assert_eq!(again.verify().await.unwrap(), Vec::<String>::new());
    assert_eq!(again.counts().await.unwrap().entries, 1);
    let feed = again.feed("quay").await.unwrap().unwrap();
    assert_eq!(feed.validators.etag.as_deref(), Some(&b"\"one\""[..]));
    assert_eq!(again.next_due().await.unwrap(), Some(minutes(31)));
}

#[tokio::test]
async fn memory_holds_a_database_too() {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay"]).await;
    let items = vec![item("quay", "a", "Ship arrives in harbour", minutes(-10))];
    poll(&store, "quay", minutes(1), items).await;
    assert_eq!(store.counts().await.unwrap().entries, 1);
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}
