//! From bytes to entries: decode, read leniently, one Atom form, feed-rs, clean.

pub mod dates;
#[allow(dead_code)]
mod problem;
// The readers of feeds and of subscription lists use every part of it.
#[allow(dead_code, unused_imports)]
mod tree;

pub use problem::Problem;
