//! Every feed dialect.
