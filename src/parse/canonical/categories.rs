//! Categories under all their names: attributes, texts, lists of keywords.

use super::writer::Writer;
use crate::parse::decode::mend_twice_encoded;
use crate::parse::tree::{Element, Space};

/// Most categories of an entry.
const MAX_CATEGORIES: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Category {
    term: String,
    label: Option<String>,
    scheme: Option<String>,
}

/// The categories of one entry, each once.
#[derive(Debug, Default)]
pub(super) struct Categories(Vec<Category>);

impl Categories {
    /// Takes an element that names one category, or several in a list.
    pub(super) fn take(&mut self, element: Element<'_, '_>) {
        let attribute = |name: &str| {
            element
                .attribute(name)
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let text = element.text();
        let text = text.trim();
        let mended = mend_twice_encoded(text);
        let text = mended.as_deref().unwrap_or(text);
        let local = element.local();
        let list = match (element.space(), local.as_str()) {
            (Space::Itunes | Space::Media, "keywords") | (_, "tags") => true,
            (Space::Itunes, "category") => {
                if let Some(term) = attribute("text") {
                    self.add(Category {
                        term,
                        label: None,
                        scheme: None,
                    });
                }
                for below in element.elements().filter(|e| e.is("category")) {
                    // Two levels are all that the vocabulary has.
                    if let Some(term) = below.attribute("text").map(str::trim)
                        && !term.is_empty()
                    {
                        self.add(Category {
                            term: term.to_owned(),
                            label: None,
                            scheme: None,
                        });
                    }
                }
                return;
            }
            _ => false,
        };
        if list {
            for term in text.split(',').map(str::trim).filter(|t| !t.is_empty()) {
                self.add(Category {
                    term: term.to_owned(),
                    label: None,
                    scheme: None,
                });
            }
            return;
        }
        let label = attribute("label");
        let term = attribute("term")
            .or_else(|| (!text.is_empty()).then(|| text.to_owned()))
            .or_else(|| label.clone());
        if let Some(term) = term {
            self.add(Category {
                term,
                label,
                scheme: attribute("scheme").or_else(|| attribute("domain")),
            });
        }
    }

    fn add(&mut self, category: Category) {
        if self.0.len() < MAX_CATEGORIES && !self.0.contains(&category) {
            self.0.push(category);
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        for category in &self.0 {
            let mut attributes = vec![("term", category.term.as_str())];
            attributes.extend(category.label.as_deref().map(|label| ("label", label)));
            attributes.extend(category.scheme.as_deref().map(|scheme| ("scheme", scheme)));
            writer.element("category", &attributes, None);
        }
    }
}
