//! Sanitising bodies of entries, against ammonia alone on the same bodies.
//!
//! The bodies are made by a seeded generator, so figures compare across commits: paragraphs with
//! links and emphasis, pictures, lists, quotations, tables and code, as weblogs write them; one in
//! twelve is nested wrongly, as some weblogs do.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feedfold::address::Address;
use feedfold::text::{SafeHtml, plain_from_html};
use std::hint::black_box;

/// A small generator of numbers (splitmix64), so that nothing else is needed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

const WORDS: &[&str] = &[
    "release",
    "the",
    "of",
    "kernel",
    "and",
    "a",
    "memory",
    "safety",
    "in",
    "compiler",
    "market",
    "says",
    "new",
    "is",
    "faster",
    "than",
    "before",
    "model",
    "company",
    "report",
    "users",
    "browser",
    "update",
    "today",
    "year",
    "security",
    "für",
    "größer",
    "café",
    "don&#8217;t",
    "&amp;",
    "it&rsquo;s",
    "&nbsp;",
    "—",
    "data",
    "open",
    "source",
    "to",
    "with",
    "on",
];

fn sentence(numbers: &mut Numbers, out: &mut String) {
    for _ in 0..6 + numbers.below(18) {
        let word = WORDS[numbers.below(WORDS.len())];
        match numbers.below(30) {
            0 => out.push_str(&format!(
                "<a href=\"https://news{}.example/{}/{word}-story.html?utm_source=rss&amp;utm_medium=feed\" target=\"_blank\" rel=\"noopener\">{word}</a>",
                numbers.below(50), numbers.below(3000)
            )),
            1 => out.push_str(&format!("<a href=\"/tag/{}\">{word}</a>", numbers.below(99))),
            2 => out.push_str(&format!("<strong>{word}</strong>")),
            3 => out.push_str(&format!("<em>{word}</em>")),
            4 => out.push_str(&format!("<code>{word}</code>")),
            _ => out.push_str(word),
        }
        out.push(' ');
    }
    out.push_str(". ");
}

fn body(numbers: &mut Numbers) -> String {
    let mut out = String::new();
    for _ in 0..2 + numbers.below(10) {
        match numbers.below(12) {
            0 => out.push_str(&format!(
                "<figure class=\"wp-block-image size-large\"><img loading=\"lazy\" decoding=\"async\" width=\"1024\" height=\"683\" src=\"https://cdn.example/uploads/2026/{0}/photo-{1}-1024x683.jpg\" alt=\"A photo\" class=\"wp-image-{1}\" srcset=\"https://cdn.example/uploads/2026/{0}/photo-{1}-1024x683.jpg 1024w, https://cdn.example/uploads/2026/{0}/photo-{1}-300x200.jpg 300w\" sizes=\"(max-width: 1024px) 100vw, 1024px\" /><figcaption>",
                numbers.below(12), numbers.below(9999)
            )),
            1 => {
                out.push_str("<ul class=\"list\">\n");
                for _ in 0..2 + numbers.below(6) {
                    out.push_str("<li>");
                    sentence(numbers, &mut out);
                    out.push_str("</li>\n");
                }
                out.push_str("</ul>\n");
            }
            2 => {
                out.push_str("<blockquote><p>");
                sentence(numbers, &mut out);
                out.push_str("</p></blockquote>\n");
            }
            3 => out.push_str("<h2 id=\"part\" style=\"margin: 0\">What it means</h2>\n"),
            4 => {
                out.push_str("<table><tr><th>Name</th><th>Value</th></tr>");
                for _ in 0..3 {
                    out.push_str("<tr><td>speed</td><td>12 &lt; 15</td></tr>");
                }
                out.push_str("</table>\n");
            }
            5 => out.push_str("<pre><code>fn main() {\n    println!(\"x &lt; y\");\n}\n</code></pre>\n"),
            6 if numbers.below(6) == 0 => out.push_str("<p><b>Wrongly <p>nested</b></p>"),
            _ => {
                out.push_str("<p>");
                for _ in 0..1 + numbers.below(5) {
                    sentence(numbers, &mut out);
                }
                out.push_str("</p>\n");
            }
        }
        if out.ends_with("<figcaption>") {
            sentence(numbers, &mut out);
            out.push_str("</figcaption></figure>\n");
        }
    }
    out.push_str("<img src=\"https://pixel.wp.com/b.gif?host=x\" width=\"1\" height=\"1\">");
    out
}

fn bodies() -> Vec<String> {
    let mut numbers = Numbers(7);
    (0..500).map(|_| body(&mut numbers)).collect()
}

fn sanitising(c: &mut Criterion) {
    let base = Address::parse("https://blog.example/2026/post").unwrap();
    let bodies = bodies();
    let bytes: usize = bodies.iter().map(String::len).sum();
    let plain: Vec<String> = bodies
        .iter()
        .map(|body| SafeHtml::clean(body, Some(&base)).to_plain(usize::MAX))
        .collect();
    let plain_bytes: usize = plain.iter().map(String::len).sum();
    let mut ammonia = ammonia::Builder::default();
    ammonia
        .link_rel(None)
        .url_relative(ammonia::UrlRelative::RewriteWithBase(base.url().clone()));

    let mut group = c.benchmark_group("html");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function(BenchmarkId::new("clean", "typical"), |b| {
        b.iter(|| {
            for body in &bodies {
                black_box(SafeHtml::clean(black_box(body), Some(&base)));
            }
        });
    });
    group.bench_function(BenchmarkId::new("ammonia", "typical"), |b| {
        b.iter(|| {
            for body in &bodies {
                black_box(ammonia.clean(black_box(body)).to_string());
            }
        });
    });
    group.bench_function(BenchmarkId::new("to_plain", "typical"), |b| {
        let safe: Vec<SafeHtml> = bodies
            .iter()
            .map(|body| SafeHtml::clean(body, Some(&base)))
            .collect();
        b.iter(|| {
            for body in &safe {
                black_box(body.to_plain(usize::MAX));
            }
        });
    });
    group.throughput(Throughput::Bytes(plain_bytes as u64));
    group.bench_function(BenchmarkId::new("clean", "plain text"), |b| {
        b.iter(|| {
            for text in &plain {
                black_box(SafeHtml::clean(black_box(text), Some(&base)));
            }
        });
    });
    group.finish();

    let titles: Vec<&str> = vec![
        "A plain headline of usual length about something new",
        "Tom &amp; Jerry&#8217;s <b>big</b> day",
        "How &lt;script&gt; tags work",
    ];
    c.bench_function("plain_from_html", |b| {
        b.iter(|| {
            for title in &titles {
                black_box(plain_from_html(black_box(title)));
            }
        });
    });
}

criterion_group!(benches, sanitising);
criterion_main!(benches);
