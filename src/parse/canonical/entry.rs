//! One entry of any dialect as an Atom entry, and what Atom has no place for as extras.

use super::base::{base_of, own_base, resolve};
use super::body::{Body, TextKind, Unsaid, body};
use super::categories::Categories;
use super::dialect::Family;
use super::links::Links;
use super::people::{Person, person};
use super::writer::Writer;
use crate::address::Address;
use crate::entry::Source;
use crate::parse::decode::mend_twice_encoded;
use crate::parse::tree::{Element, Space};
use crate::text::plain_from_html;

/// What feed-rs's Atom model has no place for, of one entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EntryExtras {
    /// What relative references in the summary are relative to.
    pub(crate) summary_base: Option<Address>,
    /// What relative references in the content are relative to.
    pub(crate) content_base: Option<Address>,
    pub(crate) comments: Option<Address>,
    pub(crate) thumbnail: Option<Address>,
    pub(crate) language: Option<String>,
    pub(crate) source: Option<Source>,
    pub(crate) original: Option<Address>,
    /// Whether the document gives a date of publication, readable or not.
    pub(crate) stated_published: bool,
    /// Whether the document gives a date of change, readable or not.
    pub(crate) stated_updated: bool,
}

/// Most authors of an entry.
const MAX_AUTHORS: usize = 50;

/// A text with the base of its references.
type Based<'t> = (Body<'t>, Option<Address>);

#[derive(Default)]
struct Fields<'t> {
    guid: Option<String>,
    permalink: Option<bool>,
    /// Whether that was said, or is the default.
    said_permalink: bool,
    title: Option<(u8, Body<'t>)>,
    summary: Option<Based<'t>>,
    caption: Option<Based<'t>>,
    contents: Option<Based<'t>>,
    /// The second text that calls itself a summary.
    second: Option<Based<'t>>,
    authors: Vec<Person>,
    categories: Categories,
    links: Links,
    published: Option<(u8, String)>,
    updated: Option<(u8, String)>,
    language: Option<String>,
    source: Option<Source>,
    depth: u8,
}

/// Reads one entry; `document` is the base outside of all elements.
pub(super) fn write(
    element: Element<'_, '_>,
    family: Family,
    document: Option<&Address>,
    writer: &mut Writer,
) -> EntryExtras {
    let base = base_of(element, document);
    let mut fields = Fields {
        language: language_of(element),
        ..Fields::default()
    };
    // RSS 1.0 names its items, CDF links them.
    fields.guid = element
        .attributes()
        .iter()
        .find(|a| a.name.ends_with(":about"))
        .and_then(|a| identifier(&a.value));
    if let Some(href) = element.attribute("href") {
        fields.links.take_own(href, base.as_ref());
    }
    if let Some(changed) = element.attribute("lastmod") {
        fields.updated = Some((0, changed.to_owned()));
    }
    fields.read(element, family, base.as_ref());
    fields.finish(base.as_ref(), writer)
}

impl<'t> Fields<'t> {
    fn read(&mut self, entry: Element<'t, '_>, family: Family, base: Option<&Address>) {
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

    fn finish(mut self, base: Option<&Address>, writer: &mut Writer) -> EntryExtras {
        writer.open("entry");
        let page = self
            .links
            .page()
            .cloned()
            .or_else(|| self.guid_as_link(base));
        if let Some(guid) = &self.guid {
            writer.text("id", guid);
        }
        if let Some((_, title)) = &self.title {
            writer.element("title", &[("type", title.kind.word())], Some(&title.text));
        }
        let summary = self.summary.take().or(self.caption.take());
        let content = self.contents.take().or(self.second.take());
        let mut extras = EntryExtras {
            language: self.language,
            source: self.source,
            comments: self.links.comments.take(),
            original: self.links.original.take(),
            thumbnail: self.links.thumbnail.take(),
            stated_published: self.published.is_some(),
            stated_updated: self.updated.is_some(),
            ..EntryExtras::default()
        };
        for (name, text, base) in [
            ("summary", summary, &mut extras.summary_base),
            ("content", content, &mut extras.content_base),
        ] {
            if let Some((text, own)) = text {
                let kind = if text.kind == TextKind::Html {
                    "html"
                } else {
                    "text"
                };
                writer.element(name, &[("type", kind)], Some(&text.text));
                *base = own;
            }
        }
        for person in &self.authors {
            writer.open("author");
            if let Some(name) = &person.name {
                writer.text("name", name);
            }
            if let Some(email) = &person.email {
                writer.text("email", email);
            }
            writer.close("author");
        }
        self.categories.write(writer);
        if let Some(page) = &page {
            writer.element(
                "link",
                &[("rel", "alternate"), ("href", page.as_str())],
                None,
            );
        }
        for file in &self.links.files {
            let length = file.length.map(|length| length.to_string());
            let mut attributes = vec![("rel", "enclosure"), ("href", file.url.as_str())];
            attributes.extend(file.media_type.as_deref().map(|t| ("type", t)));
            attributes.extend(length.as_deref().map(|l| ("length", l)));
            writer.element("link", &attributes, None);
        }
        if let Some((_, text)) = &self.published {
            writer.text("published", text);
        }
        if let Some((_, text)) = &self.updated {
            writer.text("updated", text);
        }
        writer.close("entry");
        extras
    }

    /// A guid is the page unless it says that it is none. Many that say nothing are mere numbers.
    fn guid_as_link(&self, base: Option<&Address>) -> Option<Address> {
        let guid = self.guid.as_deref()?;
        match self.permalink {
            Some(true) if self.said_permalink || guid.starts_with('/') => resolve(guid, base),
            Some(true) => resolve(guid, None),
            // RSS 1.0 and Atom: an identifier that is an address is one that leads somewhere.
            None => resolve(guid, None),
            Some(false) if !self.said_permalink => resolve(guid, None),
            _ => None,
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
fn identifier(text: &str) -> Option<String> {
    let text = text.trim();
    let text = mend_twice_encoded(text).unwrap_or_else(|| text.to_owned());
    (!text.is_empty()).then_some(text)
}

/// `xml:lang`, or `lang`.
pub(super) fn language_of(element: Element<'_, '_>) -> Option<String> {
    element
        .attribute("xml:lang")
        .or_else(|| element.attribute("lang"))
        .and_then(language)
}

/// A language tag in the form of BCP 47, as far as it can be told: `en_US` is `en-US`.
pub(crate) fn language(text: &str) -> Option<String> {
    let text = text.trim().replace('_', "-");
    let fits = !text.is_empty()
        && text.len() <= 35
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then_some(text)
}
