//! Tests that SQLite takes every statement of the store, found in its sources, and reads no large table
//! from end to end unless that is said here.

use super::plans::{plan, with_schema};
use super::{arrivals, entries, feed_rows, filter, history, hits, hubs, reading};
use crate::feed::{FeedId, Timestamp};
use crate::query::{Cursor, EntryQuery, FoldLevel, parse_text};
use std::path::Path;

/// Tables that grow with every entry.
const LARGE: &[&str] = &["entries", "stories", "bodies", "decisions", "tombstones"];

/// Statements that name one of those and read something from end to end: a few chosen rows, the
/// newest up to a limit, the feeds, corrections, or numbers that
/// were given up.
const WHOLE: &[&str] = &[
    "adopt.rs: UPDATE stories SET size = m.size, lead = m.lead,",
    "history.rs: SELECT {COLUMNS} FROM corrections",
    "adopt.rs: DELETE FROM forwards WHERE story NOT IN",
    "removal.rs: SELECT id FROM (SELECT id, first_seen, row_number() OVER",
    "removal.rs: SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?1))",
    "new_entries.rs: SELECT seq FROM sqlite_sequence",
    "near.rs: SELECT d.near FROM (SELECT id FROM entries WHERE story = ?1",
    "overview.rs: SELECT count(*) FILTER (WHERE enabled AND NOT gone)",
];

/// What stands in the blanks of a statement, one of these at a time: by file (all files where it is
/// empty) and name.
const BLANKS: &[(&str, &str, &[&str])] = &[
    ("entries.rs", "COLUMNS", &[entries::COLUMNS]),
    ("rehearsal.rs", "COLUMNS", &[entries::COLUMNS]),
    ("history.rs", "COLUMNS", &[history::COLUMNS]),
    ("", "COLUMNS", &[feed_rows::COLUMNS]),
    ("", "SUBSCRIPTION", &[hubs::SUBSCRIPTION]),
    ("", "LISTED", &["1"]),
    ("", "WIDEST_WINDOW", &["1"]),
    ("", "WEIGHTS", &["1.0, 1.0, 1.0, 1.0"]),
    ("", "UNREAD", &[reading::UNREAD]),
    ("", "index", &["search", "search_plain"]),
    ("", "english", &["search"]),
    ("", "other", &["search_plain"]),
    ("", "place", &["?1"]),
    ("", "value", &["1"]),
    ("", "at", &["read_at", "starred_at"]),
    ("feeds.rs", "column", &["name", "url"]),
    ("stories.rs", "column", &["id", "story"]),
    ("reading.rs", "column", &["read", "starred"]),
];

/// Statements whose blanks are questions of a reader, or columns of an earlier time.
const COMPUTED: &[&str] = &[
    "arrivals.rs: SELECT {item}.id, {item}.{seen} FROM {table}",
    "entries.rs: SELECT {COLUMNS} FROM entries e JOIN bodies b ON b.entry = e.id WHERE {}",
    "history.rs: INSERT INTO stories ({})",
    "hits.rs: SELECT {item}.dated, {item}.id FROM json_each",
    "polling.rs: UPDATE feeds SET lease_until = max(?1 + ?2, lease_until + 1) WHERE {condition}",
    "ranking.rs: SELECT e.id, e.story, e.dated FROM entries e WHERE {}",
    "reading.rs: UPDATE stories SET {column} = {value}, {column}_at = ?1 WHERE",
    "search.rs: SELECT count(*) FROM ({} LIMIT ?2)",
    "stories.rs: SELECT {item}.dated, {item}.id FROM {table} {item} WHERE {}",
    "stories.rs: SELECT {item}.{seen}, {item}.id FROM {table} {item} WHERE {}",
];

/// Files of tests, and one whose statements another test prepares.
const OF_TESTS: &[&str] = &[
    "plans.rs",
    "statements.rs",
    "ways.rs",
    "tests.rs",
    "archive.rs",
];

/// The SQL in the sources of this module: literals that begin as a statement does, each with the
/// name of its file.
fn statements(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(statements(&path));
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".rs") || OF_TESTS.contains(&&*name) {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        // Quotes that begin or end no literal are in the way.
        let code = code.join("\n").replace("'\"'", "").replace("\\\"", "");
        for literal in code.split('"').skip(1).step_by(2) {
            // A backslash at the end of a line leaves out what the next begins with.
            let parts: Vec<&str> = literal
                .split("\\\n")
                .enumerate()
                .map(|(at, part)| if at == 0 { part } else { part.trim_start() })
                .collect();
            let statement = parts.concat();
            let begins = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
            if begins.iter().any(|word| statement.starts_with(word)) {
                found.push((name.clone(), statement));
            }
        }
    }
    found
}

/// A statement with its blanks filled, in every way.
fn filled(file: &str, statement: &str) -> Vec<String> {
    let Some((before, rest)) = statement.split_once('{') else {
        return vec![statement.to_owned()];
    };
    let (blank, _) = rest.split_once('}').unwrap();
    let fills = BLANKS
        .iter()
        .find(|(of, name, _)| (of.is_empty() || *of == file) && *name == blank)
        .unwrap_or_else(|| panic!("{file}: nothing stands for {{{blank}}} after {before}"));
    let fill = |text: &&str| filled(file, &statement.replace(&format!("{{{blank}}}"), text));
    fills.2.iter().flat_map(fill).collect()
}

#[tokio::test]
async fn every_statement_can_be_prepared_and_none_reads_everything_unsaid() {
    with_schema(|connection| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let statements = statements(&folder);
        assert!(statements.len() > 150, "{}", statements.len());
        let mut unsaid = Vec::new();
        for (file, statement) in &statements {
            let named = format!("{file}: {statement}");
            if COMPUTED.iter().any(|computed| named.starts_with(computed)) {
                continue;
            }
            for statement in filled(file, statement) {
                if let Err(error) = connection.prepare(&statement) {
                    panic!("{file}: {error}\n{statement}");
                }
                let plan = plan(connection, &statement);
                let scans = plan.iter().any(|step| {
                    let inside = ["VIRTUAL", "INDEX", "CONSTANT ROW", "json_each"];
                    step.starts_with("SCAN") && !inside.iter().any(|word| step.contains(word))
                });
                let is_large = LARGE.iter().any(|table| statement.contains(table));
                // Checking the file reads all of it.
                let is_said = file == "upkeep.rs" || WHOLE.iter().any(|one| named.starts_with(one));
                if scans && is_large && !is_said {
                    unsaid.push(format!("{named}\n{plan:#?}"));
                }
            }
        }
        assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
        for computed in COMPUTED {
            let named = |(file, statement): &(String, String)| format!("{file}: {statement}");
            let is_there = statements
                .iter()
                .any(|one| named(one).starts_with(computed));
            assert!(is_there, "{computed} is gone");
        }
    })
    .await;
}

/// A question with each field, and words in each place of one.
const QUESTIONS: &[&str] = &[
    "",
    "ship",
    "ship -harbour",
    "-ship",
    "\"the ship\" OR har*",
    "title:ship author:ada category:sea",
    "feed:quay",
    "feed:quay OR feed:pier",
    "tag:sea ship",
    "site:quay.example",
    "url:/2026/",
    "lang:de",
    "is:read",
    "is:unread",
    "is:starred",
    "is:lead",
    "is:copy",
    "is:coverage",
    "sources:>=3",
    "sources:<2",
    "sources:2 ship",
    "since:2026-01-01 until:2026-02-01",
    "since:2026-01-01 OR until:2025-01-01",
    "story:42",
    "(ship is:copy) OR -tag:sea",
];

#[tokio::test]
async fn every_question_of_a_reader_can_be_prepared() {
    with_schema(|connection| {
        let prepare = |statement: String| {
            if let Err(error) = connection.prepare(&statement) {
                panic!("{error}\n{statement}");
            }
        };
        for text in QUESTIONS {
            for fold in [FoldLevel::Story, FoldLevel::Article, FoldLevel::None] {
                let query = EntryQuery {
                    text: parse_text(text)
                        .unwrap()
                        .map(|text| text.at(Timestamp::UNIX_EPOCH)),
                    fold,
                    announced: true,
                    after: Some(Cursor { dated: 1, id: 1 }),
                    ..EntryQuery::default()
                };
                let of_entries = filter::of_entries(connection, &query).unwrap();
                prepare(format!(
                    "SELECT 1 FROM entries e WHERE {}",
                    of_entries.text()
                ));
                let of_stories = filter::of_stories(connection, &query).unwrap();
                prepare(format!(
                    "SELECT 1 FROM stories s WHERE {}",
                    of_stories.text()
                ));
                for by_story in [false, true] {
                    if let Some(apart) = filter::apart(connection, &query, by_story).unwrap() {
                        prepare(hits::statement(&apart.filter, by_story));
                    }
                }
            }
        }
        for entries in [false, true] {
            for chosen in [
                arrivals::Chosen::Read,
                arrivals::Chosen::KeptUnread,
                arrivals::Chosen::Starred,
            ] {
                for holds in [false, true] {
                    let query = arrivals::ArrivalQuery {
                        entries,
                        feeds: Some(vec![FeedId(1)]),
                        states: vec![(chosen, holds)],
                        since: Some(Timestamp::UNIX_EPOCH),
                        until: Some(Timestamp::UNIX_EPOCH),
                        oldest_first: holds,
                        after: Some(7),
                        limit: 10,
                    };
                    prepare(arrivals::statement(&query).0);
                }
            }
        }
    })
    .await;
}
