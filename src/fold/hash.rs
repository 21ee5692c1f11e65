//! Hashes that stay the same from version to version and machine to machine: they are stored.

/// What a hash is of; part of the hash, so that no kind is mistaken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Link = 1,
    Headline = 3,
    Slug = 4,
    Shingle = 5,
    Term = 6,
    Outlet = 7,
}

/// 64 bits of `bytes` (FNV-1a, then mixed well).
pub(super) fn hash(kind: Kind, bytes: &[u8]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325 ^ (kind as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in bytes {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(state)
}

/// Spreads every bit over all others.
pub(super) fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    state = (state ^ (state >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ (state >> 33)
}

/// 32 bits of a text.
pub(super) fn hash32(kind: Kind, text: &str) -> u32 {
    (hash(kind, text.as_bytes()) >> 32) as u32
}

/// Looks words and their hashes up in tables that ship with the program, or that are as small as
/// one document: nobody outside can choose what slows them down by much.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quick(u64);

/// See [`Quick`].
pub(super) type BuildQuick = std::hash::BuildHasherDefault<Quick>;

impl std::hash::Hasher for Quick {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(32)) ^ u64::from(number);
    }
}
