//! When a feed is polled, as people write it: cron, `every 30m`, or `auto`.

use std::time::Duration;

/// A schedule. Cron expressions have crontab's meaning and are evaluated in UTC.
#[derive(Debug, Clone, PartialEq)]
pub enum Cadence {
    /// At fixed distances.
    Every(Duration),
    /// By the feed's own rate.
    Auto,
}
