//! What people decide instead of folding holds, whatever comes later, and can be undone.

use crate::support::library::{Poll, claim, item, minutes, noon, poll, subscribe};
use feedfold::config::Fold;
use feedfold::entry::{Entry, EntryId, Role, Story, StoryId};
use feedfold::query::EntryQuery;
use feedfold::reading::{Mark, Target};
use feedfold::store::{Error, Store};
use proptest::prelude::*;
use tempfile::TempDir;

const BRIDGE: &str = "Harbour bridge closes for repairs after a crack was found";
const OTHER: &str = "Harbour bridge closed: cracked girder means repairs for months";
const BREAD: &str = "A recipe for walnut bread without kneading";

async fn all(store: &Store) -> Vec<Story> {
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let mut stories = store.stories(EntryQuery::default()).await.unwrap().items;
    stories.sort_by_key(|story| story.id);
    stories
}

/// Stories as lists of entries, the lead first.
async fn shape(store: &Store) -> Vec<(i64, Vec<i64>)> {
    all(store)
        .await
        .iter()
        .map(|story| {
            let members = story.members.iter().map(|member| member.entry.0);
            (
                story.id.0,
                std::iter::once(story.lead.id.0).chain(members).collect(),
            )
        })
        .collect()
}

async fn entry(store: &Store, id: EntryId) -> Entry {
    store.entry(id).await.unwrap().unwrap()
}

/// Two reports of one event, a copy of the first, and another story.
async fn filled() -> Store {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay", "mole", "pier"]).await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![item("quay", "bridge", BRIDGE, noon())],
    )
    .await;
    let mut copy = item("mole", "copy", BRIDGE, minutes(1));
    copy.content = item("quay", "bridge", BRIDGE, noon()).content;
    poll(&store, "mole", minutes(2), vec![copy]).await;
    let items = vec![
        item("pier", "girder", OTHER, minutes(3)),
        item("pier", "bread", BREAD, minutes(2)),
    ];
    poll(&store, "pier", minutes(4), items).await;
    store
}

#[tokio::test]
async fn an_undone_join_parts_the_stories_under_their_former_numbers() {
    let store = filled().await;
    let before = all(&store).await;
    let shaped = shape(&store).await;
    let (first, last) = (before[0].id, before.last().unwrap().id);
    assert_ne!(first, last);
    store.join(first, last, minutes(10)).await.unwrap();
    assert_eq!(all(&store).await.len(), before.len() - 1);
    // Coverage that arrives in between stays with what it was folded under.
    let late = item("mole", "late", BREAD, minutes(11));
    poll(&store, "mole", minutes(12), vec![late]).await;

    let correction = store.corrections().await.unwrap().remove(0);
    assert_eq!((correction.kind.as_str(), correction.other), ("join", last));
    let undone = store.undo(correction.id, minutes(20)).await.unwrap();
    assert_eq!(undone.undone, Some(minutes(20)));
    let after = all(&store).await;
    let uris = |stories: &[Story]| -> Vec<String> {
        stories.iter().map(|story| story.uri.clone()).collect()
    };
    assert_eq!(uris(&after), uris(&before));
    assert_eq!(shape(&store).await[0], shaped[0]);
    let bread = after.last().unwrap();
    assert_eq!(bread.members.len(), 1, "the late report went along");
    assert_eq!(bread.lead.id, before.last().unwrap().lead.id);
    for story in &before {
        let evidence = |story: &Story| -> Vec<String> {
            story.members.iter().map(|m| m.evidence.clone()).collect()
        };
        let now = after.iter().find(|other| other.id == story.id).unwrap();
        assert!(evidence(now).starts_with(&evidence(story)), "{now:?}");
    }
    let again = store.undo(correction.id, minutes(21)).await.unwrap_err();
    assert!(matches!(again, Error::Refused(_)), "{again}");
    assert!(store.undo(999, minutes(21)).await.is_err());
}

#[tokio::test]
async fn an_undone_split_is_one_story_again_and_its_number_leads_there() {
    let store = filled().await;
    let before = shape(&store).await;
    let copy = all(&store).await[0].members[0].entry;
    let apart = store.split(copy, minutes(10)).await.unwrap();
    assert_eq!(entry(&store, copy).await.role, Role::Lead);
    let correction = store.corrections().await.unwrap().remove(0);
    assert_eq!(correction.entry, Some(copy));
    store.undo(correction.id, minutes(11)).await.unwrap();
    assert_eq!(shape(&store).await, before);
    let found = store.story(apart).await.unwrap().unwrap();
    assert_eq!(found.id, StoryId(before[0].0));
    let why = store.decision(copy).await.unwrap().unwrap();
    assert_ne!(why.rule, "correction", "{}", why.evidence);
}

#[tokio::test]
async fn corrections_of_one_story_are_undone_the_last_first() {
    let store = filled().await;
    let before = shape(&store).await;
    let copy = all(&store).await[0].members[0].entry;
    let apart = store.split(copy, minutes(10)).await.unwrap();
    store
        .join(apart, StoryId(before[0].0), minutes(11))
        .await
        .unwrap();
    let listed = store.corrections().await.unwrap();
    let refused = store.undo(listed[1].id, minutes(12)).await.unwrap_err();
    assert!(
        refused.to_string().contains("undo that one first"),
        "{refused}"
    );
    store.undo(listed[0].id, minutes(12)).await.unwrap();
    store.undo(listed[1].id, minutes(13)).await.unwrap();
    assert_eq!(shape(&store).await, before);
}

#[tokio::test]
async fn a_chosen_lead_stays_whoever_comes_later() {
    let store = filled().await;
    let before = shape(&store).await;
    let story = all(&store).await.remove(0);
    let chosen = story.members[0].entry;
    let led = store.lead(story.id, chosen, minutes(10)).await.unwrap();
    assert_eq!(led, story.id);
    let now = all(&store).await.remove(0);
    assert_eq!((now.lead.id, now.uri), (chosen, story.uri.clone()));
    assert_eq!(now.members.len(), story.members.len());
    let why = store.decision(chosen).await.unwrap().unwrap();
    assert!(
        why.evidence.starts_with("made the lead by hand"),
        "{}",
        why.evidence
    );
    // An earlier dated report would lead otherwise.
    let mut early = item("pier", "early", BRIDGE, minutes(-300));
    early.content = None;
    poll(&store, "pier", minutes(12), vec![early]).await;
    let later = all(&store).await.remove(0);
    assert_eq!(later.lead.id, chosen);
    assert!(
        store
            .lead(story.id, EntryId(999), minutes(13))
            .await
            .is_err()
    );
    let correction = store.corrections().await.unwrap().remove(0);
    store.undo(correction.id, minutes(14)).await.unwrap();
    assert_eq!(shape(&store).await[0].1[0], before[0].1[0]);
}

#[tokio::test]
async fn feeds_that_are_never_folded_share_no_story() {
    for (never, apart) in [
        (vec![], false),
        (vec![("mole".to_owned(), "quay".to_owned())], true),
        (vec![("mole".to_owned(), "pier".to_owned())], false),
    ] {
        let store = Store::in_memory().unwrap();
        subscribe(&store, &["quay", "mole"]).await;
        poll(
            &store,
            "quay",
            minutes(1),
            vec![item("quay", "bridge", BRIDGE, noon())],
        )
        .await;
        let claim = claim(&store, "mole", minutes(2)).await;
        let copy = vec![item("mole", "copy", BRIDGE, minutes(1))];
        let settings = Fold {
            never,
            ..Fold::default()
        };
        Poll::document(claim, minutes(2), copy)
            .folded(settings)
            .record(&store)
            .await;
        assert_eq!(all(&store).await.len(), if apart { 2 } else { 1 });
    }
}

/// What may happen after an entry was split off.
#[derive(Debug, Clone, Copy)]
enum Later {
    SamePage,
    OtherGuid,
    ListedTwice,
    Edited,
    CopyElsewhere,
    MoreCoverage,
    Reopened,
}

fn later() -> impl Strategy<Value = Vec<Later>> {
    let one = prop_oneof![
        Just(Later::SamePage),
        Just(Later::OtherGuid),
        Just(Later::ListedTwice),
        Just(Later::Edited),
        Just(Later::CopyElsewhere),
        Just(Later::MoreCoverage),
        Just(Later::Reopened),
    ];
    proptest::collection::vec(one, 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_split_entry_never_comes_back_by_itself(later in later()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(after_a_split(&later));
    }
}

async fn after_a_split(later: &[Later]) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let mut store = Store::open(&path, noon()).unwrap();
    subscribe(&store, &["quay", "mole", "pier"]).await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![item("quay", "bridge", BRIDGE, noon())],
    )
    .await;
    let mut own = item("mole", "copy", BRIDGE, minutes(1));
    own.content = item("quay", "bridge", BRIDGE, noon()).content;
    poll(&store, "mole", minutes(2), vec![own.clone()]).await;
    let story = all(&store).await.remove(0);
    assert_eq!(story.members.len(), 1);
    let split = story.members[0].entry;
    let apart = store.split(split, minutes(3)).await.unwrap();
    let mut also = Vec::new();
    for (step, what) in (1_i64..).zip(later) {
        let at = minutes(3 + 31 * step);
        match what {
            Later::SamePage => {}
            Later::OtherGuid => {
                own.guid = Some(format!("mole:anew-{step}"));
                own.link = item("mole", &format!("anew-{step}"), "", at).link;
            }
            Later::ListedTwice => {
                let mut twin = own.clone();
                twin.guid = Some(format!("mole:twin-{step}"));
                twin.link = item("mole", &format!("twin-{step}"), "", at).link;
                also.push(twin);
            }
            Later::Edited => own.summary = item("mole", "x", &format!("Edited {step}"), at).content,
            Later::CopyElsewhere | Later::MoreCoverage => {
                let title = if matches!(what, Later::MoreCoverage) {
                    OTHER
                } else {
                    BRIDGE
                };
                let other = item("pier", &format!("pier-{step}"), title, at);
                poll(&store, "pier", at, vec![other]).await;
            }
            Later::Reopened => {
                store.close().await;
                store = Store::open(&path, at).unwrap();
            }
        }
        let listed = std::iter::once(&own).chain(&also).cloned().collect();
        poll(&store, "mole", at, listed).await;
        assert_eq!(entry(&store, split).await.story, apart, "{later:?}");
        let old = store.story(story.id).await.unwrap().unwrap();
        assert_eq!(old.id, story.id);
        let feeds: Vec<&str> = old
            .members
            .iter()
            .map(|member| member.outlet.name.as_str())
            .chain([old.lead.outlet.name.as_str()])
            .collect();
        assert!(!feeds.contains(&"mole"), "{later:?}: {feeds:?}");
    }
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_undone_correction_keeps_what_the_reader_marked_meanwhile() {
    let store = filled().await;
    let stories = all(&store).await;
    let (first, last) = (stories[0].id, stories.last().unwrap().id);
    let mark = async |story, mark, at| {
        let target = vec![Target::Story(story)];
        store.mark(target, vec![mark], minutes(at)).await.unwrap();
    };
    let state = async |story| store.reading(Target::Story(story)).await.unwrap().unwrap();
    let newest = async || store.corrections().await.unwrap()[0].id;

    mark(last, Mark::Star, 5).await;
    store.join(first, last, minutes(10)).await.unwrap();
    mark(first, Mark::Read, 11).await;
    store.undo(newest().await, minutes(12)).await.unwrap();
    assert!(!state(first).await.is_unread());
    assert!(
        !state(last).await.is_unread(),
        "it was read while it was a part of the first one"
    );
    assert!(state(last).await.starred, "as before the join");

    mark(last, Mark::Unread, 13).await;
    store.join(first, last, minutes(14)).await.unwrap();
    store.undo(newest().await, minutes(15)).await.unwrap();
    assert!(
        state(last).await.is_unread(),
        "nobody marked anything between"
    );

    let copy = stories[0].members[0].entry;
    let apart = store.split(copy, minutes(20)).await.unwrap();
    mark(apart, Mark::Star, 21).await;
    store.undo(newest().await, minutes(22)).await.unwrap();
    assert!(state(first).await.starred, "a star is not lost");
}
