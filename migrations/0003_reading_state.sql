-- What a reader did with stories. Members have no state of their own.

-- 0 is unread, 1 is read, 2 is kept unread.
ALTER TABLE stories ADD COLUMN read INTEGER NOT NULL DEFAULT 0 CHECK (read IN (0, 1, 2));
-- When that was last changed; NULL where nobody ever did.
ALTER TABLE stories ADD COLUMN read_at INTEGER;
ALTER TABLE stories ADD COLUMN starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1));
ALTER TABLE stories ADD COLUMN starred_at INTEGER;
-- Numbers ascend with arrival: what is unread or starred is walked in that order.
CREATE INDEX stories_unread ON stories (id) WHERE read <> 1;
CREATE INDEX stories_starred ON stories (id) WHERE starred = 1;
