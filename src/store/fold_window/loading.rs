//! Which entries a [`FoldWindow`] has: loading them, and letting the oldest go.

use super::key_lists::KeyLists;
use super::key_run::MOST_SLOTS;
use super::{FoldWindow, MOST, narrow};
use crate::feed::Timestamp;
use crate::store::Error;
use crate::store::archive::{candidate, stored_profile};
use crate::store::entries::first_since;
use crate::store::feed_rows::moment;
use rusqlite::Connection;
use std::collections::HashSet;
use std::time::Duration;

/// How much longer than they can fold entries are kept: no longer than that again.
const GRACE: Duration = Duration::from_secs(86_400);

impl FoldWindow {
    /// Makes sure that everything is there that arrived in the time `reach` before `now`.
    pub(in crate::store) fn load(
        &mut self,
        connection: &Connection,
        reach: Duration,
        now: Timestamp,
    ) -> Result<(), Error> {
        let reach = reach.min(Duration::from_secs(400 * 86_400));
        // Longer, by up to a day, so that clocks and late polls don't matter.
        let since = (now - reach - reach.min(GRACE)).timestamp_millis();
        if self.loaded && reach <= self.reach && self.slots.len() <= MOST_SLOTS {
            let stale = self.slots.get(self.slots.len() / 4);
            if self.is_full() || stale.is_some_and(|slot| slot.first_seen < since) {
                let old = self.slots.iter().rposition(|slot| slot.first_seen < since);
                self.let_go(connection, old.map_or(0, |last| last + 1))?;
                self.loads += 1;
            }
            return Ok(());
        }
        self.forget();
        let last: Option<i64> = connection
            .prepare_cached("SELECT max(id) FROM entries")?
            .query_row([], |row| row.get(0))?;
        let most = last.map_or(0, |last| last.saturating_sub(MOST as i64) + 1);
        let first = first_since(connection, since)?.max(most);
        let mut statement = connection.prepare_cached(
            "SELECT e.id, e.story, e.feed, e.article, e.role, e.dated, f.priority, e.profile, \
             e.first_seen FROM entries e JOIN feeds f ON f.id = e.feed WHERE e.id >= ?1 ORDER BY e.id",
        )?;
        let mut rows = statement.query([first])?;
        self.make_room(last.map_or(0, |last| last + 1 - first));
        let mut stories = HashSet::new();
        while let Some(row) = rows.next()? {
            let Some(profile) = stored_profile(row)? else {
                continue;
            };
            let read = profile.read();
            let kept = candidate(row, profile)?;
            let opens = stories.insert(kept.story);
            self.add(kept, moment(row.get(8)?), opens, &read);
            self.settle();
        }
        if KeyLists::packs(self.expected) {
            self.keys.pack(&self.dated);
        }
        self.expected = 0;
        self.loaded = true;
        self.loads += 1;
        self.reach = reach;
        Ok(())
    }

    /// Makes room for so many entries.
    fn make_room(&mut self, entries: i64) {
        // Never more than MOST.
        self.expected = usize::try_from(entries).unwrap_or_default().min(MOST);
        self.slots.reserve_exact(self.expected);
        self.dated.reserve_exact(self.expected);
        self.keys.reserve(self.expected);
    }

    fn is_full(&self) -> bool {
        self.slots.len() >= MOST + MOST / 4
    }

    /// Lets the oldest entries go where there are more than a window holds. What was done until now
    /// is final.
    pub(in crate::store) fn keep_newest(&mut self, connection: &Connection) -> Result<(), Error> {
        self.settle();
        if self.is_full() {
            self.let_go(connection, 0)?;
        }
        Ok(())
    }

    /// Lets the first `old` entries go, and more of them where more than [`MOST`] stay. That is final.
    fn let_go(&mut self, connection: &Connection, old: usize) -> Result<(), Error> {
        let going = old.max(self.slots.len().saturating_sub(MOST));
        for at in 0..going {
            if let Some(counted) = self.counted(connection, at)? {
                self.terms.exchange(Some(&counted), None);
            }
        }
        self.changes.clear();
        self.keys.let_go(narrow(going), &self.dated);
        self.latest.let_go(narrow(going));
        self.held.let_go(going);
        self.slots.drain(..going);
        self.dated.drain(..going);
        Ok(())
    }
}
