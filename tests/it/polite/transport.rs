//! Transport: rules 44 to 50.

use super::{Scene, document, feed, subscription};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use std::time::{Duration, Instant};

#[allow(clippy::disallowed_methods)] // deadlines are the machine's time
fn begin() -> Instant {
    Instant::now()
}

#[test]
fn rule_44_and_45_every_slowness_ends_at_the_timeout_and_delays_nobody() {
    let origin = Origin::start();
    let long = Duration::from_secs(3600);
    let drip = Duration::from_millis(100);
    origin.on("/silent", Reply::silence());
    origin.on("/stall", feed(3).stall_after(200));
    origin.on("/drip", feed(3).drip(1, drip));
    origin.on("/late", feed(1).delay(long));
    origin.on("/hops", Reply::redirect(302, "/late"));
    let slow = ["silent", "stall", "drip", "late", "hops"];
    let mut feeds = String::new();
    for name in slow {
        feeds += &subscription(name, &origin.url(&format!("/{name}")), "timeout = \"1s\"\n");
    }
    let quick = Origin::start();
    for number in 0..20 {
        let path = format!("/{number}");
        quick.on(&path, feed(1));
        feeds += &subscription(&format!("quick-{number}"), &quick.url(&path), "");
    }
    let place = Place::with(&feeds);
    let begun = begin();
    let lines = place.json(&["fetch", "--all", "--json"]);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(lines.len(), 25);
    for line in &lines {
        let is_slow = slow.contains(&line["feed"].as_str().unwrap());
        assert_eq!(
            line["outcome"],
            if is_slow { "error" } else { "updated" },
            "{line}"
        );
    }
    // Every quick one was there before the first slow one gave up.
    let first_slow = lines.iter().position(|line| line["outcome"] == "error");
    assert_eq!(first_slow, Some(20), "{lines:?}");
    let slow_state = place.json(&["feeds", "list", "--json"]);
    assert_eq!(
        slow_state
            .iter()
            .filter(|feed| feed["error_count"] == 1)
            .count(),
        5
    );
}

#[test]
fn rule_44_slow_header_lines_end_at_the_timeout() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/feed", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::Write;
        while let Ok((mut stream, _)) = listener.accept() {
            std::thread::spawn(move || {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                for number in 0..600 {
                    std::thread::sleep(Duration::from_millis(100)); // what is being tested
                    if write!(stream, "X-Field-{number}: slow\r\n").is_err() {
                        return;
                    }
                }
            });
        }
    });
    let place = Place::with(&subscription("feed", &url, "timeout = \"1s\"\n"));
    let begun = begin();
    let line = place.json(&["fetch", "--all", "--json"]).remove(0);
    assert_eq!(line["outcome"], "error", "{line}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn rule_46_certificates_are_verified_and_a_private_authority_can_be_named() {
    let file = |name: &str| format!("{}/tests/data/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let mut feeds = String::new();
    let origins: Vec<Origin> = ["good", "expired", "other-name"]
        .iter()
        .map(|name| {
            let origin = Origin::start_tls(&std::fs::read(file(name)).unwrap());
            origin.on("/feed", feed(1));
            feeds += &subscription(name, &origin.tls_url("localhost", "/feed"), "");
            origin
        })
        .collect();
    let place = Place::with(&feeds);
    let state = |authority: Option<&str>| -> Vec<String> {
        let mut command = place.command(&["fetch", "--all", "--json"]);
        match authority {
            Some(name) => command.env("SSL_CERT_FILE", file(name)),
            None => command.env_remove("SSL_CERT_FILE"),
        };
        assert!(command.output().unwrap().status.success());
        let feeds = place.json(&["feeds", "list", "--json"]);
        let errors = feeds
            .iter()
            .map(|feed| feed["last_error"].as_str().unwrap_or("none").to_owned());
        errors.collect()
    };
    let errors = state(None);
    assert!(
        errors.iter().all(|error| error.contains("certificate")),
        "{errors:?}"
    );
    assert!(origins.iter().all(|origin| origin.all_asked().is_empty()));
    // By name: expired, good, other-name.
    let errors = state(Some("authority"));
    assert!(errors[0].contains("expired"), "{errors:?}");
    assert_eq!(errors[1], "none");
    assert!(errors[2].contains("another name"), "{errors:?}");
}

#[test]
fn rule_47_informational_replies_are_skipped() {
    let scene = Scene::new([feed(2).after_informational(103).after_informational(100)]);
    assert_eq!(scene.expect("updated")["new"], 2);
    let scene = Scene::new([feed(2).after_informational(102)]);
    assert_eq!(scene.expect("updated")["new"], 2);
}

#[test]
fn rule_48_old_and_elaborate_http_is_read() {
    for reply in [
        feed(2).http_1_0(),
        feed(2).until_close(),
        feed(2).chunked_with_trailers("Expires: 0\r\nX-Sum: 1\r\n"),
        feed(2).close(),
        feed(2).close_unannounced(),
        feed(2)
            .header("Content-Language", "en")
            .header("content-type", "text/xml"),
    ] {
        let scene = Scene::new([reply]);
        let line = scene.expect("updated");
        assert_eq!(line["new"], 2);
        scene.expect("updated");
    }
}

#[test]
fn rule_48_and_49_whatever_breaks_is_one_request_and_one_error() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n";
    let huge = format!("{head}X-Big: {}\r\n\r\n", "a".repeat(4 << 20));
    let many: String = (0..20_000).map(|n| format!("X-{n}: 1\r\n")).collect();
    let body = document(2);
    for (what, reply) in [
        ("short", feed(2).cut_after(100)),
        (
            "short by one",
            Reply::feed(body.clone())
                .claims_length(body.len() + 1)
                .close(),
        ),
        ("no answer", Reply::hang_up()),
        (
            "garbage",
            Reply::raw("\x00\x01\x02 SSH-2.0 nonsense\r\n\r\n"),
        ),
        ("another protocol", Reply::raw("SSH-2.0-OpenSSH_9.6\r\n")),
        ("a huge field", Reply::raw(huge)),
        ("many fields", Reply::raw(format!("{head}{many}\r\n"))),
        ("half a head", Reply::raw("HTTP/1.1 200 OK\r\nContent-")),
        (
            "a bad chunk",
            Reply::raw(format!(
                "{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}"
            )),
        ),
        ("a bad length", feed(2).claims_length("many")),
        (
            "two lengths",
            Reply::raw(format!(
                "{head}Content-Length: 5\r\nContent-Length: 9\r\n\r\n{body}"
            )),
        ),
        (
            "gzip that is none",
            Reply::feed(&b"\x1f\x8b\x08garbagegarbage"[..]).header("Content-Encoding", "gzip"),
        ),
        ("status 999", Reply::status(999)),
    ] {
        let scene = Scene::new([reply.clone(), feed(1)]);
        let line = scene.poll();
        assert_eq!(line["outcome"], "error", "{what}: {line}");
        let error = line["error"].as_str().unwrap();
        assert!(!error.is_empty() && error.len() < 400, "{what}: {error}");
        let asked = scene.asked().len();
        assert_eq!(asked, 1, "{what}: {asked} requests");
        assert_eq!(scene.entries().len(), 0, "{what}");
        scene.expect("updated");
    }
}

#[test]
fn rule_49_nobody_there_and_no_such_name_are_errors_of_their_own() {
    let place = Place::with(
        &(subscription("closed", "http://127.0.0.1:1/feed", "")
            + &subscription("nowhere", "http://no-such-host.invalid/feed", "")),
    );
    let lines = place.json(&["fetch", "--all", "--json"]);
    assert_eq!(lines.len(), 2);
    assert!(
        lines
            .iter()
            .all(|line| line["outcome"] == "error" && line["status"].is_null())
    );
}
