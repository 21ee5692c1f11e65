//! Everything that is kept, behind verbs in domain types.
//!
//! One SQLite file. `opening.rs` opens it; one thread writes (`connection.rs`, `writing.rs`), a few
//! connections read; all SQL is plain synchronous code in the files beside this one, and no
//! type of it leaves them.
//! What a poll found is stored in one transaction (`record.rs`), so that the process can be killed
//! at any instant.

mod archive;
mod arrival_days;
mod arrivals;
mod backlog;
mod binding;
mod body;
mod bridges;
mod chosen;
mod conditions;
mod connection;
mod corrections;
mod counts;
mod entries;
mod error;
mod evidence;
mod expected;
mod feed_rows;
mod feeds;
mod filter;
mod fold_window;
mod generation;
mod history;
mod hits;
mod hubs;
mod known;
mod labels;
mod listed;
mod listed_feeds;
mod merging;
mod migrate;
mod near;
mod new_entries;
mod onboarding;
mod opening;
mod overview;
mod packed;
mod pauses;
#[cfg(test)]
mod plans;
mod polling;
mod probe;
mod ranking;
mod reading;
mod record;
mod refold;
mod removal;
mod removed_feeds;
mod roles;
mod roll_back;
mod search;
mod shares;
mod spelling;
#[cfg(test)]
mod statements;
mod statistics;
mod stories;
mod unchanged;
mod upkeep;
#[cfg(test)]
mod ways;
mod writing;

pub use arrivals::{Arrival, ArrivalQuery, Chosen, Unread};
pub use counts::Counts;
pub use error::Error;
pub use expected::ExpectedPoll;
pub use feeds::{Replan, SyncReport};
pub use generation::Generation;
pub use history::Correction;
pub use hubs::HubSubscription;
pub use listed_feeds::ListedFeed;
pub use near::NearStory;
pub use overview::Overview;
pub use packed::{Packed, pack, pack_some};
pub use polling::{DueFeed, DuePlace};
pub use record::{Content, Plan, PollRecord, Recorded};
pub use refold::{Adopted, Change, Judged, Refold, Rehearsed};
pub use removal::PruneReport;
pub use shares::Share;
pub use statistics::{FeedActivity, PastPoll, Roles, Statistics};
pub use stories::Window;
pub use unchanged::Standing;
pub use writing::Batch;

use crate::entry::{EntryId, Role};
use crate::feed::Timestamp;
use connection::Connections;
use counts::Counted;
use std::path::Path;
use std::sync::Arc;

/// The database. Clones share it; when the last one goes, what was asked for is written and the
/// file is closed.
#[derive(Clone)]
pub struct Store {
    connections: Arc<Connections>,
    instance: Arc<str>,
    counted: Arc<Counted>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({:?})", self.connections.path())
    }
}

/// Why an entry is where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDecision {
    /// How it stands in its story now.
    pub role: Role,
    /// The entry that it was folded under; `None` where it opened its story.
    pub of: Option<EntryId>,
    /// The rule that decided, as a stable word.
    pub rule: String,
    /// Why, in words for people.
    pub evidence: String,
    /// The nearest stories that it did not join, at most three.
    pub near: Vec<Near>,
    /// When that was decided.
    pub decided: Timestamp,
}

/// A story that an entry nearly joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// The story's entry that is most like it.
    pub entry: EntryId,
    /// How near, from 0 to 1.
    pub score: f32,
    /// Why it did not join, in words.
    pub why: String,
}

impl Store {
    /// Opens the database, creating it where there is none and bringing it to this version's
    /// schema; `now` is noted in a new one.
    ///
    /// # Errors
    /// Each with its own sentence: no folder, unreachable, locked, read-only, full, damaged, of
    /// another program, newer than this one.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, Error> {
        Self::on(Connections::open(path, now)?)
    }

    /// Opens an existing database of this version only to read; also while another process has it.
    /// Every change is refused.
    ///
    /// # Errors
    /// As [`Store::open`], and where there is no file or its schema is older.
    pub fn open_read_only(path: &Path) -> Result<Self, Error> {
        Self::on(Connections::open_read_only(path)?)
    }

    /// An empty database in memory, for tests and for a look at something.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn in_memory() -> Result<Self, Error> {
        Self::on(Connections::in_memory()?)
    }

    fn on(connections: Connections) -> Result<Self, Error> {
        Ok(Self {
            instance: connections.watch.instance().into(),
            connections: Arc::new(connections),
            counted: Arc::default(),
        })
    }

    /// This database's part of the global identifiers of its stories and entries.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The state of what is shown: while it is equal, everything that is read is. Cheap; changes of
    /// another process are noticed within a second.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.connections.watch.newest()
    }

    /// The same as [`Store::close`] after much was stored at once: the pieces of the index of search are
    /// merged before, which takes up to some seconds.
    pub async fn close_tidily(&self) {
        self.connections.close_tidily().await;
    }

    /// Waits until everything that was asked for is written, and closes the file.
    pub async fn close(&self) {
        self.connections.close().await;
    }
}
