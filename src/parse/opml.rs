//! Lists of subscriptions: OPML 1.0 and 2.0 as programs export it.
//!
//! Read with the lenient tree, since exports are as broken as feeds: bare ampersands, wrong
//! encodings, attributes in any case.

use super::tree::{Element, Tree};
use super::{Fault, decode};
use crate::text::{Plain, cut_at_character, plain_from_html};
use std::collections::HashMap;

/// A subscription in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// What the list calls the feed; `None` where it has no name but its address.
    pub title: Option<String>,
    /// The feed's address as given, without `feed:` in front. It is not checked: whoever subscribes
    /// says what is wrong with it.
    pub url: String,
    /// The page that the feed belongs to, as given.
    pub site: Option<String>,
    /// The outlines that it lies in, from the outside inwards, then its own categories; each once.
    pub tags: Vec<String>,
}

/// Most subscriptions of one list.
const MAX_OUTLINES: usize = 20_000;
/// Most tags of one subscription.
const MAX_TAGS: usize = 32;
/// Longest tag, in bytes.
const MAX_TAG: usize = 128;

/// The subscriptions of the list in `bytes`, in its order; one that is listed several times comes
/// once, with all its tags. Beyond 20,000 they are left out.
///
/// Fails where it is no OPML, or holds outlines without a single feed.
pub fn read(bytes: &[u8]) -> Result<Vec<Outline>, Fault> {
    let unpacked = decode::unpack(bytes);
    let decoded = decode::decode(&unpacked, None);
    let tree = Tree::read(&decoded.text);
    let mut list = List::default();
    let document = tree.document();
    let is_opml = document.descendants().take(100).any(|e| e.is("opml"));
    for element in document.elements() {
        list.read(element, &mut Vec::new());
    }
    if list.outlines.is_empty() && list.others > 0 {
        return Err(Fault::new(
            "this OPML list holds no feed: none of its outlines has an address in 'xmlUrl'",
        ));
    }
    if is_opml || !list.outlines.is_empty() {
        return Ok(list.outlines);
    }
    let root = document.elements().next();
    Err(Fault::new(match root.map(|root| root.local()) {
        None => "this is no OPML list: there is no markup in it".to_owned(),
        Some(name) if matches!(name.as_str(), "rss" | "feed" | "rdf") => {
            "this is a feed, not an OPML list of subscriptions; add its address instead".to_owned()
        }
        Some(_) => format!(
            "this is no OPML list: its first element is <{}>, not <opml>",
            root.map_or("", |root| cut_at_character(root.name(), 60))
        ),
    }))
}

#[derive(Default)]
struct List {
    outlines: Vec<Outline>,
    /// Where each address stands in `outlines`.
    places: HashMap<String, usize>,
    /// Outlines that are neither feeds nor hold any outline.
    others: usize,
}

impl List {
    // Recursion is no deeper than the tree, which is bounded.
    fn read(&mut self, element: Element<'_, '_>, folders: &mut Vec<String>) {
        if !element.is("outline") {
            for child in element.elements() {
                self.read(child, folders);
            }
            return;
        }
        let name = name(element);
        match address(element) {
            Some(url) => self.add(element, url, name.clone(), folders),
            None if !element.has_elements() => self.others += 1,
            None => {}
        }
        if !element.has_elements() {
            return;
        }
        let outside = folders.len();
        folders.extend(name.as_deref().and_then(tag));
        for child in element.elements() {
            self.read(child, folders);
        }
        folders.truncate(outside);
    }

    fn add(
        &mut self,
        element: Element<'_, '_>,
        url: String,
        title: Option<String>,
        folders: &[String],
    ) {
        let at = match self.places.get(&url) {
            Some(&at) => at,
            None if self.outlines.len() == MAX_OUTLINES => return,
            None => {
                self.places.insert(url.clone(), self.outlines.len());
                self.outlines.push(Outline {
                    title: title.filter(|title| *title != url),
                    site: value(element, "htmlUrl").map(str::to_owned),
                    url,
                    tags: Vec::new(),
                });
                self.outlines.len() - 1
            }
        };
        let categories = value(element, "category").unwrap_or_default();
        let tags = &mut self.outlines[at].tags;
        for tag in folders
            .iter()
            .cloned()
            .chain(categories.split(',').flat_map(category).filter_map(tag))
        {
            if tags.len() < MAX_TAGS && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
}

/// The value of an attribute, trimmed; `None` where it is missing or blank.
fn value<'t>(element: Element<'t, '_>, name: &str) -> Option<&'t str> {
    element
        .attribute(name)
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// The address of the feed that the outline stands for, if it stands for one.
fn address(element: Element<'_, '_>) -> Option<String> {
    let named = value(element, "xmlUrl").or_else(|| value(element, "feedUrl"));
    let url = match named {
        Some(url) => url,
        // OPML 1 lists of some programs.
        None => {
            let kind = value(element, "type")?.to_ascii_lowercase();
            value(element, "url").filter(|_| matches!(kind.as_str(), "rss" | "atom" | "feed"))?
        }
    };
    let url = match url.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("feed") => {
            if rest.starts_with("//") {
                format!("http:{rest}")
            } else {
                rest.to_owned()
            }
        }
        _ => url.to_owned(),
    };
    let shown = Plain::new(&url);
    (!shown.is_empty()).then(|| shown.as_str().to_owned())
}

/// What the outline is called.
fn name(element: Element<'_, '_>) -> Option<String> {
    ["title", "text"].into_iter().find_map(|attribute| {
        let name = plain_from_html(value(element, attribute)?);
        (!name.is_empty()).then(|| name.as_str().to_owned())
    })
}

/// The parts of a category: a path (`/Tech/News`) or one word (`TCP/IP`).
fn category(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    let whole = (!text.starts_with('/')).then_some(text);
    let path = text.strip_prefix('/').map(|path| path.split('/'));
    whole.into_iter().chain(path.into_iter().flatten())
}

fn tag(text: &str) -> Option<String> {
    let tag = Plain::new(text);
    let tag = cut_at_character(tag.as_str(), MAX_TAG).trim();
    (!tag.is_empty()).then(|| tag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(opml: &str) -> Vec<String> {
        read(opml.as_bytes())
            .unwrap()
            .iter()
            .map(|o| {
                format!(
                    "{}|{}|{}|{}",
                    o.title.as_deref().unwrap_or("-"),
                    o.url,
                    o.site.as_deref().unwrap_or("-"),
                    o.tags.join(",")
                )
            })
            .collect()
    }

    #[test]
    fn folders_and_categories_become_tags() {
        assert_eq!(
            shown(
                r#"<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>
                <outline text="Tech">
                  <outline text="Rust" title="Rust &amp; friends">
                    <outline type="rss" text="A" title="Feed A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"/>
                  </outline>
                  <outline type="rss" text="B &amp;amp; C" xmlUrl="https://b.example/feed" category="/Tech/News,daily,TCP/IP"/>
                </outline>
                <outline text="https://c.example/feed" xmlUrl="https://c.example/feed"/>
                </body></opml>"#
            ),
            [
                "Feed A|https://a.example/feed|https://a.example/|Tech,Rust & friends",
                "B & C|https://b.example/feed|-|Tech,News,daily,TCP/IP",
                "-|https://c.example/feed|-|",
            ]
        );
    }

    #[test]
    fn what_programs_get_wrong_is_forgiven() {
        for (opml, expected) in [
            (
                "<opml><body><outline TEXT='Tom & Jerry' XMLURL=http://a.example/?a=1&b=2>",
                vec!["Tom & Jerry|http://a.example/?a=1&b=2|-|"],
            ),
            (
                "<opml><outline title='x' type='rss' url='http://a.example/rss'/><outline type='link' url='http://a.example/page' text='y'/></opml>",
                vec!["x|http://a.example/rss|-|"],
            ),
            (
                "<opml><body><outline xmlUrl='feed://a.example/x'/><outline xmlUrl='feed:https://b.example/x'/></body>",
                vec!["-|http://a.example/x|-|", "-|https://b.example/x|-|"],
            ),
            (
                "<opml><body><outline text=One><outline xmlUrl='http://a.example/'/></outline><outline text=Two><outline xmlUrl=' http://a.example/ ' text=Name /></outline></body></opml>",
                vec!["-|http://a.example/|-|One,Two"],
            ),
            (
                "<body><outline text='Feed' xmlUrl='http://a.example/'>",
                vec!["Feed|http://a.example/|-|"],
            ),
            (
                "<opml><body><outline text=''><outline text=x xmlUrl='http://a.example/'/></outline></body></opml>",
                vec!["x|http://a.example/|-|"],
            ),
            ("<opml version='2.0'><body></body></opml>", vec![]),
        ] {
            assert_eq!(shown(opml), expected, "{opml}");
        }
    }

    #[test]
    fn any_encoding_is_read() {
        let opml = "<?xml version='1.0' encoding='iso-8859-1'?><opml><body><outline text='caf\u{e9}' xmlUrl='http://a.example/'/></body></opml>";
        let latin: Vec<u8> = opml.chars().map(|c| c as u8).collect();
        assert_eq!(read(&latin).unwrap()[0].title.as_deref(), Some("café"));
    }

    #[test]
    fn faults_say_what_it_is_instead() {
        for (text, expected) in [
            ("", "there is no markup in it"),
            ("just words", "there is no markup in it"),
            (
                "<rss version='2.0'><channel><title>x</title></channel></rss>",
                "this is a feed",
            ),
            ("<html><body>x</body></html>", "<html>"),
            (
                "<opml><body><outline text='x' htmlUrl='http://a.example/'/></body></opml>",
                "holds no feed",
            ),
        ] {
            let fault = read(text.as_bytes()).unwrap_err().to_string();
            assert!(fault.contains(expected), "{fault}");
        }
    }

    #[test]
    fn lists_have_bounds() {
        let many: String = (0..MAX_OUTLINES + 50)
            .map(|n| format!("<outline xmlUrl='http://a.example/{n}'/>"))
            .collect();
        assert_eq!(
            read(format!("<opml><body>{many}").as_bytes())
                .unwrap()
                .len(),
            MAX_OUTLINES
        );
        let deep = "<outline text='x'>".repeat(50_000) + "<outline xmlUrl='http://a.example/'/>";
        let outlines = read(deep.as_bytes()).unwrap();
        assert_eq!(outlines[0].tags, ["x"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_markup_is_survived(
            text in "(<outline |<opml>|</outline>|<body>|xmlUrl='http://a.example/x' |text='x' |>|/>|&|category=\"/a,b\" |\\PC){0,40}"
        ) {
            if let Ok(outlines) = read(text.as_bytes()) {
                prop_assert!(outlines.iter().all(|o| !o.url.is_empty()));
            }
        }
    }
}
