//! What moves a poll later than its cadence asks for.

use super::backoff;
use crate::cadence::show_duration;
use crate::feed::{Fault, Health, Pace, Timestamp};
use std::time::Duration;

/// What the server calls fresh, and what the feed asks for, counts up to this.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Least wait where the server gives nothing to ask conditionally with.
const WITHOUT_VALIDATORS: Duration = Duration::from_secs(60 * 60);

/// How often a feed is asked whose news are pushed.
const PUSHED: Duration = Duration::from_secs(24 * 60 * 60);

/// A time for which the feed is not asked, and why.
pub(super) struct Floor {
    pub(super) wait: Duration,
    pub(super) reason: String,
}

/// How a feed stands right after a poll.
pub(super) struct Standing<'a> {
    pub(super) health: &'a Health,
    pub(super) pace: &'a Pace,
    /// Whether the server gives something to ask conditionally with.
    pub(super) validators: bool,
    /// Why the poll failed.
    pub(super) failed: Option<&'a Fault>,
    pub(super) min_interval: Duration,
    /// Whether the feed itself, and not the default, has a cron schedule.
    pub(super) own_cron: bool,
    /// The distance of polls that the cadence asks for.
    pub(super) base: Duration,
    pub(super) now: Timestamp,
}

impl Standing<'_> {
    /// The longest of all waits. `Retry-After` is not among them, since it names a moment.
    pub(super) fn floor(&self) -> Floor {
        let least = Floor {
            wait: self.min_interval,
            reason: format!(
                "at least {} between two polls (min_interval)",
                show_duration(self.min_interval)
            ),
        };
        [
            self.fresh(),
            self.asked_by_feed(),
            self.without_validators(),
            self.slowed(),
            self.pushed(),
            self.back_off(),
            self.asked_to_slow_down(),
        ]
        .into_iter()
        .flatten()
        .fold(least, |longest, floor| {
            if floor.wait > longest.wait {
                floor
            } else {
                longest
            }
        })
    }

    fn fresh(&self) -> Option<Floor> {
        if self.own_cron {
            return None;
        }
        let fresh_for = self.pace.fresh_for?.min(LONGEST);
        let until = self.health.last_success? + fresh_for;
        Some(Floor {
            // Never longer than at first, even when the clock was set back.
            wait: (until - self.now).to_std().ok()?.min(fresh_for),
            reason: format!(
                "the server calls its answer fresh for {}",
                show_duration(fresh_for)
            ),
        })
    }

    fn asked_by_feed(&self) -> Option<Floor> {
        let wait = self.pace.feed_interval?.min(LONGEST);
        Some(Floor {
            wait,
            reason: format!("the feed asks for {} between polls", show_duration(wait)),
        })
    }

    fn without_validators(&self) -> Option<Floor> {
        (!self.validators).then(|| Floor {
            wait: WITHOUT_VALIDATORS,
            reason: "hourly at most, since the server gives no ETag and no Last-Modified"
                .to_owned(),
        })
    }

    fn slowed(&self) -> Option<Floor> {
        (self.pace.slowed_until? > self.now).then(|| Floor {
            wait: (self.base * 2).min(LONGEST),
            reason: "half as often for a week after HTTP 429".to_owned(),
        })
    }

    fn pushed(&self) -> Option<Floor> {
        (self.pace.pushed_until? > self.now && self.failed.is_none()).then(|| Floor {
            wait: PUSHED,
            reason: "a hub pushes its news; once a day in case it misses some".to_owned(),
        })
    }

    fn back_off(&self) -> Option<Floor> {
        self.failed?;
        Some(Floor {
            wait: backoff::after(self.health.failures),
            reason: match self.health.failures {
                1 => "back-off after a failure".to_owned(),
                failures => format!("back-off after {failures} failures"),
            },
        })
    }

    fn asked_to_slow_down(&self) -> Option<Floor> {
        let fault = self.failed?;
        if self.pace.not_before.is_some() {
            return None;
        }
        let status = fault
            .status
            .map(|status| format!(" (HTTP {status})"))
            .unwrap_or_default();
        Some(Floor {
            wait: backoff::bare(fault)?,
            reason: format!("the server asked to slow down{status}"),
        })
    }
}
