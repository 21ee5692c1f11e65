//! A bundled day of invented tech news, polled and folded for show.
//!
//! Sixteen outlets that exist nowhere publish over loopback HTTP in the dialects and with the
//! habits of real ones. What lies before the start is there at once; the rest appears while the
//! demo runs, on a clock that was set back and catches up with the machine's.

mod charset;
mod dialects;
pub mod news;
pub mod outlets;
pub mod publisher;
pub mod render;
mod ticker;

use crate::cadence::Cadence;
use crate::clock::Clock;
use crate::config::{Config, Database, Fetch, Server, View};
use crate::feed::{Origin as Provenance, RequestSettings, Subscription, Timestamp};
use crate::http::origin::Origin;
use crate::query::FoldLevel;
use crate::store::Store;
use chrono::DurationRound;
use chrono::TimeDelta;
use news::Day;
use outlets::OUTLETS;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Minutes of the day that pass in a minute, unless someone wishes otherwise: something new comes
/// about every five seconds.
pub const SPEED: u32 = 40;

/// The clock stays fast for so long after the last news, so that it is polled soon.
const AFTERWARDS: Duration = Duration::from_secs(20 * 60);

/// The outlets at work: the day, its clock and their web server.
#[derive(Debug)]
pub struct Demo {
    origin: Origin,
    clock: Clock,
    start: Timestamp,
    speed: u32,
    length: Duration,
}

impl Demo {
    /// Opens the outlets. `speed` is how many minutes of the day pass in a minute.
    ///
    /// # Errors
    /// When no loopback port can be opened, or the bundled news cannot be read.
    pub async fn open(speed: u32) -> io::Result<Self> {
        let day = Day::bundled().map_err(io::Error::other)?;
        let minutes = u64::try_from(day.end()).unwrap_or_default();
        let length = Duration::from_secs(60 * minutes) + AFTERWARDS;
        let clock = Clock::hurried(length, speed);
        let now = clock.now();
        // Documents tell whole seconds, so the day starts at one.
        let start = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let watch = clock.clone();
        let origin =
            Origin::start(move |asked| publisher::answer(&day, start, watch.now(), asked)).await?;
        Ok(Self {
            origin,
            clock,
            start,
            speed: speed.max(1),
            length,
        })
    }

    /// The clock of the day.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// When the day starts: what was published before is there at once.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// How long, by a watch, the outlets go on publishing.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        self.length / self.speed
    }

    /// A configuration that subscribes to every outlet, polls each every few seconds, keeps
    /// everything in `database` and listens on `listen`.
    #[must_use]
    pub fn config(&self, database: &Path, listen: &str) -> Config {
        let interval = interval(self.speed);
        Config {
            database: Database {
                path: database.to_owned(),
            },
            server: Server {
                listen: listen.to_owned(),
                public_url: format!("http://{listen}"),
                ..Config::default().server
            },
            fetch: Fetch {
                schedule: Cadence::Every(interval),
                min_interval: interval / 2,
                per_host: 4,
                allow_networks: vec![self.origin.address().ip().to_string()],
                ..Fetch::default()
            },
            feeds: self.subscriptions(),
            views: views(),
            ..Config::default()
        }
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        OUTLETS
            .iter()
            .map(|outlet| Subscription {
                name: outlet.name.to_owned(),
                url: self.origin.url(&outlet.subscribed_path()),
                title: None,
                tags: outlet.tags.iter().map(|tag| (*tag).to_owned()).collect(),
                schedule: None,
                priority: outlet.priority,
                enabled: true,
                origin: Provenance::Config,
                request: RequestSettings::default(),
            })
            .collect()
    }

    /// Writes what arrives after the day's start, and where it was folded, as it happens. Never
    /// ends unless `out` fails; dropping it is how to end it.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub async fn tell(&self, store: &Store, mut out: impl Write) -> io::Result<()> {
        ticker::tell(store, self.start, &mut out).await
    }

    /// Closes the outlets.
    pub async fn close(self) {
        self.origin.stop().await;
    }
}

/// The distance of polls on the day's clock: about three seconds by a watch.
fn interval(speed: u32) -> Duration {
    Duration::from_secs(3 * u64::from(speed))
        .clamp(Duration::from_secs(60), Duration::from_secs(60 * 60))
}

/// Views that show what views are for.
fn views() -> Vec<View> {
    let view = |name: &str, title: &str, tags: &[&str], fold| View {
        name: name.to_owned(),
        title: title.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        fold,
        limit: 100,
        ..View::default()
    };
    vec![
        view("security", "Security", &["security"], FoldLevel::Story),
        view(
            "hardware",
            "Chips and phones",
            &["hardware", "mobile"],
            FoldLevel::Story,
        ),
        view("unfolded", "Everything as it came", &[], FoldLevel::None),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_outlet_is_subscribed_to_on_loopback() {
        let demo = Demo::open(SPEED).await.unwrap();
        let config = demo.config(Path::new("demo.db"), "127.0.0.1:8420");
        assert_eq!(config.feeds.len(), OUTLETS.len());
        for feed in &config.feeds {
            assert!(feed.url.starts_with("http://127.0.0.1:"), "{}", feed.url);
        }
        assert_eq!(config.fetch.allow_networks, ["127.0.0.1"]);
        assert!(config.fetch.min_interval <= Duration::from_secs(60));
        assert!(demo.start() <= demo.clock().now());
        assert!(demo.lasts() > Duration::from_secs(5 * 60));
        demo.close().await;
    }

    #[test]
    fn polls_are_a_few_seconds_apart_whatever_the_speed() {
        assert_eq!(interval(SPEED), Duration::from_secs(120));
        assert_eq!(interval(1), Duration::from_secs(60));
        assert_eq!(interval(100_000), Duration::from_secs(3600));
    }
}
