//! Why the database can't do what it was asked: one sentence each.

use std::path::Path;

/// A failure of the database. Its text names the file, what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Its folder is not there.
    #[error(
        "cannot open the database {path}: the folder {folder} does not exist; create it, or set [database] path"
    )]
    NoFolder {
        /// The file.
        path: String,
        /// The folder that is missing.
        folder: String,
    },
    /// Its folder or file can't be reached.
    #[error(
        "cannot open the database {path}: {why}; run feedfold as the user that owns the file and its folder"
    )]
    Unreachable {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// It is not there, and was to be read only.
    #[error("there is no database at {path}; 'feedfold fetch' or 'feedfold serve' creates it")]
    Missing {
        /// The file.
        path: String,
    },
    /// Another program holds it for too long.
    #[error("the database {path} is locked by another program; end that program, or try again")]
    Busy {
        /// The file.
        path: String,
    },
    /// There is no space left.
    #[error(
        "the disk that holds the database {path} is full; nothing was changed; free some space"
    )]
    Full {
        /// The file.
        path: String,
    },
    /// The disk failed.
    #[error(
        "the disk that holds the database {path} failed ({why}); nothing was changed; look into the system's log, and move the database to a sound disk"
    )]
    Disk {
        /// The file.
        path: String,
        /// What SQLite said.
        why: String,
    },
    /// It can't be written.
    #[error(
        "the database {path} can only be read; check the rights of the file and its folder, and that the disk is mounted writable"
    )]
    ReadOnly {
        /// The file.
        path: String,
    },
    /// Its content is broken.
    #[error(
        "the database {path} is damaged ({why}); restore a backup, or save what can be read with 'sqlite3 {path} .recover'"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What SQLite said.
        why: String,
    },
    /// It is a file of another program.
    #[error(
        "{path} is no database of feedfold; choose another file with --database or [database] path"
    )]
    Foreign {
        /// The file.
        path: String,
    },
    /// A newer feedfold made it.
    #[error(
        "the database {path} has schema {found}, and this feedfold knows schemas up to {known}; install the newer feedfold again"
    )]
    Newer {
        /// The file.
        path: String,
        /// The database's schema.
        found: u32,
        /// The newest schema of this program.
        known: u32,
    },
    /// An older feedfold made it, and it was opened to be read only.
    #[error("the database {path} has the older schema {found}; run 'feedfold db migrate' first")]
    Older {
        /// The file.
        path: String,
        /// The database's schema.
        found: u32,
    },
    /// What was asked for is not there or can't be.
    #[error("{0}")]
    Refused(String),
    /// Anything else.
    #[error("the database {path} failed: {why}")]
    Other {
        /// The file.
        path: String,
        /// What SQLite or the system said.
        why: String,
    },
}

/// Says what SQLite said; the file is filled in by the caller, who knows it.
impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let why = crate::text::without_controls(&error.to_string());
        let path = String::new();
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy { path },
            Some(Code::SystemIoFailure) => Self::Disk { path, why },
            Some(Code::DiskFull) => Self::Full { path },
            Some(Code::ReadOnly) => Self::ReadOnly { path },
            Some(Code::DatabaseCorrupt) => Self::Damaged { path, why },
            Some(Code::NotADatabase) => Self::Foreign { path },
            Some(Code::CannotOpen | Code::PermissionDenied) => Self::Unreachable { path, why },
            _ => Self::Other { path, why },
        }
    }
}

/// Less than so many bytes is no room for anything.
const NO_ROOM: u64 = 64 << 10;

impl Error {
    /// A failure that SQLite did not tell of.
    pub(super) fn other(why: impl Into<String>) -> Self {
        Self::Other {
            path: String::new(),
            why: why.into(),
        }
    }

    /// The same, naming its file.
    pub(super) fn at(mut self, file: &Path) -> Self {
        // Where there is no room for its shared memory, SQLite speaks of a disk that fails.
        if matches!(self, Self::Disk { .. })
            && super::overview::free(file).is_some_and(|free| free < NO_ROOM)
        {
            self = Self::Full {
                path: String::new(),
            };
        }
        match &mut self {
            Self::NoFolder { path, .. }
            | Self::Unreachable { path, .. }
            | Self::Missing { path }
            | Self::Busy { path }
            | Self::Full { path }
            | Self::Disk { path, .. }
            | Self::ReadOnly { path }
            | Self::Damaged { path, .. }
            | Self::Foreign { path }
            | Self::Newer { path, .. }
            | Self::Older { path, .. }
            | Self::Other { path, .. } => {
                if path.is_empty() {
                    *path = shown(file);
                }
            }
            Self::Refused(_) => {}
        }
        self
    }
}

/// A file's name for people.
pub(super) fn shown(path: &Path) -> String {
    crate::text::without_controls(&path.display().to_string())
}
