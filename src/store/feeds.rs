//! Subscriptions: what the configuration names, what commands add, what people switch.

use super::feed_rows::{
    COLUMNS, StoredPace, StoredRequest, declared, feed, json, millis, origin_word,
};
use super::writing::Writing;
use super::{Error, Store};
use crate::address::Address;
use crate::feed::{Feed, FeedId, Origin, Pace, Subscription, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;

/// Most subscriptions of one database.
const MOST_FEEDS: i64 = 1_000_000;

/// What bringing the subscriptions in step with the configuration did, by names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// New ones.
    pub added: Vec<String>,
    /// Those that the file now says otherwise.
    pub changed: Vec<String>,
    /// Those of them whose schedule is another one: see [`Store::replan`].
    pub rescheduled: Vec<String>,
    /// Those that vanished from the file and are no longer polled; their entries stay.
    pub switched_off: Vec<String>,
    /// Those that could not be taken over, as sentences.
    pub refused: Vec<String>,
}

/// A rule that says anew when a feed is due, and what to remember.
pub type Replan = Box<dyn Fn(&Feed) -> (Option<Timestamp>, Pace) + Send>;

impl Store {
    /// Brings the feeds of the configuration in step with what the file says: new ones are due
    /// now, changed ones are changed, vanished ones are switched off. Feeds that commands added are
    /// left alone, unless the file names their address.
    pub async fn sync_feeds(
        &self,
        subscriptions: Vec<Subscription>,
        now: Timestamp,
    ) -> Result<SyncReport, Error> {
        self.connections
            .write(move |writing| sync(writing, &subscriptions, now))
            .await
    }

    /// Subscribes to a feed; it is due now.
    ///
    /// # Errors
    /// [`Error::Refused`] where the name or the address is taken.
    pub async fn add_feed(
        &self,
        subscription: Subscription,
        now: Timestamp,
    ) -> Result<Feed, Error> {
        self.connections
            .write(move |writing| {
                let connection = writing.connection;
                if let Some(other) = by_url(connection, &subscription.url)? {
                    return Err(Error::Refused(format!(
                        "{} is subscribed to already, as '{}'",
                        shown(&subscription.url),
                        other.subscription.name
                    )));
                }
                if by_name(connection, &subscription.name)?.is_some() {
                    return Err(Error::Refused(format!(
                        "the name '{}' is taken by another feed; choose another name",
                        subscription.name
                    )));
                }
                insert(connection, &subscription, None, now)?;
                writing.feeds_changed(now);
                by_name(connection, &subscription.name)?
                    .ok_or_else(|| Error::other("the new feed is not there"))
            })
            .await
    }

    /// Switches polling of a feed on (it is due now, whatever it said before) or off. `false` where
    /// there is no such feed.
    pub async fn set_enabled(
        &self,
        name: &str,
        enabled: bool,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let name = name.to_owned();
        self.connections
            .write(move |writing| {
                let changed = writing
                    .connection
                    .prepare_cached(
                        "UPDATE feeds SET enabled = ?2, gone = 0, lease_until = 0, \
                         due = CASE WHEN ?2 THEN ?3 END WHERE name = ?1",
                    )?
                    .execute(params![name, enabled, millis(now)])?;
                writing.feeds_changed(now);
                Ok(changed > 0)
            })
            .await
    }

    /// Takes over what people may change of a feed at any time: its title, tags, schedule and
    /// priority. A new schedule holds from the next poll on. `false` where there is no such feed.
    ///
    /// # Errors
    /// [`Error::Refused`] for a feed of the configuration, which says these things itself.
    pub async fn change_feed(
        &self,
        subscription: Subscription,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.connections
            .write(move |writing| {
                let Some(feed) = by_name(writing.connection, &subscription.name)? else {
                    return Ok(false);
                };
                if feed.subscription.origin == Origin::Config {
                    return Err(Error::Refused(format!(
                        "'{}' stands in the configuration; change it there",
                        subscription.name
                    )));
                }
                writing
                    .connection
                    .prepare_cached(
                        "UPDATE feeds SET title = ?2, schedule = ?3, priority = ?4 WHERE id = ?1",
                    )?
                    .execute(params![
                        feed.id.0,
                        subscription.title,
                        subscription.schedule,
                        subscription.priority
                    ])?;
                set_tags(writing.connection, feed.id, &subscription.tags)?;
                writing.feeds_changed(now);
                Ok(true)
            })
            .await
    }

    /// Asks a rule anew when feeds are due: those named, or all enabled ones.
    pub async fn replan(&self, names: Option<Vec<String>>, rule: Replan) -> Result<(), Error> {
        self.connections
            .write(move |writing| {
                let feeds = match &names {
                    None => all(writing.connection)?,
                    Some(names) => names
                        .iter()
                        .filter_map(|name| by_name(writing.connection, name).transpose())
                        .collect::<Result<_, _>>()?,
                };
                for feed in feeds.iter().filter(|feed| feed.next_due.is_some()) {
                    let (due, pace) = rule(feed);
                    writing
                        .connection
                        .prepare_cached("UPDATE feeds SET due = ?2, pace = ?3 WHERE id = ?1")?
                        .execute(params![
                            feed.id.0,
                            due.map(millis),
                            json(&StoredPace::from(&pace))?
                        ])?;
                }
                Ok(())
            })
            .await
    }

    /// Every feed, by name.
    pub async fn feeds(&self) -> Result<Vec<Feed>, Error> {
        self.connections.read(all).await
    }

    /// Every feed's number and name, by name.
    pub(super) async fn feed_names(&self) -> Result<Vec<(FeedId, String)>, Error> {
        self.connections
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, name FROM feeds WHERE removed IS NULL ORDER BY name",
                )?;
                let names =
                    statement.query_map([], |row| Ok((FeedId(row.get(0)?), row.get(1)?)))?;
                Ok(names.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The feed of that number.
    pub async fn feed_numbered(&self, id: FeedId) -> Result<Option<Feed>, Error> {
        self.connections
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM feeds WHERE id = ?1 AND removed IS NULL"
                    ))?
                    .query_row([id.0], feed)
                    .optional()?)
            })
            .await
    }

    /// The feed of that name.
    pub async fn feed(&self, name: &str) -> Result<Option<Feed>, Error> {
        let name = name.to_owned();
        self.connections
            .read(move |connection| by_name(connection, &name))
            .await
    }
}

/// All feeds.
pub(super) fn all(connection: &Connection) -> Result<Vec<Feed>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM feeds WHERE removed IS NULL ORDER BY name"
    ))?;
    let feeds = statement.query_map([], feed)?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

pub(super) fn by_name(connection: &Connection, name: &str) -> Result<Option<Feed>, Error> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM feeds WHERE name = ?1 AND removed IS NULL"
        ))?
        .query_row([name], feed)
        .optional()?)
}

pub(super) fn by_url(connection: &Connection, url: &str) -> Result<Option<Feed>, Error> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM feeds WHERE url = ?1"))?
        .query_row([url], feed)
        .optional()?)
}

/// An address for people, without its password.
pub(super) fn shown(url: &str) -> String {
    Address::parse(url).map_or_else(
        |_| crate::text::without_controls(url),
        |address| address.shown(),
    )
}

fn insert(
    connection: &Connection,
    subscription: &Subscription,
    declared: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let feeds: i64 = connection
        // Numbers only rise: mostly the last one tells that there are not too many.
        .prepare_cached(
            "SELECT CASE WHEN (SELECT coalesce(max(id), 0) FROM feeds) < ?1 THEN 0 \
             ELSE (SELECT count(*) FROM feeds) END",
        )?
        .query_row([MOST_FEEDS], |row| row.get(0))?;
    if feeds >= MOST_FEEDS {
        return Err(Error::Refused(format!(
            "there are {MOST_FEEDS} feeds already, which is the most"
        )));
    }
    connection
        .prepare_cached(
            "INSERT INTO feeds (name, url, title, schedule, priority, enabled, origin, request, \
             declared, added, due) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, CASE WHEN ?6 THEN ?10 END)",
        )?
        .execute(params![
            subscription.name,
            subscription.url,
            subscription.title,
            subscription.schedule,
            subscription.priority,
            subscription.enabled,
            origin_word(subscription.origin),
            json(&StoredRequest::from(&subscription.request))?,
            declared,
            millis(now),
        ])?;
    set_tags(
        connection,
        FeedId(connection.last_insert_rowid()),
        &subscription.tags,
    )
}

fn set_tags(connection: &Connection, feed: FeedId, tags: &[String]) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM tags WHERE feed = ?1")?
        .execute([feed.0])?;
    let mut add =
        connection.prepare_cached("INSERT OR IGNORE INTO tags (tag, feed) VALUES (?1, ?2)")?;
    for tag in tags {
        add.execute(params![tag, feed.0])?;
    }
    Ok(())
}

/// A feed of the database, as far as keeping it in step needs.
struct Known {
    feed: Feed,
    declared: Option<String>,
}

fn known(connection: &Connection, column: &str, value: &str) -> Result<Option<Known>, Error> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, declared FROM feeds WHERE {column} = ?1"
        ))?
        .query_row([value], |row| {
            Ok(Known {
                feed: feed(row)?,
                declared: row.get("declared")?,
            })
        })
        .optional()?)
}

fn sync(
    writing: &mut Writing<'_>,
    subscriptions: &[Subscription],
    now: Timestamp,
) -> Result<SyncReport, Error> {
    let connection = writing.connection;
    let mut report = SyncReport::default();
    let listed: HashSet<&str> = subscriptions.iter().map(|s| s.name.as_str()).collect();
    // Vanished names first, so that their addresses are free for others.
    let vanished: Vec<(FeedId, String)> = connection
        .prepare_cached("SELECT id, name FROM feeds WHERE declared IS NOT NULL ORDER BY name")?
        .query_map([], |row| Ok((FeedId(row.get(0)?), row.get(1)?)))?
        .collect::<Result<Vec<(FeedId, String)>, _>>()?
        .into_iter()
        .filter(|(_, name)| !listed.contains(name.as_str()))
        .collect();
    for (id, name) in vanished {
        connection
            .prepare_cached(
                "UPDATE feeds SET declared = NULL, enabled = 0, due = NULL, lease_until = 0 \
                 WHERE id = ?1",
            )?
            .execute([id.0])?;
        report.switched_off.push(name);
    }
    for subscription in subscriptions {
        let text = declared(subscription)?;
        let holder = match known(connection, "name", &subscription.name)? {
            Some(known) if known.declared.as_deref() == Some(&text) => continue,
            Some(known) => Some(known),
            // The same address under another name: the file renamed it, or takes it over.
            None => known(connection, "url", &subscription.url)?
                .filter(|known| known.declared.is_none()),
        };
        match holder {
            None => match by_url(connection, &subscription.url)? {
                Some(other) => report.refused.push(refusal(subscription, &other)),
                None => {
                    insert(connection, subscription, Some(&text), now)?;
                    report.added.push(subscription.name.clone());
                }
            },
            Some(holder) => {
                let other = by_url(connection, &subscription.url)?;
                if let Some(other) = other.filter(|other| other.id != holder.feed.id) {
                    report.refused.push(refusal(subscription, &other));
                    continue;
                }
                change(connection, &holder, subscription, &text, now)?;
                if holder.feed.subscription.priority != subscription.priority {
                    // It is noted there with every entry.
                    writing.window.forget();
                }
                report
                    .switched_off
                    .retain(|name| *name != holder.feed.subscription.name);
                if holder.feed.subscription.schedule != subscription.schedule {
                    report.rescheduled.push(subscription.name.clone());
                }
                report.changed.push(subscription.name.clone());
            }
        }
    }
    if report != SyncReport::default() {
        writing.feeds_changed(now);
    }
    Ok(report)
}

fn refusal(subscription: &Subscription, other: &Feed) -> String {
    format!(
        "feed '{}': {} belongs to the feed '{}' already; subscribe to it once",
        subscription.name,
        shown(&subscription.url),
        other.subscription.name
    )
}

/// Makes a feed what the file says. Its due time stays, unless it has another address now or was
/// switched off before.
fn change(
    connection: &Connection,
    holder: &Known,
    subscription: &Subscription,
    declared: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let feed = &holder.feed;
    // After a permanent move the file still has the old address: that is no change.
    let moved = feed.subscription.url != subscription.url
        && feed.health.moved_from.as_deref() != Some(subscription.url.as_str());
    let due = match feed.next_due {
        _ if !subscription.enabled => None,
        Some(due) if !moved => Some(due),
        None if feed.health.gone && !moved => None,
        _ => Some(now),
    };
    connection
        .prepare_cached(
            "UPDATE feeds SET name = ?2, title = ?3, schedule = ?4, priority = ?5, enabled = ?6, \
             origin = ?7, request = ?8, declared = ?9, due = ?10 WHERE id = ?1",
        )?
        .execute(params![
            feed.id.0,
            subscription.name,
            subscription.title,
            subscription.schedule,
            subscription.priority,
            subscription.enabled,
            origin_word(Origin::Config),
            json(&StoredRequest::from(&subscription.request))?,
            declared,
            due.map(millis),
        ])?;
    if moved {
        connection
            .prepare_cached(
                "UPDATE feeds SET url = ?2, etag = NULL, last_modified = NULL, moved_from = NULL, \
                 gone = 0, lease_until = 0 WHERE id = ?1",
            )?
            .execute(params![feed.id.0, subscription.url])?;
    }
    set_tags(connection, feed.id, &subscription.tags)
}
