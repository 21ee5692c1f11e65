//! Lists of items: which, in which order, in which pages.

use super::{KEPT, READ, READING_LIST, Reader, STARRED, encoded, form};
use crate::support::server::{item, start};
use chrono::{DateTime, TimeDelta, Utc};

#[tokio::test]
async fn rule_05_streams_name_the_user_as_a_dash_and_are_known_by_any_name() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let all = reader.ids(&format!("s={READING_LIST}")).await;
    assert_eq!(all.len(), 3);
    for user in ["-", "1000", "ann"] {
        let stream = format!("user/{user}/state/com.google/reading-list");
        assert_eq!(reader.ids(&format!("s={}", encoded(&stream))).await, all);
    }
    let quay = reader.ids("s=feed/1").await;
    assert_eq!(quay.len(), 2);
    assert_eq!(reader.ids("s=feed/feed/1").await, quay);
    let contents = reader.get("stream/contents?n=5").await;
    assert!(!contents.text().contains("user/ann") && !contents.text().contains("user/1"));
}

#[tokio::test]
async fn rule_06_a_feed_is_found_by_its_address() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let quay = reader.ids("s=feed/1").await;
    let url = "feed/https://quay.example/feed.xml";
    assert_eq!(reader.ids(&format!("s={}", encoded(url))).await, quay);
    let path = format!("stream/contents/{}?n=9", encoded(url).replace('/', "%2F"));
    assert_eq!(
        reader.json(&path).await["items"].as_array().unwrap().len(),
        2
    );
    // What is not there is empty; what is no stream is told.
    assert_eq!(reader.ids("s=feed/99").await.len(), 0);
    assert_eq!(reader.ids("s=user/-/label/none").await.len(), 0);
    assert_eq!(
        reader
            .ids("s=user/-/state/com.google/broadcast")
            .await
            .len(),
        0
    );
    assert_eq!(reader.get("stream/items/ids?s=nonsense").await.status, 400);
}

#[tokio::test]
async fn rules_08_and_09_times_are_of_arrival_and_the_date_field_says_the_next() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let answer = reader.get("stream/items/ids?s=feed/1").await;
    let date = DateTime::parse_from_rfc2822(answer.header("date")).unwrap();
    assert_eq!(date.with_timezone(&Utc), reader.server.clock.now());
    reader.pass(1);
    // Dated three years ago, and seen just now.
    let late = item(
        "Archive found",
        "https://lamp.example/late",
        Some(start() - TimeDelta::days(1_000)),
        "<p>A cellar in Bremen held reels of tape from a forgotten synthesiser school.</p>",
    );
    reader.server.poll("lamp", vec![late]).await;
    let new = reader
        .ids(&format!("s={READING_LIST}&ot={}", date.timestamp()))
        .await;
    assert_eq!(new.len(), 1);
    let before = reader
        .ids(&format!("s={READING_LIST}&nt={}", date.timestamp()))
        .await;
    assert_eq!(before.len(), 3);
    assert!(!before.contains(&new[0]));
    let refs = reader.json("stream/items/ids?n=1").await;
    let micros = reader.server.clock.now().timestamp_micros().to_string();
    assert_eq!(refs["itemRefs"][0]["timestampUsec"], micros.as_str());
}

#[tokio::test]
async fn rule_10_pages_go_on_by_a_word_that_the_last_one_has_not() {
    let reader = Reader::start().await;
    reader.fill(5).await;
    for order in ["", "&r=o"] {
        let mut seen = Vec::new();
        let mut c = String::new();
        loop {
            let path = format!("stream/items/ids?s={READING_LIST}&xt={READ}&n=2{order}{c}");
            let page = reader.json(&path).await;
            for item in page["itemRefs"].as_array().unwrap() {
                seen.push(item["id"].as_str().unwrap().to_owned());
            }
            // Reading on the way skips nothing.
            reader
                .change("edit-tag", &[("i", seen.last().unwrap()), ("a", READ)])
                .await;
            match page.get("continuation") {
                Some(next) => c = format!("&c={}", next.as_str().unwrap()),
                None => break,
            }
        }
        assert_eq!(seen.len(), 5, "{order}");
        let ids: Vec<(&str, &str)> = seen.iter().map(|id| ("i", id.as_str())).collect();
        let mut pairs = ids;
        pairs.push(("r", READ));
        reader.change("edit-tag", &pairs).await;
    }
    assert_eq!(reader.get("stream/items/ids?c=%00x").await.status, 400);
    let empty = reader.json(&format!("stream/items/ids?s={STARRED}")).await;
    assert!(empty.get("continuation").is_none());
}

#[tokio::test]
async fn rule_11_streams_are_narrowed_by_what_to_leave_out_and_what_to_want() {
    let reader = Reader::start().await;
    reader.fill(4).await;
    let all = reader.ids("").await;
    reader
        .change("edit-tag", &[("i", &all[0]), ("a", READ)])
        .await;
    reader
        .change("edit-tag", &[("i", &all[1]), ("a", STARRED)])
        .await;
    reader
        .change("edit-tag", &[("i", &all[2]), ("a", KEPT), ("r", READ)])
        .await;
    for (parameters, expected) in [
        (format!("s={READING_LIST}&xt={READ}"), &all[1..]),
        (
            format!("s={READING_LIST}&xt={READ}&xt={STARRED}"),
            &all[2..],
        ),
        (format!("s={READING_LIST}&it={READ}"), &all[..1]),
        (format!("s={READING_LIST}&it={STARRED}"), &all[1..2]),
        (format!("s={STARRED}"), &all[1..2]),
        (format!("s={READ}"), &all[..1]),
        (format!("s={KEPT}"), &all[2..3]),
        (format!("s={READ}&xt={READ}"), &all[..0]),
        (format!("s={READING_LIST}&xt=feed/1&xt=feed/2"), &all[..0]),
    ] {
        assert_eq!(reader.ids(&parameters).await, expected, "{parameters}");
    }
}

#[tokio::test]
async fn rule_12_order_and_number_have_their_usual_values_and_bounds() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let newest_first = reader.ids("").await;
    let mut numbers: Vec<i64> = newest_first.iter().map(|id| id.parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b));
    numbers.reverse();
    let oldest_first = reader.ids("r=o").await;
    assert_eq!(
        oldest_first,
        numbers.iter().map(i64::to_string).collect::<Vec<_>>()
    );
    assert_eq!(
        reader.json("stream/items/ids?n=1").await["itemRefs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(reader.get("stream/items/ids?n=10000000").await.status, 200);
    assert_eq!(reader.get("stream/items/ids?n=many").await.status, 400);
    assert_eq!(reader.get("stream/items/count?s=feed/1").await.text(), "2");
}

#[tokio::test]
async fn rule_17_json_is_answered_whatever_is_asked_for() {
    let reader = Reader::start().await;
    for path in [
        "subscription/list",
        "tag/list",
        "unread-count",
        "stream/contents",
        "stream/items/ids?output=atom",
    ] {
        let answer = reader.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            "application/json; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn rule_18_an_endpoint_that_is_not_there_is_404() {
    let reader = Reader::start().await;
    for path in [
        "nonsense",
        "stream",
        "stream/contentsx",
        "subscription",
        "item/edit",
    ] {
        let answer = reader.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.json()["detail"]
                .as_str()
                .unwrap()
                .contains("the sync API has no")
        );
    }
}

#[tokio::test]
async fn rule_19_labels_have_any_letters_and_are_decoded_once() {
    let reader = Reader::start().await;
    reader.fill(4).await;
    let label = "user/-/label/a/b c+d é";
    let quay = reader.ids("s=feed/1").await;
    assert_eq!(reader.ids(&form(&[("s", label)])).await, quay);
    for path in [encoded(label), encoded(label).replace("%2F", "/")] {
        let found = reader.json(&format!("stream/contents/{path}?n=9")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 2, "{path}");
        assert_eq!(found["id"], label);
    }
    assert_eq!(reader.ids("s=user/-/label/ships").await.len(), 4);
}

#[tokio::test]
async fn unread_is_counted_by_feed_label_and_all() {
    let reader = Reader::start().await;
    reader.fill(3).await;
    let counts = reader.json("unread-count?output=json").await;
    let of = |id: &str| {
        let list = counts["unreadcounts"].as_array().unwrap();
        let found = list.iter().find(|count| count["id"] == id).unwrap();
        assert!(found["newestItemTimestampUsec"].is_string());
        found["count"].as_u64().unwrap()
    };
    assert_eq!((of("feed/1"), of("feed/2")), (2, 1));
    assert_eq!((of("user/-/label/ships"), of(READING_LIST)), (3, 3));
}

#[tokio::test]
async fn a_long_sync_in_pages_misses_and_repeats_nothing_while_entries_arrive() {
    let reader = Reader::start().await;
    let batch = |first: usize, count: usize| {
        (first..first + count)
            .map(|n| {
                item(
                    &format!("Bulletin {n} about topic{n}x"),
                    &format!("https://quay.example/b{n}"),
                    None,
                    &format!("<p>alpha{n} beta{n} gamma{n} delta{n}</p>"),
                )
            })
            .collect::<Vec<_>>()
    };
    reader.server.poll("quay", batch(0, 3_000)).await;
    let known = reader.server.store.counts().await.unwrap().stories;
    let mut seen = std::collections::BTreeSet::new();
    let (mut c, mut pages) = (String::new(), 0);
    loop {
        let page = reader
            .json(&format!("stream/items/ids?s={READING_LIST}&n=1000{c}"))
            .await;
        for item in page["itemRefs"].as_array().unwrap() {
            assert!(
                seen.insert(item["id"].as_str().unwrap().to_owned()),
                "twice"
            );
        }
        pages += 1;
        reader.pass(1);
        reader.server.poll("lamp", batch(10_000 * pages, 50)).await;
        match page.get("continuation") {
            Some(next) => c = format!("&c={}", next.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen.len() as u64, known);
    let rest = reader
        .ids(&format!(
            "ot={}",
            (start() + TimeDelta::seconds(30)).timestamp()
        ))
        .await;
    assert!(!rest.is_empty() && rest.iter().all(|id| !seen.contains(id)));
}

/// The form that newsboat reads: the same items, states as categories of the protocol's scheme.
#[tokio::test]
async fn streams_are_told_as_atom_too() {
    let reader = Reader::start().await;
    reader.fill(4).await;
    let told = reader.json("stream/contents/feed%2F1?n=9").await;
    let told = told["items"].as_array().unwrap();
    reader
        .change(
            "edit-tag",
            &[("i", told[0]["id"].as_str().unwrap()), ("a", READ)],
        )
        .await;
    let header = reader.header();
    for base in [
        "/reader/atom",
        "/api/greader.php/reader/atom",
        "//reader/atom",
    ] {
        let answer = reader
            .server
            .get_with(
                &format!("{base}/feed%2F1?n=9"),
                &[("authorization", &header)],
            )
            .await;
        assert_eq!(answer.status, 200, "{base}");
        assert!(
            answer
                .header("content-type")
                .starts_with("application/atom+xml")
        );
        let parsed = feedfold::parse::parse(answer.text().as_bytes(), None, None).unwrap();
        assert_eq!(parsed.problems.len(), 0, "{:?}", parsed.problems);
        assert_eq!(parsed.title.as_str(), "The Quay");
        let ids: Vec<_> = parsed
            .items
            .iter()
            .map(|item| item.guid.as_deref())
            .collect();
        let expected: Vec<_> = told.iter().map(|item| item["id"].as_str()).collect();
        assert_eq!(ids, expected);
        for (item, told) in parsed.items.iter().zip(told) {
            assert_eq!(item.title.as_str(), told["title"].as_str().unwrap());
            assert_eq!(
                item.published.unwrap().timestamp(),
                told["published"].as_i64().unwrap()
            );
        }
        let read = "scheme=\"http://www.google.com/reader/\" label=\"read\"";
        assert_eq!(answer.text().matches(read).count(), 1);
        let (first, second) = answer.text().split_once("</entry>").unwrap();
        assert!(first.contains(read) && !second.contains(read));
    }
    // Pages, narrowing and every kind of stream are those of the other form.
    let get = |path: &str| {
        let path = format!("/reader/atom/{path}");
        let header = header.clone();
        let server = &reader.server;
        async move { server.get_with(&path, &[("authorization", &header)]).await }
    };
    let page = get(&format!("{}?n=1&xt={READ}", encoded(READING_LIST))).await;
    assert_eq!(page.text().matches("<entry").count(), 1);
    assert!(page.text().contains("<gr:continuation>"));
    assert_eq!(get(STARRED).await.text().matches("<entry").count(), 0);
    assert_eq!(get("nonsense").await.status, 400);
    assert_eq!(get("").await.status, 404);
    let stranger = reader.server.get("/reader/atom/feed%2F1").await;
    assert_eq!(stranger.status, 401);
}
