//! `feedfold query --watch`: what matches, as it arrives.

use super::arguments::QueryFormat;
use super::output::Zone;
use super::{Failure, output};
use crate::entry::Entry;
use crate::publish::records::{EntryRecord, csv_record};
use crate::query::EntryQuery;
use crate::store::Store;
use std::io::{self, Write};
use std::time::Duration;

/// How often is looked whether anything changed: another process's changes are noticed within a
/// second anyway, and looking costs no query.
const LOOK: Duration = Duration::from_secs(1);
/// Entries that are read at once.
const A_PAGE: usize = 200;

/// Prints entries in the order in which they arrive, from now on: without end, or until so many as
/// the query's limit says were printed.
pub(super) async fn run(
    store: &Store,
    query: EntryQuery,
    format: QueryFormat,
    zone: Zone,
) -> anyhow::Result<()> {
    if !matches!(
        format,
        QueryFormat::Table | QueryFormat::Jsonl | QueryFormat::Csv
    ) {
        let wrong = "--watch prints entry by entry; use --format table, jsonl or csv".to_owned();
        return Err(Failure::Use(wrong).into());
    }
    let most = if query.limit == 0 {
        usize::MAX
    } else {
        query.limit
    };
    let mut generation = store.generation();
    let mut last = store.newest_entry().await?;
    let mut out = io::stdout();
    if format == QueryFormat::Csv {
        write!(out, "{}\r\n", csv_record(EntryRecord::CSV_HEADER))?;
    }
    writeln!(io::stderr(), "waiting for news; end with Ctrl-C")?;
    let mut printed = 0;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = store.generation();
        if now == generation {
            continue;
        }
        generation = now;
        let newest = store.newest_entry().await?;
        loop {
            let asked = EntryQuery {
                arrived_after: Some(last),
                limit: A_PAGE.min(most - printed),
                ..query.clone()
            };
            let page = store.entries(asked).await?;
            for entry in &page.items {
                print(&mut out, entry, format, zone)?;
                last = entry.id;
                printed += 1;
            }
            out.flush()?;
            if printed == most {
                return Ok(());
            }
            if page.next.is_none() {
                break;
            }
        }
        // What does not match is not looked at again.
        last = last.max(newest);
    }
}

fn print(
    out: &mut impl Write,
    entry: &Entry,
    format: QueryFormat,
    zone: Zone,
) -> anyhow::Result<()> {
    match format {
        QueryFormat::Jsonl => output::json_line(out, &EntryRecord::from(entry)),
        QueryFormat::Csv => Ok(write!(out, "{}\r\n", EntryRecord::from(entry).csv())?),
        _ => Ok(writeln!(
            out,
            "{}  {}  {}  {}  {}",
            entry.id.0,
            zone.short(entry.dated()),
            entry.outlet.name,
            entry.role.word(),
            entry.item.title
        )?),
    }
}
