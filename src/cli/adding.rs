//! `feedfold feeds add` and `feeds discover`: from an address, of a page too, to a feed.

use super::arguments::AddFeed;
use super::feeds::subscribe;
use super::surroundings::Surroundings;
use super::{Ending, Failure, output};
use crate::address::Address;
use crate::cadence::Cadence;
use crate::config::Config;
use crate::feed::{Origin, Subscription};
use crate::fetch::Client;
use crate::publish::records::url_without_password;
use crate::refresh;
use crate::store::Store;
use anyhow::anyhow;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Subscribes to a feed, or to the one that a page names; of several, someone has to choose.
pub(super) async fn add(
    surroundings: &Surroundings,
    config: &Config,
    store: &Store,
    options: &AddFeed,
) -> anyhow::Result<()> {
    let address = Address::parse(&options.url).map_err(|fault| {
        Failure::Use(format!("'{}' {fault}", url_without_password(&options.url)))
    })?;
    if let Some(schedule) = &options.schedule {
        Cadence::parse(schedule).map_err(|fault| Failure::Use(format!("--schedule: {fault}")))?;
    }
    let address = match options.unseen {
        true => address,
        false => found(surroundings, config, address, options.choose).await?,
    };
    let feed = subscribe(
        surroundings,
        store,
        Subscription {
            name: options.name.clone().unwrap_or_default(),
            url: address.as_str().to_owned(),
            title: options.title.clone(),
            tags: options.tag.clone(),
            schedule: options.schedule.clone(),
            priority: 0,
            enabled: true,
            origin: Origin::Added,
            request: crate::feed::RequestSettings::default(),
        },
    )
    .await?;
    let name = &feed.subscription.name;
    writeln!(
        io::stdout().lock(),
        "added '{name}'; 'feedfold fetch {name}' polls it now"
    )?;
    Ok(())
}

/// The feed's address: the one that was given where it is a feed's, or cannot be looked at now.
async fn found(
    surroundings: &Surroundings,
    config: &Config,
    address: Address,
    choose: Option<usize>,
) -> anyhow::Result<Address> {
    let client = Client::new(&config.fetch)?;
    let offers = match refresh::offers(&client, &address, surroundings.clock.now()).await {
        Ok(offers) => offers,
        Err(fault) => {
            writeln!(
                io::stderr().lock(),
                "it could not be looked at, and is subscribed to as it stands: {fault}"
            )?;
            return Ok(address);
        }
    };
    let shown = address.shown();
    let offer = match (offers.as_slice(), choose) {
        ([], _) => {
            return Err(anyhow!(
                "{shown} is no feed, and its page names none; 'feedfold feeds discover' looks at the \
                 usual places as well, and --unseen subscribes all the same"
            ));
        }
        ([offer], None | Some(1)) => offer,
        (offers, Some(number)) => offers
            .get(number.wrapping_sub(1))
            .ok_or_else(|| Failure::Use(format!("--choose: 1 to {} are there", offers.len())))?,
        (offers, None) => {
            let mut list = String::new();
            for (number, offer) in (1..).zip(offers) {
                let title = offer.title.as_deref().unwrap_or_default();
                // Writing to a string cannot fail.
                let _ = write!(list, "\n  {number}  {}  {title}", offer.url.shown());
            }
            return Err(anyhow!(
                "{shown} names several feeds; say which with --choose NUMBER, or by its address:{list}"
            ));
        }
    };
    if offer.url.shown() != shown {
        writeln!(io::stderr().lock(), "found {}", offer.url.shown())?;
    }
    Ok(offer.url.clone())
}

/// A feed that a page offers, as one JSON object.
#[derive(Serialize)]
struct OfferLine<'a> {
    url: String,
    title: Option<&'a str>,
}

/// Prints the feeds that an address leads to.
pub(super) async fn offered(
    surroundings: &Surroundings,
    config: &Config,
    url: &str,
    json: bool,
) -> anyhow::Result<Ending> {
    let address = Address::parse(url)
        .map_err(|fault| Failure::Use(format!("'{}' {fault}", url_without_password(url))))?;
    let client = Client::new(&config.fetch)?;
    let now = surroundings.clock.now();
    let mut offers = refresh::offers(&client, &address, now).await?;
    if offers.is_empty() {
        offers.extend(refresh::usual_offer(&client, &address, now).await);
    }
    let mut out = io::stdout().lock();
    for offer in &offers {
        if json {
            let line = OfferLine {
                url: offer.url.to_string(),
                title: offer.title.as_deref(),
            };
            output::json_line(&mut out, &line)?;
        } else {
            writeln!(
                out,
                "{}  {}",
                offer.url,
                offer.title.as_deref().unwrap_or_default()
            )?;
        }
    }
    if offers.is_empty() {
        return Err(anyhow!(
            "{address} is no feed and offers none; look for a feed's address on the page"
        ));
    }
    Ok(Ending::Done)
}
