//! `feedfold next`: when each feed is polled next, and why not sooner.

use super::arguments::Next;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, output};
use crate::feed::{Feed, Timestamp};
use crate::publish::rfc3339;
use crate::schedule::host_of;
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, Write};

/// A feed's next poll as one JSON object.
#[derive(Serialize)]
struct Line<'a> {
    feed: &'a str,
    /// Null for a feed that is not polled.
    next_due: Option<String>,
    reason: &'a str,
}

/// Why a feed waits whose host is left alone as a whole.
const LEFT_ALONE: &str = "the server asked to be left alone, for another of its feeds (HTTP 429)";

/// Prints the feeds in the order of their next polls; those that are not polled come last.
pub(super) fn run(surroundings: &Surroundings, options: &Next) -> anyhow::Result<Ending> {
    block_on(async {
        let config = surroundings.config()?;
        let store = surroundings.store_in_step(&config).await?;
        let mut feeds = store.feeds().await?;
        let paused: HashMap<String, Timestamp> = store
            .pauses(surroundings.clock.now())
            .await?
            .into_iter()
            .map(|pause| (pause.host, pause.until))
            .collect();
        for feed in &mut feeds {
            let until = paused.get(&host_of(&feed.subscription.url)).copied();
            if let Some(until) = until
                && feed.next_due.is_some_and(|due| due < until)
            {
                feed.next_due = Some(until);
                LEFT_ALONE.clone_into(&mut feed.pace.reason);
            }
        }
        feeds.sort_by_key(|feed| (feed.next_due.is_none(), feed.next_due));
        if options.json {
            let mut out = io::BufWriter::new(io::stdout().lock());
            for feed in &feeds {
                let line = Line {
                    feed: &feed.subscription.name,
                    next_due: feed.next_due.map(rfc3339),
                    reason: reason(feed),
                };
                output::json_line(&mut out, &line)?;
            }
            out.flush()?;
        } else {
            let zone = surroundings.zone;
            let mut table = output::table(&["NAME", &zone.heading("NEXT"), "WHY THEN"]);
            for feed in &feeds {
                table.add_row([
                    feed.subscription.name.clone(),
                    feed.next_due
                        .map_or_else(|| "-".to_owned(), |due| zone.short(due)),
                    reason(feed).to_owned(),
                ]);
            }
            output::print_table(&table)?;
        }
        store.close().await;
        Ok(Ending::Done)
    })
}

/// Why the next poll is when it is. What was planned after the last poll does not hold for a feed
/// that someone switched since.
fn reason(feed: &Feed) -> &str {
    if !feed.subscription.enabled && !feed.health.gone {
        "not polled: switched off"
    } else if feed.health.last_poll.is_none() && feed.pace.reason != LEFT_ALONE {
        "the first poll"
    } else {
        &feed.pace.reason
    }
}
