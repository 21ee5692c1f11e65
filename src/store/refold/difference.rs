//! What would be otherwise, and which stories keep their numbers.

use super::book::{Book, Place, is_provisional};
use crate::entry::{Credit, EntryId, Role, StoryId};
use crate::store::history::Reason;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An entry of a story that changes.
pub(super) struct Move {
    pub(super) entry: EntryId,
    pub(super) now: Place,
    /// Its story is a number of the database, or for a new story a provisional one.
    pub(super) then: Place,
    pub(super) kept: bool,
    pub(super) reason: Option<Reason>,
}

impl Move {
    /// Whether readers see a difference.
    pub(super) fn changes(&self) -> bool {
        self.now.story != self.then.story || self.now.role != self.then.role
    }
}

/// Stories that change together, and all of their entries that were looked at.
#[derive(Default)]
pub(super) struct Knot {
    pub(super) moves: Vec<Move>,
    /// Stories that become part of another one.
    pub(super) gone: Vec<(StoryId, StoryId)>,
    /// Credited originals of stories, by their number.
    pub(super) credits: BTreeMap<StoryId, Credit>,
}

/// Compares where entries stand with where they would stand. What changes together is together;
/// the oldest changes come first.
pub(super) fn compare(mut book: Book) -> Vec<Knot> {
    book.settle();
    let (names, gone) = numbers(&book);
    let name = |story: StoryId| names.get(&story).copied().unwrap_or(story);
    let mut sets = Sets::default();
    for standing in book.entries.values_mut() {
        standing.then.story = name(standing.then.story);
        let (now, then) = (standing.now, standing.then);
        if now.story != then.story || now.role != then.role {
            sets.unite(now.story, then.story);
        }
    }
    let changed: HashSet<StoryId> = sets.parents.keys().copied().collect();
    let mut knots: BTreeMap<StoryId, Knot> = BTreeMap::new();
    for (entry, standing) in std::mem::take(&mut book.entries) {
        let (now, then) = (standing.now, standing.then);
        if !changed.contains(&now.story) && !changed.contains(&then.story) {
            continue;
        }
        let knot = knots.entry(sets.root(then.story)).or_default();
        knot.moves.push(Move {
            entry,
            now,
            then,
            kept: standing.kept,
            reason: standing.reason,
        });
    }
    for (gone, into) in gone {
        if let Some(knot) = knots.get_mut(&sets.root(into)) {
            knot.gone.push((gone, into));
        }
    }
    for (story, told) in book.stories {
        let story = name(story);
        if let (Some(credit), true) = (told.credit, changed.contains(&story))
            && let Some(knot) = knots.get_mut(&sets.root(story))
        {
            knot.credits.insert(story, credit);
        }
    }
    let mut knots: Vec<Knot> = knots.into_values().collect();
    knots.sort_by_key(|knot| knot.moves.first().map(|first| first.entry));
    knots
}

/// Which numbers rehearsed stories have, and which stories go into which. A story's number stays
/// with its lead, which is what people saw; of several that meet the oldest stays.
fn numbers(book: &Book) -> (HashMap<StoryId, StoryId>, Vec<(StoryId, StoryId)>) {
    let mut claims: BTreeMap<StoryId, Vec<StoryId>> = BTreeMap::new();
    for standing in book.entries.values() {
        // A story of entries that stay keeps its number without its lead too.
        if standing.now.role == Role::Lead && !book.stories.contains_key(&standing.now.story) {
            let claims = claims.entry(standing.then.story).or_default();
            claims.push(standing.now.story);
        }
    }
    let (mut names, mut gone) = (HashMap::new(), Vec::new());
    for (story, mut claims) in claims {
        claims.sort_unstable();
        let mut claims = claims.into_iter();
        let stays = match is_provisional(story) {
            true => claims.next().unwrap_or(story),
            false => story,
        };
        names.insert(story, stays);
        gone.extend(claims.map(|claim| (claim, stays)));
    }
    (names, gone)
}

/// Stories that belong together.
#[derive(Default)]
struct Sets {
    parents: HashMap<StoryId, StoryId>,
}

impl Sets {
    fn root(&self, story: StoryId) -> StoryId {
        let mut root = story;
        while let Some(parent) = self.parents.get(&root)
            && *parent != root
        {
            root = *parent;
        }
        root
    }

    fn unite(&mut self, a: StoryId, b: StoryId) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parents.insert(low, low);
        self.parents.insert(high, low);
    }
}
