//! One writer, many readers.
//!
//! The writer is a thread with a bounded queue: what waits there is committed together, each job in
//! a savepoint of its own, so that one that fails takes no other with it. Readers are a few
//! read-only connections; SQLite's write-ahead log lets them read while the writer writes.

use super::Error;
use super::expected::Expected;
use super::migrate;
use super::opening::{open_existing, open_in_memory, open_reader, open_to_write, open_watcher};
use super::writing::{BatchObserver, Job, Writing, work};
use crate::feed::Timestamp;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::generation::Watch;

/// Jobs that may wait for the writer.
const QUEUE: usize = 256;
/// Read-only connections.
const READERS: usize = 4;
/// The connections to one database.
pub(super) struct Connections {
    /// `None` for a database in memory, which has one connection only.
    path: Option<PathBuf>,
    writer: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
    pub(super) watch: Arc<Watch>,
    pub(super) observer: Arc<BatchObserver>,
    pub(super) expected: Arc<Expected>,
    /// Whether the writer merges what is left to be merged before it ends.
    ends_tidily: Arc<AtomicBool>,
}

impl Connections {
    /// Opens the database, creating and migrating it where needed.
    pub(super) fn open(path: &Path, now: Timestamp) -> Result<Self, Error> {
        if path.is_dir() {
            return Err(Error::Unreachable {
                path: path.display().to_string(),
                why: "it is a folder".to_owned(),
            });
        }
        let connection = open_to_write(path, now).map_err(|error| error.at(path))?;
        let watcher = open_watcher(path).map_err(|error| error.at(path))?;
        let watch = Watch::new(Some(watcher), &connection).map_err(|error| error.at(path))?;
        Self::start(Some(path), connection, watch)
    }

    /// A database that is gone with the last clone of its store.
    pub(super) fn in_memory() -> Result<Self, Error> {
        let connection = open_in_memory()?;
        let watch = Watch::new(None, &connection)?;
        Self::start(None, connection, watch)
    }

    /// Opens an existing database of this version, never to change it.
    pub(super) fn open_read_only(path: &Path) -> Result<Self, Error> {
        let located = |error: Error| error.at(path);
        if !path.exists() {
            return Err(located(Error::Missing {
                path: String::new(),
            }));
        }
        let reader = open_reader(path).map_err(located)?;
        migrate::check(&reader).map_err(located)?;
        let watcher = open_watcher(path).map_err(located)?;
        let watch = Watch::new(Some(watcher), &reader).map_err(located)?;
        let connections = Self::new(Some(path), Arc::new(watch), Arc::default());
        connections.give_back(reader);
        Ok(connections)
    }

    fn start(path: Option<&Path>, connection: Connection, watch: Watch) -> Result<Self, Error> {
        let (sender, jobs) = mpsc::channel(QUEUE);
        let watch = Arc::new(watch);
        let observer = Arc::new(BatchObserver::new());
        let (told, counts) = (Arc::clone(&watch), Arc::clone(&observer));
        let mut connections = Self::new(path, watch, observer);
        let expected = Arc::clone(&connections.expected);
        let ends_tidily = Arc::clone(&connections.ends_tidily);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(&connection, jobs, &told, &counts, &expected, &ends_tidily))
            .map_err(|error| Error::other(error.to_string()))?;
        connections.expected.wait_in(thread.thread().clone());
        connections.writer = Mutex::new(Some(sender));
        connections.thread = Mutex::new(Some(thread));
        Ok(connections)
    }

    /// Without a writer.
    fn new(path: Option<&Path>, watch: Arc<Watch>, observer: Arc<BatchObserver>) -> Self {
        Self {
            path: path.map(Path::to_owned),
            writer: Mutex::default(),
            thread: Mutex::default(),
            readers: Mutex::new(Vec::new()),
            places: Arc::new(Semaphore::new(READERS)),
            watch,
            observer,
            expected: Arc::default(),
            ends_tidily: Arc::default(),
        }
    }

    /// Jobs that wait for the writer.
    pub(super) fn waiting(&self) -> usize {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .as_ref()
            .map_or(0, |writer| writer.max_capacity() - writer.capacity())
    }

    /// The database file.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn located(&self, error: Error) -> Error {
        error.at(self.path.as_deref().unwrap_or(Path::new("(in memory)")))
    }

    /// Runs a job in a transaction and returns when it is committed. A job that fails changes
    /// nothing.
    pub(super) async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    {
        let first = |writing: &mut Writing<'_>| {
            writing.hurry();
            writing.index();
        };
        self.write_after(first, job).await
    }

    /// The same for a job that doesn't search: what polls before it brought may wait to be indexed
    /// until the transaction ends.
    pub(super) async fn write_unindexed<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    {
        let first = |writing: &mut Writing<'_>| {
            writing.hurry();
            writing.index_much();
        };
        self.write_after(first, job).await
    }

    /// The same for a job that nobody looks at the clock for: it may wait for a moment to be committed with
    /// others.
    pub(super) async fn write_patiently<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.write_after(|writing| writing.index_much(), job).await
    }

    async fn write_after<T, F>(&self, first: fn(&mut Writing<'_>), job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |writing| {
            first(writing);
            let result = writing.attempt(job);
            Box::new(move |committed| {
                // A caller that went away is no longer interested.
                let _ = tell.send(committed.and(result));
            })
        });
        let closed = || self.located(Error::other("it was closed"));
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(writer) = writer else {
            return Err(self.located(Error::ReadOnly {
                path: String::new(),
            }));
        };
        writer.send(job).await.map_err(|_| closed())?;
        // The queue closes when the last sender is gone.
        drop(writer);
        self.expected.wake();
        told.await
            .map_err(|_| closed())?
            .map_err(|error| self.located(error))
    }

    /// Runs a job on a read-only connection, off the async threads. All that it reads is of one
    /// moment.
    pub(super) async fn read<T, F>(self: &Arc<Self>, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        if self.path.is_none() {
            return self.write(move |writing| job(writing.connection)).await;
        }
        let place = Arc::clone(&self.places).acquire_owned().await;
        let connections = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let _place = place;
            connections.read_now(job)
        })
        .await
        .unwrap_or_else(|_| Err(Error::other("reading ended early; please report this")))
        .map_err(|error| self.located(error))
    }

    /// Runs a job on a read-only connection outside any transaction.
    pub(super) async fn read_outside<T, F>(self: &Arc<Self>, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let connections = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let reader = connections.reader()?;
            let result = job(&reader);
            connections.give_back(reader);
            result
        })
        .await
        .unwrap_or_else(|_| Err(Error::other("reading ended early; please report this")))
        .map_err(|error| self.located(error))
    }

    /// Writes the file anew, on a connection of its own.
    pub(super) async fn vacuum(&self) -> Result<(), Error> {
        let Some(path) = self.path.clone() else {
            return Ok(());
        };
        if self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
        {
            return Err(self.located(Error::ReadOnly {
                path: String::new(),
            }));
        }
        tokio::task::spawn_blocking(move || {
            let connection = open_existing(&path)?;
            connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?;
            Ok(())
        })
        .await
        .unwrap_or_else(|_| Err(Error::other("compacting ended early; please report this")))
        .map_err(|error| self.located(error))
    }

    fn read_now<T>(&self, job: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let mut reader = self.reader()?;
        let transaction = reader.transaction()?;
        let result = job(&transaction);
        transaction.finish()?;
        self.give_back(reader);
        result
    }

    /// The same as [`Connections::close`], and merges what is left to be merged.
    pub(super) async fn close_tidily(self: &Arc<Self>) {
        self.ends_tidily.store(true, Ordering::Release);
        self.close().await;
    }

    /// Waits until everything that was asked for is written, then closes the writer.
    pub(super) async fn close(self: &Arc<Self>) {
        let connections = Arc::clone(self);
        // A writer that panicked has told so already.
        let _ = tokio::task::spawn_blocking(move || connections.end()).await;
    }

    fn end(&self) {
        // The writer closes last: whoever closes last tidies up beside the file.
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.watch.close();
        drop(
            self.writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    fn reader(&self) -> Result<Connection, Error> {
        let idle = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match (idle, &self.path) {
            (Some(reader), _) => Ok(reader),
            (None, Some(path)) => open_reader(path),
            (None, None) => Err(Error::other("it was closed")),
        }
    }

    fn give_back(&self, reader: Connection) {
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(reader);
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;
