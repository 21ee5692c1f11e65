//! Runs the program and tells what it used.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How often the child's peak of memory is read; it only ever rises.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The surroundings that systemd/feedfold.service and the image give the program.
pub(crate) const AS_A_SERVICE: [(&str, &str); 1] = [("MALLOC_ARENA_MAX", "4")];
/// Clock ticks a second, in which Linux tells processor time to programs, on every architecture.
pub(crate) const TICKS: f64 = 100.0;

/// A line of `feedfold fetch --json`.
#[derive(Debug, Deserialize)]
pub(crate) struct Poll {
    pub(crate) feed: String,
    pub(crate) outcome: String,
    pub(crate) new: u64,
    pub(crate) updated: u64,
    pub(crate) duplicates: u64,
    pub(crate) error: Option<String>,
}

/// What a process used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    wall: Duration,
    /// In ticks, where the system tells it.
    user: Option<u64>,
    system: Option<u64>,
    /// In KiB, where the system tells it.
    peak: Option<u64>,
}

impl Used {
    /// Processor seconds, where the system tells them.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        let (user, system) = self.user.zip(self.system)?;
        Some((user + system) as f64 / TICKS)
    }

    /// Seconds on the clock.
    pub(crate) fn wall_seconds(&self) -> f64 {
        self.wall.as_secs_f64()
    }

    /// The most memory so far, where the system tells it.
    pub(crate) fn peak_bytes(&self) -> Option<u64> {
        self.peak.map(|kib| kib * 1024)
    }
}

/// The figures of one cycle over all feeds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cycle {
    /// What was measured.
    pub(crate) name: &'static str,
    pub(crate) wall_seconds: f64,
    pub(crate) feeds_per_second: f64,
    /// Entries that were new or revised.
    pub(crate) entries: u64,
    pub(crate) entries_per_second: f64,
    pub(crate) folded: u64,
    pub(crate) not_modified: u64,
    /// User and system time of the program alone.
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) user_seconds: Option<f64>,
    pub(crate) peak_bytes: Option<u64>,
    /// What the origin sent, heads of answers included.
    pub(crate) received_bytes: u64,
    pub(crate) database_bytes: u64,
}

impl Cycle {
    pub(crate) fn new(
        name: &'static str,
        used: &Used,
        polls: &[Poll],
        received: u64,
        database: u64,
    ) -> Self {
        let seconds = used.wall_seconds();
        let entries = polls.iter().map(|poll| poll.new + poll.updated).sum();
        Self {
            name,
            wall_seconds: seconds,
            feeds_per_second: polls.len() as f64 / seconds,
            entries,
            entries_per_second: entries as f64 / seconds,
            folded: polls.iter().map(|poll| poll.duplicates).sum(),
            not_modified: polls
                .iter()
                .filter(|poll| poll.outcome == "not_modified")
                .count() as u64,
            cpu_seconds: used.cpu_seconds(),
            user_seconds: used.user.map(|ticks| ticks as f64 / TICKS),
            peak_bytes: used.peak_bytes(),
            received_bytes: received,
            database_bytes: database,
        }
    }
}

/// Polls every feed of the configuration once, in a process of its own.
pub(crate) fn fetch_all(program: &Path, configuration: &Path) -> anyhow::Result<(Used, Vec<Poll>)> {
    let before = children();
    let started = Instant::now();
    let mut child = Command::new(program)
        .envs(AS_A_SERVICE)
        .arg("--config")
        .arg(configuration)
        .args(["fetch", "--all", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} can't be started", program.display()))?;
    let id = child.id();
    let mut out = child.stdout.take().context("no output")?;
    let ended = AtomicBool::new(false);
    let mut text = String::new();
    let (read, status, wall, peak) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut peak = None;
            while !ended.load(Ordering::Relaxed) {
                peak = peak.max(peak_of(id));
                std::thread::sleep(LOOK_EVERY);
            }
            peak
        });
        let read = out.read_to_string(&mut text);
        let status = child.wait();
        let wall = started.elapsed();
        ended.store(true, Ordering::Relaxed);
        // A watcher that failed saw no peak.
        (read, status, wall, watcher.join().unwrap_or_default())
    });
    let after = children();
    read?;
    let status = status?;
    ensure!(status.success(), "the program ended with {status}");
    let polls = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Poll>, _>>()?;
    let (user, system) = match (before, after) {
        (Some(before), Some(after)) => (Some(after.0 - before.0), Some(after.1 - before.1)),
        _ => (None, None),
    };
    let used = Used {
        wall,
        user,
        system,
        peak,
    };
    Ok((used, polls))
}

/// What a running process used so far.
pub(crate) fn used_so_far(process: u32, wall: Duration) -> Used {
    let times = ticks(&format!("/proc/{process}/stat"), 11);
    Used {
        wall,
        user: times.map(|(user, _)| user),
        system: times.map(|(_, system)| system),
        peak: peak_of(process),
    }
}

/// User and system time of all children that ended (proc(5): cutime and cstime).
fn children() -> Option<(u64, u64)> {
    ticks("/proc/self/stat", 13)
}

/// Two neighbouring times of a `stat` file, `from` so many fields behind the program's name.
pub(crate) fn ticks(stat: &str, from: usize) -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string(stat).ok()?;
    // The program's name is in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(from);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The most memory that a process had so far, in KiB (proc(5): VmHWM).
fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The release build of the program that lies beside this example.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
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
