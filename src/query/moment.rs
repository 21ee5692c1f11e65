//! Moments as people write them: `24h`, `yesterday`, `2026-11-01`.

use crate::feed::Timestamp;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// Longest text that is looked at, in bytes.
const MAX_LENGTH: usize = 64;

/// Why a text names no moment: a sentence that says what would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no moment; write a span like 24h or 7d, a date like 2026-11-01, or 2026-11-01T12:00:00Z"
)]
pub struct MomentFault(String);

/// Reads a span before `now` (`90m`, `24h`, `7d`, `2w`), `now`, `today`, `yesterday`, a date, or a
/// date with a time (RFC 3339; UTC where no zone is given).
pub fn parse_moment(text: &str, now: Timestamp) -> Result<Timestamp, MomentFault> {
    let text = text.trim();
    let fault = || {
        MomentFault(crate::text::without_controls(
            crate::text::cut_at_character(text, MAX_LENGTH),
        ))
    };
    if text.len() > MAX_LENGTH {
        return Err(fault());
    }
    let midnight = |days: u64| {
        let day = now.date_naive().checked_sub_days(Days::new(days));
        day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
    };
    let named = match text.to_ascii_lowercase().as_str() {
        "now" => Some(now),
        "today" => midnight(0),
        "yesterday" => midnight(1),
        _ => None,
    };
    named
        .or_else(|| before(text, now))
        .or_else(|| date(text))
        .filter(|moment| (0..=9999).contains(&chrono::Datelike::year(moment)))
        .ok_or_else(fault)
}

fn before(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = text.chars().next_back()?;
    let count: i64 = text
        .strip_suffix(unit)?
        .trim_end()
        .parse()
        .ok()
        .filter(|n| *n >= 0)?;
    let span = match unit {
        's' => TimeDelta::try_seconds(count),
        'm' => TimeDelta::try_minutes(count),
        'h' => TimeDelta::try_hours(count),
        'd' => TimeDelta::try_days(count),
        'w' => TimeDelta::try_weeks(count),
        _ => None,
    }?;
    now.checked_sub_signed(span)
}

fn date(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&Utc));
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, form) {
            return Some(moment.and_utc());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_moments_in_these_ways() {
        let now: Timestamp = "2026-11-23T10:30:00Z".parse().unwrap();
        for (text, moment) in [
            ("24h", "2026-11-22T10:30:00Z"),
            ("90m", "2026-11-23T09:00:00Z"),
            ("7d", "2026-11-16T10:30:00Z"),
            ("2w", "2026-11-09T10:30:00Z"),
            ("now", "2026-11-23T10:30:00Z"),
            ("Today", "2026-11-23T00:00:00Z"),
            ("yesterday", "2026-11-22T00:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T12:15", "2026-11-01T12:15:00Z"),
            ("2026-11-01 12:15:30", "2026-11-01T12:15:30Z"),
            ("2026-11-01T12:00:00+02:00", "2026-11-01T10:00:00Z"),
        ] {
            assert_eq!(
                parse_moment(text, now),
                Ok(moment.parse().unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_told_what_would_be_right() {
        let now = DateTime::UNIX_EPOCH;
        for text in [
            "",
            "h",
            "-3h",
            "soon",
            "2026-13-01",
            "99999999999999999999d",
            "é",
            "9223372036854775807w",
        ] {
            let fault = parse_moment(text, now).unwrap_err().to_string();
            assert!(fault.contains("24h"), "{fault}");
        }
    }
}
