//! Cycles over all feeds: everything is new, nothing changed, some changed.

use crate::limits::{self, Limits};
use crate::news::News;
use crate::origin::Origin;
use crate::process::{self, Cycle, Poll};
use anyhow::{bail, ensure};
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a load is made of.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// Number of feeds.
    #[arg(long, default_value_t = 1000)]
    pub(crate) feeds: usize,
    /// Entries of each feed's document.
    #[arg(long, default_value_t = 30)]
    pub(crate) entries: usize,
    /// Percentage of feeds that change before the third cycle.
    #[arg(long, default_value_t = 10)]
    pub(crate) change: usize,
    /// Median bytes of an entry's HTML; bodies are from a quarter to twice as long.
    #[arg(long, default_value_t = 1600)]
    pub(crate) size: usize,
    /// Milliseconds that the origin waits before each answer.
    #[arg(long, default_value_t = 0)]
    pub(crate) latency: u64,
    /// Hosts that the feeds are spread over: 127.0.0.1, 127.0.0.2 and so on (Linux).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) hosts: u32,
    /// How often everything is measured; the table shows medians.
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: usize,
    /// Measure in each run, too, what fetching, reading and storing the same take at least on this machine.
    #[arg(long)]
    pub(crate) beside_limits: bool,
}

/// A database that went through all cycles, and the publishers that it was polled from.
pub(crate) struct Run {
    pub(crate) cycles: Vec<Cycle>,
    pub(crate) limits: Option<Limits>,
    pub(crate) configuration: PathBuf,
    pub(crate) folder: Folder,
    _origin: Origin,
}

/// Publishes the first document of every feed.
pub(crate) async fn publish(options: &Options, news: &News) -> anyhow::Result<Origin> {
    let latency = Duration::from_millis(options.latency);
    let origin = Origin::start(options.hosts, 0, latency).await?;
    for feed in 0..options.feeds {
        origin.publish(feed, &news.document(feed, false))?;
    }
    Ok(origin)
}

/// Whether a feed changes before the third cycle: some do, spread over all feeds, so that neighbours
/// in the database are not all the same.
pub(crate) fn changes(options: &Options, feed: usize) -> bool {
    let before = |feed: usize| feed * options.change.min(100) / 100;
    before(feed) != before(feed + 1)
}

/// A new origin, a new database, three cycles.
pub(crate) async fn run(options: &Options, news: &News, program: &Path) -> anyhow::Result<Run> {
    let origin = publish(options, news).await?;
    let folder = Folder::new()?;
    let configuration = folder.0.join("feedfold.toml");
    std::fs::write(&configuration, configured(options, &origin, &folder.0)?)?;
    let limits = if options.beside_limits {
        eprintln!("measuring: limits");
        let measured = || limits::measure(&origin, options.feeds, &folder.0);
        Some(tokio::task::block_in_place(measured)?)
    } else {
        None
    };
    let mut cycles = Vec::new();
    for (name, outcome) in [
        ("cold", "updated"),
        ("unchanged", "not_modified"),
        ("changed", ""),
    ] {
        if name == "changed" {
            for feed in (0..options.feeds).filter(|feed| changes(options, *feed)) {
                origin.publish(feed, &news.document(feed, true))?;
            }
        }
        eprintln!("measuring: {name}");
        let before = origin.sent();
        let (used, polls) =
            tokio::task::block_in_place(|| process::fetch_all(program, &configuration))?;
        let bytes = database_bytes(&folder.0);
        let cycle = Cycle::new(name, &used, &polls, origin.sent() - before, bytes);
        check(&cycle, options.feeds, outcome, &polls)?;
        cycles.push(cycle);
    }
    Ok(Run {
        cycles,
        limits,
        configuration,
        folder,
        _origin: origin,
    })
}

/// A figure of a cycle that did something else would be worth nothing.
fn check(cycle: &Cycle, feeds: usize, outcome: &str, polls: &[Poll]) -> anyhow::Result<()> {
    ensure!(
        polls.len() == feeds,
        "{}: {} feeds were polled instead of {feeds}",
        cycle.name,
        polls.len()
    );
    for poll in polls {
        if let Some(error) = &poll.error {
            bail!("{}: {} failed: {error}", cycle.name, poll.feed);
        }
        ensure!(
            outcome.is_empty() || poll.outcome == outcome,
            "{}: {} was {} instead of {outcome}",
            cycle.name,
            poll.feed,
            poll.outcome
        );
    }
    Ok(())
}

/// An ordinary configuration, but that the service polls nothing while it is asked.
fn configured(options: &Options, origin: &Origin, folder: &Path) -> anyhow::Result<String> {
    let mut text = format!(
        "[database]\npath = {:?}\n\n[fetch]\nschedule = \"0 4 1 1 *\"\n\
         allow_private_networks = true\nper_host = 32\n",
        folder.join("feedfold.db")
    );
    for feed in 0..options.feeds {
        write!(
            text,
            "\n[[feeds]]\nname = \"outlet-{feed}\"\nurl = \"{}\"\n",
            origin.url(feed)
        )?;
    }
    Ok(text)
}

/// What the database takes on disk, its log included.
fn database_bytes(folder: &Path) -> u64 {
    ["feedfold.db", "feedfold.db-wal"]
        .iter()
        .filter_map(|name| std::fs::metadata(folder.join(name)).ok())
        .map(|file| file.len())
        .sum()
}

/// A folder that goes with its value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("feedfold-load-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
