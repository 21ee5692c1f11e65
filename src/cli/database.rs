//! `feedfold db`: care of the database.

use super::Ending;
use super::arguments::Db;
use super::surroundings::{Surroundings, block_on};
use crate::store::Store;
use std::io::{self, Write};

/// Migrates, backs up, verifies or compacts the database.
pub(super) fn run(surroundings: &Surroundings, command: &Db) -> anyhow::Result<Ending> {
    block_on(async {
        let file = surroundings.database_path()?;
        let open = || Store::open(&file, surroundings.clock.now());
        let path = file.display();
        let mut out = io::stdout().lock();
        match command {
            Db::Migrate => {
                let store = open()?;
                writeln!(out, "{path} has the schema of this version")?;
                store.close().await;
            }
            Db::Backup { path: target } => {
                let store = Store::open_read_only(&file)?;
                store.backup(target).await?;
                writeln!(
                    out,
                    "{path} was copied to {} and the copy verified",
                    target.display()
                )?;
            }
            Db::Verify { rebuild_search } => {
                if *rebuild_search {
                    let store = open()?;
                    let entries = store.rebuild_search().await?;
                    store.close().await;
                    writeln!(out, "search was filled anew with {entries} entries")?;
                }
                let problems = Store::open_read_only(&file)?.verify().await?;
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
                let store = Store::open_read_only(&file)?;
                let (retention, now) = (surroundings.config()?.retention, surroundings.clock.now());
                let going = store.would_prune(&retention, now).await?;
                for (feed, entries) in &going {
                    writeln!(out, "{feed}: {entries} entries would go")?;
                }
                let all: usize = going.iter().map(|(_, entries)| entries).sum();
                writeln!(out, "{all} entries would go; nothing was changed")?;
            }
            Db::Prune { dry_run: false } => {
                let retention = surroundings.config()?.retention;
                let store = open()?;
                let report = store.prune(&retention, surroundings.clock.now()).await?;
                store.close().await;
                writeln!(out, "{} entries are gone", report.entries)?;
            }
            Db::Vacuum => {
                let store = open()?;
                let size = || std::fs::metadata(&file).map_or(0, |file| file.len());
                let before = size();
                store.vacuum().await?;
                store.close().await;
                writeln!(out, "{path}: {before} bytes before, {} after", size())?;
            }
        }
        Ok(Ending::Done)
    })
}
