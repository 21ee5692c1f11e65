//! Which entries are the same entry, the same article, the same story.
