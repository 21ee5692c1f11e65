//! The loop that polls what is due.
//!
//! The schedule is data in the database: the loop sleeps until the earliest due time and is woken when
//! that changes.

use crate::clock::Clock;
use crate::config::Config;
use crate::feed::Timestamp;
use crate::http::{Command, Service};
use crate::refresh::{Refresher, Report, Wave};
use crate::store::{self, DueFeed, DuePlace, Store};
use chrono::TimeDelta;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How many due feeds are read at once.
const DUE_AT_ONCE: usize = if cfg!(test) { 8 } else { 10_000 };
/// While feeds of so many hosts wait, the rest waits in the database. Feeds of one host are read on
/// and on, so that ten thousand of them are in nobody's way.
const HOSTS_AT_ONCE: usize = if cfg!(test) { 4 } else { 2_000 };
/// The shortest time between two looks for due feeds while others are being polled.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);
/// How long after a failure of the database the loop tries again.
const AFTER_TROUBLE: TimeDelta = TimeDelta::seconds(10);
/// The longest sleep: feeds added by another process are found after it.
const LONGEST_SLEEP: TimeDelta = TimeDelta::seconds(15);

/// How the scheduler stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Idle {
    /// The moment at which it found nothing to do, if it does nothing now.
    since: Option<Timestamp>,
}

impl Idle {
    /// Whether it has nothing to do at `now`.
    pub(super) fn holds_at(&self, now: Timestamp) -> bool {
        // A look that lies ahead is one from before the clock was set back.
        self.since
            .is_some_and(|since| since >= now && since - now < LONGEST_SLEEP)
    }
}

/// The loop that polls what is due.
pub(super) struct Scheduler {
    wave: Wave,
    store: Store,
    clock: Clock,
    service: Service,
    idle: watch::Sender<Idle>,
    /// The last look for due feeds.
    looked: Option<Timestamp>,
    /// The next one.
    look_at: Timestamp,
    /// The due feed that was read last, where more may stand behind it.
    read_until: Option<DuePlace>,
}

impl Scheduler {
    /// A scheduler that has not looked yet; it tells `idle` how it stands.
    pub(super) fn new(
        refresher: Refresher,
        store: Store,
        clock: Clock,
        service: Service,
        idle: watch::Sender<Idle>,
    ) -> Self {
        Self {
            wave: Wave::new(refresher),
            look_at: clock.now(),
            looked: None,
            read_until: None,
            store,
            clock,
            service,
            idle,
        }
    }

    /// Polls until it is told to stop.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Command>,
        mut reloads: mpsc::Receiver<Config>,
        stop: CancellationToken,
    ) {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            if let Err(error) = self.turn(now).await {
                tracing::error!("polling pauses: {error}");
                self.look_at = now + AFTER_TROUBLE;
            }
            let mut wake = self.look_at;
            if let Some(again) = self.wave.again_at() {
                wake = wake.min(again);
            }
            let polling = self.wave.running() > 0;
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(config) = reloads.recv() => self.reconfigure(&config),
                Some(report) = self.wave.ended(), if polling => self.note(&report),
                Some(order) = orders.recv() => self.obey(order).await,
                () = self.clock.sleep_until(wake) => {}
            }
        }
        self.wave.finish().await;
    }

    /// Looks for due feeds when it is time to, and starts what may start.
    async fn turn(&mut self, now: Timestamp) -> Result<(), store::Error> {
        // A machine that slept, or a clock that was set back, must not put the look far off.
        if now >= self.look_at || self.look_at - now > LONGEST_SLEEP {
            self.idle.send_replace(Idle { since: None });
            if self.looked.is_none_or(|looked| now < looked) {
                let late = self.store.set_clock_back(now).await?;
                if late > 0 {
                    tracing::warn!(
                        feeds = late,
                        "the clock was set back: polling what it put off"
                    );
                }
            }
            self.read_due(now).await?;
            self.looked = Some(now);
            let next = self.store.next_due().await?;
            self.look_at = next.map_or(now + LONGEST_SLEEP, |due| {
                due.clamp(now + LOOK_AGAIN, now + LONGEST_SLEEP)
            });
            self.service.status().scheduler_looked(now);
        }
        self.wave.start().await?;
        self.service
            .status()
            .polls_waiting(self.wave.waiting(), self.wave.running());
        if self.wave.is_empty() {
            match self.read_until.take() {
                // What is due before it may have been leased when it was read.
                Some(_) => self.look_at = now,
                None => drop(self.idle.send_replace(Idle { since: self.looked })),
            }
        }
        Ok(())
    }

    /// Reads due feeds, from where the last look stopped.
    async fn read_due(&mut self, now: Timestamp) -> Result<(), store::Error> {
        if self.wave.hosts_waiting() >= HOSTS_AT_ONCE {
            return Ok(());
        }
        let due = self.store.due(now, DUE_AT_ONCE, self.read_until).await?;
        self.read_until = match due.len() {
            DUE_AT_ONCE => due.last().and_then(DueFeed::place),
            _ => None,
        };
        self.wave.add_due(due);
        Ok(())
    }

    /// Counts a poll, and looks again in time for the feed's next one.
    fn note(&mut self, report: &Report) {
        self.service.status().polled(report);
        if let Some(due) = report.next_due {
            let soonest = self.looked.map_or(due, |looked| looked + LOOK_AGAIN);
            self.look_at = self.look_at.min(due.max(soonest));
        }
    }

    fn reconfigure(&mut self, config: &Config) {
        match Refresher::new(self.store.clone(), config, self.clock.clone()) {
            Ok(refresher) => self.wave.continue_with(refresher),
            Err(fault) => tracing::error!("the old fetch settings stay: {fault}"),
        }
        self.look_at = self.clock.now();
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Fetch(name) => match self.store.enabled(Some(vec![name])).await {
                Ok(feeds) => self.wave.add_regardless(feeds),
                Err(error) => tracing::error!("a feed could not be polled now: {error}"),
            },
            // Feeds were added or changed.
            Command::Look => self.look_at = self.clock.now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::net::TcpListener;
    use std::path::Path;

    /// Takes connections and says nothing.
    fn silent() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    /// A scheduler of feeds at these servers, in this order, which polls so many at once, one of a
    /// host.
    async fn scheduler(servers: &[&TcpListener], concurrency: usize) -> Scheduler {
        let feeds: String = servers
            .iter()
            .enumerate()
            .map(|(number, server)| {
                let address = server.local_addr().unwrap();
                format!(
                    "[[feeds]]\nname = \"feed-{number:02}\"\nurl = \"http://{address}/{number}\"\n"
                )
            })
            .collect();
        let text = format!(
            "[fetch]\nallow_private_networks = true\nper_host = 1\n\
             concurrency = {concurrency}\n{feeds}"
        );
        let config = config::parse(&text, "feedfold.toml", Path::new("/")).unwrap();
        let clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
        let store = Store::in_memory().unwrap();
        let now = clock.now();
        store.sync_feeds(config.feeds.clone(), now).await.unwrap();
        let refresher = Refresher::new(store.clone(), &config, clock.clone()).unwrap();
        let (commands, _) = mpsc::channel(1);
        let service = Service::new(store.clone(), config, clock.clone(), commands);
        let (idle, _) = watch::channel(Idle::default());
        Scheduler::new(refresher, store, clock, service, idle)
    }

    /// Looks so often.
    async fn look(scheduler: &mut Scheduler, looks: usize) {
        for _ in 0..looks {
            scheduler.turn(scheduler.clock.now()).await.unwrap();
            scheduler.clock.turn_to(scheduler.look_at);
        }
    }

    #[tokio::test]
    async fn more_feeds_of_one_host_than_are_read_at_once_keep_nobody_waiting() {
        let (busy, other) = (silent(), silent());
        let mut servers = vec![&busy; 3 * DUE_AT_ONCE];
        servers.push(&other);
        let mut scheduler = scheduler(&servers, 4).await;
        look(&mut scheduler, 1).await;
        assert_eq!(scheduler.wave.running(), 1);
        look(&mut scheduler, 3).await;
        assert_eq!(scheduler.wave.running(), 2);
        assert_eq!(scheduler.wave.waiting(), servers.len() - 2);
    }

    #[tokio::test]
    async fn of_many_hosts_some_wait_in_memory_and_the_rest_in_the_database() {
        let servers: Vec<TcpListener> = (0..5 * DUE_AT_ONCE).map(|_| silent()).collect();
        let servers: Vec<&TcpListener> = servers.iter().collect();
        let mut scheduler = scheduler(&servers, 1).await;
        look(&mut scheduler, 6).await;
        assert!(scheduler.wave.running() >= 1);
        assert!(scheduler.wave.waiting() >= HOSTS_AT_ONCE);
        assert!(scheduler.wave.waiting() < HOSTS_AT_ONCE + DUE_AT_ONCE);
    }
}
