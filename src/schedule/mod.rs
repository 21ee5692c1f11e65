//! When a feed is polled next, and which of the due feeds may start now: pure rules, the clock
//! passed in.
//!
//! [`next_poll`] takes what is known of a feed and what its poll brought, and gives its new health,
//! what must be remembered, and when to ask again with the reason in words. [`Hosts`] spreads the
//! polls that are due over time, so that no host gets more than it can be asked for.

mod backoff;
mod due;
mod floors;
mod freshness;
mod jitter;
mod politeness;
mod rate;
mod skip;

pub use due::{next_poll, pushed, replan};
pub use freshness::Freshness;
pub use politeness::{Hosts, Picked, cool_down, host_of, is_public_host};

use crate::feed::{Fault, Health, Pace, Timestamp};
use std::time::Duration;

/// What a document says about when to ask again (RSS 2.0 and the RSS 1.0 syndication module).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentPace {
    /// `ttl`.
    pub ttl: Option<Duration>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub update_period: Option<Duration>,
    /// `skipHours` in UTC, as a bit set, bit 0 is 0 h to 1 h.
    pub skip_hours: u32,
    /// `skipDays` in UTC, as a bit set, bit 0 is Monday.
    pub skip_days: u8,
}

/// What a poll brought, as far as the schedule is concerned.
#[derive(Debug, Clone, PartialEq)]
pub enum PollResult {
    /// A whole and parsed document.
    Good {
        /// Of the answer.
        freshness: Freshness,
        /// Whether the answer came with an `ETag` or a `Last-Modified`.
        had_validators: bool,
        /// Of the document.
        document: DocumentPace,
    },
    /// 304 Not Modified.
    Unchanged {
        /// Of the answer.
        freshness: Freshness,
    },
    /// Anything else.
    Failed {
        /// Why.
        fault: Fault,
        /// Of the answer, where there was one.
        freshness: Freshness,
    },
}

/// What the store knows about a feed's entries after a poll. It is counted after every poll, the
/// ones that bring nothing too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrivals {
    /// Entries that this poll brought.
    pub new: usize,
    /// Entries that this poll changed.
    pub revised: usize,
    /// Entries first seen in the last 28 days, with those of this poll.
    pub seen_lately: usize,
    /// When the newest entry is dated.
    pub newest: Option<Timestamp>,
    /// Whether this is the first good poll of the feed.
    pub first_poll: bool,
    /// How many days lie between the oldest and the newest date of the document; 0 where there is
    /// no document.
    pub span_days: f64,
}

/// What follows from a poll: to be stored in the transaction that stores its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// How polling the feed goes now.
    pub health: Health,
    /// What must be remembered; its `reason` says why `next_due` is when it is.
    pub pace: Pace,
    /// When to poll next; `None` for a feed that is gone or switched off.
    pub next_due: Option<Timestamp>,
    /// The host that is left alone as a whole, where it asked for that.
    pub pause: Option<HostPause>,
}

/// A host that asked to be left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPause {
    /// As politeness counts hosts ([`host_of`]).
    pub host: String,
    /// Until when; never more than a day ahead.
    pub until: Timestamp,
}
