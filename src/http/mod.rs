//! The server: merged feeds, API, pages, health.
