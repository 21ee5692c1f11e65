//! Finding what is stored.
