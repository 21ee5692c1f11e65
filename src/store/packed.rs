//! Entries as they are stored: the part of storing that needs no database, done beside the writer.

use super::Error;
use super::body::Packer;
use super::search::Row;
use crate::feed::Timestamp;
use crate::fold::{self, Prepared};

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
    fold::order(&mut items);
    fold::set_aside_furniture(&mut items);
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
