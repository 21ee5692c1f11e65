//! From feed-rs's model to ours: every string cleaned once, every address absolute, nothing made up.

use super::canonical::{EntryExtras, FeedExtras};
use super::problem::{Flaw, Flaws};
use crate::address::Address;
use crate::entry::{Enclosure, Item};
use crate::text::{Plain, plain_from_html};
use feed_rs::model;

/// Longest identifier, in bytes; longer ones are cut.
const MAX_GUID: usize = 4096;

/// Converts one entry; `language` is the feed's.
pub(super) fn item(
    entry: model::Entry,
    extras: EntryExtras,
    language: Option<&str>,
    base: Option<&Address>,
    flaws: &mut Flaws,
) -> Item {
    let mut link = None;
    let mut enclosures = Vec::new();
    for found in &entry.links {
        let url = super::canonical::resolve(&found.href, base);
        let file = match found.rel.as_deref() {
            Some(rel) => rel == "enclosure",
            // JSON Feed: what has a media type is an attachment.
            None => found.media_type.is_some(),
        };
        match url {
            None => flaws.note(Flaw::BadAddress),
            Some(url) if file => enclosures.push(Enclosure {
                url,
                media_type: found
                    .media_type
                    .as_deref()
                    .map(|t| Plain::new(t).as_str().to_owned())
                    .filter(|t| !t.is_empty()),
                length: found.length,
            }),
            Some(url) => {
                link.get_or_insert(url);
            }
        }
    }
    if extras.stated_published && entry.published.is_none()
        || extras.stated_updated && entry.updated.is_none()
    {
        flaws.note(Flaw::BadDate);
    }
    Item {
        guid: guid(&entry.id),
        link,
        title: entry.title.as_ref().map(title).unwrap_or_default(),
        authors: names(entry.authors),
        published: entry.published,
        updated: entry.updated,
        summary: extras.summary,
        content: extras.content,
        categories: labels(entry.categories),
        enclosures,
        comments: extras.comments,
        thumbnail: extras.thumbnail,
        language: extras.language.or_else(|| language.map(str::to_owned)),
        source: extras.source,
        original: extras.original,
    }
}

/// The language that the document itself names.
pub(super) fn language_of(feed: &model::Feed, extras: &FeedExtras) -> Option<String> {
    extras.language.clone().or_else(|| {
        feed.language
            .as_deref()
            .and_then(super::canonical::language)
    })
}

/// A headline: HTML is taken out where there is any, text is left alone where it says so.
pub(super) fn title(text: &model::Text) -> Plain {
    if is_html(&text.content_type) {
        plain_from_html(&text.content)
    } else {
        Plain::new(&text.content)
    }
}

fn is_html(media_type: &impl std::fmt::Display) -> bool {
    media_type.to_string().starts_with("text/html")
}

fn guid(id: &str) -> Option<String> {
    let id = crate::text::without_controls(id);
    let id = crate::text::cut_at_character(id.trim(), MAX_GUID);
    (!id.is_empty()).then(|| id.to_owned())
}

/// Names; an e-mail address stands in where there is no name.
fn names(people: Vec<model::Person>) -> Vec<Plain> {
    let mut names: Vec<Plain> = Vec::new();
    for person in people {
        let name = person
            .name
            .filter(|name| !name.trim().is_empty())
            .or(person.email)
            .map(|name| plain_from_html(&name))
            .unwrap_or_default();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn labels(categories: Vec<model::Category>) -> Vec<Plain> {
    let mut labels: Vec<Plain> = Vec::new();
    for category in categories {
        let label = category
            .label
            .filter(|label| !label.trim().is_empty())
            .unwrap_or(category.term);
        let label = plain_from_html(&label);
        if !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}
