//! What was read and starred: marks, and how they follow their stories.
//!
//! The columns are of `stories`. Whoever joins or splits stories calls [`unite`] or [`inherit`].

use super::arrivals::{ArrivalQuery, Chosen, conditions};
use super::feed_rows::{json, millis};
use super::writing::Writing;
use super::{Error, Store, corrections};
use crate::entry::StoryId;
use crate::feed::{FeedId, Timestamp};
use crate::reading::{Mark, ReadState, Reading, Target};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use std::collections::{HashMap, HashSet};

/// The condition on a row of `stories` that makes it unread, as the index of unread stories has it.
pub(super) const UNREAD: &str = "read <> 1";
/// The condition that makes it starred.
pub(super) const STARRED: &str = "starred = 1";
impl Store {
    /// Puts marks on stories, one after the other on each. What is not there is left out. Returns
    /// how many stories changed.
    pub async fn mark(
        &self,
        targets: Vec<Target>,
        marks: Vec<Mark>,
        now: Timestamp,
    ) -> Result<usize, Error> {
        self.connections
            .write(move |writing| {
                let stories = stories_of(writing.connection, &targets)?;
                let ids = json(&stories)?;
                let mut changed = 0;
                for mark in marks {
                    changed += set(
                        writing,
                        mark,
                        "id IN (SELECT value FROM json_each(?2))",
                        &[Value::Text(ids.clone())],
                        now,
                    )?;
                }
                Ok(changed)
            })
            .await
    }

    /// Marks as read what is unread of these feeds (`None` is all) and was first seen at or before
    /// `until`. With `entries`, a story counts where one of its entries does. Returns how many
    /// stories changed.
    pub async fn mark_all_read(
        &self,
        feeds: Option<Vec<FeedId>>,
        states: Vec<(Chosen, bool)>,
        entries: bool,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<usize, Error> {
        self.connections
            .write(move |writing| {
                let mut states = states;
                states.push((Chosen::Read, false));
                let query = ArrivalQuery {
                    feeds,
                    states,
                    entries,
                    ..ArrivalQuery::default()
                };
                let mut values = vec![Value::Integer(millis(until))];
                // The moment of the mark takes the first place.
                let condition = conditions(&query, &mut values, 1);
                let condition = if entries {
                    format!(
                        "id IN (SELECT e.story FROM entries e JOIN stories s \
                         ON s.id = e.story WHERE e.first_seen <= ?2 AND {condition})"
                    )
                } else {
                    format!(
                        "id IN (SELECT s.id FROM stories s WHERE s.opened <= ?2 \
                         AND {condition})"
                    )
                };
                set(writing, Mark::Read, &condition, &values, now)
            })
            .await
    }

    /// What a reader did with a story; `None` where there is no such story.
    pub async fn reading(&self, target: Target) -> Result<Option<Reading>, Error> {
        self.connections
            .read(move |connection| {
                let Some(story) = stories_of(connection, &[target])?.pop() else {
                    return Ok(None);
                };
                Ok(readings(connection, &[story])?.remove(&StoryId(story)))
            })
            .await
    }
}

/// Gives the story that two become the state of both. To be called while both are there.
pub(super) fn unite(connection: &Connection, kept: StoryId, gone: StoryId) -> Result<(), Error> {
    let mut state = connection
        .prepare_cached("SELECT read, starred, read_at, starred_at FROM stories WHERE id = ?1")?;
    let mut state = |story: StoryId| {
        state
            .query_row([story.0], |row| {
                let at = |column| row.get::<_, Option<i64>>(column);
                Ok((reading(row, 0)?, at(2)?, at(3)?))
            })
            .optional()
    };
    let (Some(a), Some(b)) = (state(kept)?, state(gone)?) else {
        return Ok(());
    };
    let both = a.0.united(b.0);
    connection
        .prepare_cached(
            "UPDATE stories SET read = ?2, starred = ?3, read_at = ?4, starred_at = ?5 \
             WHERE id = ?1",
        )?
        .execute(params![
            kept.0,
            number(both.read),
            both.starred,
            a.1.max(b.1),
            a.2.max(b.2)
        ])?;
    Ok(())
}

/// Gives a new story the state of the one that its entries leave.
pub(super) fn inherit(connection: &Connection, from: StoryId, new: StoryId) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE stories SET (read, read_at, starred, starred_at) = \
             (SELECT read, read_at, starred, starred_at FROM stories WHERE id = ?2) WHERE id = ?1",
        )?
        .execute([new.0, from.0])?;
    Ok(())
}

/// Gives a story that was joined to `kept` the state that it had, as its row says now, but for
/// what the reader marked on both after `joined`, in milliseconds.
pub(super) fn part(
    connection: &Connection,
    kept: StoryId,
    parted: StoryId,
    joined: i64,
) -> Result<(), Error> {
    for (column, at) in [("read", "read_at"), ("starred", "starred_at")] {
        connection
            .prepare_cached(&format!(
                "UPDATE stories SET ({column}, {at}) = \
                 (SELECT {column}, {at} FROM stories WHERE id = ?1) \
                 WHERE id = ?2 AND (SELECT {at} FROM stories WHERE id = ?1) > ?3"
            ))?
            .execute([kept.0, parted.0, joined])?;
    }
    Ok(())
}

fn number(read: ReadState) -> i64 {
    match read {
        ReadState::Unread => 0,
        ReadState::Read => 1,
        ReadState::KeptUnread => 2,
    }
}

fn read_state(number: i64) -> ReadState {
    match number {
        1 => ReadState::Read,
        2 => ReadState::KeptUnread,
        _ => ReadState::Unread,
    }
}

/// Puts a mark on the stories that `condition` holds for; its values begin at the second place.
fn set(
    writing: &mut Writing<'_>,
    mark: Mark,
    condition: &str,
    values: &[Value],
    now: Timestamp,
) -> Result<usize, Error> {
    let after = Reading::default().marked(mark);
    let (column, value) = match mark {
        Mark::Read | Mark::Unread | Mark::KeepUnread => ("read", number(after.read)),
        Mark::Star | Mark::Unstar => ("starred", i64::from(after.starred)),
    };
    let mut bound = vec![Value::Integer(millis(now))];
    bound.extend_from_slice(values);
    let changed = writing
        .connection
        .prepare_cached(&format!(
            "UPDATE stories SET {column} = {value}, {column}_at = ?1 \
             WHERE {column} <> {value} AND {condition}"
        ))?
        .execute(params_from_iter(bound))?;
    if changed > 0 {
        writing.show(now);
    }
    Ok(changed)
}

/// The stories that targets stand for.
fn stories_of(connection: &Connection, targets: &[Target]) -> Result<Vec<i64>, Error> {
    let mut stories = HashSet::new();
    let mut asked = HashSet::new();
    let mut entries = Vec::new();
    for target in targets {
        match target {
            Target::Story(story) => {
                asked.insert(story.0);
            }
            Target::Entry(entry) => entries.push(entry.0),
        }
    }
    let asked: Vec<i64> = asked.into_iter().collect();
    let mut gather = |statement: &str, ids: &[i64]| -> Result<(), Error> {
        let mut statement = connection.prepare_cached(statement)?;
        for story in statement.query_map([json(&ids)?], |row| row.get::<_, i64>(0))? {
            stories.insert(story?);
        }
        Ok(())
    };
    gather(
        "SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(?1))",
        &asked,
    )?;
    gather(
        "SELECT story FROM entries WHERE id IN (SELECT value FROM json_each(?1))",
        &entries,
    )?;
    for gone in asked {
        if !stories.contains(&gone) {
            let into = corrections::follow(connection, StoryId(gone))?;
            if into.0 != gone {
                stories.insert(into.0);
            }
        }
    }
    let mut stories: Vec<i64> = stories.into_iter().collect();
    stories.sort_unstable();
    Ok(stories)
}

/// What a reader did with the stories of these numbers.
pub(super) fn readings(
    connection: &Connection,
    stories: &[i64],
) -> Result<HashMap<StoryId, Reading>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, read, starred FROM stories WHERE id IN (SELECT value FROM json_each(?1))",
    )?;
    let readings = statement.query_map([json(&stories)?], |row| {
        Ok((StoryId(row.get(0)?), reading(row, 1)?))
    })?;
    Ok(readings.collect::<Result<_, _>>()?)
}

/// The state in the columns `read` and `starred`, which stand side by side.
fn reading(row: &Row<'_>, column: usize) -> rusqlite::Result<Reading> {
    Ok(Reading {
        read: read_state(row.get(column)?),
        starred: row.get(column + 1)?,
    })
}
