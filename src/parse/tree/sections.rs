//! What is neither tag nor text: comments, CDATA, the document type, processing instructions.

use super::Kind;
use super::reader::Reader;
use crate::parse::problem::Flaw;
use std::borrow::Cow;

impl Reader<'_> {
    /// Reads what starts with `<!` at `tag`; gives the byte behind it.
    pub(super) fn declaration(&mut self, tag: usize) -> usize {
        let rest = &self.text[tag..];
        let bytes = rest.as_bytes();
        if let Some(comment) = rest.strip_prefix("<!--") {
            if !self.no_comment_end {
                if let Some(end) = comment.find("-->") {
                    return tag + 4 + end + 3;
                }
                self.no_comment_end = true;
            }
            self.tree.flaws.note_at(Flaw::UnendedSection, tag);
            return self.behind_tag(tag);
        }
        if bytes.len() >= 9 && bytes[..9].eq_ignore_ascii_case(b"<![CDATA[") {
            let end = if self.no_cdata_end {
                None
            } else {
                rest[9..].find("]]>")
            };
            let (text, next) = match end {
                Some(end) => (&rest[9..9 + end], tag + 9 + end + 3),
                None => {
                    self.no_cdata_end = true;
                    self.tree.flaws.note_at(Flaw::UnendedSection, tag);
                    (&rest[9..], self.text.len())
                }
            };
            if self.open.len() > 1 && !text.is_empty() {
                self.push_node(Kind::Text(Cow::Borrowed(text)));
            }
            return next;
        }
        if bytes.len() >= 9
            && bytes[..9].eq_ignore_ascii_case(b"<!DOCTYPE")
            && self.open.len() == 1
            && !self.doctype_seen
        {
            self.doctype_seen = true;
            let length = doctype_length(bytes);
            self.references
                .define(&rest[..length], self.text.len().max(1024));
            return tag + length;
        }
        self.behind_tag(tag)
    }

    pub(super) fn instruction(&mut self, tag: usize) -> usize {
        let rest = &self.text[tag + 2..];
        let Some(end) = rest.find('>') else {
            self.tree.flaws.note_at(Flaw::UnendedSection, tag);
            return self.text.len();
        };
        if !rest[..end].ends_with('?') {
            // `<?pi a="b>c"?>`, as long as the `?>` is near; else `<?xml ... >` without its `?`.
            let near = crate::text::cut_at_character(rest, 1024);
            let near = &near[..near.find('<').unwrap_or(near.len())];
            if let Some(later) = near.find("?>") {
                return tag + 2 + later + 2;
            }
        }
        tag + 2 + end + 1
    }

    /// The byte behind the next `>`.
    fn behind_tag(&self, tag: usize) -> usize {
        self.text[tag..]
            .find('>')
            .map_or(self.text.len(), |end| tag + end + 1)
    }
}

/// Length of the document type declaration that `bytes` starts with, its internal subset included.
fn doctype_length(bytes: &[u8]) -> usize {
    /// How far its end is looked for.
    const REACH: usize = 256 * 1024;
    let reach = &bytes[..bytes.len().min(REACH)];
    let mut quote = None;
    let mut subset = false;
    let mut at = 0;
    while let Some(b) = reach.get(at) {
        match (quote, b) {
            (Some(open), b) if open == *b => quote = None,
            (Some(_), _) => {}
            (None, b'<') if reach[at..].starts_with(b"<!--") => {
                match reach[at..].windows(3).position(|end| end == b"-->") {
                    Some(end) => at += end + 2,
                    None => break,
                }
            }
            (None, b'"' | b'\'') => quote = Some(*b),
            (None, b'[') => subset = true,
            (None, b']') => subset = false,
            (None, b'>') if !subset => return at + 1,
            _ => {}
        }
        at += 1;
    }
    // Unbalanced: it ends at the first `>`.
    bytes
        .iter()
        .position(|b| *b == b'>')
        .map_or(bytes.len(), |end| end + 1)
}
