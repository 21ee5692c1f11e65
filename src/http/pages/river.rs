//! The stories of a view, newest first, by day.

use super::age::span;
use super::{CACHE, HTML, page, render};
use crate::config::Presentation;
use crate::entry::{Role, Story};
use crate::feed::Timestamp;
use crate::http::conditional::{Document, answer};
use crate::http::failure::Failure;
use crate::http::feeds::{self, Format, Which};
use crate::http::parameters::{OF_FEEDS, Parameters, shown};
use crate::http::service::Service;
use crate::publish::{FeedItem, rfc3339};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use url::form_urlencoded;

/// Stories on a page.
const A_PAGE: usize = 50;
/// Longest excerpt in bytes.
const EXCERPT: usize = 280;
/// Other sources that are shown in the river; the story's page has them all.
const MOST_SOURCES: usize = 12;

/// The stories of a view, by day.
#[derive(Template)]
#[template(path = "river.html")]
struct RiverPage {
    heading: String,
    about: &'static str,
    text: String,
    empty: &'static str,
    subscribe: Vec<Subscribe>,
    views: Vec<ViewLink>,
    days: Vec<Day>,
    more: Option<String>,
}

struct Subscribe {
    name: &'static str,
    media_type: &'static str,
    url: String,
}

struct ViewLink {
    title: String,
    url: String,
    current: bool,
}

struct Day {
    id: String,
    name: String,
    stories: Vec<Row>,
}

struct Row {
    title: String,
    url: String,
    page: String,
    outlet: String,
    language: Option<String>,
    time: String,
    age: String,
    excerpt: String,
    independent: usize,
    sources: Vec<SourceLink>,
}

struct SourceLink {
    outlet: String,
    url: String,
    role: &'static str,
}

/// `GET /`
pub(in crate::http) async fn home(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    page(river(&service, "all", &uri, &headers).await)
}

/// `GET /search`: the whole archive; what is searched for is a parameter that every river knows.
pub(in crate::http) async fn search(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    page(river(&service, "all", &uri, &headers).await)
}

/// `GET /views/{file}`: a feed where the name ends in a format, a page where it does not.
pub(in crate::http) async fn view(
    State(service): State<Service>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (name, format) = match file.rsplit_once('.') {
        Some((name, extension)) => {
            let format = Format::of_extension(extension).ok_or_else(feeds::unknown_format)?;
            (name, Some(format))
        }
        None => (file.as_str(), None),
    };
    if let Some(present) = service.present_name(name) {
        return Ok(moved(&present, format, &uri));
    }
    match format {
        Some(format) => feeds::merged(&service, Which::View(name), format, &uri, &headers).await,
        None => Ok(page(river(&service, name, &uri, &headers).await)),
    }
}

/// The answer at the former address of a view.
fn moved(name: &str, format: Option<Format>, uri: &Uri) -> Response {
    let mut location = match format {
        Some(format) => format!("/views/{name}.{}", format.extension()),
        None => view_page(name),
    };
    if let Some(query) = uri.query() {
        location = format!("{location}?{query}");
    }
    let headers = [(header::LOCATION, location)];
    (StatusCode::MOVED_PERMANENTLY, headers).into_response()
}

async fn river(
    service: &Service,
    name: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let request = uri.path_and_query().map_or("", |whole| whole.as_str());
    let make = async {
        let view = match service.view(name) {
            Some(view) => view,
            None => return Err(feeds::unknown_view(service, name).await),
        };
        let parameters = Parameters::read(uri.query(), OF_FEEDS)?;
        let now = service.now();
        let mut question = parameters.question(Some(&view), now)?;
        if parameters.one("limit").is_none() {
            question.limit = A_PAGE;
        }
        let changed = service.store().generation().changed;
        let stories = service.store().stories(question).await?;
        let text = parameters.one("q").unwrap_or_default().to_owned();
        let page = RiverPage {
            heading: parameters.narrowed_title(match text.as_str() {
                "" => view.title.clone(),
                text => format!("Search: {}", shown(text)),
            }),
            about: "Many feeds, folded: copies of an article and other reports of the same event \
                    stand under one headline.",
            empty: match uri.query() {
                None => "Nothing has arrived yet: feeds are polled when they are due.",
                Some(_) => "Nothing matches.",
            },
            subscribe: subscribe(&view.name, uri),
            views: service
                .views()
                .into_iter()
                .map(|other| ViewLink {
                    url: view_page(&other.name),
                    current: other.name == view.name,
                    title: other.title,
                })
                .collect(),
            days: days(&stories.items, now),
            more: stories.next.map(|cursor| {
                format!(
                    "{}?{}",
                    uri.path(),
                    with(uri, &[("before", &cursor.encode())])
                )
            }),
            text,
        };
        Ok(Document::new(HTML, CACHE, render(&page)?, Some(changed)))
    };
    let document = service
        .rendered()
        .get(request, service.state(true), make)
        .await?;
    Ok(answer(&document, headers, service.now()).await)
}

/// The feeds that show what this page shows.
fn subscribe(view: &str, uri: &Uri) -> Vec<Subscribe> {
    let query = with(uri, &[]);
    let query = if query.is_empty() {
        query
    } else {
        format!("?{query}")
    };
    let path = match view {
        "all" => "/feed".to_owned(),
        name => format!("/views/{name}"),
    };
    [
        ("Atom", "atom", "application/atom+xml"),
        ("RSS", "rss", "application/rss+xml"),
        ("JSON Feed", "json", "application/feed+json"),
    ]
    .into_iter()
    .map(|(name, extension, media_type)| Subscribe {
        name,
        media_type,
        url: format!("{path}.{extension}{query}"),
    })
    .collect()
}

/// The query part of `uri` without its place in the list, and with `more`.
fn with(uri: &Uri, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    query.extend_pairs(asked.filter(|(name, value)| name != "before" && !value.is_empty()));
    query.extend_pairs(more);
    query.finish()
}

fn view_page(name: &str) -> String {
    match name {
        "all" => "/".to_owned(),
        name => format!("/views/{name}"),
    }
}

fn days(stories: &[Story], now: Timestamp) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for story in stories {
        let moment = story.lead.dated();
        let id = moment.format("%Y-%m-%d").to_string();
        if days.last().is_none_or(|day| day.id != id) {
            let name = match (now.date_naive() - moment.date_naive()).num_days() {
                0 => "Today".to_owned(),
                1 => "Yesterday".to_owned(),
                _ => moment.format("%A, %-d %B %Y").to_string(),
            };
            // Ids stay unique where the order of a list jumps between days.
            let id = match days.iter().filter(|day| day.id == id).count() {
                0 => id,
                again => format!("{id}-{again}"),
            };
            days.push(Day {
                id,
                name,
                stories: Vec::new(),
            });
        }
        if let Some(day) = days.last_mut() {
            day.stories.push(row(story, now));
        }
    }
    days
}

fn row(story: &Story, now: Timestamp) -> Row {
    let item = FeedItem::of(story, "/story/", Presentation::default());
    let short = &story.lead.item;
    let excerpt = short
        .summary
        .as_ref()
        .filter(|summary| !summary.is_empty())
        .or(short.body())
        .map(|html| crate::publish::excerpt(html, EXCERPT))
        .unwrap_or_default();
    Row {
        title: item.title.into_owned(),
        url: item.url.into_owned(),
        page: format!("/story/{}", story.id.0),
        outlet: story.lead.outlet.title.clone(),
        language: item.language.map(Cow::into_owned),
        time: rfc3339(item.published),
        age: format!("{} ago", span(now - item.published)),
        excerpt,
        independent: story.independent,
        sources: item
            .related
            .into_iter()
            .take(MOST_SOURCES)
            .map(|related| SourceLink {
                outlet: related.outlet,
                url: related.url,
                role: related.role.map_or("original", Role::word),
            })
            .collect(),
    }
}
