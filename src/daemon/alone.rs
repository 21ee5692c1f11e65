//! One daemon for a database: two would poll and publish beside each other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The right to serve a database, given back when it goes, in whatever way the process ends.
#[derive(Debug)]
pub struct Alone {
    _held: File,
}

impl Alone {
    /// Takes the right, or tells who has it: `Err` names the other process.
    ///
    /// A file system that knows no locks gives it to everybody.
    pub fn take(database: &Path) -> Result<Option<Self>, String> {
        let path = beside(database);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        // A folder that can't be written is told by whoever opens the database.
        let Ok(mut file) = opened else {
            return Ok(None);
        };
        match file.try_lock() {
            Ok(()) => {
                // Only for people and messages; the lock is what counts.
                let _ = file.set_len(0);
                let _ = writeln!(file, "{}", std::process::id());
                Ok(Some(Self { _held: file }))
            }
            Err(TryLockError::WouldBlock) => Err(named_in(&file)),
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Who serves a database now, if anybody does. Changes nothing, and several may ask at once.
    #[must_use]
    pub fn holder(database: &Path) -> Option<String> {
        let file = File::open(beside(database)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(named_in(&file)),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }
}

/// The process that a locked file names.
fn named_in(file: &File) -> String {
    let mut process = String::new();
    // A process that has just begun has not written its number yet.
    let _ = file.take(20).read_to_string(&mut process);
    match process.trim().parse::<u32>() {
        Ok(process) => format!("process {process}"),
        Err(_) => "another process".to_owned(),
    }
}

/// The file that is locked.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn who_asks_is_not_taken_for_a_daemon_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("feedfold.db");
        assert_eq!(Alone::holder(&database), None);
        assert!(!beside(&database).exists());

        let held = Alone::take(&database).unwrap().unwrap();
        let own = format!("process {}", std::process::id());
        assert_eq!(Alone::holder(&database), Some(own.clone()));
        assert_eq!(Alone::take(&database).unwrap_err(), own);
        drop(held);

        std::fs::write(beside(&database), "12\n").unwrap();
        let other = File::open(beside(&database)).unwrap();
        other.lock_shared().unwrap();
        assert_eq!(Alone::holder(&database), None, "two ask at once");
        drop(other);
        assert_eq!(std::fs::read(beside(&database)).unwrap(), b"12\n");
    }
}
