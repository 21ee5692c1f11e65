//! Writes the Atom document that feed-rs reads: always well-formed, nothing but what is known.

/// Longest text of one field, in bytes.
pub(crate) const MAX_TEXT: usize = 2 * 1024 * 1024;

/// An Atom document in the making.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    /// How many texts were too long.
    pub(super) cut: u32,
}

impl Writer {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
            cut: 0,
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Opens an element without attributes.
    pub(super) fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Opens the document's element.
    pub(super) fn open_feed(&mut self) {
        self.out
            .push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\">");
    }

    pub(super) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.element(name, &[], Some(text));
    }

    /// An element with attributes, and text if there is any.
    pub(super) fn element(&mut self, name: &str, attributes: &[(&str, &str)], text: Option<&str>) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
        match text {
            None => self.out.push_str("/>"),
            Some(text) => {
                self.out.push('>');
                self.cut += u32::from(text.len() > MAX_TEXT);
                escape(crate::text::cut_at_character(text, MAX_TEXT), &mut self.out);
                self.close(name);
            }
        }
    }
}

/// Appends `text` so that it is text in XML and HTML, in attributes too. C1 controls that mean
/// nothing are left out.
pub(crate) fn escape(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, b) in text.bytes().enumerate() {
        let (reference, length) = match b {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'"' => ("&quot;", 1),
            b'\r' => ("&#13;", 1),
            // U+0080 to U+009F.
            0xC2 if bytes[at + 1] < 0xA0 => ("", 2),
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(reference);
        from = at + length;
    }
    out.push_str(&text[from..]);
}
