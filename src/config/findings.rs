//! Everything that is found wrong with a file while it is read.

use super::problem::Problem;
use crate::text::nearest;
use crate::text::without_controls;
use std::collections::BTreeSet;

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

    /// Notes the keys of a section that were asked for, and those of its table that were not.
    pub(super) fn note_keys<'k>(
        &mut self,
        section: &'static str,
        asked: &[&'static str],
        present: impl Iterator<Item = (&'k str, usize)>,
    ) {
        self.known.extend(asked.iter().map(|key| (section, *key)));
        for (key, at) in present {
            if !asked.contains(&key) {
                self.unknown.push((section, key.to_owned(), at));
            }
        }
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
