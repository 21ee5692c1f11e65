//! Durations as people write them: `250ms`, `90s`, `30m`, `1h30m`, `7d`, `2w`.

use super::Fault;
use std::time::Duration;

/// Units by their sign, the largest first, in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Longest duration that is read, in milliseconds: 100 years, so that no sum of durations
/// overflows.
const LONGEST: u64 = 100 * 366 * 24 * 60 * 60 * 1000;

/// Reads a duration: one or more whole numbers, each with a unit ms, s, m, h, d or w (or its
/// English name), like `30m`, `1h30m` or `2 hours`.
///
/// # Errors
/// A sentence, where the text is something else, or longer than 100 years.
pub fn parse_duration(text: &str) -> Result<Duration, Fault> {
    let wrong = || {
        Fault::new(format!(
            "'{text}' is not a duration; write a whole number and a unit ms, s, m, h, d or w, like \"30m\""
        ))
    };
    let mut rest = text.trim();
    let mut sum: u64 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit = unit_length(unit).ok_or_else(wrong)?;
        sum = number
            .checked_mul(unit)
            .and_then(|part| part.checked_add(sum))
            .filter(|sum| *sum <= LONGEST)
            .ok_or_else(|| Fault::new(format!("'{text}' is too long; 100 years are the most")))?;
        rest = tail.trim_start();
    }
    Ok(Duration::from_millis(sum))
}

fn unit_length(word: &str) -> Option<u64> {
    let sign = match word.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        _ => return None,
    };
    UNITS
        .iter()
        .find(|(known, _)| *known == sign)
        .map(|(_, length)| *length)
}

/// A duration in the same notation, in whole milliseconds, the largest units first (`1h30m`);
/// `0s` for none.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    // Weeks only where nothing is left over: "10d" reads better than "1w3d".
    let units = if rest.is_multiple_of(UNITS[0].1) {
        &UNITS[..]
    } else {
        &UNITS[1..]
    };
    let mut shown = String::new();
    for (sign, length) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            shown.push_str(&format!("{count}{sign}"));
        }
    }
    if shown.is_empty() {
        shown.push_str("0s");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("90s", 90),
            ("2000ms", 2),
            ("30m", 1800),
            ("1h30m", 5400),
            ("2 hours", 7200),
            ("1d 12h", 129_600),
            ("7D", 604_800),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for text in [
            "",
            "30",
            "m",
            "-5m",
            "1.5h",
            "5 y",
            "30m5",
            "99999999999999999999s",
        ] {
            let sentence = parse_duration(text).unwrap_err().to_string();
            assert!(sentence.contains("like \"30m\""), "{sentence}");
        }
        assert!(
            parse_duration("9999999w")
                .unwrap_err()
                .to_string()
                .contains("too long")
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(length in 0u64..LONGEST) {
            let duration = Duration::from_millis(length);
            prop_assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }
    }
}
