//! `feedfold query`: what is stored, newest first, in any format.

use super::arguments::{Level, Query, QueryFormat, Sort};
use super::output::Zone;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, output};
use crate::config::{Config, Presentation};
use crate::entry::{Entry, StoryId};
use crate::publish::records::{EntryRecord, HighlightsRecord, csv_record, excerpt};
use crate::publish::{self, Channel};
use crate::query::{self, EntryQuery, Expression, Fact, FoldLevel, Hits, Order};
use crate::store::Store;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Prints the entries that match.
pub(super) fn run(surroundings: &Surroundings, options: &Query) -> anyhow::Result<Ending> {
    let config = surroundings.config()?;
    let query = question(surroundings, options)?;
    let format = if options.json {
        QueryFormat::Jsonl
    } else {
        options.format
    };
    block_on(async {
        let store = surroundings.store_to_read()?;
        check_names(&store, &query).await?;
        if options.watch {
            super::watch::run(&store, query, format, surroundings.zone).await?;
            return Ok(Ending::Done);
        }
        match format {
            QueryFormat::Table => table(&store, query, surroundings.zone).await?,
            QueryFormat::Jsonl => {
                let hits = Hits::of(query.text.as_ref());
                stream(&store, query, move |out, entry| {
                    output::json_line(out, &record(entry, &hits))
                })
                .await?;
            }
            QueryFormat::Json => {
                let hits = Hits::of(query.text.as_ref());
                let mut first = true;
                io::stdout().write_all(b"[")?;
                stream(&store, query, move |out, entry| {
                    out.write_all(if std::mem::take(&mut first) {
                        b"\n"
                    } else {
                        b",\n"
                    })?;
                    Ok(serde_json::to_writer(out, &record(entry, &hits))?)
                })
                .await?;
                io::stdout().write_all(b"\n]\n")?;
            }
            QueryFormat::Csv => {
                write!(io::stdout(), "{}\r\n", csv_record(EntryRecord::CSV_HEADER))?;
                stream(&store, query, |out, entry| {
                    Ok(write!(out, "{}\r\n", EntryRecord::from(entry).csv())?)
                })
                .await?;
            }
            QueryFormat::Atom | QueryFormat::Rss | QueryFormat::Jsonfeed => {
                feed(&store, &config, query, format).await?;
            }
        }
        Ok(Ending::Done)
    })
}

fn question(surroundings: &Surroundings, options: &Query) -> anyhow::Result<EntryQuery> {
    let now = surroundings.clock.now();
    let wrong = |text: String| Failure::Use(text);
    let moment = |option: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| {
                query::parse_moment(text, now).map_err(|fault| wrong(format!("{option}: {fault}")))
            })
            .transpose()
    };
    Ok(EntryQuery {
        feeds: options.feed.clone(),
        tags: options.tag.clone(),
        text: query::parse_text(&options.search_text())
            .map_err(|fault| wrong(fault.to_string()))?
            .map(|text| text.at(now)),
        story: options.story.map(StoryId),
        since: moment("--since", &options.since)?,
        until: moment("--until", &options.until)?,
        fold: match options.fold {
            Some(Level::Story) => FoldLevel::Story,
            Some(Level::Article) => FoldLevel::Article,
            Some(Level::None) | None => FoldLevel::None,
        },
        order: match options.sort {
            Sort::Newest => Order::Newest,
            Sort::Best => Order::Best,
        },
        arrived_after: None,
        limit: match options.limit {
            None if options.watch => 0,
            None => EntryQuery::DEFAULT_LIMIT,
            Some(limit) => limit,
        },
        ..EntryQuery::default()
    })
}

/// A feed that does not exist is a slip of the hand, not an empty answer.
async fn check_names(store: &Store, query: &EntryQuery) -> anyhow::Result<()> {
    let facts = query.text.iter().flat_map(Expression::facts);
    let in_text = facts.filter_map(|fact| match fact {
        Fact::Feed(name) => Some(("feed:", name)),
        _ => None,
    });
    let options = query.feeds.iter().map(|name| ("--feed:", name));
    let names: Vec<(&str, &String)> = options.chain(in_text).collect();
    if names.is_empty() {
        return Ok(());
    }
    let feeds = store.feeds().await?;
    for (asked_by, name) in names {
        if !feeds.iter().any(|feed| feed.subscription.name == *name) {
            let known = feeds.iter().map(|feed| feed.subscription.name.as_str());
            let nearest = crate::text::nearest(name, known)
                .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
            let wrong = format!("{asked_by} there is no feed '{name}'{nearest}");
            return Err(Failure::Use(wrong).into());
        }
    }
    Ok(())
}

/// An entry, with what the search found in it.
fn record(entry: &Entry, hits: &Hits) -> EntryRecord {
    EntryRecord {
        highlights: HighlightsRecord::of(&entry.item, hits),
        ..EntryRecord::from(entry)
    }
}

/// Prints entries as they are read: memory does not grow with their number.
async fn stream(
    store: &Store,
    query: EntryQuery,
    mut print: impl FnMut(&mut io::BufWriter<io::Stdout>, &Entry) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let (send, receive) = std::sync::mpsc::channel();
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout());
    store
        .for_each_entry(query, move |entry| {
            if let Err(error) = print(&mut out, &entry) {
                // The receiver outlives the walk.
                let _ = send.send(error);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .await?;
    match receive.try_recv() {
        Ok(error) => Err(error),
        Err(_) => Ok(()),
    }
}

async fn table(store: &Store, query: EntryQuery, zone: Zone) -> anyhow::Result<()> {
    let hits = Hits::of(query.text.as_ref());
    let page = store.entries(query).await?;
    let mut table = output::table(&["ENTRY", &zone.heading("DATE"), "FEED", "STORY", "", "TITLE"]);
    for entry in &page.items {
        table.add_row([
            entry.id.0.to_string(),
            zone.short(entry.dated()),
            entry.outlet.name.clone(),
            entry.story.0.to_string(),
            entry.role.word().to_owned(),
            title(entry, &hits),
        ]);
    }
    output::print_found(&table, &hits)
}

/// The headline, for people with the part of the text that was searched for below it.
fn title(entry: &Entry, hits: &Hits) -> String {
    let title = entry.item.title.to_string();
    match excerpt(&entry.item, hits).filter(|_| output::is_for_people()) {
        None => title,
        Some(parts) => {
            let text: String = parts.into_iter().map(|part| part.text).collect();
            format!("{title}\n  {text}")
        }
    }
}

async fn feed(
    store: &Store,
    config: &Config,
    query: EntryQuery,
    format: QueryFormat,
) -> anyhow::Result<()> {
    let query = EntryQuery {
        fold: query.fold,
        ..query
    };
    let page = store.stories(query).await?;
    let changed = store.generation().changed;
    let home = &config.server.public_url;
    let channel = Channel {
        id: format!("{home}/#query"),
        title: "feedfold".to_owned(),
        subtitle: None,
        home: home.clone(),
        self_url: format!("{home}/feed.atom"),
        stories_at: format!("{home}/story/"),
        updated: page
            .items
            .iter()
            .map(|story| story.changed)
            .max()
            .unwrap_or(changed),
        stories: page.items,
        next: None,
        earlier: None,
        archive_of: None,
        hub: None,
        stylesheet: None,
        presentation: Presentation::default(),
    };
    let bytes = match format {
        QueryFormat::Rss => publish::rss(&channel),
        QueryFormat::Jsonfeed => publish::json_feed(&channel),
        _ => publish::atom(&channel),
    };
    let mut out = io::stdout().lock();
    out.write_all(&bytes)?;
    out.write_all(b"\n")?;
    Ok(())
}
