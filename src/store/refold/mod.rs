//! Folding what is stored by today's rules: rehearsed in memory beside polling, shown, then taken
//! over story by story.

mod adopt;
mod book;
mod difference;
mod rehearsal;

use super::feed_rows::{json, moment};
use super::history::Reason;
use super::{Error, Store, binding};
use crate::config;
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::Timestamp;
use book::is_provisional;
use difference::Knot;
use rehearsal::Rehearsal;
use std::collections::HashSet;

/// What is folded anew, and how.
#[derive(Debug, Clone)]
pub struct Refold {
    /// Entries that arrived then or later.
    pub since: Timestamp,
    /// The rules.
    pub fold: config::Fold,
    /// Whether stories that people corrected stay as they are.
    pub corrected: bool,
}

/// How folding anew would come out; nothing is changed yet.
pub struct Rehearsed {
    /// What would be otherwise, the oldest first.
    pub changes: Vec<Change>,
    /// Every entry that was judged.
    pub entries: Vec<Judged>,
    knots: Vec<Knot>,
    last: EntryId,
}

/// An entry that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Which.
    pub entry: EntryId,
    /// The story that it is in.
    pub now: StoryId,
    /// What tells the stories of the rehearsal apart; no number of the database.
    pub then: i64,
    /// Why, in words for people.
    pub evidence: String,
}

/// An entry that would stand elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub entry: EntryId,
    /// Its story and role now.
    pub now: (StoryId, Role),
    /// Its story and role then; `None` for a story that does not exist yet.
    pub then: (Option<StoryId>, Role),
    /// Why, in words for people.
    pub evidence: String,
}

/// What taking over changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Entries that stand elsewhere now.
    pub entries: usize,
    /// Entries that stay as they are, since their stories changed meanwhile.
    pub left: usize,
}

impl Store {
    /// Folds what is stored once more, in the order in which it arrived, and compares. Reads in
    /// small steps: polling goes on. Memory grows with the entries, by some 400 bytes each.
    pub async fn rehearse(&self, refold: Refold) -> Result<Rehearsed, Error> {
        let mut rehearsal = self
            .connections
            .read(|connection| Rehearsal::begin(connection, refold))
            .await?;
        let mut more = true;
        while more {
            (rehearsal, more) = self
                .connections
                .read(|connection| {
                    let more = rehearsal.step(connection)?;
                    Ok((rehearsal, more))
                })
                .await?;
        }
        Ok(Rehearsed::of(rehearsal))
    }

    /// The stories that corrections in force are about, and when the first of their entries arrived;
    /// `None` where there are none.
    pub async fn corrected(&self) -> Result<Option<(HashSet<StoryId>, Timestamp)>, Error> {
        self.connections
            .read(|connection| {
                let (stories, _) = binding::corrected_stories(connection)?;
                let ids: Vec<i64> = stories.iter().map(|story| story.0).collect();
                let first: Option<i64> = connection
                    .prepare_cached(
                        "SELECT min(first_seen) FROM entries \
                         WHERE story IN (SELECT value FROM json_each(?1))",
                    )?
                    .query_row([json(&ids)?], |row| row.get(0))?;
                Ok(first.map(|first| (stories, moment(first))))
            })
            .await
    }

    /// Takes over what was rehearsed, stories that change together in one transaction. Numbers that
    /// were published stay: of stories that become one the older keeps its own, and the others lead
    /// to it. Stories that changed since the rehearsal are left as they are.
    pub async fn adopt(&self, rehearsed: Rehearsed, now: Timestamp) -> Result<Adopted, Error> {
        let mut adopted = Adopted::default();
        let last = rehearsed.last;
        for knot in rehearsed.knots {
            let changing = knot.moves.iter().filter(|moved| moved.changes()).count();
            let done = self
                .connections
                .write(move |writing| adopt::adopt(writing, &knot, last, now))
                .await?;
            match done {
                true => adopted.entries += changing,
                false => adopted.left += changing,
            }
        }
        self.connections
            .write(|writing| adopt::forget_dead_ends(writing.connection))
            .await?;
        Ok(adopted)
    }
}

impl Rehearsed {
    fn of(rehearsal: Rehearsal) -> Self {
        let last = rehearsal.last();
        let entries = rehearsal.book.entries.iter();
        let entries = entries
            .filter(|(_, standing)| !standing.kept)
            .map(|(entry, standing)| Judged {
                entry: *entry,
                now: standing.now.story,
                then: standing.then.story.0,
                evidence: why(standing.reason.as_ref(), false),
            })
            .collect();
        let knots = difference::compare(rehearsal.book);
        let moves = knots.iter().flat_map(|knot| &knot.moves);
        let changes = moves.filter(|moved| moved.changes()).map(|moved| Change {
            entry: moved.entry,
            now: (moved.now.story, moved.now.role),
            then: (
                Some(moved.then.story).filter(|story| !is_provisional(*story)),
                moved.then.role,
            ),
            evidence: why(moved.reason.as_ref(), moved.kept),
        });
        Self {
            changes: changes.collect(),
            entries,
            last,
            knots,
        }
    }
}

/// A reason in words.
fn why(reason: Option<&Reason>, kept: bool) -> String {
    match reason {
        Some(reason) => reason.evidence.clone(),
        None if kept => "what led its story is elsewhere".to_owned(),
        None => "nothing like it was known".to_owned(),
    }
}
