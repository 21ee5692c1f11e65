//! Stories as documents that readers subscribe to: Atom 1.0, RSS 2.0, JSON Feed 1.1, OPML 2.0.
//!
//! Everything here is pure: the same channel gives the same bytes, whoever asks and whenever.

mod atom;
mod body;
mod item;
mod json_feed;
mod links;
mod long;
mod opml;
pub mod records;
mod rss;
mod xml;

#[cfg(test)]
mod tests;

pub use atom::atom;
pub use item::{FeedItem, Related, excerpt};
pub use json_feed::json_feed;
pub use long::{Format, LongDocument};
pub use opml::opml;
pub use rss::rss;
pub(crate) use xml::Xml;

use crate::config::Presentation;
use crate::entry::Story;
use crate::feed::Timestamp;
use chrono::SecondsFormat;
use std::borrow::Cow;

/// Begins the identifier of every feed and item that feedfold publishes (RFC 4151). A source
/// document whose own identifier begins so is feedfold's output, and subscribing to it loops.
pub const TAG_PREFIX: &str = "tag:feedfold,2026:";

/// The name that documents give as their generator.
pub const GENERATOR: &str = "feedfold";

/// The version that documents give as their generator's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The namespace of feed history (RFC 5005).
const HISTORY: &str = "http://purl.org/syndication/history/1.0";

/// A merged feed, ready to be written in any format.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its identifier: minted once, independent of host, format and page.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it is, in a sentence.
    pub subtitle: Option<String>,
    /// Its page for people, absolute.
    pub home: String,
    /// Its own address, absolute, as readers see it.
    pub self_url: String,
    /// What the pages of stories begin with (`https://…/story/`): where an item without a link of
    /// its own leads.
    pub stories_at: String,
    /// When its content last changed. See [`Channel::newest`].
    pub updated: Timestamp,
    /// The items, in order.
    pub stories: Vec<Story>,
    /// The address of the page that goes on where this one ends.
    pub next: Option<String>,
    /// The address of the newest archive of what is older (RFC 5005 section 4).
    pub earlier: Option<String>,
    /// In an archive, the address of the feed that it belongs to.
    pub archive_of: Option<String>,
    /// The WebSub hub.
    pub hub: Option<String>,
    /// The stylesheet (CSS) for browsers that show the document itself.
    pub stylesheet: Option<String>,
    /// What the items say.
    pub presentation: Presentation,
}

impl Channel {
    /// The language of all items, where they share one.
    fn language(&self) -> Option<Cow<'_, str>> {
        let mut languages = self.stories.iter().map(|story| {
            let language = story.lead.item.language.as_deref();
            language.and_then(item::language)
        });
        let first = languages.next()??;
        languages
            .all(|language| language.as_ref() == Some(&first))
            .then_some(first)
    }

    /// When the newest of `stories` last changed: what a feed gives as its own date, so that no
    /// clock is needed and the same stories give the same bytes.
    #[must_use]
    pub fn newest(stories: &[Story], presentation: Presentation) -> Option<Timestamp> {
        let updated = |story| item::updated(story, presentation);
        stories.iter().map(updated).max()
    }
}

/// As many of the first `stories` as fit `max_bytes` of content, and at least one.
#[must_use]
pub fn within(mut stories: Vec<Story>, max_bytes: usize) -> Vec<Story> {
    let mut total = 0_usize;
    let fitting = stories
        .iter()
        .take_while(|story| {
            let item = &story.lead.item;
            let size = [&item.content, &item.summary]
                .into_iter()
                .flatten()
                .map(|html| html.as_str().len())
                .sum::<usize>()
                + 1024 * (1 + story.members.len());
            total = total.saturating_add(size);
            total <= max_bytes
        })
        .count();
    stories.truncate(fitting.max(1));
    stories
}

/// A moment as RFC 3339 in UTC, with milliseconds only where there are any.
#[must_use]
pub fn rfc3339(moment: Timestamp) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A moment as RFC 822 with a four-digit year (RSS 2.0) and a numeric zone.
#[must_use]
pub fn rfc822(moment: Timestamp) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
