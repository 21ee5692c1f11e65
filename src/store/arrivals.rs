//! What arrived, in the order of arrival, chosen by what a reader did with it: for programs that
//! keep in step.

use super::feed_rows::{millis, moment};
use super::polling::rows;
use super::reading::{STARRED, UNREAD, readings};
use super::stories::Shelf;
use super::{Error, Store};
use crate::entry::Story;
use crate::feed::{FeedId, Timestamp};
use crate::query::{Cursor, EntryQuery, FoldLevel};
use crate::reading::{Reading, Target};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;

/// Numbers ascend with arrival but for clocks that were set back: by less than this, in
/// milliseconds.
const CLOCKS_AGREE_WITHIN: i64 = 86_400_000;

/// A state that stories are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chosen {
    /// It was read.
    Read,
    /// It is kept unread.
    KeptUnread,
    /// It is starred.
    Starred,
}

/// A question for what arrived, in the order of arrival. The default asks for every story, the
/// newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArrivalQuery {
    /// Whether every entry counts, instead of every story. A story is its lead's feed's.
    pub entries: bool,
    /// Only these feeds; `None` is all.
    pub feeds: Option<Vec<FeedId>>,
    /// States that must hold (`true`) or must not.
    pub states: Vec<(Chosen, bool)>,
    /// Only what was first seen at or after this moment.
    pub since: Option<Timestamp>,
    /// Only what was first seen before this moment.
    pub until: Option<Timestamp>,
    /// Whether the oldest come first.
    pub oldest_first: bool,
    /// Only what comes after this number in that order.
    pub after: Option<i64>,
    /// At most so many; 0 is 100.
    pub limit: usize,
}

/// Something that arrived: a story's or an entry's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number.
    pub id: i64,
    /// When it was first seen.
    pub seen: Timestamp,
}

/// What is unread of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// The feed.
    pub feed: FeedId,
    /// How many stories, or entries.
    pub count: u64,
    /// When the newest of them was first seen.
    pub newest: Timestamp,
}

impl Store {
    /// What arrived, by number.
    pub async fn arrivals(&self, query: ArrivalQuery) -> Result<Vec<Arrival>, Error> {
        self.connections
            .read(move |connection| arrivals(connection, &query))
            .await
    }

    /// How much is unread of each feed that has something unread. With `entries`, every entry of
    /// an unread story counts, else every story for its lead's feed.
    pub async fn unread(&self, entries: bool) -> Result<Vec<Unread>, Error> {
        self.connections
            .read(move |connection| unread(connection, entries))
            .await
    }

    /// The stories of these numbers with what a reader did with them, in that order; an entry
    /// stands as a story of its own. What is not there is left out.
    pub async fn items(
        &self,
        targets: Vec<Target>,
    ) -> Result<Vec<(Target, Story, Reading)>, Error> {
        let instance = self.instance.clone();
        self.connections
            .read(move |connection| items(connection, &instance, &targets))
            .await
    }
}

/// Conditions on the story `s`, or on the entry `e` of the story `s`; `before` values are bound
/// before those in `values`.
pub(super) fn conditions(query: &ArrivalQuery, values: &mut Vec<Value>, before: usize) -> String {
    let mut conditions = vec!["1".to_owned()];
    for (state, holds) in &query.states {
        conditions.push(match (state, holds) {
            (Chosen::Read, true) => "s.read = 1".to_owned(),
            (Chosen::Read, false) => format!("s.{UNREAD}"),
            (Chosen::KeptUnread, true) => "s.read = 2".to_owned(),
            (Chosen::KeptUnread, false) => "s.read <> 2".to_owned(),
            (Chosen::Starred, true) => format!("s.{STARRED}"),
            (Chosen::Starred, false) => "s.starred = 0".to_owned(),
        });
    }
    if let Some(feeds) = &query.feeds {
        let feeds: Vec<String> = feeds.iter().map(|feed| feed.0.to_string()).collect();
        values.push(Value::Text(format!("[{}]", feeds.join(","))));
        let feeds = format!("(SELECT value FROM json_each(?{}))", before + values.len());
        conditions.push(if query.entries {
            format!("e.feed IN {feeds}")
        } else {
            format!(
                "s.id IN (SELECT l.story FROM entries l WHERE l.feed IN {feeds} AND l.role = 0)"
            )
        });
    }
    conditions.join(" AND ")
}

/// The statement of a question for arrivals, and what it is bound to.
pub(super) fn statement(query: &ArrivalQuery) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let mut condition = conditions(query, &mut values, 0);
    let (item, seen, table) = if query.entries {
        (
            "e",
            "first_seen",
            "entries e JOIN stories s ON s.id = e.story",
        )
    } else {
        ("s", "opened", "stories s")
    };
    let mut bind = |value: i64| {
        values.push(Value::Integer(value));
        values.len()
    };
    let order = if query.oldest_first { "ASC" } else { "DESC" };
    if let Some(after) = query.after {
        let beyond = if query.oldest_first { ">" } else { "<" };
        condition.push_str(&format!(" AND {item}.id {beyond} ?{}", bind(after)));
    }
    if let Some(since) = query.since {
        let since = millis(since);
        let certainly = since.saturating_sub(CLOCKS_AGREE_WITHIN);
        let (table, _) = table.split_once(' ').unwrap_or((table, ""));
        // Numbers ascend with arrival: below the newest that is much older, nothing is new enough.
        condition.push_str(&format!(
            " AND {item}.{seen} >= ?{} AND {item}.id > coalesce((SELECT id FROM {table} \
             WHERE {seen} < ?{} ORDER BY id DESC LIMIT 1), 0)",
            bind(since),
            bind(certainly)
        ));
    }
    if let Some(until) = query.until {
        condition.push_str(&format!(" AND {item}.{seen} < ?{}", bind(millis(until))));
    }
    let most = match query.limit {
        0 => EntryQuery::DEFAULT_LIMIT,
        limit => limit,
    };
    let statement = format!(
        "SELECT {item}.id, {item}.{seen} FROM {table} WHERE {condition} \
         ORDER BY {item}.id {order} LIMIT {}",
        rows(most)
    );
    (statement, values)
}

fn arrivals(connection: &Connection, query: &ArrivalQuery) -> Result<Vec<Arrival>, Error> {
    let (statement, values) = statement(query);
    let mut statement = connection.prepare_cached(&statement)?;
    let arrivals = statement.query_map(params_from_iter(values), |row| {
        Ok(Arrival {
            id: row.get(0)?,
            seen: moment(row.get(1)?),
        })
    })?;
    Ok(arrivals.collect::<Result<_, _>>()?)
}

fn unread(connection: &Connection, entries: bool) -> Result<Vec<Unread>, Error> {
    let statement = if entries {
        format!(
            "SELECT e.feed, count(*), max(e.first_seen) FROM stories s \
             JOIN entries e ON e.story = s.id WHERE s.{UNREAD} GROUP BY e.feed"
        )
    } else {
        format!(
            "SELECT e.feed, count(*), max(s.opened) FROM stories s \
             JOIN entries e ON e.id = s.lead WHERE s.{UNREAD} GROUP BY e.feed"
        )
    };
    let mut statement = connection.prepare_cached(&statement)?;
    let unread = statement.query_map([], |row| {
        Ok(Unread {
            feed: FeedId(row.get(0)?),
            count: row.get::<_, i64>(1)?.unsigned_abs(),
            newest: moment(row.get(2)?),
        })
    })?;
    Ok(unread.collect::<Result<_, _>>()?)
}

fn items(
    connection: &Connection,
    instance: &str,
    targets: &[Target],
) -> Result<Vec<(Target, Story, Reading)>, Error> {
    let shelf = Shelf {
        connection,
        instance,
    };
    let mut found: HashMap<Target, Story> = HashMap::new();
    for (level, wanted) in [
        (FoldLevel::Story, Kind::Story),
        (FoldLevel::None, Kind::Entry),
    ] {
        let keys: Vec<Cursor> = targets
            .iter()
            .filter_map(|target| wanted.number(*target))
            .map(|id| Cursor { dated: 0, id })
            .collect();
        if keys.is_empty() {
            continue;
        }
        for story in shelf.load(level, &keys)? {
            found.insert(wanted.target(&story), story);
        }
    }
    let stories: Vec<i64> = found.values().map(|story| story.id.0).collect();
    let readings = readings(connection, &stories)?;
    Ok(targets
        .iter()
        .filter_map(|target| {
            let story = found.remove(target)?;
            let reading = readings.get(&story.id).copied().unwrap_or_default();
            Some((*target, story, reading))
        })
        .collect())
}

/// Which kind of number a target has.
#[derive(Clone, Copy)]
enum Kind {
    Story,
    Entry,
}

impl Kind {
    fn number(self, target: Target) -> Option<i64> {
        match (self, target) {
            (Self::Story, Target::Story(story)) => Some(story.0),
            (Self::Entry, Target::Entry(entry)) => Some(entry.0),
            _ => None,
        }
    }

    fn target(self, story: &Story) -> Target {
        match self {
            Self::Story => Target::Story(story.id),
            Self::Entry => Target::Entry(story.lead.id),
        }
    }
}
