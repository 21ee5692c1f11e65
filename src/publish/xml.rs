//! A small writer of well-formed XML 1.0, on quick-xml.

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesPI, BytesStart, BytesText, Event};
use std::borrow::Cow;

/// Attributes of an element, name and value.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document that is being written.
pub(crate) struct Xml {
    writer: Writer<Vec<u8>>,
    open: Vec<&'static str>,
}

impl Xml {
    /// Begins a document in UTF-8, with the address of a stylesheet (CSS) for browsers.
    pub(crate) fn new(stylesheet: Option<&str>) -> Self {
        let mut xml = Self {
            writer: Writer::new_with_indent(Vec::with_capacity(64 * 1024), b' ', 1),
            open: Vec::new(),
        };
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        if let Some(address) = stylesheet {
            let address = partial_escape(legal(address)).replace('"', "%22");
            let instruction = format!("xml-stylesheet type=\"text/css\" href=\"{address}\"");
            xml.write(Event::PI(BytesPI::new(instruction)));
        }
        xml
    }

    /// Opens an element; [`Xml::close`] ends it.
    pub(crate) fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.write(Event::Start(start(name, attributes)));
        self.open.push(name);
    }

    /// Ends the element that was opened last.
    pub(crate) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.write(Event::End(BytesEnd::new(name)));
        }
    }

    /// Writes an element that holds `text`, escaped once.
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.text_with(name, &[], text);
    }

    /// Writes an element with attributes that holds `text`, escaped once.
    pub(crate) fn text_with(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.write(Event::Start(start(name, attributes)));
        self.write(Event::Text(BytesText::from_escaped(partial_escape(legal(
            text,
        )))));
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// Writes an element without content.
    pub(crate) fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.write(Event::Empty(start(name, attributes)));
    }

    /// Gives the bytes that were written since they were given last.
    pub(super) fn written(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.get_mut())
    }

    /// Ends what is open and gives the bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        let mut bytes = self.writer.into_inner();
        bytes.push(b'\n');
        bytes
    }

    fn write(&mut self, event: Event<'_>) {
        // Writing to a vector cannot fail.
        let _ = self.writer.write_event(event);
    }
}

fn start<'a>(name: &'static str, attributes: Attributes<'a>) -> BytesStart<'a> {
    let mut element = BytesStart::new(name);
    for (key, value) in attributes {
        element.push_attribute((*key, legal(value).as_ref()));
    }
    element
}

/// `text` without the characters that XML 1.0 forbids (section 2.2), which no escape makes legal,
/// and without the controls that it discourages.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_legal) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| is_legal(*c)).collect())
}

fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7E}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
