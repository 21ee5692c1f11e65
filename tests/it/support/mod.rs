//! What tests share: an origin server, an application, feeds in short notation.

pub mod app;
pub mod feed;
pub mod library;
pub mod origin;
pub mod poll;
pub mod program;
pub mod server;
