//! A profile as the store keeps it, read in place: hundreds of them are looked at for one entry,
//! so nothing of them is copied or allocated.

use super::credit::Strength;
use super::profile::{CreditMark, FURNITURE, Key, Profile, Term, VERSION};
use super::shingles::{Packed, Sampled};
use std::sync::Arc;

/// Version, flags and days of the week, then four keys of six bytes.
const KEYS_AT: usize = 3;
const LINKS_AT: usize = KEYS_AT + 4 * KEY;
const KEY: usize = 6;
/// A form, and how plainly it is credited.
const CREDIT: usize = 5;
const NORM: usize = 4;
/// A hash, and its weight and flags.
const TERM: usize = 5;
/// Most that a level says anything about: hashes have so many bits.
const MAX_LEVEL: u8 = 24;

/// A profile's bytes, whose layout was checked once. Cloning one shares the bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProfile {
    bytes: Arc<[u8]>,
    // Where parts begin, behind their length where they are lists.
    credits: u16,
    terms: u16,
    kept: u16,
    head: u16,
}

impl StoredProfile {
    /// Takes what [`Profile::to_bytes`] wrote; `None` where it is of another version or damaged.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Option<Self> {
        let bytes = bytes.into();
        if *bytes.first()? != VERSION {
            return None;
        }
        // Every list tells its length in one byte, so that all ends lie far below 65,536.
        let list = |at: usize, size: usize| Some(at + 1 + usize::from(*bytes.get(at)?) * size);
        let credits = list(LINKS_AT, KEY)?;
        let norm = list(credits, CREDIT)?;
        let terms = norm + NORM;
        let level = list(terms, TERM)?;
        let head = list(level + 1, Packed::SIZE)?;
        let end = list(head, Packed::SIZE)?;
        let place = |at: usize| u16::try_from(at + 1).ok();
        let stored = Self {
            credits: place(credits)?,
            terms: place(terms)?,
            kept: place(level + 1)?,
            head: place(head)?,
            bytes,
        };
        (stored.bytes.len() == end && stored.norm().is_finite()).then_some(stored)
    }

    /// The bytes, as the store keeps them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All of it, read.
    #[must_use]
    pub fn read(&self) -> Profile {
        let (link, headline, whole_headline, slug) =
            (self.key(0), self.key(1), self.key(2), self.key(3));
        Profile {
            link,
            headline,
            whole_headline,
            slug,
            credited_links: self.credited_links().collect(),
            credits: self.credits().collect(),
            terms: self.terms().collect(),
            norm: self.norm(),
            text: self.text().read(),
            foreign: self.foreign(),
            round_up: self.round_up(),
            weekdays: self.weekdays(),
        }
    }

    /// See [`Profile::link`].
    pub(super) fn link(&self) -> Option<Key> {
        self.key(0)
    }

    /// See [`Profile::headlines`].
    pub(super) fn headlines(&self) -> impl Iterator<Item = Key> {
        self.key(1).into_iter().chain(self.key(2))
    }

    /// See [`Profile::slug`].
    pub(super) fn slug(&self) -> Option<Key> {
        self.key(3)
    }

    /// See [`Profile::credited_links`].
    pub(super) fn credited_links(&self) -> impl ExactSizeIterator<Item = Key> {
        self.list(LINKS_AT + 1, KEY)
            .map(|bytes| Key(number(bytes) as i64))
    }

    /// See [`Profile::credits`].
    pub(super) fn credits(&self) -> impl Iterator<Item = CreditMark> {
        self.list(usize::from(self.credits), CREDIT)
            .map(|bytes| CreditMark {
                form: number(&bytes[..4]) as u32,
                strength: match bytes[4] {
                    0 => Strength::Weak,
                    _ => Strength::Strong,
                },
            })
    }

    /// See [`Profile::norm`].
    pub(super) fn norm(&self) -> f32 {
        let at = usize::from(self.terms) - 1 - NORM;
        f32::from_bits(number(&self.bytes[at..at + NORM]) as u32)
    }

    /// See [`Profile::terms`].
    #[inline]
    pub(super) fn terms(&self) -> impl ExactSizeIterator<Item = Term> {
        self.list(usize::from(self.terms), TERM).map(term)
    }

    /// The hashes of the terms, at most 255: of most candidates nothing else is looked at.
    #[inline]
    pub(super) fn term_hashes(&self) -> impl Iterator<Item = u32> {
        self.list(usize::from(self.terms), TERM)
            .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The term at a place in the list, which must be one of it.
    #[inline]
    pub(super) fn term(&self, at: u8) -> Term {
        let start = usize::from(self.terms) + usize::from(at) * TERM;
        term(&self.bytes[start..start + TERM])
    }

    /// Reads the ends of what [`super::weights::Weights::likeness`] will read: done for many profiles
    /// before any is compared, the processor fetches them from memory side by side.
    #[inline]
    pub(super) fn fetch(&self) {
        let first = usize::from(self.terms);
        let last = first + usize::from(self.bytes[first - 1]) * TERM;
        std::hint::black_box(self.bytes.get(last));
    }

    /// See [`Profile::telling`].
    pub(super) fn telling(&self) -> impl Iterator<Item = Term> {
        self.terms().filter(|term| !term.is(FURNITURE))
    }

    /// See [`Profile::text`].
    pub(super) fn text(&self) -> Sampled<'_> {
        let part = |at: u16| Packed(self.bytes_of(usize::from(at), Packed::SIZE));
        Sampled {
            level: self.bytes[usize::from(self.kept) - 2].min(MAX_LEVEL),
            kept: part(self.kept),
            head: part(self.head),
        }
    }

    /// See [`Profile::foreign`].
    pub(super) fn foreign(&self) -> bool {
        self.bytes[1] & 1 != 0
    }

    /// See [`Profile::round_up`].
    pub(super) fn round_up(&self) -> bool {
        self.bytes[1] & 2 != 0
    }

    /// See [`Profile::weekdays`].
    pub(super) fn weekdays(&self) -> u8 {
        self.bytes[2]
    }

    fn key(&self, nth: usize) -> Option<Key> {
        let at = KEYS_AT + nth * KEY;
        let number = number(&self.bytes[at..at + KEY]);
        (number != 0).then_some(Key(number as i64))
    }

    /// The bytes of the list that begins at `at`, its length before it.
    fn bytes_of(&self, at: usize, size: usize) -> &[u8] {
        &self.bytes[at..at + usize::from(self.bytes[at - 1]) * size]
    }

    fn list(&self, at: usize, size: usize) -> std::slice::ChunksExact<'_, u8> {
        self.bytes_of(at, size).chunks_exact(size)
    }
}

impl Default for StoredProfile {
    /// Of an entry of which nothing is known: all keys and lists are empty.
    fn default() -> Self {
        const CREDITS: usize = LINKS_AT + 1;
        const TERMS: usize = CREDITS + 1 + NORM;
        const KEPT: usize = TERMS + 2;
        let mut bytes = [0; KEPT + 2];
        bytes[0] = VERSION;
        Self {
            bytes: Arc::from(bytes),
            credits: CREDITS as u16 + 1,
            terms: TERMS as u16 + 1,
            kept: KEPT as u16 + 1,
            head: KEPT as u16 + 2,
        }
    }
}

/// A term as it is stored.
#[inline]
fn term(bytes: &[u8]) -> Term {
    Term {
        hash: u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        halves: bytes[4] >> 5,
        flags: bytes[4] & 31,
    }
}

/// A little-endian number of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_stored_as_nothing() {
        let nothing = StoredProfile::default();
        assert_eq!(
            StoredProfile::new(nothing.as_bytes()),
            Some(nothing.clone())
        );
        assert_eq!(nothing.read(), Profile::default());
        assert_eq!(Profile::default().stored(), nothing);
    }
}
