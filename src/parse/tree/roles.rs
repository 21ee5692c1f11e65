//! What elements are to the rules for closing: the grammar of feeds, as far as repair needs it.

use super::names::{self, Lower, Space};

/// What an element is to the rules for closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Holds elements only: white space in it is dropped, and a new entry closes down to it.
    Container,
    /// An entry.
    Entry,
    /// Holds a short text: the next field closes it.
    Leaf,
    /// Anything else.
    Plain,
}

/// Elements that give a document its shape: their end tags count at any depth.
pub(super) fn is_structure(name: &str) -> bool {
    let local = Lower::new(names::split(name).1);
    matches!(
        local.as_str(),
        "item" | "entry" | "channel" | "feed" | "rss" | "rdf"
    )
}

pub(super) fn role_of(space: Space, local: &str) -> Role {
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

/// Whether content of that type is a document of its own (RFC 4287, section 4.1.3.3): what looks
/// like an entry in it is none. XHTML is text with markup.
pub(super) fn is_document(media_type: &str) -> bool {
    (media_type.ends_with("/xml") || media_type.ends_with("+xml")) && !media_type.contains("xhtml")
}

/// The fields of an entry or feed that close a short text that was left open.
pub(super) fn is_field(space: Space, local: &str) -> bool {
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
