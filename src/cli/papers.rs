//! Completions and manual pages, made from the definition of the arguments.

use super::Ending;
use super::arguments::{Arguments, Completions, Man};
use anyhow::Context as _;
use clap::CommandFactory as _;
use std::io;

/// Prints a shell's completion script.
pub(super) fn completions(options: &Completions) -> anyhow::Result<Ending> {
    let mut script = Vec::new();
    clap_complete::generate(
        options.shell,
        &mut Arguments::command(),
        "feedfold",
        &mut script,
    );
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(Ending::Done)
}

/// Writes `feedfold.1` and a page for each command.
pub(super) fn manual(options: &Man) -> anyhow::Result<Ending> {
    clap_mangen::generate_to(Arguments::command(), &options.folder).with_context(|| {
        format!(
            "cannot write manual pages into {}",
            options.folder.display()
        )
    })?;
    Ok(Ending::Done)
}
