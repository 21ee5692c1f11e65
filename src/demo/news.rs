//! The bundled day: its texts, and the strict reader of the notation they are written in.
//!
//! ```text
//! # a comment
//! == story-label                        a story: all that follows is about one event
//! -- OUTLET -3:20 /path by=Ada_Lind     an entry of an outlet, 3 h 20 min before the start
//! The headline, on one line
//! The summary, on one line or more.
//!
//! A paragraph of the full text, HTML; there may be none or several.
//! ~~ -1:05 guid=7                       the same entry, changed in place later
//! …                                     its new headline, summary and paragraphs
//! -- OTHER +0:15 https://… copy         `copy`: the same article as the entry before it
//! {same}                                `{same}`: that entry's headline, summary or paragraphs
//! ```
//!
//! Labels are what the tests measure folding by; they are never served. A `==` without a label
//! is labelled after its first entry.

use super::outlets::{self, Outlet};
use std::collections::HashSet;

/// A day of news, in the order of publication.
#[derive(Debug)]
pub struct Day {
    /// Every entry of every outlet, by its first version's minute.
    pub reports: Vec<Report>,
}

/// One entry of one outlet, with all its versions.
#[derive(Debug)]
pub struct Report {
    /// The event that it truly reports.
    pub story: String,
    /// The text that it truly is: the address of the first entry that has it.
    pub article: String,
    /// Who publishes it.
    pub outlet: &'static Outlet,
    /// Its page.
    pub link: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// Its labels.
    pub categories: Vec<String>,
    /// What it says, in the order of time; never empty.
    pub versions: Vec<Version>,
}

/// What an entry says from a minute on.
#[derive(Debug, Clone)]
pub struct Version {
    /// Minutes from the start of the demo.
    pub at: i32,
    /// The publisher's identifier.
    pub guid: String,
    /// Plain text.
    pub headline: String,
    /// Plain text.
    pub summary: String,
    /// Paragraphs, HTML.
    pub body: Vec<String>,
}

impl Report {
    /// When it first appears, in minutes from the start of the demo.
    #[must_use]
    pub fn published(&self) -> i32 {
        self.versions.first().map_or(0, |version| version.at)
    }

    /// What it says at a minute; `None` before it appears.
    #[must_use]
    pub fn version(&self, at: i32) -> Option<&Version> {
        self.versions.iter().rev().find(|version| version.at <= at)
    }
}

/// What is wrong in the notation, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {wrong}")]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub wrong: String,
}

/// The bundled texts by file.
const FILES: &[(&str, &str)] = &[
    ("ai.txt", include_str!("news/ai.txt")),
    ("windows.txt", include_str!("news/windows.txt")),
    ("security.txt", include_str!("news/security.txt")),
    ("hardware.txt", include_str!("news/hardware.txt")),
    ("mobile.txt", include_str!("news/mobile.txt")),
    ("open-source.txt", include_str!("news/open-source.txt")),
    ("business.txt", include_str!("news/business.txt")),
    ("science.txt", include_str!("news/science.txt")),
    ("series.txt", include_str!("news/series.txt")),
    ("abroad.txt", include_str!("news/abroad.txt")),
];

impl Day {
    /// The bundled day.
    ///
    /// # Errors
    /// When its notation is wrong, which the tests rule out for what is bundled.
    pub fn bundled() -> Result<Self, Fault> {
        Self::read(FILES)
    }

    /// Reads files of the notation above, each given by name and text.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, Fault> {
        let mut reports = Vec::new();
        for (file, text) in files {
            Reader::new(file).read(text, &mut reports)?;
        }
        check_unique(&reports)?;
        reports.sort_by_key(Report::published);
        Ok(Self { reports })
    }

    /// The last minute at which something happens.
    #[must_use]
    pub fn end(&self) -> i32 {
        let versions = self.reports.iter().flat_map(|report| &report.versions);
        versions.map(|version| version.at).max().unwrap_or(0)
    }
}

/// Links and identifiers tell an outlet's entries apart, so no two may share one.
fn check_unique(reports: &[Report]) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for report in reports {
        let mut keys: HashSet<&str> = report.versions.iter().map(|v| v.guid.as_str()).collect();
        keys.insert(&report.link);
        for key in keys {
            if !seen.insert((report.outlet.name, key)) {
                return Err(Fault {
                    file: report.outlet.name.to_owned(),
                    line: 0,
                    wrong: format!("'{key}' stands for two entries; each needs its own link"),
                });
            }
        }
    }
    Ok(())
}

/// One paragraph of the notation, and the line on which it begins.
struct Paragraph {
    line: usize,
    text: String,
}

struct Reader<'a> {
    file: &'a str,
    story: Option<String>,
    /// How many entries of the file were there when the story began.
    began: usize,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            story: None,
            began: 0,
        }
    }

    fn fault<T>(&self, line: usize, wrong: impl Into<String>) -> Result<T, Fault> {
        Err(Fault {
            file: self.file.to_owned(),
            line,
            wrong: wrong.into(),
        })
    }

    fn read(mut self, text: &str, reports: &mut Vec<Report>) -> Result<(), Fault> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let marked = |line: &str| ["==", "--", "~~"].iter().any(|mark| line.starts_with(mark));
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let number = at + 1;
            at += 1;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let rest = line.get(2..).unwrap_or_default().trim();
            if line.starts_with("==") {
                self.story = Some(rest.to_owned());
                self.began = reports.len();
                continue;
            }
            if !marked(line) {
                return self.fault(number, "text outside an entry; start one with '--'");
            }
            let from = at;
            while lines.get(at).is_some_and(|line| !marked(line)) {
                at += 1;
            }
            let text = self.text(number, &lines[from..at], from, reports)?;
            if line.starts_with("--") {
                self.entry(number, rest, text, reports)?;
            } else {
                self.revision(number, rest, text, reports)?;
            }
        }
        Ok(())
    }

    /// Reads headline, summary and paragraphs; the version's minute and guid are still open.
    fn text(
        &self,
        number: usize,
        lines: &[&str],
        from: usize,
        reports: &[Report],
    ) -> Result<Version, Fault> {
        let before = reports
            .get(self.began..)
            .and_then(<[Report]>::last)
            .and_then(|report| report.versions.last());
        let same = |line: usize| match before {
            Some(version) => Ok(version.clone()),
            None => self.fault(line, "'{same}' needs an entry before it in its story"),
        };
        let Some((headline, rest)) = lines.split_first().filter(|(first, _)| !first.is_empty())
        else {
            return self.fault(number, "the next line must be the headline");
        };
        let headline = match *headline {
            "{same}" => same(from + 1)?.headline,
            own => own.to_owned(),
        };
        let mut paragraphs = paragraphs(rest, from + 1).into_iter();
        let Some(summary) = paragraphs.next() else {
            return self.fault(number, "a summary must follow the headline");
        };
        let summary = match summary.text.as_str() {
            "{same}" => same(summary.line)?.summary,
            _ => summary.text,
        };
        let mut body = Vec::new();
        for paragraph in paragraphs {
            match paragraph.text.as_str() {
                "{same}" => body.extend(same(paragraph.line)?.body),
                _ => body.push(paragraph.text),
            }
        }
        Ok(Version {
            at: 0,
            guid: String::new(),
            headline,
            summary,
            body,
        })
    }

    fn entry(
        &self,
        line: usize,
        rest: &str,
        text: Version,
        reports: &mut Vec<Report>,
    ) -> Result<(), Fault> {
        let mut words = rest.split_whitespace();
        let (Some(name), Some(time), Some(link)) = (words.next(), words.next(), words.next())
        else {
            return self.fault(
                line,
                "write '-- OUTLET TIME LINK', such as '-- pile +0:30 /x'",
            );
        };
        let Some(outlet) = outlets::named(name) else {
            return self.fault(line, format!("no outlet is called '{name}'"));
        };
        let Some(story) = &self.story else {
            return self.fault(line, "an entry needs a story; write '== label' above it");
        };
        let link = match link.strip_prefix('/') {
            Some(path) => format!("{}{path}", outlet.site()),
            None if link.starts_with("https://") => link.to_owned(),
            None => return self.fault(line, "the link is '/path' or 'https://…'"),
        };
        let siblings = reports.get(self.began..).unwrap_or_default();
        let mut report = Report {
            story: match (story.as_str(), siblings.first()) {
                ("", None) => link.clone(),
                ("", Some(first)) => first.story.clone(),
                (label, _) => label.to_owned(),
            },
            article: link.clone(),
            outlet,
            link,
            author: None,
            categories: Vec::new(),
            versions: Vec::new(),
        };
        let mut guid = identifier(&report);
        for word in words {
            match word.split_once('=') {
                Some(("by", who)) => report.author = Some(who.replace('_', " ")),
                Some(("tags", tags)) => {
                    report.categories = tags.split(',').map(|tag| tag.replace('_', " ")).collect();
                }
                Some(("guid", own)) => guid = own.to_owned(),
                None if word == "copy" => match siblings.last() {
                    Some(original) => report.article.clone_from(&original.article),
                    None => return self.fault(line, "'copy' needs an entry before it"),
                },
                _ => return self.fault(line, format!("'{word}' is no option of an entry")),
            }
        }
        report.versions.push(Version {
            at: self.minute(line, time)?,
            guid,
            ..text
        });
        reports.push(report);
        Ok(())
    }

    fn revision(
        &self,
        line: usize,
        rest: &str,
        text: Version,
        reports: &mut [Report],
    ) -> Result<(), Fault> {
        let mut words = rest.split_whitespace();
        let at = self.minute(line, words.next().unwrap_or_default())?;
        let own = reports.get_mut(self.began..).unwrap_or_default();
        let Some(report) = own.last_mut() else {
            return self.fault(line, "'~~' needs an entry above it");
        };
        let last = report.versions.last();
        if last.is_some_and(|version| version.at >= at) {
            return self.fault(line, "a change must be later than what it changes");
        }
        let mut guid = last.map(|version| version.guid.clone()).unwrap_or_default();
        for word in words {
            match word.split_once('=') {
                Some(("guid", own)) if report.outlet.guids => guid = own.to_owned(),
                _ => return self.fault(line, format!("'{word}' is no option of a change here")),
            }
        }
        report.versions.push(Version { at, guid, ..text });
        Ok(())
    }

    /// Minutes of `-3:20` or `+0:05`.
    fn minute(&self, line: usize, text: &str) -> Result<i32, Fault> {
        let read = || {
            let (sign, rest) = match text.split_at_checked(1)? {
                ("-", rest) => (-1, rest),
                ("+", rest) => (1, rest),
                _ => return None,
            };
            let (hours, minutes) = rest.split_once(':')?;
            let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
            (minutes < 60).then(|| sign * (i32::from(hours) * 60 + i32::from(minutes)))
        };
        match read() {
            Some(minute) => Ok(minute),
            None => self.fault(
                line,
                format!("'{text}' is no time; write '-3:20' or '+0:05'"),
            ),
        }
    }
}

/// Lines joined to paragraphs; comments are left out. `from` is the number of the line before.
fn paragraphs(lines: &[&str], from: usize) -> Vec<Paragraph> {
    let mut found: Vec<Paragraph> = Vec::new();
    let mut open = false;
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        match found.last_mut().filter(|_| open && !line.is_empty()) {
            Some(paragraph) => {
                paragraph.text.push(' ');
                paragraph.text.push_str(line);
            }
            None if !line.is_empty() => found.push(Paragraph {
                line: from + index + 1,
                text: (*line).to_owned(),
            }),
            None => {}
        }
        open = !line.is_empty();
    }
    found
}

/// An identifier in the outlet's own style, made from the link, which never changes.
fn identifier(report: &Report) -> String {
    use super::outlets::Dialect;
    let number = super::render::hash(report.link.as_bytes()) % 1_000_000;
    let host = report.outlet.host;
    if !report.outlet.guids {
        return report.link.clone();
    }
    match report.outlet.dialect {
        Dialect::Atom1 | Dialect::Atom03 => format!("tag:{host},2026:post-{number}"),
        Dialect::Json => report.link.clone(),
        Dialect::Rss091 | Dialect::Rss1 | Dialect::Rss2 => {
            format!("{}?p={number}", report.outlet.site())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Day, Fault> {
        Day::read(&[("day.txt", text)])
    }

    #[test]
    fn an_entry_has_headline_summary_and_paragraphs() {
        let day = read(
            "# a comment\n== ports\n-- pile -1:05 /a by=Ada_Lind tags=ports,old_news\nHeadline & more\nOne\ntwo.\n\nFirst.\n\n# aside\n<p>Second.</p>\n",
        )
        .unwrap();
        let report = &day.reports[0];
        assert_eq!(report.story, "ports");
        assert_eq!(report.link, "https://pile.example/a");
        assert_eq!(report.article, report.link);
        assert_eq!(report.author.as_deref(), Some("Ada Lind"));
        assert_eq!(report.categories, ["ports", "old news"]);
        let version = report.version(-65).unwrap();
        assert_eq!(version.headline, "Headline & more");
        assert_eq!(version.summary, "One two.");
        assert_eq!(version.body, ["First.", "<p>Second.</p>"]);
        assert!(report.version(-66).is_none());
    }

    #[test]
    fn a_copy_takes_over_what_is_the_same() {
        let day = read(
            "==\n-- pile +0:10 /a\nH\nS.\n\nB.\n-- harbor-windows +0:05 https://x.example/a copy\n{same}\n{same}\n\nNew.\n\n{same}\n",
        )
        .unwrap();
        let (copy, original) = (&day.reports[0], &day.reports[1]);
        assert_eq!(copy.outlet.name, "harbor-windows");
        assert_eq!(copy.article, original.link);
        assert_eq!(copy.story, original.story);
        assert_eq!(copy.versions[0].headline, "H");
        assert_eq!(copy.versions[0].body, ["New.", "B."]);
    }

    #[test]
    fn a_change_keeps_the_entry_and_may_change_its_identifier() {
        let day = read("== a\n-- pile -1:00 /a\nOld\nS.\n~~ +2:00 guid=9\nNew\nS.\n").unwrap();
        let report = &day.reports[0];
        assert_eq!(report.version(119).unwrap().headline, "Old");
        assert_eq!(report.version(120).unwrap().headline, "New");
        assert_eq!(report.version(120).unwrap().guid, "9");
        assert_eq!(day.end(), 120);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = [
            ("text\n", 1, "outside an entry"),
            ("-- pile +0:01 /a\nH\nS.\n", 1, "needs a story"),
            ("==\n-- nobody +0:01 /a\nH\nS.\n", 2, "'nobody'"),
            ("==\n-- pile 0:01 /a\nH\nS.\n", 2, "'0:01' is no time"),
            ("==\n-- pile +0:61 /a\nH\nS.\n", 2, "'+0:61' is no time"),
            ("==\n-- pile +0:01 ftp://x/\nH\nS.\n", 2, "'/path'"),
            ("==\n-- pile +0:01\nH\nS.\n", 2, "OUTLET TIME LINK"),
            ("==\n-- pile +0:01 /a\n\nS.\n", 2, "headline"),
            ("==\n-- pile +0:01 /a\nH\n\n", 2, "summary"),
            ("==\n-- pile +0:01 /a x\nH\nS.\n", 2, "'x' is no option"),
            ("==\n-- pile +0:01 /a copy\nH\nS.\n", 2, "'copy' needs"),
            ("==\n-- pile +0:01 /a\nH\n{same}\n", 4, "'{same}' needs"),
            ("==\n~~ +0:01\nH\nS.\n", 2, "needs an entry above"),
            ("==\n-- pile +0:01 /a\nH\nS.\n~~ +0:01\nH\nS.\n", 5, "later"),
        ];
        for (text, line, part) in wrong {
            let fault = read(text).unwrap_err();
            assert_eq!(fault.line, line, "{text:?}: {fault}");
            assert!(fault.to_string().contains(part), "{text:?}: {fault}");
        }
        let twice = "==\n-- pile +0:01 /a\nH\nS.\n-- pile +0:02 /a\nH\nS.\n";
        assert!(read(twice).unwrap_err().wrong.contains("two entries"));
    }
}
