//! The stored entries as folding sees them, inside the transaction that adds to them.

use super::Error;
use super::feed_rows::moment;
use super::fold_window::FoldWindow;
use super::roles::role;
use crate::address::Address;
use crate::entry::{EntryId, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{self, Candidate, Found, Key, Outlets, StoredProfile, StoryFacts};
use rusqlite::{Connection, OptionalExtension, Row};
use std::sync::Arc;

/// The archive of one transaction.
pub(super) struct Archive<'a> {
    pub(super) connection: &'a Connection,
    pub(super) window: &'a FoldWindow,
    pub(super) outlets: Arc<Outlets>,
}

impl fold::Archive for Archive<'_> {
    type Error = Error;

    fn candidates(
        &self,
        keys: &[Key],
        since: Timestamp,
        until: Timestamp,
        per_key: usize,
        limit: usize,
    ) -> Result<Vec<Found<'_, Candidate>>, Error> {
        let dated = (since, until);
        self.window
            .candidates(self.connection, keys, dated, per_key, limit)
    }

    fn latest(&self, feed: FeedId, most: usize) -> Result<Vec<Found<'_, StoredProfile>>, Error> {
        self.window.latest(self.connection, feed, most)
    }

    fn frequencies(&self, terms: &[Key]) -> Result<Vec<u32>, Error> {
        Ok(terms
            .iter()
            .map(|term| self.window.frequency(*term))
            .collect())
    }

    fn entries_counted(&self) -> Result<u64, Error> {
        Ok(self.window.len() as u64)
    }

    fn story(&self, id: StoryId) -> Result<StoryFacts, Error> {
        let (size, lead, opened, lead_is_chosen) = self
            .connection
            .prepare_cached(
                "SELECT size, lead, opened, EXISTS (SELECT 1 FROM corrections c \
                 WHERE c.entry = s.lead AND c.kind = 'lead' AND c.undone IS NULL) \
                 FROM stories s WHERE id = ?1",
            )?
            .query_row([id.0], |row| {
                let opened = moment(row.get(2)?);
                Ok((row.get(0)?, EntryId(row.get(1)?), opened, row.get(3)?))
            })?;
        let lead = match self.window.held(lead) {
            Some(lead) => lead.clone(),
            None => stored_candidate(self.connection, lead)?.ok_or_else(|| Error::Damaged {
                path: String::new(),
                why: format!("the story {} has no lead", id.0),
            })?,
        };
        Ok(StoryFacts {
            size,
            lead,
            opened,
            lead_is_chosen,
        })
    }

    fn outlets(&self) -> Result<Arc<Outlets>, Error> {
        Ok(Arc::clone(&self.outlets))
    }
}

/// An entry that is not held in memory.
pub(super) fn stored_candidate(
    connection: &Connection,
    entry: EntryId,
) -> Result<Option<Candidate>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT e.id, e.story, e.feed, e.article, e.role, e.dated, f.priority, e.profile \
             FROM entries e JOIN feeds f ON f.id = e.feed WHERE e.id = ?1",
        )?
        .query_row([entry.0], |row| {
            candidate(row, stored_profile(row)?.unwrap_or_default())
        })
        .optional()?)
}

/// The profile of a row of such columns; `None` where it is of another version or damaged.
pub(super) fn stored_profile(row: &Row<'_>) -> rusqlite::Result<Option<StoredProfile>> {
    let bytes = row.get_ref(7)?.as_blob().unwrap_or_default();
    Ok(StoredProfile::new(bytes))
}

/// The entry of such a row, with its profile.
pub(super) fn candidate(row: &Row<'_>, profile: StoredProfile) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        entry: EntryId(row.get(0)?),
        story: StoryId(row.get(1)?),
        feed: FeedId(row.get(2)?),
        article: EntryId(row.get(3)?),
        role: role(row.get(4)?),
        dated: moment(row.get(5)?),
        priority: row.get(6)?,
        profile,
    })
}

/// The names and hosts of all feeds.
pub(super) fn stored_outlets(connection: &Connection) -> Result<Outlets, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, title, feed_title, url, site FROM feeds WHERE removed IS NULL ORDER BY id",
    )?;
    let feeds = statement.query_map([], |row| {
        let text = |column| row.get::<_, Option<String>>(column);
        let title = text(2)?.or_else(|| text(3).ok().flatten().filter(|t| !t.is_empty()));
        let title = match title {
            Some(title) => title,
            None => text(1)?.unwrap_or_default(),
        };
        let hosts = [text(4)?, text(5)?];
        let hosts = hosts.into_iter().flatten();
        let hosts = hosts.filter_map(|url| Some(Address::parse(&url).ok()?.host().to_owned()));
        Ok((FeedId(row.get(0)?), title, hosts.collect()))
    })?;
    Ok(Outlets::read(feeds)?)
}
