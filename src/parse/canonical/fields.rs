//! The fields of an entry under all the names that dialects and modules give them.

use super::base::{own_base, resolve};
use super::body::{Body, Unsaid, body};
use super::categories::Categories;
use super::dialect::Family;
use super::language::{language, language_of};
use super::links::Links;
use super::people::{Person, person};
use crate::address::Address;
use crate::entry::Source;
use crate::parse::decode::mend_twice_encoded;
use crate::parse::tree::{Element, Space};
use crate::text::plain_from_html;

/// Most authors of an entry.
const MAX_AUTHORS: usize = 50;

/// A text with the base of its references.
pub(super) type Based<'t> = (Body<'t>, Option<Address>);

/// What was found of an entry.
#[derive(Default)]
pub(super) struct Fields<'t> {
    pub(super) guid: Option<String>,
    pub(super) permalink: Option<bool>,
    /// Whether that was said, or is the default.
    pub(super) said_permalink: bool,
    pub(super) title: Option<(u8, Body<'t>)>,
    pub(super) summary: Option<Based<'t>>,
    pub(super) caption: Option<Based<'t>>,
    pub(super) contents: Option<Based<'t>>,
    /// The second text that calls itself a summary.
    pub(super) second: Option<Based<'t>>,
    pub(super) authors: Vec<Person>,
    pub(super) categories: Categories,
    pub(super) links: Links,
    pub(super) published: Option<(u8, String)>,
    pub(super) updated: Option<(u8, String)>,
    pub(super) language: Option<String>,
    pub(super) source: Option<Source>,
    pub(super) depth: u8,
}

impl<'t> Fields<'t> {
    pub(super) fn read(&mut self, entry: Element<'t, '_>, family: Family, base: Option<&Address>) {
        for element in entry.elements() {
            let own;
            let base = match own_base(element).and_then(|step| resolve(step, base)) {
                Some(address) => {
                    own = address;
                    Some(&own)
                }
                None => base,
            };
            self.take(element, family, base);
        }
    }

    fn take(&mut self, element: Element<'t, '_>, family: Family, base: Option<&Address>) {
        let local = element.local();
        match (element.space(), local.as_str()) {
            (Space::Core | Space::Atom, "guid" | "id") => {
                if (self.guid.is_none() || self.permalink.is_none())
                    && let Some(guid) = identifier(&element.text())
                {
                    self.guid = Some(guid);
                    let said = element.attribute("isPermaLink");
                    self.said_permalink = said.is_some();
                    self.permalink = Some(
                        local.as_str() == "guid"
                            && said.is_none_or(|value| value.trim().eq_ignore_ascii_case("true")),
                    );
                }
            }
            (Space::Core | Space::Atom, "title") => self.take_title(0, element, family, base),
            (Space::Dc, "title") => self.take_title(1, element, family, base),
            (Space::Media | Space::Itunes, "title") => self.take_title(2, element, family, base),
            (Space::Core | Space::Atom, "link") => self.links.take_link(element, base),
            (Space::Core, "url") if family == Family::Rss => self.links.take_link(element, base),

            (Space::Core | Space::Dc, "description") => {
                self.take_summary(element, Unsaid::Html, base);
            }
            (Space::Core | Space::Atom, "abstract" | "summary") | (Space::Itunes, "summary") => {
                let unsaid = match family {
                    Family::Atom if element.space().is_core() => Unsaid::Text,
                    _ => Unsaid::Guess,
                };
                self.take_summary(element, unsaid, base);
            }
            (Space::Atom, "description") => self.take_summary(element, Unsaid::Html, base),
            (Space::Media | Space::Itunes, "description") => {
                let caption = body(element, Unsaid::Html, base);
                keep(&mut self.caption, caption, base);
            }
            (Space::Content, "encoded") | (Space::Core, "fullitem" | "encoded") => {
                self.take_content(element, Unsaid::Html, base);
            }
            (Space::Core | Space::Atom, "content") => {
                let unsaid = match family {
                    Family::Atom => Unsaid::Text,
                    Family::Rss => Unsaid::Guess,
                };
                self.take_content(element, unsaid, base);
            }
            (Space::Core | Space::Xhtml, "body" | "div") => {
                self.take_content(element, Unsaid::Html, base);
            }

            (Space::Core | Space::Atom, "author" | "managingeditor")
            | (Space::Dc, "creator" | "author")
            | (Space::Itunes, "author") => self.take_author(element),

            (
                Space::Core | Space::Atom | Space::Dc | Space::Media | Space::Itunes,
                "category" | "subject" | "keywords" | "tags",
            ) => self.categories.take(element),

            (Space::Core | Space::Atom, "pubdate" | "published" | "issued")
            | (Space::DcTerms, "issued") => date(&mut self.published, 0, element),
            (Space::Core | Space::Atom, "updated" | "modified" | "lastbuilddate")
            | (Space::DcTerms, "modified") => date(&mut self.updated, 0, element),
            (Space::Dc, "date") => {
                date(&mut self.published, 1, element);
                date(&mut self.updated, 1, element);
            }

            (Space::Core | Space::Atom, "enclosure") => self.links.take_enclosure(element, base),
            (Space::Media, "group") => self.below(element, family, base),
            (Space::Media, "content") => {
                self.links.take_enclosure(element, base);
                self.below(element, family, base);
            }
            (Space::Media, "thumbnail") | (Space::Itunes, "image") => {
                let address = super::links::reference_of(element)
                    .and_then(|reference| resolve(reference, base));
                self.links.thumbnail = self.links.thumbnail.take().or(address);
            }
            (Space::Core, "comments") => {
                if let Some(address) = resolve(&element.text(), base) {
                    self.links.comments = Some(address);
                }
            }
            (Space::Feedburner | Space::Other, "origlink") => {
                if let Some(address) = resolve(&element.text(), base) {
                    self.links.original = Some(address);
                }
            }
            (Space::Core | Space::Atom, "source") => self.take_source(element, base),
            (Space::Dc, "source") => {
                let text = element.text();
                if self.source.is_none() && !text.trim().is_empty() {
                    let url = resolve(&text, None);
                    self.source = Some(Source {
                        title: url.is_none().then(|| plain_from_html(&text)),
                        url,
                    });
                }
            }
            (Space::Core | Space::Dc, "language") => {
                self.language = language(&element.text()).or(self.language.take());
            }
            _ => {}
        }
    }

    /// What is in a group counts as if it stood in the entry.
    fn below(&mut self, element: Element<'t, '_>, family: Family, base: Option<&Address>) {
        if self.depth < 3 {
            self.depth += 1;
            self.read(element, family, base);
            self.depth -= 1;
        }
    }

    /// The first title with text wins; a module's title counts where there is no other.
    fn take_title(
        &mut self,
        rank: u8,
        element: Element<'t, '_>,
        family: Family,
        base: Option<&Address>,
    ) {
        if self.title.as_ref().is_some_and(|(known, _)| *known <= rank) {
            return;
        }
        let unsaid = match family {
            Family::Atom if rank == 0 => Unsaid::Text,
            _ => Unsaid::Guess,
        };
        if let Some(found) = body(element, unsaid, base) {
            self.title = Some((rank, found));
        }
        self.language = self.language.take().or_else(|| language_of(element));
    }

    fn take_summary(&mut self, element: Element<'t, '_>, unsaid: Unsaid, base: Option<&Address>) {
        let slot = if self.summary.is_none() {
            &mut self.summary
        } else {
            &mut self.second
        };
        keep(slot, body(element, unsaid, base), base);
    }

    fn take_content(&mut self, element: Element<'t, '_>, unsaid: Unsaid, base: Option<&Address>) {
        self.language = self.language.take().or_else(|| language_of(element));
        keep(&mut self.contents, body(element, unsaid, base), base);
    }

    fn take_author(&mut self, element: Element<'_, '_>) {
        if let Some(person) = person(element)
            && !self.authors.contains(&person)
            && self.authors.len() < MAX_AUTHORS
        {
            self.authors.push(person);
        }
    }

    /// RSS: `<source url="feed">Title</source>`; Atom: the head of the other feed.
    fn take_source(&mut self, element: Element<'_, '_>, base: Option<&Address>) {
        let mut source = Source {
            title: None,
            url: element
                .attribute("url")
                .and_then(|reference| resolve(reference, base)),
        };
        if element.has_elements() {
            let mut links = Links::default();
            for child in element.elements().filter(|e| e.space().is_core()) {
                match child.local().as_str() {
                    "title" => {
                        let title = body(child, Unsaid::Guess, base);
                        source.title = title.map(|t| plain_from_html(&t.text));
                    }
                    "link" => links.take_link(child, base),
                    _ => {}
                }
            }
            source.url = source
                .url
                .or_else(|| links.page().cloned())
                .or(links.self_url);
        } else {
            source.title = Some(plain_from_html(&element.text()));
        }
        source.title = source.title.filter(|title| !title.is_empty());
        if source.title.is_some() || source.url.is_some() {
            self.source = Some(source);
        }
    }
}

/// Keeps the first text.
fn keep<'t>(slot: &mut Option<Based<'t>>, found: Option<Body<'t>>, base: Option<&Address>) {
    if slot.is_none() {
        *slot = found.map(|found| (found, base.cloned()));
    }
}

/// Keeps the first date of the best rank that can be read, else the first.
fn date(slot: &mut Option<(u8, String)>, rank: u8, element: Element<'_, '_>) {
    let text = element.text();
    let text = crate::text::cut_at_character(text.trim(), 256);
    if text.is_empty() {
        return;
    }
    // Dates are read only where there is a choice.
    let readable = |text: &str| crate::parse::dates::parse(text).is_some();
    let better = match slot {
        None => true,
        Some((known, _)) if rank < *known => readable(text),
        Some((_, kept)) => !readable(kept) && readable(text),
    };
    if better {
        *slot = Some((rank, text.to_owned()));
    }
}

/// An identifier: trimmed, not empty.
pub(super) fn identifier(text: &str) -> Option<String> {
    let text = text.trim();
    let text = mend_twice_encoded(text).unwrap_or_else(|| text.to_owned());
    (!text.is_empty()).then_some(text)
}
