//! Keys with their slots, packed: four bytes for each, where a map takes thrice as much.
//!
//! Keys fall into buckets by their upper bits; in a bucket each pair is one number, the rest of the
//! key above the slot. Pairs stand by key, then by the slot's date, then by slot.

/// Bits of a slot.
const SLOT_BITS: u32 = 18;
const SLOT: u32 = (1 << SLOT_BITS) - 1;
/// Bits of a key that tell its bucket; the others stand beside the slot.
const BUCKET_BITS: u32 = SLOT_BITS;
const BUCKETS: usize = 1 << BUCKET_BITS;
/// So many slots can be told apart.
pub(super) const MOST_SLOTS: usize = 1 << SLOT_BITS;

/// The pairs of all entries but the newest.
#[derive(Default)]
pub(super) struct KeyRun {
    /// Where each bucket begins in `pairs`, and where the last one ends; empty as long as there is no pair.
    starts: Vec<u32>,
    pairs: Vec<u32>,
}

/// What is asked of a run: a bucket that has the key's slots, if any has.
#[derive(Clone, Copy)]
pub(super) struct Bucket<'a> {
    pairs: &'a [u32],
    rest: u32,
}

impl KeyRun {
    /// The bucket of a key.
    pub(super) fn bucket(&self, key: u32) -> Bucket<'_> {
        let at = bucket(key);
        let pairs = match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => self.pairs.get(*from as usize..*to as usize),
            _ => None,
        };
        Bucket {
            pairs: pairs.unwrap_or_default(),
            rest: rest(key),
        }
    }

    /// Makes room for so many pairs, so that the list is not copied again and again while it grows.
    pub(super) fn reserve(&mut self, pairs: usize) {
        self.pairs.reserve_exact(pairs);
    }

    /// Takes in more pairs of keys and slots, in any order. `dated` has the dates of all slots, of which
    /// there are at most [`MOST_SLOTS`].
    pub(super) fn take_in(&mut self, mut more: Vec<(u32, u32)>, dated: &[i64]) {
        if more.is_empty() {
            return;
        }
        let date = |slot: u32| dated.get(slot as usize).copied().unwrap_or(i64::MIN);
        more.sort_unstable();
        // Most slots of a key stand by date then.
        for of_key in more.chunk_by_mut(|(a, _), (b, _)| a == b) {
            if !of_key.is_sorted_by_key(|(_, slot)| date(*slot)) {
                of_key.sort_by_key(|(_, slot)| date(*slot));
            }
        }
        if self.starts.is_empty() {
            self.starts = vec![0; BUCKETS + 1];
        }
        // From the last to the first, so that each goes where nothing is that has yet to be moved.
        let mut known = self.pairs.len();
        let mut to = known + more.len();
        self.pairs.reserve_exact(more.len());
        self.pairs.resize(to, 0);
        for at in (0..BUCKETS).rev() {
            if more.is_empty() {
                // All before stays where it is.
                break;
            }
            let first_known = self.starts[at] as usize;
            self.starts[at + 1] = narrow(to);
            loop {
                let new = more.last().filter(|(key, _)| bucket(*key) == at).copied();
                let old = (known > first_known).then(|| self.pairs[known - 1]);
                let order = |rest: u32, slot: u32| (rest, date(slot), slot);
                let pair = match (old, new) {
                    (None, None) => break,
                    (Some(old), Some((key, slot)))
                        if order(old >> SLOT_BITS, old & SLOT) > order(rest(key), slot) =>
                    {
                        known -= 1;
                        old
                    }
                    (_, Some((key, slot))) => {
                        more.pop();
                        rest(key) << SLOT_BITS | slot
                    }
                    (Some(old), None) => {
                        known -= 1;
                        old
                    }
                };
                to -= 1;
                self.pairs[to] = pair;
            }
        }
    }

    /// Lets the first `going` slots go; the others are counted from there.
    pub(super) fn let_go(&mut self, going: u32) {
        let (mut from, mut to) = (0, 0);
        for at in 1..self.starts.len() {
            let end = self.starts[at] as usize;
            for known in from..end {
                let pair = self.pairs[known];
                if pair & SLOT >= going {
                    self.pairs[to] = pair - going;
                    to += 1;
                }
            }
            from = end;
            self.starts[at] = narrow(to);
        }
        self.pairs.truncate(to);
        self.pairs.shrink_to_fit();
    }
}

impl<'a> Bucket<'a> {
    /// The key's slots, by date.
    pub(super) fn slots(self) -> Slots<'a> {
        // A bucket has few pairs, unless very many entries have one of its keys.
        let from = self
            .pairs
            .partition_point(|pair| pair >> SLOT_BITS < self.rest);
        let pairs = &self.pairs[from..];
        let count = pairs.partition_point(|pair| pair >> SLOT_BITS == self.rest);
        Slots(&pairs[..count])
    }
}

/// Slots as they stand in a run.
#[derive(Clone, Copy)]
pub(super) struct Slots<'a>(&'a [u32]);

impl<'a> Slots<'a> {
    /// The last one.
    pub(super) fn last(self) -> Option<u32> {
        self.0.last().map(|pair| pair & SLOT)
    }

    /// All but the last one.
    pub(super) fn before_last(self) -> Self {
        Self(self.0.split_last().map_or(&[], |(_, before)| before))
    }

    /// All of them, the last first.
    pub(super) fn newest_first(self) -> impl Iterator<Item = u32> + use<'a> {
        self.0.iter().rev().map(|pair| pair & SLOT)
    }

    /// Those up to the last for which `fits` holds, which holds for none behind one for which it does not.
    pub(super) fn while_in(self, fits: impl Fn(u32) -> bool) -> Self {
        match self.last() {
            None => self,
            Some(last) if fits(last) => self,
            Some(_) => Self(&self.0[..self.0.partition_point(|pair| fits(pair & SLOT))]),
        }
    }
}

fn bucket(key: u32) -> usize {
    (key >> (32 - BUCKET_BITS)) as usize
}

fn rest(key: u32) -> u32 {
    key & (u32::MAX >> BUCKET_BITS)
}

fn narrow(number: usize) -> u32 {
    // There are at most 2^18 slots with 48 keys each.
    u32::try_from(number).unwrap_or(u32::MAX)
}
