//! Stores of many made-up entries, the same ones each time, filled without a network.

mod ask;
mod care;
mod entries;
mod fill;

pub(crate) use ask::ask;
pub(crate) use care::care;
pub(crate) use entries::{document, word};
pub(crate) use fill::{Archive, ENTRIES_A_POLL, LEASE, fill};
