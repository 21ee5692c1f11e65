//! What can be typed: the one source of help, suggestions, completions and manual pages.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// A feed aggregator that shows every story once, the original credited.
#[derive(Debug, Parser)]
#[command(
    name = "feedfold",
    version,
    propagate_version = true,
    infer_long_args = true
)]
#[command(after_help = "Try 'feedfold demo' to see it work without any set-up.")]
pub struct Arguments {
    /// The configuration file [default: ./config/feedfold.toml, then /etc/feedfold/feedfold.toml]
    #[arg(long, value_name = "PATH", global = true, env = "FEEDFOLD_CONFIG")]
    pub config: Option<PathBuf>,
    /// The database file, in place of the configuration's
    #[arg(long, value_name = "PATH", global = true)]
    pub database: Option<PathBuf>,
    /// How much to log to standard error: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log: Option<String>,
    /// How log lines look
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    pub log_format: LogFormat,
    /// Tell people times in UTC, in place of this machine's time zone; programs are always told UTC
    #[arg(long, global = true)]
    pub utc: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people
    Text,
    /// An object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service: poll feeds on schedule and serve the merged feed
    Serve(Serve),
    /// Show it all on a bundled day of invented news; needs no network, leaves nothing behind
    Demo(Demo),
    /// Poll the feeds that are due, then exit
    Fetch(Fetch),
    /// Tell when each feed is polled next, and why not sooner
    Next(Next),
    /// Print what is stored, newest first
    Query(Query),
    /// Show what the rules of feeds hide
    #[command(subcommand)]
    Rules(Rules),
    /// Tell how the service and its feeds fare, as an operator asks first
    Status(Status),
    /// Tell how much is stored and how the feeds fare
    Stats(Stats),
    /// Print a story with all its sources
    Story(Story),
    /// Tell why an entry is where it is
    Why(Why),
    /// Put two stories together, for good
    Join(Join),
    /// Take an entry out of its story, for good
    Split(Split),
    /// List what was joined, split and made the lead by hand, and the feeds that were removed
    History(History),
    /// Go back on a correction, or on the removal of a feed
    Undo(Undo),
    /// Fold what is stored anew, by today's rules, and show what changes
    Refold(Refold),
    /// Fold a JSONL file of entries, without a database
    Fold(Fold),
    /// Measure how well entries fold, beside labels that people gave
    Eval(Eval),
    /// Print what feedfold makes of one feed document
    Parse(Parse),
    /// List and change subscriptions
    #[command(subcommand)]
    Feeds(Feeds),
    /// Make secret addresses of views, for readers that can't send a token
    #[command(subcommand)]
    Shares(Shares),
    /// Tell what is wrong with the configuration and the database, changing neither
    Check,
    /// Care for the database
    #[command(subcommand)]
    Db(Db),
    /// Print the completion script of a shell
    Completions(Completions),
    /// Write manual pages into a folder
    Man(Man),
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen, in place of the configuration's: HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8420")]
    pub listen: String,
    /// Minutes of the demo's day that pass in one real minute
    #[arg(long, value_name = "N", default_value_t = crate::demo::SPEED, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: u32,
    /// Let reader apps sync, under this name
    #[arg(long, value_name = "USER", requires = "sync_password_file")]
    pub sync_user: Option<String>,
    /// The file that holds the password of reader apps
    #[arg(long, value_name = "FILE", requires = "sync_user")]
    pub sync_password_file: Option<PathBuf>,
    /// The file that holds an admin token: then things can be changed over HTTP
    #[arg(long, value_name = "FILE")]
    pub admin_token_file: Option<PathBuf>,
}

/// Options of `fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Only these feeds, now, whether they are due or not
    pub names: Vec<String>,
    /// All enabled feeds, now, whether they are due or not
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Options of `next`.
#[derive(Debug, Args)]
pub struct Next {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// How `query` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// Aligned columns for people
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
    /// RFC 4180
    Csv,
    /// An Atom feed
    Atom,
    /// An RSS feed
    Rss,
    /// A JSON Feed
    Jsonfeed,
}

/// How far to fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// One line a story
    Story,
    /// One line an article
    Article,
    /// Every entry
    None,
}

/// Stands before a search word that begins with a hyphen while the arguments are read, so that
/// `-word` is not taken for an option.
const SHIELD: char = '\u{1}';

/// What was typed, with the negated words of a search shielded.
pub(super) fn typed(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut searching = false;
    arguments
        .map(|argument| {
            let negated = argument.to_str().is_some_and(|text| {
                let mut letters = text.chars();
                letters.next() == Some('-')
                    && letters.next().is_some_and(|c| c != '-')
                    && text.len() > 2
            });
            if searching && negated {
                let mut shielded = OsString::from(SHIELD.to_string());
                shielded.push(argument);
                return shielded;
            }
            searching |= argument == "query";
            argument
        })
        .collect()
}

impl Query {
    /// The search text as it was typed.
    pub(super) fn search_text(&self) -> String {
        self.text.join(" ").replace(SHIELD, "")
    }
}

/// Options of `query`.
#[derive(Debug, Args)]
pub struct Query {
    /// Search text: words, "phrases", prefix*, -not, OR, (…), feed:NAME, is:unread, since:24h …
    pub text: Vec<String>,
    /// Only this feed, by name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub feed: Vec<String>,
    /// Only feeds with this tag; may be repeated
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only this story
    #[arg(long, value_name = "ID")]
    pub story: Option<i64>,
    /// Only what is dated since: 24h, 7d, 2026-11-01, 2026-11-01T12:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only what is dated before
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// How far to fold [default: none: every entry]
    #[arg(long, value_name = "LEVEL")]
    pub fold: Option<Level>,
    /// What stands first: what is newest, or what fits the search text best
    #[arg(
        long,
        value_name = "ORDER",
        default_value = "newest",
        conflicts_with = "watch"
    )]
    pub sort: Sort,
    /// At most so many [default: 100; without end with --watch]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Print what matches as it arrives from now on, until interrupted
    #[arg(long)]
    pub watch: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: QueryFormat,
    /// One JSON object a line, the same as --format jsonl
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// What stands first.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Sort {
    /// The newest
    Newest,
    /// What fits the search text best: headlines count most, and what is fresh
    Best,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List the stored entries that keep and drop hide, and count them rule by rule
    Test(RulesTest),
}

/// Options of `rules test`.
#[derive(Debug, Args)]
pub struct RulesTest {
    /// Only these feeds
    #[arg(value_name = "FEED")]
    pub feeds: Vec<String>,
    /// What the query of this view leaves out of its feeds, in place of the rules of feeds
    #[arg(long, value_name = "NAME", conflicts_with = "feeds")]
    pub view: Option<String>,
    /// Only entries since then: a date, or how long ago
    #[arg(long, value_name = "MOMENT", default_value = "30d")]
    pub since: String,
    /// Most entries that are listed of a rule; all are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// One JSON object a line, all entries
    #[arg(long)]
    pub json: bool,
}

/// Options of `stats`.
#[derive(Debug, Args)]
pub struct Stats {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `story`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Story {
    /// The story's number
    #[arg(required = true)]
    pub id: Option<i64>,
    /// What to change of it, in place of printing it
    #[command(subcommand)]
    pub change: Option<StoryChange>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// What can be changed of a story.
#[derive(Debug, Subcommand)]
pub enum StoryChange {
    /// Show a story as this entry of it, for good
    Lead {
        /// The story's number
        story: i64,
        /// The entry's number
        entry: i64,
    },
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct History {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Options of `undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// The correction's number, as 'feedfold history' tells it
    pub correction: i64,
}

/// Options of `why`.
#[derive(Debug, Args)]
pub struct Why {
    /// The entry's number
    pub entry: i64,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `join`.
#[derive(Debug, Args)]
pub struct Join {
    /// The story that stays
    pub a: i64,
    /// The story that is put into it
    pub b: i64,
}

/// Options of `split`.
#[derive(Debug, Args)]
pub struct Split {
    /// The entry's number
    pub entry: i64,
}

/// Options of `fold`.
#[derive(Debug, Args)]
pub struct Fold {
    /// Entries, one JSON object a line; - is standard input
    pub file: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Fold less, with fewer mistakes
    #[arg(long)]
    pub strict: bool,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `refold`.
#[derive(Debug, Args)]
pub struct Refold {
    /// Entries that arrived since: a date, an age such as 30d, or a word such as yesterday
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30d",
        allow_hyphen_values = true
    )]
    pub since: String,
    /// Only show what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Fold less, with fewer mistakes, whatever the configuration says
    #[arg(long)]
    pub strict: bool,
    /// Show at most so many changes
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// One JSON object a line for each change, then one that sums up
    #[arg(long)]
    pub json: bool,
}

/// Options of `eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// Entries, one JSON object a line, as 'feedfold fold' takes them
    #[arg(long, value_name = "FILE", required_unless_present = "corrections")]
    pub entries: Option<PathBuf>,
    /// Labels, one JSON object a line: {"id", "story"} and, where it is part of an affair, "topic"
    #[arg(long, value_name = "FILE", required_unless_present = "corrections")]
    pub gold: Option<PathBuf>,
    /// Take the stories that were corrected by hand, in place of files: how well would the rules
    /// alone have folded them?
    #[arg(long, conflicts_with_all = ["entries", "gold", "level"])]
    pub corrections: bool,
    /// What is measured: stories, or copies of one article
    #[arg(long, value_name = "LEVEL", default_value = "story")]
    pub level: EvalLevel,
    /// Fold less, with fewer mistakes, whatever the configuration says
    #[arg(long)]
    pub strict: bool,
    /// List so many false and so many missed folds, with both headlines
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub show: usize,
    /// One JSON object with the figures, and one for each mistake
    #[arg(long)]
    pub json: bool,
}

/// What `eval` measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalLevel {
    /// Reports of one event
    Story,
    /// Copies of one text
    Article,
}

/// Options of `parse`.
#[derive(Debug, Args)]
pub struct Parse {
    /// The document; - is standard input
    pub file: PathBuf,
    /// The address it came from, for relative links
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The Content-Type it came with
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// The `feeds` commands.
#[derive(Debug, Subcommand)]
pub enum Feeds {
    /// List the subscriptions and how they fare
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Subscribe to a feed
    Add(AddFeed),
    /// End a subscription that was added by command, and remove its entries; `disable` keeps them,
    /// `undo` brings both back for 30 days
    Remove {
        /// The feed's name
        name: String,
    },
    /// Poll a feed again
    Enable {
        /// The feed's name
        name: String,
    },
    /// Stop polling a feed
    Disable {
        /// The feed's name
        name: String,
    },
    /// Go back to the address before a permanent redirect, and stay there
    Rollback {
        /// The feed's name
        name: String,
    },
    /// Tell what is wrong with feeds, and what to do about it
    Doctor {
        /// Only this feed
        name: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Tell which feeds a page or document offers
    Discover {
        /// The page's address
        url: String,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Subscribe to all feeds of an OPML file
    Import {
        /// The file; - is standard input
        file: PathBuf,
    },
    /// Print the subscriptions as OPML
    Export,
}

/// Options of `feeds add`.
#[derive(Debug, Args)]
pub struct AddFeed {
    /// The address of the feed, or of a page that names it
    pub url: String,
    /// Which one, where the page names several: its place in the list, from 1
    #[arg(long, value_name = "NUMBER")]
    pub choose: Option<usize>,
    /// Subscribe to exactly this address, without asking it first
    #[arg(long, conflicts_with = "choose")]
    pub unseen: bool,
    /// A short name [default: made from the host]
    #[arg(long)]
    pub name: Option<String>,
    /// A title in place of the feed's own
    #[arg(long)]
    pub title: Option<String>,
    /// A tag; may be repeated
    #[arg(long)]
    pub tag: Vec<String>,
    /// Its schedule: cron in UTC, "every 30m" or "auto"
    #[arg(long)]
    pub schedule: Option<String>,
}

/// The `shares` commands.
#[derive(Debug, Subcommand)]
pub enum Shares {
    /// Print new secret addresses of a view
    Add {
        /// The view's name; `all` has everything
        view: String,
        /// For whom it is, to tell it from others
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    /// List the secret addresses, without their secret
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Take a secret address back, for good
    Remove {
        /// Its number
        id: i64,
    },
}

/// The `db` commands.
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Bring the database to this version's schema, after a copy beside it
    Migrate,
    /// Write a whole copy while everything runs
    Backup {
        /// Where to
        path: PathBuf,
    },
    /// Check that everything stored is whole
    Verify {
        /// Fill the index of search anew first
        #[arg(long)]
        rebuild_search: bool,
    },
    /// Remove what the retention settings no longer keep; 'serve' does so by itself every hour
    Prune {
        /// Only tell how much would go, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Give unused space back
    Vacuum,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder, which must exist
    pub folder: PathBuf,
}
