//! Feeds that are files of the machine: rule 54.

use super::{document, entries, feed, subscription};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use serde_json::Value;

/// A place that may read files, with one feed that is the file `name` in its folder.
fn place(allow: bool, name: &str, keys: &str) -> Place {
    let place = Place::with("");
    let url = format!("file://{}/{name}", place.path().display());
    place.configure(&subscription("bulletin", &url, keys));
    if allow {
        let whole = std::fs::read_to_string(place.config()).unwrap();
        let whole = whole.replacen("[fetch]", "[fetch]\nallow_files = true", 1);
        std::fs::write(place.config(), whole).unwrap();
    }
    place
}

fn poll(place: &Place) -> Value {
    place.json(&["fetch", "--all", "--json"]).remove(0)
}

fn refused(line: &Value, words: &str) {
    assert_eq!(line["outcome"], "error", "{line}");
    assert!(line["error"].as_str().unwrap().contains(words), "{line}");
}

#[test]
fn rule_54_a_file_that_the_configuration_names_and_allows_is_a_feed() {
    let place = place(true, "feed.xml", "");
    let file = place.path().join("feed.xml");
    std::fs::write(&file, document(2)).unwrap();
    let line = poll(&place);
    assert_eq!(
        (&line["outcome"], &line["new"]),
        (&"updated".into(), &2.into())
    );
    assert_eq!(poll(&place)["outcome"], "not_modified");
    std::fs::write(&file, document(3)).unwrap();
    let line = poll(&place);
    assert_eq!(
        (&line["outcome"], &line["new"]),
        (&"updated".into(), &1.into())
    );
    // What is not whole changes nothing, and does not hide what comes after it.
    let whole = document(4);
    for (broken, words) in [(String::new(), "empty"), ("Hello".into(), "")] {
        std::fs::write(&file, broken).unwrap();
        refused(&poll(&place), words);
    }
    std::fs::write(&file, whole).unwrap();
    assert_eq!(poll(&place)["new"], 1);
    std::fs::remove_file(&file).unwrap();
    refused(&poll(&place), "not there");
    assert_eq!(entries(&place).len(), 4);
}

#[test]
fn rule_54_files_need_leave_and_the_configuration() {
    let closed = place(false, "feed.xml", "");
    std::fs::write(closed.path().join("feed.xml"), document(2)).unwrap();
    refused(&poll(&closed), "allow_files");
    // With leave, still only from the configuration: not by command, import, redirect or page.
    let open = place(true, "feed.xml", "disabled = true\n");
    let file = open.path().join("feed.xml");
    std::fs::write(&file, document(2)).unwrap();
    let url = format!("file://{}", file.display());
    assert_ne!(open.run(&["feeds", "add", &url]).code, 0);
    let opml = open.path().join("list.opml");
    let list = format!(
        "<opml version=\"2.0\"><body><outline type=\"rss\" xmlUrl=\"{url}\"/></body></opml>"
    );
    std::fs::write(&opml, list).unwrap();
    open.run(&["feeds", "import", opml.to_str().unwrap()]);
    let origin = Origin::start();
    origin.on("/feed", Reply::redirect(301, &url));
    let page = format!("<link rel=\"alternate\" type=\"application/rss+xml\" href=\"{url}\">");
    origin.on("/page", Reply::page(page));
    for path in ["/feed", "/page"] {
        open.run(&["feeds", "add", &origin.url(path)]);
    }
    for line in open.json(&["fetch", "--all", "--json"]) {
        assert_eq!(line["outcome"], "error", "{line}");
    }
    assert!(entries(&open).is_empty());
}

#[cfg(unix)]
#[test]
fn rule_54_links_folders_and_pipes_are_no_files_and_the_cap_holds() {
    let place_of_link = place(true, "link.xml", "");
    let real = place_of_link.path().join("real.xml");
    std::fs::write(&real, document(2)).unwrap();
    std::os::unix::fs::symlink(&real, place_of_link.path().join("link.xml")).unwrap();
    refused(&poll(&place_of_link), "plain file");

    let folder = place(true, "", "");
    refused(&poll(&folder), "plain file");

    let pipe = place(true, "pipe", "");
    let made = std::process::Command::new("mkfifo")
        .arg(pipe.path().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    refused(&poll(&pipe), "plain file");

    let large = place(true, "feed.xml", "max_body = \"1KiB\"\n");
    std::fs::write(large.path().join("feed.xml"), document(50)).unwrap();
    refused(&poll(&large), "larger than 1 KiB");
    // A sparse file of any size costs no more than the cap.
    let sparse = std::fs::File::create(large.path().join("feed.xml")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    refused(&poll(&large), "larger than 1 KiB");
}

#[test]
fn rule_54_a_file_beside_feeds_of_the_web_delays_nobody() {
    let origin = Origin::start();
    origin.on("/feed", feed(1));
    let place = place(true, "gone.xml", "");
    let whole = std::fs::read_to_string(place.config()).unwrap();
    let both = whole + &subscription("web", &origin.url("/feed"), "");
    std::fs::write(place.config(), both).unwrap();
    let lines = place.json(&["fetch", "--all", "--json"]);
    let outcome = |name: &str| {
        let line = lines.iter().find(|line| line["feed"] == name).unwrap();
        line["outcome"].clone()
    };
    assert_eq!(
        (outcome("bulletin"), outcome("web")),
        ("error".into(), "updated".into())
    );
}
