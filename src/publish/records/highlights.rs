//! What a search found in an entry.

use crate::entry::Item;
use crate::query::{Hits, Stretch};
use serde::Serialize;

/// Longest excerpt in bytes, without its markup.
const EXCERPT: usize = 280;
/// Text that is looked at, in bytes.
const LOOKED_AT: usize = 64 << 10;

/// What a search found, as HTML in which nothing but `mark` is markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HighlightsRecord {
    /// The headline; absent where no word of it was searched for.
    pub title: Option<String>,
    /// The part of the text that shows most of what was searched for; absent where it has nothing.
    pub text: Option<String>,
}

impl HighlightsRecord {
    /// What `hits` are after in an entry; `None` where they are after no words at all.
    #[must_use]
    pub fn of(item: &Item, hits: &Hits) -> Option<Self> {
        if hits.is_empty() {
            return None;
        }
        let title = hits.mark(item.title.as_str());
        Some(Self {
            title: title.iter().any(|part| part.hit).then(|| html(&title)),
            text: excerpt(item, hits).map(|parts| html(&parts)),
        })
    }
}

/// The part of an entry's text that shows most of what was searched for.
#[must_use]
pub fn excerpt(item: &Item, hits: &Hits) -> Option<Vec<Stretch>> {
    let texts = [item.body(), item.summary.as_ref()].into_iter().flatten();
    texts
        .into_iter()
        .find_map(|html| hits.excerpt(&html.to_plain(LOOKED_AT), EXCERPT))
}

fn html(parts: &[Stretch]) -> String {
    let mut html = String::new();
    for part in parts {
        if part.hit {
            html.push_str("<mark>");
        }
        for c in part.text.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                c => html.push(c),
            }
        }
        if part.hit {
            html.push_str("</mark>");
        }
    }
    html
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::parse_text;
    use crate::text::{Plain, SafeHtml};

    #[test]
    fn nothing_but_marks_is_markup() {
        let item = Item {
            title: Plain::new("<b>Ferry</b> & pier"),
            content: Some(SafeHtml::clean("<p>A &lt;script&gt; for a ferry</p>", None)),
            ..Item::default()
        };
        let of = |text: &str| {
            let text = parse_text(text).unwrap();
            HighlightsRecord::of(&item, &Hits::of(text.as_ref()))
        };
        let found = of("ferry OR pier").unwrap();
        assert_eq!(
            found.title.as_deref(),
            Some("&lt;b&gt;<mark>Ferry</mark>&lt;/b&gt; &amp; <mark>pier</mark>")
        );
        assert_eq!(
            found.text.as_deref(),
            Some("A &lt;script&gt; for a <mark>ferry</mark>")
        );
        let nowhere = of("glider").unwrap();
        assert_eq!((nowhere.title, nowhere.text), (None, None));
        assert_eq!(of("is:copy"), None);
    }
}
