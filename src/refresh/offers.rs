//! What feeds an address leads to, before anybody subscribes.

use crate::address::Address;
use crate::feed::{Fault, FaultKind, Timestamp};
use crate::fetch::{Answer, Client};
use crate::parse::{self, Offer, discover};

/// The feeds that `address` leads to: itself where it is one, else those that its page names. None
/// where it is a page without any.
///
/// # Errors
/// Why the address could not be fetched or read.
pub async fn offers(
    client: &Client,
    address: &Address,
    now: Timestamp,
) -> Result<Vec<Offer>, Fault> {
    if let Some(url) = discover::known_site(address) {
        return Ok(vec![Offer { url, title: None }]);
    }
    let fetched = client.visit(address, now).await;
    let Answer::Document(document) = fetched.answer? else {
        return Err(Fault::new(
            FaultKind::Broken,
            format!("{} answered 304 to a first request", address.shown()),
        ));
    };
    let parsed = parse::parse(
        &document.body,
        document.content_type.as_deref(),
        document.url.as_ref(),
    );
    Ok(match parsed {
        Ok(parsed) => vec![named(Offer {
            // Where a redirect led is not kept: it may lead elsewhere tomorrow, and polls follow it.
            url: address.clone(),
            title: Some(parsed.title.to_string()),
        })],
        Err(fault) => fault.offers().iter().cloned().map(named).collect(),
    })
}

/// An empty name is none.
fn named(offer: Offer) -> Offer {
    Offer {
        title: offer.title.filter(|title| !title.is_empty()),
        ..offer
    }
}
