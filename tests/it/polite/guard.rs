//! The guard: rules 51 to 54.

use super::{feed, subscription};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use serde_json::Value;

/// A place whose `[fetch]` section has only these lines.
fn guarded(fetch: &str, feeds: &str) -> Place {
    let place = Place::with("");
    let text = format!(
        "[database]\npath = \"{}\"\n[server]\nlisten = \"127.0.0.1:0\"\n[fetch]\ntimeout = \"3s\"\n{fetch}\n{feeds}",
        place.database().display()
    );
    std::fs::write(place.config(), text).unwrap();
    place
}

fn polled(place: &Place) -> Vec<Value> {
    place.json(&["fetch", "--all", "--json"]);
    place.json(&["feeds", "list", "--json"])
}

#[test]
fn rule_51_to_53_private_addresses_in_every_notation_are_refused_and_others_polled() {
    let (own, allowed) = (Origin::start(), Origin::start_at("127.0.0.2:0"));
    own.on("/feed", feed(1));
    let port = own.port();
    let mut feeds = String::new();
    for (number, host) in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "127.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "0.0.0.0",
        "0",
        "[::]",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "[fc00::1]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
    ]
    .iter()
    .enumerate()
    {
        feeds += &subscription(
            &format!("bad-{number}"),
            &format!("http://{host}:{port}/feed"),
            "",
        );
    }
    let mut bad = 30;
    for (name, url) in [
        ("file", "file:///etc/passwd"),
        ("ftp", "ftp://files.example/feed"),
        ("data", "data:text/xml,<rss/>"),
        ("none", "not an address"),
        ("gopher", "gopher://127.0.0.1/1"),
        ("empty-host", "http:///feed"),
        ("big-port", "http://feeds.example:99999/feed"),
        ("odd-host", "http://exa mple/feed"),
        ("exec", "exec:ls"),
    ] {
        feeds += &subscription(name, url, "");
        bad += 1;
    }
    let Some(allowed) = allowed else { return };
    allowed.on("/feed", feed(2));
    feeds += &subscription("good", &allowed.url("/feed"), "");
    let place = guarded("allow_networks = [\"127.0.0.2/32\"]", &feeds);
    let feeds = polled(&place);
    assert_eq!(feeds.len(), bad + 1, "not every feed is listed");
    for feed in &feeds {
        if feed["name"] == "good" {
            assert_eq!(
                (&feed["error_count"], &feed["last_error"]),
                (&0.into(), &Value::Null)
            );
            continue;
        }
        assert_eq!(feed["error_count"], 1, "{feed}");
        assert!(!feed["last_error"].as_str().unwrap().is_empty(), "{feed}");
        assert!(feed["next_due"].is_string(), "{feed}");
    }
    assert_eq!(
        own.all_asked().len() + own.connections(),
        0,
        "a refused address was contacted"
    );
}

#[test]
fn rule_51_redirects_are_judged_hop_by_hop() {
    let (own, Some(front)) = (Origin::start(), Origin::start_at("127.0.0.2:0")) else {
        return;
    };
    own.on("/feed", feed(1));
    let mut feeds = String::new();
    for (number, to) in [
        own.url("/feed"),
        own.url("/feed").replace("127.0.0.1", "localhost"),
        own.url("/feed").replace("127.0.0.1", "2130706433"),
        own.url("/feed").replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        "file:///etc/passwd".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let path = format!("/{number}");
        front.on(&path, Reply::redirect(301, to));
        feeds += &subscription(&format!("feed-{number}"), &front.url(&path), "");
    }
    let place = guarded("allow_networks = [\"127.0.0.2\"]", &feeds);
    for feed in polled(&place) {
        assert_eq!(feed["error_count"], 1, "{feed}");
        assert!(
            feed["url"]
                .as_str()
                .unwrap()
                .starts_with("http://127.0.0.2"),
            "{feed}"
        );
    }
    assert_eq!(own.connections(), 0);
}

#[test]
fn rule_51_exceptions_hold_for_networks_and_hosts() {
    for exception in ["127.0.0.0/8", "127.0.0.1", "localhost"] {
        let origin = Origin::start();
        origin.on("/feed", feed(1));
        let url = match exception {
            "localhost" => origin.url("/feed").replace("127.0.0.1", "localhost"),
            _ => origin.url("/feed"),
        };
        let place = guarded(
            &format!("allow_networks = [\"{exception}\"]"),
            &subscription("feed", &url, ""),
        );
        let feeds = polled(&place);
        assert_eq!(feeds[0]["error_count"], 0, "{exception}: {}", feeds[0]);
    }
}

#[test]
fn rule_55_a_private_page_is_not_looked_into_for_feeds() {
    let origin = Origin::start();
    origin.on(
        "/",
        Reply::page("<link rel=alternate type='application/rss+xml' href='/f'>"),
    );
    let place = guarded("", "");
    let ran = place.run(&["feeds", "discover", &origin.url("/")]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert_eq!(origin.connections(), 0);
}
