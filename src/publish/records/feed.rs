//! Feeds as JSON.

use crate::address::Address;
use crate::feed::{Feed, Origin};
use crate::publish::rfc3339;
use serde::Serialize;

/// A feed as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedRecord {
    /// Its short name, which never changes.
    pub name: String,
    /// Where it is fetched from.
    pub url: String,
    /// The outlet's name for people.
    pub title: String,
    /// Labels.
    pub tags: Vec<String>,
    /// `ok`, `error`, `gone`, `disabled` or `new`.
    pub status: &'static str,
    /// The `ETag` as received; bytes that are no ASCII are read as Latin-1.
    pub etag: Option<String>,
    /// The `Last-Modified` as received.
    pub last_modified: Option<String>,
    /// Failed polls in a row.
    pub error_count: u32,
    /// Why the last poll failed.
    pub last_error: Option<String>,
    /// The last poll, good or not.
    pub last_fetch: Option<String>,
    /// The next poll; null only when disabled.
    pub next_due: Option<String>,
    /// Whether it is not polled.
    pub disabled: bool,
    /// `config` or `added`.
    pub origin: &'static str,
}

impl From<&Feed> for FeedRecord {
    fn from(feed: &Feed) -> Self {
        let subscription = &feed.subscription;
        let health = &feed.health;
        let disabled = !subscription.enabled || health.gone;
        Self {
            name: subscription.name.clone(),
            url: url_without_password(&subscription.url),
            title: feed.outlet().to_owned(),
            tags: subscription.tags.clone(),
            status: feed.state().word(),
            etag: feed.validators.etag.as_deref().map(latin1),
            last_modified: feed.validators.last_modified.as_deref().map(latin1),
            error_count: health.failures,
            last_error: health
                .last_error
                .as_ref()
                .map(|fault| fault.sentence.clone()),
            last_fetch: health.last_poll.map(rfc3339),
            next_due: feed.next_due.filter(|_| !disabled).map(rfc3339),
            disabled,
            origin: match subscription.origin {
                Origin::Config => "config",
                Origin::Added => "added",
            },
        }
    }
}

/// An address as it was written, without user name and password, also where it is no valid
/// address.
#[must_use]
pub fn url_without_password(url: &str) -> String {
    if let Ok(address) = Address::parse(url) {
        let parsed = address.url();
        if parsed.username().is_empty() && parsed.password().is_none() {
            return url.to_owned();
        }
        return address.shown();
    }
    let (scheme, rest) = match url.find("://") {
        Some(position) => url.split_at(position + "://".len()),
        None => ("", url),
    };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
