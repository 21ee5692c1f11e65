//! Many polls, politely: bounded at once, few at a time with one host, claimed just in time.

use super::patience::Patience;
use super::report::asked_to_wait;
use super::waiting::Waiting;
use super::{Outcome, Refresher, Report};
use crate::feed::{Claim, FaultKind, FeedId, Timestamp};
use crate::fetch::{Held, Place, Turns};
use crate::publish::records::url_without_password;
use crate::schedule::host_of;
use crate::store::{DueFeed, Error};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};

/// Feeds that are to be polled, by host. A feed is claimed only when its poll starts, so that a
/// process that dies holds back no more feeds than it was polling.
pub struct Wave {
    refresher: Refresher,
    /// Places with hosts.
    places: Turns,
    concurrency: usize,
    lease: Duration,
    waiting: Waiting,
    /// Feeds that wait or run.
    known: HashSet<FeedId>,
    /// Those of them that are claimed though they are not due.
    regardless: HashSet<FeedId>,
    running: JoinSet<Report>,
    polls: HashMap<Id, Poll>,
    /// What came of polls that ended while nobody asked: many are stored at once.
    ended: VecDeque<Report>,
    again_at: Option<Timestamp>,
    patience: Patience,
    /// Whether the pauses of hosts that were stored are known.
    recalled: bool,
}

/// A running poll.
struct Poll {
    feed: FeedId,
    name: String,
    url: String,
    started: Timestamp,
    held: Held,
    /// Whether the feed's last poll ended at its deadline.
    stalled_before: bool,
}

impl Poll {
    /// When it gives up its place though it runs on: it waits for a server and holds nothing.
    fn gives_up_place_at(&self, patience: Patience) -> Option<Timestamp> {
        (self.held.bytes() < LITTLE).then(|| self.started + patience.with(self.stalled_before))
    }
}

/// Polls that hold less than so many bytes may run without a place.
const LITTLE: u64 = 64 * 1024;
/// Polls that run, for each place: those without one hold little, yet each has a connection.
const RUNNING_A_PLACE: usize = 8;

/// How long beyond its deadline a poll may keep its claim, for parsing and storing.
const LEASE_MARGIN: Duration = Duration::from_secs(60);

impl Wave {
    /// An empty wave.
    #[must_use]
    pub fn new(refresher: Refresher) -> Self {
        let fetch = &refresher.fetch;
        Self {
            places: Turns::new(fetch),
            concurrency: fetch.concurrency.max(1),
            lease: fetch.timeout + LEASE_MARGIN,
            waiting: Waiting::default(),
            known: HashSet::new(),
            regardless: HashSet::new(),
            running: JoinSet::new(),
            polls: HashMap::new(),
            ended: VecDeque::new(),
            again_at: None,
            patience: Patience::default(),
            recalled: false,
            refresher,
        }
    }

    /// Goes on under another configuration; what runs ends under the old one.
    pub fn continue_with(&mut self, refresher: Refresher) {
        self.concurrency = refresher.fetch.concurrency.max(1);
        self.lease = refresher.fetch.timeout + LEASE_MARGIN;
        self.places.hosts().continue_with(&refresher.fetch);
        self.refresher = refresher;
    }

    /// Adds feeds that are to be polled if they are due when their turn comes. Those that wait or
    /// run already are left out.
    pub fn add_due(&mut self, feeds: Vec<DueFeed>) {
        for feed in feeds {
            if self.known.insert(feed.id) {
                self.waiting.add(feed.id, &host_of(&feed.url));
            }
        }
    }

    /// Adds feeds that are to be polled whether they are due or not.
    pub fn add_regardless(&mut self, feeds: Vec<DueFeed>) {
        self.regardless.extend(feeds.iter().map(|feed| feed.id));
        self.add_due(feeds);
    }

    /// Whether nothing waits or runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.ended.is_empty()
    }

    /// How many polls run, or have ended and were not yet told of.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len() + self.ended.len()
    }

    /// How many feeds wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.known.len() - self.polls.len()
    }

    /// How many hosts have feeds that wait for their turn; those that are left alone have none.
    #[must_use]
    pub fn hosts_waiting(&self) -> usize {
        let now = self.refresher.clock.now();
        let hosts = self.places.hosts();
        let paused = hosts.paused(now).filter(|(host, _)| self.waiting.has(host));
        self.waiting.hosts().len() - paused.count()
    }

    /// When [`Wave::start`] can start more though no poll ended, where there is such a moment.
    #[must_use]
    pub fn again_at(&self) -> Option<Timestamp> {
        self.again_at
    }

    /// Starts what may start and waits until a poll ends; `None` when there is nothing left. A feed
    /// whose host is left alone is not waited for: its report says so, and it stays as due as it was.
    pub async fn next(&mut self) -> Option<Result<Report, Error>> {
        loop {
            if let Err(error) = self.start().await {
                return Some(Err(error));
            }
            match self.left_alone().await {
                Ok(None) => {}
                Ok(Some(report)) => return Some(Ok(report)),
                Err(error) => return Some(Err(error)),
            }
            let running = !self.running.is_empty() || !self.ended.is_empty();
            let again_at = self.again_at;
            if !running && again_at.is_none() {
                return None;
            }
            let clock = self.refresher.clock.clone();
            tokio::select! {
                Some(report) = self.ended(), if running => return Some(Ok(report)),
                () = clock.sleep_until(again_at.unwrap_or(Timestamp::MAX_UTC)), if again_at.is_some() => {}
            }
        }
    }

    /// Takes a feed out whose host is left alone, and says so.
    async fn left_alone(&mut self) -> Result<Option<Report>, Error> {
        let now = self.refresher.clock.now();
        while let Some((feed, until)) = self.take_left_alone(now) {
            self.leave(feed);
            // Where it was removed meanwhile, nobody asks for it any more.
            if let Some(feed) = self.refresher.store.feed_numbered(feed).await? {
                return Ok(Some(asked_to_wait(&feed, until)));
            }
        }
        Ok(None)
    }

    fn take_left_alone(&mut self, now: Timestamp) -> Option<(FeedId, Timestamp)> {
        let hosts = self.places.hosts();
        // Few hosts are left alone, while many may be waiting.
        let (host, until) = hosts
            .paused(now)
            .find(|(host, _)| self.waiting.has(host))
            .map(|(host, until)| (host.to_owned(), until))?;
        drop(hosts);
        Some((self.waiting.take_of(&host)?, until))
    }

    /// Waits until a running poll ends; `None` when none runs. May be dropped and asked again.
    pub async fn ended(&mut self) -> Option<Report> {
        while self.ended.is_empty() {
            let first = self.running.join_next_with_id().await?;
            self.end(first);
            // Their places are given to others all at once, with one claim.
            while let Some(another) = self.running.try_join_next_with_id() {
                self.end(another);
            }
        }
        self.ended.pop_front()
    }

    fn end(&mut self, joined: Result<(Id, Report), JoinError>) {
        let (id, report) = match joined {
            Ok((id, report)) => (id, Some(report)),
            Err(error) => (error.id(), None),
        };
        let Some(poll) = self.polls.remove(&id) else {
            return;
        };
        // A panic in one poll is that poll's fault; its lease ends by time.
        let report = report.unwrap_or_else(|| panicked(poll.name, &poll.url));
        self.leave(poll.feed);
        let now = self.refresher.clock.now();
        if report.error.is_none() {
            self.patience.learn(now - poll.started);
        }
        if let Some(pause) = &report.pause {
            self.places.hosts().pause(pause, now);
        }
        self.ended.push_back(report);
    }

    /// Waits until what runs has ended; what waits is forgotten and stays due.
    pub async fn finish(&mut self) {
        self.waiting.clear();
        while self.running.join_next().await.is_some() {}
    }

    /// Claims and starts as many polls as there are places for, the hosts taking turns. Must be
    /// awaited to its end.
    pub async fn start(&mut self) -> Result<(), Error> {
        self.again_at = None;
        if !self.recalled {
            let now = self.refresher.clock.now();
            for pause in self.refresher.store.pauses(now).await? {
                self.places.hosts().pause(&pause, now);
            }
            self.recalled = true;
        }
        loop {
            let chosen = self.choose();
            if chosen.is_empty() {
                return Ok(());
            }
            match self.claim(chosen.keys().copied().collect()).await {
                Ok(claims) => self.spawn(claims, chosen),
                Err(error) => {
                    for feed in chosen.into_keys() {
                        self.leave(feed);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Takes as many feeds as there are places for, one a host and turn.
    fn choose(&mut self) -> HashMap<FeedId, Place> {
        let now = self.refresher.clock.now();
        let mut chosen = HashMap::new();
        let places_freed_at: Vec<Option<Timestamp>> = self
            .polls
            .values()
            .map(|poll| poll.gives_up_place_at(self.patience))
            .filter(|freed_at| freed_at.is_none_or(|freed_at| freed_at > now))
            .collect();
        let most = self.concurrency.saturating_mul(RUNNING_A_PLACE);
        loop {
            let free = self
                .concurrency
                .saturating_sub(places_freed_at.len() + chosen.len())
                .min(most.saturating_sub(self.running.len() + chosen.len()));
            let hosts = self.waiting.hosts();
            let any = hosts.len() > 0;
            let picked = self.places.hosts().pick(hosts, free, now);
            self.again_at = picked.again_at;
            if free == 0 && any && self.running.len() + chosen.len() < most {
                let next_free = places_freed_at.iter().flatten().min().copied();
                self.again_at = self.again_at.into_iter().chain(next_free).min();
            }
            if picked.start.is_empty() {
                return chosen;
            }
            for next in self.waiting.take(&picked.start) {
                let place = self.places.place(next.host);
                let place = if next.is_alone { place.alone() } else { place };
                chosen.insert(next.feed, place);
            }
        }
    }

    async fn claim(&self, feeds: Vec<FeedId>) -> Result<Vec<Claim>, Error> {
        let store = &self.refresher.store;
        let now = self.refresher.clock.now();
        let (regardless, due): (Vec<_>, Vec<_>) = feeds
            .into_iter()
            .partition(|feed| self.regardless.contains(feed));
        let mut claims = Vec::new();
        if !due.is_empty() {
            claims.extend(store.claim(due, now, self.lease).await?);
        }
        if !regardless.is_empty() {
            claims.extend(store.claim_regardless(regardless, now, self.lease).await?);
        }
        Ok(claims)
    }

    fn spawn(&mut self, claims: Vec<Claim>, mut chosen: HashMap<FeedId, Place>) {
        let started = self.refresher.clock.now();
        for claim in claims {
            let feed = claim.feed.id;
            let Some(place) = chosen.remove(&feed) else {
                continue;
            };
            let name = claim.feed.subscription.name.clone();
            let url = claim.feed.subscription.url.clone();
            let last_error = claim.feed.health.last_error.as_ref();
            let stalled_before = last_error.is_some_and(|error| error.kind == FaultKind::TimedOut);
            let refresher = self.refresher.clone();
            let held = Held::default();
            let shown = held.clone();
            let task = self
                .running
                .spawn(async move { refresher.poll_watched(claim, &shown, Some(place)).await });
            let poll = Poll {
                feed,
                name,
                url,
                started,
                held,
                stalled_before,
            };
            self.polls.insert(task.id(), poll);
        }
        // Another process has the others, or they were switched off meanwhile.
        for feed in chosen.into_keys() {
            self.leave(feed);
        }
    }

    fn leave(&mut self, feed: FeedId) {
        self.known.remove(&feed);
        self.regardless.remove(&feed);
    }
}

fn panicked(feed: String, url: &str) -> Report {
    tracing::error!(
        feed,
        "poll failed: feedfold has a fault; the other feeds go on"
    );
    Report {
        feed,
        url: url_without_password(url),
        outcome: Outcome::Error,
        status: None,
        new: 0,
        updated: 0,
        duplicates: 0,
        copies: 0,
        error: Some(
            "feedfold failed in this poll; nothing was changed, please report this".to_owned(),
        ),
        next_due: None,
        took: Duration::ZERO,
        pause: None,
        unstored: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::schedule::HostPause;
    use crate::store::Store;

    #[tokio::test]
    async fn hosts_that_are_left_alone_wait_for_no_turn() {
        let clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
        let store = Store::in_memory().unwrap();
        let refresher = Refresher::new(store, &Config::default(), clock.clone()).unwrap();
        let mut wave = Wave::new(refresher);
        let hosts = ["quay.example", "pier.example", "quay.example"];
        let feeds = (1..).zip(hosts).map(|(number, host)| DueFeed {
            id: FeedId(number),
            url: format!("https://{host}/{number}"),
            due: Some(clock.now()),
        });
        wave.add_due(feeds.collect());
        assert_eq!(wave.hosts_waiting(), 2);
        let until = clock.now() + chrono::TimeDelta::hours(1);
        for host in ["quay.example", "kiln.example"] {
            let pause = HostPause {
                host: host.to_owned(),
                until,
            };
            wave.places.hosts().pause(&pause, clock.now());
        }
        assert_eq!(wave.hosts_waiting(), 1);
        clock.turn_to(until);
        assert_eq!(wave.hosts_waiting(), 2);
    }
}
