//! A question as SQL conditions.

use super::Error;
use super::chosen::{Chosen, numbers};
use super::conditions::{self, Index};
use super::feed_rows::millis;
use super::hits::LONGEST_PAGE;
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

    /// Asks for a column below a number.
    pub(super) fn below(&mut self, (column, number): (&str, i64)) {
        let number = self.bind(number);
        self.hold(format!("{column} < {number}"));
    }

    fn dates(&mut self, chosen: &Chosen, item: &str) {
        if let Some(since) = chosen.since {
            let since = self.bind(millis(since));
            self.hold(format!("{item}.dated >= {since}"));
        }
        if let Some(until) = chosen.until {
            let until = self.bind(millis(until));
            self.hold(format!("{item}.dated < {until}"));
        }
    }

    /// What an entry must be, beside its date.
    fn content(&mut self, chosen: &Chosen, entry: &str, asked: Asked) {
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
        if let Some(story) = chosen.story {
            let story = self.bind(story.0);
            self.hold(format!("{entry}.story = {story}"));
        }
        let (text, index) = match asked {
            Asked::Index(index) => (chosen.text.as_ref(), index),
            // Text among facts may be anything: the index is asked about the hit at hand.
            Asked::Already => (None, Index::OneByOne),
        };
        for expression in text.into_iter().chain(&chosen.rest) {
            let condition = conditions::condition(expression, entry, index, &mut self.values);
            self.hold(condition);
        }
    }
}

/// Whether the index was asked for the text.
#[derive(Clone, Copy)]
enum Asked {
    /// Not yet: it is, so.
    Index(Index),
    /// What comes along are its hits.
    Already,
}

/// Conditions on the entry `e`: one for each item of the level. Where only some of a story's (or
/// an article's) entries are asked for, the one that it is shown as stands for it, or else the
/// newest of them.
pub(super) fn of_entries(connection: &Connection, query: &EntryQuery) -> Result<Filter, Error> {
    let chosen = Chosen::of(connection, query)?;
    let index = match query.limit {
        1..=LONGEST_PAGE => chosen.index(connection)?,
        // All hits are asked for anyway.
        _ => Index::List,
    };
    let mut filter = entries(&chosen, query, Asked::Index(index));
    let other_way = chosen.feeds.is_some() || chosen.story.is_some() || chosen.text.is_some();
    for indexed in chosen.indexed.iter().filter(|_| !other_way) {
        if indexed.are_few(connection)? {
            filter.hold(format!("e.story IN ({})", indexed.stories()));
        }
    }
    Ok(filter)
}

fn entries(chosen: &Chosen, query: &EntryQuery, asked: Asked) -> Filter {
    let mut filter = Filter::default();
    filter.page(query, "e");
    if let Some(after) = query.arrived_after {
        let after = filter.bind(after.0);
        filter.hold(format!("e.id > {after}"));
    }
    if query.announced {
        filter.hold("e.story NOT IN (SELECT id FROM stories WHERE quiet = 1)".to_owned());
    }
    filter.dates(chosen, "e");
    filter.content(chosen, "e", asked);
    let (shown, group) = match query.fold {
        FoldLevel::None => return filter,
        FoldLevel::Article => ("role <> 1", "o.story = e.story AND o.article = e.article"),
        FoldLevel::Story => ("role = 0", "o.story = e.story"),
    };
    if chosen.narrows() {
        let mut other = Filter {
            values: std::mem::take(&mut filter.values),
            ..Filter::default()
        };
        other.dates(chosen, "o");
        // Others of a story are few.
        other.content(chosen, "o", Asked::Index(Index::OneByOne));
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
    filter
}

/// Conditions on the story `s`: those with an entry that is asked for. Dates are the story's.
pub(super) fn of_stories(connection: &Connection, query: &EntryQuery) -> Result<Filter, Error> {
    let chosen = Chosen::of(connection, query)?;
    let mut filter = stories(&chosen, query);
    if let (Some(story), None, false) = (chosen.story, &chosen.feeds, chosen.asks_more()) {
        let story = filter.bind(story.0);
        filter.hold(format!("s.id = {story}"));
    } else if chosen.narrows() {
        let index = chosen.index(connection)?;
        let few = (chosen.asks_more() && index == Index::List && !chosen.is_of_several())
            || chosen.story.is_some()
            || chosen.feeds.as_ref().is_some_and(|feeds| feeds.len() < 2);
        let mut member = Filter {
            values: std::mem::take(&mut filter.values),
            ..Filter::default()
        };
        member.content(&chosen, "m", Asked::Index(index));
        let condition = member.text();
        filter.values = member.values;
        filter.hold(if few {
            format!("s.id IN (SELECT m.story FROM entries m WHERE {condition})")
        } else {
            // Walking from the newest story, soon enough are found.
            format!("EXISTS (SELECT 1 FROM entries m WHERE m.story = s.id AND {condition})")
        });
        // Those of several entries have an index by date, which is walked.
        for indexed in chosen
            .indexed
            .iter()
            .filter(|_| !few && !chosen.is_of_several())
        {
            if indexed.are_few(connection)? {
                filter.hold(format!("s.id IN ({})", indexed.stories()));
            }
        }
    }
    Ok(filter)
}

/// What the story `s` must be, apart from its entries.
fn stories(chosen: &Chosen, query: &EntryQuery) -> Filter {
    let mut filter = Filter::default();
    filter.page(query, "s");
    if query.announced {
        filter.hold("s.quiet = 0".to_owned());
    }
    filter.dates(chosen, "s");
    if chosen.is_of_several() {
        // As a literal, so that the index of such stories is walked.
        filter.hold("s.size >= 2".to_owned());
    }
    filter
}

/// A question whose words the index is asked for, and what else must hold of a hit.
pub(super) struct Apart {
    /// The words, in the language of the index.
    pub(super) text: String,
    /// Conditions on a hit `e`, and on its story `s` where stories are asked for.
    pub(super) filter: Filter,
    /// Where hits are to be looked for.
    pub(super) within: Within,
}

/// What an index of entries can narrow. The conditions say it too.
pub(super) struct Within {
    /// The feeds, as a JSON list.
    pub(super) feeds: Option<String>,
    /// The first and the last moment at which an item of the page is dated.
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
}

impl Within {
    /// The last moment at which an item of the page is dated.
    pub(super) fn last(&self) -> i64 {
        self.until.unwrap_or(i64::MAX)
    }
}

/// The question taken apart; `None` where it asks for no words, or for the entries of a story, which are
/// found sooner without the index.
pub(super) fn apart(
    connection: &Connection,
    query: &EntryQuery,
    by_story: bool,
) -> Result<Option<Apart>, Error> {
    let chosen = Chosen::of(connection, query)?;
    let Some(text) = chosen.matching().filter(|_| chosen.story.is_none()) else {
        return Ok(None);
    };
    let filter = if by_story {
        let mut filter = stories(&chosen, query);
        filter.content(&chosen, "e", Asked::Already);
        filter
    } else {
        entries(&chosen, query, Asked::Already)
    };
    let until = chosen.until.map(|until| millis(until).saturating_sub(1));
    let within = Within {
        feeds: chosen.feeds.as_deref().map(numbers),
        since: chosen.since.map(millis),
        until: until
            .into_iter()
            .chain(query.after.map(|after| after.dated))
            .min(),
    };
    Ok(Some(Apart {
        text,
        filter,
        within,
    }))
}
