//! Undoing a permanent redirect.

use super::feed_rows::{StoredPace, json, millis};
use super::feeds::{by_name, by_url, shown};
use super::{Error, Store};
use crate::feed::{Pace, Timestamp};
use rusqlite::params;

impl Store {
    /// Takes a feed back to the address that it had before a permanent redirect moved it; it is due
    /// now, also where it was gone at the new one, and that redirect moves it no more. Gives the
    /// address that is polled from now on; `None` where there is no such feed, or it never moved.
    ///
    /// # Errors
    /// [`Error::Refused`] where another feed has the old address.
    pub async fn roll_back(&self, name: &str, now: Timestamp) -> Result<Option<String>, Error> {
        let name = name.to_owned();
        self.connections
            .write(move |writing| {
                let Some(feed) = by_name(writing.connection, &name)? else {
                    return Ok(None);
                };
                let Some(from) = feed.health.moved_from else {
                    return Ok(None);
                };
                if let Some(other) = by_url(writing.connection, &from)? {
                    return Err(Error::Refused(format!(
                        "{} belongs to the feed '{}'",
                        shown(&from),
                        other.subscription.name
                    )));
                }
                let pace = Pace {
                    taken_back_from: Some(feed.subscription.url),
                    reason: "someone took the feed back to its address before a move".to_owned(),
                    not_before: None,
                    ..feed.pace
                };
                writing
                    .connection
                    .prepare_cached(
                        "UPDATE feeds SET url = ?2, etag = NULL, last_modified = NULL, \
                         moved_from = NULL, gone = 0, lease_until = 0, pace = ?3, \
                         due = CASE WHEN enabled THEN ?4 END WHERE id = ?1",
                    )?
                    .execute(params![
                        feed.id.0,
                        from,
                        json(&StoredPace::from(&pace))?,
                        millis(now)
                    ])?;
                writing.feeds_changed(now);
                Ok(Some(from))
            })
            .await
    }
}
