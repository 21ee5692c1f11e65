//! The best matches first: what the index says of likeness, headlines and freshness.

use super::Error;
use super::chosen::searched;
use super::feed_rows::json;
use super::filter;
use super::hits;
use super::polling::rows as rows_of;
use super::probe::Probe;
use super::search;
use crate::query::{Cursor, EntryQuery, FoldLevel, Order};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::collections::{HashMap, HashSet};

/// What is weighed: of more that match, the newest.
const WEIGHED: usize = 2_000;
/// Words that so many entries have at most, all added, are weighed by how often they stand where, and how
/// rare they are. That takes reading all that is found of each.
const RARE: usize = 4_000;
/// What likeness is of a common word: in the authors or labels (or the headline), and in the text alone.
const NAMED: f64 = 0.5;
const MENTIONED: f64 = 0.25;
/// A fit that is all in the headline counts so much; the likeness of everything is at most 1.
const IN_TITLE: f64 = 1.0;
/// What is so many milliseconds older than the newest match is worth half, but for what stays.
const HALF_LIFE: f64 = 30.0 * 24.0 * 60.0 * 60.0 * 1000.0;
const STAYS: f64 = 0.3;

/// An entry that matches, and how well.
struct Match {
    entry: i64,
    story: i64,
    dated: i64,
    likeness: f64,
    in_title: bool,
}

impl Match {
    /// How far up it stands; `newest` is the date of the newest match.
    fn weight(&self, newest: i64) -> f64 {
        let age = newest.saturating_sub(self.dated).max(0) as f64;
        let freshness = STAYS + (1.0 - STAYS) * 0.5_f64.powf(age / HALF_LIFE);
        let title = if self.in_title { IN_TITLE } else { 0.0 };
        (self.likeness + title) * freshness
    }
}

/// The items that are asked for, the best first, at most so many: entries, or stories where `stories`
/// is set. `None` where another order is asked for, or there is nothing to weigh.
pub(super) fn best(
    connection: &Connection,
    query: &EntryQuery,
    stories: bool,
    most: usize,
) -> Result<Option<Vec<Cursor>>, Error> {
    if query.order != Order::Best || query.arrived_after.is_some() {
        return Ok(None);
    }
    let Some((words, text)) = searched(query) else {
        return Ok(None);
    };
    let query = EntryQuery {
        after: None,
        // A story stands as high as its best entry does.
        fold: if stories { FoldLevel::None } else { query.fold },
        ..query.clone()
    };
    let mut matches = newest(connection, &query)?;
    match search::is_rare(connection, &words, RARE)? {
        true => weigh(connection, &text, &mut matches)?,
        false => weigh_common(connection, &text, &mut matches)?,
    }
    note_titles(connection, &text, &mut matches)?;
    let newest = matches.iter().map(|one| one.dated).max().unwrap_or(0);
    matches.sort_by(|a, b| {
        let (a_weight, b_weight) = (a.weight(newest), b.weight(newest));
        b_weight
            .total_cmp(&a_weight)
            .then((b.dated, b.entry).cmp(&(a.dated, a.entry)))
    });
    let mut seen = HashSet::new();
    let items = matches.into_iter().map(|one| Cursor {
        dated: one.dated,
        id: if stories { one.story } else { one.entry },
    });
    Ok(Some(
        items
            .filter(|item| seen.insert(item.id))
            .take(most)
            .collect(),
    ))
}

/// The newest entries that match.
fn newest(connection: &Connection, query: &EntryQuery) -> Result<Vec<Match>, Error> {
    if let Some(keys) = hits::newest(connection, query, false, WEIGHED)? {
        let ids: Vec<i64> = keys.iter().map(|key| key.id).collect();
        let statement = "SELECT e.id, e.story, e.dated FROM json_each(?1) j \
                         CROSS JOIN entries e ON e.id = j.value";
        return matches(connection, statement, &[Value::Text(json(&ids)?)]);
    }
    let filter = filter::of_entries(connection, query)?;
    let statement = format!(
        "SELECT e.id, e.story, e.dated FROM entries e WHERE {} \
         ORDER BY e.dated DESC, e.id DESC LIMIT {}",
        filter.text(),
        rows_of(WEIGHED)
    );
    matches(connection, &statement, &filter.values)
}

fn matches(
    connection: &Connection,
    statement: &str,
    values: &[Value],
) -> Result<Vec<Match>, Error> {
    let mut statement = connection.prepare_cached(statement)?;
    let found = statement.query_map(params_from_iter(values), |row| {
        Ok(Match {
            entry: row.get(0)?,
            story: row.get(1)?,
            dated: row.get(2)?,
            likeness: 0.0,
            in_title: false,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Notes how well each fits `text`, in the language of the index.
fn weigh(connection: &Connection, text: &str, matches: &mut [Match]) -> Result<(), Error> {
    let numbers = matches.iter().map(|one| one.entry);
    let (Some(first), Some(last)) = (numbers.clone().min(), numbers.max()) else {
        return Ok(());
    };
    let places: HashMap<i64, usize> = matches
        .iter()
        .enumerate()
        .map(|(place, one)| (one.entry, place))
        .collect();
    for statement in search::likeness() {
        let mut found = Vec::new();
        let mut statement = connection.prepare_cached(&statement)?;
        let mut rows = statement.query(params![text, first, last])?;
        while let Some(row) = rows.next()? {
            if let Some(place) = places.get(&row.get(0)?) {
                found.push((*place, row.get::<_, f64>(1)?));
            }
        }
        // The two indexes count rarity each for itself: only within one do figures compare.
        let most = found
            .iter()
            .map(|(_, likeness)| *likeness)
            .fold(0.0, f64::max);
        for (place, likeness) in found {
            matches[place].likeness = if most > 0.0 { likeness / most } else { 0.0 };
        }
    }
    Ok(())
}

/// The same where words are so common that counting them takes long, and tells little.
fn weigh_common(connection: &Connection, text: &str, matches: &mut [Match]) -> Result<(), Error> {
    let named = found_in(connection, &search::named(text), matches)?;
    for one in matches {
        one.likeness = match named.contains(&one.entry) {
            true => NAMED,
            false => MENTIONED,
        };
    }
    Ok(())
}

/// Notes which have all of `text` in the headline.
fn note_titles(connection: &Connection, text: &str, matches: &mut [Match]) -> Result<(), Error> {
    let titled = found_in(connection, &search::in_title(text), matches)?;
    for one in matches {
        one.in_title = titled.contains(&one.entry);
    }
    Ok(())
}

/// Which of the entries the index finds for `text`.
fn found_in(connection: &Connection, text: &str, matches: &[Match]) -> Result<HashSet<i64>, Error> {
    let entries: Vec<i64> = matches.iter().map(|one| one.entry).collect();
    let found = Probe::new(connection, text)?.among(&entries)?;
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(days: i64, likeness: f64, in_title: bool) -> f64 {
        let one = Match {
            entry: 1,
            story: 1,
            dated: -days * 86_400_000,
            likeness,
            in_title,
        };
        one.weight(0)
    }

    #[test]
    fn headlines_come_first_and_freshness_decides_between_equals() {
        assert!(weight(0, 0.2, true) > weight(0, 1.0, false));
        assert!(weight(0, 0.5, false) > weight(10, 0.5, false));
        assert!(weight(20, 0.5, true) > weight(0, 0.5, false));
        assert!(weight(400, 0.5, true) < weight(0, 1.0, false));
        assert!(weight(4_000, 0.5, true) > weight(4_000, 0.5, false));
        assert!(weight(i64::MAX / 86_400_001, 1.0, true).is_finite());
    }
}
