//! Feeds behind a page: those it offers itself, and those of sites whose addresses are known.

mod sites;

use super::fault::Offer;
use crate::address::Address;
use crate::text::markup::{Attribute, Token, Tokens};
use crate::text::{cut_at_character, plain_from_html, unescape};
pub use sites::known_site;

/// How much of a page is read, in bytes: heads are at the beginning, and some are long.
const MAX_PAGE: usize = 2 * 1024 * 1024;
/// Most offers of one page.
const MAX_OFFERS: usize = 32;

/// The feeds that the page `html` at `base` offers in `<link rel="alternate">` and
/// `<link rel="feed">`, in its order, feeds of comments last. Where it offers none so, links of its
/// text that are named as feeds usually are.
#[must_use]
pub fn offers(html: &str, base: &Address) -> Vec<Offer> {
    offers_anywhere(html, Some(base))
}

/// [`offers`] of a page that may have come from nowhere: then only whole addresses count.
pub(super) fn offers_anywhere(html: &str, base: Option<&Address>) -> Vec<Offer> {
    let mut tokens = Tokens::new(cut_at_character(html, MAX_PAGE));
    let mut base = base.cloned();
    let mut based = false;
    let mut declared: Vec<Offer> = Vec::new();
    let mut linked: Vec<Offer> = Vec::new();
    while let Some(token) = tokens.next() {
        let Token::Start { name, .. } = token else {
            continue;
        };
        if name.eq_ignore_ascii_case("link") {
            if let Some(offer) = declared_offer(tokens.attributes(), base.as_ref()) {
                add(&mut declared, offer);
            }
        } else if name.eq_ignore_ascii_case("base") && !based {
            if let Some(found) =
                value(tokens.attributes(), "href").and_then(|r| resolve(&r, base.as_ref()))
            {
                base = Some(found);
                based = true;
            }
        } else if name.eq_ignore_ascii_case("a") {
            if let Some(url) = value(tokens.attributes(), "href")
                .filter(|href| is_named_as_feed(href))
                .and_then(|href| resolve(&href, base.as_ref()))
            {
                let title = title(tokens.attributes());
                add(&mut linked, Offer { url, title });
            }
        } else if name.eq_ignore_ascii_case("script") {
            tokens.skip_past_end("script");
        } else if name.eq_ignore_ascii_case("style") {
            tokens.skip_past_end("style");
        }
    }
    let mut offers = if declared.is_empty() {
        linked
    } else {
        declared
    };
    offers.sort_by_key(is_of_comments);
    offers
}

fn add(offers: &mut Vec<Offer>, offer: Offer) {
    if offers.len() < MAX_OFFERS && offers.iter().all(|known| known.url != offer.url) {
        offers.push(offer);
    }
}

fn resolve(href: &str, base: Option<&Address>) -> Option<Address> {
    match base {
        Some(base) => base.join(href).ok(),
        None => Address::parse(href).ok(),
    }
}

fn title(attributes: &[Attribute<'_>]) -> Option<String> {
    let title = plain_from_html(&value(attributes, "title")?);
    (!title.is_empty()).then(|| title.as_str().to_owned())
}

fn declared_offer(attributes: &[Attribute<'_>], base: Option<&Address>) -> Option<Offer> {
    let relations = value(attributes, "rel")?.to_ascii_lowercase();
    let related = |wanted: &str| relations.split_ascii_whitespace().any(|r| r == wanted);
    let media_type = value(attributes, "type").map(|t| t.to_ascii_lowercase());
    let is_feed = match &media_type {
        Some(media_type) => {
            (related("alternate") || related("feed") || related("service.feed"))
                && is_feed_type(media_type)
        }
        None => related("feed"),
    };
    if !is_feed || related("stylesheet") {
        return None;
    }
    Some(Offer {
        url: resolve(&value(attributes, "href")?, base)?,
        title: title(attributes),
    })
}

/// The value of an attribute, references resolved; `None` where it is missing or blank.
fn value(attributes: &[Attribute<'_>], name: &str) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|a| a.name.eq_ignore_ascii_case(name))?;
    let value = unescape(attribute.value).trim().to_owned();
    (!value.is_empty()).then_some(value)
}

fn is_feed_type(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    matches!(
        essence,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/feed+json"
            | "application/json"
            | "application/rdf+xml"
            | "application/x.atom+xml"
            | "application/x-atom+xml"
            | "application/rss"
            | "application/atom"
            | "application/xml"
            | "text/xml"
            | "text/rss+xml"
            | "text/rss"
            | "text/atom+xml"
            | "text/atom"
    ) && !(essence == "application/json" && media_type.contains("oembed"))
}

/// Whether a link leads to what is usually a feed, by the end of its path.
fn is_named_as_feed(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(
        last,
        "feed"
            | "feeds"
            | "rss"
            | "atom"
            | "feed.xml"
            | "rss.xml"
            | "atom.xml"
            | "index.xml"
            | "index.rdf"
            | "feed.json"
            | "rss.php"
    ) || last.ends_with(".rss")
        || last.ends_with(".atom")
        || last.ends_with(".rdf")
}

fn is_of_comments(offer: &Offer) -> bool {
    let title = offer.title.as_deref().unwrap_or_default().to_lowercase();
    title.contains("comment")
        || title.contains("kommentar")
        || offer.url.url().path().contains("/comments")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(html: &str) -> Vec<String> {
        let base = Address::parse("https://blog.example/2026/post").unwrap();
        offers(html, &base)
            .iter()
            .map(|offer| {
                format!(
                    "{} {}",
                    offer.url.as_str(),
                    offer.title.as_deref().unwrap_or("")
                )
            })
            .collect()
    }

    #[test]
    fn links_in_the_head_are_offers() {
        for (html, expected) in [
            (
                "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"News &amp; more\" href=\"/feed\">",
                vec!["https://blog.example/feed News & more"],
            ),
            (
                "<LINK HREF=atom.xml TYPE='Application/Atom+XML; charset=utf-8' REL='Alternate'/>",
                vec!["https://blog.example/2026/atom.xml "],
            ),
            (
                "<link rel='feed' href='/f'><link rel='alternate home' type='application/feed+json' href='/f.json'>",
                vec!["https://blog.example/f ", "https://blog.example/f.json "],
            ),
            (
                "<base href='https://other.example/x/'><link rel=alternate type=text/xml href=y>",
                vec!["https://other.example/x/y "],
            ),
            (
                "<link rel=alternate type=application/rss+xml title='Comments' href=/c><link rel=alternate type=application/rss+xml title=News href=/n>",
                vec![
                    "https://blog.example/n News",
                    "https://blog.example/c Comments",
                ],
            ),
            (
                "<link rel=alternate type=application/rss+xml href=/a><link rel=alternate type=application/rss+xml href=/a>",
                vec!["https://blog.example/a "],
            ),
            ("<link rel=alternate hreflang=de href=/de>", vec![]),
            ("<link rel=stylesheet type=text/css href=/s>", vec![]),
            ("<link rel=alternate type=application/rss+xml>", vec![]),
            (
                "<link rel=alternate type=application/rss+xml href='javascript:x'>",
                vec![],
            ),
            (
                "<!-- <link rel=alternate type=application/rss+xml href=/a> -->",
                vec![],
            ),
            (
                "<script>'<link rel=alternate type=application/rss+xml href=/a>'</script>",
                vec![],
            ),
        ] {
            assert_eq!(found(html), expected, "{html}");
        }
    }

    #[test]
    fn links_in_the_text_count_where_the_head_has_none() {
        assert_eq!(
            found(
                "<a href='/about'>x</a><a href='/blog/index.xml' title=Feed>RSS</a><a href='/feed/?x=1'>y</a>"
            ),
            [
                "https://blog.example/blog/index.xml Feed",
                "https://blog.example/feed/?x=1 "
            ]
        );
        assert_eq!(
            found("<link rel=alternate type=application/rss+xml href=/a><a href=/rss>y</a>"),
            ["https://blog.example/a "]
        );
    }

    #[test]
    fn there_is_an_end_to_offers() {
        let html: String = (0..200)
            .map(|n| format!("<link rel=alternate type=application/rss+xml href=/{n}>"))
            .collect();
        assert_eq!(found(&html).len(), MAX_OFFERS);
    }

    proptest! {
        #[test]
        fn any_page_is_survived(html in "(<|>|link|rel=alternate|type=application/rss\\+xml|href=|base|a| |'|\"|/|\\PC){0,60}") {
            prop_assert!(found(&html).len() <= MAX_OFFERS);
        }
    }
}
