//! What folding looks up, in memory: the entries that arrived within the fold window.
//!
//! Nothing here is the truth: all of it is made from the entries' rows, belongs to one transaction
//! after the other, and is thrown away whenever another process wrote. Keys lead to lists of
//! entries by date; what a job put on them is noted, so that a failed one is undone.

use super::Error;
use super::feed_rows::{millis, moment};
use super::latest::Latest;
use super::tally::{Spread, Tally};
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{Candidate, Key, Outlets, Profile, StoredProfile};
use rusqlite::Connection;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

/// Most entries that are kept; the newest ones.
const MOST: usize = 150_000;
/// How much longer than they can fold entries are kept: no longer than that again.
const GRACE: Duration = Duration::from_secs(86_400);
/// The bit by which a key leads to a list; most keys are of one entry only and lead to it directly.
const LIST: u32 = 1 << 31;

/// The entries of a key: of most keys that have several, a few.
type List = SmallVec<[u32; 4]>;

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
    /// Where the entries of a key are: a slot, or with [`LIST`] a place in `lists`.
    keys: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// Slots by date, then number.
    lists: Vec<List>,
    latest: Latest,
    /// In how many stories a term was when they were opened.
    terms: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// Keys and slots that were linked since the mark.
    linked: Vec<(u32, u32)>,
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
        self.linked.clear();
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
        for (key, at) in std::mem::take(&mut self.linked).into_iter().rev() {
            self.unlink(key, at);
        }
        for slot in self.slots.split_off(mark.slots) {
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
        if self.loaded && reach <= self.reach && !stale && self.slots.len() < MOST + MOST / 4 {
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
        let mut stories = HashSet::with_capacity(self.slots.len());
        for slot in &mut self.slots {
            slot.opens = stories.insert(slot.kept.story);
        }
        self.index_all();
        self.loaded = true;
        self.loads += 1;
        self.reach = reach;
        Ok(())
    }

    /// Makes all entries known by what they say.
    fn index_all(&mut self) {
        // By date, so that each is the last of its lists.
        let mut by_date: Vec<(i64, u32)> = self.dated.iter().copied().zip(0..).collect();
        by_date.sort_unstable();
        for (at, slot) in self.slots.iter().enumerate() {
            self.latest.add(slot.kept.feed, narrow(at));
        }
        for (_, at) in by_date {
            let slot = &self.slots[at as usize];
            if !slot.gone {
                let profile = slot.kept.profile.read();
                self.index(at, &profile);
                // What is read from the store is never taken back.
                self.linked.clear();
            }
        }
    }

    /// Lets the oldest entries go where there are more than a window holds. What was done until now
    /// is final.
    pub(super) fn keep_newest(&mut self) {
        self.linked.clear();
        self.changes.clear();
        if self.slots.len() < MOST + MOST / 4 {
            return;
        }
        let going = self.slots.len() - MOST;
        self.slots.drain(..going);
        self.dated.drain(..going);
        self.keys.clear();
        self.lists.clear();
        self.terms.clear();
        self.latest.clear();
        self.index_all();
    }

    /// Adds an entry, whose number is above all others.
    pub(super) fn add(&mut self, slot: Slot, profile: &Profile) {
        let at = narrow(self.slots.len());
        self.latest.add(slot.kept.feed, at);
        self.dated.push(millis(slot.kept.dated));
        self.slots.push(slot);
        self.index(at, profile);
    }

    /// Makes the entry of a slot known by what it says.
    fn index(&mut self, at: u32, profile: &Profile) {
        for key in profile.keys() {
            self.link(short(key), at);
        }
        let opens = self.slots.get(at as usize).is_some_and(|slot| slot.opens);
        let counted = if opens { profile.terms() } else { Vec::new() };
        for term in counted {
            *self.terms.entry(short(term)).or_default() += 1;
        }
    }

    fn link(&mut self, key: u32, at: u32) {
        self.linked.push((key, at));
        let Self {
            keys, lists, dated, ..
        } = self;
        let place = match keys.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(at);
                return;
            }
            Entry::Occupied(entry) => entry.into_mut(),
        };
        if *place & LIST == 0 {
            lists.push(List::from_slice(&[*place]));
            *place = narrow(lists.len() - 1) | LIST;
        }
        let Some(list) = lists.get_mut((*place & !LIST) as usize) else {
            return;
        };
        let date = |slot: u32| (dated.get(slot as usize), slot);
        let behind = match list.last() {
            // Most arrive in the order of their dates.
            Some(last) if date(*last) < date(at) => list.len(),
            _ => list.partition_point(|known| date(*known) < date(at)),
        };
        list.insert(behind, at);
    }

    /// Takes back a [`FoldWindow::link`].
    fn unlink(&mut self, key: u32, at: u32) {
        match self.keys.get(&key) {
            Some(place) if place & LIST == 0 => {
                self.keys.remove(&key);
            }
            Some(place) => {
                if let Some(list) = self.lists.get_mut((place & !LIST) as usize)
                    && let Some(known) = list.iter().rposition(|slot| *slot == at)
                {
                    list.remove(known);
                }
            }
            None => {}
        }
    }

    /// The entries of a key, by date.
    fn linked_to(&self, key: Key) -> &[u32] {
        match self.keys.get(&short(key)) {
            Some(place) if place & LIST == 0 => std::slice::from_ref(place),
            Some(place) => self
                .lists
                .get((place & !LIST) as usize)
                .map_or(&[], List::as_slice),
            None => &[],
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
                self.link(short(key), narrow(at));
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
        for key in keys {
            let list = self.linked_to(*key);
            let newest = list.partition_point(|slot| date(*slot) <= until);
            for slot in list[..newest].iter().rev().take(per_key) {
                if date(*slot) < since {
                    break;
                }
                tally.count(*slot);
            }
        }
        let mut found: Vec<(u32, i64, u32)> = tally
            .found()
            .iter()
            .map(|slot| (tally.of(*slot), date(*slot), *slot))
            .collect();
        drop(tally);
        if found.len() > limit {
            found.select_nth_unstable_by(limit, |a, b| b.cmp(a));
            found.truncate(limit);
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        let mut candidates = Vec::with_capacity(found.len());
        candidates.extend(found.iter().filter_map(|(_, _, at)| self.candidate_at(*at)));
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

/// 32 of a key's bits: a rare chance hit costs a look, since profiles are compared in full.
fn short(key: Key) -> u32 {
    // Keys are hashes of 48 bits.
    (key.0 ^ (key.0 >> 24)) as u32
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
