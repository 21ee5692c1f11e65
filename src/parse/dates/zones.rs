//! Time zones: offsets, and the names that people write instead.

/// Names and their offsets in minutes east of Greenwich. Where a name has several meanings, the one
/// of North America or Europe counts; the single letters are RFC 822's, signs included.
const NAMES: &[(&str, i32)] = &[
    ("a", -60),
    ("acdt", 630),
    ("acst", 570),
    ("adt", -180),
    ("aedt", 660),
    ("aest", 600),
    ("akdt", -480),
    ("akst", -540),
    ("art", -180),
    ("ast", -240),
    ("at", -240),
    ("awst", 480),
    ("b", -120),
    ("brst", -120),
    ("brt", -180),
    ("bst", 60),
    ("c", -180),
    ("cat", 120),
    ("cdt", -300),
    ("cest", 120),
    ("cet", 60),
    ("clst", -180),
    ("clt", -240),
    ("cst", -360),
    ("ct", -360),
    ("d", -240),
    ("e", -300),
    ("eat", 180),
    ("edt", -240),
    ("eest", 180),
    ("eet", 120),
    ("est", -300),
    ("et", -300),
    ("f", -360),
    ("g", -420),
    ("gmt", 0),
    ("h", -480),
    ("hadt", -540),
    ("hast", -600),
    ("hkt", 480),
    ("hst", -600),
    ("i", -540),
    ("ict", 420),
    ("idt", 180),
    ("irst", 210),
    ("ist", 330),
    ("jst", 540),
    ("k", -600),
    ("kst", 540),
    ("l", -660),
    ("m", -720),
    ("mdt", -360),
    ("mest", 120),
    ("met", 60),
    ("mez", 60),
    ("mesz", 120),
    ("msd", 240),
    ("msk", 180),
    ("mst", -420),
    ("mt", -420),
    ("myt", 480),
    ("n", 60),
    ("ndt", -150),
    ("npt", 345),
    ("nst", -210),
    ("nzdt", 780),
    ("nzst", 720),
    ("o", 120),
    ("p", 180),
    ("pdt", -420),
    ("pht", 480),
    ("pkt", 300),
    ("pst", -480),
    ("pt", -480),
    ("q", 240),
    ("r", 300),
    ("s", 360),
    ("sast", 120),
    ("sgt", 480),
    ("sst", -660),
    ("t", 420),
    ("trt", 180),
    ("u", 480),
    ("ut", 0),
    ("utc", 0),
    ("v", 540),
    ("w", 600),
    ("wat", 60),
    ("west", 60),
    ("wet", 0),
    ("wib", 420),
    ("wit", 540),
    ("wita", 480),
    ("x", 660),
    ("y", 720),
    ("z", 0),
];

/// The offset of the zone `name` (lower case).
pub(super) fn named(name: &str) -> Option<i32> {
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, offset)| *offset)
}

/// The offset in minutes that `text`, all that follows a time, tells: nothing is UTC, names that
/// nobody knows are UTC too, an offset in figures outranks a name beside it. `None` where it is no
/// zone at all.
pub(super) fn offset(text: &str) -> Option<i32> {
    let mut text = text.trim();
    // A comment (RFC 822) only repeats the zone in words.
    if let Some(at) = text.find('(') {
        text = text[..at].trim_end();
    }
    let mut by_name = None;
    while let Some(first) = text.chars().next() {
        if first.is_whitespace() || matches!(first, ',' | ';' | '/' | '.' | '[' | ']') {
            text = &text[first.len_utf8()..];
        } else if matches!(first, '+' | '-' | '\u{2212}' | '\u{2013}') {
            let east = first == '+';
            let (minutes, _) = figures(&text[first.len_utf8()..])?;
            return Some(if east { minutes } else { -minutes });
        } else if first.is_alphabetic() {
            let end = text
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(text.len());
            // `GMT5` is `GMT+5`, `EST5EDT` is `EST`.
            let letters = text[..end]
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(end);
            if by_name.is_none() {
                by_name = named(&text[..letters].to_lowercase());
            }
            text = &text[end..];
        } else {
            // `+01:00` that lost its sign on the way, as `+` does in an address.
            let (minutes, length) = figures(text)?;
            return (text.len() == length && text.contains(':')).then_some(minutes);
        }
    }
    Some(by_name.unwrap_or(0))
}

/// The minutes of an offset without its sign (`5`, `05`, `0530`, `530`, `05:30`, `5:30`), and how
/// many bytes it takes.
pub(super) fn figures(text: &str) -> Option<(i32, usize)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = &text[..count];
    let (hours, minutes, taken) = match count {
        1 | 2 => {
            let minutes = text[count..]
                .strip_prefix(':')
                .filter(|rest| rest.bytes().take_while(u8::is_ascii_digit).count() >= 2);
            match minutes {
                Some(minutes) => (digits, &minutes[..2], count + 3),
                None if text[count..].starts_with(':') => return None,
                None => (digits, "0", count),
            }
        }
        3 => (&digits[..1], &digits[1..], 3),
        4 => (&digits[..2], &digits[2..], 4),
        // With seconds, always zero.
        6 => (&digits[..2], &digits[2..4], 6),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes < 60).then_some((hours * 60 + minutes, taken))
}
