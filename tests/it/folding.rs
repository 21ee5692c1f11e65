//! Which entries become one story.
