//! A simulated month: many feeds that publish at very different rates, polled by the real rules.
//!
//! `FEEDFOLD_SIMULATED_FEEDS=5000 cargo test --release --test it simulation -- --nocapture` prints
//! the figures for more feeds.

use super::{feed, now};
use chrono::TimeDelta;
use feedfold::cadence::Cadence;
use feedfold::config;
use feedfold::feed::{Feed, Timestamp};
use feedfold::schedule::{Arrivals, DocumentPace, Freshness, PollResult, next_poll};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

/// Days that are simulated, and those at first that are not counted.
const DAYS: i64 = 35;
const WARM_UP_DAYS: i64 = 7;

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A publisher: moments at which it publishes, 28 days before the start as well.
fn publications(a_day: f64, dice: &mut Dice) -> Vec<Timestamp> {
    let mut moments = Vec::new();
    let mut days = -28.0;
    loop {
        days += -(1.0 - dice.roll()).ln() / a_day;
        if days > DAYS as f64 {
            return moments;
        }
        moments.push(now() + TimeDelta::milliseconds((days * 86_400_000.0) as i64));
    }
}

#[derive(Debug, Default)]
struct Figures {
    polls: usize,
    entries: usize,
    /// Sum of the hours from publication to the poll that finds it.
    delay: f64,
    /// Polls in the fullest minute and in the fullest hour.
    fullest_minute: usize,
    fullest_hour: usize,
    /// Hosts; the feeds of the largest; what that one gets in its fullest hour.
    hosts: usize,
    largest_host: usize,
    largest_hosts_hour: usize,
}

impl Figures {
    fn mean_delay_minutes(&self) -> f64 {
        self.delay * 60.0 / self.entries as f64
    }

    fn polls_a_minute(&self) -> f64 {
        self.polls as f64 / ((DAYS - WARM_UP_DAYS) * 24 * 60) as f64
    }
}

/// The host of each feed: a fifth as many hosts as feeds, a few of them with many.
fn hosts(count: usize) -> Vec<usize> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    (0..count)
        .map(|_| (dice.roll().powi(2) * count as f64 / 5.0) as usize)
        .collect()
}

fn simulate(count: usize, schedule: Cadence) -> Figures {
    let settings = config::Fetch {
        schedule,
        ..config::Fetch::default()
    };
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let mut feeds: Vec<(Feed, Vec<Timestamp>, usize)> = (0..count)
        .map(|number| {
            // From one entry in three months to 50 a day, evenly on a logarithmic scale.
            let a_day = 0.011 * 4500_f64.powf(dice.roll());
            let mut feed = feed(None);
            feed.subscription.name = format!("outlet-{number}");
            feed.added = now();
            (feed, publications(a_day, &mut dice), 0)
        })
        .collect();
    let mut queue: BinaryHeap<_> = (0..count)
        .map(|number| std::cmp::Reverse((now(), number)))
        .collect();
    let end = now() + TimeDelta::days(DAYS);
    let counted_from = now() + TimeDelta::days(WARM_UP_DAYS);
    let mut figures = Figures::default();
    let mut minutes: BTreeMap<i64, usize> = BTreeMap::new();
    let hosts = hosts(count);
    let mut host_hours: BTreeMap<i64, usize> = BTreeMap::new();
    while let Some(std::cmp::Reverse((moment, number))) = queue.pop() {
        if moment >= end {
            continue;
        }
        let (feed, moments, seen) = &mut feeds[number];
        let known = moments.partition_point(|published| *published <= moment);
        let new = &moments[*seen..known];
        let first_poll = feed.health.last_success.is_none();
        // A feed's document has its last 30 entries.
        let new = if first_poll {
            &new[new.len().saturating_sub(30)..]
        } else {
            new
        };
        if moment >= counted_from {
            figures.polls += 1;
            *minutes.entry(moment.timestamp() / 60).or_default() += 1;
            // The lowest number is the largest host.
            if hosts[number] == 0 {
                *host_hours.entry(moment.timestamp() / 3600).or_default() += 1;
            }
            for published in new.iter().filter(|published| **published >= counted_from) {
                figures.entries += 1;
                figures.delay += (moment - *published).num_seconds() as f64 / 3600.0;
            }
        }
        let document = &moments[known.saturating_sub(30)..known];
        let span = match (document.first(), document.last()) {
            (Some(first), Some(last)) => (*last - *first).num_minutes() as f64 / 1440.0,
            _ => 0.0,
        };
        let lately = moments.partition_point(|m| *m < moment - TimeDelta::days(28));
        let arrivals = Arrivals {
            new: new.len(),
            seen_lately: known - lately,
            newest: document.last().copied(),
            first_poll,
            span_days: if new.is_empty() { 0.0 } else { span },
            ..Arrivals::default()
        };
        let result = if new.is_empty() && !first_poll {
            PollResult::Unchanged {
                freshness: Freshness::default(),
            }
        } else {
            PollResult::Good {
                freshness: Freshness::default(),
                had_validators: true,
                document: DocumentPace::default(),
            }
        };
        *seen = known;
        let next = next_poll(feed, &result, &arrivals, &settings, moment);
        queue.push(std::cmp::Reverse((next.next_due.unwrap(), number)));
        feed.health = next.health;
        feed.pace = next.pace;
    }
    figures.fullest_minute = minutes.values().copied().max().unwrap_or(0);
    let mut hours: BTreeMap<i64, usize> = BTreeMap::new();
    for (minute, polls) in minutes {
        *hours.entry(minute / 60).or_default() += polls;
    }
    figures.fullest_hour = hours.values().copied().max().unwrap_or(0);
    figures.hosts = hosts.iter().collect::<BTreeSet<_>>().len();
    figures.largest_host = hosts.iter().filter(|host| **host == 0).count();
    figures.largest_hosts_hour = host_hours.values().copied().max().unwrap_or(0);
    figures
}

fn simulated_feeds() -> usize {
    std::env::var("FEEDFOLD_SIMULATED_FEEDS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(60)
}

#[test]
fn auto_finds_news_sooner_than_a_fixed_interval_with_as_many_requests() {
    let count = simulated_feeds();
    let auto = simulate(count, Cadence::Auto);
    let a_feed_and_day = auto.polls as f64 / count as f64 / (DAYS - WARM_UP_DAYS) as f64;
    // Jitter lengthens intervals by 7.5 % on average.
    let distance = Duration::from_secs_f64(86_400.0 / a_feed_and_day / 1.075);
    let fixed = simulate(count, Cadence::Every(distance));
    println!("auto: {auto:?}, {:.1} polls a feed and day", a_feed_and_day);
    println!("fixed {distance:?}: {fixed:?}");
    println!(
        "mean delay: auto {:.1} min, fixed {:.1} min",
        auto.mean_delay_minutes(),
        fixed.mean_delay_minutes()
    );
    let ratio = fixed.polls as f64 / auto.polls as f64;
    assert!((0.95..1.05).contains(&ratio), "as many requests: {ratio}");
    assert!(auto.mean_delay_minutes() < 0.75 * fixed.mean_delay_minutes());
}

#[test]
fn rule_26_polls_spread_over_time_under_every_kind_of_schedule() {
    let count = simulated_feeds();
    for schedule in [
        Cadence::Auto,
        Cadence::Every(Duration::from_secs(30 * 60)),
        Cadence::parse("*/30 * * * *").unwrap(),
    ] {
        let shown = schedule.to_string();
        let is_cron = matches!(schedule, Cadence::Cron(_));
        let figures = simulate(count, schedule);
        let mean = figures.polls_a_minute();
        println!(
            "{shown}: {figures:?}, {mean:.1} polls a minute, {:.2} an hour and host, mean delay {:.1} min",
            mean * 60.0 / figures.hosts as f64,
            figures.mean_delay_minutes()
        );
        // Cron gathers a fleet in 15 % of its distance; the others spread it out for good.
        let allowed = if is_cron { 12.0 } else { 3.0 };
        let fullest = figures.fullest_minute as f64;
        assert!(
            fullest <= allowed * mean + 5.0,
            "{shown}: {fullest} of {mean}"
        );
        // No feed is asked more than four times an hour, and not all of a host at once.
        let most = figures.largest_hosts_hour;
        assert!(most <= 4 * figures.largest_host, "{shown}: {most} an hour");
    }
}
