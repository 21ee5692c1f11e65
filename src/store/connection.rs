//! One writer, many readers.
//!
//! The writer is a thread with a bounded queue: what waits there is committed together, each job in
//! a savepoint of its own, so that one that fails takes no other with it. Readers are a few
//! read-only connections; SQLite's write-ahead log lets them read while the writer writes.

use super::Error;
use super::expected::Expected;
use super::migrate;
use super::writing::{BatchObserver, Job, Writing, work};
use crate::feed::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::generation::Watch;

/// Jobs that may wait for the writer.
const QUEUE: usize = 256;
/// Read-only connections.
const READERS: usize = 4;
/// How long another program's lock is waited for.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 5_000 });
/// Page caches in KiB.
const WRITER_CACHE: i64 = 6 * 1024;
const READER_CACHE: i64 = 2 * 1024;
/// Bytes a page: whole entries fit, and trees stay flat.
const PAGE: i64 = 8192;

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
        let mut connection = Connection::open_in_memory()?;
        tune(&connection, WRITER_CACHE)?;
        migrate::migrate(&mut connection, None, Timestamp::UNIX_EPOCH)?;
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
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(&connection, jobs, &told, &counts, &expected))
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
            let connection = Connection::open_with_flags(
                &path,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            connection.busy_timeout(PATIENCE)?;
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

fn open_to_write(path: &Path, now: Timestamp) -> Result<Connection, Error> {
    create_privately(path)?;
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(PATIENCE)?;
    if migrate::is_empty(&connection)? {
        connection.pragma_update(None, "page_size", PAGE)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    migrate::migrate(&mut connection, Some(path), now)?;
    if connection.is_readonly("main")? {
        return Err(Error::ReadOnly {
            path: String::new(),
        });
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 2000)?;
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    tune(&connection, WRITER_CACHE)?;
    Ok(connection)
}

/// Makes the file, where there is none, so that only its owner reads it: passwords of feeds are
/// in it.
pub(super) fn create_privately(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let Err(error) = options.open(path) else {
        return Ok(());
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !folder.exists() {
        return Err(Error::NoFolder {
            path: String::new(),
            folder: super::error::shown(folder),
        });
    }
    if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem
        || (path.exists() && std::fs::File::open(path).is_ok())
    {
        return Err(Error::ReadOnly {
            path: String::new(),
        });
    }
    if error.kind() == std::io::ErrorKind::StorageFull {
        return Err(Error::Full {
            path: String::new(),
        });
    }
    Err(Error::Unreachable {
        path: String::new(),
        why: error.to_string(),
    })
}

fn open_reader(path: &Path) -> Result<Connection, Error> {
    reader_on(path, OpenFlags::empty()).or_else(|error| {
        let unshared = matches!(
            error,
            Error::Unreachable { .. } | Error::Disk { .. } | Error::Full { .. }
        );
        match as_it_lies(path).filter(|_| unshared) {
            Some(address) => reader_on(Path::new(&address), OpenFlags::SQLITE_OPEN_URI),
            None => Err(error),
        }
    })
}

/// A file that nobody writes, to be read without the memory that readers and writers share, for
/// which there is no place on a disk that is full or can only be read. `None` where something is
/// left to be moved into it.
fn as_it_lies(path: &Path) -> Option<String> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) || !path.is_file() {
        return None;
    }
    let path = std::path::absolute(path).ok()?;
    let mut address = url::Url::from_file_path(path).ok()?;
    address.set_query(Some("immutable=1"));
    Some(address.into())
}

fn reader_on(path: &Path, more: OpenFlags) -> Result<Connection, Error> {
    let reader = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | more,
    )?;
    reader.busy_timeout(PATIENCE)?;
    reader.pragma_update(None, "query_only", true)?;
    tune(&reader, READER_CACHE)?;
    // Opening touches no file; asking does.
    reader.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(reader)
}

/// A connection that never waits: what it can't be told now, it is told the next time.
fn open_watcher(path: &Path) -> Result<Connection, Error> {
    let watcher = open_reader(path)?;
    watcher.busy_timeout(Duration::ZERO)?;
    watcher.pragma_update(None, "cache_size", -64)?;
    Ok(watcher)
}

/// What holds for every connection.
fn tune(connection: &Connection, cache: i64) -> Result<(), Error> {
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -cache)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // A plan depends on the statement alone, so that binding other values never prepares it again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

#[cfg(test)]
mod tests;
