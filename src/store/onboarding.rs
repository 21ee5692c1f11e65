//! What a feed that joins a running collection may announce.
//!
//! Most feeds list their last weeks. To somebody who reads the merged feed that is old news, all at
//! once: it is stored, found and folded with, but only the newest of it becomes items.

use super::Error;
use super::feed_rows::millis;
use super::polling::rows;
use crate::feed::{FeedId, Timestamp};
use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

/// Feeds that are added within this time after the first one are the collection that somebody is
/// setting up: all that they bring is announced.
const SETTING_UP: TimeDelta = TimeDelta::hours(1);
/// What is older is never announced by a feed that joins.
const FRESH: TimeDelta = TimeDelta::hours(24);

/// Whether the feed joins a collection that runs already. The first feed is the one with the lowest
/// number: to look at the others, a hundred thousand perhaps, would cost more than to store what a poll
/// brings.
pub(super) fn joins_late(connection: &Connection, feed: FeedId) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT f.added > (SELECT added FROM feeds ORDER BY id LIMIT 1) + ?2 \
             FROM feeds f WHERE f.id = ?1",
        )?
        .query_row([feed.0, SETTING_UP.num_milliseconds()], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

/// Leaves of the stories that the feed alone opened at `at` the `most` freshest to be announced.
pub(super) fn hush(
    connection: &Connection,
    feed: FeedId,
    at: Timestamp,
    most: usize,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE stories SET quiet = 1 WHERE opened = ?2 \
             AND lead IN (SELECT id FROM entries WHERE feed = ?1) \
             AND NOT EXISTS (SELECT 1 FROM entries o WHERE o.story = stories.id AND o.feed <> ?1) \
             AND id NOT IN (SELECT story FROM entries WHERE feed = ?1 AND role = 0 \
             AND dated > ?3 ORDER BY dated DESC, id DESC LIMIT ?4)",
        )?
        .execute(params![feed.0, millis(at), millis(at - FRESH), rows(most)])?;
    Ok(())
}
