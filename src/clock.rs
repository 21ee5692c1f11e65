//! The one place that reads the time, so that tests can turn the clock.

use crate::feed::Timestamp;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Tells the time and waits for it.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is turned.
    Manual(Arc<Manual>),
}

/// The state of a clock that is turned by hand.
#[derive(Debug)]
pub struct Manual {
    millis: AtomicI64,
    turned: Notify,
}

impl Clock {
    /// A clock that stands at `start` until [`Clock::turn_to`] moves it.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(Manual {
            millis: AtomicI64::new(start.timestamp_millis()),
            turned: Notify::new(),
        }))
    }

    /// The present moment, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let millis = match self {
            // The one reader of the machine's clock: everything else is told the time.
            #[allow(clippy::disallowed_methods)]
            Self::System => Utc::now().timestamp_millis(),
            Self::Manual(manual) => manual.millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Turns a manual clock; the machine's clock stays as it is.
    pub fn turn_to(&self, moment: Timestamp) {
        if let Self::Manual(manual) = self {
            manual
                .millis
                .store(moment.timestamp_millis(), Ordering::SeqCst);
            manual.turned.notify_waiters();
        }
    }

    /// Returns when `moment` has come.
    pub async fn sleep_until(&self, moment: Timestamp) {
        match self {
            Self::System => loop {
                let left = moment - self.now();
                let Ok(left) = left.to_std() else { return };
                if left.is_zero() {
                    return;
                }
                // In pieces, so that a clock that was set, or a machine that slept, is noticed.
                tokio::time::sleep(left.min(Duration::from_secs(60))).await;
            },
            Self::Manual(manual) => loop {
                let turned = manual.turned.notified();
                tokio::pin!(turned);
                turned.as_mut().enable();
                if self.now() >= moment {
                    return;
                }
                turned.await;
            },
        }
    }
}
