//! Headlines as plain text, whether they came as text, as HTML, or as HTML escaped once more.

use super::elements;
use super::entities::{Place, resolve};
use super::markup::{Token, Tokens};
use super::plain::{Plain, cut_at_character};
use std::borrow::Cow;

/// How much of a headline is read, in bytes.
const MAX_SOURCE: usize = 64 * 1024;

/// A headline as plain text. Feeds don't say (or say wrongly) whether a title is text, HTML or
/// escaped HTML, so it is read by what it holds: only names of HTML elements make markup
/// (`Vec<T>` and `<3` stay), only references with a `;` are resolved, and after that a second
/// layer of both is taken off. A tag that nobody uses in headlines, and any in the second layer,
/// must have its end tag, so that a headline about `<script>` keeps its subject.
#[must_use]
pub fn plain_from_html(text: &str) -> Plain {
    let text = cut_at_character(text, MAX_SOURCE);
    if !text.contains(['<', '&']) {
        return Plain::new(text);
    }
    let text = without_tags(text, Layer::Outer);
    let text = resolve(&text, Place::Strict);
    let text = without_tags(&text, Layer::Inner);
    let text = resolve(&text, Place::Strict);
    Plain::new(&without_tags(&text, Layer::Inner))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    /// What the feed wrote as markup.
    Outer,
    /// What is markup only after references were resolved.
    Inner,
}

/// `text` with its tags taken out, references left as they are.
fn without_tags(text: &str, layer: Layer) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let ended = ended_names(text);
    let mut tokens = Tokens::new(text);
    let mut out = String::with_capacity(text.len());
    let mut start = 0;
    while let Some(token) = tokens.next() {
        let source = &text[start..tokens.position()];
        match token {
            Token::Text(text) | Token::Literal(text) => out.push_str(text),
            Token::Start { name, closed } => {
                let lower = name.to_ascii_lowercase();
                let paired = ended.contains(&lower) || closed || elements::is_void(&lower);
                let generic = name.len() == 1
                    && name.starts_with(|c: char| c.is_ascii_uppercase())
                    && text[..start].ends_with(|c: char| c.is_alphanumeric());
                // `#include <map>`, a headline about `<script>`.
                let named = tokens.attributes().is_empty() && !elements::is_usual_in_titles(&lower);
                let tag = elements::is_html(&lower)
                    && (paired || (layer == Layer::Outer && !generic && !named))
                    && tokens
                        .attributes()
                        .iter()
                        .all(|a| !a.value.is_empty() || source.contains(&format!("{}=", a.name)));
                if !tag {
                    out.push_str(source);
                } else if matches!(lower.as_str(), "script" | "style") {
                    let name = if lower == "script" { "script" } else { "style" };
                    tokens.skip_past_end(name);
                } else if elements::separates(&lower) {
                    out.push(' ');
                }
            }
            Token::End(name) => {
                let lower = name.to_ascii_lowercase();
                if !elements::is_html(&lower) {
                    out.push_str(source);
                } else if elements::separates(&lower) {
                    out.push(' ');
                }
            }
            // A real comment is taken out; `a <b` and `<?` in a text are not.
            Token::Remark if source.starts_with("<!") && source.ends_with('>') => {}
            Token::Remark => out.push_str(source),
        }
        start = tokens.position();
    }
    Cow::Owned(out)
}

/// The names that have an end tag somewhere in `text`, lower case.
fn ended_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Tokens::new(text)
        .filter_map(|token| match token {
            Token::End(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .take(256)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn titles_come_out_as_a_person_would_read_them() {
        for (title, expected) in [
            ("Plain words", "Plain words"),
            ("  spread\n over   lines ", "spread over lines"),
            ("AT&T", "AT&T"),
            ("AT&amp;T", "AT&T"),
            ("AT&amp;amp;T", "AT&T"),
            ("a &lt; b", "a < b"),
            ("a < b", "a < b"),
            ("a &amp;lt; b", "a < b"),
            ("1 < 2 > 0", "1 < 2 > 0"),
            ("<b>x</b>", "x"),
            ("&lt;b&gt;x&lt;/b&gt;", "x"),
            ("&amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt;", "x"),
            ("I <3 Rust", "I <3 Rust"),
            ("I &lt;3 Rust", "I <3 Rust"),
            ("Vec<T> and Option&lt;T&gt;", "Vec<T> and Option<T>"),
            ("HashMap<K, V>", "HashMap<K, V>"),
            ("Result<S>", "Result<S>"),
            (
                "How the &lt;script&gt; tag works",
                "How the <script> tag works",
            ),
            ("How the <script> tag works", "How the <script> tag works"),
            ("Why #include <map> is slow", "Why #include <map> is slow"),
            ("A <font color=red>red", "A red"),
            ("x&lt;script&gt;alert(1)&lt;/script&gt;y", "xy"),
            ("x<script>alert(1)</script>y", "xy"),
            ("x<style>p{}</style>y", "xy"),
            ("One<br>two<br/>three", "One two three"),
            ("One&lt;br&gt;two", "One two"),
            ("<p>One</p><p>two</p>", "One two"),
            ("un<em>believ</em>able", "unbelievable"),
            ("<a href=\"https://a.example/\" title='x'>Link</a>", "Link"),
            ("<img src=\"x.png\" alt=\"y\"> after", "after"),
            ("Unclosed <b>bold", "Unclosed bold"),
            ("if a <b and c> d", "if a <b and c> d"),
            ("caf&eacute; &#8217;tis &#146;", "café ’tis ’"),
            ("no&nbsp;break", "no break"),
            ("?a=1&copy=2", "?a=1&copy=2"),
            ("&bogus; &", "&bogus; &"),
            ("<![CDATA[Tom & Jerry]]>", "Tom & Jerry"),
            ("before <!-- hidden --> after", "before after"),
            ("wow <!", "wow <!"),
            ("a <b", "a <b"),
            ("<foo>bar</foo>", "<foo>bar</foo>"),
            ("", ""),
            ("<b></b>", ""),
            ("&#0;&#27;[31mred", "\u{FFFD}[31mred"),
        ] {
            assert_eq!(plain_from_html(title).as_str(), expected, "{title}");
        }
    }

    proptest! {
        #[test]
        fn any_title_gives_one_clean_line(title in "(<|>|/|&|;|b|script|amp|lt|gt|#|\"|=| |\\PC|\\s){0,80}") {
            let plain = plain_from_html(&title);
            prop_assert_eq!(Plain::new(plain.as_str()), plain);
        }

        #[test]
        fn words_are_never_changed(title in "[\\w .,:!?'-]{0,80}") {
            prop_assert_eq!(plain_from_html(&title), Plain::new(&title));
        }
    }
}
