//! Fold decisions as JSON.

use crate::entry::Entry;
use crate::publish::rfc3339;
use crate::store::{Correction, StoredDecision};
use serde::Serialize;

/// Why an entry is where it is, as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionRecord {
    /// The number of the entry.
    pub entry: i64,
    /// The number of its story.
    pub story: i64,
    /// `lead`, `copy` or `coverage`.
    pub fold: &'static str,
    /// The entry that it was folded under.
    pub of: Option<i64>,
    /// The rule that decided, as a stable word.
    pub rule: String,
    /// The evidence in words.
    pub evidence: String,
    /// Entries that it was nearly folded under, and why it was not.
    pub near: Vec<NearRecord>,
    /// When that was decided.
    pub decided: String,
}

/// An entry that another one was nearly folded under.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearRecord {
    /// The number of the entry.
    pub entry: i64,
    /// How near, from 0 to 1.
    pub score: f32,
    /// Why not, in words.
    pub why: String,
}

impl DecisionRecord {
    /// The decision about `entry`.
    #[must_use]
    pub fn new(entry: &Entry, decision: &StoredDecision) -> Self {
        Self {
            entry: entry.id.0,
            story: entry.story.0,
            fold: entry.role.word(),
            of: decision.of.map(|other| other.0),
            rule: decision.rule.clone(),
            evidence: decision.evidence.clone(),
            near: decision
                .near
                .iter()
                .map(|near| NearRecord {
                    entry: near.entry.0,
                    score: near.score,
                    why: near.why.clone(),
                })
                .collect(),
            decided: rfc3339(decision.decided),
        }
    }
}

/// What someone decided in place of folding, as programs see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorrectionRecord {
    /// Its number.
    pub id: i64,
    /// `join`, `split` or `lead`, or `remove` for a feed that was removed.
    pub kind: String,
    /// The story that it made or changed; 0 for `remove`.
    pub story: i64,
    /// The story that was joined to it, or that the entry left; the same one for `lead`.
    pub other: i64,
    /// The entry that was split off or made the lead.
    pub entry: Option<i64>,
    /// The headline that people know it by; for `remove` the feed's name.
    pub title: String,
    /// When it was decided.
    pub decided: String,
    /// When it was undone.
    pub undone: Option<String>,
}

impl From<&Correction> for CorrectionRecord {
    fn from(correction: &Correction) -> Self {
        Self {
            id: correction.id,
            kind: correction.kind.clone(),
            story: correction.story.0,
            other: correction.other.0,
            entry: correction.entry.map(|entry| entry.0),
            title: correction.title.clone(),
            decided: rfc3339(correction.decided),
            undone: correction.undone.map(rfc3339),
        }
    }
}
