//! Answers that are right but odd, and values that mean nothing.

use super::{Scene, document, document_with, feed, within};
use crate::support::origin::Reply;
use serde_json::Value;

/// These header lines and this body, then the end of the connection.
fn raw(head: &str, body: &[u8]) -> Reply {
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    Reply::raw(bytes)
}

#[test]
fn rule_37_to_40_and_48_odd_answers_that_are_whole_are_read() {
    let body = document(2);
    let len = body.len();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            body.replace("utf-8", "utf-16")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    let utf16be: Vec<u8> = body.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let gz = feed(2).gzip().into_body();
    let mut gz_trailing = gz.clone();
    gz_trailing.extend_from_slice(&[0; 300]);
    let mut gz_garbage = gz.clone();
    gz_garbage.extend_from_slice(b"garbage");
    let good: Vec<(&str, Reply)> = vec![
        ("utf16 bom", Reply::feed(utf16)),
        (
            "utf16be header",
            Reply::status(200)
                .header("Content-Type", "text/xml; charset=utf-16be")
                .body(utf16be),
        ),
        (
            "quoted charset",
            Reply::status(200)
                .header("Content-Type", "text/xml; Charset=\"UTF-8\"")
                .body(body.clone()),
        ),
        (
            "unknown charset",
            Reply::status(200)
                .header("Content-Type", "text/xml; charset=x-none")
                .body(body.clone()),
        ),
        (
            "two same lengths",
            raw(
                &format!("Content-Length: {len}\r\nContent-Length: {len}"),
                body.as_bytes(),
            ),
        ),
        (
            "list of same lengths",
            raw(&format!("Content-Length: {len}, {len}"), body.as_bytes()),
        ),
        (
            "upper case coding",
            Reply::feed(gz.clone()).header("Content-Encoding", "GZIP"),
        ),
        (
            "x-gzip",
            Reply::feed(gz.clone()).header("Content-Encoding", "x-gzip"),
        ),
        (
            "gzip, identity",
            Reply::feed(gz.clone()).header("Content-Encoding", "gzip, identity"),
        ),
        (
            "two fields",
            Reply::feed(gz.clone())
                .header("Content-Encoding", "identity")
                .header("Content-Encoding", "gzip"),
        ),
        (
            "padded gzip",
            Reply::feed(gz_trailing).header("Content-Encoding", "gzip"),
        ),
        (
            "gzip garbage",
            Reply::feed(gz_garbage).header("Content-Encoding", "gzip"),
        ),
        (
            "gzip claim",
            Reply::feed(body.clone()).header("Content-Encoding", "gzip"),
        ),
        (
            "deflate claim plain",
            Reply::feed(body.clone()).header("Content-Encoding", "deflate"),
        ),
        (
            "zstd claim plain",
            Reply::feed(body.clone()).header("Content-Encoding", "zstd"),
        ),
        (
            "br claim plain",
            Reply::feed(body.clone()).header("Content-Encoding", "br"),
        ),
        (
            "lf only",
            Reply::raw(format!(
                "HTTP/1.1 200 OK\nContent-Type: text/xml\nContent-Length: {len}\n\n{body}"
            )),
        ),
        (
            "no reason",
            Reply::raw(format!(
                "HTTP/1.1 200\r\nContent-Length: {len}\r\n\r\n{body}"
            )),
        ),
        (
            "nothing but body",
            Reply::raw(format!("HTTP/1.1 200 OK\r\n\r\n{body}")),
        ),
        (
            "te and cl",
            raw(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close",
                format!("{len:x}\r\n{body}\r\n0\r\n\r\n").as_bytes(),
            ),
        ),
        (
            "attachment",
            feed(2).header("Content-Disposition", "attachment; filename=feed.xml"),
        ),
        (
            "http/1.0 keepalive",
            Reply::raw(format!(
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: {len}\r\n\r\n{body}"
            )),
        ),
        ("varies", feed(2).header("Vary", "*")),
        (
            "203",
            Reply::status(203)
                .header("Content-Type", "text/xml")
                .body(body.clone()),
        ),
        (
            "link flood",
            (0..300).fold(feed(2), |reply, n| {
                reply.header("Link", format!("</{n}>; rel=preload"))
            }),
        ),
        (
            "cookies flood",
            (0..200).fold(feed(2), |reply, n| {
                reply.header("Set-Cookie", format!("c{n}={}", "x".repeat(500)))
            }),
        ),
    ];
    for (what, reply) in good {
        let line = Scene::new([reply]).poll();
        assert_eq!(line["new"], 2, "{what}: {line}");
    }
}

#[test]
fn rule_06_a_coding_that_breaks_off_within_a_whole_transport_sets_no_validators() {
    for (coding, body, missing) in [
        ("br", feed(2).brotli().into_body(), 20),
        ("zstd", feed(2).zstd().into_body(), 10),
        ("gzip", feed(2).gzip().into_body(), 10),
    ] {
        let cut = Reply::feed(&body[..body.len() - missing]);
        let scene = Scene::new([cut.header("Content-Encoding", coding).etag("\"x\"")]);
        scene.expect("error");
        assert_eq!(scene.state()["etag"], Value::Null, "{coding}");
    }
}

#[test]
fn rule_20_freshness_is_read_from_odd_fields() {
    for (fields, least, most) in [
        (&[("Retry-After", "7200")][..], 119, 150),
        (&[("Cache-Control", "max-age=\"7200\"")], 119, 150),
        (
            &[
                ("Cache-Control", "max-age=7200"),
                ("Cache-Control", "max-age=60"),
            ],
            119,
            150,
        ),
        (
            &[(
                "Cache-Control",
                "must-revalidate, private, max-age=7200, immutable",
            )],
            119,
            150,
        ),
        (
            &[("Cache-Control", "max-age=7200"), ("Age", "old")],
            119,
            150,
        ),
        (
            &[
                ("Cache-Control", "max-age=7200"),
                ("Age", "99999999999999999999"),
            ],
            9,
            15,
        ),
    ] {
        let mut reply = feed(1).etag("\"1\"");
        for (name, value) in fields {
            reply = reply.header(name, value);
        }
        let scene = Scene::auto([reply]);
        scene.expect("updated");
        within(scene.due_in(), least, most, &format!("{fields:?}"));
    }
}

#[test]
fn rule_23_nonsense_in_the_document_moves_nothing() {
    let all: String = (0..25).map(|hour| format!("<hour>{hour}</hour>")).collect();
    for inside in [
        format!("<skipHours>{all}</skipHours>"),
        "<skipDays><day>Someday</day></skipDays><ttl>0</ttl>".to_owned(),
        "<ttl>-5</ttl>".to_owned(),
    ] {
        let scene = Scene::auto([Reply::feed(document_with(&inside)).etag("\"1\"")]);
        scene.expect("updated");
        within(scene.due_in(), 9, 15, &inside);
    }
}
