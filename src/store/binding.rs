//! What corrections bind: entries that arrive, and what is folded anew.

use super::Error;
use super::corrections::follow;
use super::feed_rows::{json, millis};
use super::record::Folding;
use crate::entry::{EntryId, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{self, Fingerprint, Prepared};
use chrono::TimeDelta;
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashSet};

/// Keeps a split in force for an entry whose text was edited.
pub(super) fn follow_text(
    connection: &Connection,
    entry: EntryId,
    text: Fingerprint,
) -> Result<(), Error> {
    connection
        .prepare_cached("UPDATE corrections SET print = ?2 WHERE entry = ?1 AND kind = 'split'")?
        .execute(params![entry.0, text.0])?;
    Ok(())
}

/// What people decided that binds an entry that arrives now: it never returns to a story that its
/// text was split off, whatever guid it has now, and joins none with an entry of a feed that its
/// own is never folded with.
pub(super) fn binding(
    connection: &Connection,
    folding: &Folding<'_>,
    prepared: &Prepared,
) -> Result<fold::Corrections, Error> {
    let mut binding = fold::Corrections {
        never: split_off(connection, folding.context.feed, prepared.identity.text)?,
        always: None,
    };
    let strangers = folding.settings.never_with(&folding.context.name);
    if strangers.is_empty() {
        return Ok(binding);
    }
    let window = TimeDelta::from_std(folding.settings.window).unwrap_or(TimeDelta::MAX);
    let dated = prepared
        .item
        .published
        .unwrap_or(folding.at)
        .min(folding.at);
    let edge = |moment: Option<Timestamp>, otherwise| moment.map_or(otherwise, millis);
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT e.story FROM feeds f JOIN entries e ON e.feed = f.id \
         WHERE f.name IN (SELECT value FROM json_each(?1)) AND e.dated BETWEEN ?2 AND ?3",
    )?;
    // An entry of a story may be as much older as another one could still join it.
    let stories = statement.query_map(
        params![
            json(&strangers)?,
            edge(dated.checked_sub_signed(window * 2), i64::MIN),
            edge(dated.checked_add_signed(window * 2), i64::MAX)
        ],
        |row| Ok(StoryId(row.get(0)?)),
    )?;
    for story in stories {
        binding.never.insert(story?);
    }
    Ok(binding)
}

/// The stories that a feed's entry with that text was split off.
pub(super) fn split_off(
    connection: &Connection,
    feed: FeedId,
    text: Fingerprint,
) -> Result<BTreeSet<StoryId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT c.gone FROM corrections c JOIN entries e ON e.id = c.entry WHERE c.print = ?1 \
         AND c.kind = 'split' AND c.undone IS NULL AND e.feed = ?2",
    )?;
    let left = statement.query_map(params![text.0, feed.0], |row| Ok(StoryId(row.get(0)?)))?;
    left.map(|story| follow(connection, story?)).collect()
}

/// The stories that corrections in force are about, as they are called now, and the leads that were
/// chosen.
pub(super) fn corrected_stories(
    connection: &Connection,
) -> Result<(HashSet<StoryId>, HashSet<EntryId>), Error> {
    let (mut stories, mut leads) = (HashSet::new(), HashSet::new());
    let mut statement = connection
        .prepare_cached("SELECT kind, entry, gone, story FROM corrections WHERE undone IS NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let entry: Option<i64> = row.get(1)?;
        if row.get_ref(0)?.as_str().is_ok_and(|kind| kind == "lead") {
            leads.extend(entry.map(EntryId));
        }
        for column in [2, 3] {
            stories.insert(follow(connection, StoryId(row.get(column)?))?);
        }
    }
    Ok((stories, leads))
}
