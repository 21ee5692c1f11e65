//! Writing a merged feed of 200 stories in each format, and the list of 1,000 subscriptions.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feedfold::address::Address;
use feedfold::entry::{Entry, EntryId, Item, Member, Outlet, Role, Story, StoryId};
use feedfold::feed::{FeedId, Origin, RequestSettings, Subscription, Timestamp};
use feedfold::publish::{self, Channel};
use feedfold::store::Store;
use feedfold::text::{Plain, SafeHtml};
use std::hint::black_box;
use std::sync::Arc;
use tokio::runtime::Runtime;

fn story(number: i64) -> Story {
    let dated = Timestamp::from_timestamp(1_790_000_000 - 600 * number, 0).unwrap();
    let outlet = Arc::new(Outlet {
        feed: FeedId(1),
        name: "harbour".to_owned(),
        title: "Harbour & Tide".to_owned(),
        url: "https://harbour.example/feed.xml".to_owned(),
        site: Some(Address::parse("https://harbour.example/").unwrap()),
    });
    let paragraph =
        "<p>The <b>rotor</b> turns with the tide, &amp; the ferry charges at night.</p>";
    let link = |place: &str| Address::parse(&format!("https://{place}.example/{number}")).ok();
    Story {
        id: StoryId(number),
        uri: format!("tag:feedfold,2026:0123456789abcdef/story/{number}"),
        lead: Entry {
            id: EntryId(number),
            story: StoryId(number),
            role: Role::Lead,
            copy_of: None,
            outlet: Arc::clone(&outlet),
            item: Item {
                link: link("harbour"),
                title: Plain::new(&format!(
                    "Tidal turbine {number} powers an island & its ferry"
                )),
                published: Some(dated),
                content: Some(SafeHtml::clean(&paragraph.repeat(50), None)),
                categories: vec![Plain::new("energy")],
                ..Item::default()
            },
            first_seen: dated,
            revised: None,
        },
        members: (0..3)
            .map(|member| Member {
                entry: EntryId(1000 + member),
                role: Role::Coverage,
                copy_of: None,
                outlet: Arc::clone(&outlet),
                title: Plain::new("Island runs on the tide"),
                link: link("lamp"),
                dated,
                joined: dated,
                evidence: "shares 'turbine', 'ferry' within 2 h".to_owned(),
            })
            .collect(),
        credit: None,
        opened: dated,
        changed: dated,
        independent: 4,
    }
}

fn formats(criterion: &mut Criterion) {
    let stories: Vec<Story> = (0..200).map(story).collect();
    let channel = Channel {
        id: "tag:feedfold,2026:0123456789abcdef/view/all".to_owned(),
        title: "All".to_owned(),
        subtitle: None,
        home: "https://news.example/".to_owned(),
        self_url: "https://news.example/feed.atom".to_owned(),
        stories_at: "https://news.example/story/".to_owned(),
        updated: Channel::newest(&stories, feedfold::config::Presentation::default()).unwrap(),
        stories,
        next: None,
        earlier: None,
        archive_of: None,
        hub: None,
        stylesheet: None,
        presentation: feedfold::config::Presentation::default(),
    };
    let mut group = criterion.benchmark_group("publish 200 stories");
    for (name, write) in [
        ("atom", publish::atom as fn(&Channel) -> Vec<u8>),
        ("rss", publish::rss),
        ("json_feed", publish::json_feed),
    ] {
        let size = write(&channel).len();
        group.throughput(Throughput::Bytes(u64::try_from(size).unwrap()));
        group.bench_function(name, |bencher| bencher.iter(|| write(black_box(&channel))));
    }
    group.finish();
}

fn subscriptions(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let store = Store::in_memory().unwrap();
    let wanted = (0..1_000).map(|number| Subscription {
        name: format!("outlet-{number}"),
        url: format!("https://www.outlet-{number}.example/feed"),
        title: Some(format!("Outlet {number}")),
        tags: vec![format!("tag-{}", number % 20)],
        schedule: None,
        priority: 0,
        enabled: true,
        origin: Origin::Config,
        request: RequestSettings::default(),
    });
    let now = Timestamp::from_timestamp(1_790_000_000, 0).unwrap();
    let added = store.sync_feeds(wanted.collect(), now);
    assert_eq!(runtime.block_on(added).unwrap().added.len(), 1_000);
    let feeds = runtime.block_on(store.feeds()).unwrap();
    criterion.bench_function("publish 1,000 subscriptions/opml", |bencher| {
        bencher.iter(|| publish::opml(black_box(&feeds), "Subscriptions"));
    });
}

criterion_group!(benches, formats, subscriptions);
criterion_main!(benches);
