//! The list of formatting that is to go on (HTML Standard, "The list of active formatting
//! elements"): `<p><b>one<p>two</b>` is bold in both paragraphs.

use super::allow::{Element, Kind};
use super::tree::Open;
use std::ops::Range;

/// Formatting that was opened and not ended, in order, cells of tables apart.
#[derive(Debug, Default)]
pub(super) struct FormattingList {
    entries: Vec<Entry>,
    /// The number given last.
    numbered: u32,
}

#[derive(Debug)]
enum Entry {
    /// A cell or caption begins here: what comes before it does not go on within it.
    Marker,
    Formatting {
        element: &'static Element,
        number: u32,
        /// Where its start tag was written.
        tag: Range<usize>,
        /// Whether it is among the open elements.
        open: bool,
    },
}

impl FormattingList {
    /// An element was opened with the start tag `tag` in `out`. Gives its number; 0 where it is no
    /// formatting.
    pub(super) fn opened(
        &mut self,
        element: &'static Element,
        tag: Range<usize>,
        out: &str,
    ) -> u32 {
        match element.kind {
            Kind::Cell | Kind::Caption => {
                self.entries.push(Entry::Marker);
                0
            }
            Kind::Formatting => {
                self.forget_fourth(element, &out[tag.clone()], out);
                self.numbered += 1;
                self.entries.push(Entry::Formatting {
                    element,
                    number: self.numbered,
                    tag,
                    open: true,
                });
                self.numbered
            }
            _ => 0,
        }
    }

    /// Of four alike, the first is forgotten (the standard calls it the Noah's Ark clause).
    fn forget_fourth(&mut self, new: &Element, new_tag: &str, out: &str) {
        let mut alike = 0;
        let mut first = 0;
        for (at, entry) in self.entries.iter().enumerate().rev() {
            match entry {
                Entry::Marker => break,
                Entry::Formatting { element, tag, .. } => {
                    if std::ptr::eq(*element, new) && out[tag.clone()] == *new_tag {
                        alike += 1;
                        first = at;
                    }
                }
            }
        }
        if alike >= 3 {
            self.entries.remove(first);
        }
    }

    /// An element was closed, by whatever.
    pub(super) fn closed(&mut self, closed: &Open) {
        if matches!(closed.element.kind, Kind::Cell | Kind::Caption) {
            while let Some(entry) = self.entries.pop() {
                if matches!(entry, Entry::Marker) {
                    break;
                }
            }
        } else if closed.formatting != 0 {
            for entry in self.entries.iter_mut().rev() {
                if let Entry::Formatting { number, open, .. } = entry
                    && *number == closed.formatting
                {
                    *open = false;
                    break;
                }
            }
        }
    }

    /// Whether formatting waits to be opened again.
    pub(super) fn is_pending(&self) -> bool {
        matches!(
            self.entries.last(),
            Some(Entry::Formatting { open: false, .. })
        )
    }

    /// The places of what waits to be opened again.
    pub(super) fn pending(&self) -> Range<usize> {
        let waits = |entry: &&Entry| matches!(entry, Entry::Formatting { open: false, .. });
        let count = self.entries.iter().rev().take_while(waits).count();
        self.entries.len() - count..self.entries.len()
    }

    /// Notes that the formatting at `at` is open again; gives its element, number and start tag.
    pub(super) fn reopened(&mut self, at: usize) -> Option<(&'static Element, u32, Range<usize>)> {
        match self.entries.get_mut(at)? {
            Entry::Marker => None,
            Entry::Formatting {
                element,
                number,
                tag,
                open,
            } => {
                *open = true;
                Some((element, *number, tag.clone()))
            }
        }
    }

    /// The last formatting of that kind that may be ended here: its place, number, and whether it
    /// is open.
    pub(super) fn last(&self, wanted: &Element) -> Option<(usize, u32, bool)> {
        for (at, entry) in self.entries.iter().enumerate().rev() {
            match entry {
                Entry::Marker => return None,
                Entry::Formatting {
                    element,
                    number,
                    open,
                    ..
                } => {
                    if std::ptr::eq(*element, wanted) {
                        return Some((at, *number, *open));
                    }
                }
            }
        }
        None
    }

    /// Takes the formatting at `at` off the list: it has ended.
    pub(super) fn end(&mut self, at: usize) {
        self.entries.remove(at);
    }
}
