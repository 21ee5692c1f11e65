//! What is kept of an entry for folding later ones: hashes and weights, no text.

use super::credit::Strength;
use super::hash::{Kind, hash};
use super::prior::prior;
use super::shingles::Sample;
use super::stored::StoredProfile;

/// What is looked up and indexed: 48 bits, the kind of thing mixed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i64);

impl Key {
    /// The key of a text.
    pub(super) fn of(kind: Kind, text: &str) -> Self {
        Self((hash(kind, text.as_bytes()) >> 16) as i64)
    }

    /// The key of a number that is a hash already.
    pub(super) fn of_number(kind: Kind, number: u32) -> Self {
        Self((hash(kind, &number.to_le_bytes()) >> 16) as i64)
    }
}

/// Most texts of the feed have the term, and its headline does not: it tells nothing.
pub(super) const FURNITURE: u8 = 1;
/// The term stands in the headline without the outlet's name and labels.
pub(super) const IN_BARE_TITLE: u8 = 2;
/// A digit is in it.
pub(super) const NUMBER: u8 = 4;
/// It is written as a name where a plain word would not be.
pub(super) const NAME: u8 = 8;
/// It is looked up when other entries arrive.
pub(super) const INDEXED: u8 = 16;

/// Most keys of an entry.
const MAX_KEYS: usize = 48;
/// Most terms that are indexed.
const MAX_INDEXED: usize = 24;

/// A term of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    /// Which.
    pub(super) hash: u32,
    /// How often, in halves: an occurrence in the headline counts two, in the text one.
    pub(super) halves: u8,
    /// [`IN_BARE_TITLE`] and so on.
    pub(super) flags: u8,
}

impl Term {
    /// Its weight before rarity: how often it occurs, damped.
    pub(super) fn weight(self) -> f32 {
        let often = f32::from(self.halves) / 2.0;
        if often > 1.0 { 1.0 + often.ln() } else { often }
    }

    /// Whether `flag` is set.
    #[inline]
    pub(super) fn is(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A credit of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CreditMark {
    /// The form of the name or host; see `outlets`.
    pub(super) form: u32,
    /// How plainly.
    pub(super) strength: Strength,
}

/// What is kept of an entry for folding later ones. Opaque outside `fold`; typically 100 to 600
/// bytes when stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// The canonical link, where it names a page.
    pub(super) link: Option<Key>,
    /// The headline without labels and the outlet's name, where it is long enough to mean
    /// something.
    pub(super) headline: Option<Key>,
    /// The headline as it stands, where that is another one.
    pub(super) whole_headline: Option<Key>,
    /// The last part of the link's path, where it is made of many words.
    pub(super) slug: Option<Key>,
    /// Pages that are credited as the original.
    pub(super) credited_links: Vec<Key>,
    /// Outlets that are credited.
    pub(super) credits: Vec<CreditMark>,
    /// The words that tell, those of the headline first.
    pub(super) terms: Vec<Term>,
    /// Length of the vector of weighted terms, by the rarities when the entry was judged; 0 before.
    pub(super) norm: f32,
    /// The text's runs of words.
    pub(super) text: Sample,
    /// The language is none whose function words are known.
    pub(super) foreign: bool,
    /// The headline gathers many things.
    pub(super) round_up: bool,
    /// The days of the week that the text names, as a bit set.
    pub(super) weekdays: u8,
}

/// Bytes of a stored profile that few have more than.
const TYPICAL: usize = 640;

/// Number of the layout below.
pub(super) const VERSION: u8 = 1;

impl Profile {
    /// What the store indexes the entry by, at most 48 keys.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(MAX_KEYS);
        keys.extend(self.link.into_iter().chain(self.headlines()));
        keys.extend(self.slug);
        keys.extend(&self.credited_links);
        keys.extend(self.text_keys());
        let indexed = self.terms.iter().filter(|term| term.is(INDEXED));
        keys.extend(indexed.map(|term| Key::of_number(Kind::Term, term.hash)));
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(MAX_KEYS);
        keys
    }

    /// The terms whose frequencies the store counts; see [`super::Archive`].
    #[must_use]
    pub fn terms(&self) -> Vec<Key> {
        let mut terms = Vec::with_capacity(self.terms.len());
        terms.extend(
            self.telling()
                .map(|term| Key::of_number(Kind::Term, term.hash)),
        );
        terms
    }

    /// The terms that tell something.
    pub(super) fn telling(&self) -> impl Iterator<Item = Term> {
        let terms = self.terms.iter().copied();
        terms.filter(|term| !term.is(FURNITURE))
    }

    /// Marks the terms by which the entry is found: the rarest first, those of the headline before
    /// others.
    pub(super) fn index(&mut self) {
        let mut order: Vec<(usize, f32)> = Vec::with_capacity(self.terms.len());
        for (at, term) in self.terms.iter_mut().enumerate() {
            term.flags &= !INDEXED;
            if !term.is(FURNITURE) {
                order.push((at, term.weight() * prior().rarity(term.hash, 0, 0)));
            }
        }
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (at, _) in order.into_iter().take(MAX_INDEXED) {
            self.terms[at].flags |= INDEXED;
        }
    }

    /// The headline in both forms.
    pub(super) fn headlines(&self) -> impl Iterator<Item = Key> {
        self.headline.into_iter().chain(self.whole_headline)
    }

    /// The keys by which a text with much in common is found.
    pub(super) fn text_keys(&self) -> impl Iterator<Item = Key> {
        self.text
            .lookups(12)
            .into_iter()
            .map(|hash| Key::of_number(Kind::Shingle, hash))
    }

    /// The terms of the bare headline.
    pub(super) fn title_terms(&self) -> impl Iterator<Item = Term> {
        self.terms
            .iter()
            .copied()
            .filter(|term| term.is(IN_BARE_TITLE))
    }

    /// The profile as the store keeps it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(TYPICAL);
        out.extend_from_slice(&[
            VERSION,
            u8::from(self.foreign) | (u8::from(self.round_up) << 1),
            self.weekdays,
        ]);
        for key in [self.link, self.headline, self.whole_headline, self.slug] {
            let bytes = key.map_or(0, |key| key.0).to_le_bytes();
            out.extend_from_slice(&bytes[..6]);
        }
        out.push(self.credited_links.len() as u8);
        for key in &self.credited_links {
            out.extend_from_slice(&key.0.to_le_bytes()[..6]);
        }
        out.push(self.credits.len() as u8);
        for credit in &self.credits {
            out.extend_from_slice(&credit.form.to_le_bytes());
            out.push(u8::from(credit.strength == Strength::Strong));
        }
        out.extend_from_slice(&self.norm.to_le_bytes());
        out.push(self.terms.len() as u8);
        for term in &self.terms {
            out.extend_from_slice(&term.hash.to_le_bytes());
            // Seven bits for how often would be too many: 15 halves are as good as more.
            out.push(term.flags | (term.halves.min(7) << 5));
        }
        out.push(self.text.level);
        for hashes in [&self.text.kept, &self.text.head] {
            out.push(hashes.len() as u8);
            for hash in hashes {
                out.extend_from_slice(&hash.to_le_bytes()[..3]);
            }
        }
        out
    }

    /// The profile as the store keeps it, to be read in place.
    #[must_use]
    pub fn stored(&self) -> StoredProfile {
        // Every list is bounded where it is made, so that what is written can be read.
        StoredProfile::new(self.to_bytes()).unwrap_or_default()
    }

    /// Reads what [`Profile::to_bytes`] wrote; `None` where it is of another version or damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        StoredProfile::new(bytes).map(|stored| stored.read())
    }
}
