//! Hosts that asked to be left alone: what must survive a restart and hold for other processes.

use super::feed_rows::{millis, moment};
use super::{Error, Store};
use crate::feed::Timestamp;
use crate::schedule::HostPause;
use rusqlite::{Connection, params};

/// Most hosts that are remembered; beyond that, each feed waits for itself.
const MOST: i64 = 10_000;

impl Store {
    /// The hosts that are left alone at `now`, by name.
    pub async fn pauses(&self, now: Timestamp) -> Result<Vec<HostPause>, Error> {
        self.connections
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT host, until FROM pauses WHERE until > ?1 ORDER BY host",
                )?;
                let pauses = statement.query_map([millis(now)], |row| {
                    Ok(HostPause {
                        host: row.get(0)?,
                        until: moment(row.get(1)?),
                    })
                })?;
                Ok(pauses.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// Remembers a pause, in place of what is over by then; the later end of two counts.
pub(super) fn remember(
    connection: &Connection,
    pause: &HostPause,
    now: Timestamp,
) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM pauses WHERE until <= ?1")?
        .execute([millis(now)])?;
    connection
        .prepare_cached(
            "INSERT INTO pauses (host, until) SELECT ?1, ?2 \
             WHERE (SELECT count(*) FROM pauses) < ?3 \
             ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until)",
        )?
        .execute(params![pause.host, millis(pause.until), MOST])?;
    Ok(())
}
