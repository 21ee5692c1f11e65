//! The subscriptions and how polling them goes.

use super::age::span;
use super::{CACHE, HTML, page, render};
use crate::feed::{Feed, Timestamp};
use crate::http::conditional::{Document, answer};
use crate::http::parameters::Parameters;
use crate::http::service::Service;
use crate::http::session::Session;
use crate::publish::records::FeedRecord;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use chrono::TimeDelta;
use std::sync::Arc;
use url::form_urlencoded;

/// The subscriptions and how they do.
#[derive(Template)]
#[template(path = "feeds.html")]
struct FeedsPage {
    feeds: Vec<FeedRow>,
    failing: usize,
    /// What the forms of someone who is signed in carry.
    proof: Option<String>,
}

struct FeedRow {
    page: String,
    outlet: String,
    status: &'static str,
    error: Option<String>,
    last_success: String,
    next: String,
    reason: String,
    tags: Vec<TagLink>,
}

/// A tag with the river of what carries it.
pub(super) struct TagLink {
    pub(super) tag: String,
    pub(super) url: String,
}

/// `GET /feeds`
pub(in crate::http) async fn subscriptions(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        Parameters::read(uri.query(), &[])?;
        let now = service.now();
        let feeds = service.store().feeds().await?;
        let proof = Session::of(&service, &headers).map(|session| session.proof);
        let caching = match proof {
            Some(_) => "private, no-cache",
            None => CACHE,
        };
        let mut feeds: Vec<FeedRow> = feeds.iter().map(|feed| row(feed, now)).collect();
        // What needs someone's care stands first.
        feeds.sort_by_key(|feed| (feed.error.is_none(), feed.outlet.to_lowercase()));
        let page = FeedsPage {
            failing: feeds.iter().filter(|feed| feed.error.is_some()).count(),
            feeds,
            proof,
        };
        let document = Document::new(HTML, caching, render(&page)?, None);
        Ok(answer(&Arc::new(document), &headers, now).await)
    };
    page(answered.await)
}

fn row(feed: &Feed, now: Timestamp) -> FeedRow {
    let record = FeedRecord::from(feed);
    FeedRow {
        page: feed_page(&record.name),
        outlet: record.title,
        status: record.status,
        error: record.last_error,
        last_success: since(feed.health.last_success, now),
        next: next_poll(feed, record.disabled, now),
        reason: feed.pace.reason.clone(),
        tags: record.tags.into_iter().map(tag_link).collect(),
    }
}

/// The page of a feed.
pub(super) fn feed_page(name: &str) -> String {
    format!("/feeds/{name}")
}

/// The river of a feed.
pub(super) fn stories_page(name: &str) -> String {
    river_of("feed", name)
}

/// How long ago that was.
pub(super) fn since(moment: Option<Timestamp>, now: Timestamp) -> String {
    moment.map_or_else(
        || "never".to_owned(),
        |moment| format!("{} ago", span(now - moment)),
    )
}

/// When a feed is polled next.
pub(super) fn next_poll(feed: &Feed, disabled: bool, now: Timestamp) -> String {
    match feed.next_due {
        Some(due) if !disabled => match due - now {
            wait if wait <= TimeDelta::zero() => "now".to_owned(),
            wait => format!("in {}", span(wait)),
        },
        _ => "never".to_owned(),
    }
}

pub(super) fn tag_link(tag: String) -> TagLink {
    TagLink {
        url: river_of("tag", &tag),
        tag,
    }
}

/// The query part of what is narrowed to a feed.
pub(super) fn feed_query(name: &str) -> String {
    query_of("feed", name)
}

fn river_of(name: &str, value: &str) -> String {
    format!("/?{}", query_of(name, value))
}

fn query_of(name: &str, value: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, value);
    query.finish()
}
