//! The subscriptions and how polling them goes.

use super::age::span;
use super::{CACHE, HTML, page, render};
use crate::http::conditional::{Document, answer};
use crate::http::parameters::Parameters;
use crate::http::service::Service;
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
}

struct FeedRow {
    name: String,
    outlet: String,
    status: &'static str,
    error: Option<String>,
    last_success: String,
    next: String,
    reason: String,
    tags: Vec<TagLink>,
}

struct TagLink {
    tag: String,
    url: String,
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
        let feeds: Vec<FeedRow> = feeds
            .iter()
            .map(|feed| {
                let record = FeedRecord::from(feed);
                FeedRow {
                    outlet: record.title,
                    status: record.status,
                    error: record.last_error,
                    last_success: feed.health.last_success.map_or_else(
                        || "never".to_owned(),
                        |moment| format!("{} ago", span(now - moment)),
                    ),
                    next: match feed.next_due {
                        Some(due) if !record.disabled => match due - now {
                            wait if wait <= TimeDelta::zero() => "now".to_owned(),
                            wait => format!("in {}", span(wait)),
                        },
                        _ => "never".to_owned(),
                    },
                    reason: feed.pace.reason.clone(),
                    tags: record.tags.into_iter().map(tag_link).collect(),
                    name: record.name,
                }
            })
            .collect();
        let page = FeedsPage {
            failing: feeds.iter().filter(|feed| feed.error.is_some()).count(),
            feeds,
        };
        let document = Document::new(HTML, CACHE, render(&page)?, None);
        Ok(answer(&Arc::new(document), &headers, now).await)
    };
    page(answered.await)
}

fn tag_link(tag: String) -> TagLink {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("tag", &tag);
    TagLink {
        url: format!("/?{}", query.finish()),
        tag,
    }
}
