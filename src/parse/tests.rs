use super::*;

fn parsed(document: &str) -> Parsed {
    parse(document.as_bytes(), None, None).unwrap()
}

#[test]
fn nothing_is_made_up() {
    let parsed = parsed(
        "<rss version='2.0'><channel><item><description>x</description></item></channel></rss>",
    );
    let item = &parsed.items[0];
    assert_eq!(item.guid, None);
    assert_eq!(item.link, None);
    assert_eq!(item.published, None);
    assert_eq!(item.updated, None);
    assert_eq!(item.summary.as_ref().unwrap().as_str(), "x");
    assert!(parsed.problems.is_empty());
}

#[test]
fn equal_guids_stay_as_given() {
    let item = "<item><guid isPermaLink='false'> 7 </guid></item>";
    let parsed = parsed(&format!("<rss><channel>{}</channel></rss>", item.repeat(3)));
    assert_eq!(parsed.items.len(), 3);
    assert!(
        parsed
            .items
            .iter()
            .all(|i| i.guid.as_deref() == Some("7") && i.link.is_none())
    );
}
