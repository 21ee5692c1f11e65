//! What the search index does not hold yet.
//!
//! SQLite writes the index's words out whenever a savepoint is opened or ended inside a transaction,
//! and whenever an older entry follows a newer one. So changes wait until the transaction ends and
//! are made in the order of the entries' numbers: thousands of small pieces, which later have to be
//! merged, become a few large ones.

use super::Error;
use super::search::{self, Row};
use crate::entry::EntryId;
use rusqlite::Connection;

/// Bytes of text from which on changes wait no longer.
const MOST: usize = 1 << 20;
/// The same where somebody waits for the transaction.
const ENOUGH: usize = MOST / 4;

/// Changes of the search index, in the order in which they were asked for.
#[derive(Default)]
pub(super) struct Backlog {
    changes: Vec<Change>,
    bytes: usize,
    /// How often changes were made: each time the index gets a piece.
    pieces: u32,
}

struct Change {
    entry: EntryId,
    /// Whether the index may hold the entry.
    known: bool,
    /// `None` takes the entry out.
    row: Option<Row>,
}

impl Backlog {
    /// An entry that is new.
    pub(super) fn add(&mut self, entry: EntryId, row: Row) {
        self.push(entry, false, Some(row));
    }

    /// An entry whose text is another one now.
    pub(super) fn replace(&mut self, entry: EntryId, row: Row) {
        self.push(entry, true, Some(row));
    }

    /// An entry that is gone.
    pub(super) fn remove(&mut self, entry: EntryId) {
        self.push(entry, true, None);
    }

    fn push(&mut self, entry: EntryId, known: bool, row: Option<Row>) {
        self.bytes += row.as_ref().map_or(0, Row::bytes);
        self.changes.push(Change { entry, known, row });
    }

    /// How many changes wait: a place to come back to.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Forgets all but the first `len` changes.
    pub(super) fn truncate(&mut self, len: usize) {
        for change in self.changes.drain(len.min(self.changes.len())..) {
            self.bytes -= change.row.as_ref().map_or(0, Row::bytes);
        }
    }

    /// How many pieces the index has got.
    pub(super) fn pieces(&self) -> u32 {
        self.pieces
    }

    /// Whether so much waits that it should be written though more is to come.
    pub(super) fn is_large(&self) -> bool {
        self.bytes >= MOST
    }

    /// The same where somebody waits for the transaction.
    pub(super) fn is_enough(&self) -> bool {
        self.bytes >= ENOUGH
    }

    /// Makes all changes. No savepoint may be open that could be rolled back.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<(), Error> {
        self.bytes = 0;
        self.pieces += u32::from(!self.changes.is_empty());
        // Of one entry the first tells whether it is there, and the last what is to be there.
        self.changes.sort_by_key(|change| change.entry);
        let mut changes = self.changes.drain(..).peekable();
        while let Some(Change {
            entry,
            known,
            mut row,
        }) = changes.next()
        {
            while let Some(later) = changes.next_if(|later| later.entry == entry) {
                row = later.row;
            }
            if known {
                search::remove(connection, entry)?;
            }
            if let Some(row) = row {
                search::add(connection, entry, &row)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Item;
    use crate::feed::Timestamp;
    use crate::text::{Plain, SafeHtml};

    fn row(title: &str) -> Row {
        let item = Item {
            title: Plain::new(title),
            ..Item::default()
        };
        Row::of_stored(&item)
    }

    fn found(connection: &Connection, word: &str) -> Vec<i64> {
        let mut statement = connection
            .prepare(&format!("{} ORDER BY 1", search::hits("?1")))
            .unwrap();
        let rows = statement.query_map([word], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn of_an_entry_the_last_change_stands() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrate::migrate(&mut connection, None, Timestamp::UNIX_EPOCH).unwrap();
        let mut backlog = Backlog::default();
        backlog.add(EntryId(3), row("gull"));
        backlog.add(EntryId(1), row("heron"));
        backlog.replace(EntryId(3), row("tern"));
        backlog.add(EntryId(2), row("heron"));
        backlog.remove(EntryId(2));
        backlog.write(&connection).unwrap();
        assert_eq!(found(&connection, "heron"), [1]);
        assert_eq!(found(&connection, "tern"), [3]);
        assert!(found(&connection, "gull").is_empty());
        // What was written is known from then on.
        backlog.replace(EntryId(1), row("tern"));
        backlog.remove(EntryId(3));
        backlog.write(&connection).unwrap();
        assert_eq!(found(&connection, "tern"), [1]);
        assert!(found(&connection, "heron").is_empty());
    }

    #[test]
    fn what_is_taken_back_is_never_written() {
        let mut backlog = Backlog::default();
        backlog.add(EntryId(1), row("heron"));
        let before = (backlog.len(), backlog.bytes);
        let long = Item {
            summary: Some(SafeHtml::clean(&"tern ".repeat(50_000), None)),
            ..Item::default()
        };
        for number in 2..=10 {
            backlog.add(EntryId(number), Row::of_stored(&long));
        }
        assert!(backlog.is_large());
        backlog.truncate(before.0);
        assert!(!backlog.is_large());
        assert_eq!((backlog.len(), backlog.bytes), before);
    }
}
