//! Entries as they are stored: the part of storing that needs no database, done beside the writer.

use super::Error;
use super::body::Packer;
use super::search::Row;
use crate::entry::Item;
use crate::feed::Timestamp;
use crate::fold::{self, FeedContext, Prepared};

/// An entry ready to be judged and stored.
pub struct Packed {
    /// What folding knows of it. Its texts are in the other parts only.
    pub(super) prepared: Prepared,
    /// See [`super::body`].
    pub(super) body: Vec<u8>,
    /// What search is to find.
    pub(super) row: Row,
}

/// Packs the entries of a document that arrived at `at`, in the order in which they are to be
/// judged. Work for a processor: not for an async thread.
pub fn pack(mut items: Vec<Prepared>, at: Timestamp) -> Result<Vec<Packed>, Error> {
    fold::set_aside_furniture(&mut items);
    pack_some(items, at)
}

/// Packs some entries of a document whose others are stored: what all of them have in common is learnt
/// from those.
pub fn pack_some(mut items: Vec<Prepared>, at: Timestamp) -> Result<Vec<Packed>, Error> {
    fold::order(&mut items);
    let mut packer = Packer::new()?;
    items
        .into_iter()
        .map(|mut prepared| {
            let claimed = prepared.item.published.filter(|date| *date > at);
            let body = packer.pack(&prepared.item, claimed)?;
            let row = Row::of(&mut prepared);
            prepared.item.summary = None;
            prepared.item.content = None;
            Ok(Packed {
                prepared,
                body,
                row,
            })
        })
        .collect()
}

/// Packs a single entry.
pub(super) fn pack_one(
    item: Item,
    context: &FeedContext,
    at: Timestamp,
) -> Result<Vec<Packed>, Error> {
    pack_some(vec![fold::prepare(item, context)], at)
}
