//! Places with hosts, shared by all exchanges: a redirect to another host needs one there.
//!
//! Twenty feeds on hosts of their own that all lead to one feed service are twenty feeds of that
//! service.

use crate::config;
use crate::feed::Timestamp;
use crate::schedule::{Hosts, host_of};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Who talks with which host. Clones share it.
#[derive(Clone)]
pub struct Turns(Arc<Shared>);

struct Shared {
    hosts: Mutex<Hosts>,
    freed: Notify,
}

/// A place with a host; it is free again once this is dropped.
pub struct Place {
    turns: Turns,
    host: Arc<str>,
    is_alone: bool,
}

impl Turns {
    /// Nobody talks with anybody yet.
    #[must_use]
    pub fn new(settings: &config::Fetch) -> Self {
        Self(Arc::new(Shared {
            hosts: Mutex::new(Hosts::new(settings)),
            freed: Notify::new(),
        }))
    }

    /// What is going on with each host. Whatever [`Hosts::pick`] starts is to be taken by
    /// [`Turns::place`]. Not to be held while waiting for anything.
    pub fn hosts(&self) -> MutexGuard<'_, Hosts> {
        // A poisoned lock only means that another poll died between two numbers.
        self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of an exchange with `host` that was noted as started.
    #[must_use]
    pub fn place(&self, host: impl Into<Arc<str>>) -> Place {
        Place {
            turns: self.clone(),
            host: host.into(),
            is_alone: false,
        }
    }
}

impl Place {
    /// The same, where nobody else waits for the host: the connection is not kept afterwards.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.is_alone = true;
        self
    }

    /// Whether nobody else waits for the host.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// The host that it is with.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is with the host of this address.
    pub(super) fn is_with(&self, url: &str) -> bool {
        *self.host == *host_of(url)
    }

    /// Gives up this place for one with the host of another address, once there is one: without
    /// holding the first, since two polls could wait for each other.
    ///
    /// # Errors
    /// Until when that host is left alone, where it asked for that.
    pub(super) async fn exchanged(self, url: &str, now: Timestamp) -> Result<Self, Timestamp> {
        let (turns, host) = (self.turns.clone(), host_of(url));
        drop(self);
        loop {
            let freed = turns.0.freed.notified();
            tokio::pin!(freed);
            // From here on, so that a place that is freed meanwhile is not missed.
            freed.as_mut().enable();
            if let Some(until) = turns.hosts().paused_until(&host, now) {
                return Err(until);
            }
            if turns.hosts().enter(&host, now) {
                return Ok(turns.place(host));
            }
            freed.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.hosts().ended(&self.host);
        self.turns.0.freed.notify_waiters();
    }
}
