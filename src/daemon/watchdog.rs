//! Tells systemd that everything goes on (sd_watchdog_enabled(3)), and how.

use super::notify;
use crate::clock::Clock;
use crate::feed::Timestamp;
use crate::http::Service;
use crate::store::{Overview, Store};
use chrono::TimeDelta;
use sd_notify::NotifyState;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the state is told where systemd asks for no watchdog.
const UNWATCHED: Duration = Duration::from_secs(60);
/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long writing may be waited for: longer than any job takes.
const WRITER_LATE: Duration = Duration::from_secs(60);

/// Looks at the scheduler, the writer and the server. Only while all three go on systemd is told
/// that the service lives; otherwise it ends it in time and starts it anew.
pub(super) struct Watchdog {
    pub(super) store: Store,
    pub(super) service: Service,
    pub(super) clock: Clock,
    pub(super) address: String,
}

impl Watchdog {
    /// Runs until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let limit = sd_notify::watchdog_enabled();
        // Thrice in the time that systemd waits, so that one look may come late.
        let period = limit.map_or(UNWATCHED, |limit| (limit / 3).max(SHORTEST));
        let mut told = String::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                // systemd measures by the machine's time, whatever our clock says.
                () = tokio::time::sleep(period) => {}
            }
            match self.stuck().await {
                Some(stuck) => {
                    tracing::error!("{stuck}; the service manager is not told that all is well")
                }
                None => notify(&[NotifyState::Watchdog]),
            }
            let now = self.clock.now();
            if let Ok(overview) = self.store.overview(now).await {
                let (_, running) = self.service.status().polls();
                let state = state(&overview, running, now, &self.address);
                if state != told {
                    notify(&[NotifyState::Status(&state)]);
                    told = state;
                }
            }
        }
    }

    /// What does not go on.
    async fn stuck(&self) -> Option<String> {
        let now = self.clock.now();
        if let Some(late) = self.service.status().scheduler_late(now) {
            return Some(format!(
                "no due feeds were looked for in {} s",
                late.as_secs()
            ));
        }
        if let Some(late) = self.service.status().server_late(now) {
            return Some(format!("no connection was taken in {} s", late.as_secs()));
        }
        // A database that refuses a job is no reason to start anew: the writer answered.
        let written = tokio::time::timeout(WRITER_LATE, self.store.writes()).await;
        written
            .is_err()
            .then(|| format!("nothing was written for {} s", WRITER_LATE.as_secs()))
    }
}

/// The state in a line for people.
fn state(overview: &Overview, running: usize, now: Timestamp, address: &str) -> String {
    let Overview { feeds, failing, .. } = overview;
    let polls = match (running, overview.next_due) {
        (1.., _) => format!("{running} polls under way"),
        (0, None) => "nothing to poll".to_owned(),
        (0, Some(due)) => match (due - now).max(TimeDelta::zero()).num_minutes() {
            0 => "next poll within a minute".to_owned(),
            minutes => format!("next poll in {minutes} min"),
        },
    };
    format!("{feeds} feeds, {failing} failing; {polls}; serving at {address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_a_line_for_people() {
        let now = Timestamp::default();
        let overview = Overview {
            feeds: 64,
            failing: 2,
            next_due: Some(now + TimeDelta::minutes(3)),
            ..Overview::default()
        };
        let line = state(&overview, 0, now, "http://127.0.0.1:8420");
        let expected = "64 feeds, 2 failing; next poll in 3 min; serving at http://127.0.0.1:8420";
        assert_eq!(line, expected);
        let line = state(&overview, 5, now, "x");
        assert_eq!(line, "64 feeds, 2 failing; 5 polls under way; serving at x");
        let late = state(&overview, 0, now + TimeDelta::minutes(9), "x");
        assert!(late.contains("next poll within a minute"), "{late}");
        let none = state(&Overview::default(), 0, now, "x");
        assert_eq!(none, "0 feeds, 0 failing; nothing to poll; serving at x");
    }
}
