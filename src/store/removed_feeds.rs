//! Feeds that were removed: out of sight at once, kept for a month for those who think again.
//!
//! One step takes the feed out of all lists, or brings it back. Its entries follow a few at a time, so
//! that polls never wait long: laid aside, each with how its story stood, or put back in the
//! opposite order. Where that is ended in the middle, [`Store::prune`] goes on with it.

use super::body::Unpacker;
use super::corrections::{explain_again, follow};
use super::feed_rows::{json, millis, moment};
use super::feeds::{by_name, by_url};
use super::history::{Before, put_back, restore_story, settle};
use super::polling::rows;
use super::removal::{AT_ONCE, remove};
use super::search::Row;
use super::stories::exists;
use super::writing::Writing;
use super::{Error, Store};
use crate::entry::{EntryId, Item, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::text::Plain;
use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// How long a removed feed can come back.
const KEPT: TimeDelta = TimeDelta::days(30);
/// What a removal is called among the corrections.
pub(super) const REMOVED: &str = "remove";

/// What a removed feed was.
#[derive(Debug, Serialize, Deserialize)]
struct Was {
    name: String,
    url: String,
    enabled: bool,
    due: Option<i64>,
    /// When it was removed, in milliseconds.
    at: i64,
}

/// Which feed a correction removed.
#[derive(Debug, Serialize, Deserialize)]
struct Removal {
    /// Its name, as history tells it.
    feed: String,
    id: i64,
}

impl Store {
    /// Unsubscribes, and takes the feed's entries away, in small steps. It stands among the
    /// [`Store::corrections`], and can be undone for 30 days. `false` where there is no such feed.
    pub async fn remove_feed(&self, name: &str, now: Timestamp) -> Result<bool, Error> {
        let name = name.to_owned();
        let feed = self
            .connections
            .write(move |writing| take_away(writing, &name, now))
            .await?;
        if let Some(feed) = feed {
            self.move_entries(feed, now).await?;
        }
        Ok(feed.is_some())
    }

    /// Brings a feed's entries to where they belong: with a removed feed aside, and for good after a
    /// while; with one that came back into their stories. Returns how many were removed for good.
    pub(super) async fn move_entries(&self, feed: FeedId, now: Timestamp) -> Result<usize, Error> {
        let mut gone = 0;
        loop {
            let step = self
                .connections
                .write(move |writing| step(writing, feed, now))
                .await?;
            match step {
                Step::Done => return Ok(gone),
                Step::Moved => {}
                Step::Forgot(entries) => gone += entries,
            }
        }
    }

    /// Goes on with removals that were ended in the middle, and removes for good what nobody asked
    /// back in time. Returns the number of those entries.
    pub(super) async fn end_removals(&self, now: Timestamp) -> Result<usize, Error> {
        let feeds = self
            .connections
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id FROM feeds WHERE removed IS NOT NULL \
                     UNION SELECT feed FROM removed_entries",
                )?;
                let feeds = statement.query_map([], |row| Ok(FeedId(row.get(0)?)))?;
                Ok(feeds.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        let mut gone = 0;
        for feed in feeds {
            gone += self.move_entries(feed, now).await?;
        }
        Ok(gone)
    }
}

/// Takes a feed out of all lists, and notes that.
fn take_away(
    writing: &mut Writing<'_>,
    name: &str,
    now: Timestamp,
) -> Result<Option<FeedId>, Error> {
    let connection = writing.connection;
    let Some(feed) = by_name(connection, name)? else {
        return Ok(None);
    };
    let removal = Removal {
        feed: name.to_owned(),
        id: feed.id.0,
    };
    connection
        .prepare_cached(
            "INSERT INTO corrections (kind, gone, story, decided, before) VALUES (?1, 0, 0, ?2, ?3)",
        )?
        .execute(params![REMOVED, millis(now), json(&removal)?])?;
    let was = Was {
        name: removal.feed,
        url: feed.subscription.url,
        enabled: feed.subscription.enabled,
        due: feed.next_due.map(millis),
        at: millis(now),
    };
    // No feed can have such a name or address: they are free for another one.
    connection
        .prepare_cached(
            "UPDATE feeds SET removed = ?2, name = 'removed:' || id, url = 'removed:' || id, \
             enabled = 0, declared = NULL, due = NULL, lease_until = 0 WHERE id = ?1",
        )?
        .execute(params![feed.id.0, json(&was)?])?;
    writing.feeds_changed(now);
    Ok(Some(feed.id))
}

/// Brings the feed back that a correction removed; its entries are to follow.
pub(super) fn give_back(
    writing: &mut Writing<'_>,
    correction: i64,
    now: Timestamp,
) -> Result<FeedId, Error> {
    let connection = writing.connection;
    let before: String = connection
        .prepare_cached("SELECT before FROM corrections WHERE id = ?1")?
        .query_row([correction], |row| row.get(0))?;
    let removal: Removal = read(&before)?;
    let feed = FeedId(removal.id);
    let Some(Some(was)) = was(connection, feed)? else {
        return Err(Error::Refused(format!(
            "'{}' was removed more than {} days ago, and nothing of it is left; subscribe to it anew",
            removal.feed,
            KEPT.num_days()
        )));
    };
    let other = match by_url(connection, &was.url)? {
        Some(other) => Some(other),
        None => by_name(connection, &was.name)?,
    };
    if let Some(other) = other {
        return Err(Error::Refused(format!(
            "the feed '{}' has the name or address of '{}' now; remove that one first",
            other.subscription.name, was.name
        )));
    }
    connection
        .prepare_cached(
            "UPDATE feeds SET removed = NULL, name = ?2, url = ?3, enabled = ?4, due = ?5 \
             WHERE id = ?1",
        )?
        .execute(params![feed.0, was.name, was.url, was.enabled, was.due])?;
    connection
        .prepare_cached("UPDATE corrections SET undone = ?2 WHERE id = ?1")?
        .execute([correction, millis(now)])?;
    writing.feeds_changed(now);
    Ok(feed)
}

/// What a feed was before it was removed: `None` where there is no such feed, `Some(None)` where it is
/// not removed.
fn was(connection: &Connection, feed: FeedId) -> Result<Option<Option<Was>>, Error> {
    let removed: Option<Option<String>> = connection
        .prepare_cached("SELECT removed FROM feeds WHERE id = ?1")?
        .query_row([feed.0], |row| row.get(0))
        .optional()?;
    removed
        .map(|removed| removed.as_deref().map(read).transpose())
        .transpose()
}

fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Damaged {
        path: String::new(),
        why: format!("what a removed feed was can't be read: {error}"),
    })
}

/// What a step did.
enum Step {
    /// Nothing: everything is where it belongs.
    Done,
    /// Some entries were moved.
    Moved,
    /// So many were removed for good.
    Forgot(usize),
}

fn step(writing: &mut Writing<'_>, feed: FeedId, now: Timestamp) -> Result<Step, Error> {
    let Some(was) = was(writing.connection, feed)? else {
        return Ok(Step::Done);
    };
    match was {
        None => put_some_back(writing, feed, now),
        Some(was) => match lay_some_aside(writing, feed, now)? {
            Step::Done if now - moment(was.at) > KEPT => forget_some(writing.connection, feed),
            step => Ok(step),
        },
    }
}

fn lay_some_aside(writing: &mut Writing<'_>, feed: FeedId, now: Timestamp) -> Result<Step, Error> {
    let connection = writing.connection;
    let entries: Vec<(EntryId, StoryId)> = connection
        .prepare_cached("SELECT id, story FROM entries WHERE feed = ?1 ORDER BY dated LIMIT ?2")?
        .query_map(params![feed.0, rows(AT_ONCE)], |row| {
            Ok((EntryId(row.get(0)?), StoryId(row.get(1)?)))
        })?
        .collect::<Result<_, _>>()?;
    if entries.is_empty() {
        return Ok(Step::Done);
    }
    for (entry, story) in entries {
        let stood = Before::of(connection, &[story])?;
        connection
            .prepare_cached(
                "INSERT INTO removed_entries (feed, entry, stood, body, first_seen, dated, \
                 published, revised, link, title, guid_print, link_print, same_print, text_print, \
                 profile, language) \
                 SELECT e.feed, e.id, ?2, b.body, e.first_seen, e.dated, \
                 e.published, e.revised, e.link, e.title, e.guid_print, e.link_print, e.same_print, \
                 e.text_print, e.profile, e.language \
                 FROM entries e JOIN bodies b ON b.entry = e.id WHERE e.id = ?1",
            )?
            .execute(params![entry.0, stood.to_json()?])?;
        remove(writing, entry, false, now)?;
    }
    writing.show(now);
    Ok(Step::Moved)
}

fn put_some_back(writing: &mut Writing<'_>, feed: FeedId, now: Timestamp) -> Result<Step, Error> {
    let connection = writing.connection;
    let aside: Vec<(i64, EntryId, String)> = connection
        .prepare_cached(
            "SELECT place, entry, stood FROM removed_entries WHERE feed = ?1 \
             ORDER BY place DESC LIMIT ?2",
        )?
        .query_map(params![feed.0, rows(AT_ONCE)], |row| {
            Ok((row.get(0)?, EntryId(row.get(1)?), row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    if aside.is_empty() {
        // What folding looks up is read anew, with them: once, since polls wait for it.
        writing.window.forget();
        return Ok(Step::Done);
    }
    for (place, entry, stood) in aside {
        put_entry_back(writing, entry, &read(&stood)?, now)?;
        connection
            .prepare_cached("DELETE FROM removed_entries WHERE place = ?1")?
            .execute([place])?;
    }
    writing.show(now);
    Ok(Step::Moved)
}

/// Puts an entry back into its story, which is as it was before, but for what arrived since; or,
/// where the story was joined to another one since, into that one.
fn put_entry_back(
    writing: &mut Writing<'_>,
    entry: EntryId,
    before: &Before,
    now: Timestamp,
) -> Result<(), Error> {
    let connection = writing.connection;
    let stood = before.place(entry).ok_or_else(|| Error::Damaged {
        path: String::new(),
        why: format!("where the removed entry {} stood is not known", entry.0),
    })?;
    let story = follow(connection, StoryId(stood.story))?;
    let is_same = story.0 == stood.story;
    if let (true, false, Some(row)) = (is_same, exists(connection, story)?, before.row(story)) {
        restore_story(connection, row)?;
    }
    let (role, article, copy_of) = match is_same {
        true => (stood.role, stood.article, stood.copy_of),
        false => (2, entry.0, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO entries (id, feed, story, role, article, copy_of, first_seen, dated, \
             published, revised, link, title, guid_print, link_print, same_print, text_print, \
             profile, language) \
             SELECT entry, feed, ?2, ?3, ?4, ?5, first_seen, dated, \
             published, revised, link, title, guid_print, link_print, same_print, text_print, \
             profile, language FROM removed_entries WHERE entry = ?1",
        )?
        .execute(params![entry.0, story.0, role, article, copy_of])?;
    let body: Vec<u8> = connection
        .prepare_cached(
            "INSERT INTO bodies (entry, body) SELECT entry, body FROM removed_entries \
             WHERE entry = ?1 RETURNING body",
        )?
        .query_row([entry.0], |row| row.get(0))?;
    let title: String = connection
        .prepare_cached("SELECT title FROM entries WHERE id = ?1")?
        .query_row([entry.0], |row| row.get(0))?;
    let mut item = Item {
        title: Plain::new(&title),
        ..Item::default()
    };
    Unpacker::default().unpack(&body, &mut item)?;
    writing.backlog.add(entry, Row::of_stored(&item));
    if is_same {
        return put_back(writing, before, &[story, story], 0, now);
    }
    if let Some(reason) = before.reason(entry) {
        explain_again(connection, reason)?;
    }
    let lead = connection
        .prepare_cached("SELECT lead FROM stories WHERE id = ?1")?
        .query_row([story.0], |row| row.get(0))
        .optional()?;
    settle(writing, story, lead, now)
}

/// Removes some of what was laid aside, and at last the feed.
fn forget_some(connection: &Connection, feed: FeedId) -> Result<Step, Error> {
    let entries = connection
        .prepare_cached(
            "DELETE FROM removed_entries WHERE place IN (SELECT place FROM removed_entries \
             WHERE feed = ?1 LIMIT ?2)",
        )?
        .execute(params![feed.0, rows(AT_ONCE)])?;
    if entries > 0 {
        return Ok(Step::Forgot(entries));
    }
    connection
        .prepare_cached("DELETE FROM feeds WHERE id = ?1")?
        .execute([feed.0])?;
    Ok(Step::Done)
}
