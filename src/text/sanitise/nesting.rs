//! What a tag closes before it opens or closes its own element (HTML Standard, "The rules for
//! parsing tokens in HTML content"), for the elements that may stay.

use super::allow::{self, Element, Kind};
use super::links;
use super::tree::{Style, Writer};
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
                    self.close_to(table);
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
                    self.close_to(top);
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
                    self.close_to(same);
                }
                self.close_paragraph();
            }
            Kind::Ruby => self.end_ruby_text(),
            Kind::Formatting if element.name == "a" => {
                let href = attributes
                    .iter()
                    .find(|a| a.name.eq_ignore_ascii_case("href"));
                // The end of a link without an address is then that of the outer one.
                let Some(href) = href else {
                    return;
                };
                if self.formatting.last(element).is_some() {
                    if links::link(href.value, self.base).is_none() {
                        return;
                    }
                    self.end_outer_link(element);
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
        let same = |e: &Element| std::ptr::eq(e, element);
        match element.kind {
            Kind::Void | Kind::Rule | Kind::Source => {
                if element.name == "br" {
                    self.start(element, &[]);
                }
            }
            Kind::Formatting => self.end_formatting(element),
            Kind::Ordinary | Kind::Ruby => {
                if let Some(at) = self.find_open(same, |e| e.kind.is_special()) {
                    self.close_to(at);
                }
            }
            Kind::Paragraph | Kind::Block | Kind::List | Kind::Preformatted | Kind::Definition => {
                if let Some(at) = self.find_open(same, |e| e.kind.is_scope()) {
                    self.close_to(at);
                }
            }
            Kind::Item => {
                let outside = |e: &Element| e.kind.is_scope() || e.kind == Kind::List;
                if let Some(at) = self.find_open(same, outside) {
                    self.close_to(at);
                }
            }
            Kind::Heading => {
                if let Some(at) = self.find_open(|e| e.kind == Kind::Heading, |e| e.kind.is_scope())
                {
                    self.close_to(at);
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
                    self.close_to(at);
                }
            }
            Kind::Cell | Kind::Caption => {
                if let Some(at) =
                    self.find_open(|e| e.kind.is_scope() || e.kind.is_table_frame(), |_| false)
                    && same(self.open[at].element)
                {
                    self.close_to(at);
                }
            }
        }
    }

    /// The end tag of formatting (HTML Standard, "adoption agency algorithm"), as far as no block
    /// has to be split for it.
    fn end_formatting(&mut self, element: &'static Element) {
        let Some((listed, number, open)) = self.formatting.last(element) else {
            if let Some(at) = self.find_open(|e| std::ptr::eq(e, element), |e| e.kind.is_special())
            {
                self.close_to(at);
            }
            return;
        };
        if !open {
            self.formatting.end(listed);
            return;
        }
        let Some(at) = self.open.iter().rposition(|o| o.formatting == number) else {
            return;
        };
        let within = &self.open[at + 1..];
        if within.iter().any(|o| o.element.kind.is_scope()) {
            return;
        }
        if within.iter().any(|o| o.element.kind.is_special()) {
            self.sound = false;
            return;
        }
        self.close_to(at);
        self.formatting.end(listed);
    }

    /// A link within a link ends it.
    fn end_outer_link(&mut self, element: &'static Element) {
        self.end_formatting(element);
        if let Some((listed, number, open)) = self.formatting.last(element) {
            let at = self.open.iter().rposition(|o| o.formatting == number);
            if let Some(at) = at.filter(|_| open) {
                self.close_to(at);
            }
            self.formatting.end(listed);
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
        self.close_to(keep);
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
            self.close_to(top);
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
            self.close_to(at);
        }
    }
}
