//! The JSON of `feedfold parse --json`. Other programs rely on its shape.

use super::Parsed;
use crate::address::Address;
use crate::entry::{Enclosure, Item};
use crate::feed::Timestamp;
use crate::text::{Plain, SafeHtml};
use chrono::SecondsFormat;
use serde::Serialize;

/// A parsed document, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sheet {
    /// `rss-2.0`, `atom-1.0`, `rss-1.0`, `json-feed-1.1` and their like.
    pub format: String,
    /// The feed's title.
    pub title: Option<String>,
    /// The page that it belongs to.
    pub link: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// When it was last changed, RFC 3339 in UTC.
    pub updated: Option<String>,
    /// How long it may be kept, in minutes.
    pub ttl_minutes: Option<u64>,
    /// Its entries, in the document's order.
    pub entries: Vec<SheetEntry>,
    /// What was repaired, in words.
    pub problems: Vec<String>,
}

/// An entry of a [`Sheet`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SheetEntry {
    /// The guid as given.
    pub id: Option<String>,
    /// The headline, plain text.
    pub title: Option<String>,
    /// The article's page.
    pub link: Option<String>,
    /// The short text, sanitised HTML.
    pub summary: Option<String>,
    /// The full text, sanitised HTML.
    pub content: Option<String>,
    /// Names.
    pub authors: Vec<String>,
    /// Labels.
    pub categories: Vec<String>,
    /// RFC 3339 in UTC.
    pub published: Option<String>,
    /// RFC 3339 in UTC.
    pub updated: Option<String>,
    /// Files.
    pub enclosures: Vec<SheetEnclosure>,
    /// The page of comments.
    pub comments: Option<String>,
}

/// A file of a [`SheetEntry`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SheetEnclosure {
    /// Where it is.
    pub url: String,
    /// Media type.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Size in bytes.
    pub length: Option<u64>,
}

impl From<&Parsed> for Sheet {
    fn from(parsed: &Parsed) -> Self {
        Self {
            format: parsed.format.clone(),
            title: plain(&parsed.title),
            link: parsed.site.as_ref().map(Address::shown),
            description: parsed.description.as_ref().and_then(plain),
            language: parsed.language.clone(),
            updated: parsed.updated.as_ref().map(time),
            ttl_minutes: parsed.pace.ttl.map(|ttl| ttl.as_secs() / 60),
            entries: parsed.items.iter().map(SheetEntry::from).collect(),
            problems: parsed
                .problems
                .iter()
                .map(|problem| problem.sentence.clone())
                .collect(),
        }
    }
}

impl From<&Item> for SheetEntry {
    fn from(item: &Item) -> Self {
        let html = |html: &Option<SafeHtml>| html.as_ref().map(|html| html.as_str().to_owned());
        let texts = |texts: &[Plain]| texts.iter().map(|t| t.as_str().to_owned()).collect();
        Self {
            id: item.guid.clone(),
            title: plain(&item.title),
            link: item.link.as_ref().map(Address::shown),
            summary: html(&item.summary),
            content: html(&item.content),
            authors: texts(&item.authors),
            categories: texts(&item.categories),
            published: item.published.as_ref().map(time),
            updated: item.updated.as_ref().map(time),
            enclosures: item.enclosures.iter().map(SheetEnclosure::from).collect(),
            comments: item.comments.as_ref().map(Address::shown),
        }
    }
}

impl From<&Enclosure> for SheetEnclosure {
    fn from(enclosure: &Enclosure) -> Self {
        Self {
            url: enclosure.url.shown(),
            media_type: enclosure.media_type.clone(),
            length: enclosure.length,
        }
    }
}

fn plain(text: &Plain) -> Option<String> {
    (!text.is_empty()).then(|| text.as_str().to_owned())
}

fn time(time: &Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
