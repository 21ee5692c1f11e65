//! Bringing stories into the state that was rehearsed.

use super::book::is_provisional;
use super::difference::{Knot, Move};
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::Timestamp;
use crate::store::bridges::lead_on;
use crate::store::corrections::explain_again;
use crate::store::feed_rows::{json, millis};
use crate::store::new_entries::{mirror, standing};
use crate::store::roles::role_number;
use crate::store::writing::Writing;
use crate::store::{Error, reading};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Brings the stories of a knot into the new state. Returns `false`, and changes nothing, where
/// they are not as they were in the rehearsal, whose last entry was `last`.
pub(super) fn adopt(
    writing: &mut Writing<'_>,
    knot: &Knot,
    last: EntryId,
    now: Timestamp,
) -> Result<bool, Error> {
    let connection = writing.connection;
    if !is_as_before(connection, knot, last)? {
        return Ok(false);
    }
    let mut names = BTreeMap::new();
    for moved in &knot.moves {
        if is_provisional(moved.then.story) && !names.contains_key(&moved.then.story) {
            let story = open(connection, knot, moved, now)?;
            names.insert(moved.then.story, story);
        }
    }
    let name = |story: StoryId| names.get(&story).copied().unwrap_or(story);
    for moved in &knot.moves {
        place(writing, moved, name(moved.then.story))?;
    }
    for (gone, into) in &knot.gone {
        lead_on(connection, *gone, name(*into))?;
    }
    let left = knot.moves.iter().map(|moved| moved.now.story);
    let reached = knot.moves.iter().map(|moved| name(moved.then.story));
    let gone: BTreeSet<StoryId> = knot.gone.iter().map(|(gone, _)| *gone).collect();
    let stories: BTreeSet<StoryId> = left.chain(reached).filter(|s| !gone.contains(s)).collect();
    for story in stories {
        settle(connection, story, now)?;
    }
    for (story, credit) in &knot.credits {
        let link = credit.link.as_ref().map(|link| link.as_str());
        let credit = format!("{}\n{}", credit.name, link.unwrap_or_default());
        connection
            .prepare_cached("UPDATE stories SET credit = coalesce(credit, ?2) WHERE id = ?1")?
            .execute(params![name(*story).0, credit])?;
    }
    writing.show(now);
    Ok(true)
}

/// Whether all entries stand where the rehearsal saw them, and none came to them since.
fn is_as_before(connection: &Connection, knot: &Knot, last: EntryId) -> Result<bool, Error> {
    let mut stories = BTreeSet::new();
    for moved in &knot.moves {
        let found = standing(connection, moved.entry)?;
        if !matches!(found, Some((story, role, _))
            if (story, role) == (moved.now.story, moved.now.role))
        {
            return Ok(false);
        }
        let known = [moved.now.story, moved.then.story];
        stories.extend(known.iter().filter(|s| !is_provisional(**s)).map(|s| s.0));
    }
    let newer: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM entries WHERE story IN \
             (SELECT value FROM json_each(?1)) AND id > ?2)",
        )?
        .query_row(params![json(&stories)?, last.0], |row| row.get(0))?;
    Ok(!newer)
}

/// Opens the story of an entry that leaves another one. It is as old as that entry: nothing is
/// announced that readers had long ago.
fn open(
    connection: &Connection,
    knot: &Knot,
    first: &Move,
    now: Timestamp,
) -> Result<StoryId, Error> {
    let members = knot.moves.iter();
    let lead = members
        .filter(|moved| moved.then.story == first.then.story)
        .find(|moved| moved.then.role == Role::Lead)
        .map_or(first.entry, |moved| moved.entry);
    connection
        .prepare_cached(
            "INSERT INTO stories (lead, opened, dated, changed, size, quiet) \
             SELECT ?2, e.first_seen, e.dated, ?3, 1, s.quiet FROM entries e \
             JOIN stories s ON s.id = e.story WHERE e.id = ?1",
        )?
        .execute(params![first.entry.0, lead.0, millis(now)])?;
    let story = StoryId(connection.last_insert_rowid());
    reading::inherit(connection, first.now.story, story)?;
    Ok(story)
}

/// Puts an entry where it belongs, with the reason.
fn place(writing: &mut Writing<'_>, moved: &Move, story: StoryId) -> Result<(), Error> {
    let connection = writing.connection;
    let place = moved.then;
    connection
        .prepare_cached(
            "UPDATE entries SET story = ?2, role = ?3, article = ?4, copy_of = ?5 WHERE id = ?1",
        )?
        .execute(params![
            moved.entry.0,
            story.0,
            role_number(place.role),
            place.article.0,
            place.copy_of.map(|entry| entry.0)
        ])?;
    writing.window.change(moved.entry, |kept| {
        kept.story = story;
        kept.role = place.role;
        kept.article = place.article;
    });
    match &moved.reason {
        Some(reason) if moved.kept => {
            // What it was there for before stays true.
            mirror(connection, reason)?;
        }
        Some(reason) => explain_again(connection, reason)?,
        None if moved.kept => {}
        None => {
            connection
                .prepare_cached("DELETE FROM decisions WHERE entry = ?1")?
                .execute([moved.entry.0])?;
        }
    }
    Ok(())
}

/// Counts a story's entries and notes its lead.
fn settle(connection: &Connection, story: StoryId, now: Timestamp) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE stories SET size = m.size, lead = m.lead, \
             changed = CASE WHEN stories.lead = m.lead THEN stories.changed ELSE ?2 END \
             FROM (SELECT count(*) AS size, max(CASE role WHEN 0 THEN id END) AS lead \
             FROM entries WHERE story = ?1) AS m WHERE stories.id = ?1 AND m.lead IS NOT NULL",
        )?
        .execute(params![story.0, millis(now)])?;
    Ok(())
}

/// Removes numbers that led to stories which are there no more.
pub(super) fn forget_dead_ends(connection: &Connection) -> Result<(), Error> {
    connection
        .prepare_cached(
            "DELETE FROM forwards WHERE story NOT IN (SELECT id FROM stories) \
             AND story NOT IN (SELECT gone FROM forwards)",
        )?
        .execute([])?;
    Ok(())
}
