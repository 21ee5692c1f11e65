//! The whole path from bytes to clean entries, beside feed-rs with its own sanitiser, and what
//! hostile documents cost.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feedfold::parse::parse;
use std::hint::black_box;

const WORDS: &[&str] = &[
    "bridge",
    "town",
    "council",
    "opened",
    "today",
    "market",
    "river",
    "the",
    "a",
    "of",
    "and",
    "in",
    "street",
    "school",
    "new",
    "old",
    "people",
    "said",
    "would",
    "plan",
    "caf\u{e9}",
    "weather",
    "mayor",
    "report",
];

/// Words without a pattern, the same at every run.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.0 >> 33
    }

    fn some(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count)
            .map(|_| WORDS[self.next() as usize % WORDS.len()])
            .collect();
        words.join(" ")
    }

    /// A body as blogs have it.
    fn html(&mut self, paragraphs: usize) -> String {
        (0..paragraphs)
            .map(|n| match self.next() % 4 {
                0 => format!("<p>{} <a href=\"https://gazette.example/{n}?a=1&amp;b=2\" target=\"_blank\">{}</a> {}</p>\n", self.some(30), self.some(3), self.some(20)),
                1 => format!("<p><img src=\"https://gazette.example/{n}.jpg\" alt=\"{}\" width=\"640\" class=\"wide\"></p>\n", self.some(4)),
                2 => format!("<ul><li>{}</li><li><em>{}</em></li></ul>\n", self.some(12), self.some(9)),
                _ => format!("<p>{} <strong>{}</strong> {}</p>\n", self.some(40), self.some(2), self.some(30)),
            })
            .collect()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn rss(entries: usize, paragraphs: usize) -> String {
    let mut words = Words(1);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Gazette</title><link>https://gazette.example/</link><description>Town</description>\n",
    );
    for n in 0..entries {
        out.push_str(&format!(
            "<item><title>{}</title><link>https://gazette.example/{n}</link><guid isPermaLink=\"false\">{n}</guid><dc:creator>{}</dc:creator><category>{}</category><pubDate>Mon, 02 Mar 2026 09:30:00 +0100</pubDate><description>{}</description><content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            words.some(8), words.some(2), words.some(1), escaped(&words.html(1)), words.html(paragraphs)
        ));
    }
    out.push_str("</channel></rss>");
    out
}

fn atom(entries: usize, paragraphs: usize) -> String {
    let mut words = Words(2);
    let mut out = String::from(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Gazette</title><id>urn:gazette</id><updated>2026-03-02T09:30:00Z</updated>\n",
    );
    for n in 0..entries {
        out.push_str(&format!(
            "<entry><title>{}</title><id>tag:gazette.example,2026:{n}</id><link href=\"https://gazette.example/{n}\"/><updated>2026-03-02T09:30:00Z</updated><author><name>{}</name></author><content type=\"html\">{}</content></entry>\n",
            words.some(8), words.some(2), escaped(&words.html(paragraphs))
        ));
    }
    out.push_str("</feed>");
    out
}

fn json(entries: usize, paragraphs: usize) -> String {
    let mut words = Words(3);
    let items: Vec<serde_json::Value> = (0..entries)
        .map(|n| {
            serde_json::json!({
                "id": n.to_string(),
                "url": format!("https://gazette.example/{n}"),
                "title": words.some(8),
                "content_html": words.html(paragraphs),
                "date_published": "2026-03-02T09:30:00Z",
            })
        })
        .collect();
    serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": "Gazette", "items": items}).to_string()
}

fn whole_path(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.sample_size(20);
    for (name, document) in [
        ("rss-40-long", rss(40, 12)),
        ("rss-500-short", rss(500, 1)),
        ("atom-40-long", atom(40, 12)),
        ("json-40-long", json(40, 12)),
    ] {
        group.throughput(Throughput::Bytes(document.len() as u64));
        group.bench_with_input(
            BenchmarkId::new("feedfold", name),
            &document,
            |b, document| {
                b.iter(|| {
                    let parsed = parse(black_box(document.as_bytes()), None, None).unwrap();
                    serde_json::to_vec(&feedfold::parse::Sheet::from(&parsed)).unwrap()
                });
            },
        );
        group.bench_with_input(
            BenchmarkId::new("feed-rs", name),
            &document,
            |b, document| {
                b.iter(|| feed_rs::parser::parse(black_box(document.as_bytes())).unwrap());
            },
        );
    }
    group.finish();
}

/// Ten megabytes of everything that has made parsers quadratic.
fn hostile(c: &mut Criterion) {
    const SIZE: usize = 10_000_000;
    let fill = |before: &str, part: &str, after: &str| {
        format!("{before}{}{after}", part.repeat((SIZE / part.len()).max(1)))
    };
    let item = "<rss version='2.0'><channel><item><title>";
    let end = "</title></item></channel></rss>";
    let documents = [
        ("bare-ampersands", fill(item, "& a ", end)),
        (
            "attributes",
            fill(
                "<rss><channel ",
                "a='1' ",
                "><item><title>x</title></item></channel></rss>",
            ),
        ),
        ("namespaces", {
            let many: String = (0..300_000)
                .map(|n| format!("xmlns:n{n}='http://n.example/{n}' "))
                .collect();
            format!("<rss {many}><channel><item/></channel></rss>")
        }),
        (
            "nested",
            fill("<rss><channel><item><description>", "<div>", ""),
        ),
        (
            "nested-and-closed",
            format!(
                "<rss><channel><item>{}{}</item>",
                "<d>".repeat(SIZE / 7),
                "</d>".repeat(SIZE / 7)
            ),
        ),
        (
            "stray-end-tags",
            fill(
                &format!("<rss><channel><item><description>{}", "<a>".repeat(190)),
                "</b>",
                "",
            ),
        ),
        (
            "long-attribute",
            fill(
                "<rss><channel><item><enclosure url='",
                "a",
                "'/></item></channel></rss>",
            ),
        ),
        ("open-quotes", fill("<rss><channel><item>", "<a b=\"<", "")),
        ("open-comments", fill("<rss><channel><item>", "<!-- a", "")),
        (
            "open-cdata",
            fill("<rss><channel><item><title>", "<![CDATA[", ""),
        ),
        (
            "open-instructions",
            fill("<rss><channel><item>", "<?a>", "?>"),
        ),
        ("doctypes", fill("", "<!DOCTYPE a [", "<rss/>")),
        ("empty-items", fill("<rss><channel>", "<item/>", "")),
        ("empty-elements", fill("<rss><channel><item>", "<a/>", "")),
        ("references", fill(item, "&#x9d;&eacute;", end)),
        ("less-than", fill(item, "< ", end)),
        (
            "escaped-nesting",
            fill(
                "<rss><channel><item><description>",
                "&lt;div&gt;",
                "</description></item>",
            ),
        ),
        (
            "escaped-open-tags",
            fill(
                "<rss><channel><item><description>",
                "&lt;a b=\"",
                "</description></item>",
            ),
        ),
        (
            "inline-tags",
            fill(
                "<rss><channel><item><description>",
                "<b>x</b>",
                "</description></item>",
            ),
        ),
        (
            "categories",
            fill("<rss><channel><item>", "<category>a</category>", "</item>"),
        ),
        (
            "authors",
            fill(
                "<rss><channel><item>",
                "<author>a@b.example (x)</author>",
                "</item>",
            ),
        ),
        (
            "at-signs",
            fill("<rss><channel><item><author>", "a@", "</author></item>"),
        ),
        ("twice-encoded", fill(item, "\u{c3}\u{a9}\u{2013}", end)),
        (
            "dates",
            fill(
                "<rss><channel><item>",
                "<pubDate>Mon, 02 Mar 2026 09:30:00 GMT</pubDate>",
                "</item>",
            ),
        ),
        (
            "json-brackets",
            fill(
                "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":",
                "[",
                "",
            ),
        ),
        (
            "json-items",
            fill(
                "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
                "{},",
                "{}]}",
            ),
        ),
        (
            "bad-bytes",
            fill("<rss><channel><item><title>", "\u{e9}\u{e9}", "</title>"),
        ),
    ];
    let mut group = c.benchmark_group("hostile");
    group.sample_size(10);
    group.measurement_time(std::time::Duration::from_millis(100));
    group.warm_up_time(std::time::Duration::from_millis(1));
    for (name, document) in documents {
        group.bench_function(name, |b| {
            b.iter(|| parse(black_box(document.as_bytes()), None, None).is_ok())
        });
    }
    group.finish();
}

criterion_group!(benches, whole_path, hostile);
criterion_main!(benches);
