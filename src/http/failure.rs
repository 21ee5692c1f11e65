//! Requests that fail, as problem documents (RFC 9457).

use crate::store;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why a request cannot be answered. Sentences are for the one who asked; what goes wrong inside
/// is logged and not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// 400: what is wrong with the request, and what would be right.
    BadRequest(String),
    /// 401: the token that is missing or wrong.
    Unauthorized(&'static str),
    /// 403: changes are not allowed at all.
    Forbidden(String),
    /// 404: what was not found.
    NotFound(String),
    /// 405.
    MethodNotAllowed,
    /// 410: what was there once.
    Gone(String),
    /// 409: what stands in the way.
    Conflict(String),
    /// 413.
    TooLarge,
    /// 429: the seconds to wait.
    TooMany(i64),
    /// 503: what to wait for.
    Unavailable(String),
    /// 500. Nothing is revealed.
    Internal,
}

/// The body of a problem document.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
}

impl Failure {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Gone(_) => StatusCode::GONE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The status in words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.status().canonical_reason().unwrap_or("Error")
    }

    /// What is wrong, as a sentence.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::BadRequest(sentence)
            | Self::Forbidden(sentence)
            | Self::NotFound(sentence)
            | Self::Conflict(sentence)
            | Self::Gone(sentence)
            | Self::Unavailable(sentence) => sentence,
            Self::Unauthorized(sentence) => sentence,
            Self::MethodNotAllowed => "this address does not answer that method",
            Self::TooLarge => "the request's body is too large",
            Self::TooMany(_) => "too many requests from this address; wait as Retry-After says",
            Self::Internal => "something went wrong inside; the log says what",
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = Problem {
            kind: "about:blank",
            title: self.title(),
            status: status.as_u16(),
            detail: self.detail(),
        };
        // A struct of strings and a number is always written.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Unauthorized(_) => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"feedfold\""),
                );
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            }
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        response
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Refused(sentence) => Self::Conflict(sentence),
            store::Error::Busy { .. } => {
                Self::Unavailable("the database is busy; try again in a moment".to_owned())
            }
            error => {
                tracing::error!(%error, "a request failed because the database did");
                Self::Internal
            }
        }
    }
}
