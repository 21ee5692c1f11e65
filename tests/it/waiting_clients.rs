//! Clients that connect and say nothing.

use crate::support::program::Place;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// How many say nothing; fewer where this process may not open as many files.
fn silent_clients() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    10_000.min(files.unwrap_or(1024) / 2)
}

#[test]
fn ten_thousand_that_say_nothing_keep_nobody_out_and_cost_little() {
    let place = Place::with("");
    // On a Unix socket nobody has to wait until a packet is sent again.
    let socket = place.path().join("http.sock");
    let service = place.serve_at(&format!("unix:{}", socket.display()));
    let before = service.memory();
    let connect = || UnixStream::connect(&socket).unwrap();
    let silent: Vec<UnixStream> = (0..silent_clients()).map(|_| connect()).collect();
    for path in ["/healthz", "/readyz", "/feed.atom", "/", "/healthz"] {
        let mut client = connect();
        write!(
            client,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    let grown = service.memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes for {}", silent.len());
}
