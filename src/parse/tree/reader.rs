//! The lenient reader: one pass over the text, a stack of open elements, no look-ahead that is
//! repeated.

use super::names::{self, Lower, Space};
use super::references::References;
use super::roles::{Role, is_document, is_field, is_structure, role_of};
use super::{BYTES_A_NODE, Kind, MAX_DEPTH, MAX_ENTRIES, MAX_NODES, NONE, Node, Tree};
use crate::parse::problem::{Flaw, Flaws};

/// Most namespace declarations that are in force at once.
const MAX_BINDINGS: usize = 64;

/// An element that is not closed yet.
#[derive(Debug)]
pub(super) struct Open<'a> {
    at: u32,
    name: &'a str,
    role: Role,
    /// How many namespace declarations were in force outside it.
    bindings: usize,
    /// The vocabulary of names without a prefix.
    default: Space,
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) tree: Tree<'a>,
    pub(super) open: Vec<Open<'a>>,
    bindings: Vec<(&'a str, Space)>,
    /// How many open elements have a name of that length and first letter: most stray end tags are
    /// known without a search.
    names: [u16; 256],
    pub(super) references: References,
    /// How many elements were open where one began that holds a document of its own.
    document_at: Option<usize>,
    /// Start tags that were not opened because they are too deep.
    flattened: usize,
    entries: usize,
    /// Whether a search for these already failed, so that it is not repeated.
    pub(super) no_comment_end: bool,
    pub(super) no_cdata_end: bool,
    pub(super) doctype_seen: bool,
    pub(super) no_quote: [bool; 2],
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
            document_at: None,
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
        let most = MAX_NODES.max(bytes.len() / BYTES_A_NODE);
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
            if self.tree.nodes.len() + self.tree.attributes.len() >= most {
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

    pub(super) fn push_node(&mut self, kind: Kind<'a>) -> u32 {
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
        self.document_at = self.document_at.filter(|depth| *depth < count);
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
        let role = match self.document_at {
            Some(_) => Role::Plain,
            None => role_of(space, lower.as_str()),
        };
        if self.document_at.is_none() {
            self.make_room_for(role, space, lower.as_str(), tag);
        }
        let holds_document = lower.as_str() == "content"
            && self.tree.attributes[first_attribute..]
                .iter()
                .any(|attribute| attribute.name == "type" && is_document(&attribute.value));
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
            if holds_document && self.document_at.is_none() {
                self.document_at = Some(self.open.len());
            }
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

fn bucket(name: &str) -> usize {
    let first = name.bytes().next().unwrap_or(0).to_ascii_lowercase();
    let last = name.bytes().next_back().unwrap_or(0).to_ascii_lowercase();
    (name.len() * 31 + usize::from(first) * 7 + usize::from(last)) & 255
}
