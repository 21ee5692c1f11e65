//! What becomes of entries from poll to poll.

use super::{SITE, Scene, document, entries, feed, now, subscription};
use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use feedfold::feed::Timestamp;

fn one(slug: &str) -> Post {
    let date = "2026-11-01T08:00:00Z".parse().unwrap();
    post(
        SITE,
        slug,
        "The ferry runs at night",
        "<p>From May on the ferry runs at night.</p>",
        date,
    )
}

fn page(posts: &[Post]) -> Reply {
    Reply::feed(rss("Quiet Harbor", SITE, posts))
}

#[test]
fn a_changed_guid_with_the_same_link_is_a_rename() {
    let renamed = Post {
        guid: "another".to_owned(),
        ..one("ferry")
    };
    let scene = Scene::new([page(&[one("ferry")]), page(&[renamed])]);
    scene.expect("updated");
    assert_eq!(scene.expect("updated")["new"], 0);
    assert_eq!(scene.entries().len(), 1);
}

#[test]
fn one_link_under_many_guids_stays_many() {
    let at = |guid: &str, title: &str| Post {
        guid: guid.to_owned(),
        title: title.to_owned(),
        text: format!("<p>{title}, as the harbor master wrote.</p>"),
        ..one("live")
    };
    let scene = Scene::new([page(&[
        at("1", "Fog lifts"),
        at("2", "Crane falls"),
        at("3", "Tide turns"),
    ])]);
    assert_eq!(scene.expect("updated")["new"], 3);
    scene.expect("updated");
    assert_eq!(scene.entries().len(), 3);
}

#[test]
fn an_edit_in_place_keeps_the_first_sight() {
    let edited = Post {
        title: "The ferry runs all night".to_owned(),
        ..one("ferry")
    };
    let scene = Scene::new([page(&[one("ferry")]), page(&[edited])]);
    scene.expect("updated");
    let before = scene.entries().remove(0);
    let line = scene.expect("updated");
    assert_eq!((&line["new"], &line["updated"]), (&0.into(), &1.into()));
    let after = scene.entries().remove(0);
    assert_eq!(after["title"], "The ferry runs all night");
    for same in ["id", "guid", "first_seen", "published"] {
        assert_eq!(after[same], before[same], "{same}");
    }
}

#[test]
fn undated_entries_keep_their_first_sight_and_have_no_date() {
    let undated = document(2)
        .lines()
        .map(|line| {
            let cut = line.find("<pubDate>").zip(line.find("</pubDate>"));
            cut.map_or_else(
                || line.to_owned(),
                |(from, to)| format!("{}{}\n", &line[..from], &line[to + "</pubDate>".len()..]),
            )
        })
        .collect::<String>();
    let scene = Scene::new([Reply::feed(undated)]);
    assert_eq!(scene.expect("updated")["new"], 2);
    let before = scene.entries();
    assert!(
        before.iter().all(|entry| entry["published"].is_null()),
        "{before:?}"
    );
    assert_eq!(scene.expect("updated")["new"], 0);
    let seen = |entries: &[serde_json::Value]| {
        entries
            .iter()
            .map(|entry| entry["first_seen"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&scene.entries()), seen(&before));
}

#[test]
fn dates_in_the_future_are_clamped_and_do_not_stay_on_top() {
    let future = Post {
        published: "2099-01-01T00:00:00Z".parse().unwrap(),
        ..one("future")
    };
    let scene = Scene::new([page(&[future])]);
    scene.expect("updated");
    for key in ["published", "updated", "first_seen"] {
        if let Some(date) = scene.entries()[0][key].as_str() {
            assert!(date.parse::<Timestamp>().unwrap() <= now(), "{key}: {date}");
        }
    }
    // It says the same at the next poll, and is no news.
    let line = scene.expect("updated");
    assert_eq!((&line["new"], &line["updated"]), (&0.into(), &0.into()));
}

#[test]
fn one_article_with_tracking_in_two_feeds_is_one() {
    let origin = Origin::start();
    let tracked = Post {
        guid: "elsewhere".to_owned(),
        link: format!("https://{SITE}/ferry?utm_source=rss&utm_medium=feed&fbclid=abc"),
        ..one("ferry")
    };
    origin.on("/a", page(&[one("ferry")]));
    origin.on("/b", page(&[tracked]));
    let both = subscription("a", &origin.url("/a"), "") + &subscription("b", &origin.url("/b"), "");
    let place = Place::with(&both);
    place.json(&["fetch", "--all", "--json"]);
    let all = entries(&place);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["story"], all[1]["story"]);
    let copies: Vec<_> = all
        .iter()
        .filter(|entry| entry["duplicate_of"].is_i64())
        .collect();
    assert_eq!(copies.len(), 1, "{all:?}");
    let original = all
        .iter()
        .find(|entry| entry["duplicate_of"].is_null())
        .unwrap();
    assert_eq!(copies[0]["duplicate_of"], original["id"]);
}

#[test]
fn links_that_run_code_are_dropped_and_markup_is_clean() {
    let hostile = Post {
        link: "javascript:alert(1)".to_owned(),
        text: "<p onclick=\"x()\">Hi</p><script>alert(1)</script><a href=\"JaVaScRiPt:x()\">a</a>\
               <svg/onload=alert(1)"
            .to_owned(),
        ..one("hostile")
    };
    let scene = Scene::new([page(&[hostile])]);
    assert_eq!(scene.expect("updated")["new"], 1);
    let entry = scene.entries().remove(0);
    assert!(entry["url"].is_null(), "{entry}");
    let told = entry.to_string().to_lowercase();
    for bad in ["javascript:", "<script", "onclick", "onload"] {
        assert!(!told.contains(bad), "{bad}: {told}");
    }
}

#[test]
fn entries_that_leave_the_feed_stay_and_a_second_poll_doubles_nothing() {
    let scene = Scene::new([feed(4), feed(4), page(&[one("ferry")])]);
    assert_eq!(scene.expect("updated")["new"], 4);
    assert_eq!(scene.expect("updated")["new"], 0);
    assert_eq!(scene.expect("updated")["new"], 1);
    assert_eq!(scene.entries().len(), 5);
}

#[test]
fn entries_without_guid_or_link_are_known_again_by_their_text() {
    let bare = "<rss version=\"2.0\"><channel><title>Notes</title><item><description>First note of the day</description></item>\
                <item><title>Second</title></item></channel></rss>";
    let scene = Scene::new([Reply::feed(bare)]);
    assert_eq!(scene.expect("updated")["new"], 2);
    assert_eq!(scene.expect("updated")["new"], 0);
    assert_eq!(scene.entries().len(), 2);
}

#[test]
fn a_feed_without_entries_is_a_good_poll() {
    let scene = Scene::new([feed(0).etag("\"0\"").conditional()]);
    assert_eq!(scene.expect("updated")["new"], 0);
    scene.expect("not_modified");
    assert_eq!(scene.state()["error_count"], 0);
}

#[test]
fn a_long_feed_and_a_long_entry_are_taken_whole() {
    let long = Post {
        text: format!("<p>{}</p>", "The tide is high today. ".repeat(45_000)),
        ..one("long")
    };
    let scene = Scene::new([page(&[long])]);
    assert_eq!(scene.expect("updated")["new"], 1);
    let scene = Scene::new([feed(1500)]);
    assert_eq!(scene.expect("updated")["new"], 1500);
    assert_eq!(scene.entries().len(), 1500);
}

#[test]
fn a_site_that_renames_every_guid_brings_nothing_new() {
    let posts = |prefix: &str| -> Vec<Post> {
        (0..10)
            .map(|n| Post {
                guid: format!("{prefix}/{n}"),
                title: format!("Number {n} of the harbor"),
                text: format!("<p>Crane {n} lifts {} tons.</p>", n * 13 + 2),
                ..one(&format!("crane-{n}"))
            })
            .collect()
    };
    let scene = Scene::new([
        page(&posts("http://old.example")),
        page(&posts("https://new.example")),
    ]);
    assert_eq!(scene.expect("updated")["new"], 10);
    assert_eq!(scene.expect("updated")["new"], 0);
    assert_eq!(scene.entries().len(), 10);
}

#[test]
fn new_guids_under_a_link_that_several_share_are_new() {
    let at = |number: usize| Post {
        guid: format!("live-{number}"),
        title: format!("Report {number} of the regatta"),
        text: format!("<p>Boat {number} leads by {} lengths.</p>", number * 3 + 1),
        ..one("live")
    };
    let scene = Scene::new([
        page(&[at(2), at(1)]),
        page(&[at(3), at(2), at(1)]),
        page(&[at(5), at(4), at(3)]),
    ]);
    for new in [2, 1, 2] {
        assert_eq!(scene.expect("updated")["new"], new);
    }
    assert_eq!(scene.entries().len(), 5);
}

#[test]
fn code_in_guids_enclosures_and_other_places_of_links_is_no_address() {
    let feed = "<rss version=\"2.0\"><channel><title>Bad</title><link>javascript:alert(0)</link>\
                <item><title>One</title><guid isPermaLink=\"true\">javascript:alert(1)</guid>\
                <enclosure url=\"javascript:alert(2)\" type=\"audio/mpeg\" length=\"1\"/></item>\
                <item><title>Two</title><link> JaVa&#10;ScRiPt:alert(3)</link><guid>two</guid></item>\
                <item><title>Three</title><link>data:text/html,hi</link><guid>three</guid></item>\
                <item><title>Four</title><link>vbscript:x</link><guid>four</guid></item>\
                </channel></rss>";
    let scene = Scene::new([Reply::feed(feed)]);
    assert_eq!(scene.expect("updated")["new"], 4);
    for entry in scene.entries() {
        assert!(entry["url"].is_null(), "{entry}");
        assert_eq!(entry["enclosures"].as_array().unwrap().len(), 0, "{entry}");
    }
    let page = scene.place.run(&["query", "--format", "atom"]);
    assert!(
        !page.out.to_lowercase().contains("href=\"javascript"),
        "{}",
        page.out
    );
}
