//! The entries of each feed that arrived last.

use crate::feed::FeedId;
use std::collections::{HashMap, VecDeque};

/// Most that are remembered of a feed.
const MOST: usize = 20;

/// Slots of a [`super::fold_window::FoldWindow`] by feed.
#[derive(Default)]
pub(super) struct Latest(HashMap<FeedId, VecDeque<u32>>);

impl Latest {
    /// Takes in an entry that is newer than all others.
    pub(super) fn add(&mut self, feed: FeedId, slot: u32) {
        let slots = self.0.entry(feed).or_default();
        if slots.len() == MOST {
            slots.pop_front();
        }
        slots.push_back(slot);
    }

    /// Takes back the newest entry of a feed. What it pushed out stays forgotten: that matters to
    /// nobody but the few entries that are judged until as many have come.
    pub(super) fn take_back(&mut self, feed: FeedId) {
        if let Some(slots) = self.0.get_mut(&feed) {
            slots.pop_back();
        }
    }

    /// The newest entries of a feed, the newest first.
    pub(super) fn of(&self, feed: FeedId) -> impl Iterator<Item = u32> {
        let slots = self.0.get(&feed).into_iter().flatten();
        slots.rev().copied()
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
