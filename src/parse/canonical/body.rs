//! Titles, summaries and contents: what kind of text they are, inline markup, base64.

use super::base64::from_base64;
use super::looks::looks_like_html;
use super::markup::{Markup, unwrapped, write_markup};
use super::writer::{MAX_TEXT, escape};
use crate::address::Address;
use crate::parse::decode::mend_twice_encoded;
use crate::parse::tree::Element;
use crate::text::{SafeHtml, cut_at_character};
use std::borrow::Cow;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// To be shown as it stands.
    Plain,
    /// HTML.
    Html,
}

impl TextKind {
    /// The value of Atom's `type`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Plain => "text",
            Self::Html => "html",
        }
    }
}

/// A text of a feed: title, summary or content.
#[derive(Debug)]
pub(super) struct Body<'t> {
    /// How to read it.
    pub(super) kind: TextKind,
    /// The text itself, trimmed; never empty.
    pub(super) text: Cow<'t, str>,
}

/// How a text is taken that doesn't say what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsaid {
    /// Text, and that is that: Atom.
    Text,
    /// Text, unless it looks like HTML: titles in RSS.
    Guess,
    /// HTML: descriptions in RSS.
    Html,
}

/// Reads the text of `element`; `base` is in force in it. `None` if there is nothing in it.
pub(super) fn body<'t>(
    element: Element<'t, '_>,
    unsaid: Unsaid,
    base: Option<&Address>,
) -> Option<Body<'t>> {
    let media_type = element
        .attribute("type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let mode = element.attribute("mode").unwrap_or_default();
    let said = match media_type.as_str() {
        "" => None,
        "text" | "text/plain" | "plain" => Some(match unsaid {
            // RSS has no types; who writes one there copied it from somewhere.
            Unsaid::Text => Unsaid::Text,
            _ => Unsaid::Guess,
        }),
        "html" | "text/html" | "xhtml" | "application/xhtml+xml" | "application/xhtml" => {
            Some(Unsaid::Html)
        }
        t if t.starts_with("multipart/") => return alternative(element, base),
        t if t.ends_with("+xml") || t.ends_with("/xml") => Some(Unsaid::Html),
        t if t.starts_with("text/") => Some(Unsaid::Guess),
        _ => None,
    };
    let encoded = mode.eq_ignore_ascii_case("base64")
        || (said.is_none()
            && ["application/", "image/", "audio/", "video/"]
                .iter()
                .any(|kind| media_type.starts_with(kind)));
    let mut kind = said.unwrap_or(unsaid);
    if mode.eq_ignore_ascii_case("escaped") && said.is_none() {
        kind = Unsaid::Guess;
    }
    if element.has_elements() {
        let mut out = String::new();
        let escaped = kind == Unsaid::Html && media_type.contains("xhtml");
        write_markup(
            unwrapped(element, escaped),
            Markup {
                raw_text: !escaped,
                outer: base,
                inner: None,
            },
            &mut out,
        );
        return present(TextKind::Html, Cow::Owned(out));
    }
    let mut text = element.text();
    if encoded {
        match from_base64(&text) {
            Some(decoded) => {
                text = Cow::Owned(decoded);
                if said != Some(Unsaid::Text) {
                    kind = Unsaid::Guess;
                }
            }
            // An image, or something that never was base64.
            None if media_type.contains('/') && !text.trim().contains(' ') => return None,
            None => {}
        }
    }
    if let Some(mended) = mend_twice_encoded(&text) {
        text = Cow::Owned(mended);
    }
    let html = match kind {
        Unsaid::Html => {
            !media_type.contains("xhtml") || !text.contains('<') || looks_like_html(&text)
        }
        Unsaid::Guess => looks_like_html(&text),
        Unsaid::Text => false,
    };
    present(
        if html {
            TextKind::Html
        } else {
            TextKind::Plain
        },
        text,
    )
}

/// A summary or content, safe to show; at most [`MAX_TEXT`] bytes of it are read. `None` if nothing
/// is left.
pub(crate) fn sanitised(text: &str, kind: TextKind, base: Option<&Address>) -> Option<SafeHtml> {
    let text = cut_at_character(text, MAX_TEXT).trim();
    let html = match kind {
        TextKind::Html => SafeHtml::clean(text, base),
        TextKind::Plain => {
            let mut escaped = String::with_capacity(text.len() + 16);
            escape(text, &mut escaped);
            SafeHtml::clean(&escaped, base)
        }
    };
    (!html.is_empty()).then_some(html)
}

fn present(kind: TextKind, text: Cow<'_, str>) -> Option<Body<'_>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(Body { kind, text })
}

/// The best of several forms of one text (Atom 0.3): HTML before text.
fn alternative<'t>(element: Element<'t, '_>, base: Option<&Address>) -> Option<Body<'t>> {
    let mut best = None;
    for form in element.elements().filter(|e| e.is("content")) {
        // A form that has forms again is not followed.
        if form
            .attribute("type")
            .is_some_and(|t| t.trim_start().starts_with("multipart/"))
        {
            continue;
        }
        let found = body(form, Unsaid::Text, base);
        match (&best, found) {
            (_, Some(found)) if found.kind == TextKind::Html => return Some(found),
            (None, Some(found)) => best = Some(found),
            _ => {}
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tree::Tree;

    fn read(document: &str, unsaid: Unsaid) -> Option<(TextKind, String)> {
        let tree = Tree::read(document);
        let element = tree.document().elements().next().unwrap();
        body(element, unsaid, None).map(|body| (body.kind, body.text.into_owned()))
    }

    fn html(text: &str) -> Option<(TextKind, String)> {
        Some((TextKind::Html, text.to_owned()))
    }

    fn plain(text: &str) -> Option<(TextKind, String)> {
        Some((TextKind::Plain, text.to_owned()))
    }

    #[test]
    fn texts_are_what_they_say_or_look_like() {
        for (document, unsaid, expected) in [
            (
                "<d>a &lt;b&gt;c&lt;/b&gt;</d>",
                Unsaid::Html,
                html("a <b>c</b>"),
            ),
            ("<t>1 &lt; 2</t>", Unsaid::Guess, plain("1 < 2")),
            ("<t>AT&amp;amp;T</t>", Unsaid::Guess, html("AT&amp;T")),
            (
                "<t>&lt;b&gt;x&lt;/b&gt;</t>",
                Unsaid::Text,
                plain("<b>x</b>"),
            ),
            (
                "<t>Vec&lt;T&gt; &lt;/T&gt;</t>",
                Unsaid::Guess,
                plain("Vec<T> </T>"),
            ),
            ("<d>a <b>c</b> d</d>", Unsaid::Html, html("a <b>c</b> d")),
            (
                "<d>&lt;p&gt;x<br/>y&lt;/p&gt;</d>",
                Unsaid::Html,
                html("<p>x<br>y</p>"),
            ),
            (
                "<c type='xhtml'><div>1 &lt; 2<br/></div></c>",
                Unsaid::Text,
                html("1 &lt; 2<br>"),
            ),
            (
                "<c type='text/html' mode='base64'>PGI+eDwvYj4=</c>",
                Unsaid::Text,
                html("<b>x</b>"),
            ),
            (
                "<c type='application/octet-stream'>PGI+eDwvYj4=</c>",
                Unsaid::Text,
                html("<b>x</b>"),
            ),
            ("<c type='image/png'>iVBORw0KGgo=</c>", Unsaid::Text, None),
            (
                "<c type='multipart/alternative'><content>x</content><content type='text/html'>&lt;i&gt;</content></c>",
                Unsaid::Text,
                html("<i>"),
            ),
            ("<t> </t>", Unsaid::Html, None),
            ("<t>dÃ©jÃ\u{a0} vu</t>", Unsaid::Guess, plain("déjà vu")),
        ] {
            assert_eq!(read(document, unsaid), expected, "{document}");
        }
    }

    #[test]
    fn references_in_inline_markup_follow_their_own_base() {
        let tree = Tree::read(
            "<c type='xhtml'><div><a href='x'>1</a><p xml:base='b/'><img src='y'/></p></div></c>",
        );
        let element = tree.document().elements().next().unwrap();
        let base = Address::parse("http://a.example/").unwrap();
        let body = body(element, Unsaid::Text, Some(&base)).unwrap();
        assert_eq!(
            body.text,
            "<a href=\"x\">1</a><p><img src=\"http://a.example/b/y\"></p>"
        );
    }
}
