//! The links of a fragment, with what is said about them.

use super::html::SafeHtml;
use super::markup::{Token, Tokens};
use super::{elements, unescape};
use crate::address::Address;

/// A link in a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub address: Address,
    /// Its text, white space collapsed, at most 200 characters.
    pub text: String,
    /// The end of the text before it, across elements: at most 60 characters, white space
    /// collapsed, no space at the ends. Text of links before it counts.
    pub before: String,
}

/// Longest link text, in characters.
const MAX_TEXT: usize = 200;
/// Longest text kept from before a link, in characters.
const MAX_BEFORE: usize = 60;
/// Most links of one fragment.
const MAX_LINKS: usize = 1000;

/// The `http` and `https` links of `html` in order, at most 1,000.
#[must_use]
pub fn links(html: &SafeHtml) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut tokens = Tokens::new(html.as_str());
    let mut recent = Recent::default();
    // Whether the last of `links` is still open.
    let mut open = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => {
                let text = unescape(text);
                recent.push(&text);
                if let Some(link) = links.last_mut().filter(|_| open) {
                    extend(&mut link.text, &text);
                }
            }
            Token::Start { name: "a", .. } => {
                open = false;
                if links.len() == MAX_LINKS {
                    break;
                }
                let href = tokens.attributes().iter().find(|a| a.name == "href");
                if let Some(address) =
                    href.and_then(|href| Address::parse(&unescape(href.value)).ok())
                {
                    open = true;
                    links.push(Link {
                        address,
                        text: String::new(),
                        before: recent.tail(),
                    });
                }
            }
            Token::End("a") => open = false,
            Token::Start { name, .. } | Token::End(name) if elements::separates(name) => {
                recent.push(" ");
                if let Some(link) = links.last_mut().filter(|_| open) {
                    extend(&mut link.text, " ");
                }
            }
            _ => {}
        }
    }
    for link in &mut links {
        link.text.truncate(link.text.trim_end().len());
    }
    links
}

/// Appends `text` to a link's text, white space collapsed.
fn extend(out: &mut String, text: &str) {
    // In bytes first, so that a long text is counted once and not at each piece.
    if out.len() >= MAX_TEXT * 4 {
        return;
    }
    let mut room = MAX_TEXT.saturating_sub(out.chars().count());
    for c in text.chars() {
        if room == 0 {
            return;
        }
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        } else {
            continue;
        }
        room -= 1;
    }
}

/// The end of the text so far.
#[derive(Default)]
struct Recent(String);

impl Recent {
    /// How much is looked at, in bytes: enough for [`MAX_BEFORE`] characters of any kind.
    const BYTES: usize = MAX_BEFORE * 6;

    fn push(&mut self, text: &str) {
        let start = text.ceil_char_boundary(text.len().saturating_sub(Self::BYTES));
        self.0.push_str(&text[start..]);
        if self.0.len() > 4 * Self::BYTES {
            let cut = self.0.ceil_char_boundary(self.0.len() - Self::BYTES);
            self.0.drain(..cut);
        }
    }

    fn tail(&self) -> String {
        let mut collapsed = String::with_capacity(Self::BYTES);
        for word in self.0.split_whitespace() {
            if !collapsed.is_empty() {
                collapsed.push(' ');
            }
            collapsed.push_str(word);
        }
        let skipped = collapsed.chars().count().saturating_sub(MAX_BEFORE);
        let tail: String = collapsed.chars().skip(skipped).collect();
        tail.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> Vec<String> {
        let base = Address::parse("https://news.example/a/b").ok();
        links(&SafeHtml::clean(html, base.as_ref()))
            .iter()
            .map(|l| format!("{}|{}|{}", l.before, l.text, l.address.as_str()))
            .collect()
    }

    #[test]
    fn links_come_with_their_text_and_what_stands_before() {
        assert_eq!(
            shown(
                "<p>Big news.</p><p>Source:&nbsp;<a href='https://origin.example/x?a=1&amp;b=2'>The \
                 <b>Origin</b>\n Post</a>, via <a href=../c><img src=i.png alt=x></a> and <a \
                 href='mailto:a@b.example'>mail</a></p>"
            ),
            [
                "Big news. Source:|The Origin Post|https://origin.example/x?a=1&b=2",
                "Big news. Source: The Origin Post, via||https://news.example/c",
            ]
        );
    }

    #[test]
    fn what_stands_before_is_short() {
        let html = format!(
            "<p>{} Quelle: <a href='/x'>y</a></p>",
            "wörter ".repeat(500)
        );
        let found = links(&SafeHtml::clean(
            &html,
            Address::parse("https://a.example/").ok().as_ref(),
        ));
        assert!(found[0].before.chars().count() <= MAX_BEFORE);
        assert!(found[0].before.ends_with("wörter Quelle:"));
    }

    #[test]
    fn there_is_an_end_to_links() {
        let html = "<a href='https://a.example/'>x</a> ".repeat(MAX_LINKS + 10);
        assert_eq!(links(&SafeHtml::clean(&html, None)).len(), MAX_LINKS);
        let long = format!("<a href='https://a.example/'>{}</a>", "é ".repeat(10_000));
        let found = links(&SafeHtml::clean(&long, None));
        assert!(found[0].text.chars().count() <= MAX_TEXT);
    }
}
