//! Entries of made-up words.

use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::entry::Item;
use feedfold::feed::Timestamp;
use feedfold::text::{Plain, SafeHtml};
use std::fmt::Write as _;

const SYLLABLES: &[&str] = &[
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su",
    "ta", "ve", "wi", "xo", "zu", "an", "er", "is", "ol", "un", "str", "pl", "th",
];

/// Numbers that look random and are the same each time (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A word; common ones come often, as in a language (about 1/rank of 20,000).
    fn word(&mut self) -> String {
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        word(20_000_f64.powf(uniform) as u64)
    }

    fn words(&mut self, count: u64) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// The word of a rank.
pub(crate) fn word(mut rank: u64) -> String {
    let count = SYLLABLES.len() as u64;
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES.get((rank % count) as usize).unwrap_or(&""));
        rank /= count;
        if rank == 0 {
            return word;
        }
    }
}

/// An entry before it is clean or written into a document.
struct Draft {
    title: String,
    link: String,
    author: String,
    category: String,
    published: Timestamp,
    html: String,
}

/// The n-th entry of a feed, as it may be found at `at`.
fn draft(feed: usize, number: usize, at: Timestamp) -> Draft {
    let mut random = Random((number as u64) << 32 ^ feed as u64);
    let headline = 6 + random.below(6);
    let title = random.words(headline);
    let mut html = String::new();
    let length = 400 + random.below(1_600) as usize;
    while html.len() < length {
        let count = 20 + random.below(40);
        // Writing to a text never fails.
        let _ = writeln!(html, "<p>{}.</p>", random.words(count));
    }
    if random.below(100_000) == 0 {
        html.push_str("<p>quetzal</p>");
    }
    Draft {
        title,
        link: format!("https://www.outlet-{feed}.example/{number}"),
        author: random.words(2),
        category: random.word(),
        published: at - TimeDelta::minutes(random.below(10_000).cast_signed()),
        html,
    }
}

/// The n-th entry of a feed, as parsing makes it.
pub(super) fn item(feed: usize, number: usize, at: Timestamp) -> Item {
    let draft = draft(feed, number, at);
    Item {
        guid: Some(draft.link.clone()),
        link: Address::parse(&draft.link).ok(),
        title: Plain::new(&draft.title),
        authors: vec![Plain::new(&draft.author)],
        published: Some(draft.published),
        content: Some(SafeHtml::clean(&draft.html, None)),
        categories: vec![Plain::new(&draft.category)],
        language: Some("en".to_owned()),
        ..Item::default()
    }
}

/// The document of a feed with those of its entries, the newest first.
pub(crate) fn document(feed: usize, numbers: std::ops::Range<usize>, at: Timestamp) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\">\n<channel>\n\
         <title>Outlet {feed}</title>\n<link>https://www.outlet-{feed}.example/</link>\n\
         <description>News of outlet {feed}</description>\n<language>en</language>\n"
    );
    for number in numbers.rev() {
        let draft = draft(feed, number, at);
        let _ = write!(
            out,
            "<item>\n<title>{}</title>\n<link>{link}</link>\n<guid>{link}</guid>\n<pubDate>{}</pubDate>\n\
             <author>{}</author>\n<category>{}</category>\n<description><![CDATA[{}]]></description>\n\
             </item>\n",
            draft.title,
            draft.published.to_rfc2822(),
            draft.author,
            draft.category,
            draft.html,
            link = draft.link,
        );
    }
    out.push_str("</channel>\n</rss>\n");
    out
}
