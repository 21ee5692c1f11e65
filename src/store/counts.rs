//! How much is stored.

use super::{Error, Store};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Where more entries are stored, what was counted is told for [`KEPT`]: to count them, an index of each is read
/// from end to end, a third of a second for 5,000,000.
const MANY: u64 = 200_000;
/// How old such a count may be.
const KEPT: Duration = Duration::from_secs(60);

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subscriptions, disabled ones too.
    pub feeds: u64,
    /// Entries; of more than 200,000 as many as there were a minute ago or less.
    pub entries: u64,
    /// Stories; likewise.
    pub stories: u64,
    /// Size of the database in bytes.
    pub bytes: u64,
}

/// Entries and stories as they were counted last, where they are many.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<Option<(Instant, u64, u64)>>);

impl Counted {
    /// What was counted, where it is not too old.
    fn kept(&self, now: Instant) -> Option<(u64, u64)> {
        let kept = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, entries, stories) = kept?;
        (now.duration_since(at) < KEPT).then_some((entries, stories))
    }

    /// Keeps what was counted, where that took long.
    fn keep(&self, now: Instant, (entries, stories): (u64, u64)) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = (entries > MANY).then_some((now, entries, stories));
    }
}

impl Store {
    /// How much there is.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let kept = self.counted.kept(Instant::now());
        let counts = self
            .connections
            .read(move |connection| {
                let (entries, stories) = match kept {
                    Some(kept) => kept,
                    None => (
                        count(connection, "SELECT count(*) FROM entries")?,
                        count(connection, "SELECT count(*) FROM stories")?,
                    ),
                };
                Ok(Counts {
                    feeds: count(
                        connection,
                        "SELECT count(*) FROM feeds WHERE removed IS NULL",
                    )?,
                    entries,
                    stories,
                    bytes: count(
                        connection,
                        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                    )?,
                })
            })
            .await?;
        if kept.is_none() {
            self.counted
                .keep(Instant::now(), (counts.entries, counts.stories));
        }
        Ok(counts)
    }
}

/// The number that a statement answers.
pub(super) fn count(connection: &Connection, statement: &str) -> Result<u64, Error> {
    let count: i64 = connection
        .prepare_cached(statement)?
        .query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_long_in_counting_is_kept_and_not_for_long() {
        let counted = Counted::default();
        let start = Instant::now();
        counted.keep(start, (MANY, MANY));
        assert_eq!(counted.kept(start), None);
        counted.keep(start, (MANY + 1, 7));
        assert_eq!(counted.kept(start + KEPT / 2), Some((MANY + 1, 7)));
        assert_eq!(counted.kept(start + KEPT), None);
    }
}
