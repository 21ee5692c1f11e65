//! An entry as a vector of weighted words, and how like others are to it.

use super::archive::Archive;
use super::hash::Kind;
use super::prior::prior;
use super::profile::{FURNITURE, IN_BARE_TITLE, Key, Profile, Term};
use super::stored::StoredProfile;
use super::term_index::TermIndex;

/// Terms by which similar entries are looked up.
const LOOKUPS: usize = 16;

/// A term of the entry.
struct Own {
    hash: u32,
    /// Before rarity.
    weight: f32,
    rarity: f32,
    in_headline: bool,
}

/// Terms of the entry with their weights by today's rarities.
pub(super) struct Weights {
    terms: Vec<Own>,
    index: TermIndex,
    /// [`Term::weight`] by its halves.
    by_halves: [f32; 8],
    norm: f32,
}

impl Weights {
    /// Of an entry, beside what the archive has.
    pub(super) fn of<A: Archive>(profile: &Profile, archive: &A) -> Result<Self, A::Error> {
        let counts = archive.frequencies(&profile.terms())?;
        let total = archive.entries_counted()?;
        let mut terms: Vec<Own> = Vec::with_capacity(counts.len());
        terms.extend(profile.telling().zip(counts).map(|(term, count)| Own {
            hash: term.hash,
            weight: term.weight(),
            rarity: prior().rarity(term.hash, count + 1, total),
            in_headline: term.is(IN_BARE_TITLE),
        }));
        let norm = terms
            .iter()
            .map(|term| (term.weight * term.rarity).powi(2))
            .sum::<f32>()
            .sqrt();
        let index = TermIndex::of(terms.iter().map(|term| term.hash).collect());
        let by_halves = std::array::from_fn(|halves| {
            Term {
                hash: 0,
                halves: halves as u8,
                flags: 0,
            }
            .weight()
        });
        Ok(Self {
            terms,
            index,
            by_halves,
            norm,
        })
    }

    /// The entry's own term with a hash.
    #[inline]
    fn find(&self, hash: u32) -> Option<&Own> {
        self.terms.get(self.index.find(hash)?)
    }

    /// Length of the weighted vector.
    pub(super) fn norm(&self) -> f32 {
        self.norm
    }

    /// How rare a term of the entry is; 0 for others.
    pub(super) fn rarity(&self, term: u32) -> f32 {
        self.find(term).map_or(0.0, |own| own.rarity)
    }

    /// The terms by which similar entries are found, the most telling first.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut order: Vec<&Own> = self.terms.iter().collect();
        let whole = |own: &Own| own.weight * own.rarity;
        order.sort_by(|a, b| whole(b).total_cmp(&whole(a)).then(a.hash.cmp(&b.hash)));
        order
            .into_iter()
            .take(LOOKUPS)
            .map(|own| Key::of_number(Kind::Term, own.hash))
            .collect()
    }

    /// Cosine of the angle to a stored entry, and what each shared term adds to it, in `shared`. None
    /// at all where they share no word of a headline, or with an entry of the same feed none that
    /// both headlines have: what only the texts share is a label, a sponsor or a turn of phrase.
    pub(super) fn likeness(
        &self,
        other: &StoredProfile,
        same_feed: bool,
        shared: &mut Vec<(u32, f32)>,
    ) -> f32 {
        shared.clear();
        let norm = match other.norm() {
            norm if norm > 0.0 => norm,
            _ => other
                .telling()
                .map(|t| (t.weight() * prior().rarity(t.hash, 0, 0)).powi(2))
                .sum::<f32>()
                .sqrt(),
        };
        let scale = self.norm * norm;
        if scale <= 0.0 {
            return 0.0;
        }
        // First those that may be shared, without a decision for each of the others.
        let (mut likely, mut count) = ([0; 256], 0u8);
        for (at, hash) in other.term_hashes().enumerate() {
            // A list has at most 255 terms, so that neither number is cut off.
            likely[usize::from(count)] = at as u8;
            count += u8::from(self.index.may_have(hash));
        }
        let mut of_headline = false;
        for at in &likely[..usize::from(count)] {
            let term = other.term(*at);
            let Some(own) = self.find(term.hash) else {
                continue;
            };
            if term.is(FURNITURE) {
                continue;
            }
            let theirs_is_headline = term.is(IN_BARE_TITLE);
            of_headline |= match same_feed {
                true => own.in_headline && theirs_is_headline,
                false => own.in_headline || theirs_is_headline,
            };
            let theirs = self.by_halves[usize::from(term.halves & 7)];
            let part = own.weight * theirs * own.rarity * own.rarity / scale;
            shared.push((own.hash, part));
        }
        // The words of headlines come first; two entries without one have but their texts.
        let headlines = self.terms.first().is_some_and(|own| own.in_headline)
            || other
                .terms()
                .next()
                .is_some_and(|term| term.is(IN_BARE_TITLE));
        if headlines && !of_headline {
            return 0.0;
        }
        shared.iter().map(|(_, part)| part).sum()
    }
}
