//! What reader apps change of subscriptions: titles and labels. A feed that the configuration
//! names keeps such a change until the file says something else of it.

use super::writing::Writing;
use super::{Error, Store};
use crate::feed::{FeedId, Timestamp};
use rusqlite::params;

impl Store {
    /// The secret that tokens of reader apps are made with: minted once, the same ever after.
    pub async fn sync_secret(&self) -> Result<String, Error> {
        self.connections
            .write(|writing| {
                Ok(writing
                    .connection
                    .prepare_cached(
                        "UPDATE meta SET sync_secret = \
                         coalesce(sync_secret, lower(hex(randomblob(32)))) RETURNING sync_secret",
                    )?
                    .query_row([], |row| row.get(0))?)
            })
            .await
    }

    /// Gives a feed another title (`None` leaves it), adds labels and takes some away. `false`
    /// where there is no such feed.
    pub async fn relabel_feed(
        &self,
        feed: FeedId,
        title: Option<String>,
        add: Vec<String>,
        remove: Vec<String>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.connections
            .write(move |writing| relabel(writing, feed, title.as_deref(), &add, &remove, now))
            .await
    }

    /// Gives a label another name, or takes it from every feed. Returns how many feeds had it.
    pub async fn rename_label(
        &self,
        label: String,
        to: Option<String>,
        now: Timestamp,
    ) -> Result<usize, Error> {
        self.connections
            .write(move |writing| {
                let connection = writing.connection;
                if let Some(to) = &to {
                    connection
                        .prepare_cached(
                            "INSERT OR IGNORE INTO tags (tag, feed) \
                             SELECT ?2, feed FROM tags WHERE tag = ?1",
                        )?
                        .execute([&label, to])?;
                }
                if to.as_ref() == Some(&label) {
                    return Ok(0);
                }
                let had = connection
                    .prepare_cached("DELETE FROM tags WHERE tag = ?1")?
                    .execute([&label])?;
                writing.feeds_changed(now);
                Ok(had)
            })
            .await
    }
}

fn relabel(
    writing: &mut Writing<'_>,
    feed: FeedId,
    title: Option<&str>,
    add: &[String],
    remove: &[String],
    now: Timestamp,
) -> Result<bool, Error> {
    let connection = writing.connection;
    let there = connection
        .prepare_cached("UPDATE feeds SET title = coalesce(?2, title) WHERE id = ?1")?
        .execute(params![feed.0, title])?;
    if there == 0 {
        return Ok(false);
    }
    for label in remove {
        connection
            .prepare_cached("DELETE FROM tags WHERE tag = ?1 AND feed = ?2")?
            .execute(params![label, feed.0])?;
    }
    for label in add {
        connection
            .prepare_cached("INSERT OR IGNORE INTO tags (tag, feed) VALUES (?1, ?2)")?
            .execute(params![label, feed.0])?;
    }
    writing.feeds_changed(now);
    Ok(true)
}
