//! The entries of each key of a [`super::FoldWindow`], by date.
//!
//! The newest are kept so that they are quickly put in; many of them are packed into a [`KeyRun`] from time
//! to time. What was put on a list since the last [`KeyLists::settle`] can be taken back.

use super::key_run::{Bucket, KeyRun, MOST_SLOTS};
use super::tally::Spread;
use crate::fold::Key;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;

/// The bit by which a key leads to a list; most keys are of one entry only and lead to it directly.
const LIST: u32 = 1 << 31;
/// Of so many entries the lists are not packed: searching is quicker as they are.
const FEW: usize = 1 << 15;
/// Of more, what was put in is packed when it is so much: about 4,000 entries.
const MANY: usize = 1 << 17;

/// Keys of an entry, as most have, and fewest of most that no other entry has.
const KEYS: usize = 36;
const OWN_KEYS: usize = 12;

/// The entries of a key: of most keys that have several, a few.
type List = SmallVec<[u32; 4]>;

/// Slots by key.
#[derive(Default)]
pub(super) struct KeyLists {
    packed: KeyRun,
    /// Where the other entries of a key are: a slot, or with [`LIST`] a place in `lists`.
    places: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// Slots by date, then number.
    lists: Vec<List>,
    /// How many slots stand there, each as often as it has keys.
    fresh: usize,
    /// Keys and slots that were linked since all was settled.
    linked: Vec<(u32, u32)>,
    /// Keys and slots that are to be packed.
    queued: Vec<(u32, u32)>,
}

/// The slots of one key.
#[derive(Clone, Copy)]
pub(super) struct Slots<'a> {
    packed: Bucket<'a>,
    fresh: &'a [u32],
}

impl KeyLists {
    /// Puts a slot on the list of a key. `dated` has the dates of all slots.
    pub(super) fn link(&mut self, key: Key, slot: u32, dated: &[i64]) {
        let key = short(key);
        self.linked.push((key, slot));
        self.fresh += 1;
        let place = match self.places.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(slot);
                return;
            }
            Entry::Occupied(entry) => entry.into_mut(),
        };
        if *place & LIST == 0 {
            let number = self.lists.len();
            self.lists.push(List::from_slice(&[*place]));
            // There are fewer lists than slots times keys of each, far below that bit.
            *place = u32::try_from(number).unwrap_or(u32::MAX) | LIST;
        }
        let Some(list) = self.lists.get_mut((*place & !LIST) as usize) else {
            return;
        };
        let date = |slot: u32| (dated.get(slot as usize), slot);
        let behind = match list.last() {
            // Most arrive in the order of their dates.
            Some(last) if date(*last) < date(slot) => list.len(),
            _ => list.partition_point(|known| date(*known) < date(slot)),
        };
        list.insert(behind, slot);
    }

    /// The slots of a key.
    pub(super) fn of(&self, key: Key) -> Slots<'_> {
        let key = short(key);
        let fresh = match self.places.get(&key) {
            Some(place) if place & LIST == 0 => std::slice::from_ref(place),
            Some(place) => self
                .lists
                .get((place & !LIST) as usize)
                .map_or(&[][..], List::as_slice),
            None => &[],
        };
        Slots {
            packed: self.packed.bucket(key),
            fresh,
        }
    }

    /// Makes all that was linked final.
    pub(super) fn settle(&mut self) {
        self.linked.clear();
    }

    /// Whether the lists of so many entries are packed.
    pub(super) fn packs(entries: usize) -> bool {
        (FEW..=MOST_SLOTS).contains(&entries)
    }

    /// Makes room for the keys of so many entries.
    pub(super) fn reserve(&mut self, entries: usize) {
        match Self::packs(entries) {
            true => self.packed.reserve(entries * KEYS),
            false => self.places.reserve(entries * OWN_KEYS),
        }
    }

    /// Puts a slot on the list of a key, for good; it is found once all is packed.
    pub(super) fn queue(&mut self, key: Key, slot: u32) {
        self.queued.push((short(key), slot));
    }

    /// Packs what is final, where that is much.
    pub(super) fn pack_many(&mut self, dated: &[i64]) {
        if self.fresh + self.queued.len() >= MANY {
            self.pack(dated);
        }
    }

    /// Packs all, which is final from then on. `dated` has the dates of all slots, at most
    /// [`MOST_SLOTS`].
    pub(super) fn pack(&mut self, dated: &[i64]) {
        let mut pairs = std::mem::take(&mut self.queued);
        pairs.reserve_exact(self.fresh);
        for (key, place) in std::mem::take(&mut self.places) {
            match self.lists.get((place & !LIST) as usize) {
                Some(list) if place & LIST != 0 => {
                    pairs.extend(list.iter().map(|slot| (key, *slot)));
                }
                _ => pairs.push((key, place)),
            }
        }
        self.lists = Vec::new();
        self.linked.clear();
        self.fresh = 0;
        self.packed.take_in(pairs, dated);
    }

    /// Lets the first `going` slots go, of all that `dated` has the dates of; the others are counted from
    /// there.
    pub(super) fn let_go(&mut self, going: u32, dated: &[i64]) {
        self.pack(dated);
        self.packed.let_go(going);
    }

    /// Takes back what was linked since all was settled.
    pub(super) fn take_back(&mut self) {
        while let Some((key, slot)) = self.linked.pop() {
            self.fresh -= 1;
            match self.places.get(&key) {
                Some(place) if place & LIST == 0 => {
                    self.places.remove(&key);
                }
                Some(place) => {
                    if let Some(list) = self.lists.get_mut((place & !LIST) as usize)
                        && let Some(known) = list.iter().rposition(|known| *known == slot)
                    {
                        list.remove(known);
                    }
                }
                None => {}
            }
        }
    }
}

impl Slots<'_> {
    /// Tells the newest slots that are dated from `since` to `until`, at most `most`, the newest first. `date`
    /// tells the date of a slot.
    pub(super) fn tell_newest(
        self,
        most: usize,
        (since, until): (i64, i64),
        date: impl Fn(u32) -> i64 + Copy,
        mut tell: impl FnMut(u32),
    ) {
        let fits = move |slot: u32| date(slot) <= until;
        let mut packed = self.packed.slots().while_in(fits);
        let mut fresh = match self.fresh.last() {
            // Of most keys all.
            Some(last) if fits(*last) => self.fresh,
            _ => &self.fresh[..self.fresh.partition_point(|slot| fits(*slot))],
        };
        let mut most = most;
        // Of most keys one of the two is empty, and after this of all.
        while most > 0
            && let Some(of_packed) = packed.last()
            && let Some(of_fresh) = fresh.last()
        {
            let newer = (date(of_packed), of_packed).max((date(*of_fresh), *of_fresh));
            if newer.0 < since {
                return;
            }
            if newer.1 == of_packed {
                packed = packed.before_last();
            } else {
                fresh = fresh.split_last().map_or(&[], |(_, before)| before);
            }
            tell(newer.1);
            most -= 1;
        }
        for slot in packed.newest_first().take(most) {
            if date(slot) < since {
                return;
            }
            tell(slot);
            most -= 1;
        }
        for slot in fresh.iter().rev().take(most) {
            if date(*slot) < since {
                return;
            }
            tell(*slot);
        }
    }
}

/// 32 of a key's bits: a rare chance hit costs a look, since profiles are compared in full.
pub(super) fn short(key: Key) -> u32 {
    // Keys are hashes of 48 bits.
    (key.0 ^ (key.0 >> 24)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn newest(
        lists: &KeyLists,
        key: Key,
        dated: &[i64],
        reach: (i64, i64),
        most: usize,
    ) -> Vec<u32> {
        let mut slots = Vec::new();
        let date = |slot: u32| dated[slot as usize];
        lists
            .of(key)
            .tell_newest(most, reach, date, |slot| slots.push(slot));
        slots
    }

    /// All slots of a key, by date.
    fn of(lists: &KeyLists, key: Key, dated: &[i64]) -> Vec<u32> {
        let mut slots = newest(lists, key, dated, (i64::MIN, i64::MAX), usize::MAX);
        slots.reverse();
        slots
    }

    #[test]
    fn lists_are_by_date_and_what_was_not_settled_is_taken_back() {
        let dated = [30, 10, 20, 20];
        let (shared, own) = (Key(7), Key(8));
        let mut lists = KeyLists::default();
        lists.link(shared, 0, &dated);
        lists.link(shared, 1, &dated);
        lists.settle();
        lists.link(own, 2, &dated);
        lists.link(shared, 3, &dated);
        lists.link(shared, 2, &dated);
        assert_eq!(of(&lists, shared, &dated), [1, 2, 3, 0]);
        assert_eq!(of(&lists, own, &dated), [2]);
        lists.take_back();
        assert_eq!(of(&lists, shared, &dated), [1, 0]);
        assert!(of(&lists, own, &dated).is_empty());
    }

    proptest! {
        #[test]
        fn packed_or_not_the_same_is_found(
            dated in proptest::collection::vec(0..20i64, 1..60),
            links in proptest::collection::vec((0..6u64, 0..60u32, 0..12u32), 1..200),
            since in 0..20i64,
            until in 0..20i64,
            most in 0..20usize,
        ) {
            // Keys that share their bucket, and keys that don't.
            let key = |number: u64| Key(((number % 3) | ((number / 3) << 30)).cast_signed());
            let mut dated = dated;
            let mut lists = KeyLists::default();
            let mut known: BTreeSet<(u64, i64, u32)> = BTreeSet::new();
            for (number, slot, act) in links {
                let slot = slot % dated.len() as u32;
                let date = dated[slot as usize];
                if known.insert((number, date, slot)) {
                    match act {
                        2..4 => lists.queue(key(number), slot),
                        _ => lists.link(key(number), slot, &dated),
                    }
                }
                if act == 0 {
                    lists.pack(&dated);
                }
                if act == 1 && dated.len() > 1 {
                    lists.let_go(1, &dated);
                    dated.remove(0);
                    known = known
                        .into_iter()
                        .filter_map(|(number, date, slot)| Some((number, date, slot.checked_sub(1)?)))
                        .collect();
                }
            }
            if !lists.queued.is_empty() {
                lists.pack(&dated);
            }
            for number in 0..6 {
                let found = newest(&lists, key(number), &dated, (since, until), most);
                let expected: Vec<u32> = known
                    .iter()
                    .rev()
                    .filter(|(of, date, _)| *of == number && (since..=until).contains(date))
                    .map(|(_, _, slot)| *slot)
                    .take(most)
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
