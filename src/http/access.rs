//! Who may read, who may change, and how much one address may ask for.
//!
//! Without a read token everybody who reaches the server reads. With one, everything that shows
//! news asks for it, or for the admin token, or for a session on the page; secret addresses, reader
//! apps and hubs bring keys of their own. Changes always ask for the admin token.

use super::failure::Failure;
use super::service::Service;
use super::session;
use super::sync::{Peer, address};
use crate::config::Server;
use crate::feed::Timestamp;
use axum::Extension;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Routes that show no news, or that bring keys of their own. All others are closed where reading
/// takes a token.
const OPEN: &[&str] = &[
    "/healthz",
    "/readyz",
    "/metrics",
    "/style.css",
    "/feed.css",
    "/page.js",
    "/icon.svg",
    "/manage",
    "/sign-in",
    "/sign-out",
    "/api/v1/openapi.json",
    "/f/{token}/{file}",
    "/websub/{token}",
    "/accounts/ClientLogin",
    "/accounts/ClientLogin/",
    "/reader/api/0/{*endpoint}",
    "/reader/atom/{*stream}",
    "/api/greader.php/{*endpoint}",
    "/fever",
    "/fever/",
    "/fever.php",
    "/fever.php/",
];

/// What a wrong token costs of what an address may ask for: guesses become rare soon.
const WRONG_TOKEN: f64 = 10.0;
/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 4096;

/// What the tokens of a request allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// No token was sent.
    Unknown,
    /// A token was sent that is none of ours.
    Wrong,
    Reads,
    Changes,
}

/// The right that a request's token gives.
fn right(server: &Server, headers: &HeaderMap) -> Right {
    let given = headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes)
        .and_then(|value| {
            let (scheme, token) = value.split_at_checked("Bearer ".len())?;
            scheme
                .eq_ignore_ascii_case(b"Bearer ")
                .then(|| token.trim_ascii())
        });
    let Some(given) = given else {
        return Right::Unknown;
    };
    let is = |token: &Option<String>| {
        let token = token.as_deref().filter(|token| !token.is_empty());
        token.is_some_and(|token| same_secret(given, token.as_bytes()))
    };
    // Both are compared always: the time tells nothing.
    match (is(&server.admin_token), is(&server.read_token)) {
        (true, _) => Right::Changes,
        (false, true) => Right::Reads,
        (false, false) => Right::Wrong,
    }
}

/// Lets a request pass that carries the admin token.
///
/// # Errors
/// 401 without a token or with a wrong one, 403 with one that only reads, or where none is set.
pub(super) fn allow(service: &Service, headers: &HeaderMap) -> Result<(), Failure> {
    let server = &service.config().server;
    if server.admin_token.as_deref().is_none_or(str::is_empty) {
        return Err(Failure::Forbidden(
            "nothing can be changed over HTTP; set server.admin_token_file to allow it".to_owned(),
        ));
    }
    match right(server, headers) {
        Right::Changes => Ok(()),
        Right::Reads => Err(Failure::Forbidden(
            "this token only reads; changes take the admin token".to_owned(),
        )),
        Right::Unknown | Right::Wrong => Err(Failure::Unauthorized(
            "the admin token is missing or wrong; send it as 'Authorization: Bearer TOKEN'",
        )),
    }
}

/// Whether reading takes a token.
pub(super) fn is_closed(server: &Server) -> bool {
    server
        .read_token
        .as_deref()
        .is_some_and(|token| !token.is_empty())
}

/// Turns away who may not read, and who asks for too much.
pub(super) async fn entrance(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    let config = service.config();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let is_api = route.starts_with("/api/v1/");
    // Where no route is, there is nothing to read.
    let is_guarded = is_closed(&config.server) && !route.is_empty() && !OPEN.contains(&route);
    if !is_api && !is_guarded {
        return next.run(request).await;
    }
    let headers = request.headers();
    let right = right(&config.server, headers);
    let cost = match right {
        Right::Wrong => WRONG_TOKEN,
        _ => 1.0,
    };
    let peer = request.extensions().get::<Peer>().copied().map(Extension);
    let asked = service.asked();
    let spent = asked.spend(
        &address(peer, headers),
        cost,
        config.server.api_rate,
        service.now(),
    );
    if let Err(seconds) = spent {
        return Failure::TooMany(seconds).into_response();
    }
    let may_read = match right {
        Right::Reads | Right::Changes => true,
        Right::Unknown | Right::Wrong => session::reads(&service, headers),
    };
    if !is_guarded || may_read {
        let mut response = next.run(request).await;
        if is_guarded {
            keep_private(response.headers_mut());
        }
        return response;
    }
    if !is_api && is_browser(headers) {
        let place = [
            (header::LOCATION, "/manage"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return (StatusCode::SEE_OTHER, place).into_response();
    }
    Failure::Unauthorized(
        "reading takes a token here; send the read token or the admin token as \
         'Authorization: Bearer TOKEN'",
    )
    .into_response()
}

/// Whether a page is asked for, which can be signed in to.
fn is_browser(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    accepted.is_some_and(|value| {
        let value = value.as_bytes();
        value.windows(9).any(|part| part == b"text/html")
    })
}

/// Lets no shared cache keep what not everybody may read.
fn keep_private(headers: &mut HeaderMap) {
    let kept = headers.get(header::CACHE_CONTROL);
    let Some(kept) = kept.and_then(|value| value.to_str().ok()) else {
        return;
    };
    let rules = kept.split(',').map(str::trim);
    let rules: Vec<&str> = rules.filter(|rule| *rule != "public").collect();
    if rules.contains(&"no-store") || rules.contains(&"private") {
        return;
    }
    let private = format!("private, {}", rules.join(", "));
    if let Ok(value) = HeaderValue::from_str(private.trim_end_matches(", ")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}

/// Compares in a time that tells nothing of where two secrets differ.
pub(super) fn same_secret(given: &[u8], secret: &[u8]) -> bool {
    let mut different = u8::from(given.len() != secret.len());
    for (position, byte) in secret.iter().enumerate() {
        different |= byte ^ given.get(position).copied().unwrap_or(0);
    }
    std::hint::black_box(different) == 0
}

/// What each address asked for lately: so many requests a minute, all at once or spread.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<HashMap<String, Budget>>);

/// What is left to an address, at a moment.
#[derive(Debug, Clone, Copy)]
struct Budget {
    left: f64,
    at: Timestamp,
}

impl Budget {
    /// What is left at `now`, when what was spent came back evenly.
    fn at(self, now: Timestamp, a_minute: f64) -> f64 {
        // A clock that was set back gives nothing and takes nothing.
        let passed = (now - self.at).num_milliseconds().max(0) as f64;
        (self.left + passed / 60_000.0 * a_minute).min(a_minute)
    }
}

impl Asked {
    /// Takes `cost` from what `address` may ask for in a minute.
    ///
    /// # Errors
    /// The seconds to wait, where too little is left.
    fn spend(&self, address: &str, cost: f64, a_minute: usize, now: Timestamp) -> Result<(), i64> {
        let a_minute = a_minute as f64;
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= MOST_ADDRESSES && !budgets.contains_key(address) {
            // Whoever asks no more than it may need not be remembered.
            budgets.retain(|_, budget| budget.at(now, a_minute) < a_minute);
            if budgets.len() >= MOST_ADDRESSES {
                budgets.clear();
            }
        }
        let full = Budget {
            left: a_minute,
            at: now,
        };
        let budget = budgets.entry(address.to_owned()).or_insert(full);
        let left = budget.at(now, a_minute) - cost;
        if left < 0.0 {
            return Err((-left / a_minute * 60.0).ceil().max(1.0) as i64);
        }
        *budget = Budget { left, at: now };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret(b"abc", b"abc"));
        for wrong in [&b"abd"[..], b"ab", b"abcd", b"", b"xbc"] {
            assert!(!same_secret(wrong, b"abc"));
        }
    }

    #[test]
    fn an_address_asks_so_often_a_minute_and_no_more() {
        let asked = Asked::default();
        let mut now = Timestamp::UNIX_EPOCH;
        for _ in 0..60 {
            assert_eq!(asked.spend("192.0.2.1", 1.0, 60, now), Ok(()));
        }
        assert_eq!(asked.spend("192.0.2.1", 1.0, 60, now), Err(1));
        assert_eq!(asked.spend("192.0.2.1", 10.0, 60, now), Err(10));
        assert_eq!(asked.spend("192.0.2.2", 1.0, 60, now), Ok(()));
        now += TimeDelta::seconds(2);
        assert_eq!(asked.spend("192.0.2.1", 2.0, 60, now), Ok(()));
        assert_eq!(asked.spend("192.0.2.1", 1.0, 60, now), Err(1));
        // Set back by a year, the clock takes nothing away and gives nothing.
        let before = now - TimeDelta::days(365);
        assert_eq!(asked.spend("192.0.2.1", 1.0, 60, before), Err(1));
    }

    #[test]
    fn many_addresses_fill_no_memory() {
        let asked = Asked::default();
        for number in 0..3 * MOST_ADDRESSES {
            let spent = asked.spend(&number.to_string(), 1.0, 60, Timestamp::UNIX_EPOCH);
            assert_eq!(spent, Ok(()));
        }
        assert!(asked.0.lock().unwrap().len() <= MOST_ADDRESSES);
    }

    #[test]
    fn what_not_everybody_may_read_stays_out_of_shared_caches() {
        for (said, kept) in [
            ("public, max-age=60", "private, max-age=60"),
            ("no-cache", "private, no-cache"),
            ("public", "private"),
            ("no-store", "no-store"),
            ("private, no-cache", "private, no-cache"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(said));
            keep_private(&mut headers);
            assert_eq!(headers[header::CACHE_CONTROL], kept);
        }
    }
}
