//! Who may poll what, and when: leases that end by themselves.

use super::feed_rows::{COLUMNS, LEASE, feed, json, millis, moment};
use super::{Error, Store};
use crate::feed::{Claim, FeedId, Timestamp};
use chrono::TimeDelta;
use rusqlite::{Connection, Row, params};
use std::time::Duration;

/// How far a clock may be set back without anything being due again: what time servers correct.
const CREDIBLE_STEP: TimeDelta = TimeDelta::minutes(10);

/// Feeds that are due at ?1 and stand behind the place ?3, ?4.
pub(super) const DUE: &str = "SELECT id, url, due FROM feeds INDEXED BY feeds_due \
     WHERE due <= ?1 AND lease_until <= ?1 AND (due, id) > (?3, ?4) ORDER BY due, id LIMIT ?2";

/// A feed that may be polled, as much as choosing among them needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFeed {
    /// Its number.
    pub id: FeedId,
    /// Where it is fetched from.
    pub url: String,
    /// When it is due.
    pub due: Option<Timestamp>,
}

/// A place in the order in which feeds are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePlace {
    due: i64,
    feed: i64,
}

impl DuePlace {
    /// Before all feeds.
    const FIRST: Self = Self {
        due: i64::MIN,
        feed: i64::MIN,
    };
}

impl DueFeed {
    /// Where it stands among those that are due; `None` where it is not.
    #[must_use]
    pub fn place(&self) -> Option<DuePlace> {
        Some(DuePlace {
            due: millis(self.due?),
            feed: self.id.0,
        })
    }
}

impl Store {
    /// Feeds that are due and that nobody polls, the longest due first, at most `limit`; of all, or
    /// of those that stand behind `after` in that order.
    pub async fn due(
        &self,
        now: Timestamp,
        limit: usize,
        after: Option<DuePlace>,
    ) -> Result<Vec<DueFeed>, Error> {
        let DuePlace { due, feed } = after.unwrap_or(DuePlace::FIRST);
        self.connections
            .read(move |connection| {
                due_feeds(
                    connection,
                    DUE,
                    params![millis(now), rows(limit), due, feed],
                )
            })
            .await
    }

    /// The feeds of those names, or all, without the disabled ones; due or not, leased or not.
    pub async fn enabled(&self, names: Option<Vec<String>>) -> Result<Vec<DueFeed>, Error> {
        self.connections
            .read(move |connection| match names {
                None => due_feeds(
                    connection,
                    "SELECT id, url, due FROM feeds WHERE enabled AND NOT gone \
                     ORDER BY due, id",
                    [],
                ),
                Some(names) => due_feeds(
                    connection,
                    "SELECT id, url, due FROM feeds \
                     WHERE enabled AND name IN (SELECT value FROM json_each(?1)) ORDER BY due, id",
                    [json(&names)?],
                ),
            })
            .await
    }

    /// Takes the right to poll those feeds that are still due and that nobody polls.
    pub async fn claim(
        &self,
        feeds: Vec<FeedId>,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, Error> {
        let condition =
            "id IN (SELECT value FROM json_each(?3)) AND due <= ?1 AND lease_until <= ?1";
        self.take(condition, numbers(&feeds)?, now, lease).await
    }

    /// Takes the right to poll those feeds, due or not, from whoever has it; not the disabled ones.
    pub async fn claim_regardless(
        &self,
        feeds: Vec<FeedId>,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, Error> {
        let condition = "id IN (SELECT value FROM json_each(?3)) AND enabled";
        self.take(condition, numbers(&feeds)?, now, lease).await
    }

    /// Takes the right to poll feeds that are due and that nobody polls, the longest due first.
    pub async fn claim_due(
        &self,
        now: Timestamp,
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, Error> {
        let condition = "id IN (SELECT id FROM feeds INDEXED BY feeds_due \
             WHERE due <= ?1 AND lease_until <= ?1 ORDER BY due, id LIMIT ?3)";
        self.take(condition, rows(limit).to_string(), now, lease)
            .await
    }

    /// Takes the right to poll the feeds of those names, or of all enabled ones, as
    /// [`Store::claim_regardless`] does.
    pub async fn claim_named(
        &self,
        names: Option<Vec<String>>,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, Error> {
        let feeds = self.enabled(names).await?;
        let feeds = feeds.into_iter().map(|feed| feed.id).collect();
        self.claim_regardless(feeds, now, lease).await
    }

    /// Gives claims back without a poll: the feeds are as due as they were.
    pub async fn release(&self, claims: Vec<Claim>) -> Result<(), Error> {
        self.connections
            .write_unindexed(move |writing| {
                let mut statement = writing.connection.prepare_cached(
                    "UPDATE feeds SET lease_until = 0 WHERE id = ?1 AND lease_until = ?2",
                )?;
                for claim in &claims {
                    statement.execute([claim.feed.id.0, millis(claim.lease_until)])?;
                }
                Ok(())
            })
            .await
    }

    /// Makes those feeds due at `now` whose last poll lies in the future: a clock that ran ahead then
    /// and was set right put off their next one, up to years. How many.
    pub async fn set_clock_back(&self, now: Timestamp) -> Result<usize, Error> {
        self.connections
            .write_unindexed(move |writing| {
                let ahead = millis(now + CREDIBLE_STEP);
                let mut statement = writing.connection.prepare_cached(
                    "UPDATE feeds SET due = ?1, lease_until = 0 WHERE last_poll > ?2 AND due > ?1",
                )?;
                Ok(statement.execute([millis(now), ahead])?)
            })
            .await
    }

    /// When the next feed may be polled; `None` where none ever is.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.connections
            .read(|connection| {
                // Few are leased at a time, so few rows are looked at.
                let next: Option<i64> = connection
                    .prepare_cached(
                        "SELECT min(next) FROM (SELECT max(due, lease_until) AS next \
                         FROM feeds INDEXED BY feeds_due WHERE due IS NOT NULL \
                         ORDER BY due LIMIT 1000)",
                    )?
                    .query_row([], |row| row.get(0))?;
                Ok(next.map(moment))
            })
            .await
    }

    async fn take(
        &self,
        condition: &'static str,
        argument: String,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, Error> {
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 4);
        self.connections
            .write_patiently(move |writing| {
                // Two leases of a feed never end at the same moment: that is how they are told apart.
                let mut statement = writing.connection.prepare_cached(&format!(
                    "UPDATE feeds SET lease_until = max(?1 + ?2, lease_until + 1) \
                     WHERE {condition} RETURNING {COLUMNS}"
                ))?;
                let mut claims = statement
                    .query_map(params![millis(now), lease, argument], |row| claim(row, now))?
                    .collect::<Result<Vec<Claim>, _>>()?;
                claims.sort_by_key(|claim| (claim.feed.next_due, claim.feed.id));
                Ok(claims)
            })
            .await
    }
}

fn claim(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<Claim> {
    Ok(Claim {
        feed: feed(row)?,
        claimed: now,
        lease_until: moment(row.get(LEASE)?),
    })
}

fn due_feeds(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<DueFeed>, Error> {
    let mut statement = connection.prepare_cached(statement)?;
    let feeds = statement.query_map(values, |row| {
        Ok(DueFeed {
            id: FeedId(row.get(0)?),
            url: row.get(1)?,
            due: row.get::<_, Option<i64>>(2)?.map(moment),
        })
    })?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

fn numbers(feeds: &[FeedId]) -> Result<String, Error> {
    json(&feeds.iter().map(|feed| feed.0).collect::<Vec<_>>())
}

/// A number of rows as SQLite counts them.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
