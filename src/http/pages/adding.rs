//! Adding feeds on the page: by address, found on an ordinary page, or many from a list (OPML).

use super::feed::tags_of;
use super::subscriptions::feed_page;
use super::{html, page, render, see};
use crate::address::Address;
use crate::feed::Feed;
use crate::http::changes::{self, NewFeed};
use crate::http::discover;
use crate::http::failure::Failure;
use crate::http::parameters::shown;
use crate::http::service::Service;
use crate::http::session::Session;
use crate::parse::{Offer, opml};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Feeds of a page that are offered.
const MOST_OFFERS: usize = 50;

/// What was found at an address, to choose from.
#[derive(Template)]
#[template(path = "adding.html")]
struct AddingPage {
    proof: String,
    url: String,
    tags: String,
    /// Why nothing was found.
    fault: Option<String>,
    offers: Vec<OfferRow>,
}

struct OfferRow {
    url: String,
    title: String,
}

/// What an import came to.
#[derive(Template)]
#[template(path = "imported.html")]
struct ImportedPage {
    added: Vec<String>,
    left_out: Vec<(String, String)>,
}

/// `POST /feeds`: subscribes to an address that is a feed, or to the one feed that its page names;
/// where there are several, or none, someone has to choose.
pub(in crate::http) async fn add(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        let typed = form.one("url").unwrap_or_default().trim();
        let tags = form.one("tags").unwrap_or_default();
        // People type hosts.
        let url = match typed.contains("://") {
            true => typed.to_owned(),
            false => format!("https://{typed}"),
        };
        let address = Address::parse(&url)
            .map_err(|fault| Failure::BadRequest(format!("'{}' {fault}", shown(typed))))?;
        if form.one("sure") == Some("yes") {
            return added(&service, subscribe(&service, &address, tags).await?);
        }
        let (fault, offers) = match discover::look(&service, &address).await {
            Ok(offers) => match offers.as_slice() {
                [one] => {
                    return added(&service, subscribe(&service, &one.url, tags).await?);
                }
                [] => (
                    Some("this is no feed, and its page names none".to_owned()),
                    offers,
                ),
                _ => (None, offers),
            },
            Err(fault) => (Some(fault), Vec::new()),
        };
        let proof = Session::of(&service, &headers).map(|session| session.proof);
        let adding = AddingPage {
            proof: proof.unwrap_or_default(),
            url: address.shown(),
            tags: tags.to_owned(),
            fault,
            offers: offers.iter().take(MOST_OFFERS).map(offer_row).collect(),
        };
        let status = match adding.fault {
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        };
        Ok(html(status, render(&adding)?))
    };
    page(answered.await)
}

fn offer_row(offer: &Offer) -> OfferRow {
    let url = offer.url.shown();
    OfferRow {
        title: offer.title.as_deref().map_or_else(|| url.clone(), shown),
        url,
    }
}

async fn subscribe(service: &Service, address: &Address, tags: &str) -> Result<Feed, Failure> {
    let new = NewFeed {
        url: address.as_str().to_owned(),
        tags: tags_of(tags),
        ..NewFeed::default()
    };
    changes::subscribe(service, new).await
}

/// Sends the browser to the new feed, which shows how its first poll goes.
fn added(service: &Service, feed: Feed) -> Result<Response, Failure> {
    let name = feed.subscription.name;
    // Where the scheduler takes no orders, the feed is due all the same.
    service.command(crate::http::Command::Fetch(name.clone()));
    see(&format!("{}?after=0", feed_page(&name)))
}

/// `POST /opml`: subscribes to the feeds of a list.
pub(in crate::http) async fn import(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let form = Session::form(&service, &headers, &body)?;
        let list = form.one("opml").unwrap_or_default();
        let outlines = opml::read(list.as_bytes())
            .map_err(|fault| Failure::BadRequest(format!("the list cannot be read: {fault}")))?;
        let mut imported = ImportedPage {
            added: Vec::new(),
            left_out: Vec::new(),
        };
        let mut feeds = service.store().feeds().await?;
        for outline in outlines {
            let new = NewFeed {
                url: outline.url.clone(),
                title: outline.title,
                tags: outline.tags,
                ..NewFeed::default()
            };
            match changes::subscribe_beside(&service, new, &feeds).await {
                Ok(feed) => {
                    imported.added.push(feed.subscription.name.clone());
                    feeds.push(feed);
                }
                Err(failure) => imported.left_out.push((
                    crate::publish::records::url_without_password(&outline.url),
                    failure.detail().to_owned(),
                )),
            }
        }
        Ok(html(StatusCode::OK, render(&imported)?))
    };
    page(answered.await)
}
