//! Feeds that are removed, and that come back.

use crate::support::library::{claim, item, minutes, noon, poll, subscribe, subscription};
use chrono::TimeDelta;
use feedfold::config::Config;
use feedfold::query::{EntryQuery, FoldLevel, parse_text};
use feedfold::reading::{Mark, Target};
use feedfold::store::{Error, Store};
use tempfile::TempDir;

const BRIDGE: &str = "Harbour council closes the Lantern swing bridge over cracked girder";
const OTHER: &str = "Cracked girder closes Lantern swing bridge, harbour council says";

/// Entries of the feed that is removed, beside those that share a story with another feed's: more than
/// are moved in one step.
const ALONE: i64 = 120;

/// `quay` leads one story, has a copy in it of `mole`, and reports alone a lot; `pier` covers the same.
async fn filled(store: &Store) {
    subscribe(store, &["quay", "mole", "pier"]).await;
    let mut items = vec![item("quay", "bridge", BRIDGE, noon())];
    for number in 0..ALONE {
        let title = format!("Keeper {} of tower {number} logs the tide", number * 7_919);
        items.push(item(
            "quay",
            &format!("log-{number}"),
            &title,
            minutes(-number),
        ));
    }
    poll(store, "quay", minutes(1), items).await;
    let mut copy = item("mole", "copy", BRIDGE, minutes(1));
    copy.content = item("quay", "bridge", BRIDGE, noon()).content;
    poll(store, "mole", minutes(2), vec![copy]).await;
    poll(
        store,
        "pier",
        minutes(4),
        vec![item("pier", "girder", OTHER, minutes(3))],
    )
    .await;
    let stories = store.stories(EntryQuery::default()).await.unwrap().items;
    let starred = [&stories[0], &stories[9]].map(|story| Target::Story(story.id));
    let star = vec![Mark::Star];
    store.mark(starred.into(), star, minutes(5)).await.unwrap();
}

/// All that is shown of stories, and why they are so.
async fn shown(store: &Store) -> Vec<String> {
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let query = EntryQuery {
        limit: 1_000,
        ..EntryQuery::default()
    };
    let mut lines = Vec::new();
    for story in store.stories(query.clone()).await.unwrap().items {
        let reading = store.reading(Target::Story(story.id)).await.unwrap();
        let members: Vec<String> = story
            .members
            .iter()
            .map(|member| format!("{} {:?} {}", member.entry.0, member.role, member.evidence))
            .collect();
        lines.push(format!(
            "{} {} {:?} {reading:?} {members:?}",
            story.id.0,
            story.lead.id.0,
            story.lead.dated()
        ));
    }
    let every = EntryQuery {
        fold: FoldLevel::None,
        ..query
    };
    for entry in store.entries(every).await.unwrap().items {
        let mut decision = store.decision(entry.id).await.unwrap();
        if let Some(decision) = &mut decision {
            // When it was looked at last says nothing of where it stands.
            decision.decided = noon();
        }
        lines.push(format!(
            "{:?} {:?} {decision:?}",
            entry.item, entry.outlet.name
        ));
    }
    lines.sort();
    lines
}

async fn found(store: &Store, text: &str) -> usize {
    let query = EntryQuery {
        text: parse_text(text).unwrap().map(|text| text.at(noon())),
        fold: FoldLevel::None,
        limit: 1_000,
        ..EntryQuery::default()
    };
    store.entries(query).await.unwrap().items.len()
}

/// Asks for the first step of something, and waits for no other.
async fn begun(asked: impl Future) {
    let mut asked = std::pin::pin!(asked);
    std::future::poll_fn(|context| {
        assert!(asked.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
}

/// The number of the removal that history tells last.
async fn removal(store: &Store) -> i64 {
    let corrections = store.corrections().await.unwrap();
    assert_eq!(corrections[0].kind, "remove");
    corrections[0].id
}

#[tokio::test]
async fn a_removed_feed_is_out_of_sight_and_comes_back_as_it_was() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("feedfold.db"), noon()).unwrap();
    filled(&store).await;
    let (before, feeds) = (shown(&store).await, store.feeds().await.unwrap());

    assert!(store.remove_feed("quay", minutes(10)).await.unwrap());
    assert!(!store.remove_feed("quay", minutes(10)).await.unwrap());
    assert_eq!(
        shown(&store).await.len(),
        1 + 2,
        "a story of two entries is left"
    );
    assert_eq!(found(&store, "tower").await, 0);
    assert_eq!(found(&store, "girder").await, 2);
    let names: Vec<String> = store
        .feeds()
        .await
        .unwrap()
        .into_iter()
        .map(|feed| feed.subscription.name)
        .collect();
    assert_eq!(names, ["mole", "pier"]);
    assert_eq!(store.counts().await.unwrap().feeds, 2);
    assert_eq!(store.overview(minutes(10)).await.unwrap().feeds, 2);

    let told = &store.corrections().await.unwrap()[0];
    assert_eq!(
        (told.kind.as_str(), told.title.as_str()),
        ("remove", "quay")
    );
    assert_eq!((told.decided, told.undone), (minutes(10), None));
    // Upkeep leaves alone what can come back.
    let keep = Config::default().retention;
    store.prune(&keep, minutes(11)).await.unwrap();
    let undone = store.undo(told.id, minutes(12)).await.unwrap();
    assert_eq!(undone.undone, Some(minutes(12)));
    assert_eq!(shown(&store).await, before);
    assert_eq!(store.feeds().await.unwrap(), feeds);
    assert_eq!(
        found(&store, "tower").await,
        usize::try_from(ALONE).unwrap()
    );
    assert!(matches!(
        store.undo(told.id, minutes(13)).await,
        Err(Error::Refused(_))
    ));
    // It is polled as before, and what it lists is known.
    let items = vec![item("quay", "bridge", BRIDGE, noon())];
    let recorded = poll(&store, "quay", minutes(60), items).await;
    assert_eq!(recorded.new, 0);
    assert_eq!(shown(&store).await, before);
}

#[tokio::test]
async fn what_arrived_or_was_joined_meanwhile_stays() {
    let store = Store::in_memory().unwrap();
    filled(&store).await;
    store.remove_feed("quay", minutes(10)).await.unwrap();
    let late = item(
        "mole",
        "late",
        "Bakery at the mole sells out of rye",
        minutes(11),
    );
    poll(&store, "mole", minutes(12), vec![late]).await;
    let stories = store.stories(EntryQuery::default()).await.unwrap().items;
    assert_eq!(stories.len(), 2);
    let joined = store
        .join(stories[0].id, stories[1].id, minutes(13))
        .await
        .unwrap();
    store.undo(1, minutes(14)).await.unwrap();
    let story = store.story(joined).await.unwrap().unwrap();
    assert_eq!(story.members.len(), 3, "the bridge's three and the bakery");
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    assert_eq!(found(&store, "bakery").await, 1);
}

#[tokio::test]
async fn a_name_or_address_that_is_in_use_again_keeps_it_away() {
    let store = Store::in_memory().unwrap();
    filled(&store).await;
    store.remove_feed("quay", minutes(10)).await.unwrap();
    let again = subscription("quay");
    store.add_feed(again, minutes(11)).await.unwrap();
    let removed = removal(&store).await;
    let Err(Error::Refused(why)) = store.undo(removed, minutes(12)).await else {
        panic!("both would have one name");
    };
    assert!(why.contains("remove that one first"), "{why}");
    store.remove_feed("quay", minutes(13)).await.unwrap();
    store.undo(removed, minutes(14)).await.unwrap();
    assert_eq!(
        found(&store, "tower").await,
        usize::try_from(ALONE).unwrap()
    );
}

#[tokio::test]
async fn after_a_month_it_is_gone_for_good() {
    let store = Store::in_memory().unwrap();
    filled(&store).await;
    store.remove_feed("quay", minutes(10)).await.unwrap();
    let keep = Config::default().retention;
    let removed = removal(&store).await;
    let days = |days| minutes(10) + TimeDelta::days(days);
    // A clock that was set back removes nothing.
    assert_eq!(store.prune(&keep, days(-900)).await.unwrap().entries, 0);
    assert_eq!(store.prune(&keep, days(30)).await.unwrap().entries, 0);
    let gone = store.prune(&keep, days(31)).await.unwrap().entries;
    assert_eq!(gone, usize::try_from(ALONE + 1).unwrap());
    assert_eq!(store.prune(&keep, days(32)).await.unwrap().entries, 0);
    let Err(Error::Refused(why)) = store.undo(removed, days(33)).await else {
        panic!("nothing is left of it");
    };
    assert!(why.contains("subscribe to it anew"), "{why}");
    assert_eq!(removal(&store).await, removed, "history still tells it");
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_ended_in_the_middle_is_taken_up_by_upkeep() {
    let store = Store::in_memory().unwrap();
    filled(&store).await;
    let before = shown(&store).await;
    let keep = Config::default().retention;
    begun(store.remove_feed("quay", minutes(10))).await;
    assert_eq!(store.feeds().await.unwrap().len(), 2);
    // A quick writer may have taken more steps than one; not all.
    assert!(found(&store, "tower").await > 0);
    store.prune(&keep, minutes(11)).await.unwrap();
    assert_eq!(found(&store, "tower").await, 0);

    begun(store.undo(removal(&store).await, minutes(12))).await;
    assert_eq!(store.feeds().await.unwrap().len(), 3);
    assert!(found(&store, "tower").await < usize::try_from(ALONE).unwrap());
    store.prune(&keep, minutes(13)).await.unwrap();
    assert_eq!(shown(&store).await, before);
}

#[tokio::test]
async fn a_poll_that_is_under_way_changes_nothing() {
    let store = Store::in_memory().unwrap();
    filled(&store).await;
    let polled = claim(&store, "quay", minutes(9)).await;
    store.remove_feed("quay", minutes(10)).await.unwrap();
    let late = item(
        "quay",
        "late",
        "Bakery at the quay sells out of rye",
        minutes(9),
    );
    let late = crate::support::library::Poll::document(polled, minutes(11), vec![late]);
    assert!(!late.record(&store).await.stored);
    assert_eq!(found(&store, "bakery").await, 0);
}
