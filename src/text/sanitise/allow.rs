//! What may stay: elements, and their attributes. Scripts, styles, forms, frames, SVG and MathML
//! are not here, and neither are `class`, `id`, `style` and event handlers.

/// How an element behaves in the tree (HTML Standard, "Tree construction").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reopened by a browser where it is closed by its surroundings: `b`, `a`.
    Formatting,
    /// Any other inline element.
    Ordinary,
    /// `rt` and `rp`: the next one ends them.
    Ruby,
    /// `p`: the next block ends it.
    Paragraph,
    /// `div` and the like.
    Block,
    /// `ul` and `ol`.
    List,
    /// `h1` to `h6`.
    Heading,
    /// `li`: the next one ends it.
    Item,
    /// `dd` and `dt`: the next one ends them.
    Definition,
    /// `pre`: loses its first line break.
    Preformatted,
    /// Has no content, stands in a line.
    Void,
    /// `hr`: has no content, ends a paragraph.
    Rule,
    /// `source`: belongs to a picture, an audio or a video.
    Source,
    /// `table`.
    Table,
    /// `thead`, `tbody`, `tfoot`.
    Section,
    /// `tr`.
    Row,
    /// `td` and `th`.
    Cell,
    /// `caption`.
    Caption,
}

impl Kind {
    /// Whether end tags of inline elements don't reach past it ("special" in the standard).
    pub(super) fn is_special(self) -> bool {
        !matches!(self, Self::Formatting | Self::Ordinary | Self::Ruby)
    }

    /// Whether a tag within it cannot close what is outside.
    pub(super) fn is_scope(self) -> bool {
        matches!(self, Self::Table | Self::Cell | Self::Caption)
    }

    /// Whether it may hold nothing but other parts of a table.
    pub(super) fn is_table_frame(self) -> bool {
        matches!(self, Self::Table | Self::Section | Self::Row)
    }

    /// Whether it is never closed.
    pub(super) fn is_void(self) -> bool {
        matches!(self, Self::Void | Self::Rule | Self::Source)
    }
}

/// How an attribute's value is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Any text, cut where it is long.
    Text,
    /// A whole number, a `px` behind it is forgiven.
    Number,
    /// An address to go to.
    Link,
    /// An address to load from.
    Media,
    /// Addresses to load from, with widths or densities (`srcset`).
    Candidates,
    /// Only its presence says something.
    Flag,
}

/// An element that may stay.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) attributes: &'static [(&'static str, Value)],
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.name == other.name
    }
}

/// Attributes that may stay on every element.
pub(super) const GENERIC: &[(&str, Value)] = &[
    ("title", Value::Text),
    ("lang", Value::Text),
    ("dir", Value::Text),
];

/// Schemes that a link may have.
pub(super) const LINK_SCHEMES: &[&str] = &[
    "http", "https", "mailto", "tel", "ftp", "ftps", "geo", "irc", "ircs", "magnet", "news",
    "nntp", "sip", "sms", "webcal", "xmpp",
];

const CITED: &[(&str, Value)] = &[("cite", Value::Link)];
const CHANGED: &[(&str, Value)] = &[("cite", Value::Link), ("datetime", Value::Text)];
const SPANS: &[(&str, Value)] = &[
    ("colspan", Value::Number),
    ("rowspan", Value::Number),
    ("scope", Value::Text),
];

const fn plain(name: &'static str, kind: Kind) -> Element {
    Element {
        name,
        kind,
        attributes: &[],
    }
}

const fn with(
    name: &'static str,
    kind: Kind,
    attributes: &'static [(&'static str, Value)],
) -> Element {
    Element {
        name,
        kind,
        attributes,
    }
}

/// How many elements may stay.
const COUNT: usize = 79;

/// All elements that may stay, sorted by name.
pub(super) static ELEMENTS: &[Element; COUNT] = &[
    with("a", Kind::Formatting, &[("href", Value::Link)]),
    plain("abbr", Kind::Ordinary),
    plain("acronym", Kind::Ordinary),
    plain("address", Kind::Block),
    plain("article", Kind::Block),
    plain("aside", Kind::Block),
    with(
        "audio",
        Kind::Ordinary,
        &[("src", Value::Media), ("controls", Value::Flag)],
    ),
    plain("b", Kind::Formatting),
    plain("bdi", Kind::Ordinary),
    plain("bdo", Kind::Ordinary),
    plain("big", Kind::Formatting),
    with("blockquote", Kind::Block, CITED),
    plain("br", Kind::Void),
    plain("caption", Kind::Caption),
    plain("center", Kind::Block),
    plain("cite", Kind::Ordinary),
    plain("code", Kind::Formatting),
    with("data", Kind::Ordinary, &[("value", Value::Text)]),
    plain("dd", Kind::Definition),
    with("del", Kind::Ordinary, CHANGED),
    plain("details", Kind::Block),
    plain("dfn", Kind::Ordinary),
    plain("div", Kind::Block),
    plain("dl", Kind::Block),
    plain("dt", Kind::Definition),
    plain("em", Kind::Formatting),
    plain("figcaption", Kind::Block),
    plain("figure", Kind::Block),
    plain("footer", Kind::Block),
    plain("h1", Kind::Heading),
    plain("h2", Kind::Heading),
    plain("h3", Kind::Heading),
    plain("h4", Kind::Heading),
    plain("h5", Kind::Heading),
    plain("h6", Kind::Heading),
    plain("header", Kind::Block),
    plain("hgroup", Kind::Block),
    plain("hr", Kind::Rule),
    plain("i", Kind::Formatting),
    with(
        "img",
        Kind::Void,
        &[
            ("src", Value::Media),
            ("alt", Value::Text),
            ("width", Value::Number),
            ("height", Value::Number),
        ],
    ),
    with("ins", Kind::Ordinary, CHANGED),
    plain("kbd", Kind::Ordinary),
    with("li", Kind::Item, &[("value", Value::Number)]),
    plain("main", Kind::Block),
    plain("mark", Kind::Ordinary),
    plain("nav", Kind::Block),
    with(
        "ol",
        Kind::List,
        &[
            ("start", Value::Number),
            ("type", Value::Text),
            ("reversed", Value::Flag),
        ],
    ),
    plain("p", Kind::Paragraph),
    plain("picture", Kind::Ordinary),
    plain("pre", Kind::Preformatted),
    with("q", Kind::Ordinary, CITED),
    plain("rp", Kind::Ruby),
    plain("rt", Kind::Ruby),
    plain("ruby", Kind::Ordinary),
    plain("s", Kind::Formatting),
    plain("samp", Kind::Ordinary),
    plain("section", Kind::Block),
    plain("small", Kind::Formatting),
    with(
        "source",
        Kind::Source,
        &[
            ("src", Value::Media),
            ("srcset", Value::Candidates),
            ("sizes", Value::Text),
            ("type", Value::Text),
            ("media", Value::Text),
        ],
    ),
    plain("span", Kind::Ordinary),
    plain("strike", Kind::Formatting),
    plain("strong", Kind::Formatting),
    plain("sub", Kind::Ordinary),
    plain("summary", Kind::Block),
    plain("sup", Kind::Ordinary),
    plain("table", Kind::Table),
    plain("tbody", Kind::Section),
    with("td", Kind::Cell, SPANS),
    plain("tfoot", Kind::Section),
    with("th", Kind::Cell, SPANS),
    plain("thead", Kind::Section),
    with("time", Kind::Ordinary, &[("datetime", Value::Text)]),
    plain("tr", Kind::Row),
    plain("tt", Kind::Formatting),
    plain("u", Kind::Formatting),
    plain("ul", Kind::List),
    plain("var", Kind::Ordinary),
    with(
        "video",
        Kind::Ordinary,
        &[
            ("src", Value::Media),
            ("poster", Value::Media),
            ("width", Value::Number),
            ("height", Value::Number),
            ("controls", Value::Flag),
        ],
    ),
    plain("wbr", Kind::Void),
];

/// Longest name in [`ELEMENTS`].
const LONGEST: usize = 10;

/// A name of at most [`LONGEST`] bytes as a number, without regard to case: compared in one step
/// where names would be compared letter by letter, for every tag there is.
const fn key(name: &[u8]) -> u128 {
    let mut key = 0;
    let mut at = 0;
    while at < name.len() {
        key = (key << 8) | name[at].to_ascii_lowercase() as u128;
        at += 1;
    }
    key
}

/// The keys of [`ELEMENTS`], in its order.
static KEYS: [u128; COUNT] = {
    let mut keys = [0; COUNT];
    let mut at = 0;
    while at < COUNT {
        keys[at] = key(ELEMENTS[at].name.as_bytes());
        at += 1;
    }
    keys
};

/// Where the elements that begin with a letter begin in [`ELEMENTS`], and where the last end.
static STARTS: [u8; 27] = {
    let mut starts = [0; 27];
    let mut letter = 0;
    let mut at = 0;
    while letter < 27 {
        while at < COUNT && ELEMENTS[at].name.as_bytes()[0] < b'a' + letter as u8 {
            at += 1;
        }
        // There are fewer than 256.
        starts[letter] = at as u8;
        letter += 1;
    }
    starts
};

/// The element `name`, in whatever case.
pub(super) fn find(name: &str) -> Option<&'static Element> {
    let name = name.as_bytes();
    let letter = usize::from(name.first()?.to_ascii_lowercase().wrapping_sub(b'a'));
    if name.len() > LONGEST || letter >= 26 {
        return None;
    }
    let wanted = key(name);
    (usize::from(STARTS[letter])..usize::from(STARTS[letter + 1]))
        .find(|at| KEYS[*at] == wanted)
        .map(|at| &ELEMENTS[at])
}

/// What becomes of an element that may not stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// Its tags go, its content stays.
    Tags,
    /// It goes with its content, and with everything that follows where it has no end.
    Content(&'static str),
    /// It goes with its content; only its tag where it has no end.
    Island(&'static str),
    /// Shown where scripts don't run, which is here.
    Fallback,
}

/// What becomes of the element `name`, which [`find`] doesn't know.
pub(super) fn dropped(name: &str) -> Dropped {
    for script in ["script", "style"] {
        if name.eq_ignore_ascii_case(script) {
            return Dropped::Content(script);
        }
    }
    for island in [
        "iframe",
        "svg",
        "applet",
        "noembed",
        "noframes",
        "select",
        "datalist",
        "annotation",
        "annotation-xml",
    ] {
        if name.eq_ignore_ascii_case(island) {
            return Dropped::Island(island);
        }
    }
    if name.eq_ignore_ascii_case("noscript") {
        return Dropped::Fallback;
    }
    Dropped::Tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_sorted_and_short() {
        assert!(ELEMENTS.is_sorted_by_key(|element| element.name));
        assert!(ELEMENTS.iter().all(|element| element.name.len() <= LONGEST));
        assert_eq!(find("BlockQuote").map(|e| e.name), Some("blockquote"));
        assert!(ELEMENTS.iter().all(|e| find(e.name) == Some(e)));
        assert!(find("form").is_none() && find("").is_none() && find("blockquotes").is_none());
    }
}
