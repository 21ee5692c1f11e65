//! Feeds as rows: what is asked often in columns, the rest as JSON.

use super::Error;
use crate::address::Address;
use crate::feed::{
    Fault, FaultKind, Feed, FeedFacts, FeedId, Health, Hub, Origin, Pace, RequestSettings,
    Subscription, Timestamp, Validators,
};
use crate::text::Plain;
use chrono::DateTime;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The columns of a feed, in the order in which [`feed`] reads them.
pub(super) const COLUMNS: &str = "id, name, url, title, \
     (SELECT group_concat(tag, char(10) ORDER BY tag) FROM tags WHERE feed = feeds.id), \
     schedule, priority, enabled, origin, request, \
     feed_title, site, language, etag, last_modified, \
     failures, error_kind, error_status, error, last_poll, last_success, moved_from, gone, \
     pace, added, due, lease_until";

/// Where `lease_until` stands in [`COLUMNS`].
pub(super) const LEASE: usize = 26;

/// A moment as it is stored.
pub(super) fn millis(moment: Timestamp) -> i64 {
    moment.timestamp_millis()
}

/// A stored moment.
pub(super) fn moment(millis: i64) -> Timestamp {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::other(error.to_string()))
}

/// A value from JSON; what can't be read is taken as absent, since it is never needed to go on.
fn from_json<T: for<'a> Deserialize<'a> + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

/// Reads a feed from the [`COLUMNS`].
pub(super) fn feed(row: &Row<'_>) -> rusqlite::Result<Feed> {
    let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    let time = |column| {
        row.get::<_, Option<i64>>(column)
            .map(|time| time.map(moment))
    };
    let enabled: bool = row.get(7)?;
    let gone: bool = row.get(22)?;
    Ok(Feed {
        id: FeedId(row.get(0)?),
        subscription: Subscription {
            name: row.get(1)?,
            url: row.get(2)?,
            title: row.get(3)?,
            tags: row
                .get_ref(4)?
                .as_str_or_null()?
                .map(|tags| tags.lines().map(str::to_owned).collect())
                .unwrap_or_default(),
            schedule: row.get(5)?,
            priority: row.get(6)?,
            enabled,
            origin: match text(8)? {
                "config" => Origin::Config,
                _ => Origin::Added,
            },
            request: match text(9)? {
                "{}" => RequestSettings::default(),
                request => from_json::<StoredRequest>(request).into(),
            },
        },
        facts: FeedFacts {
            title: Plain::new(text(10)?),
            site: row
                .get_ref(11)?
                .as_str_or_null()?
                .and_then(|site| Address::parse(site).ok()),
            language: row.get(12)?,
        },
        validators: Validators {
            etag: row.get(13)?,
            last_modified: row.get(14)?,
        },
        health: Health {
            failures: row.get(15)?,
            last_error: fault(row)?,
            last_poll: time(19)?,
            last_success: time(20)?,
            moved_from: row.get(21)?,
            gone,
        },
        pace: from_json::<StoredPace>(text(23)?).into(),
        added: moment(row.get(24)?),
        next_due: time(25)?,
    })
}

fn fault(row: &Row<'_>) -> rusqlite::Result<Option<Fault>> {
    let Some(sentence) = row.get::<_, Option<String>>(18)? else {
        return Ok(None);
    };
    let kind = row
        .get_ref(16)?
        .as_str_or_null()?
        .and_then(FaultKind::from_word)
        .unwrap_or(FaultKind::Internal);
    Ok(Some(Fault {
        kind,
        status: row.get(17)?,
        sentence,
    }))
}

/// An [`Origin`] as it is stored.
pub(super) fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Config => "config",
        Origin::Added => "added",
    }
}

/// A [`Subscription`] as JSON: two equal texts are the same subscription.
pub(super) fn declared(subscription: &Subscription) -> Result<String, Error> {
    json(&(
        &subscription.name,
        &subscription.url,
        &subscription.title,
        &subscription.tags,
        &subscription.schedule,
        subscription.priority,
        subscription.enabled,
        StoredRequest::from(&subscription.request),
    ))
}

/// [`RequestSettings`] as JSON.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(super) struct StoredRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basic_auth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_body: Option<u64>,
    #[serde(skip_serializing_if = "is_false")]
    insecure_accept_any_certificate: bool,
    #[serde(skip_serializing_if = "is_false")]
    websub: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(switch: &bool) -> bool {
    !*switch
}

impl From<&RequestSettings> for StoredRequest {
    fn from(settings: &RequestSettings) -> Self {
        Self {
            user_agent: settings.user_agent.clone(),
            headers: settings.headers.clone(),
            basic_auth: settings.basic_auth.clone(),
            proxy: settings.proxy.clone(),
            timeout_ms: settings.timeout.map(whole_millis),
            max_body: settings.max_body,
            insecure_accept_any_certificate: settings.insecure_accept_any_certificate,
            websub: settings.websub,
        }
    }
}

impl From<StoredRequest> for RequestSettings {
    fn from(stored: StoredRequest) -> Self {
        Self {
            user_agent: stored.user_agent,
            headers: stored.headers,
            basic_auth: stored.basic_auth,
            proxy: stored.proxy,
            timeout: stored.timeout_ms.map(Duration::from_millis),
            max_body: stored.max_body,
            insecure_accept_any_certificate: stored.insecure_accept_any_certificate,
            websub: stored.websub,
        }
    }
}

/// [`Pace`] as JSON.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(super) struct StoredPace {
    #[serde(skip_serializing_if = "Option::is_none")]
    fresh_for_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_interval_ms: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    skip_hours: u32,
    #[serde(skip_serializing_if = "is_zero")]
    skip_days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slowed_until: Option<i64>,
    entries_a_day: f64,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_back_from: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    redirected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    validated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    /// Entries and bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<(usize, u64)>,
    /// Address and topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    hub: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pushed_until: Option<i64>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl From<&Pace> for StoredPace {
    fn from(pace: &Pace) -> Self {
        Self {
            fresh_for_ms: pace.fresh_for.map(whole_millis),
            feed_interval_ms: pace.feed_interval.map(whole_millis),
            skip_hours: pace.skip_hours,
            skip_days: pace.skip_days.into(),
            not_before: pace.not_before.map(millis),
            slowed_until: pace.slowed_until.map(millis),
            entries_a_day: pace.entries_a_day,
            reason: pace.reason.clone(),
            taken_back_from: pace.taken_back_from.clone(),
            redirected: pace.redirected,
            validated_at: pace.validated_at.clone(),
            content_type: pace.content_type.clone(),
            document: pace.document,
            hub: pace
                .hub
                .as_ref()
                .map(|hub| (hub.url.clone(), hub.topic.clone())),
            pushed_until: pace.pushed_until.map(millis),
        }
    }
}

impl From<StoredPace> for Pace {
    fn from(stored: StoredPace) -> Self {
        Self {
            fresh_for: stored.fresh_for_ms.map(Duration::from_millis),
            feed_interval: stored.feed_interval_ms.map(Duration::from_millis),
            skip_hours: stored.skip_hours,
            skip_days: u8::try_from(stored.skip_days).unwrap_or(0),
            not_before: stored.not_before.map(moment),
            slowed_until: stored.slowed_until.map(moment),
            entries_a_day: stored.entries_a_day,
            reason: stored.reason,
            taken_back_from: stored.taken_back_from,
            redirected: stored.redirected,
            validated_at: stored.validated_at,
            content_type: stored.content_type,
            document: stored.document,
            hub: stored.hub.map(|(url, topic)| Hub { url, topic }),
            pushed_until: stored.pushed_until.map(moment),
        }
    }
}
