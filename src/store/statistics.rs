//! Counts for people who look: what a feed brings, and what all of them came to.

use super::feed_rows::{millis, moment};
use super::polling::rows;
use super::roles::role;
use super::{Error, Store};
use crate::entry::Role;
use crate::feed::{FeedId, Timestamp};
use rusqlite::{Connection, params};

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// How many entries stand in their stories as what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles {
    /// Leads.
    pub leads: u64,
    /// Copies of an earlier article.
    pub copies: u64,
    /// Further articles about the same event.
    pub coverage: u64,
}

impl Roles {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.leads + self.copies + self.coverage
    }

    fn add(&mut self, stored: i64, count: u64) {
        match role(stored) {
            Role::Lead => self.leads += count,
            Role::Copy => self.copies += count,
            Role::Coverage => self.coverage += count,
        }
    }
}

/// A poll that was no 304.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPoll {
    /// When.
    pub at: Timestamp,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// Bytes of the body.
    pub bytes: u64,
    /// New entries.
    pub new: u64,
    /// Entries whose text changed.
    pub revised: u64,
    /// Why it failed, or what else there is to say.
    pub note: Option<String>,
}

/// What a feed brought lately.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedActivity {
    /// Entries of each week, the oldest first; the last ends now.
    pub weeks: Vec<u64>,
    /// How the entries of those weeks stand in their stories.
    pub roles: Roles,
    /// The last polls that brought or broke something, the newest first.
    pub polls: Vec<PastPoll>,
}

/// What came in, day by day, and what became of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Entries dated on each day, the oldest first; the last is today (UTC).
    pub entries: Vec<u64>,
    /// Stories dated on each of those days.
    pub stories: Vec<u64>,
    /// How the entries of those days stand in their stories.
    pub roles: Roles,
    /// Feeds by how many stories of several sources they lead, the most first: name and count.
    pub first: Vec<(String, u64)>,
}

impl Store {
    /// What a feed brought in the last `weeks` weeks.
    pub async fn feed_activity(
        &self,
        feed: FeedId,
        weeks: usize,
        now: Timestamp,
    ) -> Result<FeedActivity, Error> {
        self.connections
            .read(move |connection| {
                let since = millis(now) - 7 * DAY * rows(weeks);
                let mut activity = FeedActivity {
                    weeks: vec![0; weeks],
                    polls: polls(connection, feed)?,
                    ..FeedActivity::default()
                };
                let mut statement = connection.prepare_cached(
                    "SELECT (dated - ?2) / ?3, role, count(*) FROM entries \
                     WHERE feed = ?1 AND dated >= ?2 GROUP BY 1, 2",
                )?;
                let mut found = statement.query(params![feed.0, since, 7 * DAY])?;
                while let Some(row) = found.next()? {
                    let count = row.get::<_, i64>(2)?.unsigned_abs();
                    let week = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
                    // What is dated at this very moment belongs to the last week.
                    let last = weeks.saturating_sub(1);
                    if let Some(week) = activity.weeks.get_mut(week.min(last)) {
                        *week += count;
                    }
                    activity.roles.add(row.get(1)?, count);
                }
                Ok(activity)
            })
            .await
    }

    /// What came in during the last `days` days, today included; and who was first, at most `most`.
    pub async fn statistics(
        &self,
        days: usize,
        most: usize,
        now: Timestamp,
    ) -> Result<Statistics, Error> {
        self.connections
            .read(move |connection| {
                let today = millis(now).div_euclid(DAY);
                let first_day = today - rows(days) + 1;
                let a_day = |statement: &str| -> Result<Vec<u64>, Error> {
                    let mut counts = vec![0; days];
                    let mut statement = connection.prepare_cached(statement)?;
                    let mut found = statement.query([first_day * DAY])?;
                    while let Some(row) = found.next()? {
                        let day = row.get::<_, i64>(0)? - first_day;
                        if let Some(count) =
                            usize::try_from(day).ok().and_then(|day| counts.get_mut(day))
                        {
                            *count += row.get::<_, i64>(1)?.unsigned_abs();
                        }
                    }
                    Ok(counts)
                };
                let mut statistics = Statistics {
                    entries: a_day(
                        "SELECT dated / 86400000, count(*) FROM entries WHERE dated >= ?1 GROUP BY 1",
                    )?,
                    stories: a_day(
                        "SELECT dated / 86400000, count(*) FROM stories WHERE dated >= ?1 GROUP BY 1",
                    )?,
                    ..Statistics::default()
                };
                let mut statement = connection.prepare_cached(
                    "SELECT role, count(*) FROM entries WHERE dated >= ?1 GROUP BY 1",
                )?;
                let mut found = statement.query([first_day * DAY])?;
                while let Some(row) = found.next()? {
                    let count = row.get::<_, i64>(1)?.unsigned_abs();
                    statistics.roles.add(row.get(0)?, count);
                }
                let mut statement = connection.prepare_cached(
                    "SELECT f.name, count(*) FROM stories s JOIN entries e ON e.id = s.lead \
                     JOIN feeds f ON f.id = e.feed WHERE s.dated >= ?1 AND s.size > 1 \
                     GROUP BY f.id ORDER BY 2 DESC, 1 LIMIT ?2",
                )?;
                let mut found = statement.query(params![first_day * DAY, rows(most)])?;
                while let Some(row) = found.next()? {
                    let count = row.get::<_, i64>(1)?.unsigned_abs();
                    statistics.first.push((row.get(0)?, count));
                }
                Ok(statistics)
            })
            .await
    }
}

fn polls(connection: &Connection, feed: FeedId) -> Result<Vec<PastPoll>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT at, status, duration, bytes, new, revised, note FROM polls \
         WHERE feed = ?1 ORDER BY at DESC",
    )?;
    let polls = statement.query_map([feed.0], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        Ok(PastPoll {
            at: moment(row.get(0)?),
            status: row.get(1)?,
            took: count(2)?,
            bytes: count(3)?,
            new: count(4)?,
            revised: count(5)?,
            note: row.get(6)?,
        })
    })?;
    Ok(polls.collect::<Result<_, _>>()?)
}
