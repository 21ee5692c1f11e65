//! Which address relative references are relative to: `xml:base`, the document's address, the
//! feed's own page.

use crate::address::Address;
use crate::parse::tree::Element;

/// The base in force at `element`: every `xml:base` from the outside in, on top of `document`
/// (W3C XML Base section 4).
pub(super) fn base_of(element: Element<'_, '_>, document: Option<&Address>) -> Option<Address> {
    let mut steps = Vec::new();
    let mut current = Some(element);
    while let Some(element) = current {
        steps.extend(own_base(element));
        current = element.parent();
    }
    steps
        .into_iter()
        .rev()
        .fold(document.cloned(), |base, step| {
            resolve(step, base.as_ref()).or(base)
        })
}

/// The element's own `xml:base`.
pub(super) fn own_base<'t>(element: Element<'t, '_>) -> Option<&'t str> {
    element
        .attribute("xml:base")
        .map(str::trim)
        .filter(|base| !base.is_empty())
}

/// `reference` as an absolute address.
pub(crate) fn resolve(reference: &str, base: Option<&Address>) -> Option<Address> {
    let reference = reference.trim();
    if reference.is_empty() {
        return None;
    }
    if let Ok(address) = Address::parse(reference) {
        return Some(address);
    }
    match base {
        Some(base) => base.join(reference).ok(),
        None if reference.starts_with("//") => Address::parse(&format!("https:{reference}")).ok(),
        None => None,
    }
}
