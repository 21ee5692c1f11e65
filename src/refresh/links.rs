//! `Link` fields (RFC 8288), as far as they name a hub or a feed.

use crate::address::Address;
use crate::feed::Hub;
use crate::fetch::Document;
use crate::parse::{Offer, Parsed};
use crate::text::without_controls;

/// Media types of feeds alone: `application/json` and `text/xml` alternates are many things.
const FEEDS: [&str; 4] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
];

/// The feeds that an answer's `Link` fields offer in its place.
#[must_use]
pub fn alternates(document: &Document) -> Vec<Offer> {
    let Some(here) = &document.url else {
        return Vec::new();
    };
    document
        .link_headers
        .iter()
        .flat_map(|field| links(field))
        .filter(|link| link.has("alternate"))
        .filter(|link| {
            link.parameter("type").is_some_and(|kind| {
                let kind = kind.split(';').next().unwrap_or_default().trim();
                FEEDS.iter().any(|feed| feed.eq_ignore_ascii_case(kind))
            })
        })
        .filter_map(|link| {
            Some(Offer {
                url: here.join(link.target).ok()?,
                title: link.parameter("title").map(without_controls),
            })
        })
        .collect()
}

/// Who pushes the news of a document, and under which name: its answer's `Link` fields say it, else
/// the document itself (W3C WebSub section 4). A file of this machine has no hub.
#[must_use]
pub fn hub_of(document: &Document, parsed: &Parsed) -> Option<Hub> {
    let here = document.url.as_ref()?;
    let linked = |relation: &str| {
        document
            .link_headers
            .iter()
            .flat_map(|field| links(field))
            .find(|link| link.has(relation))
            .and_then(|link| here.join(link.target).ok())
    };
    let hub = linked("hub").or_else(|| parsed.hub.clone())?;
    let topic = linked("self")
        .or_else(|| parsed.self_url.clone())
        .unwrap_or_else(|| here.clone());
    Some(Hub {
        url: without_fragment(&hub),
        topic: without_fragment(&topic),
    })
}

fn without_fragment(address: &Address) -> String {
    let whole = address.shown();
    whole.split('#').next().unwrap_or_default().to_owned()
}

struct Link<'a> {
    target: &'a str,
    parameters: &'a str,
}

impl Link<'_> {
    fn has(&self, relation: &str) -> bool {
        self.parameter("rel").is_some_and(|value| {
            value
                .split_ascii_whitespace()
                .any(|word| word.eq_ignore_ascii_case(relation))
        })
    }

    /// A parameter without its quotation marks.
    fn parameter(&self, wanted: &str) -> Option<&str> {
        self.parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_wanted = name.trim().eq_ignore_ascii_case(wanted);
            is_wanted.then(|| value.trim().trim_matches('"'))
        })
    }
}

/// The links of one field.
fn links(field: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut rest = field;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else {
            break;
        };
        // A comma ends the link unless it stands in quotation marks.
        let mut quoted = false;
        let end = after.find(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        let (parameters, next) = after.split_at(end.unwrap_or(after.len()));
        links.push(Link { target, parameters });
        rest = next;
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Validators;

    fn hub(fields: &[&str], parsed: &Parsed) -> Option<(String, String)> {
        let document = Document {
            body: Vec::new(),
            content_type: None,
            url: Some(Address::parse("https://harbor.example/feed").unwrap()),
            validators: Validators::default(),
            delta: false,
            link_headers: fields.iter().map(|field| (*field).to_owned()).collect(),
        };
        hub_of(&document, parsed).map(|hub| (hub.url, hub.topic))
    }

    fn both(hub: &str, topic: &str) -> Option<(String, String)> {
        Some((hub.to_owned(), topic.to_owned()))
    }

    #[test]
    fn rule_29_a_hub_is_named_by_link_fields_before_the_document() {
        let nothing = Parsed::default();
        let told = Parsed {
            hub: Address::parse("https://hub.example/told").ok(),
            self_url: Address::parse("https://harbor.example/self#top").ok(),
            ..Parsed::default()
        };
        assert_eq!(hub(&[], &nothing), None);
        assert_eq!(
            hub(&[], &told),
            both("https://hub.example/told", "https://harbor.example/self")
        );
        for fields in [
            &["<https://hub.example/>; rel=\"hub\", </canon>; rel=self"][..],
            &[
                "</canon>; title=\"a, b; c\"; REL=\"alternate Self\"",
                "<https://hub.example/>;rel=hub",
            ],
            &[
                "</canon>; rel=self",
                "<https://hub.example/>; rel=hub",
                "<https://late.example/>; rel=hub",
            ],
        ] {
            let expected = both("https://hub.example/", "https://harbor.example/canon");
            assert_eq!(hub(fields, &told), expected, "{fields:?}");
        }
        assert_eq!(
            hub(&["<https://hub.example/>; rel=hub"], &nothing),
            both("https://hub.example/", "https://harbor.example/feed")
        );
        for broken in [
            "<",
            "<>",
            "<a",
            "rel=hub",
            "<javascript:x>; rel=hub",
            "<ftp://a/>; rel=hub",
        ] {
            assert_eq!(hub(&[broken], &nothing), None, "{broken}");
        }
    }
}
