//! The writer's thread: takes jobs, commits them together, tells their callers.

use super::Error;
use super::backlog::Backlog;
use super::expected::{Expected, PATIENCE};
use super::fold_window::FoldWindow;
use super::generation::{Generation, Watch, advance};
use super::merging::{Unmerged, merge, merge_all};
use crate::feed::Timestamp;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Jobs that are committed together.
const TOGETHER: usize = 128;

/// Tells a job's caller how it went, once it is known whether it was committed.
pub(super) type Completion = Box<dyn FnOnce(Result<(), Error>) + Send>;
/// What the writer is given to do.
pub(super) type Job = Box<dyn FnOnce(&mut Writing<'_>) -> Completion + Send>;

/// Jobs that the writer tried to commit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub jobs: usize,
    /// How long they took, the commit included.
    pub took: Duration,
}

/// Whoever counts batches; nobody at first.
pub(super) type BatchObserver = OnceLock<Box<dyn Fn(Batch) + Send + Sync>>;

/// What a job works with: a connection inside a transaction, and what the writer keeps beside it.
pub(super) struct Writing<'a> {
    pub(super) connection: &'a Connection,
    /// What folding looks up, in step with this transaction.
    pub(super) window: &'a mut FoldWindow,
    /// What search is to know of this transaction.
    pub(super) backlog: Backlog,
    /// Why this transaction can't be committed.
    lost: Option<Error>,
    /// Whether the transaction before this one could not be committed.
    after_failure: bool,
    shown: Option<Timestamp>,
    /// How often the writer still looks for polls that are expected; not at all once somebody waits for the
    /// commit.
    patience: usize,
    /// Whether somebody waits for the commit.
    is_awaited: bool,
}

impl Writing<'_> {
    /// Notes that somebody waits for the commit.
    pub(super) fn hurry(&mut self) {
        self.patience = 0;
        self.is_awaited = true;
    }

    /// Whether so much was done that the transaction should end though more waits to be done.
    fn is_full(&self) -> bool {
        self.backlog.is_large() || self.is_awaited && self.backlog.is_enough()
    }

    /// Notes that what is shown changes at `now`.
    pub(super) fn show(&mut self, now: Timestamp) {
        self.shown = Some(self.shown.map_or(now, |before| before.max(now)));
    }

    /// Notes that subscriptions change at `now`.
    pub(super) fn feeds_changed(&mut self, now: Timestamp) {
        *self.window.outlets() = None;
        self.show(now);
    }

    /// Fails where the file can't be written. As long as all goes well it writes nothing.
    pub(super) fn prove(&mut self) -> Result<(), Error> {
        if self.after_failure {
            run(self.connection, "UPDATE meta SET changed = changed")?;
        }
        Ok(())
    }

    /// Brings the search index up to date; not while a job runs.
    pub(super) fn index(&mut self) {
        if self.lost.is_none()
            && let Err(error) = self.backlog.write(self.connection)
        {
            self.lost = Some(error);
        }
    }

    /// The same, where much waits for it.
    pub(super) fn index_much(&mut self) {
        if self.backlog.is_large() {
            self.index();
        }
    }

    /// Runs a job so that it changes all or nothing, whatever happens to it.
    pub(super) fn attempt<T>(
        &mut self,
        job: impl FnOnce(&mut Writing<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(error) = &self.lost {
            return Err(error.clone());
        }
        run(self.connection, "SAVEPOINT job")?;
        let mark = self.window.mark();
        let waiting = self.backlog.len();
        let result = catch_unwind(AssertUnwindSafe(|| job(self)));
        match result {
            Ok(Ok(value)) => {
                run(self.connection, "RELEASE job")?;
                Ok(value)
            }
            Ok(Err(error)) => {
                self.window.undo_to(mark);
                self.backlog.truncate(waiting);
                undo(self.connection);
                Err(error)
            }
            Err(_) => {
                // Half of a change may be in there.
                self.window.forget();
                self.backlog.truncate(waiting);
                undo(self.connection);
                Err(Error::other("writing ended early; please report this"))
            }
        }
    }

    /// Ends the transaction; the generation from now on, where something is shown otherwise.
    fn commit(&mut self) -> Result<Option<Generation>, Error> {
        self.index();
        if let Some(error) = self.lost.take() {
            return Err(error);
        }
        let generation = self
            .shown
            .map(|now| advance(self.connection, now))
            .transpose()?;
        run(self.connection, "COMMIT")?;
        Ok(generation)
    }
}

fn undo(connection: &Connection) {
    // After a full disk SQLite may have rolled back everything itself.
    let _ = connection.execute_batch("ROLLBACK TO job; RELEASE job");
}

fn run(connection: &Connection, statement: &str) -> Result<(), Error> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

/// The writer's loop: ends when the queue is closed and empty, and, where `ends_tidily` says so by then,
/// all is merged that was left to be.
pub(super) fn work(
    connection: &Connection,
    mut jobs: mpsc::Receiver<Job>,
    watch: &Watch,
    observer: &BatchObserver,
    expected: &Expected,
    ends_tidily: &AtomicBool,
) {
    let mut window = FoldWindow::default();
    let mut after_failure = false;
    let mut unmerged = Unmerged::default();
    while let Some(first) = jobs.blocking_recv() {
        let started = Instant::now();
        let before = connection.total_changes();
        let begun = begin(connection, &mut window);
        let mut writing = Writing {
            connection,
            window: &mut window,
            backlog: Backlog::default(),
            lost: begun.as_ref().err().cloned(),
            after_failure,
            shown: None,
            patience: PATIENCE,
            is_awaited: false,
        };
        let mut completions = Vec::new();
        let mut job = Some(first);
        while let Some(next) = job {
            completions.push(next(&mut writing));
            let full = completions.len() >= TOGETHER || writing.is_full();
            job = match full {
                true => None,
                false => expected.next(&mut jobs, &mut writing.patience),
            };
        }
        let mut pieces = 0;
        let committed = begun.and_then(|()| {
            let committed = writing.commit();
            pieces = writing.backlog.pieces();
            if committed.is_err() {
                writing.window.forget();
                // SQLite may have rolled back by itself: then there is nothing to roll back.
                let _ = connection.execute_batch("ROLLBACK");
            }
            committed
        });
        after_failure = committed.is_err();
        let result = committed.map(|generation| {
            if let Some(generation) = generation {
                watch.tell(generation);
            }
        });
        if let Some(observe) = observer.get() {
            observe(Batch {
                jobs: completions.len(),
                took: started.elapsed(),
            });
        }
        for completion in completions {
            completion(result.clone());
        }
        unmerged.add(connection.total_changes() - before, pieces);
        if !jobs.is_closed() {
            let is_idle = !unmerged.is_nothing() && !expected.is_busy(&jobs);
            // What can't be merged now, on a full disk for example, is merged another time.
            let _ = merge(connection, &mut unmerged, || {
                is_idle && jobs.is_empty() && !jobs.is_closed()
            });
        }
    }
    if ends_tidily.load(Ordering::Acquire) {
        let _ = merge_all(connection, &mut unmerged);
    }
}

fn begin(connection: &Connection, window: &mut FoldWindow) -> Result<(), Error> {
    run(connection, "BEGIN IMMEDIATE")?;
    let version = connection
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)));
    match version {
        Ok(version) => {
            // Another process wrote in between: what was known of its entries may be old.
            window.keep_for(version);
            Ok(())
        }
        Err(error) => {
            let _ = connection.execute_batch("ROLLBACK");
            Err(error.into())
        }
    }
}
