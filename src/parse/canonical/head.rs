//! What a document says of its feed: the head of an Atom feed, and what Atom has no place for.

use super::base::{base_of, own_base, resolve};
use super::body::{Body, Unsaid, body};
use super::dialect::{Family, Found};
use super::language::{language, language_of};
use super::links::Links;
use super::pace;
use super::writer::Writer;
use crate::address::Address;
use crate::parse::tree::{Element, Space};
use crate::schedule::DocumentPace;

/// What feed-rs's Atom model has no place for, of the feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FeedExtras {
    pub(crate) format: String,
    pub(crate) pace: DocumentPace,
    pub(crate) hub: Option<Address>,
    pub(crate) self_url: Option<Address>,
    pub(crate) language: Option<String>,
    pub(crate) generator: Option<String>,
}

#[derive(Default)]
struct Head<'t> {
    title: Option<(u8, Body<'t>)>,
    description: Option<(u8, Body<'t>)>,
    links: Links,
    updated: Option<(u8, String)>,
    language: Option<String>,
    generator: Option<String>,
    pace: pace::Reader,
}

/// Reads and writes the head; gives the extras, and the base that entries fall back to: the
/// document's own address, else the feed's page.
pub(super) fn write(
    found: &Found<'_, '_>,
    document: Option<&Address>,
    writer: &mut Writer,
) -> (FeedExtras, Option<Address>) {
    let mut head = Head {
        language: language_of(found.root),
        ..Head::default()
    };
    if found.root.is("entry") {
        let extras = FeedExtras {
            format: found.format.clone(),
            language: head.language,
            ..FeedExtras::default()
        };
        return (extras, document.cloned());
    }
    head.read(found.root, found.family, document);
    for channel in found.root.elements().filter(|e| e.is("channel")) {
        head.language = head.language.take().or_else(|| language_of(channel));
        head.read(channel, found.family, document);
    }
    let page = head.links.page().cloned();
    if let Some((_, title)) = &head.title {
        writer.element("title", &[("type", title.kind.word())], Some(&title.text));
    }
    if let Some((_, text)) = &head.description {
        writer.element("subtitle", &[("type", text.kind.word())], Some(&text.text));
    }
    if let Some(page) = &page {
        writer.element(
            "link",
            &[("rel", "alternate"), ("href", page.as_str())],
            None,
        );
    }
    if let Some((_, updated)) = &head.updated {
        writer.text("updated", updated);
    }
    let extras = FeedExtras {
        format: found.format.clone(),
        pace: head.pace.finish(),
        hub: head.links.hub.take(),
        self_url: head.links.self_url.take(),
        language: head.language,
        generator: head.generator,
    };
    let base = document.cloned().or(page);
    (extras, base)
}

impl<'t> Head<'t> {
    fn read(&mut self, element: Element<'t, '_>, family: Family, document: Option<&Address>) {
        let base = base_of(element, document);
        if let Some(href) = element.attribute("href") {
            self.links.take_own(href, base.as_ref());
        }
        if let Some(changed) = element.attribute("lastmod") {
            self.updated = Some((0, changed.to_owned()));
        }
        for child in element.elements() {
            let own = own_base(child).and_then(|step| resolve(step, base.as_ref()));
            self.take(child, family, own.as_ref().or(base.as_ref()));
        }
    }

    fn take(&mut self, element: Element<'t, '_>, family: Family, base: Option<&Address>) {
        let local = element.local();
        match (element.space(), local.as_str()) {
            (Space::Core | Space::Atom, "title") => {
                let unsaid = match family {
                    Family::Atom => Unsaid::Text,
                    Family::Rss => Unsaid::Guess,
                };
                first(&mut self.title, 0, || body(element, unsaid, base));
            }
            (Space::Dc | Space::Media | Space::Itunes, "title") => {
                first(&mut self.title, 1, || body(element, Unsaid::Guess, base));
            }
            (Space::Core | Space::Atom, "description" | "tagline" | "subtitle" | "abstract") => {
                let unsaid = match (family, local.as_str()) {
                    (Family::Atom, "description") | (Family::Rss, _) => Unsaid::Html,
                    (Family::Atom, _) => Unsaid::Text,
                };
                first(&mut self.description, 0, || body(element, unsaid, base));
            }
            (Space::Dc, "description")
            | (Space::Itunes, "summary" | "subtitle" | "description") => {
                first(&mut self.description, 1, || {
                    body(element, Unsaid::Html, base)
                });
            }
            (Space::Core | Space::Atom, "link") => self.links.take_link(element, base),
            (Space::Core, "url") => self.links.take_link(element, base),
            (Space::Core | Space::Dc, "language") => {
                self.language = language(&element.text()).or(self.language.take());
            }
            (Space::Core | Space::Atom, "lastbuilddate" | "updated" | "modified")
            | (Space::DcTerms, "modified") => self.date(0, element),
            (Space::Dc, "date") => self.date(1, element),
            (Space::Core | Space::Atom, "pubdate" | "published") => self.date(2, element),
            (Space::Core | Space::Atom, "generator") | (_, "generatoragent") => {
                let text = element.text();
                let text = text.trim();
                let text = if text.is_empty() {
                    super::links::reference_of(element).unwrap_or_default()
                } else {
                    text
                };
                if self.generator.is_none() && !text.is_empty() {
                    self.generator = Some(text.to_owned());
                }
            }
            (Space::Core, "ttl" | "skiphours" | "skipdays")
            | (Space::Sy, "updateperiod" | "updatefrequency") => self.pace.take(element),
            _ => {}
        }
    }

    fn date(&mut self, rank: u8, element: Element<'_, '_>) {
        let text = element.text();
        let text = text.trim();
        let better = self.updated.as_ref().is_none_or(|(known, _)| rank < *known);
        if better && (self.updated.is_none() || crate::parse::dates::parse(text).is_some()) {
            let text = crate::text::cut_at_character(text, 256);
            if !text.is_empty() {
                self.updated = Some((rank, text.to_owned()));
            }
        }
    }
}

/// Keeps the first text of the best rank.
fn first<'t>(slot: &mut Option<(u8, Body<'t>)>, rank: u8, read: impl FnOnce() -> Option<Body<'t>>) {
    if slot.as_ref().is_none_or(|(known, _)| rank < *known)
        && let Some(found) = read()
    {
        *slot = Some((rank, found));
    }
}
