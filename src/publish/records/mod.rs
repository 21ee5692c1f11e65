//! Entries, stories and feeds as JSON and CSV: what the command line prints and the API answers.
//!
//! The keys are a contract with programs; domain types are not serialised, so that renaming a
//! field changes nothing here. Moments are RFC 3339 in UTC, absent values null, addresses
//! without a password.

mod csv;
mod decision;
mod feed;
mod highlights;

pub use csv::csv_record;
pub use decision::{CorrectionRecord, DecisionRecord, NearRecord};
pub use feed::{FeedRecord, url_without_password};
pub use highlights::{HighlightsRecord, excerpt};

use super::links::shown;
use super::rfc3339;
use crate::address::Address;
use crate::config::Presentation;
use crate::entry::{Credit, Enclosure, Entry, Member, Story};
use serde::Serialize;

/// An entry as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryRecord {
    /// Its number.
    pub id: i64,
    /// The number of its story.
    pub story: i64,
    /// `lead`, `copy` or `coverage`.
    pub fold: &'static str,
    /// The name of its feed.
    pub feed: String,
    /// The publisher's identifier.
    pub guid: Option<String>,
    /// The article's page.
    pub url: Option<String>,
    /// The headline.
    pub title: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Labels.
    pub categories: Vec<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// When the publisher says it was published; never in the future.
    pub published: Option<String>,
    /// When its text last changed, as seen here or as the publisher says.
    pub updated: Option<String>,
    /// When it was first seen.
    pub first_seen: String,
    /// The short text, as sanitised HTML.
    pub summary: Option<String>,
    /// The full text, as sanitised HTML.
    pub content: Option<String>,
    /// Files.
    pub enclosures: Vec<EnclosureRecord>,
    /// The entry that it is a copy of.
    pub duplicate_of: Option<i64>,
    /// What a search found; absent where nobody searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlights: Option<HighlightsRecord>,
}

/// A file of an entry as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnclosureRecord {
    /// Where it is.
    pub url: String,
    /// Media type, as given.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Size in bytes, as given.
    pub length: Option<u64>,
}

/// A story as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoryRecord {
    /// Its number.
    pub id: i64,
    /// Its global identifier, the one that merged feeds give.
    pub uri: String,
    /// The lead's headline.
    pub title: String,
    /// The lead's page.
    pub url: Option<String>,
    /// The lead's outlet, as a name for people.
    pub outlet: String,
    /// When the lead was published.
    pub published: String,
    /// When the story, as it is shown, last changed.
    pub updated: String,
    /// When it was first seen.
    pub opened: String,
    /// How many outlets report it independently.
    pub independent: usize,
    /// The credited original, where that is no member.
    pub original: Option<OriginalRecord>,
    /// The entry that it is shown as.
    pub lead: EntryRecord,
    /// The other entries, the oldest first.
    pub members: Vec<MemberRecord>,
}

/// A credited original as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OriginalRecord {
    /// The outlet's name as credited.
    pub outlet: String,
    /// The page.
    pub url: Option<String>,
}

/// A member of a story as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberRecord {
    /// The number of the entry.
    pub entry: i64,
    /// `copy` or `coverage`.
    pub fold: &'static str,
    /// The name of its feed.
    pub feed: String,
    /// The outlet's name for people.
    pub outlet: String,
    /// The headline.
    pub title: String,
    /// The page.
    pub url: Option<String>,
    /// When it is dated.
    pub published: String,
    /// The entry that it is a copy of.
    pub duplicate_of: Option<i64>,
    /// Why it is here, in words.
    pub evidence: String,
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        let item = &entry.item;
        let labels = |labels: &[crate::text::Plain]| {
            labels
                .iter()
                .map(|label| label.as_str().to_owned())
                .collect()
        };
        Self {
            id: entry.id.0,
            story: entry.story.0,
            fold: entry.role.word(),
            feed: entry.outlet.name.clone(),
            guid: item.guid.clone(),
            url: address(item.link.as_ref()),
            title: item.title.as_str().to_owned(),
            authors: labels(&item.authors),
            categories: labels(&item.categories),
            language: item.language.clone(),
            published: item
                .published
                .map(|published| rfc3339(published.min(entry.first_seen))),
            updated: entry.revised.or(item.updated).map(rfc3339),
            first_seen: rfc3339(entry.first_seen),
            summary: item.summary.as_ref().map(|html| html.as_str().to_owned()),
            content: item.content.as_ref().map(|html| html.as_str().to_owned()),
            enclosures: item.enclosures.iter().map(EnclosureRecord::from).collect(),
            duplicate_of: entry.copy_of.map(|entry| entry.0),
            highlights: None,
        }
    }
}

impl From<&Enclosure> for EnclosureRecord {
    fn from(enclosure: &Enclosure) -> Self {
        Self {
            url: shown(&enclosure.url).into_owned(),
            media_type: enclosure.media_type.clone(),
            length: enclosure.length,
        }
    }
}

impl From<&Story> for StoryRecord {
    fn from(story: &Story) -> Self {
        let lead = &story.lead;
        Self {
            id: story.id.0,
            uri: story.uri.clone(),
            title: lead.item.title.as_str().to_owned(),
            url: address(lead.item.link.as_ref()),
            outlet: lead.outlet.title.clone(),
            published: rfc3339(lead.dated()),
            updated: rfc3339(super::item::updated(story, Presentation::default())),
            opened: rfc3339(story.opened),
            independent: story.independent,
            original: story.credit.as_ref().map(OriginalRecord::from),
            lead: EntryRecord::from(lead),
            members: story.members.iter().map(MemberRecord::from).collect(),
        }
    }
}

impl From<&Credit> for OriginalRecord {
    fn from(credit: &Credit) -> Self {
        Self {
            outlet: credit.name.clone(),
            url: address(credit.link.as_ref()),
        }
    }
}

impl From<&Member> for MemberRecord {
    fn from(member: &Member) -> Self {
        Self {
            entry: member.entry.0,
            fold: member.role.word(),
            feed: member.outlet.name.clone(),
            outlet: member.outlet.title.clone(),
            title: member.title.as_str().to_owned(),
            url: address(member.link.as_ref()),
            published: rfc3339(member.dated),
            duplicate_of: member.copy_of.map(|entry| entry.0),
            evidence: member.evidence.clone(),
        }
    }
}

fn address(address: Option<&Address>) -> Option<String> {
    address.map(|address| shown(address).into_owned())
}
