-- Pieces of the search index are merged when there are eight of a kind, not four: each entry is written
-- out anew less often, and a search looks into a few pieces more.
INSERT INTO search (search, rank) VALUES ('automerge', 8);
INSERT INTO search_plain (search_plain, rank) VALUES ('automerge', 8);
