//! `skipHours` and `skipDays` (RSS 2.0): when a feed asks not to be polled, in UTC.

use crate::feed::{Pace, Timestamp};
use chrono::{Datelike, Duration, DurationRound, Timelike};

/// The first moment at or after `due` that `pace` does not exclude: `due` itself, or the start of
/// an hour. Sets that exclude everything are ignored.
pub(super) fn out_of(due: Timestamp, pace: &Pace) -> Timestamp {
    if !excluded(due, pace) {
        return due;
    }
    let Ok(hour) = due.duration_trunc(Duration::hours(1)) else {
        return due;
    };
    // A week of hours holds every combination of hour and weekday.
    (1..=7 * 24)
        .map(|hours| hour + Duration::hours(hours))
        .find(|moment| !excluded(*moment, pace))
        .unwrap_or(due)
}

fn excluded(moment: Timestamp, pace: &Pace) -> bool {
    pace.skip_hours >> moment.hour() & 1 == 1
        || pace.skip_days >> moment.weekday().num_days_from_monday() & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(due: &str, skip_hours: u32, skip_days: u8) -> String {
        let pace = Pace {
            skip_hours,
            skip_days,
            ..Pace::default()
        };
        out_of(due.parse().unwrap(), &pace)
            .format("%a %H:%M")
            .to_string()
    }

    #[test]
    fn a_poll_moves_out_of_skipped_hours_and_days() {
        let monday = "2026-11-23T02:20:00Z";
        let night = 0b11_1111; // 0 h to 6 h
        let weekend = 0b110_0000;
        assert_eq!(moved(monday, 0, 0), "Mon 02:20");
        assert_eq!(moved(monday, night, 0), "Mon 06:00");
        assert_eq!(moved(monday, 0, 0b1), "Tue 00:00");
        assert_eq!(moved("2026-11-28T12:00:00Z", night, weekend), "Mon 06:00");
        assert_eq!(moved(monday, 0x00FF_FFFF, 0), "Mon 02:20");
        assert_eq!(moved(monday, 0, 0b111_1111), "Mon 02:20");
    }
}
