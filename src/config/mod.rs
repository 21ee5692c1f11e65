//! The configuration file: read, checked as a whole, explained.
//!
//! One plain struct a section; a module takes its section, never the whole [`Config`].

mod feeds;
mod findings;
mod load;
mod problem;
mod reader;
mod rules;
mod secret;
mod sections;
mod size;
mod views;

pub use feeds::{is_name, name_from};
pub use load::{Surroundings, find, find_with, keys, load, parse, parse_within};
pub use problem::{Fault, Problem};
pub use rules::{Rule, Verdict, hidden};

use crate::address::Address;
use crate::cadence::Cadence;
use crate::feed::Subscription;
use crate::query::FoldLevel;
use std::path::PathBuf;
use std::time::Duration;

/// A checked configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[database]`
    pub database: Database,
    /// `[server]`
    pub server: Server,
    /// `[fetch]`
    pub fetch: Fetch,
    /// `[fold]`
    pub fold: Fold,
    /// `[retention]`
    pub retention: Retention,
    /// `[publish]`
    pub publish: Publish,
    /// `keep` and `drop` of the feeds.
    pub rules: Vec<Rule>,
    /// `[sync]`
    pub sync: ReaderSync,
    /// `[[feeds]]`
    pub feeds: Vec<Subscription>,
    /// `[[views]]`; the view `all` is not in here and always exists.
    pub views: Vec<View>,
}

/// Where things are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// The SQLite file; absolute, or relative to the working directory.
    pub path: PathBuf,
}

/// How the HTTP server listens.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// `HOST:PORT` or `unix:PATH`.
    pub listen: String,
    /// The address that readers see, without a trailing slash.
    pub public_url: String,
    /// The token that allows changes; `None` allows none.
    pub admin_token: Option<String>,
    /// The token that reading takes; `None` lets everybody read who reaches the server.
    pub read_token: Option<String>,
    /// Requests of the API that one address may make in a minute.
    pub api_rate: usize,
}

impl Server {
    /// Listens at another address. The public one moves along where it was made from the old one.
    ///
    /// # Errors
    /// What is wrong with the address, as a clause.
    pub fn listen_at(&mut self, listen: &str) -> Result<(), String> {
        let public = self.public_url == sections::from_listen(&self.listen);
        self.listen = sections::checked_listen(listen.trim()).ok_or_else(|| {
            format!("'{listen}' is no address to listen on; write 127.0.0.1:8420, [::1]:8420 or unix:/run/feedfold/http.sock")
        })?;
        if public {
            self.public_url = sections::from_listen(&self.listen);
        }
        Ok(())
    }

    /// Notes at which port the server really listens, where any was asked for.
    pub fn bound_to(&mut self, address: &str) {
        if self.listen.ends_with(":0") && self.public_url == sections::from_listen(&self.listen) {
            self.public_url = address.to_owned();
        }
    }
}

/// Whether and how reader apps sync.
#[derive(Clone, PartialEq)]
pub struct ReaderSync {
    /// Whether they may.
    pub enabled: bool,
    /// The name that they log in with.
    pub user: String,
    /// The password, or its argon2 hash in the PHC form (`$argon2id$…`).
    pub password: Option<String>,
    /// A password for the Fever API alone, which can't be kept as a hash; `None` switches that
    /// API off.
    pub fever_password: Option<String>,
    /// Whether items are articles, unfolded, instead of stories.
    pub articles: bool,
}

impl Default for ReaderSync {
    fn default() -> Self {
        Self {
            enabled: false,
            user: "reader".into(),
            password: None,
            fever_password: None,
            articles: false,
        }
    }
}

/// Secrets are in there.
impl std::fmt::Debug for ReaderSync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReaderSync(..)")
    }
}

/// How feeds are fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// The default schedule.
    pub schedule: Cadence,
    /// `User-Agent`.
    pub user_agent: String,
    /// Deadline of a whole poll, redirects and body included.
    pub timeout: Duration,
    /// Deadline of a connection.
    pub connect_timeout: Duration,
    /// Largest body in bytes, after decompression.
    pub max_body: u64,
    /// Exchanges at once.
    pub concurrency: usize,
    /// Exchanges at once with one host.
    pub per_host: usize,
    /// Least time between the starts of two exchanges with one host; hosts of the own machine and
    /// network are not spaced.
    pub host_spacing: Duration,
    /// Least time between two polls of a feed, except by hand.
    pub min_interval: Duration,
    /// Whether every address may be contacted, private ones too.
    pub allow_private_networks: bool,
    /// Exceptions: networks (`10.0.3.0/24`) and host names.
    pub allow_networks: Vec<String>,
    /// Whether feeds of the configuration may be files of this machine (`file:`).
    pub allow_files: bool,
}

/// How entries fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// Default level of views.
    pub level: FoldLevel,
    /// How far back a new entry may fold.
    pub window: Duration,
    /// Whether to fold less, with fewer mistakes.
    pub strict: bool,
    /// Pairs of feeds, by name, whose entries never share a story. A feed paired with itself keeps
    /// its own entries apart.
    pub never: Vec<(String, String)>,
}

impl Fold {
    /// The feeds that the one of that name is never folded with.
    #[must_use]
    pub fn never_with(&self, name: &str) -> Vec<&str> {
        self.never
            .iter()
            .filter_map(|(a, b)| match (a == name, b == name) {
                (true, _) => Some(b.as_str()),
                (_, true) => Some(a.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// What is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// By first sight.
    pub keep: Duration,
    /// Entries of one feed.
    pub keep_per_feed: usize,
}

/// What merged feeds announce.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// How many items a feed that joins a running collection may announce with its first document.
    pub newcomer_items: usize,
    /// The WebSub hub that the merged feeds name and that is told when they change.
    pub hub: Option<Address>,
}

/// A named merged feed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Its slug, `[a-z0-9-]+`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Search text.
    pub query: Option<crate::query::Search>,
    /// What the rules of feeds leave out of all views; see [`hidden`].
    pub hidden: Option<crate::query::Search>,
    /// Only feeds with one of these tags; empty is all.
    pub tags: Vec<String>,
    /// Only these feeds, by name; empty is all.
    pub feeds: Vec<String>,
    /// How far it folds.
    pub fold: FoldLevel,
    /// How many items.
    pub limit: usize,
    /// What its items say.
    pub presentation: Presentation,
    /// Names that it had before; their addresses lead to the present one.
    pub formerly: Vec<String>,
}

/// What the items of a merged feed say, beside what they always say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presentation {
    /// How much of the text.
    pub content: Content,
    /// Whether the headline ends with the outlet's name.
    pub outlet_in_title: bool,
    /// Whether the closing line names the outlet.
    pub names_outlet: bool,
    /// Whether it names the credited original.
    pub names_original: bool,
    /// Whether it names the other sources.
    pub names_sources: bool,
    /// Whether another source moves `updated`.
    pub updated_by_sources: bool,
}

/// How much of an article's text a merged feed holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Full,
    /// Its beginning, as text.
    Excerpt,
    /// Nothing.
    None,
}

impl Default for Presentation {
    fn default() -> Self {
        Self {
            content: Content::Full,
            outlet_in_title: false,
            names_outlet: true,
            names_original: true,
            names_sources: true,
            updated_by_sources: false,
        }
    }
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Default for Config {
    fn default() -> Self {
        Self {
            database: Database {
                path: "feedfold.db".into(),
            },
            server: Server {
                listen: "127.0.0.1:8420".into(),
                public_url: "http://127.0.0.1:8420".into(),
                admin_token: None,
                read_token: None,
                api_rate: 6000,
            },
            fetch: Fetch::default(),
            fold: Fold::default(),
            retention: Retention {
                keep: Duration::from_secs(400 * DAY),
                keep_per_feed: 5000,
            },
            rules: Vec::new(),
            publish: Publish {
                newcomer_items: 3,
                hub: None,
            },
            sync: ReaderSync::default(),
            feeds: Vec::new(),
            views: Vec::new(),
        }
    }
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            schedule: Cadence::default(),
            user_agent: user_agent(None),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_body: 20 << 20,
            concurrency: 32,
            per_host: 2,
            host_spacing: Duration::from_secs(1),
            min_interval: Duration::from_secs(10 * MINUTE),
            allow_private_networks: false,
            allow_networks: Vec::new(),
            allow_files: false,
        }
    }
}

/// The program, its version, its page, and how many people read along where that is told:
/// publishers count their readers by it.
fn user_agent(subscribers: Option<usize>) -> String {
    let (version, page) = (env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_HOMEPAGE"));
    let readers = match subscribers {
        None => String::new(),
        Some(1) => "; 1 subscriber".to_owned(),
        Some(count) => format!("; {count} subscribers"),
    };
    format!("feedfold/{version} (+{page}{readers})")
}

impl Default for Fold {
    fn default() -> Self {
        Self {
            level: FoldLevel::Story,
            window: Duration::from_secs(7 * DAY),
            strict: false,
            never: Vec::new(),
        }
    }
}
