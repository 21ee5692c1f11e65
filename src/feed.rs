//! Feeds: what is subscribed to, how it is polled, and how it fares.

use crate::address::Address;
use crate::text::Plain;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A moment in UTC. Stored as whole milliseconds since 1970.
pub type Timestamp = DateTime<Utc>;

/// A feed's number in the database; opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(pub i64);

/// Where a subscription comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Named in the configuration file, and kept in step with it.
    Config,
    /// Added by command, API or OPML import; the configuration leaves it alone.
    Added,
}

/// What someone subscribes to: the part of a feed that people decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Short unique name, `[a-z0-9-]+`; never changes when the address does.
    pub name: String,
    /// Where to fetch it. Kept as text, since an address that is refused is that feed's error
    /// and not the program's.
    pub url: String,
    /// Overrides the feed's own title.
    pub title: Option<String>,
    /// Labels, sorted, without duplicates.
    pub tags: Vec<String>,
    /// Its own schedule as written (`"*/15 * * * *"`, `"every 30m"`, `"auto"`); `None` is the default one.
    pub schedule: Option<String>,
    /// Who leads a story, other things equal: higher first.
    pub priority: i32,
    /// Whether it is polled.
    pub enabled: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// How it is fetched, where that differs from the defaults.
    pub request: RequestSettings,
}

/// Per-feed differences from the `[fetch]` section. Secrets are in here: never print it.
#[derive(Clone, Default, PartialEq)]
pub struct RequestSettings {
    /// `User-Agent` in place of the default one.
    pub user_agent: Option<String>,
    /// Further header fields, name and value.
    pub headers: Vec<(String, String)>,
    /// `user:password` for HTTP basic authentication.
    pub basic_auth: Option<String>,
    /// Proxy address (`http://`, `socks5://`).
    pub proxy: Option<String>,
    /// Deadline of the whole poll.
    pub timeout: Option<Duration>,
    /// Largest body in bytes, after decompression.
    pub max_body: Option<u64>,
    /// Whether whatever certificate the server shows is taken: anyone on the way can read and
    /// change the feed.
    pub insecure_accept_any_certificate: bool,
    /// Whether a hub that the feed names is asked to push its news (W3C WebSub).
    pub websub: bool,
}

/// Where a feed's news are pushed from, as its last document told (W3C WebSub section 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hub {
    /// The hub's address.
    pub url: String,
    /// The address that the hub knows the feed by.
    pub topic: String,
}

impl std::fmt::Debug for RequestSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestSettings(..)")
    }
}

/// HTTP validators (RFC 9110 section 8.8), kept and sent back byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` field's value.
    pub etag: Option<Vec<u8>>,
    /// The `Last-Modified` field's value.
    pub last_modified: Option<Vec<u8>>,
}

/// What a feed says of itself, from its last good document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFacts {
    /// Its title.
    pub title: Plain,
    /// The page that it belongs to.
    pub site: Option<Address>,
    /// BCP 47 language tag.
    pub language: Option<String>,
}

/// How polling a feed goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// Failed polls in a row; 0 after a good one.
    pub failures: u32,
    /// Why the last poll failed; `None` after a good one.
    pub last_error: Option<Fault>,
    /// The last poll, good or not.
    pub last_poll: Option<Timestamp>,
    /// The last good poll (new content or 304).
    pub last_success: Option<Timestamp>,
    /// The address that it had before a permanent redirect was stored.
    pub moved_from: Option<String>,
    /// The feed said 410 Gone: it is not polled until someone enables it.
    pub gone: bool,
}

/// What the scheduler must remember of a feed from poll to poll, besides [`Health`].
/// Seconds are whole; everything here is stored as given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pace {
    /// Freshness of the last answer that named one (`Cache-Control`, `Expires`), from its arrival.
    pub fresh_for: Option<Duration>,
    /// `ttl`, `sy:updatePeriod` of the document.
    pub feed_interval: Option<Duration>,
    /// Hours (UTC) in which the feed asks not to be polled, as a bit set, bit 0 is 0 h to 1 h.
    pub skip_hours: u32,
    /// Days on which the feed asks not to be polled, as a bit set, bit 0 is Monday.
    pub skip_days: u8,
    /// No request before this moment (`Retry-After`), not even by hand.
    pub not_before: Option<Timestamp>,
    /// After a 429 without `Retry-After`: the base interval is doubled until then.
    pub slowed_until: Option<Timestamp>,
    /// Entries first seen a day, estimated.
    pub entries_a_day: f64,
    /// Why the next poll is when it is, as a sentence for people.
    pub reason: String,
    /// An address that a person took the feed back from: no redirect moves it there again.
    pub taken_back_from: Option<String>,
    /// Whether the last document came by a redirect that the next poll will follow again.
    pub redirected: bool,
    /// Where the validators come from, if it is not the feed's own address: redirects lead there.
    pub validated_at: Option<String>,
    /// The `Content-Type` of the last document.
    pub content_type: Option<String>,
    /// How many entries the last document had, and how many bytes once it was unpacked.
    pub document: Option<(usize, u64)>,
    /// Who pushes its news.
    pub hub: Option<Hub>,
    /// So long a hub that has shown to push news goes on; polls are only there for what it misses.
    pub pushed_until: Option<Timestamp>,
}

/// A feed as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its number.
    pub id: FeedId,
    /// What was subscribed to; `url` is where it is fetched from now.
    pub subscription: Subscription,
    /// What it says of itself.
    pub facts: FeedFacts,
    /// Validators of the last whole and parsed answer.
    pub validators: Validators,
    /// How polling goes.
    pub health: Health,
    /// What the scheduler remembers.
    pub pace: Pace,
    /// When it was first subscribed to.
    pub added: Timestamp,
    /// The next poll; `None` while disabled.
    pub next_due: Option<Timestamp>,
}

/// How a feed stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedState {
    /// Its last poll was good.
    Good,
    /// Its last poll failed.
    Failing,
    /// It said that it is gone, and is not polled.
    Gone,
    /// It was switched off.
    Disabled,
    /// It was never polled with success, and has not failed.
    New,
}

impl FeedState {
    /// A stable word for metrics and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Failing => "error",
            Self::Gone => "gone",
            Self::Disabled => "disabled",
            Self::New => "new",
        }
    }
}

impl Feed {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> FeedState {
        match &self.health {
            health if health.gone => FeedState::Gone,
            _ if !self.subscription.enabled => FeedState::Disabled,
            health if health.failures > 0 => FeedState::Failing,
            health if health.last_success.is_none() => FeedState::New,
            _ => FeedState::Good,
        }
    }

    /// The outlet's name for people: the given title, the feed's own, or the short name.
    #[must_use]
    pub fn outlet(&self) -> &str {
        match &self.subscription.title {
            Some(title) => title,
            None if !self.facts.title.is_empty() => self.facts.title.as_str(),
            None => &self.subscription.name,
        }
    }
}

/// The right to poll one feed, until `lease_until`. A crashed holder loses it by time.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The feed as it was when it was claimed.
    pub feed: Feed,
    /// When the claim was taken.
    pub claimed: Timestamp,
    /// When others may claim the feed again.
    pub lease_until: Timestamp,
}

/// Kinds of failure, by what the reader of the error does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Name resolution, connection, transport.
    Unreachable,
    /// A deadline passed.
    TimedOut,
    /// Certificate or handshake.
    Tls,
    /// The address may not be contacted (scheme, private network).
    Refused,
    /// The body is larger than allowed.
    TooLarge,
    /// Too many redirects, a loop, a bad target.
    Redirects,
    /// An HTTP status that is no success.
    Status,
    /// 429 or 503: asked to slow down.
    Throttled,
    /// 410.
    Gone,
    /// The answer is no feed.
    NotAFeed,
    /// The answer was cut, garbled or otherwise broken.
    Broken,
    /// A fault of feedfold itself.
    Internal,
}

impl FaultKind {
    /// A stable word for storage, metrics and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Tls => "tls",
            Self::Refused => "refused",
            Self::TooLarge => "too-large",
            Self::Redirects => "redirects",
            Self::Status => "status",
            Self::Throttled => "throttled",
            Self::Gone => "gone",
            Self::NotAFeed => "not-a-feed",
            Self::Broken => "broken",
            Self::Internal => "internal",
        }
    }

    /// The kind that [`FaultKind::word`] names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Unreachable,
            Self::TimedOut,
            Self::Tls,
            Self::Refused,
            Self::TooLarge,
            Self::Redirects,
            Self::Status,
            Self::Throttled,
            Self::Gone,
            Self::NotAFeed,
            Self::Broken,
            Self::Internal,
        ]
        .into_iter()
        .find(|kind| kind.word() == word)
    }
}

/// Why a poll failed: the same words in health, API, page and log. One sentence, no control
/// characters, no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What failed, where, why, and what to do.
    pub sentence: String,
}

impl Fault {
    /// A fault without an HTTP status.
    #[must_use]
    pub fn new(kind: FaultKind, sentence: impl AsRef<str>) -> Self {
        Self {
            kind,
            status: None,
            sentence: crate::text::without_controls(sentence.as_ref()),
        }
    }

    /// A fault that an HTTP status tells of.
    #[must_use]
    pub fn with_status(kind: FaultKind, status: u16, sentence: impl AsRef<str>) -> Self {
        Self {
            status: Some(status),
            ..Self::new(kind, sentence)
        }
    }
}
