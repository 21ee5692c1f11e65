-- Pieces of the search index are merged between transactions, by src/store/merging.rs, so that nobody
-- waits for that: never by the index itself while something is written. And when there are eight of a
-- kind, not four: each entry is written out anew less often, and a search looks into a few pieces more.
INSERT INTO search (search, rank) VALUES ('automerge', 0);
INSERT INTO search (search, rank) VALUES ('usermerge', 8);
INSERT INTO search_plain (search_plain, rank) VALUES ('automerge', 0);
INSERT INTO search_plain (search_plain, rank) VALUES ('usermerge', 8);
