//! The text of an item and its closing line, as HTML.
//!
//! Readers ignore machine-readable sources, so the outlet, the credited original and the other
//! sources are named in the text as well.

use super::item::{EXCERPT, Related, excerpt};
use crate::config::{Content, Presentation};
use crate::entry::Story;
use quick_xml::escape::escape;
use std::borrow::Cow;
use std::fmt::Write;

/// As much of the lead's text as `presentation` asks for, with the closing line.
pub(super) fn html(
    story: &Story,
    url: &str,
    related: &[Related],
    presentation: Presentation,
) -> String {
    let text = story.lead.item.body();
    let mut html = match (presentation.content, text) {
        (Content::Full, Some(text)) => {
            let text = text.as_str();
            let mut html = String::with_capacity(text.len() + 256 + 128 * related.len());
            html.push_str(text);
            html
        }
        (Content::Excerpt, Some(text)) => match excerpt(text, EXCERPT).as_str() {
            "" => String::new(),
            text => format!("<p>{}</p>", escape(text)),
        },
        (Content::None, _) | (_, None) => String::new(),
    };
    closing_line(&mut html, story, url, related, presentation);
    html
}

/// "Source: A. Original: B. Also in: C, D", each part where `presentation` asks for it.
fn closing_line(
    html: &mut String,
    story: &Story,
    url: &str,
    related: &[Related],
    presentation: Presentation,
) {
    let before = html.len();
    let mut separator = "<p>";
    if presentation.names_outlet {
        html.push_str(separator);
        html.push_str("Source: ");
        link(html, url, &story.lead.outlet.title);
        separator = ". ";
    }
    if let Some(credit) = story
        .credit
        .as_ref()
        .filter(|_| presentation.names_original)
    {
        html.push_str(separator);
        html.push_str("Original: ");
        match related.iter().find(|related| related.role.is_none()) {
            Some(original) => link(html, &original.url, &credit.name),
            None => html.push_str(&escape(credit.name.as_str())),
        }
        separator = ". ";
    }
    if presentation.names_sources {
        let mut words = "Also in: ";
        for member in related.iter().filter(|related| related.role.is_some()) {
            html.push_str(separator);
            html.push_str(words);
            link(html, &member.url, &member.outlet);
            (separator, words) = (", ", "");
        }
    }
    if html.len() > before {
        html.push_str("</p>");
    }
}

/// `text` as HTML.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    escape(text)
}

fn link(html: &mut String, url: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(html, "<a href=\"{}\">{}</a>", escape(url), escape(text));
}
