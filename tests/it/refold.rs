//! What is stored, folded anew by today's rules.

use crate::support::library::{Poll, claim, item, minutes, noon, poll, subscribe};
use crate::support::program::Place;
use chrono::TimeDelta;
use feedfold::config::Fold;
use feedfold::entry::{EntryId, Role, StoryId};
use feedfold::query::{EntryQuery, FoldLevel};
use feedfold::reading::{Mark, ReadState, Target};
use feedfold::store::{Adopted, Change, Refold, Rehearsed, Store};
use proptest::prelude::*;

const BRIDGE: &str = "Harbour bridge closes for repairs after a crack was found";
const BREAD: &str = "A recipe for walnut bread without kneading";

fn apart() -> Fold {
    Fold {
        never: vec![("quay".to_owned(), "mole".to_owned())],
        ..Fold::default()
    }
}

async fn rehearse(store: &Store, fold: Fold) -> Rehearsed {
    let refold = Refold {
        since: noon() - TimeDelta::days(1),
        fold,
        corrected: true,
    };
    store.rehearse(refold).await.unwrap()
}

/// Polls `quay`, then `mole`, which has the same report, by these rules; and something else.
async fn filled(store: &Store, fold: Fold) {
    subscribe(store, &["quay", "mole"]).await;
    let told = item("quay", "bridge", BRIDGE, noon());
    let mut copy = item("mole", "copy", BRIDGE, minutes(1));
    copy.content.clone_from(&told.content);
    poll(store, "quay", minutes(1), vec![told]).await;
    let claim = claim(store, "mole", minutes(2)).await;
    let bread = item("mole", "bread", BREAD, minutes(2));
    Poll::document(claim, minutes(2), vec![copy, bread])
        .folded(fold)
        .record(store)
        .await;
}

/// Story, role and what it is a copy of, of each entry.
async fn shape(store: &Store) -> Vec<(i64, i64, Role, Option<i64>)> {
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    let query = EntryQuery {
        fold: FoldLevel::None,
        limit: 1_000,
        ..EntryQuery::default()
    };
    let mut entries = store.entries(query).await.unwrap().items;
    entries.sort_by_key(|entry| entry.id);
    let place = |entry: &feedfold::entry::Entry| {
        let copy_of = entry.copy_of.map(|entry| entry.0);
        (entry.id.0, entry.story.0, entry.role, copy_of)
    };
    entries.iter().map(place).collect()
}

#[tokio::test]
async fn what_now_folds_is_joined_and_the_number_that_goes_leads_on() {
    let store = Store::in_memory().unwrap();
    filled(&store, apart()).await;
    let before = shape(&store).await;
    assert_eq!(before.len(), 3);
    assert!(before.iter().all(|entry| entry.2 == Role::Lead));
    let (kept, gone) = (StoryId(before[0].1), StoryId(before[1].1));
    let read = vec![Target::Story(kept)];
    store
        .mark(read, vec![Mark::Read], minutes(3))
        .await
        .unwrap();
    let star = vec![Target::Story(gone)];
    let marks = vec![Mark::Read, Mark::Star];
    store.mark(star, marks, minutes(3)).await.unwrap();

    let rehearsed = rehearse(&store, Fold::default()).await;
    assert_eq!(rehearsed.entries.len(), 3);
    let change = Change {
        entry: EntryId(2),
        now: (gone, Role::Lead),
        then: (Some(kept), Role::Copy),
        evidence: rehearsed.changes[0].evidence.clone(),
    };
    assert_eq!(rehearsed.changes, [change]);
    assert!(rehearsed.changes[0].evidence.contains("same"));
    assert_eq!(shape(&store).await, before, "a rehearsal changes nothing");

    let adopted = store.adopt(rehearsed, minutes(5)).await.unwrap();
    assert_eq!(
        adopted,
        Adopted {
            entries: 1,
            left: 0
        }
    );
    let after = shape(&store).await;
    assert_eq!(after[1], (2, kept.0, Role::Copy, Some(1)));
    assert_eq!(after[2], before[2]);
    let found = store.story(gone).await.unwrap().unwrap();
    assert_eq!((found.id, found.members.len()), (kept, 1));
    let reading = store.reading(Target::Story(gone)).await.unwrap().unwrap();
    assert!(reading.starred && reading.read == ReadState::Read);
    let why = store.decision(EntryId(2)).await.unwrap().unwrap();
    assert_eq!(why.of, Some(EntryId(1)));
    assert!(rehearse(&store, Fold::default()).await.changes.is_empty());
    // What arrives now folds with what was joined.
    let again = item("mole", "again", BRIDGE, minutes(6));
    poll(&store, "mole", minutes(6), vec![again]).await;
    assert_eq!(shape(&store).await[3].1, kept.0);
}

#[tokio::test]
async fn what_no_longer_folds_opens_a_story_as_old_as_itself() {
    let store = Store::in_memory().unwrap();
    filled(&store, Fold::default()).await;
    let before = shape(&store).await;
    let story = StoryId(before[0].1);
    assert_eq!(before[1].1, story.0);
    let read = vec![Target::Story(story)];
    store
        .mark(read, vec![Mark::Read], minutes(3))
        .await
        .unwrap();
    let rehearsed = rehearse(&store, apart()).await;
    assert_eq!(rehearsed.changes.len(), 1);
    assert_eq!(rehearsed.changes[0].then, (None, Role::Lead));
    store.adopt(rehearsed, minutes(50)).await.unwrap();
    let after = shape(&store).await;
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    let (_, own, role, _) = after[1];
    assert!(own > before[2].1 && role == Role::Lead);
    let stories = store.stories(EntryQuery::default()).await.unwrap().items;
    let opened = stories.iter().find(|s| s.id.0 == own).unwrap().opened;
    assert_eq!(opened, minutes(2));
    // It was read as a part of the other one.
    let reading = store.reading(Target::Story(StoryId(own))).await.unwrap();
    assert_eq!(reading.unwrap().read, ReadState::Read);
    assert!(rehearse(&store, apart()).await.changes.is_empty());
}

#[tokio::test]
async fn what_was_corrected_stays() {
    let store = Store::in_memory().unwrap();
    filled(&store, Fold::default()).await;
    store.split(EntryId(2), minutes(3)).await.unwrap();
    let bread = StoryId(shape(&store).await[2].1);
    let first = StoryId(shape(&store).await[0].1);
    store.join(first, bread, minutes(4)).await.unwrap();
    let corrected = shape(&store).await;
    for fold in [Fold::default(), apart()] {
        let rehearsed = rehearse(&store, fold).await;
        assert_eq!(rehearsed.changes, []);
        store.adopt(rehearsed, minutes(5)).await.unwrap();
        assert_eq!(shape(&store).await, corrected);
    }
}

#[tokio::test]
async fn stories_that_changed_meanwhile_are_left_alone() {
    let store = Store::in_memory().unwrap();
    filled(&store, apart()).await;
    let rehearsed = rehearse(&store, Fold::default()).await;
    let late = item("quay", "late", BRIDGE, minutes(4));
    poll(&store, "quay", minutes(5), vec![late]).await;
    let before = shape(&store).await;
    let adopted = store.adopt(rehearsed, minutes(6)).await.unwrap();
    assert_eq!(
        adopted,
        Adopted {
            entries: 0,
            left: 1
        }
    );
    assert_eq!(shape(&store).await, before);
    let again = rehearse(&store, Fold::default()).await;
    let adopted = store.adopt(again, minutes(7)).await.unwrap();
    assert_eq!(adopted.left, 0);
    assert!(rehearse(&store, Fold::default()).await.changes.is_empty());
}

#[tokio::test]
async fn only_what_arrived_since_is_judged() {
    let store = Store::in_memory().unwrap();
    filled(&store, apart()).await;
    let refold = Refold {
        since: minutes(2),
        fold: Fold::default(),
        corrected: true,
    };
    let rehearsed = store.rehearse(refold).await.unwrap();
    assert_eq!((rehearsed.entries.len(), rehearsed.changes.len()), (2, 1));
    let refold = Refold {
        since: minutes(3),
        fold: Fold::default(),
        corrected: true,
    };
    let rehearsed = store.rehearse(refold).await.unwrap();
    assert_eq!((rehearsed.entries.len(), rehearsed.changes.len()), (0, 0));
}

/// Headlines of few words, so that many fold and many nearly do.
fn headline() -> impl Strategy<Value = String> {
    let places = ["Harbour", "Station", "Orchard"];
    let things = ["bridge", "ferry", "tower"];
    let deeds = [
        "closes for repairs",
        "opens after a crack",
        "is sold to Norway",
    ];
    (0..3usize, 0..3usize, 0..3usize)
        .prop_map(move |(a, b, c)| format!("{} {} {} today", places[a], things[b], deeds[c]))
}

/// Polls: feed, headlines, whether `quay` and `mole` fold together then.
fn polls() -> impl Strategy<Value = Vec<(usize, Vec<String>, bool)>> {
    let headlines = proptest::collection::vec(headline(), 1..4);
    proptest::collection::vec((0..3usize, headlines, any::<bool>()), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn folding_anew_comes_to_rest_and_loses_nothing(
        polls in polls(), strict in any::<bool>(), never in any::<bool>()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::in_memory().unwrap();
            let feeds = ["quay", "mole", "pier"];
            subscribe(&store, &feeds).await;
            let mut at = 1;
            for (feed, headlines, together) in polls {
                let name = feeds[feed];
                let items = headlines.iter().enumerate().map(|(n, headline)| {
                    item(name, &format!("{at}-{n}"), headline, minutes(at))
                });
                let claim = claim(&store, name, minutes(at)).await;
                let fold = if together { Fold::default() } else { apart() };
                Poll::document(claim, minutes(at), items.collect()).folded(fold).record(&store).await;
                at += 40;
            }
            let before = shape(&store).await;
            let never = if never { apart() } else { Fold::default() };
            let fold = Fold { strict, ..never };
            let rehearsed = rehearse(&store, fold.clone()).await;
            let changes = rehearsed.changes.len();
            let adopted = store.adopt(rehearsed, minutes(at)).await.unwrap();
            assert_eq!(adopted, Adopted { entries: changes, left: 0 });
            let after = shape(&store).await;
            assert_eq!(after.len(), before.len());
            assert_eq!(rehearse(&store, fold).await.changes, []);
            for (id, story, role, _) in &before {
                let found = store.story(StoryId(*story)).await.unwrap();
                let found = found.expect("every number that was published leads somewhere");
                // A number goes where its lead went.
                let lead = after.iter().find(|entry| entry.0 == *id).unwrap();
                assert!(*role != Role::Lead || found.id.0 == lead.1);
            }
        });
    }
}

fn place_with(fold: Fold) -> Place {
    let place = Place::with("");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&place.database(), noon()).unwrap();
        filled(&store, fold).await;
        store.close().await;
    });
    place
}

#[test]
fn the_command_shows_the_difference_and_then_makes_it() {
    let place = place_with(apart());
    let shown = place.run(&["refold", "--since", "2026-11-01", "--dry-run"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("leads story 2"), "{}", shown.out);
    assert!(shown.out.contains("copy in story 1"), "{}", shown.out);
    let sum = "1 of 3 entries would stand elsewhere: 1 stories joined to others, 0 new ones";
    assert!(shown.out.contains(sum), "{}", shown.out);
    let made = place.json(&["refold", "--since", "2026-11-01", "--json"]);
    assert_eq!(made[0]["entry"], 2);
    assert_eq!(made[0]["now"]["story"], 2);
    assert_eq!(made[0]["then"]["fold"], "copy");
    assert_eq!(made[1]["made"], 1);
    assert_eq!(made[1]["stories_joined"], 1);
    assert_eq!(
        place.json(&["story", "2", "--json"])[0]["id"],
        made[0]["then"]["story"]
    );
    let again = place.json(&["refold", "--since", "2026-11-01", "--json"]);
    assert_eq!(again[0]["changes"], 0);
    let wrong = place.run(&["refold", "--since", "soonish"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("--since"), "{}", wrong.err);
}

#[test]
fn rules_are_measured_against_what_people_corrected() {
    let place = place_with(apart());
    let nothing = place.run(&["eval", "--corrections"]);
    assert_eq!(nothing.code, 1);
    assert!(
        nothing.err.contains("no story was corrected"),
        "{}",
        nothing.err
    );
    // People say what the rules say by themselves: no mistake.
    assert_eq!(place.run(&["join", "1", "2"]).code, 0);
    let figures = &place.json(&["eval", "--corrections", "--json"])[0];
    assert_eq!(figures["entries"], 2);
    assert_eq!(figures["fold"]["hidden"], 1);
    assert_eq!(figures["fold"]["P"], 1.0);
    assert_eq!(figures["fold"]["R"], 1.0);
    // What has nothing in common is not found by rules.
    assert_eq!(place.run(&["join", "1", "3"]).code, 0);
    let told = place.json(&["eval", "--corrections", "--json", "--show", "5"]);
    assert_eq!(told[0]["entries"], 3);
    assert_eq!(told[1]["mistake"], "missed");
    assert_eq!(
        told[1]["title"].as_str().unwrap().split(" (").next(),
        Some(BREAD)
    );
}
