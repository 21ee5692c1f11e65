//! What was read and starred, and how it follows its story.

use crate::support::library::{item, minutes, noon, poll, subscribe};
use feedfold::config::Retention;
use feedfold::entry::{EntryId, Item, StoryId};
use feedfold::feed::Timestamp;
use feedfold::query::{EntryQuery, FoldLevel};
use feedfold::reading::{Mark, ReadState, Reading, Target};
use feedfold::store::{ArrivalQuery, Chosen, Store};
use feedfold::text::SafeHtml;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const OUTLETS: [&str; 3] = ["quay", "lamp", "tide"];

/// Stories without a word in common, told the same by every outlet: copies of each fold.
const TOLD: [(&str, &str); 5] = [
    (
        "Harbour ferry runs on seawater batteries",
        "The island ferry crossed the sound on Monday with cells that take sodium out of seawater, \
         and the shipyard says that a second hull is on order for spring.",
    ),
    (
        "Compiler learns to explain itself",
        "A release of the Marble language prints why it inlined a function, names the cost model \
         that it asked, and suggests which annotation would change its mind.",
    ),
    (
        "Moths navigate by polarised moonlight",
        "Biologists in Tartu glued filters over the eyes of hawk moths and watched them turn in \
         circles, which settles a question from the nineteenth century.",
    ),
    (
        "Payroll firm left wages in an open bucket",
        "Salaries of forty thousand teachers lay readable for anyone with a browser, until a pupil \
         who was looking for homework told the newspaper about it.",
    ),
    (
        "Chess engine refuses a draw",
        "In round nine the program declined a repetition, lost two pawns, and won a queen ending \
         that commentators had called level for ninety moves.",
    ),
];

fn told(outlet: &str, number: usize, at: Timestamp) -> Item {
    let (title, text) = TOLD[number];
    Item {
        content: Some(SafeHtml::clean(&format!("<p>{text}</p>"), None)),
        ..item(outlet, &format!("told-{number}"), title, at)
    }
}

async fn library() -> Store {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &OUTLETS).await;
    store
}

/// Every entry with its story.
async fn entries(store: &Store) -> BTreeMap<EntryId, StoryId> {
    let query = EntryQuery {
        fold: FoldLevel::None,
        limit: 1_000,
        ..EntryQuery::default()
    };
    let page = store.entries(query).await.unwrap();
    page.items.iter().map(|e| (e.id, e.story)).collect()
}

async fn state(store: &Store, target: Target) -> Reading {
    store.reading(target).await.unwrap().unwrap()
}

async fn mark(store: &Store, target: Target, mark: Mark, at: i64) {
    store
        .mark(vec![target], vec![mark], minutes(at))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_late_member_never_makes_a_read_story_unread() {
    let store = library().await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![told("quay", 0, minutes(0))],
    )
    .await;
    let (first, story) = entries(&store).await.pop_first().unwrap();
    mark(&store, Target::Entry(first), Mark::Read, 2).await;
    poll(
        &store,
        "lamp",
        minutes(9),
        vec![told("lamp", 0, minutes(8))],
    )
    .await;
    let all = entries(&store).await;
    assert_eq!(all.len(), 2);
    for (entry, of) in all {
        assert_eq!(of, story, "the copy folds");
        assert_eq!(
            state(&store, Target::Entry(entry)).await.read,
            ReadState::Read
        );
    }
    assert_eq!(store.unread(true).await.unwrap(), []);
}

#[tokio::test]
async fn a_split_gives_each_part_the_state_it_had() {
    let store = library().await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![told("quay", 0, minutes(0))],
    )
    .await;
    poll(
        &store,
        "lamp",
        minutes(9),
        vec![told("lamp", 0, minutes(8))],
    )
    .await;
    let (late, story) = entries(&store).await.pop_last().unwrap();
    mark(&store, Target::Story(story), Mark::Read, 10).await;
    mark(&store, Target::Story(story), Mark::Star, 11).await;
    let own = store.split(late, minutes(12)).await.unwrap();
    let both = Reading {
        read: ReadState::Read,
        starred: true,
    };
    assert_eq!(state(&store, Target::Story(own)).await, both);
    assert_eq!(state(&store, Target::Story(story)).await, both);
    // From here on each goes its own way.
    mark(&store, Target::Story(own), Mark::KeepUnread, 13).await;
    assert_eq!(state(&store, Target::Story(story)).await, both);
    assert_eq!(
        state(&store, Target::Entry(late)).await.read,
        ReadState::KeptUnread
    );
}

#[tokio::test]
async fn joined_stories_are_read_only_if_both_were_and_found_under_the_old_number() {
    let store = library().await;
    let two = vec![told("quay", 0, minutes(0)), told("quay", 1, minutes(0))];
    poll(&store, "quay", minutes(1), two).await;
    let stories: Vec<StoryId> = entries(&store).await.into_values().collect();
    mark(&store, Target::Story(stories[0]), Mark::Read, 2).await;
    mark(&store, Target::Story(stories[1]), Mark::Star, 2).await;
    let kept = store
        .join(stories[0], stories[1], minutes(3))
        .await
        .unwrap();
    let state_now = state(&store, Target::Story(kept)).await;
    assert!(state_now.is_unread() && state_now.starred);
    let gone = stories.into_iter().find(|story| *story != kept).unwrap();
    mark(&store, Target::Story(gone), Mark::Read, 4).await;
    assert!(!state(&store, Target::Story(kept)).await.is_unread());
}

#[tokio::test]
async fn marking_all_leaves_what_arrived_after_the_clients_look() {
    let store = library().await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![told("quay", 0, minutes(0))],
    )
    .await;
    poll(
        &store,
        "lamp",
        minutes(2),
        vec![told("lamp", 1, minutes(0))],
    )
    .await;
    // Dated long ago, but it arrives late.
    poll(
        &store,
        "tide",
        minutes(9),
        vec![told("tide", 2, minutes(-900))],
    )
    .await;
    let feeds = store.feeds().await.unwrap();
    let quay = feeds.iter().find(|feed| feed.subscription.name == "quay");
    let marked = store
        .mark_all_read(
            Some(vec![quay.unwrap().id]),
            vec![],
            false,
            minutes(5),
            minutes(10),
        )
        .await
        .unwrap();
    assert_eq!(marked, 1);
    let marked = store
        .mark_all_read(None, vec![], false, minutes(5), minutes(10))
        .await
        .unwrap();
    assert_eq!(marked, 1);
    let unread = store.unread(false).await.unwrap();
    assert_eq!(unread.len(), 1);
    assert_eq!((unread[0].count, unread[0].newest), (1, minutes(9)));
    // Entries: a story is read when one of its entries is.
    let marked = store
        .mark_all_read(None, vec![], true, minutes(9), minutes(10))
        .await
        .unwrap();
    assert_eq!(marked, 1);
}

#[tokio::test]
async fn what_arrived_is_listed_by_arrival_in_pages_and_by_state() {
    let store = library().await;
    for (number, outlet) in ["quay", "lamp", "tide", "quay", "lamp"].iter().enumerate() {
        let at = minutes(10 * i64::try_from(number).unwrap());
        // The later it arrives, the older it says it is.
        let one = told(outlet, number, noon() - (at - noon()));
        poll(&store, outlet, at, vec![one]).await;
    }
    let ask = async |query: ArrivalQuery| -> Vec<i64> {
        let found = store.arrivals(query).await.unwrap();
        found.iter().map(|arrival| arrival.id).collect()
    };
    let all = ask(ArrivalQuery::default()).await;
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|a, b| a > b));
    let page = |after, oldest_first| ArrivalQuery {
        after,
        oldest_first,
        limit: 2,
        ..ArrivalQuery::default()
    };
    assert_eq!(ask(page(Some(all[1]), false)).await, all[2..4]);
    assert_eq!(ask(page(Some(all[3]), true)).await, [all[2], all[1]]);
    let since = ArrivalQuery {
        since: Some(minutes(20)),
        until: Some(minutes(40)),
        ..ArrivalQuery::default()
    };
    assert_eq!(ask(since).await, all[1..3]);
    mark(&store, Target::Story(StoryId(all[0])), Mark::Read, 50).await;
    mark(&store, Target::Story(StoryId(all[1])), Mark::KeepUnread, 50).await;
    mark(&store, Target::Story(StoryId(all[1])), Mark::Star, 50).await;
    for (chosen, holds, expected) in [
        (Chosen::Read, true, &all[..1]),
        (Chosen::Read, false, &all[1..]),
        (Chosen::KeptUnread, true, &all[1..2]),
        (Chosen::Starred, true, &all[1..2]),
    ] {
        let query = ArrivalQuery {
            states: vec![(chosen, holds)],
            ..ArrivalQuery::default()
        };
        assert_eq!(ask(query).await, expected, "{chosen:?} {holds}");
    }
    let targets = all.iter().map(|id| Target::Story(StoryId(*id))).collect();
    let items = store.items(targets).await.unwrap();
    assert_eq!(items.len(), 5);
    assert_eq!(items[0].1.id.0, all[0]);
    assert!(!items[0].2.is_unread() && items[1].2.starred);
}

#[tokio::test]
async fn retention_keeps_what_is_starred() {
    let store = library().await;
    poll(
        &store,
        "quay",
        minutes(1),
        vec![told("quay", 0, minutes(0)), told("quay", 1, minutes(0))],
    )
    .await;
    // They are no longer listed.
    poll(&store, "quay", minutes(2), vec![]).await;
    let (entry, _) = entries(&store).await.pop_first().unwrap();
    mark(&store, Target::Entry(entry), Mark::Star, 3).await;
    let keep = Retention {
        keep: Duration::from_secs(60),
        keep_per_feed: 5_000,
    };
    let report = store.prune(&keep, minutes(600)).await.unwrap();
    assert_eq!(report.entries, 1);
    assert_eq!(
        entries(&store).await.into_keys().collect::<Vec<_>>(),
        [entry]
    );
    mark(&store, Target::Entry(entry), Mark::Unstar, 700).await;
    assert_eq!(store.prune(&keep, minutes(800)).await.unwrap().entries, 1);
}

#[tokio::test]
async fn marks_on_what_is_not_there_change_nothing() {
    let store = library().await;
    let before = store.generation();
    let nowhere = vec![
        Target::Story(StoryId(9)),
        Target::Entry(EntryId(9)),
        Target::Story(StoryId(-1)),
    ];
    let marked = store.mark(nowhere, vec![Mark::Read], minutes(1)).await;
    assert_eq!(marked.unwrap(), 0);
    assert_eq!(store.generation(), before);
}

/// Something that happens to a library.
#[derive(Debug, Clone)]
enum Event {
    Arrives {
        outlet: usize,
        number: usize,
    },
    Marks {
        entries: Vec<usize>,
        marks: Vec<Mark>,
    },
    MarksAll {
        outlet: Option<usize>,
        back: i64,
    },
    Splits(usize),
    Joins(usize, usize),
}

fn event() -> impl Strategy<Value = Event> {
    let mark = prop_oneof![
        Just(Mark::Read),
        Just(Mark::Unread),
        Just(Mark::KeepUnread),
        Just(Mark::Star),
        Just(Mark::Unstar)
    ];
    prop_oneof![
        4 => (0..3_usize, 0..5_usize).prop_map(|(outlet, number)| Event::Arrives { outlet, number }),
        4 => (prop::collection::vec(0..15_usize, 1..4), prop::collection::vec(mark, 1..3))
            .prop_map(|(entries, marks)| Event::Marks { entries, marks }),
        1 => (prop::option::of(0..3_usize), 0..8_i64)
            .prop_map(|(outlet, back)| Event::MarksAll { outlet, back }),
        2 => (0..15_usize).prop_map(Event::Splits),
        1 => (0..15_usize, 0..15_usize).prop_map(|(a, b)| Event::Joins(a, b)),
    ]
}

/// What each entry's state must be when marks are put on one by one.
#[derive(Default)]
struct Model {
    states: BTreeMap<EntryId, Reading>,
    stories: BTreeMap<EntryId, StoryId>,
    arrived: [BTreeSet<usize>; 3],
}

impl Model {
    /// The entry with that place, counted in a circle.
    fn pick(&self, place: usize) -> Option<EntryId> {
        let count = self.stories.len();
        (count > 0).then(|| *self.stories.keys().nth(place % count).unwrap())
    }

    fn members(&self, story: StoryId) -> Vec<EntryId> {
        let of = self.stories.iter().filter(|(_, of)| **of == story);
        of.map(|(entry, _)| *entry).collect()
    }

    fn mark(&mut self, story: StoryId, mark: Mark) {
        for member in self.members(story) {
            let state = self.states.get_mut(&member).unwrap();
            *state = state.marked(mark);
        }
    }

    /// Takes over where entries are now; those that are new have their story's state.
    fn take_in(&mut self, now: BTreeMap<EntryId, StoryId>) {
        for (entry, story) in &now {
            if !self.states.contains_key(entry) {
                let before = now
                    .iter()
                    .find(|(other, of)| *of == story && self.states.contains_key(other))
                    .map(|(other, _)| self.states[other]);
                self.states.insert(*entry, before.unwrap_or_default());
            }
        }
        self.stories = now;
    }
}

async fn happens(store: &Store, model: &mut Model, event: &Event, at: i64) {
    match event {
        Event::Arrives { outlet, number } => {
            model.arrived[*outlet].insert(*number);
            let listed = &model.arrived[*outlet];
            let items = listed
                .iter()
                .map(|number| told(OUTLETS[*outlet], *number, minutes(0)))
                .collect();
            poll(store, OUTLETS[*outlet], minutes(at), items).await;
        }
        Event::Marks { entries, marks } => {
            let chosen: Vec<EntryId> = entries.iter().filter_map(|n| model.pick(*n)).collect();
            let targets = chosen
                .iter()
                .enumerate()
                .map(|(place, entry)| match place % 2 {
                    0 => Target::Entry(*entry),
                    _ => Target::Story(model.stories[entry]),
                })
                .collect();
            store
                .mark(targets, marks.clone(), minutes(at))
                .await
                .unwrap();
            for mark in marks {
                for entry in &chosen {
                    model.mark(model.stories[entry], *mark);
                }
            }
        }
        Event::MarksAll { outlet, back } => {
            let feeds = store.feeds().await.unwrap();
            let only = outlet.map(|outlet| {
                let found = feeds
                    .iter()
                    .find(|f| f.subscription.name == OUTLETS[outlet]);
                found.unwrap().id
            });
            let until = minutes(at - back);
            let stories: BTreeSet<StoryId> = model.stories.values().copied().collect();
            for story in stories {
                let told = store.story(story).await.unwrap().unwrap();
                if told.opened <= until && only.is_none_or(|feed| told.lead.outlet.feed == feed) {
                    model.mark(story, Mark::Read);
                }
            }
            store
                .mark_all_read(
                    only.map(|feed| vec![feed]),
                    vec![],
                    false,
                    until,
                    minutes(at),
                )
                .await
                .unwrap();
        }
        Event::Splits(place) => {
            if let Some(entry) = model.pick(*place) {
                // One that is alone stays so.
                let _ = store.split(entry, minutes(at)).await;
            }
        }
        Event::Joins(a, b) => {
            if let (Some(a), Some(b)) = (model.pick(*a), model.pick(*b)) {
                let (a, b) = (model.stories[&a], model.stories[&b]);
                if a != b {
                    store.join(a, b, minutes(at)).await.unwrap();
                    let (one, other) = (model.members(a), model.members(b));
                    let both = model.states[&one[0]].united(model.states[&other[0]]);
                    for entry in one.into_iter().chain(other) {
                        model.states.insert(entry, both);
                    }
                }
            }
        }
    }
    model.take_in(entries(store).await);
}

/// What a client that syncs now is told is unread.
async fn synced(store: &Store) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    let mut after = None;
    loop {
        let query = ArrivalQuery {
            states: vec![(Chosen::Read, false)],
            after,
            limit: 3,
            ..ArrivalQuery::default()
        };
        let page = store.arrivals(query).await.unwrap();
        for arrival in &page {
            assert!(found.insert(arrival.id), "{} came twice", arrival.id);
        }
        match page.last() {
            Some(last) if page.len() == 3 => after = Some(last.id),
            _ => return found,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_interleaving_ends_as_if_marks_were_put_on_one_by_one(
        events in prop::collection::vec(event(), 1..20)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = library().await;
            let mut model = Model::default();
            for (turn, event) in events.iter().enumerate() {
                happens(&store, &mut model, event, 1 + i64::try_from(turn).unwrap()).await;
                let unread: BTreeSet<i64> = model
                    .stories
                    .iter()
                    .filter(|(entry, _)| model.states[entry].is_unread())
                    .map(|(_, story)| story.0)
                    .collect();
                assert_eq!(synced(&store).await, unread, "after {event:?}");
            }
            for entry in model.stories.keys() {
                assert_eq!(state(&store, Target::Entry(*entry)).await, model.states[entry]);
            }
            assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
        });
    }
}
