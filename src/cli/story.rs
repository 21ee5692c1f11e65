//! `story`, `why`, `join`, `split`, `history` and `undo`: what folded with what, why, and otherwise.

use super::Ending;
use super::arguments::{History, Join, Split, Story as StoryOptions, StoryChange, Undo, Why};
use super::output;
use super::surroundings::{Surroundings, block_on};
use crate::entry::{EntryId, Role, StoryId};
use crate::publish::records::{CorrectionRecord, DecisionRecord, StoryRecord};
use crate::store::Store;
use anyhow::anyhow;
use std::io::{self, Write};

/// Prints a story with its sources, or changes it.
pub(super) fn show(surroundings: &Surroundings, options: &StoryOptions) -> anyhow::Result<Ending> {
    if let Some(StoryChange::Lead { story, entry }) = options.change {
        return correct(surroundings, async |store, now| {
            let story = store.lead(StoryId(story), EntryId(entry), now).await?;
            Ok(format!("story {} is now shown as entry {entry}", story.0))
        });
    }
    block_on(async {
        let store = surroundings.store_to_read()?;
        let zone = surroundings.zone;
        let id = options.id.unwrap_or_default();
        let story = store.story(StoryId(id)).await?.ok_or_else(|| {
            anyhow!("there is no story {id}; 'feedfold query' lists entries with their stories")
        })?;
        let mut out = io::stdout().lock();
        if options.json {
            output::json_line(&mut out, &StoryRecord::from(&story))?;
            return Ok(Ending::Done);
        }
        let lead = &story.lead;
        writeln!(out, "{}", lead.item.title)?;
        writeln!(
            out,
            "  {} · {}",
            lead.outlet.title,
            zone.short(lead.dated())
        )?;
        if let Some(link) = &lead.item.link {
            writeln!(out, "  {link}")?;
        }
        if let Some(credit) = &story.credit {
            let link = credit
                .link
                .as_ref()
                .map_or_else(String::new, |link| format!(" ({link})"));
            writeln!(out, "  first reported by {}{link}", credit.name)?;
        }
        let sources = story.members.len() + 1;
        writeln!(
            out,
            "  {sources} source(s), {} independent",
            story.independent
        )?;
        for member in &story.members {
            writeln!(out)?;
            let (role, id) = (member.role.word(), member.entry.0);
            writeln!(
                out,
                "{role}: {} · {}",
                member.outlet.title,
                zone.short(member.dated)
            )?;
            writeln!(out, "  {} (entry {id})", member.title)?;
            if let Some(link) = &member.link {
                writeln!(out, "  {link}")?;
            }
            writeln!(out, "  because: {}", member.evidence)?;
        }
        Ok(Ending::Done)
    })
}

/// Tells why an entry is where it is, and what it was nearly folded with.
pub(super) fn why(surroundings: &Surroundings, options: &Why) -> anyhow::Result<Ending> {
    block_on(async {
        let store = surroundings.store_to_read()?;
        let id = EntryId(options.entry);
        let (entry, decision) = match (store.entry(id).await?, store.decision(id).await?) {
            (Some(entry), Some(decision)) => (entry, decision),
            _ => return Err(no_entry(options.entry)),
        };
        let mut out = io::stdout().lock();
        if options.json {
            output::json_line(&mut out, &DecisionRecord::new(&entry, &decision))?;
            return Ok(Ending::Done);
        }
        writeln!(
            out,
            "{} ({}, entry {})",
            entry.item.title, entry.outlet.title, entry.id.0
        )?;
        let story = entry.story.0;
        match entry.role {
            Role::Lead => writeln!(out, "leads story {story}")?,
            Role::Copy => writeln!(out, "is a copy in story {story}")?,
            Role::Coverage => writeln!(out, "is coverage in story {story}")?,
        }
        writeln!(out, "because: {}", decision.evidence)?;
        writeln!(out, "decided: {}", surroundings.zone.long(decision.decided))?;
        for near in &decision.near {
            let title = match store.entry(near.entry).await? {
                Some(other) => format!("{} ({})", other.item.title, other.outlet.title),
                None => format!("entry {}", near.entry.0),
            };
            writeln!(out, "not with: {title}: {} ({:.2})", near.why, near.score)?;
        }
        Ok(Ending::Done)
    })
}

/// Puts story B into story A.
pub(super) fn join(surroundings: &Surroundings, options: &Join) -> anyhow::Result<Ending> {
    correct(surroundings, async |store, now| {
        let story = store
            .join(StoryId(options.a), StoryId(options.b), now)
            .await?;
        Ok(format!(
            "story {} is now part of story {}",
            options.b, story.0
        ))
    })
}

/// Takes an entry out of its story.
pub(super) fn split(surroundings: &Surroundings, options: &Split) -> anyhow::Result<Ending> {
    correct(surroundings, async |store, now| {
        let story = store.split(EntryId(options.entry), now).await?;
        Ok(format!(
            "entry {} is now a story of its own: {}",
            options.entry, story.0
        ))
    })
}

/// Lists the corrections, the newest first.
pub(super) fn history(surroundings: &Surroundings, options: &History) -> anyhow::Result<Ending> {
    block_on(async {
        let corrections = surroundings.store_to_read()?.corrections().await?;
        if options.json {
            let mut out = io::stdout().lock();
            for correction in &corrections {
                output::json_line(&mut out, &CorrectionRecord::from(correction))?;
            }
            return Ok(Ending::Done);
        }
        let zone = surroundings.zone;
        let mut table = output::table(&["ID", "WHEN", "WHAT", "STORY", "HEADLINE"]);
        for correction in &corrections {
            let undone = correction.undone.map_or_else(String::new, |undone| {
                format!(", undone {}", zone.short(undone))
            });
            let what = match (correction.kind.as_str(), correction.entry) {
                ("remove", _) => "removed feed".to_owned(),
                ("join", _) => format!("joined story {}", correction.other.0),
                ("split", Some(entry)) => {
                    format!("split entry {} off story {}", entry.0, correction.other.0)
                }
                (_, Some(entry)) => format!("made entry {} the lead", entry.0),
                (kind, None) => kind.to_owned(),
            };
            table.add_row([
                correction.id.to_string(),
                zone.short(correction.decided),
                format!("{what}{undone}"),
                match correction.kind.as_str() {
                    "remove" => "-".to_owned(),
                    _ => correction.story.0.to_string(),
                },
                correction.title.clone(),
            ]);
        }
        output::print_table(&table)?;
        Ok(Ending::Done)
    })
}

/// Goes back on a correction.
pub(super) fn undo(surroundings: &Surroundings, options: &Undo) -> anyhow::Result<Ending> {
    let zone = surroundings.zone;
    correct(surroundings, async |store, now| {
        let undone = store.undo(options.correction, now).await?;
        Ok(format!(
            "undone: the {} of {}",
            match undone.kind.as_str() {
                "remove" => format!("removal of feed '{}'", undone.title),
                kind => kind.to_owned(),
            },
            zone.short(undone.decided)
        ))
    })
}

fn correct(
    surroundings: &Surroundings,
    correction: impl AsyncFnOnce(&Store, crate::feed::Timestamp) -> anyhow::Result<String>,
) -> anyhow::Result<Ending> {
    block_on(async {
        let store = surroundings.store(&surroundings.config()?)?;
        let done = correction(&store, surroundings.clock.now()).await?;
        store.close().await;
        writeln!(io::stdout().lock(), "{done}")?;
        Ok(Ending::Done)
    })
}

fn no_entry(id: i64) -> anyhow::Error {
    anyhow!("there is no entry {id}; 'feedfold query' lists entries with their numbers")
}
