//! JSON Feed 1.1, with an extension that tells the sources of a story.

use super::item::FeedItem;
use super::links::{media_type, shown};
use super::{Channel, rfc3339};
use crate::entry::Story;
use serde::Serialize;
use std::borrow::Cow;

/// The channel as a JSON Feed document.
#[must_use]
pub fn json_feed(channel: &Channel) -> Vec<u8> {
    let mut bytes = begin(channel);
    for (place, story) in channel.stories.iter().enumerate() {
        write_item(&mut bytes, story, channel, place == 0);
    }
    end(&mut bytes);
    bytes
}

/// What stands behind the items.
const END: &[u8] = b"]}";

/// Ends the document.
pub(super) fn end(bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(END);
    bytes.push(b'\n');
}

/// Writes a story.
pub(super) fn write_item(bytes: &mut Vec<u8>, story: &Story, channel: &Channel, is_first: bool) {
    if !is_first {
        bytes.push(b',');
    }
    // Only maps with keys that are no strings and failing writers make this fail.
    let _ = serde_json::to_writer(bytes, &item(story, channel));
}

/// The document up to its first item.
pub(super) fn begin(channel: &Channel) -> Vec<u8> {
    let document = Document {
        version: "https://jsonfeed.org/version/1.1",
        title: &channel.title,
        home_page_url: &channel.home,
        feed_url: &channel.self_url,
        description: channel.subtitle.as_deref(),
        // The format knows pages only: an archive goes on in the one before.
        next_url: match channel.archive_of {
            Some(_) => channel.earlier.as_deref(),
            None => channel.next.as_deref(),
        },
        language: channel.language(),
        hubs: channel
            .hub
            .iter()
            .map(|url| Hub {
                kind: "WebSub",
                url,
            })
            .collect(),
        feedfold: ChannelExtension {
            id: &channel.id,
            updated: rfc3339(channel.updated),
        },
        items: [],
    };
    // Only maps with keys that are no strings and failing writers make this fail.
    let mut bytes = serde_json::to_vec(&document).unwrap_or_default();
    // The list of items is the last, and stays open.
    bytes.truncate(bytes.len().saturating_sub(END.len()));
    bytes
}

fn item<'a>(story: &'a Story, channel: &Channel) -> Item<'a> {
    let shape = FeedItem::of(story, &channel.stories_at, channel.presentation);
    let lead = &story.lead;
    Item {
        id: shape.id,
        url: shape.url.clone(),
        title: shape.title.clone(),
        summary: shape
            .summary
            .map(|summary| super::item::excerpt(summary, 1000))
            .filter(|summary| !summary.is_empty()),
        image: lead.item.thumbnail.as_ref().map(shown),
        date_published: rfc3339(shape.published),
        date_modified: (shape.updated > shape.published).then(|| rfc3339(shape.updated)),
        authors: shape.authors.iter().map(|name| Author { name }).collect(),
        tags: lead
            .item
            .categories
            .iter()
            .map(|label| label.as_str())
            .filter(|label| !label.is_empty())
            .collect(),
        language: shape.language,
        attachments: lead
            .item
            .enclosures
            .iter()
            .map(|enclosure| Attachment {
                url: shown(&enclosure.url),
                mime_type: media_type(enclosure).to_owned(),
                size_in_bytes: enclosure.length,
            })
            .collect(),
        feedfold: ItemExtension {
            outlet: &lead.outlet.title,
            feed: &lead.outlet.url,
            site: lead.outlet.site.as_ref().map(shown),
            guid: lead.item.guid.as_deref(),
            independent: story.independent,
            original: story.credit.as_ref().map(|credit| Original {
                outlet: &credit.name,
                url: credit.link.as_ref().map(shown),
            }),
            sources: story
                .members
                .iter()
                .map(|member| Source {
                    outlet: &member.outlet.title,
                    feed: &member.outlet.url,
                    title: member.title.as_str(),
                    url: member.link.as_ref().map(shown),
                    role: member.role.word(),
                    published: rfc3339(member.dated),
                    evidence: &member.evidence,
                })
                .collect(),
        },
        content_html: shape.body,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<Hub<'a>>,
    #[serde(rename = "_feedfold")]
    feedfold: ChannelExtension<'a>,
    items: [(); 0],
}

#[derive(Serialize)]
struct Hub<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct ChannelExtension<'a> {
    id: &'a str,
    updated: String,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    url: Cow<'a, str>,
    title: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    content_html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Cow<'a, str>>,
    date_published: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_feedfold")]
    feedfold: ItemExtension<'a>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: Cow<'a, str>,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
}

#[derive(Serialize)]
struct ItemExtension<'a> {
    outlet: &'a str,
    feed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<&'a str>,
    independent: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<Original<'a>>,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Original<'a> {
    outlet: &'a str,
    url: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Source<'a> {
    outlet: &'a str,
    feed: &'a str,
    title: &'a str,
    url: Option<Cow<'a, str>>,
    role: &'static str,
    published: String,
    evidence: &'a str,
}
