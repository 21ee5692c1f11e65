//! What was measured, as tables and as JSON.

use crate::articles::Articles;
use crate::cycles::Options;
use crate::growth::Row;
use crate::limits::Limits;
use crate::nginx::Beside;
use crate::process::Cycle;
use crate::questions::Latency;
use crate::spread::Spread;
use serde::Serialize;
use std::fmt::Write as _;

/// What is printed.
#[derive(Serialize)]
pub(crate) struct Summary {
    feeds: usize,
    entries_each: usize,
    change_percent: usize,
    latency_ms: u64,
    hosts: u32,
    runs: usize,
    cores: usize,
    /// Medians over all runs.
    cycles: Vec<Cycle>,
    /// Smallest and largest processor time of each cycle: the noise.
    cpu_seconds_range: Vec<Option<(f64, f64)>>,
    /// What the parts of the first cycle take at least on this machine, and how much of that it took.
    pub(crate) beside_limits: Option<BesideLimits>,
    pub(crate) answers: Vec<Latency>,
    pub(crate) articles: Option<Articles>,
    pub(crate) beside_nginx: Vec<Beside>,
    /// Of the service while it was asked.
    pub(crate) answering_peak_bytes: Option<u64>,
}

impl Summary {
    pub(crate) fn new(options: &Options, runs: &[Vec<Cycle>]) -> Self {
        let cycles = runs.first().map_or(0, Vec::len);
        let all_of =
            |at: usize| -> Vec<&Cycle> { runs.iter().filter_map(|run| run.get(at)).collect() };
        Self {
            feeds: options.feeds,
            entries_each: options.entries,
            change_percent: options.change,
            latency_ms: options.latency,
            hosts: options.hosts,
            runs: runs.len(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cycles: (0..cycles).filter_map(|at| middle(&all_of(at))).collect(),
            cpu_seconds_range: (0..cycles).map(|at| range(&all_of(at))).collect(),
            beside_limits: None,
            answers: Vec::new(),
            articles: None,
            beside_nginx: Vec::new(),
            answering_peak_bytes: None,
        }
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut out = format!(
            "{} feeds of {} entries, {} runs on {} cores, {} ms latency, {} host(s)\n\n\
             | cycle | wall s | feeds/s | entries/s | CPU s | of it user | CPU s of all runs | \
             peak memory | received | database | new or revised | folded |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|\n",
            self.feeds, self.entries_each, self.runs, self.cores, self.latency_ms, self.hosts
        );
        for (cycle, range) in self.cycles.iter().zip(&self.cpu_seconds_range) {
            let seconds =
                |time: Option<f64>| time.map_or_else(|| "–".to_owned(), |t| format!("{t:.2}"));
            let range = range.map_or_else(
                || "–".to_owned(),
                |(least, most)| format!("{least:.2}–{most:.2}"),
            );
            // Writing to a text never fails.
            let _ = writeln!(
                out,
                "| {} | {:.2} | {:.0} | {:.0} | {} | {} | {range} | {} | {} | {} | {} | {} |",
                cycle.name,
                cycle.wall_seconds,
                cycle.feeds_per_second,
                cycle.entries_per_second,
                seconds(cycle.cpu_seconds),
                seconds(cycle.user_seconds),
                cycle.peak_bytes.map_or_else(|| "–".to_owned(), megabytes),
                megabytes(cycle.received_bytes),
                megabytes(cycle.database_bytes),
                cycle.entries,
                cycle.folded,
            );
        }
        if let Some(cold) = self.cycles.first() {
            let _ = writeln!(
                out,
                "\n{} stored for 10,000 entries, search included",
                megabytes(cold.database_bytes * 10_000 / cold.entries.max(1))
            );
        }
        if let Some(beside) = &self.beside_limits {
            let _ = writeln!(
                out,
                "\nthe least on this machine, CPU s: fetching and unpacking {:.2}, feed-rs with its \
                 sanitiser {:.2}, SQLite rows and words {:.2}; the first cycle took {:.2} times that",
                beside.fetch_and_inflate, beside.feed_rs, beside.rows_and_words, beside.ratio
            );
        }
        out.push_str(&answers(&self.answers));
        if let Some(found) = &self.articles {
            let _ = writeln!(
                out,
                "\n{} entries are {} articles; a view with fold = \"article\" has {} items, and {} \
                 articles in none of them; {} entries count as copies of another article",
                found.entries, found.articles, found.items, found.lost, found.wrong_copies
            );
        }
        if !self.beside_nginx.is_empty() {
            out.push_str(
                "\n| merged feed of 100 | feedfold, requests/s | nginx, requests/s | feedfold ÷ nginx |\n\
                 |---|---|---|---|\n",
            );
        }
        for beside in &self.beside_nginx {
            let _ = writeln!(
                out,
                "| {} | {:.0} | {:.0} | {:.2} |",
                beside.answer, beside.feedfold, beside.nginx, beside.ratio
            );
        }
        out
    }
}

/// Processor seconds over all runs, and the first cycle's beside those of its own run.
#[derive(Serialize)]
pub(crate) struct BesideLimits {
    fetch_and_inflate: Spread,
    feed_rs: Spread,
    rows_and_words: Spread,
    ratio: Spread,
}

/// Compares the first cycle of each run with the limits measured in it.
pub(crate) fn beside_limits(runs: &[Vec<Cycle>], limits: &[Limits]) -> Option<BesideLimits> {
    limits.first()?;
    let each = |part: fn(&Limits) -> f64| Spread::of(limits.iter().map(part).collect());
    let ratios = runs.iter().zip(limits).filter_map(|(run, limits)| {
        let cold = run.first()?.cpu_seconds?;
        Some(cold / limits.sum())
    });
    Some(BesideLimits {
        fetch_and_inflate: each(|limits| limits.fetch_and_inflate),
        feed_rs: each(|limits| limits.feed_rs),
        rows_and_words: each(|limits| limits.rows_and_words),
        ratio: Spread::of(ratios.collect()),
    })
}

fn answers(latencies: &[Latency]) -> String {
    let mut out = String::from(
        "\n| question | median ms, least–most | CPU ms | bytes |\n|---|---|---|---|\n",
    );
    for latency in latencies {
        let cpu = latency.cpu_milliseconds;
        let cpu = cpu.map_or_else(|| "–".to_owned(), |cpu| format!("{cpu:.1}"));
        let _ = writeln!(
            out,
            "| {} | {:.2} | {cpu} | {} |",
            latency.question, latency.milliseconds, latency.bytes
        );
    }
    out
}

/// Growth: a column for each size, then how many times the last one costs the first.
pub(crate) fn growth(rows: &[Row]) -> String {
    let mut out = String::from("| |");
    for Row { size, .. } in rows {
        let _ = write!(out, " {} feeds, {} entries |", size.feeds, size.entries);
    }
    let columns = "---|".repeat(rows.len() + 1);
    let _ = writeln!(out, " last ÷ first |\n|---|{columns}");
    let figures: Vec<_> = rows.iter().map(Row::figures).collect();
    let Some((first, last)) = figures.first().zip(figures.last()) else {
        return out;
    };
    for (at, (figure, dearest)) in first.iter().zip(last).enumerate() {
        let _ = write!(out, "| {} |", figure.name);
        for value in figures.iter().filter_map(|row| row.get(at)) {
            let _ = write!(out, " {:.*} |", figure.digits, value.value);
        }
        let _ = writeln!(out, " {:.2} |", dearest.value.median / figure.value.median);
    }
    out
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The median of each figure by itself.
fn middle(cycles: &[&Cycle]) -> Option<Cycle> {
    let first = *cycles.first()?;
    let float = |of: fn(&Cycle) -> f64| {
        let mut values: Vec<f64> = cycles.iter().map(|cycle| of(cycle)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let whole = |of: fn(&Cycle) -> u64| {
        let mut values: Vec<u64> = cycles.iter().map(|cycle| of(cycle)).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    Some(Cycle {
        wall_seconds: float(|cycle| cycle.wall_seconds),
        feeds_per_second: float(|cycle| cycle.feeds_per_second),
        entries: whole(|cycle| cycle.entries),
        entries_per_second: float(|cycle| cycle.entries_per_second),
        folded: whole(|cycle| cycle.folded),
        not_modified: whole(|cycle| cycle.not_modified),
        cpu_seconds: first
            .cpu_seconds
            .map(|_| float(|cycle| cycle.cpu_seconds.unwrap_or_default())),
        user_seconds: first
            .user_seconds
            .map(|_| float(|cycle| cycle.user_seconds.unwrap_or_default())),
        peak_bytes: first
            .peak_bytes
            .map(|_| whole(|cycle| cycle.peak_bytes.unwrap_or_default())),
        received_bytes: whole(|cycle| cycle.received_bytes),
        database_bytes: whole(|cycle| cycle.database_bytes),
        name: first.name,
    })
}

fn range(cycles: &[&Cycle]) -> Option<(f64, f64)> {
    let times: Option<Vec<f64>> = cycles.iter().map(|cycle| cycle.cpu_seconds).collect();
    let times = times?;
    let least = times.iter().copied().min_by(f64::total_cmp)?;
    let most = times.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}
