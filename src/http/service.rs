//! What the server works with, and what it tells the scheduler.

use super::access::Asked;
use super::conditional::Document;
use super::failure::Failure;
use super::feeds::Topic;
use super::listen::{Listener, serve_router};
use super::metrics::Metrics;
use super::rendered::{Rendered, State};
use super::sync::Memory;
use super::websub::Pushed;
use crate::clock::Clock;
use crate::config::{Config, View};
use crate::feed::Timestamp;
use crate::refresh::{Delivery, Report};
use crate::store::Store;
use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// Bytes of rendered documents that are kept, compressed forms included.
const KEPT_BYTES: usize = 64 << 20;
/// The scheduler looks for due feeds several times a minute; after so long it counts as stuck.
const SCHEDULER_LATE: Duration = Duration::from_secs(180);
/// The server tells every ten seconds that it takes connections.
const SERVER_LATE: Duration = Duration::from_secs(60);

/// What the server asks of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Poll the feed of this name now.
    Fetch(String),
    /// Feeds were added or changed: look again for what is due.
    Look,
}

/// The server's state; clones share it.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    store: Store,
    config: RwLock<Arc<Config>>,
    /// How often the configuration was replaced.
    configuration: AtomicU64,
    clock: Clock,
    commands: mpsc::Sender<Command>,
    status: Status,
    rendered: Rendered,
    exports: Arc<Semaphore>,
    asked: Asked,
    sync: Memory,
    pushed: Pushed,
}

impl Service {
    /// A server for `store`. It works without a scheduler at the other end of `commands`, but then
    /// polls that are asked for are refused.
    #[must_use]
    pub fn new(
        store: Store,
        config: Config,
        clock: Clock,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        let status = Status::default();
        let metrics = Arc::clone(&status.metrics);
        store.observe_batches(move |batch| metrics.batch(batch));
        Self(Arc::new(Inner {
            store,
            config: RwLock::new(Arc::new(config)),
            configuration: AtomicU64::new(0),
            clock,
            commands,
            status,
            rendered: Rendered::new(KEPT_BYTES),
            exports: Arc::new(Semaphore::new(1)),
            asked: Asked::default(),
            sync: Memory::default(),
            pushed: Pushed::default(),
        }))
    }

    /// The configuration of the present moment.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        let config = self.0.config.read();
        Arc::clone(&config.unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers under another configuration from now on.
    pub fn replace_config(&self, config: Config) {
        *self
            .0
            .config
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        self.0.configuration.fetch_add(1, Ordering::SeqCst);
    }

    /// How the scheduler does, as it tells.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.0.status
    }

    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(super) fn rendered(&self) -> &Rendered {
        &self.0.rendered
    }

    /// The right to export, where nobody else does.
    pub(super) fn place_to_export(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.exports).try_acquire_owned().ok()
    }

    /// What each address asked for lately.
    pub(super) fn asked(&self) -> &Asked {
        &self.0.asked
    }

    /// What is remembered of reader apps.
    pub(super) fn sync_memory(&self) -> &Memory {
        &self.0.sync
    }

    /// The merged feeds as they are now, for telling a hub which of them changed.
    pub async fn topics(&self) -> Vec<Topic> {
        super::feeds::topics(self).await
    }

    /// What hubs push, for the one who reads and stores it: once.
    #[must_use]
    pub fn deliveries(&self) -> Option<mpsc::Receiver<Delivery>> {
        self.0.pushed.receiver()
    }

    pub(super) fn pushed(&self) -> &Pushed {
        &self.0.pushed
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Asks the scheduler; `false` where nobody listens or too much is waiting.
    pub(super) fn command(&self, command: Command) -> bool {
        self.0.commands.try_send(command).is_ok()
    }

    /// What rendered documents depend on; with `minute`, the time too.
    pub(super) fn state(&self, minute: bool) -> State {
        State {
            generation: self.store().generation().number,
            configuration: self.0.configuration.load(Ordering::SeqCst),
            time: if minute {
                self.now().timestamp() / 60
            } else {
                0
            },
        }
    }

    /// A document that is the same as long as the program runs, made and compressed once.
    pub(super) async fn fixed(
        &self,
        name: &str,
        make: impl FnOnce() -> Document,
    ) -> Result<Arc<Document>, Failure> {
        let always = State {
            generation: 0,
            configuration: 0,
            time: 0,
        };
        self.0
            .rendered
            .get(name, always, async { Ok(make()) })
            .await
    }

    /// Every view, `all` first where nobody defined another view of that name.
    pub(super) fn views(&self) -> Vec<View> {
        let config = self.config();
        let mut views = config.views.clone();
        if views.iter().all(|view| view.name != "all") {
            views.insert(0, everything(&config));
        }
        views
    }

    /// The present name of a view that had this one before.
    pub(super) fn present_name(&self, former: &str) -> Option<String> {
        let config = self.config();
        let had_it = |view: &&View| view.formerly.iter().any(|name| name == former);
        config
            .views
            .iter()
            .find(had_it)
            .map(|view| view.name.clone())
    }

    /// The view of this name; `all` always exists.
    pub(super) fn view(&self, name: &str) -> Option<View> {
        let config = self.config();
        let found = config.views.iter().find(|view| view.name == name).cloned();
        found.or_else(|| (name == "all").then(|| everything(&config)))
    }
}

fn everything(config: &Config) -> View {
    View {
        name: "all".to_owned(),
        title: "All news, each story once".to_owned(),
        fold: config.fold.level,
        limit: crate::query::EntryQuery::DEFAULT_LIMIT,
        hidden: crate::config::hidden(&config.rules),
        ..View::default()
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service(..)")
    }
}

/// How the scheduler does: it writes, the server reads.
#[derive(Debug, Default)]
pub struct Status {
    /// The last look for due feeds, in milliseconds since 1970; 0 before the first.
    looked: AtomicI64,
    /// When the server last told that it takes connections, likewise.
    served: AtomicI64,
    waiting: AtomicUsize,
    running: AtomicUsize,
    pub(super) metrics: Arc<Metrics>,
}

impl Status {
    /// The scheduler looked for due feeds.
    pub fn scheduler_looked(&self, now: Timestamp) {
        self.looked.store(now.timestamp_millis(), Ordering::Relaxed);
    }

    /// The server takes connections.
    pub(super) fn server_beat(&self, now: Timestamp) {
        self.served.store(now.timestamp_millis(), Ordering::Relaxed);
    }

    /// So many polls wait, and so many run.
    pub fn polls_waiting(&self, waiting: usize, running: usize) {
        self.waiting.store(waiting, Ordering::Relaxed);
        self.running.store(running, Ordering::Relaxed);
    }

    /// A poll ended.
    pub fn polled(&self, report: &Report) {
        self.metrics.poll(report.outcome, report.took);
        self.metrics.entries(report);
    }

    /// What a hub pushed was taken.
    pub fn pushed(&self, report: &Report) {
        self.metrics.entries(report);
    }

    /// Polls that wait and run.
    pub fn polls(&self) -> (usize, usize) {
        (
            self.waiting.load(Ordering::Relaxed),
            self.running.load(Ordering::Relaxed),
        )
    }

    /// How long the scheduler has not looked, where that is too long.
    pub fn scheduler_late(&self, now: Timestamp) -> Option<Duration> {
        late(&self.looked, now, SCHEDULER_LATE)
    }

    /// How long the server has taken no connections, where that is too long.
    pub fn server_late(&self, now: Timestamp) -> Option<Duration> {
        late(&self.served, now, SERVER_LATE)
    }
}

/// How long ago `last` was, in milliseconds since 1970, where that is longer than `most`; never
/// for 0.
fn late(last: &AtomicI64, now: Timestamp, most: Duration) -> Option<Duration> {
    match last.load(Ordering::Relaxed) {
        0 => None,
        last => {
            let millis = now.timestamp_millis().saturating_sub(last);
            let late = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
            (late > most).then_some(late)
        }
    }
}

/// Serves until `stop`, then lets running requests end, for a few seconds at most.
///
/// # Errors
/// None at present: a connection that fails costs only itself.
pub async fn serve(
    listener: Listener,
    service: Service,
    stop: CancellationToken,
) -> io::Result<()> {
    let beating = service.clone();
    let beat = move || beating.status().server_beat(beating.now());
    serve_router(listener, super::router(service), beat, stop).await;
    Ok(())
}
