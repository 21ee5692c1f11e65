//! What operators and service managers ask: is it alive, is it ready, what does it count.

use super::access::is_closed;
use super::failure::Failure;
use super::metrics::{FAILING_TOLD, Present};
use super::service::Service;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    uncached("text/plain; charset=utf-8", "alive\n".to_owned())
}

/// How long writing may be waited for: longer than any job takes.
const WRITER_LATE: Duration = Duration::from_secs(10);

/// `GET /readyz`: the database answers, is written and has room, and the scheduler works.
pub(super) async fn readyz(State(service): State<Service>) -> Result<Response, Failure> {
    let overview = match service.store().overview(service.now()).await {
        Ok(overview) => overview,
        Err(error) => {
            tracing::warn!(%error, "not ready");
            return Err(Failure::Unavailable(
                "the database does not answer".to_owned(),
            ));
        }
    };
    match tokio::time::timeout(WRITER_LATE, service.store().writes()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            return Err(Failure::Unavailable(
                "the database can't be written; the log tells why".to_owned(),
            ));
        }
        Err(_) => {
            return Err(Failure::Unavailable(format!(
                "nothing was written for {} s",
                WRITER_LATE.as_secs()
            )));
        }
    }
    if let Some(late) = service.status().scheduler_late(service.now()) {
        return Err(Failure::Unavailable(format!(
            "the scheduler has not looked for due feeds for {} s",
            late.as_secs()
        )));
    }
    if let Some(free) = overview.free.filter(|_| overview.is_disk_nearly_full()) {
        return Err(Failure::Unavailable(format!(
            "the database's disk has {:.1} MB left: make room on it, or keep less (retention.keep)",
            free as f64 / 1e6
        )));
    }
    Ok(uncached("text/plain; charset=utf-8", "ready\n".to_owned()))
}

/// `GET /metrics`: for Prometheus.
pub(super) async fn metrics(State(service): State<Service>) -> Result<Response, Failure> {
    let metrics = &service.status().metrics;
    let counts = service.store().counts().await?;
    let overview = service.store().overview(service.now()).await?;
    // These numbers are open to everybody, so they name feeds only where everybody may read.
    let failing = match is_closed(&service.config().server) {
        true => Vec::new(),
        false => service.store().failing(FAILING_TOLD).await?,
    };
    let text = metrics.text(&Present {
        failing: &failing,
        overview: &overview,
        entries: counts.entries,
        stories: counts.stories,
        polls: service.status().polls(),
        pushes: service.pushed().waiting(),
        jobs: service.store().jobs_waiting(),
    });
    Ok(uncached(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        text,
    ))
}

fn uncached(media_type: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
