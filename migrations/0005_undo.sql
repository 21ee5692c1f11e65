-- Corrections can be gone back on, and bind entries that come again.

-- When it was undone; NULL while it holds.
ALTER TABLE corrections ADD COLUMN undone INTEGER;
-- How the stories were before it, as JSON; NULL where that was not noted yet.
ALTER TABLE corrections ADD COLUMN before TEXT;
-- 'split': the fingerprint of the text that left.
ALTER TABLE corrections ADD COLUMN print BLOB;
CREATE INDEX corrections_print ON corrections (print) WHERE print IS NOT NULL;
