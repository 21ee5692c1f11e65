//! Entries that arrive, and entries that their publishers edit.

use super::Error;
use super::bridges::cross;
use super::corrections::explain_new;
use super::evidence;
use super::feed_rows::{millis, moment};
use super::history::Reason;
use super::packed::Packed;
use super::record::{Folding, judge};
use super::roles::{role, role_number};
use super::search;
use super::writing::Writing;
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{Candidate, Decision, Fingerprint, Identity, Placement};
use rusqlite::{Connection, OptionalExtension, params};

/// An entry that was stored.
pub(super) struct Arrived {
    pub(super) entry: EntryId,
    pub(super) dated: i64,
    /// As what it was folded under another entry; `None` where it opened a story.
    pub(super) folded: Option<Role>,
}

/// Folds and stores a new entry. `None` for one that was stored before and removed since.
pub(super) fn arrive(
    writing: &mut Writing<'_>,
    folding: &Folding<'_>,
    packed: Packed,
) -> Result<Option<Arrived>, Error> {
    let prepared = &packed.prepared;
    let connection = writing.connection;
    let feed = folding.context.feed;
    if was_removed(connection, feed, &prepared.identity)? {
        return Ok(None);
    }
    let first_seen = millis(folding.at);
    let item = &prepared.item;
    let published = item.published.map(|date| millis(date.min(folding.at)));
    let dated = published.unwrap_or(first_seen);
    let mut decision = judge(writing, folding, prepared)?;
    let entry = next_entry(connection)?;
    cross(writing, folding, &mut decision, entry)?;
    let place = place(writing, folding, &decision, entry, dated)?;

    let identity = &prepared.identity;
    let profile = decision.profile.stored();
    connection
        .prepare_cached(
            "INSERT INTO entries (id, feed, story, role, article, copy_of, first_seen, dated, \
             published, link, title, guid_print, link_print, same_print, text_print, profile, \
             language) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            entry.0,
            feed.0,
            place.story.0,
            role_number(place.role),
            place.article.0,
            place.copy_of.map(|entry| entry.0),
            first_seen,
            dated,
            published,
            item.link.as_ref().map(|link| link.as_str()),
            item.title.as_str(),
            identity.guid.map(|print| print.0),
            identity.link.map(|print| print.0),
            identity.text.0,
            prepared.text_print.0,
            profile.as_bytes(),
            search::language(item),
        ])?;
    connection
        .prepare_cached("INSERT INTO bodies (entry, body) VALUES (?1, ?2)")?
        .execute(params![entry.0, packed.body])?;
    if let Some(reason) = reason(entry, &decision, folding.at)? {
        explain_new(connection, &reason)?;
    }
    let kept = Candidate {
        entry,
        story: place.story,
        feed,
        article: place.article,
        role: place.role,
        dated: moment(dated),
        priority: folding.context.priority,
        profile,
    };
    let opens = matches!(decision.placement, Placement::Opens);
    let window = &mut writing.window;
    window.add(kept, folding.at, opens, &decision.profile);
    writing.backlog.add(entry, packed.row);
    Ok(Some(Arrived {
        entry,
        dated,
        folded: match decision.placement {
            Placement::Opens => None,
            Placement::Joins { role, .. } => Some(role),
        },
    }))
}

/// Takes over an edited text. The entry keeps its number, its dates, its story and its role;
/// `edited` says whether readers see a change.
pub(super) fn revise(
    writing: &mut Writing<'_>,
    folding: &Folding<'_>,
    entry: EntryId,
    packed: Packed,
    edited: bool,
) -> Result<(), Error> {
    let prepared = &packed.prepared;
    let connection = writing.connection;
    let identity = &prepared.identity;
    let item = &prepared.item;
    let at = millis(folding.at);
    if !edited {
        connection
            .prepare_cached("UPDATE entries SET guid_print = ?2, link_print = ?3 WHERE id = ?1")?
            .execute(params![
                entry.0,
                identity.guid.map(|print| print.0),
                identity.link.map(|print| print.0),
            ])?;
        return Ok(());
    }
    // Folding weighs the text as it is now; where the entry stands is not judged again.
    let profile = judge(writing, folding, prepared)?.profile;
    writing.window.revise(connection, entry, &profile)?;
    let (story, role): (i64, i64) = connection
        .prepare_cached(
            "UPDATE entries SET link = ?2, title = ?3, guid_print = ?4, link_print = ?5, \
             same_print = ?6, text_print = ?7, profile = ?8, revised = ?9, language = ?10 \
             WHERE id = ?1 \
             RETURNING story, role",
        )?
        .query_row(
            params![
                entry.0,
                item.link.as_ref().map(|link| link.as_str()),
                item.title.as_str(),
                identity.guid.map(|print| print.0),
                identity.link.map(|print| print.0),
                identity.text.0,
                prepared.text_print.0,
                profile.to_bytes(),
                at,
                search::language(item),
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
    connection
        .prepare_cached("UPDATE bodies SET body = ?2 WHERE entry = ?1")?
        .execute(params![entry.0, packed.body])?;
    writing.backlog.replace(entry, packed.row);
    super::binding::follow_text(connection, entry, identity.text)?;
    if role == role_number(Role::Lead) {
        connection
            .prepare_cached("UPDATE stories SET changed = ?2 WHERE id = ?1")?
            .execute([story, at])?;
    }
    Ok(())
}

/// The number of the next entry. Numbers are given here, so that a story can name its lead before
/// the lead names its story.
fn next_entry(connection: &Connection) -> Result<EntryId, Error> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'entries'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(EntryId(last.unwrap_or(0) + 1))
}

/// Where a new entry stands.
struct Place {
    story: StoryId,
    role: Role,
    article: EntryId,
    copy_of: Option<EntryId>,
}

/// Makes room for a new entry: opens its story, or changes the one that it joins.
fn place(
    writing: &mut Writing<'_>,
    folding: &Folding<'_>,
    decision: &Decision,
    entry: EntryId,
    dated: i64,
) -> Result<Place, Error> {
    let connection = writing.connection;
    let first_seen = millis(folding.at);
    let credit = decision.credit.as_ref().map(|credit| {
        let link = credit.link.as_ref().map(|link| link.as_str());
        format!("{}\n{}", credit.name, link.unwrap_or_default())
    });
    let Placement::Joins {
        story,
        role,
        article,
        leads,
        ..
    } = &decision.placement
    else {
        connection
            .prepare_cached(
                "INSERT INTO stories (lead, opened, dated, changed, size, credit) \
                 VALUES (?1, ?2, ?3, ?2, 1, ?4)",
            )?
            .execute(params![entry.0, first_seen, dated, credit])?;
        return Ok(Place {
            story: StoryId(connection.last_insert_rowid()),
            role: Role::Lead,
            article: entry,
            copy_of: None,
        });
    };
    // A story that was no news begins anew where something new is said about it.
    connection
        .prepare_cached(
            "UPDATE stories SET size = size + 1, credit = coalesce(credit, ?2), \
             opened = CASE WHEN quiet AND ?4 THEN ?3 ELSE opened END, quiet = quiet AND NOT ?4 \
             WHERE id = ?1",
        )?
        .execute(params![story.0, credit, first_seen, folding.announces])?;
    let is_copy = *role == Role::Copy;
    let article = if is_copy { *article } else { entry };
    if *leads {
        let stepped = take_lead(writing, *story, entry, is_copy.then_some(article))?;
        if let Some(reason) = reason(entry, decision, folding.at)? {
            for other in stepped {
                mirror(connection, &reason.mirrored(other))?;
            }
        }
        connection
            .prepare_cached("UPDATE stories SET lead = ?2, changed = ?3 WHERE id = ?1")?
            .execute([story.0, entry.0, first_seen])?;
    }
    let copy_of = match is_copy && !leads {
        true => shown_of_article(connection, *story, article)?,
        false => None,
    };
    Ok(Place {
        story: *story,
        role: if *leads { Role::Lead } else { *role },
        article,
        copy_of,
    })
}

/// The entry of an article that its copies are folded under.
pub(super) fn shown_of_article(
    connection: &Connection,
    story: StoryId,
    article: EntryId,
) -> Result<Option<EntryId>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM entries WHERE story = ?1 AND article = ?2 AND role <> 1 \
             ORDER BY role, id LIMIT 1",
        )?
        .query_row([story.0, article.0], |row| Ok(EntryId(row.get(0)?)))
        .optional()?)
}

/// Lets the story's lead step back for `entry`. Of the article that it is a copy of, all others
/// become its copies. Returns those whose role is another one now.
pub(super) fn take_lead(
    writing: &mut Writing<'_>,
    story: StoryId,
    entry: EntryId,
    article: Option<EntryId>,
) -> Result<Vec<EntryId>, Error> {
    let connection = writing.connection;
    let mut step_back = connection.prepare_cached(
        "UPDATE entries SET role = 2, copy_of = NULL WHERE story = ?1 AND role = 0 \
         AND id <> ?2 AND article IS NOT ?3 RETURNING id",
    )?;
    let mut stepped: Vec<(EntryId, Role)> = step_back
        .query_map(params![story.0, entry.0, article.map(|a| a.0)], |row| {
            Ok((EntryId(row.get(0)?), Role::Coverage))
        })?
        .collect::<Result<_, _>>()?;
    if let Some(article) = article {
        let mut copies = connection.prepare_cached(
            "UPDATE entries SET role = 1, copy_of = ?2 WHERE story = ?1 AND article = ?3 \
             AND id <> ?2 RETURNING id",
        )?;
        let copies = copies.query_map([story.0, entry.0, article.0], |row| {
            Ok((EntryId(row.get(0)?), Role::Copy))
        })?;
        for copy in copies {
            stepped.push(copy?);
        }
    }
    for (other, role) in &stepped {
        writing.window.change(*other, |kept| kept.role = *role);
    }
    Ok(stepped.into_iter().map(|(other, _)| other).collect())
}

/// Explains an entry that opened its story and steps back for a new lead.
pub(super) fn mirror(connection: &Connection, mirrored: &Reason) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO decisions (entry, of, rule, evidence, independent, decided) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (entry) DO UPDATE SET of = excluded.of, rule = excluded.rule, \
             evidence = excluded.evidence, independent = excluded.independent, \
             decided = excluded.decided WHERE of IS NULL",
        )?
        .execute(params![
            mirrored.entry,
            mirrored.of,
            mirrored.rule,
            mirrored.evidence,
            mirrored.independent,
            mirrored.decided
        ])?;
    Ok(())
}

/// Why an entry is where it is, as it is stored; `None` for the usual reason, which is not written
/// down.
pub(super) fn reason(
    entry: EntryId,
    decision: &Decision,
    decided: Timestamp,
) -> Result<Option<Reason>, Error> {
    let (of, independent) = match &decision.placement {
        Placement::Opens if decision.near.is_empty() => return Ok(None),
        Placement::Opens => (None, true),
        Placement::Joins {
            of, independent, ..
        } => (Some(of.0), *independent),
    };
    Ok(Some(Reason {
        entry: entry.0,
        of,
        rule: decision.rule.to_owned(),
        evidence: evidence::stored(&decision.evidence, &decision.near).to_owned(),
        independent,
        near: evidence::pack(&decision.near)?,
        decided: millis(decided),
    }))
}

/// The prints that a removed entry leaves behind, by what it is known again.
pub(super) fn tombstone(
    guid: Option<Fingerprint>,
    link: Option<Fingerprint>,
    text: Fingerprint,
) -> i64 {
    let print = guid.or(link).unwrap_or(text).0;
    i64::from_le_bytes([
        print[0], print[1], print[2], print[3], print[4], print[5], print[6], print[7],
    ])
}

fn was_removed(connection: &Connection, feed: FeedId, identity: &Identity) -> Result<bool, Error> {
    let print = tombstone(identity.guid, identity.link, identity.text);
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones WHERE feed = ?1 AND print = ?2)")?
        .query_row([feed.0, print], |row| row.get(0))?)
}

/// Where an entry stands, from its row.
pub(super) fn standing(
    connection: &Connection,
    entry: EntryId,
) -> Result<Option<(StoryId, Role, EntryId)>, Error> {
    Ok(connection
        .prepare_cached("SELECT story, role, article FROM entries WHERE id = ?1")?
        .query_row([entry.0], |row| {
            Ok((
                StoryId(row.get(0)?),
                role(row.get(1)?),
                EntryId(row.get(2)?),
            ))
        })
        .optional()?)
}

/// The text that is searched, besides headline and authors, from summary and content without
/// markup.
pub(super) fn searched_text(summary: String, content: String) -> String {
    // Most summaries are the beginning of the text, with dots at their end.
    let beginning = summary.trim_end_matches(['…', '.', ' ', ']', '[']);
    if content.contains(beginning) {
        content
    } else if content.is_empty() {
        summary
    } else {
        format!("{summary}\n{content}")
    }
}
