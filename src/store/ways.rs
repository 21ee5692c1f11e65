//! Tests that each way to a page of hits finds what reading all of them finds.

use super::chosen::Indexed;
use super::filter::{apart, of_entries, of_stories};
use super::hits::{Way, newest};
use super::migrate::migrate;
use super::probe::Probe;
use super::search::{Row, add};
use super::{Error, hits};
use crate::entry::{EntryId, Item};
use crate::feed::Timestamp;
use crate::query::{Cursor, EntryQuery, FoldLevel, parse_text};
use crate::text::Plain;
use proptest::prelude::*;
use rusqlite::{Connection, params, params_from_iter};

/// Entries of an archive: more hits than one look at the index tells.
const ENTRIES: i64 = 1_500;
const FEEDS: i64 = 6;
const HOUR: i64 = 3_600_000;

/// Numbers by chance, the same ones for a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).cast_signed() % bound
    }
}

/// An archive with words of each rarity, in two languages. Entries arrive in an order that is not quite
/// that of their dates, some of them long after; some stories have several.
fn archive(seed: u64) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, None, Timestamp::UNIX_EPOCH).unwrap();
    connection.execute_batch("BEGIN").unwrap();
    for feed in 1..=FEEDS {
        let name = format!("outlet-{feed}");
        connection
            .execute(
                "INSERT INTO feeds (id, name, url, priority, enabled, origin, request, added) \
                 VALUES (?1, ?2, ?2, 0, 1, 'added', '{}', 0)",
                params![feed, name],
            )
            .unwrap();
        if feed % 2 == 0 {
            connection
                .execute("INSERT INTO tags (tag, feed) VALUES ('even', ?1)", [feed])
                .unwrap();
        }
    }
    let mut chance = Chance(seed);
    let mut stories: Vec<(i64, i64)> = Vec::new();
    for entry in 1..=ENTRIES {
        let late = match chance.below(20) {
            0 => 900,
            _ => 12,
        };
        let dated = (entry - chance.below(late)) * HOUR;
        let joins = chance.below(4) == 0 && !stories.is_empty();
        let story = match joins {
            true => stories[stories.len() - 1 - chance.below(stories.len().min(9) as i64) as usize],
            false => {
                connection
                    .execute(
                        "INSERT INTO stories (lead, opened, dated, changed, size) \
                         VALUES (?1, ?2, ?3, ?2, 1)",
                        params![entry, entry * HOUR, dated],
                    )
                    .unwrap();
                stories.push((connection.last_insert_rowid(), entry));
                stories[stories.len() - 1]
            }
        };
        // The first feed has a few entries only.
        let feed = match chance.below(40) {
            0 => 1,
            _ => 2 + chance.below(FEEDS - 1),
        };
        let (role, article) = match (joins, chance.below(2)) {
            (false, _) => (0, entry),
            (true, 0) => (1, story.1),
            (true, _) => (2, entry),
        };
        connection
            .execute(
                "INSERT INTO entries (id, feed, story, role, article, copy_of, first_seen, dated, \
                 title, same_print, text_print, profile, language) \
                 VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7, '', x'00', x'00', x'', ?8)",
                params![
                    entry,
                    feed,
                    story.0,
                    role,
                    article,
                    entry * HOUR,
                    dated,
                    if entry % 3 == 0 { "de" } else { "en" }
                ],
            )
            .unwrap();
        let mut title = String::from("always");
        for (word, share) in [("often", 3), ("sometimes", 40), ("seldom", 300)] {
            if chance.below(share) == 0 {
                title = format!("{title} {word}");
            }
        }
        let item = Item {
            title: Plain::new(&title),
            language: Some(if entry % 3 == 0 { "de" } else { "en" }.to_owned()),
            ..Item::default()
        };
        add(&connection, EntryId(entry), &Row::of_stored(&item)).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    connection
}

/// The page as SQLite finds it by looking at everything.
fn slowly(connection: &Connection, query: &EntryQuery, by_story: bool) -> Vec<Cursor> {
    let query = EntryQuery {
        limit: usize::MAX,
        ..query.clone()
    };
    let (filter, table, item) = match by_story {
        true => (of_stories(connection, &query).unwrap(), "stories", "s"),
        false => (of_entries(connection, &query).unwrap(), "entries", "e"),
    };
    let mut statement = connection
        .prepare(&format!(
            "SELECT {item}.dated, {item}.id FROM {table} {item} WHERE {} \
             ORDER BY {item}.dated DESC, {item}.id DESC",
            filter.text()
        ))
        .unwrap();
    let rows = statement.query_map(params_from_iter(&filter.values), |row| {
        Ok(Cursor {
            dated: row.get(0)?,
            id: row.get(1)?,
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn each_way(
    connection: &Connection,
    query: &EntryQuery,
    by_story: bool,
    most: usize,
) -> Result<Vec<(String, Vec<Cursor>)>, Error> {
    let chosen = newest(connection, query, by_story, most)?.unwrap();
    let mut pages = vec![("the chosen way".to_owned(), chosen)];
    let apart = apart(connection, query, by_story)?.unwrap();
    let probe = Probe::new(connection, &apart.text)?;
    for way in [Way::Hits, Way::Dates, Way::Feeds] {
        if way == Way::Feeds && apart.within.feeds.is_none() {
            continue;
        }
        let page = hits::found(connection, &probe, &apart, by_story, most, way)?;
        pages.push((format!("{way:?}"), page));
    }
    Ok(pages)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn every_way_finds_the_same(
        seed: u64,
        since in prop::option::of(0..ENTRIES),
        until in prop::option::of(0..ENTRIES),
        most in 1_usize..120,
        place in 0_usize..400,
    ) {
        let connection = archive(seed);
        let moment = |hours: i64| Timestamp::from_timestamp_millis(hours * HOUR).unwrap();
        for text in [
            "always", "often", "sometimes", "seldom", "often sometimes", "often -seldom",
            "feed:outlet-1 often", "feed:outlet-3 always", "tag:even sometimes",
            "lang:de always", "is:copy often", "(feed:outlet-2 OR feed:outlet-3) often",
        ] {
            for fold in [FoldLevel::Story, FoldLevel::Article, FoldLevel::None] {
                let by_story = fold == FoldLevel::Story;
                let first = EntryQuery {
                    text: parse_text(text).unwrap().map(|text| text.at(Timestamp::UNIX_EPOCH)),
                    since: since.map(moment),
                    until: until.map(moment),
                    fold,
                    limit: most,
                    ..EntryQuery::default()
                };
                let all = slowly(&connection, &first, by_story);
                let after = all.get(place).copied();
                for query in [first.clone(), EntryQuery { after, ..first }] {
                    let from = query.after.map_or(0, |_| place + 1);
                    let expected: Vec<Cursor> = all.iter().skip(from).take(most).copied().collect();
                    for (way, page) in each_way(&connection, &query, by_story, most).unwrap() {
                        prop_assert_eq!(&page, &expected, "{} {:?} {}", text, fold, way);
                    }
                }
            }
        }
    }
}

#[test]
fn the_unread_and_the_starred_are_the_same_ones_whether_they_are_listed_or_walked_to() {
    let connection = archive(5);
    let found = |text: &str, by_story: bool| {
        let query = EntryQuery {
            text: parse_text(text)
                .unwrap()
                .map(|text| text.at(Timestamp::UNIX_EPOCH)),
            ..EntryQuery::default()
        };
        let page = slowly(&connection, &query, by_story);
        page.iter().map(|place| place.id).collect::<Vec<i64>>()
    };
    let stored = |statement: &str| -> Vec<i64> {
        let mut statement = connection.prepare(statement).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let is_listed = |indexed: Indexed| indexed.are_few(&connection).unwrap();
    for (read, listed) in [("0", false), ("id % 3 = 1", true), ("1", true)] {
        let mark = format!("UPDATE stories SET read = {read}, starred = id % 7 = 0");
        connection.execute(&mark, []).unwrap();
        assert_eq!(is_listed(Indexed::Unread), listed, "{read}");
        assert!(is_listed(Indexed::Starred));
        for (text, state) in [
            ("is:unread", "z.read <> 1"),
            ("is:starred", "z.starred = 1"),
            ("is:unread is:starred", "z.read <> 1 AND z.starred = 1"),
        ] {
            let of_stories = format!(
                "SELECT z.id FROM stories z WHERE {state} ORDER BY z.dated DESC, z.id DESC"
            );
            assert_eq!(found(text, true), stored(&of_stories), "{text}");
            let of_leads = format!(
                "SELECT e.id FROM entries e JOIN stories z ON z.id = e.story AND z.lead = e.id \
                 WHERE {state} ORDER BY e.dated DESC, e.id DESC"
            );
            assert_eq!(found(text, false), stored(&of_leads), "{text}");
        }
    }
}

#[test]
fn neighbours_are_told_from_each_other() {
    let connection = archive(7);
    for text in ["\"always\"", "\"often\"", "\"sometimes\"", "\"seldom\""] {
        let hits: Vec<i64> = connection
            .prepare(&format!("{} ORDER BY 1", super::search::hits("?1")))
            .unwrap()
            .query_map([text], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let probe = Probe::new(&connection, text).unwrap();
        for step in [1, 2, 7, 400, 750] {
            let asked: Vec<i64> = (1..=ENTRIES).step_by(step).collect();
            let mut found = probe.among(&asked).unwrap();
            found.sort_unstable();
            let expected: Vec<i64> = hits
                .iter()
                .copied()
                .filter(|hit| asked.contains(hit))
                .collect();
            assert_eq!(found, expected, "{text}, every {step}");
        }
    }
}
