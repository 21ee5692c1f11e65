//! `feedfold fetch`: polls feeds once, then exits.

use super::arguments::Fetch;
use super::output::Zone;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, output};
use crate::config::Config;
use crate::publish::rfc3339;
use crate::refresh::{Outcome, Refresher, Report, Wave};
use crate::store::{DueFeed, Store};
use serde::Serialize;
use std::io::{self, Write};

/// A poll as one JSON object.
#[derive(Serialize)]
struct Line<'a> {
    feed: &'a str,
    url: &'a str,
    outcome: &'static str,
    status: Option<u16>,
    new: usize,
    updated: usize,
    duplicates: usize,
    error: Option<&'a str>,
    next_due: Option<String>,
}

/// Polls what is due, or what was named, and prints a line a feed as its poll ends.
pub(super) fn run(surroundings: &Surroundings, options: &Fetch) -> anyhow::Result<Ending> {
    block_on(async {
        let config = surroundings.config()?;
        let store = surroundings.store_in_step(&config).await?;
        let feeds = chosen(&store, surroundings, options).await?;
        let asked_for = feeds.len();
        let mut wave = wave(surroundings, &config, &store)?;
        if options.all || !options.names.is_empty() {
            wave.add_regardless(feeds);
        } else {
            wave.add_due(feeds);
        }
        let mut summary = Summary::default();
        while let Some(report) = wave.next().await {
            let report = report?;
            summary.count(&report);
            print(&report, options.json)?;
        }
        if !options.json {
            summary.print(asked_for, &store, surroundings.zone).await?;
        }
        store.close_tidily().await;
        Ok(match summary.unstored {
            0 => Ending::Done,
            _ => Ending::Failed,
        })
    })
}

fn wave(surroundings: &Surroundings, config: &Config, store: &Store) -> anyhow::Result<Wave> {
    let refresher = Refresher::new(store.clone(), config, surroundings.clock.clone())?;
    Ok(Wave::new(refresher))
}

async fn chosen(
    store: &Store,
    surroundings: &Surroundings,
    options: &Fetch,
) -> anyhow::Result<Vec<DueFeed>> {
    if options.names.is_empty() {
        return Ok(if options.all {
            store.enabled(None).await?
        } else {
            let now = surroundings.clock.now();
            store.set_clock_back(now).await?;
            store.due(now, usize::MAX >> 1, None).await?
        });
    }
    for name in &options.names {
        match store.feed(name).await? {
            None => {
                let known = store.feeds().await?;
                let known = known.iter().map(|feed| feed.subscription.name.as_str());
                let nearest = crate::text::nearest(name, known)
                    .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
                return Err(Failure::Use(format!("there is no feed '{name}'{nearest}")).into());
            }
            Some(feed) if !feed.subscription.enabled || feed.health.gone => {
                return Err(Failure::Use(format!(
                    "the feed '{name}' is disabled; 'feedfold feeds enable {name}' polls it again"
                ))
                .into());
            }
            Some(_) => {}
        }
    }
    Ok(store.enabled(Some(options.names.clone())).await?)
}

fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        output::json_line(
            &mut out,
            &Line {
                feed: &report.feed,
                url: &report.url,
                outcome: report.outcome.word(),
                status: report.status,
                new: report.new,
                updated: report.updated,
                duplicates: report.duplicates,
                error: report.error.as_deref(),
                next_due: report.next_due.map(rfc3339),
            },
        )?;
    } else {
        let what = match (&report.error, report.outcome) {
            (Some(error), _) => error.clone(),
            (None, Outcome::NotModified) => "nothing new".to_owned(),
            (None, _) => format!(
                "{} new ({} folded), {} updated",
                report.new, report.duplicates, report.updated
            ),
        };
        writeln!(
            out,
            "{:<28} {:<12} {what}",
            report.feed,
            report.outcome.word()
        )?;
    }
    // A program that reads along sees each poll as it ends.
    out.flush()?;
    Ok(())
}

#[derive(Default)]
struct Summary {
    polls: usize,
    failures: usize,
    /// Polls that the database could not store.
    unstored: usize,
    new: usize,
    folded: usize,
}

impl Summary {
    fn count(&mut self, report: &Report) {
        self.polls += 1;
        self.failures += usize::from(report.error.is_some());
        self.unstored += usize::from(report.unstored);
        self.new += report.new;
        self.folded += report.duplicates;
    }

    async fn print(&self, asked_for: usize, store: &Store, zone: Zone) -> anyhow::Result<()> {
        let mut out = io::stderr().lock();
        if asked_for == 0 {
            return match store.next_due().await? {
                Some(due) => Ok(writeln!(
                    out,
                    "nothing is due; the next feed is at {} (--all polls all of them now)",
                    zone.long(due)
                )?),
                None => Ok(writeln!(
                    out,
                    "there are no feeds; name some in the configuration or use 'feedfold feeds add URL'"
                )?),
            };
        }
        writeln!(
            out,
            "{} polled, {} failed; {} new entries, {} of them folded",
            self.polls, self.failures, self.new, self.folded
        )?;
        Ok(())
    }
}
