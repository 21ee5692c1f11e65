//! `feedfold fold`: folds a file of entries, one after the other, without a database.

use super::arguments::Fold;
use super::{Ending, lines, output};
use crate::config;
use crate::fold::Replay;
use crate::text::without_controls;
use std::io::{self, Write};

/// Reads entries line by line and prints where each belongs.
pub(super) fn run(options: &Fold) -> anyhow::Result<Ending> {
    let settings = config::Fold {
        strict: options.strict,
        ..config::Fold::default()
    };
    let mut replay = Replay::new(settings);
    let mut out = io::BufWriter::new(io::stdout().lock());
    lines::each(&options.file, |line| {
        let placed = replay.fold(line)?;
        if options.json {
            output::json_line(&mut out, &placed)?;
        } else {
            let (id, story) = (plain(&placed.id), plain(&placed.story));
            writeln!(
                out,
                "{id:<20} {:<9} {story:<20} {}",
                placed.fold, placed.evidence
            )?;
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(Ending::Done)
}

/// An id as people read it, without quotation marks.
pub(super) fn plain(id: &serde_json::Value) -> String {
    let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    without_controls(&text)
}
