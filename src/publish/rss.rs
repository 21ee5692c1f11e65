//! RSS 2.0 with the content, dc, media and atom namespaces.

use super::item::FeedItem;
use super::links::{media_type, uri, uri_text};
use super::xml::Xml;
use super::{Channel, GENERATOR, HISTORY, VERSION, rfc822};
use crate::entry::{Enclosure, Story};

/// The channel as an RSS document.
#[must_use]
pub fn rss(channel: &Channel) -> Vec<u8> {
    let mut xml = begin(channel);
    for story in &channel.stories {
        item(&mut xml, story, channel);
    }
    xml.finish()
}

/// The document up to its first item.
pub(super) fn begin(channel: &Channel) -> Xml {
    let mut xml = Xml::new(channel.stylesheet.as_deref());
    xml.open(
        "rss",
        &[
            ("version", "2.0"),
            ("xmlns:atom", "http://www.w3.org/2005/Atom"),
            ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ("xmlns:fh", HISTORY),
            ("xmlns:media", "http://search.yahoo.com/mrss/"),
        ],
    );
    xml.open("channel", &[]);
    xml.text("title", &channel.title);
    xml.text("link", &channel.home);
    xml.text(
        "description",
        channel.subtitle.as_deref().unwrap_or(&channel.title),
    );
    let links = [
        ("self", Some(&channel.self_url)),
        ("next", channel.next.as_ref()),
        ("prev-archive", channel.earlier.as_ref()),
        ("current", channel.archive_of.as_ref()),
    ];
    for (relation, address) in links {
        if let Some(address) = address {
            xml.empty(
                "atom:link",
                &[
                    ("rel", relation),
                    ("type", "application/rss+xml"),
                    ("href", address),
                ],
            );
        }
    }
    if channel.archive_of.is_some() {
        xml.empty("fh:archive", &[]);
    }
    if let Some(hub) = &channel.hub {
        xml.empty("atom:link", &[("rel", "hub"), ("href", hub)]);
    }
    if let Some(language) = channel.language() {
        xml.text("language", &language);
    }
    xml.text("lastBuildDate", &rfc822(channel.updated));
    xml.text("generator", &format!("{GENERATOR} {VERSION}"));
    xml
}

/// Writes a story.
pub(super) fn item(xml: &mut Xml, story: &Story, channel: &Channel) {
    let shape = FeedItem::of(story, &channel.stories_at, channel.presentation);
    let item = &story.lead.item;
    match shape.language.as_deref() {
        Some(language) => xml.open("item", &[("xml:lang", language)]),
        None => xml.open("item", &[]),
    }
    xml.text("title", &shape.title);
    xml.text("link", &shape.url);
    xml.text_with("guid", &[("isPermaLink", "false")], shape.id);
    xml.text("pubDate", &rfc822(shape.published));
    for author in &shape.authors {
        xml.text("dc:creator", author);
    }
    for category in item.categories.iter().filter(|label| !label.is_empty()) {
        xml.text("category", category.as_str());
    }
    if let Some(comments) = &item.comments {
        xml.text("comments", &uri(comments));
    }
    files(xml, &item.enclosures);
    // The publisher's own identifier: it may collide with another publisher's.
    if let Some(guid) = &item.guid {
        xml.text("dc:identifier", guid);
    }
    if let Some(thumbnail) = &item.thumbnail {
        xml.empty("media:thumbnail", &[("url", &uri(thumbnail))]);
    }
    if shape.updated > shape.published {
        xml.text("atom:updated", &super::rfc3339(shape.updated));
    }
    for related in &shape.related {
        let relation = match related.role {
            Some(_) => "related",
            None => "via",
        };
        xml.empty(
            "atom:link",
            &[
                ("rel", relation),
                ("title", &related.outlet),
                ("href", &related.url),
            ],
        );
    }
    // The element may stand once, and names the feed, not the page.
    xml.text_with(
        "source",
        &[("url", &uri_text(&shape.outlet.url))],
        &shape.outlet.title,
    );
    // Readers that take the first text they find must find the short one first.
    xml.text(
        "description",
        &shape.description(story, channel.presentation),
    );
    xml.text("content:encoded", &shape.body);
    xml.close();
}

/// The first file as `enclosure`, which may stand once, the others as `media:content`.
fn files(xml: &mut Xml, enclosures: &[Enclosure]) {
    // An enclosure needs a length; podcast players prefer sound and film to pictures.
    let is_podcast = |enclosure: &&Enclosure| {
        let media = media_type(enclosure);
        media.starts_with("audio/") || media.starts_with("video/")
    };
    let first = enclosures.iter().find(is_podcast).or(enclosures.first());
    if let Some(first) = first {
        xml.empty(
            "enclosure",
            &[
                ("url", &uri(&first.url)),
                ("length", &first.length.unwrap_or(0).to_string()),
                ("type", media_type(first)),
            ],
        );
    }
    for other in enclosures {
        if first.is_some_and(|first| std::ptr::eq(first, other)) {
            continue;
        }
        let known = other.length.filter(|length| *length > 0);
        let length = known.map(|length| length.to_string());
        let url = uri(&other.url);
        let mut attributes = vec![("url", url.as_ref()), ("type", media_type(other))];
        if let Some(length) = &length {
            attributes.push(("fileSize", length));
        }
        xml.empty("media:content", &attributes);
    }
}
