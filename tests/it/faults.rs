//! What a service must survive: being killed at any moment, again and again.

use crate::support::app::at;
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Feeds, and entries of each document.
const FEEDS: usize = 8;
const ENTRIES: usize = 12;

/// How often it is killed: more often than usual where `FEEDFOLD_KILLS` says so.
fn kills() -> usize {
    let asked = std::env::var("FEEDFOLD_KILLS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(10)
}

/// A feed's document in the n-th round: a part of it is new each time.
fn document(feed: usize, round: usize) -> Reply {
    let site = format!("outlet{feed}.example");
    let entries: Vec<_> = (round..round + ENTRIES)
        .map(|number| {
            let title = format!(
                "Outlet {feed} has item {number} of quay {}",
                number * 7 + feed
            );
            let text = format!("<p>{title}, told at length by outlet {feed}.</p>");
            post(&site, &format!("item-{number}"), &title, &text, at("09:00"))
        })
        .collect();
    Reply::feed(rss(&format!("Outlet {feed}"), &site, &entries))
}

#[test]
fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let origin = Origin::start();
    let mut config = String::new();
    for feed in 0..FEEDS {
        let path = format!("/feed/{feed}");
        origin.on(&path, document(feed, 0));
        config.push_str(&format!(
            "[[feeds]]\nurl = \"{}\"\nname = \"feed-{feed}\"\n",
            origin.url(&path)
        ));
    }
    let place = Place::with(&config);
    assert_eq!(place.run(&["fetch", "--all"]).code, 0);
    // Stories that a subscriber has seen: identifiers by page.
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut state: u64 = 0x5EED;
    for round in 1..=kills() {
        for feed in 0..FEEDS {
            origin.on(&format!("/feed/{feed}"), document(feed, round));
        }
        let mut poll = place.command(&["fetch", "--all"]);
        let mut poll = poll
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // Another process can't be given a clock: somewhere from its start to its end.
        std::thread::sleep(Duration::from_millis(state >> 33 & 127));
        poll.kill().unwrap();
        poll.wait().unwrap();

        let stored = place.json(&["query", "--json", "--limit", "100000"]);
        let guids: HashSet<&str> = stored
            .iter()
            .map(|entry| entry["guid"].as_str().unwrap())
            .collect();
        assert_eq!(guids.len(), stored.len(), "doubled in round {round}");
        for entry in &stored {
            let (guid, id) = (entry["guid"].to_string(), entry["id"].to_string());
            let known = seen.entry(guid).or_insert_with(|| id.clone());
            assert_eq!(*known, id, "another identifier in round {round}");
        }
        assert_eq!(seen.len(), stored.len(), "lost in round {round}");
        let verified = place.run(&["db", "verify"]);
        assert_eq!(
            verified.code, 0,
            "round {round}: {}{}",
            verified.out, verified.err
        );
    }
    // What the killed polls had claimed is fetched in the end; nothing that was listed last is missing.
    assert_eq!(place.run(&["fetch", "--all"]).code, 0);
    let stored = place.json(&["query", "--json", "--limit", "100000"]);
    let guids: HashSet<&str> = stored
        .iter()
        .map(|entry| entry["guid"].as_str().unwrap())
        .collect();
    for feed in 0..FEEDS {
        for number in kills()..kills() + ENTRIES {
            let end = format!("outlet{feed}.example-item-{number}");
            assert!(
                guids.iter().any(|guid| guid.ends_with(&end)),
                "{end} is missing"
            );
        }
    }
}
