//! Lengths of time as people say them.

use chrono::TimeDelta;

/// A length of time as people say it, in its largest unit.
pub(super) fn span(time: TimeDelta) -> String {
    let minutes = time.num_minutes().max(0);
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / (24 * 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        for (minutes, text) in [
            (-5, "less than a minute"),
            (0, "less than a minute"),
            (59, "59 min"),
            (60, "1 h"),
            (47 * 60, "47 h"),
            (48 * 60, "2 days"),
        ] {
            assert_eq!(span(TimeDelta::minutes(minutes)), text);
        }
    }
}
