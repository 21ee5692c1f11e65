//! What a poll came to, for the command line, the log and the metrics.

use crate::address::Address;
use crate::feed::{FaultKind, Feed, Timestamp};
use crate::publish::records::url_without_password;
use crate::schedule::{HostPause, PollResult};
use crate::store::Recorded;
use chrono::SecondsFormat;
use std::time::Duration;

/// How a poll went, in the words of the command line and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A document came and was parsed, whether or not it had news.
    Updated,
    /// 304.
    NotModified,
    /// It failed.
    Error,
    /// 410: the feed is disabled.
    Gone,
    /// A document came, and the feed's new address was stored.
    Moved,
    /// 429 or 503.
    Throttled,
}

impl Outcome {
    /// Every outcome, for counters.
    pub const ALL: [Self; 6] = [
        Self::Updated,
        Self::NotModified,
        Self::Error,
        Self::Gone,
        Self::Moved,
        Self::Throttled,
    ];

    /// A stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::NotModified => "not_modified",
            Self::Error => "error",
            Self::Gone => "gone",
            Self::Moved => "moved",
            Self::Throttled => "throttled",
        }
    }
}

/// What one poll came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The feed's name.
    pub feed: String,
    /// Where it is fetched from after this poll, without its password.
    pub url: String,
    /// How it went.
    pub outcome: Outcome,
    /// The HTTP status of the last answer, where there was one.
    pub status: Option<u16>,
    /// Entries that were not known.
    pub new: usize,
    /// Entries whose text changed.
    pub updated: usize,
    /// Of the new ones, those folded under another entry.
    pub duplicates: usize,
    /// Of these, the ones that are the same article as the other entry.
    pub copies: usize,
    /// Why it failed.
    pub error: Option<String>,
    /// The feed's next poll; `None` when it is disabled.
    pub next_due: Option<Timestamp>,
    /// How long the exchange took.
    pub took: Duration,
    /// Which host is left alone until when, where it asked for that.
    pub pause: Option<HostPause>,
    /// Whether the database could not store it.
    pub unstored: bool,
}

/// The word for a result, unless its address moves.
pub(super) fn outcome(result: &PollResult) -> Outcome {
    match result {
        PollResult::Good { .. } => Outcome::Updated,
        PollResult::Unchanged { .. } => Outcome::NotModified,
        PollResult::Failed { fault, .. } => match fault.kind {
            FaultKind::Gone => Outcome::Gone,
            FaultKind::Throttled => Outcome::Throttled,
            _ => Outcome::Error,
        },
    }
}

/// The report of a poll that was recorded, or could not be.
pub(super) fn report(
    feed: &Feed,
    outcome: Outcome,
    status: Option<u16>,
    error: Option<String>,
    took: Duration,
    target: Option<Address>,
    recorded: Result<Recorded, crate::store::Error>,
) -> Report {
    let report = Report {
        feed: feed.subscription.name.clone(),
        url: url_without_password(&feed.subscription.url),
        outcome,
        status,
        new: 0,
        updated: 0,
        duplicates: 0,
        copies: 0,
        error,
        next_due: feed.next_due,
        took,
        pause: None,
        unstored: false,
    };
    match recorded {
        Ok(recorded) => Report {
            // Another feed may have that address already; then this one stays where it was.
            outcome: if recorded.moved {
                Outcome::Moved
            } else {
                outcome
            },
            url: match target {
                Some(target) if recorded.moved => target.shown(),
                _ => report.url,
            },
            new: recorded.new,
            updated: recorded.updated,
            duplicates: recorded.duplicates,
            copies: recorded.copies,
            next_due: recorded.next_due,
            ..report
        },
        // Nothing of the poll was kept, its validators neither: the next one asks again.
        Err(error) => Report {
            outcome: Outcome::Error,
            error: Some(error.to_string()),
            unstored: true,
            ..report
        },
    }
}

/// The server, or the host of many feeds, named a time before which it wants no request, so none is
/// made, by hand neither.
pub(super) fn asked_to_wait(feed: &Feed, moment: Timestamp) -> Report {
    let moment = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    Report {
        feed: feed.subscription.name.clone(),
        url: url_without_password(&feed.subscription.url),
        outcome: Outcome::Throttled,
        status: None,
        new: 0,
        updated: 0,
        duplicates: 0,
        copies: 0,
        error: Some(format!(
            "the server asked not to be polled before {moment}; nothing was sent"
        )),
        next_due: feed.next_due,
        took: Duration::ZERO,
        pause: None,
        unstored: false,
    }
}

/// Writes the line of a poll.
pub(super) fn log(report: &Report) {
    let outcome = report.outcome.word();
    let duration_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    match &report.error {
        Some(error) => tracing::warn!(
            feed = report.feed,
            outcome,
            duration_ms,
            "poll failed: {error}"
        ),
        None => tracing::debug!(
            feed = report.feed,
            outcome,
            duration_ms,
            new = report.new,
            updated = report.updated,
            duplicates = report.duplicates,
            "polled"
        ),
    }
}
