//! The server: merged feeds, API, pages, health.

pub mod origin;
