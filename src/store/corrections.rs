//! What people decide instead of folding: two stories are one, an entry is a story of its own, or
//! leads its story. What of that binds later decisions is in `binding.rs`.

use super::bridges::take_over;
use super::evidence;
use super::feed_rows::millis;
use super::history::{Before, Reason};
use super::new_entries::{shown_of_article, standing, take_lead};
use super::polling::rows;
use super::roles::role_number;
use super::stories::exists;
use super::writing::Writing;
use super::{Error, Store};
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

impl Store {
    /// Makes two stories one: the older keeps its number and its lead, the entries of the other
    /// become its coverage. Returns the story that is left.
    ///
    /// # Errors
    /// [`Error::Refused`] where one of them is not there, or both are the same.
    pub async fn join(&self, a: StoryId, b: StoryId, now: Timestamp) -> Result<StoryId, Error> {
        self.connections
            .write(move |writing| join(writing, a, b, now))
            .await
    }

    /// Takes an entry out of its story: it opens one of its own, with the copies that are folded
    /// under it. Returns that story.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is no such entry, or it is alone already.
    pub async fn split(&self, entry: EntryId, now: Timestamp) -> Result<StoryId, Error> {
        self.connections
            .write(move |writing| split(writing, entry, now))
            .await
    }

    /// Shows a story as that entry of it, whatever arrives later. Returns the story.
    ///
    /// # Errors
    /// [`Error::Refused`] where the story has no such entry.
    pub async fn lead(
        &self,
        story: StoryId,
        entry: EntryId,
        now: Timestamp,
    ) -> Result<StoryId, Error> {
        self.connections
            .write(move |writing| lead(writing, story, entry, now))
            .await
    }
}

/// The story that a number stands for: itself, or the one that it was joined to, by people or by
/// folding anew.
pub(super) fn follow(connection: &Connection, id: StoryId) -> Result<StoryId, Error> {
    let mut id = id;
    // A chain of joins is as long as someone had patience for.
    for _ in 0..1_000 {
        if exists(connection, id)? {
            break;
        }
        let into: Option<i64> = connection
            .prepare_cached(
                "SELECT story FROM forwards WHERE gone = ?1 UNION ALL SELECT * FROM (SELECT CASE kind WHEN 'join' THEN story ELSE gone END FROM corrections \
                 WHERE (gone = ?1 AND kind = 'join' AND undone IS NULL) \
                 OR (story = ?1 AND kind = 'split' AND undone IS NOT NULL) \
                 ORDER BY id DESC LIMIT 1) LIMIT 1",
            )?
            .query_row([id.0], |row| row.get(0))
            .optional()?;
        match into {
            Some(into) => id = StoryId(into),
            None => break,
        }
    }
    Ok(id)
}

fn join(
    writing: &mut Writing<'_>,
    a: StoryId,
    b: StoryId,
    now: Timestamp,
) -> Result<StoryId, Error> {
    let connection = writing.connection;
    let (a, b) = (follow(connection, a)?, follow(connection, b)?);
    for story in [a, b] {
        if !exists(connection, story)? {
            return Err(Error::Refused(format!("there is no story {}", story.0)));
        }
    }
    if a == b {
        return Err(Error::Refused(format!("both are the story {}", a.0)));
    }
    let (kept, gone) = (a.min(b), a.max(b));
    let before = Before::of(connection, &[kept, gone])?;
    let lead: i64 = connection
        .prepare_cached("SELECT lead FROM stories WHERE id = ?1")?
        .query_row([kept.0], |row| row.get(0))?;
    for (entry, role) in take_over(writing, kept, gone)? {
        if role == Role::Coverage {
            explain(writing, entry, Some(EntryId(lead)), "joined by hand", now)?;
        }
    }
    connection
        .prepare_cached(
            "UPDATE stories SET changed = ?3, size = size + (SELECT size FROM stories \
             WHERE id = ?2), credit = coalesce(credit, (SELECT credit FROM stories WHERE id = ?2)) \
             WHERE id = ?1",
        )?
        .execute([kept.0, gone.0, millis(now)])?;
    super::reading::unite(connection, kept, gone)?;
    connection
        .prepare_cached("DELETE FROM stories WHERE id = ?1")?
        .execute([gone.0])?;
    note(writing, "join", None, gone, kept, &before, now)?;
    Ok(kept)
}

fn split(writing: &mut Writing<'_>, entry: EntryId, now: Timestamp) -> Result<StoryId, Error> {
    let connection = writing.connection;
    let Some((from, role, article)) = standing(connection, entry)? else {
        return Err(Error::Refused(format!("there is no entry {}", entry.0)));
    };
    let size: i64 = connection
        .prepare_cached("SELECT size FROM stories WHERE id = ?1")?
        .query_row([from.0], |row| row.get(0))?;
    if size < 2 {
        return Err(Error::Refused(format!(
            "entry {} is a story of its own already",
            entry.0
        )));
    }
    let before = Before::of(connection, &[from])?;
    // A copy leaves alone; what others are copies of takes them along, unless nothing would stay.
    let leaving: Vec<i64> = connection
        .prepare_cached(
            "SELECT id FROM entries WHERE story = ?1 AND (id = ?2 OR (?3 AND copy_of = ?2))",
        )?
        .query_map(params![from.0, entry.0, role != Role::Copy], |row| {
            row.get(0)
        })?
        .collect::<Result<_, _>>()?;
    let all = leaving.len() == usize::try_from(size).unwrap_or(usize::MAX);
    let leaving = if all { vec![entry.0] } else { leaving };
    connection
        .prepare_cached(
            "INSERT INTO stories (lead, opened, dated, changed, size) \
             SELECT id, ?2, dated, ?2, ?3 FROM entries WHERE id = ?1",
        )?
        .execute(params![entry.0, millis(now), rows(leaving.len())])?;
    let story = StoryId(connection.last_insert_rowid());
    super::reading::inherit(connection, from, story)?;
    let own_article = if leaving.len() > 1 { article } else { entry };
    for id in &leaving {
        let role = if *id == entry.0 {
            Role::Lead
        } else {
            Role::Copy
        };
        connection
            .prepare_cached(
                "UPDATE entries SET story = ?2, role = ?3, article = ?4, \
                 copy_of = CASE WHEN ?3 = 1 THEN ?5 END WHERE id = ?1",
            )?
            .execute([*id, story.0, role_number(role), own_article.0, entry.0])?;
        writing.window.change(EntryId(*id), |kept| {
            kept.story = story;
            kept.role = role;
            kept.article = own_article;
        });
    }
    explain(writing, entry, None, "split off by hand", now)?;
    remain(writing, from, article, now)?;
    note(writing, "split", Some(entry), from, story, &before, now)?;
    Ok(story)
}

fn lead(
    writing: &mut Writing<'_>,
    story: StoryId,
    entry: EntryId,
    now: Timestamp,
) -> Result<StoryId, Error> {
    let connection = writing.connection;
    let story = follow(connection, story)?;
    let (role, article) = match standing(connection, entry)? {
        Some((of, role, article)) if of == story => (role, article),
        _ => {
            return Err(Error::Refused(format!(
                "entry {} is not in story {}",
                entry.0, story.0
            )));
        }
    };
    let before = Before::of(connection, &[story])?;
    let stepped = take_lead(
        writing,
        story,
        entry,
        (role == Role::Copy).then_some(article),
    )?;
    connection
        .prepare_cached("UPDATE entries SET role = 0, copy_of = NULL WHERE id = ?1")?
        .execute([entry.0])?;
    writing.window.change(entry, |kept| kept.role = Role::Lead);
    connection
        .prepare_cached("UPDATE stories SET lead = ?2, changed = ?3 WHERE id = ?1")?
        .execute([story.0, entry.0, millis(now)])?;
    let reason: Option<(Option<i64>, String)> = connection
        .prepare_cached("SELECT of, evidence, near FROM decisions WHERE entry = ?1")?
        .query_row([entry.0], |row| {
            let near: Option<String> = row.get(2)?;
            Ok((row.get(0)?, evidence::told(row.get(1)?, near.as_deref())))
        })
        .optional()?;
    let (of, evidence) = match reason {
        Some((of, evidence)) => (of, format!("made the lead by hand; {evidence}")),
        None => (None, "made the lead by hand".to_owned()),
    };
    explain(writing, entry, of.map(EntryId), &evidence, now)?;
    for other in stepped {
        let explained: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM decisions WHERE entry = ?1 AND of IS NOT NULL)",
            )?
            .query_row([other.0], |row| row.get(0))?;
        if !explained {
            explain(
                writing,
                other,
                Some(entry),
                "another entry was made the lead by hand",
                now,
            )?;
        }
    }
    note(writing, "lead", Some(entry), story, story, &before, now)?;
    Ok(story)
}

/// Puts a story in order after entries left it: its size, its lead, and who of an article is shown.
/// A story that nobody is left in goes.
pub(super) fn remain(
    writing: &mut Writing<'_>,
    story: StoryId,
    article: EntryId,
    now: Timestamp,
) -> Result<(), Error> {
    let connection = writing.connection;
    let mut change = |entry: EntryId, role: Role, copy_of: Option<EntryId>| -> Result<(), Error> {
        connection
            .prepare_cached("UPDATE entries SET role = ?2, copy_of = ?3 WHERE id = ?1")?
            .execute(params![
                entry.0,
                role_number(role),
                copy_of.map(|entry| entry.0)
            ])?;
        writing.window.change(entry, |kept| kept.role = role);
        Ok(())
    };
    let of_article: Vec<i64> = connection
        .prepare_cached("SELECT id FROM entries WHERE story = ?1 AND article = ?2 ORDER BY id")?
        .query_map([story.0, article.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if let (Some(first), None) = (
        of_article.first(),
        shown_of_article(connection, story, article)?,
    ) {
        change(EntryId(*first), Role::Coverage, None)?;
        for other in of_article.iter().skip(1) {
            change(EntryId(*other), Role::Copy, Some(EntryId(*first)))?;
        }
    }
    let left: i64 = connection
        .prepare_cached("SELECT count(*) FROM entries WHERE story = ?1")?
        .query_row([story.0], |row| row.get(0))?;
    if left == 0 {
        connection
            .prepare_cached("DELETE FROM stories WHERE id = ?1")?
            .execute([story.0])?;
        return Ok(());
    }
    let lead: i64 = connection
        .prepare_cached(
            "SELECT id FROM entries WHERE story = ?1 AND role <> 1 ORDER BY role, dated, id LIMIT 1",
        )?
        .query_row([story.0], |row| row.get(0))?;
    change(EntryId(lead), Role::Lead, None)?;
    connection
        .prepare_cached(
            "UPDATE stories SET size = ?2, changed = CASE WHEN lead = ?3 THEN changed ELSE ?4 END, \
             lead = ?3 WHERE id = ?1",
        )?
        .execute([story.0, left, lead, millis(now)])?;
    Ok(())
}

fn explain(
    writing: &Writing<'_>,
    entry: EntryId,
    of: Option<EntryId>,
    evidence: &str,
    now: Timestamp,
) -> Result<(), Error> {
    writing
        .connection
        .prepare_cached(
            "INSERT OR REPLACE INTO decisions (entry, of, rule, evidence, independent, decided) \
             VALUES (?1, ?2, 'correction', ?3, 1, ?4)",
        )?
        .execute(params![
            entry.0,
            of.map(|entry| entry.0),
            evidence,
            millis(now)
        ])?;
    Ok(())
}

/// Explains an entry that is new. One row of one table: SQLite keeps no copies of pages for undoing it.
pub(super) fn explain_new(connection: &Connection, reason: &Reason) -> Result<(), Error> {
    write_reason(
        connection,
        "INSERT INTO decisions (entry, of, rule, evidence, independent, near, decided) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        reason,
    )
}

/// Stores a reason as it was before.
pub(super) fn explain_again(connection: &Connection, reason: &Reason) -> Result<(), Error> {
    write_reason(
        connection,
        "INSERT OR REPLACE INTO decisions (entry, of, rule, evidence, independent, near, \
         decided) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 \
         WHERE EXISTS (SELECT 1 FROM entries WHERE id = ?1)",
        reason,
    )
}

fn write_reason(connection: &Connection, statement: &str, reason: &Reason) -> Result<(), Error> {
    connection.prepare_cached(statement)?.execute(params![
        reason.entry,
        reason.of,
        reason.rule,
        reason.evidence,
        reason.independent,
        reason.near,
        reason.decided
    ])?;
    Ok(())
}

/// Keeps a correction, with how it was before and the text that it binds.
fn note(
    writing: &mut Writing<'_>,
    kind: &str,
    entry: Option<EntryId>,
    gone: StoryId,
    story: StoryId,
    before: &Before,
    now: Timestamp,
) -> Result<(), Error> {
    writing
        .connection
        .prepare_cached(
            "INSERT INTO corrections (kind, entry, gone, story, decided, before, print) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, \
             CASE ?1 WHEN 'split' THEN (SELECT same_print FROM entries WHERE id = ?2) END)",
        )?
        .execute(params![
            kind,
            entry.map(|entry| entry.0),
            gone.0,
            story.0,
            millis(now),
            before.to_json()?
        ])?;
    writing.show(now);
    Ok(())
}
