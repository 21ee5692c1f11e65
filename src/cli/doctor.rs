//! `feedfold feeds doctor`: what is wrong with feeds, and what to do about it.

use super::surroundings::Surroundings;
use super::{Ending, output};
use crate::cadence::show_duration;
use crate::entry::Entry;
use crate::feed::{FaultKind, Feed, Timestamp};
use crate::publish::records::url_without_password;
use crate::query::{EntryQuery, FoldLevel};
use crate::store::Store;
use chrono::TimeDelta;
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// Entries that show a feed's habit.
const HABIT: usize = 20;

/// Nothing is called silent before this.
const LEAST_SILENCE: TimeDelta = TimeDelta::days(14);

/// How many times longer than usual a feed must be silent before it is told.
const BEYOND_HABIT: i32 = 5;

/// A longer document is told: who reads along needs the latest.
const MANY_ENTRIES: usize = 300;

/// The same by its size once unpacked.
const MANY_BYTES: u64 = 2 << 20;

/// One thing that is wrong with a feed.
#[derive(Debug, Serialize, PartialEq)]
struct Finding {
    feed: String,
    /// `failing`, `gone`, `moved`, `silent`, or `publisher` for what only the publisher can mend.
    kind: &'static str,
    /// What is the matter.
    what: String,
    /// What to do.
    advice: String,
}

/// Examines one feed or all. The exit code is 1 where a feed is failing or gone.
pub(super) async fn run(
    surroundings: &Surroundings,
    store: &Store,
    feeds: &[Feed],
    json: bool,
) -> anyhow::Result<Ending> {
    let now = surroundings.clock.now();
    let mut findings = Vec::new();
    for feed in feeds {
        let dates = last_dates(store, feed).await?;
        findings.extend(examine(feed, &dates, now));
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for finding in &findings {
        if json {
            output::json_line(&mut out, finding)?;
        } else {
            writeln!(
                out,
                "{} ({}): {}\n    {}",
                finding.feed, finding.kind, finding.what, finding.advice
            )?;
        }
    }
    out.flush()?;
    if findings.is_empty() {
        writeln!(io::stderr(), "{} examined, nothing is wrong", feeds.len())?;
    }
    let bad = |finding: &Finding| matches!(finding.kind, "failing" | "gone");
    Ok(if findings.iter().any(bad) {
        Ending::Failed
    } else {
        Ending::Done
    })
}

/// When the feed's latest entries are dated, the newest first.
async fn last_dates(store: &Store, feed: &Feed) -> anyhow::Result<Vec<Timestamp>> {
    let query = EntryQuery {
        feeds: vec![feed.subscription.name.clone()],
        fold: FoldLevel::None,
        limit: HABIT,
        ..EntryQuery::default()
    };
    let page = store.entries(query).await?;
    Ok(page.items.iter().map(Entry::dated).collect())
}

fn examine(feed: &Feed, dates: &[Timestamp], now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tell = |kind, what: String, advice: String| {
        findings.push(Finding {
            feed: feed.subscription.name.clone(),
            kind,
            what,
            advice,
        });
    };
    let name = &feed.subscription.name;
    if let Some(from) = &feed.health.moved_from {
        tell(
            "moved",
            format!(
                "moved from {} to {}",
                url_without_password(from),
                url_without_password(&feed.subscription.url)
            ),
            format!(
                "write the new address into the subscription, or go back with 'feedfold feeds \
                 rollback {name}' if it is not the same feed"
            ),
        );
    }
    if feed.health.gone {
        tell(
            "gone",
            "the server says that the feed is gone for good (410)".to_owned(),
            format!(
                "look up a new address, or unsubscribe; 'feedfold feeds enable {name}' tries again"
            ),
        );
    } else if let Some((what, advice)) = failing(feed, now) {
        tell("failing", what, advice);
    } else if feed.subscription.enabled {
        if let Some(silence) = silence(dates, now) {
            tell(
                "silent",
                format!(
                    "nothing new for {} days, far longer than usual",
                    silence.num_days()
                ),
                "look at its site: the feed may have moved without a redirect, or ended".to_owned(),
            );
        }
        for (what, advice) in publisher(feed) {
            tell("publisher", what, advice);
        }
    }
    findings
}

/// Why the feed is failing, for how long, and what a person can do.
fn failing(feed: &Feed, now: Timestamp) -> Option<(String, String)> {
    let fault = feed.health.last_error.as_ref()?;
    let times = match feed.health.failures {
        1 => "the last poll failed".to_owned(),
        failures => format!("the last {failures} polls failed"),
    };
    let since = match feed.health.last_success {
        None => ", and none was ever good".to_owned(),
        Some(good) => match (now - good).num_days() {
            0 => String::new(),
            1 => ", the last good one a day ago".to_owned(),
            days => format!(", the last good one {days} days ago"),
        },
    };
    let name = &feed.subscription.name;
    let advice = match fault.kind {
        FaultKind::Status if matches!(fault.status, Some(401 | 403 | 407)) => {
            "ask the publisher for access, or set this feed's credentials or user_agent".to_owned()
        }
        FaultKind::Status if fault.status.is_some_and(|status| status < 500) => {
            "look up the feed's new address: 'feedfold feeds discover SITE' asks a page for it"
                .to_owned()
        }
        FaultKind::NotAFeed => {
            "look up the feed's address: 'feedfold feeds discover SITE' asks a page for it"
                .to_owned()
        }
        FaultKind::Refused => {
            "correct the address, or allow its network in fetch.allow_networks".to_owned()
        }
        FaultKind::TooLarge => "raise this feed's max_body if it is right".to_owned(),
        FaultKind::TimedOut => "raise this feed's timeout if it is always slow".to_owned(),
        FaultKind::Tls => "wait for a new certificate; never poll it without checks".to_owned(),
        FaultKind::Redirects => "look up the feed's new address".to_owned(),
        FaultKind::Throttled => {
            "wait: it is polled less often by itself; a longer schedule helps if this stays"
                .to_owned()
        }
        FaultKind::Internal => "correct its settings, or report this".to_owned(),
        _ => {
            format!("wait: it is polled again by itself; 'feedfold feeds disable {name}' ends that")
        }
    };
    Some((format!("{times}{since}: {}", fault.sentence), advice))
}

/// How long a feed has been silent, where that is far beyond its habit: five times the median
/// distance of its latest entries, and two weeks at least.
fn silence(dates: &[Timestamp], now: Timestamp) -> Option<TimeDelta> {
    let newest = dates.iter().max()?;
    let mut dates = dates.to_vec();
    dates.sort_unstable();
    let mut distances: Vec<TimeDelta> = dates.windows(2).map(|two| two[1] - two[0]).collect();
    distances.sort_unstable();
    let habit = *distances.get(distances.len() / 2)?;
    let silent = now - *newest;
    (silent > LEAST_SILENCE.max(habit * BEYOND_HABIT)).then_some(silent)
}

/// What the publisher could do better, as far as the last good answer showed.
fn publisher(feed: &Feed) -> Vec<(String, String)> {
    let mut remarks = Vec::new();
    if feed.health.last_success.is_none() {
        return remarks;
    }
    let mut tell = |what: String, advice: &str| remarks.push((what, advice.to_owned()));
    if let Some((entries, bytes)) = feed.pace.document
        && (entries > MANY_ENTRIES || bytes > MANY_BYTES)
    {
        tell(
            format!(
                "its document is long: {entries} entries in {} KiB, all of them again at every change",
                bytes.div_ceil(1024)
            ),
            "a shorter schedule costs both sides much; ask the publisher for a feed of the latest",
        );
    }
    if feed.subscription.request.insecure_accept_any_certificate {
        tell(
            "any certificate of its server is taken, so anyone on the way can change it".to_owned(),
            "drop insecure_accept_any_certificate once the server has a good certificate",
        );
    }
    if feed.subscription.request.websub && feed.pace.hub.is_none() {
        tell(
            "its news are to be pushed, but it names no hub that could".to_owned(),
            "drop websub, or tell the publisher; it is polled as ever",
        );
    }
    if feed.validators.etag.is_none() && feed.validators.last_modified.is_none() {
        tell(
            "its server gives no ETag and no Last-Modified, so every poll transfers all of it"
                .to_owned(),
            "it is polled hourly at most; tell the publisher",
        );
    }
    if feed.pace.redirected {
        tell(
            "its address leads to it by a temporary redirect at every poll".to_owned(),
            "subscribe to where it leads, if that stays",
        );
    }
    if let Some(kind) = feed
        .pace
        .content_type
        .as_deref()
        .filter(|kind| !is_feed_type(kind))
    {
        tell(
            format!("it comes as {kind}, which is no type of feeds"),
            "it is read all the same; tell the publisher",
        );
    }
    if feed.subscription.url.starts_with("http://") {
        tell(
            "it comes unencrypted, so anyone on the way can change it".to_owned(),
            "subscribe to its https address, if it has one",
        );
    }
    if let Some(wish) = feed
        .pace
        .fresh_for
        .filter(|wish| *wish > Duration::from_secs(86_400))
    {
        tell(
            format!(
                "its server calls each answer fresh for {}",
                show_duration(wish)
            ),
            "news come late for that; a cron schedule of the feed's own outranks it",
        );
    }
    remarks
}

/// Whether a `Content-Type` is one that feeds come in.
fn is_feed_type(text: &str) -> bool {
    let kind = text.split(';').next().unwrap_or_default().trim();
    [
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    ]
    .iter()
    .any(|known| kind.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        "2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::days(days)
    }

    #[test]
    fn silence_is_measured_by_the_feeds_own_habit() {
        let daily: Vec<Timestamp> = (0..10).map(at).collect();
        assert_eq!(silence(&daily, at(20)), None);
        assert_eq!(silence(&daily, at(30)).map(|s| s.num_days()), Some(21));
        let monthly: Vec<Timestamp> = (0..6).map(|n| at(n * 30)).collect();
        assert_eq!(silence(&monthly, at(250)), None);
        assert!(silence(&monthly, at(400)).is_some());
        assert_eq!(silence(&[at(0)], at(400)), None, "one entry is no habit");
        assert_eq!(silence(&[], at(400)), None);
    }

    #[test]
    fn types_of_feeds_are_known_whatever_their_parameters() {
        assert!(is_feed_type("Application/RSS+xml; charset=utf-8"));
        assert!(!is_feed_type("text/html"));
        assert!(!is_feed_type(""));
    }
}
