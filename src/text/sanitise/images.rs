//! Pictures: those that scripts would have loaded, and those that only count readers.

use super::links;
use crate::address::Address;
use crate::text::entities::{Place, resolve};
use crate::text::markup::Attribute;
use std::borrow::Cow;

/// Where scripts that load pictures late keep the address, the likeliest first.
const LATE: &[&str] = &[
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-orig-src",
    "data-lazy",
    "data-actualsrc",
    "data-hi-res-src",
];

/// Where candidates of several sizes are.
const CANDIDATES: &[&str] = &["srcset", "data-srcset", "data-lazy-srcset"];

/// Parts of the addresses of pictures that hold the place of one that a script would load.
const PLACEHOLDERS: &[&str] = &[
    "placeholder",
    "/blank.",
    "/spacer.",
    "/pixel.",
    "/lazy",
    "/loading.",
    "/loader.",
    "/transparent.",
    "/empty.",
    "/grey.gif",
    "/gray.gif",
    "1x1",
    "/trans.gif",
];

/// Hosts (or ends of hosts) and beginnings of paths of pictures that only count readers.
const BEACONS: &[(&str, &str)] = &[
    ("feeds.feedburner.com", "/~r/"),
    ("feedproxy.google.com", "/~r/"),
    ("feedsportal.com", "/"),
    ("pixel.wp.com", "/"),
    ("stats.wordpress.com", "/"),
    ("feeds.wordpress.com", "/1.0/"),
    ("google-analytics.com", "/"),
    ("googletagmanager.com", "/"),
    ("doubleclick.net", "/"),
    ("googlesyndication.com", "/"),
    ("pixel.quantserve.com", "/"),
    ("scorecardresearch.com", "/"),
    ("facebook.com", "/tr"),
    ("blogger.googleusercontent.com", "/tracker/"),
    ("pheedo.com", "/"),
    ("ads.pheedo.com", "/"),
    ("rss.buysellads.com", "/"),
    ("medium.com", "/_/stat"),
    ("pixel.mathtag.com", "/"),
    ("chartbeat.net", "/"),
    ("pxl.host", "/"),
    ("counter.theconversation.com", "/"),
    ("list-manage.com", "/track/open"),
    ("mailchimp.com", "/track/open"),
    ("eotrx.substackcdn.com", "/"),
    ("px.ads.linkedin.com", "/"),
    ("bat.bing.com", "/"),
];

/// The picture that an `img` means, if it is one to show: its address.
pub(super) fn source<'a>(
    attributes: &[Attribute<'a>],
    base: Option<&Address>,
) -> Option<Cow<'a, str>> {
    let given = value(attributes, "src").and_then(|raw| links::media(raw, base));
    if given.as_deref().is_some_and(|url| !is_placeholder(url)) {
        return given;
    }
    LATE.iter()
        .find_map(|name| links::media(value(attributes, name)?, base))
        .or_else(|| {
            CANDIDATES.iter().find_map(|name| {
                let raw = resolve(value(attributes, name)?, Place::Attribute);
                links::best(links::candidates(&raw, base)).map(|url| Cow::Owned(url.into_owned()))
            })
        })
        .or(given)
}

/// Whether an `img` shows nothing: it is hidden or at most one pixel large.
pub(super) fn is_invisible(attributes: &[Attribute<'_>]) -> bool {
    let mut width = value(attributes, "width").and_then(pixels);
    let mut height = value(attributes, "height").and_then(pixels);
    if let Some(style) = value(attributes, "style") {
        for declaration in style.split(';') {
            let Some((property, value)) = declaration.split_once(':') else {
                continue;
            };
            let (property, value) = (property.trim(), value.trim());
            if property.eq_ignore_ascii_case("display") && value.eq_ignore_ascii_case("none") {
                return true;
            }
            if property.eq_ignore_ascii_case("width") {
                width = pixels(value).or(width);
            } else if property.eq_ignore_ascii_case("height") {
                height = pixels(value).or(height);
            }
        }
    }
    match (width, height) {
        (Some(width), Some(height)) => width <= 1 && height <= 1,
        (Some(side), None) | (None, Some(side)) => side <= 1,
        (None, None) => false,
    }
}

/// Whether the picture at `url` (normalised) is known to be there only to count readers.
pub(super) fn is_beacon(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    BEACONS.iter().any(|(known, start)| {
        host.strip_suffix(known)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
            && path.starts_with(start)
    })
}

fn is_placeholder(url: &str) -> bool {
    let name = url.split(['?', '#']).next().unwrap_or(url);
    let path = name.splitn(4, '/').nth(3).unwrap_or("");
    let start = name.len() - path.len();
    let path = name[start.saturating_sub(1)..].to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|part| path.contains(part))
}

/// A length as a whole number of pixels.
fn pixels(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[digits..].trim();
    let fraction = rest.strip_prefix('.').map_or(rest, |fraction| {
        fraction.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    let unit = fraction.trim().trim_end_matches("!important").trim();
    if digits == 0 || digits > 6 || !(unit.is_empty() || unit.eq_ignore_ascii_case("px")) {
        return None;
    }
    text[..digits].parse().ok()
}

fn value<'a>(attributes: &[Attribute<'a>], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|a| a.name.eq_ignore_ascii_case(name))
        .map(|a| a.value)
        .filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beacons_are_known_by_host_and_path() {
        assert!(is_beacon("https://pixel.wp.com/b.gif?x"));
        assert!(is_beacon("http://feeds.feedburner.com/~r/Some/~4/abc"));
        assert!(is_beacon("http://a.feedsportal.com/c/1/mf.gif"));
        assert!(!is_beacon("https://notfeedsportal.com/mf.gif"));
        assert!(!is_beacon("https://medium.com/max/1/x.png"));
        assert!(!is_beacon("https://www.facebook.com/photo.jpg"));
    }

    #[test]
    fn lengths_are_read_with_units() {
        for (text, expected) in [
            ("1", Some(1)),
            ("0", Some(0)),
            (" 1px ", Some(1)),
            ("1.0px", Some(1)),
            ("640 px", Some(640)),
            ("1px !important", Some(1)),
            ("100%", None),
            ("1em", None),
            ("auto", None),
            ("", None),
        ] {
            assert_eq!(pixels(text), expected, "{text}");
        }
    }
}
