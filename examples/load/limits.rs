//! What the parts of an ingest that nobody gets around take on this machine, each for itself, so that figures
//! of two machines can be compared: fetching and unpacking the documents, reading them with feed-rs and its
//! sanitiser, and storing their entries as plain rows of SQLite with an index of their words.

use crate::origin::Origin;
use crate::process::{TICKS, ticks};
use anyhow::{Context, anyhow, ensure};
use feedfold::text::SafeHtml;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

/// Processor seconds of each part.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Limits {
    pub(crate) fetch_and_inflate: f64,
    pub(crate) feed_rs: f64,
    pub(crate) rows_and_words: f64,
}

impl Limits {
    /// Of all parts.
    pub(crate) fn sum(&self) -> f64 {
        self.fetch_and_inflate + self.feed_rs + self.rows_and_words
    }
}

/// An entry as it is stored.
struct Row {
    guid: String,
    link: String,
    title: String,
    html: String,
    published: Option<i64>,
    text: String,
}

/// Does each part once, in a thread of its own, whose time is counted.
pub(crate) fn measure(origin: &Origin, feeds: usize, folder: &Path) -> anyhow::Result<Limits> {
    let work = || -> anyhow::Result<Limits> {
        let begun = seconds()?;
        let documents = fetch(origin, feeds)?;
        let fetched = seconds()?;
        let mut read = Vec::new();
        for document in &documents {
            let parser = feed_rs::parser::Builder::new().sanitize_content(true);
            read.push(parser.build().parse(document.as_slice())?);
        }
        let parsed = seconds()?;
        let rows: Vec<Vec<Row>> = read.iter().map(rows).collect();
        let file = folder.join("limits.db");
        let before = seconds()?;
        store(&file, &rows)?;
        let stored = seconds()?;
        std::fs::remove_file(file)?;
        Ok(Limits {
            fetch_and_inflate: fetched - begun,
            feed_rs: parsed - fetched,
            rows_and_words: stored - before,
        })
    };
    std::thread::scope(|scope| scope.spawn(work).join())
        .map_err(|_| anyhow!("measuring the limits ended early"))?
}

/// Processor time of this thread.
fn seconds() -> anyhow::Result<f64> {
    let (user, system) =
        ticks("/proc/thread-self/stat", 11).context("this system tells no processor time")?;
    Ok((user + system) as f64 / TICKS)
}

/// All documents, one after the other over one connection.
fn fetch(origin: &Origin, feeds: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut documents = Vec::with_capacity(feeds);
    let mut open: Option<(String, BufReader<TcpStream>)> = None;
    for feed in 0..feeds {
        let url = origin.url(feed);
        let rest = url.strip_prefix("http://").context("no address")?;
        let (host, path) = rest.split_once('/').context("no path")?;
        let connection = match &mut open {
            Some((connected, connection)) if connected == host => connection,
            other => {
                let connection = BufReader::new(TcpStream::connect(host)?);
                &mut other.insert((host.to_owned(), connection)).1
            }
        };
        write!(
            connection.get_mut(),
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n"
        )?;
        let mut length = None;
        loop {
            let mut line = String::new();
            ensure!(connection.read_line(&mut line)? > 0, "{url}: no answer");
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = Some(value.trim().parse()?);
            }
        }
        let mut packed = vec![0; length.context("the origin tells no length")?];
        connection.read_exact(&mut packed)?;
        let mut document = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut document)?;
        documents.push(document);
    }
    Ok(documents)
}

/// The entries of a document.
fn rows(feed: &feed_rs::model::Feed) -> Vec<Row> {
    let entries = feed.entries.iter().map(|entry| {
        let content = entry.content.as_ref().and_then(|c| c.body.as_deref());
        let summary = entry.summary.as_ref().map(|s| s.content.as_str());
        let html = content.or(summary).unwrap_or_default();
        Row {
            guid: entry.id.clone(),
            link: entry.links.first().map_or("", |l| &l.href).to_owned(),
            title: entry.title.as_ref().map_or("", |t| &t.content).to_owned(),
            published: entry.published.or(entry.updated).map(|d| d.timestamp()),
            text: SafeHtml::clean(html, None).to_plain(usize::MAX),
            html: html.to_owned(),
        }
    });
    entries.collect()
}

/// Stores entries as a simple aggregator would, a transaction a document.
fn store(file: &Path, documents: &[Vec<Row>]) -> anyhow::Result<()> {
    let connection = Connection::open(file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
         CREATE TABLE entries (id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, guid TEXT NOT NULL, \
         link TEXT NOT NULL, title TEXT NOT NULL, html TEXT NOT NULL, published INTEGER, \
         UNIQUE (feed, guid)); \
         CREATE INDEX entries_published ON entries (published); \
         CREATE VIRTUAL TABLE words USING fts5 (title, text, content = '');",
    )?;
    let mut entry = connection.prepare(
        "INSERT INTO entries (feed, guid, link, title, html, published) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut words =
        connection.prepare("INSERT INTO words (rowid, title, text) VALUES (?1, ?2, ?3)")?;
    for (feed, rows) in documents.iter().enumerate() {
        connection.execute_batch("BEGIN")?;
        for row in rows {
            entry.execute(params![
                feed as i64,
                row.guid,
                row.link,
                row.title,
                row.html,
                row.published
            ])?;
            words.execute(params![connection.last_insert_rowid(), row.title, row.text])?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}
