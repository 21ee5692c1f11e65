//! What stands under a feed's entries whatever they tell: labels, sponsors, invitations to read on.
//! An aggregator's "Article URL", "Comments" and "Points" would otherwise make all of its entries
//! one story.

use super::archive::Found;
use super::hash::BuildQuick;
use super::prepare::Prepared;
use super::profile::{FURNITURE, IN_BARE_TITLE, Profile, Term};
use super::stored::StoredProfile;
use super::term_index::TermIndex;
use std::collections::{HashMap, HashSet};

/// Fewest texts of a feed from which its furniture is learnt.
const FEWEST: u32 = 3;
/// So many stored entries of a feed tell what all of its entries have in common as well as the document
/// that they stand in.
pub const TELLING: usize = 8;
/// How many of a feed's latest entries are looked at.
pub(super) const LATEST: usize = 20;

/// Sets aside, in the entries of one document, the words that most of their texts have.
pub fn set_aside_furniture(entries: &mut [Prepared]) {
    let mut counts: HashMap<u32, u32, BuildQuick> = HashMap::default();
    let mut texts = 0;
    for entry in entries.iter() {
        let mut says = false;
        for term in beyond_headline(entry.profile.terms.iter().copied()) {
            says = true;
            *counts.entry(term.hash).or_default() += 1;
        }
        texts += u32::from(says);
    }
    for entry in entries.iter_mut().filter(|_| texts >= FEWEST) {
        set_aside(&mut entry.profile, |term| {
            let count = counts.get(&term.hash).copied().unwrap_or_default();
            2 * count > texts
        });
    }
}

/// Sets aside the words that most texts of the feed's `latest` entries have.
pub(super) fn set_aside_known(profile: &mut Profile, latest: &[Found<'_, StoredProfile>]) {
    let mut own = Vec::with_capacity(profile.terms.len());
    own.extend(beyond_headline(profile.terms.iter().copied()).map(|term| term.hash));
    let mut counts = vec![0; own.len()];
    let index = TermIndex::of(own);
    let mut texts = 0;
    for stored in latest {
        let mut says = false;
        for term in beyond_headline(stored.terms()) {
            says = true;
            if let Some(at) = index.find(term.hash) {
                counts[at] += 1;
            }
        }
        texts += u32::from(says);
    }
    if texts >= FEWEST {
        set_aside(profile, |term| {
            let count = index.find(term.hash).map_or(0, |at| counts[at]);
            2 * count > texts
        });
    }
}

/// Sets aside the words that were when the entry was folded before, as `stored` tells: the document
/// that it came in is not there any more.
pub fn set_aside_again(entry: &mut Prepared, stored: &StoredProfile) {
    let aside = stored.terms().filter(|term| term.is(FURNITURE));
    let aside: HashSet<u32> = aside.map(|term| term.hash).collect();
    set_aside(&mut entry.profile, |term| aside.contains(&term.hash));
}

/// Sets aside the terms that are furniture, unless the headline has them.
fn set_aside(profile: &mut Profile, is_furniture: impl Fn(&Term) -> bool) {
    let mut is_more = false;
    for term in &mut profile.terms {
        if !term.is(IN_BARE_TITLE) && !term.is(FURNITURE) && is_furniture(term) {
            term.flags |= FURNITURE;
            is_more = true;
        }
    }
    if is_more {
        profile.index();
    }
}

fn beyond_headline(terms: impl Iterator<Item = Term>) -> impl Iterator<Item = Term> {
    terms.filter(|term| !term.is(IN_BARE_TITLE))
}
