//! What folding looks up, in memory: the entries that arrived within the fold window.
//!
//! Nothing here is the truth: all of it is made from the entries' rows, belongs to one transaction
//! after the other, and is thrown away whenever another process wrote. Keys lead to lists of
//! entries by date; what a job did is noted, so that a failed one is undone. Where an entry is found is
//! known of all of them; what it says is held of the newest, and read of the others when they are found.

mod held;
#[cfg(test)]
mod held_or_read;
mod key_lists;
mod key_run;
mod latest;
mod loading;
mod search;
mod tally;
mod term_counts;

use super::Error;
use super::archive::stored_candidate;
use super::feed_rows::millis;
use crate::entry::EntryId;
use crate::feed::Timestamp;
use crate::fold::{Candidate, Found, Outlets, Profile, StoredProfile};
use held::Held;
use key_lists::KeyLists;
use latest::Latest;
use rusqlite::Connection;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use tally::Tally;
use term_counts::TermCounts;

/// Most entries that are kept; the newest ones.
const MOST: usize = 150_000;
/// What a window takes, in bytes: enough to hold 30,000 entries. Of more fewer are held, to make room for
/// where each is found.
const SIZE: usize = 28 << 20;
/// What it takes to find an entry, in bytes.
const FINDING: usize = 200;
/// What is held in any case, in bytes.
const LEAST_HELD: usize = 6 << 20;

/// The entries that new ones may fold with.
pub(super) struct FoldWindow {
    loaded: bool,
    reach: Duration,
    version: i64,
    /// How often it was loaded.
    loads: u64,
    slots: Vec<Slot>,
    /// Their dates, close together: a search looks at those of a thousand slots.
    dated: Vec<i64>,
    held: Held,
    size: usize,
    /// How many entries there are when all are read that are to be.
    expected: usize,
    keys: KeyLists,
    latest: Latest,
    terms: TermCounts,
    /// What slots were before they were changed.
    changes: Vec<Change>,
    outlets: Option<Arc<Outlets>>,
    tally: RefCell<Tally>,
}

/// An entry of the window.
#[derive(Clone, Copy)]
struct Slot {
    entry: EntryId,
    first_seen: i64,
    /// Whether it opened its story, as far as the window knows.
    opens: bool,
    /// Whether it was removed.
    gone: bool,
}

/// How a slot was.
struct Change {
    at: usize,
    slot: Slot,
    held: Option<Candidate>,
    /// What was counted of it before, and after.
    counted: (Option<StoredProfile>, Option<StoredProfile>),
}

/// A place to come back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    loads: u64,
    slots: usize,
}

impl Default for FoldWindow {
    fn default() -> Self {
        Self::of_size(SIZE)
    }
}

impl FoldWindow {
    /// A window that holds all of its entries: they are not to be found in the database as it knows them.
    pub(super) fn holding_all() -> Self {
        Self::of_size(usize::MAX)
    }

    /// A window that takes about so many bytes.
    pub(super) fn of_size(size: usize) -> Self {
        Self {
            loaded: false,
            reach: Duration::ZERO,
            version: 0,
            loads: 0,
            slots: Vec::new(),
            dated: Vec::new(),
            held: Held::default(),
            size,
            expected: 0,
            keys: KeyLists::default(),
            latest: Latest::default(),
            terms: TermCounts::default(),
            changes: Vec::new(),
            outlets: None,
            tally: RefCell::default(),
        }
    }

    /// Where to come back to, should the job that begins now fail. All earlier ones are final.
    pub(super) fn mark(&mut self) -> Mark {
        self.settle();
        Mark {
            loads: self.loads,
            slots: self.slots.len(),
        }
    }

    /// Makes all that was done final, and less of it where it has become much.
    fn settle(&mut self) {
        self.changes.clear();
        self.keys.settle();
        let entries = self.slots.len().max(self.expected);
        if KeyLists::packs(entries) {
            self.keys.pack_many(&self.dated);
        }
        let room = self.size.saturating_sub(entries * FINDING);
        self.held.keep(room.max(LEAST_HELD.min(self.size)));
    }

    /// Takes back everything since `mark`.
    pub(super) fn undo_to(&mut self, mark: Mark) {
        if self.loads != mark.loads {
            // It was loaded in between, from what is undone now.
            self.forget();
            return;
        }
        // Names and hosts of feeds may have been changed too.
        self.outlets = None;
        for change in std::mem::take(&mut self.changes).into_iter().rev() {
            let (before, after) = &change.counted;
            self.terms.exchange(after.as_ref(), before.as_ref());
            if let Some(slot) = self.slots.get_mut(change.at) {
                *slot = change.slot;
            }
            if let Some(before) = change.held {
                self.held.replace(change.at, Some(before));
            }
        }
        self.keys.take_back();
        for slot in self.slots.drain(mark.slots..).rev() {
            // What was added since is held.
            let Some(kept) = self.held.pop() else {
                continue;
            };
            self.latest.take_back(kept.feed);
            if slot.opens {
                self.terms.exchange(Some(&kept.profile), None);
            }
        }
        self.dated.truncate(mark.slots);
    }

    /// Throws everything away; it is loaded when it is needed again.
    pub(super) fn forget(&mut self) {
        *self = Self {
            version: self.version,
            loads: self.loads + 1,
            ..Self::of_size(self.size)
        };
    }

    /// Goes on where nobody else wrote since `version`.
    pub(super) fn keep_for(&mut self, version: i64) {
        if self.version != version {
            self.forget();
            self.version = version;
        }
    }

    /// Adds an entry, whose number is above all others.
    pub(super) fn add(
        &mut self,
        kept: Candidate,
        first_seen: Timestamp,
        opens: bool,
        profile: &Profile,
    ) {
        let at = narrow(self.slots.len());
        self.slots.push(Slot {
            entry: kept.entry,
            first_seen: millis(first_seen),
            opens,
            gone: false,
        });
        self.dated.push(millis(kept.dated));
        self.latest.add(kept.feed);
        self.held.push(kept);
        // Nothing is looked for before all is loaded.
        let is_loading = self.expected > 0;
        let queues = is_loading && KeyLists::packs(self.expected);
        for key in profile.keys() {
            match queues {
                true => self.keys.queue(key, at),
                false => self.keys.link(key, at, &self.dated),
            }
        }
        if opens {
            self.terms.add(profile);
        }
    }

    /// Where an entry is: numbers only rise.
    fn place(&self, entry: EntryId) -> Option<usize> {
        // Few are missing in between: most stand where they would if none were, no one behind that.
        let first = self.slots.first()?.entry;
        let farthest = usize::try_from(entry.0.checked_sub(first.0)?).ok()?;
        let slots = &self.slots[..self.slots.len().min(farthest.saturating_add(1))];
        match slots.last() {
            Some(last) if last.entry == entry => Some(slots.len() - 1),
            _ => slots.binary_search_by_key(&entry, |slot| slot.entry).ok(),
        }
    }

    /// Changes an entry as the database was changed: where it is not held, there is nothing to do.
    pub(super) fn change(&mut self, entry: EntryId, change: impl FnOnce(&mut Candidate)) {
        if let Some(at) = self.place(entry)
            && let Some(held) = self.held.get(at)
        {
            let mut held = held.clone();
            change(&mut held);
            self.put(at, self.slots[at], Some(held), (None, None));
        }
    }

    /// Leaves an entry out of all answers from now on. It is still in the database.
    pub(super) fn remove(&mut self, connection: &Connection, entry: EntryId) -> Result<(), Error> {
        let Some(at) = self.place(entry) else {
            return Ok(());
        };
        let counted = self.counted(connection, at)?;
        let slot = Slot {
            opens: false,
            gone: true,
            ..self.slots[at]
        };
        self.put(at, slot, None, (counted, None));
        Ok(())
    }

    /// Takes over what an entry says now, before the database does. It is still found by what it said
    /// before.
    pub(super) fn revise(
        &mut self,
        connection: &Connection,
        entry: EntryId,
        profile: &Profile,
    ) -> Result<(), Error> {
        let Some(at) = self.place(entry) else {
            return Ok(());
        };
        let Some(before) = self.candidate_at(connection, at)? else {
            return Ok(());
        };
        let before = before.profile.clone();
        let keys = before.read().keys();
        for key in profile.keys() {
            if !keys.contains(&key) {
                self.keys.link(key, narrow(at), &self.dated);
            }
        }
        let slot = self.slots[at];
        let after = profile.stored();
        let counted = match slot.opens {
            true => (Some(before), Some(after.clone())),
            false => (None, None),
        };
        let held = self.held.get(at).map(|held| Candidate {
            profile: after,
            ..held.clone()
        });
        self.put(at, slot, held, counted);
        Ok(())
    }

    /// Changes a slot, what is held of it and what is counted of it, and notes how it was.
    fn put(
        &mut self,
        at: usize,
        slot: Slot,
        held: Option<Candidate>,
        counted: (Option<StoredProfile>, Option<StoredProfile>),
    ) {
        let (before, after) = &counted;
        self.terms.exchange(before.as_ref(), after.as_ref());
        self.changes.push(Change {
            at,
            slot: std::mem::replace(&mut self.slots[at], slot),
            held: self.held.replace(at, held),
            counted,
        });
    }

    /// What is counted of an entry: nothing, unless it opened its story.
    fn counted(&self, connection: &Connection, at: usize) -> Result<Option<StoredProfile>, Error> {
        match self.slots.get(at) {
            Some(slot) if slot.opens => {
                let kept = self.candidate_at(connection, at)?;
                Ok(kept.map(|kept| kept.profile.clone()))
            }
            _ => Ok(None),
        }
    }

    /// The entry as a candidate, where it is held.
    pub(super) fn held(&self, entry: EntryId) -> Option<&Candidate> {
        self.held.get(self.place(entry)?)
    }

    fn candidate_at(
        &self,
        connection: &Connection,
        at: usize,
    ) -> Result<Option<Found<'_, Candidate>>, Error> {
        if let Some(held) = self.held.get(at) {
            return Ok(Some(Found::Lent(held)));
        }
        match self.slots.get(at) {
            Some(slot) if !slot.gone => {
                let stored = stored_candidate(connection, slot.entry)?;
                Ok(stored.map(|stored| Found::Read(Box::new(stored))))
            }
            _ => Ok(None),
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The known feeds, for changing them.
    pub(super) fn outlets(&mut self) -> &mut Option<Arc<Outlets>> {
        &mut self.outlets
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::feed_rows::moment;
    use super::super::migrate::migrate;
    use super::*;
    use crate::address::Address;
    use crate::entry::{Item, Role, StoryId};
    use crate::feed::FeedId;
    use crate::fold::{FeedContext, Key, prepare};
    use crate::text::Plain;

    const HOUR: i64 = 3_600_000;

    /// An entry of a feed whose headlines all read the same.
    fn add(window: &mut FoldWindow, number: i64, dated: i64) -> Vec<Key> {
        let context = FeedContext {
            feed: FeedId(1),
            name: "tide".to_owned(),
            title: "Tide Tables".to_owned(),
            hosts: vec!["tide.example".to_owned()],
            priority: 0,
        };
        let item = Item {
            title: Plain::new("Morning briefing for everyone in the harbour"),
            link: Address::parse(&format!("https://tide.example/{number}")).ok(),
            ..Item::default()
        };
        let profile = prepare(item, &context).profile;
        let kept = Candidate {
            entry: EntryId(number),
            story: StoryId(number),
            feed: context.feed,
            article: EntryId(number),
            role: Role::Lead,
            dated: moment(dated),
            priority: 0,
            profile: profile.stored(),
        };
        window.add(kept, moment(dated), true, &profile);
        profile.keys()
    }

    /// A database without entries: what was read of it would be missing.
    fn empty() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None, Timestamp::UNIX_EPOCH).unwrap();
        connection
    }

    fn found(window: &FoldWindow, keys: &[Key], until: i64, limit: usize) -> Vec<i64> {
        let dated = (moment(until - 10_000 * HOUR), moment(until));
        let found = window.candidates(&empty(), keys, dated, 80, limit).unwrap();
        found.iter().map(|candidate| candidate.entry.0).collect()
    }

    #[test]
    fn of_ten_thousand_same_headlines_the_newest_in_reach_are_looked_at() {
        let mut window = FoldWindow::default();
        let mut keys = Vec::new();
        // Every second one arrives later than what is dated after it.
        for number in 1..=10_000 {
            keys = add(&mut window, number, (number ^ 1) * HOUR);
        }
        let newest: Vec<i64> = (9_921..=10_000).rev().map(|number| number ^ 1).collect();
        let reached = found(&window, &keys, 10_000 * HOUR, 500);
        assert_eq!(reached.len(), 80);
        assert!(
            newest
                .iter()
                .filter(|number| reached.contains(number))
                .count()
                >= 78
        );
        // Dates decide, not arrival, and nothing outside of the range is found.
        let middle = found(&window, &keys, 5_000 * HOUR, 3);
        assert_eq!(middle, [5_001, 4_998, 4_999]);
        assert!(found(&window, &keys, -HOUR, 500).is_empty());
    }

    #[test]
    fn what_is_too_old_is_let_go_without_reading_the_rest_again() {
        let connection = empty();
        let mut window = FoldWindow::default();
        let reach = Duration::from_secs(100 * 3_600);
        window.load(&connection, reach, moment(0)).unwrap();
        let mut keys = Vec::new();
        // None of them is stored: what was read again would be empty.
        for number in 1..=400 {
            keys = add(&mut window, number, number * HOUR);
        }
        window.load(&connection, reach, moment(200 * HOUR)).unwrap();
        assert_eq!(window.len(), 400);
        window.load(&connection, reach, moment(400 * HOUR)).unwrap();
        assert_eq!(window.len(), 400 - 275);
        assert_eq!(found(&window, &keys, 400 * HOUR, 2), [400, 399]);
        assert_eq!(window.held(EntryId(275)), None);
        let latest = window.latest(&connection, FeedId(1), 500).unwrap();
        assert_eq!(latest.len(), 125);
    }

    #[test]
    fn what_a_failed_job_did_is_taken_back() {
        let mut window = FoldWindow::default();
        window.mark();
        let mut keys = add(&mut window, 1, 2 * HOUR);
        let others = add(&mut window, 2, 4 * HOUR);
        // Without the link, which is one entry's own.
        keys.retain(|key| others.contains(key));
        let mark = window.mark();
        add(&mut window, 3, HOUR);
        add(&mut window, 4, 3 * HOUR);
        window.remove(&empty(), EntryId(2)).unwrap();
        assert_eq!(found(&window, &keys, 9 * HOUR, 9), [4, 1, 3]);
        window.undo_to(mark);
        assert_eq!(found(&window, &keys, 9 * HOUR, 9), [2, 1]);
        assert_eq!(window.len(), 2);
        add(&mut window, 3, 3 * HOUR);
        assert_eq!(found(&window, &keys, 9 * HOUR, 9), [2, 3, 1]);
    }
}
