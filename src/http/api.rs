//! The JSON API, version 1: reading.

use super::conditional::{Document, answer};
use super::failure::Failure;
use super::parameters::{OF_LISTS, Parameters, moves, shown};
use super::service::Service;
use crate::entry::{EntryId, StoryId};
use crate::publish::records::{
    DecisionRecord, EntryRecord, FeedRecord, HighlightsRecord, StoryRecord, url_without_password,
};
use crate::publish::rfc3339;
use crate::query::{Cursor, Page};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const JSON: &str = "application/json";
/// Lists change with every poll: they are kept only to be asked about again.
const CACHE: &str = "no-cache";
/// The description of the API.
const OPENAPI: &str = include_str!("openapi.json");

/// A part of a list.
#[derive(Serialize)]
pub(super) struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> List<T> {
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    fn page<D>(page: &Page<D>) -> Self
    where
        T: for<'a> From<&'a D>,
    {
        Self {
            items: page.items.iter().map(T::from).collect(),
            next: page.next.map(Cursor::encode),
        }
    }
}

/// An entry with the reason why it is where it is.
#[derive(Serialize)]
struct EntryWithDecision {
    #[serde(flatten)]
    entry: EntryRecord,
    decision: Option<DecisionRecord>,
}

/// A feed with everything that is known of how it is polled.
#[derive(Serialize)]
pub(super) struct FeedDetail {
    #[serde(flatten)]
    feed: FeedRecord,
    site: Option<String>,
    language: Option<String>,
    schedule: Option<String>,
    priority: i32,
    added: String,
    last_success: Option<String>,
    moved_from: Option<String>,
    entries_a_day: f64,
    reason: String,
}

impl From<&crate::feed::Feed> for FeedDetail {
    fn from(feed: &crate::feed::Feed) -> Self {
        Self {
            feed: FeedRecord::from(feed),
            site: feed.facts.site.as_ref().map(|site| site.shown()),
            language: feed.facts.language.clone(),
            schedule: feed.subscription.schedule.clone(),
            priority: feed.subscription.priority,
            added: rfc3339(feed.added),
            last_success: feed.health.last_success.map(rfc3339),
            moved_from: feed.health.moved_from.as_deref().map(url_without_password),
            entries_a_day: (feed.pace.entries_a_day * 100.0).round() / 100.0,
            reason: feed.pace.reason.clone(),
        }
    }
}

/// A view with the addresses of its feeds.
#[derive(Serialize)]
struct ViewRecord {
    name: String,
    title: String,
    fold: &'static str,
    feeds: Vec<String>,
    tags: Vec<String>,
    limit: usize,
    atom: String,
    rss: String,
    json: String,
}

/// What the database holds and how polling goes.
#[derive(Serialize)]
struct Stats {
    entries: u64,
    stories: u64,
    feeds: u64,
    polls_waiting: usize,
    polls_running: usize,
    generation: u64,
    changed: String,
}

/// `GET /api/v1/entries`
pub(super) async fn entries(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    list(&service, &uri, &headers, async |parameters| {
        let question = parameters.question(None, service.now())?;
        let page = service.store().entries(question).await?;
        let mut list = List::<EntryRecord>::page(&page);
        let hits = parameters.hits();
        for (record, entry) in list.items.iter_mut().zip(&page.items) {
            record.highlights = HighlightsRecord::of(&entry.item, &hits);
        }
        to_json(&list)
    })
    .await
}

/// `GET /api/v1/stories`
pub(super) async fn stories(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    list(&service, &uri, &headers, async |parameters| {
        let question = parameters.question(None, service.now())?;
        let page = service.store().stories(question).await?;
        let mut list = List::<StoryRecord>::page(&page);
        let hits = parameters.hits();
        for (record, story) in list.items.iter_mut().zip(&page.items) {
            record.lead.highlights = HighlightsRecord::of(&story.lead.item, &hits);
        }
        to_json(&list)
    })
    .await
}

/// A list that changes only with the store's generation, rendered once for all who ask.
async fn list(
    service: &Service,
    uri: &Uri,
    headers: &HeaderMap,
    make: impl AsyncFnOnce(Parameters) -> Result<Vec<u8>, Failure>,
) -> Result<Response, Failure> {
    let request = uri.path_and_query().map_or("", |whole| whole.as_str());
    let by_time = moves(uri.query(), None);
    let document = service
        .rendered()
        .get(request, service.state(by_time), async {
            let changed = service.store().generation().changed;
            let parameters = Parameters::read(uri.query(), OF_LISTS)?;
            let bytes = make(parameters).await?;
            Ok(Document::new(JSON, CACHE, bytes, Some(changed)))
        })
        .await?;
    Ok(answer(&document, headers, service.now()).await)
}

/// `GET /api/v1/entries/{id}`
pub(super) async fn entry(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id = EntryId(number("entry", &id)?);
    let entry = service.store().entry(id).await?;
    let entry = entry.ok_or_else(|| not_found("entry", &id.0.to_string()))?;
    let decision = service.store().decision(id).await?;
    let body = EntryWithDecision {
        decision: decision.map(|decision| DecisionRecord::new(&entry, &decision)),
        entry: EntryRecord::from(&entry),
    };
    json(&service, &headers, &body).await
}

/// `GET /api/v1/stories/{id}`
pub(super) async fn story(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id = StoryId(number("story", &id)?);
    let story = service.store().story(id).await?;
    let story = story.ok_or_else(|| not_found("story", &id.0.to_string()))?;
    json(&service, &headers, &StoryRecord::from(&story)).await
}

/// `GET /api/v1/feeds`
pub(super) async fn feeds(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    Parameters::read(uri.query(), &[])?;
    let feeds = service.store().feeds().await?;
    json(
        &service,
        &headers,
        &List::whole(feeds.iter().map(FeedRecord::from).collect()),
    )
    .await
}

/// `GET /api/v1/feeds/{name}`
pub(super) async fn feed(
    State(service): State<Service>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let feed = service.store().feed(&name).await?;
    let feed = feed.ok_or_else(|| not_found("feed", &name))?;
    json(&service, &headers, &FeedDetail::from(&feed)).await
}

/// A tag of feeds.
#[derive(Serialize)]
struct TagRecord {
    tag: String,
    /// The names of the feeds that have it.
    feeds: Vec<String>,
}

/// `GET /api/v1/tags`
pub(super) async fn tags(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut tagged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for feed in service.store().feeds().await? {
        for tag in feed.subscription.tags {
            let feeds = tagged.entry(tag).or_default();
            feeds.push(feed.subscription.name.clone());
        }
    }
    let items = tagged
        .into_iter()
        .map(|(tag, feeds)| TagRecord { tag, feeds })
        .collect();
    json(&service, &headers, &List::whole(items)).await
}

/// `GET /api/v1/views`
pub(super) async fn views(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let base = service.config().server.public_url.clone();
    let items = service
        .views()
        .into_iter()
        .map(|view| {
            let address = |extension: &str| format!("{base}/views/{}.{extension}", view.name);
            ViewRecord {
                atom: address("atom"),
                rss: address("rss"),
                json: address("json"),
                fold: view.fold.word(),
                name: view.name,
                title: view.title,
                feeds: view.feeds,
                tags: view.tags,
                limit: view.limit,
            }
        })
        .collect();
    json(&service, &headers, &List::whole(items)).await
}

/// `GET /api/v1/stats`
pub(super) async fn stats(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let counts = service.store().counts().await?;
    let generation = service.store().generation();
    let (polls_waiting, polls_running) = service.status().polls();
    let body = Stats {
        entries: counts.entries,
        stories: counts.stories,
        feeds: counts.feeds,
        polls_waiting,
        polls_running,
        generation: generation.number,
        changed: rfc3339(generation.changed),
    };
    json(&service, &headers, &body).await
}

/// `GET /api/v1/openapi.json`
pub(super) async fn openapi(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let make = || {
        let bytes = OPENAPI.as_bytes().to_vec();
        Document::new(JSON, "public, max-age=3600", bytes, None)
    };
    let document = service.fixed("openapi", make).await?;
    Ok(answer(&document, &headers, service.now()).await)
}

/// Everything under `/api/` that does not exist.
pub(super) async fn unknown() -> Failure {
    Failure::NotFound("there is no such address; /api/v1/openapi.json lists them".to_owned())
}

/// An answer that is made at every request, with a validator.
pub(super) async fn json(
    service: &Service,
    headers: &HeaderMap,
    body: &impl Serialize,
) -> Result<Response, Failure> {
    let document = Document::new(JSON, CACHE, to_json(body)?, None);
    Ok(answer(&Arc::new(document), headers, service.now()).await)
}

pub(super) fn not_found(kind: &str, what: &str) -> Failure {
    Failure::NotFound(format!("there is no {kind} '{}'", shown(what)))
}

pub(super) fn number(kind: &str, text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| not_found(kind, text))
}

pub(super) fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        Failure::Internal
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
