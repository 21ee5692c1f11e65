//! `feedfold refold`: what today's rules would make of what is stored, shown and then done.

use super::arguments::Refold as Options;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, output};
use crate::entry::{Role, StoryId};
use crate::query;
use crate::store::{Change, Refold, Rehearsed, Store};
use serde::Serialize;
use std::collections::HashSet;
use std::io::{self, Write};

/// An entry that stands elsewhere, as programs see it.
#[derive(Serialize)]
struct Record<'a> {
    entry: i64,
    title: &'a str,
    feed: &'a str,
    now: Place,
    then: Place,
    evidence: &'a str,
}

/// Where an entry stands.
#[derive(Serialize)]
struct Place {
    /// `null` for a story that does not exist yet.
    story: Option<i64>,
    fold: &'static str,
}

impl Place {
    fn of(story: Option<StoryId>, role: Role) -> Self {
        Self {
            story: story.map(|story| story.0),
            fold: role.word(),
        }
    }

    fn sentence(&self) -> String {
        match (self.story, self.fold) {
            (Some(story), "lead") => format!("leads story {story}"),
            (None, "lead") => "leads a new story".to_owned(),
            (Some(story), fold) => format!("{fold} in story {story}"),
            (None, fold) => format!("{fold} in a new story"),
        }
    }
}

/// Sums up, as programs see it.
#[derive(Serialize)]
struct Summary {
    judged: usize,
    changes: usize,
    stories_joined: usize,
    stories_new: usize,
    /// Changes that were made; none with `--dry-run`.
    made: usize,
}

/// Runs the command.
pub(super) fn run(surroundings: &Surroundings, options: &Options) -> anyhow::Result<Ending> {
    let config = surroundings.config()?;
    let now = surroundings.clock.now();
    let since = query::parse_moment(&options.since, now)
        .map_err(|fault| Failure::Use(format!("--since: {fault}")))?;
    let mut fold = config.fold.clone();
    fold.strict |= options.strict;
    block_on(async {
        let store = match options.dry_run {
            true => surroundings.store_to_read()?,
            false => surroundings.store(&config)?,
        };
        let rehearsed = store
            .rehearse(Refold {
                since,
                fold,
                corrected: true,
            })
            .await?;
        show(&store, &rehearsed, options).await?;
        let mut summary = summary(&rehearsed);
        let mut left = 0;
        if !options.dry_run {
            let adopted = store.adopt(rehearsed, now).await?;
            (summary.made, left) = (adopted.entries, adopted.left);
        }
        store.close().await;
        let mut out = io::stdout().lock();
        if options.json {
            output::json_line(&mut out, &summary)?;
            return Ok(Ending::Done);
        }
        let verb = if options.dry_run {
            "would stand"
        } else {
            "stand"
        };
        writeln!(
            out,
            "{} of {} entries {verb} elsewhere: {} stories joined to others, {} new ones",
            summary.changes, summary.judged, summary.stories_joined, summary.stories_new
        )?;
        if left > 0 {
            writeln!(
                out,
                "{left} of them were left as they are, since their stories changed meanwhile: run it again"
            )?;
        }
        Ok(Ending::Done)
    })
}

fn summary(rehearsed: &Rehearsed) -> Summary {
    let changes = &rehearsed.changes;
    let leads = |place: &(Option<StoryId>, Role)| place.1 == Role::Lead;
    // A story goes when its lead joins another one that stays.
    let joined: HashSet<StoryId> = changes
        .iter()
        .filter(|change| change.now.1 == Role::Lead && !leads(&change.then))
        .filter(|change| change.then.0 != Some(change.now.0))
        .map(|change| change.now.0)
        .collect();
    let new = changes
        .iter()
        .filter(|change| leads(&change.then) && change.then.0.is_none())
        .count();
    Summary {
        judged: rehearsed.entries.len(),
        changes: changes.len(),
        stories_joined: joined.len(),
        stories_new: new,
        made: 0,
    }
}

/// Shows the changes, the oldest first.
async fn show(store: &Store, rehearsed: &Rehearsed, options: &Options) -> anyhow::Result<()> {
    let mut table = output::table(&["ENTRY", "HEADLINE", "FEED", "NOW", "THEN", "BECAUSE"]);
    let most = if options.json {
        rehearsed.changes.len()
    } else {
        options.limit
    };
    for change in rehearsed.changes.iter().take(most) {
        let Some(entry) = store.entry(change.entry).await? else {
            continue;
        };
        let (now, then) = places(change);
        if options.json {
            let record = Record {
                entry: change.entry.0,
                title: entry.item.title.as_str(),
                feed: &entry.outlet.name,
                now,
                then,
                evidence: &change.evidence,
            };
            output::json_line(&mut io::stdout(), &record)?;
        } else {
            table.add_row([
                change.entry.0.to_string(),
                entry.item.title.to_string(),
                entry.outlet.name.clone(),
                now.sentence(),
                then.sentence(),
                change.evidence.clone(),
            ]);
        }
    }
    if options.json || rehearsed.changes.is_empty() {
        return Ok(());
    }
    output::print_table(&table)?;
    let more = rehearsed.changes.len().saturating_sub(most);
    if more > 0 {
        writeln!(io::stdout(), "{more} more; --limit shows more of them")?;
    }
    Ok(())
}

fn places(change: &Change) -> (Place, Place) {
    (
        Place::of(Some(change.now.0), change.now.1),
        Place::of(change.then.0, change.then.1),
    )
}
