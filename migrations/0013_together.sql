-- While somebody always waits, more pieces of the search index come together before they are merged at
-- once, by src/store/merging.rs: each entry is written out anew less often. The index itself, which would
-- merge sixteen of a kind inside the transaction that writes, waits for longer than that.
INSERT INTO search (search, rank) VALUES ('crisismerge', 64);
INSERT INTO search_plain (search_plain, rank) VALUES ('crisismerge', 64);
