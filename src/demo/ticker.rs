//! What arrives while the demo runs, told line by line as it is folded.

use crate::entry::{Entry, EntryId, Role, Story};
use crate::feed::Timestamp;
use crate::store::{Error, Store};
use std::io::{self, Write};
use std::time::Duration;

/// How often, by a watch, the store is looked at: often enough to look alive.
const LOOK: Duration = Duration::from_millis(250);

/// Writes a line or two for every entry that is published after `start`, and never ends unless
/// nobody reads it any more.
pub(super) async fn tell(store: &Store, start: Timestamp, out: &mut impl Write) -> io::Result<()> {
    let mut last = EntryId(0);
    let mut told_of_start = false;
    loop {
        tokio::time::sleep(LOOK).await;
        if !told_of_start && !has_begun(store).await {
            continue;
        }
        loop {
            let (entry, text) = match next(store, last).await {
                Ok(Some(found)) => found,
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!("what arrived cannot be told: {error}");
                    break;
                }
            };
            last = entry.id;
            if entry.dated() <= start {
                continue;
            }
            if !told_of_start && let Ok(counts) = store.counts().await {
                told_of_start = true;
                let (entries, stories) = (counts.entries, counts.stories);
                writeln!(
                    out,
                    "\n{entries} entries are {stories} stories. Now it goes on:\n"
                )?;
            }
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
}

/// Whether every outlet was asked once.
async fn has_begun(store: &Store) -> bool {
    let feeds = store.feeds().await;
    feeds.is_ok_and(|feeds| feeds.iter().all(|feed| feed.health.last_poll.is_some()))
}

/// The entry that arrived after `last`, and what there is to tell of it.
async fn next(store: &Store, last: EntryId) -> Result<Option<(Entry, String)>, Error> {
    let Some(entry) = store.entry(EntryId(last.0 + 1)).await? else {
        return Ok(None);
    };
    let story = store.story(entry.story).await?;
    let decision = store.decision(entry.id).await?;
    let evidence = decision
        .filter(|decision| decision.of.is_some())
        .map(|decision| decision.evidence);
    let text = line(&entry, story.as_ref(), evidence.as_deref());
    Ok(Some((entry, text)))
}

/// An entry in one line, and in a second one what it was folded with, and why.
fn line(entry: &Entry, story: Option<&Story>, evidence: Option<&str>) -> String {
    let time = entry.dated().format("%H:%M");
    let (outlet, title) = (&entry.outlet.title, &entry.item.title);
    let mut text = format!("  {time}  {outlet}: {title}\n");
    if let (Some(story), Some(evidence)) = (story, evidence) {
        let number = story.id.0;
        let sources = story.members.len() + 1;
        let joins = match entry.role {
            Role::Lead => "leads story",
            Role::Copy => "copy in story",
            Role::Coverage => "joins story",
        };
        text.push_str(&format!(
            "         ↳ {joins} {number}, now of {sources}: {evidence}\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Item, Outlet, StoryId};
    use crate::feed::FeedId;
    use crate::text::Plain;
    use std::sync::Arc;

    fn entry(role: Role) -> Entry {
        Entry {
            id: EntryId(7),
            story: StoryId(3),
            role,
            copy_of: None,
            outlet: Arc::new(Outlet {
                feed: FeedId(1),
                name: "a".into(),
                title: "Harbor Windows".into(),
                url: "https://a.example/".into(),
                site: None,
            }),
            item: Item {
                title: Plain::new("Ports open"),
                ..Item::default()
            },
            first_seen: "2026-11-20T06:34:56Z".parse().unwrap(),
            revised: None,
        }
    }

    #[test]
    fn an_entry_that_opens_a_story_is_one_line() {
        assert_eq!(
            line(&entry(Role::Lead), None, None),
            "  06:34  Harbor Windows: Ports open\n"
        );
    }

    #[test]
    fn an_entry_that_joins_a_story_says_why() {
        let lead = entry(Role::Lead);
        let story = Story {
            id: StoryId(3),
            uri: String::new(),
            opened: lead.first_seen,
            changed: lead.first_seen,
            lead,
            members: Vec::new(),
            credit: None,
            independent: 1,
        };
        assert_eq!(
            line(&entry(Role::Coverage), Some(&story), Some("shares 'ports'")),
            "  06:34  Harbor Windows: Ports open\n         ↳ joins story 3, now of 1: shares 'ports'\n"
        );
    }
}
