//! Folding what is stored once more, in memory, in the order in which it arrived.

use super::Refold;
use super::book::{Book, Place};
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::FeedId;
use crate::feed::Timestamp;
use crate::fold::{
    self, Candidate, Corrections, FeedContext, Found, Key, Outlets, Placement, StoredProfile,
    StoryFacts, judge, prepare, set_aside_again,
};
use crate::store::Error;
use crate::store::archive::{stored_candidate, stored_outlets};
use crate::store::binding::{corrected_stories, split_off};
use crate::store::entries::{COLUMNS, Reader, first_since};
use crate::store::feed_rows::{millis, moment};
use crate::store::feeds;
use crate::store::fold_window::FoldWindow;
use crate::store::polling::rows;
use crate::store::roles::role;
use rusqlite::{Connection, Row, params};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Entries that are read at once; the database may be written in between.
const AT_ONCE: usize = 500;
/// Columns behind those of [`COLUMNS`].
const ARTICLE: usize = 11;
const DATED: usize = 12;
const PROFILE: usize = 13;
const OPENED: usize = 14;

/// A rehearsal that goes on.
pub(super) struct Rehearsal {
    refold: Refold,
    /// The first entry that is judged, the last one of all, and the one that was read last.
    first: EntryId,
    last: EntryId,
    read: EntryId,
    pub(super) book: Book,
    window: FoldWindow,
    outlets: Arc<Outlets>,
    contexts: HashMap<FeedId, FeedContext>,
    /// Stories that people corrected, and the leads that they chose.
    corrected: HashSet<StoryId>,
    chosen: HashSet<EntryId>,
    /// In which stories a feed has entries, where that matters.
    of_feed: HashMap<FeedId, HashSet<StoryId>>,
}

impl Rehearsal {
    /// Finds out where to begin, and what binds.
    pub(super) fn begin(connection: &Connection, refold: Refold) -> Result<Self, Error> {
        // Entries that arrived before are folded with, a day more for clocks and late polls.
        let reach = chrono::TimeDelta::from_std(refold.fold.window).unwrap_or_default()
            + chrono::TimeDelta::days(1);
        let since = refold.since;
        let earlier = since.checked_sub_signed(reach).unwrap_or(since);
        let read = first_since(connection, millis(earlier))?;
        let last: Option<i64> = connection
            .prepare_cached("SELECT max(id) FROM entries")?
            .query_row([], |row| row.get(0))?;
        let contexts = feeds::all(connection)?
            .iter()
            .map(|feed| (feed.id, FeedContext::of(feed, &feed.facts)))
            .collect();
        let (corrected, chosen) = match refold.corrected {
            true => corrected_stories(connection)?,
            false => (HashSet::new(), HashSet::new()),
        };
        Ok(Self {
            first: EntryId(first_since(connection, millis(since))?),
            last: EntryId(last.unwrap_or(0)),
            read: EntryId(read - 1),
            book: Book::default(),
            window: FoldWindow::holding_all(),
            outlets: Arc::new(stored_outlets(connection)?),
            contexts,
            corrected,
            chosen,
            of_feed: HashMap::new(),
            refold,
        })
    }

    /// The last entry that it looks at.
    pub(super) fn last(&self) -> EntryId {
        self.last
    }

    /// Takes in some entries. Returns whether there are more.
    pub(super) fn step(&mut self, connection: &Connection) -> Result<bool, Error> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, e.article, e.dated, e.profile, s.opened FROM entries e \
             JOIN stories s ON s.id = e.story JOIN bodies b ON b.entry = e.id \
             WHERE e.id > ?1 AND e.id <= ?2 ORDER BY e.id LIMIT ?3"
        ))?;
        let mut found = statement.query(params![self.read.0, self.last.0, rows(AT_ONCE)])?;
        let mut reader = Reader::new(connection);
        let mut taken = 0;
        while let Some(row) = found.next()? {
            self.take(connection, &mut reader, row)?;
            taken += 1;
        }
        self.window.keep_newest(connection)?;
        Ok(taken == AT_ONCE)
    }

    fn take(
        &mut self,
        connection: &Connection,
        reader: &mut Reader<'_>,
        row: &Row<'_>,
    ) -> Result<(), Error> {
        let entry = EntryId(row.get(0)?);
        let feed = FeedId(row.get(4)?);
        self.read = entry;
        let Some(context) = self.contexts.get(&feed) else {
            return Ok(());
        };
        let context = context.clone();
        let now = Place {
            story: StoryId(row.get(1)?),
            role: role(row.get(2)?),
            copy_of: row.get::<_, Option<i64>>(3)?.map(EntryId),
            article: EntryId(row.get(ARTICLE)?),
        };
        let first_seen = moment(row.get(8)?);
        let mut kept = Candidate {
            entry,
            story: now.story,
            feed,
            article: now.article,
            role: now.role,
            dated: moment(row.get(DATED)?),
            priority: context.priority,
            profile: StoredProfile::default(),
        };
        let stored = StoredProfile::new(row.get_ref(PROFILE)?.as_blob().unwrap_or_default());
        if entry < self.first || self.corrected.contains(&now.story) {
            let (opens, stepped) = self.book.keep(entry, now, moment(row.get(OPENED)?));
            if let Some((other, role)) = stepped {
                self.window.change(other, |kept| kept.role = role);
            }
            self.remember_feed(feed, now.story);
            if let Some(stored) = stored {
                let profile = stored.read();
                kept.profile = stored;
                self.window.add(kept, first_seen, opens, &profile);
            }
            return Ok(());
        }
        let mut prepared = prepare(reader.entry(row)?.item, &context);
        if let Some(stored) = &stored {
            set_aside_again(&mut prepared, stored);
        }
        let corrections = Corrections {
            never: self.never(connection, &context, &prepared)?,
            always: None,
        };
        let sight = Sight {
            connection,
            window: &self.window,
            book: &self.book,
            chosen: &self.chosen,
            outlets: &self.outlets,
        };
        let mut decision = judge(
            &prepared,
            &context,
            &sight,
            &self.refold.fold,
            &corrections,
            first_seen,
        )?;
        self.cross(&mut decision);
        let (then, stepped) = self.book.place(entry, now, &decision, first_seen)?;
        for (other, role) in stepped {
            self.window.change(other, |kept| kept.role = role);
        }
        self.remember_feed(feed, then.story);
        kept.story = then.story;
        kept.article = then.article;
        kept.role = then.role;
        kept.profile = decision.profile.stored();
        let opens = decision.placement == Placement::Opens;
        self.window.add(kept, first_seen, opens, &decision.profile);
        Ok(())
    }

    /// Unites stories as [`crate::store::bridges::cross`] does.
    fn cross(&mut self, decision: &mut fold::Decision) {
        for bridge in std::mem::take(&mut decision.bridges) {
            let Placement::Joins { story, .. } = &mut decision.placement else {
                return;
            };
            let (joined, other) = (*story, bridge.story);
            let corrected = [joined, other].iter().any(|s| self.corrected.contains(s));
            if corrected || self.are_strangers(joined, other) {
                continue;
            }
            let (kept, moved) = self.book.unite(joined, other);
            for (entry, role) in moved {
                self.window.change(entry, |entry| {
                    entry.story = kept;
                    entry.role = role;
                });
            }
            for stories in self.of_feed.values_mut() {
                if stories.contains(&joined) || stories.contains(&other) {
                    stories.insert(kept);
                }
            }
            *story = kept;
        }
    }

    /// Whether the stories have entries of feeds that are never folded with each other.
    fn are_strangers(&self, a: StoryId, b: StoryId) -> bool {
        let has = |feed: FeedId, story: StoryId| {
            let stories = self.of_feed.get(&feed);
            stories.is_some_and(|stories| stories.contains(&story))
        };
        let of_a = self.contexts.values().filter(|feed| has(feed.feed, a));
        of_a.into_iter().any(|one| {
            let never = self.refold.fold.never_with(&one.name);
            let mut others = self.contexts.values();
            others.any(|other| never.contains(&other.name.as_str()) && has(other.feed, b))
        })
    }

    fn remember_feed(&mut self, feed: FeedId, story: StoryId) {
        if !self.refold.fold.never.is_empty() {
            self.of_feed.entry(feed).or_default().insert(story);
        }
    }

    /// The stories that an entry never joins.
    fn never(
        &self,
        connection: &Connection,
        context: &FeedContext,
        prepared: &fold::Prepared,
    ) -> Result<std::collections::BTreeSet<StoryId>, Error> {
        let mut never = match self.refold.corrected {
            true => split_off(connection, context.feed, prepared.identity.text)?,
            false => std::collections::BTreeSet::new(),
        };
        let strangers = self.refold.fold.never_with(&context.name);
        for other in self.contexts.values() {
            if strangers.contains(&other.name.as_str()) {
                never.extend(self.of_feed.get(&other.feed).into_iter().flatten());
            }
        }
        Ok(never)
    }
}

/// The entries as folding sees them in a rehearsal.
struct Sight<'a> {
    connection: &'a Connection,
    window: &'a FoldWindow,
    book: &'a Book,
    chosen: &'a HashSet<EntryId>,
    outlets: &'a Arc<Outlets>,
}

impl fold::Archive for Sight<'_> {
    type Error = Error;

    fn candidates(
        &self,
        keys: &[Key],
        since: Timestamp,
        until: Timestamp,
        per_key: usize,
        limit: usize,
    ) -> Result<Vec<Found<'_, Candidate>>, Error> {
        let dated = (since, until);
        self.window
            .candidates(self.connection, keys, dated, per_key, limit)
    }

    fn latest(&self, feed: FeedId, most: usize) -> Result<Vec<Found<'_, StoredProfile>>, Error> {
        self.window.latest(self.connection, feed, most)
    }

    fn frequencies(&self, terms: &[Key]) -> Result<Vec<u32>, Error> {
        let frequency = |term: &Key| self.window.frequency(*term);
        Ok(terms.iter().map(frequency).collect())
    }

    fn entries_counted(&self) -> Result<u64, Error> {
        Ok(self.window.len() as u64)
    }

    fn story(&self, id: StoryId) -> Result<StoryFacts, Error> {
        let damaged = || Error::Damaged {
            path: String::new(),
            why: format!("the story {} has no lead", id.0),
        };
        let told = self.book.stories.get(&id).ok_or_else(damaged)?;
        let lead = match self.window.held(told.lead) {
            Some(lead) => lead.clone(),
            None => stored_candidate(self.connection, told.lead)?
                .map(|lead| Candidate {
                    story: id,
                    role: Role::Lead,
                    ..lead
                })
                .ok_or_else(damaged)?,
        };
        Ok(StoryFacts {
            size: u32::try_from(told.members.len()).unwrap_or(u32::MAX),
            lead,
            opened: told.opened,
            lead_is_chosen: self.chosen.contains(&told.lead),
        })
    }

    fn outlets(&self) -> Result<Arc<Outlets>, Error> {
        Ok(Arc::clone(self.outlets))
    }
}
