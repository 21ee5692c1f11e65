//! The entries of each key of a [`super::fold_window::FoldWindow`], by date.
//!
//! What was put on a list since the last [`KeyLists::settle`] can be taken back.

use super::tally::Spread;
use crate::fold::Key;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;

/// The bit by which a key leads to a list; most keys are of one entry only and lead to it directly.
const LIST: u32 = 1 << 31;
/// Fewest keys of most entries that no other entry has.
const OWN: usize = 12;

/// The entries of a key: of most keys that have several, a few.
type List = SmallVec<[u32; 4]>;

/// Slots by key.
#[derive(Default)]
pub(super) struct KeyLists {
    /// Where the entries of a key are: a slot, or with [`LIST`] a place in `lists`.
    places: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// Slots by date, then number.
    lists: Vec<List>,
    /// Keys and slots that were linked since all was settled.
    linked: Vec<(u32, u32)>,
}

impl KeyLists {
    /// Makes room for the keys of so many entries.
    pub(super) fn reserve(&mut self, entries: usize) {
        self.places.reserve(OWN * entries);
    }

    /// Puts a slot on the list of a key. `dated` has the dates of all slots.
    pub(super) fn link(&mut self, key: Key, slot: u32, dated: &[i64]) {
        let key = short(key);
        self.linked.push((key, slot));
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

    /// The slots of a key, by date.
    pub(super) fn of(&self, key: Key) -> &[u32] {
        match self.places.get(&short(key)) {
            Some(place) if place & LIST == 0 => std::slice::from_ref(place),
            Some(place) => self
                .lists
                .get((place & !LIST) as usize)
                .map_or(&[], List::as_slice),
            None => &[],
        }
    }

    /// Makes all that was linked final.
    pub(super) fn settle(&mut self) {
        self.linked.clear();
    }

    /// Takes back what was linked since all was settled.
    pub(super) fn take_back(&mut self) {
        while let Some((key, slot)) = self.linked.pop() {
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

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.lists.clear();
        self.linked.clear();
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
        assert_eq!(lists.of(shared), [1, 2, 3, 0]);
        assert_eq!(lists.of(own), [2]);
        lists.take_back();
        assert_eq!(lists.of(shared), [1, 0]);
        assert!(lists.of(own).is_empty());
    }
}
