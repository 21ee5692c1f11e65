//! Namespaces: by address where it is known, else by the prefix that everyone uses.

/// The vocabularies that matter in feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// RSS of any version, or no namespace, or an unknown default one.
    Core,
    /// Atom 0.3, 1.0 and their drafts.
    Atom,
    /// RSS 1.0 content module: `content:encoded`.
    Content,
    /// Dublin Core elements.
    Dc,
    /// Dublin Core terms.
    DcTerms,
    /// Media RSS.
    Media,
    /// Podcasts: iTunes, and Google Play, whose words mean the same.
    Itunes,
    /// Podcasting 2.0.
    Podcast,
    /// Atom threading (RFC 4685).
    Thr,
    /// RSS 1.0 syndication module.
    Sy,
    /// FeedBurner.
    Feedburner,
    /// RDF.
    Rdf,
    /// HTML as XML.
    Xhtml,
    /// The comment API.
    Wfw,
    /// Anything else.
    Other,
}

impl Space {
    /// Whether the names are those of feeds themselves, not of a module.
    pub(crate) fn is_core(self) -> bool {
        matches!(self, Self::Core | Self::Atom)
    }
}

/// The vocabulary of a namespace address; upper and lower case, a missing or extra slash at the
/// end and `https` are forgiven.
pub(super) fn by_address(address: &str) -> Option<Space> {
    if address.len() > 128 {
        return None;
    }
    let lower = address.trim().to_ascii_lowercase();
    let bare = lower
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_start_matches("www.")
        .trim_end_matches(['/', '#']);
    Some(match bare {
        "w3.org/2005/atom"
        | "purl.org/atom/ns"
        | "purl.org/atom"
        | "purl.org/echo"
        | "example.com/newformat"
        | "example.com/necho"
        | "uri/of/echo/namespace"
        | "purl.org/pie" => Space::Atom,
        ""
        | "purl.org/rss/1.0"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "blogs.law.harvard.edu/tech/rss"
        | "cyber.law.harvard.edu/rss"
        | "purl.org/rss/1.0/modules/rss091"
        | "purl.org/net/rss1.1"
        | "purl.org/rss/2.0"
        | "rssboard.org/rss-specification" => Space::Core,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/dc" => Space::Dc,
        "purl.org/dc/terms" => Space::DcTerms,
        "search.yahoo.com/mrss"
        | "search.yahoo.com/mrss/1.0"
        | "video.search.yahoo.com/mrss"
        | "tools.search.yahoo.com/mrss" => Space::Media,
        "itunes.com/dtds/podcast-1.0.dtd"
        | "itunes.com/dtds/podcast-1.0"
        | "example.com/dtds/podcast-1.0.dtd"
        | "google.com/schemas/play-podcasts/1.0"
        | "google.com/schemas/play-podcasts/1.0/play-podcasts.xsd" => Space::Itunes,
        "podcastindex.org/namespace/1.0"
        | "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md" => Space::Podcast,
        "purl.org/syndication/thread/1.0" => Space::Thr,
        "purl.org/rss/1.0/modules/syndication" => Space::Sy,
        "rssnamespace.org/feedburner/ext/1.0" => Space::Feedburner,
        "w3.org/1999/02/22-rdf-syntax-ns" => Space::Rdf,
        "w3.org/1999/xhtml" | "w3.org/tr/xhtml1" | "w3.org/tr/rec-html40" | "w3.org/tr/html4" => {
            Space::Xhtml
        }
        "wellformedweb.org/commentapi" => Space::Wfw,
        other if other.contains("backend.userland.com/rss") => Space::Core,
        _ => return None,
    })
}

/// The vocabulary that a prefix usually stands for.
pub(super) fn by_prefix(prefix: &str) -> Option<Space> {
    const USUAL: [(&str, Space); 24] = [
        ("atom", Space::Atom),
        ("atom10", Space::Atom),
        ("atom03", Space::Atom),
        ("a10", Space::Atom),
        ("rss", Space::Core),
        ("content", Space::Content),
        ("dc", Space::Dc),
        ("dcterms", Space::DcTerms),
        ("dct", Space::DcTerms),
        ("media", Space::Media),
        ("mrss", Space::Media),
        ("itunes", Space::Itunes),
        ("googleplay", Space::Itunes),
        ("podcast", Space::Podcast),
        ("thr", Space::Thr),
        ("sy", Space::Sy),
        ("syn", Space::Sy),
        ("feedburner", Space::Feedburner),
        ("rdf", Space::Rdf),
        ("xhtml", Space::Xhtml),
        ("xh", Space::Xhtml),
        ("html", Space::Xhtml),
        ("h", Space::Xhtml),
        ("wfw", Space::Wfw),
    ];
    USUAL
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(prefix))
        .map(|(_, space)| *space)
}

/// A name cut in two: prefix (empty without one) and local part.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// A name in lower case, on the stack: names longer than any that matters are cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lower {
    bytes: [u8; 24],
    len: u8,
}

impl Lower {
    /// `name` in lower case (ASCII), cut to 24 bytes.
    pub(crate) fn new(name: &str) -> Self {
        let mut bytes = [0; 24];
        let name = crate::text::cut_at_character(name, bytes.len());
        for (to, from) in bytes.iter_mut().zip(name.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        Self {
            bytes,
            len: name.len() as u8,
        }
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        // Lower-casing ASCII and cutting at a character keep UTF-8 valid.
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_known_however_they_are_written() {
        for (address, space) in [
            ("http://www.w3.org/2005/Atom", Some(Space::Atom)),
            ("https://www.w3.org/2005/atom/", Some(Space::Atom)),
            ("http://search.yahoo.com/mrss", Some(Space::Media)),
            (" http://purl.org/dc/elements/1.1/ ", Some(Space::Dc)),
            ("http://backend.userland.com/rss2", Some(Space::Core)),
            ("http://unknown.example/ns", None),
        ] {
            assert_eq!(by_address(address), space, "{address}");
        }
    }

    #[test]
    fn lower_case_never_cuts_a_character() {
        assert_eq!(Lower::new("pubDate").as_str(), "pubdate");
        assert_eq!(Lower::new("aaaaaaaaaaaaaaaaaaaaaaaé").as_str().len(), 23);
    }
}
