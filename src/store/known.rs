//! Which stored entries of its feed an item of a document may be: by guid, link or text.

use super::Error;
use super::packed::Packed;
use super::writing::Writing;
use crate::entry::EntryId;
use crate::feed::FeedId;
use crate::fold::{Fingerprint, Identity, KnownEntry, Printed};
use rusqlite::{Row, params};
use std::collections::HashSet;

/// What identifies the items of a document.
pub(super) struct Document {
    guids: HashSet<Fingerprint>,
    links: HashSet<Fingerprint>,
}

impl Document {
    /// Of those that are packed and those that are stored as they stand.
    pub(super) fn of(items: &[Packed], unchanged: &[Printed]) -> Self {
        let identities = || items.iter().map(|item| &item.prepared.identity);
        let guids = identities().filter_map(|identity| identity.guid);
        let links = identities().filter_map(|identity| identity.link);
        Self {
            guids: guids
                .chain(unchanged.iter().filter_map(|printed| printed.guid))
                .collect(),
            links: links
                .chain(unchanged.iter().filter_map(Printed::link))
                .collect(),
        }
    }

    /// Whether a stored entry's guid, or without one its link, stands on another item.
    fn lists_elsewhere(&self, known: &Identity, item: &Identity) -> bool {
        match (known.guid, known.link) {
            (Some(guid), _) => item.guid != Some(guid) && self.guids.contains(&guid),
            (None, Some(link)) => item.link != Some(link) && self.links.contains(&link),
            (None, None) => false,
        }
    }
}

/// The feed's entries that may be the item: usually one lookup, by guid.
pub(super) fn known_entries(
    writing: &Writing<'_>,
    feed: FeedId,
    identity: &Identity,
    taken: &HashSet<EntryId>,
    document: &Document,
) -> Result<Vec<KnownEntry>, Error> {
    let mut known: Vec<KnownEntry> = Vec::new();
    let mut look = |statement: &str, print: Fingerprint| -> Result<usize, Error> {
        let mut statement = writing.connection.prepare_cached(statement)?;
        let mut rows = statement.query(params![feed.0, print.0])?;
        let mut free = 0;
        while let Some(row) = rows.next()? {
            let (entry, stored, text_print) = known_entry(row)?;
            if known.iter().any(|known| known.entry == entry) {
                continue;
            }
            free += usize::from(!taken.contains(&entry));
            known.push(KnownEntry {
                entry,
                still_listed_elsewhere: document.lists_elsewhere(&stored, identity),
                taken: taken.contains(&entry),
                identity: stored,
                text_print,
            });
        }
        Ok(free)
    };
    if let Some(guid) = identity.guid
        && look(BY_GUID, guid)? > 0
    {
        return Ok(known);
    }
    if let Some(link) = identity.link {
        look(BY_LINK, link)?;
    }
    look(BY_TEXT, identity.text)?;
    Ok(known)
}

/// Entries of a feed with one of these prints; more than so many are no help.
pub(super) const BY_GUID: &str = "SELECT id, guid_print, link_print, same_print, text_print FROM entries \
     WHERE feed = ?1 AND guid_print = ?2 ORDER BY id DESC LIMIT 200";
pub(super) const BY_LINK: &str = "SELECT id, guid_print, link_print, same_print, text_print FROM entries \
     WHERE feed = ?1 AND link_print = ?2 ORDER BY id DESC LIMIT 200";
pub(super) const BY_TEXT: &str = "SELECT id, guid_print, link_print, same_print, text_print FROM entries \
     WHERE feed = ?1 AND same_print = ?2 AND guid_print IS NULL ORDER BY id DESC LIMIT 200";

fn known_entry(row: &Row<'_>) -> rusqlite::Result<(EntryId, Identity, Fingerprint)> {
    let identity = Identity {
        guid: row.get::<_, Option<[u8; 16]>>(1)?.map(Fingerprint),
        link: row.get::<_, Option<[u8; 16]>>(2)?.map(Fingerprint),
        text: Fingerprint(row.get(3)?),
    };
    Ok((EntryId(row.get(0)?), identity, Fingerprint(row.get(4)?)))
}
