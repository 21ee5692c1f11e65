//! Why a document is no feed, and which feeds it offers instead.

use crate::address::Address;

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Where it is.
    pub url: Address,
    /// What the page calls it.
    pub title: Option<String>,
}

/// Why a document could not be read as a feed: one sentence, and what its page offers instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Fault {
    sentence: String,
    offers: Vec<Offer>,
}

impl Fault {
    /// A fault without offers.
    #[must_use]
    pub fn new(sentence: impl AsRef<str>) -> Self {
        Self {
            sentence: crate::text::without_controls(sentence.as_ref()),
            offers: Vec::new(),
        }
    }

    /// A page in place of a feed, with the feeds that it names, which may be none.
    #[must_use]
    pub fn page(offers: Vec<Offer>) -> Self {
        let sentence = match offers.as_slice() {
            [] => "this is a web page, not a feed, and it names no feed; find the feed's own \
                   address and subscribe to that"
                .to_owned(),
            [only] => format!(
                "this is a web page, not a feed; it names the feed {}",
                only.url
            ),
            [first, ..] => format!(
                "this is a web page, not a feed; it names {} feeds, the first is {}",
                offers.len(),
                first.url
            ),
        };
        Self {
            offers,
            ..Self::new(sentence)
        }
    }

    /// The sentence.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The feeds that the page offers.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }
}
