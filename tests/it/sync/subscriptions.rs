//! Subscriptions and labels.

use super::Reader;
use serde_json::Value;

async fn listed(reader: &Reader, id: &str) -> Option<Value> {
    let list = reader.json("subscription/list?output=json").await;
    let list = list["subscriptions"].as_array().unwrap();
    list.iter().find(|feed| feed["id"] == id).cloned()
}

#[tokio::test]
async fn subscriptions_and_labels_are_listed_and_asked_for_conditionally() {
    let reader = Reader::start().await;
    let quay = listed(&reader, "feed/1").await.unwrap();
    assert_eq!(quay["title"], "The Quay");
    assert_eq!(quay["url"], "https://quay.example/feed.xml");
    for field in ["htmlUrl", "iconUrl"] {
        assert!(quay[field].is_string());
    }
    assert_eq!(quay["categories"][1]["id"], "user/-/label/ships");
    assert_eq!(quay["categories"][1]["label"], "ships");
    let tags = reader.json("tag/list?output=json").await;
    assert_eq!(tags["tags"][0]["id"], "user/-/state/com.google/starred");
    assert_eq!(tags["tags"][2]["id"], "user/-/label/ships");
    let first = reader.get("subscription/list").await;
    let tag = first.header("etag").to_owned();
    let again = reader
        .server
        .get_with(
            "/reader/api/0/subscription/list",
            &[("authorization", &reader.header()), ("if-none-match", &tag)],
        )
        .await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn small_questions_have_small_answers() {
    let reader = Reader::start().await;
    let user = reader.json("user-info").await;
    for field in ["userId", "userName", "userProfileId", "userEmail"] {
        assert!(user[field].is_string());
    }
    assert_eq!(user["userName"], "ann");
    assert!(reader.json("preference/list").await["prefs"].is_array());
    assert!(reader.json("preference/stream/list").await["streamprefs"].is_object());
    assert!(reader.json("friend/list").await["friends"].is_array());
    assert_eq!(reader.get("subscribed?s=feed/1").await.text(), "true");
    assert_eq!(reader.get("subscribed?s=feed/9").await.text(), "false");
}

#[tokio::test]
async fn a_feed_is_subscribed_to_edited_and_left() {
    let reader = Reader::start().await;
    let url = "feed/https://new.example/feed";
    reader
        .change(
            "subscription/edit",
            &[
                ("ac", "subscribe"),
                ("s", url),
                ("t", "New \u{7} one"),
                ("a", "user/-/label/fresh"),
            ],
        )
        .await;
    let new = listed(&reader, "feed/3").await.unwrap();
    assert_eq!(new["url"], "https://new.example/feed");
    assert!(!new["title"].as_str().unwrap().contains('\u{7}'));
    assert_eq!(new["categories"][0]["label"], "fresh");
    reader
        .change(
            "subscription/edit",
            &[
                ("ac", "edit"),
                ("s", "feed/3"),
                ("t", "Renamed"),
                ("a", "user/-/label/old"),
                ("r", "user/-/label/fresh"),
            ],
        )
        .await;
    let new = listed(&reader, "feed/3").await.unwrap();
    assert_eq!(
        (
            new["title"].as_str(),
            new["categories"][0]["label"].as_str()
        ),
        (Some("Renamed"), Some("old"))
    );
    // By address it is the same feed, and subscribing twice is subscribing once.
    reader
        .change("subscription/edit", &[("ac", "subscribe"), ("s", url)])
        .await;
    assert!(listed(&reader, "feed/4").await.is_none());
    reader
        .change("subscription/edit", &[("ac", "unsubscribe"), ("s", url)])
        .await;
    assert!(listed(&reader, "feed/3").await.is_none());
    for pairs in [
        &[("ac", "explode"), ("s", "feed/1")][..],
        &[("ac", "edit"), ("s", "nonsense")],
        &[("ac", "edit")],
        &[("ac", "subscribe"), ("s", "feed/ftp://x.example/")],
    ] {
        assert_eq!(
            reader.post("subscription/edit", pairs).await.status,
            400,
            "{pairs:?}"
        );
    }
    assert_eq!(
        reader
            .post("subscription/edit", &[("ac", "edit"), ("s", "feed/77")])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn an_address_alone_is_enough() {
    let reader = Reader::start().await;
    let added = reader
        .post(
            "subscription/quickadd",
            &[("quickadd", "https://new.example/feed")],
        )
        .await
        .json();
    assert_eq!(
        (added["numResults"].as_i64(), added["streamId"].as_str()),
        (Some(1), Some("feed/3"))
    );
    assert!(added["streamName"].is_string() && added["query"].is_string());
    let again = reader
        .post(
            "subscription/quickadd",
            &[("quickadd", "https://new.example/feed")],
        )
        .await
        .json();
    assert_eq!(again["streamId"], "feed/3");
    for bad in ["", "ftp://x.example/", "http://"] {
        let refused = reader
            .post("subscription/quickadd", &[("quickadd", bad)])
            .await
            .json();
        assert_eq!(refused["numResults"], 0);
        assert!(refused["error"].is_string());
    }
}

#[tokio::test]
async fn lists_of_subscriptions_come_and_go() {
    let reader = Reader::start().await;
    let list = "<?xml version=\"1.0\"?><opml version=\"2.0\"><body><outline text=\"Sea &amp; air\">\
        <outline type=\"rss\" text=\"New\" xmlUrl=\"https://new.example/a?b=1&amp;c=2\"/>\
        <outline type=\"rss\" text=\"Bad\" xmlUrl=\"mailto:x\"/></outline></body></opml>";
    let header = reader.header();
    let answer = reader
        .server
        .ask(
            "POST",
            "/reader/api/0/subscription/import?T=x",
            &[("authorization", &header), ("content-type", "text/xml")],
            list,
        )
        .await;
    assert_eq!((answer.status, answer.text()), (200, "OK"));
    let new = listed(&reader, "feed/3").await.unwrap();
    assert_eq!(new["url"], "https://new.example/a?b=1&c=2");
    assert_eq!(new["categories"][0]["label"], "Sea & air");
    let export = reader.get("subscription/export").await;
    assert!(export.text().contains("https://new.example/a?b=1&amp;c=2"));
    let answer = reader
        .server
        .ask(
            "POST",
            "/reader/api/0/subscription/import",
            &[("authorization", &header)],
            "no list",
        )
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn labels_are_renamed_and_given_up() {
    let reader = Reader::start().await;
    reader
        .change(
            "rename-tag",
            &[
                ("s", "user/-/label/ships"),
                ("dest", "user/-/label/boats & more"),
            ],
        )
        .await;
    let quay = listed(&reader, "feed/1").await.unwrap();
    let labels: Vec<&str> = quay["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["a/b c+d é", "boats & more"]);
    reader.change("disable-tag", &[("t", "boats & more")]).await;
    assert_eq!(
        listed(&reader, "feed/2").await.unwrap()["categories"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        reader
            .post("rename-tag", &[("s", "user/-/label/x")])
            .await
            .status,
        400
    );
    assert_eq!(
        reader
            .post("disable-tag", &[("s", "user/-/state/com.google/starred")])
            .await
            .status,
        400
    );
}
