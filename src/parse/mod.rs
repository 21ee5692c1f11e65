//! From bytes to entries: decode, read leniently, one Atom form, feed-rs, clean.
//!
//! ```text
//! bytes ─► decode ─► tree ─► canonical ─► feed-rs ─► convert ─► Parsed
//!          UTF-8     lenient  Atom 1.0     the         clean
//!                    bounded     │        engine      strings
//!                                └─ texts, extras ────────┘
//! ```
//!
//! Summaries and contents are cleaned where they are found: through the engine they would be
//! escaped, read and copied again, which cost half of the time.
//!
//! Nothing about a document is an error but that it is no feed at all: what is broken is mended or
//! left out, and said as a [`Problem`]. Time and memory are linear in the size of the document.

mod canonical;
mod convert;
pub mod dates;
mod decode;
pub mod discover;
mod fault;
mod json;
pub mod opml;
mod problem;
mod sheet;
// The reader of subscription lists uses more of it than the reader of feeds.
mod tree;

pub use fault::{Fault, Offer};
pub use problem::Problem;
pub use sheet::{Sheet, SheetEnclosure, SheetEntry};

use crate::address::Address;
use crate::entry::Item;
use crate::feed::Timestamp;
use crate::schedule::DocumentPace;
use crate::text::Plain;
use canonical::{EntryExtras, FeedExtras};
use problem::{Flaw, Flaws, MAX_PROBLEMS};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A document, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// Its dialect: `rss-2.0`, `atom-1.0`, `rss-1.0`, `json-feed-1.1` and their like.
    pub format: String,
    /// The feed's title; may be empty.
    pub title: Plain,
    /// The page that the feed belongs to.
    pub site: Option<Address>,
    /// Where the feed says that it is.
    pub self_url: Option<Address>,
    /// Where changes are pushed from (WebSub).
    pub hub: Option<Address>,
    /// What the feed is about.
    pub description: Option<Plain>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// When the feed says that it was last changed.
    pub updated: Option<Timestamp>,
    /// When it wants to be asked again.
    pub pace: DocumentPace,
    /// The program that wrote it.
    pub generator: Option<String>,
    /// Its entries, in the document's order, at most 10,000.
    pub items: Vec<Item>,
    /// Whether the document ends in the middle: its last entry may be a half.
    pub cut: bool,
    /// What was mended or left out, at most 50.
    pub problems: Vec<Problem>,
}

/// Reads a document of any feed format. `content_type` is the header field of that name, `base` the
/// address that it came from, against which relative addresses are resolved.
///
/// Fails only if there is no feed in it; never panics.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Address>,
) -> Result<Parsed, Fault> {
    let unpacked = decode::unpack(bytes);
    if decode::is_binary(&unpacked) {
        return Err(Fault::new(
            "this is binary data, a picture or an archive perhaps, and no feed",
        ));
    }
    let decoded = decode::decode(&unpacked, content_type);
    let mut problems = decoded.problems;
    let text = decoded.text.as_ref();
    let mut source = if text.trim_start().starts_with(['{', '[']) {
        read_json(text, base, &mut problems)?
    } else {
        read_markup(text, base, &mut problems)?
    };
    drop(decoded.text);
    let feed = engine(&source.document)?;
    source.document = String::new();
    let mut flaws = Flaws::default();
    let language = convert::language_of(&feed, &source.feed);
    let site = feed.links.iter().find_map(|link| {
        let is_page = link.rel.as_deref().is_none_or(|rel| rel == "alternate");
        let address = canonical::resolve(&link.href, source.base.as_ref())?;
        (is_page && Some(&address) != source.feed.self_url.as_ref()).then_some(address)
    });
    let description = feed.description.as_ref().map(convert::title);
    let mut extras = source.entries.into_iter();
    let items = feed
        .entries
        .into_iter()
        .map(|entry| {
            convert::item(
                entry,
                extras.next().unwrap_or_default(),
                language.as_deref(),
                source.base.as_ref(),
                &mut flaws,
            )
        })
        .collect();
    problems.extend(flaws.sentences(""));
    problems.truncate(MAX_PROBLEMS);
    Ok(Parsed {
        format: source.feed.format,
        title: feed.title.as_ref().map(convert::title).unwrap_or_default(),
        site,
        self_url: source.feed.self_url,
        hub: source.feed.hub,
        description: description.filter(|text| !text.is_empty()),
        language,
        updated: feed.updated,
        pace: source.feed.pace,
        generator: source
            .feed
            .generator
            .map(|generator| Plain::new(&generator).as_str().to_owned()),
        items,
        cut: source.cut,
        problems,
    })
}

/// What the engine is given, and what goes past it.
struct Source {
    document: String,
    feed: FeedExtras,
    entries: Vec<EntryExtras>,
    base: Option<Address>,
    /// Whether it ends in the middle.
    cut: bool,
}

fn read_markup(
    text: &str,
    base: Option<&Address>,
    problems: &mut Vec<Problem>,
) -> Result<Source, Fault> {
    let tree = tree::Tree::read(text);
    let Some(canonical) = canonical::canonical(&tree, base, text.len()) else {
        return Err(no_feed(text, &tree, base));
    };
    let mut flaws = tree.flaws.clone();
    (0..canonical.cut_texts).for_each(|_| flaws.note(Flaw::LongText));
    problems.extend(flaws.sentences(text));
    Ok(Source {
        document: canonical.atom,
        feed: canonical.feed,
        entries: canonical.entries,
        base: canonical.base,
        cut: tree.flaws.has(Flaw::CutOff),
    })
}

fn read_json(
    text: &str,
    base: Option<&Address>,
    problems: &mut Vec<Problem>,
) -> Result<Source, Fault> {
    let repaired = json::repair(text, base).map_err(|fault| match fault {
        json::NoFeed::Syntax(why) => Fault::new(format!(
            "this is not valid JSON, so it is no JSON Feed: {why}"
        )),
        json::NoFeed::Other => {
            Fault::new("this is JSON, but not a JSON Feed: it has no version and no list of items")
        }
    })?;
    let mut flaws = Flaws::default();
    if repaired.cut {
        flaws.note(Flaw::CutOff);
    }
    if repaired.too_many {
        flaws.note(Flaw::TooManyEntries);
    }
    problems.extend(flaws.sentences(text));
    Ok(Source {
        document: repaired.json,
        feed: repaired.feed,
        entries: repaired.entries,
        base: repaired.base,
        cut: repaired.cut,
    })
}

/// Why a document without a feed in it is none.
fn no_feed(text: &str, tree: &tree::Tree<'_>, base: Option<&Address>) -> Fault {
    let Some(root) = tree.document().elements().next() else {
        return Fault::new(if text.trim().is_empty() {
            "the document is empty"
        } else {
            "this is neither XML nor JSON, so it is no feed"
        });
    };
    let start = crate::text::cut_at_character(text.trim_start(), 512).to_ascii_lowercase();
    if root.is("html") || start.contains("<!doctype html") || start.contains("<html") {
        return Fault::page(discover::offers_anywhere(text, base));
    }
    let name = crate::text::cut_at_character(root.name(), 60);
    Fault::new(match root.local().as_str() {
        "opml" => "this is an OPML list of subscriptions, not a feed; import it instead".to_owned(),
        "urlset" | "sitemapindex" => "this is a sitemap, not a feed".to_owned(),
        _ => format!("this is markup, but no feed: its first element is <{name}>"),
    })
}

/// feed-rs, with nothing of its own making: no sanitiser, no invented identifiers, our dates.
fn engine(document: &str) -> Result<feed_rs::model::Feed, Fault> {
    let parser = feed_rs::parser::Builder::new()
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(dates::parse)
        .build();
    // It reads what others wrote; should it panic, that is this document's fault and no more.
    match catch_unwind(AssertUnwindSafe(|| parser.parse(document.as_bytes()))) {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(error)) => Err(Fault::new(format!("the feed could not be read: {error}"))),
        Err(_) => Err(Fault::new(
            "the feed could not be read: the parser failed on it; please report its address",
        )),
    }
}

#[cfg(test)]
mod tests;
