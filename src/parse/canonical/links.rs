//! The addresses of an entry or a feed: page, enclosures, comments, original.

use super::base::resolve;
use crate::address::Address;
use crate::parse::tree::Element;

/// A file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) url: Address,
    pub(super) media_type: Option<String>,
    pub(super) length: Option<u64>,
}

/// The addresses of one entry or feed.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// The text of RSS's `<link>`: outranks every other.
    text: Option<Address>,
    /// `rel="alternate"` of a page.
    alternate: Option<Address>,
    /// `rel="alternate"` of something that is no page.
    other: Option<Address>,
    /// What an attribute of the entry itself names (CDF).
    own: Option<Address>,
    pub(super) files: Vec<File>,
    pub(super) comments: Option<Address>,
    pub(super) original: Option<Address>,
    pub(super) self_url: Option<Address>,
    pub(super) hub: Option<Address>,
    pub(super) thumbnail: Option<Address>,
}

impl Links {
    /// The page, guid not considered.
    pub(super) fn page(&self) -> Option<&Address> {
        self.text
            .as_ref()
            .or(self.alternate.as_ref())
            .or(self.own.as_ref())
            .or(self.other.as_ref())
    }

    /// Takes a `<link>`, of RSS or of Atom.
    pub(super) fn take_link(&mut self, element: Element<'_, '_>, base: Option<&Address>) {
        let Some(reference) = reference_of(element) else {
            if let Some(address) = resolve(&element.text(), base) {
                self.text = Some(address);
            }
            return;
        };
        let Some(address) = resolve(reference, base) else {
            return;
        };
        let media_type = element.attribute("type").map(str::trim).unwrap_or_default();
        let rels = element.attribute("rel").unwrap_or("alternate");
        let rels = if rels.trim().is_empty() {
            "alternate"
        } else {
            rels
        };
        for rel in rels.split_ascii_whitespace() {
            let rel = rel
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            match rel.as_str() {
                "alternate" if is_page(media_type) => self.alternate = Some(address.clone()),
                "alternate" => {
                    self.other.get_or_insert_with(|| address.clone());
                }
                "enclosure" => self.take_file(File {
                    url: address.clone(),
                    media_type: stated(element.attribute("type")),
                    length: length(element.attribute("length")),
                }),
                "replies" if is_page(media_type) => {
                    self.comments.get_or_insert_with(|| address.clone());
                }
                "canonical" => self.original = Some(address.clone()),
                "via" => {
                    self.original.get_or_insert_with(|| address.clone());
                }
                "self" => {
                    self.self_url.get_or_insert_with(|| address.clone());
                }
                "hub" => {
                    self.hub.get_or_insert_with(|| address.clone());
                }
                _ => {}
            }
        }
    }

    /// The address that an attribute of the entry itself names.
    pub(super) fn take_own(&mut self, reference: &str, base: Option<&Address>) {
        self.own = resolve(reference, base);
    }

    /// Takes RSS's `<enclosure>` or Media RSS's `<media:content>`.
    pub(super) fn take_enclosure(&mut self, element: Element<'_, '_>, base: Option<&Address>) {
        let Some(url) = element
            .attribute("url")
            .or_else(|| reference_of(element))
            .and_then(|reference| resolve(reference, base))
        else {
            return;
        };
        let media_type = stated(element.attribute("type"));
        if media_type
            .as_deref()
            .is_some_and(|t| t.starts_with("text/html"))
        {
            return;
        }
        self.take_file(File {
            url,
            media_type,
            length: length(
                element
                    .attribute("length")
                    .or_else(|| element.attribute("fileSize")),
            ),
        });
    }

    /// Keeps a file once, with all that is known of it.
    fn take_file(&mut self, file: File) {
        /// Most files of an entry.
        const MAX_FILES: usize = 100;
        if let Some(known) = self.files.iter_mut().find(|known| known.url == file.url) {
            known.media_type = known.media_type.take().or(file.media_type);
            known.length = known.length.or(file.length);
        } else if self.files.len() < MAX_FILES {
            self.files.push(file);
        }
    }
}

/// `href`, under the names that it has gone by.
pub(super) fn reference_of<'t>(element: Element<'t, '_>) -> Option<&'t str> {
    ["href", "url", "uri", "rdf:resource", "resource"]
        .into_iter()
        .find_map(|name| element.attribute(name))
        .map(str::trim)
        .filter(|reference| !reference.is_empty())
}

fn is_page(media_type: &str) -> bool {
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    ["", "html", "text/html", "xhtml", "application/xhtml+xml"]
        .iter()
        .any(|page| page.eq_ignore_ascii_case(media_type))
}

fn stated(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A length in bytes; people write `1,024` and `1024 bytes`.
fn length(text: Option<&str>) -> Option<u64> {
    let text: String = text?
        .trim()
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(char::is_ascii_digit)
        .collect();
    text.parse().ok()
}
