//! When a feed is polled, as people write it: cron, `every 30m`, or `auto`.
//!
//! Cron expressions have crontab's meaning (five fields; 0 and 7 are Sunday; steps count from the
//! start of their range) and are evaluated in UTC.

mod duration;
mod fields;

pub use duration::{parse_duration, show_duration};

use crate::feed::Timestamp;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A schedule. Cron expressions have crontab's meaning and are evaluated in UTC.
#[derive(Debug, Clone, PartialEq)]
pub enum Cadence {
    /// At the moments that a cron expression names.
    Cron(Cron),
    /// At fixed distances.
    Every(Duration),
    /// By the feed's own rate.
    Auto,
}

/// A cron expression that fires at least once.
#[derive(Clone)]
pub struct Cron {
    /// As written, with single spaces: what it is compared and shown by.
    text: String,
    schedule: Arc<cron::Schedule>,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({:?})", self.text)
    }
}

/// Why a text is no schedule or duration: one sentence that also says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(String);

impl Fault {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Longest schedule that is read, in bytes.
const MAX_LENGTH: usize = 256;

/// Shortest distance of polls that can be asked for.
const SHORTEST: Duration = Duration::from_secs(60);

/// Longest distance of polls that can be asked for.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

impl Cadence {
    /// Reads a schedule: five cron fields or a nickname like `@hourly`, `every DURATION`, or
    /// `auto`. Letters may be of either case.
    ///
    /// # Errors
    /// A sentence, where the text is none of these, or where a cron expression never fires or
    /// restricts both the day of the month and the weekday (crontab would take either, other
    /// programs take both; nobody should have to guess).
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() > MAX_LENGTH {
            return Err(Fault::new(format!(
                "a schedule of {} bytes is too long; {MAX_LENGTH} are enough for any",
                text.len()
            )));
        }
        if text.is_empty() {
            return Err(Fault::new(
                "the schedule is empty; write a cron expression like \"*/30 * * * *\", \"every 30m\" or \"auto\"",
            ));
        }
        if text == "auto" {
            return Ok(Self::Auto);
        }
        if let Some(rest) = text.strip_prefix("every")
            && !rest.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return every(rest.trim());
        }
        Cron::parse(&text).map(Self::Cron)
    }

    /// The first moment strictly after `after` at which this schedule asks for a poll: the next
    /// firing of a cron expression in UTC, or `after` and the fixed distance. `None` for `auto`,
    /// and where there is none before the year 2100.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.schedule.after(&after).next(),
            Self::Every(distance) => {
                after.checked_add_signed(chrono::Duration::from_std(*distance).ok()?)
            }
            Self::Auto => None,
        }
    }
}

impl Default for Cadence {
    /// `*/30 * * * *`.
    fn default() -> Self {
        // Parsing a constant that the tests parse too; the distance is the same in any case.
        Self::parse("*/30 * * * *").unwrap_or(Self::Every(Duration::from_secs(30 * 60)))
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(cron) => f.write_str(&cron.text),
            Self::Every(distance) => write!(f, "every {}", show_duration(*distance)),
            Self::Auto => f.write_str("auto"),
        }
    }
}

impl FromStr for Cadence {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::parse(text)
    }
}

fn every(text: &str) -> Result<Cadence, Fault> {
    let distance = parse_duration(text).map_err(|fault| {
        Fault::new(format!(
            "'every' needs a duration like \"every 30m\" or \"every 2h\": {fault}"
        ))
    })?;
    if distance < SHORTEST {
        return Err(Fault::new(format!(
            "'every {text}' is too often; one minute (\"every 1m\") is the least"
        )));
    }
    if distance > LONGEST {
        return Err(Fault::new(format!(
            "'every {text}' is too rare; a year (\"every 366d\") is the most"
        )));
    }
    Ok(Cadence::Every(distance))
}

impl Cron {
    /// Reads lower-case text.
    fn parse(text: &str) -> Result<Self, Fault> {
        let expression = if text.starts_with('@') {
            fields::nickname(text)?
        } else {
            text
        };
        let fields = fields::Fields::parse(expression)?;
        let never = || {
            Fault::new(format!(
                "'{text}' never fires, since none of its months has such a day; choose a day that exists"
            ))
        };
        // The values are lists of known numbers and names by now, so this cannot fail.
        let schedule = cron::Schedule::from_str(&fields.to_quartz()).map_err(|_| never())?;
        schedule
            .after(&Timestamp::UNIX_EPOCH)
            .next()
            .ok_or_else(never)?;
        Ok(Self {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            schedule: Arc::new(schedule),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, TimeZone, Timelike, Utc};
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn next(expression: &str, after: &str) -> String {
        Cadence::parse(expression)
            .unwrap()
            .next_after(at(after))
            .unwrap()
            .format("%a %Y-%m-%d %H:%M:%S")
            .to_string()
    }

    fn fault(text: &str) -> String {
        Cadence::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn cron_has_the_meaning_of_crontab() {
        let monday = "2026-11-23T10:07:30Z";
        for (expression, expected) in [
            ("*/15 * * * *", "Mon 2026-11-23 10:15:00"),
            ("7 * * * *", "Mon 2026-11-23 11:07:00"),
            ("0 0 * * 0", "Sun 2026-11-29 00:00:00"),
            ("0 0 * * 7", "Sun 2026-11-29 00:00:00"),
            ("0 0 * * 1", "Mon 2026-11-30 00:00:00"),
            ("0 0 * * sun", "Sun 2026-11-29 00:00:00"),
            ("0 0 * * 5-7", "Fri 2026-11-27 00:00:00"),
            ("0 0 * * 6-7", "Sat 2026-11-28 00:00:00"),
            ("0 0 * * sat-sun", "Sat 2026-11-28 00:00:00"),
            ("0 0 * * 0-2/2", "Tue 2026-11-24 00:00:00"),
            ("0 0 * * 4,7", "Thu 2026-11-26 00:00:00"),
            ("30 6 1 * *", "Tue 2026-12-01 06:30:00"),
            ("0 0 29 2 *", "Tue 2028-02-29 00:00:00"),
            ("0 12 * JAN,mar mon-FRI", "Fri 2027-01-01 12:00:00"),
            ("5/20 * * * *", "Mon 2026-11-23 10:25:00"),
            ("@hourly", "Mon 2026-11-23 11:00:00"),
            ("@daily", "Tue 2026-11-24 00:00:00"),
            ("@weekly", "Sun 2026-11-29 00:00:00"),
            ("0  0 \t* * *", "Tue 2026-11-24 00:00:00"),
        ] {
            assert_eq!(next(expression, monday), expected, "{expression}");
        }
    }

    #[test]
    fn a_firing_is_strictly_later() {
        assert_eq!(
            next("*/15 * * * *", "2026-11-23T10:15:00Z"),
            "Mon 2026-11-23 10:30:00"
        );
    }

    #[test]
    fn every_and_auto() {
        assert_eq!(
            Cadence::parse("every 90m").unwrap(),
            Cadence::Every(Duration::from_secs(5400))
        );
        assert_eq!(
            Cadence::parse("Every 2h"),
            Cadence::parse("every 120 minutes")
        );
        assert_eq!(
            next("every 30m", "2026-11-23T10:07:30Z"),
            "Mon 2026-11-23 10:37:30"
        );
        let auto = Cadence::parse(" AUTO ").unwrap();
        assert_eq!(auto, Cadence::Auto);
        assert_eq!(auto.next_after(at("2026-11-23T10:07:30Z")), None);
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for text in [
            "*/30 * * * *",
            "every 30m",
            "every 1w",
            "every 1h30m",
            "auto",
            "@daily",
        ] {
            let cadence = Cadence::parse(text).unwrap();
            assert_eq!(cadence.to_string(), text);
            assert_eq!(Cadence::parse(&cadence.to_string()), Ok(cadence));
        }
        assert_eq!(Cadence::default().to_string(), "*/30 * * * *");
    }

    #[test]
    fn faults_say_what_would_be_right() {
        for (text, part) in [
            ("", "is empty"),
            ("every", "like \"every 30m\""),
            ("every 20s", "\"every 1m\""),
            ("every 500d", "\"every 366d\""),
            ("every 5x", "'5x'"),
            ("hourly", "\"@hourly\""),
            ("* * * *", "has 4 fields"),
            ("0 */5 * * * *", "without seconds"),
            ("60 * * * *", "minute is 0 to 59"),
            ("* 24 * * *", "hour is 0 to 23"),
            ("* * 0 * *", "day of the month is 1 to 31"),
            ("* * * 13 *", "month is 1 to 12"),
            ("* * * * 8", "weekday is 0 to 7"),
            ("* * * * mo", "mon"),
            ("*/0 * * * *", "step"),
            ("30-10 * * * *", "30-59,0-10"),
            ("0 22-6 * * *", "22-23,0-6"),
            ("0 0 30 2 *", "never fires"),
            ("0 0 13 * fri", "both"),
            ("@reboot", "@hourly"),
            (",1 * * * *", "','"),
            ("L * * * *", "'l'"),
        ] {
            let sentence = fault(text);
            assert!(sentence.contains(part), "{text}: {sentence}");
            assert!(!sentence.contains('\n'));
        }
        assert!(fault(&"1,".repeat(200)).contains("too long"));
    }

    /// What crontab(5) says of one field, written as plainly as possible.
    fn allows(list: &[u32], value: u32) -> bool {
        list.contains(&value)
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,60}") {
            let _ = Cadence::parse(&text);
        }

        #[test]
        fn parsing_near_schedules_never_panics(text in "(every )?[0-9*/,@ a-z-]{0,40}") {
            let _ = Cadence::parse(&text);
        }

        #[test]
        fn firings_match_their_fields_and_none_is_skipped(
            minutes in prop::collection::btree_set(0u32..60, 1..4),
            hours in prop::collection::btree_set(0u32..24, 1..4),
            weekdays in prop::collection::btree_set(0u32..8, 1..3),
            seconds in 0i64..4_000_000_000,
        ) {
            let minutes: Vec<u32> = minutes.into_iter().collect();
            let hours: Vec<u32> = hours.into_iter().collect();
            let list = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let days: Vec<u32> = weekdays.into_iter().collect();
            let text = format!("{} {} * * {}", list(&minutes), list(&hours), list(&days));
            let cadence = Cadence::parse(&text).unwrap();
            let after = Utc.timestamp_opt(seconds, 0).unwrap();
            let fires = |t: Timestamp| {
                allows(&minutes, t.minute())
                    && allows(&hours, t.hour())
                    && days.iter().any(|d| d % 7 == t.weekday().num_days_from_sunday())
            };
            let next = cadence.next_after(after).unwrap();
            prop_assert!(next > after);
            prop_assert!(fires(next) && next.second() == 0, "{next}");
            // Every minute between is not named by the expression.
            let mut minute = after.with_second(0).unwrap() + chrono::Duration::minutes(1);
            while minute < next {
                prop_assert!(!fires(minute), "{minute} was skipped");
                minute += chrono::Duration::minutes(1);
            }
        }
    }
}
