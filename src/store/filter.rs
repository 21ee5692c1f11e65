//! A question as SQL conditions.

use super::Error;
use super::feed_rows::{json, millis};
use super::search;
use crate::query::{Cursor, EntryQuery, FoldLevel};
use rusqlite::Connection;
use rusqlite::types::Value;

/// Conditions that are all to hold, and the values that they name by place.
#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Filter {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn hold(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// The conditions after `WHERE`.
    pub(super) fn text(&self) -> String {
        match self.conditions.as_slice() {
            [] => "1".to_owned(),
            conditions => conditions.join(" AND "),
        }
    }

    /// Items after the cursor, in the order of `column` and number, the newest first.
    fn page(&mut self, query: &EntryQuery, item: &str) {
        if let Some(after) = query.after {
            let (dated, id) = (self.bind(after.dated), self.bind(after.id));
            self.hold(format!(
                "{item}.dated <= {dated} AND ({item}.dated < {dated} OR {item}.id < {id})"
            ));
        }
    }

    /// Items that arrived before a place in the order of arrival.
    pub(super) fn arrived_before(&mut self, place: Option<Cursor>, item: &str, seen: &str) {
        if let Some(place) = place {
            let (moment, id) = (self.bind(place.dated), self.bind(place.id));
            self.hold(match seen {
                "opened" => format!("({item}.opened, {item}.id) < ({moment}, {id})"),
                _ => format!("{item}.id < {id}"),
            });
        }
    }

    fn dates(&mut self, query: &EntryQuery, item: &str) {
        if let Some(since) = query.since {
            let since = self.bind(millis(since));
            self.hold(format!("{item}.dated >= {since}"));
        }
        if let Some(until) = query.until {
            let until = self.bind(millis(until));
            self.hold(format!("{item}.dated < {until}"));
        }
    }

    /// What an entry must be, beside its date.
    fn content(&mut self, chosen: &Chosen<'_>, entry: &str) {
        match chosen.feeds.as_deref() {
            None => {}
            Some([one]) => {
                let feed = self.bind(*one);
                self.hold(format!("{entry}.feed = {feed}"));
            }
            Some(several) => {
                let several = self.bind(numbers(several));
                // The plus keeps the order of dates as the way through the entries.
                self.hold(format!(
                    "+{entry}.feed IN (SELECT value FROM json_each({several}))"
                ));
            }
        }
        if let Some(story) = chosen.query.story {
            let story = self.bind(story.0);
            self.hold(format!("{entry}.story = {story}"));
        }
        if let Some(expression) = &chosen.query.text {
            let condition = search::condition(expression, &format!("{entry}.id"), &mut self.values);
            self.hold(condition);
        }
    }
}

/// A question whose names were looked up.
struct Chosen<'a> {
    query: &'a EntryQuery,
    /// The feeds that are asked for; `None` is all.
    feeds: Option<Vec<i64>>,
    /// Whether the text is found so often that sorting what was found would take long.
    many: bool,
}

impl<'a> Chosen<'a> {
    fn of(connection: &Connection, query: &'a EntryQuery) -> Result<Self, Error> {
        let lookup = |statement: &str, words: &[String]| -> Result<Vec<i64>, Error> {
            let mut statement = connection.prepare_cached(statement)?;
            let feeds = statement.query_map([json(&words)?], |row| row.get(0))?;
            Ok(feeds.collect::<Result<_, _>>()?)
        };
        let named = (!query.feeds.is_empty())
            .then(|| {
                lookup(
                    "SELECT id FROM feeds WHERE name IN (SELECT value FROM json_each(?1))",
                    &query.feeds,
                )
            })
            .transpose()?;
        let tagged = (!query.tags.is_empty())
            .then(|| {
                lookup(
                    "SELECT DISTINCT feed FROM tags WHERE tag IN (SELECT value FROM json_each(?1))",
                    &query.tags,
                )
            })
            .transpose()?;
        let feeds = match (named, tagged) {
            (Some(mut named), Some(tagged)) => {
                named.retain(|feed| tagged.contains(feed));
                Some(named)
            }
            (named, tagged) => named.or(tagged),
        };
        let many = match &query.text {
            Some(expression) => search::is_common(connection, expression)?,
            None => false,
        };
        Ok(Self { query, feeds, many })
    }

    /// Whether it asks for some entries only, apart from their dates.
    fn narrows(&self) -> bool {
        self.feeds.is_some() || self.query.story.is_some() || self.query.text.is_some()
    }
}

fn numbers(feeds: &[i64]) -> String {
    let feeds: Vec<String> = feeds.iter().map(i64::to_string).collect();
    format!("[{}]", feeds.join(","))
}

/// Conditions on the entry `e`: one for each item of the level. Where only some of a story's (or
/// an article's) entries are asked for, the one that it is shown as stands for it, or else the
/// newest of them.
pub(super) fn of_entries(connection: &Connection, query: &EntryQuery) -> Result<Filter, Error> {
    let chosen = Chosen::of(connection, query)?;
    let mut filter = Filter::default();
    filter.page(query, "e");
    if query.announced {
        filter.hold("e.story NOT IN (SELECT id FROM stories WHERE quiet = 1)".to_owned());
    }
    filter.dates(query, "e");
    filter.content(&chosen, "e");
    let (shown, group) = match query.fold {
        FoldLevel::None => return Ok(filter),
        FoldLevel::Article => ("role <> 1", "o.story = e.story AND o.article = e.article"),
        FoldLevel::Story => ("role = 0", "o.story = e.story"),
    };
    if chosen.narrows() {
        let mut other = Filter {
            values: std::mem::take(&mut filter.values),
            ..Filter::default()
        };
        other.dates(query, "o");
        other.content(&chosen, "o");
        let condition = other.text();
        filter.values = other.values;
        filter.hold(format!(
            "(e.{shown} OR NOT EXISTS (SELECT 1 FROM entries o WHERE {group} AND o.id <> e.id \
             AND (o.{shown} OR o.dated > e.dated OR (o.dated = e.dated AND o.id > e.id)) \
             AND {condition}))"
        ));
    } else {
        filter.hold(format!("e.{shown}"));
    }
    Ok(filter)
}

/// Conditions on the story `s`: those with an entry that is asked for. Dates are the story's.
pub(super) fn of_stories(connection: &Connection, query: &EntryQuery) -> Result<Filter, Error> {
    let chosen = Chosen::of(connection, query)?;
    let mut filter = Filter::default();
    filter.page(query, "s");
    if query.announced {
        filter.hold("s.quiet = 0".to_owned());
    }
    filter.dates(query, "s");
    if let (Some(story), None, None) = (query.story, &chosen.feeds, &query.text) {
        let story = filter.bind(story.0);
        filter.hold(format!("s.id = {story}"));
    } else if chosen.narrows() {
        let few = (query.text.is_some() && !chosen.many)
            || query.story.is_some()
            || chosen.feeds.as_ref().is_some_and(|feeds| feeds.len() < 2);
        let mut member = Filter {
            values: std::mem::take(&mut filter.values),
            ..Filter::default()
        };
        member.content(&chosen, "m");
        let condition = member.text();
        filter.values = member.values;
        filter.hold(if few {
            format!("s.id IN (SELECT m.story FROM entries m WHERE {condition})")
        } else {
            // Walking from the newest story, soon enough are found.
            format!("EXISTS (SELECT 1 FROM entries m WHERE m.story = s.id AND {condition})")
        });
    }
    Ok(filter)
}
