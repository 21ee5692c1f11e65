-- Stories that became part of another when what is stored was folded anew: their numbers and
-- addresses lead on.
CREATE TABLE forwards (
    gone  INTEGER PRIMARY KEY,
    story INTEGER NOT NULL
) STRICT;
