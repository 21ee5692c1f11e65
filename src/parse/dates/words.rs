//! Dates in words: a day, a month and a year in any order, a time, a zone, and what people put
//! between them.

use super::names::{fold, half, is_noise, month};
use super::{Time, milliseconds, moment, year, zones};
use crate::feed::Timestamp;
use chrono::{NaiveDate, TimeDelta};

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Digits: their value and how many they are.
    Number(u32, usize),
    /// Letters, folded.
    Word(String),
    /// Anything else but white space.
    Sign(char),
}

use Piece::{Number, Sign, Word};

/// Offset of Korea in minutes: its old weblog services leave it out.
const KOREA: i32 = 540;

/// Most pieces of a date.
const MAX_PIECES: usize = 48;

/// The moment that `text` tells.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let folded = fold(text);
    let pieces = split(&without_comments(&folded))?;
    let korean =
        folded.contains(['년', '월', '일']) || folded.contains("오전") || folded.contains("오후");
    let (time, before, after) = match find_time(&pieces)? {
        Some((time, start, end)) => (time, &pieces[..start], &pieces[end..]),
        None => (Time::default(), &pieces[..], &pieces[..0]),
    };
    let dated = |pieces: &[Piece]| pieces.iter().any(|piece| matches!(piece, Number(..)));
    let (offset, date) = if dated(before) || !dated(after) {
        let (offset, late_year) = read_after(after)?;
        (offset, read_date(before, late_year)?)
    } else {
        // The time comes first; a zone then stands between.
        let named = after.iter().find_map(|piece| match piece {
            Word(word) if month(word).is_none() => zones::named(word).filter(|_| word.len() > 1),
            _ => None,
        });
        (named, read_date(after, None)?)
    };
    let offset = offset.unwrap_or(if korean { KOREA } else { 0 });
    moment(date, time, offset)
}

/// `text` without what stands in parentheses: weekdays in Japanese, zones in RFC 822.
fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter_map(|c| match c {
            '(' | '（' => {
                depth += 1;
                None
            }
            ')' | '）' => {
                depth = depth.saturating_sub(1);
                Some(' ')
            }
            c => (depth == 0).then_some(c),
        })
        .collect()
}

fn split(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if pieces.len() == MAX_PIECES {
            return None;
        }
        let length = if first.is_ascii_digit() {
            let count = rest.bytes().take_while(u8::is_ascii_digit).count();
            pieces.push(Number(rest[..count].parse().ok()?, count));
            count
        } else if first.is_alphabetic() {
            let mut end = rest
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len());
            // `a.m.`, `p. m.`, `π.μ.`: the halves of the day are written with dots.
            if let Some((word, length)) = dotted_half(rest) {
                pieces.push(Word(word));
                end = length;
            } else if is_unit(first) && matches!(pieces.last(), Some(Number(..))) {
                // `2日午後`: nothing separates them.
                pieces.push(Word(first.to_string()));
                end = first.len_utf8();
            } else {
                pieces.push(Word(rest[..end].to_owned()));
            }
            end
        } else {
            if first != ' ' {
                pieces.push(Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    Some(pieces)
}

/// What follows a number in dates and times of East Asia.
fn is_unit(c: char) -> bool {
    matches!(
        c,
        '年' | '月'
            | '日'
            | '時'
            | '时'
            | '分'
            | '秒'
            | '点'
            | '點'
            | '년'
            | '월'
            | '일'
            | '시'
            | '분'
            | '초'
    )
}

/// `a.m.` and its like at the beginning of `text`: the two letters and the length of all.
fn dotted_half(text: &str) -> Option<(String, usize)> {
    let mut chars = text.char_indices().filter(|(_, c)| *c != ' ');
    let (_, first) = chars.next()?;
    let (_, dot) = chars.next()?;
    let (at, second) = chars.next()?;
    let word: String = [first, second].into_iter().collect();
    if dot != '.' || half(&word).is_none() {
        return None;
    }
    let end = at + second.len_utf8();
    let follows = text[end..].chars().next();
    if follows.is_some_and(char::is_alphabetic) {
        return None;
    }
    Some((word, end + usize::from(follows == Some('.'))))
}

/// The time among the pieces and where it stands; `Some(None)` where there is none, `None` where
/// there is something that should be one.
#[allow(clippy::type_complexity)]
fn find_time(pieces: &[Piece]) -> Option<Option<(Time, usize, usize)>> {
    for (start, piece) in pieces.iter().enumerate() {
        let &Number(hour, 1..=2) = piece else {
            continue;
        };
        let mut time = Time {
            hour,
            ..Time::default()
        };
        let mut at = start + 1;
        let mut marked = None;
        match (pieces.get(at), pieces.get(at + 1)) {
            (Some(Sign(':')), Some(&Number(minute, 1..=2))) => {
                time.minute = minute;
                at += 2;
                if let (Some(Sign(':')), Some(next)) = (pieces.get(at), pieces.get(at + 1)) {
                    let &Number(second, 1..=2) = next else {
                        return None;
                    };
                    time.second = second;
                    at += 2;
                    if let (Some(Sign('.' | ',' | ':')), Some(&Number(value, count))) =
                        (pieces.get(at), pieces.get(at + 1))
                        && !(pieces.get(at) == Some(&Sign(',')) && count == 4)
                    {
                        time.rest = fraction(value, count);
                        at += 2;
                    }
                } else if pieces.get(at) == Some(&Sign(':')) {
                    at += 1;
                }
            }
            (Some(Sign(':')), _) => return None,
            // `23. November 2026 8.05`, `23.11.2026 08.05.30`.
            (Some(Sign('.')), Some(&Number(minute, 2))) if is_dated(&pieces[..start]) => {
                time.minute = minute;
                at += 2;
                if let (Some(Sign('.')), Some(&Number(second, 2))) =
                    (pieces.get(at), pieces.get(at + 1))
                {
                    time.second = second;
                    at += 2;
                }
            }
            // `16 h 29`, `16時29分`.
            (Some(Word(unit)), next) if is_hour(unit) => {
                at += 1;
                if let Some(&Number(minute, 1..=2)) = next {
                    time.minute = minute;
                    at += 1;
                    if matches!(pieces.get(at), Some(Word(unit)) if is_minute(unit)) {
                        at += 1;
                        if let (Some(&Number(second, 1..=2)), Some(Word(unit))) =
                            (pieces.get(at), pieces.get(at + 1))
                            && matches!(unit.as_str(), "秒" | "초" | "s" | "sec")
                        {
                            time.second = second;
                            at += 2;
                        }
                    }
                }
            }
            // `4 pm`
            (Some(Word(word)), next)
                if half(word).is_some()
                    && (word.is_ascii() || !matches!(next, Some(Number(..)))) =>
            {
                marked = half(word);
            }
            _ => continue,
        }
        let mut start = start;
        if let Some(Word(word)) = pieces.get(at)
            && let Some(afternoon) = half(word)
        {
            marked = Some(afternoon);
            at += 1;
        } else if let Some(Word(word)) = start.checked_sub(1).and_then(|at| pieces.get(at))
            && let Some(afternoon) = half(word)
            // `am` before an hour is German.
            && word != "am"
        {
            marked = Some(afternoon);
            start -= 1;
        }
        if let Some(afternoon) = marked {
            if time.hour > 12 && !afternoon {
                return None;
            }
            time.set_half(afternoon);
        }
        return Some(Some((time, start, at)));
    }
    // `zz:47` is no time, and what it stands in is no date.
    if pieces.contains(&Sign(':')) {
        return None;
    }
    Some(None)
}

/// Whether the pieces hold a whole date that a full stop behind them does not go on with: day,
/// month and year of four figures.
fn is_dated(pieces: &[Piece]) -> bool {
    let parts = pieces.iter().filter(|piece| match piece {
        Number(..) => true,
        Word(word) => month(word).is_some(),
        Sign(_) => false,
    });
    parts.count() == 3
        && pieces.iter().any(|piece| matches!(piece, Number(_, 4)))
        && !matches!(pieces.last(), Some(Sign('.' | '-' | '/')))
}

fn fraction(value: u32, count: usize) -> TimeDelta {
    milliseconds(&format!("{value:0count$}"))
}

fn is_hour(unit: &str) -> bool {
    matches!(unit, "h" | "時" | "时" | "시" | "点" | "點")
}

fn is_minute(unit: &str) -> bool {
    matches!(unit, "分" | "분" | "m" | "min")
}

/// What follows the time: a zone, and the year in `asctime`.
#[allow(clippy::type_complexity)]
fn read_after(pieces: &[Piece]) -> Option<(Option<i32>, Option<i32>)> {
    let mut by_name = None;
    let mut by_figures = None;
    let mut late_year = None;
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        at += 1;
        match piece {
            Sign('+' | '-') => {
                let Some(&Number(value, count)) = pieces.get(at) else {
                    // A stray hyphen is forgiven, `-zz:00` is not.
                    if pieces.get(at).is_some() {
                        return None;
                    }
                    continue;
                };
                at += 1;
                let mut text = format!("{value:0count$}");
                if count <= 2
                    && let (Some(Sign(':')), Some(&Number(minutes, 2))) =
                        (pieces.get(at), pieces.get(at + 1))
                {
                    text.push_str(&format!(":{minutes:02}"));
                    at += 2;
                }
                let (minutes, _) = zones::figures(&text)?;
                let east = *piece == Sign('+');
                by_figures = by_figures.or(Some(if east { minutes } else { -minutes }));
            }
            &Number(value, 4) if late_year.is_none() => late_year = Some(year(value, 4)?),
            &Number(..) => return None,
            Word(word) => {
                // `16:29 h` is no zone.
                if by_name.is_none() && word != "h" {
                    by_name = zones::named(word);
                }
            }
            Sign(',' | '.' | ';' | '/' | '[' | ']' | '_' | ':') => {}
            Sign(_) => return None,
        }
    }
    Some((by_figures.or(by_name), late_year))
}

/// The date that stands before the time.
fn read_date(pieces: &[Piece], late_year: Option<i32>) -> Option<NaiveDate> {
    let mut numbers: Vec<(u32, usize)> = Vec::new();
    let mut named: Option<(u32, usize)> = None;
    let mut separator = None;
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        at += 1;
        match piece {
            &Number(value, count) => {
                // `1月`, `2004年`, `2日`
                if let Some(Word(unit)) = pieces.get(at) {
                    match unit.chars().next() {
                        Some('月' | '월') => {
                            at += 1;
                            named = Some((value, numbers.len()));
                            continue;
                        }
                        Some('年' | '년' | '日' | '일') => at += 1,
                        _ => {}
                    }
                }
                numbers.push((value, count));
                if numbers.len() > 3 {
                    return None;
                }
            }
            Word(word) => {
                if let Some(month) = month(word) {
                    // A weekday may look like a month: the last one counts.
                    named = Some((month, numbers.len()));
                } else if (!numbers.is_empty() || named.is_some())
                    && !is_noise(word)
                    && (word.len() < 2 || zones::named(word).is_none())
                {
                    return None;
                }
            }
            Sign(sign @ ('/' | '.' | '-')) if numbers.len() == 1 => {
                separator = separator.or(Some(*sign));
            }
            Sign('/' | '.' | '-' | ',' | ';' | '\'' | '|' | '’' | 'º' | 'ª' | '°') => {}
            Sign(_) => return None,
        }
    }
    let (year, month, day) = match (named, numbers.as_slice(), late_year) {
        // Sun Jan 4 (16:29:06) 2004
        (Some((month, _)), &[(day, 1..=2)], Some(year)) => (year, month, day),
        // January 2004
        (Some((month, _)), &[(value, 4)], None) => (year(value, 4)?, month, 1),
        // 2004-Jan-04, 2004年1月2日
        (Some((month, _)), &[(value, 4), (day, 1..=2)], None) => (year(value, 4)?, month, day),
        // 4 Jan 2004, Jan 4, 2004, 4 Jan 04
        (Some((month, _)), &[(day, 1..=2), (value, count)], None) => {
            (year(value, count)?, month, day)
        }
        (None, &[(first, first_count), (second, 1..=2), (third, third_count)], None) => numeric(
            (first, first_count),
            second,
            (third, third_count),
            separator,
        )?,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month, day)
}

/// Year, month and day of a date in figures. With slashes the month comes first, unless it cannot
/// be one; with dots or hyphens the day.
fn numeric(
    first: (u32, usize),
    second: u32,
    third: (u32, usize),
    separator: Option<char>,
) -> Option<(i32, u32, u32)> {
    if first.1 == 4 {
        return Some((year(first.0, 4)?, second, third.0));
    }
    let year = year(third.0, third.1)?;
    let month_first = match separator? {
        '/' => first.0 <= 12,
        _ => second > 12,
    };
    Some(if month_first {
        (year, first.0, second)
    } else {
        (year, second, first.0)
    })
}
