//! What feeds an address leads to, before anybody subscribes.

use super::links::alternates;
use crate::address::Address;
use crate::feed::{Fault, FaultKind, Timestamp};
use crate::fetch::{Answer, Client};
use crate::parse::{self, Offer, discover};
use std::collections::HashSet;

/// Where feeds usually are, for a page that names none.
const USUAL: [&str; 5] = ["/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"];

/// The feeds that `address` leads to: itself where it is one, else those that its answer's `Link`
/// fields and its page name. None where it is a page without any.
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
    let mut offers = match parsed {
        Ok(parsed) => vec![named(Offer {
            // Where a redirect led is not kept: it may lead elsewhere tomorrow, and polls follow it.
            url: address.clone(),
            title: Some(parsed.title.to_string()),
        })],
        Err(fault) => alternates(&document)
            .into_iter()
            .chain(fault.offers().iter().cloned())
            .map(named)
            .collect(),
    };
    let mut seen = HashSet::new();
    offers.retain(|offer| seen.insert(offer.url.clone()));
    Ok(offers)
}

/// The first feed at one of the usual places of a site whose page names none. It is a guess: for
/// people who ask, never for polls, and nobody is subscribed to it unasked.
pub async fn usual_offer(client: &Client, site: &Address, now: Timestamp) -> Option<Offer> {
    for place in USUAL {
        let Ok(url) = site.join(place) else {
            continue;
        };
        let Ok(Answer::Document(document)) = client.visit(&url, now).await.answer else {
            continue;
        };
        let kind = document.content_type.as_deref();
        if let Ok(parsed) = parse::parse(&document.body, kind, document.url.as_ref()) {
            let title = Some(parsed.title.to_string());
            return Some(named(Offer { url, title }));
        }
    }
    None
}

/// An empty name is none.
fn named(offer: Offer) -> Offer {
    Offer {
        title: offer.title.filter(|title| !title.is_empty()),
        ..offer
    }
}
