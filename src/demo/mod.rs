//! A bundled day of invented tech news, polled and folded for show.
//!
//! Sixteen outlets that exist nowhere publish over loopback HTTP in the dialects and with the
//! habits of real ones. What lies before the start is there at once; the rest appears while the
//! demo runs.

mod charset;
mod dialects;
pub mod news;
pub mod outlets;
pub mod publisher;
pub mod render;
