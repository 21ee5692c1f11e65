//! Feeds that wait for their poll, by host, the hosts taking turns.
//!
//! All feeds of a large list may wait at once: of each only its number is kept, and the name of a
//! host once.

use crate::feed::FeedId;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The queues of all hosts.
#[derive(Default)]
pub(super) struct Waiting {
    /// Hosts that have feeds waiting, in the order in which they take turns.
    turns: VecDeque<Arc<str>>,
    queues: HashMap<Arc<str>, Queue>,
}

/// Feeds that wait for one host.
#[derive(Default)]
struct Queue {
    feeds: VecDeque<FeedId>,
    /// Whether there were several at once: what is fetched next goes over the same connection.
    several: bool,
}

/// A feed whose turn it is.
pub(super) struct Next {
    pub(super) feed: FeedId,
    pub(super) host: Arc<str>,
    /// Whether no other waited for its host.
    pub(super) is_alone: bool,
}

impl Waiting {
    /// Adds a feed behind those of its host.
    pub(super) fn add(&mut self, feed: FeedId, host: &str) {
        if let Some(queue) = self.queues.get_mut(host) {
            queue.feeds.push_back(feed);
            queue.several = true;
            return;
        }
        let host: Arc<str> = host.into();
        let mut feeds = VecDeque::with_capacity(1);
        feeds.push_back(feed);
        let several = false;
        self.turns.push_back(Arc::clone(&host));
        self.queues.insert(host, Queue { feeds, several });
    }

    /// The hosts, in their turns.
    pub(super) fn hosts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.turns.iter().map(AsRef::as_ref)
    }

    /// Whether feeds of a host wait.
    pub(super) fn has(&self, host: &str) -> bool {
        self.queues.contains_key(host)
    }

    /// Takes the first feed of each of the hosts at these positions, which ascend, out; those hosts
    /// come last from now on.
    pub(super) fn take(&mut self, positions: &[usize]) -> Vec<Next> {
        // From behind, so that the positions before stay right.
        let mut hosts: Vec<Arc<str>> = positions
            .iter()
            .rev()
            .filter_map(|position| self.turns.remove(*position))
            .collect();
        hosts.reverse();
        let mut taken = Vec::with_capacity(hosts.len());
        for host in hosts {
            let Some(queue) = self.queues.get_mut(&host) else {
                continue;
            };
            let is_alone = !queue.several;
            let feed = queue.feeds.pop_front();
            if queue.feeds.is_empty() {
                self.queues.remove(&host);
            } else {
                self.turns.push_back(Arc::clone(&host));
            }
            taken.extend(feed.map(|feed| Next {
                feed,
                host,
                is_alone,
            }));
        }
        taken
    }

    /// Takes the first feed of a host out.
    pub(super) fn take_of(&mut self, host: &str) -> Option<FeedId> {
        let queue = self.queues.get_mut(host)?;
        let feed = queue.feeds.pop_front();
        if queue.feeds.is_empty() {
            self.queues.remove(host);
            self.turns.retain(|waiting| **waiting != *host);
        }
        feed
    }

    /// Lets all go.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(feeds: &[(i64, &str)]) -> Waiting {
        let mut waiting = Waiting::default();
        for (feed, host) in feeds {
            waiting.add(FeedId(*feed), host);
        }
        waiting
    }

    fn taken(next: &[Next]) -> Vec<(i64, &str, bool)> {
        next.iter()
            .map(|next| (next.feed.0, &*next.host, next.is_alone))
            .collect()
    }

    #[test]
    fn hosts_take_turns_and_their_feeds_keep_their_order() {
        let mut waiting = waiting(&[(1, "a"), (2, "a"), (3, "b"), (4, "a"), (5, "c")]);
        assert_eq!(waiting.hosts().collect::<Vec<_>>(), ["a", "b", "c"]);
        let next = waiting.take(&[0, 2]);
        assert_eq!(taken(&next), [(1, "a", false), (5, "c", true)]);
        // It has others, and comes after who has waited.
        assert_eq!(waiting.hosts().collect::<Vec<_>>(), ["b", "a"]);
        assert!(!waiting.has("c"));
        assert_eq!(
            taken(&waiting.take(&[0, 1])),
            [(3, "b", true), (2, "a", false)]
        );
        // The last of several goes over the connection that they had.
        assert_eq!(taken(&waiting.take(&[0])), [(4, "a", false)]);
        assert_eq!(waiting.hosts().len(), 0);
    }

    #[test]
    fn a_host_whose_feeds_are_all_taken_has_no_turn() {
        let mut waiting = waiting(&[(1, "a"), (2, "b"), (3, "a")]);
        assert_eq!(waiting.take_of("a"), Some(FeedId(1)));
        assert_eq!(waiting.hosts().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(waiting.take_of("a"), Some(FeedId(3)));
        assert_eq!(waiting.take_of("a"), None);
        assert_eq!(waiting.hosts().collect::<Vec<_>>(), ["b"]);
    }
}
