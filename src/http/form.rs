//! What a request says: the parameters of its address and of its body.

use axum::http::{HeaderMap, header};
use url::form_urlencoded;

/// Most parameters of one request: apps mark a thousand items at once, and some ten thousand.
const MOST: usize = 50_000;

/// The parameters of a request, in their order; names may come several times.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The parameters of an address's query and, where `body` is a form, of the body.
    pub(super) fn read(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut pairs = Vec::new();
        let mut take = |bytes: &[u8]| {
            let free = MOST.saturating_sub(pairs.len());
            let found = form_urlencoded::parse(bytes).into_owned();
            pairs.extend(found.take(free));
        };
        take(query.unwrap_or_default().as_bytes());
        let media_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        match boundary(media_type) {
            Some(boundary) => multipart(body, boundary, &mut pairs),
            None => take(body),
        }
        Self(pairs)
    }

    /// The first value of a name.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a name is there, with a value or without.
    pub(super) fn has(&self, name: &str) -> bool {
        self.one(name).is_some()
    }
}

/// The boundary of a multipart form (RFC 7578), where the media type is one.
fn boundary(media_type: &str) -> Option<&str> {
    let rest = media_type
        .get(.."multipart/form-data".len())
        .filter(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
        .map(|kind| &media_type[kind.len()..])?;
    let at = rest.find("boundary=")? + "boundary=".len();
    let value = rest[at..].split(';').next()?.trim().trim_matches('"');
    (!value.is_empty()).then_some(value)
}

fn multipart(body: &[u8], boundary: &str, pairs: &mut Vec<(String, String)>) {
    let body = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    for part in body.split(delimiter.as_str()).skip(1) {
        if pairs.len() >= MOST {
            return;
        }
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let name = head
            .split_once("name=\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        if let Some((name, _)) = name {
            let value = value.strip_suffix("\r\n").unwrap_or(value);
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn address_and_body_are_read_as_one() {
        let form = Form::read(Some("api&T=x"), &HeaderMap::new(), b"i=1&i=2&name=a+b%2B");
        assert!(form.has("api"));
        assert_eq!(form.one("T"), Some("x"));
        assert_eq!(form.all("i").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(form.one("name"), Some("a b+"));
        assert!(!form.has("missing"));
    }

    #[test]
    fn a_multipart_form_is_a_form() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("Multipart/Form-Data; boundary=\"xyz\""),
        );
        let body =
            b"--xyz\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nabc\r\n--xyz--\r\n";
        assert_eq!(Form::read(None, &headers, body).one("api_key"), Some("abc"));
        let torn = b"--xyz\r\nContent-Disposition: form-data; name=\"api_key\r\n\r\nabc";
        assert!(!Form::read(None, &headers, torn).has("api_key"));
    }
}
