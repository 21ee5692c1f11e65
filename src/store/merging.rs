//! Merging the pieces of the search index, between transactions.
//!
//! An index is kept in pieces, one for each transaction that wrote to it; the fewer there are, the
//! faster is a search. Left to itself it merges them inside the transaction that writes, up to a
//! hundred milliseconds at a time, and whoever waits for that transaction waits for it too. So the
//! writer does it here (`automerge` is 0 since migration 12): as long as nobody waits, and otherwise
//! a little after each transaction, until as much was merged as was written, so that pieces never pile up.
//! <https://www.sqlite.org/fts5.html#the_merge_command>

use super::Error;
use super::search::INDEXES;
use rusqlite::Connection;

/// Pages that are merged in one transaction: some milliseconds.
const PAGES: u32 = 32;
/// Most such transactions at a time where somebody waits.
const EACH: usize = 8;

/// Merges after a transaction. `owed` counts the rows that transactions changed, pages of the index among
/// them, and is paid off with what is merged. While `is_idle` says that nobody waits, all is merged that
/// there is to merge.
pub(super) fn merge(
    connection: &Connection,
    owed: &mut u64,
    is_idle: impl Fn() -> bool,
) -> Result<(), Error> {
    let mut merged = 0;
    for index in INDEXES {
        while is_idle() || (merged < EACH && *owed > 0) {
            if !merge_some(connection, index)? {
                break;
            }
            merged += 1;
            *owed = owed.saturating_sub(PAGES.into());
        }
    }
    if merged < EACH {
        // Nothing is left to be merged.
        *owed = 0;
    }
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
    use super::super::migrate::migrate;
    use super::super::search::{Row, add, hits, remove};
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
        let (mut most, mut owed) = (0, 0);
        for adds in [true, false] {
            for first in (1..=ENTRIES).step_by(SOME as usize) {
                let rows = transaction(&connection, first, adds);
                most = most.max(rows);
                // Somebody always waits.
                owed += rows;
                merge(&connection, &mut owed, || false).unwrap();
                assert!(pieces(&connection) < 3 * 8, "{first}");
            }
        }
        assert!(most < 150, "{most} rows in one transaction");
        let found = format!("SELECT count(*) FROM ({})", hits("'gull'"));
        let left: i64 = connection.query_row(&found, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn who_waits_does_not_wait_for_what_is_not_owed() {
        let (connection, transaction) = index();
        for first in (1..=12 * SOME).step_by(SOME as usize) {
            transaction(&connection, first, true);
        }
        assert_eq!(pieces(&connection), 12);
        merge(&connection, &mut 0, || false).unwrap();
        assert_eq!(pieces(&connection), 12);
        merge(&connection, &mut 0, || true).unwrap();
        assert_eq!(pieces(&connection), 1);
    }
}
