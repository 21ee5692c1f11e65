//! Text from strangers, made harmless once: plain strings and HTML fragments.

mod html;
mod plain;

pub use html::SafeHtml;
pub use plain::{Plain, cut_at_character, without_controls};
