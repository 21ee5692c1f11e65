//! Makes HTML from strangers safe to show.
//!
//! [`tree`] writes the fragment anew from the allow-list and tells whether the markup was sound.
//! It nearly always is, and then the result is exactly what ammonia would have made of it, at a
//! fraction of the time (a property test holds the two together). Markup that is nested wrongly
//! goes through ammonia, whose HTML5 parser repairs it as a browser does.

mod allow;
mod attributes;
mod escape;
mod formatting;
mod images;
mod links;
mod nesting;
mod tree;

use crate::address::Address;
use crate::text::plain::cut_at_character;
use allow::{ELEMENTS, GENERIC, LINK_SCHEMES};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use tree::{Style, write};

/// How much of a fragment is read, in bytes.
const MAX_SOURCE: usize = 2 * 1024 * 1024;

/// Most elements that ammonia is asked to repair: its time grows with their square where they are
/// nested. What has more is closed where it stands.
const MAX_REPAIRED: usize = 4096;

/// The safe form of `html`.
pub(super) fn clean(html: &str, base: Option<&Address>) -> String {
    let mut html = untrimmed(html, base);
    html.truncate(html.trim_end().len());
    let leading = html.len() - html.trim_start().len();
    html.drain(..leading);
    html
}

fn untrimmed(html: &str, base: Option<&Address>) -> String {
    let html = cut_at_character(html, MAX_SOURCE);
    let written = write(html, base, Style::Nested);
    if written.sound {
        return written.html;
    }
    let as_it_came = write(html, base, Style::AsIs);
    if as_it_came.elements > MAX_REPAIRED {
        return written.html;
    }
    let repaired = AMMONIA.clean(&as_it_came.html).to_string();
    if repaired.len() > tree::MAX_OUTPUT {
        return written.html;
    }
    write(&repaired, base, Style::Nested).html
}

/// ammonia with our allow-list. It sees only what [`tree`] has written, so addresses are absolute.
static AMMONIA: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(ELEMENTS.iter().map(|element| element.name).collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(GENERIC.iter().map(|(name, _)| *name).collect())
        .tag_attributes(
            ELEMENTS
                .iter()
                .map(|element| {
                    let names = element.attributes.iter().map(|(name, _)| *name);
                    (element.name, names.collect())
                })
                .collect::<HashMap<_, HashSet<_>>>(),
        )
        .url_schemes(LINK_SCHEMES.iter().copied().collect())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(None)
        .strip_comments(true);
    builder
});

#[cfg(test)]
mod tests;
