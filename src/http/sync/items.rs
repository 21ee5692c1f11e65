//! An item as the Google Reader protocol writes it.

use super::identifiers::{label, long, state};
use crate::config::Presentation;
use crate::entry::Story;
use crate::feed::Feed;
use crate::publish::FeedItem;
use crate::reading::{ReadState, Reading, Target};
use serde::Serialize;

/// Items of a stream.
#[derive(Serialize)]
pub(super) struct Items {
    pub(super) direction: &'static str,
    pub(super) id: String,
    pub(super) title: String,
    /// In seconds; a number.
    pub(super) updated: i64,
    pub(super) items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) continuation: Option<String>,
}

/// A link.
#[derive(Serialize)]
pub(super) struct Link {
    pub(super) href: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
}

/// A text in HTML.
#[derive(Serialize)]
pub(super) struct Text {
    direction: &'static str,
    pub(super) content: String,
}

/// The feed of an item.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Origin {
    pub(super) stream_id: String,
    pub(super) title: String,
    pub(super) html_url: String,
}

/// An item: a story, or an entry that stands as one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) crawl_time_msec: String,
    timestamp_usec: String,
    pub(super) published: i64,
    pub(super) updated: i64,
    pub(super) title: String,
    canonical: Vec<Link>,
    pub(super) alternate: Vec<Link>,
    pub(super) categories: Vec<String>,
    pub(super) origin: Origin,
    pub(super) summary: Text,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) author: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) enclosure: Vec<Link>,
}

impl Item {
    /// The item of a story; `feed` is its lead's.
    pub(super) fn of(
        target: Target,
        story: &Story,
        reading: Reading,
        feed: Option<&Feed>,
        stories_at: &str,
    ) -> Self {
        let shown = FeedItem::of(story, stories_at, Presentation::default());
        let lead = &story.lead;
        let seen = match target {
            Target::Story(_) => story.opened,
            Target::Entry(_) => lead.first_seen,
        };
        let url = shown.url.to_string();
        let outlet = &lead.outlet;
        Self {
            id: long(target),
            crawl_time_msec: seen.timestamp_millis().to_string(),
            timestamp_usec: seen.timestamp_micros().to_string(),
            published: shown.published.timestamp(),
            updated: shown.updated.timestamp(),
            canonical: vec![link(url.clone(), None)],
            alternate: vec![link(url, Some("text/html"))],
            categories: categories(reading, feed),
            origin: Origin {
                stream_id: format!("feed/{}", outlet.feed.0),
                title: outlet.title.clone(),
                html_url: site(outlet.site.as_ref()),
            },
            author: shown.authors.join(", "),
            enclosure: lead
                .item
                .enclosures
                .iter()
                .map(|file| Link {
                    href: file.url.shown(),
                    kind: file.media_type.clone(),
                    length: file.length,
                })
                .collect(),
            title: shown.title.into_owned(),
            summary: Text {
                direction: "ltr",
                content: shown.body,
            },
        }
    }
}

fn link(href: String, kind: Option<&str>) -> Link {
    Link {
        href,
        kind: kind.map(str::to_owned),
        length: None,
    }
}

/// A feed's page, or nothing.
pub(super) fn site(site: Option<&crate::address::Address>) -> String {
    site.map(|site| site.shown()).unwrap_or_default()
}

fn categories(reading: Reading, feed: Option<&Feed>) -> Vec<String> {
    let mut categories = vec![state("reading-list")];
    match reading.read {
        ReadState::Unread => {}
        ReadState::Read => categories.push(state("read")),
        ReadState::KeptUnread => categories.push(state("kept-unread")),
    }
    if reading.starred {
        categories.push(state("starred"));
    }
    let tags = feed.into_iter().flat_map(|feed| &feed.subscription.tags);
    categories.extend(tags.map(|tag| label(tag)));
    categories
}
