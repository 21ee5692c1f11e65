//! What is made of every dialect and every oddity: one small document each, and the sheet that
//! comes out of it.

use feedfold::address::Address;
use feedfold::parse::{Parsed, Sheet, parse};

/// Where the documents of these tests are said to come from.
fn base() -> Address {
    Address::parse("https://feeds.example/dir/feed.xml").unwrap()
}

fn read(document: &str) -> Parsed {
    parse(document.as_bytes(), None, Some(&base())).unwrap()
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
