-- Feeds that were removed can come back for a while, with what came from them.

-- What it was called and whether it was polled, as JSON; NULL while it is subscribed to.
ALTER TABLE feeds ADD COLUMN removed TEXT;
CREATE INDEX feeds_removed ON feeds (id) WHERE removed IS NOT NULL;

-- Entries of removed feeds, laid aside: their columns, and how their story stood before they left.
CREATE TABLE removed_entries (
    -- They come back in the opposite order.
    place      INTEGER PRIMARY KEY AUTOINCREMENT,
    feed       INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    entry      INTEGER NOT NULL UNIQUE,
    -- The story, its entries and the reasons, as JSON: what 'corrections.before' holds.
    stood      TEXT    NOT NULL,
    body       BLOB    NOT NULL,
    first_seen INTEGER NOT NULL,
    dated      INTEGER NOT NULL,
    published  INTEGER,
    revised    INTEGER,
    link       TEXT,
    title      TEXT    NOT NULL,
    guid_print BLOB,
    link_print BLOB,
    same_print BLOB    NOT NULL,
    text_print BLOB    NOT NULL,
    profile    BLOB    NOT NULL,
    language   TEXT
) STRICT;
CREATE INDEX removed_entries_feed ON removed_entries (feed, place);
