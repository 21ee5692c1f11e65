//! Entries, stories and feeds as JSON and CSV: what the command line prints and the API answers.
//!
//! The keys are a contract with programs; domain types are not serialised, so that renaming a
//! field changes nothing here. Moments are RFC 3339 in UTC, absent values null, addresses
//! without a password.

use super::item::shown;
use super::rfc3339;
use crate::address::Address;
use crate::entry::{Credit, Enclosure, Entry, Member, Story};
use crate::feed::{Feed, Origin};
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

/// A feed as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedRecord {
    /// Its short name, which never changes.
    pub name: String,
    /// Where it is fetched from.
    pub url: String,
    /// The outlet's name for people.
    pub title: String,
    /// Labels.
    pub tags: Vec<String>,
    /// `ok`, `error`, `gone`, `disabled` or `new`.
    pub status: &'static str,
    /// The `ETag` as received; bytes that are no ASCII are read as Latin-1.
    pub etag: Option<String>,
    /// The `Last-Modified` as received.
    pub last_modified: Option<String>,
    /// Failed polls in a row.
    pub error_count: u32,
    /// Why the last poll failed.
    pub last_error: Option<String>,
    /// The last poll, good or not.
    pub last_fetch: Option<String>,
    /// The next poll; null only when disabled.
    pub next_due: Option<String>,
    /// Whether it is not polled.
    pub disabled: bool,
    /// `config` or `added`.
    pub origin: &'static str,
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
        }
    }
}

impl EntryRecord {
    /// The names of the fields of [`EntryRecord::csv`].
    pub const CSV_HEADER: [&'static str; 13] = [
        "id",
        "story",
        "fold",
        "feed",
        "title",
        "url",
        "authors",
        "categories",
        "language",
        "published",
        "updated",
        "first_seen",
        "duplicate_of",
    ];

    /// The entry as a record of CSV: everything but the texts and files. Several values in a
    /// field are separated by `; `.
    #[must_use]
    pub fn csv(&self) -> String {
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        csv_record([
            self.id.to_string().as_str(),
            self.story.to_string().as_str(),
            self.fold,
            &self.feed,
            &self.title,
            self.url.as_deref().unwrap_or_default(),
            &self.authors.join("; "),
            &self.categories.join("; "),
            self.language.as_deref().unwrap_or_default(),
            self.published.as_deref().unwrap_or_default(),
            self.updated.as_deref().unwrap_or_default(),
            &self.first_seen,
            &number(self.duplicate_of),
        ])
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
            updated: rfc3339(super::item::updated(story)),
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

impl From<&Feed> for FeedRecord {
    fn from(feed: &Feed) -> Self {
        let subscription = &feed.subscription;
        let health = &feed.health;
        let disabled = !subscription.enabled || health.gone;
        Self {
            name: subscription.name.clone(),
            url: url_without_password(&subscription.url),
            title: feed.outlet().to_owned(),
            tags: subscription.tags.clone(),
            status: if health.gone {
                "gone"
            } else if disabled {
                "disabled"
            } else if health.failures > 0 {
                "error"
            } else if health.last_success.is_none() {
                "new"
            } else {
                "ok"
            },
            etag: feed.validators.etag.as_deref().map(latin1),
            last_modified: feed.validators.last_modified.as_deref().map(latin1),
            error_count: health.failures,
            last_error: health
                .last_error
                .as_ref()
                .map(|fault| fault.sentence.clone()),
            last_fetch: health.last_poll.map(rfc3339),
            next_due: feed.next_due.filter(|_| !disabled).map(rfc3339),
            disabled,
            origin: match subscription.origin {
                Origin::Config => "config",
                Origin::Added => "added",
            },
        }
    }
}

/// Fields as one record of CSV (RFC 4180), without the line's end. Values are kept as they are:
/// a spreadsheet that takes a leading `=` for a formula must be told to import text.
#[must_use]
pub fn csv_record<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (position, field) in fields.into_iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line
}

/// An address as it was written, without user name and password, also where it is no valid
/// address.
#[must_use]
pub fn url_without_password(url: &str) -> String {
    if let Ok(address) = Address::parse(url) {
        let parsed = address.url();
        if parsed.username().is_empty() && parsed.password().is_none() {
            return url.to_owned();
        }
        return address.shown();
    }
    let (scheme, rest) = match url.find("://") {
        Some(position) => url.split_at(position + "://".len()),
        None => ("", url),
    };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

fn address(address: Option<&Address>) -> Option<String> {
    address.map(|address| shown(address).into_owned())
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
