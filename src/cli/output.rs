//! Printing: one line on failure, tables for people, JSON lines for programs.

use crate::feed::Timestamp;
use crate::query::Hits;
use crate::text::without_controls;
use chrono::{Local, SecondsFormat};
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
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
    let mut table = bare_table();
    table.set_header(headings.iter().copied());
    table
}

fn bare_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if is_for_people() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width());
    }
    table
}

/// Columns of the terminal: what the variable `COLUMNS` says, or what the terminal itself does.
fn width() -> u16 {
    let said = std::env::var("COLUMNS").ok();
    said.and_then(|columns| columns.parse().ok())
        .or_else(|| terminal_size::terminal_size().map(|(columns, _)| columns.0))
        .filter(|columns| *columns > 0)
        .unwrap_or(80)
}

/// Rows that are laid out together in a table of any length.
const ROWS: usize = 1_000;
/// A space on each side of a cell.
const PADDING: u16 = 2;

/// A table of any length, printed as its rows come: columns are as wide as those before were, or wider.
pub(super) struct LongTable {
    table: Table,
    rows: usize,
    /// The widest cell of each column but the last, so far.
    widths: Vec<u16>,
    hits: Hits,
}

impl LongTable {
    /// A table in which, for people, what a search was after is marked.
    pub(super) fn new(headings: &[&str], hits: Hits) -> Self {
        Self {
            table: table(headings),
            rows: 0,
            widths: vec![0; headings.len().saturating_sub(1)],
            hits,
        }
    }

    /// Adds a row; for people, each line of a cell is cut to the column's width.
    pub(super) fn add<const N: usize>(&mut self, cells: [String; N]) -> anyhow::Result<()> {
        if self.rows == ROWS {
            self.print()?;
        }
        self.rows += 1;
        let lines = cells.iter().map(|cell| cell.lines().count()).max();
        let mut row = Row::from(cells);
        if is_for_people() {
            row.max_height(lines.unwrap_or(1).max(1));
        }
        self.table.add_row(row);
        Ok(())
    }

    /// Prints what is left.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        self.print()
    }

    fn print(&mut self) -> anyhow::Result<()> {
        for (width, present) in self
            .widths
            .iter_mut()
            .zip(self.table.column_max_content_widths())
        {
            *width = present.max(*width);
        }
        // A terminal's width leaves less room than cells would take.
        if !is_for_people() {
            let at_least = |width: &u16| {
                ColumnConstraint::LowerBoundary(Width::Fixed(width.saturating_add(PADDING)))
            };
            self.table.set_constraints(self.widths.iter().map(at_least));
        }
        print_found(&self.table, &self.hits)?;
        self.table = bare_table();
        self.rows = 0;
        Ok(())
    }
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
