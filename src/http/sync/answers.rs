//! Answers in the forms that reader apps expect.

use crate::feed::Timestamp;
use crate::http::conditional::{self, Document};
use crate::http::failure::Failure;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

/// Says that an answer's words are meant as they are.
#[derive(Clone, Copy)]
pub(in crate::http) struct Spoken;

/// A text as it is, without a line break at its end.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    let mut response = (status, body.into()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Spoken);
    response
}

/// What a change is answered with; apps compare the whole body.
pub(super) fn ok() -> Response {
    text(StatusCode::OK, "OK")
}

/// JSON that is made anew for every request.
pub(super) fn json(body: &impl Serialize) -> Result<Response, Failure> {
    let bytes = crate::http::api::to_json(body)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// An Atom document that is made anew for every request.
pub(super) fn atom(bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/atom+xml; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// JSON that apps ask for conditionally.
pub(super) async fn kept_json(
    body: &impl Serialize,
    request: &HeaderMap,
    now: Timestamp,
) -> Result<Response, Failure> {
    let bytes = crate::http::api::to_json(body)?;
    let document = Document::new(
        "application/json; charset=utf-8",
        "private, no-cache",
        bytes,
        None,
    );
    Ok(conditional::answer(&Arc::new(document), request, now).await)
}

/// The token is missing, wrong or too old: apps log in once more when they see these fields.
pub(super) fn bad_token() -> Response {
    let mut response = text(StatusCode::UNAUTHORIZED, "Unauthorized");
    let headers = response.headers_mut();
    for name in ["x-reader-google-bad-token", "google-bad-token"] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static("true"),
        );
    }
    headers.insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("GoogleLogin realm=\"feedfold\""),
    );
    response
}

/// Gives an answer the moment of this server's clock: apps ask for what arrived since then.
pub(super) fn dated(mut response: Response, now: Timestamp) -> Response {
    let date = crate::http::validators::http_date(now.timestamp());
    if let Ok(value) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}
