//! Entries as they are read: one, a page, or all of them one after the other.

use super::body::Unpacker;
use super::evidence;
use super::feed_rows::{json, millis, moment};
use super::filter;
use super::hits;
use super::polling::rows;
use super::ranking;
use super::roles::role;
use super::stories::is_weighed;
use super::{Error, Store, StoredDecision};
use crate::address::Address;
use crate::entry::{Entry, EntryId, Item, Outlet, Role, StoryId};
use crate::feed::FeedId;
use crate::query::{Cursor, EntryQuery, Page};
use crate::text::Plain;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Entries that are read at once where their order is known before.
const AT_ONCE: usize = 200;

/// What is read of an entry, in the order in which [`Reader::entry`] takes it.
pub(super) const COLUMNS: &str = "e.id, e.story, e.role, e.copy_of, e.feed, e.link, e.title, e.published, \
     e.first_seen, e.revised, b.body";

impl Store {
    /// A page of entries, the newest first: see [`EntryQuery`].
    pub async fn entries(&self, query: EntryQuery) -> Result<Page<Entry>, Error> {
        self.connections
            .read(move |connection| {
                let limit = limit(&query);
                let mut items = Vec::with_capacity(limit.min(1_000));
                let mut next = None;
                each(connection, &query, limit.saturating_add(1), |entry| {
                    if items.len() == limit {
                        next = items.last().map(cursor).filter(|_| !is_weighed(&query));
                        return ControlFlow::Break(());
                    }
                    items.push(entry);
                    ControlFlow::Continue(())
                })?;
                Ok(Page { items, next })
            })
            .await
    }

    /// Gives every entry that is asked for to `take`, the newest first, until that breaks off. A
    /// limit of 0 is none here. Needs no more memory for many than for few.
    pub async fn for_each_entry<F>(&self, query: EntryQuery, mut take: F) -> Result<(), Error>
    where
        F: FnMut(Entry) -> ControlFlow<()> + Send + 'static,
    {
        self.connections
            .read(move |connection| {
                let most = match query.limit {
                    0 => usize::MAX,
                    limit => limit,
                };
                each(connection, &query, most, &mut take)
            })
            .await
    }

    /// The entry of that number.
    pub async fn entry(&self, id: EntryId) -> Result<Option<Entry>, Error> {
        self.connections
            .read(move |connection| {
                let mut reader = Reader::new(connection);
                let found = reader.entries(&[id])?.pop();
                Ok(found)
            })
            .await
    }

    /// The number of the entry that arrived last; 0 where none did.
    pub async fn newest_entry(&self) -> Result<EntryId, Error> {
        self.connections
            .read(|connection| {
                let newest: Option<i64> = connection
                    .prepare_cached("SELECT max(id) FROM entries")?
                    .query_row([], |row| row.get(0))?;
                Ok(EntryId(newest.unwrap_or(0)))
            })
            .await
    }

    /// Why an entry is where it is.
    pub async fn decision(&self, id: EntryId) -> Result<Option<StoredDecision>, Error> {
        self.connections
            .read(move |connection| decision(connection, id))
            .await
    }
}

/// How many items a page has.
pub(super) fn limit(query: &EntryQuery) -> usize {
    match query.limit {
        0 => EntryQuery::DEFAULT_LIMIT,
        limit => limit,
    }
}

fn cursor(entry: &Entry) -> Cursor {
    Cursor {
        dated: millis(entry.dated()),
        id: entry.id.0,
    }
}

/// Reads the entries that are asked for, one after the other.
fn each(
    connection: &Connection,
    query: &EntryQuery,
    most: usize,
    mut take: impl FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), Error> {
    if let Some(best) = ranking::best(connection, query, false, most)? {
        return each_of(connection, &best, take);
    }
    if let Some(newest) = hits::newest(connection, query, false, most)? {
        return each_of(connection, &newest, take);
    }
    let filter = filter::of_entries(connection, query)?;
    let order = match query.arrived_after {
        Some(_) => "e.id",
        None => "e.dated DESC, e.id DESC",
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM entries e JOIN bodies b ON b.entry = e.id WHERE {} \
         ORDER BY {order} LIMIT {}",
        filter.text(),
        rows(most)
    );
    let mut reader = Reader::new(connection);
    let mut statement = connection.prepare_cached(&statement)?;
    let mut rows = statement.query(params_from_iter(&filter.values))?;
    while let Some(row) = rows.next()? {
        if take(reader.entry(row)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// Reads the entries of those numbers, in that order.
fn each_of(
    connection: &Connection,
    keys: &[Cursor],
    mut take: impl FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut reader = Reader::new(connection);
    for part in keys.chunks(AT_ONCE) {
        let ids: Vec<EntryId> = part.iter().map(|key| EntryId(key.id)).collect();
        let mut entries = reader.entries(&ids)?;
        entries.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
        for entry in entries {
            if take(entry).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Turns rows into entries; feeds are read once each.
pub(super) struct Reader<'a> {
    connection: &'a Connection,
    outlets: HashMap<i64, Arc<Outlet>>,
    unpacker: Unpacker,
}

impl<'a> Reader<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            outlets: HashMap::new(),
            unpacker: Unpacker::default(),
        }
    }

    /// The entries of those numbers, in no particular order.
    pub(super) fn entries(&mut self, ids: &[EntryId]) -> Result<Vec<Entry>, Error> {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entries e JOIN bodies b ON b.entry = e.id \
             WHERE e.id IN (SELECT value FROM json_each(?1))"
        ))?;
        let mut rows = statement.query([json(&ids)?])?;
        let mut entries = Vec::with_capacity(ids.len());
        while let Some(row) = rows.next()? {
            entries.push(self.entry(row)?);
        }
        Ok(entries)
    }

    /// The entry of a row that begins with the [`COLUMNS`].
    pub(super) fn entry(&mut self, row: &Row<'_>) -> Result<Entry, Error> {
        let mut item = Item {
            link: address(row, 5)?,
            title: Plain::new(row.get_ref(6)?.as_str().unwrap_or_default()),
            published: row.get::<_, Option<i64>>(7)?.map(moment),
            ..Item::default()
        };
        let body = row.get_ref(10)?.as_blob().unwrap_or_default();
        self.unpacker.unpack(body, &mut item)?;
        let role = role(row.get(2)?);
        Ok(Entry {
            id: EntryId(row.get(0)?),
            story: StoryId(row.get(1)?),
            role,
            copy_of: row
                .get::<_, Option<i64>>(3)?
                .map(EntryId)
                .filter(|_| role == Role::Copy),
            outlet: self.outlet(row.get(4)?)?,
            item,
            first_seen: moment(row.get(8)?),
            revised: row.get::<_, Option<i64>>(9)?.map(moment),
        })
    }

    /// The feed of that number, as showing its entries needs.
    pub(super) fn outlet(&mut self, feed: i64) -> Result<Arc<Outlet>, Error> {
        if let Some(outlet) = self.outlets.get(&feed) {
            return Ok(Arc::clone(outlet));
        }
        let outlet = self
            .connection
            .prepare_cached("SELECT name, title, feed_title, url, site FROM feeds WHERE id = ?1")?
            .query_row([feed], |row| {
                let name: String = row.get(0)?;
                let given: Option<String> = row.get(1)?;
                let own: String = row.get(2)?;
                let url: String = row.get(3)?;
                Ok(Outlet {
                    feed: FeedId(feed),
                    title: given
                        .or(Some(own).filter(|own| !own.is_empty()))
                        .unwrap_or_else(|| name.clone()),
                    name,
                    url: Address::parse(&url).map_or_else(|_| String::new(), |url| url.shown()),
                    site: address(row, 4)?,
                })
            })?;
        let outlet = Arc::new(outlet);
        self.outlets.insert(feed, Arc::clone(&outlet));
        Ok(outlet)
    }
}

/// The number of the first entry that arrived at that moment or later; one above all where none
/// did. Numbers ascend with arrival.
pub(super) fn first_since(connection: &Connection, since: i64) -> Result<i64, Error> {
    let mut at_or_after = connection
        .prepare_cached("SELECT id, first_seen FROM entries WHERE id >= ?1 ORDER BY id LIMIT 1")?;
    let mut at_or_after = |id: i64| {
        at_or_after
            .query_row([id], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()
    };
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(id) FROM entries")?
        .query_row([], |row| row.get(0))?;
    let (mut low, mut high) = (1, last.unwrap_or(0) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match at_or_after(middle)? {
            Some((id, first_seen)) if first_seen < since => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// A stored address; one that no longer parses is as good as absent.
pub(super) fn address(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Address>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    Ok(text.and_then(|text| Address::parse(text).ok()))
}

fn decision(connection: &Connection, id: EntryId) -> Result<Option<StoredDecision>, Error> {
    let entry = connection
        .prepare_cached("SELECT role, first_seen FROM entries WHERE id = ?1")?
        .query_row([id.0], |row| Ok((role(row.get(0)?), row.get::<_, i64>(1)?)))
        .optional()?;
    let Some((role, first_seen)) = entry else {
        return Ok(None);
    };
    let stored = connection
        .prepare_cached("SELECT of, rule, evidence, near, decided FROM decisions WHERE entry = ?1")?
        .query_row([id.0], |row| {
            let near: Option<String> = row.get(3)?;
            let near = near.as_deref();
            Ok(StoredDecision {
                role,
                of: row.get::<_, Option<i64>>(0)?.map(EntryId),
                rule: row.get(1)?,
                evidence: evidence::told(row.get(2)?, near),
                near: near.map_or_else(Vec::new, evidence::unpack),
                decided: moment(row.get(4)?),
            })
        })
        .optional()?;
    Ok(Some(stored.unwrap_or_else(|| StoredDecision {
        role,
        of: None,
        rule: "new".to_owned(),
        evidence: "nothing like it was known".to_owned(),
        near: Vec::new(),
        decided: moment(first_seen),
    })))
}
