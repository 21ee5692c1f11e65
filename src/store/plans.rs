//! Tests of how SQLite goes about the questions that are asked often.

use super::arrivals::{ArrivalQuery, Chosen, statement};
use super::connection::Connections;
use super::filter::{of_entries, of_stories};
use super::known::{BY_GUID, BY_LINK, BY_TEXT};
use crate::query::{EntryQuery, FoldLevel, parse_text};
use rusqlite::Connection;

/// Runs a check on an empty database with the schema.
pub(super) async fn with_schema(check: impl FnOnce(&Connection) + Send + 'static) {
    let connections = std::sync::Arc::new(Connections::in_memory().unwrap());
    let job = move |connection: &Connection| {
        check(connection);
        Ok(())
    };
    connections.read(job).await.unwrap();
}

/// What SQLite would do.
pub(super) fn plan(connection: &Connection, statement: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let rows = statement.raw_query();
    rows.mapped(|row| row.get("detail"))
        .collect::<Result<_, _>>()
        .unwrap()
}

/// Nothing is read from end to end, nothing is sorted.
fn assert_direct(connection: &Connection, statement: &str) {
    for step in plan(connection, statement) {
        let whole = step.starts_with("SCAN") && !step.contains("INDEX");
        let harmless = step.contains("json_each") || step.contains("search VIRTUAL TABLE");
        assert!(!whole || harmless, "{step}\n{statement}");
        assert!(
            !step.contains("TEMP B-TREE FOR ORDER"),
            "{step}\n{statement}"
        );
    }
}

#[tokio::test]
async fn a_known_entry_is_found_by_an_index() {
    with_schema(|connection| {
        for (statement, index) in [
            (BY_GUID, "entries_guid"),
            (BY_LINK, "entries_link"),
            (BY_TEXT, "entries_same"),
            (super::unchanged::BY_GUID, "entries_guid"),
        ] {
            assert_direct(connection, statement);
            let plan = plan(connection, statement).join("\n");
            assert!(plan.contains(index), "{plan}");
        }
    })
    .await;
}

#[tokio::test]
async fn due_feeds_are_found_by_an_index() {
    with_schema(|connection| {
        let plan = plan(connection, super::polling::DUE).join("\n");
        assert!(plan.contains("feeds_due (due>? AND due<?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    })
    .await;
}

#[tokio::test]
async fn pages_walk_an_index_in_their_order() {
    with_schema(|connection| {
        let story = |text: &str| EntryQuery {
            text: parse_text(text)
                .unwrap()
                .map(|text| text.at(crate::feed::Timestamp::UNIX_EPOCH)),
            ..EntryQuery::default()
        };
        let after = EntryQuery {
            after: Some(crate::query::Cursor { dated: 1, id: 1 }),
            ..EntryQuery::default()
        };
        for fold in [FoldLevel::Story, FoldLevel::Article, FoldLevel::None] {
            for query in [story(""), after.clone()] {
                let query = EntryQuery { fold, ..query };
                let filter = of_entries(connection, &query).unwrap();
                assert_direct(
                    connection,
                    &format!(
                        "SELECT e.id, b.body FROM entries e JOIN bodies b ON b.entry = e.id \
                         WHERE {} ORDER BY e.dated DESC, e.id DESC LIMIT 100",
                        filter.text()
                    ),
                );
                let filter = of_stories(connection, &query).unwrap();
                assert_direct(
                    connection,
                    &format!(
                        "SELECT s.id FROM stories s WHERE {} \
                         ORDER BY s.dated DESC, s.id DESC LIMIT 100",
                        filter.text()
                    ),
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn windows_walk_the_order_of_arrival() {
    with_schema(|connection| {
        let query = EntryQuery {
            announced: true,
            ..EntryQuery::default()
        };
        let place = Some(crate::query::Cursor { dated: 1, id: 1 });
        for after in [None, place] {
            let mut filter = of_stories(connection, &query).unwrap();
            filter.arrived_before(after, "s", "opened");
            assert_direct(
                connection,
                &format!(
                    "SELECT s.opened, s.id FROM stories s WHERE {} \
                     ORDER BY s.opened DESC, s.id DESC LIMIT 100",
                    filter.text()
                ),
            );
            // Entries are numbered as they arrive: their numbers are walked backwards.
            let mut filter = of_entries(connection, &query).unwrap();
            filter.arrived_before(after, "e", "first_seen");
            let statement = format!(
                "SELECT e.first_seen, e.id FROM entries e WHERE {} ORDER BY e.id DESC LIMIT 100",
                filter.text()
            );
            let plan = plan(connection, &statement).join("\n");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_unread_or_starred_is_walked_by_an_index_of_its_own() {
    with_schema(|connection| {
        for (state, index) in [
            ((Chosen::Read, false), "stories_unread"),
            ((Chosen::Starred, true), "stories_starred"),
        ] {
            for oldest_first in [false, true] {
                let (statement, _) = statement(&ArrivalQuery {
                    states: vec![state],
                    after: Some(7),
                    oldest_first,
                    ..ArrivalQuery::default()
                });
                let plan = plan(connection, &statement).join("\n");
                assert!(plan.contains(index), "{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn stories_of_several_sources_are_walked_by_an_index_of_their_own() {
    with_schema(|connection| {
        for text in ["sources:>=2", "sources:>1 is:unread", "sources:3"] {
            let query = EntryQuery {
                text: parse_text(text)
                    .unwrap()
                    .map(|text| text.at(crate::feed::Timestamp::UNIX_EPOCH)),
                ..EntryQuery::default()
            };
            let stories = of_stories(connection, &query).unwrap();
            let statement = format!(
                "SELECT s.id FROM stories s WHERE {} ORDER BY s.dated DESC, s.id DESC LIMIT 100",
                stories.text()
            );
            assert_direct(connection, &statement);
            let plan = plan(connection, &statement).join("\n");
            assert!(plan.contains("stories_large"), "{plan}");
            let entries = of_entries(connection, &query).unwrap();
            assert!(entries.text().contains("stories_large"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_few_that_are_starred_or_unread_are_found_by_their_index() {
    with_schema(|connection| {
        for (text, index) in [
            ("is:starred", "stories_starred"),
            ("is:unread -is:copy", "stories_unread"),
        ] {
            let query = EntryQuery {
                text: parse_text(text)
                    .unwrap()
                    .map(|text| text.at(crate::feed::Timestamp::UNIX_EPOCH)),
                ..EntryQuery::default()
            };
            let (stories, entries) = (
                of_stories(connection, &query).unwrap(),
                of_entries(connection, &query).unwrap(),
            );
            for statement in [
                format!("SELECT s.id FROM stories s WHERE {}", stories.text()),
                format!("SELECT e.id FROM entries e WHERE {}", entries.text()),
            ] {
                let order = "ORDER BY dated DESC, id DESC LIMIT 100";
                let plan = plan(connection, &format!("{statement} {order}"));
                let is_whole = |step: &String| step.starts_with("SCAN") && !step.contains(index);
                assert!(plan.join("\n").contains(index), "{plan:#?}");
                assert!(!plan.iter().any(is_whole), "{plan:#?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_reads_hits_as_they_arrived_and_stops() {
    with_schema(|connection| {
        for newer in [super::hits::MANY_NEWER, super::hits::EARLIER_AND_NEWER] {
            let plan = plan(connection, newer).join("\n");
            let index = "COVERING INDEX entries_dated (dated>?";
            assert!(plan.contains(index), "{plan}");
        }
        for statement in super::search::apart_by_number().iter().flatten() {
            let plan = plan(connection, statement).join("\n");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
        for walk in [super::hits::ALL, super::hits::ALL_BY_STORY] {
            let plan = plan(connection, walk).join("\n");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            assert_eq!(
                plan.matches("COVERING INDEX").count(),
                plan.lines().count(),
                "{plan}"
            );
        }
        for by_story in [false, true] {
            let query = EntryQuery {
                text: parse_text("ship is:copy")
                    .unwrap()
                    .map(|text| text.at(crate::feed::Timestamp::UNIX_EPOCH)),
                ..EntryQuery::default()
            };
            let apart = super::filter::apart(connection, &query, by_story).unwrap();
            assert_direct(
                connection,
                &super::hits::statement(&apart.unwrap().filter, by_story),
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_schema_is_reviewed() {
    with_schema(|connection| {
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        let statements: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
        insta::assert_snapshot!(statements.join(";\n"));
    })
    .await;
}
