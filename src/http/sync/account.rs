//! Who a reader app is: name and password, tokens, and how failed attempts are slowed down.

use crate::config::ReaderSync;
use crate::feed::Timestamp;
use crate::http::access::same_secret;
use crate::http::failure::Failure;
use crate::http::form::Form;
use crate::http::service::Service;
use argon2::PasswordVerifier;
use axum::http::{HeaderMap, header};
use chrono::TimeDelta;
use md5::Digest;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use tokio::sync::OnceCell;

/// What stands after the user's name in the identity that lists every article.
const ARTICLES: &str = "+articles";
/// Failures of an address that cost nothing: fingers slip.
const FREE: u32 = 5;
/// The longest wait after a failure.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(5);
/// How long failures of an address are remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);
/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 4096;
/// Longest password that is looked at.
const LONGEST_PASSWORD: usize = 1024;
/// Digits of a token for changes, as Google's had it.
const CHANGE_TOKEN: usize = 57;

/// Someone who logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    /// Whether items are entries, unfolded, instead of stories.
    pub(super) articles: bool,
}

/// What is remembered between requests.
#[derive(Default)]
pub(in crate::http) struct Memory {
    secret: OnceCell<[u8; 32]>,
    attempts: Mutex<HashMap<String, Attempts>>,
}

/// Failed attempts of an address.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    failures: u32,
    last: Timestamp,
    again: Timestamp,
}

impl Memory {
    /// Whether an address may try now; else the seconds until it may.
    pub(in crate::http) fn may_try(&self, address: &str, now: Timestamp) -> Result<(), i64> {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        match attempts.get(address) {
            Some(known) if known.again > now => Err((known.again - now).num_seconds() + 1),
            _ => Ok(()),
        }
    }

    /// Notes how an attempt went.
    pub(in crate::http) fn tried(&self, address: &str, succeeded: bool, now: Timestamp) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            attempts.remove(address);
            return;
        }
        if attempts.len() >= MOST_ADDRESSES {
            attempts.retain(|_, known| now - known.last < REMEMBERED && known.again > now);
        }
        if attempts.len() >= MOST_ADDRESSES {
            // So many at once are one attacker: what is remembered of them starts anew.
            attempts.clear();
        }
        let known = attempts.entry(address.to_owned()).or_insert(Attempts {
            failures: 0,
            last: now,
            again: now,
        });
        if now - known.last >= REMEMBERED {
            known.failures = 0;
        }
        known.failures = known.failures.saturating_add(1);
        known.last = now;
        let doublings = known.failures.saturating_sub(FREE).min(16);
        if doublings > 0 {
            let wait = TimeDelta::seconds(1_i64 << (doublings - 1));
            known.again = now + wait.min(LONGEST_WAIT);
        }
        tracing::warn!(
            address,
            failures = known.failures,
            "someone gave a wrong name, password or admin token"
        );
    }
}

/// The account of a name, where it is one.
fn named(sync: &ReaderSync, name: &str) -> Option<Account> {
    let plain = same_secret(name.as_bytes(), sync.user.as_bytes());
    let articles = name
        .strip_suffix(ARTICLES)
        .is_some_and(|name| same_secret(name.as_bytes(), sync.user.as_bytes()));
    (plain || articles).then_some(Account {
        articles: articles || sync.articles,
    })
}

/// The account that a name and a password open. The password may be kept as an argon2 hash; either
/// way it is compared in a time that tells nothing.
pub(super) async fn log_in(sync: &ReaderSync, name: &str, password: &str) -> Option<Account> {
    let kept = sync.password.clone()?;
    let given = password.as_bytes().to_vec();
    if given.is_empty() || given.len() > LONGEST_PASSWORD {
        return None;
    }
    // Off the threads that answer: a hash is meant to take long.
    let right = tokio::task::spawn_blocking(move || {
        if kept.starts_with("$argon2") {
            let hasher = argon2::Argon2::default();
            hasher.verify_password(&given, kept.as_str()).is_ok()
        } else {
            same_secret(&given, kept.as_bytes())
        }
    })
    .await
    .unwrap_or(false);
    // Both are looked at, whichever is wrong.
    let account = named(sync, name);
    account.filter(|_| right)
}

/// The account of a Fever key: the hexadecimal MD5 of `user:password`, in either case.
pub(super) fn of_fever_key(sync: &ReaderSync, key: &str) -> Option<Account> {
    let password = sync.fever_password.as_deref()?;
    let key = key.trim().to_ascii_lowercase();
    let mut found = None;
    for (name, articles) in [
        (sync.user.clone(), sync.articles),
        (format!("{}{ARTICLES}", sync.user), true),
    ] {
        let digest = md5::Md5::digest(format!("{name}:{password}"));
        let right = digest.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        if same_secret(key.as_bytes(), right.as_bytes()) {
            found = Some(Account { articles });
        }
    }
    found
}

/// The token of a name; it is good until the password changes.
pub(super) async fn token(
    service: &Service,
    sync: &ReaderSync,
    name: &str,
) -> Result<String, Failure> {
    let seal = seal(service, sync, &["auth", name]).await?;
    Ok(format!("{name}/{seal}"))
}

/// The token for changes of the day that began so many days before; it is good for a day or two.
pub(super) async fn change_token(
    service: &Service,
    sync: &ReaderSync,
    articles: bool,
    days_ago: i64,
) -> Result<String, Failure> {
    let day = (service.now() - TimeDelta::days(days_ago)).timestamp() / 86_400;
    let kind = if articles { "articles" } else { "stories" };
    let mut token = seal(service, sync, &["change", kind, &day.to_string()]).await?;
    token.truncate(CHANGE_TOKEN);
    Ok(token)
}

/// A keyed fingerprint of some words and of the password as it is now.
async fn seal(service: &Service, sync: &ReaderSync, words: &[&str]) -> Result<String, Failure> {
    let secret = service
        .sync_memory()
        .secret
        .get_or_try_init(|| async {
            let stored = service.store().sync_secret().await?;
            Ok::<_, Failure>(*blake3::hash(stored.as_bytes()).as_bytes())
        })
        .await?;
    let mut hasher = blake3::Hasher::new_keyed(secret);
    let password = sync.password.as_deref().unwrap_or_default();
    for word in words.iter().copied().chain([password]) {
        hasher.update(&word.len().to_le_bytes());
        hasher.update(word.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The account of a request: by its `Authorization` field, or where it has none by its `T`.
pub(super) async fn of_request(
    service: &Service,
    sync: &ReaderSync,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Option<Account>, Failure> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("GoogleLogin"))
        .and_then(|(_, rest)| rest.trim().strip_prefix("auth="));
    if let Some(given) = given {
        let Some((name, _)) = given.rsplit_once('/') else {
            return Ok(None);
        };
        let Some(account) = named(sync, name) else {
            return Ok(None);
        };
        let right = token(service, sync, name).await?;
        return Ok(same_secret(given.as_bytes(), right.as_bytes()).then_some(account));
    }
    let Some(given) = form.one("T").filter(|given| given.len() == CHANGE_TOKEN) else {
        return Ok(None);
    };
    let mut found = None;
    for articles in [false, true] {
        for days_ago in [0, 1] {
            let right = change_token(service, sync, articles, days_ago).await?;
            if same_secret(given.as_bytes(), right.as_bytes()) {
                found = Some(Account {
                    articles: articles || sync.articles,
                });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_failure_of_an_address_waits_and_each_further_one_twice_as_long() {
        let memory = Memory::default();
        let mut now = Timestamp::UNIX_EPOCH;
        for _ in 0..5 {
            memory.tried("192.0.2.1", false, now);
            assert_eq!(memory.may_try("192.0.2.1", now), Ok(()));
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            memory.tried("192.0.2.1", false, now);
            assert_eq!(memory.may_try("192.0.2.1", now), Err(wait + 1));
            assert_eq!(memory.may_try("192.0.2.2", now), Ok(()));
            now += TimeDelta::seconds(wait);
            assert_eq!(memory.may_try("192.0.2.1", now), Ok(()));
        }
        memory.tried("192.0.2.1", true, now);
        memory.tried("192.0.2.1", false, now);
        assert_eq!(memory.may_try("192.0.2.1", now), Ok(()));
    }

    #[test]
    fn many_addresses_fill_no_memory() {
        let memory = Memory::default();
        for number in 0..3 * MOST_ADDRESSES {
            memory.tried(&number.to_string(), false, Timestamp::UNIX_EPOCH);
        }
        assert!(memory.attempts.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
