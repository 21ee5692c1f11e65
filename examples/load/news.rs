//! Documents that look like those of real outlets to a program: headlines with names, words as
//! common and as rare as in real text, markup, images, links, and copies of other outlets' articles.
//!
//! Every document is a pure function of its feed's number, so a run can be repeated anywhere.

use std::fmt::Write as _;

/// Words that hold sentences together, about as common as they are in English.
const COMMON: &[&str] = &[
    "the", "of", "and", "to", "a", "in", "the", "that", "is", "for", "on", "with", "the", "as",
    "was", "by", "it", "at", "from", "be", "has", "an", "are", "this", "will", "its", "have",
    "not", "which", "but", "to", "said", "more", "or", "of", "after", "their", "been", "one",
    "new",
];
const STARTS: &[&str] = &[
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "r",
    "s", "sh", "st", "t", "tr", "v", "w",
];
const MIDDLES: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "ou"];
const ENDS: &[&str] = &["", "n", "r", "l", "s", "t", "nd", "rk", "m", "ck"];
const CATEGORIES: &[&str] = &[
    "Windows",
    "Security",
    "Hardware",
    "Open source",
    "AI",
    "Business",
    "Mobile",
    "Science",
];
/// Words besides the common ones, and names.
const WORDS: u64 = 20_000;
const NAMES: u64 = 4_000;
/// Of a hundred entries, so many are copies of another outlet's article …
const COPIES: u64 = 18;
/// … and so many report on another outlet's subject in words of their own.
const COVERAGE: u64 = 6;
/// How far back the oldest entries are dated.
const DAYS: u64 = 30;
/// 1 June 2026, midnight UTC: when the newest entries are dated.
const NEWEST: i64 = 1_780_272_000;

/// Numbers without a pattern, always the same ones (SplitMix64).
struct Chance(u64);

impl Chance {
    fn of(feed: usize, entry: usize, purpose: u64) -> Self {
        let mut seeded = Self((feed as u64) << 32 ^ (entry as u64) << 8 ^ purpose);
        seeded.next();
        seeded
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len() as u64) as usize;
        from.get(at).copied().unwrap_or_default()
    }

    /// The number of a word: as common as its rank says (Zipf's law), below the thirty words that
    /// are counted as common ones.
    fn rank(&mut self, words: u64) -> u64 {
        let most = words as f64 / 30.0;
        (30.0 * most.powf(self.share())) as u64
    }
}

/// A number for bytes, as an ETag needs it (FNV-1a).
pub(crate) fn spread(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fn word(number: u64) -> String {
    let mut chance = Chance(number.wrapping_mul(0x1234_5677) ^ 0xABCD);
    let syllables = 2 + chance.below(2);
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(chance.one(STARTS));
        word.push_str(chance.one(MIDDLES));
    }
    word.push_str(chance.one(ENDS));
    word
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A first name and a family name, or a company's single word.
fn name(number: u64) -> String {
    let first = capital(&word(1_000_000 + number));
    match number % 3 {
        0 => first,
        _ => format!("{first} {}", capital(&word(2_000_000 + number / 2))),
    }
}

/// Where an article's text comes from, and when it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) feed: usize,
    pub(crate) entry: usize,
}

/// What an article is about.
struct Subject {
    names: Vec<String>,
    words: Vec<String>,
}

/// An entry, before a dialect writes it.
struct Article {
    title: String,
    paragraphs: Vec<String>,
    link: String,
    guid: String,
    author: String,
    category: &'static str,
    /// Seconds since 1970.
    published: i64,
}

/// Writes documents.
pub(crate) struct News {
    entries: usize,
    size: usize,
    words: Vec<String>,
}

impl News {
    /// Documents of `entries` entries whose HTML has about `size` bytes.
    pub(crate) fn new(entries: usize, size: usize) -> Self {
        Self {
            entries,
            size,
            words: (0..=WORDS).map(word).collect(),
        }
    }

    /// The document of a feed; `later` when it has three more entries, without its three oldest,
    /// and one that was edited.
    pub(crate) fn document(&self, feed: usize, later: bool) -> String {
        let first = if later { 3 } else { 0 };
        let articles: Vec<Article> = (first..first + self.entries)
            .rev()
            .map(|entry| {
                let mut article = self.article(Place { feed, entry });
                if later && entry == first + 1 {
                    article
                        .paragraphs
                        .push("Update: this was corrected.".to_owned());
                }
                article
            })
            .collect();
        match feed % 3 {
            0 => atom(feed, &articles),
            _ => rss(feed, &articles),
        }
    }

    /// Another outlet's entry, of its own making, to copy or to report on.
    fn elsewhere(&self, place: Place, chance: &mut Chance) -> Option<Place> {
        // Among neighbours by number, so that a smaller load has as many copies.
        let other = Place {
            feed: (place.feed / 8 * 8) + chance.below(8) as usize,
            entry: chance.below(self.entries as u64) as usize,
        };
        let own = Chance::of(other.feed, other.entry, 1).below(100) >= COPIES + COVERAGE;
        (own && other.feed != place.feed).then_some(other)
    }

    /// The article that an entry is, told by the place where it was published first.
    pub(crate) fn article_of(&self, place: Place) -> Place {
        let (kind, other) = self.kind(place, &mut Chance::of(place.feed, place.entry, 1));
        other.filter(|_| kind < COPIES).unwrap_or(place)
    }

    /// A word that about a quarter of the entries have.
    pub(crate) fn common_word(&self) -> String {
        self.word(100)
    }

    /// What kind of entry it is, below a hundred, and the one that it copies or reports on.
    fn kind(&self, place: Place, chance: &mut Chance) -> (u64, Option<Place>) {
        let kind = chance.below(100);
        let other = match kind < COPIES + COVERAGE {
            // Most tries find one.
            true => (0..8).find_map(|_| self.elsewhere(place, chance)),
            false => None,
        };
        (kind, other)
    }

    fn article(&self, place: Place) -> Article {
        let mut chance = Chance::of(place.feed, place.entry, 1);
        let (kind, other) = self.kind(place, &mut chance);
        let (subject, text) = match other {
            Some(other) if kind < COPIES => (other, other),
            Some(other) => (other, place),
            None => (place, place),
        };
        let (title, mut paragraphs) = self.text(subject, text);
        if other.is_some() && kind < COPIES {
            match kind % 3 {
                0 => {}
                // Syndicated texts are cut, or carry a line about where they come from.
                1 if paragraphs.len() > 3 => {
                    paragraphs.pop();
                }
                _ => paragraphs.push(format!("Source: Outlet {}.", text.feed)),
            }
        }
        let mut dating = Chance::of(subject.feed, subject.entry, 2);
        let age = dating.below(DAYS * 86_400) as i64;
        let published = match other {
            Some(_) => NEWEST - age + Chance::of(place.feed, place.entry, 3).below(40_000) as i64,
            None => NEWEST - age,
        };
        let slug: String = title
            .to_lowercase()
            .split(' ')
            .take(7)
            .collect::<Vec<_>>()
            .join("-");
        let host = format!("outlet-{}.example", place.feed);
        let link = format!("https://{host}/{}/{slug}-{}.html", 2026, place.entry);
        Article {
            guid: match place.feed % 4 {
                0 => link.clone(),
                _ => format!("https://{host}/?p={}", 1000 + place.entry),
            },
            link,
            title,
            paragraphs,
            author: name(place.feed as u64 * 7 + chance.below(4)),
            category: chance.one(CATEGORIES),
            published,
        }
    }

    fn text(&self, subject: Place, text: Place) -> (String, Vec<String>) {
        let subject = self.subject(subject);
        let mut chance = Chance::of(text.feed, text.entry, 4);
        let mut title = String::new();
        for at in 0..6 + chance.below(5) {
            if at > 0 {
                title.push(' ');
            }
            match at {
                0 => title.push_str(&self.name_of(&subject, &mut chance)),
                _ if at % 3 == 0 => title.push_str(chance.one(COMMON)),
                _ => title.push_str(&self.word_of(&subject, &mut chance)),
            }
        }
        let length = self.size / 4 + (self.size as f64 * 1.75 * chance.share()) as usize;
        let mut paragraphs = Vec::new();
        let mut written = 0;
        while written < length {
            let paragraph = self.paragraph(&subject, paragraphs.len(), &mut chance);
            written += paragraph.len();
            paragraphs.push(paragraph);
        }
        (title, paragraphs)
    }

    fn subject(&self, place: Place) -> Subject {
        let mut chance = Chance::of(place.feed, place.entry, 5);
        Subject {
            names: (0..3).map(|_| name(chance.rank(NAMES))).collect(),
            words: (0..10)
                .map(|_| self.word(200 + chance.below(WORDS - 200)))
                .collect(),
        }
    }

    fn word(&self, number: u64) -> String {
        self.words.get(number as usize).cloned().unwrap_or_default()
    }

    fn name_of(&self, subject: &Subject, chance: &mut Chance) -> String {
        let at = chance.below(subject.names.len() as u64) as usize;
        subject.names.get(at).cloned().unwrap_or_default()
    }

    fn word_of(&self, subject: &Subject, chance: &mut Chance) -> String {
        let at = chance.below(subject.words.len() as u64) as usize;
        subject.words.get(at).cloned().unwrap_or_default()
    }

    /// A paragraph of two to five sentences with the markup of weblogs.
    fn paragraph(&self, subject: &Subject, number: usize, chance: &mut Chance) -> String {
        let mut html = String::from("<p>");
        if number % 5 == 2 {
            let _ = write!(
                html,
                "<img src=\"https://images.example/{:x}.jpg?w=800&amp;h=450\" alt=\"{}\" width=\"800\" class=\"aligncenter\" />",
                chance.next(),
                self.word_of(subject, chance)
            );
        }
        for sentence in 0..2 + chance.below(4) {
            if sentence > 0 {
                html.push(' ');
            }
            self.sentence(subject, chance, &mut html);
        }
        html.push_str("</p>\n");
        html
    }

    fn sentence(&self, subject: &Subject, chance: &mut Chance, html: &mut String) {
        let words = 8 + chance.below(14);
        for at in 0..words {
            let next = match chance.below(100) {
                0..42 => chance.one(COMMON).to_owned(),
                42..54 => self.word_of(subject, chance),
                54..60 => self.name_of(subject, chance),
                60..61 => format!("{}", 1 + chance.below(2000)),
                _ => self.word(chance.rank(WORDS)),
            };
            let next = if at == 0 { capital(&next) } else { next };
            if at > 0 {
                html.push(' ');
            }
            match chance.below(60) {
                0 => {
                    let host = self.word(chance.rank(WORDS));
                    let _ = write!(
                        html,
                        "<a href=\"https://{host}.example/{at}?utm_source=feed\" rel=\"nofollow\">{next}</a>"
                    );
                }
                1 => {
                    let _ = write!(html, "<strong>{next}</strong>");
                }
                _ => html.push_str(&next),
            }
        }
        html.push('.');
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The beginning of a text, without markup, as summaries have it.
fn beginning(paragraphs: &[String]) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in paragraphs.iter().flat_map(|paragraph| paragraph.chars()) {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside && text.len() < 240 => text.push(letter),
            _ => {}
        }
    }
    text.trim().replace('\n', " ")
}

fn date(seconds: i64, form: &str) -> String {
    chrono::DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .format(form)
        .to_string()
}

fn rss(feed: usize, articles: &[Article]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n<title>Outlet {feed}</title>\n\
         <link>https://outlet-{feed}.example/</link>\n<description>News of outlet {feed}</description>\n\
         <language>en-US</language>\n"
    );
    for article in articles {
        let body = article.paragraphs.concat();
        let _ = write!(
            out,
            "<item>\n<title>{}</title>\n<link>{}</link>\n<guid isPermaLink=\"false\">{}</guid>\n\
             <pubDate>{}</pubDate>\n<dc:creator><![CDATA[{}]]></dc:creator>\n\
             <category><![CDATA[{}]]></category>\n",
            escaped(&article.title),
            escaped(&article.link),
            escaped(&article.guid),
            date(article.published, "%a, %d %b %Y %H:%M:%S +0000"),
            article.author,
            article.category,
        );
        // Some publishers have the whole text in the description, most only its beginning.
        let _ = match feed % 5 {
            0 => writeln!(out, "<description>{}</description>", escaped(&body)),
            _ => writeln!(
                out,
                "<description><![CDATA[{} [&#8230;]]]></description>\n\
                 <content:encoded><![CDATA[{body}]]></content:encoded>",
                beginning(&article.paragraphs)
            ),
        };
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn atom(feed: usize, articles: &[Article]) -> String {
    let newest = articles.iter().map(|article| article.published).max();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <id>tag:outlet-{feed}.example,2026:feed</id>\n<title>Outlet {feed}</title>\n\
         <link rel=\"alternate\" href=\"https://outlet-{feed}.example/\"/>\n<updated>{}</updated>\n",
        date(newest.unwrap_or_default(), "%Y-%m-%dT%H:%M:%SZ")
    );
    for article in articles {
        let moment = date(article.published, "%Y-%m-%dT%H:%M:%SZ");
        let _ = write!(
            out,
            "<entry>\n<id>{}</id>\n<title type=\"html\">{}</title>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<published>{moment}</published>\n\
             <updated>{moment}</updated>\n<author><name>{}</name></author>\n<category term=\"{}\"/>\n\
             <content type=\"html\">{}</content>\n</entry>\n",
            escaped(&article.guid),
            escaped(&article.title),
            escaped(&article.link),
            article.author,
            article.category,
            escaped(&article.paragraphs.concat()),
        );
    }
    out.push_str("</feed>\n");
    out
}
