//! The date of RFC 5322, section 3.3, as nine of ten RSS feeds write it, to the byte:
//! `Mon, 23 Nov 2026 08:05:00 GMT` or with an offset in four figures. What deviates in anything is
//! left to the tolerant reader, which tells the same moment for these (a property test says so).

use crate::feed::Timestamp;
use chrono::{NaiveDate, TimeDelta};

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// The moment, where `text` has exactly that form.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (weekday, rest) = text.as_bytes().split_first_chunk::<3>()?;
    let &[b',', b' ', d1, d2, b' ', ref rest @ ..] = rest else {
        return None;
    };
    let (month, rest) = rest.split_first_chunk::<3>()?;
    let &[
        b' ',
        y1,
        y2,
        y3,
        y4,
        b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ',
        ref zone @ ..,
    ] = rest
    else {
        return None;
    };
    let month = MONTHS.iter().position(|known| *known == month)?;
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month + 1).ok()?,
        two(d1, d2)?,
    )?;
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    let offset = match *zone {
        [b'G', b'M', b'T'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            if hours > 14 || minutes > 59 {
                return None;
            }
            let minutes = i64::from(hours * 60 + minutes);
            if sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let local = date.and_hms_opt(hour, minute, second)?.and_utc();
    let usual = weekday.iter().all(u8::is_ascii_alphabetic)
        && super::YEARS.contains(&i32::try_from(year).ok()?);
    usual.then(|| local - TimeDelta::minutes(offset))
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}
