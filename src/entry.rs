//! Entries and stories: what feeds say, as parsed, as stored, and as folded.

use crate::address::Address;
use crate::feed::{FeedId, Timestamp};
use crate::text::{Plain, SafeHtml};
use std::sync::Arc;

/// An entry's number in the database; ascending in order of arrival, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub i64);

/// A story's number in the database; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoryId(pub i64);

/// A file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Where it is.
    pub url: Address,
    /// Media type, as given.
    pub media_type: Option<String>,
    /// Size in bytes, as given.
    pub length: Option<u64>,
}

/// Another publication that an entry's own markup says it was taken from (RSS `<source>`,
/// `atom:source`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub title: Option<Plain>,
    /// Its feed or page.
    pub url: Option<Address>,
}

/// An entry as a document has it, cleaned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// The publisher's identifier, as given, trimmed; `None` where there is none.
    pub guid: Option<String>,
    /// The article's page.
    pub link: Option<Address>,
    /// The headline, may be empty.
    pub title: Plain,
    /// Names of the authors, in order.
    pub authors: Vec<Plain>,
    /// When the publisher says it was published. Never made up.
    pub published: Option<Timestamp>,
    /// When the publisher says it was changed. Never made up.
    pub updated: Option<Timestamp>,
    /// The short text.
    pub summary: Option<SafeHtml>,
    /// The full text.
    pub content: Option<SafeHtml>,
    /// Categories, as labels.
    pub categories: Vec<Plain>,
    /// Files.
    pub enclosures: Vec<Enclosure>,
    /// The page of comments.
    pub comments: Option<Address>,
    /// A small picture.
    pub thumbnail: Option<Address>,
    /// BCP 47 language tag, the entry's own or its feed's.
    pub language: Option<String>,
    /// The publication it says it was taken from.
    pub source: Option<Source>,
    /// What `rel="canonical"`, `rel="via"` and `feedburner:origLink` name as the original page.
    pub original: Option<Address>,
}

impl Item {
    /// The fuller text there is: content, else summary.
    #[must_use]
    pub fn body(&self) -> Option<&SafeHtml> {
        self.content
            .as_ref()
            .filter(|c| !c.is_empty())
            .or(self.summary.as_ref())
    }
}

/// How an entry stands in its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The entry that the story is shown as.
    Lead,
    /// The same article as an earlier entry, at another address or in another feed.
    Copy,
    /// Another article about the same event.
    Coverage,
}

impl Role {
    /// `lead`, `copy` or `coverage`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Copy => "copy",
            Self::Coverage => "coverage",
        }
    }

    /// The role that [`Role::word`] names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Lead, Self::Copy, Self::Coverage]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

/// The feed that an entry came from, as much as showing the entry needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlet {
    /// The feed's number.
    pub feed: FeedId,
    /// The feed's short name.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The feed's address, without a password.
    pub url: String,
    /// The page that the feed belongs to.
    pub site: Option<Address>,
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// The story it belongs to.
    pub story: StoryId,
    /// How it stands in the story.
    pub role: Role,
    /// The entry that it is a copy of.
    pub copy_of: Option<EntryId>,
    /// The feed it came from.
    pub outlet: Arc<Outlet>,
    /// What the feed says. `published` is never after `first_seen` here.
    pub item: Item,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When its text last changed after that.
    pub revised: Option<Timestamp>,
}

impl Entry {
    /// The moment by which entries are ordered: published, but never after first sight.
    #[must_use]
    pub fn dated(&self) -> Timestamp {
        self.item
            .published
            .unwrap_or(self.first_seen)
            .min(self.first_seen)
    }
}

/// A member of a story other than its lead, as much as a list of sources needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The entry.
    pub entry: EntryId,
    /// How it stands in the story (never `Lead`).
    pub role: Role,
    /// The entry that it is a copy of.
    pub copy_of: Option<EntryId>,
    /// The feed it came from.
    pub outlet: Arc<Outlet>,
    /// Its headline.
    pub title: Plain,
    /// Its page.
    pub link: Option<Address>,
    /// When it is dated.
    pub dated: Timestamp,
    /// When it was first seen.
    pub joined: Timestamp,
    /// Why it is here, in words.
    pub evidence: String,
}

/// An original that is credited by a story's entries and not subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The outlet's name as credited.
    pub name: String,
    /// The original's page, where one was linked.
    pub link: Option<Address>,
}

/// Entries about one event, shown as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Its number.
    pub id: StoryId,
    /// Its global identifier, a `tag:` URI (RFC 4151); minted once, never changes.
    pub uri: String,
    /// The entry that it is shown as.
    pub lead: Entry,
    /// The other entries, by date, the oldest first.
    pub members: Vec<Member>,
    /// The credited original, where that is no member.
    pub credit: Option<Credit>,
    /// When the story was first seen: the time by which windows choose.
    pub opened: Timestamp,
    /// When the lead's text last changed, or another entry took the lead; `opened` at first.
    pub changed: Timestamp,
    /// How many outlets report it independently: copies and credited rewrites don't count.
    pub independent: usize,
}
