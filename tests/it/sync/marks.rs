//! Reading, starring, marking everything.

use super::{KEPT, READ, READING_LIST, Reader, STARRED, form};

#[tokio::test]
async fn rule_03_a_change_is_answered_with_exactly_ok() {
    let reader = Reader::start().await;
    reader.fill(1).await;
    let id = reader.unread().await.remove(0);
    let answer = reader
        .post("edit-tag", &[("i", &id), ("a", READ), ("T", "x")])
        .await;
    assert_eq!(answer.body, b"OK");
    assert!(answer.header("content-type").starts_with("text/plain"));
    let answer = reader
        .post("mark-all-as-read", &[("s", READING_LIST)])
        .await;
    assert_eq!(answer.body, b"OK");
}

#[tokio::test]
async fn rule_07_tags_that_are_not_kept_are_ignored_and_kept_unread_is_unread() {
    let reader = Reader::start().await;
    reader.fill(1).await;
    let id = reader.unread().await.remove(0);
    reader.change("edit-tag", &[("i", &id), ("a", READ)]).await;
    assert_eq!(reader.unread().await.len(), 0);
    // What newsboat sends for "unread".
    reader
        .change(
            "edit-tag",
            &[
                ("i", &id),
                ("r", READ),
                ("a", KEPT),
                ("a", "user/-/state/com.google/tracking-kept-unread"),
            ],
        )
        .await;
    assert_eq!(reader.unread().await, [id.as_str()]);
    reader
        .change("edit-tag", &[("i", &id), ("a", READ), ("a", KEPT)])
        .await;
    assert_eq!(reader.unread().await.len(), 0);
    for tag in [
        "user/-/state/com.google/like",
        "user/-/label/mine",
        "nonsense",
        "",
    ] {
        reader
            .change("edit-tag", &[("i", &id), ("a", tag), ("r", tag)])
            .await;
    }
    reader
        .change("edit-tag", &[("i", &id), ("a", STARRED)])
        .await;
    reader
        .change("edit-tag", &[("i", &id), ("a", STARRED)])
        .await;
    assert_eq!(reader.ids(&format!("s={STARRED}")).await, [id.as_str()]);
    reader
        .change("edit-tag", &[("i", &id), ("r", STARRED)])
        .await;
    assert_eq!(reader.ids(&format!("s={STARRED}")).await.len(), 0);
}

#[tokio::test]
async fn rule_13_marking_all_reads_its_moment_in_any_unit_and_leaves_what_came_later() {
    for digits in [1, 1_000, 1_000_000, 1_000_000_000] {
        let reader = Reader::start().await;
        reader.fill(2).await;
        let looked = reader.server.clock.now().timestamp() - 60 - 30;
        reader
            .change(
                "mark-all-as-read",
                &[("s", READING_LIST), ("ts", &(looked * digits).to_string())],
            )
            .await;
        let left = reader.unread().await;
        assert_eq!(left.len(), 1, "{digits}");
        assert_eq!(left, reader.ids("n=1").await[..1]);
        reader
            .change("mark-all-as-read", &[("s", READING_LIST)])
            .await;
        assert_eq!(reader.unread().await.len(), 0);
    }
}

#[tokio::test]
async fn everything_of_a_feed_or_a_label_is_marked() {
    let reader = Reader::start().await;
    reader.fill(4).await;
    reader
        .change("mark-all-as-read", &[("s", "feed/1"), ("T", "x")])
        .await;
    assert_eq!(reader.unread().await, reader.ids("s=feed/2").await);
    reader.change("mark-all-as-read", &[("s", "feed/99")]).await;
    reader
        .change("mark-all-as-read", &[("s", "user/-/label/none")])
        .await;
    reader
        .change(
            "mark-all-as-read",
            &[("s", "user/-/state/com.google/broadcast")],
        )
        .await;
    assert_eq!(reader.unread().await.len(), 2, "nothing is not everything");
    for pairs in [
        &[][..],
        &[("s", "nonsense")],
        &[("s", READING_LIST), ("ts", "soon")],
    ] {
        assert_eq!(reader.post("mark-all-as-read", pairs).await.status, 400);
    }
    reader
        .change("mark-all-as-read", &[("s", "user/-/label/ships")])
        .await;
    assert_eq!(reader.unread().await.len(), 0);
}

#[tokio::test]
async fn rule_16_ten_thousand_items_are_marked_in_one_request() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let known = reader.unread().await;
    let ids: Vec<String> = known
        .iter()
        .cloned()
        .chain((100_000..110_000).map(|n| n.to_string()))
        .map(|id| {
            format!(
                "tag:google.com,2005:reader/item/{:016x}",
                id.parse::<i64>().unwrap()
            )
        })
        .collect();
    let mut pairs: Vec<(&str, &str)> = ids.iter().map(|id| ("i", id.as_str())).collect();
    pairs.push(("a", READ));
    assert!(form(&pairs).len() > 500_000);
    reader.change("edit-tag", &pairs).await;
    assert_eq!(reader.unread().await.len(), 0);
    let header = reader.header();
    let megabyte = format!("i={}&a={READ}&pad={}", known[0], "x".repeat(1_000_000));
    let answer = reader
        .post_bare(
            "/reader/api/0/edit-tag",
            &[("authorization", &header)],
            &megabyte,
        )
        .await;
    assert_eq!(answer.text(), "OK");
    let answer = reader
        .post_bare(
            "/reader/api/0/edit-tag",
            &[("authorization", &header)],
            &"x".repeat(5 << 20),
        )
        .await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_malformed_identifier_is_told_and_an_unknown_one_is_no_fault() {
    let reader = Reader::start().await;
    reader.fill(1).await;
    for pairs in [
        &[("a", READ)][..],
        &[("a", READ), ("i", "no item")],
        &[("a", READ), ("i", "")],
    ] {
        assert_eq!(reader.post("edit-tag", pairs).await.status, 400);
    }
    for id in ["999999", "-1", "ffffffffffffffff"] {
        reader.change("edit-tag", &[("i", id), ("a", READ)]).await;
    }
    assert_eq!(reader.unread().await.len(), 1);
}
