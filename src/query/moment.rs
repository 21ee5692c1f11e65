//! Moments as people write them: `24h`, `yesterday`, `2026-11-01`.

use crate::feed::Timestamp;
use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc,
};
use std::fmt;

/// Longest text that is looked at, in bytes.
const MAX_LENGTH: usize = 64;

/// Why a text names no moment: a sentence that says what would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no moment; write a span like 24h or 7d, a date like 2026-11-01, or 2026-11-01T12:00:00Z"
)]
pub struct MomentFault(String);

/// A moment as people write it, before it is known when they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// This one.
    At(Timestamp),
    /// So long before one asks.
    Before(TimeDelta),
    /// Midnight (UTC) that began today, or the day so many days before.
    Midnight(u8),
}

impl Moment {
    /// Reads a span before now (`90m`, `24h`, `7d`, `2w`), `now`, `today`, `yesterday`, a date, or
    /// a date with a time (RFC 3339; UTC where no zone is given).
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn parse(text: &str) -> Result<Self, MomentFault> {
        let text = text.trim();
        let read = || match text.to_ascii_lowercase().as_str() {
            "now" => Some(Self::Before(TimeDelta::zero())),
            "today" => Some(Self::Midnight(0)),
            "yesterday" => Some(Self::Midnight(1)),
            _ => span(text)
                .map(Self::Before)
                .or_else(|| date(text).filter(is_plain_year).map(Self::At)),
        };
        let short = text.len() <= MAX_LENGTH;
        short.then(read).flatten().ok_or_else(|| fault(text))
    }

    /// The moment, for one who asks at `now`; before all years where it lies further back.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => Some(moment),
            Self::Before(span) => now.checked_sub_signed(span),
            Self::Midnight(days) => now
                .date_naive()
                .checked_sub_days(Days::new(days.into()))
                .map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        }
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
    }
}

/// As it is read again.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(moment) => f.write_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Before(span) => write!(f, "{}s", span.num_seconds()),
            Self::Midnight(0) => f.write_str("today"),
            Self::Midnight(_) => f.write_str("yesterday"),
        }
    }
}

/// Reads what [`Moment::parse`] does, for one who asks at `now`.
///
/// # Errors
/// Also where it lies before all years.
pub fn parse_moment(text: &str, now: Timestamp) -> Result<Timestamp, MomentFault> {
    let moment = Moment::parse(text)?.at(now);
    Some(moment)
        .filter(is_plain_year)
        .ok_or_else(|| fault(text))
}

fn fault(text: &str) -> MomentFault {
    MomentFault(crate::text::without_controls(
        crate::text::cut_at_character(text.trim(), MAX_LENGTH),
    ))
}

/// Whether its year has four digits, as RFC 3339 wants it.
fn is_plain_year(moment: &Timestamp) -> bool {
    (0..=9999).contains(&moment.year())
}

fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().next_back()?;
    let count: i64 = text
        .strip_suffix(unit)?
        .trim_end()
        .parse()
        .ok()
        .filter(|n| *n >= 0)?;
    match unit {
        's' => TimeDelta::try_seconds(count),
        'm' => TimeDelta::try_minutes(count),
        'h' => TimeDelta::try_hours(count),
        'd' => TimeDelta::try_days(count),
        'w' => TimeDelta::try_weeks(count),
        _ => None,
    }
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
