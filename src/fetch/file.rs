//! Feeds that are files of this machine, `file:///var/lib/bulletin/feed.xml`: only those that the
//! configuration itself names, and only where it allows files at all. No redirect, page, import or
//! request ever leads here.
//!
//! What is read is a plain file of that very name: no symbolic link, whose owner could have another
//! file read and published, and no pipe or device, which could keep a poll for ever.

use super::{Answer, Document, faults};
use crate::feed::{Fault, FaultKind, Validators};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The end of the year 9999: no HTTP date lies behind it.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

/// The file that an address names; `None` where its scheme is another.
pub(super) fn path(address: &str) -> Option<Result<PathBuf, Fault>> {
    let url = url::Url::parse(address)
        .ok()
        .filter(|url| url.scheme() == "file")?;
    Some(url.to_file_path().map_err(|()| {
        Fault::new(
            FaultKind::Refused,
            "the feed's address names no file of this machine; write it like \
             \"file:///var/lib/bulletin/feed.xml\"",
        )
    }))
}

/// Reads the file unless it is still the one that `known` speaks of, within `deadline`.
pub(super) async fn read(
    path: PathBuf,
    known: Validators,
    cap: u64,
    deadline: Duration,
) -> Result<Answer, Fault> {
    let reading = tokio::task::spawn_blocking(move || read_now(&path, &known, cap));
    match tokio::time::timeout(deadline, reading).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Fault::new(
            FaultKind::Internal,
            "feedfold failed while the file was read; nothing was changed, please report this",
        )),
        Err(_) => Err(faults::deadline("the file", deadline, 0)),
    }
}

fn read_now(path: &Path, known: &Validators, cap: u64) -> Result<Answer, Fault> {
    let named = std::fs::symlink_metadata(path).map_err(|error| unreadable(&error))?;
    if !named.is_file() {
        return Err(not_plain());
    }
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let opened = file.metadata().map_err(|error| unreadable(&error))?;
    // Whoever put a link there in between would have another file read.
    if !is_same(&named, &opened) {
        return Err(not_plain());
    }
    let validators = validators(&opened);
    if known.etag.is_some() && known.etag == validators.etag {
        return Ok(Answer::Unchanged { validators });
    }
    let mut body = Vec::new();
    file.take(cap.saturating_add(1))
        .read_to_end(&mut body)
        .map_err(|error| unreadable(&error))?;
    if body.len() as u64 > cap {
        let what = format!(
            "the file is larger than {}; raise this feed's max_body if it is meant to be",
            faults::spell_bytes(cap)
        );
        return Err(Fault::new(FaultKind::TooLarge, what));
    }
    if body.is_empty() {
        return Err(Fault::new(
            FaultKind::NotAFeed,
            "the file is empty; whatever writes it has to be looked at",
        ));
    }
    Ok(Answer::Document(Document {
        body,
        content_type: None,
        url: None,
        validators,
        delta: false,
        link_headers: Vec::new(),
    }))
}

#[cfg(unix)]
fn is_same(named: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (named.dev(), named.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}

/// The time of the last change, to the nanosecond and as a date, and the size.
fn validators(of: &Metadata) -> Validators {
    let Ok(changed) = of.modified() else {
        return Validators::default();
    };
    let since = changed
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .min(LAST_DATE);
    Validators {
        etag: Some(format!("\"{:x}-{:x}\"", since.as_nanos(), of.len()).into_bytes()),
        last_modified: Some(httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since).into_bytes()),
    }
}

fn not_plain() -> Fault {
    Fault::new(
        FaultKind::Refused,
        "what the feed's address names is no plain file (a link, a folder or a device); name the \
         file itself",
    )
}

fn unreadable(error: &io::Error) -> Fault {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "the file is not there; check the feed's address".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "the file may not be read by the user that feedfold runs as".to_owned()
        }
        _ => format!("the file cannot be read ({error})"),
    };
    Fault::new(FaultKind::Unreachable, what)
}
