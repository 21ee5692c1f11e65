//! Attributes: each checked by what its value means, and written in quotes.

use super::allow::{Element, GENERIC, Kind, Value};
use super::tree::Writer;
use super::{escape, images, links};
use crate::text::entities::{Place, resolve};
use crate::text::markup::Attribute;
use crate::text::plain::cut_at_character;

/// Longest attribute value that is text, in bytes.
const MAX_VALUE: usize = 4096;

impl Writer<'_> {
    pub(super) fn attributes(&mut self, element: &Element, attributes: &[Attribute<'_>]) {
        // Formatting is repeated wherever it is reopened: with attributes that could be long.
        let bare = element.kind == Kind::Formatting;
        for (at, attribute) in attributes.iter().enumerate() {
            let Some(&(name, value)) = element
                .attributes
                .iter()
                .chain(GENERIC)
                .find(|(name, _)| attribute.name.eq_ignore_ascii_case(name))
            else {
                continue;
            };
            let repeated = attributes[..at]
                .iter()
                .any(|a| a.name.eq_ignore_ascii_case(name));
            if repeated || (bare && value != Value::Link) {
                continue;
            }
            self.attribute(name, value, attribute.value);
        }
        if matches!(element.name, "audio" | "video") {
            self.out.push_str(" controls=\"\"");
        }
    }

    fn attribute(&mut self, name: &str, value: Value, raw: &str) {
        let start = self.out.len();
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        let valid = match value {
            Value::Text => {
                escape::push(
                    &mut self.out,
                    cut_at_character(raw, MAX_VALUE),
                    Place::Attribute,
                );
                true
            }
            Value::Number => number(raw).is_some_and(|number| {
                self.out.push_str(number);
                true
            }),
            Value::Link | Value::Media => {
                let url = if value == Value::Link {
                    links::link(raw, self.base)
                } else {
                    links::media(raw, self.base)
                };
                url.is_some_and(|url| {
                    escape::push_value(&mut self.out, &url);
                    true
                })
            }
            Value::Candidates => {
                let raw = resolve(raw, Place::Attribute);
                let found = links::candidates(&raw, self.base);
                for (at, candidate) in found.iter().enumerate() {
                    if at > 0 {
                        self.out.push_str(", ");
                    }
                    escape::push_value(&mut self.out, &candidate.url);
                    if !candidate.size.is_empty() {
                        self.out.push(' ');
                        self.out.push_str(candidate.size);
                    }
                }
                !found.is_empty()
            }
            // Written by whoever needs it, whatever the source says.
            Value::Flag => name == "reversed",
        };
        if valid {
            self.out.push('"');
        } else {
            self.out.truncate(start);
        }
    }

    /// Writes a picture's attributes; says no where there is nothing to show.
    pub(super) fn image(&mut self, element: &Element, attributes: &[Attribute<'_>]) -> bool {
        if images::is_invisible(attributes) {
            return false;
        }
        let source = images::source(attributes, self.base);
        match source {
            Some(url) if images::is_beacon(&url) => return false,
            // What follows a late picture for those without scripts is the same again.
            Some(url) if self.fallback && *url == *self.last_picture => return false,
            Some(url) => {
                self.out.push_str(" src=\"");
                escape::push_value(&mut self.out, &url);
                self.out.push('"');
                self.last_picture.clear();
                self.last_picture.push_str(&url);
            }
            None => {
                let described = attributes
                    .iter()
                    .any(|a| a.name.eq_ignore_ascii_case("alt") && !a.value.trim().is_empty());
                if !described {
                    return false;
                }
            }
        }
        for (name, value) in element.attributes.iter().chain(GENERIC) {
            if *name == "src" {
                continue;
            }
            if let Some(attribute) = attributes
                .iter()
                .find(|a| a.name.eq_ignore_ascii_case(name))
            {
                self.attribute(name, *value, attribute.value);
            }
        }
        true
    }
}

/// A whole number as written, at most nine digits.
fn number(raw: &str) -> Option<&str> {
    let text = raw.trim();
    let text = text.strip_suffix("px").unwrap_or(text).trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    ((1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}
