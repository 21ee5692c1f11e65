//! Whether a request opened a connection of its own or rode on an old one.
//!
//! An old connection may be closed by the server at the moment it is used again. Then, and only
//! then, a request is sent a second time (RFC 9112 section 9.3.1): a server that hangs up on a new
//! connection means it.

use std::cell::Cell;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static DIALLED: Cell<bool>;
}

/// Runs `request`, and tells whether it opened a connection.
pub(super) async fn watch<T>(request: impl Future<Output = T>) -> (T, bool) {
    DIALLED
        .scope(Cell::new(false), async {
            let outcome = request.await;
            (outcome, DIALLED.with(Cell::get))
        })
        .await
}

/// Notes each connection that is opened; goes around the connector.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noting;

impl<S> Layer<S> for Noting {
    type Service = Noted<S>;

    fn layer(&self, connector: S) -> Noted<S> {
        Noted { connector }
    }
}

/// A connector that notes each call.
#[derive(Debug, Clone)]
pub(super) struct Noted<S> {
    connector: S,
}

impl<S: Service<R>, R> Service<R> for Noted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, target: R) -> S::Future {
        // Outside of `watch` there is nobody to tell.
        let _ = DIALLED.try_with(|dialled| dialled.set(true));
        self.connector.call(target)
    }
}
