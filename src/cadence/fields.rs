//! The five fields of a cron expression, read into plain sets of numbers.

use super::Fault;

/// A field's name, range and names of values.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names in order, the first one stands for `first_name`.
    names: &'static [&'static str],
    first_name: u32,
}

const MINUTE: Field = Field {
    name: "minute",
    least: 0,
    most: 59,
    names: &[],
    first_name: 0,
};
const HOUR: Field = Field {
    name: "hour",
    least: 0,
    most: 23,
    names: &[],
    first_name: 0,
};
const DAY: Field = Field {
    name: "day of the month",
    least: 1,
    most: 31,
    names: &[],
    first_name: 0,
};
const MONTH: Field = Field {
    name: "month",
    least: 1,
    most: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
    first_name: 1,
};
const WEEKDAY: Field = Field {
    name: "weekday",
    least: 0,
    most: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    first_name: 0,
};

/// The parsed fields: bit sets, bit n is the value n; Sunday is 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// The expression that a nickname stands for.
pub(super) fn nickname(text: &str) -> Result<&'static str, Fault> {
    Ok(match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        other => {
            return Err(Fault::new(format!(
                "'{other}' is not known; there are @hourly, @daily, @weekly, @monthly and @yearly"
            )));
        }
    })
}

impl Fields {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = words[..] else {
            return Err(wrong_count(text, words.len()));
        };
        let fields = Self {
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            days: DAY.parse(day)?,
            months: MONTH.parse(month)?,
            weekdays: WEEKDAY.parse(weekday)?,
        };
        if fields.days != DAY.every() && fields.weekdays != WEEKDAY.every() {
            return Err(Fault::new(format!(
                "'{text}' restricts both the day of the month and the weekday, which programs read in two ways; leave one of them '*'"
            )));
        }
        Ok(fields)
    }

    /// The same in the notation of the `cron` crate: seconds first, weekdays by name since it
    /// counts them from 1.
    pub(super) fn to_quartz(&self) -> String {
        let weekdays: Vec<&str> = (0..7)
            .filter(|day| self.weekdays >> day & 1 == 1)
            .map(|day| WEEKDAY.names[day])
            .collect();
        format!(
            "0 {} {} {} {} {}",
            MINUTE.list(self.minutes),
            HOUR.list(self.hours),
            DAY.list(self.days),
            MONTH.list(self.months),
            if weekdays.len() == 7 {
                "*".to_owned()
            } else {
                weekdays.join(",")
            }
        )
    }
}

fn wrong_count(text: &str, count: usize) -> Fault {
    Fault::new(match count {
        1 => format!(
            "'{text}' is not a schedule; write a cron expression like \"*/30 * * * *\" or \"@hourly\", \"every 30m\" or \"auto\""
        ),
        6 | 7 => format!(
            "'{text}' has {count} fields; a schedule has 5, without seconds and years: minute, hour, day of the month, month, weekday"
        ),
        _ => format!(
            "'{text}' has {count} fields; a schedule has 5: minute, hour, day of the month, month, weekday"
        ),
    })
}

impl Field {
    /// The set of all values.
    fn every(&self) -> u64 {
        (self.least..=self.last())
            .map(|value| self.bit(value))
            .fold(0, |set, bit| set | bit)
    }

    /// The last value of `*`: weekday 7 is Sunday again.
    fn last(&self) -> u32 {
        if self.most == 7 { 6 } else { self.most }
    }

    fn bit(&self, value: u32) -> u64 {
        1 << if self.most == 7 { value % 7 } else { value }
    }

    fn list(&self, set: u64) -> String {
        if set == self.every() {
            return "*".to_owned();
        }
        (self.least..=self.most)
            .filter(|value| set >> value & 1 == 1)
            .map(|value| value.to_string())
            .collect::<Vec<_>>()
            .join(",")
    }

    fn parse(&self, text: &str) -> Result<u64, Fault> {
        let mut set = 0;
        for part in text.split(',') {
            if part.is_empty() {
                return Err(Fault::new(format!(
                    "the {} '{text}' has nothing before or after a ','; write values like \"1,15\"",
                    self.name
                )));
            }
            set |= self.part(part)?;
        }
        Ok(set)
    }

    /// `*`, `a`, `a-b`, each with an optional `/step`.
    fn part(&self, text: &str) -> Result<u64, Fault> {
        let (range, step) = match text.split_once('/') {
            None => (text, None),
            Some((range, step)) => (range, Some(self.step(text, step)?)),
        };
        let (first, last) = if range == "*" {
            (self.least, self.last())
        } else if let Some((first, last)) = range.split_once('-') {
            let first = self.value(first)?;
            let mut end = self.value(last)?;
            // "sat-sun": Sunday ends a week as well as it begins one.
            if last == "sun" && first > 0 {
                end = 7;
            }
            if end < first {
                return Err(self.backwards(range, first, end));
            }
            (first, end)
        } else {
            let first = self.value(range)?;
            (
                first,
                if step.is_some() {
                    self.last().max(first)
                } else {
                    first
                },
            )
        };
        Ok((first..=last)
            .step_by(step.unwrap_or(1))
            .fold(0, |set, value| set | self.bit(value)))
    }

    fn step(&self, part: &str, step: &str) -> Result<usize, Fault> {
        match step.parse() {
            Ok(step @ 1..=60) => Ok(step),
            _ => Err(Fault::new(format!(
                "the step of '{part}' in the {} is not a number from 1 to 60; write it like \"*/15\"",
                self.name
            ))),
        }
    }

    fn backwards(&self, range: &str, first: u32, last: u32) -> Fault {
        let range_of = |from: u32, to: u32| {
            if from == to {
                from.to_string()
            } else {
                format!("{from}-{to}")
            }
        };
        Fault::new(format!(
            "the range '{range}' of the {} runs backwards; write \"{},{}\"",
            self.name,
            range_of(first, self.last().max(first)),
            range_of(self.least, last)
        ))
    }

    fn value(&self, text: &str) -> Result<u32, Fault> {
        if let Some(index) = self.names.iter().position(|name| *name == text) {
            // At most twelve names, so the index fits.
            return Ok(self.first_name + u32::try_from(index).unwrap_or_default());
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(value) if digits && (self.least..=self.most).contains(&value) => Ok(value),
            _ => Err(Fault::new(format!(
                "'{text}' is no {}; the {} is {} to {}{}",
                self.name,
                self.name,
                self.least,
                self.most,
                match (self.names.first(), self.names.last()) {
                    (Some(first), Some(last)) =>
                        format!(" or a name from {first} to {last}, like {}", self.names[1]),
                    _ => String::new(),
                }
            ))),
        }
    }
}
