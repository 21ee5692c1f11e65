//! What the page for operators and the files beside it promise.

use crate::support::library::{item, noon, poll, subscribe};
use crate::support::program::Place;
use crate::support::server::Server;
use clap::Parser as _;
use feedfold::cli::Arguments;
use feedfold::config::Config;
use feedfold::feed::{Fault, FaultKind};
use feedfold::store::Store;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const OPERATE: &str = include_str!("../../docs/operate.md");
const ALERTS: &str = include_str!("../../docs/operate/alerts.yml");
const DASHBOARD: &str = include_str!("../../docs/operate/dashboard.json");
const BACKUP: &str = include_str!("../../systemd/feedfold-backup.service");

fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let files = docs.map(|file| file.unwrap().path());
    files
        .chain([root.join("README.md")])
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The commands of a page: lines of its shell examples that call the program.
fn commands(page: &str) -> Vec<&str> {
    let examples = page.split("```sh\n").skip(1);
    let lines = examples.flat_map(|rest| rest.split("```").next().unwrap().lines());
    lines
        .map(|line| {
            line.split('#')
                .next()
                .unwrap()
                .split(['>', '|'])
                .next()
                .unwrap()
                .trim()
        })
        .map(|line| line.trim_start_matches("sudo "))
        .filter(|line| line.starts_with("feedfold "))
        .collect()
}

#[test]
fn every_command_of_the_documentation_is_one() {
    let mut found = 0;
    for (path, text) in pages() {
        for command in commands(&text) {
            let quoted = command.replace(['"', '\''], "");
            let words: Vec<&str> = quoted.split_whitespace().collect();
            if let Err(fault) = Arguments::try_parse_from(words) {
                // A text in quotation marks falls apart here.
                assert!(
                    command.contains(['"', '\'']),
                    "{}: {command}: {fault}",
                    path.display()
                );
            }
            found += 1;
        }
    }
    assert!(found > 20, "{found}");
}

/// Words that begin as the program's numbers do.
fn numbers(text: &str) -> BTreeSet<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c: char| !is_word(c))
        .filter(|word| word.starts_with("feedfold_"))
        .map(|word| {
            // The parts of a histogram.
            let parts = ["_bucket", "_sum", "_count"];
            let part = parts.iter().find_map(|part| word.strip_suffix(part));
            part.unwrap_or(word)
        })
        .collect()
}

#[tokio::test]
async fn every_number_that_is_watched_is_counted_and_documented() {
    let server = Server::start(Config::default()).await;
    server.subscribe("quay", "The Quay", &[]).await;
    let fault = Fault::with_status(FaultKind::Status, 500, "the server failed");
    server.fail("quay", fault).await;
    // Requests are counted when they are answered.
    assert_eq!(server.get("/healthz").await.status, 200);
    let counted = server.get("/metrics").await;
    let counted: BTreeSet<&str> = counted
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let documented = numbers(OPERATE);
    for watched in numbers(ALERTS)
        .iter()
        .chain(&numbers(DASHBOARD))
        .chain(&documented)
    {
        let name = watched.trim_end_matches("_total");
        assert!(counted.contains(name), "{watched} is none of {counted:?}");
    }
    for name in counted {
        let total = format!("{name}_total");
        let told = documented.contains(name) || documented.contains(total.as_str());
        assert!(told, "{name} is not documented");
    }
    assert!(serde_json::from_str::<serde_json::Value>(DASHBOARD).unwrap()["panels"].is_array());
}

/// A database with one story.
fn filled() -> Place {
    let place = Place::with("");
    arrive(&place, "Ferry timetable moves");
    place
}

/// Lets an entry arrive.
fn arrive(place: &Place, title: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&place.database(), noon()).unwrap();
        if store.feed("quay").await.unwrap().is_none() {
            subscribe(&store, &["quay"]).await;
        }
        let entry = item("quay", &title.replace(' ', "-"), title, noon());
        poll(&store, "quay", noon(), vec![entry]).await;
        store.close().await;
    });
}

#[test]
fn a_backup_is_restored_as_the_page_tells() {
    let place = filled();
    let before = place.json(&["query", "--json"]);
    let copy = place.path().join("copy.db");
    let copied = place.run(&["db", "backup", copy.to_str().unwrap()]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    let whole = place.run(&["db", "verify", "--database", copy.to_str().unwrap()]);
    assert_eq!(whole.code, 0, "{}{}", whole.out, whole.err);
    // What happened since, and the files beside the database, are gone afterwards.
    arrive(&place, "Orchard blight reaches the valleys");
    assert_eq!(place.json(&["query", "--json"]).len(), 2);
    for beside in ["feedfold.db-wal", "feedfold.db-shm"] {
        let _ = std::fs::remove_file(place.path().join(beside));
    }
    std::fs::copy(&copy, place.database()).unwrap();
    assert_eq!(place.json(&["query", "--json"]), before);
}

#[test]
fn a_named_database_is_copied_whatever_the_configuration_says() {
    let place = filled();
    place.configure("[serfer]\n");
    let (database, copy) = (place.database(), place.path().join("copy.db"));
    let (database, copy) = (database.to_str().unwrap(), copy.to_str().unwrap());
    let unnamed = place.run(&["db", "backup", copy]);
    assert_eq!(unnamed.code, 78, "{}", unnamed.err);
    let named = place.run(&["--database", database, "db", "backup", copy]);
    assert_eq!(named.code, 0, "{}", named.err);
    let whole = place.run(&["db", "verify", "--database", copy]);
    assert_eq!(whole.code, 0, "{}", whole.err);
}

#[test]
fn the_backup_unit_keeps_seven_copies() {
    let place = filled();
    let line = BACKUP
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/bin/sh -eu -c '"));
    let folder = place.path().join("copies");
    std::fs::create_dir(&folder).unwrap();
    for day in 10..20 {
        std::fs::write(folder.join(format!("feedfold-2025-01-{day}.db")), "old").unwrap();
    }
    let script = line
        .unwrap()
        .trim_end_matches('\'')
        .replace("%%", "%")
        .replace("/var/backups/feedfold", folder.to_str().unwrap())
        .replace(
            "/var/lib/private/feedfold/feedfold.db",
            place.database().to_str().unwrap(),
        );
    let program = Path::new(env!("CARGO_BIN_EXE_feedfold")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for _ in 0..2 {
        let ran = std::process::Command::new("/bin/sh")
            .args(["-eu", "-c", &script])
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let kept = std::fs::read_dir(&folder).unwrap();
        let mut kept: Vec<String> = kept
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        kept.sort();
        assert_eq!(kept.len(), 7, "{kept:?}");
        assert!(kept[0].ends_with("2025-01-14.db"), "{kept:?}");
        assert!(!kept[6].contains("2025-01"), "{kept:?}");
    }
}
