//! Reading a file of JSON lines, one after the other.

use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 64 << 20;

/// Hands over each line that is not blank; `-` is standard input. What goes wrong is told with
/// the file's name and the line's number.
///
/// # Errors
/// When the file cannot be read or is no UTF-8, and whatever `take` fails with.
pub(super) fn each(
    file: &Path,
    mut take: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let name = file.display().to_string();
    let mut input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(
            File::open(file).with_context(|| format!("cannot read {name}"))?,
        ))
    };
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
        take(text).map_err(|fault| match output_failed(&fault) {
            true => fault,
            false => anyhow!("{name}:{number}: {fault}"),
        })?;
    }
    Ok(())
}

/// Whether it was printing that failed, not the line.
fn output_failed(fault: &anyhow::Error) -> bool {
    fault.is::<io::Error>() || super::output::is_closed_pipe(fault)
}
