//! The documents, looked at as a reader does.
#![allow(clippy::unwrap_used)]

use super::records::*;
use super::*;
use crate::address::Address;
use crate::config::Content;
use crate::entry::*;
use crate::feed::*;
use crate::text::{Plain, SafeHtml};
use chrono::DateTime;
use std::sync::Arc;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn outlet(number: i64, name: &str, title: &str) -> Arc<Outlet> {
    Arc::new(Outlet {
        feed: FeedId(number),
        name: name.to_owned(),
        title: title.to_owned(),
        url: format!("https://{name}.example/feed.xml"),
        site: Some(address(&format!("https://{name}.example/"))),
    })
}

pub(super) fn story(title: &str, html: &str) -> Story {
    let lead = Entry {
        id: EntryId(7),
        story: StoryId(3),
        role: Role::Lead,
        copy_of: None,
        outlet: outlet(1, "harbour", "Harbour & Tide"),
        item: Item {
            guid: Some("123".to_owned()),
            link: Some(address("https://harbour.example/a?x=1&y=2")),
            title: Plain::new(title),
            published: Some(at("2026-11-20T08:00:00Z")),
            content: Some(SafeHtml::clean(html, None)),
            categories: vec![Plain::new("R&D")],
            language: Some("en".to_owned()),
            ..Item::default()
        },
        first_seen: at("2026-11-20T08:05:00Z"),
        revised: None,
    };
    Story {
        id: StoryId(3),
        uri: "tag:feedfold,2026:abcd/story/3".to_owned(),
        lead,
        members: vec![
            member(
                8,
                Role::Copy,
                "mirror",
                "Mirror",
                "https://mirror.example/a",
            ),
            member(
                9,
                Role::Coverage,
                "lamp",
                "The Lamp",
                "https://lamp.example/b",
            ),
        ],
        credit: Some(Credit {
            name: "Quarry <Wire>".to_owned(),
            link: Some(address("https://quarry.example/original")),
        }),
        opened: at("2026-11-20T08:05:00Z"),
        changed: at("2026-11-20T08:05:00Z"),
        independent: 2,
    }
}

fn member(number: i64, role: Role, name: &str, title: &str, link: &str) -> Member {
    Member {
        entry: EntryId(number),
        role,
        copy_of: (role == Role::Copy).then_some(EntryId(7)),
        outlet: outlet(number, name, title),
        title: Plain::new("Elsewhere"),
        link: Some(address(link)),
        dated: at("2026-11-20T09:00:00Z"),
        joined: at("2026-11-20T09:05:00Z"),
        evidence: "same text".to_owned(),
    }
}

pub(super) fn channel(stories: Vec<Story>) -> Channel {
    Channel {
        id: "tag:feedfold,2026:abcd/view/all".to_owned(),
        title: "All & everything".to_owned(),
        subtitle: None,
        home: "https://news.example/".to_owned(),
        self_url: "https://news.example/feed.atom".to_owned(),
        stories_at: "https://news.example/story/".to_owned(),
        updated: Channel::newest(&stories, Presentation::default()).unwrap_or(DateTime::UNIX_EPOCH),
        stories,
        next: Some("https://news.example/feed.atom?before=1-1".to_owned()),
        earlier: None,
        archive_of: None,
        hub: None,
        stylesheet: None,
        presentation: Presentation::default(),
    }
}

fn atom_text(channel: &Channel) -> String {
    String::from_utf8(atom(channel)).unwrap()
}

fn rss_text(channel: &Channel) -> String {
    String::from_utf8(rss(channel)).unwrap()
}

fn json_value(channel: &Channel) -> serde_json::Value {
    serde_json::from_slice(&json_feed(channel)).unwrap()
}

/// Every document is well-formed and holds only legal characters: read to the end by a strict
/// parser.
fn well_formed(document: &[u8]) {
    let text = std::str::from_utf8(document).unwrap();
    assert!(
        text.chars()
            .all(|c| xml::legal(&c.to_string()).len() == c.len_utf8())
    );
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Text(text) => {
                assert!(!text.xml10_content().contains("]]>"));
            }
            _ => {}
        }
    }
}

#[test]
fn req_01_documents_are_well_formed_whatever_the_text() {
    let hostile = [
        "]]> and <![CDATA[",
        "snow ☃ and 🦀",
        "a < b && c > d",
        "\u{fffd}&amp;lt;",
        "quotes \" and '",
    ];
    for text in hostile {
        let mut one = story(text, text);
        one.lead.item.content = Some(SafeHtml::from_store(format!("{text}\u{0}\u{b}\u{fffe}")));
        let channel = channel(vec![one]);
        well_formed(&atom(&channel));
        well_formed(&rss(&channel));
        json_value(&channel);
    }
}

#[test]
fn req_05_the_same_id_in_every_format() {
    let channel = channel(vec![story("T", "<p>x</p>")]);
    let id = "tag:feedfold,2026:abcd/story/3";
    assert!(atom_text(&channel).contains(&format!("<id>{id}</id>")));
    assert!(rss_text(&channel).contains(&format!("<guid isPermaLink=\"false\">{id}</guid>")));
    assert_eq!(json_value(&channel)["items"][0]["id"], id);
}

#[test]
fn req_07_links_lead_to_the_article_and_to_the_other_sources() {
    let atom = atom_text(&channel(vec![story("T", "<p>x</p>")]));
    assert!(atom.contains(
        r#"<link rel="alternate" type="text/html" href="https://harbour.example/a?x=1&amp;y=2"/>"#
    ));
    assert!(atom.contains(
        r#"<link rel="related" title="Mirror: Elsewhere" href="https://mirror.example/a"/>"#
    ));
    assert!(atom.contains(r#"rel="via" title="Quarry &lt;Wire&gt;""#));
}

#[test]
fn req_08_the_source_is_whole() {
    let channel = channel(vec![story("T", "<p>x</p>")]);
    let atom = atom_text(&channel);
    let source = &atom[atom.find("<source>").unwrap()..atom.find("</source>").unwrap()];
    for part in [
        "<id>https://harbour.example/feed.xml</id>",
        "<title>Harbour &amp; Tide</title>",
        "<updated>2026-11-20T08:00:00Z</updated>",
        r#"<link rel="self" href="https://harbour.example/feed.xml"/>"#,
        r#"href="https://harbour.example/"/>"#,
        "<name>Harbour &amp; Tide</name>",
    ] {
        assert!(source.contains(part), "{part} is missing in {source}");
    }
    let rss = rss_text(&channel);
    assert!(
        rss.contains(
            r#"<source url="https://harbour.example/feed.xml">Harbour &amp; Tide</source>"#
        )
    );
    assert_eq!(rss.matches("<source").count(), 1);
    assert!(!rss.contains("dc:source"));
    let json = json_value(&channel);
    assert_eq!(json["items"][0]["_feedfold"]["outlet"], "Harbour & Tide");
    assert_eq!(
        json["items"][0]["_feedfold"]["sources"][1]["role"],
        "coverage"
    );
    assert_eq!(json["items"][0]["_feedfold"]["independent"], 2);
}

#[test]
fn req_09_every_item_has_an_author() {
    let mut signed = story("T", "x");
    signed.lead.item.authors = vec![Plain::new("Ada"), Plain::new("")];
    let signed = channel(vec![signed]);
    let unsigned = channel(vec![story("T", "x")]);
    assert!(atom_text(&signed).contains("<name>Ada</name>"));
    assert!(rss_text(&signed).contains("<dc:creator>Ada</dc:creator>"));
    assert!(rss_text(&unsigned).contains("<dc:creator>Harbour &amp; Tide</dc:creator>"));
    assert!(!rss_text(&signed).contains("<author>"));
    assert_eq!(
        json_value(&unsigned)["items"][0]["authors"][0]["name"],
        "Harbour & Tide"
    );
}

#[test]
fn req_10_the_text_ends_with_the_sources() {
    let json = json_value(&channel(vec![story("T", "<p>x</p>")]));
    assert_eq!(
        json["items"][0]["content_html"],
        "<p>x</p><p>Source: <a href=\"https://harbour.example/a?x=1&amp;y=2\">Harbour &amp; Tide</a>. \
         Original: <a href=\"https://quarry.example/original\">Quarry &lt;Wire&gt;</a>. \
         Also in: <a href=\"https://mirror.example/a\">Mirror</a>, \
         <a href=\"https://lamp.example/b\">The Lamp</a></p>"
    );
}

#[test]
fn req_13_titles_are_escaped_once() {
    for (title, escaped) in [
        ("AT&T", "AT&amp;T"),
        ("a < b", "a &lt; b"),
        ("&amp;lt;", "&amp;amp;lt;"),
    ] {
        let channel = channel(vec![story(title, "x")]);
        let element = format!("<title>{escaped}</title>");
        assert!(atom_text(&channel).contains(&element));
        assert!(rss_text(&channel).contains(&element));
        assert_eq!(json_value(&channel)["items"][0]["title"], title);
    }
}

#[test]
fn req_14_dates_are_in_each_formats_own_form() {
    let channel = channel(vec![story("T", "x")]);
    assert!(atom_text(&channel).contains("<published>2026-11-20T08:00:00Z</published>"));
    assert!(rss_text(&channel).contains("<pubDate>Fri, 20 Nov 2026 08:00:00 +0000</pubDate>"));
}

#[test]
fn req_15_no_date_is_later_than_the_first_sight() {
    let mut late = story("T", "x");
    late.lead.item.published = Some(at("2099-01-01T00:00:00Z"));
    let channel = channel(vec![late]);
    assert!(!atom_text(&channel).contains("2099"));
    assert!(!rss_text(&channel).contains("2099"));
    assert!(!json_value(&channel).to_string().contains("2099"));
}

#[test]
fn req_16_an_item_without_a_date_has_the_date_of_its_first_sight() {
    let mut undated = story("T", "x");
    undated.lead.item.published = None;
    assert!(
        atom_text(&channel(vec![undated])).contains("<published>2026-11-20T08:05:00Z</published>")
    );
}

#[test]
fn req_19_updated_moves_only_when_the_story_changes() {
    let mut one = story("T", "x");
    let before = atom_text(&channel(vec![one.clone()]));
    assert!(before.contains("<updated>2026-11-20T08:00:00Z</updated>"));
    one.changed = at("2026-11-21T10:00:00Z");
    let after = atom_text(&channel(vec![one]));
    assert!(after.contains("<updated>2026-11-21T10:00:00Z</updated>"));
    assert!(after.contains("<published>2026-11-20T08:00:00Z</published>"));
}

#[test]
fn req_21_the_same_stories_give_the_same_bytes() {
    let make = || channel(vec![story("T", "<p>x</p>"), story("U", "y")]);
    assert_eq!(atom(&make()), atom(&make()));
    assert_eq!(rss(&make()), rss(&make()));
    assert_eq!(json_feed(&make()), json_feed(&make()));
}

#[test]
fn req_23_a_feed_names_itself() {
    let channel = Channel {
        hub: Some("https://hub.example/".to_owned()),
        ..channel(vec![])
    };
    let rss = rss_text(&channel);
    assert!(rss.contains(
        r#"<atom:link rel="self" type="application/rss+xml" href="https://news.example/feed.atom"/>"#
    ));
    assert!(rss.contains(r#"<atom:link rel="hub" href="https://hub.example/"/>"#));
    assert!(atom_text(&channel).contains(r#"rel="self""#));
    assert_eq!(
        json_value(&channel)["feed_url"],
        "https://news.example/feed.atom"
    );
}

#[test]
fn req_25_rss_has_the_short_text_first_and_one_enclosure() {
    let mut cast = story("T", "<p>long</p>");
    cast.lead.item.summary = Some(SafeHtml::clean("short", None));
    let file = |name: &str, media_type: Option<&str>, length| Enclosure {
        url: address(&format!("https://harbour.example/{name}")),
        media_type: media_type.map(str::to_owned),
        length,
    };
    cast.lead.item.enclosures = vec![
        file("cover.jpg", None, None),
        file("show.mp3", Some("audio/mpeg"), Some(12)),
    ];
    let channel = channel(vec![cast]);
    let rss = rss_text(&channel);
    let short = rss.find("<description>short</description>").unwrap();
    let full = rss.find("<content:encoded>&lt;p&gt;long").unwrap();
    assert!(short < full);
    assert!(rss.contains(
        r#"<enclosure url="https://harbour.example/show.mp3" length="12" type="audio/mpeg"/>"#
    ));
    assert_eq!(rss.matches("<enclosure").count(), 1);
    assert!(
        rss.contains(
            r#"<media:content url="https://harbour.example/cover.jpg" type="image/jpeg"/>"#
        )
    );
    assert!(rss.contains(r#"<item xml:lang="en">"#));
    assert_eq!(
        json_value(&channel)["items"][0]["attachments"][0]["mime_type"],
        "image/jpeg"
    );
}

#[test]
fn req_26_a_channel_is_bounded_in_bytes() {
    let large = || story("T", &"x".repeat(10_000));
    assert_eq!(within(vec![large(), large(), large()], 30_000).len(), 2);
    assert_eq!(within(vec![large()], 10).len(), 1);
}

#[test]
fn an_item_without_a_link_leads_to_its_story() {
    let mut bare = story("", "");
    bare.lead.item.link = None;
    let json = json_value(&channel(vec![bare]));
    assert_eq!(json["items"][0]["url"], "https://news.example/story/3");
    assert_eq!(json["items"][0]["title"], "Harbour & Tide");
}

#[test]
fn no_password_is_published() {
    let mut secret = story("T", "x");
    secret.lead.item.link = Some(address("https://user:hunter2@harbour.example/a"));
    let channel = channel(vec![secret.clone()]);
    assert!(!atom_text(&channel).contains("hunter2"));
    assert!(!rss_text(&channel).contains("hunter2"));
    assert!(!json_value(&channel).to_string().contains("hunter2"));
    let record = serde_json::to_string(&StoryRecord::from(&secret)).unwrap();
    assert!(!record.contains("hunter2"));
    assert_eq!(
        url_without_password("https://u:p@a.example/f"),
        "https://a.example/f"
    );
    assert_eq!(
        url_without_password("gopher://u:p@a.example/f@g"),
        "gopher://a.example/f@g"
    );
    assert_eq!(
        url_without_password("https://a.example"),
        "https://a.example"
    );
}

fn feed() -> Feed {
    Feed {
        id: FeedId(1),
        subscription: Subscription {
            name: "harbour".to_owned(),
            url: "https://me:pw@harbour.example/feed.xml".to_owned(),
            title: None,
            tags: vec!["ships".to_owned(), "tech".to_owned()],
            schedule: None,
            priority: 0,
            enabled: true,
            origin: Origin::Config,
            request: RequestSettings::default(),
        },
        facts: FeedFacts {
            title: Plain::new("Harbour & Tide"),
            site: Some(address("https://harbour.example/")),
            language: None,
        },
        validators: Validators {
            etag: Some(b"W/\"\xe9\"".to_vec()),
            last_modified: None,
        },
        health: Health::default(),
        pace: Pace::default(),
        added: at("2026-11-20T08:00:00Z"),
        next_due: Some(at("2026-11-20T09:00:00Z")),
    }
}

#[test]
fn a_feed_record_has_the_keys_of_the_contract() {
    let record = serde_json::to_value(FeedRecord::from(&feed())).unwrap();
    let keys: Vec<_> = record
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = vec![
        "name",
        "url",
        "title",
        "tags",
        "status",
        "etag",
        "last_modified",
        "error_count",
        "last_error",
        "last_fetch",
        "next_due",
        "disabled",
        "origin",
    ];
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(record["etag"], "W/\"é\"");
    assert_eq!(record["url"], "https://harbour.example/feed.xml");
    assert_eq!(record["status"], "new");
    assert_eq!(record["next_due"], "2026-11-20T09:00:00Z");
}

#[test]
fn a_feeds_status_is_a_word() {
    let mut one = feed();
    one.health.last_success = Some(at("2026-11-20T08:00:00Z"));
    assert_eq!(FeedRecord::from(&one).status, "ok");
    one.health.failures = 1;
    assert_eq!(FeedRecord::from(&one).status, "error");
    one.subscription.enabled = false;
    assert_eq!(FeedRecord::from(&one).status, "disabled");
    assert_eq!(FeedRecord::from(&one).next_due, None);
    one.health.gone = true;
    assert_eq!(FeedRecord::from(&one).status, "gone");
}

#[test]
fn an_entry_record_has_the_keys_of_the_contract() {
    let record = serde_json::to_value(EntryRecord::from(&story("T", "x").lead)).unwrap();
    let mut keys: Vec<_> = record
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = vec![
        "id",
        "story",
        "fold",
        "feed",
        "guid",
        "url",
        "title",
        "authors",
        "categories",
        "language",
        "published",
        "updated",
        "first_seen",
        "summary",
        "content",
        "enclosures",
        "duplicate_of",
    ];
    keys.sort_unstable();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(record["id"], 7);
    assert_eq!(record["fold"], "lead");
    assert_eq!(record["duplicate_of"], serde_json::Value::Null);
}

#[test]
fn csv_quotes_what_needs_it() {
    assert_eq!(
        csv_record(["a", "b,c", "say \"x\"", "=1"]),
        "a,\"b,c\",\"say \"\"x\"\"\",=1"
    );
    let record = EntryRecord::from(&story("One, two", "x").lead).csv();
    assert!(record.starts_with("7,3,lead,harbour,\"One, two\",https://harbour.example/a?x=1&y=2,"));
    assert_eq!(record.matches(',').count(), EntryRecord::CSV_HEADER.len());
}

#[test]
fn opml_lists_every_feed_once_with_all_tags() {
    let mut plain = feed();
    plain.subscription.name = "bare".to_owned();
    plain.subscription.tags.clear();
    let bytes = opml(&[feed(), plain], "Subscriptions");
    well_formed(&bytes);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        text.matches("xmlUrl=\"https://harbour.example/feed.xml\"")
            .count(),
        2
    );
    assert!(text.contains(r#"category="ships,tech""#));
    assert!(text.contains(r#"<outline text="ships" title="ships">"#));
    assert!(!text.contains("pw@"));
}

#[test]
fn a_language_is_written_only_where_it_is_well_formed() {
    for (given, written) in [
        ("en", Some("en")),
        ("pt_BR", Some("pt-BR")),
        ("zh-Hant-TW", Some("zh-Hant-TW")),
        ("English (US)", None),
        ("", None),
    ] {
        let mut one = story("T", "x");
        one.lead.item.language = Some(given.to_owned());
        let json = json_value(&channel(vec![one]));
        assert_eq!(json["items"][0]["language"].as_str(), written, "{given}");
    }
}

#[test]
fn req_10_each_part_of_the_closing_line_can_be_switched() {
    let shown = |presentation: Presentation| {
        let story = story("Ferry", "<p>Text.</p>");
        FeedItem::of(&story, "https://news.example/story/", presentation).body
    };
    let all = Presentation::default();
    let body = shown(all);
    for part in [
        "Source: <a",
        ". Original: <a",
        ". Also in: <a",
        "The Lamp</a></p>",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let body = shown(Presentation {
        names_outlet: false,
        ..all
    });
    assert!(
        body.contains("<p>Original: <a") && !body.contains("Source: "),
        "{body}"
    );
    let body = shown(Presentation {
        names_original: false,
        ..all
    });
    assert!(
        body.contains("</a>. Also in: ") && !body.contains("Original"),
        "{body}"
    );
    let body = shown(Presentation {
        names_sources: false,
        ..all
    });
    assert!(body.ends_with("Quarry &lt;Wire&gt;</a></p>"), "{body}");
    let none = Presentation {
        names_outlet: false,
        names_original: false,
        names_sources: false,
        ..all
    };
    assert_eq!(shown(none), "<p>Text.</p>");
}

#[test]
fn a_view_shows_as_much_text_as_it_says() {
    let long = format!("<p>Begins &lt;here&gt; {}</p>", "and goes on ".repeat(200));
    let story = story("Ferry", &long);
    let with = |content| {
        let presentation = Presentation {
            content,
            ..Presentation::default()
        };
        let channel = Channel {
            presentation,
            ..channel(vec![story.clone()])
        };
        (
            atom_text(&channel),
            rss_text(&channel),
            String::from_utf8(json_feed(&channel)).unwrap(),
        )
    };
    let (atom, rss, json) = with(Content::Full);
    assert!([&atom, &rss, &json].iter().all(|text| text.len() > 2400));
    let (atom, rss, json) = with(Content::Excerpt);
    for text in [atom, rss, json] {
        assert!(
            text.contains("and goes on") && text.contains("…") && text.contains("Source: "),
            "{text}"
        );
        assert!(text.matches("and goes on").count() < 80, "{text}");
        assert!(!text.contains("<here>"), "{text}");
    }
    let (atom, rss, json) = with(Content::None);
    for text in [atom, rss, json] {
        assert!(
            text.contains("Source: ") && !text.contains("and goes on"),
            "{text}"
        );
    }
}

#[test]
fn a_title_names_the_outlet_where_the_view_wants_it() {
    let presentation = Presentation {
        outlet_in_title: true,
        ..Presentation::default()
    };
    let story = story("Ferry", "<p>Text.</p>");
    let title = FeedItem::of(&story, "/story/", presentation).title;
    assert_eq!(title, "Ferry · Harbour & Tide");
}

#[test]
fn req_19_another_source_moves_the_date_only_where_the_view_wants_it() {
    let story = story("Ferry", "<p>Text.</p>");
    let updated = |updated_by_sources| {
        let presentation = Presentation {
            updated_by_sources,
            ..Presentation::default()
        };
        FeedItem::of(&story, "/story/", presentation).updated
    };
    assert_eq!(updated(false), at("2026-11-20T08:00:00Z"));
    assert_eq!(updated(true), at("2026-11-20T09:05:00Z"));
}
