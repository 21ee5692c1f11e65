//! What a search text says, as a tree.

use super::Moment;
use crate::entry::{Role, StoryId};
use crate::feed::Timestamp;
use std::fmt;

/// A search text as it was written: `24h` is still 24 hours before whenever it is asked.
pub type Search = Expression<Moment>;

/// A condition on entries. `M` is how moments are told: [`Moment`] as written, [`Timestamp`] once
/// somebody asks ([`Expression::at`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expression<M = Timestamp> {
    /// A single word, matched as a whole after folding case and diacritics.
    Word(String),
    /// Words in this order, side by side.
    Phrase(Vec<String>),
    /// A word that begins so.
    Prefix(String),
    /// Text that stands in one part of the entry. Holds words, phrases, prefixes and how they are
    /// combined, and nothing else.
    In(Part, Box<Expression<M>>),
    /// Something that is known of the entry beside its text.
    Is(Fact<M>),
    /// All of them.
    And(Vec<Expression<M>>),
    /// At least one of them.
    Or(Vec<Expression<M>>),
    /// Not this.
    Not(Box<Expression<M>>),
}

/// A part of an entry's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The headline.
    Title,
    /// The names of its authors.
    Author,
    /// The labels that its publisher gives it.
    Category,
}

/// What can be asked of an entry beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact<M = Timestamp> {
    /// It came from the feed of this name.
    Feed(String),
    /// Its feed has this tag.
    Tag(String),
    /// Its page is on this host or on one below it.
    Site(String),
    /// Its page's address has this in it, whatever the case of letters.
    Url(String),
    /// It is in this language: a BCP 47 tag in lower case, which covers its regions (`pt` is
    /// `pt-BR` too).
    Language(String),
    /// How it stands in its story.
    Role(Role),
    /// What the reader did with its story.
    State(State),
    /// So many outlets report its story independently.
    Sources(Comparison, u32),
    /// It is dated then or later.
    Since(M),
    /// It is dated before.
    Until(M),
    /// It belongs to this story.
    Story(StoryId),
}

/// What a reader did with a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not yet seen, or kept for later.
    Unread,
    /// Seen.
    Read,
    /// Marked to be kept.
    Starred,
}

impl State {
    /// `unread`, `read` or `starred`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Read => "read",
            Self::Starred => "starred",
        }
    }
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Comparison {
    /// As it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }
}

impl<M> Expression<M> {
    /// The same with every moment turned by `turn`.
    fn map<N>(self, turn: &impl Fn(M) -> N) -> Expression<N> {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.map(turn)).collect();
        match self {
            Self::Word(word) => Expression::Word(word),
            Self::Phrase(words) => Expression::Phrase(words),
            Self::Prefix(beginning) => Expression::Prefix(beginning),
            Self::In(part, inner) => Expression::In(part, Box::new(inner.map(turn))),
            Self::Is(fact) => Expression::Is(match fact {
                Fact::Since(moment) => Fact::Since(turn(moment)),
                Fact::Until(moment) => Fact::Until(turn(moment)),
                Fact::Feed(name) => Fact::Feed(name),
                Fact::Tag(tag) => Fact::Tag(tag),
                Fact::Site(host) => Fact::Site(host),
                Fact::Url(text) => Fact::Url(text),
                Fact::Language(tag) => Fact::Language(tag),
                Fact::Role(role) => Fact::Role(role),
                Fact::State(state) => Fact::State(state),
                Fact::Sources(comparison, count) => Fact::Sources(comparison, count),
                Fact::Story(story) => Fact::Story(story),
            }),
            Self::And(parts) => Expression::And(all(parts)),
            Self::Or(parts) => Expression::Or(all(parts)),
            Self::Not(inner) => Expression::Not(Box::new(inner.map(turn))),
        }
    }

    /// Every fact that is asked for, wherever it stands.
    pub fn facts(&self) -> Vec<&Fact<M>> {
        match self {
            Self::Is(fact) => vec![fact],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::facts).collect(),
            Self::Not(inner) => inner.facts(),
            Self::Word(_) | Self::Phrase(_) | Self::Prefix(_) | Self::In(..) => Vec::new(),
        }
    }

    /// Whether it asks for text alone.
    #[must_use]
    pub fn is_text(&self) -> bool {
        match self {
            Self::Word(_) | Self::Phrase(_) | Self::Prefix(_) | Self::In(..) => true,
            Self::Is(_) => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().all(Self::is_text),
            Self::Not(inner) => inner.is_text(),
        }
    }
}

impl Search {
    /// What it asks for at this moment.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Expression {
        self.map(&|moment: Moment| moment.at(now))
    }

    /// Whether it asks for another time at another moment.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.facts().into_iter().any(|fact| {
            matches!(fact, Fact::Since(moment) | Fact::Until(moment) if !matches!(moment, Moment::At(_)))
        })
    }
}

/// The expression as search text; [`parse_text`](super::parse_text) reads it back.
impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], between: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    f.write_str(between)?;
                }
                match part {
                    Self::And(_) | Self::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Phrase(words) => write!(f, "\"{}\"", words.join(" ")),
            Self::Prefix(beginning) => write!(f, "{beginning}*"),
            Self::In(part, inner) => match &**inner {
                Self::Word(_) | Self::Phrase(_) | Self::Prefix(_) => {
                    write!(f, "{}:{inner}", part.word())
                }
                _ => write!(f, "{}:({inner})", part.word()),
            },
            Self::Is(fact) => write!(f, "{fact}"),
            Self::And(parts) => list(f, parts, " "),
            Self::Or(parts) => list(f, parts, " OR "),
            Self::Not(inner) => match &**inner {
                Self::And(_) | Self::Or(_) => write!(f, "-({inner})"),
                _ => write!(f, "-{inner}"),
            },
        }
    }
}

impl fmt::Display for Fact<Moment> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed(name) => write!(f, "feed:\"{name}\""),
            Self::Tag(tag) => write!(f, "tag:\"{tag}\""),
            Self::Site(host) => write!(f, "site:{host}"),
            Self::Url(text) => write!(f, "url:\"{text}\""),
            Self::Language(tag) => write!(f, "lang:{tag}"),
            Self::Role(role) => write!(f, "is:{}", role.word()),
            Self::State(state) => write!(f, "is:{}", state.word()),
            Self::Sources(comparison, count) => write!(f, "sources:{}{count}", comparison.sign()),
            Self::Since(moment) => write!(f, "since:{moment}"),
            Self::Until(moment) => write!(f, "until:{moment}"),
            Self::Story(story) => write!(f, "story:{}", story.0),
        }
    }
}
