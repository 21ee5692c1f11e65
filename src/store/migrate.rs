//! From any earlier schema to this one, each step in a transaction.

use super::{Error, search};
use crate::entry::EntryId;
use crate::feed::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// Every migration in order; the schema's number is how many of them were applied. Once released,
/// none is ever changed: see `migrations/README.md`.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_announcing.sql"),
    include_str!("../../migrations/0003_reading_state.sql"),
    include_str!("../../migrations/0004_search.sql"),
    include_str!("../../migrations/0005_undo.sql"),
    include_str!("../../migrations/0006_sync_secret.sql"),
    include_str!("../../migrations/0007_websub.sql"),
    include_str!("../../migrations/0008_forwards.sql"),
    include_str!("../../migrations/0009_pauses.sql"),
    include_str!("../../migrations/0010_removed_feeds.sql"),
    include_str!("../../migrations/0011_large_stories.sql"),
    include_str!("../../migrations/0012_calmer_index.sql"),
    include_str!("../../migrations/0013_together.sql"),
    include_str!("../../migrations/0014_no_statistics.sql"),
];

/// The step after which the index of search is filled from the entries.
const SEARCH: u32 = 4;

/// `application_id` of the file header: "FFLD".
const APPLICATION: i32 = 0x4646_4C44;

/// The newest schema that this program knows.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Brings the database to the newest schema; an existing file is copied beside itself first.
pub(super) fn migrate(
    connection: &mut Connection,
    path: Option<&Path>,
    now: Timestamp,
) -> Result<(), Error> {
    migrate_with(connection, path, now, MIGRATIONS)
}

fn migrate_with(
    connection: &mut Connection,
    path: Option<&Path>,
    now: Timestamp,
    migrations: &[&str],
) -> Result<(), Error> {
    let newest = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let found = schema(connection, newest)?;
    if found == newest {
        return Ok(());
    }
    if let (1.., Some(path)) = (found, path) {
        copy_beside(connection, path, found)?;
    }
    for (number, migration) in (1_u32..).zip(migrations) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        let present: u32 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if present < number {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", number)?;
            if number == 1 {
                found_database(&transaction, now)?;
            }
            if number == SEARCH {
                let mut last = Some(EntryId(0));
                while let Some(after) = last {
                    last = search::refill(&transaction, after, usize::MAX)?;
                }
            }
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Copies a database beside itself, whole and consistent, unless that was done already.
fn copy_beside(connection: &Connection, path: &Path, found: u32) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".schema-{found}"));
    let copy = PathBuf::from(name);
    if copy.exists() {
        return Ok(());
    }
    super::opening::create_privately(&copy).map_err(|error| error.at(&copy))?;
    if let Err(error) = connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]) {
        // Half a copy must not pass for one the next time.
        let _ = std::fs::remove_file(&copy);
        return Err(Error::from(error).at(&copy));
    }
    tracing::info!(
        "copied the database to {} before bringing it to a newer schema",
        copy.display()
    );
    Ok(())
}

/// Whether nothing is in the file yet; refuses what this program may not touch.
pub(super) fn is_empty(connection: &Connection) -> Result<bool, Error> {
    Ok(schema(connection, newest())? == 0)
}

/// Refuses what is no database of this program and this version.
pub(super) fn check(connection: &Connection) -> Result<(), Error> {
    let found = schema(connection, newest())?;
    if found < newest() {
        return Err(Error::Older {
            path: String::new(),
            found,
        });
    }
    Ok(())
}

/// The schema of the database; 0 for an empty file.
fn schema(connection: &Connection, newest: u32) -> Result<u32, Error> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let found = u32::try_from(number("user_version")?).unwrap_or(u32::MAX);
    let application = number("application_id")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != i64::from(APPLICATION) && (tables > 0 || found > 0 || application != 0) {
        return Err(Error::Foreign {
            path: String::new(),
        });
    }
    if found > newest {
        return Err(Error::Newer {
            path: String::new(),
            found,
            known: newest,
        });
    }
    Ok(found)
}

/// What a database is given once.
fn found_database(connection: &Connection, now: Timestamp) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO meta (id, instance, generation, changed)
         VALUES (1, lower(hex(randomblob(16))), 1, ?1)",
        [now.timestamp_millis()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_copy_is_made_beside_the_file_before_a_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feedfold.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate_with(
            &mut connection,
            Some(&path),
            DateTime::UNIX_EPOCH,
            &MIGRATIONS[..1],
        )
        .unwrap();
        let copy = folder.path().join("feedfold.db.schema-1");
        assert!(!copy.exists(), "a new file has nothing to copy");
        let steps = [MIGRATIONS[0], "CREATE TABLE added (id INTEGER) STRICT;"];
        migrate_with(&mut connection, Some(&path), DateTime::UNIX_EPOCH, &steps).unwrap();
        assert_eq!(schema(&connection, 2).unwrap(), 2);
        let before = Connection::open(&copy).unwrap();
        assert_eq!(schema(&before, 2).unwrap(), 1);
    }

    #[test]
    fn what_is_stored_is_found_after_the_step_that_changes_search() {
        let mut connection = Connection::open_in_memory().unwrap();
        let now = DateTime::UNIX_EPOCH;
        migrate_with(&mut connection, None, now, &MIGRATIONS[..3]).unwrap();
        let item = crate::entry::Item {
            language: Some("ja-JP".to_owned()),
            ..crate::entry::Item::default()
        };
        let body = super::super::body::Packer::new()
            .unwrap()
            .pack(&item, None)
            .unwrap();
        connection
            .execute_batch(
                "INSERT INTO feeds (name, url, priority, enabled, origin, request, added) \
                 VALUES ('a', 'https://a.example/', 0, 1, 'config', '{}', 0); \
                 INSERT INTO stories (lead, opened, dated, changed, size) VALUES (1, 0, 0, 0, 1); \
                 INSERT INTO entries (id, feed, story, role, article, first_seen, dated, title, \
                 same_print, text_print, profile) VALUES (1, 1, 1, 0, 1, 0, 0, '東京都庁', x'', \
                 x'', x'')",
            )
            .unwrap();
        connection
            .execute("INSERT INTO bodies (entry, body) VALUES (1, ?1)", [body])
            .unwrap();
        migrate_with(&mut connection, None, now, MIGRATIONS).unwrap();
        let found = |statement: &str| -> i64 {
            connection
                .query_row(statement, [], |row| row.get(0))
                .unwrap()
        };
        let hit = "SELECT count(*) FROM search_plain WHERE search_plain MATCH '\"京都\"'";
        assert_eq!(found(hit), 1);
        assert_eq!(
            found("SELECT count(*) FROM entries WHERE language = 'ja-jp'"),
            1
        );
    }

    #[test]
    fn corrections_of_an_earlier_version_still_hold() {
        let mut connection = Connection::open_in_memory().unwrap();
        let now = DateTime::UNIX_EPOCH;
        migrate_with(&mut connection, None, now, &MIGRATIONS[..4]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO corrections (kind, gone, story, decided) VALUES ('join', 2, 1, 0)",
            )
            .unwrap();
        migrate_with(&mut connection, None, now, MIGRATIONS).unwrap();
        let holds: bool = connection
            .query_row(
                "SELECT undone IS NULL AND before IS NULL FROM corrections WHERE gone = 2",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!(holds);
    }

    #[test]
    fn a_step_that_fails_leaves_the_schema_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_with(
            &mut connection,
            None,
            DateTime::UNIX_EPOCH,
            &MIGRATIONS[..1],
        )
        .unwrap();
        let steps = [
            MIGRATIONS[0],
            "CREATE TABLE added (id INTEGER) STRICT; CREATE NONSENSE;",
        ];
        migrate_with(&mut connection, None, DateTime::UNIX_EPOCH, &steps).unwrap_err();
        assert_eq!(schema(&connection, 2).unwrap(), 1);
        let tables: i64 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'added'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn every_earlier_schema_becomes_the_newest_one() {
        let schema_of = |connection: &Connection| -> Vec<String> {
            let mut statement = connection
                .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
                .unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh, None, DateTime::UNIX_EPOCH).unwrap();
        for steps in 1..MIGRATIONS.len() {
            let mut connection = Connection::open_in_memory().unwrap();
            let earlier = &MIGRATIONS[..steps];
            migrate_with(&mut connection, None, DateTime::UNIX_EPOCH, earlier).unwrap();
            connection
                .execute_batch(
                    "INSERT INTO feeds (id, name, url, priority, enabled, origin, request, added) \
                     VALUES (1, 'quay', 'https://quay.example/feed', 0, 1, 'added', '{}', 1); \
                     INSERT INTO stories (id, lead, opened, dated, changed, size) \
                     VALUES (7, 9, 1, 1, 1, 1);",
                )
                .unwrap();
            migrate(&mut connection, None, DateTime::UNIX_EPOCH).unwrap();
            assert_eq!(schema_of(&connection), schema_of(&fresh));
            let kept: i64 = connection
                .query_row("SELECT count(*) FROM stories WHERE id = 7", [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(kept, 1);
        }
    }
}
