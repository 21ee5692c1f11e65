//! What a story was nearly folded with.

use super::evidence;
use super::feed_rows::json;
use super::{Error, Store};
use crate::entry::{EntryId, StoryId};
use crate::text::Plain;
use rusqlite::Connection;
use std::collections::HashMap;

/// Most members whose decisions are read, the first ones.
const READ: i64 = 300;
/// Most stories that are told.
const TOLD: usize = 5;

/// Another story that one of a story's entries nearly joined.
#[derive(Debug, Clone, PartialEq)]
pub struct NearStory {
    /// Which.
    pub story: StoryId,
    /// Its headline.
    pub title: Plain,
    /// The name of its lead's outlet.
    pub outlet: String,
    /// How near, from 0 to 1.
    pub score: f32,
    /// Why they are two, in words.
    pub why: String,
}

impl Store {
    /// The stories that entries of a story nearly joined, the nearest first, at most five.
    pub async fn near_stories(&self, story: StoryId) -> Result<Vec<NearStory>, Error> {
        self.connections
            .read(move |connection| near_stories(connection, story))
            .await
    }
}

fn near_stories(connection: &Connection, story: StoryId) -> Result<Vec<NearStory>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT d.near FROM (SELECT id FROM entries WHERE story = ?1 ORDER BY id LIMIT ?2) AS e \
         JOIN decisions d ON d.entry = e.id WHERE d.near IS NOT NULL",
    )?;
    let found = statement.query_map([story.0, READ], |row| row.get::<_, String>(0))?;
    let mut nearest: HashMap<EntryId, (f32, String)> = HashMap::new();
    for near in found {
        for near in evidence::unpack(&near?) {
            let known = nearest.entry(near.entry).or_default();
            if near.score > known.0 {
                *known = (near.score, near.why);
            }
        }
    }
    let ids: Vec<i64> = nearest.keys().map(|entry| entry.0).collect();
    // By the story that the entry is in now, which may be this one.
    let mut statement = connection.prepare_cached(
        "SELECT e.id, s.id, l.title, coalesce(f.title, nullif(f.feed_title, ''), f.name) \
         FROM entries e JOIN stories s ON s.id = e.story JOIN entries l ON l.id = s.lead \
         JOIN feeds f ON f.id = l.feed \
         WHERE e.id IN (SELECT value FROM json_each(?1)) AND s.id <> ?2",
    )?;
    let mut rows = statement.query(rusqlite::params![json(&ids)?, story.0])?;
    let mut stories: Vec<NearStory> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some((score, why)) = nearest.remove(&EntryId(row.get(0)?)) else {
            continue;
        };
        stories.push(NearStory {
            story: StoryId(row.get(1)?),
            title: Plain::new(row.get_ref(2)?.as_str().unwrap_or_default()),
            outlet: row.get(3)?,
            score,
            why,
        });
    }
    stories.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.story.cmp(&b.story)));
    let mut told = std::collections::HashSet::new();
    stories.retain(|near| told.insert(near.story));
    stories.truncate(TOLD);
    Ok(stories)
}
