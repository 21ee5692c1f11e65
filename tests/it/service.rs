//! The service as a process: readiness, signals, restarts, `kill -9`.

use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::{Place, until};
use chrono::{TimeDelta, Utc};
use feedfold::feed::Timestamp;
use std::collections::HashSet;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

fn now() -> Timestamp {
    #[allow(clippy::disallowed_methods)] // the program under test reads the machine's clock
    Utc::now()
}

/// A feed of its own outlet with this many posts that have nothing in common.
fn outlet(number: usize, posts: usize) -> String {
    let site = format!("outlet{number}.example");
    let words = [
        "kiln", "otter", "prism", "ledger", "saddle", "turbine", "orchid", "walnut", "glacier",
        "compass",
    ];
    let list: Vec<Post> = (0..posts)
        .map(|post_number| {
            let word = words[(number + post_number) % words.len()];
            let serial = number * 1000 + post_number;
            post(
                &site,
                &format!("p{post_number}"),
                &format!("{word}{serial} and the {word}s of {serial}"),
                &format!("<p>Text {serial} about {word}{number}x{post_number} alone.</p>"),
                now() - TimeDelta::minutes(i64::try_from(serial % 600).unwrap()),
            )
        })
        .collect();
    rss(&format!("Outlet {number}"), &site, &list)
}

/// An origin with so many feeds, and the configuration that names them.
fn many(feeds: usize, posts: usize, delay: Duration) -> (Origin, String) {
    let origin = Origin::start();
    let mut text = String::new();
    for number in 0..feeds {
        let path = format!("/feed/{number}");
        let reply = Reply::feed(outlet(number, posts))
            .etag(format!("\"{number}\""))
            .conditional()
            .delay(delay);
        origin.on(&path, reply);
        text.push_str(&format!(
            "[[feeds]]\nurl = \"{}\"\nname = \"feed-{number}\"\n",
            origin.url(&path)
        ));
    }
    (origin, text)
}

#[test]
fn a_killed_service_loses_nothing_doubles_nothing_and_asks_nobody_early() {
    let (origin, feeds) = many(40, 5, Duration::from_millis(20));
    let place = Place::with(&feeds);
    let service = place.serve();
    until("some polling", || origin.all_asked().len() >= 15);
    service.signal("KILL");
    service.ended();
    let asked_before: HashSet<String> = origin
        .all_asked()
        .iter()
        .map(|asked| asked.path.clone())
        .collect();

    // What was recorded is due in half an hour; what was not is asked again when its lease ends.
    let kept = place.json(&["query", "--json", "--limit", "1000"]);
    let finished: HashSet<String> = place
        .json(&["feeds", "list", "--json"])
        .iter()
        .filter(|feed| feed["last_fetch"].is_string())
        .map(|feed| feed["name"].as_str().unwrap().replace("feed-", "/feed/"))
        .collect();
    assert_eq!(kept.len(), finished.len() * 5, "a poll was kept by half");
    assert!(finished.is_subset(&asked_before));

    origin.forget();
    let service = place.serve();
    // Two at once with one host: so many may have been claimed and not asked when it was killed, and
    // their leases outlast this test.
    until("the rest of the polling", || {
        origin.all_asked().len() + 2 >= 40 - asked_before.len()
    });
    service.signal("TERM");
    assert_eq!(service.ended().0, 0);
    for asked in origin.all_asked() {
        assert!(
            !finished.contains(&asked.path),
            "{} was asked though it was not due",
            asked.path
        );
    }
    place.json(&["fetch", "--all", "--json"]);
    let entries = place.json(&["query", "--json", "--limit", "1000"]);
    let guids: HashSet<&str> = entries
        .iter()
        .map(|entry| entry["guid"].as_str().unwrap())
        .collect();
    assert_eq!((entries.len(), guids.len()), (200, 200));
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn sigterm_drains_and_ends_with_success() {
    let (origin, feeds) = many(3, 2, Duration::ZERO);
    origin.on("/feed/1", Reply::silence());
    let place = Place::with(&feeds);
    let service = place.serve();
    until("polling", || origin.all_asked().len() == 3);
    assert!(service.get("/healthz").starts_with("HTTP/1.1 200"));
    #[allow(clippy::disallowed_methods)] // the deadline is the machine's time
    let begun = std::time::Instant::now();
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, 0, "{log}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{log}");
}

#[test]
fn sighup_reads_the_configuration_again_and_keeps_the_old_one_if_the_new_is_bad() {
    let (origin, feeds) = many(2, 2, Duration::ZERO);
    let place = Place::with(&feeds);
    let service = place.serve();
    until("polling", || origin.all_asked().len() == 2);

    place.configure(&format!(
        "{feeds}[[feeds]]\nurl = \"{}\"\nnam = \"x\"\n",
        origin.url("/late")
    ));
    service.signal("HUP");
    origin.on("/late", Reply::feed(outlet(7, 1)));
    place.configure(&format!(
        "{feeds}[[feeds]]\nurl = \"{}\"\nname = \"late\"\n",
        origin.url("/late")
    ));
    service.signal("HUP");
    until("a poll of the added feed", || {
        origin.asked("/late").len() == 1
    });
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, 0, "{log}");
}

#[test]
fn the_service_tells_systemd_when_it_is_ready_and_when_it_stops() {
    let (_origin, feeds) = many(1, 1, Duration::ZERO);
    let place = Place::with(&feeds);
    let mut told = Told::start(&place, &[]);
    told.hear("READY=1");
    told.end();
}

#[test]
fn a_bad_configuration_ends_the_service_at_once() {
    let place = Place::with("[serfer]\n");
    let ran = place.run(&["serve"]);
    assert_eq!(ran.code, 78);
    assert!(ran.err.contains("server"), "{}", ran.err);
}

#[test]
fn an_address_that_others_reach_without_a_token_is_told() {
    for (listen, token, told) in [
        ("0.0.0.0:0", "", true),
        (
            "0.0.0.0:0",
            "read_token = \"a-token-of-some-length\"",
            false,
        ),
        ("127.0.0.1:0", "", false),
    ] {
        let service = Place::with(token).serve_at(listen);
        service.signal("TERM");
        let (code, log) = service.ended();
        assert_eq!(code, 0);
        let warned = log.contains("reads everything: set server.read_token_file");
        assert_eq!(warned, told, "{listen} {token}: {log}");
    }
}

#[test]
fn an_address_that_is_taken_gets_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::with("");
    let ran = place.run(&[
        "serve",
        "--listen",
        &taken.local_addr().unwrap().to_string(),
    ]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("cannot listen at"), "{}", ran.err);
}

/// A service that tells a stand-in for systemd how it does.
struct Told {
    socket: UnixDatagram,
    service: std::process::Child,
    heard: String,
}

impl Told {
    fn start(place: &Place, more: &[(&str, &str)]) -> Self {
        let path = place.path().join("notify");
        // An earlier one was here.
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        let wait = Some(Duration::from_secs(20));
        socket.set_read_timeout(wait).unwrap();
        let mut command = place.command(&["serve"]);
        command.env("NOTIFY_SOCKET", &path);
        command.envs(more.iter().copied());
        Self {
            socket,
            service: command.spawn().unwrap(),
            heard: String::new(),
        }
    }

    /// Waits until something is told; what was told before is forgotten.
    fn hear(&mut self, word: &str) -> String {
        while !self.heard.contains(word) {
            let mut message = [0; 4096];
            let length = self.socket.recv(&mut message).unwrap();
            self.heard
                .push_str(&String::from_utf8_lossy(&message[..length]));
            self.heard.push('\n');
        }
        std::mem::take(&mut self.heard)
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill")
            .args([&format!("-{name}"), &self.service.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    fn end(mut self) {
        self.signal("TERM");
        self.hear("STOPPING=1");
        assert!(self.service.wait().unwrap().success());
    }
}

#[test]
fn systemd_waits_for_a_reload_and_a_bad_one_ends_too() {
    let place = Place::with("");
    let mut told = Told::start(&place, &[]);
    told.hear("READY=1");
    for more in ["", "[serfer]\n"] {
        place.configure(more);
        told.signal("HUP");
        let heard = told.hear("READY=1");
        let reloading = heard.find("RELOADING=1").unwrap();
        assert!(heard[reloading..].contains("MONOTONIC_USEC="), "{heard}");
        assert!(reloading < heard.find("READY=1").unwrap(), "{heard}");
    }
    told.end();
}

#[test]
fn the_watchdog_is_fed_and_the_state_is_told() {
    let (_origin, feeds) = many(1, 1, Duration::ZERO);
    let place = Place::with(&feeds);
    let mut told = Told::start(&place, &[("WATCHDOG_USEC", "150000")]);
    told.hear("WATCHDOG=1");
    // Told once, until it changes.
    let heard = told.hear("STATUS=1 feeds, 0 failing; ");
    told.hear("WATCHDOG=1");
    assert!(heard.contains("serving at http://127.0.0.1:"), "{heard}");
    told.end();
}

#[test]
fn a_second_daemon_on_one_database_is_refused() {
    let place = Place::with("");
    let state = place.run(&["status"]);
    assert_eq!(state.code, 1, "there is no database: {}", state.err);
    let mut told = Told::start(&place, &[]);
    told.hear("READY=1");
    let second = place.run(&["serve"]);
    assert_eq!(second.code, 1);
    let process = format!("process {} serves", told.service.id());
    assert!(second.err.contains(&process), "{}", second.err);
    // Commands work beside it.
    assert_eq!(place.run(&["fetch"]).code, 0);
    let state = &place.json(&["status", "--json"])[0];
    assert_eq!(
        (&state["running"], &state["well"]),
        (&true.into(), &true.into())
    );
    let state = place.run(&["status"]);
    assert!(state.out.contains("runs (process "), "{}", state.out);
    told.end();
    let state = place.run(&["status"]);
    assert_eq!(state.code, 1);
    assert!(state.out.contains("does not run"), "{}", state.out);
    // The lock goes with its holder, however that ends.
    let mut again = Told::start(&place, &[]);
    again.hear("READY=1");
    again.signal("KILL");
    assert!(!again.service.wait().unwrap().success());
    let mut third = Told::start(&place, &[]);
    third.hear("READY=1");
    third.end();
}
