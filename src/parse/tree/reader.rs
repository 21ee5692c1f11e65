//! The lenient reader: one pass over the text, a stack of open elements, no look-ahead that is
//! repeated.

use super::names::{self, Lower, Space};
use super::references::References;
use super::{
    Attribute, Kind, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ENTRIES, MAX_NODES, MAX_VALUE, NONE, Node, Tree,
};
use crate::parse::problem::{Flaw, Flaws};
use std::borrow::Cow;

/// Most namespace declarations that are in force at once.
const MAX_BINDINGS: usize = 64;

/// An element that is not closed yet.
#[derive(Debug)]
struct Open<'a> {
    at: u32,
    name: &'a str,
    role: Role,
    /// How many namespace declarations were in force outside it.
    bindings: usize,
    /// The vocabulary of names without a prefix.
    default: Space,
}

/// What an element is to the rules for closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Holds elements only: white space in it is dropped, and a new entry closes down to it.
    Container,
    /// An entry.
    Entry,
    /// Holds a short text: the next field closes it.
    Leaf,
    /// Anything else.
    Plain,
}

pub(super) struct Reader<'a> {
    text: &'a str,
    tree: Tree<'a>,
    open: Vec<Open<'a>>,
    bindings: Vec<(&'a str, Space)>,
    /// How many open elements have a name of that length and first letter: most stray end tags are
    /// known without a search.
    names: [u16; 256],
    references: References,
    /// Start tags that were not opened because they are too deep.
    flattened: usize,
    entries: usize,
    /// Whether a search for these already failed, so that it is not repeated.
    no_comment_end: bool,
    no_cdata_end: bool,
    doctype_seen: bool,
    no_quote: [bool; 2],
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let root = Node {
            kind: Kind::Element {
                name: "",
                space: Space::Core,
                attributes: 0,
                first_attribute: 0,
                first: NONE,
                last: NONE,
            },
            parent: NONE,
            next: NONE,
        };
        Self {
            text,
            tree: Tree {
                nodes: vec![root],
                attributes: Vec::new(),
                flaws: Flaws::default(),
            },
            open: vec![Open {
                at: 0,
                name: "",
                role: Role::Container,
                bindings: 0,
                default: Space::Core,
            }],
            bindings: Vec::new(),
            names: [0; 256],
            references: References::default(),
            flattened: 0,
            entries: 0,
            no_comment_end: false,
            no_cdata_end: false,
            doctype_seen: false,
            no_quote: [false; 2],
        }
    }

    pub(super) fn read(mut self) -> Tree<'a> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut text_from = 0;
        while let Some(found) = self.text[at..].find('<') {
            let tag = at + found;
            let next = match bytes.get(tag + 1) {
                Some(b'/') if bytes.get(tag + 2).copied().is_some_and(starts_name) => {
                    self.text_run(text_from, tag);
                    self.end_tag(tag)
                }
                Some(b'!') => {
                    self.text_run(text_from, tag);
                    self.declaration(tag)
                }
                Some(b'?') => {
                    self.text_run(text_from, tag);
                    self.instruction(tag)
                }
                Some(b) if starts_name(*b) => {
                    self.text_run(text_from, tag);
                    self.start_tag(tag)
                }
                _ => {
                    self.tree.flaws.note_at(Flaw::BareLessThan, tag);
                    at = tag + 1;
                    continue;
                }
            };
            if self.tree.nodes.len() + self.tree.attributes.len() >= MAX_NODES {
                self.tree.flaws.note_at(Flaw::TooLarge, tag);
                return self.tree;
            }
            if self.entries > MAX_ENTRIES {
                self.tree.flaws.note_at(Flaw::TooManyEntries, tag);
                return self.tree;
            }
            at = next;
            text_from = next;
        }
        self.text_run(text_from, self.text.len());
        if self.open.len() > 1 {
            self.tree.flaws.note_at(Flaw::CutOff, self.text.len());
        }
        self.tree
    }

    fn top(&self) -> &Open<'a> {
        // The document itself is never closed, so the stack is never empty.
        &self.open[self.open.len() - 1]
    }

    fn push_node(&mut self, kind: Kind<'a>) -> u32 {
        let parent = self.top().at;
        let at = self.tree.nodes.len() as u32;
        self.tree.nodes.push(Node {
            kind,
            parent,
            next: NONE,
        });
        let mut before = NONE;
        if let Kind::Element { first, last, .. } = &mut self.tree.nodes[parent as usize].kind {
            before = *last;
            *last = at;
            if *first == NONE {
                *first = at;
            }
        }
        if before != NONE {
            self.tree.nodes[before as usize].next = at;
        }
        at
    }

    fn text_run(&mut self, from: usize, to: usize) {
        let raw = &self.text[from..to];
        if raw.is_empty() {
            return;
        }
        let blank = raw.bytes().all(|b| b.is_ascii_whitespace());
        if blank && matches!(self.top().role, Role::Container | Role::Entry) {
            return;
        }
        if self.open.len() == 1 {
            // Outside of everything: junk before the first tag, or behind the last.
            if !blank && self.tree.nodes.len() == 1 {
                self.tree.flaws.note_at(Flaw::LeadingText, from);
            }
            return;
        }
        let text = self.references.resolve(raw, from, &mut self.tree.flaws);
        self.push_node(Kind::Text(text));
    }

    /// Reads what starts with `<!` at `tag`; gives the byte behind it.
    fn declaration(&mut self, tag: usize) -> usize {
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

    fn instruction(&mut self, tag: usize) -> usize {
        let rest = &self.text[tag + 2..];
        let Some(end) = rest.find('>') else {
            self.tree.flaws.note_at(Flaw::UnendedSection, tag);
            return self.text.len();
        };
        if !rest[..end].ends_with('?') {
            // `<?pi a="b>c"?>`, as long as the `?>` is near; else `<?xml ... >` without its `?`.
            let near = crate::text::cut_at_character(rest, 1024);
            if let Some(later) = near.find("?>")
                && !near[..later].contains('<')
            {
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

    fn end_tag(&mut self, tag: usize) -> usize {
        let from = tag + 2;
        let length = name_length(&self.text.as_bytes()[from..]);
        let name = &self.text[from..from + length];
        let rest = &self.text.as_bytes()[from + length..];
        let skipped = rest
            .iter()
            .position(|b| matches!(b, b'>' | b'<'))
            .unwrap_or(rest.len());
        let next = from + length + skipped + usize::from(rest.get(skipped) == Some(&b'>'));
        self.close(name, tag);
        next
    }

    fn close(&mut self, name: &str, place: usize) {
        if self.flattened > 0 && !is_structure(name) {
            self.flattened -= 1;
            return;
        }
        if self.names[bucket(name)] == 0 {
            self.tree.flaws.note_at(Flaw::StrayEndTag, place);
            return;
        }
        let found = self.open.iter().rposition(|open| {
            open.name.len() == name.len() && open.name.eq_ignore_ascii_case(name)
        });
        let Some(found) = found.filter(|found| *found > 0) else {
            self.tree.flaws.note_at(Flaw::StrayEndTag, place);
            return;
        };
        if found + 1 < self.open.len() {
            self.tree.flaws.note_at(Flaw::Unclosed, place);
        }
        self.close_down_to(found);
    }

    /// Closes open elements until `count` are left.
    fn close_down_to(&mut self, count: usize) {
        while self.open.len() > count {
            if let Some(open) = self.open.pop() {
                self.bindings.truncate(open.bindings);
                let slot = &mut self.names[bucket(open.name)];
                *slot = slot.saturating_sub(1);
            }
        }
        self.flattened = 0;
    }

    fn start_tag(&mut self, tag: usize) -> usize {
        let bytes = self.text.as_bytes();
        let from = tag + 1;
        let length = name_length(&bytes[from..]);
        let name = &self.text[from..from + length];
        let first_attribute = self.tree.attributes.len();
        let (next, ended, closed) = self.attributes(from + length, first_attribute);
        if !ended {
            // Cut in the middle of a tag: an element whose attributes are not all there is none.
            self.tree.attributes.truncate(first_attribute);
            self.tree.flaws.note_at(Flaw::CutOff, tag);
            return next;
        }
        let (prefix, local) = names::split(name);
        let bindings = self.bindings.len();
        let mut default = self.top().default;
        for attribute in &self.tree.attributes[first_attribute..] {
            let lower = attribute.name.as_bytes();
            if lower.len() < 5 || !lower[..5].eq_ignore_ascii_case(b"xmlns") {
                continue;
            }
            let known = names::by_address(&attribute.value);
            if lower.len() == 5 {
                default = known.unwrap_or(Space::Core);
            } else if lower[5] == b':' && self.bindings.len() < MAX_BINDINGS {
                let declared = &attribute.name[6..];
                let space = known
                    .or_else(|| names::by_prefix(declared))
                    .unwrap_or(Space::Other);
                self.bindings.push((declared, space));
            }
        }
        let lower = Lower::new(local);
        // A module's address as the default of a whole feed is a slip.
        if prefix.is_empty() && matches!(lower.as_str(), "rss" | "feed") && !default.is_core() {
            default = Space::Core;
        }
        let space = if prefix.is_empty() {
            default
        } else {
            let declared = self.bindings.iter().rfind(|(p, _)| *p == prefix);
            match declared {
                Some((_, space)) => *space,
                None => {
                    if !prefix.eq_ignore_ascii_case("xml") {
                        self.tree.flaws.note_at(Flaw::UndeclaredPrefix, tag);
                    }
                    names::by_prefix(prefix).unwrap_or(Space::Other)
                }
            }
        };
        let role = role_of(space, lower.as_str());
        self.make_room_for(role, space, lower.as_str(), tag);
        let at = self.push_node(Kind::Element {
            name,
            space,
            attributes: (self.tree.attributes.len() - first_attribute) as u16,
            first_attribute: first_attribute as u32,
            first: NONE,
            last: NONE,
        });
        if role == Role::Entry {
            self.entries += 1;
        }
        if closed || (prefix.is_empty() && self.is_void(lower.as_str())) {
            self.bindings.truncate(bindings);
        } else if self.open.len() > MAX_DEPTH {
            self.bindings.truncate(bindings);
            self.flattened += 1;
            self.tree.flaws.note_at(Flaw::TooDeep, tag);
        } else {
            let slot = &mut self.names[bucket(name)];
            *slot = slot.saturating_add(1);
            self.open.push(Open {
                at,
                name,
                role,
                bindings,
                default,
            });
        }
        next
    }

    /// Closes what a new element cannot be in: an entry closes an open entry and whatever is
    /// between it and its container; a field closes a short text that was left open.
    fn make_room_for(&mut self, role: Role, space: Space, local: &str, place: usize) {
        if role == Role::Entry {
            let container = self
                .open
                .iter()
                .rposition(|open| open.role == Role::Container)
                .unwrap_or(0);
            let wrapped = self.open.len() - container == 2 && self.top().role == Role::Plain;
            let inside_entry = self.open.iter().any(|open| open.role == Role::Entry);
            // One unknown wrapper (`<items>`) is let be.
            if container + 1 < self.open.len() && container > 0 && (inside_entry || !wrapped) {
                self.tree.flaws.note_at(Flaw::Unclosed, place);
                self.close_down_to(container + 1);
            } else if inside_entry {
                let entry = self.open.iter().position(|open| open.role == Role::Entry);
                self.tree.flaws.note_at(Flaw::Unclosed, place);
                self.close_down_to(entry.unwrap_or(1));
            }
        } else if self.top().role == Role::Leaf && is_field(space, local) {
            self.tree.flaws.note_at(Flaw::Unclosed, place);
            self.close_down_to(self.open.len() - 1);
        }
    }

    /// Whether the element is one of HTML's without content. Only inside of entries' and feeds'
    /// texts: a document may use the words for something else.
    fn is_void(&self, local: &str) -> bool {
        self.top().role == Role::Plain
            && matches!(
                local,
                "br" | "hr" | "img" | "input" | "wbr" | "area" | "col" | "embed" | "param"
            )
    }

    /// Reads attributes from `at`; gives the byte behind the tag, whether the tag has an end, and
    /// whether it closes itself.
    fn attributes(&mut self, mut at: usize, first: usize) -> (usize, bool, bool) {
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

fn starts_name(b: u8) -> bool {
    b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || b >= 0x80
}

fn name_length(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'<' | b'=' | b'"'))
        .unwrap_or(bytes.len())
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

fn bucket(name: &str) -> usize {
    let first = name.bytes().next().unwrap_or(0).to_ascii_lowercase();
    let last = name.bytes().next_back().unwrap_or(0).to_ascii_lowercase();
    (name.len() * 31 + usize::from(first) * 7 + usize::from(last)) & 255
}

/// Elements that give a document its shape: their end tags count at any depth.
fn is_structure(name: &str) -> bool {
    let local = Lower::new(names::split(name).1);
    matches!(
        local.as_str(),
        "item" | "entry" | "channel" | "feed" | "rss" | "rdf"
    )
}

fn role_of(space: Space, local: &str) -> Role {
    match (space, local) {
        (Space::Core | Space::Atom, "item" | "entry") => Role::Entry,
        (
            Space::Core | Space::Atom | Space::Rdf,
            "rss" | "channel" | "feed" | "rdf" | "opml" | "outline",
        ) => Role::Container,
        (
            Space::Core | Space::Atom,
            "title" | "link" | "guid" | "pubdate" | "comments" | "id" | "updated" | "published"
            | "issued" | "modified" | "created" | "lastbuilddate" | "language" | "ttl" | "category",
        )
        | (Space::Dc, _) => Role::Leaf,
        _ => Role::Plain,
    }
}

/// The fields of an entry or feed that close a short text that was left open.
fn is_field(space: Space, local: &str) -> bool {
    match space {
        Space::Core | Space::Atom => matches!(
            local,
            "title"
                | "link"
                | "guid"
                | "pubdate"
                | "comments"
                | "id"
                | "updated"
                | "published"
                | "issued"
                | "modified"
                | "created"
                | "lastbuilddate"
                | "language"
                | "ttl"
                | "category"
                | "description"
                | "summary"
                | "content"
                | "author"
                | "enclosure"
                | "source"
                | "image"
        ),
        Space::Content | Space::Dc | Space::Media | Space::Itunes => true,
        _ => false,
    }
}
