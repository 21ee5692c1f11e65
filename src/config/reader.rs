//! Reading values out of a TOML table while noting everything that is wrong with them.

use super::findings::{Findings, qualified};
use super::size;
use crate::cadence::parse_duration;
use crate::text::nearest;
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
pub(super) type Value<'a> = &'a Spanned<DeValue<'a>>;

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
        let present = self.table.into_iter().flat_map(|table| {
            table
                .iter()
                .map(|(key, _)| (key.get_ref().as_ref(), key.span().start))
        });
        findings.note_keys(self.section, &self.asked, present);
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

    /// A list of pairs of names.
    pub(super) fn pairs(
        &mut self,
        key: &'static str,
        findings: &mut Findings,
    ) -> Vec<(String, String)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let right = "write a list of pairs of feeds like [[\"harbor\", \"mirror\"]]";
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(key, value, right, findings);
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for item in list.iter() {
            let names: Vec<&str> = item.get_ref().as_array().map_or_else(Vec::new, |pair| {
                pair.iter()
                    .map(|name| name.get_ref().as_str().unwrap_or_default().trim())
                    .collect()
            });
            match names[..] {
                [a, b] if !a.is_empty() && !b.is_empty() => {
                    pairs.push((a.to_owned(), b.to_owned()));
                }
                _ => self.note(key, item, "this is no pair of names", right, findings),
            }
        }
        pairs
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
