//! Merged feeds and the list of subscriptions.

use super::archives::{self, Day};
use super::conditional::{Document, answer, answer_in_part};
use super::failure::Failure;
use super::parameters::{MOST_ITEMS, OF_FEEDS, Parameters, moves, shown};
use super::service::Service;
use super::validators::wants_part_since;
use crate::address::Address;
use crate::config::View;
use crate::entry::Story;
use crate::feed::Timestamp;
use crate::publish::{self, Channel};
use crate::query::{Cursor, EntryQuery, FoldLevel};
use crate::store::Window;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use chrono::TimeDelta;
use std::sync::Arc;
use url::form_urlencoded;

/// A first page holds everything of this time before the last change, so that a reader that asks
/// once a day misses nothing on a busy one.
const AT_LEAST: TimeDelta = TimeDelta::hours(24);
/// Bytes of content in a merged feed.
const MOST_BYTES: usize = 12 << 20;

/// What browsers show with a stylesheet.
const PLAIN_XML: &str = "application/xml; charset=utf-8";

/// The formats of merged feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Atom,
    Rss,
    Json,
}

impl Format {
    /// The format of a file name's extension.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        [Self::Atom, Self::Rss, Self::Json]
            .into_iter()
            .find(|format| format.extension() == extension)
    }

    /// What the name of a file in this format ends in.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Atom => "atom",
            Self::Rss => "rss",
            Self::Json => "json",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Rss => "application/rss+xml; charset=utf-8",
            // JSON is UTF-8 by definition and has no such parameter (RFC 8259 section 11).
            Self::Json => "application/feed+json",
        }
    }

    fn write(self, channel: &Channel) -> Vec<u8> {
        match self {
            Self::Atom => publish::atom(channel),
            Self::Rss => publish::rss(channel),
            Self::Json => publish::json_feed(channel),
        }
    }
}

/// `GET /feed.atom`
pub(super) async fn atom(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    merged(&service, Which::View("all"), Format::Atom, &uri, &headers).await
}

/// `GET /feed.rss`
pub(super) async fn rss(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    merged(&service, Which::View("all"), Format::Rss, &uri, &headers).await
}

/// `GET /feed.json`
pub(super) async fn json(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    merged(&service, Which::View("all"), Format::Json, &uri, &headers).await
}

/// `GET /f/{token}/{file}`: a view at a secret address, as `feed.atom`, `feed.rss` or `feed.json`.
pub(super) async fn shared(
    State(service): State<Service>,
    Path((token, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let format = file
        .strip_prefix("feed.")
        .and_then(Format::of_extension)
        .ok_or_else(unknown_share)?;
    merged(&service, Which::Share(&token), format, &uri, &headers).await
}

/// `GET /opml`
pub(super) async fn opml(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    Parameters::read(uri.query(), &[])?;
    let feeds = service.store().feeds().await?;
    let bytes = publish::opml(&feeds, "feedfold subscriptions");
    let document = Document::new("text/x-opml; charset=utf-8", "no-cache", bytes, None);
    Ok(answer(&Arc::new(document), &headers, service.now()).await)
}

/// How a merged feed is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// By the name of a view.
    View(&'a str),
    /// By the token of a secret address.
    Share(&'a str),
}

/// A merged feed. A browser that goes to its address shows feeds as raw text: it is given the same
/// bytes as XML, which the stylesheet makes readable.
pub(super) async fn merged(
    service: &Service,
    which: Which<'_>,
    format: Format,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let mut response = answered(service, which, format, uri, headers).await?;
    if let Some(hub) = topic_hub(service, which, uri) {
        let base = service.config().server.public_url.clone();
        let links = format!(
            "<{hub}>; rel=\"hub\", <{base}{uri}>; rel=\"self\"",
            hub = hub.as_str()
        );
        if let Ok(links) = HeaderValue::from_str(&links) {
            response.headers_mut().insert(header::LINK, links);
        }
    }
    if format == Format::Json {
        return Ok(response);
    }
    let fields = response.headers_mut();
    fields.append(header::VARY, HeaderValue::from_static("Sec-Fetch-Dest"));
    let visits = headers.get("sec-fetch-dest");
    if visits.is_some_and(|destination| destination == "document")
        && fields.contains_key(header::CONTENT_TYPE)
    {
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(PLAIN_XML));
    }
    Ok(response)
}

async fn answered(
    service: &Service,
    which: Which<'_>,
    format: Format,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let request = uri.path_and_query().map_or("", |whole| whole.as_str());
    let by_time = match which {
        Which::View(name) => moves(uri.query(), service.view(name).as_ref()),
        // Which view it shares is known to the database alone.
        Which::Share(_) => service.views().iter().any(|v| moves(uri.query(), Some(v))),
    };
    let state = service.state(by_time);
    let make = render(service, which, format, uri, None);
    let whole = service.rendered().get(request, state, make).await?;
    let response = answer(&whole, headers, service.now()).await;
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let Some(since) = wants_part_since(headers) else {
        return Ok(response);
    };
    let request = format!("{request} since {}", since.timestamp_millis());
    let make = render(service, which, format, uri, Some(since));
    match service.rendered().get(&request, state, make).await {
        Ok(part) => Ok(answer_in_part(&whole, &part, headers, service.now()).await),
        // Nothing new, but something changed: then the whole feed says it.
        Err(Failure::NotFound(_)) => Ok(response),
        Err(failure) => Err(failure),
    }
}

/// The hub that is told when this feed changes (W3C WebSub section 4). Searches and pages change
/// unnoticed, and a secret address is nothing to tell a hub.
fn topic_hub(service: &Service, which: Which<'_>, uri: &Uri) -> Option<Address> {
    let open = matches!(which, Which::View(_)) && uri.query().is_none();
    service.config().publish.hub.clone().filter(|_| open)
}

/// A feed that a hub knows, in all its formats.
pub struct Topic {
    /// Its addresses.
    pub urls: Vec<String>,
    /// Another one whenever its content is another.
    pub tag: String,
}

/// The feeds of all views as they are now, for telling a hub which of them changed.
pub(super) async fn topics(service: &Service) -> Vec<Topic> {
    let base = service.config().server.public_url.clone();
    let mut topics = Vec::new();
    for view in service.views() {
        let path = match view.name.as_str() {
            "all" => "/feed".to_owned(),
            name => format!("/views/{name}"),
        };
        let Ok(uri) = format!("{path}.atom").parse::<Uri>() else {
            continue;
        };
        let state = service.state(moves(None, Some(&view)));
        let make = render(service, Which::View(&view.name), Format::Atom, &uri, None);
        if let Ok(document) = service.rendered().get(uri.path(), state, make).await {
            topics.push(Topic {
                urls: [Format::Atom, Format::Rss, Format::Json]
                    .iter()
                    .map(|format| format!("{base}{path}.{}", format.extension()))
                    .collect(),
                tag: document.plain_tag(),
            });
        }
    }
    topics
}

/// The answer where a feed is asked for in a format that does not exist.
pub(super) fn unknown_format() -> Failure {
    Failure::NotFound("feeds end in .atom, .rss or .json".to_owned())
}

/// The answer where a view is asked for that does not exist, or no more.
pub(super) async fn unknown_view(service: &Service, name: &str) -> Failure {
    let name = shown(name);
    match service.store().knew_view(&name).await {
        Ok(true) => Failure::Gone(format!("the view '{name}' was removed")),
        _ => Failure::NotFound(format!(
            "there is no view '{name}'; /api/v1/views lists them"
        )),
    }
}

/// The answer where a secret address does not exist.
fn unknown_share() -> Failure {
    Failure::NotFound("there is nothing at this address".to_owned())
}

impl Which<'_> {
    async fn view(self, service: &Service) -> Result<View, Failure> {
        let name = match self {
            Self::View(name) => name.to_owned(),
            Self::Share(token) => match service.store().share(token).await? {
                Some(share) if share.revoked.is_some() => {
                    return Err(Failure::Gone("this address was taken back".to_owned()));
                }
                Some(share) => share.view,
                None => return Err(unknown_share()),
            },
        };
        // The address outlives a new name of the view.
        let name = service.present_name(&name).unwrap_or(name);
        match service.view(&name) {
            Some(view) => Ok(view),
            None => Err(unknown_view(service, &name).await),
        }
    }

    fn caching(self) -> &'static str {
        match self {
            Self::View(_) => "public, max-age=60",
            Self::Share(_) => "private, max-age=60",
        }
    }
}

/// Writes the feed; with `part_since` only the items that are new or changed after that moment,
/// which are "not found" where there are none.
async fn render(
    service: &Service,
    which: Which<'_>,
    format: Format,
    uri: &Uri,
    part_since: Option<Timestamp>,
) -> Result<Document, Failure> {
    let view = which.view(service).await?;
    let parameters = Parameters::read(uri.query(), OF_FEEDS)?;
    let now = service.now();
    let question = EntryQuery {
        announced: true,
        ..parameters.question(Some(&view), now)?
    };
    let generation = service.store().generation();
    let day = Day::asked(service, &parameters)?;
    let base = service.config().server.public_url.clone();
    let address = format!("{base}{}", uri.path());
    let is_page = ["limit", "before", "since"]
        .iter()
        .any(|name| parameters.one(name).is_some());
    let older = question.clone();
    let (mut stories, next) = stories(service, &parameters, day, question).await?;
    let earlier = match (day, next) {
        (Some(_), None) if stories.is_empty() => {
            return Err(Failure::NotFound("nothing arrived on that day".to_owned()));
        }
        (Some(day), Some(from)) => Some(archives::rest(&address, uri.query(), day, from)),
        (None, _) if is_page => None,
        _ => archives::before(service, &older, day, &address, uri.query()).await?,
    };
    let updated = Channel::newest(&stories, view.presentation).unwrap_or(generation.changed);
    if let Some(since) = part_since {
        // Two polls may end in the same moment: what came at that moment is sent again.
        stories.retain(|story| story.opened >= since || story.changed >= since);
        if stories.is_empty() {
            return Err(Failure::NotFound("nothing is new".to_owned()));
        }
    }
    let channel = Channel {
        id: format!(
            "{}{}/view/{}",
            publish::TAG_PREFIX,
            service.store().instance(),
            view.name
        ),
        title: title(&view, &parameters),
        subtitle: Some("Tech news, each story once, with every source named.".to_owned()),
        home: home(&base, &view),
        self_url: format!(
            "{base}{}",
            uri.path_and_query().map_or("/", |whole| whole.as_str())
        ),
        stories_at: format!("{base}/story/"),
        updated,
        stories,
        next: next
            .filter(|_| day.is_none())
            .map(|cursor| next_page(&base, uri, cursor)),
        earlier,
        archive_of: day.map(|_| archives::current(&address, uri.query())),
        hub: topic_hub(service, which, uri).map(|hub| hub.as_str().to_owned()),
        stylesheet: Some(format!("{base}/feed.css")),
        presentation: view.presentation,
    };
    // Writing a large feed takes milliseconds, too long for the threads that answer.
    let bytes = tokio::task::spawn_blocking(move || format.write(&channel))
        .await
        .map_err(|_| Failure::Internal)?;
    Ok(Document::new(
        format.media_type(),
        which.caching(),
        bytes,
        Some(generation.changed),
    ))
}

fn title(view: &View, parameters: &Parameters) -> String {
    parameters.narrowed_title(match parameters.one("q") {
        Some(text) => format!("{}: {}", view.title, shown(text)),
        None => view.title.clone(),
    })
}

fn home(base: &str, view: &View) -> String {
    match view.name.as_str() {
        "all" => format!("{base}/"),
        name => format!("{base}/views/{name}"),
    }
}

fn next_page(base: &str, uri: &Uri, cursor: Cursor) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    query.extend_pairs(asked.filter(|(name, _)| name != "before"));
    query.append_pair("before", &cursor.encode());
    format!("{base}{}?{}", uri.path(), query.finish())
}

/// The stories of a page, the newest first, and where the next page begins. A page whose size was
/// asked for holds so many by date. Others go by arrival: the first holds at least as many as the
/// view says and everything of the last day, those after it as many as the view says; what arrives
/// later moves none of them.
async fn stories(
    service: &Service,
    parameters: &Parameters,
    day: Option<Day>,
    question: EntryQuery,
) -> Result<(Vec<Story>, Option<Cursor>), Failure> {
    let store = service.store();
    if parameters.one("limit").is_some() {
        let page = store.stories(question).await?;
        return Ok((publish::within(page.items, MOST_BYTES), page.next));
    }
    let window = match day {
        Some(day) => day.window(),
        None => Window {
            at_least: question.limit,
            since: match question.after {
                None => Some(store.generation().changed - AT_LEAST),
                Some(_) => None,
            },
            until: None,
        },
    };
    let fold = question.fold;
    let mut page = store.window(question, window).await?;
    let found = page.items.len();
    page.items.truncate(MOST_ITEMS);
    let mut stories = publish::within(page.items, MOST_BYTES);
    let next = match stories.last() {
        Some(last) if stories.len() < found => Some(Cursor {
            dated: last.opened.timestamp_millis(),
            id: match fold {
                FoldLevel::Story => last.id.0,
                _ => last.lead.id.0,
            },
        }),
        // A day ends where an older one begins.
        _ => page.next.filter(|_| day.is_none()),
    };
    stories.sort_by_key(|story| std::cmp::Reverse((story.lead.dated(), story.lead.id)));
    Ok((stories, next))
}
