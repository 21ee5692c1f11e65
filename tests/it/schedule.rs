//! When a feed is polled.
