//! Which items of a document are stored already just as they stand there: most of them, whenever a feed
//! brings something new. Nothing more needs to be done for those.

use super::feed_rows::millis;
use super::{Error, Store};
use crate::feed::{FeedId, Timestamp};
use crate::fold::Fingerprint;
use rusqlite::{Connection, params};

/// A feed's entries with a guid; when two have it, it takes more to tell which one is meant.
pub(super) const BY_GUID: &str =
    "SELECT id, text_print, first_seen FROM entries WHERE feed = ?1 AND guid_print = ?2 LIMIT 2";

/// How an item stands among the stored entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// It is stored, and shows the same.
    pub unchanged: bool,
    /// It is, and arrived at or after the moment that was asked for.
    pub recent: bool,
}

impl Store {
    /// How items of a feed, each told by the fingerprints of its guid and its text, stand among its
    /// stored entries; `since` divides recent ones from others. An item that shares its guid with
    /// another stored entry does not count as unchanged.
    pub async fn standing(
        &self,
        feed: FeedId,
        items: Vec<(Option<Fingerprint>, Fingerprint)>,
        since: Timestamp,
    ) -> Result<Vec<Standing>, Error> {
        let since = millis(since);
        self.connections
            .read(move |connection| {
                items
                    .iter()
                    .map(|(guid, text)| {
                        let found = entry(connection, feed, *guid, *text)?;
                        Ok(Standing {
                            unchanged: found.is_some(),
                            recent: found.is_some_and(|(_, first_seen)| first_seen >= since),
                        })
                    })
                    .collect()
            })
            .await
    }
}

/// The one entry of a feed with this guid, and when it arrived, where it shows this text.
pub(super) fn entry(
    connection: &Connection,
    feed: FeedId,
    guid: Option<Fingerprint>,
    text: Fingerprint,
) -> Result<Option<(i64, i64)>, Error> {
    let Some(guid) = guid else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(BY_GUID)?;
    let mut rows = statement.query(params![feed.0, guid.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let found = (row.get::<_, [u8; 16]>(1)? == text.0).then_some((row.get(0)?, row.get(2)?));
    let alone = rows.next()?.is_none();
    Ok(found.filter(|_| alone))
}
