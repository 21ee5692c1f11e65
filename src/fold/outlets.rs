//! The known feeds by the names under which others credit them.

use super::outlet_names::forms;
use crate::feed::FeedId;
use std::collections::{BTreeMap, BTreeSet};

/// So many feeds stand beside the packed ones at least before they are packed too.
const FRESH: usize = 1_000;

/// Subscribed outlets, by the names and hosts by which others credit them. There may be a hundred
/// thousand of them, so most are packed.
#[derive(Debug, Clone, Default)]
pub struct Outlets {
    packed: Packed,
    /// Those that were added or changed since; what is packed of them is void.
    fresh: BTreeMap<FeedId, Outlet>,
    /// Each of their forms with each feed that has it.
    fresh_forms: BTreeSet<(u32, FeedId)>,
}

#[derive(Debug, Clone)]
struct Outlet {
    title: Box<str>,
    forms: Box<[u32]>,
}

/// Outlets in four lists, whatever their number.
#[derive(Debug, Clone, Default)]
struct Packed {
    /// Feeds by number, and where the title of each ends in `titles`.
    feeds: Vec<(FeedId, usize)>,
    titles: String,
    /// Forms, each with the place in `feeds` of a feed that has it.
    forms: Vec<(u32, u32)>,
}

impl Outlets {
    /// Of feeds with their titles for people and the hosts of their addresses and pages. Quickest where
    /// their numbers rise.
    ///
    /// # Errors
    /// The first one that reading `feeds` fails with.
    pub fn read<E>(
        feeds: impl Iterator<Item = Result<(FeedId, String, Vec<String>), E>>,
    ) -> Result<Self, E> {
        let mut outlets = Self::default();
        for feed in feeds {
            let (feed, title, hosts) = feed?;
            let last = outlets.packed.feeds.last();
            if last.is_none_or(|(last, _)| *last < feed) {
                outlets.packed.push(feed, &title, &forms(&title, &hosts));
            } else {
                outlets.insert(feed, &title, &hosts);
            }
        }
        outlets.packed.finish();
        Ok(outlets)
    }

    /// Adds a feed: its title for people, and the hosts of its address and of its page.
    /// Adding it again replaces what was known.
    pub fn insert(&mut self, feed: FeedId, title: &str, hosts: &[String]) {
        let forms: Box<[u32]> = forms(title, hosts).into();
        self.fresh_forms
            .extend(forms.iter().map(|form| (*form, feed)));
        let title = title.into();
        let kept = Outlet { title, forms };
        if let Some(known) = self.fresh.insert(feed, kept) {
            let stays = self.fresh.get(&feed);
            let stays = stays.map_or(&[][..], |outlet| &outlet.forms);
            for form in known.forms.iter().filter(|form| !stays.contains(form)) {
                self.fresh_forms.remove(&(*form, feed));
            }
        }
        if self.fresh.len() >= FRESH + self.packed.feeds.len() / 4 {
            self.packed.take_in(&std::mem::take(&mut self.fresh));
            self.fresh_forms.clear();
        }
    }

    /// The title of a feed, for people.
    #[must_use]
    pub fn title(&self, feed: FeedId) -> &str {
        match self.fresh.get(&feed) {
            Some(outlet) => &outlet.title,
            None => self.packed.title(feed).unwrap_or("another feed"),
        }
    }

    /// The feeds that are credited by a form of a name.
    pub(super) fn credited(&self, form: u32) -> impl Iterator<Item = FeedId> {
        let packed = self.packed.credited(form);
        let packed = packed.filter(|feed| !self.fresh.contains_key(feed));
        let all = (form, FeedId(i64::MIN))..=(form, FeedId(i64::MAX));
        let fresh = self.fresh_forms.range(all).map(|(_, feed)| *feed);
        packed.chain(fresh)
    }

    /// Whether a form credits this feed.
    pub(super) fn credits(&self, form: u32, feed: FeedId) -> bool {
        match self.fresh.get(&feed) {
            Some(outlet) => outlet.forms.contains(&form),
            None => self.packed.credits(form, feed),
        }
    }
}

impl Packed {
    fn place(&self, feed: FeedId) -> Option<usize> {
        self.feeds
            .binary_search_by_key(&feed, |(feed, _)| *feed)
            .ok()
    }

    /// The title of the feed at a place.
    fn title_at(&self, place: usize) -> Option<&str> {
        let before = place
            .checked_sub(1)
            .and_then(|before| self.feeds.get(before));
        let start = before.map_or(0, |(_, end)| *end);
        self.titles.get(start..self.feeds.get(place)?.1)
    }

    fn title(&self, feed: FeedId) -> Option<&str> {
        self.title_at(self.place(feed)?)
    }

    fn credited(&self, form: u32) -> impl Iterator<Item = FeedId> {
        let first = self.forms.partition_point(|(known, _)| *known < form);
        let of_form = self.forms[first..].iter();
        of_form
            .take_while(move |(known, _)| *known == form)
            .filter_map(|(_, place)| Some(self.feeds.get(*place as usize)?.0))
    }

    fn credits(&self, form: u32, feed: FeedId) -> bool {
        self.place(feed)
            .and_then(|place| u32::try_from(place).ok())
            .is_some_and(|place| self.forms.binary_search(&(form, place)).is_ok())
    }

    /// Adds an outlet whose number is above all others; [`Packed::finish`] has to follow.
    fn push(&mut self, feed: FeedId, title: &str, forms: &[u32]) {
        // A list of feeds has far fewer than a number of 32 bits counts.
        let place = u32::try_from(self.feeds.len()).unwrap_or(u32::MAX);
        self.forms.extend(forms.iter().map(|form| (*form, place)));
        self.titles.push_str(title);
        self.feeds.push((feed, self.titles.len()));
    }

    /// Makes what was added known by its forms.
    fn finish(&mut self) {
        self.forms.sort_unstable();
        self.forms.shrink_to_fit();
        self.feeds.shrink_to_fit();
        self.titles.shrink_to_fit();
    }

    /// Takes in more outlets, in the place of what was known of them.
    fn take_in(&mut self, more: &BTreeMap<FeedId, Outlet>) {
        let before = std::mem::take(self);
        let stays = before.feeds.iter().map(|(feed, _)| *feed);
        let mut feeds: Vec<FeedId> = stays.filter(|feed| !more.contains_key(feed)).collect();
        feeds.extend(more.keys());
        feeds.sort_unstable();
        // Where what stays is from now on.
        let mut places = vec![None; before.feeds.len()];
        for (feed, place) in feeds.into_iter().zip(0u32..) {
            match (more.get(&feed), before.place(feed)) {
                (Some(outlet), _) => self.push(feed, &outlet.title, &outlet.forms),
                (None, Some(known)) => {
                    places[known] = Some(place);
                    self.push(feed, before.title_at(known).unwrap_or_default(), &[]);
                }
                (None, None) => {}
            }
        }
        let known = before.forms.iter();
        self.forms.extend(known.filter_map(|(form, place)| {
            let place = places.get(*place as usize).copied().flatten()?;
            Some((*form, place))
        }));
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::super::outlet_names::{host_form, name_form};
    use super::*;

    #[test]
    fn outlets_are_found_by_every_spelling() {
        let mut outlets = Outlets::default();
        outlets.insert(
            FeedId(1),
            "Latest from Windows Central",
            &["www.windowscentral.com".into()],
        );
        outlets.insert(
            FeedId(2),
            "The Origin Post",
            &["origin-post.example".into()],
        );
        let credited = |form| outlets.credited(form).collect::<Vec<_>>();
        for name in ["Windows Central", "windowscentral", "WINDOWS CENTRAL"] {
            assert_eq!(credited(name_form(name).unwrap()), [FeedId(1)], "{name}");
        }
        for name in ["Origin Post", "the origin-post"] {
            assert_eq!(credited(name_form(name).unwrap()), [FeedId(2)], "{name}");
        }
        assert_eq!(credited(host_form("windowscentral.com")), [FeedId(1)]);
        assert!(credited(name_form("Windows").unwrap()).is_empty());
        assert_eq!(name_form("—"), None);
    }

    #[test]
    fn a_feed_that_is_named_anew_is_credited_by_its_new_name_only() {
        let mut outlets = Outlets::default();
        let hosts = ["quay.example".to_owned()];
        outlets.insert(FeedId(1), "Harbour Post", &hosts);
        outlets.insert(FeedId(2), "Harbour Post", &["pier.example".to_owned()]);
        outlets.insert(FeedId(1), "Tide Gazette", &hosts);
        let form = name_form("Harbour Post").unwrap();
        assert_eq!(outlets.credited(form).collect::<Vec<_>>(), [FeedId(2)]);
        assert!(outlets.credits(name_form("Tide Gazette").unwrap(), FeedId(1)));
        assert!(outlets.credits(host_form("quay.example"), FeedId(1)));
        assert_eq!(outlets.title(FeedId(1)), "Tide Gazette");
    }

    #[test]
    fn feeds_are_read_in_any_order_and_of_two_with_one_number_the_last_counts() {
        let feeds = [
            (3, "Tide Gazette"),
            (1, "Lamp Weekly"),
            (4, "Quay News"),
            (3, "Pier Post"),
        ];
        let all = feeds.map(|(feed, title)| {
            let hosts = vec![format!("host{feed}.example")];
            Ok::<_, &str>((FeedId(feed), title.to_owned(), hosts))
        });
        let outlets = Outlets::read(all.into_iter()).unwrap();
        for (feed, title) in &feeds[1..] {
            let feed = FeedId(*feed);
            assert_eq!(outlets.title(feed), *title);
            let form = name_form(title).unwrap();
            assert_eq!(outlets.credited(form).collect::<Vec<_>>(), [feed]);
        }
        let gone = name_form("Tide Gazette").unwrap();
        assert_eq!(outlets.credited(gone).next(), None);
        let failing = [Err("it can't be read")].into_iter();
        assert_eq!(Outlets::read(failing).err(), Some("it can't be read"));
    }

    #[test]
    fn thousands_of_feeds_are_known_as_they_were_named_last() {
        let mut outlets = Outlets::default();
        let title = |number: i64, round: i64| format!("Gazette {number} of {}", number + round);
        let host = |number: i64| format!("gazette{number}.example");
        for round in 0..3 {
            // In another order each time, and not all of them in the last round.
            for place in 0..4_000 - 1_000 * round {
                let number = (place * 7 + round * 13) % 4_000;
                outlets.insert(FeedId(number), &title(number, round), &[host(number)]);
            }
        }
        let credited = |form| outlets.credited(form).collect::<Vec<_>>();
        for number in 0..4_000 {
            let named = |round: i64| (number - round * 13).rem_euclid(4_000) * 1_143 % 4_000;
            let last = (0..3)
                .rev()
                .find(|round| named(*round) < 4_000 - 1_000 * round);
            let last = last.unwrap();
            assert_eq!(outlets.title(FeedId(number)), title(number, last));
            for round in 0..3 {
                let form = name_form(&title(number, round)).unwrap();
                let is_last = round == last;
                assert_eq!(outlets.credits(form, FeedId(number)), is_last);
                assert_eq!(credited(form).contains(&FeedId(number)), is_last);
            }
            assert_eq!(credited(host_form(&host(number))), [FeedId(number)]);
        }
        assert_eq!(outlets.title(FeedId(4_000)), "another feed");
    }
}
