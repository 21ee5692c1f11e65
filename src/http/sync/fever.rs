//! The Fever API (version 3): one address, commands as names without values, several at once.

use super::account::{self, Account};
use super::identifiers::{number, parse_moment, target};
use super::{Peer, address, answers, enabled, items};
use crate::config::Presentation;
use crate::entry::{EntryId, StoryId};
use crate::feed::{Feed, FeedId};
use crate::http::failure::Failure;
use crate::http::form::Form;
use crate::http::pages;
use crate::http::service::Service;
use crate::publish::FeedItem;
use crate::reading::{Mark, Target};
use crate::store::{ArrivalQuery, Chosen};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use base64_of::base64;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Items of a page.
const PAGE: usize = 50;
/// Most identifiers of a list.
const MOST_IDS: usize = 1_000_000;
/// The favicon of every feed.
const ICON: &[u8] = include_bytes!("../../../templates/icon.svg");

/// `/fever/`, `/fever`, `/fever.php`
pub(in crate::http) async fn fever(
    State(service): State<Service>,
    peer: Option<Extension<Peer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let now = service.now();
    let config = service.config();
    let Some(sync) = enabled(&config) else {
        return pages::unknown().await.into_response();
    };
    let Ok(body) = body else {
        return answers::dated(Failure::TooLarge.into_response(), now);
    };
    let form = Form::read(uri.query(), &headers, &body);
    let (memory, address) = (service.sync_memory(), address(peer, &headers));
    let mut account = None;
    if let Some(key) = form.one("api_key")
        && memory.may_try(&address, now).is_ok()
    {
        account = account::of_fever_key(sync, key);
        memory.tried(&address, account.is_some(), now);
    }
    let answer = match account {
        None => answers::json(&json!({ "api_version": 3, "auth": 0 })),
        Some(account) => {
            let ask = Ask {
                service: &service,
                account,
                form: &form,
            };
            answer(&ask, method == Method::POST).await
        }
    };
    answers::dated(answer.unwrap_or_else(Failure::into_response), now)
}

struct Ask<'a> {
    service: &'a Service,
    account: Account,
    form: &'a Form,
}

async fn answer(ask: &Ask<'_>, may_change: bool) -> Result<Response, Failure> {
    let store = ask.service.store();
    let feeds = store.feeds().await?;
    // Before anything is told, so that the answer knows of it.
    if may_change {
        mark(ask, &feeds).await?;
    }
    let mut told = Map::new();
    told.insert("api_version".to_owned(), 3.into());
    told.insert("auth".to_owned(), 1.into());
    let refreshed = feeds.iter().filter_map(|feed| feed.health.last_poll).max();
    told.insert(
        "last_refreshed_on_time".to_owned(),
        refreshed.map_or(0, |at| at.timestamp()).into(),
    );
    let mut tell = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    let form = ask.form;
    if form.has("groups") {
        let groups: Vec<_> = labels(&feeds)
            .into_iter()
            .map(|label| json!({ "id": group(label), "title": label }))
            .collect();
        tell("groups", groups.into());
    }
    if form.has("feeds") {
        tell("feeds", feeds.iter().map(told_feed).collect());
    }
    if form.has("groups") || form.has("feeds") {
        tell("feeds_groups", feeds_groups(&feeds));
    }
    if form.has("favicons") {
        let data = format!("image/svg+xml;base64,{}", base64(ICON));
        tell("favicons", json!([{ "id": 1, "data": data }]));
    }
    if form.has("items") {
        let counts = store.counts().await?;
        let total = match ask.account.articles {
            true => counts.entries,
            false => counts.stories,
        };
        tell("total_items", total.into());
        tell("items", listed(ask).await?);
    }
    for (name, state) in [
        ("unread_item_ids", (Chosen::Read, false)),
        ("saved_item_ids", (Chosen::Starred, true)),
    ] {
        if form.has(name) || changed(form, name) {
            let query = ArrivalQuery {
                entries: ask.account.articles,
                states: vec![state],
                oldest_first: true,
                limit: MOST_IDS,
                ..ArrivalQuery::default()
            };
            let found = store.arrivals(query).await?;
            let ids: Vec<String> = found
                .iter()
                .map(|arrival| number(of(ask, arrival.id)).to_string())
                .collect();
            tell(name, ids.join(",").into());
        }
    }
    if form.has("links") {
        tell("links", json!([]));
    }
    answers::json(&told)
}

/// Whether a mark changes the list of that name: it is told along.
fn changed(form: &Form, name: &str) -> bool {
    form.has("mark")
        && match form.one("as") {
            Some("read" | "unread") => name == "unread_item_ids",
            Some("saved" | "unsaved") => name == "saved_item_ids",
            _ => false,
        }
}

fn of(ask: &Ask<'_>, id: i64) -> Target {
    match ask.account.articles {
        true => Target::Entry(EntryId(id)),
        false => Target::Story(StoryId(id)),
    }
}

fn labels(feeds: &[Feed]) -> BTreeSet<&String> {
    feeds
        .iter()
        .flat_map(|feed| &feed.subscription.tags)
        .collect()
}

/// The number of a label: the same as long as it is called so.
fn group(label: &str) -> i64 {
    let hash = blake3::hash(label.as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    // Positive in 32 bits, and neither 0 nor -1, which mean everything and sparks.
    i64::from(u32::from_le_bytes([a, b, c, d]) & 0x7FFF_FFFE) + 1
}

fn told_feed(feed: &Feed) -> Value {
    json!({
        "id": feed.id.0,
        "favicon_id": 1,
        "title": feed.outlet(),
        "url": super::subscriptions::shown_url(feed),
        "site_url": items::site(feed.facts.site.as_ref()),
        "is_spark": 0,
        "last_updated_on_time": feed.health.last_success.map_or(0, |at| at.timestamp()),
    })
}

fn feeds_groups(feeds: &[Feed]) -> Value {
    let mut groups: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for feed in feeds {
        for tag in &feed.subscription.tags {
            groups.entry(tag).or_default().push(feed.id.0.to_string());
        }
    }
    groups
        .into_iter()
        .map(|(label, feeds)| json!({ "group_id": group(label), "feed_ids": feeds.join(",") }))
        .collect()
}

/// A page of items: after `since_id` ascending, before `max_id` descending, or those of
/// `with_ids`.
async fn listed(ask: &Ask<'_>) -> Result<Value, Failure> {
    let form = ask.form;
    let store = ask.service.store();
    let numbered = |name| form.one(name).and_then(|id| id.trim().parse::<i64>().ok());
    let targets: Vec<Target> = if let Some(ids) = form.one("with_ids") {
        ids.split(',')
            .filter_map(|id| target(id.trim().parse().ok()?))
            .take(PAGE)
            .collect()
    } else {
        // Half of an item's number is its place in the order of arrival.
        let (after, oldest_first) = match (numbered("since_id"), numbered("max_id")) {
            (Some(since), _) => (Some(since.max(0) / 2), true),
            // Rounded up: what is below an odd number that nobody has begins with its half.
            (None, Some(max)) if max > 0 => (
                Some(max / 2 + i64::from(max % 2 == 1 && !ask.account.articles)),
                false,
            ),
            (None, Some(_)) => (None, false),
            (None, None) => (None, true),
        };
        let query = ArrivalQuery {
            entries: ask.account.articles,
            after,
            oldest_first,
            limit: PAGE,
            ..ArrivalQuery::default()
        };
        let found = store.arrivals(query).await?;
        found.iter().map(|arrival| of(ask, arrival.id)).collect()
    };
    let stories_at = format!("{}/story/", ask.service.config().server.public_url);
    let items = store.items(targets).await?;
    Ok(items
        .iter()
        .map(|(target, story, reading)| {
            let shown = FeedItem::of(story, &stories_at, Presentation::default());
            json!({
                "id": number(*target),
                "feed_id": story.lead.outlet.feed.0,
                "title": shown.title,
                "author": shown.authors.join(", "),
                "html": shown.body,
                "url": shown.url,
                "is_saved": i32::from(reading.starred),
                "is_read": i32::from(!reading.is_unread()),
                "created_on_time": shown.published.timestamp(),
            })
        })
        .collect())
}

/// Does what `mark` says; what can't be understood changes nothing.
async fn mark(ask: &Ask<'_>, feeds: &[Feed]) -> Result<(), Failure> {
    let form = ask.form;
    let (store, now) = (ask.service.store(), ask.service.now());
    let (Some(what), Some(how)) = (form.one("mark"), form.one("as")) else {
        return Ok(());
    };
    let Some(id) = form.one("id").and_then(|id| id.trim().parse::<i64>().ok()) else {
        return Ok(());
    };
    if what == "item" {
        let mark = match how {
            "read" => Mark::Read,
            "unread" => Mark::Unread,
            "saved" => Mark::Star,
            "unsaved" => Mark::Unstar,
            _ => return Ok(()),
        };
        if let Some(target) = target(id) {
            store.mark(vec![target], vec![mark], now).await?;
        }
        return Ok(());
    }
    if how != "read" {
        return Ok(());
    }
    let chosen: Option<Vec<FeedId>> = match (what, id) {
        ("feed", id) => Some(vec![FeedId(id)]),
        ("group", 0) => None,
        ("group", id) => Some(
            feeds
                .iter()
                .filter(|feed| feed.subscription.tags.iter().any(|tag| group(tag) == id))
                .map(|feed| feed.id)
                .collect(),
        ),
        _ => return Ok(()),
    };
    let until = form.one("before").and_then(parse_moment).unwrap_or(now);
    store
        .mark_all_read(chosen, Vec::new(), ask.account.articles, until, now)
        .await?;
    Ok(())
}

mod base64_of {
    /// Bytes as base64 (RFC 4648 section 4).
    pub(super) fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for three in bytes.chunks(3) {
            let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for place in 0..4 {
                if place > three.len() {
                    text.push('=');
                } else {
                    let digit = bits >> (18 - 6 * place) & 63;
                    text.push(char::from(DIGITS[digit as usize]));
                }
            }
        }
        text
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn bytes_are_written_with_their_padding() {
            for (bytes, text) in [
                (&b""[..], ""),
                (b"f", "Zg=="),
                (b"fo", "Zm8="),
                (b"foo", "Zm9v"),
            ] {
                assert_eq!(super::base64(bytes), text);
            }
        }
    }
}
