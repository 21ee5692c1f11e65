//! Merging the pieces of the search index, between transactions.
//!
//! An index is kept in pieces, one for each transaction that wrote to it; the fewer there are, the
//! faster is a search. Left to itself it merges them inside the transaction that writes, up to a
//! hundred milliseconds at a time, and whoever waits for that transaction waits for it too. So the
//! writer does it here (`automerge` is 0 since migration 12): as soon as nobody waits for a moment. Where
//! somebody always comes, it lets pieces come together first, since all that are there are merged at once
//! and each entry is written out anew less often; then it merges a little after each transaction, until as
//! much was merged as was written, so that pieces never pile up.
//! <https://www.sqlite.org/fts5.html#the_merge_command>

use super::Error;
use super::search::INDEXES;
use rusqlite::Connection;

/// Pages that are merged in one transaction: some milliseconds.
const PAGES: u32 = 32;
/// Most such transactions at a time where somebody waits.
const EACH: usize = 8;
/// So many pieces come together while somebody waits. `crisismerge` is above that since migration 13.
const PIECES: u32 = 24;
/// Most pages that are given back to the disk: a few milliseconds.
const GIVEN_BACK: u32 = 1000;

/// What transactions left to be merged.
#[derive(Debug, Default)]
pub(super) struct Unmerged {
    /// The rows that they changed, pages of the index among them, less what was merged since.
    owed: u64,
    /// Pieces that they wrote since all was merged.
    pieces: u32,
    /// Whether there were so many that they are merged though somebody waits.
    is_late: bool,
}

impl Unmerged {
    /// Counts a transaction that changed so many rows and wrote so many pieces of the index.
    pub(super) fn add(&mut self, rows: u64, pieces: u32) {
        self.owed += rows;
        self.pieces += pieces;
        self.is_late |= self.pieces >= PIECES;
    }

    /// Whether nothing was written that could be merged.
    pub(super) fn is_nothing(&self) -> bool {
        self.owed == 0 && self.pieces == 0
    }

    /// Whether some of it is to be merged although somebody waits.
    fn presses(&self, merged: usize) -> bool {
        self.is_late && merged < EACH && self.owed > 0
    }
}

/// Merges after a transaction. While `is_idle` says that nobody waits, all is merged that there is to
/// merge.
pub(super) fn merge(
    connection: &Connection,
    unmerged: &mut Unmerged,
    is_idle: impl Fn() -> bool,
) -> Result<(), Error> {
    let mut merged = 0;
    let mut is_all = true;
    for index in INDEXES {
        loop {
            if !is_idle() && !unmerged.presses(merged) {
                is_all = false;
                break;
            }
            if !merge_some(connection, index)? {
                break;
            }
            merged += 1;
            unmerged.owed = unmerged.owed.saturating_sub(PAGES.into());
        }
    }
    if is_all {
        *unmerged = Unmerged::default();
    }
    Ok(())
}

/// Merges all that there is to merge, and gives the room of what was merged back to the disk, as far as
/// that is soon done.
pub(super) fn merge_all(connection: &Connection, unmerged: &mut Unmerged) -> Result<(), Error> {
    merge(connection, unmerged, || true)?;
    let mut vacuum =
        connection.prepare_cached(&format!("PRAGMA incremental_vacuum({GIVEN_BACK})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// Merges a little, in a transaction of its own; whether there was anything to merge.
fn merge_some(connection: &Connection, index: &str) -> Result<bool, Error> {
    let before = connection.total_changes();
    connection
        .prepare_cached(&format!(
            "INSERT INTO {index} ({index}, rank) VALUES ('merge', ?1)"
        ))?
        .execute([PAGES])?;
    // The command itself counts as one.
    Ok(connection.total_changes() - before >= 2)
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::super::migrate::migrate;
    use super::super::search::{Row, add, hits, remove};
    use super::super::writing::Writing;
    use super::*;
    use crate::entry::{EntryId, Item};
    use crate::feed::Timestamp;
    use crate::text::{Plain, SafeHtml};

    /// Entries that a transaction adds or takes out.
    const SOME: i64 = 8;
    const ENTRIES: i64 = 2_400;

    /// The number'th of endlessly many texts, of words of all degrees of rarity.
    fn row(number: i64) -> Row {
        let words = (1..120).map(|place| format!("w{} ", number * place * 7_919 % (place * 31)));
        let item = Item {
            title: Plain::new(&format!("gull {number}")),
            summary: Some(SafeHtml::clean(&words.collect::<String>(), None)),
            ..Item::default()
        };
        Row::of_stored(&item)
    }

    /// An empty index, and what a transaction that changes some entries does: how many rows it changed.
    fn index() -> (Connection, impl Fn(&Connection, i64, bool) -> u64) {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, None, Timestamp::UNIX_EPOCH).unwrap();
        let transaction = |connection: &Connection, first: i64, adds: bool| {
            let before = connection.total_changes();
            connection.execute_batch("BEGIN").unwrap();
            for number in first..first + SOME {
                match adds {
                    true => add(connection, EntryId(number), &row(number)).unwrap(),
                    false => remove(connection, EntryId(number)).unwrap(),
                }
            }
            connection.execute_batch("COMMIT").unwrap();
            connection.total_changes() - before
        };
        (connection, transaction)
    }

    fn pieces(connection: &Connection) -> i64 {
        let count = "SELECT count(DISTINCT segid) FROM search_idx";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn no_transaction_merges_much_and_pieces_stay_few() {
        let (connection, transaction) = index();
        let (mut most, mut unmerged) = (0, Unmerged::default());
        for adds in [true, false] {
            for first in (1..=ENTRIES).step_by(SOME as usize) {
                let rows = transaction(&connection, first, adds);
                most = most.max(rows);
                // Somebody always waits.
                unmerged.add(rows, 1);
                merge(&connection, &mut unmerged, || false).unwrap();
                assert!(pieces(&connection) < 2 * i64::from(PIECES), "{first}");
            }
        }
        assert!(most < 150, "{most} rows in one transaction");
        let found = format!("SELECT count(*) FROM ({})", hits("'gull'"));
        let left: i64 = connection.query_row(&found, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn who_waits_waits_for_no_merging_while_pieces_are_few() {
        let (connection, transaction) = index();
        let mut unmerged = Unmerged::default();
        for number in 1..i64::from(PIECES) {
            let rows = transaction(&connection, number * SOME, true);
            unmerged.add(rows, 1);
            merge(&connection, &mut unmerged, || false).unwrap();
            assert_eq!(pieces(&connection), number);
        }
        // Then all of them are merged, a part after each transaction.
        let mut number = i64::from(PIECES);
        while pieces(&connection) > i64::from(PIECES) / 2 {
            let rows = transaction(&connection, number * SOME, true);
            unmerged.add(rows, 1);
            merge(&connection, &mut unmerged, || false).unwrap();
            number += 1;
            assert!(number < 2 * i64::from(PIECES));
        }
    }

    #[test]
    fn as_soon_as_nobody_waits_all_is_merged() {
        let (connection, transaction) = index();
        let mut unmerged = Unmerged::default();
        for number in 1..=12 {
            unmerged.add(transaction(&connection, number * SOME, true), 1);
        }
        assert_eq!(pieces(&connection), 12);
        merge(&connection, &mut unmerged, || true).unwrap();
        assert_eq!(pieces(&connection), 1);
    }

    #[tokio::test]
    async fn who_stored_much_may_leave_it_merged() {
        let folder = tempfile::tempdir().unwrap();
        for (name, tidily) in [("at-once.db", false), ("tidy.db", true)] {
            let path = folder.path().join(name);
            let store = Store::open(&path, Timestamp::UNIX_EPOCH).unwrap();
            for number in 1..=12 {
                let job = move |writing: &mut Writing<'_>| {
                    writing.backlog.add(EntryId(number), row(number));
                    Ok(())
                };
                store.connections.write(job).await.unwrap();
            }
            match tidily {
                true => store.close_tidily().await,
                false => store.close().await,
            }
            let left = pieces(&Connection::open(&path).unwrap());
            assert_eq!(left == 1, tidily, "{left}");
        }
    }
}
