//! Secret addresses of views, and the names of views that were served.

use super::feed_rows::{millis, moment};
use super::{Error, Store};
use crate::feed::Timestamp;
use crate::fold::Fingerprint;
use rusqlite::{OptionalExtension, params};

/// A secret address of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its number, by which it is taken back.
    pub id: i64,
    /// The view that it shows.
    pub view: String,
    /// For whom it is.
    pub note: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
}

/// Most secret addresses that are kept, those that were taken back included.
const MOST: i64 = 10_000;

impl Store {
    /// Makes a secret address of `view`: its number, and the token, 128 random bits in hexadecimal
    /// digits. The token is stored as a fingerprint only, so this is the one time that it is told.
    ///
    /// # Errors
    /// [`Error::Refused`] where there are ten thousand already.
    pub async fn add_share(
        &self,
        view: String,
        note: String,
        now: Timestamp,
    ) -> Result<(i64, String), Error> {
        self.connections
            .write(move |writing| {
                let connection = writing.connection;
                let (token, made): (String, i64) = connection.query_row(
                    "SELECT lower(hex(randomblob(16))), (SELECT count(*) FROM shares)",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
                if made >= MOST {
                    return Err(Error::Refused(format!(
                        "there are {MOST} secret addresses; remove some first"
                    )));
                }
                connection
                    .prepare_cached(
                        "INSERT INTO shares (view, token, note, made) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![view, print(&token), note, millis(now)])?;
                Ok((connection.last_insert_rowid(), token))
            })
            .await
    }

    /// The secret addresses, the oldest first.
    pub async fn shares(&self) -> Result<Vec<Share>, Error> {
        self.connections
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, view, note, made, revoked FROM shares ORDER BY id",
                )?;
                let shares = statement.query_map([], share)?;
                Ok(shares.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The secret address with this token, also one that was taken back.
    pub async fn share(&self, token: &str) -> Result<Option<Share>, Error> {
        let print = print(token);
        self.connections
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(
                        "SELECT id, view, note, made, revoked FROM shares WHERE token = ?1",
                    )?
                    .query_row([print], share)
                    .optional()?)
            })
            .await
    }

    /// Takes a secret address back, for good.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is none of that number, or it was taken back before.
    pub async fn revoke_share(&self, id: i64, now: Timestamp) -> Result<(), Error> {
        self.connections
            .write(move |writing| {
                let changed = writing
                    .connection
                    .prepare_cached(
                        "UPDATE shares SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL",
                    )?
                    .execute([id, millis(now)])?;
                if changed == 0 {
                    return Err(Error::Refused(format!(
                        "there is no secret address {id} that could be taken back"
                    )));
                }
                writing.show(now);
                Ok(())
            })
            .await
    }

    /// Notes which views are served.
    pub async fn remember_views(&self, names: Vec<String>) -> Result<(), Error> {
        self.connections
            .write(move |writing| {
                let mut insert = writing
                    .connection
                    .prepare_cached("INSERT OR IGNORE INTO views (name) VALUES (?1)")?;
                for name in names {
                    insert.execute([name])?;
                }
                Ok(())
            })
            .await
    }

    /// Whether a view of this name was served once.
    pub async fn knew_view(&self, name: &str) -> Result<bool, Error> {
        let name = name.to_owned();
        self.connections
            .read(move |connection| {
                Ok(connection
                    .prepare_cached("SELECT EXISTS (SELECT 1 FROM views WHERE name = ?1)")?
                    .query_row([name], |row| row.get(0))?)
            })
            .await
    }
}

fn print(token: &str) -> [u8; 16] {
    Fingerprint::of(["share", token]).0
}

fn share(row: &rusqlite::Row<'_>) -> rusqlite::Result<Share> {
    Ok(Share {
        id: row.get(0)?,
        view: row.get(1)?,
        note: row.get(2)?,
        made: moment(row.get(3)?),
        revoked: row.get::<_, Option<i64>>(4)?.map(moment),
    })
}
