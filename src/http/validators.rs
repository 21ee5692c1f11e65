//! Entity tags, HTTP dates and preconditions (RFC 9110 sections 5.6.7, 8.8 and 13).
//!
//! A tag of ours is `"DIGEST.MOMENT"` with `-gz` or `-br` for a compressed form: the digest of the
//! bytes, and when they last changed, in milliseconds since 1970 and in hexadecimal.

use crate::feed::Timestamp;
use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, NaiveDateTime, Utc};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The tags of `bytes` without compression, with gzip and with brotli.
pub(super) fn tags(media_type: &str, bytes: &[u8], changed: Option<Timestamp>) -> [HeaderValue; 3] {
    let digest = digest(media_type, bytes);
    let moment = changed.map_or(0, |changed| changed.timestamp_millis());
    ["", "-gz", "-br"].map(|suffix| {
        HeaderValue::from_str(&format!("\"{digest}.{moment:x}{suffix}\""))
            // Digits and a suffix are a valid field value.
            .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    })
}

/// Since when a client wants only what is new: it says `A-IM: feed`, and a tag of ours tells when
/// its copy was made.
pub(super) fn wants_part_since(request: &HeaderMap) -> Option<Timestamp> {
    let manipulations = request.get("a-im")?.to_str().ok()?;
    let accepts = manipulations
        .split(',')
        .any(|name| name.split(';').next().unwrap_or_default().trim() == "feed");
    if !accepts {
        return None;
    }
    let tags = request.get(header::IF_NONE_MATCH)?.to_str().ok()?;
    let made = tags
        .split(',')
        .filter_map(|tag| TagParts::of(tag.trim()))
        .map(|tag| tag.moment)
        .max()?;
    DateTime::from_timestamp_millis(made).filter(|_| made > 0)
}

/// The moment to send as Last-Modified, in seconds since 1970. Fields carry whole seconds, so a
/// second change within the second that is still running must not look like the first one: until
/// that second is over the content counts as a second older, which costs at most one more transfer.
pub(super) fn last_modified(changed: Timestamp, now: Timestamp) -> i64 {
    let changed = changed.timestamp();
    if now.timestamp() > changed {
        changed
    } else {
        changed - 1
    }
}

/// Whether the preconditions say that the client has this already (RFC 9110 section 13.2.2:
/// If-None-Match decides alone where it is given).
pub(super) fn is_unchanged(
    request: &HeaderMap,
    tag: &HeaderValue,
    last_modified: Option<i64>,
) -> bool {
    let mut tags = request.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        return tags.any(|field| {
            field.to_str().is_ok_and(|list| {
                list.split(',')
                    .map(str::trim)
                    .any(|candidate| candidate == "*" || same_content(candidate, tag))
            })
        });
    }
    request
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|field| field.to_str().ok())
        .and_then(parse_http_date)
        .zip(last_modified)
        .is_some_and(|(since, last_modified)| last_modified <= since.timestamp())
}

/// The parts of a tag of ours.
#[derive(PartialEq, Eq)]
struct TagParts<'a> {
    digest: &'a str,
    /// When the content last changed, in milliseconds since 1970; 0 where that is not known.
    moment: i64,
    /// The encoding.
    suffix: &'a str,
}

impl<'a> TagParts<'a> {
    fn of(tag: &'a str) -> Option<Self> {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        let inside = tag.strip_prefix('"')?.strip_suffix('"')?;
        let (digest, rest) = inside.split_once('.')?;
        let (moment, suffix) = match rest.split_once('-') {
            Some((moment, suffix)) => (moment, suffix),
            None => (rest, ""),
        };
        Some(Self {
            digest,
            moment: i64::from_str_radix(moment, 16).ok()?,
            suffix,
        })
    }
}

/// Whether a client's tag names the same bytes as ours. The moment does not count: a server that
/// was started again may not know since when the content is the same.
fn same_content(candidate: &str, tag: &HeaderValue) -> bool {
    let own = tag.to_str().ok().and_then(TagParts::of);
    TagParts::of(candidate)
        .zip(own)
        .is_some_and(|(a, b)| a.digest == b.digest && a.suffix == b.suffix)
}

/// A moment as an HTTP date (RFC 9110 section 5.6.7).
pub(super) fn http_date(seconds: i64) -> String {
    DateTime::<Utc>::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// Reads an HTTP date in the form that everyone sends; the obsolete ones are ignored, which makes
/// the request unconditional.
fn parse_http_date(text: &str) -> Option<Timestamp> {
    NaiveDateTime::parse_from_str(text.trim(), "%a, %d %b %Y %H:%M:%S GMT")
        .ok()
        .map(|moment| moment.and_utc())
}

/// A digest of 128 bits that tells contents apart; the same for the same program and content.
fn digest(media_type: &str, bytes: &[u8]) -> String {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        media_type.hash(&mut hasher);
        bytes.hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(1), half(2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_second_change_within_a_second_is_not_hidden() {
        let changed = at("2026-11-20T08:00:00.900Z");
        let second = at("2026-11-20T08:00:00Z").timestamp();
        assert_eq!(
            last_modified(changed, at("2026-11-20T08:00:00.950Z")),
            second - 1
        );
        assert_eq!(last_modified(changed, at("2026-11-20T08:00:01Z")), second);
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let moment = at("2026-11-20T08:00:00Z");
        let text = http_date(moment.timestamp());
        assert_eq!(text, "Fri, 20 Nov 2026 08:00:00 GMT");
        assert_eq!(parse_http_date(&text), Some(moment));
    }
}
