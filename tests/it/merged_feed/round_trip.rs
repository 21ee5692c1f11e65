//! What is published, read by feedfold itself, says the same.

use chrono::{DateTime, Utc};
use feedfold::address::Address;
use feedfold::entry::{Entry, EntryId, Item, Outlet, Role, Story, StoryId};
use feedfold::feed::FeedId;
use feedfold::parse;
use feedfold::publish::{self, Channel};
use feedfold::text::{Plain, SafeHtml};
use proptest::prelude::*;
use std::sync::Arc;

fn story(number: i64, title: &str, path: &str, seconds: i64, text: &str) -> Story {
    let dated = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap();
    Story {
        id: StoryId(number),
        uri: format!("tag:feedfold,2026:abcd/story/{number}"),
        lead: Entry {
            id: EntryId(number),
            story: StoryId(number),
            role: Role::Lead,
            copy_of: None,
            outlet: Arc::new(Outlet {
                feed: FeedId(1),
                name: "harbour".to_owned(),
                title: "Harbour & \"Tide\"".to_owned(),
                url: "https://harbour.example/feed.xml".to_owned(),
                site: Some(Address::parse("https://harbour.example/").unwrap()),
            }),
            item: Item {
                link: Some(Address::parse(&format!("https://harbour.example/{path}")).unwrap()),
                title: Plain::new(title),
                authors: vec![Plain::new("Ada Byron")],
                published: Some(dated),
                content: Some(SafeHtml::clean(text, None)),
                ..Item::default()
            },
            first_seen: dated,
            revised: None,
        },
        members: Vec::new(),
        credit: None,
        opened: dated,
        changed: dated,
        independent: 1,
    }
}

fn channel(stories: Vec<Story>) -> Channel {
    Channel {
        id: "tag:feedfold,2026:abcd/view/all".to_owned(),
        title: "All & sundry".to_owned(),
        subtitle: None,
        home: "https://news.example/".to_owned(),
        self_url: "https://news.example/feed".to_owned(),
        stories_at: "https://news.example/story/".to_owned(),
        updated: Channel::newest(&stories, feedfold::config::Presentation::default())
            .unwrap_or_default(),
        stories,
        next: None,
        earlier: None,
        archive_of: None,
        hub: None,
        stylesheet: None,
        presentation: feedfold::config::Presentation::default(),
    }
}

fn check(channel: &Channel, document: &[u8], media_type: &str) -> Result<(), TestCaseError> {
    let parsed = parse::parse(document, Some(media_type), None);
    let parsed = parsed.map_err(|fault| TestCaseError::fail(fault.to_string()))?;
    prop_assert_eq!(parsed.title.as_str(), &channel.title);
    prop_assert_eq!(parsed.items.len(), channel.stories.len());
    for (item, story) in parsed.items.iter().zip(&channel.stories) {
        let lead = &story.lead.item;
        prop_assert_eq!(item.guid.as_deref(), Some(story.uri.as_str()));
        prop_assert_eq!(&item.link, &lead.link);
        prop_assert_eq!(item.published, lead.published);
        prop_assert_eq!(&item.authors, &lead.authors);
        prop_assert_eq!(item.title.as_str(), lead.title.as_str());
        let text = item.body().unwrap().to_plain(100_000);
        let own = lead
            .body()
            .map(|body| body.to_plain(100_000))
            .unwrap_or_default();
        prop_assert!(
            text.starts_with(&own),
            "{:?} does not begin with {:?}",
            text,
            own
        );
        prop_assert!(text.ends_with("Source: Harbour & \"Tide\""), "{:?}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_text_survives(
        title in "\\PC{1,60}",
        path in "[a-z0-9?=&%+_-]{0,20}",
        seconds in 0_i64..1_800_000_000,
        text in "(<p>|</p>|<b>|&amp;|&lt;|]]>|\\PC){0,40}",
    ) {
        prop_assume!(!Plain::new(&title).is_empty());
        let channel = channel(vec![
            story(1, &title, &path, seconds, &text),
            story(2, "Another", "b", 1_700_000_000, "<p>plain</p>"),
        ]);
        check(&channel, &publish::atom(&channel), "application/atom+xml; charset=utf-8")?;
        check(&channel, &publish::json_feed(&channel), "application/feed+json")?;
    }

    /// Titles of RSS may be markup or text, and nobody can tell: what looks like neither
    /// survives.
    #[test]
    fn rss_survives_where_titles_are_no_markup(
        title in "[^<&\\pC]{1,60}",
        path in "[a-z0-9?=&%+_-]{0,20}",
        seconds in 0_i64..1_800_000_000,
        text in "(<p>|</p>|<b>|&amp;|&lt;|]]>|\\PC){0,40}",
    ) {
        prop_assume!(!Plain::new(&title).is_empty());
        let channel = channel(vec![story(1, &title, &path, seconds, &text)]);
        check(&channel, &publish::rss(&channel), "application/rss+xml; charset=utf-8")?;
    }
}

#[test]
fn titles_that_need_escapes_survive() {
    for title in ["AT&T", "a < b", "5 > 3", "Q&A: \"why\"", "it's"] {
        let channel = channel(vec![story(1, title, "a", 1_700_000_000, "x")]);
        check(&channel, &publish::atom(&channel), "application/atom+xml").unwrap();
        check(&channel, &publish::rss(&channel), "application/rss+xml").unwrap();
        check(
            &channel,
            &publish::json_feed(&channel),
            "application/feed+json",
        )
        .unwrap();
    }
}
