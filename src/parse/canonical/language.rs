//! Language tags.

use crate::parse::tree::Element;

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
