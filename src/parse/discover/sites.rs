//! Sites whose feeds have addresses that can be told from those of their pages.

use crate::address::Address;

/// The feed of the page at `url` on a site that is known, without asking it: a YouTube channel, a
/// subreddit, a repository's releases, a Mastodon profile. `None` where the site is not known, or
/// the address does not tell enough (`youtube.com/@name`), or is a feed already.
#[must_use]
pub fn known_site(url: &Address) -> Option<Address> {
    let host = url.host();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let segments: Vec<&str> = url
        .url()
        .path()
        .split('/')
        .filter(|s| !s.is_empty())
        .collect();
    if segments.last().is_some_and(|last| is_feed(last)) {
        return None;
    }
    let query = |name: &str| {
        url.url()
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let feed = match host {
        "youtube.com" | "m.youtube.com" | "music.youtube.com" | "youtu.be" => {
            youtube(&segments, query("list").as_deref())
        }
        "reddit.com" | "old.reddit.com" | "new.reddit.com" => reddit(&segments),
        "github.com" => github(&segments),
        "gitlab.com" | "codeberg.org" => forge(host, &segments),
        "medium.com" => match *segments.as_slice() {
            ["tag", tag, ..] => Some(format!("https://medium.com/feed/tag/{tag}")),
            [name, ..] if !matches!(name, "m" | "me" | "feed" | "search" | "about") => {
                Some(format!("https://medium.com/feed/{name}"))
            }
            _ => None,
        },
        "bsky.app" => match *segments.as_slice() {
            ["profile", name, ..] => Some(format!("https://bsky.app/profile/{name}/rss")),
            _ => None,
        },
        "vimeo.com" => match *segments.as_slice() {
            ["channels", name, ..] => Some(format!("https://vimeo.com/channels/{name}/videos/rss")),
            [name] if !name.bytes().all(|b| b.is_ascii_digit()) => {
                Some(format!("https://vimeo.com/{name}/videos/rss"))
            }
            _ => None,
        },
        "news.ycombinator.com" => match *segments.as_slice() {
            [] | ["news"] => Some("https://news.ycombinator.com/rss".to_owned()),
            _ => None,
        },
        "lobste.rs" => match *segments.as_slice() {
            [] => Some("https://lobste.rs/rss".to_owned()),
            ["t", tag] => Some(format!("https://lobste.rs/t/{tag}.rss")),
            _ => None,
        },
        "dev.to" => match *segments.as_slice() {
            ["t", tag] => Some(format!("https://dev.to/feed/tag/{tag}")),
            [name] => Some(format!("https://dev.to/feed/{name}")),
            _ => None,
        },
        "stackoverflow.com" => match *segments.as_slice() {
            ["questions", "tagged", tag] => {
                Some(format!("https://stackoverflow.com/feeds/tag/{tag}"))
            }
            _ => None,
        },
        "arxiv.org" => match *segments.as_slice() {
            ["list", subject, ..] => Some(format!("https://rss.arxiv.org/rss/{subject}")),
            _ => None,
        },
        "pypi.org" => match *segments.as_slice() {
            ["project", name, ..] => {
                Some(format!("https://pypi.org/rss/project/{name}/releases.xml"))
            }
            _ => None,
        },
        "crates.io" => match *segments.as_slice() {
            ["crates", name, ..] => Some(format!("https://static.crates.io/rss/crates/{name}.xml")),
            _ => None,
        },
        "letterboxd.com" => match *segments.as_slice() {
            [name] => Some(format!("https://letterboxd.com/{name}/rss/")),
            _ => None,
        },
        _ => by_domain(host).or_else(|| mastodon(url, &segments)),
    };
    Address::parse(&feed?).ok().filter(|feed| feed != url)
}

/// Whether the last part of a path is that of a feed.
fn is_feed(last: &str) -> bool {
    let last = last.to_ascii_lowercase();
    [".rss", ".atom", ".xml", ".json", ".rdf"]
        .iter()
        .any(|end| last.ends_with(end))
        || matches!(last.as_str(), "rss" | "feed" | "atom")
}

fn youtube(segments: &[&str], list: Option<&str>) -> Option<String> {
    const FEEDS: &str = "https://www.youtube.com/feeds/videos.xml";
    match (segments, list) {
        (["channel", id, ..], _) if id.starts_with("UC") => {
            Some(format!("{FEEDS}?channel_id={id}"))
        }
        (["user", name, ..], _) => Some(format!("{FEEDS}?user={name}")),
        (["playlist" | "watch"], Some(list)) if is_identifier(list) => {
            Some(format!("{FEEDS}?playlist_id={list}"))
        }
        _ => None,
    }
}

fn reddit(segments: &[&str]) -> Option<String> {
    match *segments {
        [] => Some("https://www.reddit.com/.rss".to_owned()),
        ["r", name] => Some(format!("https://www.reddit.com/r/{name}/.rss")),
        [
            "r",
            name,
            sort @ ("new" | "top" | "hot" | "rising" | "controversial"),
        ] => Some(format!("https://www.reddit.com/r/{name}/{sort}/.rss")),
        ["r", name, "comments", id, ..] => Some(format!(
            "https://www.reddit.com/r/{name}/comments/{id}/.rss"
        )),
        ["user" | "u", name, ..] => Some(format!("https://www.reddit.com/user/{name}/.rss")),
        _ => None,
    }
}

fn github(segments: &[&str]) -> Option<String> {
    // First parts of paths that are no accounts.
    const PAGES: &[&str] = &[
        "about",
        "apps",
        "collections",
        "customer-stories",
        "enterprise",
        "explore",
        "features",
        "issues",
        "login",
        "marketplace",
        "new",
        "notifications",
        "orgs",
        "pricing",
        "pulls",
        "search",
        "security",
        "settings",
        "signup",
        "sponsors",
        "stars",
        "topics",
        "trending",
    ];
    let (owner, rest) = segments.split_first()?;
    if PAGES.contains(owner) {
        return None;
    }
    match *rest {
        [] => Some(format!("https://github.com/{owner}.atom")),
        [repository] | [repository, "releases", ..] => Some(format!(
            "https://github.com/{owner}/{repository}/releases.atom"
        )),
        [repository, "tags"] => Some(format!("https://github.com/{owner}/{repository}/tags.atom")),
        [repository, "commits"] => Some(format!(
            "https://github.com/{owner}/{repository}/commits.atom"
        )),
        [repository, "commits" | "tree", ref branch @ ..] => Some(format!(
            "https://github.com/{owner}/{repository}/commits/{}.atom",
            branch.join("/")
        )),
        _ => None,
    }
}

fn forge(host: &str, segments: &[&str]) -> Option<String> {
    match (host, segments) {
        ("gitlab.com", [owner, repository]) => Some(format!(
            "https://gitlab.com/{owner}/{repository}/-/tags?format=atom"
        )),
        ("codeberg.org", [owner, repository] | [owner, repository, "releases", ..]) => Some(
            format!("https://codeberg.org/{owner}/{repository}/releases.rss"),
        ),
        ("codeberg.org", [owner]) => Some(format!("https://codeberg.org/{owner}.rss")),
        _ => None,
    }
}

/// Services that give each account a host of its own.
fn by_domain(host: &str) -> Option<String> {
    [
        (".substack.com", "feed"),
        (".medium.com", "feed"),
        (".tumblr.com", "rss"),
        (".blogspot.com", "feeds/posts/default"),
        (".wordpress.com", "feed/"),
        (".bearblog.dev", "feed/"),
        (".ghost.io", "rss/"),
        (".livejournal.com", "data/rss"),
        (".dreamwidth.org", "data/rss"),
        (".neocities.org", "feed.xml"),
    ]
    .into_iter()
    .find(|(domain, _)| host.ends_with(domain) && !matches!(host, "help.medium.com"))
    .map(|(_, path)| format!("https://{host}/{path}"))
}

/// `https://any.host/@name` and `/users/name`: Mastodon and its relatives, on whatever host.
fn mastodon(url: &Address, segments: &[&str]) -> Option<String> {
    // Other services with such addresses.
    const OTHERS: &[&str] = &[
        "threads.net",
        "threads.com",
        "tiktok.com",
        "substack.com",
        "rumble.com",
    ];
    let host = url.host();
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let name = match segments {
        [name] => name.strip_prefix('@')?,
        ["users", name] => name,
        _ => return None,
    };
    if OTHERS.contains(&bare) || !is_identifier(name) {
        return None;
    }
    Some(format!("https://{host}/@{name}.rss"))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_known_sites_have_their_feeds() {
        for (page, feed) in [
            (
                "https://www.youtube.com/channel/UCabc-_1",
                Some("https://www.youtube.com/feeds/videos.xml?channel_id=UCabc-_1"),
            ),
            (
                "https://youtube.com/channel/UCabc/videos",
                Some("https://www.youtube.com/feeds/videos.xml?channel_id=UCabc"),
            ),
            (
                "https://www.youtube.com/user/someone",
                Some("https://www.youtube.com/feeds/videos.xml?user=someone"),
            ),
            (
                "https://www.youtube.com/playlist?list=PLx_1",
                Some("https://www.youtube.com/feeds/videos.xml?playlist_id=PLx_1"),
            ),
            ("https://www.youtube.com/@handle", None),
            ("https://www.youtube.com/watch?v=abc", None),
            (
                "https://www.youtube.com/feeds/videos.xml?channel_id=UCabc",
                None,
            ),
            (
                "https://old.reddit.com/r/rust/",
                Some("https://www.reddit.com/r/rust/.rss"),
            ),
            (
                "https://www.reddit.com/r/rust/top",
                Some("https://www.reddit.com/r/rust/top/.rss"),
            ),
            (
                "https://www.reddit.com/u/someone",
                Some("https://www.reddit.com/user/someone/.rss"),
            ),
            ("https://www.reddit.com/r/rust/.rss", None),
            (
                "https://github.com/owner/thing",
                Some("https://github.com/owner/thing/releases.atom"),
            ),
            (
                "https://github.com/owner/thing/releases/latest",
                Some("https://github.com/owner/thing/releases.atom"),
            ),
            (
                "https://github.com/owner/thing/tags",
                Some("https://github.com/owner/thing/tags.atom"),
            ),
            (
                "https://github.com/owner/thing/commits/main",
                Some("https://github.com/owner/thing/commits/main.atom"),
            ),
            (
                "https://github.com/owner/thing/tree/a/b",
                Some("https://github.com/owner/thing/commits/a/b.atom"),
            ),
            (
                "https://github.com/owner",
                Some("https://github.com/owner.atom"),
            ),
            ("https://github.com/owner/thing/releases.atom", None),
            ("https://github.com/topics/rust", None),
            ("https://github.com/", None),
            (
                "https://gitlab.com/owner/thing",
                Some("https://gitlab.com/owner/thing/-/tags?format=atom"),
            ),
            (
                "https://codeberg.org/owner/thing",
                Some("https://codeberg.org/owner/thing/releases.rss"),
            ),
            (
                "https://social.example/@someone",
                Some("https://social.example/@someone.rss"),
            ),
            (
                "https://social.example/users/someone",
                Some("https://social.example/@someone.rss"),
            ),
            ("https://social.example/@someone/1234", None),
            ("https://social.example/@someone.rss", None),
            ("https://www.tiktok.com/@someone", None),
            (
                "https://medium.com/@someone",
                Some("https://medium.com/feed/@someone"),
            ),
            (
                "https://medium.com/some-publication/a-story",
                Some("https://medium.com/feed/some-publication"),
            ),
            (
                "https://someone.medium.com/",
                Some("https://someone.medium.com/feed"),
            ),
            (
                "https://someone.substack.com/p/a-post",
                Some("https://someone.substack.com/feed"),
            ),
            ("https://someone.substack.com/feed", None),
            (
                "https://someone.blogspot.com/2026/",
                Some("https://someone.blogspot.com/feeds/posts/default"),
            ),
            (
                "https://bsky.app/profile/someone.example",
                Some("https://bsky.app/profile/someone.example/rss"),
            ),
            (
                "https://crates.io/crates/thing/1.0.0",
                Some("https://static.crates.io/rss/crates/thing.xml"),
            ),
            (
                "https://news.ycombinator.com/",
                Some("https://news.ycombinator.com/rss"),
            ),
            ("https://blog.example/", None),
        ] {
            let found = known_site(&Address::parse(page).unwrap());
            assert_eq!(found.as_ref().map(Address::as_str), feed, "{page}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_address_is_survived(
            host in "(www\\.)?(youtube\\.com|reddit\\.com|github\\.com|medium\\.com|x\\.substack\\.com|social\\.example)",
            path in "(/[a-z@%._-]{0,8}){0,5}(\\?list=[a-z&]{0,4})?"
        ) {
            if let Ok(url) = Address::parse(&format!("https://{host}{path}"))
                && let Some(feed) = known_site(&url)
            {
                // A feed leads nowhere else.
                proptest::prop_assert_ne!(known_site(&feed), Some(feed));
            }
        }
    }
}
