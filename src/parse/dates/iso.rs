//! ISO 8601 in all its forms, RFC 3339 and W3CDTF, with a space for the `T` and any zone.

use super::{Time, milliseconds, moment, year, zones};
use crate::feed::Timestamp;
use chrono::{NaiveDate, Weekday};

/// The moment that `text` tells, if it begins as ISO 8601 does and nothing odd follows.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date, rest) = date(text)?;
    let rest = match rest.strip_prefix(['T', 't', '_']) {
        Some(time) => time.trim_start(),
        None if rest.is_empty() => return moment(date, Time::default(), 0),
        None if rest.starts_with([' ', '\u{A0}', ',']) => {
            rest.trim_start_matches([' ', '\u{A0}', ','])
        }
        // A date with a zone and no time (XML Schema).
        None if rest.starts_with(['Z', 'z', '+', '-']) => {
            return moment(date, Time::default(), zones::offset(rest)?);
        }
        None => return None,
    };
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        // `2003-12-31 Z`; words with a time behind them are for others.
        return (rest.is_ascii() && !rest.contains(':'))
            .then(|| moment(date, Time::default(), zones::offset(rest)?))
            .flatten();
    }
    let (time, zone) = time(rest)?;
    let (time, zone) = time.with_half(zone);
    moment(date, time, zones::offset(zone)?)
}

/// Reads digits and separators.
struct Digits<'a>(&'a str);

impl<'a> Digits<'a> {
    /// How many digits come next.
    fn count(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// The next `count` digits as a number.
    fn take(&mut self, count: usize) -> Option<u32> {
        let value = self.0.get(..count)?.parse().ok()?;
        self.0 = &self.0[count..];
        Some(value)
    }

    /// Passes `separator`, if it comes next.
    fn pass(&mut self, separator: char) -> bool {
        match self.0.strip_prefix(separator) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// A one- or two-digit number that nothing but `length` bounds.
    fn short(&mut self) -> Option<u32> {
        match self.count() {
            count @ 1..=2 => self.take(count),
            _ => None,
        }
    }

    fn rest(self) -> &'a str {
        self.0
    }
}

/// The date that `text` begins with, and what follows it.
fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let mut digits = Digits(text);
    if digits.pass('-') {
        return implied_century(digits);
    }
    let found = match digits.count() {
        4 => {
            let year = year(digits.take(4)?, 4)?;
            if digits.pass('-') {
                extended(&mut digits, year)?
            } else if digits.0.starts_with(['W', 'w']) {
                week(&mut digits, year, false)?
            } else {
                first_of(year, 1)?
            }
        }
        // YYYYMMDD
        8 => NaiveDate::from_ymd_opt(year(digits.take(4)?, 4)?, digits.take(2)?, digits.take(2)?)?,
        // YYYYDDD
        7 => NaiveDate::from_yo_opt(year(digits.take(4)?, 4)?, digits.take(3)?)?,
        // YYMMDD
        6 => NaiveDate::from_ymd_opt(year(digits.take(2)?, 2)?, digits.take(2)?, digits.take(2)?)?,
        // YYDDD
        5 => NaiveDate::from_yo_opt(year(digits.take(2)?, 2)?, digits.take(3)?)?,
        // YY-MM-DD, YY-DDD
        2 => {
            let year = year(digits.take(2)?, 2)?;
            if !digits.pass('-') {
                return None;
            }
            if digits.count() == 3 {
                NaiveDate::from_yo_opt(year, digits.take(3)?)?
            } else {
                let month = digits.take(2)?;
                if !digits.pass('-') || digits.count() != 2 {
                    return None;
                }
                NaiveDate::from_ymd_opt(year, month, digits.take(2)?)?
            }
        }
        _ => return None,
    };
    (digits.count() == 0).then(|| (found, digits.rest()))
}

/// `-YY`, `-YYMM`, `-YY-MM` of ISO 8601:1988.
fn implied_century(mut digits: Digits<'_>) -> Option<(NaiveDate, &str)> {
    let count = digits.count();
    if count != 2 && count != 4 {
        return None;
    }
    let year = year(digits.take(2)?, 2)?;
    let month = if count == 4 || (digits.pass('-') && digits.count() == 2) {
        digits.take(2)?
    } else {
        1
    };
    let found = first_of(year, month)?;
    digits.0.is_empty().then_some((found, ""))
}

/// What follows `YYYY-`.
fn extended(digits: &mut Digits<'_>, year: i32) -> Option<NaiveDate> {
    if digits.0.starts_with(['W', 'w']) {
        return week(digits, year, true);
    }
    match digits.count() {
        // YYYY-DDD
        3 => NaiveDate::from_yo_opt(year, digits.take(3)?),
        // YYYY-MMDD
        4 => NaiveDate::from_ymd_opt(year, digits.take(2)?, digits.take(2)?),
        _ => {
            let month = digits.short()?;
            if digits.0.starts_with('-') && digits.0[1..].starts_with(|c: char| c.is_ascii_digit())
            {
                digits.pass('-');
                NaiveDate::from_ymd_opt(year, month, digits.short()?)
            } else {
                first_of(year, month)
            }
        }
    }
}

/// `Www`, `Www-D`, `WwwD`.
fn week(digits: &mut Digits<'_>, year: i32, extended: bool) -> Option<NaiveDate> {
    if !digits.pass('W') && !digits.pass('w') {
        return None;
    }
    let week = digits.take(2)?;
    let day = if extended && digits.pass('-') || !extended && digits.count() == 1 {
        digits.take(1)?
    } else {
        1
    };
    let day = Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
    NaiveDate::from_isoywd_opt(year, week, day)
}

fn first_of(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)
}

/// The time that `text` begins with, and what follows it.
fn time(text: &str) -> Option<(Time, &str)> {
    let mut digits = Digits(text);
    let mut time = Time::default();
    let mut unit = 3600;
    match digits.count() {
        1 | 2 => {
            time.hour = digits.short()?;
            if digits.pass(':') {
                time.minute = digits.short()?;
                unit = 60;
                if digits.pass(':') {
                    time.second = digits.short()?;
                    unit = 1;
                }
            }
        }
        4 => {
            time.hour = digits.take(2)?;
            time.minute = digits.take(2)?;
            unit = 60;
        }
        6 => {
            time.hour = digits.take(2)?;
            time.minute = digits.take(2)?;
            time.second = digits.take(2)?;
            unit = 1;
        }
        _ => return None,
    }
    let fraction = digits
        .0
        .starts_with(['.', ',', ':'])
        .then(|| Digits(&digits.0[1..]))
        .filter(|rest| rest.count() > 0);
    if let Some(rest) = fraction {
        let count = rest.count();
        // Of seconds to a millisecond; of hours and minutes as the rare thing it is.
        time.rest = milliseconds(&rest.0[..count]) * unit;
        digits.0 = &rest.0[count..];
    }
    Some((time, digits.rest()))
}

impl Time {
    /// Takes a mark of the day's half off the beginning of `rest`.
    fn with_half(mut self, rest: &str) -> (Self, &str) {
        let trimmed = rest.trim_start();
        let letters = trimmed
            .bytes()
            .take_while(|b| b.is_ascii_alphabetic() || *b == b'.')
            .count();
        let (word, after) = trimmed.split_at(letters);
        match super::names::half(&word.replace('.', "").to_ascii_lowercase()) {
            Some(afternoon) => {
                self.set_half(afternoon);
                (self, after)
            }
            None => (self, rest),
        }
    }

    /// Turns an hour of a twelve-hour clock into one of the day.
    pub(super) fn set_half(&mut self, afternoon: bool) {
        if afternoon && self.hour < 12 {
            self.hour += 12;
        } else if !afternoon && self.hour == 12 {
            self.hour = 0;
        }
    }
}
