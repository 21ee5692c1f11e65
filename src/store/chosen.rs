//! A question taken apart: names looked up, dates and feeds told from words.

use super::conditions::Index;
use super::feed_rows::json;
use super::{Error, search};
use crate::entry::StoryId;
use crate::feed::Timestamp;
use crate::query::{Comparison, EntryQuery, Expression, Fact, State};
use rusqlite::Connection;

/// A question whose names were looked up, and whose search text was taken apart: what it says of
/// feeds, stories and dates is asked as directly as if it were said beside it.
pub(super) struct Chosen {
    /// The feeds that are asked for; `None` is all.
    pub(super) feeds: Option<Vec<i64>>,
    pub(super) story: Option<StoryId>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    /// The words that are asked for.
    pub(super) text: Option<Expression>,
    /// What else is asked for.
    pub(super) rest: Option<Expression>,
    /// Indexes of stories which have all that can be what is asked for.
    pub(super) indexed: Vec<Indexed>,
}

/// Stories that have an index of their own: mostly few of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indexed {
    /// Those of several entries.
    Several,
    Unread,
    Starred,
}

impl Indexed {
    /// The index that has all stories of which the expression holds.
    fn of(expression: &Expression) -> Option<Self> {
        match expression {
            Expression::Is(Fact::State(State::Starred)) => Some(Self::Starred),
            Expression::Is(Fact::State(State::Unread)) => Some(Self::Unread),
            expression => asks_for_several(expression).then_some(Self::Several),
        }
    }

    /// Their numbers, as a statement.
    pub(super) fn stories(self) -> &'static str {
        match self {
            Self::Several => "SELECT id FROM stories INDEXED BY stories_large WHERE size >= 2",
            Self::Unread => "SELECT id FROM stories INDEXED BY stories_unread WHERE read <> 1",
            Self::Starred => "SELECT id FROM stories INDEXED BY stories_starred WHERE starred = 1",
        }
    }

    /// Whether they are so few that what is asked for is found among them sooner than by walking through
    /// all from the newest on.
    pub(super) fn are_few(self, connection: &Connection) -> Result<bool, Error> {
        let most = match self {
            // To look at each takes some microseconds.
            Self::Several | Self::Starred => 10_000,
            // Where more is unread, it mostly is the newest.
            Self::Unread => 1_000,
        };
        let more = format!("{} LIMIT 1 OFFSET {most}", self.stories());
        Ok(!connection.prepare_cached(&more)?.exists([])?)
    }
}

impl Chosen {
    pub(super) fn of(connection: &Connection, query: &EntryQuery) -> Result<Self, Error> {
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
            text: None,
            rest: None,
            indexed: Vec::new(),
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
        chosen.indexed = rest.iter().filter_map(Indexed::of).collect();
        let (text, rest) = rest.into_iter().partition(Expression::is_text);
        chosen.text = all(text);
        chosen.rest = all(rest);
        Ok(chosen)
    }

    /// What the words are in the language of the index; `None` where it can't say them.
    pub(super) fn matching(&self) -> Option<String> {
        search::matching(self.text.as_ref()?, None)
    }

    /// How the index is best asked: of a few entries one by one, else for a list that is not long.
    pub(super) fn index(&self, connection: &Connection) -> Result<Index, Error> {
        let few = self.story.is_some() || self.feeds.as_ref().is_some_and(|feeds| feeds.len() < 2);
        let long = few
            || match self.matching() {
                Some(matching) => search::is_common(connection, &matching)?,
                // Facts and negations mostly leave a lot.
                None => self.text.is_some() || self.rest.is_some(),
            };
        Ok(match long {
            true => Index::OneByOne,
            false => Index::List,
        })
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

    /// Whether only stories of several entries can be what is asked for.
    pub(super) fn is_of_several(&self) -> bool {
        self.indexed.contains(&Indexed::Several)
    }

    pub(super) fn asks_more(&self) -> bool {
        self.text.is_some() || self.rest.is_some()
    }

    /// Whether it asks for some entries only, apart from their dates.
    pub(super) fn narrows(&self) -> bool {
        self.feeds.is_some() || self.story.is_some() || self.asks_more()
    }
}

/// Several conditions as one.
fn all(mut parts: Vec<Expression>) -> Option<Expression> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Expression::And(parts)),
    }
}

/// Whether it holds in stories of several entries alone.
fn asks_for_several(expression: &Expression) -> bool {
    match expression {
        Expression::Is(Fact::Sources(comparison, count)) => match comparison {
            Comparison::AtLeast | Comparison::Equal => *count >= 2,
            Comparison::More => *count >= 1,
            Comparison::AtMost | Comparison::Less => false,
        },
        _ => false,
    }
}

/// What must hold all together.
fn conjuncts(expression: Expression) -> Vec<Expression> {
    match expression {
        Expression::And(parts) => parts.into_iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// The words that a question searches for, whatever else it asks, and the same in the language of the
/// index.
pub(super) fn searched(query: &EntryQuery) -> Option<(Expression, String)> {
    let parts = query.text.clone().into_iter().flat_map(conjuncts);
    let (without, text): (Vec<_>, Vec<_>) = parts
        .filter(Expression::is_text)
        .partition(|part| matches!(part, Expression::Not(_)));
    let whole = Expression::And(text.iter().chain(&without).cloned().collect());
    let said = |words: Expression| {
        let matching = search::matching(&words, None)?;
        Some((words, matching))
    };
    said(whole).or_else(|| said(Expression::And(text)))
}

pub(super) fn numbers(feeds: &[i64]) -> String {
    let feeds: Vec<String> = feeds.iter().map(i64::to_string).collect();
    format!("[{}]", feeds.join(","))
}
