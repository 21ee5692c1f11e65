//! Finding what is stored.

use crate::support::library::{item, minutes, noon, poll, subscribe, subscription};
use feedfold::entry::Item;
use feedfold::feed::Timestamp;
use feedfold::query::{EntryQuery, FoldLevel, parse_text};
use feedfold::reading::{Mark, Target};
use feedfold::store::Store;
use feedfold::text::{Plain, SafeHtml};
use std::collections::BTreeSet;

/// An item that is its headline alone, so that nothing folds.
fn headline(feed: &str, slug: &str, title: &str, published: Timestamp) -> Item {
    Item {
        content: None,
        ..item(feed, slug, title, published)
    }
}

/// Two outlets: `quay`, tagged `ships`, and `pier`.
async fn shelf() -> Store {
    let store = Store::in_memory().unwrap();
    let mut quay = subscription("quay");
    quay.tags = vec!["ships".to_owned()];
    store.add_feed(quay, noon()).await.unwrap();
    subscribe(&store, &["pier"]).await;
    let mut cafe = headline("quay", "cafe", "A café opens below deck", minutes(-10));
    cafe.authors = vec![Plain::new("Ada Weaver")];
    cafe.summary = Some(SafeHtml::clean("<p>Coffee at sea</p>", None));
    poll(
        &store,
        "quay",
        minutes(1),
        vec![
            cafe,
            item(
                "quay",
                "engines",
                "Diesel engines retire early",
                minutes(-20),
            ),
        ],
    )
    .await;
    poll(
        &store,
        "pier",
        minutes(2),
        vec![
            item(
                "pier",
                "engine",
                "New engine for the old ferry",
                minutes(-30),
            ),
            headline("pier", "rust", "Running a crane on Rust 1.95", minutes(-40)),
        ],
    )
    .await;
    store
}

async fn found(store: &Store, query: EntryQuery) -> Vec<String> {
    let page = store.entries(query).await.unwrap();
    page.items
        .iter()
        .map(|entry| entry.item.title.as_str().to_owned())
        .collect()
}

fn text(text: &str) -> EntryQuery {
    EntryQuery {
        text: parse_text(text).unwrap().map(|text| text.at(noon())),
        fold: FoldLevel::None,
        ..EntryQuery::default()
    }
}

const CAFE: &str = "A café opens below deck";
const ENGINES: &str = "Diesel engines retire early";
const ENGINE: &str = "New engine for the old ferry";
const RUST: &str = "Running a crane on Rust 1.95";

#[tokio::test]
async fn words_phrases_prefixes_and_negation() {
    let store = shelf().await;
    for (query, expected) in [
        ("engine", &[ENGINES, ENGINE][..]),
        ("CAFE", &[CAFE]),
        ("coffee", &[CAFE]),
        ("weaver", &[CAFE]),
        ("\"old ferry\"", &[ENGINE]),
        ("\"ferry old\"", &[]),
        ("retir*", &[ENGINES]),
        ("engine -diesel", &[ENGINE]),
        ("-engine", &[CAFE, RUST]),
        ("crane OR diesel", &[ENGINES, RUST]),
        ("crane OR -engine", &[CAFE, RUST]),
        ("-(crane OR engine)", &[CAFE]),
        ("(diesel OR ferry) engine", &[ENGINES, ENGINE]),
        ("\"1.95\"", &[RUST]),
        ("title:engine", &[ENGINES, ENGINE]),
        ("title:coffee", &[]),
        ("author:weaver", &[CAFE]),
        ("title:weaver", &[]),
        ("title:(crane OR -engine)", &[CAFE, RUST]),
        ("feed:quay", &[CAFE, ENGINES]),
        ("-feed:quay", &[ENGINE, RUST]),
        ("-feed:nobody", &[CAFE, ENGINES, ENGINE, RUST]),
        ("feed:nobody", &[]),
        ("feed:quay feed:pier", &[]),
        ("feed:quay OR crane", &[CAFE, ENGINES, RUST]),
        ("tag:ships engine", &[ENGINES]),
        ("-tag:ships", &[ENGINE, RUST]),
        ("site:pier.example", &[ENGINE, RUST]),
        ("site:example", &[CAFE, ENGINES, ENGINE, RUST]),
        ("site:er.example", &[]),
        ("url:/Engine", &[ENGINES, ENGINE]),
        ("url:quay_example", &[]),
        ("is:lead engine", &[ENGINE]),
        ("is:coverage", &[ENGINES]),
        ("is:copy", &[]),
        ("-(is:lead engine)", &[CAFE, ENGINES, RUST]),
        ("sources:1", &[CAFE, RUST]),
        ("sources:>1", &[ENGINES, ENGINE]),
        ("sources:>=3", &[]),
        ("sources:<2 crane", &[RUST]),
        ("nowhere", &[]),
    ] {
        assert_eq!(found(&store, text(query)).await, expected, "{query}");
        let entries = store.entries(text(query)).await.unwrap().items;
        let of_entries: BTreeSet<_> = entries.iter().map(|entry| entry.story).collect();
        let stories = EntryQuery {
            fold: FoldLevel::Story,
            ..text(query)
        };
        let stories = store.stories(stories).await.unwrap().items;
        let found: BTreeSet<_> = stories.iter().map(|story| story.id).collect();
        assert_eq!(found, of_entries, "{query}");
    }
}

#[tokio::test]
async fn what_the_index_reads_as_its_own_language_is_just_text() {
    let store = shelf().await;
    for query in [
        "title",
        "\"NEAR AND OR\"",
        "\"text : x\"",
        "\"it''s \\\" *\"",
        "\"(\"",
        "\"+\"",
    ] {
        let Ok(Some(text)) = parse_text(query) else {
            continue;
        };
        let query = EntryQuery {
            text: Some(text.at(noon())),
            ..EntryQuery::default()
        };
        store.entries(query.clone()).await.unwrap();
        store.stories(query).await.unwrap();
    }
}

#[tokio::test]
async fn feeds_tags_and_dates_narrow() {
    let store = shelf().await;
    let all = || EntryQuery {
        fold: FoldLevel::None,
        ..EntryQuery::default()
    };
    let of = |names: &[&str]| EntryQuery {
        feeds: names.iter().map(|name| (*name).to_owned()).collect(),
        ..all()
    };
    assert_eq!(found(&store, of(&["quay"])).await, [CAFE, ENGINES]);
    assert_eq!(
        found(&store, of(&["quay", "pier"])).await,
        [CAFE, ENGINES, ENGINE, RUST]
    );
    assert_eq!(found(&store, of(&["nobody"])).await, [""; 0]);
    let tagged = EntryQuery {
        tags: vec!["ships".to_owned()],
        ..text("engine")
    };
    assert_eq!(found(&store, tagged).await, [ENGINES]);
    for (query, expected) in [
        ("since:2026-11-23T11:35:00Z", &[CAFE, ENGINES][..]),
        ("since:24h until:25m", &[ENGINE, RUST]),
        ("since:25m OR crane", &[CAFE, ENGINES, RUST]),
        ("until:yesterday", &[]),
    ] {
        assert_eq!(found(&store, text(query)).await, expected, "{query}");
    }
    let dated = EntryQuery {
        since: Some(minutes(-30)),
        until: Some(minutes(-10)),
        ..all()
    };
    assert_eq!(found(&store, dated).await, [ENGINES, ENGINE]);
}

#[tokio::test]
async fn a_story_is_found_by_any_of_its_entries_and_shown_once() {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["quay", "pier"]).await;
    let title = "Harbour authority orders three electric ferries from Norway";
    let body = |word: &str| {
        let text = format!(
            "<p>The harbour authority ordered three electric ferries from a yard in Norway. {word}</p>"
        );
        Some(SafeHtml::clean(&text, None))
    };
    let mut first = item("quay", "a", title, minutes(-10));
    first.content = body("");
    poll(&store, "quay", minutes(1), vec![first]).await;
    let mut second = item("pier", "b", title, minutes(-5));
    second.content = body("Captains cheered.");
    let recorded = poll(&store, "pier", minutes(2), vec![second]).await;
    assert_eq!(recorded.duplicates, 1);
    let at = |fold: FoldLevel, words: &str| EntryQuery {
        fold,
        ..text(words)
    };
    let outlets = async |query: EntryQuery| -> Vec<String> {
        let page = store.entries(query).await.unwrap();
        page.items.iter().map(|e| e.outlet.name.clone()).collect()
    };
    assert_eq!(
        outlets(at(FoldLevel::None, "ferries")).await,
        ["pier", "quay"]
    );
    assert_eq!(outlets(at(FoldLevel::Story, "ferries")).await, ["quay"]);
    assert_eq!(outlets(at(FoldLevel::Article, "ferries")).await, ["quay"]);
    assert_eq!(outlets(at(FoldLevel::None, "is:copy")).await, ["pier"]);
    assert_eq!(outlets(at(FoldLevel::Story, "is:copy")).await, ["pier"]);
    assert_eq!(outlets(at(FoldLevel::None, "is:lead")).await, ["quay"]);
    // A copy is no second source.
    assert_eq!(outlets(at(FoldLevel::None, "sources:>=2")).await, [""; 0]);
    let number = store.stories(text("ferries")).await.unwrap().items[0].id.0;
    let of_story = outlets(at(FoldLevel::None, &format!("story:{number}"))).await;
    assert_eq!(of_story, ["pier", "quay"]);
    let of_none = outlets(at(FoldLevel::None, &format!("-story:{number}"))).await;
    assert_eq!(of_none, [""; 0]);
    // Only the copy has the word: it stands for the story then.
    assert_eq!(outlets(at(FoldLevel::Story, "captains")).await, ["pier"]);
    let of_pier = EntryQuery {
        feeds: vec!["pier".to_owned()],
        ..EntryQuery::default()
    };
    assert_eq!(outlets(of_pier.clone()).await, ["pier"]);
    for query in [at(FoldLevel::Story, "captains"), of_pier] {
        let stories = store.stories(query).await.unwrap().items;
        assert_eq!(stories.len(), 1);
        assert_eq!(stories[0].lead.outlet.name, "quay");
        assert_eq!(stories[0].members[0].outlet.name, "pier");
    }
}

#[tokio::test]
async fn every_writing_is_found() {
    let store = Store::in_memory().unwrap();
    subscribe(&store, &["kanko", "werft"]).await;
    let tagged = |slug: &str, title: &str, tag: &str, label: &str| Item {
        language: Some(tag.to_owned()),
        categories: vec![Plain::new(label)],
        ..headline("kanko", slug, title, minutes(-10))
    };
    let (tokyo, seoul, port) = (
        "東京都庁の夜景ＡＩ2026",
        "한국어로 쓴 항구 소식",
        "La porte du vieux port",
    );
    let items = vec![
        tagged("tokyo", tokyo, "ja", "夜景写真"),
        tagged("seoul", seoul, "ko-KR", "ports"),
        tagged("port", port, "fr", "Histoire locale"),
        tagged("ports", "Two ports were named", "en-GB", "Harbours"),
    ];
    poll(&store, "kanko", minutes(1), items).await;
    for (query, expected) in [
        ("京都", &[tokyo][..]),
        ("都", &[tokyo]),
        ("庁", &[tokyo]),
        ("東京都庁", &[tokyo]),
        ("\"都庁の夜\"", &[tokyo]),
        ("京庁", &[]),
        ("ai2026", &[tokyo]),
        ("항구", &[seoul]),
        ("\"항구 소식\"", &[seoul]),
        ("국어", &[seoul]),
        ("category:写真", &[tokyo]),
        ("category:\"histoire locale\"", &[port]),
        // A door in French is no harbour in English.
        ("ports lang:fr", &[]),
        ("portes lang:fr", &[]),
        ("title:port lang:en", &["Two ports were named"]),
        ("naming", &["Two ports were named"]),
        ("lang:ko", &[seoul]),
        ("lang:ko-KP", &[]),
        ("-lang:en -lang:fr", &[tokyo, seoul]),
    ] {
        let mut found = found(&store, text(query)).await;
        found.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn search_is_filled_anew() {
    let store = shelf().await;
    assert_eq!(store.rebuild_search().await.unwrap(), 4);
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    assert_eq!(found(&store, text("engine")).await, [ENGINES, ENGINE]);
    assert_eq!(found(&store, text("author:weaver coffee")).await, [CAFE]);
}

#[tokio::test]
async fn what_a_reader_did_is_asked_for() {
    let store = shelf().await;
    let crane = store.entries(text("crane")).await.unwrap().items[0].id;
    let marks = vec![Mark::Read, Mark::Star];
    store
        .mark(vec![Target::Entry(crane)], marks, minutes(3))
        .await
        .unwrap();
    for (query, expected) in [
        ("is:unread", &[CAFE, ENGINES, ENGINE][..]),
        ("is:read", &[RUST]),
        ("is:starred crane", &[RUST]),
        ("-is:starred", &[CAFE, ENGINES, ENGINE]),
    ] {
        assert_eq!(found(&store, text(query)).await, expected, "{query}");
    }
}
