//! Moments as feeds write them: every standard form, and the usual deviations from each.
//!
//! RFC 822, 850, 1123, 2822 and 3339, `asctime`, ISO 8601 with week and ordinal dates, W3CDTF,
//! Unix time, and dates with the names of months in some twenty languages. A moment without a zone
//! is taken as UTC, with one exception: the Korean forms of old weblog services are Korean time.

mod internet;
mod iso;
mod names;
mod words;
mod zones;

use crate::feed::Timestamp;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};

/// Longest text that is looked at, in bytes.
const MAX_LENGTH: usize = 200;

/// Years that a feed may speak of; what is outside is a slip or a joke.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// The moment that `text` tells, or `None` where it tells none. Two-digit years below 90 are of
/// this century; a date without a time is its midnight; of a month, the first day.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{FEFF}'));
    if text.is_empty() || text.len() > MAX_LENGTH {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return number(text).or_else(|| words::parse(text));
    }
    internet::parse(text)
        .or_else(|| iso::parse(text))
        .or_else(|| words::parse(text))
}

/// A text of nothing but digits, with a fraction perhaps: Unix time, or a date without separators.
fn number(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match whole.len() {
        // Minutes or seconds of a date, unless that is no date.
        12 | 14 if fraction.is_empty() => iso::parse(&format!("{}T{}", &whole[..8], &whole[8..]))
            .or_else(|| checked(DateTime::from_timestamp_millis(whole.parse().ok()?)?)),
        9 | 10 => {
            let seconds = DateTime::from_timestamp(whole.parse().ok()?, 0)?;
            checked(seconds + milliseconds(fraction))
        }
        13 => checked(DateTime::from_timestamp_millis(whole.parse().ok()?)?),
        16 => checked(DateTime::from_timestamp_micros(whole.parse().ok()?)?),
        _ if fraction.is_empty() => iso::parse(whole),
        _ => None,
    }
}

/// A fraction's digits as milliseconds.
fn milliseconds(digits: &str) -> TimeDelta {
    let mut value = 0;
    for place in 0..3 {
        let digit = digits
            .as_bytes()
            .get(place)
            .map_or(0, |b| i64::from(b - b'0'));
        value = value * 10 + digit;
    }
    TimeDelta::milliseconds(value)
}

fn checked(moment: Timestamp) -> Option<Timestamp> {
    YEARS.contains(&moment.year()).then_some(moment)
}

/// A time of the day, not yet known to be one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    /// What a fraction adds.
    rest: TimeDelta,
}

/// The moment of a date and a time `offset` minutes east of Greenwich. Hour 24 and second 60 are
/// what follows.
fn moment(date: NaiveDate, time: Time, offset: i32) -> Option<Timestamp> {
    let midnight = time.hour == 24 && time.minute == 0 && time.second == 0;
    if !(time.hour < 24 || midnight)
        || time.minute > 59
        || time.second > 60
        || !YEARS.contains(&date.year())
    {
        return None;
    }
    let seconds = i64::from(time.hour * 3600 + time.minute * 60 + time.second);
    let local = date.and_hms_opt(0, 0, 0)?.and_utc() + TimeDelta::seconds(seconds) + time.rest;
    Some(local - TimeDelta::minutes(i64::from(offset)))
}

/// The year that was written with `digits` digits.
fn year(value: u32, digits: usize) -> Option<i32> {
    let value = i32::try_from(value).ok()?;
    match digits {
        1 | 2 if value < 90 => Some(2000 + value),
        2 => Some(1900 + value),
        4 => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
