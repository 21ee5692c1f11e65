//! Tests of a file that another program holds.

use super::Connections;
use crate::feed::Timestamp;
use crate::store::Error;
use rusqlite::Connection;
use std::sync::Arc;

async fn feeds(connections: &Arc<Connections>) -> i64 {
    let count = |connection: &Connection| {
        Ok(connection.query_row("SELECT count(*) FROM feeds", [], |row| row.get(0))?)
    };
    connections.read(count).await.unwrap()
}

async fn add(connections: &Arc<Connections>) -> Result<(), Error> {
    let insert = |writing: &mut crate::store::writing::Writing<'_>| {
        writing.connection.execute(
            "INSERT INTO feeds (name, url, priority, enabled, origin, request, added) \
             VALUES ('quay', 'https://quay.example/feed', 0, 1, 'added', '{}', 0)",
            [],
        )?;
        Ok(())
    };
    connections.write(insert).await
}

#[tokio::test]
async fn what_another_program_locks_is_read_and_written_afterwards() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let connections = Arc::new(Connections::open(&path, Timestamp::UNIX_EPOCH).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = add(&connections).await.unwrap_err();
    let Error::Busy { path: named } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*named, path.display().to_string());
    assert!(refused.to_string().contains("try again"), "{refused}");
    assert_eq!(feeds(&connections).await, 0, "it is read meanwhile");
    other.execute_batch("ROLLBACK").unwrap();
    add(&connections).await.unwrap();
    assert_eq!(feeds(&connections).await, 1);
}

#[test]
fn a_file_that_is_locked_to_all_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    drop(Connections::open(&path, Timestamp::UNIX_EPOCH).unwrap());
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
        .unwrap();
    for opened in [
        Connections::open(&path, Timestamp::UNIX_EPOCH),
        Connections::open_read_only(&path),
    ] {
        assert!(matches!(opened.err(), Some(Error::Busy { .. })));
    }
    drop(other);
    Connections::open(&path, Timestamp::UNIX_EPOCH).unwrap();
}
