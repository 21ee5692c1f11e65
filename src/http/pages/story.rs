//! A story: its text, its sources, and the evidence.

use super::{CACHE, HTML, page, render};
use crate::config::Presentation;
use crate::entry::{Story, StoryId};
use crate::feed::Timestamp;
use crate::http::api;
use crate::http::conditional::{Document, answer};
use crate::http::failure::Failure;
use crate::http::parameters::Parameters;
use crate::http::service::Service;
use crate::publish::{FeedItem, rfc3339};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use std::borrow::Cow;
use std::sync::Arc;

/// A story with its sources and the evidence.
#[derive(Template)]
#[template(path = "story.html")]
struct StoryPage {
    id: i64,
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
}

struct Original {
    outlet: String,
    url: Option<String>,
}

struct SourceRow {
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
    let make = async {
        Parameters::read(uri.query(), &[])?;
        let id = StoryId(api::number("story", &id)?);
        let story = service.store().story(id).await?;
        let story = story.ok_or_else(|| api::not_found("story", &id.0.to_string()))?;
        let bytes = render(&story_page(&story))?;
        Ok::<_, Failure>(Document::new(HTML, CACHE, bytes, None))
    };
    let answered = async {
        let document = Arc::new(make.await?);
        Ok(answer(&document, &headers, service.now()).await)
    };
    page(answered.await)
}

fn story_page(story: &Story) -> StoryPage {
    let lead = &story.lead;
    let item = FeedItem::of(story, "/story/", Presentation::default());
    let date = |moment: Timestamp| moment.format("%-d %b %Y, %H:%M").to_string();
    StoryPage {
        id: story.id.0,
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
        body: lead
            .item
            .body()
            .map(|html| html.as_str().to_owned())
            .unwrap_or_default(),
        sources: story
            .members
            .iter()
            .map(|member| SourceRow {
                role: member.role.word(),
                outlet: member.outlet.title.clone(),
                title: member.title.as_str().to_owned(),
                url: member.link.as_ref().map(|link| link.shown()),
                time: rfc3339(member.dated),
                date: date(member.dated),
                evidence: member.evidence.clone(),
            })
            .collect(),
        title: item.title.into_owned(),
        url: item.url.into_owned(),
    }
}
