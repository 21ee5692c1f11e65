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
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let _ = (&file).take(20).read_to_string(&mut process);
                Err(match process.trim().parse::<u32>() {
                    Ok(process) => format!("process {process}"),
                    Err(_) => "another process".to_owned(),
                })
            }
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Who serves a database now, if anybody does.
    #[must_use]
    pub fn holder(database: &Path) -> Option<String> {
        if !beside(database).exists() {
            return None;
        }
        Self::take(database).err()
    }
}

/// The file that is locked.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
