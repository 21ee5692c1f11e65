//! What tests share: an origin server, an application, feeds in short notation.

pub mod library;
pub mod origin;
pub mod poll;
pub mod server;
