//! When a feed is polled next: pure rules, the clock passed in.

mod freshness;

pub use freshness::Freshness;
