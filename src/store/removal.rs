//! What is removed: with its feed, or because it is old. Never what its feed still lists, never
//! what someone corrected or starred.

use super::feed_rows::millis;
use super::new_entries::{standing, tombstone};
use super::writing::Writing;
use super::{Error, Store, corrections, listed, search};
use crate::config::Retention;
use crate::entry::EntryId;
use crate::feed::{FeedId, Timestamp};
use crate::fold::Fingerprint;
use chrono::TimeDelta;
use rusqlite::params;

/// Entries that are removed in one transaction: polling waits no longer than for those.
const AT_ONCE: usize = 200;

/// What pruning did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Entries that were removed.
    pub entries: usize,
}

impl Store {
    /// Removes what is older than the configuration keeps, and what a feed has beyond its number,
    /// in small steps. Entries that their feed still lists stay, and so do corrected ones and those
    /// of starred stories.
    pub async fn prune(&self, keep: &Retention, now: Timestamp) -> Result<PruneReport, Error> {
        let age = TimeDelta::from_std(keep.keep).unwrap_or(TimeDelta::MAX);
        let before = now.checked_sub_signed(age).map_or(i64::MIN, millis);
        let per_feed = keep.keep_per_feed;
        let mut report = PruneReport::default();
        for feed in self.feeds().await? {
            let feed = feed.id;
            loop {
                let removed = self
                    .connections
                    .write(move |writing| prune_feed(writing, feed, before, per_feed, now))
                    .await?;
                report.entries += removed;
                if removed < AT_ONCE {
                    break;
                }
            }
        }
        if report.entries > 0 {
            self.connections
                .write(|writing| {
                    // Space is given back a little at a time.
                    let mut statement = writing
                        .connection
                        .prepare_cached("PRAGMA incremental_vacuum(2000)")?;
                    let mut rows = statement.query([])?;
                    while rows.next()?.is_some() {}
                    Ok(())
                })
                .await?;
        }
        Ok(report)
    }
}

/// Removes some of a feed's entries that are too old or too many.
fn prune_feed(
    writing: &mut Writing<'_>,
    feed: FeedId,
    before: i64,
    per_feed: usize,
    now: Timestamp,
) -> Result<usize, Error> {
    let connection = writing.connection;
    let listed = listed::of_feed(connection, feed)?;
    let per_feed = i64::try_from(per_feed).unwrap_or(i64::MAX);
    let candidates: Vec<EntryId> = connection
        .prepare_cached(
            "SELECT id FROM (SELECT id, story, first_seen, row_number() OVER \
             (ORDER BY dated DESC, id DESC) AS place FROM entries WHERE feed = ?1) \
             WHERE (first_seen < ?2 OR place > ?3) \
             AND id NOT IN (SELECT entry FROM corrections WHERE entry IS NOT NULL) \
             AND story NOT IN (SELECT id FROM stories WHERE starred = 1) ORDER BY id",
        )?
        .query_map([feed.0, before, per_feed], |row| Ok(EntryId(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    let mut removed = 0;
    for entry in candidates {
        if listed.contains(&entry) {
            continue;
        }
        remove(writing, entry, true, now)?;
        removed += 1;
        if removed == AT_ONCE {
            break;
        }
    }
    if removed > 0 {
        writing.show(now);
    }
    Ok(removed)
}

/// Removes an entry; where it may come back, it is remembered that it was there.
fn remove(
    writing: &mut Writing<'_>,
    entry: EntryId,
    remembered: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let connection = writing.connection;
    let Some((story, _, article)) = standing(connection, entry)? else {
        return Ok(());
    };
    search::remove(connection, entry)?;
    writing.window.remove(entry);
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

/// Removes a feed with its entries.
pub(super) fn remove_feed(
    writing: &mut Writing<'_>,
    feed: FeedId,
    now: Timestamp,
) -> Result<(), Error> {
    let entries: Vec<EntryId> = writing
        .connection
        .prepare_cached("SELECT id FROM entries WHERE feed = ?1")?
        .query_map([feed.0], |row| Ok(EntryId(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    for entry in entries {
        remove(writing, entry, false, now)?;
    }
    writing
        .connection
        .prepare_cached("DELETE FROM feeds WHERE id = ?1")?
        .execute([feed.0])?;
    Ok(())
}
