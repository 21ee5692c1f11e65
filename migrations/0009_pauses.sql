-- Hosts that asked to be left alone as a whole (HTTP 429), until when.
CREATE TABLE pauses (
    host  TEXT    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
