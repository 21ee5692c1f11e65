//! Word statistics that ship with the program, so that folding works from the first entry on.

use super::aliases::canonical;
use super::hash::{BuildQuick, Kind, hash32};
use super::languages::Language;
use super::words::stem;
use std::collections::HashMap;
use std::sync::LazyLock;

/// In how many of [`Prior::headlines`] English headlines a word occurs.
const COUNTS: &str = include_str!("prior-en.tsv");

/// So many stories must be known before what is in many of them weighs on its own.
const SETTLED: f32 = 3_000.0;

/// Document frequencies by term.
pub(super) struct Prior {
    /// How many headlines were counted.
    pub(super) headlines: u64,
    counts: HashMap<u32, u32, BuildQuick>,
}

static PRIOR: LazyLock<Prior> = LazyLock::new(|| {
    let mut prior = Prior {
        headlines: 0,
        counts: HashMap::default(),
    };
    for (word, count) in COUNTS.lines().filter_map(|line| line.split_once('\t')) {
        let count: u32 = count.parse().unwrap_or_default();
        if word == "#headlines" {
            prior.headlines = u64::from(count);
        } else if !Language::English.is_stop_word(word) {
            *prior
                .counts
                .entry(canonical(hash32(Kind::Term, &stem(word))))
                .or_default() += count;
        }
    }
    prior
});

/// The shipped statistics.
pub(super) fn prior() -> &'static Prior {
    &PRIOR
}

impl Prior {
    /// In how many headlines `term` occurs.
    pub(super) fn count(&self, term: u32) -> u32 {
        self.counts.get(&term).copied().unwrap_or_default()
    }

    /// Inverse document frequency of a term that was in `seen` stories when they were opened;
    /// `total` entries are stored. It is that of the shipped and the stored counts together, and
    /// lower where a word is in many stories of these days: what everybody writes about this week
    /// tells little, however rare it is in other years.
    pub(super) fn rarity(&self, term: u32, seen: u32, total: u64) -> f32 {
        let all = (self.headlines + total + 2) as f32;
        let with = self.count(term) as f32 + seen as f32 + 0.5;
        let these_days = seen as f32 / (total as f32 + SETTLED);
        -(with / all).max(these_days).ln().min(-0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_weigh_more() {
        let rarity = |word: &str| prior().rarity(hash32(Kind::Term, &stem(word)), 0, 0);
        assert!(prior().headlines > 20_000);
        assert!(rarity("microsoft") < rarity("gigawatt"));
        assert!(rarity("gigawatt") <= rarity("zzyzx"));
    }
}
