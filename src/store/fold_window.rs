//! What folding looks up, in memory: the entries that arrived within the fold window.
//!
//! Nothing here is the truth: all of it is made from the entries' rows, belongs to one transaction
//! after the other, and is thrown away whenever another process wrote. Keys lead to lists of
//! entries that only grow at their front, so a failed job is undone by taking off what it put on.

use super::Error;
use super::feed_rows::moment;
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{Candidate, Key, Outlets, Profile};
use rusqlite::Connection;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Most entries that are kept; the newest ones.
const MOST: usize = 150_000;
/// Entries of one key that are looked at.
const WALK: usize = 400;
/// The end of a list.
const END: u32 = u32::MAX;

/// The entries that new ones may fold with.
#[derive(Default)]
pub(super) struct FoldWindow {
    loaded: bool,
    reach: Duration,
    version: i64,
    /// How often it was loaded.
    loads: u64,
    slots: Vec<Slot>,
    dated: Vec<i64>,
    /// Lists of slots, the newest first: slot, and the next node.
    nodes: Vec<(u32, u32)>,
    heads: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    terms: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    by_entry: HashMap<i64, u32, BuildHasherDefault<Spread>>,
    /// What slots were before they were changed.
    changes: Vec<(u32, Slot)>,
    outlets: Option<Arc<Outlets>>,
}

/// An entry as folding sees it.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) entry: EntryId,
    pub(super) story: StoryId,
    pub(super) feed: FeedId,
    pub(super) article: EntryId,
    pub(super) role: Role,
    pub(super) priority: i32,
    pub(super) first_seen: i64,
    pub(super) profile: Arc<[u8]>,
}

/// A place to come back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    loads: u64,
    slots: usize,
    nodes: usize,
}

impl FoldWindow {
    /// Where to come back to, should the job that begins now fail. All earlier ones are final.
    pub(super) fn mark(&mut self) -> Mark {
        self.changes.clear();
        Mark {
            loads: self.loads,
            slots: self.slots.len(),
            nodes: self.nodes.len(),
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
        // A list's front is its newest node, so taking nodes off in reverse restores each list.
        // A head is known by the node that it points to.
        let cut = narrow(mark.nodes);
        let nodes = self.nodes.split_off(mark.nodes);
        self.heads.retain(|_, head| {
            while *head != END && *head >= cut {
                *head = nodes
                    .get((*head - cut) as usize)
                    .map_or(END, |(_, next)| *next);
            }
            *head != END
        });
        for slot in self.slots.split_off(mark.slots) {
            self.by_entry.remove(&slot.entry.0);
            for term in Profile::from_bytes(&slot.profile).map_or_else(Vec::new, |p| p.terms()) {
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
        // A day longer, so that clocks and late polls don't matter.
        let since = (now - reach).timestamp_millis() - 86_400_000;
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
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let first_seen: i64 = row.get(6)?;
            if first_seen < since {
                break;
            }
            let slot = Slot {
                entry: EntryId(row.get(0)?),
                story: StoryId(row.get(1)?),
                feed: FeedId(row.get(2)?),
                article: EntryId(row.get(3)?),
                role: role(row.get(4)?),
                priority: row.get(5)?,
                first_seen,
                profile: row.get_ref(8)?.as_blob().unwrap_or_default().into(),
            };
            found.push((slot, row.get::<_, i64>(7)?));
        }
        for (slot, dated) in found.into_iter().rev() {
            if let Some(profile) = Profile::from_bytes(&slot.profile) {
                self.add(slot, dated, &profile);
            }
        }
        self.loaded = true;
        self.loads += 1;
        self.reach = reach;
        Ok(())
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, slot: Slot, dated: i64, profile: &Profile) {
        let at = narrow(self.slots.len());
        for key in profile.keys() {
            self.link(key, at);
        }
        for term in profile.terms() {
            *self.terms.entry(short(term)).or_default() += 1;
        }
        self.by_entry.insert(slot.entry.0, at);
        self.slots.push(slot);
        self.dated.push(dated);
    }

    fn link(&mut self, key: Key, at: u32) {
        let node = narrow(self.nodes.len());
        let next = self.heads.insert(short(key), node).unwrap_or(END);
        self.nodes.push((at, next));
    }

    /// Changes an entry, where it is known.
    pub(super) fn change(&mut self, entry: EntryId, change: impl FnOnce(&mut Slot)) {
        if let Some(at) = self.by_entry.get(&entry.0).copied()
            && let Some(slot) = self.slots.get_mut(at as usize)
        {
            self.changes.push((at, slot.clone()));
            change(slot);
        }
    }

    /// Leaves an entry out of all answers from now on.
    pub(super) fn remove(&mut self, entry: EntryId) {
        // No profile can be read from nothing.
        self.change(entry, |slot| slot.profile = Arc::from([]));
    }

    /// Takes over what an entry says now. It is still found by what it said before.
    pub(super) fn revise(&mut self, entry: EntryId, profile: &Profile) {
        let Some(at) = self.by_entry.get(&entry.0).copied() else {
            return;
        };
        let before = self
            .slots
            .get(at as usize)
            .and_then(|slot| Profile::from_bytes(&slot.profile))
            .map_or_else(Vec::new, |profile| profile.keys());
        for key in profile.keys() {
            if !before.contains(&key) {
                self.link(key, at);
            }
        }
        let bytes = profile.to_bytes();
        self.change(entry, |slot| slot.profile = bytes.into());
    }

    /// The entry as a candidate, where it is known.
    pub(super) fn candidate(&self, entry: EntryId) -> Option<Candidate> {
        self.candidate_at(*self.by_entry.get(&entry.0)?)
    }

    fn candidate_at(&self, at: u32) -> Option<Candidate> {
        let slot = self.slots.get(at as usize)?;
        Some(Candidate {
            entry: slot.entry,
            story: slot.story,
            feed: slot.feed,
            article: slot.article,
            role: slot.role,
            first_seen: moment(slot.first_seen),
            dated: moment(*self.dated.get(at as usize)?),
            priority: slot.priority,
            profile: Profile::from_bytes(&slot.profile)?,
        })
    }

    /// See [`crate::fold::Archive::candidates`].
    pub(super) fn candidates(
        &self,
        keys: &[Key],
        since: i64,
        until: i64,
        per_key: usize,
        limit: usize,
    ) -> Vec<Candidate> {
        let mut hits: Vec<u32> = Vec::new();
        let mut of_key: Vec<(i64, u32)> = Vec::new();
        for key in keys {
            of_key.clear();
            let mut next = self.heads.get(&short(*key)).copied().unwrap_or(END);
            for _ in 0..WALK {
                let Some((at, after)) = self.nodes.get(next as usize).copied() else {
                    break;
                };
                next = after;
                if let Some(dated) = self.dated.get(at as usize)
                    && (since..=until).contains(dated)
                {
                    of_key.push((*dated, at));
                }
            }
            if of_key.len() > per_key {
                of_key.select_nth_unstable_by(per_key, |a, b| b.cmp(a));
                of_key.truncate(per_key);
            }
            hits.extend(of_key.iter().map(|(_, at)| *at));
        }
        hits.sort_unstable();
        let mut found: Vec<(usize, i64, u32)> = hits
            .chunk_by(|a, b| a == b)
            .filter_map(|same| {
                let at = *same.first()?;
                Some((same.len(), *self.dated.get(at as usize)?, at))
            })
            .collect();
        if found.len() > limit {
            found.select_nth_unstable_by(limit, |a, b| b.cmp(a));
            found.truncate(limit);
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
            .into_iter()
            .filter_map(|(_, _, at)| self.candidate_at(at))
            .collect()
    }

    /// How many entries hold a term.
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
    u32::try_from(number).unwrap_or(END)
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

/// Hashes numbers that are hashes or counts already.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }
}
