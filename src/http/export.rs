//! `GET /api/v1/export`: everything that is asked for, an entry a line, in constant memory.

use super::failure::Failure;
use super::parameters::Parameters;
use super::service::Service;
use crate::publish::records::EntryRecord;
use crate::query::FoldLevel;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as Frames, Frame};
use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// What can be asked for: as in lists, but without pages.
const KNOWN: &[&str] = &["q", "feed", "tag", "story", "since", "until", "fold"];
/// Bytes that are sent at once, and how many of such parts wait for a slow reader.
const PART: usize = 64 << 10;
const WAITING: usize = 4;
/// How long a reader may take for a part: while it reads, what it reads is held as of one moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers with JSON Lines, the newest first. One export at a time runs: it holds the state of one
/// moment, and the log of changes grows meanwhile.
pub(super) async fn export(State(service): State<Service>, uri: Uri) -> Result<Response, Failure> {
    let parameters = Parameters::read(uri.query(), KNOWN)?;
    let mut question = parameters.question(None, service.now())?;
    question.limit = 0;
    if parameters.one("fold").is_none() {
        question.fold = FoldLevel::None;
    }
    let place = service.place_to_export().ok_or_else(|| {
        Failure::Unavailable("another export is running; wait for its end".to_owned())
    })?;
    let (send, receive) = mpsc::channel(WAITING);
    let runtime = tokio::runtime::Handle::current();
    let store = service.store().clone();
    tokio::spawn(async move {
        let _place = place;
        let parts = send.clone();
        let walked = Arc::new(Mutex::new(Vec::with_capacity(PART)));
        let rest = Arc::clone(&walked);
        let ended = store.for_each_entry(question, move |entry| {
            let mut part = walked.lock().unwrap_or_else(PoisonError::into_inner);
            if serde_json::to_writer(&mut *part, &EntryRecord::from(&entry)).is_err() {
                return ControlFlow::Break(());
            }
            part.push(b'\n');
            if part.len() < PART {
                return ControlFlow::Continue(());
            }
            let part = std::mem::replace(&mut *part, Vec::with_capacity(PART));
            // This is the database's thread, where waiting is allowed.
            match runtime.block_on(deliver(&parts, part)) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        let ended = ended.await;
        let rest = std::mem::take(&mut *rest.lock().unwrap_or_else(PoisonError::into_inner));
        if ended.is_ok() {
            deliver(&send, rest).await;
        }
        if let Err(error) = ended {
            tracing::error!(%error, "an export ended early because the database failed");
            // An answer that ends without its last chunk is known to be cut.
            let _ = send
                .send(Err(io::Error::other("the export ended early")))
                .await;
        }
    });
    let mut response = Body::new(Parts(receive)).into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static("application/jsonl");
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Sends a part; `false` where the reader went away, or reads nothing for too long.
async fn deliver(parts: &mpsc::Sender<io::Result<Bytes>>, part: Vec<u8>) -> bool {
    let sending = parts.send(Ok(Bytes::from(part)));
    matches!(tokio::time::timeout(PATIENCE, sending).await, Ok(Ok(())))
}

/// Parts of an answer as they are made.
struct Parts(mpsc::Receiver<io::Result<Bytes>>);

impl Frames for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let part = self.0.poll_recv(context);
        part.map(|part| part.map(|part| part.map(Frame::data)))
    }
}
