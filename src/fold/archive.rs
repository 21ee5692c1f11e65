//! What folding asks of whoever keeps the entries.

use super::outlets::Outlets;
use super::profile::Key;
use super::stored::StoredProfile;
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use std::ops::Deref;
use std::sync::Arc;

/// A stored entry that may be the same article or story.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub entry: EntryId,
    /// Its story.
    pub story: StoryId,
    /// Its feed.
    pub feed: FeedId,
    /// The first entry of its article: itself, or what it is a copy of.
    pub article: EntryId,
    /// How it stands in its story.
    pub role: Role,
    /// When it is dated: published, but never after it was first seen.
    pub dated: Timestamp,
    /// Its feed's priority.
    pub priority: i32,
    /// What was kept of it ([`super::Decision::profile`]).
    pub profile: StoredProfile,
}

/// What an archive found: lent where it is in memory, or read for whoever asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'a, T> {
    /// In memory.
    Lent(&'a T),
    /// Read; behind a box, since most are lent and hundreds of them are asked for.
    Read(Box<T>),
}

impl<T> Deref for Found<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Lent(found) => found,
            Self::Read(found) => found,
        }
    }
}

/// What is asked about a story.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryFacts {
    /// How many entries it has.
    pub size: u32,
    /// The entry that it is shown as.
    pub lead: Candidate,
    /// When it was first seen.
    pub opened: Timestamp,
    /// Whether someone made that entry the lead: then it stays so.
    pub lead_is_chosen: bool,
}

/// The stored entries, as folding sees them.
///
/// For each entry a store keeps: the bytes of [`super::Decision::profile`]
/// ([`super::Profile::to_bytes`]), its [`super::Profile::keys`] (at most 48 rows `key → entry`, with the entry's
/// date for the range). It counts the entry, and if the entry opens a story also each of its
/// [`super::Profile::terms`]: a story that all report is still one. Pruning an entry removes its keys; counts of terms may stay.
pub trait Archive {
    /// What can go wrong.
    type Error;

    /// Entries that have one of `keys` and are dated from `since` to `until`: for each key the
    /// newest `per_key` (by date, then number), of all those the `limit` that share most keys
    /// (then the newest). Each entry once.
    fn candidates(
        &self,
        keys: &[Key],
        since: Timestamp,
        until: Timestamp,
        per_key: usize,
        limit: usize,
    ) -> Result<Vec<Found<'_, Candidate>>, Self::Error>;

    /// What was kept of the entries of `feed` that arrived last, at most `most`.
    ///
    /// # Errors
    /// What reading fails with.
    fn latest(
        &self,
        feed: FeedId,
        most: usize,
    ) -> Result<Vec<Found<'_, StoredProfile>>, Self::Error>;

    /// In how many stories each of `terms` was when they were opened, in the order of `terms`.
    fn frequencies(&self, terms: &[Key]) -> Result<Vec<u32>, Self::Error>;

    /// How many entries are kept.
    fn entries_counted(&self) -> Result<u64, Self::Error>;

    /// A story that a candidate is in.
    fn story(&self, id: StoryId) -> Result<StoryFacts, Self::Error>;

    /// The known feeds. Shared, and made anew only when feeds change.
    fn outlets(&self) -> Result<Arc<Outlets>, Self::Error>;
}
