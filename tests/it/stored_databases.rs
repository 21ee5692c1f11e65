//! Databases that earlier versions stored, one of each schema: every one opens, and all that it knew
//! holds, to search, to fold with, and for the people who decided something.

use crate::support::library::{poll, subscribe};
use crate::support::program::Place;
use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::entry::Item;
use feedfold::feed::Timestamp;
use feedfold::store::Store;
use feedfold::text::{Plain, SafeHtml};
use serde_json::Value;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How many schemas there are.
fn newest() -> usize {
    let files = std::fs::read_dir(root().join("migrations")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".sql")).count()
}

/// A folder with the database that was stored with this schema.
fn stored(schema: usize) -> Place {
    let name = format!("tests/data/databases/schema-{schema:02}.db.zst");
    let packed = std::fs::read(root().join(&name));
    let packed = packed.unwrap_or_else(|_| panic!("{name} is missing: see the README beside it"));
    let place = Place::with("");
    let database = zstd::decode_all(packed.as_slice()).unwrap();
    std::fs::write(place.database(), database).unwrap();
    place
}

/// The schema that a database file has.
fn schema_of(database: &Path) -> usize {
    let connection = rusqlite::Connection::open(database).unwrap();
    let schema: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    schema as usize
}

/// Whether SQLite would choose how to go about a question by what it counted in the file.
fn has_statistics(database: &Path) -> bool {
    let connection = rusqlite::Connection::open(database).unwrap();
    let counted = "SELECT 1 FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'";
    connection.prepare(counted).unwrap().exists([]).unwrap()
}

fn entries(place: &Place, more: &[&str]) -> Vec<Value> {
    let asked = [&["query", "--json", "--fold", "none"], more].concat();
    place.json(&asked)
}

/// The entry of a feed whose headline begins so.
fn entry<'e>(entries: &'e [Value], feed: &str, title: &str) -> &'e Value {
    let found = entries
        .iter()
        .find(|entry| entry["feed"] == feed && entry["title"].as_str().unwrap().starts_with(title));
    found.unwrap_or_else(|| panic!("{feed} has no {title}: {entries:?}"))
}

#[test]
fn what_was_stored_with_each_schema_is_there_after_the_upgrade() {
    for schema in 1..=newest() {
        let place = stored(schema);
        assert_eq!(schema_of(&place.database()), schema);
        let migrated = place.run(&["db", "migrate"]);
        assert_eq!(migrated.code, 0, "{schema}: {}", migrated.err);
        assert_eq!(schema_of(&place.database()), newest());
        let before = place.path().join(format!("feedfold.db.schema-{schema}"));
        assert_eq!(before.exists(), schema < newest(), "{schema}");
        let verified = place.run(&["db", "verify"]);
        assert_eq!(
            verified.code, 0,
            "{schema}: {}{}",
            verified.out, verified.err
        );
        assert!(!has_statistics(&place.database()), "{schema}");

        let all = entries(&place, &[]);
        assert_eq!(all.len(), 6, "{schema}");
        let ferry = entry(&all, "harbor", "Night ferry");
        let copy = entry(&all, "pier", "Night ferry");
        assert_eq!(copy["duplicate_of"], ferry["id"], "{schema}");
        assert_eq!(copy["story"], ferry["story"], "{schema}");
        assert!(ferry["summary"].as_str().unwrap().contains("both ramps"));
        let glaze = entry(&all, "kiln", "A celadon");
        let ash = entry(&all, "kiln", "Wood ash");
        assert_eq!(
            glaze["story"], ash["story"],
            "{schema}: a person joined them"
        );
        let why = place.run(&["why", &copy["id"].to_string()]);
        assert_eq!(why.code, 0, "{schema}: {}", why.err);
        assert!(why.out.contains("Harbor Desk"), "{schema}: {}", why.out);

        for (word, found) in [("brig", "harbor"), ("oboe", "pier"), ("barium", "kiln")] {
            let found_by_word = entries(&place, &[word]);
            assert_eq!(found_by_word.len(), 1, "{schema}: {word}");
            assert_eq!(found_by_word[0]["feed"], found, "{schema}");
        }
        for feed in place.json(&["feeds", "list", "--json"]) {
            assert_eq!(feed["tags"], serde_json::json!(["island"]), "{schema}");
            let modified = feed["last_modified"].as_str();
            assert!(
                modified.is_some_and(|at| at.ends_with("GMT")),
                "{schema}: {feed}"
            );
            assert!(feed["last_fetch"].is_string(), "{schema}: {feed}");
        }
    }
}

/// The first of the schemas here whose program noted how it was before a correction.
const UNDOABLE: usize = 6;

/// What another outlet tells in the same words.
fn told_again(at: Timestamp) -> Item {
    Item {
        guid: Some("buoy-1".to_owned()),
        link: Address::parse("https://buoy.example/bell").ok(),
        title: Plain::new("Divers lift a bell of 1788 from the old breakwater"),
        published: Some(at),
        content: Some(SafeHtml::clean(
            "<p>Two divers found a bronze bell under the old breakwater. It bears the name of a \
             brig that sank in 1788.</p>",
            None,
        )),
        ..Item::default()
    }
}

#[tokio::test]
async fn news_fold_under_what_was_stored_with_each_schema() {
    for schema in 1..=newest() {
        let place = stored(schema);
        let long_after = "2027-01-01T00:00:00Z".parse().unwrap();
        let store = Store::open(&place.database(), long_after).unwrap();
        let newest_at = store.overview(long_after).await.unwrap().newest.unwrap();
        let at = newest_at + TimeDelta::hours(1);
        subscribe(&store, &["buoy"]).await;
        let recorded = poll(&store, "buoy", at, vec![told_again(at)]).await;
        assert_eq!((recorded.new, recorded.duplicates), (1, 1), "{schema}");
        // What a person decided can be taken back.
        let corrections = store.corrections().await.unwrap();
        assert_eq!(corrections.len(), 1, "{schema}: {corrections:?}");
        let undone = store.undo(corrections[0].id, at).await;
        assert_eq!(undone.is_ok(), schema >= UNDOABLE, "{schema}: {undone:?}");
        assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
        store.close().await;
        let all = entries(&place, &[]);
        let bells: Vec<&Value> = all
            .iter()
            .filter(|entry| entry["title"].as_str().unwrap().starts_with("Divers"))
            .collect();
        assert_eq!(bells.len(), 2, "{schema}");
        assert_eq!(bells[0]["story"], bells[1]["story"], "{schema}");
        let glaze = entry(&all, "kiln", "A celadon");
        let ash = entry(&all, "kiln", "Wood ash");
        let together = glaze["story"] == ash["story"];
        assert_eq!(together, undone.is_err(), "{schema}");
    }
}
