//! What came in, what became of it, and how polling goes.

use super::chart::{Chart, per_cent};
use super::subscriptions::feed_page;
use super::{CACHE, HTML, page, render};
use crate::feed::Timestamp;
use crate::http::conditional::{Document, answer};
use crate::http::parameters::Parameters;
use crate::http::rendered::State as Rendering;
use crate::http::service::Service;
use crate::publish::records::FeedRecord;
use crate::refresh::Outcome;
use crate::store::Statistics;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use chrono::TimeDelta;

/// Days that are shown.
const DAYS: usize = 30;
/// Feeds in the list of those that are first.
const MOST_FIRST: usize = 15;

/// Counts of everything.
#[derive(Template)]
#[template(path = "stats.html")]
struct StatsPage {
    entries: u64,
    stories: u64,
    megabytes: String,
    chart: Chart,
    lately: u64,
    leads: u64,
    copies: u64,
    copies_share: u64,
    coverage: u64,
    coverage_share: u64,
    first: Vec<FirstRow>,
    feeds: Vec<CountRow>,
    polls: Vec<CountRow>,
}

struct FirstRow {
    page: String,
    outlet: String,
    count: u64,
}

struct CountRow {
    what: String,
    count: u64,
}

/// `GET /stats`
pub(in crate::http) async fn statistics(
    State(service): State<Service>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answered = async {
        Parameters::read(uri.query(), &[])?;
        let now = service.now();
        let make = async {
            let page = stats_page(&service, now).await?;
            Ok(Document::new(HTML, CACHE, render(&page)?, None))
        };
        // Counting a month takes a while: once a minute will do, whatever arrives meanwhile.
        let state = Rendering {
            generation: 0,
            ..service.state(true)
        };
        let document = service.rendered().get("/stats", state, make).await?;
        Ok(answer(&document, &headers, now).await)
    };
    page(answered.await)
}

async fn stats_page(
    service: &Service,
    now: Timestamp,
) -> Result<StatsPage, crate::http::failure::Failure> {
    let store = service.store();
    let counts = store.counts().await?;
    let statistics = store.statistics(DAYS, MOST_FIRST, now).await?;
    let feeds = store.feeds().await?;
    let records: Vec<FeedRecord> = feeds.iter().map(FeedRecord::from).collect();
    let outlet = |name: &str| {
        let record = records.iter().find(|record| record.name == name);
        record.map_or_else(|| name.to_owned(), |record| record.title.clone())
    };
    let states = ["ok", "new", "error", "gone", "disabled"].map(|status| CountRow {
        what: status.to_owned(),
        count: records.iter().filter(|r| r.status == status).count() as u64,
    });
    let polls = Outcome::ALL.map(|outcome| CountRow {
        what: outcome.word().replace('_', " "),
        count: service.status().metrics.polls_of(outcome.word()),
    });
    let roles = statistics.roles;
    Ok(StatsPage {
        entries: counts.entries,
        stories: counts.stories,
        megabytes: format!("{:.1}", counts.bytes as f64 / 1e6),
        chart: chart(&statistics, now),
        lately: roles.all(),
        leads: roles.leads,
        copies: roles.copies,
        copies_share: per_cent(roles.copies, roles.all()),
        coverage: roles.coverage,
        coverage_share: per_cent(roles.coverage, roles.all()),
        first: statistics
            .first
            .iter()
            .map(|(name, count)| FirstRow {
                page: feed_page(name),
                outlet: outlet(name),
                count: *count,
            })
            .collect(),
        feeds: states.into_iter().filter(|row| row.count > 0).collect(),
        polls: polls.into_iter().filter(|row| row.count > 0).collect(),
    })
}

fn chart(statistics: &Statistics, now: Timestamp) -> Chart {
    let days = statistics.entries.len();
    let both = statistics.entries.iter().zip(&statistics.stories);
    let bars = both.enumerate().map(|(at, (entries, stories))| {
        let day = now - TimeDelta::days(i64::try_from(days - at - 1).unwrap_or(0));
        let day = day.format("%-d %b %Y");
        let label = format!("{day}: {entries} entries, {stories} stories");
        (*entries, (*stories).min(*entries), label)
    });
    let title = format!("Entries and stories a day over {DAYS} days");
    let since = format!("{DAYS} days ago");
    Chart::new("days", title, bars, (&since, "today"))
}
