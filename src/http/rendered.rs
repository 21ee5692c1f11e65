//! Rendered documents, kept until what they show changes.

use super::conditional::Document;
use super::failure::Failure;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most documents that are kept, whatever their size.
const MOST: usize = 4096;

/// What a document was made from: it is good as long as this stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// The store's generation.
    pub(super) generation: u64,
    /// How often the configuration was replaced.
    pub(super) configuration: u64,
    /// A count of hours or minutes, for what depends on the time; 0 for what does not.
    pub(super) time: i64,
}

/// A shelf of documents by request, bounded in bytes; what was not asked for longest goes first.
pub(super) struct Rendered {
    most_bytes: usize,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<Box<str>, Kept>,
    /// Requests that are being rendered: the others wait here instead of rendering the same.
    in_work: HashMap<Box<str>, Arc<tokio::sync::Mutex<()>>>,
    bytes: usize,
    turn: u64,
}

struct Kept {
    state: State,
    document: Arc<Document>,
    used: u64,
}

impl Rendered {
    /// An empty shelf for at most `most_bytes`.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            shelf: Mutex::default(),
        }
    }

    /// The document for `request` in `state`: kept, or made by `make`, once even where many ask
    /// at the same time. A document that comes out as it was before keeps its date.
    pub(super) async fn get<F>(
        &self,
        request: &str,
        state: State,
        make: F,
    ) -> Result<Arc<Document>, Failure>
    where
        F: Future<Output = Result<Document, Failure>>,
    {
        if let Some(document) = self.find(request, state) {
            return Ok(document);
        }
        let turn = Turn {
            rendered: self,
            request,
            gate: Arc::clone(self.lock().in_work.entry(request.into()).or_default()),
        };
        let _passed = turn.gate.lock().await;
        if let Some(document) = self.find(request, state) {
            return Ok(document);
        }
        let document = make.await?;
        Ok(self.lock().keep(request, state, document, self.most_bytes))
    }

    fn find(&self, request: &str, state: State) -> Option<Arc<Document>> {
        let mut shelf = self.lock();
        shelf.turn += 1;
        let turn = shelf.turn;
        let kept = shelf.kept.get_mut(request)?;
        kept.used = turn;
        (kept.state == state).then(|| Arc::clone(&kept.document))
    }

    /// The shelf is whole after every step, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue for one request's rendering; the last to leave clears the queue away, also
/// where a client went before its answer came.
struct Turn<'a> {
    rendered: &'a Rendered,
    request: &'a str,
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut shelf = self.rendered.lock();
        // One reference is the queue's own, one is ours.
        if Arc::strong_count(&self.gate) <= 2 {
            shelf.in_work.remove(self.request);
        }
    }
}

impl Shelf {
    fn keep(
        &mut self,
        request: &str,
        state: State,
        document: Document,
        most_bytes: usize,
    ) -> Arc<Document> {
        self.turn += 1;
        let used = self.turn;
        if let Some(kept) = self.kept.get_mut(request)
            && kept.document.same_content(&document)
        {
            kept.state = state;
            kept.used = used;
            return Arc::clone(&kept.document);
        }
        let document = Arc::new(document);
        let weight = document.weight() + request.len();
        if weight > most_bytes / 2 {
            return document;
        }
        let kept = Kept {
            state,
            document: Arc::clone(&document),
            used,
        };
        self.bytes += weight;
        if let Some(old) = self.kept.insert(request.into(), kept) {
            self.bytes = self
                .bytes
                .saturating_sub(old.document.weight() + request.len());
        }
        while self.bytes > most_bytes || self.kept.len() > MOST {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used);
            let Some(request) = oldest.map(|(request, _)| request.clone()) else {
                break;
            };
            if let Some(old) = self.kept.remove(&request) {
                self.bytes = self
                    .bytes
                    .saturating_sub(old.document.weight() + request.len());
            }
        }
        document
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::DateTime;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn state(generation: u64) -> State {
        State {
            generation,
            configuration: 0,
            time: 0,
        }
    }

    fn document(bytes: Vec<u8>, second: i64) -> Document {
        let changed = DateTime::from_timestamp(second, 0);
        Document::new("text/plain", "no-cache", bytes, changed)
    }

    #[tokio::test]
    async fn what_did_not_change_is_not_made_again() {
        let rendered = Rendered::new(1 << 20);
        let made = AtomicUsize::new(0);
        for generation in [1, 1, 2, 2] {
            let make = async {
                made.fetch_add(1, Ordering::SeqCst);
                Ok(document(vec![1], 0))
            };
            rendered
                .get("/feed.atom", state(generation), make)
                .await
                .unwrap();
        }
        assert_eq!(made.into_inner(), 2);
    }

    #[tokio::test]
    async fn a_burst_renders_once() {
        let rendered = Arc::new(Rendered::new(1 << 20));
        let made = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let (rendered, made) = (Arc::clone(&rendered), Arc::clone(&made));
            tasks.push(tokio::spawn(async move {
                let make = async {
                    made.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(document(vec![1], 0))
                };
                rendered.get("/feed.atom", state(1), make).await.is_ok()
            }));
        }
        for task in tasks {
            assert!(task.await.unwrap());
        }
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert!(rendered.lock().in_work.is_empty());
    }

    #[tokio::test]
    async fn req_21_the_same_bytes_keep_their_date() {
        let rendered = Rendered::new(1 << 20);
        let first = rendered
            .get("/a", state(1), async { Ok(document(vec![1], 1)) })
            .await
            .unwrap();
        let second = rendered
            .get("/a", state(2), async { Ok(document(vec![1], 2)) })
            .await
            .unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let third = rendered
            .get("/a", state(3), async { Ok(document(vec![2], 3)) })
            .await
            .unwrap();
        assert!(!Arc::ptr_eq(&first, &third));
    }

    #[tokio::test]
    async fn the_shelf_is_bounded() {
        let rendered = Rendered::new(100_000);
        for number in 0..200 {
            let request = format!("/feed.atom?q={number}");
            let make = async { Ok(document(vec![0; 2000], number)) };
            rendered.get(&request, state(1), make).await.unwrap();
        }
        let shelf = rendered.lock();
        assert!(shelf.bytes <= 100_000);
        assert!(shelf.kept.len() < 25);
        assert!(shelf.kept.contains_key("/feed.atom?q=199"));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let rendered = Rendered::new(1 << 20);
        let failed = rendered
            .get("/a", state(1), async { Err(Failure::Internal) })
            .await;
        assert_eq!(failed.err(), Some(Failure::Internal));
        assert!(
            rendered
                .get("/a", state(1), async { Ok(document(vec![1], 1)) })
                .await
                .is_ok()
        );
    }
}
