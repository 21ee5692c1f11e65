//! Waits after failures.

use crate::feed::{Fault, FaultKind};
use std::time::Duration;

/// What every failure doubles.
const UNIT: Duration = Duration::from_secs(15 * 60);

/// The longest wait that failures alone cause.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// After a 429 that names no time.
const BARE_429: Duration = Duration::from_secs(60 * 60);

/// After a 503 that names no time.
const BARE_503: Duration = Duration::from_secs(30 * 60);

/// 30 minutes after the first failure in a row, twice as long after every further one, 24 hours
/// at most.
pub(super) fn after(failures: u32) -> Duration {
    if failures == 0 {
        return Duration::ZERO;
    }
    // 15 min · 2⁷ is beyond a day already.
    (UNIT * 2_u32.pow(failures.min(7))).min(LONGEST)
}

/// The least wait after an answer that asks to slow down without naming a time.
pub(super) fn bare(fault: &Fault) -> Option<Duration> {
    match (fault.kind, fault.status) {
        (_, Some(429)) => Some(BARE_429),
        (FaultKind::Throttled, _) | (_, Some(503)) => Some(BARE_503),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day() {
        let minutes: Vec<u64> = (0..10).map(|n| after(n).as_secs() / 60).collect();
        assert_eq!(minutes, [0, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440]);
        assert_eq!(after(u32::MAX), LONGEST);
    }
}
