//! What an operator asks first.

use super::feed_rows::moment;
use super::polling::rows;
use super::{Batch, Error, Store};
use crate::feed::{FeedState, Timestamp};
use std::path::Path;
use std::time::Duration;

/// How the feeds and the database fare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Feeds that are polled.
    pub feeds: u64,
    /// Those whose last poll failed.
    pub failing: u64,
    /// Those that were never polled with success, and whose last poll did not fail.
    pub new: u64,
    /// Feeds that are not polled: disabled by hand, or gone.
    pub disabled: u64,
    /// Of these, those that are gone.
    pub gone: u64,
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
    /// Bytes that its disk has left for it; `None` where that can't be told.
    pub free: Option<u64>,
}

impl Overview {
    /// Below so many bytes a disk counts as nearly full: a week's news of many feeds, or the copy
    /// that a small database is upgraded with.
    pub const SCARCE: u64 = 100 << 20;

    /// How many feeds are in each state.
    #[must_use]
    pub fn states(&self) -> [(FeedState, u64); 5] {
        let good = self.feeds.saturating_sub(self.failing + self.new);
        [
            (FeedState::Good, good),
            (FeedState::Failing, self.failing),
            (FeedState::Gone, self.gone),
            (FeedState::Disabled, self.disabled.saturating_sub(self.gone)),
            (FeedState::New, self.new),
        ]
    }

    /// Whether the disk is nearly full.
    #[must_use]
    pub fn is_disk_nearly_full(&self) -> bool {
        self.free.is_some_and(|free| free < Self::SCARCE)
    }
}

/// Bytes that the disk of a file has left for plain users.
pub(super) fn free(path: &Path) -> Option<u64> {
    let folder = path
        .parent()
        .filter(|folder| folder.components().next().is_some());
    let disk = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

impl Store {
    /// How the feeds and the database fare. Cheap: it reads feeds, no entries,
    /// and asks the disk how much room it has.
    pub async fn overview(&self, now: Timestamp) -> Result<Overview, Error> {
        let path = self.connections.path().map(Path::to_owned);
        self.connections
            .read(move |connection| {
                let count = |number: i64| number.unsigned_abs();
                let overview = connection
                    .prepare_cached(
                        "SELECT count(*) FILTER (WHERE enabled AND NOT gone), \
                         count(*) FILTER (WHERE enabled AND NOT gone AND failures > 0), \
                         count(*) FILTER (WHERE NOT enabled OR gone), \
                         count(*) FILTER (WHERE enabled AND NOT gone AND failures = 0 \
                         AND last_success IS NULL), \
                         count(*) FILTER (WHERE gone), \
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
                        let next_due = time(6)?;
                        let overdue = next_due.map(|due| now - due);
                        Ok(Overview {
                            feeds: count(row.get(0)?),
                            failing: count(row.get(1)?),
                            disabled: count(row.get(2)?),
                            new: count(row.get(3)?),
                            gone: count(row.get(4)?),
                            last_success: time(5)?,
                            next_due,
                            due: count(row.get(7)?),
                            overdue_by: overdue
                                .and_then(|overdue| overdue.to_std().ok())
                                .unwrap_or_default(),
                            newest: time(8)?,
                            bytes: count(row.get(9)?),
                            free: path.as_deref().and_then(free),
                        })
                    })?;
                Ok(overview)
            })
            .await
    }

    /// The feeds that failed the most often in a row, at most `most`: name and failures.
    pub async fn failing(&self, most: usize) -> Result<Vec<(String, u32)>, Error> {
        self.connections
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT name, failures FROM feeds WHERE removed IS NULL AND enabled \
                     AND NOT gone AND failures > 0 ORDER BY failures DESC, name LIMIT ?1",
                )?;
                let failing =
                    statement.query_map([rows(most)], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(failing.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Tells `observe` of each batch that the writer commits from now on; the first who asks is told.
    pub fn observe_batches(&self, observe: impl Fn(Batch) + Send + Sync + 'static) {
        // A second observer would count the same again.
        let _ = self.connections.observer.set(Box::new(observe));
    }

    /// Jobs that wait for the writer.
    #[must_use]
    pub fn jobs_waiting(&self) -> usize {
        self.connections.waiting()
    }

    /// Returns when everything that was asked for before is written: the writer goes on.
    ///
    /// # Errors
    /// Where nothing can be written: a full disk, a file that another program locks.
    pub async fn writes(&self) -> Result<(), Error> {
        self.connections.write(|writing| writing.prove()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_nearly_full_below_a_limit_and_never_where_nobody_knows() {
        let with = |free| Overview {
            free,
            ..Overview::default()
        };
        assert!(with(Some(Overview::SCARCE - 1)).is_disk_nearly_full());
        assert!(!with(Some(Overview::SCARCE)).is_disk_nearly_full());
        assert!(!with(None).is_disk_nearly_full());
    }

    #[tokio::test]
    async fn feeds_are_in_the_states_that_are_told_of_each() {
        let store = Store::in_memory().unwrap();
        // Whether it is switched on, whether it is gone, failures, and the last success.
        let feeds = [
            (true, false, 0, Some(1)),
            (true, false, 3, Some(1)),
            (true, false, 1, None),
            (true, false, 0, None),
            (false, false, 0, Some(1)),
            (false, false, 2, None),
            (true, true, 1, Some(1)),
            (false, true, 0, None),
        ];
        let insert = move |writing: &mut super::super::writing::Writing<'_>| {
            for (number, (enabled, gone, failures, last_success)) in feeds.iter().enumerate() {
                writing.connection.execute(
                    "INSERT INTO feeds (name, url, priority, enabled, origin, request, added, \
                     gone, failures, last_success) \
                     VALUES ('feed-' || ?1, ?1, 0, ?2, 'added', '{}', 0, ?3, ?4, ?5)",
                    rusqlite::params![number.to_string(), enabled, gone, failures, last_success],
                )?;
            }
            Ok(())
        };
        store.connections.write(insert).await.unwrap();
        let overview = store.overview(Timestamp::UNIX_EPOCH).await.unwrap();
        let told = store.feeds().await.unwrap();
        for (state, number) in overview.states() {
            let alike = told.iter().filter(|feed| feed.state() == state);
            assert_eq!(number, alike.count() as u64, "{state:?}");
            assert!(number > 0, "{state:?}");
        }
        let failing = store.failing(1).await.unwrap();
        assert_eq!(failing, [("feed-1".to_owned(), 3)]);
    }

    #[test]
    fn the_disk_of_a_file_has_room_whether_or_not_its_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(&folder.path().join("feedfold.db")).is_some());
        assert!(free(Path::new("feedfold.db")).is_some());
        assert_eq!(free(Path::new("/nowhere/at/all/feedfold.db")), None);
    }
}
