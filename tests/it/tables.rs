//! What is printed of very many entries: tables that stay aligned or fit the terminal, documents of any
//! length, and readers that go away early.

use crate::support::app::at;
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use chrono::TimeDelta;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

/// More than are laid out or read at once.
const ENTRIES: usize = 1_203;
/// The rows and columns that a character of this writing takes are two.
const WIDE: &str = "渡り鳥の観察日記";

/// A place with two feeds, whose names differ in length, of very many entries in all. The oldest have
/// wide characters in their headlines.
fn full() -> Place {
    let origin = Origin::start();
    let mut feeds = String::new();
    for (name, count) in [("pier", ENTRIES - 3), ("the-far-lighthouse", 3)] {
        let site = format!("{name}.example");
        let posts: Vec<_> = (0..count)
            .map(|number| {
                let title = match number % 100 {
                    99 => format!("{WIDE} {number} {}", "波".repeat(60)),
                    _ => format!("Note {number} of the keeper at {name} about gulls"),
                };
                let text = format!("<p>Seen at hour {number}: {number} gulls.</p>");
                let date = at("09:00") - TimeDelta::hours(number as i64);
                post(&site, &format!("n{number}"), &title, &text, date)
            })
            .collect();
        let path = format!("/{name}");
        origin.on(&path, Reply::feed(rss(name, &site, &posts)));
        feeds.push_str(&format!(
            "[[feeds]]\nname = \"{name}\"\nurl = \"{}\"\n",
            origin.url(&path)
        ));
    }
    let place = Place::with(&feeds);
    let ran = place.run(&["fetch", "--all"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    place
}

/// The columns that a text takes in a terminal.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if c > '\u{2E80}' { 2 } else { 1 })
        .sum()
}

#[test]
fn tables_and_documents_of_any_length_have_everything_once() {
    let place = full();
    let table = place.run(&["query", "--limit", "100000"]).out;
    let mut lines = table.lines();
    let heading = lines.next().unwrap();
    let titles = heading.find("TITLE").unwrap();
    let mut numbers = HashSet::new();
    for line in lines {
        assert!(
            line[titles..].starts_with("Note ") || line[titles..].starts_with(WIDE),
            "not below its heading: {line}"
        );
        assert!(numbers.insert(line.split_whitespace().next().unwrap().to_owned()));
    }
    assert_eq!(numbers.len(), ENTRIES);
    for (format, item) in [
        ("atom", "<entry"),
        ("rss", "<item"),
        ("jsonfeed", "\"id\":\"tag:"),
    ] {
        let asked = ["query", "--format", format, "--fold", "none", "--limit"];
        let document = place.run(&[&asked[..], &["100000"]].concat()).out;
        assert_eq!(document.matches(item).count(), ENTRIES, "{format}");
        let few = place.run(&[&asked[..], &["700"]].concat()).out;
        let parsed = feedfold::parse::parse(few.as_bytes(), None, None).unwrap();
        let ids: HashSet<_> = parsed.items.iter().map(|item| item.guid.clone()).collect();
        assert_eq!(ids.len(), 700, "{format}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = full();
    for format in ["table", "json", "jsonl", "csv", "atom", "rss", "jsonfeed"] {
        let mut child = place
            .command(&["query", "--format", format, "--limit", "100000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::with_capacity(64, child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        drop(out);
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert!(child.wait().unwrap().success(), "{format}: {told}");
        assert_eq!(told, "", "{format}");
    }
}

#[test]
fn a_table_is_cut_to_the_width_of_the_terminal() {
    let place = full();
    let program = env!("CARGO_BIN_EXE_feedfold");
    for columns in [70, 100] {
        // A terminal of its own, which says how wide it is.
        let asked = format!("stty cols {columns} rows 30; '{program}' query --limit 300");
        let ran = Command::new("script")
            .args(["-q", "-e", "-c", &asked, "/dev/null"])
            .env("FEEDFOLD_CONFIG", place.config())
            .env("TZ", "UTC0")
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS")
            .stdin(Stdio::null())
            .output();
        let Ok(ran) = ran else {
            eprintln!("'script' of util-linux is not here: not tried");
            return;
        };
        let out = String::from_utf8(ran.stdout).unwrap();
        let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
        assert_eq!(lines.len(), 301, "a line each: {out}");
        for line in &lines {
            assert!(
                width(line) <= columns,
                "{} of {columns}: {line}",
                width(line)
            );
        }
        let widest = lines.iter().map(|line| width(line)).max();
        assert!(widest >= Some(columns - 10), "room is used: {widest:?}");
        let is_cut = |line: &&str| line.ends_with('…') && width(line) > line.chars().count();
        assert!(lines.iter().any(is_cut), "wide ones, too: {out}");
    }
}
