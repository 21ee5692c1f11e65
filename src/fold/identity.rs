//! Which stored entry of the same feed an item is: a revision, or something new.

use super::words::Words;
use crate::address::Address;
use crate::entry::{EntryId, Item};
use crate::text::SafeHtml;
use std::borrow::Cow;

/// 128 bits of a BLAKE3 hash: equal for equal things only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Of texts, each counted with its length.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut print = [0; 16];
        print.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(print)
    }

    /// Of everything that readers see of an item: when it changes, the entry was revised.
    pub(super) fn of_text(item: &Item) -> Self {
        let summary = item.summary.as_ref().map_or("", SafeHtml::as_str);
        let content = item.content.as_ref().map_or("", SafeHtml::as_str);
        let link = item.link.as_ref().map_or("", Address::as_str);
        Self::of([item.title.as_str(), summary, content, link])
    }
}

/// An item of a document with what tells, before any work is done on its words, whether it is stored as
/// it stands there.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The entry as parsed.
    pub item: Item,
    /// See [`Identity::guid`].
    pub guid: Option<Fingerprint>,
    /// Changes when anything changes that readers see.
    pub text_print: Fingerprint,
    /// The canonical form of its link.
    pub(super) page: Option<String>,
}

impl Printed {
    /// Takes an item's fingerprints.
    #[must_use]
    pub fn of(item: Item) -> Self {
        let page = item.link.as_ref().map(Address::canonical);
        Self {
            guid: guid(&item, page.as_deref()),
            text_print: Fingerprint::of_text(&item),
            page,
            item,
        }
    }

    /// See [`Identity::link`].
    #[must_use]
    pub fn link(&self) -> Option<Fingerprint> {
        self.page.as_deref().map(|page| Fingerprint::of([page]))
    }
}

/// The fingerprint of an item's guid; `page` is the canonical form of its link.
fn guid(item: &Item, page: Option<&str>) -> Option<Fingerprint> {
    let guid = item.guid.as_deref().map(str::trim);
    let guid = guid.filter(|guid| !guid.is_empty())?;
    // Most guids are the link.
    let page = page.filter(|_| item.link.as_ref().is_some_and(|l| l.as_str() == guid));
    let page = page
        .map(|page| Ok(Cow::Borrowed(page)))
        .unwrap_or_else(|| Address::parse(guid).map(|address| Cow::Owned(address.canonical())));
    Some(match page {
        Ok(page) => Fingerprint::of(["address", &page]),
        Err(_) => Fingerprint::of(["guid", guid]),
    })
}

/// By what an entry is known again in its feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The publisher's identifier; an identifier that is an address counts in its canonical form.
    pub guid: Option<Fingerprint>,
    /// The canonical link.
    pub link: Option<Fingerprint>,
    /// Headline and text as words. Entries without any words share one value, which
    /// [`same_entry`] never trusts.
    pub text: Fingerprint,
}

impl Identity {
    /// Of an item with the words of its headline and its text.
    pub(super) fn of(printed: &Printed, title: &Words, text: &Words) -> Self {
        Self {
            guid: printed.guid,
            link: printed.link(),
            text: Fingerprint::of([title.folded(), text.folded()]),
        }
    }

    /// Whether there are no words at all.
    fn is_wordless(&self) -> bool {
        self.text == Fingerprint::of(["", ""])
    }
}

/// A stored entry of the same feed that has the guid, the link or the text of the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// Its number.
    pub entry: EntryId,
    /// By what it is known.
    pub identity: Identity,
    /// What it showed when it was last seen.
    pub text_print: Fingerprint,
    /// Its guid, or without one its link, also stands on another item of the document being
    /// recorded: this entry is spoken for unless the guid is the item's own.
    pub still_listed_elsewhere: bool,
    /// An earlier item of the document being recorded was found to be this entry.
    pub taken: bool,
}

/// Which entry an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// None that is stored.
    New,
    /// This one, with nothing changed that readers see.
    Same(EntryId),
    /// This one, edited.
    Revised(EntryId),
    /// This one under a new guid (or its first one): the store replaces the guid.
    Renamed(EntryId),
}

impl Match {
    /// The stored entry.
    #[must_use]
    pub fn entry(self) -> Option<EntryId> {
        match self {
            Self::New => None,
            Self::Same(entry) | Self::Revised(entry) | Self::Renamed(entry) => Some(entry),
        }
    }
}

/// Decides which stored entry of its feed an item is: by guid, else by a link that only one
/// entry has, else by its text. `known` holds every entry of the feed that shares the guid, the
/// link or the text. One link under many guids (a page that all items point to) stays many.
#[must_use]
pub fn same_entry(identity: &Identity, text_print: Fingerprint, known: &[KnownEntry]) -> Match {
    let found = |entry: &KnownEntry| {
        if identity.guid.is_some() && entry.identity.guid != identity.guid {
            Match::Renamed(entry.entry)
        } else if entry.text_print == text_print {
            Match::Same(entry.entry)
        } else {
            Match::Revised(entry.entry)
        }
    };
    let same_text =
        |entry: &KnownEntry| entry.identity.text == identity.text && !identity.is_wordless();
    let same_link =
        |entry: &KnownEntry| identity.link.is_some() && entry.identity.link == identity.link;

    if identity.guid.is_some() {
        // Feeds that give one guid to several items: link and text tell them apart.
        let best = known
            .iter()
            .filter(|entry| entry.identity.guid == identity.guid)
            .filter(|entry| !entry.taken || same_link(entry) || same_text(entry))
            .min_by_key(|entry| {
                (
                    !same_link(entry),
                    !same_text(entry),
                    entry.taken,
                    entry.entry,
                )
            });
        if let Some(entry) = best {
            return found(entry);
        }
    }
    let at_link: Vec<&KnownEntry> = known.iter().filter(|entry| same_link(entry)).collect();
    // An entry whose guid still stands in the document is that other item. Entries that both
    // have guids need more than a shared page to be one.
    let free = |entry: &&&KnownEntry| {
        !entry.taken && (!entry.still_listed_elsewhere || entry.identity.guid.is_none())
    };
    match at_link.as_slice() {
        [only] if free(&only) => return found(only),
        [] => {}
        several => {
            if let Some(entry) = several.iter().filter(free).find(|entry| same_text(entry)) {
                return found(entry);
            }
            if identity.guid.is_none()
                && let Some(entry) = several.iter().find(|entry| same_text(entry))
            {
                return found(entry);
            }
            return Match::New;
        }
    }
    // Without guid and link on one side there is only the text.
    let bare = |entry: &KnownEntry| {
        (identity.guid.is_none() && identity.link.is_none())
            || (entry.identity.guid.is_none() && entry.identity.link.is_none())
            || (identity.guid.is_none()
                && entry.identity.guid.is_none()
                && identity.link.is_none() != entry.identity.link.is_none())
    };
    known
        .iter()
        .filter(|entry| same_text(entry) && bare(entry))
        .min_by_key(|entry| (entry.taken, entry.entry))
        .map_or(Match::New, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(text: &str) -> Fingerprint {
        Fingerprint::of([text])
    }

    fn identity(guid: Option<&str>, link: Option<&str>, text: &str) -> Identity {
        Identity {
            guid: guid.map(print),
            link: link.map(print),
            text: print(text),
        }
    }

    fn known(entry: i64, identity: Identity) -> KnownEntry {
        KnownEntry {
            entry: EntryId(entry),
            text_print: identity.text,
            identity,
            still_listed_elsewhere: false,
            taken: false,
        }
    }

    fn judge(item: &Identity, known: &[KnownEntry]) -> Match {
        same_entry(item, item.text, known)
    }

    #[test]
    fn a_guid_is_the_entry_whatever_changes() {
        let stored = [known(1, identity(Some("g"), Some("l"), "t"))];
        let same = |item| judge(&item, &stored);
        assert_eq!(
            same(identity(Some("g"), Some("l"), "t")),
            Match::Same(EntryId(1))
        );
        assert_eq!(
            same(identity(Some("g"), Some("other"), "edited")),
            Match::Revised(EntryId(1))
        );
    }

    #[test]
    fn a_changed_guid_with_the_same_link_is_a_rename() {
        let mut stored = [known(1, identity(Some("old"), Some("l"), "t"))];
        let item = identity(Some("new"), Some("l"), "edited");
        assert_eq!(judge(&item, &stored), Match::Renamed(EntryId(1)));
        // Unless the old guid is still in the document: then they are two.
        stored[0].still_listed_elsewhere = true;
        assert_eq!(judge(&item, &stored), Match::New);
    }

    #[test]
    fn one_link_under_many_guids_stays_many() {
        let stored = [
            known(1, identity(Some("a"), Some("page"), "one")),
            known(2, identity(Some("b"), Some("page"), "two")),
        ];
        assert_eq!(
            judge(&identity(Some("c"), Some("page"), "three"), &stored),
            Match::New
        );
        assert_eq!(
            judge(&identity(Some("c"), Some("page"), "two"), &stored),
            Match::Renamed(EntryId(2))
        );
    }

    #[test]
    fn without_a_guid_the_link_counts() {
        let stored = [known(1, identity(None, Some("l"), "t"))];
        assert_eq!(
            judge(&identity(None, Some("l"), "edited"), &stored),
            Match::Revised(EntryId(1))
        );
        assert_eq!(
            judge(&identity(None, Some("m"), "other"), &stored),
            Match::New
        );
        assert_eq!(
            judge(&identity(Some("g"), Some("l"), "t"), &stored),
            Match::Renamed(EntryId(1))
        );
    }

    #[test]
    fn without_guid_and_link_the_text_counts_but_never_no_text() {
        let stored = [known(1, identity(None, None, "t"))];
        assert_eq!(
            judge(&identity(None, None, "t"), &stored),
            Match::Same(EntryId(1))
        );
        let wordless = Identity {
            guid: None,
            link: None,
            text: Fingerprint::of(["", ""]),
        };
        let stored = [known(1, wordless.clone())];
        assert_eq!(judge(&wordless, &stored), Match::New);
    }

    #[test]
    fn one_guid_on_several_items_is_told_apart() {
        let mut stored = [
            known(1, identity(Some("g"), Some("a"), "one")),
            known(2, identity(Some("g"), Some("b"), "two")),
        ];
        assert_eq!(
            judge(&identity(Some("g"), Some("b"), "two"), &stored),
            Match::Same(EntryId(2))
        );
        stored[0].taken = true;
        stored[1].taken = true;
        assert_eq!(
            judge(&identity(Some("g"), Some("c"), "three"), &stored),
            Match::New
        );
    }
}
