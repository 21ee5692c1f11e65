//! HTML fragments that are safe to show.

use super::markup::{Token, Tokens};
use super::{elements, unescape};
use crate::address::Address;
use std::fmt;

/// A sanitised HTML fragment: allow-listed elements and attributes, absolute links, no scripts,
/// styles, forms, SVG or MathML. Only this module makes one from strangers' text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Sanitises `html`; relative links are resolved against `base`, or dropped without one.
    #[must_use]
    pub fn clean(html: &str, base: Option<&Address>) -> Self {
        Self(super::sanitise::clean(html, base))
    }

    /// Takes back what [`SafeHtml::as_str`] gave to the store. For the store alone.
    #[must_use]
    pub fn from_store(html: String) -> Self {
        Self(html)
    }

    /// The fragment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its text without markup, entities resolved, white space collapsed, at most `max` bytes.
    #[must_use]
    pub fn to_plain(&self, max: usize) -> String {
        let mut out = String::with_capacity(self.0.len().min(max));
        // Whether a space is due before the next word.
        let mut apart = false;
        for token in Tokens::new(&self.0) {
            match token {
                Token::Text(text) => {
                    for c in unescape(text).chars() {
                        if c.is_whitespace() {
                            apart = true;
                            continue;
                        }
                        let space = apart && !out.is_empty();
                        if out.len() + usize::from(space) + c.len_utf8() > max {
                            return out;
                        }
                        if space {
                            out.push(' ');
                        }
                        apart = false;
                        out.push(c);
                    }
                }
                Token::Start { name, .. } | Token::End(name) if elements::separates(name) => {
                    apart = true;
                }
                _ => {}
            }
        }
        out
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
