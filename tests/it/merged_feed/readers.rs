//! What a reader shows that polls for days, while entries are edited, reordered, dropped and
//! copied by another outlet, and purged by retention.

use super::{NEWS, news, server};
use crate::support::server::start;
use chrono::TimeDelta;
use feedfold::config::Retention;
use feedfold::entry::{EntryId, Item, StoryId};
use feedfold::parse;
use feedfold::text::{Plain, SafeHtml};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// How a reader knows an item again.
#[derive(Clone, Copy)]
enum Habit {
    /// A digest of the identifier within the feed, else of the link: Miniflux.
    DigestOfId,
    /// The identifier, over all feeds: newsboat.
    Id,
    /// The identifier, and what has none by link and title: NetNewsWire.
    IdOrLinkAndTitle,
}

/// A reader's memory: what it showed as new, in order, and what it shows now.
struct Reader {
    habit: Habit,
    shown_as_new: Vec<String>,
    items: BTreeMap<String, String>,
}

impl Reader {
    fn new(habit: Habit) -> Self {
        Self {
            habit,
            shown_as_new: Vec::new(),
            items: BTreeMap::new(),
        }
    }

    fn key(&self, item: &Item) -> String {
        let id = item.guid.clone().unwrap();
        let link = item.link.as_ref().map(ToString::to_string);
        match self.habit {
            Habit::DigestOfId => {
                let mut hasher = DefaultHasher::new();
                id.hash(&mut hasher);
                format!("{:x}", hasher.finish())
            }
            Habit::Id => id,
            Habit::IdOrLinkAndTitle if id.is_empty() => format!("{link:?} {}", item.title),
            Habit::IdOrLinkAndTitle => id,
        }
    }

    fn read(&mut self, document: &[u8], media_type: &str) {
        let parsed = parse::parse(document, Some(media_type), None).unwrap();
        let mut here = HashSet::new();
        for item in parsed.items {
            let key = self.key(&item);
            assert!(
                here.insert(key.clone()),
                "{key} stands twice in one document"
            );
            if self
                .items
                .insert(key.clone(), item.title.to_string())
                .is_none()
            {
                self.shown_as_new.push(key);
            }
        }
    }
}

fn edited(mut item: Item, cycle: usize) -> Item {
    item.title = Plain::new(&format!("{} (updated {cycle})", item.title));
    let text = item.content.as_ref().unwrap().as_str().to_owned();
    item.content = Some(SafeHtml::clean(
        &format!("{text}<p>Update {cycle}: more was found.</p>"),
        None,
    ));
    item
}

#[tokio::test]
async fn req_30_each_story_is_shown_once_after_fifty_polls() {
    let server = server().await;
    let mut readers = [Habit::DigestOfId, Habit::Id, Habit::IdOrLinkAndTitle].map(Reader::new);
    let mut split_off = HashSet::new();
    for cycle in 0..50_usize {
        let now = start() + TimeDelta::hours(i64::try_from(cycle).unwrap());
        server.clock.turn_to(now);
        let known = (cycle / 2 + 1).min(NEWS.len());
        let mut items: Vec<Item> = (0..known)
            .map(|number| {
                let minutes = i64::try_from(number).unwrap();
                let item = news(number, Some(start() + TimeDelta::minutes(minutes)));
                if (cycle + number) % 3 == 0 {
                    edited(item, cycle)
                } else {
                    item
                }
            })
            .collect();
        let turn = cycle % items.len();
        items.rotate_left(turn);
        if cycle % 4 == 3 {
            items.truncate(items.len() / 2 + 1);
        }
        server.poll("harbour", items).await;
        if cycle >= 2 {
            // Folded late, under an identifier that changes.
            let number = (cycle - 2) % known;
            let mut copy = news(number, Some(now));
            copy.guid = Some(format!("copy-{number}-{}", cycle.min(39) / 20));
            server.poll("lamp", vec![copy]).await;
        }
        if cycle == 20 || cycle == 30 {
            // Somebody takes a copy out of its story: one new story.
            let stories = server.get("/api/v1/stories").await.json();
            let story = &stories["items"][cycle / 20];
            let member = story["members"][0]["entry"].as_i64().unwrap();
            let made = server.store.split(EntryId(member), now).await.unwrap();
            split_off.insert(made);
        }
        if cycle == 40 {
            // And puts one of them back: the younger one stops.
            let back = *split_off.iter().min().unwrap();
            server.store.join(StoryId(1), back, now).await.unwrap();
        }
        if cycle == 43 {
            // Retention removes what its feed does not list today. Tomorrow it lists all of it again.
            let little = Retention {
                keep: Duration::from_secs(86_400),
                keep_per_feed: 1,
            };
            let report = server.store.prune(&little, now).await.unwrap();
            assert!(report.entries > 0, "nothing was old enough");
        }
        for (reader, (format, media_type)) in readers.iter_mut().zip([
            ("atom", "application/atom+xml"),
            ("rss", "application/rss+xml"),
            ("json", "application/feed+json"),
        ]) {
            let answer = server.get(&format!("/feed.{format}")).await;
            reader.read(&answer.body, media_type);
        }
    }
    let stories = server.get("/api/v1/stories?limit=1000").await.json();
    let left = stories["items"].as_array().unwrap().len();
    assert!(
        left <= NEWS.len() + 1,
        "one of the two that were split off is left at most, not {left}"
    );
    for reader in &readers {
        assert_eq!(reader.shown_as_new.len(), NEWS.len() + 2);
        let once: HashSet<_> = reader.shown_as_new.iter().collect();
        assert_eq!(
            once.len(),
            reader.shown_as_new.len(),
            "nothing came back as new"
        );
    }
}
