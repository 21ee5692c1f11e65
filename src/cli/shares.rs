//! `feedfold shares`: secret addresses of views, made and taken back.

use super::arguments::Shares;
use super::output::Zone;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, output};
use crate::config::Config;
use crate::publish::rfc3339;
use crate::store::Store;
use crate::text::without_controls;
use serde::Serialize;
use std::io::{self, Write};

/// A secret address as programs see it; the token itself is told once, when it is made.
#[derive(Serialize)]
struct ShareRecord {
    id: i64,
    view: String,
    note: String,
    made: String,
    revoked: Option<String>,
}

/// Runs one of the `shares` commands.
pub(super) fn run(surroundings: &Surroundings, command: &Shares) -> anyhow::Result<Ending> {
    block_on(async {
        let config = surroundings.config()?;
        let store = surroundings.store(&config)?;
        match command {
            Shares::Add { view, note } => add(surroundings, &store, &config, view, note).await?,
            Shares::List { json } => list(&store, *json, surroundings.zone).await?,
            Shares::Remove { id } => {
                store.revoke_share(*id, surroundings.clock.now()).await?;
                writeln!(
                    io::stdout().lock(),
                    "the secret address {id} is taken back: it answers 410 from now on"
                )?;
            }
        }
        store.close().await;
        Ok(Ending::Done)
    })
}

async fn add(
    surroundings: &Surroundings,
    store: &Store,
    config: &Config,
    view: &str,
    note: &str,
) -> anyhow::Result<()> {
    let mut views = config.views.iter().map(|view| view.name.as_str());
    if view != "all" && !views.any(|name| name == view) {
        let known = config.views.iter().map(|view| view.name.as_str());
        let nearest = crate::text::nearest(view, known.chain(["all"]))
            .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
        let view = without_controls(view);
        return Err(Failure::Use(format!("there is no view '{view}'{nearest}")).into());
    }
    let note = without_controls(note);
    let now = surroundings.clock.now();
    let (id, token) = store.add_share(view.to_owned(), note, now).await?;
    let base = &config.server.public_url;
    let mut out = io::stdout().lock();
    for format in ["atom", "rss", "json"] {
        writeln!(out, "{base}/f/{token}/feed.{format}")?;
    }
    writeln!(
        io::stderr().lock(),
        "these addresses are not shown again; 'feedfold shares remove {id}' takes them back"
    )?;
    Ok(())
}

async fn list(store: &Store, json: bool, zone: Zone) -> anyhow::Result<()> {
    let shares = store.shares().await?;
    if json {
        let mut out = io::BufWriter::new(io::stdout().lock());
        for share in shares {
            let record = ShareRecord {
                id: share.id,
                view: share.view,
                note: share.note,
                made: rfc3339(share.made),
                revoked: share.revoked.map(rfc3339),
            };
            output::json_line(&mut out, &record)?;
        }
        out.flush()?;
        return Ok(());
    }
    let mut table = output::table(&[
        "NUMBER",
        "VIEW",
        &zone.heading("MADE"),
        "TAKEN BACK",
        "NOTE",
    ]);
    for share in shares {
        table.add_row([
            share.id.to_string(),
            share.view,
            zone.short(share.made),
            share
                .revoked
                .map_or_else(|| "-".to_owned(), |at| zone.short(at)),
            share.note,
        ]);
    }
    output::print_table(&table)
}
