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
    /// A clock that was set back and runs fast until it has caught up with the machine's.
    Hurried(Hurried),
}

/// The state of a clock that catches up: nothing it tells ever lies in the machine's future.
#[derive(Debug, Clone, Copy)]
pub struct Hurried {
    /// When it was set, by the machine's clock, in milliseconds.
    set: i64,
    /// What it was set to, in milliseconds.
    start: i64,
    /// How many times faster than the machine's clock it runs.
    factor: u32,
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

    /// A clock that stands `behind` the machine's now and runs `factor` times as fast (at least
    /// once) until it has caught up; from then on it is the machine's clock.
    #[must_use]
    pub fn hurried(behind: Duration, factor: u32) -> Self {
        let set = machine_millis();
        let behind = i64::try_from(behind.as_millis()).unwrap_or(i64::MAX);
        Self::Hurried(Hurried {
            set,
            start: set.saturating_sub(behind),
            factor: factor.max(1),
        })
    }

    /// The present moment, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let millis = match self {
            Self::System => machine_millis(),
            Self::Manual(manual) => manual.millis.load(Ordering::SeqCst),
            Self::Hurried(hurried) => hurried.tell(machine_millis()),
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

    /// Returns when `moment` has come, or when the clock was set back: then it is time to think
    /// again.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let mut latest = self.now();
        match self {
            Self::System => loop {
                let now = self.now();
                if now < latest {
                    return;
                }
                latest = now;
                let left = moment - now;
                let Ok(left) = left.to_std() else { return };
                if left.is_zero() {
                    return;
                }
                // In pieces, so that a clock that was set, or a machine that slept, is noticed.
                tokio::time::sleep(left.min(Duration::from_secs(60))).await;
            },
            Self::Hurried(hurried) => loop {
                let machine = machine_millis();
                let left = moment.timestamp_millis() - hurried.tell(machine);
                if left <= 0 {
                    return;
                }
                let wait = hurried.machine_time(left, machine);
                tokio::time::sleep(wait.min(Duration::from_secs(60))).await;
            },
            Self::Manual(manual) => loop {
                let turned = manual.turned.notified();
                tokio::pin!(turned);
                turned.as_mut().enable();
                let now = self.now();
                if now >= moment || now < latest {
                    return;
                }
                latest = now;
                turned.await;
            },
        }
    }
}

impl Hurried {
    /// What this clock tells when the machine's clock tells `machine`.
    fn tell(&self, machine: i64) -> i64 {
        let passed = machine.saturating_sub(self.set).max(0);
        let told = passed.saturating_mul(i64::from(self.factor));
        self.start.saturating_add(told).min(machine)
    }

    /// How long the machine takes until this clock has gone on by `left` milliseconds; too short
    /// where it catches up on the way, never too long.
    fn machine_time(&self, left: i64, machine: i64) -> Duration {
        let caught_up = self.tell(machine) == machine;
        let factor = if caught_up { 1 } else { u64::from(self.factor) };
        Duration::from_millis(left.unsigned_abs().div_ceil(factor))
    }
}

/// The one reader of the machine's clock: everything else is told the time.
#[allow(clippy::disallowed_methods)]
fn machine_millis() -> i64 {
    Utc::now().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hurried_clock_runs_fast_until_it_has_caught_up() {
        let clock = Hurried {
            set: 1_000_000,
            start: 400_000,
            factor: 61,
        };
        assert_eq!(clock.tell(1_000_000), 400_000);
        assert_eq!(clock.tell(1_001_000), 461_000);
        // Ten minutes behind, sixty times faster than needed to keep up: ten seconds.
        assert_eq!(clock.tell(1_010_000), 1_010_000);
        assert_eq!(clock.tell(1_500_000), 1_500_000);
        assert_eq!(clock.tell(900_000), 400_000, "a machine set back");
    }

    #[test]
    fn a_hurried_clock_knows_how_long_to_wait() {
        let clock = Hurried {
            set: 1_000_000,
            start: 400_000,
            factor: 60,
        };
        let wait = |left, machine| clock.machine_time(left, machine).as_millis();
        assert_eq!(wait(60_000, 1_000_000), 1_000);
        assert_eq!(wait(60_001, 1_000_000), 1_001);
        assert_eq!(wait(60_000, 2_000_000), 60_000, "caught up");
    }

    #[tokio::test]
    async fn a_hurried_clock_wakes_when_its_own_moment_has_come() {
        let clock = Clock::hurried(Duration::from_secs(3600), 100_000);
        let moment = clock.now() + Duration::from_secs(600);
        clock.sleep_until(moment).await;
        assert!(clock.now() >= moment);
    }
}
