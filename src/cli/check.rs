//! `feedfold check`: what is wrong, told without changing anything.

use super::Ending;
use super::surroundings::{Surroundings, block_on};
use crate::address::Address;
use std::io::{self, Write};

/// Reads the configuration and the database and tells what is wrong with either.
pub(super) fn run(surroundings: &Surroundings) -> anyhow::Result<Ending> {
    let mut out = io::stdout().lock();
    let config = surroundings.config()?;
    match surroundings.config_path() {
        Some(path) => writeln!(
            out,
            "configuration {}: good, {} feeds, {} views",
            path.display(),
            config.feeds.len(),
            config.views.len()
        )?,
        None => writeln!(
            out,
            "configuration: none found, so the defaults are in force and there are no feeds"
        )?,
    }
    let mut good = true;
    for feed in &config.feeds {
        if let Err(fault) = Address::parse(&feed.url) {
            good = false;
            writeln!(out, "feed {}: its address {fault}", feed.name)?;
        }
    }
    let path = &config.database.path;
    if !path.exists() {
        writeln!(
            out,
            "database {}: not there yet; it is created when first needed",
            path.display()
        )?;
        return Ok(if good { Ending::Done } else { Ending::Failed });
    }
    let problems = block_on(async { Ok(surroundings.store_to_read()?.verify().await?) })?;
    if problems.is_empty() {
        writeln!(out, "database {}: good", path.display())?;
    }
    for problem in &problems {
        good = false;
        writeln!(out, "database {}: {problem}", path.display())?;
    }
    Ok(if good { Ending::Done } else { Ending::Failed })
}
