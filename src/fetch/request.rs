//! One request: the feed's own header fields, its validators, and its credentials where they
//! belong.

use super::exchange::Errand;
use super::faults;
use super::redirect::Trail;
use crate::address::Address;
use crate::feed::{Fault, RequestSettings, Validators};
use reqwest::header::{
    AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT,
};

/// Most bytes of one validator; longer ones are not kept.
const MAX_VALIDATOR: usize = 8 * 1024;

/// Most `Link` fields that are handed on.
const MAX_LINKS: usize = 16;

/// The request for the trail's present address.
pub(super) fn build(
    client: &reqwest::Client,
    errand: &Errand<'_>,
    trail: &Trail,
    user_agent: &str,
) -> Result<reqwest::Request, Fault> {
    let settings = errand.settings;
    let validators = known_here(errand, trail);
    let mut fields = HeaderMap::new();
    let user_agent = settings.user_agent.as_deref().unwrap_or(user_agent);
    fields.insert(USER_AGENT, value("user_agent", user_agent)?);
    if let Some(etag) = opaque(validators.etag.as_deref()) {
        fields.insert(IF_NONE_MATCH, etag);
    }
    if let Some(date) = opaque(validators.last_modified.as_deref()) {
        fields.insert(IF_MODIFIED_SINCE, date);
    }
    if is_conditional(&validators) {
        // Only the changed entries, if the server can do that (RFC 3229).
        fields.insert("a-im", HeaderValue::from_static("feed"));
    }
    let mut request = client.get(trail.here().url().clone());
    if trail.at_home() {
        for (name, text) in &settings.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                faults::setting("headers", "has a name that no header field can have")
            })?;
            fields.insert(name, value("headers", text)?);
        }
        if let Some((user, password)) = credentials(settings, errand.home) {
            fields.remove(AUTHORIZATION);
            request = request.basic_auth(user, Some(password));
        }
    }
    request
        .headers(fields)
        .build()
        .map_err(|_| faults::setting("url", "cannot be requested"))
}

/// What the trail's present address may be asked with: its own validators. Another one gets the tag
/// only, which the same document has in many places; by a date, a file that is older than what is
/// known would be "unchanged", and its news never seen.
pub(super) fn known_here(errand: &Errand<'_>, trail: &Trail) -> Validators {
    let known = errand.validators;
    Validators {
        etag: known.etag.clone(),
        last_modified: known
            .last_modified
            .clone()
            .filter(|_| trail.here().as_str() == errand.validated_at),
    }
}

/// Whether a request with these validators can be answered by a 304.
pub(super) fn is_conditional(validators: &Validators) -> bool {
    validators.etag.is_some() || validators.last_modified.is_some()
}

/// Whether the user gave credentials or header fields that only the feed's own origin may see.
pub(super) fn is_bound(settings: &RequestSettings) -> bool {
    settings.basic_auth.is_some() || !settings.headers.is_empty()
}

/// User name and password: the setting's, else those in the address.
pub(super) fn credentials(settings: &RequestSettings, home: &Address) -> Option<(String, String)> {
    if let Some(both) = &settings.basic_auth {
        let (user, password) = both.split_once(':').unwrap_or((both, ""));
        return Some((user.to_owned(), password.to_owned()));
    }
    let url = home.url();
    (!url.username().is_empty() || url.password().is_some()).then(|| {
        (
            percent_decoded(url.username()),
            percent_decoded(url.password().unwrap_or_default()),
        )
    })
}

/// The validators of a reply, byte for byte.
pub(super) fn validators(fields: &HeaderMap) -> Validators {
    let bytes = |name: &str| {
        let bytes = fields.get(name)?.as_bytes();
        (1..=MAX_VALIDATOR)
            .contains(&bytes.len())
            .then(|| bytes.to_owned())
    };
    Validators {
        etag: bytes("etag"),
        last_modified: bytes("last-modified"),
    }
}

/// What is known after a 304: its validators, and the old ones that it does not name (RFC 9111
/// section 3.2).
pub(super) fn merged(known: &Validators, reply: Validators) -> Validators {
    Validators {
        etag: reply.etag.or_else(|| known.etag.clone()),
        last_modified: reply.last_modified.or_else(|| known.last_modified.clone()),
    }
}

/// Whether a reply names the known `ETag` (RFC 9110 section 8.8.3.2, the weak comparison).
pub(super) fn is_same_tag(reply: &Validators, known: &Validators) -> bool {
    let opaque = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_owned();
    match (&reply.etag, &known.etag) {
        (Some(reply), Some(known)) => opaque(reply) == opaque(known),
        _ => false,
    }
}

/// The reply's `Link` fields (RFC 8288), as text.
pub(super) fn links(fields: &HeaderMap) -> Vec<String> {
    fields
        .get_all("link")
        .iter()
        .take(MAX_LINKS)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

fn value(key: &str, text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text)
        .or_else(|_| HeaderValue::from_bytes(text.as_bytes()))
        .map_err(|_| faults::setting(key, "has characters that no header field can have"))
}

fn opaque(validator: Option<&[u8]>) -> Option<HeaderValue> {
    HeaderValue::from_bytes(validator?).ok()
}

/// Undoes `%41`; what is no such escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => char::from(*high)
                .to_digit(16)
                .zip(char::from(*low).to_digit(16))
                .and_then(|(high, low)| u8::try_from(high << 4 | low).ok()),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_escapes_are_undone_and_other_text_stays() {
        assert_eq!(percent_decoded("p%40ss%3Aword"), "p@ss:word");
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%zz%4"), "%zz%4");
    }

    #[test]
    fn rule_5_a_304_replaces_what_it_names_and_keeps_the_rest() {
        let known = Validators {
            etag: Some(b"\"a\"".to_vec()),
            last_modified: Some(b"yesterday".to_vec()),
        };
        let reply = Validators {
            etag: Some(b"\"b\"".to_vec()),
            last_modified: None,
        };
        let merged = merged(&known, reply);
        assert_eq!(merged.etag.unwrap(), b"\"b\"");
        assert_eq!(merged.last_modified.unwrap(), b"yesterday");
    }
}
