//! How a feed's server serves it, as far as a poll shows: what `feedfold feeds doctor` tells.

use crate::address::Address;
use crate::feed::{Feed, Pace};
use crate::fetch::{Answer, Fetched};
use crate::text::{cut_at_character, without_controls};

/// Longest `Content-Type` that is remembered, in bytes.
const MAX_TYPE: usize = 100;

/// What a document's answer showed of its server.
pub(super) struct Serving {
    redirected: bool,
    content_type: Option<String>,
    bytes: u64,
}

impl Serving {
    /// What an answer shows; `None` where it brought no document.
    pub(super) fn of(feed: &Feed, fetched: &Fetched) -> Option<Self> {
        let Ok(Answer::Document(document)) = &fetched.answer else {
            return None;
        };
        let home = Address::parse(&feed.subscription.url).ok();
        // After a permanent move the next poll goes straight to the new address.
        let settled = fetched.moved_to.as_ref().or(home.as_ref());
        Some(Self {
            redirected: settled
                .zip(document.url.as_ref())
                .is_some_and(|(settled, found)| settled.shown() != found.shown()),
            content_type: document
                .content_type
                .as_deref()
                .map(|kind| cut_at_character(&without_controls(kind), MAX_TYPE).to_owned()),
            bytes: document.body.len() as u64,
        })
    }

    /// Remembers it, of a document with so many entries.
    pub(super) fn note(self, entries: usize, pace: &mut Pace) {
        pace.document = Some((entries, self.bytes));
        pace.redirected = self.redirected;
        pace.content_type = self.content_type;
    }
}

/// The address that answered, without user name and password, if it is not the feed's own.
pub(super) fn elsewhere(feed: &Feed, fetched: &Fetched) -> Option<String> {
    let answered = fetched.final_url.as_ref()?.shown();
    let home = Address::parse(&feed.subscription.url).ok()?;
    (home.shown() != answered).then_some(answered)
}
