//! Stories as they are read: with lead, members and evidence, in a few statements for a page.

use super::chosen::searched;
use super::entries::first_since;
use super::entries::{Reader, address, limit};
use super::evidence;
use super::feed_rows::{json, millis, moment};
use super::filter;
use super::hits;
use super::polling::rows;
use super::ranking;
use super::roles::role;
use super::{Error, Store};
use crate::address::Address;
use crate::entry::{Credit, Entry, EntryId, Member, Role, Story, StoryId};
use crate::feed::Timestamp;
use crate::query::{Cursor, EntryQuery, FoldLevel, Order, Page};
use crate::text::Plain;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::collections::{HashMap, HashSet};

/// Most items of a window, however much arrived.
const WIDEST_WINDOW: usize = 2_000;

/// What a page of a merged feed holds: everything that arrived since a moment, and so many items
/// at least. [`EntryQuery::after`] is where the page before ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The fewest items, where there are so many.
    pub at_least: usize,
    /// Everything that was first seen since then; `None` asks for nothing beyond `at_least`.
    pub since: Option<Timestamp>,
    /// Nothing that was first seen then or later.
    pub until: Option<Timestamp>,
}

impl Store {
    /// A page of stories, the newest first: those with an entry that is asked for. At the levels
    /// below [`FoldLevel::Story`] an article or an entry stands as a story of its own.
    pub async fn stories(&self, query: EntryQuery) -> Result<Page<Story>, Error> {
        let instance = self.instance.clone();
        self.connections
            .read(move |connection| {
                let shelf = Shelf {
                    connection,
                    instance: &instance,
                };
                let limit = limit(&query);
                let mut keys = shelf.page(&query, limit.saturating_add(1))?;
                let more = keys.len() > limit && !is_weighed(&query);
                keys.truncate(limit);
                let next = keys.last().copied().filter(|_| more);
                let items = shelf.load(query.fold, &keys)?;
                Ok(Page { items, next })
            })
            .await
    }

    /// The story of that number. A story that was joined to another is found under its old number.
    pub async fn story(&self, id: StoryId) -> Result<Option<Story>, Error> {
        let instance = self.instance.clone();
        self.connections
            .read(move |connection| {
                let shelf = Shelf {
                    connection,
                    instance: &instance,
                };
                let id = super::corrections::follow(connection, id)?;
                let key = Cursor { dated: 0, id: id.0 };
                Ok(shelf.load(FoldLevel::Story, &[key])?.pop())
            })
            .await
    }

    /// What a merged feed holds now, the newest arrival first. It is chosen by when stories were
    /// first seen, not by what publishers say, so that a late or back-dated one is delivered too.
    /// The cursor of the next page is a place in that order.
    pub async fn window(&self, query: EntryQuery, window: Window) -> Result<Page<Story>, Error> {
        let instance = self.instance.clone();
        self.connections
            .read(move |connection| {
                let shelf = Shelf {
                    connection,
                    instance: &instance,
                };
                let (keys, next) = shelf.window(&query, window)?;
                let items = shelf.load(query.fold, &keys)?;
                Ok(Page { items, next })
            })
            .await
    }
}

/// Reads stories through one connection.
pub(super) struct Shelf<'a> {
    pub(super) connection: &'a Connection,
    pub(super) instance: &'a str,
}

/// A story's row.
struct StoryRow {
    opened: i64,
    changed: i64,
    lead: EntryId,
    credit: Option<String>,
}

/// A member's row.
struct MemberRow {
    member: Member,
    story: i64,
    feed: i64,
    independent: bool,
}

impl Shelf<'_> {
    /// The keys of a page: stories, or the entries that stand as such.
    fn page(&self, query: &EntryQuery, most: usize) -> Result<Vec<Cursor>, Error> {
        let stories = query.fold == FoldLevel::Story;
        if let Some(best) = ranking::best(self.connection, query, stories, most)? {
            return Ok(best);
        }
        if let Some(newest) = hits::newest(self.connection, query, stories, most)? {
            return Ok(newest);
        }
        let (filter, table, item) = match query.fold {
            FoldLevel::Story => (filter::of_stories(self.connection, query)?, "stories", "s"),
            _ => (filter::of_entries(self.connection, query)?, "entries", "e"),
        };
        self.keys(
            &format!(
                "SELECT {item}.dated, {item}.id FROM {table} {item} WHERE {} \
                 ORDER BY {item}.dated DESC, {item}.id DESC LIMIT {}",
                filter.text(),
                rows(most)
            ),
            &filter.values,
        )
    }

    /// Keys of a window, the newest arrival first, and where the next page begins; their moments
    /// are those of arrival.
    fn window(
        &self,
        query: &EntryQuery,
        window: Window,
    ) -> Result<(Vec<Cursor>, Option<Cursor>), Error> {
        let by_arrival = EntryQuery {
            after: None,
            ..query.clone()
        };
        let (mut filter, table, item, seen) = match query.fold {
            FoldLevel::Story => (
                filter::of_stories(self.connection, &by_arrival)?,
                "stories",
                "s",
                "opened",
            ),
            _ => (
                filter::of_entries(self.connection, &by_arrival)?,
                "entries",
                "e",
                "first_seen",
            ),
        };
        filter.arrived_before(query.after, item, seen);
        if let Some(until) = window.until {
            // Of entries by number, for which there is an index.
            filter.below(match query.fold {
                FoldLevel::Story => ("s.opened", millis(until)),
                _ => ("e.id", first_since(self.connection, millis(until))?),
            });
        }
        // Entries are numbered as they arrive, so their order needs no index of its own.
        let order = match query.fold {
            FoldLevel::Story => "s.opened DESC, s.id DESC",
            _ => "e.id DESC",
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {item}.{seen}, {item}.id FROM {table} {item} WHERE {} \
             ORDER BY {order} LIMIT {WIDEST_WINDOW}",
            filter.text()
        ))?;
        let mut rows = statement.query(params_from_iter(&filter.values))?;
        let mut keys: Vec<Cursor> = Vec::new();
        while let Some(row) = rows.next()? {
            let key = Cursor {
                dated: row.get(0)?,
                id: row.get(1)?,
            };
            let recent = window.since.is_some_and(|since| key.dated >= millis(since));
            if keys.len() >= window.at_least && !recent {
                let next = keys.last().copied();
                return Ok((keys, next));
            }
            keys.push(key);
        }
        let next = keys.last().copied();
        let full = keys.len() == WIDEST_WINDOW;
        Ok((keys, next.filter(|_| full)))
    }

    fn keys(&self, statement: &str, values: &[Value]) -> Result<Vec<Cursor>, Error> {
        let mut statement = self.connection.prepare_cached(statement)?;
        let keys = statement.query_map(params_from_iter(values), |row| {
            Ok(Cursor {
                dated: row.get(0)?,
                id: row.get(1)?,
            })
        })?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// The stories of those keys, in their order.
    pub(super) fn load(&self, level: FoldLevel, keys: &[Cursor]) -> Result<Vec<Story>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.id).collect();
        match level {
            FoldLevel::Story => self.stories(&ids),
            FoldLevel::Article => self.entries_as_stories(&ids, true),
            FoldLevel::None => self.entries_as_stories(&ids, false),
        }
    }

    fn stories(&self, ids: &[i64]) -> Result<Vec<Story>, Error> {
        let mut reader = Reader::new(self.connection);
        let rows = self.story_rows(ids)?;
        let mut members: HashMap<i64, Vec<MemberRow>> = HashMap::new();
        for row in self.members(&mut reader, "story", ids)? {
            members.entry(row.story).or_default().push(row);
        }
        let leads: Vec<EntryId> = rows.values().map(|row| row.lead).collect();
        let mut leads: HashMap<EntryId, Entry> = reader
            .entries(&leads)?
            .into_iter()
            .map(|entry| (entry.id, entry))
            .collect();
        Ok(ids
            .iter()
            .filter_map(|id| {
                let row = rows.get(id)?;
                let lead = leads.remove(&row.lead)?;
                let members = members.remove(id).unwrap_or_default();
                let outlets: HashSet<i64> = members
                    .iter()
                    .filter(|row| row.independent && row.member.role != Role::Copy)
                    .map(|row| row.feed)
                    .chain([lead.outlet.feed.0])
                    .collect();
                Some(Story {
                    id: StoryId(*id),
                    uri: self.uri("story", *id),
                    members: members
                        .into_iter()
                        .map(|row| row.member)
                        .filter(|member| member.entry != lead.id)
                        .collect(),
                    credit: row.credit.as_deref().and_then(credit),
                    opened: moment(row.opened),
                    changed: moment(row.changed),
                    independent: outlets.len(),
                    lead,
                })
            })
            .collect())
    }

    fn story_rows(&self, ids: &[i64]) -> Result<HashMap<i64, StoryRow>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, opened, changed, lead, credit FROM stories \
             WHERE id IN (SELECT value FROM json_each(?1))",
        )?;
        let rows = statement.query_map([json(&ids)?], |row| {
            let story = StoryRow {
                opened: row.get(1)?,
                changed: row.get(2)?,
                lead: EntryId(row.get(3)?),
                credit: row.get(4)?,
            };
            Ok((row.get(0)?, story))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The entries whose `column` is one of `ids`, leads too, the oldest first.
    fn members(
        &self,
        reader: &mut Reader<'_>,
        column: &str,
        ids: &[i64],
    ) -> Result<Vec<MemberRow>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT e.id, e.story, e.role, e.copy_of, e.feed, e.title, e.link, e.dated, \
             d.evidence, d.independent, e.first_seen, CASE d.evidence WHEN '' THEN d.near END FROM entries e LEFT JOIN decisions d ON d.entry = e.id \
             WHERE e.{column} IN (SELECT value FROM json_each(?1)) ORDER BY e.dated, e.id"
        ))?;
        let mut rows = statement.query([json(&ids)?])?;
        let mut members = Vec::new();
        while let Some(row) = rows.next()? {
            let feed = row.get(4)?;
            members.push(MemberRow {
                member: Member {
                    entry: EntryId(row.get(0)?),
                    role: role(row.get(2)?),
                    copy_of: row.get::<_, Option<i64>>(3)?.map(EntryId),
                    outlet: reader.outlet(feed)?,
                    title: Plain::new(row.get_ref(5)?.as_str().unwrap_or_default()),
                    link: address(row, 6)?,
                    dated: moment(row.get(7)?),
                    joined: moment(row.get(10)?),
                    evidence: evidence::told(
                        row.get::<_, Option<String>>(8)?.unwrap_or_default(),
                        row.get::<_, Option<String>>(11)?.as_deref(),
                    ),
                },
                story: row.get(1)?,
                feed,
                independent: row.get::<_, Option<bool>>(9)?.unwrap_or(true),
            });
        }
        Ok(members)
    }

    /// Entries that stand as stories, with their copies or alone.
    fn entries_as_stories(&self, ids: &[i64], with_copies: bool) -> Result<Vec<Story>, Error> {
        let mut reader = Reader::new(self.connection);
        let entries: Vec<EntryId> = ids.iter().map(|id| EntryId(*id)).collect();
        let mut entries: HashMap<i64, Entry> = reader
            .entries(&entries)?
            .into_iter()
            .map(|entry| (entry.id.0, entry))
            .collect();
        let mut copies: HashMap<EntryId, Vec<Member>> = HashMap::new();
        if with_copies {
            let mut stories: Vec<i64> = entries.values().map(|entry| entry.story.0).collect();
            stories.sort_unstable();
            stories.dedup();
            for row in self.members(&mut reader, "story", &stories)? {
                if let (Role::Copy, Some(of)) = (row.member.role, row.member.copy_of) {
                    copies.entry(of).or_default().push(row.member);
                }
            }
        }
        Ok(ids
            .iter()
            .filter_map(|id| {
                let lead = entries.remove(id)?;
                Some(Story {
                    id: lead.story,
                    uri: self.uri("entry", *id),
                    members: copies.remove(&lead.id).unwrap_or_default(),
                    credit: None,
                    opened: lead.first_seen,
                    changed: lead.revised.unwrap_or(lead.first_seen),
                    independent: 1,
                    lead,
                })
            })
            .collect())
    }

    /// A global identifier (RFC 4151).
    fn uri(&self, kind: &str, id: i64) -> String {
        format!("tag:feedfold,2026:{}/{kind}/{id}", self.instance)
    }
}

/// Whether the best matches stand first: a list that has no next page.
pub(super) fn is_weighed(query: &EntryQuery) -> bool {
    query.order == Order::Best && searched(query).is_some()
}

/// A stored credit: a name, and a link after a line break.
fn credit(stored: &str) -> Option<Credit> {
    let (name, link) = stored.split_once('\n').unwrap_or((stored, ""));
    (!name.is_empty()).then(|| Credit {
        name: name.to_owned(),
        link: Address::parse(link).ok(),
    })
}

/// Whether there is a story of that number.
pub(super) fn exists(connection: &Connection, id: StoryId) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM stories WHERE id = ?1")?
        .query_row([id.0], |_| Ok(()))
        .optional()?
        .is_some())
}
