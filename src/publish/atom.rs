//! Atom 1.0 (RFC 4287).

use super::item::FeedItem;
use super::links::{media_type, uri, uri_text};
use super::xml::Xml;
use super::{Channel, GENERATOR, HISTORY, VERSION, rfc3339};
use crate::entry::Story;

/// The channel as an Atom document.
#[must_use]
pub fn atom(channel: &Channel) -> Vec<u8> {
    let mut xml = begin(channel);
    for story in &channel.stories {
        entry(&mut xml, story, channel);
    }
    xml.finish()
}

/// The document up to its first entry.
pub(super) fn begin(channel: &Channel) -> Xml {
    let mut xml = Xml::new(channel.stylesheet.as_deref());
    xml.open(
        "feed",
        &[
            ("xmlns", "http://www.w3.org/2005/Atom"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ("xmlns:fh", HISTORY),
            ("xmlns:media", "http://search.yahoo.com/mrss/"),
        ],
    );
    xml.text("id", &channel.id);
    xml.text("title", &channel.title);
    if let Some(subtitle) = &channel.subtitle {
        xml.text("subtitle", subtitle);
    }
    xml.text("updated", &rfc3339(channel.updated));
    xml.text_with("generator", &[("version", VERSION)], GENERATOR);
    let links = [
        ("alternate", Some(&channel.home), "text/html"),
        ("self", Some(&channel.self_url), "application/atom+xml"),
        ("next", channel.next.as_ref(), "application/atom+xml"),
        (
            "prev-archive",
            channel.earlier.as_ref(),
            "application/atom+xml",
        ),
        (
            "current",
            channel.archive_of.as_ref(),
            "application/atom+xml",
        ),
    ];
    for (relation, address, media) in links {
        if let Some(address) = address {
            xml.empty(
                "link",
                &[("rel", relation), ("type", media), ("href", address)],
            );
        }
    }
    if channel.archive_of.is_some() {
        xml.empty("fh:archive", &[]);
    }
    if let Some(hub) = &channel.hub {
        xml.empty("link", &[("rel", "hub"), ("href", hub)]);
    }
    xml
}

/// Writes a story.
pub(super) fn entry(xml: &mut Xml, story: &Story, channel: &Channel) {
    let shape = FeedItem::of(story, &channel.stories_at, channel.presentation);
    let item = &story.lead.item;
    match shape.language.as_deref() {
        Some(language) => xml.open("entry", &[("xml:lang", language)]),
        None => xml.open("entry", &[]),
    }
    xml.text("id", shape.id);
    xml.text("title", &shape.title);
    xml.empty(
        "link",
        &[
            ("rel", "alternate"),
            ("type", "text/html"),
            ("href", &shape.url),
        ],
    );
    for related in &shape.related {
        let relation = match related.role {
            Some(_) => "related",
            None => "via",
        };
        let title = match related.title.as_str() {
            "" => related.outlet.clone(),
            title => format!("{}: {title}", related.outlet),
        };
        xml.empty(
            "link",
            &[("rel", relation), ("title", &title), ("href", &related.url)],
        );
    }
    if let Some(comments) = &item.comments {
        xml.empty(
            "link",
            &[
                ("rel", "replies"),
                ("type", "text/html"),
                ("href", &uri(comments)),
            ],
        );
    }
    for enclosure in &item.enclosures {
        let length = enclosure.length.map(|length| length.to_string());
        let url = uri(&enclosure.url);
        let mut attributes = vec![
            ("rel", "enclosure"),
            ("type", media_type(enclosure)),
            ("href", url.as_ref()),
        ];
        if let Some(length) = &length {
            attributes.push(("length", length));
        }
        xml.empty("link", &attributes);
    }
    xml.text("published", &rfc3339(shape.published));
    xml.text("updated", &rfc3339(shape.updated));
    for author in &shape.authors {
        xml.open("author", &[]);
        xml.text("name", author);
        xml.close();
    }
    for category in item.categories.iter().filter(|label| !label.is_empty()) {
        xml.empty("category", &[("term", category.as_str())]);
    }
    // The publisher's own identifier: it may collide with another publisher's.
    if let Some(guid) = &item.guid {
        xml.text("dc:identifier", guid);
    }
    if let Some(thumbnail) = &item.thumbnail {
        xml.empty("media:thumbnail", &[("url", &uri(thumbnail))]);
    }
    source(xml, &shape);
    if let Some(summary) = shape.summary {
        xml.text_with("summary", &[("type", "html")], summary.as_str());
    }
    xml.text_with("content", &[("type", "html")], &shape.body);
    xml.close();
}

/// Where the entry comes from (section 4.2.11). Its own feed's address serves as identifier, and
/// the entry's date as the date of the feed as it was when the entry was taken.
fn source(xml: &mut Xml, shape: &FeedItem<'_>) {
    let outlet = shape.outlet;
    xml.open("source", &[]);
    let url = uri_text(&outlet.url);
    xml.text("id", &url);
    xml.text("title", &outlet.title);
    xml.text("updated", &rfc3339(shape.updated));
    xml.empty("link", &[("rel", "self"), ("href", &url)]);
    if let Some(site) = &outlet.site {
        xml.empty(
            "link",
            &[
                ("rel", "alternate"),
                ("type", "text/html"),
                ("href", &uri(site)),
            ],
        );
    }
    xml.open("author", &[]);
    xml.text("name", &outlet.title);
    xml.close();
    xml.close();
}
