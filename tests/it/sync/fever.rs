//! The Fever API.

use super::{READ, Reader, form};
use serde_json::Value;

/// The MD5 of `ann:weak one`.
fn key(name: &str) -> String {
    use md5::Digest;
    let digest = md5::Md5::digest(format!("{name}:weak one"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn ask(reader: &Reader, query: &str, pairs: &[(&str, &str)]) -> Value {
    let key = key("ann");
    let mut all = vec![("api_key", key.as_str())];
    all.extend_from_slice(pairs);
    let answer = reader
        .post_bare(&format!("/fever/?api&{query}"), &[], &form(&all))
        .await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn every_address_and_form_logs_in() {
    let reader = Reader::start().await;
    for path in ["/fever", "/fever/", "/fever.php", "/fever.php/"] {
        let body = form(&[("api_key", &key("ann").to_uppercase())]);
        let answer = reader
            .post_bare(&format!("{path}?api"), &[], &body)
            .await
            .json();
        assert_eq!(
            (answer["api_version"].as_i64(), answer["auth"].as_i64()),
            (Some(3), Some(1)),
            "{path}"
        );
        assert!(answer["last_refreshed_on_time"].is_i64());
    }
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n{}\r\n--b--\r\n",
        key("ann")
    );
    let answer = reader
        .server
        .ask(
            "POST",
            "/fever/?api&groups",
            &[("content-type", "multipart/form-data; boundary=b")],
            &body,
        )
        .await
        .json();
    assert_eq!(answer["auth"], 1);
    assert_eq!(answer["groups"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wrong_key_is_told_and_slowed_down() {
    let reader = Reader::start().await;
    for body in [
        "",
        "api_key=",
        "api_key=0123456789abcdef0123456789abcdef",
        "api_key=é",
    ] {
        let answer = reader.post_bare("/fever/?api&items", &[], body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json(),
            serde_json::json!({ "api_version": 3, "auth": 0 })
        );
    }
    for _ in 0..6 {
        reader.post_bare("/fever/?api", &[], "api_key=no").await;
    }
    let body = form(&[("api_key", &key("ann"))]);
    assert_eq!(
        reader.post_bare("/fever/?api", &[], &body).await.json()["auth"],
        0
    );
    reader.pass(5);
    assert_eq!(
        reader.post_bare("/fever/?api", &[], &body).await.json()["auth"],
        1
    );
}

#[tokio::test]
async fn several_commands_are_answered_at_once() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let told = ask(
        &reader,
        "groups&feeds&favicons&items&links&unread_item_ids&saved_item_ids",
        &[],
    )
    .await;
    assert_eq!(told["feeds"].as_array().unwrap().len(), 2);
    assert_eq!(told["feeds"][0]["url"], "https://lamp.example/feed.xml");
    assert_eq!(told["groups"].as_array().unwrap().len(), 2);
    assert!(
        told["feeds_groups"]
            .as_array()
            .unwrap()
            .iter()
            .any(|group| group["feed_ids"] == "2,1")
    );
    assert!(
        told["favicons"][0]["data"]
            .as_str()
            .unwrap()
            .starts_with("image/svg+xml;base64,")
    );
    assert_eq!(told["links"].as_array().unwrap().len(), 0);
    assert_eq!(
        (
            told["total_items"].as_i64(),
            told["saved_item_ids"].as_str()
        ),
        (Some(3), Some(""))
    );
    let ids: Vec<i64> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["id"].as_i64().unwrap())
        .collect();
    assert!(ids.is_sorted() && ids.len() == 3);
    let unread: Vec<String> = ids.iter().map(i64::to_string).collect();
    assert_eq!(told["unread_item_ids"], unread.join(",").as_str());
    let item = &told["items"][0];
    for field in ["title", "author", "html", "url"] {
        assert!(item[field].is_string(), "{field}");
    }
    for field in ["feed_id", "is_saved", "is_read", "created_on_time"] {
        assert!(item[field].is_i64(), "{field}");
    }
}

#[tokio::test]
async fn items_come_in_pages_from_either_end_and_by_number() {
    let reader = Reader::start().await;
    reader.fill(4).await;
    let ids = |told: &Value| -> Vec<i64> {
        told["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["id"].as_i64().unwrap())
            .collect()
    };
    let all = ids(&ask(&reader, "items", &[]).await);
    assert_eq!(
        ids(&ask(&reader, &format!("items&since_id={}", all[1]), &[]).await),
        all[2..]
    );
    let newest_first: Vec<i64> = all[..2].iter().rev().copied().collect();
    assert_eq!(
        ids(&ask(&reader, &format!("items&max_id={}", all[2]), &[]).await),
        newest_first
    );
    assert_eq!(
        ids(&ask(
            &reader,
            &format!("items&with_ids={},x,{}", all[3], all[0]),
            &[]
        )
        .await),
        [all[3], all[0]]
    );
}

#[tokio::test]
async fn marks_set_and_are_seen_at_once_in_both_protocols() {
    let reader = Reader::start().await;
    reader.fill(4).await;
    let all = reader.ids("r=o").await;
    let told = ask(
        &reader,
        "",
        &[("mark", "item"), ("as", "read"), ("id", &all[0])],
    )
    .await;
    assert_eq!(told["unread_item_ids"], all[1..].join(",").as_str());
    for _ in 0..2 {
        let told = ask(
            &reader,
            "saved_item_ids",
            &[("mark", "item"), ("as", "saved"), ("id", &all[1])],
        )
        .await;
        assert_eq!(
            told["saved_item_ids"],
            all[1].as_str(),
            "it sets, and toggles not"
        );
    }
    assert_eq!(reader.ids(&format!("it={READ}")).await, all[..1]);
    let told = ask(
        &reader,
        "saved_item_ids",
        &[("mark", "item"), ("as", "unsaved"), ("id", &all[1])],
    )
    .await;
    assert_eq!(told["saved_item_ids"], "");
    ask(
        &reader,
        "",
        &[("mark", "item"), ("as", "unread"), ("id", &all[0])],
    )
    .await;
    assert_eq!(reader.unread().await.len(), 4);
    // What came after the app last looked stays.
    let before = (reader.server.clock.now().timestamp() - 90).to_string();
    ask(
        &reader,
        "",
        &[
            ("mark", "feed"),
            ("as", "read"),
            ("id", "1"),
            ("before", &before),
        ],
    )
    .await;
    assert_eq!(reader.unread().await.len(), 2);
    ask(
        &reader,
        "",
        &[("mark", "group"), ("as", "read"), ("id", "-1")],
    )
    .await;
    assert_eq!(reader.unread().await.len(), 2, "there are no sparks");
    // By GET nothing changes.
    reader
        .server
        .get(&format!(
            "/fever/?api&api_key={}&mark=group&as=read&id=0",
            key("ann")
        ))
        .await;
    assert_eq!(reader.unread().await.len(), 2);
    for pairs in [
        [("mark", "item"), ("as", "eaten"), ("id", "2")],
        [("mark", "item"), ("as", "read"), ("id", "x")],
        [("mark", "all"), ("as", "read"), ("id", "0")],
    ] {
        ask(&reader, "", &pairs).await;
    }
    assert_eq!(reader.unread().await.len(), 2);
    ask(
        &reader,
        "",
        &[("mark", "group"), ("as", "read"), ("id", "0")],
    )
    .await;
    assert_eq!(reader.unread().await.len(), 0);
}
