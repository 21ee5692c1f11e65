//! Subscriptions at hubs that push news (W3C WebSub): which there are, and how they stand.

use super::feed_rows::{COLUMNS, feed, millis, moment};
use super::{Error, Store};
use crate::feed::{Feed, FeedId, Hub, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

/// Most subscriptions that are kept, those that are being left included.
const MOST: i64 = 100_000;

/// A subscription at a hub. Token and secret are in here: never print it.
#[derive(Clone, PartialEq)]
pub struct HubSubscription {
    /// Its number.
    pub id: i64,
    /// Whose news are pushed; the feed may be gone.
    pub feed: FeedId,
    /// The hub, and what it is asked for.
    pub hub: Hub,
    /// The unguessable part of the callback's address.
    pub token: String,
    /// What deliveries are signed with.
    pub secret: String,
    /// Whether the hub is to forget it.
    pub leaving: bool,
    /// When the hub is asked (again).
    pub ask_at: Timestamp,
    /// Requests in a row that the hub did not confirm.
    pub failures: u32,
    /// How long the hub said that it pushes; `None` before it confirmed the subscription.
    pub lease_until: Option<Timestamp>,
}

pub(super) const SUBSCRIPTION: &str =
    "id, feed, hub, topic, token, secret, leaving, ask_at, failures, lease_until";

impl Store {
    /// The enabled feeds that want their news pushed and name a hub.
    pub async fn feeds_with_hubs(&self) -> Result<Vec<Feed>, Error> {
        self.connections
            .read(|connection| {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM feeds INDEXED BY feeds_websub \
                     WHERE json_extract(request, '$.websub') AND enabled AND NOT gone \
                     ORDER BY id"
                ))?;
                let feeds = statement
                    .query_map([], feed)?
                    .collect::<Result<Vec<Feed>, _>>()?;
                Ok(feeds
                    .into_iter()
                    .filter(|feed| feed.pace.hub.is_some())
                    .collect())
            })
            .await
    }

    /// All subscriptions at hubs, in the order in which they were made.
    pub async fn hub_subscriptions(&self) -> Result<Vec<HubSubscription>, Error> {
        self.connections
            .read(|connection| {
                let mut statement = connection
                    .prepare_cached(&format!("SELECT {SUBSCRIPTION} FROM hubs ORDER BY id"))?;
                let all = statement.query_map([], subscription)?;
                Ok(all.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The subscription with this token.
    pub async fn hub_subscription(&self, token: &str) -> Result<Option<HubSubscription>, Error> {
        let token = token.to_owned();
        self.connections
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(&format!("SELECT {SUBSCRIPTION} FROM hubs WHERE token = ?1"))?
                    .query_row([token], subscription)
                    .optional()?)
            })
            .await
    }

    /// Notes a subscription to be asked for, with 128 random bits as its token and 256 as its secret.
    ///
    /// # Errors
    /// [`Error::Refused`] where there are a hundred thousand already.
    pub async fn add_hub_subscription(
        &self,
        feed: FeedId,
        hub: Hub,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.connections
            .write_unindexed(move |writing| {
                let added = writing
                    .connection
                    .prepare_cached(
                        "INSERT INTO hubs (feed, hub, topic, token, secret, ask_at) \
                         SELECT ?1, ?2, ?3, lower(hex(randomblob(16))), \
                         lower(hex(randomblob(32))), ?4 \
                         WHERE (SELECT count(*) FROM hubs) < ?5",
                    )?
                    .execute(params![feed.0, hub.url, hub.topic, millis(now), MOST])?;
                match added {
                    0 => Err(Error::Refused(format!(
                        "there are {MOST} subscriptions at hubs; no more are made"
                    ))),
                    _ => Ok(()),
                }
            })
            .await
    }

    /// Stores how a subscription stands now.
    pub async fn change_hub_subscription(&self, changed: HubSubscription) -> Result<(), Error> {
        self.connections
            .write_unindexed(move |writing| {
                writing
                    .connection
                    .prepare_cached(
                        "UPDATE hubs SET leaving = ?2, ask_at = ?3, failures = ?4, \
                         lease_until = ?5 WHERE id = ?1",
                    )?
                    .execute(params![
                        changed.id,
                        changed.leaving,
                        millis(changed.ask_at),
                        changed.failures,
                        changed.lease_until.map(millis)
                    ])?;
                Ok(())
            })
            .await
    }

    /// Forgets a subscription.
    pub async fn remove_hub_subscription(&self, id: i64) -> Result<(), Error> {
        self.connections
            .write_unindexed(move |writing| {
                writing
                    .connection
                    .prepare_cached("DELETE FROM hubs WHERE id = ?1")?
                    .execute([id])?;
                Ok(())
            })
            .await
    }
}

fn subscription(row: &Row<'_>) -> rusqlite::Result<HubSubscription> {
    Ok(HubSubscription {
        id: row.get(0)?,
        feed: FeedId(row.get(1)?),
        hub: Hub {
            url: row.get(2)?,
            topic: row.get(3)?,
        },
        token: row.get(4)?,
        secret: row.get(5)?,
        leaving: row.get(6)?,
        ask_at: moment(row.get(7)?),
        failures: row.get(8)?,
        lease_until: row.get::<_, Option<i64>>(9)?.map(moment),
    })
}
