//! One feed, end to end: fetch → parse → fold → store. And many, politely: [`Wave`].
//!
//! Nothing that a feed does is an error of the program: a poll that fails is recorded as such and
//! changes the feed's health and next due time, nothing else.

pub mod links;
mod offers;
mod patience;
mod push;
mod report;
mod serving;
mod subscriber;
mod waiting;
mod wave;

pub use offers::{offers, usual_offer};
pub use push::Delivery;
pub use report::{Outcome, Report};
pub use wave::Wave;

use crate::address::Address;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::feed::{Claim, Fault, FaultKind, Feed, FeedFacts, Hub, Timestamp};
use crate::fetch::{Answer, Client, Document, Fetched, Held, Place};
use crate::fold::{self, FeedContext, Printed};
use crate::parse::{self, Parsed};
use crate::schedule::{self, Arrivals, DocumentPace, HostPause, PollResult};
use crate::store::{Content, PollRecord, Store, pack, pack_some};
use chrono::TimeDelta;
use report::{asked_to_wait, log, outcome, report};
use serving::Serving;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Polls feeds. Cheap to clone.
#[derive(Clone)]
pub struct Refresher {
    store: Store,
    client: Arc<Client>,
    clock: Clock,
    fetch: Arc<config::Fetch>,
    fold: Arc<config::Fold>,
    newcomer_items: usize,
    /// Parsing is work for a processor: no more of it at once than there are cores beside that of the
    /// database's writer.
    cores: Arc<Semaphore>,
}

/// What a document came to, ready to be stored.
struct Digest {
    content: Content,
    pace: DocumentPace,
    /// Whether the document ended in the middle.
    cut: bool,
    /// Who pushes its news.
    hub: Option<Hub>,
}

impl Refresher {
    /// A refresher under this configuration. Fails only where TLS can't be set up.
    pub fn new(store: Store, config: &Config, clock: Clock) -> Result<Self, Fault> {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().max(2) - 1);
        Ok(Self {
            store,
            client: Arc::new(Client::new(&config.fetch)?),
            clock,
            fetch: Arc::new(config.fetch.clone()),
            fold: Arc::new(config.fold.clone()),
            newcomer_items: config.publish.newcomer_items,
            cores: Arc::new(Semaphore::new(cores)),
        })
    }

    /// Polls a claimed feed and records what came of it, in one transaction.
    pub async fn poll(&self, claim: Claim) -> Report {
        self.poll_watched(claim, &Held::default(), None).await
    }

    /// The same, with `held` telling others what it holds while it runs, and a place with the feed's
    /// host.
    async fn poll_watched(&self, claim: Claim, held: &Held, mut place: Option<Place>) -> Report {
        let feed = claim.feed.clone();
        let now = self.clock.now();
        if let Some(moment) = feed.pace.not_before.filter(|moment| *moment > now) {
            return asked_to_wait(&feed, moment);
        }
        let started = tokio::time::Instant::now();
        let fetched = self.client.get_watched(&claim, now, held, &mut place).await;
        let took = started.elapsed();
        let expected = self.store.expect_poll();
        let serving = Serving::of(&feed, &fetched);
        let answered = fetched.final_url.as_ref().map(Address::as_str);
        let host = schedule::host_of(answered.unwrap_or(&feed.subscription.url));
        let elsewhere = serving::elsewhere(&feed, &fetched);
        let (status, moved_to, bytes) = (fetched.status, fetched.moved_to.clone(), fetched.bytes);
        let (result, validators, content, hub) = self.digest(&feed, fetched).await;
        let named_hub = content.is_some().then_some(hub);
        // Where validators that are to be stored come from.
        let validated_at = validators.is_some().then_some(elsewhere);
        let entries = content.as_ref().map_or(0, Content::entries);

        // Only a whole document that proved to be a feed may move the feed's address, or a 304 that
        // has shown to know it.
        let unchanged = matches!(result, PollResult::Unchanged { .. });
        let moved_to =
            moved_to.filter(|_| unchanged || (content.is_some() && validators.is_some()));
        // Nor does it go where a person took the feed back from.
        let moved_to =
            moved_to.filter(|to| feed.pace.taken_back_from.as_deref() != Some(to.as_str()));
        let target = moved_to.clone();
        let outcome = outcome(&result);
        let at = self.clock.now();
        let (error, pause) = match &result {
            PollResult::Failed { fault, freshness } => {
                let pause = schedule::cool_down(&host, fault, freshness);
                (
                    Some(fault.sentence.clone()),
                    pause.map(|pause| HostPause {
                        host,
                        until: at + pause,
                    }),
                )
            }
            _ => (None, None),
        };
        let settings = Arc::clone(&self.fetch);
        let (planned, paused) = (feed.clone(), pause.clone());
        let recorded = expected
            .record(PollRecord {
                claim,
                at,
                status,
                duration: took,
                bytes,
                content,
                validators,
                moved_to,
                fold: (*self.fold).clone(),
                newcomer_items: self.newcomer_items,
                plan: Box::new(move |arrivals: &Arrivals| {
                    let mut next = schedule::next_poll(&planned, &result, arrivals, &settings, at);
                    if let (Some(serving), None) = (serving, &next.health.last_error) {
                        serving.note(entries, &mut next.pace);
                    }
                    if let Some(validated_at) = validated_at {
                        next.pace.validated_at = validated_at;
                    }
                    if let Some(hub) = named_hub {
                        next.pace.hub = hub;
                    }
                    next.pause = paused;
                    next
                }),
            })
            .await;
        let report = Report {
            pause,
            ..report(&feed, outcome, status, error, took, target, recorded)
        };
        log(&report);
        report
    }

    /// Turns an answer into what the schedule and the store want to know of it.
    async fn digest(
        &self,
        feed: &Feed,
        fetched: Fetched,
    ) -> (
        PollResult,
        Option<crate::feed::Validators>,
        Option<Content>,
        Option<Hub>,
    ) {
        let freshness = fetched.freshness;
        let document = match fetched.answer {
            Ok(Answer::Unchanged { validators }) => {
                return (
                    PollResult::Unchanged { freshness },
                    Some(validators),
                    None,
                    None,
                );
            }
            Ok(Answer::Document(document)) => document,
            Err(fault) => return (PollResult::Failed { fault, freshness }, None, None, None),
        };
        let validators = document.validators.clone();
        match self.read(feed, document).await {
            Ok(Digest {
                content,
                pace,
                cut,
                hub,
            }) => {
                let had_validators =
                    validators.etag.is_some() || validators.last_modified.is_some();
                let result = PollResult::Good {
                    freshness,
                    had_validators,
                    document: pace,
                };
                // The validators of a document that did not arrive whole would hide the rest of it
                // behind the next 304.
                (
                    result,
                    Some(validators).filter(|_| !cut),
                    Some(content),
                    hub,
                )
            }
            Err(fault) => (PollResult::Failed { fault, freshness }, None, None, None),
        }
    }

    /// Parses a document and prepares its entries for folding, off the async threads.
    async fn read(&self, feed: &Feed, document: Document) -> Result<Digest, Fault> {
        let internal = |what: &str| {
            Fault::new(
                FaultKind::Internal,
                format!(
                    "{what} while the document was read; nothing was changed, please report this"
                ),
            )
        };
        // The semaphore is never closed.
        let core = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(|_| internal("stopped"))?;
        let feed = feed.clone();
        let now = self.clock.now();
        let read = tokio::task::spawn_blocking(move || Reading::of(&document))
            .await
            .unwrap_or_else(|_| Err(internal("feedfold failed")))?;
        let unchanged = self.unchanged(&feed, &read.items, now).await;
        tokio::task::spawn_blocking(move || {
            let _core = core;
            digest(&feed, read, &unchanged, now)
        })
        .await
        .unwrap_or_else(|_| Err(internal("feedfold failed")))
    }

    /// Which items of a document are stored already just as they stand there, and need no more work.
    async fn unchanged(&self, feed: &Feed, items: &[Printed], now: Timestamp) -> Vec<bool> {
        let none = || vec![false; items.len()];
        if feed.health.last_success.is_none() {
            return none();
        }
        // A guid that stands on two items tells neither apart.
        let mut guids = HashMap::new();
        for guid in items.iter().filter_map(|item| item.guid) {
            *guids.entry(guid).or_insert(0) += 1;
        }
        let prints = items.iter().map(|item| {
            let guid = item.guid.filter(|guid| guids.get(guid) == Some(&1));
            (guid, item.text_print)
        });
        let window = TimeDelta::from_std(self.fold.window).unwrap_or(TimeDelta::MAX);
        let since = now.checked_sub_signed(window).unwrap_or(Timestamp::MIN_UTC);
        // Whatever is not known to be stored is looked at in full: that is never wrong.
        let standing = self.store.standing(feed.id, prints.collect(), since).await;
        let standing = standing.unwrap_or_default();
        let recent = standing.iter().filter(|item| item.recent).count();
        match recent >= fold::TELLING {
            true => standing.iter().map(|item| item.unchanged).collect(),
            false => none(),
        }
    }
}

/// Feeds of feedfold's own making would come back as news for ever.
fn refuse_own_output(parsed: &Parsed) -> Result<(), Fault> {
    match parsed.generator.as_deref() {
        Some(generator) if generator.to_ascii_lowercase().contains("feedfold") => Err(Fault::new(
            FaultKind::Refused,
            "this is a merged feed made by feedfold; subscribe to the feeds that it is made from",
        )),
        _ => Ok(()),
    }
}

/// A document that was parsed.
struct Reading {
    facts: FeedFacts,
    items: Vec<Printed>,
    pace: DocumentPace,
    /// Whether the document ended in the middle.
    cut: bool,
    /// Whether it has only what changed.
    delta: bool,
    hub: Option<Hub>,
}

impl Reading {
    fn of(document: &Document) -> Result<Self, Fault> {
        let parsed = parse::parse(
            &document.body,
            document.content_type.as_deref(),
            document.url.as_ref(),
        )
        .map_err(|fault| Fault::new(FaultKind::NotAFeed, fault.to_string()))?;
        refuse_own_output(&parsed)?;
        let hub = links::hub_of(document, &parsed);
        let mut items = parsed.items;
        if parsed.cut {
            // The last one may be a half; it comes whole with the next document.
            items.pop();
        }
        Ok(Self {
            facts: FeedFacts {
                title: parsed.title,
                site: parsed.site,
                language: parsed.language,
            },
            items: items.into_iter().map(Printed::of).collect(),
            pace: parsed.pace,
            cut: parsed.cut,
            delta: document.delta,
            hub,
        })
    }
}

/// Makes a document ready to be stored; `unchanged` tells which of its items are stored already.
fn digest(feed: &Feed, read: Reading, unchanged: &[bool], now: Timestamp) -> Result<Digest, Fault> {
    let context = FeedContext::of(feed, &read.facts);
    let (mut items, mut known) = (Vec::new(), Vec::new());
    for (item, unchanged) in read.items.into_iter().zip(unchanged) {
        match unchanged {
            true => known.push(item),
            false => items.push(item),
        }
    }
    let items = fold::prepare_all(items, &context);
    let items = match known.is_empty() {
        true => pack(items, now),
        false => pack_some(items, now),
    };
    let items = items.map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    Ok(Digest {
        content: Content {
            facts: read.facts,
            context,
            items,
            unchanged: known,
            delta: read.delta,
        },
        pace: read.pace,
        cut: read.cut,
        hub: read.hub,
    })
}
