//! What is made of every dialect and every oddity: one small document each, and the sheet that
//! comes out of it.

use feedfold::address::Address;
use feedfold::parse::{Parsed, Sheet, parse};

/// Where the documents of these tests are said to come from.
fn base() -> Address {
    Address::parse("https://feeds.example/dir/feed.xml").unwrap()
}

#[test]
fn every_document_gives_its_sheet() {
    insta::with_settings!({
        snapshot_path => "../data/snapshots/feeds",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::glob!("../data/feeds", "*.*", |path| {
            let bytes = std::fs::read(path).unwrap();
            match parse(&bytes, None, Some(&base())) {
                Ok(parsed) => insta::assert_json_snapshot!("sheet", Sheet::from(&parsed)),
                Err(fault) => {
                    let offers: Vec<&str> = fault.offers().iter().map(|o| o.url.as_str()).collect();
                    insta::assert_json_snapshot!("sheet", serde_json::json!({
                        "fault": fault.to_string(),
                        "offers": offers,
                    }));
                }
            }
        });
    });
}

/// A document of the collection above.
fn read_file(name: &str) -> Parsed {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/feeds")
        .join(name);
    parse(&std::fs::read(path).unwrap(), None, Some(&base())).unwrap()
}

fn shown(address: Option<&Address>) -> Option<&str> {
    address.map(Address::as_str)
}

#[test]
fn credit_is_kept() {
    let copy = read_file("source-of-a-copy.xml");
    let source = copy.items[0].source.as_ref().unwrap();
    assert_eq!(source.title.as_ref().unwrap().as_str(), "The Wire & Sons");
    assert_eq!(shown(source.url.as_ref()), Some("https://wire.example/rss"));

    let copy = read_file("atom-source.xml");
    let source = copy.items[0].source.as_ref().unwrap();
    assert_eq!(source.title.as_ref().unwrap().as_str(), "The Wire");
    assert_eq!(shown(source.url.as_ref()), Some("https://wire.example/"));
    assert!(copy.items[0].authors.is_empty());

    for (name, original) in [
        ("atom-links-of-all-kinds.xml", "https://wire.example/bridge"),
        (
            "module-feedburner-original-link.xml",
            "https://gazette.example/bridge",
        ),
        ("json-feed-1.1.json", "https://wire.example/bridge"),
    ] {
        let item = &read_file(name).items[0];
        assert_eq!(shown(item.original.as_ref()), Some(original), "{name}");
    }
}

#[test]
fn languages_are_those_of_the_entry_or_else_of_the_feed() {
    let parsed = read_file("atom-language-of-entry.xml");
    let languages: Vec<_> = parsed.items.iter().map(|i| i.language.as_deref()).collect();
    assert_eq!(languages, [Some("cy"), Some("fr-CA"), Some("en")]);
}

#[test]
fn pictures_hubs_and_paces_are_found() {
    for (name, thumbnail) in [
        (
            "atom-youtube-media-group.xml",
            "https://img.example/abc.jpg",
        ),
        (
            "module-itunes-episode.xml",
            "https://gazette.example/e1.jpg",
        ),
        ("json-feed-1.1.json", "https://gazette.example/i.jpg"),
    ] {
        let item = &read_file(name).items[0];
        assert_eq!(shown(item.thumbnail.as_ref()), Some(thumbnail), "{name}");
    }
    let parsed = read_file("module-atom-in-rss.xml");
    assert_eq!(shown(parsed.hub.as_ref()), Some("https://hub.example/"));
    assert_eq!(
        shown(parsed.self_url.as_ref()),
        Some("https://gazette.example/feed")
    );

    let parsed = read_file("module-skip-and-ttl.xml");
    assert_eq!(
        parsed.pace.ttl,
        Some(std::time::Duration::from_secs(90 * 60))
    );
    assert_eq!(parsed.pace.skip_hours, 1 | 1 << 23);
    assert_eq!(parsed.pace.skip_days, 1 << 6 | 1 << 5);
    assert_eq!(parsed.generator.as_deref(), Some("Press 3"));

    let parsed = read_file("rss-1.0-modules.xml");
    assert_eq!(
        parsed.pace.update_period,
        Some(std::time::Duration::from_secs(12 * 3600))
    );
}
