//! A disk that answers with I/O errors: what was stored stays, the reason is told in a sentence, and what
//! could not be stored comes when the disk is well again.

use crate::support::app::at;
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::{Place, Ran, Service, ran, started, until};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const FEEDS: usize = 3;
const ENTRIES: usize = 20;
const TOKEN: &str = "open-the-mill";

/// A feed's document in the n-th round: a part of it is new each time.
fn document(feed: usize, round: usize) -> Reply {
    let site = format!("mill{feed}.example");
    let entries: Vec<_> = (round..round + ENTRIES)
        .map(|number| {
            let title = format!("Mill {feed} grinds sack {number} of rye {}", number * 13);
            let text = format!("<p>{title}, as its miller tells.</p>");
            post(&site, &format!("sack-{number}"), &title, &text, at("09:00"))
        })
        .collect();
    Reply::feed(rss(&format!("Mill {feed}"), &site, &entries))
}

fn turn(origin: &Origin, round: usize) {
    for feed in 0..FEEDS {
        origin.on(&format!("/feed/{feed}"), document(feed, round));
    }
}

/// A place that has the first round, and the library that makes its disk fail.
fn stored() -> (Origin, Place, PathBuf) {
    let origin = Origin::start();
    turn(&origin, 0);
    let feeds: String = (0..FEEDS)
        .map(|feed| {
            let url = origin.url(&format!("/feed/{feed}"));
            format!("[[feeds]]\nname = \"mill-{feed}\"\nurl = \"{url}\"\n")
        })
        .collect();
    let place = Place::with(&format!("admin_token = \"{TOKEN}\"\n{feeds}"));
    assert_eq!(place.run(&["fetch", "--all"]).code, 0);
    let library = place.path().join("failing_disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/failing_disk.c");
    // The compiler that SQLite was built with.
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success());
    (origin, place, library)
}

fn failing(place: &Place, library: &Path, arguments: &[&str], how: &[(&str, &str)]) -> Command {
    let mut command = place.command(arguments);
    command.env("LD_PRELOAD", library).envs(how.iter().copied());
    command
}

fn run(mut command: Command) -> Ran {
    ran(command.output().unwrap())
}

/// It failed, and says why to people.
fn assert_told(ran: &Ran, words: &[&str]) {
    assert!(ran.code > 0, "{} {}", ran.code, ran.out);
    let told = format!("{}{}", ran.out, ran.err).to_lowercase();
    assert!(words.iter().any(|word| told.contains(word)), "{told}");
    for rust in ["panicked", "error {", "some(", "sqlitefailure"] {
        assert!(!told.contains(rust), "{told}");
    }
}

/// The file is whole, and has these numbers of each feed, once.
fn assert_has(place: &Place, numbers: std::ops::Range<usize>) {
    let verified = place.run(&["db", "verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    let stored = place.json(&["query", "--json", "--limit", "100000"]);
    let guids: HashSet<&str> = stored
        .iter()
        .map(|entry| entry["guid"].as_str().unwrap())
        .collect();
    assert_eq!(guids.len(), stored.len(), "doubled");
    assert_eq!(guids.len(), FEEDS * numbers.len(), "lost, or half stored");
    for feed in 0..FEEDS {
        for number in numbers.clone() {
            let end = format!("mill{feed}.example-sack-{number}");
            assert!(guids.iter().any(|guid| guid.ends_with(&end)), "{end}");
        }
    }
}

/// Asks for a poll of each feed.
fn poll(service: &Service) {
    for feed in 0..FEEDS {
        let head = format!("Authorization: Bearer {TOKEN}\r\nContent-Length: 0\r\n");
        service.ask("POST", &format!("/api/v1/feeds/mill-{feed}/fetch"), &head);
    }
}

#[test]
fn whichever_write_fails_nothing_is_lost_or_doubled() {
    let (origin, place, library) = stored();
    turn(&origin, ENTRIES);
    for write in ["0", "1", "2", "5", "9", "17", "30"] {
        let how = [("FAILING_FROM", write)];
        let failed = run(failing(&place, &library, &["fetch", "--all"], &how));
        assert_told(&failed, &["disk", "written", "write"]);
        assert_has(&place, 0..ENTRIES);
    }
    assert_eq!(place.run(&["fetch", "--all"]).code, 0);
    assert_has(&place, 0..2 * ENTRIES);
}

#[test]
fn what_can_not_be_read_is_told() {
    let (_origin, place, library) = stored();
    let flag = place.path().join("broken");
    std::fs::write(&flag, "").unwrap();
    let how = [
        ("FAILING_DISK", flag.to_str().unwrap()),
        ("FAILING_READS", "1"),
    ];
    for question in [&["query", "rye"][..], &["story", "1"], &["db", "verify"]] {
        let failed = run(failing(&place, &library, question, &how));
        assert_told(&failed, &["disk", "read"]);
    }
    assert_has(&place, 0..ENTRIES);
}

#[test]
fn a_service_goes_on_reading_while_its_disk_fails() {
    let (origin, place, library) = stored();
    turn(&origin, ENTRIES);
    let flag = place.path().join("broken");
    let how = [("FAILING_DISK", flag.to_str().unwrap())];
    let serve = ["serve", "--log", "info"];
    let service = started(failing(&place, &library, &serve, &how));
    assert!(service.get("/readyz").starts_with("HTTP/1.1 200"));
    std::fs::write(&flag, "").unwrap();
    // Its polls come to nothing, and it says so.
    until("it is not ready", || {
        poll(&service);
        service.get("/readyz").starts_with("HTTP/1.1 503")
    });
    let answer = service.get("/api/v1/entries?limit=100&fold=none");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("sack-7"), "{answer}");
    std::fs::remove_file(&flag).unwrap();
    until("it is ready again", || {
        service.get("/readyz").starts_with("HTTP/1.1 200")
    });
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, 0, "{log}");
    assert_eq!(place.run(&["fetch", "--all"]).code, 0);
    assert_has(&place, 0..2 * ENTRIES);
}
