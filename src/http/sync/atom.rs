//! A stream as Atom, the form that the Google Reader protocol had first: newsboat reads it. Ids and
//! states are those of the JSON form; a state is a category of the protocol's own scheme.

use super::items::{Item, Items};
use crate::feed::Timestamp;
use crate::publish::{Xml, rfc3339};

/// The scheme of categories that are states.
const STATES: &str = "http://www.google.com/reader/";
/// The namespace of what Atom has no element for.
const READER: &str = "http://www.google.com/schemas/reader/atom/";

/// The items as an Atom document (RFC 4287).
pub(super) fn document(stream: &Items) -> Vec<u8> {
    let mut xml = Xml::new(None);
    xml.open(
        "feed",
        &[
            ("xmlns", "http://www.w3.org/2005/Atom"),
            ("xmlns:gr", READER),
        ],
    );
    xml.text("id", &format!("tag:google.com,2005:reader/{}", stream.id));
    xml.text("title", &stream.title);
    xml.text("updated", &moment(stream.updated));
    if let Some(next) = &stream.continuation {
        xml.text("gr:continuation", next);
    }
    for item in &stream.items {
        entry(&mut xml, item);
    }
    xml.finish()
}

fn entry(xml: &mut Xml, item: &Item) {
    xml.open(
        "entry",
        &[("gr:crawl-timestamp-msec", &item.crawl_time_msec)],
    );
    xml.text("id", &item.id);
    for name in &item.categories {
        let label = name.rsplit('/').next().unwrap_or(name);
        xml.empty(
            "category",
            &[("term", name), ("scheme", STATES), ("label", label)],
        );
    }
    xml.text("title", &item.title);
    xml.text("published", &moment(item.published));
    xml.text("updated", &moment(item.updated));
    for page in &item.alternate {
        let kind = page.kind.as_deref().unwrap_or("text/html");
        xml.empty(
            "link",
            &[("rel", "alternate"), ("type", kind), ("href", &page.href)],
        );
    }
    for file in &item.enclosure {
        let length = file.length.map(|length| length.to_string());
        let mut attributes = vec![("rel", "enclosure"), ("href", file.href.as_str())];
        attributes.extend(file.kind.as_deref().map(|kind| ("type", kind)));
        attributes.extend(length.as_deref().map(|length| ("length", length)));
        xml.empty("link", &attributes);
    }
    xml.open("author", &[]);
    let author = if item.author.is_empty() {
        &item.origin.title
    } else {
        &item.author
    };
    xml.text("name", author);
    xml.close();
    xml.text_with("content", &[("type", "html")], &item.summary.content);
    xml.open("source", &[("gr:stream-id", &item.origin.stream_id)]);
    xml.text(
        "id",
        &format!("tag:google.com,2005:reader/{}", item.origin.stream_id),
    );
    xml.text("title", &item.origin.title);
    if !item.origin.html_url.is_empty() {
        xml.empty(
            "link",
            &[("rel", "alternate"), ("href", &item.origin.html_url)],
        );
    }
    xml.close();
    xml.close();
}

fn moment(seconds: i64) -> String {
    rfc3339(Timestamp::from_timestamp(seconds, 0).unwrap_or_default())
}
