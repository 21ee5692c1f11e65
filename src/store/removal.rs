//! What is removed because it is old. Never what its feed still lists, never what someone corrected
//! or starred.

use super::feed_rows::{json, millis};
use super::new_entries::{standing, tombstone};
use super::writing::Writing;
use super::{Error, Store, corrections, listed};
use crate::config::Retention;
use crate::entry::EntryId;
use crate::feed::{FeedId, Timestamp};
use crate::fold::Fingerprint;
use chrono::TimeDelta;
use rusqlite::{Connection, params};

/// Entries that are removed in one transaction: a poll waits for two such steps at most. In a large file
/// that is not in memory, an entry takes some milliseconds.
pub(super) const AT_ONCE: usize = 8;

/// After pruning, so often up to a hundred pages are given back to the disk.
const GIVEN_BACK: usize = 20;

/// What pruning did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Entries that were removed.
    pub entries: usize,
}

impl Store {
    /// Removes what is older than the configuration keeps, and what a feed has beyond its number,
    /// in small steps. Entries that their feed still lists stay, and so do corrected ones and those
    /// of starred stories. Feeds that were removed long ago go for good.
    pub async fn prune(&self, keep: &Retention, now: Timestamp) -> Result<PruneReport, Error> {
        let bounds = Bounds::of(keep, now);
        let mut report = PruneReport {
            entries: self.end_removals(now).await?,
        };
        for (feed, _) in self.feed_names().await? {
            let leaving = self
                .connections
                .read(move |connection| leaving(connection, feed, bounds))
                .await?;
            for some in leaving.chunks(AT_ONCE) {
                let some = some.to_vec();
                report.entries += self
                    .connections
                    .write(move |writing| prune_some(writing, feed, some, now))
                    .await?;
            }
        }
        if report.entries > 0 {
            // Space is given back a little at a time, too.
            for _ in 0..GIVEN_BACK {
                let vacuum = |writing: &mut Writing<'_>| {
                    let mut statement = writing
                        .connection
                        .prepare_cached("PRAGMA incremental_vacuum(100)")?;
                    let mut rows = statement.query([])?;
                    while rows.next()?.is_some() {}
                    Ok(())
                };
                self.connections.write_unindexed(vacuum).await?;
            }
        }
        Ok(report)
    }

    /// How many entries of each feed [`Store::prune`] would remove now; feeds that would lose none
    /// are left out. Changes nothing.
    pub async fn would_prune(
        &self,
        keep: &Retention,
        now: Timestamp,
    ) -> Result<Vec<(String, usize)>, Error> {
        let bounds = Bounds::of(keep, now);
        let mut going = Vec::new();
        for (feed, name) in self.feed_names().await? {
            let entries = self
                .connections
                .read(move |connection| leaving(connection, feed, bounds))
                .await?;
            if !entries.is_empty() {
                going.push((name, entries.len()));
            }
        }
        Ok(going)
    }
}

/// What is kept, as the database counts.
#[derive(Clone, Copy)]
struct Bounds {
    /// What was first seen before is too old.
    before: i64,
    /// So many of a feed are kept.
    per_feed: i64,
}

impl Bounds {
    fn of(keep: &Retention, now: Timestamp) -> Self {
        let age = TimeDelta::from_std(keep.keep).unwrap_or(TimeDelta::MAX);
        Self {
            before: now.checked_sub_signed(age).map_or(i64::MIN, millis),
            per_feed: i64::try_from(keep.keep_per_feed).unwrap_or(i64::MAX),
        }
    }
}

/// A feed's entries that are too old or too many, and that nothing holds.
fn leaving(connection: &Connection, feed: FeedId, bounds: Bounds) -> Result<Vec<EntryId>, Error> {
    let leaving = connection
        .prepare_cached(
            "SELECT id FROM (SELECT id, first_seen, row_number() OVER \
             (ORDER BY dated DESC, id DESC) AS place FROM entries WHERE feed = ?1) \
             WHERE first_seen < ?2 OR place > ?3 ORDER BY id",
        )?
        .query_map([feed.0, bounds.before, bounds.per_feed], |row| {
            Ok(EntryId(row.get(0)?))
        })?
        .collect::<Result<_, _>>()?;
    unheld(connection, feed, leaving)
}

/// Those of a feed's entries that nothing holds: neither its document, nor a correction, nor a star.
fn unheld(
    connection: &Connection,
    feed: FeedId,
    mut entries: Vec<EntryId>,
) -> Result<Vec<EntryId>, Error> {
    let listed = listed::of_feed(connection, feed)?;
    entries.retain(|entry| !listed.contains(entry));
    let ids: Vec<i64> = entries.iter().map(|entry| entry.0).collect();
    Ok(connection
        .prepare_cached(
            "SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?1)) \
             AND id NOT IN (SELECT entry FROM corrections WHERE entry IS NOT NULL) \
             AND story NOT IN (SELECT story FROM corrections WHERE story IS NOT NULL) \
             AND story NOT IN (SELECT id FROM stories WHERE starred = 1) ORDER BY id",
        )?
        .query_map([json(&ids)?], |row| Ok(EntryId(row.get(0)?)))?
        .collect::<Result<_, _>>()?)
}

/// Removes some of a feed's entries that were too old or too many, unless something holds them by
/// now.
fn prune_some(
    writing: &mut Writing<'_>,
    feed: FeedId,
    entries: Vec<EntryId>,
    now: Timestamp,
) -> Result<usize, Error> {
    let leaving = unheld(writing.connection, feed, entries)?;
    let removed = leaving.len();
    for entry in leaving {
        remove(writing, entry, true, now)?;
    }
    if removed > 0 {
        writing.show(now);
    }
    Ok(removed)
}

/// Removes an entry; where it may come back, it is remembered that it was there.
pub(super) fn remove(
    writing: &mut Writing<'_>,
    entry: EntryId,
    remembered: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let connection = writing.connection;
    let Some((story, _, article)) = standing(connection, entry)? else {
        return Ok(());
    };
    writing.backlog.remove(entry);
    writing.window.remove(connection, entry)?;
    let (feed, guid, link, text) = connection
        .prepare_cached(
            "DELETE FROM entries WHERE id = ?1 RETURNING feed, guid_print, link_print, same_print",
        )?
        .query_row([entry.0], |row| {
            let print = |column| row.get::<_, Option<[u8; 16]>>(column);
            Ok((
                row.get::<_, i64>(0)?,
                print(1)?.map(Fingerprint),
                print(2)?.map(Fingerprint),
                Fingerprint(row.get(3)?),
            ))
        })?;
    if remembered {
        connection
            .prepare_cached("INSERT OR REPLACE INTO tombstones VALUES (?1, ?2, ?3)")?
            .execute(params![feed, tombstone(guid, link, text), millis(now)])?;
    }
    corrections::remain(writing, story, article, now)
}
