//! How much of one text is in another: sampled hashes of four words in a row.
//!
//! Only hashes below a limit are kept, so that two samples are of the same runs of words
//! wherever the texts have them in common (a "mod" sketch). The first words are kept in full,
//! because a truncated copy is a beginning.

use super::hash::mix;
use super::words::Word;

/// Words in a row.
const RUN: usize = 4;
/// Words of a text that are looked at.
pub(super) const MAX_WORDS: usize = 400;
/// Fewest words of a text that is compared at all.
const MIN_WORDS: usize = 12;
/// Most hashes in a sample.
const MAX_SAMPLE: usize = 64;
/// Most hashes of a text's beginning.
const MAX_HEAD: usize = 44;
/// Fewest hashes on both sides for a comparison to mean anything.
const MIN_COMPARED: usize = 10;

/// The sample of a text. Hashes have 24 bits and are sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// One in 2^`level` runs is kept; 0 keeps all.
    pub(super) level: u8,
    /// The kept runs of the whole text.
    pub(super) kept: Vec<u32>,
    /// All runs of its beginning; empty where `kept` has all anyway.
    pub(super) head: Vec<u32>,
}

/// Whether a hash is kept at `level`.
fn is_kept(hash: u32, level: u8) -> bool {
    hash & ((1 << level) - 1) == 0
}

impl Sample {
    /// The sample of a text's words.
    pub(super) fn of(words: &[Word]) -> Self {
        if words.len() < MIN_WORDS {
            return Self::default();
        }
        let hashes: Vec<u64> = words
            .iter()
            .take(MAX_WORDS)
            .map(|word| super::hash::hash(super::hash::Kind::Shingle, word.folded.as_bytes()))
            .collect();
        let runs: Vec<u32> = hashes
            .windows(RUN)
            .map(|run| {
                let state = run.iter().fold(0u64, |state, hash| {
                    mix(state.wrapping_mul(31).wrapping_add(*hash))
                });
                (state >> 40) as u32
            })
            .collect();
        let mut all = runs.clone();
        all.sort_unstable();
        all.dedup();
        let mut level = 0;
        let mut kept = all;
        while kept.len() > MAX_SAMPLE {
            level += 1;
            kept.retain(|hash| is_kept(*hash, level));
        }
        let mut head = Vec::new();
        if level > 0 {
            head = runs.iter().take(MAX_HEAD).copied().collect();
            head.sort_unstable();
            head.dedup();
        }
        Self { level, kept, head }
    }

    /// Whether there is too little text to compare.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The hashes by which texts that share much find each other: the smallest of the sample and
    /// of the beginning, at most `max`.
    pub(super) fn lookups(&self, max: usize) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::with_capacity(max);
        // The least by another order than the one that samples: those survive every level.
        let by_mix = |hashes: &[u32], count: usize| {
            let mut hashes = hashes.to_vec();
            hashes
                .sort_unstable_by_key(|hash| (hash.trailing_zeros().min(8), mix(u64::from(*hash))));
            hashes.reverse();
            hashes.truncate(count);
            hashes
        };
        if self.head.is_empty() {
            out.extend(by_mix(&self.kept, max));
        } else {
            out.extend(by_mix(&self.kept, max / 2));
            out.extend(by_mix(&self.head, max - max / 2));
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Which share of the shorter text is in the other, where runs that `is_common` names (the
    /// boilerplate of many texts) don't count. `None` where too little can be compared.
    pub(super) fn containment(&self, other: &Self, is_common: impl Fn(u32) -> bool) -> Option<f32> {
        let level = self.level.max(other.level);
        let at_level = |sample: &Self| -> Vec<u32> {
            let fits = |hash: &&u32| is_kept(**hash, level) && !is_common(**hash);
            sample.kept.iter().filter(fits).copied().collect()
        };
        let (mine, theirs) = (at_level(self), at_level(other));
        let sampled = share(&mine, &theirs);
        // A short text against a long one: its runs are known in full, the long one's only at its
        // beginning.
        let whole = |sample: &Self| -> Vec<u32> {
            let from = if sample.head.is_empty() {
                &sample.kept
            } else {
                &sample.head
            };
            from.iter()
                .filter(|hash| !is_common(**hash))
                .copied()
                .collect()
        };
        let head = if self.level != other.level && self.level.min(other.level) == 0 {
            share(&whole(self), &whole(other))
        } else {
            None
        };
        match (sampled, head) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }
}

/// Which share of the smaller sorted list is in the other one.
fn share(a: &[u32], b: &[u32]) -> Option<f32> {
    let least = a.len().min(b.len());
    if least < MIN_COMPARED {
        return None;
    }
    let (mut i, mut j, mut both) = (0, 0, 0usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                i += 1;
                j += 1;
            }
        }
    }
    Some(both as f32 / least as f32)
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn text(from: usize, to: usize) -> String {
        (from..to)
            .map(|n| format!("word{} ", n * 7919 % 10_007))
            .collect()
    }

    fn sample(text: &str) -> Sample {
        Sample::of(&words(text, MAX_WORDS))
    }

    #[test]
    fn a_beginning_is_contained() {
        let long = sample(&text(0, 400));
        let short = sample(&text(0, 40));
        assert!(long.kept.len() <= MAX_SAMPLE);
        assert!(long.containment(&short, |_| false).unwrap() > 0.95);
        assert!(short.containment(&long, |_| false).unwrap() > 0.95);
    }

    #[test]
    fn half_is_half() {
        let share = sample(&text(0, 200)).containment(&sample(&text(100, 300)), |_| false);
        assert!((0.3..0.7).contains(&share.unwrap()), "{share:?}");
        let other = sample(&text(0, 200)).containment(&sample(&text(500, 700)), |_| false);
        assert!(other.unwrap() < 0.05);
    }

    #[test]
    fn little_text_says_nothing() {
        assert!(sample("only a few words").is_empty());
        assert_eq!(
            sample(&text(0, 12)).containment(&sample(&text(0, 12)), |_| false),
            None
        );
    }

    #[test]
    fn texts_that_share_much_share_lookups() {
        let long = sample(&text(0, 400)).lookups(12);
        let short = sample(&text(0, 40)).lookups(12);
        assert!(long.iter().any(|hash| short.contains(hash)));
    }
}
