//! Jitter: a feed's own small delay, the same at every poll, so that a fleet never fires at once
//! and a test gets the same answer twice.

use std::time::Duration;

/// A longer wait by at most this share.
const SHARE: f64 = 0.15;

/// The longest delay after a moment that many feeds share.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A feed's place between 0 (never delayed) and 1 (not reached), evenly spread over names.
pub(super) fn place(name: &str) -> f64 {
    // FNV-1a, then a finaliser, since short names that differ in their last letter would lie
    // close together. Written out because it must never change: due times are compared with it.
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    // The top 32 bits, which an f64 holds exactly.
    f64::from(u32::try_from(hash >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

/// `wait`, longer by 0 to 15 %.
pub(super) fn stretched(wait: Duration, name: &str) -> Duration {
    wait + wait.mul_f64(SHARE * place(name))
}

/// The delay after a moment that many feeds share, where the next such moment comes `distance`
/// later: up to 15 % of the distance, 5 minutes at most.
pub(super) fn delay(distance: Duration, name: &str) -> Duration {
    distance.mul_f64(SHARE).min(LONGEST).mul_f64(place(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_spread_evenly() {
        let mut tenths = [0; 10];
        for number in 0..10_000 {
            let place = place(&format!("feed-{number}"));
            tenths[(place * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|n| (900..1100).contains(n)), "{tenths:?}");
    }

    #[test]
    fn a_delay_never_shortens_and_has_a_limit() {
        let hour = Duration::from_secs(3600);
        for name in ["a", "b", "windows-central", ""] {
            assert!(stretched(hour, name) >= hour);
            assert!(stretched(hour, name) <= hour.mul_f64(1.15));
            assert!(delay(hour * 24, name) < LONGEST);
            assert!(delay(Duration::from_secs(60), name) < Duration::from_secs(9));
        }
    }
}
