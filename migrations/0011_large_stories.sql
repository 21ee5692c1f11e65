-- Stories of several entries are few, and asked for: 'sources:>=2'.
CREATE INDEX stories_large ON stories (dated) WHERE size >= 2;
