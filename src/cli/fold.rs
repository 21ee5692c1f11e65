//! `feedfold fold`: folds a file of entries, one after the other, without a database.

use super::arguments::Fold;
use super::{Ending, output};
use crate::config;
use crate::fold::Replay;
use crate::text::without_controls;
use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 64 << 20;

/// Reads entries line by line and prints where each belongs.
pub(super) fn run(options: &Fold) -> anyhow::Result<Ending> {
    let name = options.file.display().to_string();
    let mut input: Box<dyn BufRead> = if options.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(
            File::open(&options.file).with_context(|| format!("cannot read {name}"))?,
        ))
    };
    let settings = config::Fold {
        strict: options.strict,
        ..config::Fold::default()
    };
    let mut replay = Replay::new(settings);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let mut limited = io::Read::take(&mut input, MAX_LINE);
        if limited
            .read_until(b'\n', &mut line)
            .with_context(|| format!("cannot read {name}"))?
            == 0
        {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let text =
            std::str::from_utf8(&line).map_err(|_| anyhow!("{name}:{number}: is not UTF-8"))?;
        let placed = replay
            .fold(text)
            .map_err(|fault| anyhow!("{name}:{number}: {fault}"))?;
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
    }
    out.flush()?;
    Ok(Ending::Done)
}

/// An id as people read it, without quotation marks.
fn plain(id: &serde_json::Value) -> String {
    let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    without_controls(&text)
}
