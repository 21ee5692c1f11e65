//! The HTTP clients: one for all feeds, and a few more for feeds that go another way, through a
//! proxy or without checks.

use super::dial::Noting;
use super::faults;
use super::guard::Guard;
use super::resolve::{Guarded, Resolver};
use super::trust;
use crate::config;
use crate::feed::{Fault, RequestSettings};
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

/// Clients for single feeds' ways that are kept; the one used least lately goes first.
const MAX_WAYS: usize = 16;

/// Most header fields of a reply; the bytes of all are bounded by hyper at about 400 KiB.
const MAX_FIELDS: usize = 512;

/// The clients of one configuration.
pub(super) struct Clients {
    direct: reqwest::Client,
    /// The same for a host that nobody else waits for: thousands of connections would be kept for nothing.
    single: reqwest::Client,
    others: Mutex<VecDeque<(Way, reqwest::Client)>>,
    common: Common,
}

/// How a feed's requests get to its server.
#[derive(Clone, Default, PartialEq)]
struct Way {
    proxy: Option<String>,
    insecure: bool,
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
            single: trust::build(&common.authorities, || {
                common.builder(None).pool_max_idle_per_host(0)
            })?,
            others: Mutex::default(),
            common,
        })
    }

    /// The client for a feed with these settings; whether it `keeps` its connections is for those alone
    /// that ask for nothing special. Environment variables name no proxy: it would see
    /// every feed, and take the guard's place.
    pub(super) fn for_feed(
        &self,
        settings: &RequestSettings,
        keeps: bool,
    ) -> Result<reqwest::Client, Fault> {
        let way = Way {
            proxy: settings.proxy.clone(),
            insecure: settings.insecure_accept_any_certificate,
        };
        if way == Way::default() {
            let client = if keeps { &self.direct } else { &self.single };
            return Ok(client.clone());
        }
        // A poisoned lock only means that another poll died while it held this list of clients.
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = others.iter().position(|(known, _)| *known == way)
            && let Some((known, client)) = others.remove(at)
        {
            others.push_back((known, client.clone()));
            return Ok(client);
        }
        let client = self.build(&way)?;
        if others.len() >= MAX_WAYS {
            others.pop_front();
        }
        others.push_back((way, client.clone()));
        Ok(client)
    }

    fn build(&self, way: &Way) -> Result<reqwest::Client, Fault> {
        let unusable = || faults::setting("proxy", "is not an address of a proxy");
        let mut host = None;
        let mut proxy = None;
        if let Some(address) = &way.proxy {
            let url = url::Url::parse(address).map_err(|_| unusable())?;
            host = url.host_str().map(str::to_owned);
            proxy = Some(reqwest::Proxy::all(url).map_err(|_| unusable())?);
        }
        trust::build(&self.common.authorities, || {
            let builder = self
                .common
                .builder(host.as_deref())
                .tls_danger_accept_invalid_certs(way.insecure);
            match &proxy {
                Some(proxy) => builder.proxy(proxy.clone()),
                None => builder,
            }
        })
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
        // What reqwest sends again by itself are only requests that an HTTP/2 server says it has not
        // begun with; that stays on.
        reqwest::Client::builder()
            .default_headers(constant)
            .redirect(reqwest::redirect::Policy::none())
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
