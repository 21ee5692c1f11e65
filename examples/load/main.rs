//! Measures the whole program: feeds on loopback that are ingested, polled again, and polled when some
//! of them changed; what readers ask then; how all this grows with the number of feeds.
//!
//! `cargo run --release --example load -- --help` tells the options. The program itself runs as a
//! child process with an ordinary configuration and knows nothing of being measured.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a report on the terminal is what this program is for"
)]

mod archive;
mod articles;
mod chart;
mod cycles;
mod growth;
mod limits;
mod news;
mod nginx;
mod origin;
mod process;
mod questions;
mod report;
mod service;
mod spread;

use anyhow::ensure;
use archive::Archive;
use clap::{Parser, Subcommand};
use feedfold::clock::Clock;
use questions::Question;
use service::Service;
use std::path::{Path, PathBuf};

#[derive(Parser, Debug)]
#[command(
    name = "load",
    about = "Measures feedfold on feeds from loopback",
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    load: Load,
}

/// Cycles over all feeds, then questions.
#[derive(clap::Args, Debug)]
struct Load {
    #[command(flatten)]
    cycles: cycles::Options,
    /// Serve merged feeds beside nginx, too; needs nginx and wrk.
    #[arg(long)]
    beside_nginx: bool,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// The program to measure, instead of the one that is built from here.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Only serve the documents, at the addresses printed, until interrupted.
    #[arg(long)]
    serve: bool,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Measure how figures grow with the number of feeds and entries.
    Growth {
        #[command(flatten)]
        options: growth::Options,
        /// The program to measure, instead of the one that is built from here.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Make a store of made-up entries.
    Fill {
        /// The database.
        file: PathBuf,
        /// Number of entries.
        entries: usize,
        /// Number of feeds.
        #[arg(long, default_value_t = 1000)]
        feeds: usize,
        /// Days over which the entries arrived.
        #[arg(long, default_value_t = 400)]
        days: usize,
    },
    /// Ask such a store while polls are recorded.
    Ask {
        /// The database.
        file: PathBuf,
    },
    /// Remove a feed of such a store, take that back, remove what is old; and tell who waited.
    Care {
        /// The database.
        file: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let now = Clock::System.now();
    match arguments.command {
        None => load(&arguments.load).await,
        Some(Command::Growth { options, program }) => {
            let rows = growth::measure(&options, &program_to_measure(program.as_deref())?).await?;
            if let Some(file) = &options.chart {
                std::fs::write(file, chart::svg(&rows))?;
            }
            match options.json {
                true => println!("{}", serde_json::to_string_pretty(&rows)?),
                false => print!("{}", report::growth(&rows)),
            }
            Ok(())
        }
        Some(Command::Fill {
            file,
            entries,
            feeds,
            days,
        }) => {
            ensure!(
                feeds > 0 && entries > 0 && days > 0,
                "ENTRIES, --feeds and --days must be at least 1"
            );
            let archive = Archive {
                feeds,
                entries,
                days,
                until: now,
                url: &|feed| format!("https://www.outlet-{feed}.example/feed"),
            };
            archive::fill(&file, &archive).await
        }
        Some(Command::Ask { file }) => archive::ask(&file, now).await,
        Some(Command::Care { file }) => archive::care(&file, now).await,
    }
}

async fn load(load: &Load) -> anyhow::Result<()> {
    let options = &load.cycles;
    ensure!(
        options.feeds > 0 && options.entries > 0 && options.runs > 0,
        "--feeds, --entries and --runs must be at least 1"
    );
    let news = news::News::new(options.entries, options.size);
    if load.serve {
        let origin = cycles::publish(options, &news).await?;
        for feed in 0..options.feeds {
            println!("{}", origin.url(feed));
        }
        tokio::signal::ctrl_c().await?;
        return Ok(());
    }
    let program = program_to_measure(load.program.as_deref())?;
    let mut runs = Vec::new();
    let mut limits = Vec::new();
    let mut last = None;
    for run in 1..=options.runs {
        // The one before goes first, its folder with it.
        drop(last.take());
        eprintln!("run {run} of {}: writing documents", options.runs);
        let done = cycles::run(options, &news, &program).await?;
        runs.push(done.cycles.clone());
        limits.extend(done.limits);
        last = Some(done);
    }
    let mut summary = report::Summary::new(options, &runs);
    summary.beside_limits = report::beside_limits(&runs, &limits);
    if let Some(run) = &last {
        tokio::task::block_in_place(|| ask(load, run, &news, &program, &mut summary))?;
    }
    match load.json {
        true => println!("{}", serde_json::to_string_pretty(&summary)?),
        false => print!("{}", summary.table()),
    }
    Ok(())
}

/// Asks the service about what the last run stored.
fn ask(
    load: &Load,
    run: &cycles::Run,
    news: &news::News,
    program: &Path,
    summary: &mut report::Summary,
) -> anyhow::Result<()> {
    eprintln!("measuring: questions");
    summary.articles = Some(articles::count(
        &load.cycles,
        news,
        program,
        &run.configuration,
    )?);
    let service = Service::start(program, &run.configuration, &run.folder.0)?;
    summary.answers = questions::ask_all(&service, &questions(news))?;
    if load.beside_nginx {
        eprintln!("measuring: beside nginx");
        summary.beside_nginx = nginx::compare(&service, &run.folder.0)?;
    }
    summary.answering_peak_bytes = service.used().peak_bytes();
    Ok(())
}

fn questions(news: &news::News) -> Vec<Question> {
    use questions::Kind::{Kept, Known, New};
    let newest = "/api/v1/entries?limit=100";
    let merged = "/feed.atom?limit=100";
    let search = |word: &str| format!("/api/v1/entries?q={word}&limit=100");
    vec![
        Question::new("newest 100 entries as JSON", newest, New),
        Question::new("the same, kept", newest, Kept),
        Question::new(
            "search, a word of a quarter",
            search(&news.common_word()),
            New,
        ),
        Question::new("search, a word of nearly all", search("said"), New),
        Question::new("merged feed of 100", merged, New),
        Question::new("the same, kept", merged, Kept),
        Question::new("the same, 304", merged, Known),
    ]
}

fn program_to_measure(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    match named {
        Some(program) => Ok(program.to_owned()),
        None => process::built(),
    }
}
