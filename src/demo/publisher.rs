//! The outlets' web server, as a pure function: who asks for what, when.

use super::news::Day;
use super::outlets::{Manner, OUTLETS, Outlet};
use super::render;
use crate::feed::Timestamp;
use crate::http::origin::{Asked, Reply, http_date};
use chrono::DateTime;

/// What the outlets answer at `now`, on a day that starts at `start`.
#[must_use]
pub fn answer(day: &Day, start: Timestamp, now: Timestamp, asked: &Asked) -> Reply {
    if !matches!(asked.method.as_str(), "GET" | "HEAD") {
        return Reply::status(405).with("Allow", "GET, HEAD");
    }
    // Days are short: minutes fit.
    let at = i32::try_from((now - start).num_minutes()).unwrap_or(i32::MAX);
    for outlet in &OUTLETS {
        if asked.path == outlet.feed_path() {
            return feed(day, outlet, start, at, asked);
        }
        if let Manner::Moves { at: moves, .. } = outlet.manner
            && asked.path == outlet.subscribed_path()
        {
            return if at >= moves {
                Reply::status(301).with("Location", outlet.feed_path())
            } else {
                feed(day, outlet, start, at, asked)
            };
        }
    }
    Reply::status(404)
}

fn feed(day: &Day, outlet: &Outlet, start: Timestamp, at: i32, asked: &Asked) -> Reply {
    let Some(document) = render::document(day, outlet, start, at) else {
        return Reply::status(410);
    };
    let mut reply = Reply::status(200)
        .with("ETag", &document.etag)
        .with("Last-Modified", http_date(document.last_modified));
    if let Manner::Slow(delay) = outlet.manner {
        reply.delay = delay;
    }
    if is_current(asked, &document) {
        reply.status = 304;
        return reply;
    }
    reply.body = document.bytes;
    reply.with("Content-Type", document.content_type)
}

/// Whether the client has this document already (RFC 9110 section 13.2.2).
fn is_current(asked: &Asked, document: &render::Document) -> bool {
    if let Some(tags) = asked.header("if-none-match") {
        return tags
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag == document.etag);
    }
    asked
        .header("if-modified-since")
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
        .is_some_and(|date| document.last_modified <= date)
}
