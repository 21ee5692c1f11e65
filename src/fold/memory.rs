//! An archive in memory: for tests, and for folding a file.

use super::archive::{Archive, Candidate, Found, StoryFacts};
use super::outlets::Outlets;
use super::profile::Key;
use super::stored::StoredProfile;
use super::{Decision, FeedContext, Placement};
use crate::entry::{EntryId, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

/// Entries and stories in memory. Numbers count from 1 in order of arrival.
#[derive(Debug, Default)]
pub struct Memory {
    entries: Vec<Candidate>,
    stories: Vec<MemoryStory>,
    postings: HashMap<Key, Vec<(Timestamp, u32)>>,
    counts: HashMap<Key, u32>,
    by_feed: HashMap<FeedId, Vec<u32>>,
    outlets: Arc<Outlets>,
}

#[derive(Debug)]
struct MemoryStory {
    size: u32,
    lead: EntryId,
    opened: Timestamp,
}

/// Where an entry went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its number.
    pub entry: EntryId,
    /// Its story.
    pub story: StoryId,
    /// The first entry of its article.
    pub article: EntryId,
}

impl Memory {
    /// An empty archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a feed known, so that it can be credited and named.
    pub fn subscribe(&mut self, context: &FeedContext) {
        Arc::make_mut(&mut self.outlets).insert(context.feed, &context.title, &context.hosts);
    }

    /// Stores an entry as it was decided.
    pub fn record(
        &mut self,
        decision: &Decision,
        context: &FeedContext,
        published: Option<Timestamp>,
        first_seen: Timestamp,
    ) -> Placed {
        let entry = EntryId(self.entries.len() as i64 + 1);
        let dated = published.unwrap_or(first_seen).min(first_seen);
        let placement = self.bridge(decision);
        let (story, article, role) = match &placement {
            Placement::Opens => {
                self.stories.push(MemoryStory {
                    size: 0,
                    lead: entry,
                    opened: first_seen,
                });
                (StoryId(self.stories.len() as i64), entry, Role::Lead)
            }
            Placement::Joins {
                story,
                role,
                article,
                leads,
                ..
            } => {
                let article = if *role == Role::Copy { *article } else { entry };
                let mut role = *role;
                if *leads {
                    if let Some(known) = self.stories.get_mut(place(story.0)) {
                        let before = std::mem::replace(&mut known.lead, entry);
                        if let Some(before) = self.entries.get_mut(place(before.0)) {
                            before.role = Role::Coverage;
                        }
                    }
                    role = Role::Lead;
                }
                (*story, article, role)
            }
        };
        if let Some(known) = self.stories.get_mut(place(story.0)) {
            known.size += 1;
        }
        for key in decision.profile.keys() {
            let postings = self.postings.entry(key).or_default();
            let at = postings.partition_point(|(known, _)| *known <= dated);
            postings.insert(at, (dated, self.entries.len() as u32));
        }
        if decision.placement == Placement::Opens {
            for term in decision.profile.terms() {
                *self.counts.entry(term).or_default() += 1;
            }
        }
        let of_feed = self.by_feed.entry(context.feed).or_default();
        of_feed.push(self.entries.len() as u32);
        self.entries.push(Candidate {
            entry,
            story,
            feed: context.feed,
            article,
            role,
            dated,
            priority: context.priority,
            profile: decision.profile.stored(),
        });
        Placed {
            entry,
            story,
            article,
        }
    }

    /// Makes stories one that the entry shows to be one; the oldest keeps its number. Returns where
    /// the entry goes then.
    fn bridge(&mut self, decision: &Decision) -> Placement {
        let mut placement = decision.placement.clone();
        let Placement::Joins { story, .. } = &mut placement else {
            return placement;
        };
        for bridge in &decision.bridges {
            let (kept, gone) = (bridge.story.min(*story), bridge.story.max(*story));
            for entry in self.entries.iter_mut().filter(|entry| entry.story == gone) {
                entry.story = kept;
                if entry.role == Role::Lead {
                    entry.role = Role::Coverage;
                }
            }
            let size = self.stories.get_mut(place(gone.0));
            let size = size.map_or(0, |story| std::mem::take(&mut story.size));
            if let Some(kept) = self.stories.get_mut(place(kept.0)) {
                kept.size += size;
            }
            *story = kept;
        }
        placement
    }

    /// An entry.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Candidate> {
        self.entries.get(place(id.0))
    }

    /// The entry that a story is shown as.
    #[must_use]
    pub fn lead(&self, id: StoryId) -> Option<EntryId> {
        self.stories.get(place(id.0)).map(|story| story.lead)
    }
}

/// The index of the n-th.
fn place(number: i64) -> usize {
    usize::try_from(number - 1).unwrap_or(usize::MAX)
}

impl Archive for Memory {
    type Error = Infallible;

    fn candidates(
        &self,
        keys: &[Key],
        since: Timestamp,
        until: Timestamp,
        per_key: usize,
        limit: usize,
    ) -> Result<Vec<Found<'_, Candidate>>, Infallible> {
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for key in keys {
            let Some(postings) = self.postings.get(key) else {
                continue;
            };
            let from = postings.partition_point(|(dated, _)| *dated < since);
            let to = postings.partition_point(|(dated, _)| *dated <= until);
            for (_, entry) in postings[from..to].iter().rev().take(per_key) {
                *shared.entry(*entry).or_default() += 1;
            }
        }
        let mut found: Vec<(u32, u32)> = shared.into_iter().collect();
        found.sort_unstable_by_key(|(entry, count)| {
            let dated = self.entries.get(*entry as usize).map(|e| e.dated);
            std::cmp::Reverse((*count, dated, *entry))
        });
        Ok(found
            .into_iter()
            .take(limit)
            .filter_map(|(entry, _)| self.entries.get(entry as usize).map(Found::Lent))
            .collect())
    }

    fn latest(
        &self,
        feed: FeedId,
        most: usize,
    ) -> Result<Vec<Found<'_, StoredProfile>>, Infallible> {
        let of_feed = self.by_feed.get(&feed).map_or(&[][..], Vec::as_slice);
        let latest = of_feed.iter().rev().take(most);
        Ok(latest
            .filter_map(|entry| Some(Found::Lent(&self.entries.get(*entry as usize)?.profile)))
            .collect())
    }

    fn frequencies(&self, terms: &[Key]) -> Result<Vec<u32>, Infallible> {
        Ok(terms
            .iter()
            .map(|term| self.counts.get(term).copied().unwrap_or_default())
            .collect())
    }

    fn entries_counted(&self) -> Result<u64, Infallible> {
        Ok(self.entries.len() as u64)
    }

    fn story(&self, id: StoryId) -> Result<StoryFacts, Infallible> {
        // Stories are only asked for by the numbers of stored candidates.
        let story = &self.stories[place(id.0)];
        Ok(StoryFacts {
            size: story.size,
            lead: self.entries[place(story.lead.0)].clone(),
            opened: story.opened,
            lead_is_chosen: false,
        })
    }

    fn outlets(&self) -> Result<Arc<Outlets>, Infallible> {
        Ok(Arc::clone(&self.outlets))
    }
}
