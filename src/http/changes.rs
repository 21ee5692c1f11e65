//! The JSON API, version 1: changing subscriptions. Every route here asks for the admin token.

use super::access::allow;
use super::api::{FeedDetail, not_found};
use super::discover::found;
use super::failure::Failure;
use super::parameters::shown;
use super::service::{Command, Service};
use crate::address::Address;
use crate::cadence::Cadence;
use crate::config;
use crate::feed::{Feed, Origin, RequestSettings, Subscription};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;

/// Longest title or tag in characters, as the API's description has it.
const LONGEST_TEXT: usize = 500;
/// Longest schedule in characters, as the API's description has it.
const LONGEST_SCHEDULE: usize = 256;
/// Longest name of a feed in bytes.
const LONGEST_NAME: usize = 64;
/// Most tags of a feed.
const MOST_TAGS: usize = 50;

/// A feed to subscribe to.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFeed {
    pub(super) url: String,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) schedule: Option<String>,
    #[serde(default, deserialize_with = "whole_small")]
    pub(super) priority: i32,
    /// Whether the address is looked at first: it may be that of a page that names the feed.
    #[serde(default)]
    pub(super) discover: bool,
}

/// What to change of a feed; what is absent stays, and only where it says so is `null` a value.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedChange {
    #[serde(default, deserialize_with = "given")]
    pub(super) disabled: Option<bool>,
    /// `null` takes the feed's own.
    #[serde(default, deserialize_with = "given")]
    pub(super) title: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(super) tags: Option<Vec<String>>,
    /// `null` takes the configuration's.
    #[serde(default, deserialize_with = "given")]
    pub(super) schedule: Option<Option<String>>,
    #[serde(default, deserialize_with = "given_small")]
    pub(super) priority: Option<i32>,
}

/// `POST /api/v1/feeds`
pub(super) async fn add_feed(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    let mut new: NewFeed = read(&body)?;
    if new.discover {
        new.url = found(&service, &new.url).await?;
    }
    let feed = subscribe(&service, new).await?;
    let location = format!("/api/v1/feeds/{}", feed.subscription.name);
    let mut response = written(StatusCode::CREATED, &feed)?;
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

/// Subscribes to an address that nobody is subscribed to yet.
pub(super) async fn subscribe(service: &Service, new: NewFeed) -> Result<Feed, Failure> {
    let feeds = service.store().feeds().await?;
    subscribe_beside(service, new, &feeds).await
}

/// Subscribes to an address that none of `feeds`, which are all there are, has.
pub(super) async fn subscribe_beside(
    service: &Service,
    new: NewFeed,
    feeds: &[Feed],
) -> Result<Feed, Failure> {
    let address = Address::parse(&new.url)
        .map_err(|fault| Failure::BadRequest(format!("url: '{}' {fault}", shown(&new.url))))?;
    let title = new.title.map(title).transpose()?;
    let tags = tags(new.tags)?;
    new.schedule.as_deref().map(check_schedule).transpose()?;
    if let Some(known) = feeds
        .iter()
        .find(|feed| feed.subscription.url == address.as_str())
    {
        return Err(Failure::Conflict(format!(
            "the address is subscribed to already, as '{}'",
            known.subscription.name
        )));
    }
    let taken = |name: &str| feeds.iter().any(|feed| feed.subscription.name == name);
    let name = match new.name {
        None => free_name(&config::name_from(address.as_str()), taken),
        Some(name) if !is_name(&name) => {
            return Err(Failure::BadRequest(format!(
                "name: '{}' is no name; use a to z, 0 to 9 and hyphens",
                shown(&name)
            )));
        }
        Some(name) if taken(&name) => {
            return Err(Failure::Conflict(format!(
                "there is a feed '{name}' already"
            )));
        }
        Some(name) => name,
    };
    let subscription = Subscription {
        name,
        url: address.as_str().to_owned(),
        title,
        tags,
        schedule: new.schedule,
        priority: new.priority,
        enabled: true,
        origin: Origin::Added,
        request: RequestSettings::default(),
    };
    let feed = service
        .store()
        .add_feed(subscription, service.now())
        .await?;
    service.command(Command::Look);
    Ok(feed)
}

/// `PATCH /api/v1/feeds/{name}`
pub(super) async fn change_feed(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    let feed = change(&service, &name, read(&body)?).await?;
    written(StatusCode::OK, &feed)
}

/// Changes a subscription; the feed as it is then.
pub(super) async fn change(
    service: &Service,
    name: &str,
    change: FeedChange,
) -> Result<Feed, Failure> {
    let feed = existing(service, name).await?;
    let says_more = change.title.is_some()
        || change.tags.is_some()
        || change.schedule.is_some()
        || change.priority.is_some();
    if change.disabled.is_none() && !says_more {
        return Err(Failure::BadRequest(
            "there is nothing to change; give disabled, title, tags, schedule or priority"
                .to_owned(),
        ));
    }
    if says_more {
        let mut subscription = feed.subscription;
        if let Some(new) = change.title {
            subscription.title = new.map(title).transpose()?;
        }
        if let Some(new) = change.schedule {
            new.as_deref().map(check_schedule).transpose()?;
            subscription.schedule = new;
        }
        if let Some(new) = change.tags {
            subscription.tags = tags(new)?;
        }
        subscription.priority = change.priority.unwrap_or(subscription.priority);
        service
            .store()
            .change_feed(subscription, service.now())
            .await?;
    }
    if let Some(disabled) = change.disabled {
        service
            .store()
            .set_enabled(name, !disabled, service.now())
            .await?;
    }
    service.command(Command::Look);
    existing(service, name).await
}

/// `DELETE /api/v1/feeds/{name}`
pub(super) async fn remove_feed(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    unsubscribe(&service, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes a feed and its entries; that can be undone for a while.
pub(super) async fn unsubscribe(service: &Service, name: &str) -> Result<(), Failure> {
    let feed = existing(service, name).await?;
    if feed.subscription.origin == Origin::Config {
        return Err(Failure::Conflict(format!(
            "'{}' stands in the configuration; take it out there, or disable it",
            shown(name)
        )));
    }
    service.store().remove_feed(name, service.now()).await?;
    Ok(())
}

/// `POST /api/v1/feeds/{name}/fetch`
pub(super) async fn fetch_feed(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    let feed = poll_now(&service, &name).await?;
    written(StatusCode::ACCEPTED, &feed)
}

/// Asks for a poll of a feed; the feed as it is before.
pub(super) async fn poll_now(service: &Service, name: &str) -> Result<Feed, Failure> {
    let feed = existing(service, name).await?;
    if !feed.subscription.enabled {
        return Err(Failure::Conflict(format!(
            "'{}' is disabled; enable it first",
            shown(name)
        )));
    }
    if !service.command(Command::Fetch(feed.subscription.name.clone())) {
        return Err(Failure::Unavailable(
            "the scheduler takes no orders at the moment".to_owned(),
        ));
    }
    Ok(feed)
}

/// The feed of that name.
pub(super) async fn existing(service: &Service, name: &str) -> Result<Feed, Failure> {
    let feed = service.store().feed(name).await?;
    feed.ok_or_else(|| not_found("feed", name))
}

fn written(status: StatusCode, feed: &Feed) -> Result<Response, Failure> {
    json_response(status, &FeedDetail::from(feed))
}

pub(super) fn json_response(
    status: StatusCode,
    body: &impl serde::Serialize,
) -> Result<Response, Failure> {
    let bytes = super::api::to_json(body)?;
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A title as it is kept.
fn title(title: String) -> Result<String, Failure> {
    text("title", &title)
}

/// Tags as they are kept: in order, each once.
fn tags(tags: Vec<String>) -> Result<Vec<String>, Failure> {
    if tags.len() > MOST_TAGS {
        return Err(Failure::BadRequest(format!(
            "tags: there are more than {MOST_TAGS}"
        )));
    }
    let tags = tags.iter().map(|tag| text("tags", tag));
    let tags: BTreeSet<String> = tags.collect::<Result<_, _>>()?;
    Ok(tags.into_iter().collect())
}

/// `text` with a space for each control character; `field` is where it stands.
fn text(field: &str, text: &str) -> Result<String, Failure> {
    let starts = text.starts_with(|first: char| !first.is_whitespace() && !first.is_control());
    if !starts || longer_than(text, LONGEST_TEXT) {
        return Err(Failure::BadRequest(format!(
            "{field}: '{}' is empty, starts with a space or is longer than {LONGEST_TEXT} characters",
            shown(text)
        )));
    }
    Ok(text.replace(char::is_control, " "))
}

fn check_schedule(schedule: &str) -> Result<(), Failure> {
    if longer_than(schedule, LONGEST_SCHEDULE) {
        return Err(Failure::BadRequest(format!(
            "schedule: it is longer than {LONGEST_SCHEDULE} characters"
        )));
    }
    Cadence::parse(schedule)
        .map(drop)
        .map_err(|fault| Failure::BadRequest(format!("schedule: {fault}")))
}

fn longer_than(text: &str, characters: usize) -> bool {
    text.chars().nth(characters).is_some()
}

/// Whether `name` can stand in addresses as it is.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// `name`, or `name-2`, `name-3` and so on where it is taken.
pub(super) fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or_else(|| name.to_owned())
}

/// A whole number as JSON has it: `7.0` is one too.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let wrong = || D::Error::custom(format!("{number} is no whole number from 0 to 2^53"));
    if let Some(number) = number.as_i64() {
        return Ok(number);
    }
    // Up to there every whole number has a floating point form of its own.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().ok_or_else(wrong)?;
    if float.fract() != 0.0 || float.abs() > MOST {
        return Err(wrong());
    }
    format!("{float:.0}").parse().map_err(|_| wrong())
}

/// A value that is there: `null` only where `T` has it.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn given_small<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
    whole_small(deserializer).map(Some)
}

fn whole_small<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    i32::try_from(whole(deserializer)?).map_err(D::Error::custom)
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|error| Failure::BadRequest(format!("the body is not as expected: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (text, number) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("-7e0", Some(-7)),
            // Needs all digits of a floating point number.
            ("2028171355214169.0", Some(2_028_171_355_214_169)),
            ("7.5", None),
            ("1e40", None),
            ("\"7\"", None),
        ] {
            let read = whole(&mut serde_json::Deserializer::from_str(text));
            assert_eq!(read.ok(), number, "{text}");
        }
    }
}
