//! A story: its text, its sources, and the evidence.

use super::{CACHE, HTML, page, render, see};
use crate::config::Presentation;
use crate::entry::{EntryId, Outlet, Role, Story, StoryId};
use crate::feed::Timestamp;
use crate::http::api;
use crate::http::conditional::{Document, answer};
use crate::http::corrections;
use crate::http::failure::Failure;
use crate::http::form::Form;
use crate::http::parameters::Parameters;
use crate::http::service::Service;
use crate::http::session::Session;
use crate::publish::{FeedItem, rfc3339};
use crate::store::NearStory;
use crate::text::SafeHtml;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use std::borrow::Cow;
use std::sync::Arc;

/// Sources that are shown; the API has them all.
const MOST_SOURCES: usize = 300;

/// A story with its sources and the evidence.
#[derive(Template)]
#[template(path = "story.html")]
struct StoryPage {
    id: i64,
    /// What the forms of someone who is signed in carry.
    proof: Option<String>,
    uri: String,
    title: String,
    url: String,
    outlet: String,
    authors: String,
    language: Option<String>,
    time: String,
    date: String,
    independent: usize,
    original: Option<Original>,
    /// Sanitised when it was parsed; the only thing that is not escaped.
    body: String,
    sources: Vec<SourceRow>,
    /// Sources beyond those that are shown.
    further: usize,
    near: Vec<NearRow>,
}

/// A story that this one was nearly folded with.
struct NearRow {
    id: i64,
    title: String,
    outlet: String,
    why: String,
}

struct Original {
    outlet: String,
    url: Option<String>,
}

struct SourceRow {
    entry: i64,
    is_lead: bool,
    role: &'static str,
    outlet: String,
    title: String,
    url: Option<String>,
    time: String,
    date: String,
    evidence: String,
}

/// `GET /story/{id}`
pub(in crate::http) async fn story(
    State(service): State<Service>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        Parameters::read(uri.query(), &[])?;
        let id = StoryId(api::number("story", &id)?);
        let story = service.store().story(id).await?;
        let story = story.ok_or_else(|| api::not_found("story", &id.0.to_string()))?;
        let proof = Session::of(&service, &headers).map(|session| session.proof);
        let caching = match proof {
            Some(_) => "private, no-cache",
            None => CACHE,
        };
        let near = service.store().near_stories(story.id).await?;
        let bytes = render(&story_page(&story, near, proof))?;
        let document = Arc::new(Document::new(HTML, caching, bytes, None));
        Ok(answer(&document, &headers, service.now()).await)
    };
    page(answered.await)
}

/// `POST /story/{id}/split`
pub(in crate::http) async fn split(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        let (id, entry) = (StoryId(api::number("story", &id)?), entry(&form)?);
        see_story(corrections::split(&service, id, entry).await?)
    };
    page(answered.await)
}

/// `POST /story/{id}/lead`
pub(in crate::http) async fn lead(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        let (id, entry) = (StoryId(api::number("story", &id)?), entry(&form)?);
        see_story(corrections::lead(&service, id, entry).await?)
    };
    page(answered.await)
}

/// `POST /story/{id}/join`
pub(in crate::http) async fn join(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        let id = StoryId(api::number("story", &id)?);
        // A number, or the address of the other story's page.
        let other = form.one("story").unwrap_or_default().trim();
        let number = other.trim_end_matches('/').rsplit('/').next();
        let number = number.unwrap_or_default().split(['?', '#']).next();
        let other = StoryId(api::number("story", number.unwrap_or_default())?);
        see_story(corrections::join(&service, id, other).await?)
    };
    page(answered.await)
}

fn entry(form: &Form) -> Result<EntryId, Failure> {
    let number = api::number("entry", form.one("entry").unwrap_or_default())?;
    Ok(EntryId(number))
}

fn see_story(id: StoryId) -> Result<Response, Failure> {
    see(&format!("/story/{}#sources", id.0))
}

fn story_page(story: &Story, near: Vec<NearStory>, proof: Option<String>) -> StoryPage {
    let lead = &story.lead;
    let item = FeedItem::of(story, "/story/", Presentation::default());
    StoryPage {
        id: story.id.0,
        proof,
        uri: story.uri.clone(),
        outlet: lead.outlet.title.clone(),
        authors: match lead.item.authors.is_empty() {
            true => String::new(),
            false => item.authors.join(", "),
        },
        language: item.language.clone().map(Cow::into_owned),
        time: rfc3339(item.published),
        date: date(item.published),
        independent: story.independent,
        original: story.credit.as_ref().map(|credit| Original {
            outlet: credit.name.clone(),
            url: credit.link.as_ref().map(|link| link.shown()),
        }),
        body: lead.item.body().map(lazily).unwrap_or_default(),
        sources: sources(story),
        further: story.members.len().saturating_sub(MOST_SOURCES),
        near: near.into_iter().map(near_row).collect(),
        title: item.title.into_owned(),
        url: item.url.into_owned(),
    }
}

fn near_row(near: NearStory) -> NearRow {
    NearRow {
        id: near.story.0,
        title: near.title.as_str().to_owned(),
        outlet: near.outlet,
        why: near.why,
    }
}

/// Every source in order of time, the lead in its place.
fn sources(story: &Story) -> Vec<SourceRow> {
    let lead = &story.lead;
    let row = |(entry, outlet, dated): (EntryId, &Outlet, Timestamp)| SourceRow {
        entry: entry.0,
        is_lead: entry == lead.id,
        role: Role::Lead.word(),
        outlet: outlet.title.clone(),
        title: lead.item.title.as_str().to_owned(),
        url: lead.item.link.as_ref().map(|link| link.shown()),
        time: rfc3339(dated),
        date: date(dated),
        evidence: String::new(),
    };
    let mut rows: Vec<SourceRow> = story
        .members
        .iter()
        .take(MOST_SOURCES)
        .map(|member| SourceRow {
            role: member.role.word(),
            title: member.title.as_str().to_owned(),
            url: member.link.as_ref().map(|link| link.shown()),
            evidence: member.evidence.clone(),
            ..row((member.entry, &member.outlet, member.dated))
        })
        .collect();
    let before = story
        .members
        .iter()
        .filter(|member| member.dated < lead.dated());
    let place = before.count().min(rows.len());
    rows.insert(place, row((lead.id, &lead.outlet, lead.dated())));
    rows
}

fn date(moment: Timestamp) -> String {
    moment.format("%-d %b %Y, %H:%M").to_string()
}

/// A text whose pictures are loaded when they come into view. Clean HTML has a `<` only where an
/// element begins or ends.
fn lazily(html: &SafeHtml) -> String {
    html.as_str()
        .replace("<img ", "<img loading=\"lazy\" decoding=\"async\" ")
}
