//! `feedfold stats`: how much is stored, and how the feeds fare.

use super::Ending;
use super::arguments::Stats;
use super::output;
use super::surroundings::{Surroundings, block_on};
use serde::Serialize;
use std::io::{self, Write};

/// The numbers, as programs see them.
#[derive(Serialize)]
struct Record {
    feeds: usize,
    /// Feeds whose last poll failed.
    failing: usize,
    disabled: usize,
    entries: u64,
    stories: u64,
    /// Bytes of the database.
    bytes: u64,
    /// When anything that is shown changed last.
    changed: String,
}

/// Prints the numbers.
pub(super) fn run(surroundings: &Surroundings, options: &Stats) -> anyhow::Result<Ending> {
    block_on(async {
        let store = surroundings.store_to_read()?;
        let counts = store.counts().await?;
        let feeds = store.feeds().await?;
        let disabled = feeds
            .iter()
            .filter(|f| !f.subscription.enabled || f.health.gone);
        let failing = feeds
            .iter()
            .filter(|f| f.subscription.enabled && f.health.failures > 0);
        let changed = store.generation().changed;
        let record = Record {
            feeds: feeds.len(),
            failing: failing.count(),
            disabled: disabled.count(),
            entries: counts.entries,
            stories: counts.stories,
            bytes: counts.bytes,
            changed: output::moment(changed),
        };
        let mut out = io::stdout().lock();
        if options.json {
            output::json_line(&mut out, &record)?;
            return Ok(Ending::Done);
        }
        writeln!(
            out,
            "{} feeds, {} failing, {} disabled",
            record.feeds, record.failing, record.disabled
        )?;
        writeln!(
            out,
            "{} entries in {} stories",
            record.entries, record.stories
        )?;
        writeln!(
            out,
            "{:.1} MB, last change {}",
            record.bytes as f64 / 1e6,
            surroundings.zone.long(changed)
        )?;
        Ok(Ending::Done)
    })
}
