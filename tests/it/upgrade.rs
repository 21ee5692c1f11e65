//! Databases of other versions, of other programs, and in bad shape: each has its own sentence,
//! and none is changed.

use crate::support::library::{item, minutes, noon, poll, subscribe};
use feedfold::entry::StoryId;
use feedfold::reading::{Mark, ReadState, Reading, Target};
use feedfold::store::{Error, Store};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    (folder, path)
}

async fn filled(path: &Path) {
    let store = Store::open(path, noon()).unwrap();
    subscribe(&store, &["quay"]).await;
    let items = (0..200)
        .map(|n| {
            let title = format!("Lighthouse keeper's note number {n}");
            item("quay", &format!("note-{n}"), &title, minutes(-n))
        })
        .collect();
    poll(&store, "quay", minutes(1), items).await;
    store.close().await;
}

fn refused(path: &Path) -> Error {
    let before = std::fs::read(path).ok();
    let error = Store::open(path, noon()).unwrap_err();
    assert!(
        std::fs::read(path).ok() == before,
        "the file was changed: {error}"
    );
    error
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let (_folder, path) = place();
    filled(&path).await;
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 900).unwrap();
    drop(connection);
    let error = refused(&path);
    assert!(matches!(error, Error::Newer { found: 900, .. }), "{error}");
    assert!(error.to_string().contains("install the newer feedfold"));
    assert!(matches!(
        Store::open_read_only(&path),
        Err(Error::Newer { .. })
    ));
}

#[tokio::test]
async fn another_programs_file_is_refused() {
    let (folder, path) = place();
    std::fs::write(
        &path,
        "title,url\nThis is a list of feeds, and no database at all.\n",
    )
    .unwrap();
    assert!(matches!(refused(&path), Error::Foreign { .. }));
    let other = folder.path().join("other.db");
    let connection = Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    drop(connection);
    let error = refused(&other);
    assert!(matches!(error, Error::Foreign { .. }));
    assert!(error.to_string().starts_with(&other.display().to_string()));
}

#[tokio::test]
async fn a_missing_folder_and_a_missing_file_are_named() {
    let (folder, path) = place();
    let nowhere = folder.path().join("no/such/feedfold.db");
    let error = refused(&nowhere);
    assert!(matches!(error, Error::NoFolder { .. }));
    assert!(error.to_string().contains("no/such does not exist"));
    assert!(matches!(
        Store::open_read_only(&path),
        Err(Error::Missing { .. })
    ));
    assert!(!path.exists());
    let error = Store::open(folder.path(), noon()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&folder.path().display().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_told() {
    let (_folder, path) = place();
    filled(&path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[8_192..middle] {
        *byte = 0xA5;
    }
    std::fs::write(&path, bytes).unwrap();
    let problems = match Store::open(&path, noon()) {
        Err(error) => vec![error.to_string()],
        Ok(store) => match store.verify().await {
            Ok(problems) => problems,
            Err(error) => vec![error.to_string()],
        },
    };
    assert!(!problems.is_empty());
}

#[tokio::test]
async fn while_another_program_locks_it_a_database_is_read() {
    let (_folder, path) = place();
    filled(&path).await;
    let lock = Connection::open(&path).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = Store::open_read_only(&path).unwrap();
    assert_eq!(store.counts().await.unwrap().entries, 200);
}

#[tokio::test]
async fn a_file_made_by_this_version_opens_again() {
    let (folder, path) = place();
    filled(&path).await;
    let store = Store::open(&path, minutes(5)).unwrap();
    assert_eq!(store.counts().await.unwrap().entries, 200);
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    store.vacuum().await.unwrap();
    store.close().await;
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing but the database is left");
}

#[tokio::test]
async fn a_database_from_before_reading_state_has_everything_unread() {
    let (folder, path) = place();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../migrations/0001_initial.sql"))
        .unwrap();
    old.execute_batch(
        "INSERT INTO meta VALUES (1, 'aa', 1, 0);
         INSERT INTO feeds (id, name, url, priority, enabled, origin, request, added)
         VALUES (1, 'quay', 'https://quay.example/feed', 0, 1, 'added', '{}', 0);
         INSERT INTO stories (id, lead, opened, dated, changed, size) VALUES (7, 1, 10, 10, 10, 1);
         INSERT INTO entries (id, feed, story, role, article, first_seen, dated, title, same_print,
         text_print, profile) VALUES (1, 1, 7, 0, 1, 10, 10, 'Kept', x'00', x'00', x'');
         PRAGMA application_id = 0x46464C44; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path, minutes(5)).unwrap();
    let kept = Target::Story(StoryId(7));
    assert_eq!(store.reading(kept).await.unwrap(), Some(Reading::default()));
    store
        .mark(vec![kept], vec![Mark::Read], minutes(6))
        .await
        .unwrap();
    assert_eq!(
        store.reading(kept).await.unwrap().unwrap().read,
        ReadState::Read
    );
    store.close().await;
    assert!(folder.path().join("feedfold.db.schema-1").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_a_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    let _store = Store::open(&path, noon()).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_database_from_before_hubs_opens_and_has_none() {
    let (_folder, path) = place();
    let old = Connection::open(&path).unwrap();
    for step in [
        include_str!("../../migrations/0001_initial.sql"),
        include_str!("../../migrations/0002_announcing.sql"),
        include_str!("../../migrations/0003_reading_state.sql"),
        include_str!("../../migrations/0004_search.sql"),
        include_str!("../../migrations/0005_undo.sql"),
        include_str!("../../migrations/0006_sync_secret.sql"),
    ] {
        old.execute_batch(step).unwrap();
    }
    old.execute_batch(
        "INSERT INTO meta (id, instance, generation, changed) VALUES (1, 'aa', 1, 0);
         INSERT INTO feeds (id, name, url, priority, enabled, origin, request, added)
         VALUES (1, 'quay', 'https://quay.example/feed', 0, 1, 'added', '{}', 0);
         PRAGMA application_id = 0x46464C44; PRAGMA user_version = 6;",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path, minutes(5)).unwrap();
    assert_eq!(store.counts().await.unwrap().feeds, 1);
    assert!(store.feeds_with_hubs().await.unwrap().is_empty());
    assert!(store.hub_subscriptions().await.unwrap().is_empty());
    assert!(store.pauses(minutes(5)).await.unwrap().is_empty());
    assert!(store.remove_feed("quay", minutes(6)).await.unwrap());
    let removed = store.corrections().await.unwrap()[0].id;
    store.undo(removed, minutes(7)).await.unwrap();
    assert_eq!(store.feeds().await.unwrap()[0].subscription.name, "quay");
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}
