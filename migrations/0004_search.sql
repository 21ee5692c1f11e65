-- Search in every language. English is stemmed, other languages are not, and writing without
-- spaces is indexed as pairs of characters: the program fills both indexes anew after this step.
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (
    title, authors, text, labels,
    content = '', contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE search_plain USING fts5 (
    title, authors, text, labels,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
-- The language as tagged (BCP 47), in lower case; NULL where nobody says.
ALTER TABLE entries ADD COLUMN language TEXT;
