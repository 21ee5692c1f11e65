//! One feed, end to end: fetch, parse, fold, store.
