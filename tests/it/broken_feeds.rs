//! Feeds that are broken in every way still give what they have.

use feedfold::parse::{Parsed, parse};
use proptest::prelude::*;

fn read(document: &str) -> Parsed {
    parse(document.as_bytes(), None, None).unwrap()
}

/// A good feed of `count` entries in one of the dialects.
fn good(dialect: usize, count: usize) -> (String, &'static str) {
    let mut out = String::new();
    let end = match dialect {
        0 => {
            out.push_str("<?xml version='1.0'?><rss version='2.0'><channel><title>Gazette</title>");
            "</item>"
        }
        1 => {
            out.push_str("<feed xmlns='http://www.w3.org/2005/Atom'><title>Gazette</title>");
            "</entry>"
        }
        _ => {
            out.push_str(
                r#"{"version":"https://jsonfeed.org/version/1.1","title":"Gazette","items":["#,
            );
            "}"
        }
    };
    for n in 0..count {
        match dialect {
            0 => out.push_str(&format!(
                "<item><title>Title {n}</title><link>https://gazette.example/{n}</link><guid>id-{n}</guid>\
                 <description><![CDATA[<p>Text {n}</p>]]></description></item>"
            )),
            1 => out.push_str(&format!(
                "<entry><title>Title {n}</title><id>id-{n}</id><link href='https://gazette.example/{n}'/>\
                 <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Text {n}</p></div></content></entry>"
            )),
            _ => out.push_str(&format!(
                r#"{}{{"id":"id-{n}","title":"Title {n}","url":"https://gazette.example/{n}","content_html":"<p>Text {n}</p>"}}"#,
                if n > 0 { "," } else { "" }
            )),
        }
    }
    out.push_str(match dialect {
        0 => "</channel></rss>",
        1 => "</feed>",
        _ => "]}",
    });
    (out, end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_cut_feed_keeps_every_entry_before_the_cut(dialect in 0usize..3, count in 1usize..6, cut in 0.0f64..1.0) {
        let (document, end) = good(dialect, count);
        let cut = (document.len() as f64 * cut) as usize;
        let whole = document[..cut].matches(end).count();
        let parsed = parse(&document.as_bytes()[..cut], None, None);
        if whole > 0 {
            let parsed = parsed.unwrap();
            prop_assert!(parsed.items.len() >= whole);
            for (n, item) in parsed.items[..whole].iter().enumerate() {
                let id = format!("id-{n}");
                prop_assert_eq!(item.guid.as_deref(), Some(id.as_str()));
                prop_assert_eq!(item.title.to_string(), format!("Title {n}"));
                prop_assert_eq!(item.body().unwrap().as_str(), format!("<p>Text {n}</p>"));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_in_one_sentence(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Err(fault) = parse(&bytes, None, None) {
            let sentence = fault.to_string();
            prop_assert!(!sentence.is_empty() && !sentence.contains(['\n', '\x1b']));
        }
    }

    #[test]
    fn any_markup_stays_within_bounds(text in concat!(
        "(<rss>|<channel>|<item>|</item>|<entry>|<feed>|<title>|</title>|<link href=|<description>|",
        "<content type=|<!\\[CDATA\\[|\\]\\]>|<!--|-->|&lt;|&amp;|&#1;|&#x9d;|&|<|>|\"|'|xhtml|base64|=|\\PC| |é){0,80}"
    )) {
        let document = format!("<rss><channel>{text}");
        let parsed = read(&document);
        prop_assert!(parsed.items.len() <= document.matches("<item>").count() + document.matches("<entry>").count());
        prop_assert!(parsed.problems.len() <= 50);
    }

    #[test]
    fn any_json_is_read_or_refused(text in "\\{(\"version\":\"https://jsonfeed.org/version/1\"|\"items\":|\"id\":|\\[|\\]|\\{|\\}|,|1|null|\"x\"|\"url\":|\\PC){0,40}") {
        let _ = parse(text.as_bytes(), Some("application/feed+json"), None);
    }
}

#[test]
fn entries_are_bounded_and_the_first_are_kept() {
    let document = format!(
        "<rss><channel><title>Gazette</title>{}",
        (0..10_500)
            .map(|n| format!("<item><guid isPermaLink='false'>{n}</guid></item>"))
            .collect::<String>()
    );
    let parsed = read(&document);
    assert_eq!(parsed.items.len(), 10_000);
    assert_eq!(parsed.items[9_999].guid.as_deref(), Some("9999"));
    assert!(
        parsed
            .problems
            .iter()
            .any(|p| p.sentence.contains("10,000th"))
    );
}

#[test]
fn items_of_json_are_bounded_too() {
    let document = format!(
        r#"{{"version":"https://jsonfeed.org/version/1.1","items":[{}{{"id":"last"}}]}}"#,
        r#"{"id":"x"},"#.repeat(20_000)
    );
    let parsed = read(&document);
    assert_eq!(parsed.items.len(), 10_000);
    assert!(
        parsed
            .problems
            .iter()
            .any(|p| p.sentence.contains("10,000th"))
    );
    for other in ["null", "7", "\"x\"", "{\"id\":\"only\"}"] {
        let document =
            format!(r#"{{"version":"https://jsonfeed.org/version/1.1","items":{other}}}"#);
        assert!(read(&document).items.len() <= 1, "{other}");
    }
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let document = format!(
        "<rss><channel><item><description>{}</description><title>After</title></item>",
        "é".repeat(1_500_000)
    );
    let parsed = read(&document);
    let summary = parsed.items[0].summary.as_ref().unwrap();
    assert!(summary.as_str().len() <= 2 * 1024 * 1024);
    assert_eq!(parsed.items[0].title.as_str(), "After");
}

#[test]
fn what_was_mended_is_said_with_its_line() {
    let parsed =
        read("<rss version='2.0'>\n<channel>\n<title>Salt & pepper</title>\n</channel></rss>");
    let said: Vec<String> = parsed.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["line 3: a bare '&' was read as text (it must be written '&amp;')"]
    );
}
