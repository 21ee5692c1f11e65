//! Printing: one line on failure, tables for people, JSON lines for programs.

use crate::feed::Timestamp;
use crate::query::Hits;
use crate::text::without_controls;
use chrono::{Local, SecondsFormat};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{self, IsTerminal as _, Write};

/// The error and its causes as one line without control characters; a cause that its
/// predecessor already tells is left out.
pub(super) fn sentence(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if told.contains(&cause) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&cause);
    }
    // A list of problems keeps its lines: each is a sentence of its own.
    told.lines()
        .map(without_controls)
        .collect::<Vec<_>>()
        .join("\n  ")
}

/// Whether the reader of our output went away, which is no failure.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// Writes one JSON object and a line break.
pub(super) fn json_line(out: &mut impl Write, value: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// A table without borders: cut to the terminal's width, or at full length into a pipe.
pub(super) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(headings.iter().copied());
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|c| c.parse::<u16>().ok());
        table.set_width(columns.unwrap_or(120));
    }
    table
}

/// Whether a person reads what is printed.
pub(super) fn is_for_people() -> bool {
    io::stdout().is_terminal()
}

/// Prints a table, without white space at the ends of lines.
pub(super) fn print_table(table: &Table) -> anyhow::Result<()> {
    print_found(table, &Hits::default())
}

/// Prints a table as [`print_table`] does; for people, in bold what a search was after.
pub(super) fn print_found(table: &Table, hits: &Hits) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let bold = is_for_people() && std::env::var_os("NO_COLOR").is_none();
    for line in table.lines() {
        let line = line.trim_end();
        if !bold {
            writeln!(out, "{line}")?;
            continue;
        }
        for part in hits.mark(line) {
            match part.hit {
                true => write!(out, "\x1b[1m{}\x1b[0m", part.text)?,
                false => write!(out, "{}", part.text)?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A moment as programs read it: RFC 3339 in UTC, whole seconds.
pub(super) fn moment(moment: Timestamp) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The time zone in which people are told times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// The machine's, or that of the variable `TZ`.
    Local,
    /// None but UTC.
    Utc,
}

impl Zone {
    /// A moment to the minute.
    pub(super) fn short(self, moment: Timestamp) -> String {
        let format = "%Y-%m-%d %H:%M";
        match self {
            Self::Local => moment.with_timezone(&Local).format(format).to_string(),
            Self::Utc => moment.format(format).to_string(),
        }
    }

    /// A moment to the second, with the zone's distance from UTC.
    pub(super) fn long(self, moment: Timestamp) -> String {
        match self {
            Self::Local => {
                let local = moment.with_timezone(&Local);
                local.to_rfc3339_opts(SecondsFormat::Secs, true)
            }
            Self::Utc => self::moment(moment),
        }
    }

    /// The heading of a column of times: where nothing is said, they are the reader's own.
    pub(super) fn heading(self, heading: &str) -> String {
        match self {
            Self::Local => heading.to_owned(),
            Self::Utc => format!("{heading} (UTC)"),
        }
    }
}
