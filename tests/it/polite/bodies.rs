//! Bodies: rules 37 to 43.

use super::{Scene, document, feed};
use crate::support::origin::Reply;

#[test]
fn rule_37_every_coding_is_undone() {
    for reply in [
        feed(3).gzip(),
        feed(3).deflate(),
        feed(3).raw_deflate(),
        feed(3).brotli(),
        feed(3).zstd(),
        feed(3).gzip().chunked(),
    ] {
        let scene = Scene::new([reply]);
        assert_eq!(scene.expect("updated")["new"], 3);
    }
}

#[test]
fn rule_38_bombs_and_large_lengths_are_refused_and_recorded() {
    let padded = format!("{}<!--{}-->", document(2), " ".repeat(2 << 20));
    for reply in [
        Reply::bomb(32 << 20),
        Reply::feed(padded.clone()),
        Reply::feed(padded.clone()).chunked(),
        Reply::feed(padded).brotli(),
        feed(1).claims_length(1_u64 << 40),
    ] {
        let scene = Scene::with("max_body = \"1MiB\"\n", [reply.etag("\"big\"")]);
        let line = scene.expect("error");
        assert!(line["error"].as_str().unwrap().contains("1 MiB"), "{line}");
        let state = scene.state();
        assert_eq!(state["error_count"], 1);
        assert_eq!(state["etag"], serde_json::Value::Null);
        assert_eq!(scene.asked().len(), 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn rule_38_memory_stays_bounded_under_bombs() {
    use super::subscription;
    use crate::support::origin::Origin;
    use crate::support::program::Place;
    let origin = Origin::start();
    let bomb = Reply::bomb(256 << 20);
    let mut feeds = String::new();
    for number in 0..4 {
        origin.on(&format!("/{number}"), bomb.clone());
        feeds += &subscription(
            &format!("bomb-{number}"),
            &origin.url(&format!("/{number}")),
            "",
        );
    }
    let place = Place::with(&feeds);
    // The limit is on address space, which is far more than what is used.
    let run = format!(
        "ulimit -v 1500000; exec {} fetch --all --json",
        env!("CARGO_BIN_EXE_feedfold")
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &run])
        .env("FEEDFOLD_CONFIG", place.config())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.matches("\"outcome\":\"error\"").count(), 4, "{lines}");
}

#[test]
fn rule_39_entities_bring_nothing_in() {
    let doctype = "<!DOCTYPE rss [<!ENTITY file SYSTEM \"file:///etc/passwd\"><!ENTITY a \"aaaaaaaaaa\">\
                   <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\
                   <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]>";
    let hostile = document(1)
        .replacen("<rss", &format!("{doctype}<rss"), 1)
        .replacen("The 0th", "&file;&e;&e;&e;&e; The", 1);
    let scene = Scene::new([Reply::feed(hostile)]);
    scene.poll();
    let told: String = scene.entries().iter().map(ToString::to_string).collect();
    assert!(!told.contains("root:"), "{told}");
    assert!(told.len() < 100_000, "{} bytes", told.len());
}

#[test]
fn rule_40_the_charset_of_the_header_counts_and_one_bad_byte_costs_nothing() {
    let latin = document(1)
        .replace("encoding=\"utf-8\"", "")
        .replace("painted", "caf\u{e9}");
    let bytes: Vec<u8> = latin
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let scene = Scene::new([Reply::status(200)
        .header("Content-Type", "application/rss+xml; charset=iso-8859-1")
        .body(bytes)]);
    scene.expect("updated");
    assert!(scene.entries()[0].to_string().contains("café"));

    let mut bytes = document(2).into_bytes();
    let at = bytes.windows(5).position(|five| five == b"paint").unwrap();
    bytes[at] = 0xff;
    let scene = Scene::new([Reply::feed(bytes)]);
    assert_eq!(scene.expect("updated")["new"], 2);
}

#[test]
fn rule_41_a_wrong_content_type_does_not_cost_the_feed() {
    for kind in [
        "text/html; charset=utf-8",
        "text/plain",
        "application/octet-stream",
        "image/png",
        "",
    ] {
        let reply = Reply::status(200)
            .header("Content-Type", kind)
            .body(document(2));
        let scene = Scene::new([reply]);
        assert_eq!(scene.expect("updated")["new"], 2, "{kind}");
    }
    let scene = Scene::new([Reply::status(200).body(document(2))]);
    assert_eq!(scene.expect("updated")["new"], 2);
}

#[test]
fn rule_42_xml_of_the_wild_is_read() {
    let wild = document(2)
        .replacen("<?xml", "\n\n  <?xml", 1)
        .replace("painted", "paint&nbsp;&mdash;ed\u{1}\u{b}");
    let scene = Scene::new([Reply::feed(wild)]);
    assert_eq!(scene.expect("updated")["new"], 2);
}

#[test]
fn rule_43_a_page_in_place_of_the_feed_names_the_feed_and_keeps_what_is_known() {
    let scene = Scene::new([
        feed(2).etag("\"1\""),
        Reply::page(
            "<html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/real.xml\">\
             </head><body>Hello</body></html>",
        )
        .etag("\"page\""),
    ]);
    scene.origin.on("/real.xml", feed(3));
    scene.expect("updated");
    scene.poll();
    let state = scene.state();
    assert_eq!(state["url"], scene.origin.url("/feed"));
    assert_eq!(state["etag"], "\"1\"");
    let named = state["last_error"]
        .as_str()
        .is_some_and(|error| error.contains("/real.xml"));
    let fetched = !scene.origin.asked("/real.xml").is_empty();
    assert!(named || fetched, "{state}");
    assert!(scene.entries().len() >= 2);
}
