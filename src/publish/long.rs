//! Documents of any length, written as their stories are read.

use super::xml::Xml;
use super::{Channel, atom, json_feed, rss};
use crate::entry::Story;

/// A format of merged feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Atom 1.0.
    Atom,
    /// RSS 2.0.
    Rss,
    /// JSON Feed 1.1.
    Json,
}

/// A document that is being written: its beginning, then stories a few at a time, then its end.
pub struct LongDocument<'a> {
    channel: &'a Channel,
    body: Body,
}

enum Body {
    Xml(Xml, fn(&mut Xml, &Story, &Channel)),
    Json { bytes: Vec<u8>, is_first: bool },
}

impl<'a> LongDocument<'a> {
    /// Begins a document; stories of the channel itself are not written.
    #[must_use]
    pub fn begin(channel: &'a Channel, format: Format) -> Self {
        let body = match format {
            Format::Atom => Body::Xml(atom::begin(channel), atom::entry),
            Format::Rss => Body::Xml(rss::begin(channel), rss::item),
            Format::Json => Body::Json {
                bytes: json_feed::begin(channel),
                is_first: true,
            },
        };
        Self { channel, body }
    }

    /// Writes some stories, and gives the bytes that are new.
    pub fn add(&mut self, stories: &[Story]) -> Vec<u8> {
        match &mut self.body {
            Body::Xml(xml, write) => {
                for story in stories {
                    write(xml, story, self.channel);
                }
                xml.written()
            }
            Body::Json { bytes, is_first } => {
                for story in stories {
                    let is_first = std::mem::take(is_first);
                    json_feed::write_item(bytes, story, self.channel, is_first);
                }
                std::mem::take(bytes)
            }
        }
    }

    /// Ends the document, and gives the bytes that are new.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        match self.body {
            Body::Xml(xml, _) => xml.finish(),
            Body::Json { mut bytes, .. } => {
                json_feed::end(&mut bytes);
                bytes
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{channel, story};
    use super::super::{atom as whole_atom, json_feed as whole_json, rss as whole_rss};
    use super::*;

    #[test]
    fn written_in_parts_a_document_is_the_same() {
        let titles = ["Ships & boats", "Tides", "Lamps"];
        let whole = channel(titles.map(|title| story(title, "<p>Text.</p>")).into());
        for (format, expected) in [
            (Format::Atom, whole_atom(&whole)),
            (Format::Rss, whole_rss(&whole)),
            (Format::Json, whole_json(&whole)),
        ] {
            let mut document = LongDocument::begin(&whole, format);
            let mut bytes = Vec::new();
            for story in &whole.stories {
                bytes.extend(document.add(std::slice::from_ref(story)));
            }
            bytes.extend(document.end());
            assert_eq!(
                String::from_utf8(bytes).unwrap(),
                String::from_utf8(expected).unwrap(),
                "{format:?}"
            );
        }
    }
}
