//! feedfold polls feeds, folds duplicates into stories and publishes one merged feed.
//!
//! Modules stand in the order in which data flows; a module imports only what stands before it
//! (`tests/it/layers.rs` enforces that). *Words* have no input or output, the *core* is pure and
//! synchronous, the *shell* is everything that waits or touches the world.
#![forbid(unsafe_code)]

// ── words: the types and small rules that every stage speaks ──
pub mod address;
pub mod cadence;
pub mod entry;
pub mod feed;
pub mod query;
pub mod reading;
pub mod text;

// ── flow: from configuration to bytes that a reader subscribes to ──
pub mod config;
pub mod schedule;

pub mod fetch;
pub mod parse;

pub mod fold;

pub mod store;

pub mod publish;

// ── shell: what waits, listens and talks ──
pub mod clock;
pub mod refresh;

pub mod http;

pub mod daemon;
pub mod demo;

pub mod cli;
