//! What is asked of the store: filters, search terms, fold level, pages.

mod expression;
mod fault;
mod fields;
mod hits;
mod moment;
mod search_text;
mod tokens;

pub use expression::{Comparison, Expression, Fact, Part, Search, State};
pub use fault::Fault;
pub use hits::{Hits, Stretch};
pub use moment::{Moment, MomentFault, parse_moment};
pub use search_text::parse_text;

use crate::entry::{EntryId, StoryId};
use crate::feed::Timestamp;

/// How far a view folds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FoldLevel {
    /// One item a story.
    #[default]
    Story,
    /// One item an article: copies are folded, coverage stands for itself.
    Article,
    /// One item an entry.
    None,
}

impl FoldLevel {
    /// `story`, `article` or `none`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Article => "article",
            Self::None => "none",
        }
    }

    /// The level that [`FoldLevel::word`] names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Story, Self::Article, Self::None]
            .into_iter()
            .find(|level| level.word() == word)
    }
}

/// What stands first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The newest.
    #[default]
    Newest,
    /// What fits the search text best: words in the headline count most, and what is fresh more than
    /// what is old. One page, without a next one. Without words to search for, the newest.
    Best,
}

impl Order {
    /// `newest` or `best`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Best => "best",
        }
    }

    /// The order that [`Order::word`] names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Newest, Self::Best]
            .into_iter()
            .find(|order| order.word() == word)
    }
}

/// A question to the store. The default asks for every story, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EntryQuery {
    /// Only these feeds, by name; empty is all.
    pub feeds: Vec<String>,
    /// Only feeds with one of these tags; empty is all.
    pub tags: Vec<String>,
    /// Only entries that match, by text and by facts.
    pub text: Option<Expression>,
    /// Only this story.
    pub story: Option<StoryId>,
    /// Only what is dated at or after this moment.
    pub since: Option<Timestamp>,
    /// Only what is dated before this moment.
    pub until: Option<Timestamp>,
    /// How far to fold.
    pub fold: FoldLevel,
    /// What stands first.
    pub order: Order,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// Only entries that arrived after this one. Lists of entries are in order of arrival then, the
    /// oldest first.
    pub arrived_after: Option<EntryId>,
    /// Only what merged feeds announce: not what a feed brought along when it was new.
    pub announced: bool,
    /// At most so many; 0 is [`EntryQuery::DEFAULT_LIMIT`].
    pub limit: usize,
}

impl EntryQuery {
    /// How many a page has when nobody says.
    pub const DEFAULT_LIMIT: usize = 100;
}

/// Where a page ended: the key of its last item (keyset paging, so that arrivals move nothing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The item's date in milliseconds.
    pub dated: i64,
    /// The item's number.
    pub id: i64,
}

impl Cursor {
    /// The cursor as an opaque word for a URL.
    #[must_use]
    pub fn encode(self) -> String {
        // As bits, so that dates before 1970 are words that can be read again.
        format!(
            "{:x}-{:x}",
            self.dated.cast_unsigned(),
            self.id.cast_unsigned()
        )
    }

    /// Reads what [`Cursor::encode`] wrote.
    #[must_use]
    pub fn decode(word: &str) -> Option<Self> {
        let (dated, id) = word.split_once('-')?;
        let number = |digits| u64::from_str_radix(digits, 16).ok().map(u64::cast_signed);
        Some(Self {
            dated: number(dated)?,
            id: number(id)?,
        })
    }
}

/// A part of a list, and where the next part begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// What to ask after; `None` on the last page.
    pub next: Option<Cursor>,
}
