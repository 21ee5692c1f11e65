//! One entry before the judge: what is known of it, and how candidates stand to it.

use super::archive::Candidate;
use super::credit::Strength;
use super::outlets::Outlets;
use super::prepare::Prepared;
use super::profile::Profile;
use super::{Corrections, FeedContext};
use crate::config::Fold;
use crate::feed::{FeedId, Timestamp};
use chrono::TimeDelta;
use std::collections::HashMap;
use std::sync::Arc;

/// What every rule may look at.
pub(super) struct Case<'a> {
    /// The entry.
    pub(super) prepared: &'a Prepared,
    /// What it is compared by, without its feed's furniture.
    pub(super) profile: &'a Profile,
    /// Its feed.
    pub(super) context: &'a FeedContext,
    /// Whether to fold less.
    pub(super) strict: bool,
    /// When it is dated.
    pub(super) dated: Timestamp,
    /// The oldest and newest date of what it may fold with.
    pub(super) since: Timestamp,
    /// See `since`.
    pub(super) until: Timestamp,
    /// The known feeds.
    pub(super) outlets: Arc<Outlets>,
    /// What people decided.
    pub(super) corrections: &'a Corrections,
    /// The known feeds that it credits.
    credited: HashMap<FeedId, Strength>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        prepared: &'a Prepared,
        profile: &'a Profile,
        context: &'a FeedContext,
        outlets: Arc<Outlets>,
        settings: &Fold,
        corrections: &'a Corrections,
        first_seen: Timestamp,
    ) -> Self {
        let dated = prepared
            .item
            .published
            .unwrap_or(first_seen)
            .min(first_seen);
        let window = TimeDelta::from_std(settings.window).unwrap_or(TimeDelta::days(7));
        let mut credited: HashMap<FeedId, Strength> = HashMap::new();
        for credit in &prepared.profile.credits {
            for feed in outlets.credited(credit.form) {
                if feed != context.feed {
                    let known = credited.entry(feed).or_insert(credit.strength);
                    *known = (*known).max(credit.strength);
                }
            }
        }
        Self {
            strict: settings.strict,
            since: dated.checked_sub_signed(window).unwrap_or(dated),
            until: dated.checked_add_signed(window).unwrap_or(dated),
            prepared,
            profile,
            context,
            dated,
            outlets,
            corrections,
            credited,
        }
    }

    /// How plainly the entry credits the candidate's feed.
    pub(super) fn credits(&self, candidate: &Candidate) -> Option<Strength> {
        self.credits_feed(candidate.feed)
    }

    /// How plainly the entry credits a feed.
    pub(super) fn credits_feed(&self, feed: FeedId) -> Option<Strength> {
        self.credited.get(&feed).copied()
    }

    /// How plainly the candidate credits the entry's feed.
    pub(super) fn is_credited_by(&self, candidate: &Candidate) -> Option<Strength> {
        if candidate.feed == self.context.feed {
            return None;
        }
        candidate
            .profile
            .credits()
            .filter(|credit| self.prepared.own_forms.contains(&credit.form))
            .map(|credit| credit.strength)
            .max()
    }

    /// How plainly one candidate credits another feed.
    pub(super) fn candidate_credits(
        &self,
        candidate: &Candidate,
        feed: FeedId,
    ) -> Option<Strength> {
        candidate
            .profile
            .credits()
            .filter(|credit| self.outlets.credits(credit.form, feed))
            .map(|credit| credit.strength)
            .max()
    }

    /// Whether the candidate credits the entry's page, and no other.
    pub(super) fn is_linked_by(&self, candidate: &Candidate) -> bool {
        let mut pages = candidate.profile.credited_links();
        pages.len() == 1 && pages.next() == self.profile.link && self.profile.link.is_some()
    }

    /// Whether entry and candidate, of two feeds, credit one and the same page, and no other.
    pub(super) fn shares_source(&self, candidate: &Candidate) -> bool {
        let mut pages = candidate.profile.credited_links();
        let mine = &self.profile.credited_links;
        !self.is_same_feed(candidate)
            && (mine.len(), pages.len()) == (1, 1)
            && pages.next().as_ref() == mine.first()
    }

    /// Whether they come from one feed.
    pub(super) fn is_same_feed(&self, candidate: &Candidate) -> bool {
        candidate.feed == self.context.feed
    }

    /// The outlet of a candidate, for people.
    pub(super) fn outlet(&self, candidate: &Candidate) -> &str {
        self.outlets.title(candidate.feed)
    }

    /// How far apart the entry and a candidate are dated.
    pub(super) fn distance(&self, candidate: &Candidate) -> TimeDelta {
        (self.dated - candidate.dated).abs()
    }

    /// A distance as people say it, rounded up.
    pub(super) fn spell(distance: TimeDelta) -> String {
        let minutes = distance.num_minutes() + 1;
        match minutes {
            ..60 => format!("{minutes} min"),
            60..2880 => format!("{} h", (minutes + 59) / 60),
            _ => format!("{} days", (minutes + 1439) / 1440),
        }
    }

    /// How a term reads in the entry.
    pub(super) fn surface(&self, term: u32) -> Option<&str> {
        self.prepared.surfaces.of(term)
    }
}
