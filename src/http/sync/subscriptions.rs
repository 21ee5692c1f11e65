//! Subscriptions and labels, as reader apps see and change them.

use super::identifiers::{Stream, label, parse_stream, state};
use super::streams::{feed, wrong};
use super::{Ask, answers, items};
use crate::address::Address;
use crate::config;
use crate::feed::{Feed, Origin, RequestSettings, Subscription};
use crate::http::changes::free_name;
use crate::http::failure::Failure;
use crate::http::service::Command;
use crate::parse::opml;
use crate::publish;
use crate::publish::records::url_without_password;
use crate::text::Plain;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest label or title in bytes.
const LONGEST: usize = 200;

/// A feed's address as others may see it.
pub(super) fn shown_url(feed: &Feed) -> String {
    url_without_password(&feed.subscription.url)
}

/// `user-info`
pub(super) fn user_info(ask: &Ask<'_>) -> Result<Response, Failure> {
    answers::json(&json!({
        "userId": ask.user,
        "userName": ask.user,
        "userProfileId": ask.user,
        "userEmail": "",
    }))
}

/// `subscription/list`
pub(super) async fn list(ask: &Ask<'_>) -> Result<Response, Failure> {
    let base = ask.service.config().server.public_url.clone();
    let feeds = ask.service.store().feeds().await?;
    let subscriptions: Vec<_> = feeds
        .iter()
        .map(|feed| {
            let categories: Vec<_> = feed
                .subscription
                .tags
                .iter()
                .map(|tag| json!({ "id": label(tag), "label": tag }))
                .collect();
            json!({
                "id": format!("feed/{}", feed.id.0),
                "title": feed.outlet(),
                "categories": categories,
                "sortid": format!("{:08X}", feed.id.0),
                "firstitemmsec": feed.added.timestamp_millis().to_string(),
                "url": shown_url(feed),
                "htmlUrl": items::site(feed.facts.site.as_ref()),
                "iconUrl": format!("{base}/icon.svg"),
            })
        })
        .collect();
    let body = json!({ "subscriptions": subscriptions });
    answers::kept_json(&body, ask.headers, ask.service.now()).await
}

/// `tag/list`
pub(super) async fn tags(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let labels: BTreeSet<&String> = feeds
        .iter()
        .flat_map(|feed| &feed.subscription.tags)
        .collect();
    let mut tags = vec![json!({ "id": state("starred") })];
    tags.extend(
        labels
            .into_iter()
            .map(|tag| json!({ "id": label(tag), "type": "folder" })),
    );
    answers::kept_json(&json!({ "tags": tags }), ask.headers, ask.service.now()).await
}

/// `subscribed`
pub(super) async fn subscribed(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let there = match parse_stream(ask.form.one("s").unwrap_or_default()) {
        Some(Stream::Feed(name)) => feed(&name, &feeds).is_some(),
        _ => false,
    };
    Ok(answers::text(StatusCode::OK, there.to_string()))
}

/// Subscribes to an address, or finds the one of `feeds`, which are all there are, that has it already.
async fn subscribe(
    ask: &Ask<'_>,
    feeds: &[Feed],
    url: &str,
    title: Option<String>,
    tags: Vec<String>,
) -> Result<Subscribed, Failure> {
    let url = url.trim();
    // People type hosts.
    let url = match url.contains("://") {
        true => url.to_owned(),
        false => format!("https://{url}"),
    };
    let address = Address::parse(&url).map_err(|fault| {
        Failure::BadRequest(format!(
            "'{}' {fault}",
            crate::http::parameters::shown(&url)
        ))
    })?;
    if let Some(known) = feed(address.as_str(), feeds) {
        return Ok(Subscribed::Before(known.clone()));
    }
    let taken = |name: &str| feeds.iter().any(|feed| feed.subscription.name == name);
    let mut tags = tags;
    tags.sort_unstable();
    tags.dedup();
    let subscription = Subscription {
        name: free_name(&config::name_from(address.as_str()), taken),
        url: address.as_str().to_owned(),
        title,
        tags,
        schedule: None,
        priority: 0,
        enabled: true,
        origin: Origin::Added,
        request: RequestSettings::default(),
    };
    let store = ask.service.store();
    let feed = store.add_feed(subscription, ask.service.now()).await?;
    Ok(Subscribed::Now(feed))
}

/// A feed that was asked for.
enum Subscribed {
    /// It was there.
    Before(Feed),
    Now(Feed),
}

/// A title or label as it is kept; `None` where nothing is left of it.
fn clean(text: &str) -> Option<String> {
    let text = Plain::new(text);
    let text = crate::text::cut_at_character(text.as_str().trim(), LONGEST).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The labels that a parameter names.
fn labels(ask: &Ask<'_>, name: &str) -> Vec<String> {
    ask.form
        .all(name)
        .filter_map(parse_stream)
        .filter_map(|stream| match stream {
            Stream::Label(label) => clean(&label),
            _ => None,
        })
        .take(50)
        .collect()
}

/// `subscription/edit`
pub(super) async fn edit(ask: &Ask<'_>) -> Result<Response, Failure> {
    let (store, now) = (ask.service.store(), ask.service.now());
    let (add, remove) = (labels(ask, "a"), labels(ask, "r"));
    let mut titles = ask.form.all("t");
    let action = ask.form.one("ac").unwrap_or_default();
    if !["subscribe", "unsubscribe", "edit"].contains(&action) {
        return Err(wrong("ac", action, "one of subscribe, edit, unsubscribe"));
    }
    let mut any = false;
    for name in ask.form.all("s").take(1_000) {
        any = true;
        let Some(Stream::Feed(name)) = parse_stream(name) else {
            return Err(wrong("s", name, "a feed like feed/7 or feed/https://…"));
        };
        let title = titles.next().and_then(clean);
        let feeds = store.feeds().await?;
        let known = feed(&name, &feeds);
        match (action, known) {
            ("unsubscribe", None) => {}
            ("unsubscribe", Some(known)) => leave(ask, known).await?,
            ("subscribe", None) => {
                subscribe(ask, &feeds, &name, title, add.clone()).await?;
            }
            ("subscribe", Some(known)) | (_, Some(known)) => {
                store
                    .relabel_feed(known.id, title, add.clone(), remove.clone(), now)
                    .await?;
            }
            _ => {
                return Err(Failure::NotFound(format!(
                    "there is no feed '{}'",
                    crate::http::parameters::shown(&name)
                )));
            }
        }
    }
    if !any {
        return Err(wrong("s", "", "a feed like feed/7"));
    }
    ask.service.command(Command::Look);
    Ok(answers::ok())
}

/// Unsubscribes. A feed that the configuration names would come back: it is switched off.
async fn leave(ask: &Ask<'_>, feed: &Feed) -> Result<(), Failure> {
    let store = ask.service.store();
    let name = &feed.subscription.name;
    match feed.subscription.origin {
        Origin::Added => store.remove_feed(name, ask.service.now()).await?,
        Origin::Config => store.set_enabled(name, false, ask.service.now()).await?,
    };
    Ok(())
}

/// `subscription/quickadd`
pub(super) async fn quickadd(ask: &Ask<'_>) -> Result<Response, Failure> {
    let query = ask.form.one("quickadd").unwrap_or_default();
    let address = query.strip_prefix("feed/").unwrap_or(query);
    let feeds = ask.service.store().feeds().await?;
    match subscribe(ask, &feeds, address, None, Vec::new()).await {
        Ok(Subscribed::Before(feed) | Subscribed::Now(feed)) => {
            ask.service.command(Command::Look);
            answers::json(&json!({
                "numResults": 1,
                "query": query,
                "streamId": format!("feed/{}", feed.id.0),
                "streamName": feed.outlet(),
            }))
        }
        Err(Failure::BadRequest(why)) => {
            answers::json(&json!({ "numResults": 0, "query": query, "error": why }))
        }
        Err(failure) => Err(failure),
    }
}

/// `subscription/import`: the body is OPML.
pub(super) async fn import(ask: &Ask<'_>) -> Result<Response, Failure> {
    let body = ask.body.clone();
    let outlines = tokio::task::spawn_blocking(move || opml::read(&body))
        .await
        .map_err(|_| Failure::Internal)?
        .map_err(|fault| Failure::BadRequest(fault.to_string()))?;
    let mut feeds = ask.service.store().feeds().await?;
    let before = feeds.len();
    for outline in outlines {
        let title = outline.title.as_deref().and_then(clean);
        let tags = outline.tags.iter().filter_map(|tag| clean(tag)).collect();
        match subscribe(ask, &feeds, &outline.url, title, tags).await {
            Ok(Subscribed::Now(feed)) => feeds.push(feed),
            Ok(Subscribed::Before(_)) => {}
            // One address that is none, or that somebody else subscribes to meanwhile, does not spoil the
            // list.
            Err(Failure::BadRequest(why) | Failure::Conflict(why)) => {
                tracing::info!("left out of an import: {why}");
            }
            Err(failure) => return Err(failure),
        }
    }
    let added = feeds.len() - before;
    tracing::info!(added, "a reader app imported subscriptions");
    ask.service.command(Command::Look);
    Ok(answers::ok())
}

/// `subscription/export`
pub(super) async fn export(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let mut response = publish::opml(&feeds, "feedfold").into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/x-opml; charset=utf-8"),
    );
    Ok(response)
}

/// The label that a request names: `s` with its prefix, or `t` as it is.
fn named_label(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.form.one("s").or(ask.form.one("t")).unwrap_or_default();
    match parse_stream(name) {
        Some(Stream::Label(label)) => Ok(label),
        None if !name.is_empty() && !ask.form.has("s") => Ok(name.to_owned()),
        _ => Err(wrong("s", name, "a label like user/-/label/x")),
    }
}

/// `rename-tag`
pub(super) async fn rename_tag(ask: &Ask<'_>) -> Result<Response, Failure> {
    let from = named_label(ask)?;
    let dest = ask.form.one("dest").unwrap_or_default();
    let to = match parse_stream(dest) {
        Some(Stream::Label(label)) => clean(&label),
        _ => None,
    };
    let to = to.ok_or_else(|| wrong("dest", dest, "a label like user/-/label/x"))?;
    let (store, now) = (ask.service.store(), ask.service.now());
    store.rename_label(from, Some(to), now).await?;
    Ok(answers::ok())
}

/// `disable-tag`
pub(super) async fn disable_tag(ask: &Ask<'_>) -> Result<Response, Failure> {
    let label = named_label(ask)?;
    let (store, now) = (ask.service.store(), ask.service.now());
    store.rename_label(label, None, now).await?;
    Ok(answers::ok())
}
