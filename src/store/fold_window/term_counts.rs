//! In how many stories of a [`super::FoldWindow`] each term was when they were opened.

use super::key_lists::short;
use super::tally::Spread;
use crate::fold::{Key, Profile, StoredProfile};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Counts by term.
#[derive(Default)]
pub(super) struct TermCounts {
    counts: HashMap<u32, u32, BuildHasherDefault<Spread>>,
}

impl TermCounts {
    /// Counts the terms of an entry that opens a story.
    pub(super) fn add(&mut self, profile: &Profile) {
        for term in profile.terms() {
            *self.counts.entry(short(term)).or_default() += 1;
        }
    }

    /// Takes an entry for another one: `None` for none.
    pub(super) fn exchange(
        &mut self,
        before: Option<&StoredProfile>,
        after: Option<&StoredProfile>,
    ) {
        if let Some(after) = after {
            self.add(&after.read());
        }
        let Some(before) = before else {
            return;
        };
        for term in before.read().terms() {
            let term = short(term);
            match self.counts.get_mut(&term) {
                Some(count) if *count > 1 => *count -= 1,
                Some(_) => {
                    self.counts.remove(&term);
                }
                None => {}
            }
        }
    }

    /// In how many stories a term was.
    pub(super) fn of(&self, term: Key) -> u32 {
        self.counts.get(&short(term)).copied().unwrap_or_default()
    }
}
