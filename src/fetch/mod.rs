//! One polite HTTP exchange for one feed: conditional, bounded in bytes, time and redirects, and
//! never with an address that is not public.
//!
//! [`Client::get`] always returns: whatever a server does becomes a [`Fault`] with a sentence for
//! people. It stores nothing; validators and a new address are only proposals, which hold once the
//! document has proved to be a feed.

mod body;
mod client;
mod dial;
mod exchange;
mod faults;
mod file;
mod form;
pub mod freshness;
pub mod guard;
mod held;
mod redirect;
mod request;
pub mod resolve;
mod trust;
mod turns;

use crate::address::Address;
use crate::config;
use crate::feed::{Claim, Fault, Origin, RequestSettings, Timestamp, Validators};
use crate::schedule::Freshness;
use client::Clients;
use exchange::{Errand, Progress};
use guard::Guard;
pub use held::Held;
pub use redirect::MAX_HOPS;
use resolve::{Resolver, System};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
pub use turns::{Place, Turns};

/// Everything that one poll learned from the network.
#[derive(Debug)]
pub struct Fetched {
    /// The answer, or why there is none.
    pub answer: Result<Answer, Fault>,
    /// The status of the last reply; `None` if none came.
    pub status: Option<u16>,
    /// What the last reply said about the next request; empty if none came.
    pub freshness: Freshness,
    /// Where permanent redirects say the feed lives now. Only beside an answer: a document, and
    /// then only to be stored once it has proved to be a feed, or a 304 that names the known `ETag`.
    pub moved_to: Option<Address>,
    /// Bytes of the body as they came over the wire.
    pub bytes: u64,
    /// The address that replied last, after all redirects; `None` if none did.
    pub final_url: Option<Address>,
}

/// A good answer.
#[derive(Debug)]
pub enum Answer {
    /// 304: nothing new.
    Unchanged {
        /// The known validators, replaced by those that the reply named.
        validators: Validators,
    },
    /// A whole body, which may or may not be a feed.
    Document(Document),
}

/// A body that arrived whole.
#[derive(Debug)]
pub struct Document {
    /// Its bytes, content encodings undone; never empty.
    pub body: Vec<u8>,
    /// The `Content-Type` field, as it was sent.
    pub content_type: Option<String>,
    /// Where it was found, after all redirects: the base of relative links. `None` for a file of
    /// this machine.
    pub url: Option<Address>,
    /// Its validators. They replace the known ones, also by nothing, once it has been parsed and
    /// found whole; until then they must not be stored.
    pub validators: Validators,
    /// Whether it holds only the changed entries (RFC 3229): absent ones are not deletions.
    pub delta: bool,
    /// `Link` fields, as they were sent.
    pub link_headers: Vec<String>,
}

/// Polls feeds. One is enough for all; it is shared by reference.
pub struct Client {
    clients: Clients,
    guard: Arc<Guard>,
    user_agent: String,
    timeout: Duration,
    max_body: u64,
    allow_files: bool,
}

/// What a client finds around itself.
pub struct Surroundings {
    /// Where the addresses of names come from.
    pub resolver: Arc<dyn Resolver>,
    /// Certificate authorities (PEM) that are trusted besides the system's.
    pub authorities: Vec<u8>,
}

/// The operating system's resolver and authorities. `SSL_CERT_FILE` adds to them.
impl Default for Surroundings {
    fn default() -> Self {
        Self {
            resolver: Arc::new(System),
            authorities: trust::eclipsed_bundle(),
        }
    }
}

impl Client {
    /// A client in the surroundings that the operating system gives.
    pub fn new(settings: &config::Fetch) -> Result<Self, Fault> {
        Self::within(settings, Surroundings::default())
    }

    /// A client in other surroundings.
    pub fn within(settings: &config::Fetch, surroundings: Surroundings) -> Result<Self, Fault> {
        let Surroundings {
            resolver,
            authorities,
        } = surroundings;
        let guard = Arc::new(Guard::new(
            settings.allow_private_networks,
            &settings.allow_networks,
        ));
        Ok(Self {
            clients: Clients::new(settings, Arc::clone(&guard), resolver, authorities)?,
            guard,
            user_agent: settings.user_agent.clone(),
            timeout: settings.timeout,
            max_body: settings.max_body,
            allow_files: settings.allow_files,
        })
    }

    /// Polls the claimed feed once, within its deadline. `now` is when the poll began.
    pub async fn get(&self, claim: &Claim, now: Timestamp) -> Fetched {
        self.get_watched(claim, now, &Held::default(), &mut None)
            .await
    }

    /// The same, with `held` telling others what it holds while it runs, and a place with the
    /// feed's host, which is given up for one with another where a redirect leads there.
    pub async fn get_watched(
        &self,
        claim: &Claim,
        now: Timestamp,
        held: &Held,
        place: &mut Option<Place>,
    ) -> Fetched {
        let subscription = &claim.feed.subscription;
        if let Some(path) = file::path(&subscription.url) {
            return self.read_file(claim, path).await;
        }
        let home = match Address::parse(&subscription.url) {
            Ok(home) => home,
            Err(problem) => return Fetched::failed(faults::address(&problem)),
        };
        let shown = home.shown();
        let errand = Errand {
            at: &home,
            home: &home,
            settings: &subscription.request,
            validators: &claim.feed.validators,
            validated_at: claim.feed.pace.validated_at.as_deref().unwrap_or(&shown),
        };
        self.run(errand, now, held, place).await
    }

    /// Reads a feed that is a file of this machine.
    async fn read_file(&self, claim: &Claim, path: Result<PathBuf, Fault>) -> Fetched {
        let subscription = &claim.feed.subscription;
        let in_configuration = subscription.origin == Origin::Config;
        if !(self.allow_files && in_configuration) {
            return Fetched::failed(faults::file_refused(in_configuration));
        }
        let settings = &subscription.request;
        let known = claim.feed.validators.clone();
        let cap = settings.max_body.unwrap_or(self.max_body);
        let deadline = settings.timeout.unwrap_or(self.timeout);
        let answer = match path {
            Ok(path) => file::read(path, known, cap, deadline).await,
            Err(fault) => Err(fault),
        };
        Progress::default().finished(answer)
    }

    /// Fetches, for a claimed feed, another address that its answer offered in place of a feed.
    /// The feed's settings apply, but its credentials stay with its origin; nothing is
    /// conditional, and no move is proposed.
    pub async fn get_offered(&self, claim: &Claim, offer: &Address, now: Timestamp) -> Fetched {
        let subscription = &claim.feed.subscription;
        let home = Address::parse(&subscription.url);
        let unknown = Validators::default();
        let errand = Errand {
            at: offer,
            // A subscription without an address has no origin to keep its credentials for.
            home: home.as_ref().unwrap_or(offer),
            settings: &subscription.request,
            validators: &unknown,
            validated_at: "",
        };
        Fetched {
            moved_to: None,
            ..self.run(errand, now, &Held::default(), &mut None).await
        }
    }

    /// Fetches an address that nobody has subscribed to yet.
    pub async fn visit(&self, address: &Address, now: Timestamp) -> Fetched {
        let errand = Errand {
            at: address,
            home: address,
            settings: &RequestSettings::default(),
            validators: &Validators::default(),
            validated_at: "",
        };
        self.run(errand, now, &Held::default(), &mut None).await
    }

    async fn run(
        &self,
        errand: Errand<'_>,
        now: Timestamp,
        held: &Held,
        place: &mut Option<Place>,
    ) -> Fetched {
        let deadline = errand.settings.timeout.unwrap_or(self.timeout);
        let mut progress = Progress::shown_by(held);
        let exchange = self.exchange(&errand, deadline, now, &mut progress, place);
        let answer = match tokio::time::timeout(deadline, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(progress.overdue(deadline)),
        };
        progress.finished(answer)
    }
}
