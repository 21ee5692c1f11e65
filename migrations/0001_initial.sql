-- Feeds, entries, stories, and why they are together. Moments are milliseconds since 1970 in UTC.

-- Facts about this database, in the one row that there is.
CREATE TABLE meta (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    -- Its place in all ids of the world: 128 random bits, minted once.
    instance   TEXT    NOT NULL,
    -- Rises with every change of what is shown.
    generation INTEGER NOT NULL,
    changed    INTEGER NOT NULL
) STRICT;

CREATE TABLE feeds (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE,
    url           TEXT    NOT NULL UNIQUE,
    title         TEXT,
    schedule      TEXT,
    priority      INTEGER NOT NULL,
    enabled       INTEGER NOT NULL,
    origin        TEXT    NOT NULL,
    -- Differences from the defaults of fetching, as JSON.
    request       TEXT    NOT NULL,
    -- What the configuration file said last, as JSON; NULL where it does not name the feed.
    declared      TEXT,
    feed_title    TEXT    NOT NULL DEFAULT '',
    site          TEXT,
    language      TEXT,
    etag          BLOB,
    last_modified BLOB,
    failures      INTEGER NOT NULL DEFAULT 0,
    error_kind    TEXT,
    error_status  INTEGER,
    error         TEXT,
    last_poll     INTEGER,
    last_success  INTEGER,
    moved_from    TEXT,
    gone          INTEGER NOT NULL DEFAULT 0,
    -- What the scheduler remembers, as JSON.
    pace          TEXT    NOT NULL DEFAULT '{}',
    -- New entries of each of the last days: pairs of day and count, two bytes each.
    arrivals      BLOB    NOT NULL DEFAULT x'',
    -- When the newest entry is dated.
    newest        INTEGER,
    added         INTEGER NOT NULL,
    -- NULL: never, until someone enables it.
    due           INTEGER,
    -- Until then one holder alone may poll it; no two leases of a feed end at the same moment.
    lease_until   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX feeds_due ON feeds (due) WHERE due IS NOT NULL;

CREATE TABLE tags (
    tag  TEXT    NOT NULL,
    feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, feed)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_feed ON tags (feed);

CREATE TABLE stories (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The entry that it is shown as.
    lead    INTEGER NOT NULL,
    -- When its first entry was first seen; windows choose by it.
    opened  INTEGER NOT NULL,
    -- The date by which it is ordered, frozen when it was opened.
    dated   INTEGER NOT NULL,
    -- When the lead or its text last changed.
    changed INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    -- A credited original that is no member: its name, and a link after a line break.
    credit  TEXT
) STRICT;
CREATE INDEX stories_dated ON stories (dated);

CREATE TABLE entries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    feed       INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    story      INTEGER NOT NULL REFERENCES stories (id),
    -- 0 leads its story, 1 is a copy, 2 is coverage.
    role       INTEGER NOT NULL CHECK (role IN (0, 1, 2)),
    -- The first entry of its article, by number; the same for all copies of it.
    article    INTEGER NOT NULL,
    -- The entry that it is a copy of.
    copy_of    INTEGER,
    first_seen INTEGER NOT NULL,
    -- The date by which it is ordered, frozen at first sight and never after it.
    dated      INTEGER NOT NULL,
    -- As the publisher says, but never after first sight; NULL where it says nothing.
    published  INTEGER,
    -- When its text last changed.
    revised    INTEGER,
    link       TEXT,
    title      TEXT    NOT NULL,
    -- Fingerprints of what identifies it in its feed.
    guid_print BLOB,
    link_print BLOB,
    same_print BLOB    NOT NULL,
    -- The fingerprint that tells whether its text changed.
    text_print BLOB    NOT NULL,
    -- What folding knows of it; empty once it is too old to fold with.
    profile    BLOB    NOT NULL
) STRICT;
CREATE INDEX entries_dated ON entries (dated);
CREATE INDEX entries_feed ON entries (feed, dated);
CREATE INDEX entries_story ON entries (story);
CREATE INDEX entries_guid ON entries (feed, guid_print) WHERE guid_print IS NOT NULL;
CREATE INDEX entries_link ON entries (feed, link_print) WHERE link_print IS NOT NULL;
CREATE INDEX entries_same ON entries (feed, same_print) WHERE guid_print IS NULL;

-- Everything else that a feed says of an entry, packed: see store/body.rs.
CREATE TABLE bodies (
    entry INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    body  BLOB    NOT NULL
) STRICT;

-- Why an entry is where it is; an entry without one opened its story, and was near to nothing.
CREATE TABLE decisions (
    entry    INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    of       INTEGER,
    rule     TEXT    NOT NULL,
    evidence TEXT    NOT NULL,
    -- Whether it reports on its own: no copy, and it credits no member of the story.
    independent INTEGER NOT NULL,
    -- What it was nearly folded with, as JSON.
    near     TEXT,
    decided  INTEGER NOT NULL
) STRICT;

-- What people decided instead. Folding never removes one.
CREATE TABLE corrections (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 'join': all of `gone` went into `story`; 'split': `entry` left `gone` for `story`.
    kind    TEXT    NOT NULL,
    entry   INTEGER,
    gone    INTEGER NOT NULL,
    story   INTEGER NOT NULL,
    decided INTEGER NOT NULL
) STRICT;
CREATE INDEX corrections_gone ON corrections (gone);
CREATE INDEX corrections_entry ON corrections (entry) WHERE entry IS NOT NULL;

-- Which entries a feed's last document listed: their numbers ascending, as differences (LEB128).
CREATE TABLE listed (
    feed    INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    entries BLOB    NOT NULL
) STRICT;

-- The last polls of each feed that were no 304.
CREATE TABLE polls (
    feed     INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    status   INTEGER,
    duration INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    new      INTEGER NOT NULL,
    revised  INTEGER NOT NULL,
    note     TEXT,
    PRIMARY KEY (feed, at)
) STRICT, WITHOUT ROWID;

-- Beginnings of the fingerprints of entries that were removed, so that they don't return as new.
CREATE TABLE tombstones (
    feed    INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    print   INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (feed, print)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (
    title, authors, text,
    content = '', contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2'
);
