-- What merged feeds announce, and to whom.

-- 1: a feed that was just subscribed to brought it along; it is found, but is no news.
ALTER TABLE stories ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0 CHECK (quiet IN (0, 1));
CREATE INDEX stories_quiet ON stories (id) WHERE quiet = 1;
CREATE INDEX stories_opened ON stories (opened);

-- Names of views that were served: one that is there no more is gone, not unknown.
CREATE TABLE views (
    name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Secret addresses of views.
CREATE TABLE shares (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    view    TEXT    NOT NULL,
    -- A fingerprint of the token: who reads this file cannot use it.
    token   BLOB    NOT NULL UNIQUE,
    note    TEXT    NOT NULL,
    made    INTEGER NOT NULL,
    -- When it was taken back.
    revoked INTEGER
) STRICT;
