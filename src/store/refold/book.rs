//! Stories and their entries while folding is rehearsed: where each would stand, and why.

use crate::entry::{Credit, EntryId, Role, StoryId};
use crate::feed::Timestamp;
use crate::fold::{Decision, Placement};
use crate::store::Error;
use crate::store::history::Reason;
use crate::store::new_entries::reason;
use std::collections::{BTreeMap, HashMap};

/// From here on stories are numbered that have no number in the database.
const PROVISIONAL: i64 = 1 << 48;

/// What is known so far.
#[derive(Default)]
pub(super) struct Book {
    pub(super) stories: HashMap<StoryId, Told>,
    pub(super) entries: BTreeMap<EntryId, Standing>,
    opened: i64,
}

/// A story.
pub(super) struct Told {
    /// In order of arrival.
    pub(super) members: Vec<EntryId>,
    pub(super) lead: EntryId,
    pub(super) opened: Timestamp,
    /// A credited original that is no member.
    pub(super) credit: Option<Credit>,
}

/// Where an entry stands in the database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) story: StoryId,
    pub(super) role: Role,
    pub(super) article: EntryId,
    pub(super) copy_of: Option<EntryId>,
}

/// Where an entry would stand.
pub(super) struct Standing {
    pub(super) now: Place,
    pub(super) then: Place,
    /// Whether it stays in its story whatever the rules say.
    pub(super) kept: bool,
    /// Why it would stand there; without one it opened its story, or is there as before.
    pub(super) reason: Option<Reason>,
}

/// Whether a story's number is none of the database.
pub(super) fn is_provisional(story: StoryId) -> bool {
    story.0 >= PROVISIONAL
}

impl Book {
    /// Takes in an entry that stays where it is. Returns whether it is the first of its story, and
    /// who led in its place until it came.
    pub(super) fn keep(
        &mut self,
        entry: EntryId,
        now: Place,
        opened: Timestamp,
    ) -> (bool, Option<(EntryId, Role)>) {
        let mut stepped = None;
        let mut then = now;
        let first = !self.stories.contains_key(&now.story);
        let told = self.stories.entry(now.story).or_insert_with(|| Told {
            members: Vec::new(),
            lead: entry,
            opened,
            credit: None,
        });
        told.members.push(entry);
        if first {
            then.role = Role::Lead;
        } else if now.role == Role::Lead {
            let before = std::mem::replace(&mut told.lead, entry);
            if let Some(standing) = self.entries.get_mut(&before) {
                standing.then.role = match standing.now.role {
                    Role::Copy if standing.kept => Role::Copy,
                    _ => Role::Coverage,
                };
                stepped = Some((before, standing.then.role));
            }
        }
        let standing = Standing {
            now,
            then,
            kept: true,
            reason: None,
        };
        self.entries.insert(entry, standing);
        (first, stepped)
    }

    /// Makes two stories one; the older keeps its number. Returns it, with the entries that move and
    /// their roles.
    pub(super) fn unite(&mut self, a: StoryId, b: StoryId) -> (StoryId, Vec<(EntryId, Role)>) {
        let (kept, gone) = (a.min(b), a.max(b));
        let Some(part) = self.stories.remove(&gone) else {
            return (kept, Vec::new());
        };
        let mut moved = Vec::new();
        for member in &part.members {
            if let Some(standing) = self.entries.get_mut(member) {
                standing.then.story = kept;
                if standing.then.role == Role::Lead {
                    standing.then.role = Role::Coverage;
                }
                moved.push((*member, standing.then.role));
            }
        }
        if let Some(told) = self.stories.get_mut(&kept) {
            told.members.extend(part.members);
            told.members.sort_unstable();
            told.opened = told.opened.min(part.opened);
            told.credit = told.credit.take().or(part.credit);
        }
        (kept, moved)
    }

    /// Puts an entry where folding says. Returns its place, and the entries whose role is another
    /// one now.
    pub(super) fn place(
        &mut self,
        entry: EntryId,
        now: Place,
        decision: &Decision,
        at: Timestamp,
    ) -> Result<(Place, Vec<(EntryId, Role)>), Error> {
        let mut stepped = Vec::new();
        let then = match &decision.placement {
            Placement::Opens => {
                let story = StoryId(PROVISIONAL + self.opened);
                self.opened += 1;
                let told = Told {
                    members: vec![entry],
                    lead: entry,
                    opened: at,
                    credit: decision.credit.clone(),
                };
                self.stories.insert(story, told);
                Place {
                    story,
                    role: Role::Lead,
                    article: entry,
                    copy_of: None,
                }
            }
            Placement::Joins {
                story,
                role,
                article,
                leads,
                ..
            } => {
                let is_copy = *role == Role::Copy;
                let article = if is_copy { *article } else { entry };
                if *leads {
                    stepped = self.take_lead(*story, entry, is_copy.then_some(article));
                    self.mirror(&stepped, entry, decision, at)?;
                }
                let copy_of = (is_copy && !leads).then(|| self.shown_of(*story, article));
                if let Some(told) = self.stories.get_mut(story) {
                    told.members.push(entry);
                    if *leads {
                        told.lead = entry;
                    }
                    if told.credit.is_none() {
                        told.credit.clone_from(&decision.credit);
                    }
                }
                Place {
                    story: *story,
                    role: if *leads { Role::Lead } else { *role },
                    article,
                    copy_of: copy_of.flatten(),
                }
            }
        };
        let standing = Standing {
            now,
            then,
            kept: false,
            reason: reason(entry, decision, at)?,
        };
        self.entries.insert(entry, standing);
        Ok((then, stepped))
    }

    /// Lets the lead of a story step back, and makes the entries of `article` copies of `entry`.
    fn take_lead(
        &mut self,
        story: StoryId,
        entry: EntryId,
        article: Option<EntryId>,
    ) -> Vec<(EntryId, Role)> {
        let members = self.stories.get(&story).map(|told| told.members.clone());
        let mut stepped = Vec::new();
        for member in members.unwrap_or_default() {
            let Some(standing) = self.entries.get_mut(&member) else {
                continue;
            };
            let place = &mut standing.then;
            if article == Some(place.article) {
                (place.role, place.copy_of) = (Role::Copy, Some(entry));
            } else if place.role == Role::Lead {
                (place.role, place.copy_of) = (Role::Coverage, None);
            } else {
                continue;
            }
            stepped.push((member, place.role));
        }
        stepped
    }

    /// Explains entries that opened their story and step back: they are there for the reason for
    /// which the new lead is.
    fn mirror(
        &mut self,
        stepped: &[(EntryId, Role)],
        lead: EntryId,
        decision: &Decision,
        at: Timestamp,
    ) -> Result<(), Error> {
        let Some(of_lead) = reason(lead, decision, at)? else {
            return Ok(());
        };
        for (entry, _) in stepped {
            let Some(standing) = self.entries.get_mut(entry) else {
                continue;
            };
            let before = standing.reason.take();
            standing.reason = match before {
                Some(before) if before.of.is_some() => Some(before),
                before => Some(Reason {
                    near: before.and_then(|before| before.near),
                    ..of_lead.mirrored(*entry)
                }),
            };
        }
        Ok(())
    }

    /// The entry of an article that its copies are folded under.
    fn shown_of(&self, story: StoryId, article: EntryId) -> Option<EntryId> {
        let members = &self.stories.get(&story)?.members;
        let shown = members.iter().filter_map(|member| {
            let place = &self.entries.get(member)?.then;
            let shown = place.article == article && place.role != Role::Copy;
            shown.then_some((place.role != Role::Lead, *member))
        });
        shown.min().map(|(_, member)| member)
    }

    /// Puts in order what entries that stay were copies of, where that went elsewhere.
    pub(super) fn settle(&mut self) {
        let mut repairs = Vec::new();
        for (entry, standing) in &self.entries {
            let place = standing.then;
            if place.role != Role::Copy {
                continue;
            }
            let of = place.copy_of.and_then(|of| self.entries.get(&of));
            let stands =
                of.is_some_and(|of| of.then.story == place.story && of.then.role != Role::Copy);
            // What an entry is a copy of may have arrived before all that is known here.
            let unknown = standing.kept && place.copy_of.is_some() && of.is_none();
            if !stands && !unknown {
                repairs.push(*entry);
            }
        }
        for entry in repairs {
            let Some(place) = self.entries.get(&entry).map(|standing| standing.then) else {
                continue;
            };
            let shown = self.shown_of(place.story, place.article);
            if let Some(standing) = self.entries.get_mut(&entry) {
                standing.then.copy_of = shown;
                if shown.is_none() {
                    standing.then.role = Role::Coverage;
                }
            }
        }
    }
}
