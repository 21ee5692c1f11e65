//! Text from strangers, made harmless once: plain strings and HTML fragments.

mod elements;
mod entities;
mod html;
pub(crate) mod markup;
mod nearest;
mod plain;
mod sanitise;
mod titles;

pub use elements::is_html as is_html_element;
pub(crate) use elements::separates;
pub use entities::{entity, unescape};
pub use html::SafeHtml;
pub use nearest::nearest;
pub(crate) use plain::runs;
pub use plain::{Plain, cut_at_character, without_controls};
pub use titles::plain_from_html;
