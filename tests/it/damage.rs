//! What happens to a file that was damaged, cut off or left in the middle of a step, and to a clock that
//! was set back: what can be read is read, the rest is told, and nothing panics.

use crate::support::library::{item, minutes, noon, poll, subscribe};
use crate::support::program::Place;
use chrono::TimeDelta;
use feedfold::entry::{EntryId, StoryId};
use feedfold::query::{EntryQuery, FoldLevel, Order, parse_text};
use feedfold::store::{Error, Store};
use rusqlite::Connection;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

const ENTRIES: i64 = 120;

/// A store with entries that say something, closed again; its bytes.
async fn filled(path: &Path) -> Vec<u8> {
    let store = Store::open(path, noon()).unwrap();
    subscribe(&store, &["quay", "pier"]).await;
    for (feed, first) in [("quay", 0), ("pier", ENTRIES / 2)] {
        let items = (first..first + ENTRIES / 2).map(|n| {
            let title = format!("Harbour log {n} of keeper {}", n * 7_919);
            item(feed, &format!("n{n}"), &title, minutes(-n))
        });
        poll(&store, feed, minutes(1), items.collect()).await;
    }
    store.close().await;
    std::fs::read(path).unwrap()
}

fn search(text: &str, order: Order) -> EntryQuery {
    EntryQuery {
        text: parse_text(text).unwrap().map(|text| text.at(noon())),
        fold: FoldLevel::None,
        order,
        limit: 1_000,
        ..EntryQuery::default()
    }
}

/// Reads everything in every way and writes something; what failed.
async fn exercise(path: &Path) -> Vec<Error> {
    let store = match Store::open(path, minutes(5)) {
        Ok(store) => store,
        Err(error) => return vec![error],
    };
    let mut failed = Vec::new();
    for order in [Order::Newest, Order::Best] {
        for text in ["", "harbour", "\"harbour log\" -pier", "title:keep*"] {
            failed.extend(store.entries(search(text, order)).await.err());
        }
    }
    failed.extend(store.stories(EntryQuery::default()).await.err());
    for number in 1..=ENTRIES {
        failed.extend(store.story(StoryId(number)).await.err());
        failed.extend(store.decision(EntryId(number)).await.err());
    }
    match store.verify().await {
        Ok(problems) => failed.extend(problems.into_iter().map(Error::Refused)),
        Err(error) => failed.push(error),
    }
    failed.extend(
        store
            .prune(&feedfold::config::Config::default().retention, minutes(9))
            .await
            .err(),
    );
    store.close().await;
    failed
}

fn assert_sentences(failed: &[Error]) {
    for error in failed {
        let text = error.to_string();
        assert!(
            text.len() > 10 && !text.chars().any(char::is_control),
            "{text:?}"
        );
        assert!(
            !text.contains("rusqlite") && !text.contains("Err("),
            "{text}"
        );
    }
}

#[tokio::test]
async fn flipped_bytes_are_told_and_never_end_the_program() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let whole = filled(&path).await;
    assert!(exercise(&path).await.is_empty(), "as it was, all is well");
    let mut told = 0;
    let mut random = 0x9E37_79B9_u64;
    for _ in 0..40 {
        let mut bytes = whole.clone();
        // A burst of wrong bytes, as a bad sector leaves them; the header's identity stays.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let at = 100 + (random >> 20) as usize % (bytes.len() - 612);
        for byte in &mut bytes[at..at + 512] {
            *byte ^= 0x5A;
        }
        for left in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("feedfold.db{left}")));
        }
        std::fs::write(&path, bytes).unwrap();
        let failed = exercise(&path).await;
        assert_sentences(&failed);
        told += usize::from(!failed.is_empty());
    }
    // The rest fell where pages hold nothing: most of a small file.
    assert!(told >= 4, "{told} of 40");
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let whole = filled(&path).await;
    for share in [1, 5, 25, 50, 75, 95, 99] {
        for left in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("feedfold.db{left}")));
        }
        std::fs::write(&path, &whole[..whole.len() * share / 100]).unwrap();
        let failed = exercise(&path).await;
        assert!(!failed.is_empty(), "{share} %");
        assert_sentences(&failed);
    }
}

#[tokio::test]
async fn news_is_found_after_the_clock_was_set_back_by_years() {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay", "pier"]).await;
    let before = item("quay", "a", "Kelp before the clock went back", minutes(0));
    poll(&store, "quay", minutes(1), vec![before]).await;
    let past = noon() - TimeDelta::days(4 * 365);
    let after = item("pier", "b", "Kelp after the clock went back", minutes(2));
    poll(&store, "pier", past, vec![after]).await;
    for order in [Order::Newest, Order::Best] {
        let found = store.entries(search("kelp", order)).await.unwrap();
        let titles: Vec<&str> = found
            .items
            .iter()
            .map(|entry| entry.item.title.as_str())
            .collect();
        assert_eq!(titles.len(), 2, "{titles:?}");
        assert!(titles[0].contains("before"), "dates order, not arrival");
    }
    let keep = feedfold::config::Config::default().retention;
    assert_eq!(store.prune(&keep, past).await.unwrap().entries, 0);
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
}

/// A database of the first schema, which takes a moment to bring to the newest.
fn old(path: &Path) {
    let connection = Connection::open(path).unwrap();
    for step in ["0001_initial", "0002_announcing", "0003_reading_state"] {
        let file = format!("{}/migrations/{step}.sql", env!("CARGO_MANIFEST_DIR"));
        let step = std::fs::read_to_string(file).unwrap();
        connection.execute_batch(&step).unwrap();
    }
    connection
        .execute_batch(
            "INSERT INTO meta (id, instance, generation, changed) VALUES (1, 'aa', 1, 0);
             INSERT INTO feeds (id, name, url, priority, enabled, origin, request, added)
             VALUES (1, 'quay', 'https://quay.example/feed', 0, 1, 'added', '{}', 0);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
             INSERT INTO stories (id, lead, opened, dated, changed, size) SELECT i, i, i, i, i, 1 FROM n;
             INSERT INTO entries (id, feed, story, role, article, first_seen, dated, title, same_print,
             text_print, profile)
             SELECT id, 1, id, 0, id, id, id, 'Kept note ' || id, x'00', x'00', x'' FROM stories;
             INSERT INTO search (rowid, title, authors, text) SELECT id, title, '', '' FROM entries;
             PRAGMA application_id = 0x46464C44; PRAGMA user_version = 3;",
        )
        .unwrap();
    let body = packed();
    connection
        .execute("INSERT INTO bodies SELECT id, ?1 FROM entries", [body])
        .unwrap();
}

/// The body of an entry that says nothing but its headline, as the program packs it.
fn packed() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("feedfold.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&path, noon()).unwrap();
        subscribe(&store, &["quay"]).await;
        let mut bare = item("quay", "a", "Bare", minutes(0));
        bare.content = None;
        poll(&store, "quay", minutes(1), vec![bare]).await;
        store.close().await;
    });
    let connection = Connection::open(&path).unwrap();
    connection
        .query_row("SELECT body FROM bodies", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_migration_that_was_killed_goes_on_the_next_time() {
    let mut interrupted = 0;
    for wait in [0, 5, 10, 20, 30, 45, 60, 90] {
        let place = Place::with("");
        old(&place.database());
        let mut child = place
            .command(&["db", "migrate"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Real time: a process is killed wherever it happens to be.
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        interrupted += usize::from(!child.wait().unwrap().success());
        let ran = place.run(&["db", "migrate"]);
        assert_eq!(ran.code, 0, "after {wait} ms: {}", ran.err);
        let verified = place.run(&["db", "verify"]);
        assert_eq!(verified.code, 0, "after {wait} ms: {}", verified.out);
        let found = place.json(&["query", "note", "--limit", "5000", "--json"]);
        assert_eq!(found.len(), 4_000, "after {wait} ms");
    }
    assert!(interrupted > 0);
}
