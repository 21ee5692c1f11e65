//! How often a feed publishes, and how often it is worth asking.

use super::Arrivals;
use crate::feed::{Feed, Timestamp};
use std::time::Duration;

/// The days over which arrivals are counted.
const COUNTED_DAYS: f64 = 28.0;

/// What is added to the counted days, with one entry: a quiet feed is not thought dead.
const PRIOR_DAYS: f64 = 7.0;

/// Shortest and longest interval of `auto`.
const SHORTEST: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The interval of `auto` for a feed that brings one entry a day.
const AT_ONE_A_DAY: f64 = 2.0 * 60.0 * 60.0;

/// Entries a day after a good poll: (n + 1) / (T + 7 days), where n entries arrived in T.
///
/// T is 28 days; at the first poll it is the span of the document's dates, and for a feed that
/// has been silent for longer it is the age of its newest entry.
pub(super) fn entries_a_day(feed: &Feed, arrivals: &Arrivals, now: Timestamp) -> f64 {
    let span = if arrivals.span_days.is_finite() {
        arrivals.span_days.clamp(0.0, 36_500.0)
    } else {
        0.0
    };
    let known_for = days(now, feed.added);
    let (count, mut over) = if arrivals.first_poll {
        (arrivals.new, span)
    } else if known_for >= COUNTED_DAYS {
        (arrivals.seen_lately, COUNTED_DAYS)
    } else if span > 0.0 || feed.pace.entries_a_day <= 0.0 {
        // The first document's entries still count as seen lately, however old they were.
        (arrivals.seen_lately, known_for.max(span).max(1.0))
    } else {
        return feed.pace.entries_a_day;
    };
    if let Some(newest) = arrivals.newest.filter(|newest| *newest <= now) {
        over = over.max(days(now, newest));
    }
    (small(count) + 1.0) / (over + PRIOR_DAYS)
}

/// The interval of `auto`: 2 h / √(entries a day), within 15 min and 24 h. The square root
/// minimises the total delay for a fixed number of polls (Sia, Cho and Cho 2007).
pub(super) fn interval(entries_a_day: f64) -> Duration {
    if entries_a_day <= 0.0 || !entries_a_day.is_finite() {
        // Nothing is known yet.
        return SHORTEST;
    }
    Duration::try_from_secs_f64(AT_ONE_A_DAY / entries_a_day.sqrt())
        .unwrap_or(LONGEST)
        .clamp(SHORTEST, LONGEST)
}

fn days(later: Timestamp, earlier: Timestamp) -> f64 {
    // Milliseconds within 200,000 years are exact in an f64.
    ((later - earlier).num_milliseconds() as f64 / 86_400_000.0).max(0.0)
}

/// Counts beyond four thousand million are all the same here.
fn small(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_follows_the_square_root_of_the_rate() {
        for (a_day, minutes) in [
            (1000.0, 15),
            (24.0, 24),
            (1.0, 120),
            (1.0 / 7.0, 317),
            (1.0 / 35.0, 709),
            (1.0 / 200.0, 1440),
            (0.0, 15),
            (f64::NAN, 15),
        ] {
            assert_eq!(interval(a_day).as_secs() / 60, minutes, "{a_day}");
        }
    }
}
