//! Reading values out of a TOML table while noting everything that is wrong with them.

use super::problem::{Problem, nearest};
use super::size;
use crate::cadence::parse_duration;
use crate::text::without_controls;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
pub(super) type Value<'a> = &'a Spanned<DeValue<'a>>;

/// Everything that is found wrong, and every key that was asked for.
#[derive(Default)]
pub(super) struct Findings {
    line_starts: Vec<usize>,
    problems: Vec<Problem>,
    /// Section and key of what was asked for: the keys that there are.
    known: BTreeSet<(&'static str, &'static str)>,
    /// Section, key and byte of what nobody asked for.
    unknown: Vec<(&'static str, String, usize)>,
}

impl Findings {
    pub(super) fn of(text: &str) -> Self {
        Self {
            line_starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
            ..Self::default()
        }
    }

    /// Notes a problem at a byte of the file.
    pub(super) fn note(
        &mut self,
        at: usize,
        key: impl Into<String>,
        wrong: impl AsRef<str>,
        right: impl AsRef<str>,
    ) {
        self.problems.push(Problem {
            line: self
                .line_starts
                .partition_point(|start| *start <= at)
                .max(1),
            key: without_controls(&key.into()),
            wrong: without_controls(wrong.as_ref()),
            right: without_controls(right.as_ref()),
        });
    }

    pub(super) fn known(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.known.iter().copied()
    }

    /// All problems by line, with those about unknown keys.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        for (section, key, at) in std::mem::take(&mut self.unknown) {
            let here: Vec<&str> = self
                .known
                .iter()
                .filter(|(known_in, _)| *known_in == section)
                .map(|(_, key)| *key)
                .collect();
            let elsewhere = self
                .known
                .iter()
                .find(|(known_in, known)| *known == key && !known_in.is_empty());
            let right = if let Some(near) = nearest(&key, here.iter().copied()) {
                format!("did you mean '{near}'?")
            } else if let Some((other, _)) = elsewhere {
                format!("it belongs to {}", shown_section(other))
            } else {
                format!("there are {}", here.join(", "))
            };
            let place = if section.is_empty() {
                "at the top of the file".to_owned()
            } else {
                format!("in {}", shown_section(section))
            };
            let shown: String = key.chars().take(64).collect();
            self.note(
                at,
                qualified(section, &shown),
                format!("there is no key '{shown}' {place}"),
                right,
            );
        }
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}

fn shown_section(section: &str) -> String {
    match section {
        "feeds" | "views" => format!("[[{section}]]"),
        _ => format!("[{section}]"),
    }
}

pub(super) fn qualified(section: &str, key: &str) -> String {
    if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    }
}

/// One table of the file. Reading a key makes it known; [`Keys::finish`] reports the others.
pub(super) struct Keys<'a> {
    section: &'static str,
    table: Option<&'a DeTable<'a>>,
    /// The byte where the table stands.
    pub(super) at: usize,
    asked: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(section: &'static str, table: Option<&'a DeTable<'a>>, at: usize) -> Self {
        Self {
            section,
            table,
            at,
            asked: Vec::new(),
        }
    }

    /// The key with its section.
    pub(super) fn path(&self, key: &str) -> String {
        qualified(self.section, key)
    }

    /// The raw value of a key.
    pub(super) fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.asked.push(key);
        self.table.and_then(|table| table.get(key))
    }

    /// Notes every key that was not asked for.
    pub(super) fn finish(self, findings: &mut Findings) {
        findings
            .known
            .extend(self.asked.iter().map(|key| (self.section, *key)));
        let Some(table) = self.table else { return };
        for (key, _) in table.iter() {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                findings
                    .unknown
                    .push((self.section, name.to_owned(), key.span().start));
            }
        }
    }

    fn wrong_type(
        &self,
        key: &str,
        value: Value<'_>,
        right: impl AsRef<str>,
        findings: &mut Findings,
    ) {
        findings.note(
            value.span().start,
            self.path(key),
            format!("this is {}", kind(value.get_ref())),
            right,
        );
    }

    /// Notes what is wrong with the value of `key`.
    pub(super) fn note(
        &self,
        key: &str,
        value: Value<'_>,
        wrong: impl AsRef<str>,
        right: impl AsRef<str>,
        findings: &mut Findings,
    ) {
        findings.note(value.span().start, self.path(key), wrong, right);
    }

    /// A string that is not blank; `example` says what would be right.
    pub(super) fn string(
        &mut self,
        key: &'static str,
        example: &str,
        findings: &mut Findings,
    ) -> Option<(&'a str, Value<'a>)> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some((text, value)),
            Some(_) => {
                self.note(
                    key,
                    value,
                    "this is empty",
                    format!("write a string like \"{example}\""),
                    findings,
                );
                None
            }
            None => {
                self.wrong_type(
                    key,
                    value,
                    format!("write a string like \"{example}\""),
                    findings,
                );
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str, findings: &mut Findings) -> Option<bool> {
        let value = self.value(key)?;
        let read = value.get_ref().as_bool();
        if read.is_none() {
            self.wrong_type(key, value, "write true or false, without quotes", findings);
        }
        read
    }

    /// A whole number in `range`.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        findings: &mut Findings,
    ) -> Option<i64> {
        let value = self.value(key)?;
        let right = format!(
            "write a whole number from {} to {}, without quotes",
            range.start(),
            range.end()
        );
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, right, findings);
            return None;
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                self.note(
                    key,
                    value,
                    format!("{integer} is out of range"),
                    right,
                    findings,
                );
                None
            }
        }
    }

    /// A duration in `range`, like `"30m"`.
    pub(super) fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        findings: &mut Findings,
    ) -> Option<Duration> {
        use crate::cadence::show_duration as show;
        let value = self.value(key)?;
        let example = "write a duration like \"30s\", \"10m\" or \"7d\", in quotes";
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, example, findings);
            return None;
        };
        match parse_duration(text) {
            Ok(duration) if range.contains(&duration) => Some(duration),
            Ok(_) => {
                let right = format!(
                    "it may be from {} to {}",
                    show(*range.start()),
                    show(*range.end())
                );
                self.note(
                    key,
                    value,
                    format!("'{text}' is out of range"),
                    right,
                    findings,
                );
                None
            }
            Err(fault) => {
                self.note(key, value, fault.to_string(), "", findings);
                None
            }
        }
    }

    /// A size in bytes in `range`, like `"10MiB"`, or a whole number of bytes.
    pub(super) fn size(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        findings: &mut Findings,
    ) -> Option<u64> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(integer) => integer.to_string(),
            _ => {
                self.wrong_type(key, value, "write a size like \"10MiB\"", findings);
                return None;
            }
        };
        match size::parse(&text) {
            Some(bytes) if range.contains(&bytes) => Some(bytes),
            Some(_) => {
                let right = format!(
                    "it may be from {} to {}",
                    size::show(*range.start()),
                    size::show(*range.end())
                );
                self.note(
                    key,
                    value,
                    format!("'{text}' is out of range"),
                    right,
                    findings,
                );
                None
            }
            None => {
                self.note(
                    key,
                    value,
                    format!("'{text}' is not a size"),
                    "write a whole number and a unit B, KiB, MiB or GiB, like \"10MiB\"",
                    findings,
                );
                None
            }
        }
    }

    /// One of `words`.
    pub(super) fn choice(
        &mut self,
        key: &'static str,
        words: &[&'static str],
        findings: &mut Findings,
    ) -> Option<&'static str> {
        let (text, value) = self.string(key, words.first().unwrap_or(&""), findings)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let right = match nearest(text, words.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write one of {}", words.join(", ")),
            };
            self.note(
                key,
                value,
                format!("'{text}' is not known here"),
                right,
                findings,
            );
        }
        found
    }

    /// A list of strings, each with its place.
    pub(super) fn strings(
        &mut self,
        key: &'static str,
        example: &str,
        findings: &mut Findings,
    ) -> Vec<(&'a str, Value<'a>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let right = format!("write a list of strings like [\"{example}\"]");
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(key, value, right, findings);
            return Vec::new();
        };
        let mut strings = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => strings.push((text.trim(), item)),
                Some(_) => self.note(key, item, "this item is empty", &right, findings),
                None => self.wrong_type(key, item, &right, findings),
            }
        }
        strings
    }

    /// The table of a section.
    pub(super) fn section(&mut self, name: &'static str, findings: &mut Findings) -> Keys<'a> {
        match self.value(name) {
            None => Keys::new(name, None, self.at),
            Some(value) => {
                let table = value.get_ref().as_table();
                if table.is_none() {
                    self.wrong_type(
                        name,
                        value,
                        format!("write it as a section that begins with [{name}]"),
                        findings,
                    );
                }
                Keys::new(name, table, value.span().start)
            }
        }
    }

    /// The tables of a list of sections.
    pub(super) fn sections(
        &mut self,
        name: &'static str,
        findings: &mut Findings,
    ) -> Vec<Keys<'a>> {
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let right = format!("begin each one with [[{name}]], with two brackets");
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(name, value, right, findings);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_table() {
                Some(table) => sections.push(Keys::new(name, Some(table), item.span().start)),
                None => self.wrong_type(name, item, &right, findings),
            }
        }
        sections
    }
}

/// A value's type in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
