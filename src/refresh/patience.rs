//! How long a poll that waits for a server keeps its place among the polls that run.

use chrono::TimeDelta;

/// Nobody keeps a place for longer while it only waits: servers that stall hold up nobody.
const LONGEST: TimeDelta = TimeDelta::seconds(2);
/// Nobody gives it up sooner: servers answer more slowly now and then.
const SHORTEST: TimeDelta = TimeDelta::milliseconds(100);
/// A poll that takes so many times as long as usual is taken for one that stalls.
const TIMES_USUAL: i32 = 2;
/// How many of the latest polls tell what is usual, about.
const REMEMBERED: i32 = 8;

/// What polls that came to something usually take, and what follows for those that have not yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Patience {
    usual: Option<TimeDelta>,
}

impl Patience {
    /// Learns from a poll that came to something after `took`.
    pub(super) fn learn(&mut self, took: TimeDelta) {
        let took = took.clamp(TimeDelta::zero(), LONGEST);
        self.usual = Some(match self.usual {
            Some(usual) => usual + (took - usual) / REMEMBERED,
            None => took,
        });
    }

    /// So long a poll keeps its place while it only waits. One whose feed stalled the last time
    /// needs none for that.
    pub(super) fn with(self, stalled_before: bool) -> TimeDelta {
        if stalled_before {
            return TimeDelta::zero();
        }
        self.usual
            .map_or(LONGEST, |usual| usual * TIMES_USUAL)
            .clamp(SHORTEST, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_45_patience_follows_what_is_usual_within_its_bounds() {
        let mut patience = Patience::default();
        assert_eq!(patience.with(false), LONGEST);
        patience.learn(TimeDelta::milliseconds(300));
        assert_eq!(patience.with(false), TimeDelta::milliseconds(600));
        for _ in 0..100 {
            patience.learn(TimeDelta::milliseconds(3));
        }
        assert_eq!(patience.with(false), SHORTEST);
        for _ in 0..100 {
            patience.learn(TimeDelta::days(300_000));
        }
        assert_eq!(patience.with(false), LONGEST);
        assert_eq!(patience.with(true), TimeDelta::zero());
    }
}
