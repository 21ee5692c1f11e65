//! What folding asks of a [`FoldWindow`].

use super::FoldWindow;
use super::key_lists::Slots;
use crate::feed::{FeedId, Timestamp};
use crate::fold::{Candidate, Found, Key, StoredProfile};
use crate::store::Error;
use crate::store::feed_rows::millis;
use rusqlite::Connection;
use smallvec::SmallVec;

impl FoldWindow {
    /// See [`crate::fold::Archive::candidates`].
    pub(in crate::store) fn candidates(
        &self,
        connection: &Connection,
        keys: &[Key],
        dated: (Timestamp, Timestamp),
        per_key: usize,
        limit: usize,
    ) -> Result<Vec<Found<'_, Candidate>>, Error> {
        let reach = (millis(dated.0), millis(dated.1));
        let mut tally = self.tally.borrow_mut();
        tally.begin(self.slots.len());
        let date = |slot: u32| self.dated.get(slot as usize).copied().unwrap_or(i64::MIN);
        // All lists are found before any is read: the processor fetches them from memory side by side.
        let lists: SmallVec<[Slots<'_>; 48]> = keys.iter().map(|key| self.keys.of(*key)).collect();
        for list in lists {
            list.tell_newest(per_key, reach, date, |slot| tally.count(slot));
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
        for rank in found {
            // A rank ends in the slot.
            candidates.extend(self.candidate_at(connection, rank as u32 as usize)?);
        }
        Ok(candidates)
    }

    /// See [`crate::fold::Archive::latest`].
    pub(in crate::store) fn latest(
        &self,
        connection: &Connection,
        feed: FeedId,
        most: usize,
    ) -> Result<Vec<Found<'_, StoredProfile>>, Error> {
        let mut latest = Vec::with_capacity(most);
        for at in self.latest.of(feed).take(most) {
            latest.extend(match self.candidate_at(connection, at as usize)? {
                Some(Found::Lent(held)) => Some(Found::Lent(&held.profile)),
                Some(Found::Read(stored)) => Some(Found::Read(Box::new(stored.profile))),
                None => None,
            });
        }
        Ok(latest)
    }

    /// See [`crate::fold::Archive::frequencies`].
    pub(in crate::store) fn frequency(&self, term: Key) -> u32 {
        self.terms.of(term)
    }
}

/// A number that is the higher the more keys are shared, then the later the date, then the slot.
fn rank(shared: u32, date: i64, slot: u32) -> u128 {
    let date = date.cast_unsigned() ^ 1 << 63;
    u128::from(shared) << 96 | u128::from(date) << 32 | u128::from(slot)
}
