//! Attributes, quoted or not, balanced or not.

use super::reader::Reader;
use super::{Attribute, MAX_ATTRIBUTES, MAX_VALUE};
use crate::parse::problem::Flaw;

impl Reader<'_> {
    /// Reads attributes from `at`; gives the byte behind the tag, whether the tag has an end, and
    /// whether it closes itself.
    pub(super) fn attributes(&mut self, mut at: usize, first: usize) -> (usize, bool, bool) {
        let text = self.text;
        let bytes = text.as_bytes();
        loop {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            match bytes.get(at) {
                None => return (bytes.len(), false, false),
                Some(b'>') => return (at + 1, true, false),
                Some(b'<') => {
                    // The tag was never ended: what follows is the next one.
                    self.tree.flaws.note_at(Flaw::BadAttribute, at);
                    return (at, true, false);
                }
                Some(b'/') if bytes.get(at + 1) == Some(&b'>') => return (at + 2, true, true),
                Some(b'/' | b'?' | b'"' | b'\'' | b'=') => {
                    at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let name_from = at;
            while bytes.get(at).is_some_and(|b| {
                !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'<' | b'/' | b'"' | b'\'')
            }) {
                at += 1;
            }
            let name = &text[name_from..at];
            let mut sign = at;
            while bytes.get(sign).is_some_and(u8::is_ascii_whitespace) {
                sign += 1;
            }
            let (from, to) = if bytes.get(sign) == Some(&b'=') {
                at = sign + 1;
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                let (from, to, next) = self.value(at);
                at = next;
                (from, to)
            } else {
                // A name alone, as HTML has them.
                (at, at)
            };
            if self.tree.attributes.len() - first >= MAX_ATTRIBUTES {
                self.tree.flaws.note_at(Flaw::TooManyAttributes, name_from);
                continue;
            }
            let mut raw = &text[from..to];
            if raw.len() > MAX_VALUE {
                self.tree.flaws.note_at(Flaw::LongAttribute, from);
                raw = crate::text::cut_at_character(raw, MAX_VALUE);
            }
            let value = self.references.resolve(raw, from, &mut self.tree.flaws);
            self.tree.attributes.push(Attribute { name, value });
        }
    }

    /// The value at `at`: from, to, and the byte behind it.
    fn value(&mut self, at: usize) -> (usize, usize, usize) {
        let bytes = self.text.as_bytes();
        if let Some(quote @ (b'"' | b'\'')) = bytes.get(at).copied() {
            let missing = &mut self.no_quote[usize::from(quote == b'"')];
            if !*missing {
                if let Some(end) = self.text[at + 1..].find(char::from(quote)) {
                    let end = at + 1 + end;
                    // A quote that was left open swallows the next tags and ends where another
                    // value begins: then what follows it can't follow a value.
                    let swallowed = !matches!(
                        bytes.get(end + 1),
                        None | Some(b'>' | b'/' | b'?' | b' ' | b'\t' | b'\r' | b'\n')
                    ) && self.text[at + 1..end].contains('<');
                    if !swallowed {
                        return (at + 1, end, end + 1);
                    }
                } else {
                    *missing = true;
                }
            }
            self.tree.flaws.note_at(Flaw::BadAttribute, at);
            let rest = &bytes[at + 1..];
            let end = rest
                .iter()
                .position(|b| matches!(b, b'>' | b'<'))
                .map_or(bytes.len(), |end| at + 1 + end);
            return (at + 1, end, end);
        }
        self.tree.flaws.note_at(Flaw::BadAttribute, at);
        let rest = &bytes[at..];
        let length = rest
            .iter()
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'<'))
            .unwrap_or(rest.len());
        let mut end = at + length;
        // `<a href=b/>` closes itself.
        if bytes.get(end) == Some(&b'>') && length > 0 && bytes[end - 1] == b'/' {
            end -= 1;
        }
        (at, end, end)
    }
}
