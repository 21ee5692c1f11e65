//! What stands under a feed's entries whatever they tell makes no story of them.

use chrono::DateTime;
use feedfold::address::Address;
use feedfold::config::Fold;
use feedfold::entry::{Item, StoryId};
use feedfold::feed::{FeedId, Timestamp};
use feedfold::fold::{
    Corrections, FeedContext, Memory, Prepared, Replay, judge, prepare, set_aside_furniture,
};
use feedfold::text::{Plain, SafeHtml};
use std::collections::BTreeSet;

const HEADLINES: [&str; 12] = [
    "A visual guide to quicksort",
    "My 1987 Amiga boots again",
    "Undersea cable cut near Malta",
    "How elevators think",
    "The case for boring backups",
    "Mechanical watch teardown",
    "Why I left containers behind",
    "Pluto's atmosphere is collapsing",
    "Lego sorting machine learns colours",
    "A history of the semicolon",
    "Quiet keyboards ranked",
    "Drone rules change in Norway",
];

/// Folds one entry of `source` an hour for each headline; returns how many stories that gives.
fn stories(source: &str, text: impl Fn(usize, &str) -> String) -> usize {
    let mut replay = Replay::new(Fold::default());
    let mut stories = BTreeSet::new();
    for (number, headline) in HEADLINES.iter().enumerate() {
        let line = serde_json::json!({
            "id": number,
            "source": source,
            "url": format!("https://page{number}.example/read"),
            "title": headline,
            "summary": text(number, headline),
            "published": format!("2026-03-02T{number:02}:00:00Z"),
        });
        let placed = replay.fold(&line.to_string()).unwrap();
        stories.insert(placed.story.to_string());
    }
    stories.len()
}

#[test]
fn an_aggregators_labels_make_no_story() {
    let labels = |number: usize, _: &str| {
        let page = format!("https://page{number}.example/read");
        let talk = format!("https://digest.example/item?id={}", 41_000_000 + number);
        format!(
            "<p>Article URL: <a href='{page}'>{page}</a></p><p>Comments URL: \
             <a href='{talk}'>{talk}</a></p><p>Points: {}</p><p># Comments: {}</p>",
            number * 7 + 3,
            number * 3
        )
    };
    assert_eq!(stories("Digest of the day", labels), HEADLINES.len());
}

#[test]
fn a_forums_signature_makes_no_story() {
    let signature = |number: usize, _: &str| {
        format!(
            "submitted by <a href='https://forum.example/user/finch{number}'>/u/finch{number}</a> \
             to <a href='https://forum.example/r/sheds/'>r/sheds</a> <br> \
             <a href='https://x.example'>[link]</a> <a href='https://y.example'>[comments]</a>"
        )
    };
    assert_eq!(stories("r/sheds", signature), HEADLINES.len());
}

#[test]
fn a_sponsor_makes_no_story() {
    let sponsor = |_: usize, headline: &str| {
        format!(
            "Brought to you by Zyphora Mesh, premium sponsor of Orchard Weekly. Orchard Weekly \
             earns commissions from retailers. {headline}: more below. Continue at Orchard Weekly."
        )
    };
    assert_eq!(stories("Orchard Weekly", sponsor), HEADLINES.len());
}

#[test]
fn addresses_in_a_text_are_no_words() {
    // Two outlets, so that nothing is learnt of either.
    let mut replay = Replay::new(Fold::default());
    let mut fold = |id: &str, source: &str, title: &str| {
        let line = serde_json::json!({
            "id": id, "source": source, "title": title, "published": "2026-03-02T10:00:00Z",
            "summary": "https://quarry.example/kettle/lamp/harbor www.quarry.example/kettle/lamp",
        });
        replay.fold(&line.to_string()).unwrap().story
    };
    let first = fold("a", "North Desk", "Kettle boils over");
    assert_ne!(first, fold("b", "South Desk", "Harbor lights dim"));
}

fn feed(number: i64, title: &str) -> FeedContext {
    FeedContext {
        feed: FeedId(number),
        name: format!("feed-{number}"),
        title: title.to_owned(),
        hosts: vec![format!("feed{number}.example")],
        priority: 0,
    }
}

fn entry(feed: &FeedContext, number: usize, title: &str, text: &str) -> Prepared {
    let link = format!("https://{}/{number}", feed.hosts[0]);
    let link = Address::parse(&link).unwrap();
    let item = Item {
        title: Plain::new(title),
        content: Some(SafeHtml::clean(text, Some(&link))),
        published: Some(noon()),
        link: Some(link),
        ..Item::default()
    };
    prepare(item, feed)
}

fn noon() -> Timestamp {
    DateTime::from_timestamp(1_772_450_000, 0).unwrap()
}

/// Folds one document after the other.
fn fold_documents(documents: Vec<(&FeedContext, Vec<Prepared>)>) -> Vec<Vec<StoryId>> {
    let mut memory = Memory::new();
    for (feed, _) in &documents {
        memory.subscribe(feed);
    }
    let mut stories = Vec::new();
    for (feed, mut entries) in documents {
        set_aside_furniture(&mut entries);
        let of_document = entries.iter().map(|prepared| {
            let corrections = Corrections::default();
            let settings = Fold::default();
            let Ok(decision) = judge(prepared, feed, &memory, &settings, &corrections, noon());
            memory.record(&decision, feed, Some(noon()), noon()).story
        });
        stories.push(of_document.collect());
    }
    stories
}

const SPONSOR: &str = "Brought to you by Zyphora mesh routers, premium sponsor of Orchard House.";

#[test]
fn two_feeds_of_one_house_share_their_sponsor_and_no_story() {
    let (north, south) = (feed(1, "Orchard North"), feed(2, "Orchard South"));
    let document = |feed: &FeedContext, titles: [&str; 3]| {
        let entries = titles.iter().enumerate();
        entries
            .map(|(number, title)| entry(feed, number, title, SPONSOR))
            .collect()
    };
    let found = fold_documents(vec![
        (
            &north,
            document(&north, ["Routers ranked", "Kettles boil", "Lamps dim"]),
        ),
        (
            &south,
            document(&south, ["Mesh myths", "Sponsor lost", "Premium tea"]),
        ),
    ]);
    let all: BTreeSet<StoryId> = found.concat().into_iter().collect();
    assert_eq!(all.len(), 6, "{found:?}");
}

#[test]
fn one_event_is_one_story_under_any_furniture() {
    let (north, south) = (feed(1, "North Desk"), feed(2, "South Desk"));
    let north_entries = vec![
        entry(&north, 0, "Ferry Aurelia runs aground off Tarn", SPONSOR),
        entry(&north, 1, "Kettles boil", SPONSOR),
        entry(&north, 2, "Lamps dim", SPONSOR),
        entry(&north, 3, "Chess champion resigns", SPONSOR),
    ];
    let labels = "Points: 12. Comments: 4. Reading time: three minutes.";
    let south_entries = vec![
        entry(&south, 0, "Tea prices fall", labels),
        entry(&south, 1, "Aurelia ferry aground near Tarn harbour", labels),
        entry(&south, 2, "Bread rises", labels),
    ];
    let found = fold_documents(vec![(&north, north_entries), (&south, south_entries)]);
    assert_eq!(found[0][0], found[1][1]);
    let all: BTreeSet<StoryId> = found.concat().into_iter().collect();
    assert_eq!(all.len(), 6, "{found:?}");
}
