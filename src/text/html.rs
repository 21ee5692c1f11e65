//! HTML fragments that are safe to show.

use super::markup::{Token, Tokens};
use super::{cut_at_character, elements, runs, unescape};
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
                    for (apart_here, run) in runs(&unescape(text)) {
                        apart |= apart_here;
                        if run.is_empty() {
                            continue;
                        }
                        let space = usize::from(apart && !out.is_empty());
                        let room = max.saturating_sub(out.len() + space);
                        let fits = cut_at_character(run, room).trim_end();
                        if space > 0 && !fits.is_empty() {
                            out.push(' ');
                        }
                        out.push_str(fits);
                        if fits.len() < run.len() {
                            return out;
                        }
                        apart = false;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_apart_and_whole() {
        for (html, expected) in [
            ("<p>One</p><p>two</p>", "One two"),
            ("un<b>believ</b>able", "unbelievable"),
            ("a<br>b<img src=https://x.example/i.png>c", "a b c"),
            ("<ul><li>a</li><li>b</li></ul>", "a b"),
            ("<table><tr><td>a<td>b</table>", "a b"),
            ("AT&amp;T &lt;b&gt; caf&eacute;&nbsp;x", "AT&T <b> café x"),
            ("<pre>a\n  b</pre>", "a b"),
            ("", ""),
        ] {
            assert_eq!(
                SafeHtml::clean(html, None).to_plain(1000),
                expected,
                "{html}"
            );
        }
    }

    #[test]
    fn plain_text_is_cut_at_a_character() {
        let html = SafeHtml::clean("<p>één twéé</p>", None);
        assert_eq!(html.to_plain(0), "");
        assert_eq!(html.to_plain(1), "");
        assert_eq!(html.to_plain(4), "éé");
        assert_eq!(html.to_plain(6), "één");
        assert_eq!(html.to_plain(7), "één t");
    }

    proptest! {
        #[test]
        fn any_fragment_has_its_text(
            html in "(<|>|/|a|b|p|td|href=|https://x\\.example/|'|\"|&|lt;|#|x|;| |\\PC){0,60}",
            max in 0usize..60,
        ) {
            let html = SafeHtml::clean(&html, None);
            let plain = html.to_plain(max);
            prop_assert!(plain.len() <= max);
            prop_assert_eq!(plain.split_whitespace().collect::<Vec<_>>().join(" "), plain);
        }
    }
}
