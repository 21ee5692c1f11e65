//! Entries that look like a feed's and are the same each time.
#![allow(dead_code, reason = "each bench needs a part of it")]

use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::entry::Item;
use feedfold::feed::Timestamp;
use feedfold::text::{Plain, SafeHtml};

/// When everything happens.
pub(crate) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// Numbers that look random and are the same each time (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A word; common ones come often, as in a language (about 1/rank of 20,000).
    pub(crate) fn word(&mut self) -> String {
        const SYLLABLES: &[&str] = &[
            "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro",
            "su", "ta", "ve", "wi", "xo", "zu", "an", "er", "is", "ol", "un", "str", "pl", "th",
        ];
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut rank = 20_000_f64.powf(uniform) as u64;
        let mut word = String::new();
        loop {
            let count = SYLLABLES.len() as u64;
            word.push_str(SYLLABLES[(rank % count) as usize]);
            rank /= count;
            if rank == 0 {
                return word;
            }
        }
    }

    pub(crate) fn words(&mut self, count: u64) -> String {
        (0..count)
            .map(|_| self.word())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Half a kilobyte to four of HTML.
    pub(crate) fn html(&mut self) -> String {
        let length = 500 + self.below(3_500) as usize;
        let mut html = String::new();
        while html.len() < length {
            let (before, linked, after) =
                (10 + self.below(30), 1 + self.below(4), 5 + self.below(20));
            html.push_str(&format!(
                "<p>{} <a href=\"https://www.{}.example/{}/{}\">{}</a> {}.</p>\n",
                self.words(before),
                self.word(),
                self.word(),
                self.word(),
                self.words(linked),
                self.words(after),
            ));
        }
        html
    }

    pub(crate) fn item(&mut self, feed: usize, number: usize) -> Item {
        let headline = 6 + self.below(6);
        let title = self.words(headline);
        let link = format!(
            "https://www.outlet-{feed}.example/2026/11/{}-{number}",
            title.replace(' ', "-")
        );
        let html = self.html();
        let summary = html.find("</p>").map(|end| &html[..end + 4]);
        Item {
            guid: Some(format!("https://www.outlet-{feed}.example/?p={number}")),
            link: Address::parse(&link).ok(),
            title: Plain::new(&title),
            authors: vec![Plain::new(&self.words(2))],
            published: Some(noon() - TimeDelta::minutes(self.below(10_000) as i64)),
            summary: summary.map(|summary| SafeHtml::clean(summary, None)),
            content: Some(SafeHtml::clean(&html, None)),
            categories: vec![Plain::new(&self.word()), Plain::new(&self.word())],
            language: Some("en".to_owned()),
            ..Item::default()
        }
    }
}
