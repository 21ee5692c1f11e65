//! Finding the terms of one entry among those of hundreds of others.

/// Bits of the table that rules terms out.
const BITS: usize = 2048;

/// Where each term of an entry stands in its list. Most terms that are asked for are none of them:
/// a bit by their hash says so.
pub(super) struct TermIndex {
    hashes: Vec<u32>,
    /// Where a term stands in `hashes`, plus one: an open table, at most half full.
    places: Vec<u16>,
    bits: [u64; BITS / 64],
}

impl TermIndex {
    /// Of terms by their hashes, each once, at most 255.
    pub(super) fn of(hashes: Vec<u32>) -> Self {
        let mut places = vec![0; (2 * hashes.len()).next_power_of_two()];
        let mut bits = [0; BITS / 64];
        for (at, hash) in hashes.iter().enumerate() {
            let mut slot = *hash as usize & (places.len() - 1);
            while places[slot] != 0 {
                slot = (slot + 1) & (places.len() - 1);
            }
            // A profile's lists have at most 255 terms.
            places[slot] = at as u16 + 1;
            let bit = *hash as usize % BITS;
            bits[bit / 64] |= 1 << (bit % 64);
        }
        Self {
            hashes,
            places,
            bits,
        }
    }

    /// Whether a term may be there: of a hundred others two or three may seem to.
    #[inline]
    pub(super) fn may_have(&self, hash: u32) -> bool {
        let bit = hash as usize % BITS;
        self.bits[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Where a term stands.
    #[inline]
    pub(super) fn find(&self, hash: u32) -> Option<usize> {
        if !self.may_have(hash) {
            return None;
        }
        let mut slot = hash as usize & (self.places.len() - 1);
        // Half of the table is empty, so that this ends soon.
        while let Some(at) = self.places[slot].checked_sub(1) {
            let at = usize::from(at);
            if self.hashes[at] == hash {
                return Some(at);
            }
            slot = (slot + 1) & (self.places.len() - 1);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_found_where_they_stand_and_no_others() {
        // Hashes that fall on one place of the table.
        let hashes: Vec<u32> = (0..20).map(|n| n << 12 | 5).collect();
        let index = TermIndex::of(hashes.clone());
        for (at, hash) in hashes.iter().enumerate() {
            assert_eq!(index.find(*hash), Some(at));
        }
        assert_eq!(index.find(20 << 12 | 5), None);
        assert_eq!(TermIndex::of(Vec::new()).find(0), None);
    }
}
