//! A number that rises with every change of what is shown, cheap to ask.

use super::Error;
use super::feed_rows::moment;
use crate::feed::Timestamp;
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// How old the answer may be where another process changes the database.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);

/// The state of what is shown: two equal ones show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation {
    /// Rises with every change, and is kept over restarts.
    pub number: u64,
    /// When the last change was.
    pub changed: Timestamp,
}

/// Knows the newest generation, also where another process made it.
pub(super) struct Watch {
    instance: String,
    newest: RwLock<Generation>,
    /// Asks for other processes' changes; `None` in memory.
    other: Mutex<Option<Other>>,
}

struct Other {
    connection: Connection,
    version: i64,
    asked: Option<Instant>,
}

impl Watch {
    /// Begins with what the database says now.
    pub(super) fn new(watcher: Option<Connection>, database: &Connection) -> Result<Self, Error> {
        Ok(Self {
            instance: database.query_row("SELECT instance FROM meta", [], |row| row.get(0))?,
            newest: RwLock::new(stored(database)?),
            other: Mutex::new(watcher.map(|connection| Other {
                connection,
                version: 0,
                asked: None,
            })),
        })
    }

    /// The database's place in all ids of the world.
    pub(super) fn instance(&self) -> &str {
        &self.instance
    }

    /// The newest generation. Another process's change is noticed within a second.
    pub(super) fn newest(&self) -> Generation {
        // Whoever asks at the same moment gets the answer that is there.
        if let Ok(mut other) = self.other.try_lock()
            && let Some(other) = other.as_mut()
            && let Some(found) = other.ask()
        {
            self.tell(found);
        }
        *self.newest.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a generation that was committed.
    pub(super) fn tell(&self, found: Generation) {
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        if found.number > newest.number {
            *newest = found;
        }
    }

    /// Lets go of the file.
    pub(super) fn close(&self) {
        self.other
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

impl Other {
    /// What the database says, where it changed since the last time; at most once a second.
    fn ask(&mut self) -> Option<Generation> {
        let now = Instant::now();
        if self
            .asked
            .is_some_and(|asked| now.duration_since(asked) < NOTICED_WITHIN)
        {
            return None;
        }
        self.asked = Some(now);
        let version = self
            .connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .ok()?;
        if version == self.version {
            return None;
        }
        self.version = version;
        stored(&self.connection).ok()
    }
}

/// The generation that the database holds.
fn stored(connection: &Connection) -> Result<Generation, Error> {
    Ok(connection
        .prepare_cached("SELECT generation, changed FROM meta")?
        .query_row([], |row| {
            Ok(Generation {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                changed: moment(row.get(1)?),
            })
        })?)
}

/// Notes a change at `now` in the transaction that makes it.
pub(super) fn advance(connection: &Connection, now: Timestamp) -> Result<Generation, Error> {
    Ok(connection
        .prepare_cached(
            "UPDATE meta SET generation = generation + 1, changed = max(changed, ?1)
             RETURNING generation, changed",
        )?
        .query_row([now.timestamp_millis()], |row| {
            Ok(Generation {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                changed: moment(row.get(1)?),
            })
        })?)
}
