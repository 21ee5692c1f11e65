//! The decision over one entry: keys, candidates, rules, lead.

use super::archive::{Archive, Candidate, Found, StoryFacts};
use super::case::Case;
use super::credit::Strength;
use super::furniture::{LATEST, set_aside_known};
use super::prepare::Prepared;
use super::story::bridges;
use super::weights::Weights;
use super::{Bridge, Corrections, Decision, FeedContext, NearMiss, Placement, article, story};
use crate::config::Fold;
use crate::entry::{Credit, Role};
use crate::feed::Timestamp;
use chrono::TimeDelta;

/// How near two entries must be dated for a feed's priority to decide who leads.
const PRIORITY_REACH: TimeDelta = TimeDelta::hours(1);

/// Decides where an entry goes. `first_seen` is when it arrived; the entry's own date counts
/// where it has one and is not later.
///
/// # Errors
/// Only what the archive fails with.
pub fn judge<A: Archive>(
    prepared: &Prepared,
    context: &FeedContext,
    archive: &A,
    settings: &Fold,
    corrections: &Corrections,
    first_seen: Timestamp,
) -> Result<Decision, A::Error> {
    let outlets = archive.outlets()?;
    let mut profile = prepared.profile.clone();
    set_aside_known(&mut profile, &archive.latest(context.feed, LATEST)?);
    let weights = Weights::of(&profile, archive)?;
    profile.norm = weights.norm();
    let case = Case::new(
        prepared,
        &profile,
        context,
        outlets,
        settings,
        corrections,
        first_seen,
    );
    let credit = unknown_credit(&case);
    let Verdict {
        placement,
        evidence,
        rule,
        near,
        bridges,
    } = decide(&case, &weights, archive)?;
    Ok(Decision {
        placement,
        evidence,
        rule,
        near,
        credit,
        bridges,
        profile,
    })
}

/// A decision, but for what does not depend on where the entry goes.
struct Verdict {
    placement: Placement,
    evidence: String,
    rule: &'static str,
    near: Vec<NearMiss>,
    bridges: Vec<Bridge>,
}

fn decide<A: Archive>(
    case: &Case<'_>,
    weights: &Weights,
    archive: &A,
) -> Result<Verdict, A::Error> {
    let corrections = case.corrections;
    let decided = |placement, evidence, rule, near| Verdict {
        placement,
        evidence,
        rule,
        near,
        bridges: Vec::new(),
    };
    if let Some(story) = corrections.always {
        let facts = archive.story(story)?;
        let placement = joins(case, &facts.lead, &facts, Role::Coverage, &[]);
        return Ok(decided(
            placement,
            "joined by hand".to_owned(),
            "correction",
            Vec::new(),
        ));
    }

    let found = archive.candidates(
        &article::keys(case),
        case.since,
        case.until,
        article::PER_KEY,
        article::LIMIT,
    )?;
    let candidates = allowed(&found, corrections);
    if let Some(same) = article::decide(case, &candidates) {
        let facts = archive.story(same.candidate.story)?;
        let placement = joins(case, same.candidate, &facts, Role::Copy, &candidates);
        let bridges = bridges(case, weights, &candidates, same.candidate.story, archive)?;
        return Ok(Verdict {
            bridges,
            ..decided(placement, same.evidence, same.rule, Vec::new())
        });
    }

    let found = story::candidates(case, weights, archive)?;
    let candidates = allowed(&found, corrections);
    let story::Verdict { joined, near } = story::decide(case, weights, archive, &candidates)?;
    Ok(match joined {
        Some(same) => {
            let placement = joins(case, same.of, &same.facts, Role::Coverage, &candidates);
            decided(placement, same.evidence, same.rule, near)
        }
        None => {
            let evidence = match near.first() {
                None => "nothing like it is known".to_owned(),
                Some(NearMiss { why, .. }) => not_near_enough(why),
            };
            decided(Placement::Opens, evidence, "new", near)
        }
    })
}

/// The candidates that no correction keeps the entry from.
fn allowed<'c>(found: &'c [Found<'_, Candidate>], corrections: &Corrections) -> Vec<&'c Candidate> {
    let mut allowed = Vec::with_capacity(found.len());
    allowed.extend(found.iter().map(|found| &**found));
    allowed.retain(|candidate: &&Candidate| !corrections.never.contains(&candidate.story));
    allowed
}

/// Why an entry opened a story, where the nearest one was not joined for the reason `why`.
#[must_use]
pub fn not_near_enough(why: &str) -> String {
    format!("no story is near enough: {why}")
}

/// The placement under `of`, with the question of who leads.
fn joins(
    case: &Case<'_>,
    of: &Candidate,
    facts: &StoryFacts,
    role: Role,
    candidates: &[&Candidate],
) -> Placement {
    let members: Vec<&Candidate> = candidates
        .iter()
        .copied()
        .filter(|candidate| candidate.story == of.story)
        .collect();
    let credits_member = members
        .iter()
        .copied()
        .chain([&facts.lead, of])
        .any(|member| case.credits(member) == Some(Strength::Strong) || case.shares_source(member));
    Placement::Joins {
        story: of.story,
        of: of.entry,
        role,
        article: of.article,
        leads: leads(case, facts, role, &members),
        independent: role == Role::Coverage && !credits_member,
    }
}

/// Whether the entry takes the lead: never from one that people chose; else the credited original first, else the earliest; within an
/// hour the higher priority.
fn leads(case: &Case<'_>, facts: &StoryFacts, role: Role, members: &[&Candidate]) -> bool {
    let lead = &facts.lead;
    if facts.lead_is_chosen {
        return false;
    }
    let strong = |strength: Option<Strength>| strength == Some(Strength::Strong);
    let others = || members.iter().copied().chain([lead]);
    let credits_page = |of: &Candidate| {
        of.profile
            .link()
            .is_some_and(|link| case.profile.credited_links.contains(&link))
    };
    let is_credited_by = |by: &Candidate| {
        strong(case.is_credited_by(by))
            || case
                .profile
                .link
                .is_some_and(|link| by.profile.credited_links().any(|page| page == link))
    };
    let credits_a_member =
        others().any(|member| strong(case.credits(member)) || credits_page(member));
    let is_credited = others().any(is_credited_by);
    let lead_is_credited = others().any(|member| {
        member.entry != lead.entry
            && (strong(case.candidate_credits(member, lead.feed))
                || lead
                    .profile
                    .link()
                    .is_some_and(|link| member.profile.credited_links().any(|page| page == link)))
    }) || strong(case.credits(lead))
        || credits_page(lead);
    match (is_credited && !credits_a_member, lead_is_credited) {
        (true, false) => return true,
        // Contradictory credits and loops: whoever leads goes on.
        (true, true) => return false,
        (false, true) => return false,
        (false, false) => {}
    }
    if credits_a_member {
        return false;
    }
    let near = case.distance(lead) <= PRIORITY_REACH && case.prepared.item.published.is_some();
    if near && case.context.priority != lead.priority {
        return case.context.priority > lead.priority;
    }
    role == Role::Coverage && case.dated < lead.dated
}

/// The first plainly credited original that is no known feed.
fn unknown_credit(case: &Case<'_>) -> Option<Credit> {
    let mut mentions = case
        .prepared
        .mentions
        .iter()
        .filter(|mention| mention.strength == Strength::Strong);
    let known = case
        .prepared
        .mentions
        .iter()
        .filter(|mention| mention.strength == Strength::Strong)
        .any(|mention| {
            mention
                .forms()
                .iter()
                .any(|form| case.outlets.credited(*form).next().is_some())
        });
    if known {
        return None;
    }
    let mention = mentions.next()?;
    let name = match (&mention.name, &mention.link) {
        (name, Some(link)) if name.is_empty() => link.site_host(),
        (name, _) => name.clone(),
    };
    Some(Credit {
        name,
        link: mention.link.clone(),
    })
}
