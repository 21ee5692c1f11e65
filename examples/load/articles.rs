//! Whether a view that folds copies shows each article once, and none is missing.

use crate::cycles::{Options, changes};
use crate::news::{News, Place};
use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;

/// An entry as `feedfold query --json` tells it.
#[derive(Deserialize)]
struct Line {
    id: i64,
    feed: String,
    url: String,
    duplicate_of: Option<i64>,
}

/// What is stored, against what was published.
#[derive(Debug, Serialize)]
pub(crate) struct Articles {
    pub(crate) entries: usize,
    /// Different articles among them.
    pub(crate) articles: usize,
    /// Items of a view with `fold = "article"`.
    pub(crate) items: usize,
    /// Articles of which no item is shown: folded into another one.
    pub(crate) lost: usize,
    /// Entries said to be copies of another article than they are.
    pub(crate) wrong_copies: usize,
}

/// Compares what the program stored and folded with what the documents were written from.
pub(crate) fn count(
    options: &Options,
    news: &News,
    program: &Path,
    configuration: &Path,
) -> anyhow::Result<Articles> {
    let entries = lines(program, configuration, "none")?;
    let items = lines(program, configuration, "article")?;
    let later = (0..options.feeds).filter(|feed| changes(options, *feed));
    // A feed that changed had three entries more.
    let published = options.feeds * options.entries + later.count() * 3;
    ensure!(
        entries.len() == published,
        "{} entries are stored of {published} that were published",
        entries.len()
    );
    let told: HashMap<i64, Place> = entries
        .iter()
        .map(|line| Ok((line.id, news.article_of(place(line)?))))
        .collect::<anyhow::Result<_>>()?;
    let articles: HashSet<Place> = told.values().copied().collect();
    let shown: HashSet<Place> = items
        .iter()
        .filter_map(|line| told.get(&line.id).copied())
        .collect();
    let wrong_copies = entries.iter().filter(|line| {
        let of = line.duplicate_of.and_then(|of| told.get(&of));
        of.is_some_and(|of| told.get(&line.id) != Some(of))
    });
    Ok(Articles {
        entries: entries.len(),
        articles: articles.len(),
        items: items.len(),
        lost: articles.difference(&shown).count(),
        wrong_copies: wrong_copies.count(),
    })
}

fn lines(program: &Path, configuration: &Path, fold: &str) -> anyhow::Result<Vec<Line>> {
    let output = Command::new(program)
        .arg("--config")
        .arg(configuration)
        .args(["query", "--limit", "10000000", "--json", "--fold", fold])
        .output()
        .with_context(|| format!("{} can't be started", program.display()))?;
    ensure!(
        output.status.success(),
        "what is stored can't be asked for: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Ok(serde_json::from_slice(line)?))
        .collect()
}

/// Where an entry was published: its feed's name and its address end in numbers.
fn place(line: &Line) -> anyhow::Result<Place> {
    let number = |text: &str| text.rsplit('-').next()?.parse().ok();
    let feed = number(&line.feed);
    let entry = line.url.strip_suffix(".html").and_then(number);
    feed.zip(entry)
        .map(|(feed, entry)| Place { feed, entry })
        .with_context(|| format!("{} of {} was never published", line.url, line.feed))
}
