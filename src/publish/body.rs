//! The text of an item and its closing line, as HTML.
//!
//! Readers ignore machine-readable sources, so the outlet, the credited original and the other
//! sources are named in the text as well.

use super::item::Related;
use crate::entry::Story;
use quick_xml::escape::escape;
use std::borrow::Cow;
use std::fmt::Write;

/// The lead's text with the closing line.
pub(super) fn html(story: &Story, url: &str, related: &[Related]) -> String {
    let text = story.lead.item.body().map_or("", |body| body.as_str());
    let mut html = String::with_capacity(text.len() + 256 + 128 * related.len());
    html.push_str(text);
    html.push_str("<p>Source: ");
    link(&mut html, url, &story.lead.outlet.title);
    if let Some(credit) = &story.credit {
        html.push_str(". Original: ");
        match related.iter().find(|related| related.role.is_none()) {
            Some(original) => link(&mut html, &original.url, &credit.name),
            None => html.push_str(&escape(credit.name.as_str())),
        }
    }
    let mut separator = ". Also in: ";
    for member in related.iter().filter(|related| related.role.is_some()) {
        html.push_str(separator);
        link(&mut html, &member.url, &member.outlet);
        separator = ", ";
    }
    html.push_str("</p>");
    html
}

/// `text` as HTML.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    escape(text)
}

fn link(html: &mut String, url: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(html, "<a href=\"{}\">{}</a>", escape(url), escape(text));
}
