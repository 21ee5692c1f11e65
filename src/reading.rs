//! What a reader did with stories: read, kept unread, starred.
//!
//! The state belongs to the story and every member has it. An entry that joins takes it over, so a
//! late one never makes a read story unread; what is split off keeps it. Two stories that become
//! one are read only if both were, so that nothing unread hides behind something read.

use crate::entry::{EntryId, StoryId};

/// Whether a story was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ReadState {
    /// Nobody read it.
    #[default]
    Unread,
    /// It was read.
    Read,
    /// It is unread because the reader wants it so.
    KeptUnread,
}

/// What a reader did with a story. The default is a story that nobody touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Whether it was read.
    pub read: ReadState,
    /// Whether it is to be kept: retention leaves its entries in place.
    pub starred: bool,
}

/// Something that a reader says of a story. Each sets, none toggles: saying it twice is saying it
/// once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It is read.
    Read,
    /// It is unread.
    Unread,
    /// It is unread and is to stay so.
    KeepUnread,
    /// It gets a star.
    Star,
    /// It loses its star.
    Unstar,
}

/// What a mark is put on. A mark on an entry is one on its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A story; one that was joined to another stands for that.
    Story(StoryId),
    /// An entry.
    Entry(EntryId),
}

impl Reading {
    /// Whether the story counts as unread.
    #[must_use]
    pub fn is_unread(self) -> bool {
        self.read != ReadState::Read
    }

    /// The state after a mark.
    #[must_use]
    pub fn marked(self, mark: Mark) -> Self {
        let (read, starred) = match mark {
            Mark::Read => (ReadState::Read, self.starred),
            Mark::Unread => (ReadState::Unread, self.starred),
            Mark::KeepUnread => (ReadState::KeptUnread, self.starred),
            Mark::Star => (self.read, true),
            Mark::Unstar => (self.read, false),
        };
        Self { read, starred }
    }

    /// The state of the story that two stories become: read only if both were, kept unread or
    /// starred if one was.
    #[must_use]
    pub fn united(self, other: Self) -> Self {
        let read = match (self.read, other.read) {
            (ReadState::KeptUnread, _) | (_, ReadState::KeptUnread) => ReadState::KeptUnread,
            (ReadState::Read, ReadState::Read) => ReadState::Read,
            _ => ReadState::Unread,
        };
        Self {
            read,
            starred: self.starred || other.starred,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading() -> impl Strategy<Value = Reading> {
        let read = prop_oneof![
            Just(ReadState::Unread),
            Just(ReadState::Read),
            Just(ReadState::KeptUnread)
        ];
        (read, any::<bool>()).prop_map(|(read, starred)| Reading { read, starred })
    }

    fn mark() -> impl Strategy<Value = Mark> {
        prop_oneof![
            Just(Mark::Read),
            Just(Mark::Unread),
            Just(Mark::KeepUnread),
            Just(Mark::Star),
            Just(Mark::Unstar)
        ]
    }

    proptest! {
        #[test]
        fn a_mark_twice_is_a_mark_once(state in reading(), mark in mark()) {
            prop_assert_eq!(state.marked(mark).marked(mark), state.marked(mark));
        }

        #[test]
        fn it_does_not_matter_which_story_joins_which(a in reading(), b in reading(), c in reading()) {
            prop_assert_eq!(a.united(b), b.united(a));
            prop_assert_eq!(a.united(b).united(c), a.united(b.united(c)));
            prop_assert_eq!(a.united(a), a);
        }

        #[test]
        fn nothing_unread_and_no_star_is_lost_by_joining(a in reading(), b in reading()) {
            let both = a.united(b);
            prop_assert_eq!(both.is_unread(), a.is_unread() || b.is_unread());
            prop_assert_eq!(both.starred, a.starred || b.starred);
        }
    }
}
