//! How figures grow with the number of feeds and entries.
//!
//! Each size has a store of its own, filled without a network; the service then polls all of its
//! feeds from loopback and is asked what readers ask. Each feed has an entry in eight days, so a
//! larger store has more of everything in the same time, as a larger list of feeds has.

use crate::archive::{Archive, ENTRIES_A_POLL, LEASE, document, fill, word};
use crate::origin::{self, Origin};
use crate::process::Used;
use crate::questions::{Kind, Latency, Question, ask_all};
use crate::service::Service;
use crate::spread::Spread;
use anyhow::ensure;
use chrono::TimeDelta;
use clap::Args;
use feedfold::clock::Clock;
use feedfold::feed::Timestamp;
use feedfold::store::Store;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tokio::time::Instant;

/// Days in which each feed has one entry.
const DAYS_AN_ENTRY: usize = 8;
/// Feeds that are claimed at once.
const CLAIMED: usize = 32;
/// How often claiming is measured.
const CLAIMINGS: usize = 301;
/// Feeds that change, and new entries of each.
const CHANGED: usize = 100;
const NEW_ENTRIES: usize = 10;
/// The port of the feeds' hosts: it stands in the stored addresses.
const PORT: u16 = 8499;
/// How often it is looked whether all polls have ended.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How much longer than an answer took it is waited before the service is asked again, so that answering
/// takes a twentieth of the time at most.
const PATIENT: u32 = 20;
/// How long all polls together may take.
const PATIENCE: Duration = Duration::from_secs(1200);

/// How growth is measured.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// Numbers of feeds and of entries.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1000:50000,10000:500000,100000:1000000"
    )]
    sizes: Vec<Size>,
    /// Where the stores are made; the largest takes 3 GB or more.
    #[arg(long)]
    folder: PathBuf,
    /// Keep the stores, and use those that were kept today.
    #[arg(long)]
    keep: bool,
    /// How often all feeds are polled; the table shows medians.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw the curves into this file.
    #[arg(long)]
    pub(crate) chart: Option<PathBuf>,
}

/// A store's size.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Size {
    pub(crate) feeds: usize,
    pub(crate) entries: usize,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no size; write FEEDS:ENTRIES, as in 1000:50000");
        let (feeds, entries) = text.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| {
            text.parse::<usize>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(wrong)
        };
        Ok(Self {
            feeds: number(feeds)?,
            entries: number(entries)?,
        })
    }
}

/// The figures of one size.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    pub(crate) size: Size,
    pub(crate) database_bytes: u64,
    /// To claim 32 feeds of those that are due.
    pub(crate) claim_milliseconds: Spread,
    /// To read the next feeds that are due, for each of them.
    pub(crate) due_microseconds: Spread,
    /// The service polls all feeds, and nothing is new.
    pub(crate) poll_cpu_milliseconds: Spread,
    pub(crate) poll_milliseconds: Spread,
    pub(crate) polling_peak_bytes: Spread,
    /// The service polls feeds that have new entries.
    pub(crate) entry_cpu_milliseconds: Spread,
    pub(crate) storing_peak_bytes: Spread,
    /// The service that has polled all feeds answers.
    pub(crate) answers: Vec<Latency>,
    pub(crate) answering_peak_bytes: u64,
}

/// A figure of a row.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: Spread,
    /// How many digits behind the point are worth telling.
    pub(crate) digits: usize,
    /// Whether it should stay as it is when feeds and entries become more.
    pub(crate) bounded: bool,
}

impl Row {
    /// All figures, as costs: less is better.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let figure = |name: &str, value, digits, bounded| Figure {
            name: name.to_owned(),
            value,
            digits,
            bounded,
        };
        let one = |value: f64| Spread::of(vec![value]);
        let megabytes = |bytes: Spread| bytes.times(1e-6);
        let mut figures = vec![
            figure(
                "database, MB",
                one(self.database_bytes as f64 / 1e6),
                0,
                false,
            ),
            figure("a claim of 32 feeds, ms", self.claim_milliseconds, 2, true),
            figure(
                "to find a feed that is due, µs",
                self.due_microseconds,
                2,
                true,
            ),
            figure(
                "a poll with nothing new, CPU ms",
                self.poll_cpu_milliseconds,
                3,
                true,
            ),
            figure("the same, ms on the clock", self.poll_milliseconds, 3, true),
            figure(
                "peak memory of that, MB",
                megabytes(self.polling_peak_bytes),
                1,
                true,
            ),
            figure("a new entry, CPU ms", self.entry_cpu_milliseconds, 2, true),
            figure(
                "peak memory of that, MB",
                megabytes(self.storing_peak_bytes),
                1,
                true,
            ),
        ];
        for answer in &self.answers {
            let name = format!("{}, ms", answer.question);
            figures.push(figure(&name, answer.milliseconds, 2, true));
            if let Some(cpu) = answer.cpu_milliseconds {
                figures.push(figure("of it CPU ms", one(cpu), 1, false));
            }
        }
        let answering = one(self.answering_peak_bytes as f64 / 1e6);
        figures.push(figure("peak memory of answering, MB", answering, 1, true));
        figures
    }
}

/// Measures every size.
pub(crate) async fn measure(options: &Options, program: &Path) -> anyhow::Result<Vec<Row>> {
    ensure!(options.runs > 0, "--runs must be at least 1");
    for size in &options.sizes {
        // A feed that was never polled has nothing by which it could be told that nothing changed.
        ensure!(
            size.entries >= size.feeds * ENTRIES_A_POLL,
            "--sizes: {} feeds need {ENTRIES_A_POLL} entries each, or more",
            size.feeds
        );
    }
    std::fs::create_dir_all(&options.folder)?;
    let mut rows = Vec::new();
    for size in &options.sizes {
        let now = Clock::System.now();
        let store = Files::new(&options.folder, *size, now);
        if !store.database.exists() {
            let hosts = hosts(*size);
            let url = |feed| origin::url(hosts, PORT, feed);
            let archive = Archive {
                feeds: size.feeds,
                entries: size.entries,
                days: size.entries.div_ceil(size.feeds) * DAYS_AN_ENTRY,
                until: now,
                url: &url,
            };
            let unfinished = store.database.with_extension("unfinished");
            fill(&unfinished, &archive).await?;
            std::fs::rename(&unfinished, &store.database)?;
        }
        rows.push(row(options, *size, &store, program).await?);
        if !options.keep {
            store.remove();
        }
    }
    Ok(rows)
}

/// Each feed has a host of its own.
fn hosts(size: Size) -> u32 {
    u32::try_from(size.feeds).unwrap_or(u32::MAX)
}

/// A store and what belongs to it.
struct Files {
    folder: PathBuf,
    database: PathBuf,
    configuration: PathBuf,
}

impl Files {
    fn new(folder: &Path, size: Size, now: Timestamp) -> Self {
        let name = format!("{}-{}-{}", size.feeds, size.entries, now.format("%Y-%m-%d"));
        Self {
            folder: folder.to_owned(),
            database: folder.join(format!("{name}.db")),
            configuration: folder.join(format!("{name}.toml")),
        }
    }

    /// An ordinary configuration, but that polls are rare, so that questions are asked in peace.
    fn configure(&self) -> std::io::Result<()> {
        std::fs::write(
            &self.configuration,
            format!(
                "[database]\npath = {:?}\n\n[fetch]\nschedule = \"0 4 1 1 *\"\n\
                 allow_private_networks = true\nper_host = 32\n\n[retention]\nkeep = \"36500d\"\n",
                self.database
            ),
        )
    }

    fn remove(&self) {
        for end in ["db", "db-wal", "db-shm", "toml"] {
            // Some of them exist only at times.
            let _ = std::fs::remove_file(self.database.with_extension(end));
        }
    }
}

async fn row(options: &Options, size: Size, files: &Files, program: &Path) -> anyhow::Result<Row> {
    eprintln!("measuring: {} feeds, {} entries", size.feeds, size.entries);
    files.configure()?;
    let store = Store::open(&files.database, Clock::System.now())?;
    // A store that was kept has polled its feeds.
    make_due(&store, None).await?;
    let (claim_milliseconds, due_microseconds) = claiming(&store).await?;
    let origin = Origin::start(hosts(size), PORT, Duration::ZERO).await?;
    let mut unchanged = Vec::new();
    let mut changed = Vec::new();
    for run in 0..options.runs {
        make_due(&store, None).await?;
        unchanged.push(polled(program, files, &origin, size.feeds).await?);
        let feeds: Vec<usize> = (0..CHANGED.min(size.feeds))
            .map(|feed| feed * size.feeds / CHANGED.min(size.feeds))
            .collect();
        let now = Clock::System.now();
        for feed in &feeds {
            // Numbers that neither the filling nor an earlier run used.
            let first = 1_000_000 + (now.timestamp() % 1_000_000_000) as usize * NEW_ENTRIES + run;
            origin.publish(*feed, &document(*feed, first..first + NEW_ENTRIES, now))?;
        }
        let names = feeds.iter().map(|feed| format!("outlet-{feed}"));
        make_due(&store, Some(names.collect())).await?;
        changed.push(polled(program, files, &origin, feeds.len()).await?);
    }
    let service = Service::start(program, &files.configuration, &files.folder)?;
    let answers = tokio::task::block_in_place(|| ask_all(&service, &questions()))?;
    let answering = service.used();
    drop(service);
    store.close().await;
    let spread =
        |of: &dyn Fn(&Used) -> f64, cycles: &[Used]| Spread::of(cycles.iter().map(of).collect());
    let peak = |used: &Used| used.peak_bytes().unwrap_or_default() as f64;
    let cpu = |used: &Used| used.cpu_seconds().unwrap_or_default() * 1e3;
    let feeds = size.feeds as f64;
    let new_entries = (CHANGED.min(size.feeds) * NEW_ENTRIES) as f64;
    Ok(Row {
        size,
        database_bytes: std::fs::metadata(&files.database)?.len(),
        claim_milliseconds,
        due_microseconds,
        poll_cpu_milliseconds: spread(&|used| cpu(used) / feeds, &unchanged),
        poll_milliseconds: spread(&|used| used.wall_seconds() * 1e3 / feeds, &unchanged),
        polling_peak_bytes: spread(&peak, &unchanged),
        entry_cpu_milliseconds: spread(&|used| cpu(used) / new_entries, &changed),
        storing_peak_bytes: spread(&peak, &changed),
        answers,
        answering_peak_bytes: answering.peak_bytes().unwrap_or_default(),
    })
}

/// How long claiming takes while all feeds are due, and looking for those that are.
async fn claiming(store: &Store) -> anyhow::Result<(Spread, Spread)> {
    let now = Clock::System.now() + TimeDelta::days(1);
    let mut claimed = Vec::new();
    let mut looked = Vec::new();
    for time in 0..CLAIMINGS {
        let began = Instant::now();
        let claims = store.claim_due(now, CLAIMED, LEASE).await?;
        claimed.push(began.elapsed().as_secs_f64() * 1e3);
        store.release(claims).await?;
        if time % 30 == 0 {
            let began = Instant::now();
            // As many as the service reads at once.
            let due = store.due(now, 10_000, None).await?;
            looked.push(began.elapsed().as_secs_f64() * 1e6 / due.len().max(1) as f64);
        }
    }
    Ok((Spread::of(claimed), Spread::of(looked)))
}

/// Makes feeds due now; all of them where none are named.
async fn make_due(store: &Store, names: Option<Vec<String>>) -> anyhow::Result<()> {
    let now = Clock::System.now();
    let rule = Box::new(move |feed: &feedfold::feed::Feed| (Some(now), feed.pace.clone()));
    Ok(store.replan(names, rule).await?)
}

/// Starts the service; what it used until it had polled so many feeds.
async fn polled(
    program: &Path,
    files: &Files,
    origin: &Origin,
    feeds: usize,
) -> anyhow::Result<Used> {
    let before = origin.answers();
    let began = Instant::now();
    let service = Service::start(program, &files.configuration, &files.folder)?;
    loop {
        let mut wait = LOOK_EVERY;
        // Asking the service costs it time: it is asked only when all feeds have been asked for.
        if origin.answers() >= before + feeds as u64 {
            let asked = Instant::now();
            // On a new connection: the service closes those that say nothing for long.
            let metrics = tokio::task::block_in_place(|| service.connect()?.get("/metrics", ""))?;
            let metrics = String::from_utf8(metrics.body)?;
            if total(&metrics, "feedfold_polls_total{") >= feeds as u64 {
                let good = total(&metrics, "feedfold_polls_total{outcome=\"not_modified\"")
                    + total(&metrics, "feedfold_polls_total{outcome=\"updated\"");
                ensure!(good == feeds as u64, "polls failed:\n{metrics}");
                return Ok(service.used());
            }
            wait = wait.max(asked.elapsed() * PATIENT);
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "after {PATIENCE:?} only {} of {feeds} feeds were asked for",
            origin.answers() - before
        );
        tokio::time::sleep(wait).await;
    }
}

/// The sum of the counters whose lines begin so.
fn total(metrics: &str, beginning: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(beginning));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn questions() -> Vec<Question> {
    let common = word(56);
    vec![
        Question::new("merged feed of 100, new", "/feed.atom?limit=100", Kind::New),
        Question::new(
            "merged feed of 100, kept",
            "/feed.atom?limit=100",
            Kind::Kept,
        ),
        Question::new("newest 100 entries", "/api/v1/entries?limit=100", Kind::New),
        Question::new(
            "search of a common word",
            format!("/api/v1/entries?q={common}&limit=100"),
            Kind::New,
        ),
        Question::new(
            "search of a word that all have",
            format!("/api/v1/entries?q={}&limit=100", word(1)),
            Kind::New,
        ),
    ]
}
