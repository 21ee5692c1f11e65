//! Whether an entry is the same article as an earlier one.

use super::archive::Candidate;
use super::case::Case;
use super::guard::{Difference, forbids_article};
use super::profile::Key;
use std::collections::HashSet;

/// Newest entries looked at for each key, and most of all.
pub(super) const PER_KEY: usize = 40;
pub(super) const LIMIT: usize = 80;

/// Which share of the shorter text must be in the other one.
const CONTAINMENT: f32 = 0.6;
/// Terms of a headline that is nobody's column.
const TELLING_HEADLINE: usize = 5;
/// Below this share two texts are two.
const OTHER_TEXT: f32 = 0.1;
/// In how many articles a run of words occurs that is boilerplate.
const BOILERPLATE: usize = 3;

/// The same article.
pub(super) struct SameArticle<'c> {
    pub(super) candidate: &'c Candidate,
    pub(super) rule: &'static str,
    pub(super) evidence: String,
}

/// What to look up.
pub(super) fn keys(case: &Case<'_>) -> Vec<Key> {
    let profile = &case.prepared.profile;
    profile
        .link
        .into_iter()
        .chain(profile.headlines())
        .chain(profile.slug)
        .chain(profile.credited_links.iter().copied())
        .chain(profile.text_keys())
        .collect()
}

/// The earliest candidate that the strongest rule names.
pub(super) fn decide<'c>(case: &Case<'_>, candidates: &[&'c Candidate]) -> Option<SameArticle<'c>> {
    let mine = &case.prepared.profile;
    let first = |fits: &dyn Fn(&Candidate) -> bool| {
        candidates
            .iter()
            .copied()
            .filter(|candidate| fits(candidate))
            .min_by_key(|candidate| candidate.entry)
    };
    let difference = |candidate: &Candidate| Difference::of(mine, &candidate.profile);
    // A feed whose entries all point to one page keeps them apart, unless they read the same.
    let same_page = |candidate: &Candidate| {
        mine.link.is_some()
            && candidate.profile.link() == mine.link
            && (!case.is_same_feed(candidate) || {
                let difference = difference(candidate);
                !difference.numbers_differ()
                    && difference.both as f32 >= 0.5 * difference.shorter() as f32
            })
    };
    if let Some(candidate) = first(&same_page) {
        return Some(SameArticle {
            candidate,
            rule: "url",
            evidence: format!("same canonical URL as {}", case.outlet(candidate)),
        });
    }
    // A round-up credits many pages and is a copy of none.
    let credits_page = |candidate: &Candidate| {
        mine.credited_links.len() == 1
            && candidate
                .profile
                .link()
                .is_some_and(|link| mine.credited_links.contains(&link))
    };
    if let Some(candidate) = first(&credits_page) {
        return Some(SameArticle {
            candidate,
            rule: "credit-link",
            evidence: format!(
                "credits {} with a link to its article",
                case.outlet(candidate)
            ),
        });
    }
    if let Some(candidate) = first(&|candidate| case.is_linked_by(candidate)) {
        return Some(SameArticle {
            candidate,
            rule: "credit-link",
            evidence: format!(
                "{} credits this article with a link to it",
                case.outlet(candidate)
            ),
        });
    }
    if let Some(same) = same_text(case, candidates) {
        return Some(same);
    }
    // A short headline may be a column's: then the texts must not be two.
    let same_headline = |candidate: &Candidate| {
        let theirs = &candidate.profile;
        !case.is_same_feed(candidate)
            && mine
                .headlines()
                .any(|own| theirs.headlines().any(|other| own == other))
            && (mine.title_terms().count() >= TELLING_HEADLINE
                || mine
                    .text
                    .containment(theirs.text(), |_| false)
                    .is_none_or(|share| share >= OTHER_TEXT))
    };
    if let Some(candidate) = first(&same_headline) {
        return Some(SameArticle {
            candidate,
            rule: "headline",
            evidence: format!("same headline as {}", case.outlet(candidate)),
        });
    }
    let same_slug = |candidate: &Candidate| {
        mine.slug.is_some()
            && candidate.profile.slug() == mine.slug
            && !case.is_same_feed(candidate)
            && !difference(candidate).numbers_differ()
    };
    first(&same_slug).map(|candidate| SameArticle {
        candidate,
        rule: "slug",
        evidence: format!("same words in the address as {}", case.outlet(candidate)),
    })
}

/// The candidate with most text in common, where that is enough.
fn same_text<'c>(case: &Case<'_>, candidates: &[&'c Candidate]) -> Option<SameArticle<'c>> {
    let mine = &case.prepared.profile.text;
    if mine.is_empty() {
        return None;
    }
    let near: Vec<&Candidate> = candidates
        .iter()
        .copied()
        .filter(|candidate| {
            mine.containment(candidate.profile.text(), |_| false)
                .is_some_and(|share| share >= CONTAINMENT / 2.0)
        })
        .collect();
    if near.is_empty() {
        return None;
    }
    // Runs of words that several articles have are the outlet's or the template's.
    let mut seen: Vec<(u32, i64)> = Vec::new();
    for candidate in &near {
        let text = candidate.profile.text();
        let runs = text.kept.iter().chain(text.head.iter());
        seen.extend(runs.map(|run| (run, candidate.article.0)));
    }
    seen.sort_unstable();
    seen.dedup();
    let common: HashSet<u32> = seen
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|articles| articles.len() >= BOILERPLATE)
        .filter_map(|articles| Some(articles.first()?.0))
        .collect();
    let is_common = |run: u32| common.contains(&run);
    let mut best: Option<(f32, &Candidate)> = None;
    for candidate in near {
        let Some(share) = mine.containment(candidate.profile.text(), is_common) else {
            continue;
        };
        if share < CONTAINMENT {
            continue;
        }
        let difference = Difference::of(&case.prepared.profile, &candidate.profile);
        if forbids_article(&difference, case.is_same_feed(candidate)) {
            continue;
        }
        let better = best.is_none_or(|(known, known_candidate)| {
            share > known || (share == known && candidate.entry < known_candidate.entry)
        });
        if better {
            best = Some((share, candidate));
        }
    }
    best.map(|(share, candidate)| SameArticle {
        candidate,
        rule: "text",
        evidence: format!(
            "text {:.0} % the same as {}",
            share * 100.0,
            case.outlet(candidate)
        ),
    })
}
