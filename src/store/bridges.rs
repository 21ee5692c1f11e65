//! Stories that become one: by hand, by folding anew, or because an entry arrives that belongs to
//! both.

use super::Error;
use super::binding::corrected_stories;
use super::feed_rows::millis;
use super::history::Reason;
use super::new_entries::{mirror, reason};
use super::reading;
use super::record::Folding;
use super::roles::role;
use super::writing::Writing;
use crate::config;
use crate::entry::{EntryId, Role, StoryId};
use crate::fold::{Bridge, Decision, Placement};
use rusqlite::{Connection, OptionalExtension};

/// Unites the stories that a new entry shows to be one, before it is stored as `entry`; the oldest
/// keeps its number, and the decision names that one afterwards. Stories that people corrected, or
/// that are never folded with each other, stay apart.
pub(super) fn cross(
    writing: &mut Writing<'_>,
    folding: &Folding<'_>,
    decision: &mut Decision,
    entry: EntryId,
) -> Result<(), Error> {
    for bridge in std::mem::take(&mut decision.bridges) {
        let Placement::Joins { story, .. } = &decision.placement else {
            return Ok(());
        };
        let joined = *story;
        if !may_meet(writing.connection, folding.settings, joined, bridge.story)? {
            continue;
        }
        let own = reason(entry, decision, folding.at)?;
        let reasons = reasons(&bridge, joined, own.as_ref());
        let (kept, gone) = (joined.min(bridge.story), joined.max(bridge.story));
        for (story, reason) in reasons {
            if let Some(lead) = lead(writing.connection, story)? {
                mirror(writing.connection, &reason.mirrored(lead))?;
            }
        }
        take_over(writing, kept, gone)?;
        lead_on(writing.connection, gone, kept)?;
        let stays = writing.connection.prepare_cached(
            "UPDATE stories SET changed = ?2, \
             size = (SELECT count(*) FROM entries WHERE story = ?1) WHERE id = ?1",
        );
        stays?.execute([kept.0, millis(folding.at)])?;
        if let Placement::Joins { story, .. } = &mut decision.placement {
            *story = kept;
        }
    }
    Ok(())
}

/// Why the leads of both stories are where the entry is. The one that goes on leading opened its
/// story and needs none; it is not known yet which one that is.
fn reasons(bridge: &Bridge, joined: StoryId, own: Option<&Reason>) -> Vec<(StoryId, Reason)> {
    let Some(own) = own else {
        return Vec::new();
    };
    let bridged = Reason {
        evidence: bridge.evidence.clone(),
        ..own.clone()
    };
    match bridge.story < joined {
        true => vec![(joined, own.clone()), (bridge.story, bridged)],
        false => vec![(bridge.story, bridged)],
    }
}

fn lead(connection: &Connection, story: StoryId) -> Result<Option<EntryId>, Error> {
    let lead = connection
        .prepare_cached("SELECT lead FROM stories WHERE id = ?1")?
        .query_row([story.0], |row| Ok(EntryId(row.get(0)?)));
    Ok(lead.optional()?)
}

/// Whether nobody decided that the entries of two stories are apart.
fn may_meet(
    connection: &Connection,
    settings: &config::Fold,
    a: StoryId,
    b: StoryId,
) -> Result<bool, Error> {
    let (corrected, _) = corrected_stories(connection)?;
    if corrected.contains(&a) || corrected.contains(&b) {
        return Ok(false);
    }
    let outlets = |story: StoryId| -> Result<Vec<String>, Error> {
        let mut names = connection.prepare_cached(
            "SELECT DISTINCT f.name FROM entries e JOIN feeds f ON f.id = e.feed \
             WHERE e.story = ?1",
        )?;
        let names = names.query_map([story.0], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    };
    if settings.never.is_empty() {
        return Ok(true);
    }
    let others = outlets(b)?;
    Ok(!outlets(a)?.iter().any(|name| {
        let never = settings.never_with(name);
        others.iter().any(|other| never.contains(&other.as_str()))
    }))
}

/// Gives a story the entries of another one: its lead becomes coverage. Returns them with their
/// roles.
pub(super) fn take_over(
    writing: &mut Writing<'_>,
    kept: StoryId,
    gone: StoryId,
) -> Result<Vec<(EntryId, Role)>, Error> {
    let moved: Vec<(EntryId, Role)> = writing
        .connection
        .prepare_cached(
            "UPDATE entries SET story = ?2, role = CASE role WHEN 0 THEN 2 ELSE role END \
             WHERE story = ?1 RETURNING id, role",
        )?
        .query_map([gone.0, kept.0], |row| {
            Ok((EntryId(row.get(0)?), role(row.get(1)?)))
        })?
        .collect::<Result<_, _>>()?;
    for (entry, role) in &moved {
        writing.window.change(*entry, |moved| {
            moved.story = kept;
            moved.role = *role;
        });
    }
    Ok(moved)
}

/// Makes a story's number stand for another story, which takes over what readers did with it.
pub(super) fn lead_on(connection: &Connection, gone: StoryId, into: StoryId) -> Result<(), Error> {
    reading::unite(connection, into, gone)?;
    // A story that was no news is news where a part of it was.
    connection
        .prepare_cached(
            "UPDATE stories SET opened = CASE WHEN stories.quiet AND NOT g.quiet THEN g.opened \
             ELSE stories.opened END, quiet = stories.quiet AND g.quiet, \
             credit = coalesce(stories.credit, g.credit) \
             FROM (SELECT opened, quiet, credit FROM stories WHERE id = ?2) AS g \
             WHERE stories.id = ?1",
        )?
        .execute([into.0, gone.0])?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO forwards (gone, story) VALUES (?1, ?2)")?
        .execute([gone.0, into.0])?;
    connection
        .prepare_cached("DELETE FROM stories WHERE id = ?1")?
        .execute([gone.0])?;
    Ok(())
}
