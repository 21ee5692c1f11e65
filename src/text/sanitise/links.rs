//! Addresses in attributes: absolute, of a harmless scheme, or gone.

use super::allow::LINK_SCHEMES;
use crate::address::{Address, MAX_LENGTH};
use crate::text::entities::{Place, resolve};
use std::borrow::Cow;
use url::{Position, Url};

/// The address that the attribute `raw` means, for a link.
pub(super) fn link<'a>(raw: &'a str, base: Option<&Address>) -> Option<Cow<'a, str>> {
    address(raw, base, LINK_SCHEMES)
}

/// The address that the attribute `raw` means, for something that is loaded.
pub(super) fn media<'a>(raw: &'a str, base: Option<&Address>) -> Option<Cow<'a, str>> {
    address(raw, base, &["http", "https"])
}

fn address<'a>(raw: &'a str, base: Option<&Address>, schemes: &[&str]) -> Option<Cow<'a, str>> {
    let value = resolve(raw, Place::Attribute);
    if is_normal(&value) {
        return Some(value);
    }
    let value = value.trim_matches(|c: char| c <= ' ');
    if value.is_empty() || value.len() > MAX_LENGTH {
        return None;
    }
    if let Some(base) = base
        && value.starts_with('/')
        && !value.starts_with("//")
        && is_normal_path(value)
    {
        // The commonest relative address: nothing of the base's path matters.
        return Some(Cow::Owned(
            [&base.url()[..Position::BeforePath], value].concat(),
        ));
    }
    let url = match Url::parse(value) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => match base {
            Some(base) => base.url().join(value).ok()?,
            None if value.starts_with("//") => Url::parse(&format!("https:{value}")).ok()?,
            None => return None,
        },
        Err(_) => return None,
    };
    (schemes.contains(&url.scheme()) && url.as_str().len() <= MAX_LENGTH)
        .then(|| Cow::Owned(url.into()))
}

/// Whether `raw` is an `http` or `https` address that parsing would give back unchanged: most links
/// are, and parsing is dear. Says no where in doubt.
fn is_normal(raw: &str) -> bool {
    let Some(rest) = raw
        .strip_prefix("https://")
        .or_else(|| raw.strip_prefix("http://"))
    else {
        return false;
    };
    if raw.len() > MAX_LENGTH {
        return false;
    }
    let Some(slash) = rest.find('/') else {
        return false;
    };
    let (host, path) = rest.split_at(slash);
    // The last label must be letters, or it may be an IPv4 address in one of its many forms; a label
    // in Punycode may not be one.
    let named = host.rsplit_once('.').is_some_and(|(labels, last)| {
        !labels.is_empty() && last.len() >= 2 && last.bytes().all(|b| b.is_ascii_lowercase())
    });
    let mut before = b'.';
    let plain = host.bytes().all(|b| {
        let plain = match b {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'.' => before != b'.',
            b'-' => before != b'-',
            _ => false,
        };
        before = b;
        plain
    });
    named && plain && is_normal_path(path)
}

/// Whether a path that begins with `/`, with what follows it, is written as parsing would write it.
fn is_normal_path(path: &str) -> bool {
    static PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte = 0;
        while byte < 128 {
            let b = byte as u8;
            plain[byte] = b.is_ascii_alphanumeric()
                || matches!(
                    b,
                    b'/' | b'-'
                        | b'_'
                        | b'.'
                        | b'~'
                        | b'?'
                        | b'='
                        | b'+'
                        | b','
                        | b':'
                        | b'@'
                        | b';'
                        | b'&'
                        | b'#'
                );
            byte += 1;
        }
        plain
    };
    let mut before = 0;
    path.bytes().all(|b| {
        // `/.` may be a step to nowhere or upwards.
        let plain = PLAIN[b as usize] && !(before == b'/' && b == b'.');
        before = b;
        plain
    })
}

/// One of the addresses of a `srcset`.
#[derive(Debug, PartialEq)]
pub(super) struct Candidate<'a> {
    pub(super) url: Cow<'a, str>,
    /// `640w`, `2x`, or nothing.
    pub(super) size: &'a str,
}

/// Most candidates of one `srcset` that are kept.
const MAX_CANDIDATES: usize = 16;

/// The candidates of a `srcset` whose references are resolved (HTML Standard, "Parsing a srcset
/// attribute").
pub(super) fn candidates<'a>(srcset: &'a str, base: Option<&Address>) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    let mut rest = srcset;
    while found.len() < MAX_CANDIDATES {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            break;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let (url, size, after) = match url.strip_suffix(',') {
            Some(url) => (url.trim_end_matches(','), "", after),
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (url, after[..end].trim(), &after[end..])
            }
        };
        rest = after;
        if let (true, Some(url)) = (is_size(size), media(url, base)) {
            found.push(Candidate { url, size });
        }
    }
    found
}

/// Whether `size` is a width, a density or nothing.
fn is_size(size: &str) -> bool {
    let Some(number) = size.strip_suffix(['w', 'x', 'h']) else {
        return size.is_empty();
    };
    number.len() <= 8
        && number
            .parse::<f64>()
            .is_ok_and(|n| n > 0.0 && n.is_finite())
}

/// The candidate to show where only one can be: the widest of at most 1600 pixels, else the first.
pub(super) fn best<'a>(candidates: Vec<Candidate<'a>>) -> Option<Cow<'a, str>> {
    let mut best: Option<(u32, Cow<'a, str>)> = None;
    for candidate in candidates {
        let width = candidate
            .size
            .strip_suffix('w')
            .and_then(|w| w.parse().ok())
            .filter(|w| *w <= 1600)
            .unwrap_or(0);
        if best.as_ref().is_none_or(|(known, _)| width > *known) {
            best = Some((width, candidate.url));
        }
    }
    best.map(|(_, url)| url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_become_absolute_or_go() {
        let base = Address::parse("https://a.example/b/c?d").ok();
        let base = base.as_ref();
        for (raw, with_base, without) in [
            (
                "https://x.example/a?b=1#c",
                Some("https://x.example/a?b=1#c"),
                Some("https://x.example/a?b=1#c"),
            ),
            (
                "HTTPS://X.example:443",
                Some("https://x.example/"),
                Some("https://x.example/"),
            ),
            (
                "https://x.example/?a=1&amp;b=2",
                Some("https://x.example/?a=1&b=2"),
                Some("https://x.example/?a=1&b=2"),
            ),
            ("/x y", Some("https://a.example/x%20y"), None),
            ("e.png", Some("https://a.example/b/e.png"), None),
            ("#f", Some("https://a.example/b/c?d#f"), None),
            (
                "//cdn.example/x",
                Some("https://cdn.example/x"),
                Some("https://cdn.example/x"),
            ),
            (
                " \n https://x.example/\n",
                Some("https://x.example/"),
                Some("https://x.example/"),
            ),
            (
                "mailto:a@b.example",
                Some("mailto:a@b.example"),
                Some("mailto:a@b.example"),
            ),
            ("javascript:alert(1)", None, None),
            ("java\nscript:alert(1)", None, None),
            ("&#106;avascript:alert(1)", None, None),
            ("\u{1}javascript:alert(1)", None, None),
            ("data:text/html,x", None, None),
            ("vbscript:x", None, None),
            ("file:///etc/passwd", None, None),
            ("", None, None),
            ("https://", None, None),
        ] {
            assert_eq!(link(raw, base).as_deref(), with_base, "{raw}");
            assert_eq!(link(raw, None).as_deref(), without, "{raw}");
        }
        assert_eq!(media("mailto:a@b.example", base), None);
    }

    #[test]
    fn candidates_are_split_as_browsers_do() {
        let shown = |srcset: &str| {
            candidates(srcset, None)
                .iter()
                .map(|c| format!("{} {}", c.url, c.size))
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(
            shown(
                "https://a.example/w_1,h_2.jpg 320w, https://a.example/b.jpg 2x,https://a.example/c.jpg"
            ),
            "https://a.example/w_1,h_2.jpg 320w|https://a.example/b.jpg 2x|https://a.example/c.jpg "
        );
        assert_eq!(
            shown("data:x 1x, javascript:x 2x, https://a.example/ onerror"),
            ""
        );
        let widest = |srcset| best(candidates(srcset, None)).map(Cow::into_owned);
        assert_eq!(
            widest(
                "https://a.example/s 320w, https://a.example/m 1024w, https://a.example/l 4000w"
            )
            .as_deref(),
            Some("https://a.example/m")
        );
        assert_eq!(
            widest("https://a.example/1 1x, https://a.example/2 2x").as_deref(),
            Some("https://a.example/1")
        );
    }

    proptest! {
        #[test]
        fn what_needs_no_parsing_parses_to_itself(
            raw in "https?://([a-z0-9-]{1,5}\\.){0,3}[a-z0-9]{1,4}(/[a-zA-Z0-9_.,:@;~=+%-]{0,5}){0,4}(\\?[a-z=&/?;]{0,6})?(#[a-z#/]{0,3})?"
        ) {
            if is_normal(&raw) {
                prop_assert_eq!(Url::parse(&raw).map(String::from), Ok(raw));
            }
        }

        #[test]
        fn paths_are_joined_as_parsing_joins_them(raw in "/[a-zA-Z0-9_.,:@;~=+&?#/-]{0,12}") {
            let base = Address::parse("https://user:pw@a.example:8080/b/c?d#e").ok();
            let joined = base.as_ref().and_then(|b| b.join(&raw).ok()).map(|a| a.as_str().to_owned());
            let raw = raw.replace('&', "&amp;");
            prop_assert_eq!(link(&raw, base.as_ref()).map(Cow::into_owned), joined);
        }

        #[test]
        fn any_attribute_gives_a_stable_address(raw in "(https?:|javascript:|//|/|\\.|a|&amp;|\\PC| ){0,20}") {
            if let Some(url) = link(&raw, None) {
                let again = link(&url.replace('&', "&amp;"), None).map(Cow::into_owned);
                prop_assert_eq!(again, Some(url.into_owned()));
            }
        }
    }
}
