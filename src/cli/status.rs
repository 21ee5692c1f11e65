//! `feedfold status`: what an operator asks first.

use super::Ending;
use super::arguments::Status;
use super::output;
use super::surroundings::{Surroundings, block_on};
use crate::daemon::Alone;
use crate::feed::{Feed, Timestamp};
use crate::store::Overview;
use chrono::TimeDelta;
use serde::Serialize;
use std::io::{self, Write};

/// Feeds whose failures are told, those that fail the longest first.
const TOLD: usize = 5;
/// A feed that is due for so long was overlooked.
const OVERDUE: TimeDelta = TimeDelta::minutes(10);

/// The answer, as programs see it.
#[derive(Serialize)]
struct Record {
    /// Whether a daemon serves this database.
    running: bool,
    /// Whether somebody should look.
    well: bool,
    feeds: u64,
    failing: u64,
    disabled: u64,
    due: u64,
    overdue_seconds: u64,
    last_success: Option<String>,
    next_due: Option<String>,
    newest: Option<String>,
    bytes: u64,
    disk_free_bytes: Option<u64>,
    database: String,
}

/// Runs the command. The exit code is 1 where no daemon runs, or feeds wait for it in vain.
pub(super) fn run(surroundings: &Surroundings, options: &Status) -> anyhow::Result<Ending> {
    block_on(async {
        let path = surroundings.config()?.database.path;
        let store = surroundings.store_to_read()?;
        let now = surroundings.clock.now();
        let overview = store.overview(now).await?;
        let holder = Alone::holder(&path);
        let late = TimeDelta::from_std(overview.overdue_by).is_ok_and(|by| by > OVERDUE);
        let well = holder.is_some() && !late && !overview.is_disk_nearly_full();
        let mut out = io::stdout().lock();
        if options.json {
            let moment = |moment: Option<Timestamp>| moment.map(output::moment);
            let record = Record {
                running: holder.is_some(),
                well,
                feeds: overview.feeds,
                failing: overview.failing,
                disabled: overview.disabled,
                due: overview.due,
                overdue_seconds: overview.overdue_by.as_secs(),
                last_success: moment(overview.last_success),
                next_due: moment(overview.next_due),
                newest: moment(overview.newest),
                bytes: overview.bytes,
                disk_free_bytes: overview.free,
                database: path.display().to_string(),
            };
            output::json_line(&mut out, &record)?;
        } else {
            for line in lines(&overview, holder.as_deref(), now) {
                writeln!(out, "{line}")?;
            }
            writeln!(
                out,
                "database  {}, {:.1} MB",
                path.display(),
                overview.bytes as f64 / 1e6
            )?;
            if let Some(free) = overview.free {
                writeln!(out, "disk      {}", room(&overview, free))?;
            }
            if overview.failing > 0 {
                writeln!(out)?;
                for line in failures(store.feeds().await?, now) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        Ok(if well { Ending::Done } else { Ending::Failed })
    })
}

/// The state, a line for each question.
fn lines(overview: &Overview, holder: Option<&str>, now: Timestamp) -> Vec<String> {
    let ago = |moment: Option<Timestamp>| match moment {
        Some(moment) => format!("{} ago", rough(now - moment)),
        None => "never".to_owned(),
    };
    let service = match holder {
        Some(process) => format!("runs ({process})"),
        None => "does not run: 'feedfold serve' or 'systemctl start feedfold' starts it".to_owned(),
    };
    let next = match overview.next_due {
        None => "nothing to poll".to_owned(),
        Some(due) if due > now => format!("in {}", rough(due - now)),
        Some(due) => format!(
            "{} feeds are due, one since {}",
            overview.due,
            rough(now - due)
        ),
    };
    vec![
        format!("service   {service}"),
        format!(
            "feeds     {} polled, {} failing, {} disabled or gone",
            overview.feeds, overview.failing, overview.disabled
        ),
        format!("polled    {}", ago(overview.last_success)),
        format!("next      {next}"),
        format!("new       {}", ago(overview.newest)),
    ]
}

/// What the disk has left.
fn room(overview: &Overview, free: u64) -> String {
    let nearly_full = match overview.is_disk_nearly_full() {
        true => ", nearly full: make room, or keep less (retention.keep)",
        false => "",
    };
    format!("{:.1} MB left{nearly_full}", free as f64 / 1e6)
}

/// Who fails, and why, the longest first.
fn failures(mut feeds: Vec<Feed>, now: Timestamp) -> Vec<String> {
    feeds.retain(|feed| feed.subscription.enabled && !feed.health.gone && feed.health.failures > 0);
    feeds.sort_by_key(|feed| feed.health.last_success);
    let more = feeds.len().saturating_sub(TOLD);
    let mut lines: Vec<String> = feeds
        .iter()
        .take(TOLD)
        .map(|feed| {
            let since = match feed.health.last_success {
                Some(success) => format!("for {}", rough(now - success)),
                None => "from the beginning".to_owned(),
            };
            let error = feed.health.last_error.as_ref();
            let why = error.map_or("no reason was kept", |error| error.sentence.as_str());
            format!("{} fails {since}: {why}", feed.subscription.name)
        })
        .collect();
    if more > 0 {
        lines.push(format!(
            "{more} more fail; 'feedfold feeds list' tells of all"
        ));
    }
    lines
}

/// A time in its largest unit.
fn rough(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
