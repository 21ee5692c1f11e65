//! Which entries are the same entry, the same article, the same story.
//!
//! Three levels, each a pure decision over what the store narrowed down by keys: *entry*
//! ([`same_entry`]), *article* (copies of one text) and *story* (reports of one event). Nothing
//! here reads a clock or waits; the same entries in the same order give the same result.
//! `docs/folding.md` explains the rules and what they measure.

mod aliases;
mod archive;
mod article;
mod case;
mod credit;
mod crediting;
mod furniture;
mod guard;
mod hash;
mod headline;
mod identity;
mod judge;
mod languages;
mod lines;
mod measure;
mod memory;
mod outlet_names;
mod outlets;
mod prepare;
mod prior;
mod profile;
mod replay;
mod shingles;
mod stored;
mod story;
mod term_index;
mod weekdays;
mod weights;
mod words;

pub use archive::{Archive, Candidate, Found, StoryFacts};
pub use furniture::{TELLING, set_aside_again, set_aside_furniture};
pub use identity::{Fingerprint, Identity, KnownEntry, Match, Printed, same_entry};
pub use judge::{judge, not_near_enough};
pub use measure::{Figures, Label, Measured, Mistake, measure};
pub use memory::{Memory, Placed};
pub use outlets::Outlets;
pub use prepare::{Prepared, is_english, order, prepare, prepare_all};
pub use profile::{Key, Profile};
pub use replay::{LineFault, Replay, Replayed};
pub use stored::StoredProfile;
pub use story::too_unlike;

use crate::address::Address;
use crate::entry::{Credit, EntryId, Role, StoryId};
use crate::feed::{Feed, FeedFacts, FeedId};
use std::collections::BTreeSet;

/// What folding knows of the feed that an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedContext {
    /// Its number.
    pub feed: FeedId,
    /// Its short name.
    pub name: String,
    /// Its name for people, under which others credit it.
    pub title: String,
    /// The hosts of its address and of its page.
    pub hosts: Vec<String>,
    /// Who leads a story, other things equal.
    pub priority: i32,
}

impl FeedContext {
    /// Of a feed whose document says this of itself.
    #[must_use]
    pub fn of(feed: &Feed, facts: &FeedFacts) -> Self {
        let subscription = &feed.subscription;
        let address = Address::parse(&subscription.url).ok();
        let hosts = [address.as_ref(), facts.site.as_ref()];
        let described = Feed {
            facts: facts.clone(),
            ..feed.clone()
        };
        Self {
            feed: feed.id,
            name: subscription.name.clone(),
            title: described.outlet().to_owned(),
            hosts: hosts
                .into_iter()
                .flatten()
                .map(|address| address.host().to_owned())
                .collect(),
            priority: subscription.priority,
        }
    }
}

/// What people decided about an entry before: it binds folding for good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Corrections {
    /// Stories that it never joins: it was split off them, or they hold entries of a feed that its
    /// own is never folded with.
    pub never: BTreeSet<StoryId>,
    /// The story that it was joined to.
    pub always: Option<StoryId>,
}

/// Where an entry goes, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Where it goes.
    pub placement: Placement,
    /// Why, in words for people. Never empty.
    pub evidence: String,
    /// The rule that decided: a stable word (`url`, `credit-link`, `text`, `headline`, `slug`,
    /// `story`, `credit`, `correction`, `new`).
    pub rule: &'static str,
    /// The nearest stories that it did not join, at most three, the nearest first.
    pub near: Vec<NearMiss>,
    /// The original that it plainly credits and that is no known feed.
    pub credit: Option<Credit>,
    /// Other stories that it shows to be one with the story that it joins.
    pub bridges: Vec<Bridge>,
    /// What the store keeps of it for judging later entries.
    pub profile: Profile,
}

/// Where an entry goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It opens a story of its own.
    Opens,
    /// It joins a story.
    Joins {
        /// Which.
        story: StoryId,
        /// The entry that it is folded under.
        of: EntryId,
        /// `Copy` or `Coverage`.
        role: Role,
        /// The first entry of its article; its own number is not known yet, so for coverage this
        /// is `of`'s article and says nothing about the entry itself.
        article: EntryId,
        /// It becomes the story's lead; the entry that led becomes coverage.
        leads: bool,
        /// It reports on its own: no copy, and it credits no member of the story.
        independent: bool,
    },
}

/// A story that turns out to be one with another, because of an entry that belongs to both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Which.
    pub story: StoryId,
    /// Why, in words for people.
    pub evidence: String,
}

/// A story that an entry nearly joined.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// The story's entry that is most like it.
    pub entry: EntryId,
    /// How near, from 0 to 1.
    pub score: f32,
    /// Why it did not join, in words.
    pub why: String,
}
