//! Writes a fragment anew, tag by tag, from nothing but what is allowed: lower-case names, quoted
//! values, escaped text, every element closed where HTML closes it.
//!
//! The rules are those of the HTML Standard's tree construction for the allowed elements, so what
//! is written reads back as the same tree. Where markup is nested so wrongly that a browser would
//! take the tree apart to repair it, [`Writer::sound`] turns false: what is written is then still
//! safe and well nested, but a browser's repair would look better.

use super::allow::{self, Dropped, Element, Kind};
use super::escape;
use super::formatting::FormattingList;
use crate::address::Address;
use crate::text::entities::{Place, reference};
use crate::text::markup::{Attribute, Token, Tokens};

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 256;
/// Most bytes that are written, give or take one token.
pub(super) const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// An open element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) element: &'static Element,
    /// A `span` without attributes says nothing and is left out.
    written: bool,
    /// Its number in the list of formatting; 0 where it is none.
    pub(super) formatting: u32,
}

/// How tags are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Every element closed where it ends.
    Nested,
    /// As they come, for a parser that repairs them.
    AsIs,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Writer<'b> {
    pub(super) base: Option<&'b Address>,
    pub(super) style: Style,
    pub(super) out: String,
    pub(super) open: Vec<Open>,
    pub(super) formatting: FormattingList,
    /// Whether nothing needed a browser's repair.
    pub(super) sound: bool,
    /// How many elements were written.
    elements: usize,
    /// Elements below [`MAX_DEPTH`] that are still open.
    pub(super) too_deep: usize,
    /// Whether nothing was written since `<pre>`.
    begins_preformatted: bool,
    /// Whether what comes is shown only where scripts don't run.
    pub(super) fallback: bool,
    /// The picture that was written last.
    pub(super) last_picture: String,
}

/// What a writer gives.
#[derive(Debug)]
pub(super) struct Written {
    /// The fragment.
    pub(super) html: String,
    /// See [`Writer`].
    pub(super) sound: bool,
    /// How many elements were written.
    pub(super) elements: usize,
}

/// Writes `source` anew.
pub(super) fn write(source: &str, base: Option<&Address>, style: Style) -> Written {
    let mut writer = Writer {
        base,
        style,
        out: String::with_capacity(source.len() + source.len() / 16),
        open: Vec::new(),
        formatting: FormattingList::default(),
        sound: true,
        elements: 0,
        too_deep: 0,
        begins_preformatted: false,
        fallback: false,
        last_picture: String::new(),
    };
    writer.read(source, true);
    writer.close_to(0);
    Written {
        html: writer.out,
        sound: writer.sound,
        elements: writer.elements,
    }
}

impl Writer<'_> {
    fn read(&mut self, source: &str, outermost: bool) {
        let mut tokens = Tokens::new(source);
        while let Some(token) = tokens.next() {
            match token {
                Token::Text(text) => self.text(text),
                Token::Start { name, closed } => match allow::find(name) {
                    Some(element) => self.start(element, tokens.attributes()),
                    // A browser takes it for a picture.
                    None if name.eq_ignore_ascii_case("image") => {
                        if let Some(element) = allow::find("img") {
                            self.start(element, tokens.attributes());
                        }
                    }
                    None => self.drop_tag(&mut tokens, name, closed),
                },
                Token::End(name) => match allow::find(name) {
                    Some(element) => self.end(element),
                    None if name.eq_ignore_ascii_case("noscript") => self.fallback = false,
                    None => {}
                },
                // A second CDATA section around HTML is a common slip.
                Token::Literal(text) if outermost => self.read(text, false),
                Token::Literal(text) => self.text(text),
                Token::Remark => {}
            }
            if self.out.len() > MAX_OUTPUT {
                return;
            }
        }
    }

    fn drop_tag(&mut self, tokens: &mut Tokens<'_>, name: &str, closed: bool) {
        match allow::dropped(name) {
            // XHTML closes them at once.
            _ if closed => {}
            Dropped::Tags => {}
            Dropped::Content(name) => {
                if tokens.skip_past_end(name).is_none() {
                    tokens.skip_rest();
                }
            }
            Dropped::Island(name) => {
                tokens.skip_past_end(name);
            }
            Dropped::Fallback => self.fallback = true,
        }
    }

    fn text(&mut self, raw: &str) {
        let mut raw = raw;
        if self.begins_preformatted {
            // A parser drops the first line break, and what is cleaned again would lose another.
            loop {
                let rest = raw.trim_start_matches(['\n', '\r']);
                let rest = match reference(rest.strip_prefix('&').unwrap_or(""), Place::Text) {
                    Some(found) if found.chars().all(is_line_break_or_nothing) => {
                        &rest[1 + found.length..]
                    }
                    _ => rest.trim_start_matches(is_line_break_or_nothing),
                };
                if rest.len() == raw.len() {
                    break;
                }
                raw = rest;
            }
            if raw.is_empty() {
                return;
            }
            self.begins_preformatted = false;
        }
        let start = self.out.len();
        escape::push(&mut self.out, raw, Place::Text);
        if self.style == Style::AsIs || self.out.len() == start {
            return;
        }
        if self.top().is_some_and(Kind::is_table_frame) {
            if self.out[start..].bytes().all(|b| b.is_ascii_whitespace()) {
                return;
            }
            let text = self.out.split_off(start);
            self.open_cell();
            self.out.push_str(&text);
        } else {
            self.reopen_before(start);
        }
    }

    /// The innermost open element that is `wanted`, unless one comes first that is a `limit`.
    pub(super) fn find_open(
        &self,
        wanted: impl Fn(&Element) -> bool,
        limit: impl Fn(&Element) -> bool,
    ) -> Option<usize> {
        for (at, open) in self.open.iter().enumerate().rev() {
            if wanted(open.element) {
                return Some(at);
            }
            if limit(open.element) {
                return None;
            }
        }
        None
    }

    pub(super) fn top(&self) -> Option<Kind> {
        self.open.last().map(|o| o.element.kind)
    }

    /// The innermost open element that was written.
    pub(super) fn top_written(&self) -> Option<usize> {
        self.open.iter().rposition(|o| o.written)
    }

    /// Closes everything from the open element `at` inwards.
    pub(super) fn close_to(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(open) = self.open.pop() else {
                return;
            };
            self.formatting.closed(&open);
            if open.written {
                self.out.push_str("</");
                self.out.push_str(open.element.name);
                self.out.push('>');
                self.begins_preformatted = false;
            }
        }
    }

    /// Writes the start tag, and keeps the element open if it has content.
    pub(super) fn insert(&mut self, element: &'static Element, attributes: &[Attribute<'_>]) {
        let void = element.kind.is_void();
        if !void && self.open.len() >= MAX_DEPTH {
            self.too_deep += 1;
            return;
        }
        let start = self.out.len();
        self.out.push('<');
        self.out.push_str(element.name);
        let bare = self.out.len();
        if element.name == "img" {
            if !self.image(element, attributes) {
                self.out.truncate(start);
                return;
            }
        } else {
            self.attributes(element, attributes);
        }
        let silent =
            self.out.len() == bare && element.name == "span" && self.style == Style::Nested;
        if self.out.len() == bare && matches!(element.name, "a" | "source") {
            self.out.truncate(start);
            return;
        }
        self.elements += 1;
        self.out.push('>');
        if self.style == Style::AsIs {
            self.begins_preformatted = element.kind == Kind::Preformatted;
            return;
        }
        let length = self.out.len() - start;
        if matches!(element.kind, Kind::Formatting | Kind::Ordinary | Kind::Void) {
            self.reopen_before(start);
        }
        let start = self.out.len() - length;
        if silent {
            self.out.truncate(start);
        } else {
            self.begins_preformatted = element.kind == Kind::Preformatted;
        }
        if !void {
            let formatting = self
                .formatting
                .opened(element, start..start + length, &self.out);
            self.push_open(element, !silent, formatting);
        }
    }

    /// Notes an element as open.
    pub(super) fn push_open(&mut self, element: &'static Element, written: bool, formatting: u32) {
        self.open.push(Open {
            element,
            written,
            formatting,
        });
    }

    /// Reopens formatting in front of what was written from `start` on.
    fn reopen_before(&mut self, start: usize) {
        if self.formatting.is_pending() {
            let last = self.out.split_off(start);
            self.reopen();
            self.out.push_str(&last);
        }
    }

    /// Opens formatting again that its surroundings closed ("reconstruct the active formatting
    /// elements").
    fn reopen(&mut self) {
        for at in self.formatting.pending() {
            if self.open.len() >= MAX_DEPTH {
                return;
            }
            let Some((element, number, tag)) = self.formatting.reopened(at) else {
                return;
            };
            self.out.extend_from_within(tag);
            self.elements += 1;
            self.begins_preformatted = false;
            self.push_open(element, true, number);
        }
    }

    pub(super) fn end_as_is(&mut self, element: &Element) {
        if element.kind.is_void() {
            if element.name == "br" {
                self.out.push_str("<br>");
            }
            return;
        }
        self.out.push_str("</");
        self.out.push_str(element.name);
        self.out.push('>');
        self.begins_preformatted = false;
    }
}

fn is_line_break_or_nothing(c: char) -> bool {
    matches!(c, '\n' | '\r') || crate::text::plain::is_forbidden(c)
}
