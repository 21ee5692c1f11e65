//! One text for all addresses of one page: what comparing needs, never what is requested.

use super::Address;
use super::rules::{
    AMP_ENDINGS, CACHES, DOORS, INDEX_PAGES, NAMED_BY, REDIRECTORS, SESSIONS, SHORT_FORMS,
    TRACKING, TRACKING_PREFIXES,
};
use url::Url;

impl Address {
    /// The address in the form in which all addresses of one page are equal: `https`, without
    /// password, default port, `www` and mobile hosts, tracking, session and AMP parts, index
    /// page, trailing slash and fragment; parameters sorted, percent-encoding normal, redirectors
    /// and short forms resolved by their text alone. Parsing it again and asking for its
    /// canonical form gives the same text.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut url = self.0.clone();
        // Unwrapping shortens, so this ends by itself; the bound only makes that plain.
        for _ in 0..64 {
            match target(&url) {
                Some(inner) => url = inner,
                None => break,
            }
        }
        let mut text = normal(&url);
        // A rule may uncover work for another one (`/amp/index.html`): repeat until nothing moves.
        for _ in 0..16 {
            let Some(next) = Url::parse(&text).ok().map(|url| match target(&url) {
                Some(inner) => normal(&inner),
                None => normal(&url),
            }) else {
                break;
            };
            if next == text {
                break;
            }
            text = next;
        }
        text
    }

    /// Whether it is a site's front page, which names no article.
    #[must_use]
    pub fn is_front_page(&self) -> bool {
        is_front_page(&self.canonical())
    }

    /// The host without `www`, mobile and AMP labels.
    #[must_use]
    pub fn site_host(&self) -> String {
        without_doors(self.host())
    }
}

/// Whether a canonical form is that of a site's front page, which names no article.
#[must_use]
pub fn is_front_page(canonical: &str) -> bool {
    let rest = canonical.strip_prefix("https://").unwrap_or(canonical);
    !rest.contains('/') && !rest.contains('?')
}

/// `host` without a trailing dot and without labels that are doors to the same site.
fn without_doors(host: &str) -> String {
    let mut host = host.trim_end_matches('.');
    while let Some((label, rest)) = host.split_once('.') {
        if !DOORS.contains(&label) || !rest.contains('.') {
            break;
        }
        host = rest;
    }
    // Wikipedia's mobile door stands behind the language.
    match host.split_once(".m.") {
        Some((language, rest)) if rest.contains('.') && !language.contains('.') => {
            format!("{language}.{rest}")
        }
        _ => host.to_owned(),
    }
}

/// Whether `host` (without doors) is what a rule names.
fn fits(host: &str, rule: &str) -> bool {
    rule == "*" || host == rule || (rule.starts_with('.') && host.ends_with(rule))
}

/// The page that a redirector, cache or archive address leads to, by its text alone.
fn target(url: &Url) -> Option<Url> {
    let host = without_doors(url.host_str()?);
    for cache in CACHES.iter().filter(|cache| fits(&host, cache.host)) {
        for marker in cache.markers {
            let Some(at) = url.path().find(marker) else {
                continue;
            };
            let rest = &url.path()[at + marker.len()..];
            let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
            let inner = web(&format!("https://{rest}{query}"))?;
            return Some(inner);
        }
    }
    if host == "news.google.com"
        && let Some(inner) = google_news(url)
    {
        return Some(inner);
    }
    let path = url.path().to_ascii_lowercase();
    REDIRECTORS
        .iter()
        .filter(|rule| fits(&host, rule.host) && path.starts_with(rule.path))
        .find_map(|rule| {
            let wanted = rule.parameters.iter().find_map(|name| {
                url.query_pairs()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
            })?;
            web(&wanted.1)
        })
}

/// `text` as a web address of a named host, shorter than what it was found in.
fn web(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let named = matches!(url.scheme(), "http" | "https")
        && url
            .host_str()
            .is_some_and(|host| host.trim_end_matches('.').contains('.'));
    named.then_some(url)
}

/// The target inside an older Google News address: a base64 text that holds it in the clear.
fn google_news(url: &Url) -> Option<Url> {
    let code = url.path().split("/articles/").nth(1)?.split('/').next()?;
    let bytes = base64url(code)?;
    let start = bytes.windows(4).position(|window| window == b"http")?;
    let end = bytes[start..]
        .iter()
        .position(|byte| !(0x21..0x7f).contains(byte))
        .map_or(bytes.len(), |length| start + length);
    web(std::str::from_utf8(&bytes[start..end]).ok()?)
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u8);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

/// The address with every rule but unwrapping applied once.
fn normal(url: &Url) -> String {
    let mut host = without_doors(url.host_str().unwrap_or_default());
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        host = format!("{host}:{port}");
    }
    let path = normal_path(url.path());
    if let Some(page) = short_form(&host, &path) {
        return format!("https://{page}");
    }
    let named_by = NAMED_BY
        .iter()
        .find(|(at, under, _)| *at == host && *under == path)
        .map(|(_, _, names)| *names);
    let mut parameters: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, value)| {
            let name = name.to_ascii_lowercase();
            match named_by {
                Some(names) => names.contains(&name.as_str()),
                None if name.is_empty() => !value.is_empty(),
                None => !is_noise(&name),
            }
        })
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    parameters.sort();
    let mut out = format!("https://{host}{path}");
    if !parameters.is_empty() {
        out.push('?');
        out.push_str(
            &url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(parameters)
                .finish(),
        );
    }
    // A fragment is a place in the page, except where a script makes pages of it.
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.starts_with('!')) {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

fn is_noise(name: &str) -> bool {
    TRACKING.contains(&name)
        || SESSIONS.contains(&name)
        || name.starts_with("aspsessionid")
        || TRACKING_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// The path without session, AMP and index parts and without slashes at its end.
fn normal_path(path: &str) -> String {
    let mut path = decoded(path);
    let lower = path.to_ascii_lowercase();
    if let Some(at) = lower.find(";jsessionid=") {
        let end = path[at..]
            .find('/')
            .map_or(path.len(), |length| at + length);
        path.replace_range(at..end, "");
    }
    loop {
        let before = path.len();
        path.truncate(path.trim_end_matches('/').len());
        let lower = path.to_ascii_lowercase();
        if let Some(ending) = AMP_ENDINGS.iter().find(|ending| lower.ends_with(**ending)) {
            let keep = path.len() - ending.len();
            let html = if *ending == ".amp.html" { ".html" } else { "" };
            path.truncate(keep);
            path.push_str(html);
        } else if lower.starts_with("/amp/") {
            path.replace_range(..4, "");
        } else if let Some((folder, last)) = lower.rsplit_once('/')
            && INDEX_PAGES.contains(&last)
        {
            path.truncate(folder.len());
        }
        if path.len() == before {
            return path;
        }
    }
}

/// Percent-encoding made one: unreserved characters stand for themselves, the rest keeps its
/// escape in upper case (RFC 3986, section 6.2.2).
fn decoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest
            .get(at + 1..at + 3)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            Some(byte) => {
                out.push_str(&format!("%{byte:02X}"));
                rest = &rest[at + 3..];
            }
            None => {
                out.push_str("%25");
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn short_form(host: &str, path: &str) -> Option<String> {
    SHORT_FORMS
        .iter()
        .filter(|form| fits(host, form.host))
        .find_map(|form| {
            let mut parts = path.split('/');
            let mut id = None;
            for wanted in form.path.split('/') {
                let part = parts.next()?;
                match wanted {
                    "{id}" => id = Some(part),
                    "*" => {}
                    literal if literal == part => {}
                    _ => return None,
                }
            }
            let id = id.filter(|id| !id.is_empty())?;
            Some(form.page.replace("{id}", id))
        })
}

#[cfg(test)]
mod tests {
    use super::super::Address;
    use proptest::prelude::*;

    fn canonical(text: &str) -> String {
        Address::parse(text).unwrap().canonical()
    }

    #[test]
    fn every_rule_has_its_example() {
        for (rule, given, wanted) in [
            ("scheme", "http://a.example/x", "https://a.example/x"),
            ("host case", "HTTPS://A.Example/x", "https://a.example/x"),
            (
                "path case is kept",
                "https://a.example/X",
                "https://a.example/X",
            ),
            (
                "default port",
                "https://a.example:443/x",
                "https://a.example/x",
            ),
            (
                "wrong scheme's port",
                "https://a.example:80/x",
                "https://a.example/x",
            ),
            (
                "other port is kept",
                "https://a.example:8080/x",
                "https://a.example:8080/x",
            ),
            ("password", "https://u:p@a.example/x", "https://a.example/x"),
            ("www", "https://www.a.example/x", "https://a.example/x"),
            ("mobile", "https://m.a.example/x", "https://a.example/x"),
            (
                "several doors",
                "https://amp.www.a.example/x",
                "https://a.example/x",
            ),
            (
                "a door that is the site",
                "https://m.example/x",
                "https://m.example/x",
            ),
            (
                "Wikipedia's mobile host",
                "https://de.m.wikipedia.org/wiki/Uhr",
                "https://de.wikipedia.org/wiki/Uhr",
            ),
            (
                "dot after the host",
                "https://a.example./x",
                "https://a.example/x",
            ),
            (
                "punycode",
                "https://bücher.example/x",
                "https://xn--bcher-kva.example/x",
            ),
            (
                "trailing slash",
                "https://a.example/x/",
                "https://a.example/x",
            ),
            ("front page", "https://www.a.example/", "https://a.example"),
            (
                "index page",
                "https://a.example/x/index.php",
                "https://a.example/x",
            ),
            (
                "AMP ending",
                "https://a.example/x/amp/",
                "https://a.example/x",
            ),
            (
                "AMP extension",
                "https://a.example/x.amp.html",
                "https://a.example/x.html",
            ),
            (
                "AMP folder",
                "https://a.example/amp/x",
                "https://a.example/x",
            ),
            (
                "AMP parameter",
                "https://a.example/x?amp=1",
                "https://a.example/x",
            ),
            (
                "tracking",
                "https://a.example/x?utm_source=rss&id=7&fbclid=9",
                "https://a.example/x?id=7",
            ),
            (
                "session in the query",
                "https://a.example/x?PHPSESSID=5c&id=7",
                "https://a.example/x?id=7",
            ),
            (
                "session in the path",
                "https://a.example/x;jsessionid=5C?id=7",
                "https://a.example/x?id=7",
            ),
            (
                "order of parameters",
                "https://a.example/x?b=2&a=1",
                "https://a.example/x?a=1&b=2",
            ),
            ("empty query", "https://a.example/x?", "https://a.example/x"),
            (
                "fragment",
                "https://a.example/x#xtor=RSS-1",
                "https://a.example/x",
            ),
            (
                "percent-encoding",
                "https://a.example/%7euser/%c3%a9t%65",
                "https://a.example/~user/%C3%A9te",
            ),
            (
                "letters outside ASCII",
                "https://a.example/été",
                "https://a.example/%C3%A9t%C3%A9",
            ),
            (
                "Google redirector",
                "https://www.google.com/url?sa=t&url=https%3A%2F%2Fa.example%2Fx&ved=1",
                "https://a.example/x",
            ),
            (
                "Facebook redirector",
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fx&h=1",
                "https://a.example/x",
            ),
            (
                "any redirector",
                "https://b.example/redirect?to=https://a.example/x",
                "https://a.example/x",
            ),
            (
                "nested redirectors",
                "https://b.example/?url=https%3A%2F%2Fc.example%2Fout%3Fu%3Dhttps%253A%252F%252Fa.example%252Fx",
                "https://a.example/x",
            ),
            (
                "old Google News",
                "https://news.google.com/rss/articles/CBMiE2h0dHBzOi8vYS5leGFtcGxlL3jSAQA?oc=5",
                "https://a.example/x",
            ),
            (
                "AMP cache",
                "https://a-example.cdn.ampproject.org/c/s/a.example/x",
                "https://a.example/x",
            ),
            (
                "Google AMP viewer",
                "https://www.google.com/amp/s/www.a.example/x/amp",
                "https://a.example/x",
            ),
            (
                "archive",
                "https://web.archive.org/web/20240102030405/https://a.example/x",
                "https://a.example/x",
            ),
            (
                "YouTube short form",
                "https://youtu.be/dQw4w9WgXcQ?si=abc",
                "https://youtube.com/watch?v=dQw4w9WgXcQ",
            ),
            (
                "YouTube shorts",
                "https://www.youtube.com/shorts/dQw4w9WgXcQ",
                "https://youtube.com/watch?v=dQw4w9WgXcQ",
            ),
            (
                "YouTube list",
                "https://m.youtube.com/watch?list=1&v=dQw4w9WgXcQ&t=4",
                "https://youtube.com/watch?v=dQw4w9WgXcQ",
            ),
            (
                "Reddit short form",
                "https://redd.it/abc12",
                "https://reddit.com/comments/abc12",
            ),
            (
                "Reddit thread",
                "https://old.reddit.com/r/rust/comments/abc12/some_title/",
                "https://reddit.com/comments/abc12",
            ),
            (
                "Twitter",
                "https://mobile.twitter.com/someone/status/123?s=20",
                "https://x.com/i/status/123",
            ),
            (
                "X",
                "https://x.com/someone/status/123/photo/1",
                "https://x.com/i/status/123",
            ),
        ] {
            assert_eq!(canonical(given), wanted, "{rule}");
        }
    }

    #[test]
    fn parameters_that_name_the_page_are_kept() {
        assert_ne!(
            canonical("https://a.example/view.php?id=1"),
            canonical("https://a.example/view.php?id=2")
        );
    }

    #[test]
    fn what_is_found_in_a_redirector_names_a_host() {
        for given in [
            "https://www.google.com/url?url=https%3A%2F%2F.%2F.%2Fa.example",
            "https://www.google.com/url?url=https%3A%2F%2F..%2Fx",
        ] {
            let once = canonical(given);
            assert!(once.starts_with("https://google.com/"), "{once}");
            assert_eq!(canonical(&once), once);
        }
    }

    #[test]
    fn front_pages_are_told_apart() {
        assert!(
            Address::parse("http://www.a.example/index.html?utm_source=x")
                .unwrap()
                .is_front_page()
        );
        assert!(
            !Address::parse("http://www.a.example/?p=12")
                .unwrap()
                .is_front_page()
        );
    }

    proptest! {
        #[test]
        fn twice_is_once(
            host in "(www\\.|m\\.|amp\\.|old\\.)?(a\\.example|youtube\\.com|reddit\\.com|google\\.com|twitter\\.com|youtu\\.be)",
            path in "(/(amp|index\\.php|x|%[0-9a-f]{2}|r|comments|status|shorts|\\.amp|é|;jsessionid=1|redirect|url|[a-z%.]{0,6})){0,5}/?",
            query in "(\\?[a-zA-Z_]{1,6}=[a-z%&=+/:.]{0,12}(&(url|u|utm_x|v|b)=[a-z0-9%:/.]{0,16}){0,3})?",
            fragment in "(#[!a-z]{0,4})?",
        ) {
            if let Ok(address) = Address::parse(&format!("http://{host}{path}{query}{fragment}")) {
                let once = address.canonical();
                let twice = Address::parse(&once).unwrap().canonical();
                prop_assert_eq!(once, twice);
            }
        }

        #[test]
        fn any_address_has_a_canonical_form(text in "https?://[a-z.]{1,12}/\\PC{0,40}") {
            if let Ok(address) = Address::parse(&text) {
                let once = address.canonical();
                if let Ok(again) = Address::parse(&once) {
                    prop_assert_eq!(&once, &again.canonical());
                }
            }
        }
    }
}
