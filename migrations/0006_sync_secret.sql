-- What the tokens of reader apps are made with; minted when the first is asked for.
ALTER TABLE meta ADD COLUMN sync_secret TEXT;
