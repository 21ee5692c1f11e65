//! What a tag closes before it opens or closes its own element (HTML Standard, "The rules for
//! parsing tokens in HTML content"), for the elements that may stay.

use super::allow::{self, Element, Kind};
use super::tree::{Closing, Style, Writer};
use crate::text::markup::Attribute;

impl Writer<'_> {
    pub(super) fn start(&mut self, element: &'static Element, attributes: &[Attribute<'_>]) {
        if self.style == Style::AsIs {
            self.insert(element, attributes);
            return;
        }
        match element.kind {
            Kind::Section | Kind::Row | Kind::Cell | Kind::Caption => {
                self.table_part(element, attributes);
                return;
            }
            Kind::Table => {
                if self.top().is_some_and(|kind| kind.is_table_frame())
                    && let Some(table) = self.find_open(|e| e.kind == Kind::Table, |_| false)
                {
                    self.close_to(table, Closing::All);
                }
            }
            // Dropped alone, so it needs no cell.
            Kind::Source => {}
            _ => {
                if self.top().is_some_and(|kind| kind.is_table_frame()) {
                    self.open_cell();
                }
            }
        }
        match element.kind {
            Kind::Paragraph
            | Kind::Block
            | Kind::List
            | Kind::Preformatted
            | Kind::Rule
            | Kind::Table => self.close_paragraph(),
            Kind::Heading => {
                self.close_paragraph();
                if let Some(top) = self.top_written()
                    && self.open[top].element.kind == Kind::Heading
                {
                    self.close_to(top, Closing::All);
                }
            }
            Kind::Item | Kind::Definition => {
                let same = self.find_open(
                    |e| e.kind == element.kind,
                    |e| {
                        e.kind.is_special()
                            && e.kind != Kind::Paragraph
                            && !matches!(e.name, "div" | "address")
                    },
                );
                if let Some(same) = same {
                    self.close_to(same, Closing::Reopening);
                }
                self.close_paragraph();
            }
            Kind::Ruby => self.end_ruby_text(),
            Kind::Formatting if element.name == "a" => {
                if attributes
                    .iter()
                    .all(|a| !a.name.eq_ignore_ascii_case("href"))
                {
                    // The end of a link is then that of the outer one, as in a browser.
                    return;
                }
                if let Some(outer) = self.find_open(|e| e.name == "a", |e| e.kind.is_scope()) {
                    self.close_to(outer, Closing::Splitting);
                }
            }
            Kind::Source if !self.in_media() => return,
            _ => {}
        }
        self.insert(element, attributes);
    }

    pub(super) fn end(&mut self, element: &'static Element) {
        if self.style == Style::AsIs {
            self.end_as_is(element);
            return;
        }
        if self.too_deep > 0 && !element.kind.is_void() {
            self.too_deep -= 1;
            return;
        }
        let same = |e: &Element| e.name == element.name;
        match element.kind {
            Kind::Void | Kind::Rule | Kind::Source => {
                if element.name == "br" {
                    self.start(element, &[]);
                }
            }
            Kind::Formatting => match self.find_open(same, |e| e.kind.is_special()) {
                Some(at) => self.close_to(at, Closing::Reopening),
                None => {
                    if self.find_open(same, |e| e.kind.is_scope()).is_some() {
                        self.sound = false;
                    }
                }
            },
            Kind::Ordinary | Kind::Ruby => {
                if let Some(at) = self.find_open(same, |e| e.kind.is_special()) {
                    self.close_to(at, Closing::Reopening);
                }
            }
            Kind::Paragraph | Kind::Block | Kind::List | Kind::Preformatted | Kind::Definition => {
                if let Some(at) = self.find_open(same, |e| e.kind.is_scope()) {
                    self.close_to(at, Closing::Reopening);
                }
            }
            Kind::Item => {
                let outside = |e: &Element| e.kind.is_scope() || e.kind == Kind::List;
                if let Some(at) = self.find_open(same, outside) {
                    self.close_to(at, Closing::Reopening);
                }
            }
            Kind::Heading => {
                if let Some(at) = self.find_open(|e| e.kind == Kind::Heading, |e| e.kind.is_scope())
                {
                    self.close_to(at, Closing::Reopening);
                }
            }
            Kind::Table | Kind::Section | Kind::Row => {
                let in_caption = self
                    .find_open(|e| e.kind == Kind::Caption, |e| e.kind == Kind::Table)
                    .is_some();
                if element.kind != Kind::Table && in_caption {
                    return;
                }
                if let Some(at) = self.find_open(same, |e| {
                    e.kind == Kind::Table && element.kind != Kind::Table
                }) {
                    self.close_to(at, Closing::All);
                }
            }
            Kind::Cell | Kind::Caption => {
                if let Some(at) =
                    self.find_open(|e| e.kind.is_scope() || e.kind.is_table_frame(), |_| false)
                    && same(self.open[at].element)
                {
                    self.close_to(at, Closing::All);
                }
            }
        }
    }

    /// A part of a table: closes what it follows, opens what it needs, or is nothing outside tables.
    fn table_part(&mut self, element: &'static Element, attributes: &[Attribute<'_>]) {
        let Some(table) = self.find_open(|e| e.kind == Kind::Table, |_| false) else {
            return;
        };
        // What may stay open around it, counted from the table.
        let mut keep = table + 1;
        let kind_at = |writer: &Self, at: usize| writer.open.get(at).map(|o| o.element.kind);
        if matches!(element.kind, Kind::Row | Kind::Cell)
            && kind_at(self, keep) == Some(Kind::Section)
        {
            keep += 1;
            if element.kind == Kind::Cell && kind_at(self, keep) == Some(Kind::Row) {
                keep += 1;
            }
        }
        self.close_to(keep, Closing::All);
        if matches!(element.kind, Kind::Row | Kind::Cell) && keep == table + 1 {
            self.insert_named("tbody");
        }
        if element.kind == Kind::Cell && self.top() == Some(Kind::Section) {
            self.insert_named("tr");
        }
        self.insert(element, attributes);
    }

    /// Opens a cell for what stands between the cells of a table. A browser would move it in front
    /// of the table.
    pub(super) fn open_cell(&mut self) {
        self.sound = false;
        if let Some(cell) = allow::find("td") {
            self.table_part(cell, &[]);
        }
    }

    fn insert_named(&mut self, name: &str) {
        if let Some(element) = allow::find(name) {
            self.insert(element, &[]);
        }
    }

    /// A new `rt` or `rp` ends what is open in its `ruby`.
    fn end_ruby_text(&mut self) {
        let in_ruby = self
            .find_open(|e| e.name == "ruby", |e| e.kind.is_scope())
            .is_some();
        while in_ruby
            && let Some(top) = self.top_written()
            && matches!(
                self.open[top].element.kind,
                Kind::Ruby | Kind::Paragraph | Kind::Item | Kind::Definition
            )
        {
            self.close_to(top, Closing::All);
        }
    }

    /// Whether the innermost element takes a `source`.
    fn in_media(&self) -> bool {
        self.open
            .last()
            .is_some_and(|o| matches!(o.element.name, "picture" | "audio" | "video"))
    }

    fn close_paragraph(&mut self) {
        if let Some(at) = self.find_open(|e| e.kind == Kind::Paragraph, |e| e.kind.is_scope()) {
            self.close_to(at, Closing::Reopening);
        }
    }
}
