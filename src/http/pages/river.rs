//! The stories of a view, newest first, by day.

use super::age::span;
use super::narrowing::{Choice, Group, Place, groups, narrowed, view_page};
use super::subscribe::{Subscribe, subscribe};
use super::subscriptions::stories_page;
use super::{CACHE, HTML, html, page, render};
use crate::config::Presentation;
use crate::entry::{Role, Story};
use crate::feed::Timestamp;
use crate::http::conditional::{Document, answer};
use crate::http::failure::Failure;
use crate::http::feeds::{self, Format, Which};
use crate::http::parameters::{OF_PAGES, Parameters, shown};
use crate::http::service::Service;
use crate::publish::records::excerpt;
use crate::publish::{FeedItem, rfc3339};
use crate::query::{self, Hits, Order, Stretch};
use crate::text::{cut_at_character, without_controls};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use std::sync::Arc;

/// Stories on a page.
const A_PAGE: usize = 50;
/// Longest excerpt in bytes.
const EXCERPT: usize = 280;
/// Other sources that are shown in the river; the story's page has them all.
const MOST_SOURCES: usize = 12;

/// Longest headline and outlet's name in bytes.
const LONGEST_TITLE: usize = 300;
const LONGEST_OUTLET: usize = 80;
/// From so many independent outlets on, a story stands out.
const WIDELY: usize = 3;

/// The stories of a view, by day.
#[derive(Template)]
#[template(path = "river.html")]
struct RiverPage {
    heading: String,
    /// Whether the heading says no more than the list of views.
    plain: bool,
    text: String,
    empty: &'static str,
    subscribe: Vec<Subscribe>,
    views: Vec<Choice>,
    narrowed: Vec<Choice>,
    groups: Vec<Group>,
    days: Vec<Day>,
    more: Option<String>,
    newest: Option<String>,
}

/// How to search, and what is wrong with a search text.
#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    text: String,
    fault: Option<SearchFault>,
}

struct SearchFault {
    message: String,
    /// The text with a caret under the place.
    shown: String,
}

struct Day {
    id: String,
    name: String,
    /// The date, where the name is none.
    date: Option<String>,
    stories: Vec<Row>,
}

struct Row {
    id: i64,
    title: Vec<Stretch>,
    url: String,
    page: String,
    outlet: String,
    outlet_url: String,
    language: Option<String>,
    time: String,
    age: String,
    /// When it was first seen, in milliseconds since 1970: what tells a browser what is new to it.
    opened: i64,
    excerpt: Vec<Stretch>,
    independent: usize,
    widely: bool,
    sources: Vec<SourceLink>,
    /// Sources beyond those that are shown.
    further: usize,
}

struct SourceLink {
    outlet: String,
    title: String,
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
/// Without one it tells how to search.
pub(in crate::http) async fn search(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        let parameters = Parameters::read(uri.query(), OF_PAGES)?;
        if parameters
            .one("q")
            .is_some_and(|text| !text.trim().is_empty())
        {
            return river(&service, "all", &uri, &headers).await;
        }
        let help = SearchPage {
            text: String::new(),
            fault: None,
        };
        let document = Document::new(HTML, CACHE, render(&help)?, None);
        Ok(answer(&Arc::new(document), &headers, service.now()).await)
    };
    page(answered.await)
}

/// The answer to a search text that is none: what is wrong, where, and how it is done.
fn broken_search(text: &str, fault: &query::Fault) -> Result<Response, Failure> {
    let whole = fault.to_string();
    let help = SearchPage {
        text: without_controls(text),
        fault: Some(SearchFault {
            message: fault.message().to_owned(),
            shown: whole
                .split_once('\n')
                .map_or("", |(_, shown)| shown)
                .to_owned(),
        }),
    };
    Ok(html(StatusCode::BAD_REQUEST, render(&help)?))
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
    let parameters = Parameters::read(uri.query(), OF_PAGES)?;
    let text = parameters.one("q").unwrap_or_default();
    let hits = match query::parse_text(text) {
        Ok(search) => Hits::of(search.as_ref()),
        Err(fault) => return broken_search(text, &fault),
    };
    let make = async {
        let view = match service.view(name) {
            Some(view) => view,
            None => return Err(feeds::unknown_view(service, name).await),
        };
        let now = service.now();
        let mut question = parameters.question(Some(&view), now)?;
        if parameters.one("limit").is_none() {
            question.limit = A_PAGE;
        }
        let changed = service.store().generation().changed;
        let best = question.order == Order::Best && !hits.is_empty();
        let stories = service.store().stories(question).await?;
        let feeds = service.store().listed_feeds().await?;
        let place = Place::of(uri);
        let heading = parameters.narrowed_title(match text {
            "" => view.title.clone(),
            text => format!("Search: {}", shown(text)),
        });
        let page = RiverPage {
            plain: uri.query().is_none() && service.views().len() > 1,
            empty: match uri.query() {
                None => "Nothing has arrived yet: feeds are polled when they are due.",
                Some(_) => "Nothing matches.",
            },
            subscribe: subscribe(&view.name, &heading, &place.query_with(&[])),
            views: views(service, &view.name),
            narrowed: narrowed(&place, &parameters),
            groups: groups(&place, &parameters, &view, &feeds),
            days: match best {
                true => best_first(&stories.items, &hits, now),
                false => days(&stories.items, &hits, now),
            },
            more: stories.next.map(|cursor| place.after(&cursor.encode())),
            newest: place.newest(),
            text: without_controls(text),
            heading,
        };
        Ok(Document::new(HTML, CACHE, render(&page)?, Some(changed)))
    };
    let document = service
        .rendered()
        .get(request, service.state(true), make)
        .await?;
    Ok(answer(&document, headers, service.now()).await)
}

fn views(service: &Service, current: &str) -> Vec<Choice> {
    let views = service.views().into_iter();
    views
        .map(|view| Choice {
            url: view_page(&view.name),
            current: view.name == current,
            label: view.title,
        })
        .collect()
}

fn days(stories: &[Story], hits: &Hits, now: Timestamp) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for story in stories {
        let moment = story.lead.dated();
        let id = moment.format("%Y-%m-%d").to_string();
        // A story keeps its place when an original of another day takes its lead: each day is there
        // once all the same.
        let known = days.iter().position(|day| day.id == id);
        let at = known.unwrap_or_else(|| {
            let date = moment.format("%A, %-d %B %Y").to_string();
            let (name, date) = match (now.date_naive() - moment.date_naive()).num_days() {
                0 => ("Today".to_owned(), Some(date)),
                1 => ("Yesterday".to_owned(), Some(date)),
                _ => (date, None),
            };
            days.push(Day {
                id,
                name,
                date,
                stories: Vec::new(),
            });
            days.len() - 1
        });
        days[at].stories.push(row(story, hits, now));
    }
    days.sort_by(|a, b| b.id.cmp(&a.id));
    days
}

/// Stories in the order in which they match, whatever their days.
fn best_first(stories: &[Story], hits: &Hits, now: Timestamp) -> Vec<Day> {
    let rows: Vec<Row> = stories.iter().map(|story| row(story, hits, now)).collect();
    let day = Day {
        id: "best".to_owned(),
        name: "Best matches".to_owned(),
        date: Some("of the newest that match".to_owned()),
        stories: rows,
    };
    Some(day)
        .filter(|day| !day.stories.is_empty())
        .into_iter()
        .collect()
}

fn row(story: &Story, hits: &Hits, now: Timestamp) -> Row {
    let item = FeedItem::of(story, "/story/", Presentation::default());
    let short = &story.lead.item;
    let beginning = || {
        let summary = short.summary.as_ref().filter(|summary| !summary.is_empty());
        let html = summary.or(short.body());
        let text = html.map(|html| crate::publish::excerpt(html, EXCERPT));
        hits.mark(&text.unwrap_or_default())
    };
    let further = item.related.len().saturating_sub(MOST_SOURCES);
    Row {
        id: story.id.0,
        title: hits.mark(&cut(&item.title, LONGEST_TITLE)),
        url: item.url.into_owned(),
        page: format!("/story/{}", story.id.0),
        outlet: cut(&story.lead.outlet.title, LONGEST_OUTLET),
        outlet_url: stories_page(&story.lead.outlet.name),
        language: item.language.map(Cow::into_owned),
        time: rfc3339(item.published),
        age: format!("{} ago", span(now - item.published)),
        opened: story.opened.timestamp_millis(),
        excerpt: match hits.is_empty() {
            true => beginning(),
            false => excerpt(short, hits).unwrap_or_else(beginning),
        },
        independent: story.independent,
        widely: story.independent >= WIDELY,
        sources: item
            .related
            .into_iter()
            .take(MOST_SOURCES)
            .map(|related| SourceLink {
                outlet: cut(&related.outlet, LONGEST_OUTLET),
                title: cut(&related.title, LONGEST_TITLE),
                url: related.url,
                role: related.role.map_or("original", Role::word),
            })
            .collect(),
        further,
    }
}

/// `text`, or its beginning with an ellipsis.
fn cut(text: &str, most: usize) -> String {
    match cut_at_character(text, most) {
        whole if whole.len() == text.len() => whole.to_owned(),
        part => format!("{}…", part.trim_end()),
    }
}
