//! Counting how many keys entries share, and hashing what is a hash already.

use std::hash::Hasher;

/// How many keys each slot shares with what is looked for; kept from one search to the next, so
/// that nothing is cleared or sorted for it.
#[derive(Default)]
pub(super) struct Tally {
    /// The search that a count is of, and the count.
    counts: Vec<(u32, u32)>,
    search: u32,
    /// The slots that were counted.
    found: Vec<u32>,
}

impl Tally {
    /// Begins a search over so many slots.
    pub(super) fn begin(&mut self, slots: usize) {
        self.found.clear();
        self.counts.resize(slots, (0, 0));
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.counts.fill((0, 0));
            self.search = 1;
        }
    }

    /// Counts a slot once more.
    pub(super) fn count(&mut self, slot: u32) {
        let Some((search, count)) = self.counts.get_mut(slot as usize) else {
            return;
        };
        if *search == self.search {
            *count += 1;
        } else {
            (*search, *count) = (self.search, 1);
            self.found.push(slot);
        }
    }

    /// The slots that were counted in this search.
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }

    /// How often a slot of [`Tally::found`] was counted.
    pub(super) fn of(&self, slot: u32) -> u32 {
        self.counts
            .get(slot as usize)
            .map_or(0, |(_, count)| *count)
    }
}

/// Hashes numbers that are hashes or counts already.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }
}
