//! `feedfold parse`: what feedfold makes of one document.

use super::arguments::Parse;
use super::output::Zone;
use super::surroundings::Surroundings;
use super::{Ending, Failure, output};
use crate::address::Address;
use crate::parse::{self, Parsed, Sheet};
use crate::text::without_controls;
use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Largest document that is read, in bytes.
const MAX_DOCUMENT: u64 = 256 << 20;

/// Reads a document and prints it as one JSON object, or as a sheet for people.
pub(super) fn run(surroundings: &Surroundings, options: &Parse) -> anyhow::Result<Ending> {
    let base = match &options.base_url {
        None => None,
        Some(url) => Some(
            Address::parse(url)
                .map_err(|fault| Failure::Use(format!("--base-url: '{url}' {fault}")))?,
        ),
    };
    let bytes = read(&options.file)?;
    let parsed = parse::parse(&bytes, options.content_type.as_deref(), base.as_ref())
        .map_err(|fault| anyhow!("{}: {fault}", shown(&options.file)))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if options.json {
        output::json_line(&mut out, &Sheet::from(&parsed))?;
    } else {
        sheet(&mut out, &parsed, surroundings.zone)?;
    }
    out.flush()?;
    Ok(Ending::Done)
}

/// Reads a whole file, or standard input for `-`, up to [`MAX_DOCUMENT`].
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(MAX_DOCUMENT + 1)
            .read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", shown(path)))?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(anyhow!("{} is larger than 256 MiB", shown(path)));
    }
    Ok(bytes)
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn sheet(out: &mut impl Write, parsed: &Parsed, zone: Zone) -> io::Result<()> {
    let mut field = |name: &str, value: Option<String>| match value {
        Some(value) => writeln!(out, "{name:<12} {}", without_controls(&value)),
        None => Ok(()),
    };
    field("format", Some(parsed.format.clone()))?;
    field("title", Some(parsed.title.to_string()))?;
    field("page", parsed.site.as_ref().map(ToString::to_string))?;
    field(
        "description",
        parsed.description.as_ref().map(ToString::to_string),
    )?;
    field("language", parsed.language.clone())?;
    field("updated", parsed.updated.map(|at| zone.long(at)))?;
    field("entries", Some(parsed.items.len().to_string()))?;
    for problem in &parsed.problems {
        field("problem", Some(problem.to_string()))?;
    }
    for item in &parsed.items {
        writeln!(out)?;
        let date = item
            .published
            .or(item.updated)
            .map_or_else(|| "no date".to_owned(), |date| zone.short(date));
        writeln!(out, "{date:<17} {}", item.title)?;
        if let Some(link) = &item.link {
            writeln!(out, "{:<17} {link}", "")?;
        }
        if !item.authors.is_empty() {
            let authors: Vec<_> = item.authors.iter().map(|a| a.as_str()).collect();
            writeln!(out, "{:<17} by {}", "", authors.join(", "))?;
        }
        if let Some(body) = item.body() {
            writeln!(out, "{:<17} {}", "", body.to_plain(160))?;
        }
    }
    Ok(())
}
