//! What folding looks up, in memory: the entries that arrived within the fold window.
//!
//! Nothing here is the truth: all of it is made from the entries' rows, belongs to one transaction
//! after the other, and is thrown away whenever another process wrote. Keys lead to lists of
//! entries by date; what a job put on them is noted, so that a failed one is undone.

use super::Error;
use super::feed_rows::{millis, moment};
use super::key_lists::{KeyLists, short};
use super::latest::Latest;
use super::tally::{Spread, Tally};
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{Candidate, Key, Outlets, Profile, StoredProfile};
use rusqlite::Connection;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

/// Most entries that are kept; the newest ones.
const MOST: usize = 150_000;
/// How much longer than they can fold entries are kept: no longer than that again.
const GRACE: Duration = Duration::from_secs(86_400);
/// The entries that new ones may fold with.
#[derive(Default)]
pub(super) struct FoldWindow {
    loaded: bool,
    reach: Duration,
    version: i64,
    /// How often it was loaded.
    loads: u64,
    slots: Vec<Slot>,
    /// Their dates once more, close together: a search looks at those of a thousand slots.
    dated: Vec<i64>,
    keys: KeyLists,
    latest: Latest,
    /// In how many stories a term was when they were opened.
    terms: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// What slots were before they were changed.
    changes: Vec<(u32, Slot)>,
    outlets: Option<Arc<Outlets>>,
    tally: RefCell<Tally>,
}

/// An entry of the window.
#[derive(Clone)]
pub(super) struct Slot {
    /// As folding sees it.
    kept: Candidate,
    first_seen: i64,
    /// Whether it opened its story, as far as the window knows.
    opens: bool,
    /// Whether it was removed.
    gone: bool,
}

impl Slot {
    /// Of an entry that is there.
    pub(super) fn new(kept: Candidate, first_seen: Timestamp, opens: bool) -> Self {
        Self {
            kept,
            first_seen: millis(first_seen),
            opens,
            gone: false,
        }
    }
}

/// A place to come back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    loads: u64,
    slots: usize,
}

impl FoldWindow {
    /// Where to come back to, should the job that begins now fail. All earlier ones are final.
    pub(super) fn mark(&mut self) -> Mark {
        self.changes.clear();
        self.keys.settle();
        Mark {
            loads: self.loads,
            slots: self.slots.len(),
        }
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
        for (at, before) in std::mem::take(&mut self.changes).into_iter().rev() {
            if let Some(slot) = self.slots.get_mut(at as usize) {
                *slot = before;
            }
        }
        self.keys.take_back();
        for slot in self.slots.split_off(mark.slots).into_iter().rev() {
            self.latest.take_back(slot.kept.feed);
            if !slot.opens || slot.gone {
                continue;
            }
            for term in slot.kept.profile.read().terms() {
                if let Some(count) = self.terms.get_mut(&short(term)) {
                    *count = count.saturating_sub(1);
                }
            }
        }
        self.dated.truncate(mark.slots);
    }

    /// Throws everything away; it is loaded when it is needed again.
    pub(super) fn forget(&mut self) {
        *self = Self {
            version: self.version,
            loads: self.loads + 1,
            ..Self::default()
        };
    }

    /// Goes on where nobody else wrote since `version`.
    pub(super) fn keep_for(&mut self, version: i64) {
        if self.version != version {
            self.forget();
            self.version = version;
        }
    }

    /// Makes sure that everything is there that arrived in the time `reach` before `now`.
    pub(super) fn load(
        &mut self,
        connection: &Connection,
        reach: Duration,
        now: Timestamp,
    ) -> Result<(), Error> {
        let reach = reach.min(Duration::from_secs(400 * 86_400));
        // Longer, by up to a day, so that clocks and late polls don't matter.
        let since = (now - reach - reach.min(GRACE)).timestamp_millis();
        let stale = self
            .slots
            .get(self.slots.len() / 4)
            .is_some_and(|slot| slot.first_seen < since);
        let is_full = self.slots.len() >= MOST + MOST / 4;
        if self.loaded && reach <= self.reach {
            if stale || is_full {
                let old = self.slots.iter().rposition(|slot| slot.first_seen < since);
                self.let_go(old.map_or(0, |last| last + 1));
                self.loads += 1;
            }
            return Ok(());
        }
        self.forget();
        let mut statement = connection.prepare_cached(
            "SELECT e.id, e.story, e.feed, e.article, e.role, f.priority, e.first_seen, e.dated, \
             e.profile FROM entries e JOIN feeds f ON f.id = e.feed ORDER BY e.id DESC LIMIT ?1",
        )?;
        let mut rows = statement.query([MOST as i64])?;
        while let Some(row) = rows.next()? {
            let first_seen: i64 = row.get(6)?;
            if first_seen < since {
                break;
            }
            let Some(profile) = StoredProfile::new(row.get_ref(8)?.as_blob().unwrap_or_default())
            else {
                continue;
            };
            let dated = row.get(7)?;
            let kept = Candidate {
                entry: EntryId(row.get(0)?),
                story: StoryId(row.get(1)?),
                feed: FeedId(row.get(2)?),
                article: EntryId(row.get(3)?),
                role: role(row.get(4)?),
                dated: moment(dated),
                priority: row.get(5)?,
                profile,
            };
            self.slots.push(Slot::new(kept, moment(first_seen), false));
            self.dated.push(dated);
        }
        self.slots.reverse();
        self.dated.reverse();
        self.index_all();
        self.loaded = true;
        self.loads += 1;
        self.reach = reach;
        Ok(())
    }

    /// Makes all entries known by what they say, and nothing else. That is final.
    fn index_all(&mut self) {
        self.keys.clear();
        self.terms.clear();
        self.latest.clear();
        self.changes.clear();
        let mut stories = HashSet::with_capacity(self.slots.len());
        for slot in &mut self.slots {
            slot.opens = !slot.gone && stories.insert(slot.kept.story);
            self.latest.add(slot.kept.feed);
        }
        self.keys.reserve(self.slots.len());
        // By date, so that each is the last of its lists.
        let mut by_date: Vec<(i64, u32)> = self.dated.iter().copied().zip(0..).collect();
        by_date.sort_unstable();
        for (_, at) in by_date {
            let slot = &self.slots[at as usize];
            if !slot.gone {
                let profile = slot.kept.profile.read();
                self.index(at, &profile);
                self.keys.settle();
            }
        }
    }

    /// Lets the oldest entries go where there are more than a window holds. What was done until now
    /// is final.
    pub(super) fn keep_newest(&mut self) {
        self.keys.settle();
        self.changes.clear();
        if self.slots.len() >= MOST + MOST / 4 {
            self.let_go(0);
        }
    }

    /// Lets the first `old` entries go, and more of them where more than [`MOST`] stay.
    fn let_go(&mut self, old: usize) {
        let going = old.max(self.slots.len().saturating_sub(MOST));
        self.slots.drain(..going);
        self.dated.drain(..going);
        self.index_all();
    }

    /// Adds an entry, whose number is above all others.
    pub(super) fn add(&mut self, slot: Slot, profile: &Profile) {
        let at = narrow(self.slots.len());
        self.latest.add(slot.kept.feed);
        self.dated.push(millis(slot.kept.dated));
        self.slots.push(slot);
        self.index(at, profile);
    }

    /// Makes the entry of a slot known by what it says.
    fn index(&mut self, at: u32, profile: &Profile) {
        for key in profile.keys() {
            self.keys.link(key, at, &self.dated);
        }
        let opens = self.slots.get(at as usize).is_some_and(|slot| slot.opens);
        let counted = if opens { profile.terms() } else { Vec::new() };
        for term in counted {
            *self.terms.entry(short(term)).or_default() += 1;
        }
    }

    /// Where an entry is: numbers only rise.
    fn place(&self, entry: EntryId) -> Option<usize> {
        // Few are missing in between: most stand where they would if none were, no one behind that.
        let first = self.slots.first()?.kept.entry;
        let farthest = usize::try_from(entry.0.checked_sub(first.0)?).ok()?;
        let slots = &self.slots[..self.slots.len().min(farthest.saturating_add(1))];
        match slots.last() {
            Some(last) if last.kept.entry == entry => Some(slots.len() - 1),
            _ => slots
                .binary_search_by_key(&entry, |slot| slot.kept.entry)
                .ok(),
        }
    }

    /// Changes an entry, where it is known.
    pub(super) fn change(&mut self, entry: EntryId, change: impl FnOnce(&mut Candidate)) {
        self.change_slot(entry, |slot| change(&mut slot.kept));
    }

    fn change_slot(&mut self, entry: EntryId, change: impl FnOnce(&mut Slot)) {
        if let Some(at) = self.place(entry)
            && let Some(slot) = self.slots.get_mut(at)
        {
            self.changes.push((narrow(at), slot.clone()));
            change(slot);
        }
    }

    /// Leaves an entry out of all answers from now on.
    pub(super) fn remove(&mut self, entry: EntryId) {
        self.change_slot(entry, |slot| {
            slot.gone = true;
            slot.kept.profile = StoredProfile::default();
        });
    }

    /// Takes over what an entry says now. It is still found by what it said before.
    pub(super) fn revise(&mut self, entry: EntryId, profile: &Profile) {
        let Some(at) = self.place(entry) else {
            return;
        };
        let before = self
            .slots
            .get(at)
            .map_or_else(Vec::new, |slot| slot.kept.profile.read().keys());
        for key in profile.keys() {
            if !before.contains(&key) {
                self.keys.link(key, narrow(at), &self.dated);
            }
        }
        self.change(entry, |kept| kept.profile = profile.stored());
    }

    /// The entry as a candidate, where it is known.
    pub(super) fn candidate(&self, entry: EntryId) -> Option<&Candidate> {
        self.candidate_at(narrow(self.place(entry)?))
    }

    fn candidate_at(&self, at: u32) -> Option<&Candidate> {
        let slot = self.slots.get(at as usize)?;
        (!slot.gone).then_some(&slot.kept)
    }

    /// See [`crate::fold::Archive::candidates`].
    pub(super) fn candidates(
        &self,
        keys: &[Key],
        since: i64,
        until: i64,
        per_key: usize,
        limit: usize,
    ) -> Vec<&Candidate> {
        let mut tally = self.tally.borrow_mut();
        tally.begin(self.slots.len());
        let date = |slot: u32| self.dated.get(slot as usize).copied().unwrap_or(i64::MIN);
        // All lists are found before any is read: the processor fetches them from memory side by side.
        let lists: SmallVec<[&[u32]; 48]> = keys.iter().map(|key| self.keys.of(*key)).collect();
        for list in lists {
            let newest = match list.last() {
                // Of most keys all.
                Some(last) if date(*last) <= until => list.len(),
                _ => list.partition_point(|slot| date(*slot) <= until),
            };
            for slot in list[..newest].iter().rev().take(per_key) {
                if date(*slot) < since {
                    break;
                }
                tally.count(*slot);
            }
        }
        let mut found = Vec::with_capacity(tally.found().len());
        found.extend(
            tally
                .found()
                .iter()
                .map(|slot| rank(tally.of(*slot), date(*slot), *slot)),
        );
        drop(tally);
        if found.len() > limit {
            found.select_nth_unstable_by(limit, |a, b| b.cmp(a));
            found.truncate(limit);
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        let mut candidates = Vec::with_capacity(found.len());
        // A rank ends in the slot.
        candidates.extend(
            found
                .iter()
                .filter_map(|rank| self.candidate_at(*rank as u32)),
        );
        candidates
    }

    /// See [`crate::fold::Archive::latest`].
    pub(super) fn latest(&self, feed: FeedId, most: usize) -> Vec<&StoredProfile> {
        let slots = self.latest.of(feed).take(most);
        slots
            .filter_map(|at| Some(&self.candidate_at(at)?.profile))
            .collect()
    }

    /// See [`crate::fold::Archive::frequencies`].
    pub(super) fn frequency(&self, term: Key) -> u32 {
        self.terms.get(&short(term)).copied().unwrap_or_default()
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

/// A number that is the higher the more keys are shared, then the later the date, then the slot.
fn rank(shared: u32, date: i64, slot: u32) -> u128 {
    let date = date.cast_unsigned() ^ 1 << 63;
    u128::from(shared) << 96 | u128::from(date) << 32 | u128::from(slot)
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A stored role.
pub(super) fn role(number: i64) -> Role {
    match number {
        0 => Role::Lead,
        1 => Role::Copy,
        _ => Role::Coverage,
    }
}

/// A role as it is stored.
pub(super) fn role_number(role: Role) -> i64 {
    match role {
        Role::Lead => 0,
        Role::Copy => 1,
        Role::Coverage => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::super::migrate::migrate;
    use super::*;
    use crate::address::Address;
    use crate::entry::Item;
    use crate::fold::{FeedContext, prepare};
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
        window.add(Slot::new(kept, moment(dated), true), &profile);
        profile.keys()
    }

    fn found(window: &FoldWindow, keys: &[Key], until: i64, limit: usize) -> Vec<i64> {
        let found = window.candidates(keys, until - 10_000 * HOUR, until, 80, limit);
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
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None, Timestamp::UNIX_EPOCH).unwrap();
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
        assert_eq!(window.candidate(EntryId(275)), None);
        assert_eq!(window.latest(FeedId(1), 500).len(), 125);
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
        window.remove(EntryId(2));
        assert_eq!(found(&window, &keys, 9 * HOUR, 9), [4, 1, 3]);
        window.undo_to(mark);
        assert_eq!(found(&window, &keys, 9 * HOUR, 9), [2, 1]);
        assert_eq!(window.len(), 2);
        add(&mut window, 3, 3 * HOUR);
        assert_eq!(found(&window, &keys, 9 * HOUR, 9), [2, 3, 1]);
    }
}
