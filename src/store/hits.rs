//! A page of what the index of search finds, without reading all that it finds.
//!
//! The index gives its hits in the order of arrival, and pages are in the order of dates. The two
//! differ little, so hits are read from the latest on until no older arrival can be on the page.

use super::Error;
use super::feed_rows::json;
use super::filter;
use super::search;
use crate::query::{Cursor, EntryQuery};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::collections::HashSet;

/// Hits that are looked at in one step, at first and at most.
const FIRST_STEP: usize = 256;
const WIDEST_STEP: usize = 4_096;
/// For longer pages, all that the index finds is read.
pub(super) const LONGEST_PAGE: usize = 10_000;

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
    let mut page = Page {
        connection,
        statement: statement(&apart.filter, by_story),
        values: apart.filter.values,
        most,
        items: Vec::new(),
        seen: HashSet::new(),
    };
    for latest in search::latest() {
        page.walk(&latest, &apart.text)?;
    }
    Ok(Some(page.items))
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
    /// Looks through the hits in one index.
    fn walk(&mut self, latest: &str, text: &str) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(latest)?;
        let mut rows = statement.query(params![text])?;
        let mut step = FIRST_STEP;
        loop {
            let mut hits: Vec<i64> = Vec::with_capacity(step);
            while hits.len() < step
                && let Some(row) = rows.next()?
            {
                hits.push(row.get(0)?);
            }
            self.take(&hits)?;
            match hits.last() {
                Some(last) if hits.len() == step && !self.is_final(*last)? => {}
                _ => return Ok(()),
            }
            step = (step * 2).min(WIDEST_STEP);
        }
    }

    /// Adds what is asked for of some hits.
    fn take(&mut self, hits: &[i64]) -> Result<(), Error> {
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

    /// Whether nothing that arrived before the entry `last` can be on the page. A story is dated as the
    /// entry that opened it, which arrived before all its others: so entries tell of stories too.
    fn is_final(&self, last: i64) -> Result<bool, Error> {
        let Some(end) = self.items.get(self.most.saturating_sub(1)) else {
            return Ok(false);
        };
        let mut statement = self.connection.prepare_cached(EARLIER)?;
        Ok(!statement.exists(params![end.dated, last])?)
    }
}

/// Entries dated at a moment or later that arrived before another one.
pub(super) const EARLIER: &str =
    "SELECT 1 FROM entries INDEXED BY entries_dated WHERE dated >= ?1 AND id < ?2 LIMIT 1";
