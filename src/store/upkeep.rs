//! Care of the file: backup, checks, compaction.

use super::counts::count;
use super::{Error, Store, search};
use crate::entry::EntryId;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Pages that a backup copies before it lets others go on.
const PAGES: i32 = 500;
/// Problems that are told of each kind.
const TOLD: usize = 20;

/// Entries whose text is put into search in one step.
const REFILLED: usize = 500;

/// Facts that must hold, each with a statement that finds what breaks it.
const LAWS: &[(&str, &str)] = &[
    (
        "an entry whose story is missing",
        "SELECT e.id FROM entries e LEFT JOIN stories s ON s.id = e.story WHERE s.id IS NULL",
    ),
    (
        "a story whose lead is no member or leads not",
        "SELECT s.id FROM stories s LEFT JOIN entries e ON e.id = s.lead AND e.story = s.id \
         AND e.role = 0 WHERE e.id IS NULL",
    ),
    (
        "a story with several leads",
        "SELECT story FROM entries WHERE role = 0 GROUP BY story HAVING count(*) > 1",
    ),
    (
        "a story whose size is not the number of its entries",
        "SELECT s.id FROM stories s WHERE s.size <> (SELECT count(*) FROM entries e \
         WHERE e.story = s.id)",
    ),
    (
        "a copy of nothing",
        "SELECT e.id FROM entries e LEFT JOIN entries o ON o.id = e.copy_of AND o.story = e.story \
         WHERE e.role = 1 AND (o.id IS NULL OR o.role = 1)",
    ),
    (
        "an entry without its text",
        "SELECT e.id FROM entries e LEFT JOIN bodies b ON b.entry = e.id WHERE b.entry IS NULL",
    ),
    (
        "an entry that search does not know",
        "SELECT e.id FROM entries e WHERE NOT EXISTS \
         (SELECT 1 FROM search_docsize s WHERE s.id = e.id) AND NOT EXISTS \
         (SELECT 1 FROM search_plain_docsize s WHERE s.id = e.id)",
    ),
    (
        "a text in search without its entry",
        "SELECT s.id FROM search_docsize s LEFT JOIN entries e ON e.id = s.id WHERE e.id IS NULL \
         UNION ALL SELECT s.id FROM search_plain_docsize s LEFT JOIN entries e ON e.id = s.id \
         WHERE e.id IS NULL",
    ),
    (
        "an entry that search knows twice",
        "SELECT s.id FROM search_docsize s JOIN search_plain_docsize p ON p.id = s.id",
    ),
];

impl Store {
    /// Copies the database to a new file while it is in use, and checks the copy.
    ///
    /// # Errors
    /// [`Error::Refused`] where the file is there already, or the copy does not check out.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        let to = to.to_owned();
        if to.exists() {
            return Err(Error::Refused(format!(
                "{} is there already; choose a new name for the backup",
                super::error::shown(&to)
            )));
        }
        self.connections
            .read_outside(move |connection| copy(connection, &to).map_err(|error| error.at(&to)))
            .await
    }

    /// What is wrong with the database: one sentence each, none where all is well. Reads all of it.
    pub async fn verify(&self) -> Result<Vec<String>, Error> {
        self.connections.read(problems).await
    }

    /// Fills the index of search anew from the entries, in small steps: polls go on meanwhile, and
    /// search finds more and more. Returns the number of entries.
    pub async fn rebuild_search(&self) -> Result<u64, Error> {
        self.connections
            .write(|writing| search::clear(writing.connection))
            .await?;
        let mut last = EntryId(0);
        loop {
            let next = self
                .connections
                .write(move |writing| search::refill(writing.connection, last, REFILLED))
                .await?;
            match next {
                Some(next) => last = next,
                None => break,
            }
        }
        self.connections
            .read(|connection| count(connection, "SELECT count(*) FROM entries"))
            .await
    }

    /// Writes the file anew without gaps. Everything else waits for it, and the disk must have
    /// room for a second copy.
    pub async fn vacuum(&self) -> Result<(), Error> {
        self.connections.vacuum().await
    }
}

fn copy(connection: &Connection, to: &Path) -> Result<(), Error> {
    super::opening::create_privately(to)?;
    let mut target = Connection::open_with_flags(
        to,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    {
        let backup = rusqlite::backup::Backup::new(connection, &mut target)?;
        backup.run_to_completion(PAGES, Duration::from_millis(1), None)?;
    }
    // A copy is one file, whoever opens it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    match problems(&target)?.first() {
        None => Ok(()),
        Some(problem) => Err(Error::Refused(format!(
            "the backup was written, but it does not check out: {problem}"
        ))),
    }
}

fn problems(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    // A connection that searched before may hold the index's outline as it was then, and FTS5 looks for
    // a new one when it is asked for something, but not when it is checked.
    for [latest, _] in search::apart_by_number() {
        connection
            .prepare(&latest)?
            .exists(rusqlite::params!["a", i64::MAX])?;
    }
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    for text in found {
        let text = text?;
        if text != "ok" {
            problems.push(crate::text::without_controls(&text));
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let found = statement.query_map([], |row| {
        let (table, row): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(format!(
            "row {} of {table} refers to something that is not there",
            row.unwrap_or_default()
        ))
    })?;
    for text in found.take(TOLD) {
        problems.push(text?);
    }
    for (law, statement) in LAWS {
        let mut statement = connection.prepare(statement)?;
        let found = statement.query_map([], |row| row.get::<_, i64>(0))?;
        for id in found.take(TOLD) {
            problems.push(format!("{law}: {}", id?));
        }
    }
    Ok(problems)
}
