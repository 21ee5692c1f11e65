//! The callback that hubs are given (W3C WebSub sections 5.3 and 7): they confirm subscriptions
//! here, and deliver news.
//!
//! Who does not know the token gets 404. A delivery whose signature is wrong is answered like a
//! right one and dropped, so that nobody learns anything by trying.

use super::failure::Failure;
use super::service::Service;
use crate::feed::Timestamp;
use crate::refresh::Delivery;
use crate::store::HubSubscription;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// Largest delivery in bytes; what is larger is left to polls.
pub(super) const MOST_BODY: usize = 4 << 20;
/// Deliveries that wait to be read; the hub is asked to come again where there are more.
const MOST_WAITING: usize = 8;
/// Deliveries of one subscription that are taken in an hour.
const MOST_AN_HOUR: u32 = 120;
/// Longest challenge in bytes.
const LONGEST_CHALLENGE: usize = 4 * 1024;
/// Shortest and longest lease that is believed.
const LEASES: (i64, i64) = (300, 90 * 24 * 60 * 60);
/// The lease of a hub that does not name one.
const USUAL_LEASE: i64 = 10 * 24 * 60 * 60;

/// What hubs push: who waits for it, and how much came lately.
pub(super) struct Pushed {
    sender: mpsc::Sender<Delivery>,
    receiver: Mutex<Option<mpsc::Receiver<Delivery>>>,
    /// By subscription: the hour, and how many came in it.
    lately: Mutex<HashMap<i64, (i64, u32)>>,
}

impl Default for Pushed {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
            lately: Mutex::default(),
        }
    }
}

impl Pushed {
    pub(super) fn receiver(&self) -> Option<mpsc::Receiver<Delivery>> {
        self.receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Deliveries that wait to be read.
    pub(super) fn waiting(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }

    /// Whether one more may come now.
    fn has_room(&self, subscription: i64, now: Timestamp) -> bool {
        let hour = now.timestamp().div_euclid(3600);
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        // What is counted belongs to this hour, so there are no more than subscriptions.
        lately.retain(|_, (of, _)| *of == hour);
        let (_, count) = lately.entry(subscription).or_insert((hour, 0));
        *count = count.saturating_add(1);
        *count <= MOST_AN_HOUR
    }
}

/// What a hub wants confirmed.
#[derive(Deserialize)]
pub(super) struct Intent {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.topic", default)]
    topic: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
    #[serde(rename = "hub.lease_seconds")]
    lease: Option<String>,
}

/// `GET /websub/TOKEN`: the hub asks whether a subscription is meant, or says that it refuses it.
pub(super) async fn confirm(
    State(service): State<Service>,
    Path(token): Path<String>,
    Query(intent): Query<Intent>,
) -> Result<Response, Failure> {
    let mut subscription = known(&service, &token).await?;
    let now = service.now();
    if intent.topic != subscription.hub.topic || intent.challenge.len() > LONGEST_CHALLENGE {
        return Err(unknown());
    }
    match intent.mode.as_str() {
        // One that was asked for and is not confirmed yet.
        "subscribe" if !subscription.leaving && subscription.failures > 0 => {
            let lease = intent
                .lease
                .and_then(|lease| lease.trim().parse().ok())
                .unwrap_or(USUAL_LEASE)
                .clamp(LEASES.0, LEASES.1);
            subscription.failures = 0;
            subscription.lease_until = Some(now + TimeDelta::seconds(lease));
            // Renewed when a quarter of it is left.
            subscription.ask_at = now + TimeDelta::seconds(lease - lease / 4);
            service
                .store()
                .change_hub_subscription(subscription)
                .await?;
        }
        "unsubscribe" if subscription.leaving => {
            service
                .store()
                .remove_hub_subscription(subscription.id)
                .await?;
        }
        "denied" if !subscription.leaving => {
            tracing::warn!("a hub refuses a subscription; it is asked again in a day");
            subscription.lease_until = None;
            subscription.ask_at = now + TimeDelta::days(1);
            service
                .store()
                .change_hub_subscription(subscription)
                .await?;
            return Ok(StatusCode::OK.into_response());
        }
        _ => return Err(unknown()),
    }
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((plain, intent.challenge).into_response())
}

/// `POST /websub/TOKEN`: news.
pub(super) async fn deliver(
    State(service): State<Service>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let subscription = known(&service, &token).await?;
    let now = service.now();
    let until = subscription
        .lease_until
        .filter(|until| *until > now && !subscription.leaving)
        .ok_or_else(unknown)?;
    if !service.pushed().has_room(subscription.id, now) {
        return Err(busy());
    }
    let signature = headers.get("x-hub-signature").map(|value| value.as_bytes());
    if !signature.is_some_and(|signature| is_signed(signature, &subscription.secret, &body)) {
        tracing::warn!("a delivery of a hub is not signed as it should be, and dropped");
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let delivery = Delivery {
        feed: subscription.feed,
        topic: subscription.hub.topic,
        until,
        content_type: headers
            .get(header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        body: body.to_vec(),
    };
    match service.pushed().sender.try_send(delivery) {
        Ok(()) => Ok(StatusCode::ACCEPTED.into_response()),
        Err(_) => Err(busy()),
    }
}

async fn known(service: &Service, token: &str) -> Result<HubSubscription, Failure> {
    let subscription = service.store().hub_subscription(token).await?;
    subscription.ok_or_else(unknown)
}

fn unknown() -> Failure {
    Failure::NotFound("there is no such subscription".to_owned())
}

fn busy() -> Failure {
    Failure::Unavailable("too much is being delivered; come again later".to_owned())
}

/// Whether `signature`, as `X-Hub-Signature` has it (`sha256=…`), is that of the body. Compared in
/// constant time.
fn is_signed(signature: &[u8], secret: &str, body: &[u8]) -> bool {
    let Some((method, digits)) = std::str::from_utf8(signature)
        .ok()
        .and_then(|text| text.trim().split_once('='))
    else {
        return false;
    };
    let Some(code) = from_hex(digits) else {
        return false;
    };
    match method.trim().to_ascii_lowercase().as_str() {
        "sha1" => verify::<Hmac<sha1::Sha1>>(secret, body, &code),
        "sha256" => verify::<Hmac<sha2::Sha256>>(secret, body, &code),
        "sha384" => verify::<Hmac<sha2::Sha384>>(secret, body, &code),
        "sha512" => verify::<Hmac<sha2::Sha512>>(secret, body, &code),
        _ => false,
    }
}

fn verify<M: Mac + KeyInit>(secret: &str, body: &[u8], code: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(code).is_ok())
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.trim().as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16);
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(value(*high)? << 4 | value(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_29_signatures_are_those_of_the_standards_examples() {
        // RFC 2202 and RFC 4231, test case 2.
        let (secret, body) = ("Jefe", b"what do ya want for nothing?");
        for right in [
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "SHA256=5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ] {
            assert!(is_signed(right.as_bytes(), secret, body), "{right}");
            assert!(!is_signed(right.as_bytes(), "jefe", body));
            assert!(!is_signed(right.as_bytes(), secret, b"what do ya want"));
            assert!(!is_signed(
                &right.as_bytes()[..right.len() - 2],
                secret,
                body
            ));
        }
        for wrong in [
            "",
            "sha256",
            "sha256=",
            "sha256=zz",
            "sha256=5b",
            "md5=00",
            "=",
            "sha1=\u{e9}",
        ] {
            assert!(!is_signed(wrong.as_bytes(), secret, body), "{wrong}");
        }
    }
}
