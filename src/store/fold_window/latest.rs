//! The entries of each feed that arrived last.

use super::tally::Spread;
use crate::feed::FeedId;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// No slot.
const NONE: u32 = u32::MAX;

/// Slots of a [`super::FoldWindow`] by feed: of each the one before it of the same feed, so
/// that a hundred thousand feeds need no list each.
#[derive(Default)]
pub(super) struct Latest {
    newest: HashMap<FeedId, u32, BuildHasherDefault<Spread>>,
    /// For each slot that of the same feed before it.
    before: Vec<u32>,
}

impl Latest {
    /// Takes in the entry of the next slot.
    pub(super) fn add(&mut self, feed: FeedId) {
        // A window has far fewer slots than a number of 32 bits counts.
        let slot = u32::try_from(self.before.len()).unwrap_or(NONE);
        let before = self.newest.insert(feed, slot);
        self.before.push(before.unwrap_or(NONE));
    }

    /// Takes back the entry of the last slot, which is of `feed`.
    pub(super) fn take_back(&mut self, feed: FeedId) {
        match self.before.pop() {
            Some(NONE) => self.newest.remove(&feed),
            Some(before) => self.newest.insert(feed, before),
            None => None,
        };
    }

    /// The entries of a feed, the newest first.
    pub(super) fn of(&self, feed: FeedId) -> impl Iterator<Item = u32> {
        let newest = self.newest.get(&feed).copied();
        std::iter::successors(newest, |slot| {
            let before = self.before.get(*slot as usize).copied();
            before.filter(|before| *before != NONE)
        })
    }

    /// Lets the first `going` slots go; the others are counted from there.
    pub(super) fn let_go(&mut self, going: u32) {
        self.newest.retain(|_, slot| {
            let stays = *slot >= going;
            *slot = slot.saturating_sub(going);
            stays
        });
        self.before.drain(..self.before.len().min(going as usize));
        for before in &mut self.before {
            *before = match *before {
                NONE => NONE,
                slot => slot.checked_sub(going).unwrap_or(NONE),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_feed_the_newest_come_first_and_the_last_can_be_taken_back() {
        let (tide, lamp) = (FeedId(1), FeedId(2));
        let mut latest = Latest::default();
        for feed in [tide, lamp, tide, lamp] {
            latest.add(feed);
        }
        let of = |latest: &Latest, feed| latest.of(feed).collect::<Vec<_>>();
        assert_eq!(of(&latest, lamp), [3, 1]);
        latest.take_back(lamp);
        latest.take_back(tide);
        latest.take_back(lamp);
        assert_eq!(of(&latest, tide), [0]);
        assert!(of(&latest, lamp).is_empty());
    }

    #[test]
    fn slots_are_counted_anew_where_the_first_go() {
        let (tide, lamp, quay) = (FeedId(1), FeedId(2), FeedId(3));
        let mut latest = Latest::default();
        for feed in [quay, tide, lamp, tide, lamp, tide] {
            latest.add(feed);
        }
        latest.let_go(2);
        let of = |latest: &Latest, feed| latest.of(feed).collect::<Vec<_>>();
        assert_eq!(of(&latest, tide), [3, 1]);
        assert_eq!(of(&latest, lamp), [2, 0]);
        assert!(of(&latest, quay).is_empty());
        latest.add(quay);
        assert_eq!(of(&latest, quay), [4]);
    }
}
