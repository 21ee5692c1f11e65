//! What forbids a fold: headlines made from one template that speak of different things.

use super::profile::{IN_BARE_TITLE, NUMBER, Profile, Term};
use super::stored::StoredProfile;

/// How two headlines differ.
pub(super) struct Difference {
    /// Terms only in the first.
    pub(super) mine: Vec<Term>,
    /// Terms only in the second.
    pub(super) theirs: Vec<Term>,
    /// How many terms they share.
    pub(super) both: usize,
    /// Both have terms of their own at the same place between shared ones.
    pub(super) slot: bool,
    /// Those are numbers.
    pub(super) number_slot: bool,
}

impl Difference {
    /// Of the bare headlines of two entries.
    pub(super) fn of(a: &Profile, b: &StoredProfile) -> Self {
        let theirs: Vec<Term> = b.terms().filter(|term| term.is(IN_BARE_TITLE)).collect();
        let mine: Vec<Term> = a.title_terms().collect();
        let holds = |terms: &[Term], wanted: &Term| terms.iter().any(|t| t.hash == wanted.hash);
        let both = mine.iter().filter(|term| holds(&theirs, term)).count();
        // The places of own terms: how many shared ones stand before.
        let places = |terms: &[Term], others: &[Term]| -> Vec<(bool, usize)> {
            let mut before = 0;
            let mut places = Vec::new();
            for term in terms {
                if holds(others, term) {
                    before += 1;
                } else {
                    places.push((term.is(NUMBER), before));
                }
            }
            places
        };
        let (own, others) = (places(&mine, &theirs), places(&theirs, &mine));
        let slot = own
            .iter()
            .any(|(_, at)| others.iter().any(|(_, other)| at == other));
        let number_slot = own
            .iter()
            .any(|(number, at)| *number && others.contains(&(true, *at)));
        Self {
            slot,
            number_slot,
            both,
            mine: mine
                .iter()
                .filter(|t| !holds(&theirs, t))
                .copied()
                .collect(),
            theirs: theirs
                .iter()
                .filter(|t| !holds(&mine, t))
                .copied()
                .collect(),
        }
    }

    /// Each has a number that the other lacks.
    pub(super) fn numbers_differ(&self) -> bool {
        let numbered = |terms: &[Term]| terms.iter().any(|term| term.is(NUMBER));
        numbered(&self.mine) && numbered(&self.theirs)
    }

    /// Terms of the shorter headline.
    pub(super) fn shorter(&self) -> usize {
        self.both + self.mine.len().min(self.theirs.len())
    }

    /// Terms of both headlines together.
    pub(super) fn all(&self) -> usize {
        self.both + self.mine.len() + self.theirs.len()
    }

    /// Whether the headlines are equal.
    pub(super) fn is_none(&self) -> bool {
        self.mine.is_empty() && self.theirs.is_empty()
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
    let (mine, theirs) = (difference.mine.len(), difference.theirs.len());
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
        let short = difference.mine.len() + difference.theirs.len();
        if !difference.is_none() && short <= 2 && both >= 0.5 * shorter && shorter <= 5.0 {
            return Some("the headlines are of one series, with other names");
        }
        if difference.is_none() {
            return Some("the same headline stands over other texts of that feed");
        }
    }
    None
}
