//! The newest entries of a [`super::FoldWindow`], as folding sees them.

use crate::fold::Candidate;
use std::collections::VecDeque;

/// What an entry takes beside its profile's bytes.
const BESIDE: usize = size_of::<Candidate>() + 32;

/// Entries in the order of their slots, up to the last slot.
#[derive(Default)]
pub(super) struct Held {
    /// `None` for what was removed.
    candidates: VecDeque<Option<Candidate>>,
    /// The slot of the first of them.
    first: usize,
    bytes: usize,
}

impl Held {
    /// Takes in the entry of the next slot.
    pub(super) fn push(&mut self, candidate: Candidate) {
        let candidate = Some(candidate);
        self.bytes += bytes(&candidate);
        self.candidates.push_back(candidate);
    }

    /// Gives up the entry of the last slot.
    pub(super) fn pop(&mut self) -> Option<Candidate> {
        let last = self.candidates.pop_back()?;
        self.bytes -= bytes(&last);
        last
    }

    /// The entry of a slot, where it is held.
    pub(super) fn get(&self, slot: usize) -> Option<&Candidate> {
        self.candidates.get(slot.checked_sub(self.first)?)?.as_ref()
    }

    /// Puts another, or none, in the place of a held entry, which is returned.
    pub(super) fn replace(
        &mut self,
        slot: usize,
        candidate: Option<Candidate>,
    ) -> Option<Candidate> {
        let place = slot.checked_sub(self.first)?;
        let known = self.candidates.get_mut(place)?;
        self.bytes += bytes(&candidate);
        let before = std::mem::replace(known, candidate);
        self.bytes -= bytes(&before);
        before
    }

    /// Lets go of the oldest until all together take at most so many bytes.
    pub(super) fn keep(&mut self, most: usize) {
        while self.bytes > most
            && let Some(oldest) = self.candidates.pop_front()
        {
            self.bytes -= bytes(&oldest);
            self.first += 1;
        }
    }

    /// Lets the first `going` slots go; the others are counted from there.
    pub(super) fn let_go(&mut self, going: usize) {
        let held = going.saturating_sub(self.first).min(self.candidates.len());
        for oldest in self.candidates.drain(..held) {
            self.bytes -= bytes(&oldest);
        }
        self.first = self.first.saturating_sub(going);
    }
}

fn bytes(candidate: &Option<Candidate>) -> usize {
    let profile = candidate.as_ref().map(|held| held.profile.as_bytes().len());
    BESIDE + profile.unwrap_or_default()
}
