//! What forbids a fold: headlines made from one template that speak of different things.

use super::profile::{IN_BARE_TITLE, NUMBER, Profile, Term};
use super::stored::StoredProfile;

/// How two headlines differ. Compared hundreds of times for one entry, so that nothing is allocated.
pub(super) struct Difference {
    /// How many terms only the first has.
    pub(super) mine: usize,
    /// How many terms only the second has.
    pub(super) theirs: usize,
    /// How many terms they share.
    pub(super) both: usize,
    /// Both have terms of their own at the same place between shared ones.
    pub(super) slot: bool,
    /// Those are numbers.
    pub(super) number_slot: bool,
    numbers_differ: bool,
}

/// The terms of a headline that the other one lacks.
#[derive(Default)]
struct Own {
    count: usize,
    /// How many shared terms stand before them, as a bit set; headlines have 24 terms at most.
    places: u64,
    /// Those of numbers.
    number_places: u64,
    /// How many terms the other one has too.
    shared: u32,
}

impl Own {
    fn of<T: Iterator<Item = Term>>(
        terms: impl Iterator<Item = Term>,
        others: impl Fn() -> T,
    ) -> Self {
        let mut own = Self::default();
        for term in terms {
            if others().any(|other| other.hash == term.hash) {
                own.shared += 1;
                continue;
            }
            let place = 1 << own.shared.min(63);
            own.count += 1;
            own.places |= place;
            own.number_places |= if term.is(NUMBER) { place } else { 0 };
        }
        own
    }
}

impl Difference {
    /// Of the bare headlines of two entries.
    pub(super) fn of(a: &Profile, b: &StoredProfile) -> Self {
        // The terms of the headline come first.
        let of_headline = |term: &Term| term.is(IN_BARE_TITLE);
        let first = || a.terms.iter().copied().take_while(of_headline);
        let second = || b.terms().take_while(of_headline);
        let (mine, theirs) = (Own::of(first(), second), Own::of(second(), first));
        Self {
            mine: mine.count,
            theirs: theirs.count,
            both: mine.shared as usize,
            slot: mine.places & theirs.places != 0,
            number_slot: mine.number_places & theirs.number_places != 0,
            numbers_differ: mine.number_places != 0 && theirs.number_places != 0,
        }
    }

    /// Each has a number that the other lacks.
    pub(super) fn numbers_differ(&self) -> bool {
        self.numbers_differ
    }

    /// Terms of the shorter headline.
    pub(super) fn shorter(&self) -> usize {
        self.both + self.mine.min(self.theirs)
    }

    /// Terms of both headlines together.
    pub(super) fn all(&self) -> usize {
        self.both + self.mine + self.theirs
    }

    /// Whether the headlines are equal.
    pub(super) fn is_none(&self) -> bool {
        self.mine == 0 && self.theirs == 0
    }

    /// Whether one headline has no terms.
    pub(super) fn is_empty_side(&self) -> bool {
        self.shorter() == 0
    }
}

/// Whether two entries with much text in common are nevertheless two articles: their headlines
/// have one template, filled with other numbers or names.
pub(super) fn forbids_article(difference: &Difference, same_feed: bool) -> bool {
    if difference.is_empty_side() {
        return false;
    }
    let (mine, theirs) = (difference.mine, difference.theirs);
    (difference.numbers_differ() && difference.both >= 1)
        || (same_feed && !difference.is_none())
        || (difference.slot
            && difference.both >= 2
            && difference.both as f32 >= 0.3 * difference.shorter() as f32
            && (1..=3).contains(&mine)
            && (1..=3).contains(&theirs))
}

/// Why two entries can't be of one story, where their headlines say so.
pub(super) fn forbids_story(difference: &Difference, same_feed: bool) -> Option<&'static str> {
    if difference.is_empty_side() {
        return None;
    }
    let shorter = difference.shorter() as f32;
    let both = difference.both as f32;
    if difference.numbers_differ() && both >= 0.5 * difference.all() as f32 {
        return Some("the headlines differ in a number");
    }
    if same_feed {
        if difference.number_slot && both >= 1.0 {
            return Some("the headlines are of one series, with other numbers");
        }
        let short = difference.mine + difference.theirs;
        if !difference.is_none() && short <= 2 && both >= 0.5 * shorter && shorter <= 5.0 {
            return Some("the headlines are of one series, with other names");
        }
        if difference.is_none() {
            return Some("the same headline stands over other texts of that feed");
        }
    }
    None
}
