//! What holds for every request: a deadline, safe headers, a count and a line in the log.

use super::failure::Failure;
use super::service::Service;
use super::sync::Spoken;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// Longest time for an answer to begin.
const DEADLINE: Duration = Duration::from_secs(20);
/// Longest address in bytes.
const LONGEST_URI: usize = 8 * 1024;

/// Pages load nothing but their own stylesheet and script and the pictures of articles; nothing may
/// frame them, no script of anybody else's runs, and their own turns no text into markup or code.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      style-src 'self'; img-src 'self' data: https: http:; \
                      media-src https: http:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// Answers a request within its deadline, and adds what every answer carries.
pub(super) async fn guard(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    // A secret address is a key: it is not written down.
    let path = match request.uri().path() {
        path if path.starts_with("/f/") || path.starts_with("/websub/") => route.clone(),
        path => path.to_owned(),
    };
    let started = tokio::time::Instant::now();
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |whole| whole.as_str().len());
    let mut response = if length > LONGEST_URI {
        Failure::BadRequest("the address is longer than 8 KiB".to_owned()).into_response()
    } else {
        match tokio::time::timeout(DEADLINE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                tracing::warn!(%method, %path, "a request took too long");
                Failure::Unavailable("the answer took too long; try again".to_owned())
                    .into_response()
            }
        }
    };
    if let Some(failure) = unspoken(&response) {
        response = failure.into_response();
    }
    protect(response.headers_mut());
    let status = response.status().as_u16();
    let took = started.elapsed();
    service.status().metrics.request(&route, status);
    service.status().metrics.request_took(took);
    let micros = took.as_micros();
    tracing::debug!(%method, %path, status, micros, "answered");
    response
}

/// The answer where an address does not know the method.
pub(super) async fn method_not_allowed() -> Failure {
    Failure::MethodNotAllowed
}

/// What the server's library refused by itself, in words of its own, said as everything else is.
fn unspoken(response: &Response) -> Option<Failure> {
    let is_plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    if !is_plain || response.extensions().get::<Spoken>().is_some() {
        return None;
    }
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Some(Failure::TooLarge),
        status if status.is_client_error() => Some(Failure::BadRequest(
            "the request cannot be read; addresses and bodies are UTF-8".to_owned(),
        )),
        status if status.is_server_error() => Some(Failure::Internal),
        _ => None,
    }
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        // Other people's articles are not for search engines to find here.
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
