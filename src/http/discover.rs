//! The JSON API, version 1: the feeds that an address leads to.

use super::access::allow;
use super::api::List;
use super::changes::{json_response, read};
use super::failure::Failure;
use super::parameters::shown;
use super::service::Service;
use crate::address::Address;
use crate::fetch::Client;
use crate::parse::Offer;
use crate::refresh;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest time for a look at an address: an answer has to begin before the server's deadline.
const PATIENCE: Duration = Duration::from_secs(12);
/// Feeds of a page that are named in an answer.
const MOST_NAMED: usize = 20;

/// The address that is to be looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    url: String,
}

/// A feed that can be subscribed to.
#[derive(Serialize)]
struct OfferRecord {
    url: String,
    title: Option<String>,
}

/// `POST /api/v1/discover`: nothing changes, but somebody's server is asked; so the token that changes
/// things is needed.
pub(super) async fn discover(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    let offers = offers(&service, &read::<Wanted>(&body)?.url).await?;
    let items = offers
        .into_iter()
        .map(|offer| OfferRecord {
            url: offer.url.as_str().to_owned(),
            title: offer.title,
        })
        .collect();
    json_response(StatusCode::OK, &List::whole(items))
}

/// The feeds of an address, or why they cannot be told.
pub(super) async fn look(service: &Service, address: &Address) -> Result<Vec<Offer>, String> {
    let client = Client::new(&service.config().fetch).map_err(|fault| fault.to_string())?;
    let looked = refresh::offers(&client, address, service.now());
    match tokio::time::timeout(PATIENCE, looked).await {
        Ok(offers) => offers.map_err(|fault| fault.sentence),
        Err(_) => Err(format!(
            "{} did not answer within {} seconds",
            address.shown(),
            PATIENCE.as_secs()
        )),
    }
}

/// The feeds of an address that someone typed.
async fn offers(service: &Service, url: &str) -> Result<Vec<Offer>, Failure> {
    let address = Address::parse(url)
        .map_err(|fault| Failure::BadRequest(format!("url: '{}' {fault}", shown(url))))?;
    look(service, &address)
        .await
        .map_err(|fault| Failure::BadRequest(format!("url: {fault}")))
}

/// The address of the one feed that an address leads to.
pub(super) async fn found(service: &Service, url: &str) -> Result<String, Failure> {
    let offers = offers(service, url).await?;
    match offers.as_slice() {
        [one] => Ok(one.url.as_str().to_owned()),
        [] => Err(Failure::BadRequest(
            "url: this is no feed, and its page names none".to_owned(),
        )),
        several => {
            let named: Vec<String> = several
                .iter()
                .take(MOST_NAMED)
                .map(|offer| offer.url.shown())
                .collect();
            Err(Failure::Conflict(format!(
                "the page names several feeds; subscribe to one of them: {}",
                named.join(" ")
            )))
        }
    }
}
