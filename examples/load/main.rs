//! A load on the whole program: feeds on loopback, ingested, polled again, and polled when some of
//! them changed.
//!
//! `cargo run --release --example load -- --help` tells the options. The program itself runs as a
//! child process with an ordinary configuration and knows nothing of being measured.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a report on the terminal is what this program is for"
)]

mod measure;
mod news;
mod origin;
mod report;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use measure::Cycle;
use origin::Origin;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// What a load is made of.
#[derive(Parser, Debug, Clone)]
#[command(name = "load", about = "Measures feedfold on feeds from loopback")]
struct Options {
    /// Number of feeds.
    #[arg(long, default_value_t = 1000)]
    feeds: usize,
    /// Entries of each feed's document.
    #[arg(long, default_value_t = 30)]
    entries: usize,
    /// Percentage of feeds that change before the third cycle.
    #[arg(long, default_value_t = 10)]
    change: usize,
    /// Median bytes of an entry's HTML; bodies are from a quarter to twice as long.
    #[arg(long, default_value_t = 1600)]
    size: usize,
    /// Milliseconds that the origin waits before each answer.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Hosts that the feeds are spread over: 127.0.0.1, 127.0.0.2 and so on (Linux).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=250))]
    hosts: u8,
    /// How often everything is measured; the table shows medians.
    #[arg(long, default_value_t = 1)]
    runs: usize,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// The program to measure, instead of the one that is built from here.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Only serve the documents, at the addresses printed, until interrupted.
    #[arg(long)]
    serve: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    ensure!(
        options.feeds > 0 && options.entries > 0 && options.runs > 0,
        "--feeds, --entries and --runs must be at least 1"
    );
    let news = Arc::new(news::News::new(options.entries, options.size));
    if options.serve {
        let origin = start(&options, &news).await?;
        for feed in 0..options.feeds {
            println!("{}", origin.url(feed));
        }
        tokio::signal::ctrl_c().await?;
        return Ok(());
    }
    let program = match &options.program {
        Some(program) => program.clone(),
        None => built()?,
    };
    let mut runs = Vec::new();
    for run in 1..=options.runs {
        eprintln!("run {run} of {}: writing documents", options.runs);
        runs.push(measured(&options, &news, &program).await?);
    }
    let summary = report::Summary::new(&options, &runs);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        print!("{}", summary.table());
    }
    Ok(())
}

async fn start(options: &Options, news: &Arc<news::News>) -> anyhow::Result<Origin> {
    let latency = Duration::from_millis(options.latency);
    let documents = (0..options.feeds).map(|feed| news.document(feed, false));
    Ok(Origin::start(options.hosts, latency, documents).await?)
}

/// The release build of the program that lies beside this example.
fn built() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--bin", "feedfold"])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .status()
        .context("cargo can't be started; name the program with --program")?;
    ensure!(status.success(), "the program can't be built");
    let here = std::env::current_exe()?;
    let profiles = here
        .parent()
        .and_then(Path::parent)
        .and_then(Path::parent)
        .context("this example lies outside a target folder; name the program with --program")?;
    Ok(profiles.join("release").join("feedfold"))
}

/// One run: a new origin, a new database, three cycles.
async fn measured(
    options: &Options,
    news: &Arc<news::News>,
    program: &Path,
) -> anyhow::Result<Vec<Cycle>> {
    let origin = start(options, news).await?;
    let folder = Folder::new()?;
    let configuration = folder.0.join("feedfold.toml");
    std::fs::write(&configuration, configured(options, &origin, &folder.0)?)?;
    let mut cycles = Vec::new();
    for (name, outcome) in [
        ("cold", "updated"),
        ("unchanged", "not_modified"),
        ("changed", ""),
    ] {
        if name == "changed" {
            // Spread over all feeds, so that neighbours in the database are not all the same.
            let changed = |feed: usize| feed * options.change.min(100) / 100;
            for feed in (0..options.feeds).filter(|feed| changed(*feed) != changed(feed + 1)) {
                origin.replace(feed, &news.document(feed, true));
            }
        }
        eprintln!("measuring: {name}");
        let before = origin.sent();
        let (used, polls) =
            tokio::task::block_in_place(|| measure::fetch_all(program, &configuration))?;
        let bytes = database_bytes(&folder.0);
        let cycle = Cycle::new(name, &used, &polls, origin.sent() - before, bytes);
        check(&cycle, options.feeds, outcome, &polls)?;
        cycles.push(cycle);
    }
    Ok(cycles)
}

/// A figure of a cycle that did something else would be worth nothing.
fn check(
    cycle: &Cycle,
    feeds: usize,
    outcome: &str,
    polls: &[measure::Poll],
) -> anyhow::Result<()> {
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

fn configured(options: &Options, origin: &Origin, folder: &Path) -> anyhow::Result<String> {
    let mut text = format!(
        "[database]\npath = {:?}\n\n[fetch]\nallow_private_networks = true\nper_host = 32\n",
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
struct Folder(PathBuf);

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
