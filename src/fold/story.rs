//! Whether an entry reports the same event as an earlier story.

use super::archive::{Archive, Candidate, Found, StoryFacts};
use super::case::Case;
use super::credit::Strength;
use super::guard::{Difference, forbids_story};
use super::profile::{IN_BARE_TITLE, NUMBER, Term};
use super::weights::Weights;
use super::{Bridge, NearMiss};
use crate::entry::StoryId;

/// Newest entries looked at for each term, and most of all.
const PER_KEY: usize = 80;
const LIMIT: usize = 160;

/// Mean likeness from which an entry joins a story.
const THRESHOLD: f32 = 0.305;
/// What a long text needs more, and how many words beyond the headline make it long: where much is
/// told, much is shared by chance.
const LONG: f32 = 0.05;
const LONG_WORDS: f32 = 20.0;
/// The same where one side plainly credits the other, or does so in passing.
const CREDIT_THRESHOLD: f32 = 0.17;
/// Fewest shared words for that.
const CREDIT_WORDS: usize = 3;
const HINT_THRESHOLD: f32 = 0.22;
/// What a round-up ("live updates", "deals") needs more, since it touches many stories.
const ROUND_UP: f32 = 0.2;
/// What an entry needs more to join another entry of its own feed: an outlet seldom reports one
/// event twice, and often writes twice about one thing.
const SAME_FEED: f32 = 0.05;
/// What a text needs more whose language's function words are not known here.
const FOREIGN: f32 = 0.06;
/// Likeness falls to a third in so many days; within a few hours it counts a little more.
const DECAY_DAYS: f32 = 8.0;
const SOON_DAYS: f32 = 0.5;
const SOON: f32 = 0.2;
/// What is left of the likeness where the texts name other days of the week.
const OTHER_DAY: f32 = 0.6;
/// What is left of it, when folding strictly, where fewer than two words tell: a number and a
/// name are in many headlines.
const FEW_WORDS: f32 = 0.8;
/// From which likeness on a story counts as nearly joined.
const NEAR: f32 = 0.10;
/// What [`nearness`], which is at most `1.0 + SOON`, makes never [`NEAR`], is below this; a little is
/// left for rounding.
const MAY_BE_NEAR: f32 = 0.99 * NEAR / (1.0 + SOON);

/// How an entry stands to one story.
struct Standing<'c> {
    story: StoryId,
    /// Sum of the members' likenesses.
    sum: f32,
    /// The member that is most like the entry.
    best: &'c Candidate,
    best_likeness: f32,
    shared: Vec<(u32, f32)>,
    /// The plainest credit between the entry and a member.
    credit: Option<(Strength, &'c Candidate)>,
    forbidden: Option<&'static str>,
    /// The entry or a member is a round-up.
    round_up: bool,
}

/// A story that the entry belongs to.
pub(super) struct SameStory<'c> {
    pub(super) of: &'c Candidate,
    pub(super) facts: StoryFacts,
    pub(super) rule: &'static str,
    pub(super) evidence: String,
}

/// What the story stage found.
pub(super) struct Verdict<'c> {
    /// The story that the entry joins, if any.
    pub(super) joined: Option<SameStory<'c>>,
    /// Those it nearly joined.
    pub(super) near: Vec<NearMiss>,
}

/// The entries that may tell the same story.
pub(super) fn candidates<'a, A: Archive>(
    case: &Case<'_>,
    weights: &Weights,
    archive: &'a A,
) -> Result<Vec<Found<'a, Candidate>>, A::Error> {
    archive.candidates(&weights.keys(), case.since, case.until, PER_KEY, LIMIT)
}

/// The story of `candidates` that the entry joins, if any, and those it nearly joined.
pub(super) fn decide<'c, A: Archive>(
    case: &Case<'_>,
    weights: &Weights,
    archive: &A,
    candidates: &[&'c Candidate],
) -> Result<Verdict<'c>, A::Error> {
    let mut joined = None;
    let mut ranked: Vec<(f32, Standing<'_>, StoryFacts)> = Vec::new();
    for standing in standings(case, weights, candidates) {
        let facts = archive.story(standing.story)?;
        let mean = standing.sum / (facts.size.max(1) as f32);
        ranked.push((mean, standing, facts));
    }
    ranked.sort_by(|a, b| {
        let lift = |entry: &(f32, Standing<'_>, StoryFacts)| entry.0 - threshold(case, &entry.1);
        lift(b).total_cmp(&lift(a)).then(a.1.story.cmp(&b.1.story))
    });
    let mut near = Vec::new();
    for (mean, standing, facts) in ranked {
        let needed = threshold(case, &standing);
        if joined.is_none() && standing.forbidden.is_none() && mean >= needed {
            joined = Some(same_story(case, weights, &standing, facts));
        } else if mean >= NEAR && near.len() < 3 {
            near.push(NearMiss {
                entry: standing.best.entry,
                score: mean.clamp(0.0, 1.0),
                why: match standing.forbidden {
                    Some(why) => why.to_owned(),
                    None if mean >= needed => "another story is nearer".to_owned(),
                    None => too_unlike(mean, needed),
                },
            });
        }
    }
    near.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(Verdict { joined, near })
}

/// The stories beside `joined` that credit the entry's page, where they are like the entry too: two
/// rewrites whose original comes last.
pub(super) fn bridges<A: Archive>(
    case: &Case<'_>,
    weights: &Weights,
    candidates: &[&Candidate],
    joined: StoryId,
    archive: &A,
) -> Result<Vec<Bridge>, A::Error> {
    let others: Vec<&Candidate> = candidates
        .iter()
        .copied()
        .filter(|candidate| candidate.story != joined && case.is_linked_by(candidate))
        .collect();
    let mut bridges = Vec::new();
    for standing in standings(case, weights, &others) {
        let size = archive.story(standing.story)?.size;
        let mean = standing.sum / size.max(1) as f32;
        if standing.forbidden.is_none() && mean >= threshold(case, &standing) {
            bridges.push(Bridge {
                story: standing.story,
                evidence: format!(
                    "a report of it credits {} with a link to its article",
                    case.context.title
                ),
            });
        }
    }
    Ok(bridges)
}

/// Why an entry is no part of a story that it is a little like.
#[must_use]
pub fn too_unlike(likeness: f32, needed: f32) -> String {
    format!("likeness {likeness:.2}, {needed:.2} is needed")
}

/// The candidates by story, those stories that have a member near enough to count.
fn standings<'c>(
    case: &Case<'_>,
    weights: &Weights,
    candidates: &[&'c Candidate],
) -> Vec<Standing<'c>> {
    for candidate in candidates {
        candidate.profile.fetch();
    }
    let mut shared = Vec::new();
    let mut likenesses: Vec<(&Candidate, f32)> = candidates
        .iter()
        .map(|candidate| {
            let same_feed = case.is_same_feed(candidate);
            let likeness = weights.likeness(&candidate.profile, same_feed, &mut shared);
            (*candidate, likeness)
        })
        .collect();
    // Most candidates share a word or two: those are done with here.
    let mut near: Vec<StoryId> = likenesses
        .iter()
        .filter(|(_, likeness)| *likeness >= MAY_BE_NEAR)
        .map(|(candidate, _)| candidate.story)
        .collect();
    near.sort_unstable();
    near.dedup();
    likenesses.retain(|(candidate, _)| near.binary_search(&candidate.story).is_ok());
    likenesses.sort_by_key(|(candidate, _)| candidate.story);
    likenesses
        .chunk_by(|(a, _), (b, _)| a.story == b.story)
        .filter_map(|members| {
            let members: Vec<(&Candidate, f32)> = members
                .iter()
                .map(|(candidate, likeness)| {
                    let nearness = nearness(case, weights, candidate, &mut shared);
                    (*candidate, likeness * nearness)
                })
                .collect();
            members
                .iter()
                .any(|(_, likeness)| *likeness >= NEAR)
                .then(|| standing(case, weights, &members))?
        })
        .collect()
}

/// How the entry stands to the story of `members`.
fn standing<'c>(
    case: &Case<'_>,
    weights: &Weights,
    members: &[(&'c Candidate, f32)],
) -> Option<Standing<'c>> {
    let (first, _) = members.first()?;
    let mut standing = Standing {
        story: first.story,
        sum: 0.0,
        best: first,
        best_likeness: 0.0,
        shared: Vec::new(),
        credit: None,
        forbidden: None,
        round_up: case.profile.round_up,
    };
    // Who credits an outlet means one text of it: where the story has one, another is on its own.
    let spent = members.iter().any(|(other, _)| case.is_same_feed(other));
    for (candidate, likeness) in members {
        let credited = case.is_credited_by(candidate).filter(|_| !spent);
        let by_page = case.is_linked_by(candidate) || case.shares_source(candidate);
        let credit = case
            .credits(candidate)
            .max(credited)
            .max(by_page.then_some(Strength::Strong));
        let difference = Difference::of(case.profile, &candidate.profile);
        let forbidden = forbids_story(&difference, case.is_same_feed(candidate));
        standing.sum += likeness;
        standing.round_up |= candidate.profile.round_up();
        if *likeness > standing.best_likeness {
            standing.best_likeness = *likeness;
            standing.best = candidate;
        }
        if let Some(strength) = credit
            && standing.credit.is_none_or(|(known, _)| strength > known)
        {
            standing.credit = Some((strength, candidate));
        }
        standing.forbidden = standing.forbidden.or(forbidden);
    }
    let same_feed = case.is_same_feed(standing.best);
    weights.likeness(&standing.best.profile, same_feed, &mut standing.shared);
    Some(standing)
}

/// By what time, days and the kind of shared words change a likeness.
fn nearness(
    case: &Case<'_>,
    weights: &Weights,
    candidate: &Candidate,
    shared: &mut Vec<(u32, f32)>,
) -> f32 {
    let mine = case.profile;
    let days = case.distance(candidate).num_seconds() as f32 / 86_400.0;
    let mut factor = (-days / DECAY_DAYS).exp() * (1.0 + SOON * (-days / SOON_DAYS).exp());
    let (a, b) = (mine.weekdays, candidate.profile.weekdays());
    if a != 0 && b != 0 && a & b == 0 {
        factor *= OTHER_DAY;
    }
    if case.strict {
        weights.likeness(&candidate.profile, case.is_same_feed(candidate), shared);
        let is_number = |hash: u32| {
            mine.terms
                .iter()
                .any(|term| term.hash == hash && term.is(NUMBER))
        };
        let telling = shared
            .iter()
            .filter(|(hash, part)| *part > 0.0 && !is_number(*hash));
        if telling.count() < 2 {
            factor *= FEW_WORDS;
        }
    }
    factor
}

/// The mean likeness that an entry needs to join a story.
fn threshold(case: &Case<'_>, standing: &Standing<'_>) -> f32 {
    let foreign = case.profile.foreign || standing.best.profile.foreign();
    let same_feed = case.is_same_feed(standing.best);
    let mine = beyond_headline(case.profile.telling());
    let theirs = beyond_headline(standing.best.profile.telling());
    let usual = THRESHOLD
        + LONG * (mine.min(theirs) as f32 / LONG_WORDS).min(1.0)
        + if foreign { FOREIGN } else { 0.0 }
        + if same_feed { SAME_FEED } else { 0.0 };
    match standing.credit {
        // Two shared words are a topic, not an event: they need a credit and more.
        Some((Strength::Strong, _)) if standing.shared.len() >= CREDIT_WORDS => CREDIT_THRESHOLD,
        Some((Strength::Strong, _)) => usual.min(HINT_THRESHOLD),
        Some((Strength::Weak, _)) if !case.strict && !standing.round_up => {
            usual.min(HINT_THRESHOLD)
        }
        _ if standing.round_up => usual + ROUND_UP,
        _ => usual,
    }
}

/// How many terms a profile has from outside of its headline.
fn beyond_headline(terms: impl Iterator<Item = Term>) -> usize {
    terms.filter(|term| !term.is(IN_BARE_TITLE)).count()
}

fn same_story<'c>(
    case: &Case<'_>,
    weights: &Weights,
    standing: &Standing<'c>,
    facts: StoryFacts,
) -> SameStory<'c> {
    let strong = standing
        .credit
        .filter(|(strength, _)| *strength == Strength::Strong)
        .map(|(_, candidate)| candidate);
    let of = strong.unwrap_or(standing.best);
    // What is rare tells people more than what weighs most.
    let mut shared: Vec<(u32, f32)> = standing
        .shared
        .iter()
        .filter(|(_, part)| *part > 0.0)
        .map(|(term, part)| (*term, part.sqrt() * weights.rarity(*term).powi(2)))
        .collect();
    shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let words: Vec<String> = shared
        .iter()
        .filter_map(|(term, _)| case.surface(*term))
        .take(4)
        .map(|word| format!("'{word}'"))
        .collect();
    let likeness = format!(
        "shares {} within {} of {}",
        words.join(", "),
        Case::spell(case.distance(standing.best)),
        case.outlet(standing.best)
    );
    let (rule, evidence) = match strong {
        Some(other) if case.credits(other) == Some(Strength::Strong) => (
            "credit",
            format!("credits {}; {likeness}", case.outlet(other)),
        ),
        Some(other) if case.shares_source(other) => (
            "credit",
            format!(
                "credits the same page as {}; {likeness}",
                case.outlet(other)
            ),
        ),
        Some(other) => (
            "credit",
            format!(
                "{} credits {}; {likeness}",
                case.outlet(other),
                case.context.title
            ),
        ),
        None => ("story", likeness),
    };
    SameStory {
        of,
        facts,
        rule,
        evidence,
    }
}
