//! The rules by which two addresses are known to name one page: plain data, read by `canonical`.

/// Labels in front of a host that name a door to the same site, not another site.
pub(super) const DOORS: &[&str] = &[
    "www", "www1", "www2", "www3", "m", "mobile", "amp", "touch", "edition",
];

/// Query parameters that say how a reader came, not what is read.
pub(super) const TRACKING: &[&str] = &[
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "amp",
    "cid",
    "cmp",
    "cmpid",
    "dclid",
    "ei",
    "fbclid",
    "feature",
    "ftag",
    "gaa_at",
    "gbraid",
    "gclid",
    "guccounter",
    "icid",
    "igsh",
    "igshid",
    "ito",
    "mkt_tok",
    "mod",
    "msclkid",
    "ncid",
    "ocid",
    "output",
    "outputtype",
    "partner",
    "print",
    "ref",
    "ref_src",
    "ref_url",
    "referrer",
    "rss",
    "s_cid",
    "s_kwcid",
    "share",
    "shared",
    "smid",
    "smtyp",
    "source",
    "spm",
    "src",
    "srnd",
    "taid",
    "trk",
    "twclid",
    "vero_id",
    "via",
    "wbraid",
    "wt.mc_id",
    "xtor",
    "yclid",
];

/// Beginnings of such parameters.
pub(super) const TRACKING_PREFIXES: &[&str] = &[
    "utm_", "at_", "ns_", "mc_", "pk_", "mtm_", "hsa_", "oly_", "campaign",
];

/// Parameters that name a visit.
pub(super) const SESSIONS: &[&str] = &["phpsessid", "jsessionid", "sid", "sessionid", "session_id"];

/// Last parts of a path that name the folder they are in.
pub(super) const INDEX_PAGES: &[&str] = &[
    "index.html",
    "index.htm",
    "index.php",
    "index.shtml",
    "index.asp",
    "index.aspx",
    "index.jsp",
    "default.html",
    "default.htm",
    "default.asp",
    "default.aspx",
];

/// Endings of a path that ask for the AMP edition of a page.
pub(super) const AMP_ENDINGS: &[&str] = &["/amp", ".amp", ".amp.html", ".amphtml"];

/// A redirector that carries its target in the query.
pub(super) struct Redirector {
    /// The host without its door; a leading dot stands for any host that ends so, `*` for any host.
    pub(super) host: &'static str,
    /// How the path begins.
    pub(super) path: &'static str,
    /// The parameters that may hold the target, the first present one counts.
    pub(super) parameters: &'static [&'static str],
}

/// Redirectors, the special ones first.
pub(super) const REDIRECTORS: &[Redirector] = &[
    Redirector {
        host: "google.com",
        path: "/url",
        parameters: &["url", "q"],
    },
    Redirector {
        host: "news.google.com",
        path: "/news/url",
        parameters: &["url"],
    },
    Redirector {
        host: "l.facebook.com",
        path: "/l.php",
        parameters: &["u"],
    },
    Redirector {
        host: "lm.facebook.com",
        path: "/l.php",
        parameters: &["u"],
    },
    Redirector {
        host: "l.instagram.com",
        path: "/",
        parameters: &["u"],
    },
    Redirector {
        host: "out.reddit.com",
        path: "/",
        parameters: &["url"],
    },
    Redirector {
        host: "youtube.com",
        path: "/redirect",
        parameters: &["q"],
    },
    Redirector {
        host: "t.umblr.com",
        path: "/redirect",
        parameters: &["z"],
    },
    Redirector {
        host: "bing.com",
        path: "/news/apiclick.aspx",
        parameters: &["url"],
    },
    Redirector {
        host: "go.redirectingat.com",
        path: "/",
        parameters: &["url"],
    },
    Redirector {
        host: "*",
        path: "/redirect",
        parameters: REDIRECT_PARAMETERS,
    },
    Redirector {
        host: "*",
        path: "/url",
        parameters: REDIRECT_PARAMETERS,
    },
    Redirector {
        host: "*",
        path: "/out",
        parameters: REDIRECT_PARAMETERS,
    },
    Redirector {
        host: "*",
        path: "/click",
        parameters: REDIRECT_PARAMETERS,
    },
    Redirector {
        host: "*",
        path: "/r/",
        parameters: REDIRECT_PARAMETERS,
    },
    Redirector {
        host: "*",
        path: "/go",
        parameters: REDIRECT_PARAMETERS,
    },
    Redirector {
        host: "*",
        path: "/",
        parameters: &["url"],
    },
];

const REDIRECT_PARAMETERS: &[&str] = &[
    "url",
    "u",
    "to",
    "target",
    "dest",
    "destination",
    "redirect",
    "link",
];

/// A cache or archive that carries its target in the path, behind a marker.
pub(super) struct Cache {
    /// The host without its door; a leading dot stands for any host that ends so.
    pub(super) host: &'static str,
    /// What stands in front of the target, the first that fits counts.
    pub(super) markers: &'static [&'static str],
}

/// Caches and archives.
pub(super) const CACHES: &[Cache] = &[
    Cache {
        host: ".cdn.ampproject.org",
        markers: &["/c/s/", "/v/s/", "/c/", "/v/"],
    },
    Cache {
        host: "google.com",
        markers: &["/amp/s/", "/amp/"],
    },
    Cache {
        host: "web.archive.org",
        markers: &["/http://", "/https://", "/http:/", "/https:/"],
    },
];

/// Where the number of a page stands in a path, whose other parts then don't matter.
pub(super) struct ShortForm {
    /// The host without its door; a leading dot stands for any host that ends so.
    pub(super) host: &'static str,
    /// The path: `{id}` is the number, `*` any one part; more parts may follow.
    pub(super) path: &'static str,
    /// The page it names, with `{id}` filled in.
    pub(super) page: &'static str,
}

/// Short and alternative forms of one site's pages.
pub(super) const SHORT_FORMS: &[ShortForm] = &[
    ShortForm {
        host: "youtu.be",
        path: "/{id}",
        page: "youtube.com/watch?v={id}",
    },
    ShortForm {
        host: "youtube.com",
        path: "/shorts/{id}",
        page: "youtube.com/watch?v={id}",
    },
    ShortForm {
        host: "youtube.com",
        path: "/embed/{id}",
        page: "youtube.com/watch?v={id}",
    },
    ShortForm {
        host: "youtube.com",
        path: "/live/{id}",
        page: "youtube.com/watch?v={id}",
    },
    ShortForm {
        host: "youtube.com",
        path: "/v/{id}",
        page: "youtube.com/watch?v={id}",
    },
    ShortForm {
        host: "youtube-nocookie.com",
        path: "/embed/{id}",
        page: "youtube.com/watch?v={id}",
    },
    ShortForm {
        host: "redd.it",
        path: "/{id}",
        page: "reddit.com/comments/{id}",
    },
    ShortForm {
        host: "reddit.com",
        path: "/r/*/comments/{id}",
        page: "reddit.com/comments/{id}",
    },
    ShortForm {
        host: ".reddit.com",
        path: "/r/*/comments/{id}",
        page: "reddit.com/comments/{id}",
    },
    ShortForm {
        host: "twitter.com",
        path: "/*/status/{id}",
        page: "x.com/i/status/{id}",
    },
    ShortForm {
        host: "twitter.com",
        path: "/*/statuses/{id}",
        page: "x.com/i/status/{id}",
    },
    ShortForm {
        host: "x.com",
        path: "/*/status/{id}",
        page: "x.com/i/status/{id}",
    },
    ShortForm {
        host: "fxtwitter.com",
        path: "/*/status/{id}",
        page: "x.com/i/status/{id}",
    },
    ShortForm {
        host: "vxtwitter.com",
        path: "/*/status/{id}",
        page: "x.com/i/status/{id}",
    },
    ShortForm {
        host: "nitter.net",
        path: "/*/status/{id}",
        page: "x.com/i/status/{id}",
    },
];

/// Sites whose pages are named by some parameters alone: the others go.
pub(super) const NAMED_BY: &[(&str, &str, &[&str])] = &[("youtube.com", "/watch", &["v"])];
