//! Feeds as lists of choices show them.

use super::{Error, Store};
use rusqlite::Connection;

/// What there is to choose by of a feed, without how polling goes: a hundred thousand of them are soon read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFeed {
    /// Its short name.
    pub name: String,
    /// Its name for people: see [`crate::feed::Feed::outlet`].
    pub title: String,
    /// Its tags, in their order.
    pub tags: Vec<String>,
    /// The language that it says it is in.
    pub language: Option<String>,
}

impl Store {
    /// Every feed, by name.
    pub async fn listed_feeds(&self) -> Result<Vec<ListedFeed>, Error> {
        self.connections.read(all).await
    }
}

fn all(connection: &Connection) -> Result<Vec<ListedFeed>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT name, coalesce(title, nullif(feed_title, ''), name), \
         (SELECT group_concat(tag, char(10) ORDER BY tag) FROM tags WHERE feed = feeds.id), \
         language FROM feeds WHERE removed IS NULL ORDER BY name",
    )?;
    let feeds = statement.query_map([], |row| {
        let tags = row.get_ref(2)?.as_str_or_null()?;
        Ok(ListedFeed {
            name: row.get(0)?,
            title: row.get(1)?,
            tags: tags.map_or_else(Vec::new, |tags| tags.lines().map(str::to_owned).collect()),
            language: row.get(3)?,
        })
    })?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_feed_is_listed_as_it_is_told_in_full() {
        let store = Store::in_memory().unwrap();
        store
            .connections
            .write(|writing| {
                for (name, title, own_title, language) in [
                    ("quay", Some("The Quay"), "Quay, all posts", Some("en-GB")),
                    ("lamp", None, "Lamp Journal", None),
                    ("mole", None, "", Some("de")),
                ] {
                    writing.connection.execute(
                        "INSERT INTO feeds (name, url, title, feed_title, language, priority, \
                         enabled, origin, request, added) \
                         VALUES (?1, ?1, ?2, ?3, ?4, 0, 1, 'added', '{}', 0)",
                        rusqlite::params![name, title, own_title, language],
                    )?;
                }
                writing.connection.execute_batch(
                    "INSERT INTO tags (tag, feed) VALUES ('sea', 1), ('harbour', 1), ('sea', 3)",
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let in_full = store.feeds().await.unwrap();
        let expected: Vec<ListedFeed> = in_full
            .into_iter()
            .map(|feed| ListedFeed {
                title: feed.outlet().to_owned(),
                name: feed.subscription.name,
                tags: feed.subscription.tags,
                language: feed.facts.language,
            })
            .collect();
        assert_eq!(expected.len(), 3);
        assert_eq!(store.listed_feeds().await.unwrap(), expected);
    }
}
