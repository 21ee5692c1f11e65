//! `feedfold query`: what is stored, newest first, in any format.

use super::arguments::{Level, Query, QueryFormat, Sort};
use super::output::{LongTable, Zone};
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, output};
use crate::config::{Config, Presentation};
use crate::entry::{Entry, StoryId};
use crate::publish::records::{EntryRecord, HighlightsRecord, csv_record, excerpt};
use crate::publish::{Channel, Format, LongDocument};
use crate::query::{self, Cursor, EntryQuery, Expression, Fact, Fault, FoldLevel, Hits, Order};
use crate::store::Store;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Rows that wait to be printed.
const AT_ONCE: usize = 256;

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
        check_names(&store, &query, &options.search_text()).await?;
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
            QueryFormat::Atom => feed(&store, &config, query, Format::Atom).await?,
            QueryFormat::Rss => feed(&store, &config, query, Format::Rss).await?,
            QueryFormat::Jsonfeed => feed(&store, &config, query, Format::Json).await?,
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
async fn check_names(store: &Store, query: &EntryQuery, text: &str) -> anyhow::Result<()> {
    let facts = query.text.iter().flat_map(Expression::facts);
    let in_text = facts.filter_map(|fact| match fact {
        Fact::Feed(name) => Some((None, name)),
        _ => None,
    });
    let options = query.feeds.iter().map(|name| (Some("--feed"), name));
    let names: Vec<(Option<&str>, &String)> = options.chain(in_text).collect();
    if names.is_empty() {
        return Ok(());
    }
    let feeds = store.feeds().await?;
    for (asked_by, name) in names {
        if !feeds.iter().any(|feed| feed.subscription.name == *name) {
            let known = feeds.iter().map(|feed| feed.subscription.name.as_str());
            let nearest = crate::text::nearest(name, known)
                .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
            let wrong = format!("there is no feed '{name}'{nearest}");
            let wrong = match asked_by {
                Some(option) => format!("{option}: {wrong}"),
                None => Fault::of_feed(text, name, wrong).to_string(),
            };
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
    let headings = ["ENTRY", &zone.heading("DATE"), "FEED", "STORY", "", "TITLE"];
    let mut table = LongTable::new(&headings, hits.clone());
    let (send, mut rows) = tokio::sync::mpsc::channel(AT_ONCE);
    let reading = store.for_each_entry(query, move |entry| {
        let row = [
            entry.id.0.to_string(),
            zone.short(entry.dated()),
            entry.outlet.name.clone(),
            entry.story.0.to_string(),
            entry.role.word().to_owned(),
            title(&entry, &hits),
        ];
        // Nobody takes rows any more where printing failed.
        match send.blocking_send(row) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    let printing = async move {
        while let Some(row) = rows.recv().await {
            table.add(row)?;
        }
        table.end()
    };
    let (read, printed) = tokio::join!(reading, printing);
    read?;
    printed
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

/// Stories that are read at once for a merged feed.
const A_PAGE: usize = 500;

/// Prints a merged feed, in pages: memory does not grow with their number.
async fn feed(
    store: &Store,
    config: &Config,
    query: EntryQuery,
    format: Format,
) -> anyhow::Result<()> {
    let mut left = query.limit;
    // The best matches have no next page.
    let at_once = match query.order {
        Order::Newest => A_PAGE,
        Order::Best => left,
    };
    let ask = |left: usize, after: Option<Cursor>| EntryQuery {
        limit: left.min(at_once),
        after,
        ..query.clone()
    };
    let mut page = store.stories(ask(left, None)).await?;
    let is_whole = page.next.is_none() || left <= at_once;
    let updated = match page.items.iter().map(|story| story.changed).max() {
        Some(changed) if is_whole => changed,
        _ => store.generation().changed,
    };
    let home = &config.server.public_url;
    let channel = Channel {
        id: format!("{home}/#query"),
        title: "feedfold".to_owned(),
        subtitle: None,
        home: home.clone(),
        self_url: format!("{home}/feed.atom"),
        stories_at: format!("{home}/story/"),
        updated,
        // A language is told where all are known to share it.
        stories: match is_whole {
            true => std::mem::take(&mut page.items),
            false => Vec::new(),
        },
        next: None,
        earlier: None,
        archive_of: None,
        hub: None,
        stylesheet: None,
        presentation: Presentation::default(),
    };
    let mut out = io::stdout().lock();
    let mut document = LongDocument::begin(&channel, format);
    out.write_all(&document.add(&channel.stories))?;
    // The rest, where there is one, page by page.
    let mut more = !is_whole;
    while more {
        out.write_all(&document.add(&page.items))?;
        left -= page.items.len();
        more = match page.next.take() {
            Some(next) if left > 0 => {
                page = store.stories(ask(left, Some(next))).await?;
                true
            }
            _ => false,
        };
    }
    out.write_all(&document.end())?;
    out.write_all(b"\n")?;
    Ok(())
}
