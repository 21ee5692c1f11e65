//! `feedfold db`: care of the database.

use super::Ending;
use super::arguments::Db;
use super::surroundings::{Surroundings, block_on};
use std::io::{self, Write};

/// Migrates, backs up, verifies or compacts the database.
pub(super) fn run(surroundings: &Surroundings, command: &Db) -> anyhow::Result<Ending> {
    block_on(async {
        let config = surroundings.config()?;
        let path = config.database.path.display();
        let mut out = io::stdout().lock();
        match command {
            Db::Migrate => {
                let store = surroundings.store(&config)?;
                writeln!(out, "{path} has the schema of this version")?;
                store.close().await;
            }
            Db::Backup { path: target } => {
                let store = surroundings.store_to_read()?;
                store.backup(target).await?;
                writeln!(
                    out,
                    "{path} was copied to {} and the copy verified",
                    target.display()
                )?;
            }
            Db::Verify { rebuild_search } => {
                if *rebuild_search {
                    let store = surroundings.store(&config)?;
                    let entries = store.rebuild_search().await?;
                    store.close().await;
                    writeln!(out, "search was filled anew with {entries} entries")?;
                }
                let problems = surroundings.store_to_read()?.verify().await?;
                if problems.is_empty() {
                    writeln!(out, "{path} is whole")?;
                }
                for problem in &problems {
                    writeln!(out, "{problem}")?;
                }
                return Ok(if problems.is_empty() {
                    Ending::Done
                } else {
                    Ending::Failed
                });
            }
            Db::Prune { dry_run: true } => {
                let store = surroundings.store_to_read()?;
                let now = surroundings.clock.now();
                let going = store.would_prune(&config.retention, now).await?;
                for (feed, entries) in &going {
                    writeln!(out, "{feed}: {entries} entries would go")?;
                }
                let all: usize = going.iter().map(|(_, entries)| entries).sum();
                writeln!(out, "{all} entries would go; nothing was changed")?;
            }
            Db::Prune { dry_run: false } => {
                let store = surroundings.store(&config)?;
                let now = surroundings.clock.now();
                let report = store.prune(&config.retention, now).await?;
                store.close().await;
                writeln!(out, "{} entries are gone", report.entries)?;
            }
            Db::Vacuum => {
                let store = surroundings.store(&config)?;
                let size = || std::fs::metadata(&config.database.path).map_or(0, |file| file.len());
                let before = size();
                store.vacuum().await?;
                store.close().await;
                writeln!(out, "{path}: {before} bytes before, {} after", size())?;
            }
        }
        Ok(Ending::Done)
    })
}
