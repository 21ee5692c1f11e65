//! Any dialect of XML feeds as one plain Atom 1.0 document, which is what feed-rs reads best, and
//! beside it what Atom or feed-rs has no place for, and summaries and contents: most of a document's
//! bytes, which would come back from there as they went.

mod base;
mod base64;
mod body;
mod categories;
mod dialect;
mod entry;
mod fields;
mod head;
mod language;
mod links;
mod looks;
mod markup;
mod pace;
mod people;
mod writer;

pub(crate) use base::resolve;
pub(crate) use body::{TextKind, sanitised};
pub(crate) use entry::EntryExtras;
pub(crate) use head::FeedExtras;
pub(crate) use language::language;
pub(crate) use looks::looks_like_html;
pub(crate) use writer::MAX_TEXT;

use super::tree::Tree;
use crate::address::Address;

/// A feed in its one form.
#[derive(Debug)]
pub(crate) struct Canonical {
    /// A well-formed Atom 1.0 document.
    pub(crate) atom: String,
    /// Beside its head.
    pub(crate) feed: FeedExtras,
    /// Beside its entries, by position.
    pub(crate) entries: Vec<EntryExtras>,
    /// What relative references are relative to where nothing else is said.
    pub(crate) base: Option<Address>,
    /// How many texts were too long.
    pub(crate) cut_texts: u32,
}

/// The feed in a document; `None` if there is none. `document` is where it came from; `size` is
/// its length in bytes.
pub(crate) fn canonical(
    tree: &Tree<'_>,
    document: Option<&Address>,
    size: usize,
) -> Option<Canonical> {
    let found = dialect::find(tree)?;
    // Most of a document are texts, which stay outside.
    let mut writer = writer::Writer::new(size / 4);
    writer.open_feed();
    let (feed, base) = head::write(&found, document, &mut writer);
    let entries = found
        .entries
        .iter()
        .take(super::tree::MAX_ENTRIES)
        .map(|element| entry::write(*element, found.family, base.as_ref(), &mut writer))
        .collect();
    writer.close("feed");
    Some(Canonical {
        cut_texts: writer.cut,
        atom: writer.finish(),
        feed,
        entries,
        base,
    })
}
