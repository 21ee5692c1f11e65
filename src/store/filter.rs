//! A question as SQL conditions.

use super::Error;
use super::feed_rows::{json, millis};
use super::{conditions, search};
use crate::entry::StoryId;
use crate::feed::Timestamp;
use crate::query::{Cursor, EntryQuery, Expression, Fact, FoldLevel};
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
    fn content(&mut self, chosen: &Chosen, entry: &str) {
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
        if let Some(expression) = &chosen.rest {
            let condition = conditions::condition(expression, entry, &mut self.values);
            self.hold(condition);
        }
    }
}

/// A question whose names were looked up, and whose search text was taken apart: what it says of
/// feeds, stories and dates is asked as directly as if it were said beside it.
struct Chosen {
    /// The feeds that are asked for; `None` is all.
    feeds: Option<Vec<i64>>,
    story: Option<StoryId>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// What else is asked for.
    rest: Option<Expression>,
    /// Whether the text is found so often that sorting what was found would take long.
    many: bool,
}

impl Chosen {
    fn of(connection: &Connection, query: &EntryQuery) -> Result<Self, Error> {
        let lookup = |statement: &str, words: &[String]| -> Result<Vec<i64>, Error> {
            let mut statement = connection.prepare_cached(statement)?;
            let feeds = statement.query_map([json(&words)?], |row| row.get(0))?;
            Ok(feeds.collect::<Result<_, _>>()?)
        };
        let named = |names: &[String]| {
            let statement = "SELECT id FROM feeds WHERE name IN (SELECT value FROM json_each(?1))";
            lookup(statement, names)
        };
        let tagged = |tags: &[String]| {
            let statement =
                "SELECT DISTINCT feed FROM tags WHERE tag IN (SELECT value FROM json_each(?1))";
            lookup(statement, tags)
        };
        let mut chosen = Self {
            feeds: None,
            story: query.story,
            since: query.since,
            until: query.until,
            rest: None,
            many: false,
        };
        if !query.feeds.is_empty() {
            chosen.only(named(&query.feeds)?);
        }
        if !query.tags.is_empty() {
            chosen.only(tagged(&query.tags)?);
        }
        let mut rest = Vec::new();
        for part in query.text.clone().into_iter().flat_map(conjuncts) {
            match part {
                Expression::Is(Fact::Feed(name)) => chosen.only(named(&[name])?),
                Expression::Is(Fact::Tag(tag)) => chosen.only(tagged(&[tag])?),
                Expression::Is(Fact::Since(moment)) => {
                    chosen.since = Some(chosen.since.map_or(moment, |other| other.max(moment)));
                }
                Expression::Is(Fact::Until(moment)) => {
                    chosen.until = Some(chosen.until.map_or(moment, |other| other.min(moment)));
                }
                Expression::Is(Fact::Story(story)) if chosen.story.is_none() => {
                    chosen.story = Some(story);
                }
                other => rest.push(other),
            }
        }
        let text: Vec<Expression> = rest.iter().filter(|part| part.is_text()).cloned().collect();
        chosen.many = match search::matching(&Expression::And(text), None) {
            Some(matching) => search::is_common(connection, &matching)?,
            // Facts and negations mostly leave a lot.
            None => !rest.is_empty(),
        };
        chosen.rest = match rest.len() {
            0 | 1 => rest.pop(),
            _ => Some(Expression::And(rest)),
        };
        Ok(chosen)
    }

    /// Narrows the question to these feeds.
    fn only(&mut self, feeds: Vec<i64>) {
        self.feeds = Some(match self.feeds.take() {
            None => feeds,
            Some(mut both) => {
                both.retain(|feed| feeds.contains(feed));
                both
            }
        });
    }

    /// Whether it asks for some entries only, apart from their dates.
    fn narrows(&self) -> bool {
        self.feeds.is_some() || self.story.is_some() || self.rest.is_some()
    }
}

/// What must hold all together.
fn conjuncts(expression: Expression) -> Vec<Expression> {
    match expression {
        Expression::And(parts) => parts.into_iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// The words that a question searches for, in the language of the index, whatever else it asks.
pub(super) fn searched(query: &EntryQuery) -> Option<String> {
    let parts = query.text.clone().into_iter().flat_map(conjuncts);
    let (without, text): (Vec<_>, Vec<_>) = parts
        .filter(Expression::is_text)
        .partition(|part| matches!(part, Expression::Not(_)));
    let whole = text.iter().chain(&without).cloned().collect();
    search::matching(&Expression::And(whole), None)
        .or_else(|| search::matching(&Expression::And(text), None))
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
    if let Some(after) = query.arrived_after {
        let after = filter.bind(after.0);
        filter.hold(format!("e.id > {after}"));
    }
    if query.announced {
        filter.hold("e.story NOT IN (SELECT id FROM stories WHERE quiet = 1)".to_owned());
    }
    filter.dates(&chosen, "e");
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
        other.dates(&chosen, "o");
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
    filter.dates(&chosen, "s");
    if let (Some(story), None, None) = (chosen.story, &chosen.feeds, &chosen.rest) {
        let story = filter.bind(story.0);
        filter.hold(format!("s.id = {story}"));
    } else if chosen.narrows() {
        let few = (chosen.rest.is_some() && !chosen.many)
            || chosen.story.is_some()
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
