//! One entry of any dialect as an Atom entry, and what Atom has no place for as extras.

use super::base::{base_of, resolve};
use super::body::sanitised;
use super::dialect::Family;
use super::fields::{Based, Fields, identifier};
use super::language::language_of;
use super::writer::{MAX_TEXT, Writer};
use crate::address::Address;
use crate::entry::Source;
use crate::parse::tree::Element;
use crate::text::SafeHtml;

/// What goes past feed-rs, of one entry: what its Atom model has no place for, and the texts, which
/// it would only copy.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EntryExtras {
    pub(crate) summary: Option<SafeHtml>,
    pub(crate) content: Option<SafeHtml>,
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

impl Fields<'_> {
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
        let mut safe = |text: Option<Based<'_>>| {
            let (text, base) = text?;
            writer.cut += u32::from(text.text.len() > MAX_TEXT);
            sanitised(&text.text, text.kind, base.as_ref())
        };
        let extras = EntryExtras {
            summary: safe(summary),
            content: safe(content),
            language: self.language,
            source: self.source,
            comments: self.links.comments.take(),
            original: self.links.original.take(),
            thumbnail: self.links.thumbnail.take(),
            stated_published: self.published.is_some(),
            stated_updated: self.updated.is_some(),
        };
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
