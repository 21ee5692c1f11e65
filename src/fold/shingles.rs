//! How much of one text is in another: sampled hashes of four words in a row.
//!
//! Only hashes below a limit are kept, so that two samples are of the same runs of words
//! wherever the texts have them in common (a "mod" sketch). The first words are kept in full,
//! because a truncated copy is a beginning.

use super::hash::{Kind, hash, mix};
use super::words::Words;
use std::cmp::Ordering;

/// Words in a row.
const RUN: usize = 4;
/// Words of a text that are looked at.
pub(super) const MAX_WORDS: usize = 400;
/// Fewest words of a text that is compared at all.
const MIN_WORDS: usize = 12;
/// Hashes have so many bits.
const MAX_LEVEL: u8 = 24;
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

/// Sorted hashes as they are stored, in three bytes each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl<'a> Packed<'a> {
    /// Bytes of a hash.
    pub(super) const SIZE: usize = 3;

    /// The hashes.
    pub(super) fn iter(self) -> impl Iterator<Item = u32> + 'a {
        self.0
            .chunks_exact(Self::SIZE)
            .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]))
    }
}

/// A [`Sample`] as it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled<'a> {
    /// See [`Sample::level`].
    pub(super) level: u8,
    /// See [`Sample::kept`].
    pub(super) kept: Packed<'a>,
    /// See [`Sample::head`].
    pub(super) head: Packed<'a>,
}

impl Sampled<'_> {
    /// The sample, read.
    pub(super) fn read(self) -> Sample {
        Sample {
            level: self.level,
            kept: self.kept.iter().collect(),
            head: self.head.iter().collect(),
        }
    }
}

/// The hashes of all runs of a text's words, in their order.
fn runs(words: &Words) -> Vec<u32> {
    let words = words.iter().take(MAX_WORDS);
    let mut hashes = words.map(|word| hash(Kind::Shingle, word.folded.as_bytes()));
    let mut run = [0; RUN];
    for hash in run[1..].iter_mut() {
        *hash = hashes.next().unwrap_or_default();
    }
    let mut runs = Vec::with_capacity(MAX_WORDS);
    runs.extend(hashes.map(|next| {
        run = [run[1], run[2], run[3], next];
        let state = run.iter().fold(0u64, |state, hash| {
            mix(state.wrapping_mul(31).wrapping_add(*hash))
        });
        (state >> 40) as u32
    }));
    runs
}

/// The lowest level at which few enough are kept, and those, sorted, each once.
fn sampled(runs: &[u32]) -> (u8, Vec<u32>) {
    let at = |level: u8| {
        runs.iter()
            .copied()
            .filter(move |hash| is_kept(*hash, level))
    };
    // Counted with those that stand several times in it, the level is never too low.
    let mut level = 0;
    while level < MAX_LEVEL && at(level).count() > MAX_SAMPLE {
        level += 1;
    }
    let kept_at = |level: u8| {
        let mut kept = Vec::with_capacity(MAX_SAMPLE);
        kept.extend(at(level));
        kept.sort_unstable();
        kept.dedup();
        kept
    };
    let mut kept = kept_at(level);
    while let Some(lower) = level.checked_sub(1) {
        let more = kept_at(lower);
        if more.len() > MAX_SAMPLE {
            break;
        }
        (level, kept) = (lower, more);
    }
    (level, kept)
}

/// Whether a hash is kept at `level`.
fn is_kept(hash: u32, level: u8) -> bool {
    hash & ((1 << level) - 1) == 0
}

impl Sample {
    /// The sample of a text's words.
    pub(super) fn of(words: &Words) -> Self {
        if words.len() < MIN_WORDS {
            return Self::default();
        }
        let runs = runs(words);
        let (level, kept) = sampled(&runs);
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
        let mut by_mix = |hashes: &[u32], count: usize| {
            let mut mixed: Vec<(u32, u64, u32)> = hashes
                .iter()
                .map(|hash| (hash.trailing_zeros().min(8), mix(u64::from(*hash)), *hash))
                .collect();
            if mixed.len() > count {
                mixed.select_nth_unstable_by(count, |a, b| b.cmp(a));
            }
            out.extend(mixed.iter().take(count).map(|(_, _, hash)| *hash));
        };
        if self.head.is_empty() {
            by_mix(&self.kept, max);
        } else {
            by_mix(&self.kept, max / 2);
            by_mix(&self.head, max - max / 2);
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Which share of the shorter text is in the other, where runs that `is_common` names (the
    /// boilerplate of many texts) don't count. `None` where too little can be compared.
    pub(super) fn containment(
        &self,
        other: Sampled<'_>,
        is_common: impl Fn(u32) -> bool,
    ) -> Option<f32> {
        let level = self.level.max(other.level);
        let tells = |hash: &u32| !is_common(*hash);
        let fits = |hash: &u32| is_kept(*hash, level) && tells(hash);
        let sampled = share(
            self.kept.iter().copied().filter(fits),
            other.kept.iter().filter(fits),
        );
        // A short text against a long one: its runs are known in full, the long one's only at its
        // beginning.
        let head = if self.level != other.level && self.level.min(other.level) == 0 {
            let mine = if self.head.is_empty() {
                &self.kept
            } else {
                &self.head
            };
            let theirs = if other.head.0.is_empty() {
                other.kept
            } else {
                other.head
            };
            share(
                mine.iter().copied().filter(tells),
                theirs.iter().filter(tells),
            )
        } else {
            None
        };
        match (sampled, head) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }
}

/// Which share of the shorter of two sorted lists is in the other one.
fn share(
    mut mine: impl Iterator<Item = u32>,
    mut theirs: impl Iterator<Item = u32>,
) -> Option<f32> {
    let (mut own, mut others, mut both) = (0usize, 0usize, 0usize);
    let (mut a, mut b) = (mine.next(), theirs.next());
    loop {
        let order = match (a, b) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        if order != Ordering::Greater {
            own += 1;
            a = mine.next();
        }
        if order != Ordering::Less {
            others += 1;
            b = theirs.next();
        }
        both += usize::from(order == Ordering::Equal);
    }
    let least = own.min(others);
    (least >= MIN_COMPARED).then(|| both as f32 / least as f32)
}

#[cfg(test)]
mod tests {
    use super::super::profile::Profile;
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

    fn containment(a: &Sample, b: &Sample) -> Option<f32> {
        let text = b.clone();
        let stored = Profile {
            text,
            ..Profile::default()
        }
        .stored();
        assert_eq!(stored.text().read(), *b);
        a.containment(stored.text(), |_| false)
    }

    #[test]
    fn a_beginning_is_contained() {
        let long = sample(&text(0, 400));
        let short = sample(&text(0, 40));
        assert!(long.kept.len() <= MAX_SAMPLE);
        assert!(containment(&long, &short).unwrap() > 0.95);
        assert!(containment(&short, &long).unwrap() > 0.95);
    }

    proptest::proptest! {
        #[test]
        fn the_lowest_level_is_taken_that_keeps_few_enough(
            runs in proptest::collection::vec(proptest::prop_oneof![0..9u32, 0..1u32 << 24], 0..400),
            same in 0..200usize,
        ) {
            let mut runs = runs;
            runs.extend(std::iter::repeat_n(0, same));
            let mut kept = runs.clone();
            kept.sort_unstable();
            kept.dedup();
            let mut level = 0;
            while kept.len() > MAX_SAMPLE {
                level += 1;
                kept.retain(|hash| is_kept(*hash, level));
            }
            proptest::prop_assert_eq!(sampled(&runs), (level, kept));
        }
    }

    #[test]
    fn half_is_half() {
        let share = containment(&sample(&text(0, 200)), &sample(&text(100, 300)));
        assert!((0.3..0.7).contains(&share.unwrap()), "{share:?}");
        let other = containment(&sample(&text(0, 200)), &sample(&text(500, 700)));
        assert!(other.unwrap() < 0.05);
    }

    #[test]
    fn little_text_says_nothing() {
        assert!(sample("only a few words").is_empty());
        assert_eq!(
            containment(&sample(&text(0, 12)), &sample(&text(0, 12))),
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
