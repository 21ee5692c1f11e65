//! Which of some entries search finds, without reading all that it finds.
//!
//! The index keeps its hits in the order of numbers, can begin anywhere among them, and tells nothing of
//! dates or feeds. Where others say which entries may be asked for, it is asked about those: about
//! neighbours at once, and about one alone where passing over the hits between would take longer.

use super::Error;
use super::polling::rows as rows_of;
use super::search;
use rusqlite::{Connection, params};

/// Hits that are read of each index to tell how common they are.
const SAMPLE: usize = 128;
/// Hits that are passed over in the time in which another place among them is found: 0.1 to 0.2 against
/// 100 microseconds.
const JUMP: f64 = 700.0;
/// From this share of all entries on, walking through entries finds a page of hits soon.
const DENSE: f64 = 1.0 / 64.0;

/// A text in the language of the index, and what a look at its latest hits told.
pub(super) struct Probe<'a> {
    connection: &'a Connection,
    text: &'a str,
    parts: Vec<Part>,
    /// Hits beside all entries.
    density: f64,
}

/// One of the indexes.
pub(super) struct Part {
    earlier: String,
    between: String,
    /// The latest hits, the last arrival first.
    latest: Vec<i64>,
}

impl Part {
    /// Whether it has no other hits than the latest.
    fn is_whole(&self) -> bool {
        self.latest.len() < SAMPLE
    }

    /// The latest hits, and a statement for those before the number `?2`; `None` where there are none.
    pub(super) fn hits(&self) -> (&[i64], Option<&str>) {
        let earlier = (!self.is_whole()).then_some(self.earlier.as_str());
        (&self.latest, earlier)
    }
}

impl<'a> Probe<'a> {
    /// Looks at the latest hits of a text.
    pub(super) fn new(connection: &'a Connection, text: &'a str) -> Result<Self, Error> {
        let newest: Option<i64> = connection
            .prepare_cached("SELECT max(id) FROM entries")?
            .query_row([], |row| row.get(0))?;
        let newest = newest.unwrap_or(0);
        let mut parts = Vec::new();
        let mut density = 0.0;
        for [earlier, between] in search::apart_by_number() {
            let latest: Vec<i64> = connection
                .prepare_cached(&format!("{earlier} LIMIT ?3"))?
                .query_map(params![text, i64::MAX, rows_of(SAMPLE)], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let part = Part {
                earlier,
                between,
                latest,
            };
            let first = match part.latest.last() {
                Some(first) if !part.is_whole() => *first,
                _ => 1,
            };
            let entries = newest.saturating_sub(first).saturating_add(1).max(1);
            density += part.latest.len() as f64 / entries as f64;
            parts.push(part);
        }
        Ok(Self {
            connection,
            text,
            parts,
            density,
        })
    }

    /// The text that is looked for.
    pub(super) fn text(&self) -> &str {
        self.text
    }

    /// The indexes.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether so many entries are hits that a page of them is found by walking through entries.
    pub(super) fn is_dense(&self) -> bool {
        self.density >= DENSE
    }

    /// How many entries are likely to have so many hits among them.
    pub(super) fn likely(&self, hits: usize) -> usize {
        (hits as f64 / self.density.max(DENSE)) as usize
    }

    /// How many hits are likely to have arrived before an entry.
    pub(super) fn likely_before(&self, entry: i64) -> usize {
        (entry as f64 * self.density) as usize
    }

    /// Those of some entries that are hits.
    pub(super) fn among(&self, entries: &[i64]) -> Result<Vec<i64>, Error> {
        let mut left = entries.to_vec();
        left.sort_unstable();
        left.dedup();
        let mut hits = Vec::new();
        for part in &self.parts {
            let found = self.among_part(part, &left)?;
            left.retain(|entry| found.binary_search(entry).is_err());
            hits.extend(found);
        }
        Ok(hits)
    }

    /// Those of some ascending numbers that are hits in one index, ascending.
    fn among_part(&self, part: &Part, entries: &[i64]) -> Result<Vec<i64>, Error> {
        let mut found = Vec::new();
        if part.is_whole() {
            let known = part.latest.iter().copied();
            found.extend(known.filter(|hit| entries.binary_search(hit).is_ok()));
            found.sort_unstable();
            return Ok(found);
        }
        let gap = (JUMP / self.density) as i64;
        let mut statement = self.connection.prepare_cached(&part.between)?;
        for neighbours in entries.chunk_by(|one, next| next - one <= gap) {
            let (Some(first), Some(last)) = (neighbours.first(), neighbours.last()) else {
                continue;
            };
            let mut asked = neighbours.iter().peekable();
            let mut rows = statement.query(params![self.text, first, last])?;
            while let Some(row) = rows.next()? {
                let hit: i64 = row.get(0)?;
                while asked.next_if(|entry| **entry < hit).is_some() {}
                if asked.next_if(|entry| **entry == hit).is_some() {
                    found.push(hit);
                }
            }
        }
        Ok(found)
    }
}
