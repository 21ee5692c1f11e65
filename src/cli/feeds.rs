//! `feedfold feeds`: subscriptions, listed and changed.

use super::arguments::Feeds;
use super::output::Zone;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, adding, doctor, output, parse};
use crate::config;
use crate::feed::{Feed, Origin, Subscription};
use crate::parse::opml;
use crate::publish;
use crate::publish::records::{FeedRecord, url_without_password};
use crate::store::Store;
use anyhow::{Context as _, anyhow};
use std::io::{self, Write};

/// Runs one of the `feeds` commands.
pub(super) fn run(surroundings: &Surroundings, command: &Feeds) -> anyhow::Result<Ending> {
    block_on(async {
        let config = surroundings.config()?;
        if let Feeds::Discover { url, json } = command {
            return adding::offered(surroundings, &config, url, *json).await;
        }
        let store = surroundings.store_in_step(&config).await?;
        let mut ending = Ending::Done;
        match command {
            Feeds::List { json } => list(&store, *json, surroundings.zone).await?,
            Feeds::Add(options) => adding::add(surroundings, &config, &store, options).await?,
            Feeds::Remove { name } => remove(surroundings, &store, name).await?,
            Feeds::Enable { name } => switch(surroundings, &store, name, true).await?,
            Feeds::Disable { name } => switch(surroundings, &store, name, false).await?,
            Feeds::Rollback { name } => roll_back(surroundings, &store, name).await?,
            Feeds::Doctor { name, json } => {
                let feeds = match name {
                    Some(name) => vec![named(&store, name).await?],
                    None => store.feeds().await?,
                };
                ending = doctor::run(surroundings, &store, &feeds, *json).await?;
            }
            Feeds::Import { file } => import(surroundings, &store, &parse::read(file)?).await?,
            Feeds::Export => {
                io::stdout()
                    .lock()
                    .write_all(&publish::opml(&store.feeds().await?, "feedfold"))?;
            }
            Feeds::Discover { .. } => {}
        }
        store.close().await;
        Ok(ending)
    })
}

async fn list(store: &Store, json: bool, zone: Zone) -> anyhow::Result<()> {
    let feeds = store.feeds().await?;
    if json {
        let mut out = io::BufWriter::new(io::stdout().lock());
        for feed in &feeds {
            output::json_line(&mut out, &FeedRecord::from(feed))?;
        }
        out.flush()?;
        return Ok(());
    }
    let heading = zone.heading("LAST POLL");
    let mut table = output::table(&["NAME", "STATUS", &heading, "NEXT", "TITLE", "WHY"]);
    for feed in &feeds {
        let record = FeedRecord::from(feed);
        table.add_row([
            feed.subscription.name.clone(),
            record.status.to_owned(),
            feed.health
                .last_poll
                .map_or_else(|| "never".to_owned(), |at| zone.short(at)),
            feed.next_due
                .map_or_else(|| "-".to_owned(), |at| zone.short(at)),
            feed.outlet().to_owned(),
            feed.health
                .last_error
                .as_ref()
                .map_or_else(String::new, |fault| fault.sentence.clone()),
        ]);
    }
    output::print_table(&table)
}

/// Adds a subscription under a free name.
pub(super) async fn subscribe(
    surroundings: &Surroundings,
    store: &Store,
    mut subscription: Subscription,
) -> anyhow::Result<Feed> {
    let feeds = store.feeds().await?;
    if let Some(known) = feeds
        .iter()
        .find(|feed| feed.subscription.url == subscription.url)
    {
        return Err(anyhow!(
            "{} is subscribed already, as '{}'",
            url_without_password(&subscription.url),
            known.subscription.name
        ));
    }
    let taken = |name: &str| feeds.iter().any(|feed| feed.subscription.name == name);
    if subscription.name.is_empty() {
        subscription.name = free_name(&subscription.url, taken);
    } else if !config::is_name(&subscription.name) {
        return Err(Failure::Use(format!(
            "'{}' is no name; use a to z, 0 to 9 and hyphens",
            subscription.name
        ))
        .into());
    } else if taken(&subscription.name) {
        return Err(anyhow!(
            "there is a feed '{}' already; choose another --name",
            subscription.name
        ));
    }
    Ok(store
        .add_feed(subscription, surroundings.clock.now())
        .await?)
}

/// A name made from the host, with a number where it is taken.
fn free_name(url: &str, taken: impl Fn(&str) -> bool) -> String {
    let name = config::name_from(url);
    if !taken(&name) {
        return name;
    }
    // There are fewer feeds than numbers.
    (2..)
        .map(|number: u64| format!("{name}-{number}"))
        .find(|name| !taken(name))
        .unwrap_or(name)
}

async fn remove(surroundings: &Surroundings, store: &Store, name: &str) -> anyhow::Result<()> {
    let feed = named(store, name).await?;
    if feed.subscription.origin == Origin::Config {
        return Err(anyhow!(
            "'{name}' stands in the configuration; take it out there, or use 'feedfold feeds disable {name}'"
        ));
    }
    store.remove_feed(name, surroundings.clock.now()).await?;
    writeln!(
        io::stdout().lock(),
        "removed '{name}' and its entries; for 30 days 'feedfold history' tells how to undo it"
    )?;
    Ok(())
}

async fn switch(
    surroundings: &Surroundings,
    store: &Store,
    name: &str,
    on: bool,
) -> anyhow::Result<()> {
    named(store, name).await?;
    store
        .set_enabled(name, on, surroundings.clock.now())
        .await?;
    let state = if on { "enabled" } else { "disabled" };
    writeln!(io::stdout().lock(), "{state} '{name}'")?;
    Ok(())
}

async fn roll_back(surroundings: &Surroundings, store: &Store, name: &str) -> anyhow::Result<()> {
    named(store, name).await?;
    let Some(address) = store.roll_back(name, surroundings.clock.now()).await? else {
        return Err(anyhow!(
            "'{name}' was never moved by a redirect; there is nothing to go back to"
        ));
    };
    writeln!(
        io::stdout().lock(),
        "'{name}' is at {} again, and the redirect from there is followed but not stored",
        url_without_password(&address)
    )?;
    Ok(())
}

async fn named(store: &Store, name: &str) -> anyhow::Result<Feed> {
    match store.feed(name).await? {
        Some(feed) => Ok(feed),
        None => {
            let feeds = store.feeds().await?;
            let known = feeds.iter().map(|feed| feed.subscription.name.as_str());
            let nearest = crate::text::nearest(name, known)
                .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
            Err(anyhow!("there is no feed '{name}'{nearest}"))
        }
    }
}

async fn import(surroundings: &Surroundings, store: &Store, bytes: &[u8]) -> anyhow::Result<()> {
    let outlines = opml::read(bytes).context("cannot import")?;
    let (mut added, mut known) = (0, 0);
    for outline in outlines {
        let subscribed = subscribe(
            surroundings,
            store,
            Subscription {
                name: String::new(),
                url: outline.url.clone(),
                title: outline.title,
                tags: outline.tags,
                schedule: None,
                priority: 0,
                enabled: true,
                origin: Origin::Added,
                request: crate::feed::RequestSettings::default(),
            },
        )
        .await;
        match subscribed {
            Ok(_) => added += 1,
            Err(error) => {
                known += 1;
                tracing::info!("left out: {error}");
            }
        }
    }
    writeln!(
        io::stdout().lock(),
        "{added} added, {known} left out (subscribed already)"
    )?;
    Ok(())
}
