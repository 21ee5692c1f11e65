//! Feeds that are broken in every way still give what they have.
