//! The HTTP clients: one for all feeds, and a few more for feeds that go through a proxy.

use super::dial::Noting;
use super::faults;
use super::guard::Guard;
use super::resolve::{Guarded, Resolver};
use super::trust;
use crate::config;
use crate::feed::Fault;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Media types that feeds come in; the same for every request, so that stored validators never
/// belong to another variant (`Vary: Accept`).
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
     application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, \
     text/html;q=0.2, */*;q=0.1";

/// The content codings that [`super::body`] undoes.
const ACCEPTED_ENCODINGS: &str = "gzip, deflate, br, zstd";

/// How long an unused connection is kept.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// Clients for different proxies that are kept; the one used least lately goes first.
const MAX_PROXIES: usize = 16;

/// Most header fields of a reply; the bytes of all are bounded by hyper at about 400 KiB.
const MAX_FIELDS: usize = 512;

/// The clients of one configuration.
pub(super) struct Clients {
    direct: reqwest::Client,
    proxied: Mutex<VecDeque<(String, reqwest::Client)>>,
    common: Common,
}

/// What all clients share.
struct Common {
    connect_timeout: Duration,
    guard: Arc<Guard>,
    resolver: Arc<dyn Resolver>,
    authorities: Vec<u8>,
}

impl Clients {
    pub(super) fn new(
        settings: &config::Fetch,
        guard: Arc<Guard>,
        resolver: Arc<dyn Resolver>,
        authorities: Vec<u8>,
    ) -> Result<Self, Fault> {
        let common = Common {
            connect_timeout: settings.connect_timeout,
            guard,
            resolver,
            authorities,
        };
        Ok(Self {
            direct: trust::build(&common.authorities, || common.builder(None))?,
            proxied: Mutex::default(),
            common,
        })
    }

    /// The client for a feed with this proxy, or none. Environment variables name no proxy: it
    /// would see every feed, and take the guard's place.
    pub(super) fn through(&self, proxy: Option<&str>) -> Result<reqwest::Client, Fault> {
        let Some(address) = proxy else {
            return Ok(self.direct.clone());
        };
        // A poisoned lock only means that another poll died while it held this list of clients.
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = proxied.iter().position(|(known, _)| known == address)
            && let Some((known, client)) = proxied.remove(at)
        {
            proxied.push_back((known, client.clone()));
            return Ok(client);
        }
        let unusable = |_| faults::setting("proxy", "is not an address of a proxy");
        let url = url::Url::parse(address).map_err(|_| unusable(()))?;
        let all = reqwest::Proxy::all(url.clone()).map_err(|_| unusable(()))?;
        let client = trust::build(&self.common.authorities, || {
            self.common.builder(url.host_str()).proxy(all.clone())
        })
        .map_err(|_| unusable(()))?;
        if proxied.len() >= MAX_PROXIES {
            proxied.pop_front();
        }
        proxied.push_back((address.to_owned(), client.clone()));
        Ok(client)
    }
}

impl Common {
    fn builder(&self, proxy: Option<&str>) -> reqwest::ClientBuilder {
        let mut constant = HeaderMap::new();
        constant.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        constant.insert(
            ACCEPT_ENCODING,
            HeaderValue::from_static(ACCEPTED_ENCODINGS),
        );
        reqwest::Client::builder()
            .default_headers(constant)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(2)
            .http1_max_headers(MAX_FIELDS)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .dns_resolver(Guarded {
                resolver: Arc::clone(&self.resolver),
                guard: Arc::clone(&self.guard),
                proxy: proxy.map(str::to_owned),
            })
            .connector_layer(Noting)
    }
}
