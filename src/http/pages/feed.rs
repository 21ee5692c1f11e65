//! One feed: how polling it goes, what it brings, and changing it.

use super::chart::{Chart, per_cent};
use super::subscribe::{Subscribe, subscribe};
use super::subscriptions::{TagLink, feed_page, feed_query, next_poll, since, tag_link};
use super::{CACHE, HTML, page, render, see};
use crate::feed::{Feed, Timestamp};
use crate::http::changes::{self, FeedChange};
use crate::http::conditional::{Document, answer};
use crate::http::failure::Failure;
use crate::http::form::Form;
use crate::http::parameters::Parameters;
use crate::http::service::Service;
use crate::http::session::Session;
use crate::publish::records::FeedRecord;
use crate::store::{FeedActivity, PastPoll};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use chrono::TimeDelta;
use std::sync::Arc;

/// Weeks that are shown.
const WEEKS: usize = 26;
/// How often a page that waits for a poll looks again, in seconds, and how many times.
const LOOK_AGAIN: &str = "1";
const LOOKS: u32 = 40;

/// A feed.
#[derive(Template)]
#[template(path = "feed.html")]
struct FeedPage {
    record: FeedRecord,
    subscribe: Vec<Subscribe>,
    /// What the forms of someone who is signed in carry.
    proof: Option<String>,
    /// Whether a poll that was asked for has not ended yet.
    polling: bool,
    stories: String,
    site: Option<String>,
    tags: Vec<TagLink>,
    tag_list: String,
    given_title: String,
    given_schedule: String,
    schedule: String,
    priority: i32,
    last_success: String,
    last_poll: String,
    next: String,
    reason: String,
    moved_from: Option<String>,
    added: String,
    chart: Chart,
    entries: u64,
    first: u64,
    copies: u64,
    coverage: u64,
    copies_share: u64,
    coverage_share: u64,
    polls: Vec<PollRow>,
}

struct PollRow {
    ago: String,
    status: String,
    took: String,
    size: String,
    came: String,
}

/// `GET /feeds/{name}`
pub(in crate::http) async fn feed(
    State(service): State<Service>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        // What a poll that was asked for must come after, and how often that was looked for.
        let parameters = Parameters::read(uri.query(), &["after", "look"])?;
        let number = |name: &str| {
            parameters
                .one(name)
                .and_then(|word| word.parse::<i64>().ok())
        };
        let now = service.now();
        let feed = changes::existing(&service, &name).await?;
        let last = feed
            .health
            .last_poll
            .map_or(0, |poll| poll.timestamp_millis());
        let look = u32::try_from(number("look").unwrap_or(0)).unwrap_or(LOOKS);
        let after = number("after").filter(|after| last <= *after && look < LOOKS);
        let proof = Session::of(&service, &headers).map(|session| session.proof);
        let caching = match proof {
            Some(_) => "private, no-cache",
            None => CACHE,
        };
        let activity = service.store().feed_activity(feed.id, WEEKS, now).await?;
        let default = service.config().fetch.schedule.to_string();
        let page = feed_html(&feed, activity, &default, proof, after.is_some(), now);
        let document = Document::new(HTML, caching, render(&page)?, None);
        let mut response = answer(&Arc::new(document), &headers, now).await;
        if let Some(after) = after {
            let next = format!("{}?after={after}&look={}", feed_page(&name), look + 1);
            let value = format!("{LOOK_AGAIN}; url={next}");
            let value = HeaderValue::from_str(&value).map_err(|_| Failure::Internal)?;
            response.headers_mut().insert("refresh", value);
        }
        Ok(response)
    };
    page(answered.await)
}

fn feed_html(
    feed: &Feed,
    activity: FeedActivity,
    default_schedule: &str,
    proof: Option<String>,
    polling: bool,
    now: Timestamp,
) -> FeedPage {
    let record = FeedRecord::from(feed);
    let subscription = &feed.subscription;
    let roles = activity.roles;
    let weeks = activity.weeks.len();
    let bars = activity.weeks.iter().enumerate().map(|(at, count)| {
        let end = now - TimeDelta::weeks(i64::try_from(weeks - at - 1).unwrap_or(0));
        let label = format!("{count} in the week to {}", end.format("%-d %b %Y"));
        (*count, 0, label)
    });
    let title = format!(
        "Entries a week of {} over {WEEKS} weeks, {} in all",
        record.title,
        roles.all()
    );
    FeedPage {
        chart: Chart::new(
            "weeks",
            title,
            bars,
            (&format!("{WEEKS} weeks ago"), "this week"),
        ),
        proof,
        polling,
        stories: super::subscriptions::stories_page(&subscription.name),
        site: feed.facts.site.as_ref().map(|site| site.shown()),
        tags: record.tags.iter().cloned().map(tag_link).collect(),
        tag_list: record.tags.join(", "),
        given_title: subscription.title.clone().unwrap_or_default(),
        given_schedule: subscription.schedule.clone().unwrap_or_default(),
        schedule: match &subscription.schedule {
            Some(own) => own.clone(),
            None => format!("{default_schedule} (the default)"),
        },
        priority: subscription.priority,
        last_success: since(feed.health.last_success, now),
        last_poll: since(feed.health.last_poll, now),
        next: next_poll(feed, record.disabled, now),
        reason: feed.pace.reason.clone(),
        moved_from: feed
            .health
            .moved_from
            .as_deref()
            .map(crate::publish::records::url_without_password),
        added: feed.added.format("%-d %b %Y").to_string(),
        entries: roles.all(),
        first: roles.leads,
        copies: roles.copies,
        coverage: roles.coverage,
        copies_share: per_cent(roles.copies, roles.all()),
        coverage_share: per_cent(roles.coverage, roles.all()),
        polls: activity
            .polls
            .iter()
            .map(|poll| poll_row(poll, now))
            .collect(),
        subscribe: subscribe("all", &record.title, &feed_query(&subscription.name)),
        record,
    }
}

fn poll_row(poll: &PastPoll, now: Timestamp) -> PollRow {
    PollRow {
        ago: since(Some(poll.at), now),
        status: poll
            .status
            .map_or_else(|| "–".to_owned(), |status| status.to_string()),
        took: format!("{} ms", poll.took),
        size: format!("{} kB", poll.bytes.div_ceil(1000)),
        came: match &poll.note {
            Some(note) => note.clone(),
            None => format!("{} new, {} changed", poll.new, poll.revised),
        },
    }
}

/// `POST /feeds/{name}/poll`
pub(in crate::http) async fn poll(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        Session::form(&service, &headers, &body)?;
        let feed = changes::poll_now(&service, &name).await?;
        let last = feed
            .health
            .last_poll
            .map_or(0, |poll| poll.timestamp_millis());
        see(&format!("{}?after={last}", feed_page(&name)))
    };
    page(answered.await)
}

/// `POST /feeds/{name}/change`
pub(in crate::http) async fn change(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        changes::change(&service, &name, asked_change(&form)?).await?;
        see(&feed_page(&name))
    };
    page(answered.await)
}

/// What a form asks to change: fields that it does not have stay as they are.
fn asked_change(form: &Form) -> Result<FeedChange, Failure> {
    let text = |name: &str| {
        form.one(name).map(str::trim).map(|text| match text {
            "" => None,
            text => Some(text.to_owned()),
        })
    };
    Ok(FeedChange {
        disabled: form.one("disabled").map(|word| word == "yes"),
        title: text("title"),
        tags: form.one("tags").map(tags_of),
        schedule: text("schedule"),
        priority: match form.one("priority").map(str::trim) {
            None | Some("") => None,
            Some(word) => Some(word.parse().map_err(|_| {
                Failure::BadRequest("priority: write a whole number, such as 10".to_owned())
            })?),
        },
    })
}

/// Tags as people write them, with commas between.
pub(super) fn tags_of(text: &str) -> Vec<String> {
    let tags = text.split(',').map(str::trim);
    tags.filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `POST /feeds/{name}/remove`
pub(in crate::http) async fn remove(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        if form.one("sure") != Some("yes") {
            return Err(Failure::BadRequest(
                "tick the box to remove the feed with everything that came from it".to_owned(),
            ));
        }
        changes::unsubscribe(&service, &name).await?;
        see("/feeds")
    };
    page(answered.await)
}
