//! Which dialect a document is, and where its parts are.

use crate::parse::tree::{Element, Space, Tree};

/// How texts and dates are taken where a document doesn't say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// RSS, RDF, CDF.
    Rss,
    /// Atom.
    Atom,
}

/// A feed in a tree.
#[derive(Debug)]
pub(super) struct Found<'t, 'a> {
    pub(super) root: Element<'t, 'a>,
    /// Its name in the contract: `rss-2.0`, `atom-1.0`.
    pub(super) format: String,
    pub(super) family: Family,
    /// In document order, none inside of another.
    pub(super) entries: Vec<Element<'t, 'a>>,
}

/// The feed in a document, wherever its root is: error messages and `<html>` get in front.
pub(super) fn find<'t, 'a>(tree: &'t Tree<'a>) -> Option<Found<'t, 'a>> {
    let document = tree.document();
    let top = document.elements().next()?;
    let in_page = top.is("html");
    let candidates = std::iter::once(top)
        .chain(document.descendants())
        .take(if in_page { 20_000 } else { 200 });
    for root in candidates {
        let Some((format, family)) = format_of(root) else {
            continue;
        };
        let mut entries = Vec::new();
        collect_entries(document, root, false, &mut entries);
        if root.is("entry") {
            entries.retain(|e| e.place() == root.place());
        }
        // A page has custom elements of any name; a feed in it has something to show.
        if in_page && entries.is_empty() && !has_head(root) {
            continue;
        }
        return Some(Found {
            root,
            format,
            family,
            entries,
        });
    }
    None
}

fn format_of(root: Element<'_, '_>) -> Option<(String, Family)> {
    let local = root.local();
    let version = root.attribute("version").unwrap_or_default().trim();
    let space = root.space();
    Some(match local.as_str() {
        "rss" if space.is_core() || space == Space::Other => {
            let plain = version.len() <= 8
                && !version.is_empty()
                && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let format = match version {
                "2" | "2.0.0" | "2.0.1" | "2.00" => "rss-2.0".to_owned(),
                version if plain => format!("rss-{version}"),
                _ => "rss".to_owned(),
            };
            (format, Family::Rss)
        }
        "rdf" => {
            let children: Vec<_> = root.elements().take(200).collect();
            let shaped = children
                .iter()
                .any(|e| e.space().is_core() && (e.is("channel") || e.is("item")));
            let declared = root.attributes().iter().find_map(|a| {
                let value = a.value.to_ascii_lowercase();
                if value.contains("netscape.com/rdf/simple/0.9") {
                    Some("rss-0.90")
                } else if value.contains("purl.org/rss/1.0/") && !value.contains("modules") {
                    Some("rss-1.0")
                } else if value.contains("purl.org/net/rss1.1") {
                    Some("rss-1.1")
                } else {
                    None
                }
            });
            match declared {
                Some(format) => (format.to_owned(), Family::Rss),
                None if shaped => ("rss-1.0".to_owned(), Family::Rss),
                None => return None,
            }
        }
        "feed" if space.is_core() || space == Space::Other => {
            let old = root.attributes().iter().any(|a| {
                let value = a.value.to_ascii_lowercase();
                value.contains("purl.org/atom") || value.contains("purl.org/echo")
            });
            let format = if old || matches!(version, "0.1" | "0.2" | "0.3") {
                "atom-0.3"
            } else {
                "atom-1.0"
            };
            (format.to_owned(), Family::Atom)
        }
        "entry" if space == Space::Atom => ("atom-1.0".to_owned(), Family::Atom),
        "channel" if space.is_core() => {
            let items = root.elements().any(|e| e.is("item"));
            let cdf = root.attribute("href").is_some()
                || root
                    .elements()
                    .any(|e| e.is("item") && e.attribute("href").is_some());
            if cdf {
                ("cdf".to_owned(), Family::Rss)
            } else if items || has_head(root) {
                ("rss".to_owned(), Family::Rss)
            } else {
                return None;
            }
        }
        _ => return None,
    })
}

fn has_head(root: Element<'_, '_>) -> bool {
    root.descendants()
        .take(50)
        .any(|e| e.is("title") || e.is("link"))
}

/// All entries from `root` on, those behind its end included: a stray end tag must not lose them.
fn collect_entries<'t, 'a>(
    within: Element<'t, 'a>,
    root: Element<'t, 'a>,
    inside: bool,
    entries: &mut Vec<Element<'t, 'a>>,
) {
    for element in within.elements() {
        let is_entry = element.space().is_core() && (element.is("item") || element.is("entry"));
        if is_entry && element.place() >= root.place() {
            // What looks like an entry behind the end of the feed must hold something.
            if inside || element.has_elements() || element.place() == root.place() {
                entries.push(element);
            }
        } else {
            let inside = inside || element.place() == root.place();
            collect_entries(element, root, inside, entries);
        }
    }
}
