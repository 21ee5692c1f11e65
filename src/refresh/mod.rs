//! One feed, end to end: fetch → parse → fold → store. And many, politely: [`Wave`].
//!
//! Nothing that a feed does is an error of the program: a poll that fails is recorded as such and
//! changes the feed's health and next due time, nothing else.

mod serving;
mod wave;

pub use wave::Wave;

use crate::address::Address;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::feed::{Claim, Fault, FaultKind, Feed, FeedFacts, Timestamp};
use crate::fetch::{Answer, Client, Document, Fetched};
use crate::fold::{self, FeedContext, Prepared};
use crate::parse::{self, Parsed};
use crate::publish::records::url_without_password;
use crate::schedule::{self, Arrivals, DocumentPace, PollResult};
use crate::store::{Content, PollRecord, Recorded, Store};
use chrono::SecondsFormat;
use serving::Serving;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How a poll went, in the words of the command line and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A document came and was parsed, whether or not it had news.
    Updated,
    /// 304.
    NotModified,
    /// It failed.
    Error,
    /// 410: the feed is disabled.
    Gone,
    /// A document came, and the feed's new address was stored.
    Moved,
    /// 429 or 503.
    Throttled,
}

impl Outcome {
    /// Every outcome, for counters.
    pub const ALL: [Self; 6] = [
        Self::Updated,
        Self::NotModified,
        Self::Error,
        Self::Gone,
        Self::Moved,
        Self::Throttled,
    ];

    /// A stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::NotModified => "not_modified",
            Self::Error => "error",
            Self::Gone => "gone",
            Self::Moved => "moved",
            Self::Throttled => "throttled",
        }
    }
}

/// What one poll came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The feed's name.
    pub feed: String,
    /// Where it is fetched from after this poll, without its password.
    pub url: String,
    /// How it went.
    pub outcome: Outcome,
    /// The HTTP status of the last answer, where there was one.
    pub status: Option<u16>,
    /// Entries that were not known.
    pub new: usize,
    /// Entries whose text changed.
    pub updated: usize,
    /// Of the new ones, those folded under another entry.
    pub duplicates: usize,
    /// Why it failed.
    pub error: Option<String>,
    /// The feed's next poll; `None` when it is disabled.
    pub next_due: Option<Timestamp>,
    /// How long the exchange took.
    pub took: Duration,
    /// How long the feed's whole host is left alone, where it asked for that.
    pub pause: Option<Duration>,
}

/// Polls feeds. Cheap to clone.
#[derive(Clone)]
pub struct Refresher {
    store: Store,
    client: Arc<Client>,
    clock: Clock,
    fetch: Arc<config::Fetch>,
    fold: Arc<config::Fold>,
    /// Parsing is work for a processor: no more of it at once than there are cores.
    cores: Arc<Semaphore>,
}

/// What a document came to, ready to be stored.
struct Digest {
    content: Content,
    pace: DocumentPace,
    /// Whether the document ended in the middle.
    cut: bool,
}

impl Refresher {
    /// A refresher under this configuration. Fails only where TLS can't be set up.
    pub fn new(store: Store, config: &Config, clock: Clock) -> Result<Self, Fault> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            store,
            client: Arc::new(Client::new(&config.fetch)?),
            clock,
            fetch: Arc::new(config.fetch.clone()),
            fold: Arc::new(config.fold.clone()),
            cores: Arc::new(Semaphore::new(cores)),
        })
    }

    /// Polls a claimed feed and records what came of it, in one transaction.
    pub async fn poll(&self, claim: Claim) -> Report {
        let feed = claim.feed.clone();
        let now = self.clock.now();
        if let Some(moment) = feed.pace.not_before.filter(|moment| *moment > now) {
            return asked_to_wait(&feed, moment);
        }
        let started = tokio::time::Instant::now();
        let fetched = self.client.get(&claim, now).await;
        let took = started.elapsed();
        let serving = Serving::of(&feed, &fetched);
        let (status, moved_to, bytes) = (fetched.status, fetched.moved_to.clone(), fetched.bytes);
        let (result, validators, content) = self.digest(&feed, fetched).await;

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
                let host = schedule::host_of(&feed.subscription.url);
                (
                    Some(fault.sentence.clone()),
                    schedule::cool_down(&host, fault, freshness),
                )
            }
            _ => (None, None),
        };
        let settings = Arc::clone(&self.fetch);
        let planned = feed.clone();
        let recorded = self
            .store
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
                plan: Box::new(move |arrivals: &Arrivals| {
                    let mut next = schedule::next_poll(&planned, &result, arrivals, &settings, at);
                    if let (Some(serving), None) = (serving, &next.health.last_error) {
                        serving.note(&mut next.pace);
                    }
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
    ) -> (PollResult, Option<crate::feed::Validators>, Option<Content>) {
        let freshness = fetched.freshness;
        let document = match fetched.answer {
            Ok(Answer::Unchanged { validators }) => {
                return (PollResult::Unchanged { freshness }, Some(validators), None);
            }
            Ok(Answer::Document(document)) => document,
            Err(fault) => return (PollResult::Failed { fault, freshness }, None, None),
        };
        let validators = document.validators.clone();
        match self.read(feed, document).await {
            Ok(Digest { content, pace, cut }) => {
                let had_validators =
                    validators.etag.is_some() || validators.last_modified.is_some();
                let result = PollResult::Good {
                    freshness,
                    had_validators,
                    document: pace,
                };
                // The validators of a document that did not arrive whole would hide the rest of it
                // behind the next 304.
                (result, Some(validators).filter(|_| !cut), Some(content))
            }
            Err(fault) => (PollResult::Failed { fault, freshness }, None, None),
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
        tokio::task::spawn_blocking(move || {
            let _core = core;
            let parsed = parse::parse(
                &document.body,
                document.content_type.as_deref(),
                Some(&document.url),
            )
            .map_err(|fault| Fault::new(FaultKind::NotAFeed, fault.to_string()))?;
            refuse_own_output(&parsed)?;
            Ok(digest(&feed, parsed))
        })
        .await
        .unwrap_or_else(|_| Err(internal("feedfold failed")))
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

fn digest(feed: &Feed, parsed: Parsed) -> Digest {
    let facts = FeedFacts {
        title: parsed.title,
        site: parsed.site,
        language: parsed.language,
    };
    let context = context(feed, &facts);
    let mut items = parsed.items;
    if parsed.cut {
        // The last one may be a half; it comes whole with the next document.
        items.pop();
    }
    let items: Vec<Prepared> = items
        .into_iter()
        .map(|item| fold::prepare(item, &context))
        .collect();
    Digest {
        content: Content {
            facts,
            context,
            items,
        },
        pace: parsed.pace,
        cut: parsed.cut,
    }
}

/// What folding knows of a feed whose document says this of itself.
fn context(feed: &Feed, facts: &FeedFacts) -> FeedContext {
    let subscription = &feed.subscription;
    let address = Address::parse(&subscription.url).ok();
    let hosts = [address.as_ref(), facts.site.as_ref()];
    let described = Feed {
        facts: facts.clone(),
        ..feed.clone()
    };
    FeedContext {
        feed: feed.id,
        name: subscription.name.clone(),
        title: described.outlet().to_owned(),
        hosts: hosts
            .into_iter()
            .flatten()
            .map(|address| address.host().to_owned())
            .collect(),
        priority: subscription.priority,
    }
}

fn outcome(result: &PollResult) -> Outcome {
    match result {
        PollResult::Good { .. } => Outcome::Updated,
        PollResult::Unchanged { .. } => Outcome::NotModified,
        PollResult::Failed { fault, .. } => match fault.kind {
            FaultKind::Gone => Outcome::Gone,
            FaultKind::Throttled => Outcome::Throttled,
            _ => Outcome::Error,
        },
    }
}

fn report(
    feed: &Feed,
    outcome: Outcome,
    status: Option<u16>,
    error: Option<String>,
    took: Duration,
    target: Option<Address>,
    recorded: Result<Recorded, crate::store::Error>,
) -> Report {
    let report = Report {
        feed: feed.subscription.name.clone(),
        url: url_without_password(&feed.subscription.url),
        outcome,
        status,
        new: 0,
        updated: 0,
        duplicates: 0,
        error,
        next_due: feed.next_due,
        took,
        pause: None,
    };
    match recorded {
        Ok(recorded) => Report {
            // Another feed may have that address already; then this one stays where it was.
            outcome: if recorded.moved {
                Outcome::Moved
            } else {
                outcome
            },
            url: match target {
                Some(target) if recorded.moved => target.shown(),
                _ => report.url,
            },
            new: recorded.new,
            updated: recorded.updated,
            duplicates: recorded.duplicates,
            next_due: recorded.next_due,
            ..report
        },
        // Nothing of the poll was kept, its validators neither: the next one asks again.
        Err(error) => Report {
            outcome: Outcome::Error,
            error: Some(error.to_string()),
            ..report
        },
    }
}

/// The server named a time before which it wants no request, so none is made, by hand neither.
fn asked_to_wait(feed: &Feed, moment: Timestamp) -> Report {
    let moment = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    Report {
        feed: feed.subscription.name.clone(),
        url: url_without_password(&feed.subscription.url),
        outcome: Outcome::Throttled,
        status: None,
        new: 0,
        updated: 0,
        duplicates: 0,
        error: Some(format!(
            "the server asked not to be polled before {moment}; nothing was sent"
        )),
        next_due: feed.next_due,
        took: Duration::ZERO,
        pause: None,
    }
}

fn log(report: &Report) {
    let outcome = report.outcome.word();
    let duration_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    match &report.error {
        Some(error) => tracing::warn!(
            feed = report.feed,
            outcome,
            duration_ms,
            "poll failed: {error}"
        ),
        None => tracing::debug!(
            feed = report.feed,
            outcome,
            duration_ms,
            new = report.new,
            updated = report.updated,
            duplicates = report.duplicates,
            "polled"
        ),
    }
}
