//! A page of what the index of search finds, without reading all that it finds.
//!
//! The index gives its hits in the order of arrival, and pages are in the order of dates. There are two ways
//! to a page. What is rare is read from the latest hit on, until no older arrival can be on the page:
//! the two orders differ little. What is common, or asked for of few entries, is found by walking
//! through the entries in the order of the page, and asking the index which of them are hits.

use super::Error;
use super::feed_rows::json;
use super::filter::{self, Apart, Within};
use super::polling::rows as rows_of;
use super::probe::{Part, Probe};
use crate::query::{Cursor, EntryQuery};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::collections::HashSet;

/// Entries that are looked at in one step, at first and at most.
const FIRST_STEP: usize = 256;
const WIDEST_STEP: usize = 4_096;
/// So few entries are walked through, whatever is looked for in them.
const FEW: usize = 5_000;
/// Entries that are looked through for earlier arrivals, for each hit that was read, and for each that
/// need not be read then: passing over an entry in the order of dates takes a hundredth of reading a hit.
const EARLIER_EACH: usize = 32;
const SPARED_EACH: usize = 64;
/// For longer pages, all that the index finds is read.
pub(super) const LONGEST_PAGE: usize = 10_000;

/// How a page is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the latest hit on.
    Hits,
    /// Through all entries, as they are dated.
    Dates,
    /// Through the entries of the feeds that are asked for, as they are dated.
    Feeds,
}

/// The keys of the newest items that are asked for, at most so many: stories where `by_story` is set,
/// else entries. `None` where asking the index first is not the way.
pub(super) fn newest(
    connection: &Connection,
    query: &EntryQuery,
    by_story: bool,
    most: usize,
) -> Result<Option<Vec<Cursor>>, Error> {
    if query.arrived_after.is_some() || most > LONGEST_PAGE {
        return Ok(None);
    }
    let Some(apart) = filter::apart(connection, query, by_story)? else {
        return Ok(None);
    };
    let probe = Probe::new(connection, &apart.text)?;
    let way = way(connection, &probe, &apart.within, by_story)?;
    found(connection, &probe, &apart, by_story, most, way).map(Some)
}

/// The shortest way to a page.
fn way(
    connection: &Connection,
    probe: &Probe<'_>,
    within: &Within,
    by_story: bool,
) -> Result<Way, Error> {
    if let Some(feeds) = &within.feeds
        && !connection
            .prepare_cached(MORE_OF_FEEDS)?
            .exists(params![feeds, rows_of(FEW)])?
    {
        return Ok(Way::Feeds);
    }
    let more = if by_story { MORE_STORIES } else { MORE };
    let is_short = within.since.is_some()
        && !connection.prepare_cached(more)?.exists(params![
            within.since,
            within.last(),
            rows_of(FEW)
        ])?;
    Ok(match is_short || probe.is_dense() {
        true => Way::Dates,
        false => Way::Hits,
    })
}

/// The keys of the newest items, found in one way.
pub(super) fn found(
    connection: &Connection,
    probe: &Probe<'_>,
    apart: &Apart,
    by_story: bool,
    most: usize,
    way: Way,
) -> Result<Vec<Cursor>, Error> {
    let mut page = Page {
        connection,
        statement: statement(&apart.filter, by_story),
        values: apart.filter.values.clone(),
        most,
        items: Vec::new(),
        seen: HashSet::new(),
    };
    let within = &apart.within;
    let first = within.since.unwrap_or(i64::MIN);
    let bounds: [Value; 2] = [first.into(), within.last().into()];
    let feeds = || Value::Text(within.feeds.clone().unwrap_or_default());
    match (way, by_story) {
        (Way::Hits, _) => {
            for part in probe.parts() {
                page.walk_hits(part, probe)?;
            }
        }
        (Way::Dates, false) => page.walk(probe, ALL, &bounds)?,
        (Way::Dates, true) => page.walk(probe, ALL_BY_STORY, &bounds)?,
        (Way::Feeds, false) => {
            let [first, last] = bounds;
            page.walk(probe, FEEDS, &[first, last, feeds()])?;
        }
        (Way::Feeds, true) => page.walk(probe, FEEDS_BY_STORY, &[feeds()])?,
    }
    Ok(page.items)
}

/// A statement for the keys of those of some hits, given as the last value, that are asked for.
pub(super) fn statement(filter: &filter::Filter, by_story: bool) -> String {
    let hits = filter.values.len() + 1;
    let (item, story) = match by_story {
        true => ("s", "CROSS JOIN stories s ON s.id = e.story"),
        false => ("e", ""),
    };
    format!(
        "SELECT {item}.dated, {item}.id FROM json_each(?{hits}) h \
         CROSS JOIN entries e ON e.id = h.value {story} WHERE {}",
        filter.text()
    )
}

/// The newest items that were found so far.
struct Page<'a> {
    connection: &'a Connection,
    statement: String,
    values: Vec<Value>,
    most: usize,
    items: Vec<Cursor>,
    seen: HashSet<i64>,
}

impl Page<'_> {
    /// Walks through entries in the order of the page, until it is full.
    fn walk(&mut self, probe: &Probe<'_>, entries: &str, values: &[Value]) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(entries)?;
        let mut rows = statement.query(params_from_iter(values))?;
        // A little more than it takes, so that one step mostly does.
        let likely = probe.likely(self.most);
        let mut step = (likely + likely / 4).clamp(FIRST_STEP, WIDEST_STEP);
        loop {
            let mut entries: Vec<i64> = Vec::with_capacity(step);
            while entries.len() < step
                && let Some(row) = rows.next()?
            {
                entries.push(row.get(0)?);
            }
            self.take(&probe.among(&entries)?)?;
            if entries.len() < step || self.items.len() >= self.most {
                return Ok(());
            }
            step = (step * 2).min(WIDEST_STEP);
        }
    }

    /// Looks through the hits in one index, the latest first.
    fn walk_hits(&mut self, part: &Part, probe: &Probe<'_>) -> Result<(), Error> {
        let (latest, earlier) = part.hits();
        self.take(latest)?;
        let (Some(last), Some(earlier)) = (latest.last(), earlier) else {
            return Ok(());
        };
        let mut walked = latest.len();
        let worth = |last, walked: usize| {
            let spared = probe.likely_before(last).saturating_mul(SPARED_EACH);
            walked.saturating_mul(EARLIER_EACH).max(spared)
        };
        if self.is_final(*last, worth(*last, walked))? {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(earlier)?;
        let mut rows = statement.query(params![probe.text(), last])?;
        let mut step = FIRST_STEP;
        loop {
            let mut hits: Vec<i64> = Vec::with_capacity(step);
            while hits.len() < step
                && let Some(row) = rows.next()?
            {
                hits.push(row.get(0)?);
            }
            walked += hits.len();
            self.take(&hits)?;
            match hits.last() {
                Some(last)
                    if hits.len() == step && !self.is_final(*last, worth(*last, walked))? => {}
                _ => return Ok(()),
            }
            step = (step * 2).min(WIDEST_STEP);
        }
    }

    /// Adds what is asked for of some hits.
    fn take(&mut self, hits: &[i64]) -> Result<(), Error> {
        if hits.is_empty() {
            return Ok(());
        }
        let mut values = self.values.clone();
        values.push(json(&hits)?.into());
        let mut statement = self.connection.prepare_cached(&self.statement)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let key = Cursor {
                dated: row.get(0)?,
                id: row.get(1)?,
            };
            if self.seen.insert(key.id) {
                self.items.push(key);
            }
        }
        self.items
            .sort_unstable_by_key(|key| std::cmp::Reverse((key.dated, key.id)));
        self.items.truncate(self.most);
        Ok(())
    }

    /// Whether nothing that arrived before the entry `last` can be on the page; `false` where more than so
    /// many entries would have to be looked through to tell. A story is dated as the entry that opened
    /// it, which arrived before all its others: so entries tell of stories too.
    fn is_final(&self, last: i64, most: usize) -> Result<bool, Error> {
        let Some(end) = self.items.get(self.most.saturating_sub(1)) else {
            return Ok(false);
        };
        let most = rows_of(most);
        let mut more = self.connection.prepare_cached(MANY_NEWER)?;
        if more.exists(params![end.dated, most])? {
            return Ok(false);
        }
        let mut earlier = self.connection.prepare_cached(EARLIER_AND_NEWER)?;
        Ok(!earlier.exists(params![end.dated, last])?)
    }
}

/// Whether more entries than so many are dated at a moment or later.
pub(super) const MANY_NEWER: &str =
    "SELECT 1 FROM entries INDEXED BY entries_dated WHERE dated >= ?1 LIMIT 1 OFFSET ?2";
/// Whether one of them arrived before an entry.
pub(super) const EARLIER_AND_NEWER: &str =
    "SELECT 1 FROM entries INDEXED BY entries_dated WHERE dated >= ?1 AND id < ?2 LIMIT 1";

/// Entries, the newest first.
pub(super) const ALL: &str = "SELECT id FROM entries INDEXED BY entries_dated WHERE dated BETWEEN ?1 AND ?2 \
     ORDER BY dated DESC, id DESC";
/// Entries of the newest story, then of the next.
pub(super) const ALL_BY_STORY: &str = "SELECT e.id FROM stories s INDEXED BY stories_dated \
     CROSS JOIN entries e INDEXED BY entries_story ON e.story = s.id \
     WHERE s.dated BETWEEN ?1 AND ?2 ORDER BY s.dated DESC, s.id DESC";
/// The same of some feeds.
const FEEDS: &str = "SELECT id FROM entries INDEXED BY entries_feed \
     WHERE feed IN (SELECT value FROM json_each(?3)) AND dated BETWEEN ?1 AND ?2 \
     ORDER BY dated DESC, id DESC";
const FEEDS_BY_STORY: &str = "SELECT e.id FROM entries e INDEXED BY entries_feed \
     CROSS JOIN stories s ON s.id = e.story WHERE e.feed IN (SELECT value FROM json_each(?1)) \
     ORDER BY s.dated DESC, s.id DESC";

/// Whether there are more.
const MORE_OF_FEEDS: &str = "SELECT 1 FROM entries INDEXED BY entries_feed \
     WHERE feed IN (SELECT value FROM json_each(?1)) LIMIT 1 OFFSET ?2";
const MORE: &str = "SELECT 1 FROM entries INDEXED BY entries_dated \
     WHERE dated BETWEEN ?1 AND ?2 LIMIT 1 OFFSET ?3";
const MORE_STORIES: &str = "SELECT 1 FROM stories INDEXED BY stories_dated \
     WHERE dated BETWEEN ?1 AND ?2 LIMIT 1 OFFSET ?3";
