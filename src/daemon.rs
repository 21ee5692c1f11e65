//! The service: polls what is due, serves what is kept, stops when told.
//!
//! The schedule is data in the database: this loop sleeps until the earliest due time, is woken
//! when that changes, and can be killed at any instant.

mod alone;
mod announcer;
mod hubs;
mod scheduler;
mod watchdog;

pub use alone::Alone;

use crate::clock::Clock;
use crate::config::Config;
use crate::feed::Fault;
use crate::http::{self, Service};
use crate::refresh::Refresher;
use crate::store::{self, Store};
use announcer::Announcer;
use chrono::TimeDelta;
use hubs::Hubs;
use scheduler::{Idle, Scheduler};
use std::io;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use watchdog::Watchdog;

/// How often what is too old is removed.
const UPKEEP: TimeDelta = TimeDelta::hours(1);
/// How long running polls and requests may take to end when the service stops.
const DRAIN: Duration = Duration::from_millis(3500);
/// Commands from the server that may wait.
const COMMANDS: usize = 64;

/// Why the service can't start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The HTTP client.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] Fault),
    /// The address to listen at.
    #[error(
        "cannot listen at {address}: {source}; choose another address with --listen or server.listen"
    )]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Another daemon serves the same database.
    #[error(
        "{process} serves {database} already; stop it first, or give this one a database of its own"
    )]
    Taken {
        /// Which process.
        process: String,
        /// The database's path.
        database: String,
    },
    /// A part of the service ended though nobody asked it to.
    #[error("{0} stopped by itself; see the log before this line")]
    Ended(&'static str),
}

/// A running service.
pub struct Daemon {
    store: Store,
    service: Service,
    clock: Clock,
    address: String,
    stop: CancellationToken,
    tasks: TaskTracker,
    reload: mpsc::Sender<Config>,
    idle: watch::Receiver<Idle>,
    ended: mpsc::Receiver<&'static str>,
    _alone: Option<Alone>,
}

impl Daemon {
    /// Opens the database, brings the feeds in step with the configuration, listens, and starts
    /// polling.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, Error> {
        let path = &config.database.path;
        let alone = Alone::take(path).map_err(|process| Error::Taken {
            process,
            database: path.display().to_string(),
        })?;
        let store = Store::open(path, clock.now())?;
        let mut daemon = Self::start_with(store, config, clock).await?;
        daemon._alone = alone;
        Ok(daemon)
    }

    /// The same with a database that is open already.
    pub async fn start_with(store: Store, mut config: Config, clock: Clock) -> Result<Self, Error> {
        store.sync_feeds(config.feeds.clone(), clock.now()).await?;
        store.remember_views(view_names(&config)).await?;
        let refresher = Refresher::new(store.clone(), &config, clock.clone())?;
        let listener = http::listen(&config.server.listen)
            .await
            .map_err(|source| Error::Listen {
                address: config.server.listen.clone(),
                source,
            })?;
        let address = listener.address();
        let unguarded = listener.is_open_to_others() && config.server.read_token.is_none();
        config.server.bound_to(&address);
        let (commands, orders) = mpsc::channel(COMMANDS);
        let (reload, reloads) = mpsc::channel(1);
        let (idle_sender, idle) = watch::channel(Idle::default());
        let (end, ended) = mpsc::channel(8);
        let feeds = config.feeds.len();
        let service = Service::new(store.clone(), config, clock.clone(), commands);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());

        let scheduler = Scheduler::new(
            refresher,
            store.clone(),
            clock.clone(),
            service.clone(),
            idle_sender,
        );
        tasks.spawn(announce(
            "the scheduler",
            end.clone(),
            stop.clone(),
            scheduler.run(orders, reloads, stop.clone()),
        ));
        tasks.spawn(announce("the HTTP server", end.clone(), stop.clone(), {
            let serving = http::serve(listener, service.clone(), stop.clone());
            async move {
                if let Err(error) = serving.await {
                    tracing::error!("the HTTP server failed: {error}");
                }
            }
        }));
        tasks.spawn(announce(
            "the reader of what hubs push",
            end.clone(),
            stop.clone(),
            Hubs {
                store: store.clone(),
                service: service.clone(),
                clock: clock.clone(),
            }
            .run(stop.clone()),
        ));
        tasks.spawn(announce(
            "the teller of hubs",
            end.clone(),
            stop.clone(),
            Announcer {
                service: service.clone(),
                clock: clock.clone(),
            }
            .run(stop.clone()),
        ));
        tasks.spawn(announce(
            "upkeep",
            end.clone(),
            stop.clone(),
            upkeep(store.clone(), service.clone(), clock.clone(), stop.clone()),
        ));
        tasks.spawn(announce(
            "the watchdog",
            end,
            stop.clone(),
            Watchdog {
                store: store.clone(),
                service: service.clone(),
                clock: clock.clone(),
                address: address.clone(),
            }
            .run(stop.clone()),
        ));
        tasks.close();
        tracing::info!(feeds, "listening at {address}");
        if unguarded {
            tracing::warn!(
                "everybody who reaches {address} reads everything: set server.read_token_file, \
                 or listen on 127.0.0.1 behind a proxy that asks who they are"
            );
        }
        notify(&[
            sd_notify::NotifyState::Ready,
            sd_notify::NotifyState::Status(&format!("polling, and serving at {address}")),
        ]);
        Ok(Self {
            store,
            service,
            clock,
            address,
            stop,
            tasks,
            reload,
            idle,
            ended,
            _alone: None,
        })
    }

    /// Where the server listens, as a URL or `unix:PATH`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The store, for readers in the same process.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Goes on under another configuration. The database, and where the server listens, stay until
    /// a restart.
    pub async fn reload(&self, config: Config) {
        notify_reloading();
        let now = self.clock.now();
        let in_step = match self.store.sync_feeds(config.feeds.clone(), now).await {
            Ok(_) => self.store.remember_views(view_names(&config)).await,
            Err(error) => Err(error),
        };
        if let Err(error) = in_step {
            tracing::error!("the configuration was not reloaded, the old one stays: {error}");
            notify(&[sd_notify::NotifyState::Ready]);
            return;
        }
        self.service.replace_config(config.clone());
        // The scheduler takes it when its present turn ends; it is gone only when all stops.
        let _ = self.reload.send(config).await;
        tracing::info!("the configuration was reloaded");
        notify(&[sd_notify::NotifyState::Ready]);
    }

    /// Says that a configuration which can't be used was not reloaded: the old one stays.
    pub fn keep_config(&self, why: &str) {
        notify_reloading();
        // Each problem is a line of its own.
        tracing::error!("the configuration was not reloaded, the old one stays: {why}");
        notify(&[sd_notify::NotifyState::Ready]);
    }

    /// Returns when a part of the service ended though nobody asked it to.
    pub async fn failed(&mut self) -> Error {
        match self.ended.recv().await {
            Some(part) => Error::Ended(part),
            None => std::future::pending().await,
        }
    }

    /// Returns when nothing is due at the present moment of the clock, and nothing runs.
    pub async fn settled(&self) {
        let now = self.clock.now();
        let mut idle = self.idle.clone();
        // The sender lives as long as the scheduler; when that is gone, nothing runs.
        let _ = idle
            // A look that lies ahead is one from before the clock was set back.
            .wait_for(|idle| idle.holds_at(now))
            .await;
    }

    /// Stops: no new polls and requests, those that run may end for a few seconds, then the rest is
    /// dropped (their claims end by time) and the database is closed.
    pub async fn stop(self) {
        notify(&[sd_notify::NotifyState::Stopping]);
        self.stop.cancel();
        if tokio::time::timeout(DRAIN, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("some polls or requests had not ended and were dropped");
        }
        self.store.close().await;
        tracing::info!("stopped");
    }
}

fn view_names(config: &Config) -> Vec<String> {
    config.views.iter().map(|view| view.name.clone()).collect()
}

/// Tells systemd; without systemd this does nothing.
fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd could not be told: {error}");
    }
}

/// Tells systemd that the configuration is read again; it waits for `READY=1` then (`notify-reload`).
fn notify_reloading() {
    match sd_notify::NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[sd_notify::NotifyState::Reloading, now]),
        Err(_) => notify(&[sd_notify::NotifyState::Reloading]),
    }
}

/// Runs a part of the service and tells when it ends before it was asked to, by a panic too.
async fn announce(
    name: &'static str,
    ended: mpsc::Sender<&'static str>,
    stop: CancellationToken,
    part: impl Future<Output = ()> + Send + 'static,
) {
    // In a task of its own, so that its panic is seen here.
    let _ = tokio::spawn(part).await;
    if !stop.is_cancelled() {
        let _ = ended.send(name).await;
    }
}

async fn upkeep(store: Store, service: Service, clock: Clock, stop: CancellationToken) {
    loop {
        let next = clock.now() + UPKEEP;
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep_until(next) => {}
        }
        let retention = service.config().retention.clone();
        match store.prune(&retention, clock.now()).await {
            Ok(report) => tracing::debug!(?report, "removed what is too old"),
            Err(error) => tracing::warn!("what is too old could not be removed: {error}"),
        }
    }
}
