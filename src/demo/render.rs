//! An outlet's document at a minute of the day: a pure function of the texts and the time.

use super::dialects;
use super::news::{Day, Report, Version};
use super::outlets::{Dialect, Manner, Outlet};
use crate::feed::Timestamp;
use chrono::TimeDelta;

/// Entries in a document at most, the newest.
pub const MOST: usize = 30;

/// A feed document as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its bytes, in the outlet's encoding.
    pub bytes: Vec<u8>,
    /// `Content-Type`.
    pub content_type: String,
    /// `ETag`, a strong one: another for every content.
    pub etag: String,
    /// When anything in it last changed.
    pub last_modified: Timestamp,
}

/// An entry as a document lists it.
#[derive(Debug)]
pub struct Listed<'a> {
    /// What stays the same.
    pub report: &'a Report,
    /// What it says now.
    pub version: &'a Version,
    /// When it first appeared.
    pub published: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// What `outlet` serves at minute `at` of a day that starts at `start`; `None` once it is gone,
/// and before it has anything to say.
#[must_use]
pub fn document(day: &Day, outlet: &Outlet, start: Timestamp, at: i32) -> Option<Document> {
    if matches!(outlet.manner, Manner::Gone { at: gone } if at >= gone) {
        return None;
    }
    let mut listed: Vec<Listed<'_>> = day
        .reports
        .iter()
        .filter(|report| report.outlet.name == outlet.name)
        .filter_map(|report| {
            let version = report.version(at)?;
            Some(Listed {
                report,
                version,
                published: moment(start, report.published()),
                updated: moment(start, version.at),
            })
        })
        .collect();
    listed.sort_by_key(|entry| std::cmp::Reverse(entry.published));
    listed.truncate(MOST);
    let last_modified = listed.iter().map(|entry| entry.updated).max()?;
    let text = match outlet.dialect {
        Dialect::Rss091 => dialects::rss_091(outlet, &listed),
        Dialect::Rss1 => dialects::rss_1(outlet, &listed),
        Dialect::Rss2 => dialects::rss_2(outlet, &listed, last_modified),
        Dialect::Atom03 => dialects::atom_03(outlet, &listed, last_modified),
        Dialect::Atom1 => dialects::atom_1(outlet, &listed, last_modified),
        Dialect::Json => dialects::json(outlet, &listed),
    };
    let bytes = outlet.charset.encode(&text);
    let media_type = match outlet.dialect {
        Dialect::Rss091 | Dialect::Rss2 => "application/rss+xml",
        Dialect::Rss1 => "application/rdf+xml",
        Dialect::Atom03 | Dialect::Atom1 => "application/atom+xml",
        Dialect::Json => "application/feed+json",
    };
    Some(Document {
        content_type: format!("{media_type}; charset={}", outlet.charset.name()),
        etag: format!("\"{:016x}\"", hash(&bytes)),
        last_modified,
        bytes,
    })
}

/// Minute `at` of a day that starts at `start`.
#[must_use]
pub fn moment(start: Timestamp, at: i32) -> Timestamp {
    start + TimeDelta::minutes(i64::from(at))
}

/// FNV-1a, 64 bits: enough to tell versions of a document apart.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::outlets::{OUTLETS, named};

    fn start() -> Timestamp {
        "2026-11-20T06:00:00Z".parse().unwrap()
    }

    #[test]
    fn validators_change_with_the_content_and_only_then() {
        let day = Day::bundled().unwrap();
        for outlet in &OUTLETS {
            let mut last: Option<Document> = None;
            for at in (0..=day.end()).step_by(5) {
                let now = document(&day, outlet, start(), at);
                if let (Some(now), Some(last)) = (&now, &last) {
                    assert_eq!(now.bytes == last.bytes, now.etag == last.etag);
                    assert!(now.last_modified >= last.last_modified, "{}", outlet.name);
                    assert_eq!(
                        now.bytes == last.bytes,
                        now.last_modified == last.last_modified,
                        "{} at {at}",
                        outlet.name
                    );
                    assert!(now.last_modified <= moment(start(), at));
                }
                last = now;
            }
        }
    }

    #[test]
    fn an_outlet_that_closes_has_no_document_any_more() {
        let day = Day::bundled().unwrap();
        let attic = named("gadget-attic").unwrap();
        assert!(document(&day, attic, start(), 149).is_some());
        assert!(document(&day, attic, start(), 150).is_none());
    }

    #[test]
    fn declared_encodings_are_true() {
        let day = Day::bundled().unwrap();
        let bytes = |name| {
            let outlet = named(name).unwrap();
            document(&day, outlet, start(), 0).unwrap().bytes
        };
        let german = bytes("netzblick");
        assert!(german.starts_with(b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>"));
        assert!(std::str::from_utf8(&german).is_err());
        let russian = bytes("cifrovoy-bereg");
        assert!(russian.starts_with(b"<?xml version=\"1.0\" encoding=\"windows-1251\"?>"));
        assert!(russian.contains(&0xC0), "a capital А");
    }

    #[test]
    fn the_sloppy_outlet_has_bare_ampersands_and_foreign_entities() {
        let day = Day::bundled().unwrap();
        let pile = document(&day, named("pile").unwrap(), start(), day.end()).unwrap();
        let text = String::from_utf8(pile.bytes).unwrap();
        assert!(text.contains(" & "), "{text}");
        assert!(text.contains("&rsquo;"), "{text}");
    }
}
