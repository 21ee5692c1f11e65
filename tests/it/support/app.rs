//! The whole service on a fresh database, with a clock that is turned by hand.

use super::origin::Origin;
use chrono::{TimeDelta, Timelike};
use feedfold::clock::Clock;
use feedfold::config::{self, Config};
use feedfold::daemon::Daemon;
use feedfold::feed::Timestamp;
use std::path::Path;
use tempfile::TempDir;

/// A running service.
pub struct App {
    daemon: Daemon,
    pub clock: Clock,
    folder: TempDir,
    client: reqwest::Client,
}

/// The feeds of an origin as configuration: path, name, and further lines.
pub fn feeds(origin: &Origin, feeds: &[(&str, &str, &str)]) -> String {
    feeds
        .iter()
        .map(|(path, name, more)| {
            format!(
                "[[feeds]]\nurl = \"{}\"\nname = \"{name}\"\n{more}\n",
                origin.url(path)
            )
        })
        .collect()
}

/// A configuration that may poll loopback, with these feeds.
pub fn configuration(feeds: &str, folder: &Path) -> Config {
    let text = format!(
        "[database]\npath = \"{}\"\n[server]\nlisten = \"127.0.0.1:0\"\n\
         public_url = \"https://news.example\"\n\
         [fetch]\nallow_private_networks = true\nschedule = \"every 30m\"\n{feeds}",
        folder.join("feedfold.db").display()
    );
    config::parse(&text, "feedfold.toml", folder).unwrap()
}

impl App {
    /// Starts the service with this clock.
    pub async fn start_at(feeds: &str, clock: Clock) -> Self {
        Self::start_in(TempDir::new().unwrap(), feeds, clock).await
    }

    async fn start_in(folder: TempDir, feeds: &str, clock: Clock) -> Self {
        let config = configuration(feeds, folder.path());
        let daemon = Daemon::start(config, clock.clone()).await.unwrap();
        daemon.settled().await;
        Self {
            daemon,
            clock,
            folder,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Stops the service and starts it again on the same database.
    pub async fn restart(self, feeds: &str) -> Self {
        self.daemon.stop().await;
        Self::start_in(self.folder, feeds, self.clock).await
    }

    /// Lets time pass, a minute at a time, and polls what becomes due on the way.
    pub async fn pass(&self, minutes: i64) {
        for _ in 0..minutes {
            self.clock.turn_to(self.clock.now() + TimeDelta::minutes(1));
            self.daemon.settled().await;
        }
    }

    /// Gets a path with header fields.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.daemon.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Posts a body to a path with header fields.
    pub async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> reqwest::Response {
        let mut request = self.client.post(format!("{}{path}", self.daemon.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).send().await.unwrap()
    }

    /// Goes on under another configuration.
    pub async fn reload(&self, feeds: &str) {
        let config = configuration(feeds, self.folder.path());
        self.daemon.reload(config).await;
        self.daemon.settled().await;
    }

    /// Gets a path as JSON.
    pub async fn json(&self, path: &str) -> serde_json::Value {
        let response = self.get(path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    pub async fn stop(self) {
        self.daemon.stop().await;
    }
}

/// A moment in short: `at("10:30")` on the day that tests play on.
pub fn at(time: &str) -> Timestamp {
    let moment: Timestamp = format!("2026-11-23T{time}:00Z").parse().unwrap();
    assert_eq!(moment.second(), 0);
    moment
}
