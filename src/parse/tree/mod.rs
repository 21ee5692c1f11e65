//! A small tree of any markup: read leniently, in linear time, and bounded in every direction.
//!
//! Nothing is refused. What is broken is closed, dropped or taken as text, and noted as a flaw.
//! Names are compared without regard to case. Texts and values borrow from the document where
//! they need no repair.

mod attributes;
mod names;
mod reader;
mod references;
mod roles;
mod sections;

pub(crate) use names::{Lower, Space};
pub(crate) use references::windows_1252;

use super::problem::Flaws;
use std::borrow::Cow;

/// Deepest nesting that is kept; deeper elements become siblings.
pub(crate) const MAX_DEPTH: usize = 200;
/// Most attributes that are kept of one element.
pub(crate) const MAX_ATTRIBUTES: usize = 256;
/// Longest attribute value, in bytes.
pub(crate) const MAX_VALUE: usize = 64 * 1024;
/// Most elements, texts and attributes of a document together; a longer one may have one for each
/// [`BYTES_A_NODE`], so that memory stays a small multiple of the document.
pub(crate) const MAX_NODES: usize = 700_000;
/// See [`MAX_NODES`].
pub(crate) const BYTES_A_NODE: usize = 14;
/// Most entries (`item`, `entry`) of a document.
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// "No node": ends a list of siblings.
const NONE: u32 = u32::MAX;

/// A document as a tree.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    attributes: Vec<Attribute<'a>>,
    /// What had to be repaired.
    pub(crate) flaws: Flaws,
}

#[derive(Debug)]
struct Node<'a> {
    kind: Kind<'a>,
    parent: u32,
    next: u32,
}

#[derive(Debug)]
enum Kind<'a> {
    Element {
        name: &'a str,
        space: Space,
        attributes: u16,
        first_attribute: u32,
        first: u32,
        last: u32,
    },
    Text(Cow<'a, str>),
}

/// An attribute: its name as written, its value with references resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// With its prefix.
    pub(crate) name: &'a str,
    /// Cut to [`MAX_VALUE`].
    pub(crate) value: Cow<'a, str>,
}

/// An element of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'t, 'a> {
    tree: &'t Tree<'a>,
    at: u32,
}

/// A child of an element.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Child<'t, 'a> {
    /// An element.
    Element(Element<'t, 'a>),
    /// A run of text, references resolved; neighbouring runs belong together.
    Text(&'t str),
}

impl<'a> Tree<'a> {
    /// Reads `text`; it never fails.
    pub(crate) fn read(text: &'a str) -> Self {
        reader::Reader::new(text).read()
    }

    /// What holds the whole document: an element without a name.
    pub(crate) fn document(&self) -> Element<'_, 'a> {
        Element { tree: self, at: 0 }
    }
}

impl<'t, 'a> Element<'t, 'a> {
    fn parts(&self) -> (&'a str, Space, u32, u16, u32) {
        match &self.tree.nodes[self.at as usize].kind {
            Kind::Element {
                name,
                space,
                attributes,
                first_attribute,
                first,
                ..
            } => (name, *space, *first_attribute, *attributes, *first),
            // Handles are made for elements only.
            Kind::Text(_) => ("", Space::Other, 0, 0, NONE),
        }
    }

    /// Its place in the document: ascends in document order.
    pub(crate) fn place(&self) -> u32 {
        self.at
    }

    /// Its name as written, with the prefix.
    pub(crate) fn name(&self) -> &'a str {
        self.parts().0
    }

    /// Its name without the prefix, in lower case.
    pub(crate) fn local(&self) -> Lower {
        Lower::new(names::split(self.name()).1)
    }

    /// The vocabulary of its name.
    pub(crate) fn space(&self) -> Space {
        self.parts().1
    }

    /// Whether its name without the prefix is `local`, whatever the case.
    pub(crate) fn is(&self, local: &str) -> bool {
        names::split(self.name()).1.eq_ignore_ascii_case(local)
    }

    /// Its attributes in order.
    pub(crate) fn attributes(&self) -> &'t [Attribute<'a>] {
        let (_, _, first, count, _) = self.parts();
        let first = first as usize;
        &self.tree.attributes[first..first + usize::from(count)]
    }

    /// The first attribute of that name (with prefix, whatever the case).
    pub(crate) fn attribute(&self, name: &str) -> Option<&'t str> {
        self.attributes()
            .iter()
            .find(|a| a.name.eq_ignore_ascii_case(name))
            .map(|a| a.value.as_ref())
    }

    /// What it is in.
    pub(crate) fn parent(&self) -> Option<Self> {
        let parent = self.tree.nodes[self.at as usize].parent;
        (parent != NONE).then_some(Self {
            tree: self.tree,
            at: parent,
        })
    }

    /// What is in it, in order.
    pub(crate) fn children(&self) -> impl Iterator<Item = Child<'t, 'a>> + use<'t, 'a> {
        let tree = self.tree;
        let mut next = self.parts().4;
        std::iter::from_fn(move || {
            let at = next;
            let node = tree.nodes.get(at as usize)?;
            next = node.next;
            Some(match &node.kind {
                Kind::Element { .. } => Child::Element(Element { tree, at }),
                Kind::Text(text) => Child::Text(text),
            })
        })
    }

    /// The elements directly in it, in order.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
        self.children().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// All elements below it in document order, itself not among them.
    pub(crate) fn descendants(&self) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
        let mut open = Vec::new();
        let mut current: Box<dyn Iterator<Item = Element<'t, 'a>>> = Box::new(self.elements());
        std::iter::from_fn(move || {
            loop {
                if let Some(element) = current.next() {
                    let below = Box::new(element.elements());
                    open.push(std::mem::replace(&mut current, below));
                    return Some(element);
                }
                current = open.pop()?;
            }
        })
    }

    /// Whether any element is in it.
    pub(crate) fn has_elements(&self) -> bool {
        self.elements().next().is_some()
    }

    /// All text in it and below it, as it stands.
    pub(crate) fn text(&self) -> Cow<'t, str> {
        let mut children = self.children();
        match (children.next(), children.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(Child::Text(text)), None) => Cow::Borrowed(text),
            _ => {
                let mut out = String::new();
                self.collect_text(&mut out);
                Cow::Owned(out)
            }
        }
    }

    // Recursion is no deeper than MAX_DEPTH.
    fn collect_text(&self, out: &mut String) {
        for child in self.children() {
            match child {
                Child::Text(text) => out.push_str(text),
                Child::Element(element) => element.collect_text(out),
            }
        }
    }
}

#[cfg(test)]
mod tests;
