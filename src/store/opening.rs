//! Opening a database: the file, its rights, and what holds for every connection to it.

use super::{Error, migrate};
use crate::feed::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long another program's lock is waited for.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 5_000 });
/// Page caches in KiB.
const WRITER_CACHE: i64 = 6 * 1024;
const READER_CACHE: i64 = 2 * 1024;
/// Bytes a page: whole entries fit, and trees stay flat.
const PAGE: i64 = 8192;

/// Opens a file for the one that writes, creating and migrating it where needed.
pub(super) fn open_to_write(path: &Path, now: Timestamp) -> Result<Connection, Error> {
    create_privately(path)?;
    let mut connection = open_existing(path)?;
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

/// A connection that may write, to a file that is there.
pub(super) fn open_existing(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// A database in memory.
pub(super) fn open_in_memory() -> Result<Connection, Error> {
    let mut connection = Connection::open_in_memory()?;
    tune(&connection, WRITER_CACHE)?;
    migrate::migrate(&mut connection, None, Timestamp::UNIX_EPOCH)?;
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

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
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
pub(super) fn open_watcher(path: &Path) -> Result<Connection, Error> {
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
