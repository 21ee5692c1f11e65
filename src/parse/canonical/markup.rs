//! Inline markup as HTML text: in titles and bodies that hold elements instead of escaped HTML.

use super::base::{own_base, resolve};
use super::looks::{has_start_tag, looks_like_html};
use super::writer::{MAX_TEXT, escape};
use crate::address::Address;
use crate::parse::decode::mend_twice_encoded;
use crate::parse::tree::{Child, Element, Space};

/// The `div` that Atom wraps XHTML in, or the element itself.
pub(super) fn unwrapped<'t, 'a>(element: Element<'t, 'a>, xhtml: bool) -> Element<'t, 'a> {
    let mut elements = element.elements();
    match (elements.next(), elements.next()) {
        (Some(only), None)
            if xhtml
                && only.is("div")
                && element.children().all(
                    |child| !matches!(child, Child::Text(text) if !text.trim().is_empty()),
                ) =>
        {
            only
        }
        _ => element,
    }
}

#[derive(Clone, Copy)]
pub(super) struct Markup<'b> {
    /// Whether a text that looks like markup is markup: in RSS, escaped HTML and tags get mixed.
    pub(super) raw_text: bool,
    /// The base that the reader of the result resolves against.
    pub(super) outer: Option<&'b Address>,
    /// A base that holds from here on, if it differs: references must be resolved now.
    pub(super) inner: Option<&'b Address>,
}

// Recursion is no deeper than the tree, which is bounded.
pub(super) fn write_markup(element: Element<'_, '_>, markup: Markup<'_>, out: &mut String) {
    for child in element.children() {
        if out.len() > MAX_TEXT {
            return;
        }
        match child {
            Child::Text(text) => {
                let mended = mend_twice_encoded(text);
                let text = mended.as_deref().unwrap_or(text);
                if markup.raw_text && (looks_like_html(text) || has_start_tag(text)) {
                    out.push_str(text);
                } else {
                    escape(text, out);
                }
            }
            Child::Element(child) => write_element(child, markup, out),
        }
    }
}

fn write_element(element: Element<'_, '_>, markup: Markup<'_>, out: &mut String) {
    let local = element.local();
    let name = local.as_str();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return write_markup(element, markup, out);
    }
    let base = markup.inner.or(markup.outer);
    let own = own_base(element).and_then(|own| resolve(own, base));
    let inner = own.as_ref().or(markup.inner);
    out.push('<');
    out.push_str(name);
    for attribute in element.attributes() {
        let key = attribute.name;
        if key.contains(':')
            || key.eq_ignore_ascii_case("xmlns")
            || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            continue;
        }
        out.push(' ');
        out.push_str(key);
        out.push_str("=\"");
        let is_reference = matches!(
            key.to_ascii_lowercase().as_str(),
            "href" | "src" | "cite" | "longdesc" | "poster"
        );
        match inner.filter(|_| is_reference) {
            Some(inner) => match resolve(&attribute.value, Some(inner)) {
                Some(address) => escape(address.as_str(), out),
                None => escape(&attribute.value, out),
            },
            None => escape(&attribute.value, out),
        }
        out.push('"');
    }
    out.push('>');
    let void = matches!(
        name,
        "br" | "hr"
            | "img"
            | "input"
            | "wbr"
            | "area"
            | "col"
            | "embed"
            | "param"
            | "base"
            | "link"
            | "meta"
    ) || (name == "source" && element.space() == Space::Xhtml);
    write_markup(element, Markup { inner, ..markup }, out);
    if !void {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}
