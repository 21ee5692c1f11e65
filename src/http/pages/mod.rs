//! The web page: readable without script, safe whatever the feeds say.

mod adding;
mod age;
mod chart;
mod feed;
mod manage;
mod narrowing;
mod river;
mod statistics;
mod story;
mod subscribe;
mod subscriptions;

pub(in crate::http) use adding::{add, import};
pub(in crate::http) use feed::{change, feed, poll, remove};
pub(in crate::http) use manage::{manage, sign_in, sign_out, undo};
pub(in crate::http) use river::{home, search, view};
pub(in crate::http) use statistics::statistics;
pub(in crate::http) use story::{join, lead, split, story};
pub(in crate::http) use subscriptions::subscriptions;

use super::api::number;
use super::conditional::{Document, answer};
use super::failure::Failure;
use super::service::Service;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const HTML: &str = "text/html; charset=utf-8";
/// Pages show ages, so they are asked about again.
const CACHE: &str = "no-cache";

/// What went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    title: &'static str,
    detail: String,
}

/// `GET /style.css`
pub(in crate::http) async fn style(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let bytes = include_bytes!("../../../templates/style.css");
    asset(
        "/style.css",
        "text/css; charset=utf-8",
        bytes,
        &service,
        &headers,
    )
    .await
}

/// `GET /feed.css`: what a browser that shows a feed itself shows it with.
pub(in crate::http) async fn feed_style(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let bytes = include_bytes!("../../../templates/feed.css");
    asset(
        "/feed.css",
        "text/css; charset=utf-8",
        bytes,
        &service,
        &headers,
    )
    .await
}

/// `GET /page.js`
pub(in crate::http) async fn script(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let bytes = include_bytes!("../../../templates/page.js");
    asset(
        "/page.js",
        "text/javascript; charset=utf-8",
        bytes,
        &service,
        &headers,
    )
    .await
}

/// `GET /icon.svg`
pub(in crate::http) async fn icon(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let bytes = include_bytes!("../../../templates/icon.svg");
    asset("/icon.svg", "image/svg+xml", bytes, &service, &headers).await
}

async fn asset(
    name: &str,
    media_type: &'static str,
    bytes: &'static [u8],
    service: &Service,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let make = || Document::new(media_type, "public, max-age=3600", bytes.to_vec(), None);
    let document = service.fixed(name, make).await?;
    Ok(answer(&document, headers, service.now()).await)
}

/// Every address that does not exist.
pub(in crate::http) async fn unknown() -> Response {
    page(Err(Failure::NotFound("there is no such page".to_owned())))
}

/// An answer for people: failures as a page.
fn page(answered: Result<Response, Failure>) -> Response {
    let failure = match answered {
        Ok(response) => return response,
        Err(failure) => failure,
    };
    let page = FailurePage {
        title: failure.title(),
        detail: failure.detail().to_owned(),
    };
    match page.render() {
        Ok(page) => html(failure.status(), page.into_bytes()),
        Err(_) => failure.into_response(),
    }
}

/// Sends a browser that asked for a change on to what came of it.
fn see(place: &str) -> Result<Response, Failure> {
    let headers = [
        (header::LOCATION, place),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// A page that nobody may keep.
fn html(status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn render(page: &impl Template) -> Result<Vec<u8>, Failure> {
    page.render().map(String::into_bytes).map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        Failure::Internal
    })
}
