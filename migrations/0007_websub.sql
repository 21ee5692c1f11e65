-- Subscriptions to news at hubs (W3C WebSub). A row outlives its feed until the hub was told.
CREATE TABLE hubs (
    id          INTEGER PRIMARY KEY,
    feed        INTEGER NOT NULL,
    hub         TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    -- The unguessable part of the callback's address.
    token       TEXT    NOT NULL UNIQUE,
    -- What deliveries are signed with.
    secret      TEXT    NOT NULL,
    -- 1: the hub is to forget it.
    leaving     INTEGER NOT NULL DEFAULT 0 CHECK (leaving IN (0, 1)),
    -- When the hub is asked (again).
    ask_at      INTEGER NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    -- NULL: the hub has not confirmed it.
    lease_until INTEGER
) STRICT;
CREATE INDEX feeds_websub ON feeds (id) WHERE json_extract(request, '$.websub');
