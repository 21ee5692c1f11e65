//! The invented outlets: who they are, which dialect they speak and how they behave.

use std::time::Duration;

/// The markup that an outlet publishes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RSS 0.91: no identifiers.
    Rss091,
    /// RSS 1.0, RDF with Dublin Core and the content module.
    Rss1,
    /// RSS 2.0 with `content:encoded` and `dc:creator`.
    Rss2,
    /// Atom 0.3, as weblogs of 2004 wrote it.
    Atom03,
    /// Atom 1.0 (RFC 4287).
    Atom1,
    /// JSON Feed 1.1.
    Json,
}

/// The encoding of an outlet's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// ISO-8859-1.
    Latin1,
    /// windows-1251.
    Windows1251,
}

/// What befalls an outlet in the course of the day. Minutes count from the start of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It simply answers.
    Steady,
    /// It answers late.
    Slow(Duration),
    /// From a minute on, its old address (given) redirects permanently to its feed.
    Moves {
        /// The path that people subscribed to.
        from: &'static str,
        /// When it starts to redirect.
        at: i32,
    },
    /// From a minute on it answers 410.
    Gone {
        /// When it closes.
        at: i32,
    },
}

/// An invented publisher.
#[derive(Debug)]
pub struct Outlet {
    /// Its short name, `[a-z0-9-]+`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it says of itself.
    pub about: &'static str,
    /// Its site's host.
    pub host: &'static str,
    /// Where its feed is, below `/HOST` on the demo's origin.
    pub feed: &'static str,
    /// Its markup.
    pub dialect: Dialect,
    /// Its encoding.
    pub charset: Charset,
    /// Whether its markup has bare ampersands and HTML's entities, as hand-made templates do.
    pub sloppy: bool,
    /// Whether its entries have identifiers of their own, besides their links.
    pub guids: bool,
    /// BCP 47 language tag.
    pub language: &'static str,
    /// How it behaves.
    pub manner: Manner,
    /// A line that its templates put below every full text.
    pub footer: Option<&'static str>,
    /// The subscription's tags, sorted.
    pub tags: &'static [&'static str],
    /// The subscription's priority.
    pub priority: i32,
}

impl Outlet {
    /// The path that the demo subscribes to.
    #[must_use]
    pub fn subscribed_path(&self) -> String {
        match self.manner {
            Manner::Moves { from, .. } => format!("/{}{from}", self.host),
            _ => self.feed_path(),
        }
    }

    /// The path at which the document is.
    #[must_use]
    pub fn feed_path(&self) -> String {
        format!("/{}{}", self.host, self.feed)
    }

    /// The address of its first page.
    #[must_use]
    pub fn site(&self) -> String {
        format!("https://{}/", self.host)
    }
}

/// What most outlets are like.
const PLAIN: Outlet = Outlet {
    name: "",
    title: "",
    about: "",
    host: "",
    feed: "/feed",
    dialect: Dialect::Rss2,
    charset: Charset::Utf8,
    sloppy: false,
    guids: true,
    language: "en",
    manner: Manner::Steady,
    footer: None,
    tags: &[],
    priority: 0,
};

/// All outlets, in the order in which they are subscribed to.
pub static OUTLETS: [Outlet; 16] = [
    Outlet {
        name: "harbor-windows",
        title: "Harbor Windows",
        about: "Windows news, builds, devices and guides, every working hour.",
        host: "harborwindows.example",
        feed: "/feeds/all.xml",
        footer: Some(
            r#"<p><em>Follow Harbor Windows on Murmur and get <a href="https://harborwindows.example/newsletter">our morning letter</a>.</em></p>"#,
        ),
        tags: &["microsoft", "windows"],
        priority: 10,
        ..PLAIN
    },
    Outlet {
        name: "lattice-review",
        title: "The Lattice Review",
        about: "Artificial intelligence and the rules it lives by.",
        host: "latticereview.example",
        feed: "/atom.xml",
        dialect: Dialect::Atom1,
        tags: &["ai", "policy"],
        priority: 10,
        ..PLAIN
    },
    Outlet {
        name: "bulwark-wire",
        title: "Bulwark Wire",
        about: "Breaches, bugs and the people who fix them.",
        host: "bulwarkwire.example",
        feed: "/rss",
        tags: &["security"],
        priority: 10,
        ..PLAIN
    },
    Outlet {
        name: "benchyard",
        title: "Benchyard",
        about: "Hardware, measured twice.",
        host: "benchyard.example",
        feed: "/feed.json",
        dialect: Dialect::Json,
        tags: &["hardware"],
        priority: 5,
        ..PLAIN
    },
    Outlet {
        name: "patchwork-weekly",
        title: "Patchwork Weekly",
        about: "Free software: releases, people, arguments.",
        host: "patchwork.example",
        feed: "/index.rdf",
        dialect: Dialect::Rss1,
        guids: false,
        tags: &["linux", "open-source"],
        priority: 5,
        ..PLAIN
    },
    Outlet {
        name: "signal-loft",
        title: "Signal Loft",
        about: "Phones, watches, earbuds and the networks between them.",
        host: "signalloft.example",
        feed: "/feeds/posts.atom",
        dialect: Dialect::Atom1,
        manner: Manner::Slow(Duration::from_millis(1_300)),
        tags: &["gadgets", "mobile"],
        priority: 5,
        ..PLAIN
    },
    Outlet {
        name: "meridian-ledger",
        title: "Meridian Ledger",
        about: "The business of technology.",
        host: "meridianledger.example",
        feed: "/technology/rss.xml",
        footer: Some("<p>© Meridian Ledger. Figures are delayed by 15 minutes.</p>"),
        tags: &["business"],
        priority: 5,
        ..PLAIN
    },
    Outlet {
        name: "coastal-courier",
        title: "Coastal Courier: Technology",
        about: "Technology news from the Coastal Courier and its agencies.",
        host: "coastalcourier.example",
        feed: "/tech/feed/",
        guids: false,
        footer: Some("<p>Subscribe to the Coastal Courier from 4 a month.</p>"),
        tags: &["general"],
        ..PLAIN
    },
    Outlet {
        name: "inland-gazette",
        title: "Inland Gazette | Science & Technology",
        about: "Science and technology in the Inland Gazette.",
        host: "inlandgazette.example",
        feed: "/feeds/technology.xml",
        manner: Manner::Moves {
            from: "/rss/tech.rss",
            at: 45,
        },
        tags: &["general"],
        ..PLAIN
    },
    Outlet {
        name: "newsline-direct",
        title: "Newsline Direct",
        about: "Press releases as they are issued.",
        host: "newslinedirect.example",
        feed: "/rss091.xml",
        dialect: Dialect::Rss091,
        guids: false,
        tags: &["press"],
        priority: -10,
        ..PLAIN
    },
    Outlet {
        name: "byte-notes",
        title: "Daily Byte Notes",
        about: "The day's technology in plain words.",
        host: "bytenotes.blogs.example",
        feed: "/feeds/posts/default",
        dialect: Dialect::Atom1,
        tags: &["blogs"],
        priority: -5,
        ..PLAIN
    },
    Outlet {
        name: "pile",
        title: "Pile",
        about: "Links that people found & liked",
        host: "pile.example",
        feed: "/newest.rss",
        sloppy: true,
        tags: &["links"],
        priority: -10,
        ..PLAIN
    },
    Outlet {
        name: "gadget-attic",
        title: "Gadget Attic",
        about: "Deals, picked by hand.",
        host: "gadgetattic.example",
        manner: Manner::Gone { at: 150 },
        tags: &["deals", "gadgets"],
        priority: -5,
        ..PLAIN
    },
    Outlet {
        name: "old-terminal",
        title: "Old Terminal",
        about: "Notes on machines that still work.",
        host: "oldterminal.example",
        feed: "/atom.xml",
        dialect: Dialect::Atom03,
        tags: &["blogs", "retro"],
        ..PLAIN
    },
    Outlet {
        name: "netzblick",
        title: "Netzblick",
        about: "Nachrichten aus Netz, Technik und Politik für Neugierige.",
        host: "netzblick.example",
        feed: "/rss/news.rdf.xml",
        charset: Charset::Latin1,
        language: "de",
        tags: &["german"],
        ..PLAIN
    },
    Outlet {
        name: "cifrovoy-bereg",
        title: "Цифровой берег",
        about: "Новости технологий без лишних слов.",
        host: "cifrovoybereg.example",
        feed: "/export/rss.xml",
        charset: Charset::Windows1251,
        language: "ru",
        tags: &["russian"],
        ..PLAIN
    },
];

/// The outlet with a short name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Outlet> {
    OUTLETS.iter().find(|outlet| outlet.name == name)
}
