//! One polite HTTP exchange for one feed: conditional, bounded in bytes, time and redirects, and
//! never with an address that is not public.
//!
//! [`Client::get`] always returns: whatever a server does becomes a [`Fault`] with a sentence for
//! people. It stores nothing; validators and a new address are only proposals, which hold once the
//! document has proved to be a feed.

mod body;
mod client;
mod dial;
mod faults;
mod freshness;
pub mod guard;
mod redirect;
mod request;
pub mod resolve;
mod trust;

use crate::address::Address;
use crate::config;
use crate::feed::{Claim, Fault, Timestamp, Validators};
use crate::schedule::Freshness;
use client::Clients;
use guard::Guard;
pub use redirect::MAX_HOPS;
use redirect::Trail;
use resolve::{Resolver, System};
use std::sync::Arc;
use std::time::Duration;

/// Everything that one poll learned from the network.
#[derive(Debug)]
pub struct Fetched {
    /// The answer, or why there is none.
    pub answer: Result<Answer, Fault>,
    /// The status of the last reply; `None` if none came.
    pub status: Option<u16>,
    /// What the last reply said about the next request; empty if none came.
    pub freshness: Freshness,
    /// Where permanent redirects say the feed lives now. Only beside an answer, and only to be
    /// stored once that answer has proved to be a feed.
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
    /// Where it was found, after all redirects: the base of relative links.
    pub url: Address,
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

/// What one exchange has learned so far; outlives its deadline.
#[derive(Default)]
struct Progress {
    status: Option<u16>,
    freshness: Freshness,
    moved_to: Option<Address>,
    bytes: u64,
    place: String,
    final_url: Option<Address>,
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
        })
    }

    /// Polls the claimed feed once, within its deadline. `now` is when the poll began.
    pub async fn get(&self, claim: &Claim, now: Timestamp) -> Fetched {
        let deadline = claim
            .feed
            .subscription
            .request
            .timeout
            .unwrap_or(self.timeout);
        let mut progress = Progress::default();
        let exchange = self.exchange(claim, deadline, now, &mut progress);
        let answer = match tokio::time::timeout(deadline, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(faults::deadline(&progress.place, deadline)),
        };
        Fetched {
            moved_to: progress.moved_to.filter(|_| answer.is_ok()),
            status: progress.status,
            freshness: progress.freshness,
            bytes: progress.bytes,
            final_url: progress.final_url,
            answer,
        }
    }

    async fn exchange(
        &self,
        claim: &Claim,
        deadline: Duration,
        now: Timestamp,
        progress: &mut Progress,
    ) -> Result<Answer, Fault> {
        let settings = &claim.feed.subscription.request;
        // Leaves a third of the deadline to those who were slow to begin.
        let idle = deadline * 2 / 3;
        let start =
            Address::parse(&claim.feed.subscription.url).map_err(|e| faults::address(&e))?;
        let client = self.clients.through(settings.proxy.as_deref())?;
        let mut trail = Trail::start(start.clone());
        loop {
            let here = trail.here().clone();
            progress.place = faults::place(&here);
            let response = self
                .ask(&client, claim, &start, &trail, idle, &progress.place)
                .await?;
            let status = response.status().as_u16();
            let fields = response.headers();
            progress.status = Some(status);
            progress.final_url = Some(here.clone());
            if redirect::is_redirect(status) {
                trail.follow(status, fields.get("location").map(|value| value.as_bytes()))?;
                continue;
            }
            progress.freshness = freshness::read(fields, now);
            // With credentials in the settings, the next poll would hand them to the new origin.
            if !(trail.moves_away() && request::is_bound(settings)) {
                progress.moved_to = trail.moved_to();
            }
            let place = &progress.place;
            return match status {
                304 if request::is_conditional(&claim.feed.validators) => Ok(Answer::Unchanged {
                    validators: request::merged(
                        &claim.feed.validators,
                        request::validators(fields),
                    ),
                }),
                226 if !is_feed_delta(fields) => Err(faults::unknown_delta(place)),
                200 | 203 | 226 => {
                    let cap = settings.max_body.unwrap_or(self.max_body);
                    let mut document = Document {
                        body: Vec::new(),
                        content_type: fields
                            .get("content-type")
                            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
                        url: here,
                        // A 203 went through something that changed it: its validators may not fit.
                        validators: match status {
                            203 => Validators::default(),
                            _ => request::validators(fields),
                        },
                        delta: status == 226,
                        link_headers: request::links(fields),
                    };
                    document.body = body::read(response, cap, idle, &mut progress.bytes)
                        .await
                        .map_err(|trouble| faults::body(&trouble, place, status, cap, idle))?;
                    if document.body.is_empty() {
                        return Err(faults::empty(place, status));
                    }
                    Ok(Answer::Document(document))
                }
                _ => {
                    let known = request::credentials(settings, &start).is_some();
                    Err(faults::status(status, place, known && trail.at_home()))
                }
            };
        }
    }

    /// One hop. A request whose reused connection turns out to be dead is sent once more.
    async fn ask(
        &self,
        client: &reqwest::Client,
        claim: &Claim,
        start: &Address,
        trail: &Trail,
        idle: Duration,
        place: &str,
    ) -> Result<reqwest::Response, Fault> {
        let redirected = trail.is_redirected();
        self.guard
            .judge_host(trail.here().url().host())
            .map_err(|refusal| faults::refused(&refusal, redirected))?;
        let request = request::build(client, claim, start, trail, &self.user_agent)?;
        let again = request.try_clone();
        let patient = |request| tokio::time::timeout(idle, client.execute(request));
        let (mut outcome, dialled) = dial::watch(patient(request)).await;
        if let (Ok(Err(error)), Some(again)) = (&outcome, again)
            && !dialled
            && faults::is_hang_up(error)
        {
            outcome = patient(again).await;
        }
        match outcome {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(faults::request(&error, place, redirected)),
            Err(_) => Err(faults::silent(place, idle)),
        }
    }
}

/// Whether a 226 applies the one manipulation that was asked for; servers that forget to say mean
/// it.
fn is_feed_delta(fields: &reqwest::header::HeaderMap) -> bool {
    fields.get("im").is_none_or(|value| {
        value.to_str().is_ok_and(|im| {
            im.split(',')
                .any(|name| name.trim().eq_ignore_ascii_case("feed"))
        })
    })
}
