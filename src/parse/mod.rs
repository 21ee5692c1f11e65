//! From bytes to entries: decode, read leniently, one Atom form, feed-rs, clean.
