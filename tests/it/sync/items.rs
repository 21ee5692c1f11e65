//! Items: their identifiers, their texts, and stories as items.

use super::{PASSWORD, READ, READING_LIST, Reader, TOLD};
use crate::support::server::{item, start};
use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::config::ReaderSync;
use feedfold::entry::Enclosure;

#[tokio::test]
async fn rule_04_an_item_is_known_in_every_form_of_its_identifier() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let ids = reader.ids("").await;
    let number: i64 = ids[0].parse().unwrap();
    assert!((1..1 << 53).contains(&number));
    let long = format!("tag:google.com,2005:reader/item/{number:016x}");
    for form in [
        long.clone(),
        format!("tag:google.com,2005:reader/item/{number:x}"),
        format!("{number:016x}"),
        ids[0].clone(),
    ] {
        let found = reader
            .post("stream/items/contents", &[("i", &form)])
            .await
            .json();
        assert_eq!(found["items"][0]["id"], long.as_str(), "{form}");
    }
    for form in [
        "nonsense",
        "-5",
        "0",
        "ffffffffffffffff",
        "8000000000000000",
        "",
    ] {
        let found = reader.post("stream/items/contents", &[("i", form)]).await;
        assert_eq!(
            (
                found.status,
                found.json()["items"].as_array().unwrap().len()
            ),
            (200, 0),
            "{form}"
        );
    }
    let both = reader
        .post(
            "stream/items/contents",
            &[("i", &ids[2]), ("i", "999999"), ("i", &ids[0])],
        )
        .await
        .json();
    assert_eq!(both["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn rules_14_and_15_an_item_has_every_field_that_apps_need() {
    let reader = Reader::start().await;
    let (title, text) = TOLD[0];
    let mut one = item(
        title,
        "https://quay.example/one?utm_source=rss",
        Some(start()),
        &format!("<p>{text}</p>"),
    );
    one.enclosures.push(Enclosure {
        url: Address::parse("https://quay.example/one.mp3").unwrap(),
        media_type: Some("audio/mpeg".to_owned()),
        length: Some(1_234),
    });
    reader.pass(5);
    reader.server.poll("quay", vec![one]).await;
    let stream = reader.json("stream/contents/feed%2F1?output=json").await;
    assert_eq!(
        (stream["id"].as_str(), stream["title"].as_str()),
        (Some("feed/1"), Some("The Quay"))
    );
    assert!(stream["updated"].is_i64());
    let item = &stream["items"][0];
    let seen = reader.server.clock.now();
    assert_eq!(item["title"], title);
    assert_eq!(item["published"], start().timestamp());
    assert!(item["updated"].is_i64());
    assert_eq!(
        item["crawlTimeMsec"],
        seen.timestamp_millis().to_string().as_str()
    );
    assert_eq!(
        item["timestampUsec"],
        seen.timestamp_micros().to_string().as_str()
    );
    let href = item["canonical"][0]["href"].as_str().unwrap();
    assert!(href.starts_with("https://quay.example/one"));
    assert_eq!(item["alternate"][0]["href"], href);
    assert_eq!(item["alternate"][0]["type"], "text/html");
    assert!(
        item["summary"]["content"]
            .as_str()
            .unwrap()
            .contains("sodium")
    );
    assert!(item["author"].is_string());
    assert_eq!(item["origin"]["streamId"], "feed/1");
    assert_eq!(item["origin"]["title"], "The Quay");
    assert!(item["origin"]["htmlUrl"].is_string());
    let enclosure = &item["enclosure"][0];
    assert_eq!(
        (enclosure["href"].as_str(), enclosure["length"].as_u64()),
        (Some("https://quay.example/one.mp3"), Some(1_234))
    );
    let categories = item["categories"].as_array().unwrap();
    assert!(categories.contains(&READING_LIST.into()) && !categories.contains(&READ.into()));
    assert!(categories.contains(&"user/-/label/ships".into()));
}

#[tokio::test]
async fn rule_20_an_item_is_a_story_and_the_raw_list_has_the_same_state() {
    let mut reader = Reader::start().await;
    let (title, text) = TOLD[0];
    let told = |feed: &str| {
        item(
            title,
            &format!("https://{feed}.example/one"),
            Some(start()),
            &format!("<p>{text}</p>"),
        )
    };
    reader.server.poll("quay", vec![told("quay")]).await;
    reader.pass(1);
    reader.server.poll("lamp", vec![told("lamp")]).await;
    let stories = reader.unread().await;
    assert_eq!(stories.len(), 1);
    let found = reader.json("stream/contents").await;
    assert!(
        found["items"][0]["summary"]["content"]
            .as_str()
            .unwrap()
            .contains("Also in")
    );

    reader.act_as("ann+articles").await;
    let articles = reader.unread().await;
    assert_eq!(articles.len(), 2);
    assert!(
        !articles.contains(&stories[0]),
        "no number means two things"
    );
    assert_eq!(reader.ids("s=feed/2").await.len(), 1);
    reader
        .change("edit-tag", &[("i", &articles[1]), ("a", READ)])
        .await;
    assert_eq!(reader.unread().await.len(), 0, "members follow");

    reader.act_as("ann").await;
    assert_eq!(reader.unread().await.len(), 0);
    // A late copy does not make it unread again.
    reader.pass(1);
    reader.server.subscribe("tide", "Tide", &[]).await;
    reader.server.poll("tide", vec![told("tide")]).await;
    assert_eq!(reader.ids("").await.len(), 1);
    assert_eq!(reader.unread().await.len(), 0);
    assert!(TimeDelta::zero() < reader.server.clock.now() - start());
}

#[tokio::test]
async fn the_raw_list_is_for_everybody_where_the_settings_say_so() {
    let reader = Reader::start_with(ReaderSync {
        enabled: true,
        user: "ann".to_owned(),
        password: Some(PASSWORD.to_owned()),
        fever_password: None,
        articles: true,
    })
    .await;
    let (title, text) = TOLD[0];
    for feed in ["quay", "lamp"] {
        let link = format!("https://{feed}.example/one");
        let told = item(title, &link, Some(start()), &format!("<p>{text}</p>"));
        reader.server.poll(feed, vec![told]).await;
    }
    let articles = reader.unread().await;
    assert_eq!(articles.len(), 2, "one story, and each of its articles");
    reader
        .change("edit-tag", &[("i", &articles[0]), ("a", READ)])
        .await;
    assert_eq!(reader.unread().await.len(), 0, "members follow");
}
