//! Corrections as a list: what was decided and when, and how to go back on it.
//!
//! Before a correction changes stories, their rows, the places of their entries and the reasons
//! are noted with it. Going back puts that state in order again, with what arrived since.

use super::corrections::explain_again;
use super::feed_rows::{json, millis, moment};
use super::polling::rows;
use super::removed_feeds::{self, REMOVED};
use super::roles::role;
use super::writing::Writing;
use super::{Error, Store};
use crate::entry::{EntryId, StoryId};
use crate::feed::{FeedId, Timestamp};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most corrections that are listed.
const LISTED: i64 = 1_000;

/// What someone decided in place of folding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its number.
    pub id: i64,
    /// `join`, `split` or `lead`, or `remove` for a feed that was removed.
    pub kind: String,
    /// The story that it made or changed; 0 for `remove`.
    pub story: StoryId,
    /// The story that was joined to it, or that the entry left; the same one for `lead`.
    pub other: StoryId,
    /// The entry that was split off or made the lead.
    pub entry: Option<EntryId>,
    /// The headline that people know it by; for `remove` the feed's name.
    pub title: String,
    /// When it was decided.
    pub decided: Timestamp,
    /// When it was undone.
    pub undone: Option<Timestamp>,
}

impl Store {
    /// The corrections, the newest first, at most a thousand.
    pub async fn corrections(&self) -> Result<Vec<Correction>, Error> {
        self.connections.read(list).await
    }

    /// Goes back on a correction: the stories are as they were before it, with their former
    /// numbers; what arrived since stays with the entry that it was folded under. A feed that was
    /// removed is subscribed to again, and its entries are where they were.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is no such correction, it was undone already, a later one
    /// changed the same stories, or nothing is left of the feed that it removed.
    pub async fn undo(&self, id: i64, now: Timestamp) -> Result<Correction, Error> {
        let (correction, returned) = self
            .connections
            .write(move |writing| {
                let returned = undo(writing, id, now)?;
                let correction = one(writing.connection, id)?.ok_or_else(|| missing(id))?;
                Ok((correction, returned))
            })
            .await?;
        if let Some(feed) = returned {
            self.move_entries(feed, now).await?;
        }
        Ok(correction)
    }
}

pub(super) const COLUMNS: &str = "c.id, c.kind, c.story, c.gone, c.entry, c.decided, c.undone, coalesce( \
     CASE c.kind WHEN 'remove' THEN json_extract(c.before, '$.feed') ELSE \
     (SELECT title FROM entries WHERE id = coalesce(c.entry, (SELECT lead FROM stories \
     WHERE id = c.story))) END, '')";

fn correction(row: &rusqlite::Row<'_>) -> rusqlite::Result<Correction> {
    Ok(Correction {
        id: row.get(0)?,
        kind: row.get(1)?,
        story: StoryId(row.get(2)?),
        other: StoryId(row.get(3)?),
        entry: row.get::<_, Option<i64>>(4)?.map(EntryId),
        decided: moment(row.get(5)?),
        undone: row.get::<_, Option<i64>>(6)?.map(moment),
        title: row.get(7)?,
    })
}

fn list(connection: &Connection) -> Result<Vec<Correction>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM corrections c ORDER BY c.id DESC LIMIT {LISTED}"
    ))?;
    let found = statement.query_map([], correction)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn one(connection: &Connection, id: i64) -> Result<Option<Correction>, Error> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM corrections c WHERE c.id = ?1"
        ))?
        .query_row([id], correction)
        .optional()?)
}

fn missing(id: i64) -> Error {
    Error::Refused(format!(
        "there is no correction {id}; 'feedfold history' lists them"
    ))
}

/// How stories were before a correction.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Before {
    /// Rows of stories, by column.
    stories: Vec<BTreeMap<String, serde_json::Value>>,
    entries: Vec<Placed>,
    decisions: Vec<Reason>,
}

/// Where an entry stood.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Placed {
    id: i64,
    pub(super) story: i64,
    pub(super) role: i64,
    pub(super) article: i64,
    pub(super) copy_of: Option<i64>,
}

/// Why it stood there: the row of `decisions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reason {
    pub(super) entry: i64,
    pub(super) of: Option<i64>,
    pub(super) rule: String,
    pub(super) evidence: String,
    pub(super) independent: bool,
    pub(super) near: Option<String>,
    pub(super) decided: i64,
}

impl Reason {
    /// The reason of an entry that opened its story and steps back for the one whose reason this is:
    /// it is there for the same.
    pub(super) fn mirrored(&self, entry: EntryId) -> Self {
        Self {
            entry: entry.0,
            of: Some(self.entry),
            // Copies tell nothing of their own, and who credits another does not report
            // independently: what is left are reports of one event.
            independent: matches!(self.rule.as_str(), "story" | "correction"),
            near: None,
            ..self.clone()
        }
    }
}

impl Before {
    /// Notes how stories are now.
    pub(super) fn of(connection: &Connection, stories: &[StoryId]) -> Result<Self, Error> {
        let mut before = Self::default();
        for story in stories {
            let mut statement = connection.prepare_cached("SELECT * FROM stories WHERE id = ?1")?;
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let row = statement.query_row([story.0], |row| {
                let mut columns = BTreeMap::new();
                for (at, name) in names.iter().enumerate() {
                    let value = match row.get_ref(at)? {
                        ValueRef::Integer(number) => number.into(),
                        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                        _ => serde_json::Value::Null,
                    };
                    columns.insert(name.clone(), value);
                }
                Ok(columns)
            })?;
            before.stories.push(row);
            let mut statement = connection.prepare_cached(
                "SELECT id, story, role, article, copy_of FROM entries WHERE story = ?1",
            )?;
            let entries = statement.query_map([story.0], |row| {
                Ok(Placed {
                    id: row.get(0)?,
                    story: row.get(1)?,
                    role: row.get(2)?,
                    article: row.get(3)?,
                    copy_of: row.get(4)?,
                })
            })?;
            for entry in entries {
                before.entries.push(entry?);
            }
            let mut statement = connection.prepare_cached(
                "SELECT d.entry, d.of, d.rule, d.evidence, d.independent, d.near, d.decided \
                 FROM entries e JOIN decisions d ON d.entry = e.id WHERE e.story = ?1",
            )?;
            let reasons = statement.query_map([story.0], |row| {
                Ok(Reason {
                    entry: row.get(0)?,
                    of: row.get(1)?,
                    rule: row.get(2)?,
                    evidence: row.get(3)?,
                    independent: row.get(4)?,
                    near: row.get(5)?,
                    decided: row.get(6)?,
                })
            })?;
            for reason in reasons {
                before.decisions.push(reason?);
            }
        }
        Ok(before)
    }

    /// Where an entry stood.
    pub(super) fn place(&self, entry: EntryId) -> Option<&Placed> {
        self.entries.iter().find(|placed| placed.id == entry.0)
    }

    /// Why it stood there.
    pub(super) fn reason(&self, entry: EntryId) -> Option<&Reason> {
        self.decisions.iter().find(|reason| reason.entry == entry.0)
    }

    /// The row of a story, by column.
    pub(super) fn row(&self, story: StoryId) -> Option<&BTreeMap<String, serde_json::Value>> {
        let is_it = |row: &&BTreeMap<_, serde_json::Value>| {
            row.get("id").and_then(serde_json::Value::as_i64) == Some(story.0)
        };
        self.stories.iter().find(is_it)
    }

    /// As it is stored.
    pub(super) fn to_json(&self) -> Result<String, Error> {
        json(self)
    }
}

/// Goes back on a correction; the feed that comes back by that, if it was about one.
fn undo(writing: &mut Writing<'_>, id: i64, now: Timestamp) -> Result<Option<FeedId>, Error> {
    let connection = writing.connection;
    let correction = one(connection, id)?.ok_or_else(|| missing(id))?;
    if correction.undone.is_some() {
        return Err(Error::Refused(format!("correction {id} was undone before")));
    }
    if correction.kind == REMOVED {
        return removed_feeds::give_back(writing, id, now).map(Some);
    }
    let concerned = [correction.story, correction.other];
    let later: Option<i64> = connection
        .prepare_cached(
            "SELECT max(id) FROM corrections WHERE id > ?1 AND undone IS NULL \
             AND (story IN (?2, ?3) OR gone IN (?2, ?3))",
        )?
        .query_row(params![id, concerned[0].0, concerned[1].0], |row| {
            row.get(0)
        })?;
    if let Some(later) = later {
        return Err(Error::Refused(format!(
            "correction {later} changed the same stories later; undo that one first"
        )));
    }
    let before: Option<String> = connection
        .prepare_cached("SELECT before FROM corrections WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let before: Before = before
        .and_then(|before| serde_json::from_str(&before).ok())
        .ok_or_else(|| {
            Error::Refused(format!(
                "correction {id} was made by an earlier version, which did not note how it was before"
            ))
        })?;
    put_back(
        writing,
        &before,
        &concerned,
        millis(correction.decided),
        now,
    )?;
    connection
        .prepare_cached("UPDATE corrections SET undone = ?2 WHERE id = ?1")?
        .execute([id, millis(now)])?;
    writing.show(now);
    Ok(None)
}

/// Brings stories into the state before, with what arrived since.
pub(super) fn put_back(
    writing: &mut Writing<'_>,
    before: &Before,
    concerned: &[StoryId; 2],
    decided: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let connection = writing.connection;
    for row in &before.stories {
        let id = row.get("id").and_then(serde_json::Value::as_i64);
        if let Some(id) = id
            && !super::stories::exists(connection, StoryId(id))?
        {
            restore_story(connection, row)?;
            for kept in concerned.iter().filter(|kept| kept.0 != id) {
                super::reading::part(connection, *kept, StoryId(id), decided)?;
            }
        }
    }
    // What was split off takes what the reader did with it back into the story.
    if let [row] = before.stories.as_slice()
        && let Some(kept) = row.get("id").and_then(serde_json::Value::as_i64)
    {
        for gone in concerned.iter().filter(|gone| gone.0 != kept) {
            super::reading::unite(connection, StoryId(kept), *gone)?;
        }
    }
    for entry in &before.entries {
        connection
            .prepare_cached(
                "UPDATE entries SET story = ?2, role = ?3, article = ?4, copy_of = ?5 \
                 WHERE id = ?1 AND story IN (?6, ?7)",
            )?
            .execute(params![
                entry.id,
                entry.story,
                entry.role,
                entry.article,
                entry.copy_of,
                concerned[0].0,
                concerned[1].0
            ])?;
    }
    for reason in &before.decisions {
        explain_again(connection, reason)?;
    }
    // What had no reason then opened its story.
    let explained: Vec<i64> = before.decisions.iter().map(|reason| reason.entry).collect();
    let placed: Vec<i64> = before.entries.iter().map(|entry| entry.id).collect();
    connection
        .prepare_cached(
            "DELETE FROM decisions WHERE rule = 'correction' \
             AND entry IN (SELECT value FROM json_each(?1)) \
             AND entry NOT IN (SELECT value FROM json_each(?2))",
        )?
        .execute([json(&placed)?, json(&explained)?])?;
    let known: Vec<i64> = before
        .stories
        .iter()
        .filter_map(|row| row.get("id")?.as_i64())
        .collect();
    // Later arrivals stay with what they were folded under.
    for story in concerned {
        connection
            .prepare_cached(
                "UPDATE entries SET story = coalesce((SELECT o.story FROM decisions d \
                 JOIN entries o ON o.id = d.of WHERE d.entry = entries.id \
                 AND o.story IN (SELECT value FROM json_each(?3))), \
                 (SELECT value FROM json_each(?3) WHERE ?1 NOT IN \
                 (SELECT value FROM json_each(?3)) LIMIT 1), story) \
                 WHERE story = ?1 AND id NOT IN (SELECT value FROM json_each(?2))",
            )?
            .execute(params![story.0, json(&placed)?, json(&known)?])?;
    }
    for story in concerned {
        let lead = before
            .entries
            .iter()
            .find(|entry| entry.story == story.0 && entry.role == 0);
        settle(writing, *story, lead.map(|lead| lead.id), now)?;
    }
    Ok(())
}

/// Inserts a story as it was.
pub(super) fn restore_story(
    connection: &Connection,
    row: &BTreeMap<String, serde_json::Value>,
) -> Result<(), Error> {
    // The names are those of this table's columns at an earlier time.
    let names: Vec<String> = row.keys().map(|name| format!("\"{name}\"")).collect();
    let places: Vec<String> = (1..=names.len()).map(|at| format!("?{at}")).collect();
    let values = row.values().map(|value| match value {
        serde_json::Value::Number(number) => Value::Integer(number.as_i64().unwrap_or_default()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        _ => Value::Null,
    });
    connection
        .prepare_cached(&format!(
            "INSERT INTO stories ({}) VALUES ({})",
            names.join(", "),
            places.join(", ")
        ))?
        .execute(params_from_iter(values))?;
    Ok(())
}

/// Puts a story in order: one lead, copies of what is shown, its size. An empty one goes.
pub(super) fn settle(
    writing: &mut Writing<'_>,
    story: StoryId,
    lead: Option<i64>,
    now: Timestamp,
) -> Result<(), Error> {
    let connection = writing.connection;
    let found: Option<i64> = connection
        .prepare_cached(
            "SELECT id FROM entries WHERE story = ?1 ORDER BY id = ?2 DESC, role, dated, id LIMIT 1",
        )?
        .query_row(params![story.0, lead], |row| row.get(0))
        .optional()?;
    let Some(lead) = found else {
        connection
            .prepare_cached("DELETE FROM stories WHERE id = ?1")?
            .execute([story.0])?;
        return Ok(());
    };
    connection
        .prepare_cached(
            "UPDATE entries SET role = iif(id = ?2, 0, 2), copy_of = NULL WHERE story = ?1 \
             AND (id = ?2 OR role = 0)",
        )?
        .execute([story.0, lead])?;
    connection
        .prepare_cached(
            "UPDATE entries SET role = 2, copy_of = NULL WHERE story = ?1 AND role = 1 \
             AND NOT EXISTS (SELECT 1 FROM entries o WHERE o.id = entries.copy_of \
             AND o.story = ?1 AND o.role <> 1)",
        )?
        .execute([story.0])?;
    let mut statement = connection
        .prepare_cached("SELECT id, role, article FROM entries WHERE story = ?1 ORDER BY id")?;
    let members: Vec<(i64, i64, i64)> = statement
        .query_map([story.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    connection
        .prepare_cached("UPDATE stories SET lead = ?2, size = ?3, changed = ?4 WHERE id = ?1")?
        .execute(params![story.0, lead, rows(members.len()), millis(now)])?;
    for (entry, number, article) in members {
        writing.window.change(EntryId(entry), |kept| {
            kept.story = story;
            kept.role = role(number);
            kept.article = EntryId(article);
        });
    }
    Ok(())
}
