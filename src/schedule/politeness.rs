//! Politeness to hosts: how many exchanges at once, how far apart they start, and a pause for the
//! whole host after it asked to slow down.

use super::{Freshness, HostPause};
use crate::address::Address;
use crate::config;
use crate::feed::{Fault, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// How long a whole host is left alone after a 429 that names no time.
const BARE_PAUSE: Duration = Duration::from_secs(30 * 60);

/// The longest pause of a whole host: beyond that, each feed waits for itself.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// States of hosts that are kept before idle ones are dropped.
const MOST_HOSTS: usize = 10_000;

/// What is going on with each host. It lives in memory; pauses, which must survive a restart, are
/// stored with the poll that they come from.
#[derive(Debug, Clone)]
pub struct Hosts {
    per_host: usize,
    spacing: Duration,
    states: HashMap<String, State>,
    /// Until when hosts are left alone; those that are over go when there are too many.
    pauses: BTreeMap<String, Timestamp>,
}

#[derive(Debug, Clone, Default)]
struct State {
    running: usize,
    last_start: Option<Timestamp>,
}

/// Which of the waiting polls may start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picked {
    /// Positions in the list that was given, in its order.
    pub start: Vec<usize>,
    /// When to look again, where time alone lets another one start; otherwise the end of a
    /// running exchange does.
    pub again_at: Option<Timestamp>,
}

impl Hosts {
    /// No exchange running and no host known.
    #[must_use]
    pub fn new(settings: &config::Fetch) -> Self {
        Self {
            per_host: settings.per_host.max(1),
            spacing: settings.host_spacing,
            states: HashMap::new(),
            pauses: BTreeMap::new(),
        }
    }

    /// Goes on under other settings; what is known of hosts stays.
    pub fn continue_with(&mut self, settings: &config::Fetch) {
        self.per_host = settings.per_host.max(1);
        self.spacing = settings.host_spacing;
    }

    /// Chooses from `waiting` (host names, the most urgent first) at most `free` that may start
    /// now, and notes them as started: for each one [`Hosts::ended`] must follow.
    pub fn pick<'a>(
        &mut self,
        waiting: impl IntoIterator<Item = &'a str>,
        free: usize,
        now: Timestamp,
    ) -> Picked {
        let mut picked = Picked::default();
        for (position, host) in waiting.into_iter().enumerate() {
            if picked.start.len() == free {
                break;
            }
            match self.turn(host, now) {
                Turn::Now => {
                    self.started(host, now);
                    picked.start.push(position);
                }
                Turn::At(moment) => {
                    picked.again_at =
                        Some(picked.again_at.map_or(moment, |known| known.min(moment)));
                }
                Turn::WhenOneEnds => {}
            }
        }
        picked
    }

    /// Notes an exchange that a redirect brings to `host`, where there is room for it. Distance is
    /// kept from it and not by it: it has come to the middle of a poll.
    pub fn enter(&mut self, host: &str, now: Timestamp) -> bool {
        let has_room = self
            .states
            .get(host)
            .is_none_or(|state| state.running < self.per_host);
        if has_room {
            self.started(host, now);
        }
        has_room
    }

    /// Notes that an exchange with `host` ended.
    pub fn ended(&mut self, host: &str) {
        if let Some(state) = self.states.get_mut(host) {
            state.running = state.running.saturating_sub(1);
        }
    }

    /// Leaves a whole host alone ([`cool_down`]); where the clock was set back since it asked for
    /// that, for a day at most.
    pub fn pause(&mut self, pause: &HostPause, now: Timestamp) {
        let until = pause.until.min(now + LONGEST_PAUSE);
        if self.pauses.len() >= MOST_HOSTS {
            self.pauses.retain(|_, until| *until > now);
        }
        let known = self.pauses.entry(pause.host.clone()).or_insert(until);
        *known = until.max(*known);
    }

    /// The hosts that are left alone, and until when.
    pub fn paused(&self, now: Timestamp) -> impl Iterator<Item = (&str, Timestamp)> {
        let pauses = self.pauses.iter().filter(move |(_, until)| **until > now);
        pauses.map(|(host, until)| (host.as_str(), *until))
    }

    /// Until when `host` is left alone, where it is.
    #[must_use]
    pub fn paused_until(&self, host: &str, now: Timestamp) -> Option<Timestamp> {
        self.pauses.get(host).copied().filter(|until| *until > now)
    }

    fn turn(&self, host: &str, now: Timestamp) -> Turn {
        let state = self.states.get(host);
        if state.is_some_and(|state| state.running >= self.per_host) {
            return Turn::WhenOneEnds;
        }
        let spaced = match state.and_then(|state| state.last_start) {
            // A start in the future is that of a clock which ran ahead.
            Some(start) if start <= now && is_public_host(host) => Some(start + self.spacing),
            _ => None,
        };
        match spaced.max(self.paused_until(host, now)) {
            Some(moment) if moment > now => Turn::At(moment),
            _ => Turn::Now,
        }
    }

    fn started(&mut self, host: &str, now: Timestamp) {
        let state = self.state(host, now);
        state.running += 1;
        state.last_start = Some(now);
    }

    /// What is known of a host; of the others, the idle ones go when there are too many.
    fn state(&mut self, host: &str, now: Timestamp) -> &mut State {
        if self.states.len() >= MOST_HOSTS {
            let spacing = self.spacing;
            self.states.retain(|_, state| {
                state.running > 0 || state.last_start.is_some_and(|start| start + spacing > now)
            });
        }
        self.states.entry(host.to_owned()).or_default()
    }
}

enum Turn {
    Now,
    At(Timestamp),
    WhenOneEnds,
}

/// How long a whole host is left alone after `fault`: only after a 429 of a public host, since a
/// bridge in one's own network says 429 for one of its sources and not for itself.
#[must_use]
pub fn cool_down(host: &str, fault: &Fault, freshness: &Freshness) -> Option<Duration> {
    if fault.status != Some(429) || !is_public_host(host) {
        return None;
    }
    Some(
        freshness
            .retry_after
            .unwrap_or(BARE_PAUSE)
            .min(LONGEST_PAUSE),
    )
}

/// What politeness counts by: the host of a feed's address; in one's own network the port belongs to
/// it, since the services of one machine are nothing to each other. Empty for an address that is
/// refused (it is never contacted).
#[must_use]
pub fn host_of(url: &str) -> String {
    let Ok(address) = Address::parse(url) else {
        return String::new();
    };
    let host = address.host();
    match address.url().port() {
        Some(port) if !is_public_host(host) => format!("{host}:{port}"),
        _ => host.to_owned(),
    }
}

/// A host without the port that [`host_of`] gave it.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // An IPv6 address without brackets has colons of its own.
        Some((name, _)) if name.ends_with(']') || !name.contains(':') => name,
        _ => host,
    }
}

/// Whether a host's name looks like one on the public internet: no loopback or private literal, no
/// name without a dot, none of the names reserved for local networks (RFC 6762, RFC 8375).
/// This decides on politeness only; what may be contacted is judged by resolved address.
#[must_use]
pub fn is_public_host(host: &str) -> bool {
    let bare = without_port(host)
        .trim_start_matches('[')
        .trim_end_matches(']');
    if let Ok(v4) = bare.parse::<std::net::Ipv4Addr>() {
        return !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified());
    }
    if let Ok(v6) = bare.parse::<std::net::Ipv6Addr>() {
        return !(v6.is_loopback()
            || v6.is_unspecified()
            || v6.is_unique_local()
            || v6.is_unicast_link_local());
    }
    let local = [
        ".localhost",
        ".local",
        ".lan",
        ".internal",
        ".home.arpa",
        ".test",
    ];
    bare.contains('.') && !local.iter().any(|end| bare.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::FaultKind;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn start() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn rule_45_services_of_one_machine_are_counted_apart_and_those_of_a_public_host_together() {
        for (url, host) in [
            ("http://127.0.0.1:8080/feed", "127.0.0.1:8080"),
            ("http://[::1]:8080/feed", "[::1]:8080"),
            ("http://localhost/feed", "localhost"),
            ("http://nas.lan:81/feed", "nas.lan:81"),
            ("https://feeds.example:8443/feed", "feeds.example"),
            ("ftp://feeds.example/", ""),
        ] {
            assert_eq!(host_of(url), host);
        }
        for host in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "::1",
            "fe80::1",
            "nas.lan:81",
        ] {
            assert!(!is_public_host(host), "{host}");
        }
        for host in [
            "feeds.example",
            "feeds.example:8443",
            "[2001:4860::1]:80",
            "8.8.8.8:80",
        ] {
            assert!(is_public_host(host), "{host}");
        }
    }

    fn hosts(per_host: usize) -> Hosts {
        Hosts::new(&config::Fetch {
            per_host,
            ..config::Fetch::default()
        })
    }

    #[test]
    fn one_hosts_polls_are_spaced_and_others_go_on() {
        let mut hosts = hosts(2);
        let waiting = ["a.example", "a.example", "b.example"];
        let picked = hosts.pick(waiting, 10, start());
        assert_eq!(picked.start, [0, 2]);
        assert_eq!(picked.again_at, Some(start() + TimeDelta::seconds(1)));
        let later = start() + TimeDelta::seconds(1);
        assert_eq!(hosts.pick(["a.example"], 10, later).start, [0]);
        // Two run: the third waits for an end and not for a moment.
        let much_later = start() + TimeDelta::seconds(60);
        assert_eq!(hosts.pick(["a.example"], 10, much_later), Picked::default());
        hosts.ended("a.example");
        assert_eq!(hosts.pick(["a.example"], 10, much_later).start, [0]);
    }

    #[test]
    fn the_own_machine_is_not_spaced() {
        let mut hosts = hosts(3);
        let picked = hosts.pick(["127.0.0.1"; 5], 10, start());
        assert_eq!(picked.start, [0, 1, 2]);
        assert_eq!(picked.again_at, None);
    }

    #[test]
    fn rule_17_a_429_pauses_a_public_host_as_a_whole() {
        let fault = Fault::with_status(FaultKind::Throttled, 429, "too many requests");
        let bare = Freshness::default();
        let asked = Freshness {
            retry_after: Some(Duration::from_secs(7200)),
            ..Freshness::default()
        };
        assert_eq!(
            cool_down("a.example", &fault, &asked),
            Some(Duration::from_secs(7200))
        );
        assert_eq!(cool_down("a.example", &fault, &bare), Some(BARE_PAUSE));
        assert_eq!(cool_down("127.0.0.1", &fault, &asked), None);
        assert_eq!(cool_down("rsshub.lan", &fault, &asked), None);
        let unavailable = Fault::with_status(FaultKind::Throttled, 503, "unavailable");
        assert_eq!(cool_down("a.example", &unavailable, &asked), None);

        let mut hosts = hosts(2);
        hosts.pick(["a.example"], 1, start());
        hosts.ended("a.example");
        let pause = HostPause {
            host: "a.example".into(),
            until: start() + TimeDelta::hours(2),
        };
        hosts.pause(&pause, start());
        let until = start() + TimeDelta::hours(2);
        let picked = hosts.pick(["a.example"], 1, start() + TimeDelta::hours(1));
        assert_eq!(picked.start, [] as [usize; 0]);
        assert_eq!(picked.again_at, Some(until));
        assert_eq!(hosts.pick(["a.example"], 1, until).start, [0]);
    }

    #[test]
    fn local_names_are_told_from_public_ones() {
        for host in ["news.example.org", "8.8.8.8", "[2606:4700::1]"] {
            assert!(is_public_host(host), "{host}");
        }
        for host in [
            "localhost",
            "nas",
            "nas.local",
            "127.0.0.1",
            "10.1.2.3",
            "[::1]",
            "[fd00::1]",
            "",
        ] {
            assert!(!is_public_host(host), "{host}");
        }
    }

    proptest! {
        /// Whatever is asked in whatever order: never more at once than allowed, starts spaced.
        #[test]
        fn rule_27_limits_hold(
            steps in prop::collection::vec((0usize..3, 0i64..800, any::<bool>()), 1..60),
            per_host in 1usize..4,
        ) {
            let names = ["a.example", "b.example", "c.example"];
            let mut hosts = hosts(per_host);
            let mut now = start();
            let mut running: HashMap<&str, usize> = HashMap::new();
            let mut last: HashMap<&str, Timestamp> = HashMap::new();
            for (host, wait, end) in steps {
                now += TimeDelta::milliseconds(wait);
                let host = names[host];
                if end && running.get(host).is_some_and(|n| *n > 0) {
                    hosts.ended(host);
                    *running.entry(host).or_default() -= 1;
                }
                if hosts.pick([host], 1, now).start == [0] {
                    let count = running.entry(host).or_default();
                    *count += 1;
                    prop_assert!(*count <= per_host);
                    if let Some(before) = last.insert(host, now) {
                        prop_assert!(now - before >= TimeDelta::seconds(1));
                    }
                }
            }
        }
    }
}
