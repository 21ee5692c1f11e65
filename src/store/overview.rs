//! What an operator asks first.

use super::feed_rows::moment;
use super::{Error, Store};
use crate::feed::Timestamp;
use std::time::Duration;

/// How the feeds and the database fare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Feeds that are polled.
    pub feeds: u64,
    /// Those whose last poll failed.
    pub failing: u64,
    /// Feeds that are not polled: disabled by hand, or gone.
    pub disabled: u64,
    /// When a feed was last polled with success.
    pub last_success: Option<Timestamp>,
    /// When the next feed is due.
    pub next_due: Option<Timestamp>,
    /// Feeds that are due by now.
    pub due: u64,
    /// How long the one that is due the longest has been due.
    pub overdue_by: Duration,
    /// When the newest entry arrived.
    pub newest: Option<Timestamp>,
    /// Bytes of the database, without what was written last and waits beside it.
    pub bytes: u64,
}

impl Store {
    /// How the feeds and the database fare. Cheap: it reads feeds, no entries.
    pub async fn overview(&self, now: Timestamp) -> Result<Overview, Error> {
        self.connections
            .read(move |connection| {
                let count = |number: i64| number.unsigned_abs();
                let overview = connection
                    .prepare_cached(
                        "SELECT count(*) FILTER (WHERE enabled AND NOT gone), \
                         count(*) FILTER (WHERE enabled AND NOT gone AND failures > 0), \
                         count(*) FILTER (WHERE NOT enabled OR gone), \
                         max(last_success), min(due), count(*) FILTER (WHERE due <= ?1), \
                         (SELECT first_seen FROM entries ORDER BY id DESC LIMIT 1), \
                         (SELECT page_count * page_size \
                          FROM pragma_page_count, pragma_page_size) \
                          FROM feeds WHERE removed IS NULL",
                    )?
                    .query_row([now.timestamp_millis()], |row| {
                        let time = |column| {
                            let time: Option<i64> = row.get(column)?;
                            Ok::<_, rusqlite::Error>(time.map(moment))
                        };
                        let next_due = time(4)?;
                        let overdue = next_due.map(|due| now - due);
                        Ok(Overview {
                            feeds: count(row.get(0)?),
                            failing: count(row.get(1)?),
                            disabled: count(row.get(2)?),
                            last_success: time(3)?,
                            next_due,
                            due: count(row.get(5)?),
                            overdue_by: overdue
                                .and_then(|overdue| overdue.to_std().ok())
                                .unwrap_or_default(),
                            newest: time(6)?,
                            bytes: count(row.get(7)?),
                        })
                    })?;
                Ok(overview)
            })
            .await
    }

    /// Returns when everything that was asked for before is written: the writer goes on.
    ///
    /// # Errors
    /// Where nothing can be written: a full disk, a file that another program locks.
    pub async fn writes(&self) -> Result<(), Error> {
        self.connections.write(|_| Ok(())).await
    }
}
