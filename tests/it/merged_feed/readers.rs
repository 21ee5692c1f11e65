//! What a reader shows that polls for days, while entries are edited, reordered, dropped and
//! copied by another outlet.

use super::{NEWS, news, server};
use crate::support::server::start;
use chrono::TimeDelta;
use feedfold::entry::Item;
use feedfold::parse;
use feedfold::text::{Plain, SafeHtml};
use std::collections::{BTreeMap, HashSet};

/// A reader's memory: items by identifier, as Miniflux and newsboat keep them.
#[derive(Default)]
struct Reader {
    items: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
}

impl Reader {
    fn read(&mut self, document: &[u8], media_type: &str) {
        let parsed = parse::parse(document, Some(media_type), None).unwrap();
        let mut here = HashSet::new();
        for item in parsed.items {
            let id = item.guid.unwrap();
            assert!(here.insert(id.clone()), "{id} stands twice in one document");
            self.links
                .insert(item.link.unwrap().to_string(), id.clone());
            self.items.insert(id, item.title.to_string());
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
async fn req_30_each_story_is_shown_once_after_twenty_polls() {
    let server = server().await;
    let mut readers = [Reader::default(), Reader::default(), Reader::default()];
    for cycle in 0..20 {
        let now = start() + TimeDelta::hours(i64::try_from(cycle).unwrap());
        server.clock.turn_to(now);
        let known = (cycle + 1).min(NEWS.len());
        let mut items: Vec<Item> = (0..known)
            .map(|number| {
                let item = news(number, Some(start() + TimeDelta::minutes(number as i64)));
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
            let mut copy = news((cycle - 2) % NEWS.len(), Some(now));
            copy.guid = Some(format!("copy-{}", (cycle - 2) % NEWS.len()));
            server.poll("lamp", vec![copy]).await;
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
    let stories: HashSet<_> = stories["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|story| story["uri"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(stories.len(), NEWS.len());
    for reader in &readers {
        let shown: HashSet<_> = reader.items.keys().cloned().collect();
        assert_eq!(shown, stories);
        assert_eq!(reader.links.len(), NEWS.len(), "by link as by identifier");
    }
}
