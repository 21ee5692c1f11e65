//! Connections without a request in hand. Where a new one finds no place, the one that has waited
//! longest gives way: however many clients say nothing, whoever asks is answered at once.

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio_util::sync::CancellationToken;

/// All of them; clones share it.
#[derive(Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    next: u64,
    /// Whom to tell, the longest wait first.
    by_age: BTreeMap<u64, CancellationToken>,
}

impl Waiting {
    fn queue<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new connection, which waits for its first request.
    pub(super) fn connection(&self) -> Connection {
        let connection = Connection(Arc::new(Seat {
            waiting: self.clone(),
            number: Mutex::new(None),
            dismissed: CancellationToken::new(),
        }));
        connection.0.wait();
        connection
    }

    /// Ends the connection that has waited longest; does nothing where none waits.
    pub(super) fn dismiss_longest(&self) {
        if let Some((_, longest)) = self.queue(|queue| queue.by_age.pop_first()) {
            longest.cancel();
        }
    }
}

/// A connection that waits or answers.
#[derive(Clone)]
pub(super) struct Connection(Arc<Seat>);

struct Seat {
    waiting: Waiting,
    /// Its place among those that wait; `None` while it answers.
    number: Mutex<Option<u64>>,
    dismissed: CancellationToken,
}

impl Connection {
    /// Returns when it has to give way.
    pub(super) async fn dismissed(&self) {
        self.0.dismissed.cancelled().await;
    }

    /// A request came: the connection is left alone until the guard is dropped.
    pub(super) fn answer(&self) -> Answering {
        self.0.work();
        Answering(Arc::clone(&self.0))
    }
}

impl Seat {
    fn number(&self) -> std::sync::MutexGuard<'_, Option<u64>> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self) {
        let token = self.dismissed.clone();
        *self.number() = Some(self.waiting.queue(|queue| {
            queue.next += 1;
            queue.by_age.insert(queue.next, token);
            queue.next
        }));
    }

    fn work(&self) {
        if let Some(number) = self.number().take() {
            self.waiting.queue(|queue| queue.by_age.remove(&number));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.work();
    }
}

/// A request that is being answered; dropping it makes the connection wait again.
pub(super) struct Answering(Arc<Seat>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.wait();
    }
}

impl Answering {
    /// The response, which keeps its connection until its body has been sent.
    pub(super) fn until_sent(self, response: Response) -> Response {
        response.map(|body| {
            Body::new(Sent {
                body,
                _answering: self,
            })
        })
    }
}

struct Sent {
    body: Body,
    _answering: Answering,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_wait_ends_first_and_answers_are_left_alone() {
        let waiting = Waiting::default();
        let [first, second, third] = [(); 3].map(|()| waiting.connection());
        let answering = first.answer();
        waiting.dismiss_longest();
        second.dismissed().await;
        assert!(!first.0.dismissed.is_cancelled());
        // It waits again, now for the shortest time.
        drop(answering);
        waiting.dismiss_longest();
        third.dismissed().await;
        assert!(!first.0.dismissed.is_cancelled());
        drop(first);
        waiting.dismiss_longest();
        assert!(waiting.queue(|queue| queue.by_age.is_empty()));
    }
}
