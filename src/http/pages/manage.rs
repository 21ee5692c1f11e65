//! Signing in and out, and what was decided in place of folding.

use super::{HTML, html, page, render, see};
use crate::http::access;
use crate::http::conditional::{Document, answer};
use crate::http::corrections;
use crate::http::failure::Failure;
use crate::http::form::Form;
use crate::http::service::Service;
use crate::http::session::{self, Session};
use crate::http::sync::{Peer, address};
use crate::publish::rfc3339;
use crate::store::Correction;
use askama::Template;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use std::sync::Arc;

/// Corrections that are shown.
const MOST_CORRECTIONS: usize = 100;

/// Who may change something, and what was changed.
#[derive(Template)]
#[template(path = "manage.html")]
struct ManagePage {
    possible: bool,
    /// Whether reading takes a token.
    closed: bool,
    /// Whether someone is signed in, if only to read.
    reads: bool,
    proof: Option<String>,
    /// Why signing in failed.
    refused: Option<String>,
    corrections: Vec<CorrectionRow>,
}

struct CorrectionRow {
    id: i64,
    what: &'static str,
    title: String,
    story: String,
    time: String,
    date: String,
    undone: bool,
}

/// `GET /manage`
pub(in crate::http) async fn manage(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        let bytes = render(&manage_page(&service, &headers, None).await?)?;
        let document = Document::new(HTML, "private, no-cache", bytes, None);
        Ok(answer(&Arc::new(document), &headers, service.now()).await)
    };
    page(answered.await)
}

async fn manage_page(
    service: &Service,
    headers: &HeaderMap,
    refused: Option<String>,
) -> Result<ManagePage, Failure> {
    let closed = access::is_closed(&service.config().server);
    let reads = session::reads(service, headers);
    let corrections = match closed && !reads {
        true => Vec::new(),
        false => service.store().corrections().await?,
    };
    Ok(ManagePage {
        possible: session::possible(service),
        closed,
        reads,
        proof: Session::of(service, headers).map(|session| session.proof),
        refused,
        corrections: corrections.iter().take(MOST_CORRECTIONS).map(row).collect(),
    })
}

fn row(correction: &Correction) -> CorrectionRow {
    CorrectionRow {
        id: correction.id,
        what: match correction.kind.as_str() {
            "join" => "joined",
            "split" => "split off",
            "remove" => "removed the feed",
            _ => "made the lead",
        },
        title: correction.title.clone(),
        story: match correction.kind.as_str() {
            "remove" => "/feeds".to_owned(),
            _ => format!("/story/{}", correction.story.0),
        },
        time: rfc3339(correction.decided),
        date: correction.decided.format("%-d %b %Y, %H:%M").to_string(),
        undone: correction.undone.is_some(),
    }
}

/// `POST /sign-in`
pub(in crate::http) async fn sign_in(
    State(service): State<Service>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(None, &headers, &body);
    let (address, now) = (address(peer, &headers), service.now());
    let answered = async {
        session::from_here(&headers)?;
        // Guessing is slowed down here as for reader apps, and counted together.
        let memory = service.sync_memory();
        if let Err(seconds) = memory.may_try(&address, now) {
            let refused = format!("too many wrong tokens; try again in {seconds} seconds");
            let bytes = render(&manage_page(&service, &headers, Some(refused)).await?)?;
            let mut response = html(StatusCode::TOO_MANY_REQUESTS, bytes);
            let wait = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            return Ok(response);
        }
        let opened = session::sign_in(&service, form.one("token").unwrap_or_default());
        memory.tried(&address, opened.is_ok(), now);
        match opened {
            Ok(cookie) => Ok(with_cookie(see("/manage")?, cookie)),
            Err(failure) => {
                let refused = Some(failure.detail().to_owned());
                let bytes = render(&manage_page(&service, &headers, refused).await?)?;
                Ok(html(StatusCode::FORBIDDEN, bytes))
            }
        }
    };
    page(answered.await)
}

/// `POST /sign-out`
pub(in crate::http) async fn sign_out(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        match Session::of(&service, &headers) {
            Some(_) => Session::form(&service, &headers, &body).map(drop)?,
            // Whoever only reads changes nothing: that no other site asks is enough.
            None if session::reads(&service, &headers) => session::from_here(&headers)?,
            None => Session::form(&service, &headers, &body).map(drop)?,
        }
        Ok(with_cookie(see("/manage")?, session::sign_out(&service)?))
    };
    page(answered.await)
}

/// `POST /corrections/{id}/undo`
pub(in crate::http) async fn undo(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        Session::form(&service, &headers, &body)?;
        let undone = corrections::undo(&service, super::number("correction", &id)?).await?;
        see(&format!("/story/{}", undone.other.0))
    };
    page(answered.await)
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}
