//! The names under which others credit an outlet.

use super::hash::{Kind, hash32};
use super::words::words;
use std::collections::BTreeSet;

/// Hosts where every label in front is another publisher.
const PLATFORMS: &[&str] = &[
    "blogspot.com",
    "wordpress.com",
    "substack.com",
    "medium.com",
    "github.io",
    "tumblr.com",
    "ghost.io",
    "livejournal.com",
    "typepad.com",
    "neocities.org",
    "bearblog.dev",
];

/// Words around an outlet's name in a feed's title.
const AROUND: &[&str] = &[
    "latest",
    "from",
    "all",
    "news",
    "rss",
    "feed",
    "posts",
    "articles",
    "headlines",
    "blog",
    "online",
    "content",
    "the",
    "top",
    "stories",
    "com",
];

/// A name in the form in which all its spellings are equal: `The Origin-Post` is `originpost`.
fn compact(name: &str) -> String {
    let words = words(name, 12);
    let mut name = String::with_capacity(words.folded().len());
    for (at, word) in words.iter().enumerate() {
        name.extend(word.folded.chars().filter(|c| *c != '\''));
        if at == 0 && name == "the" && words.len() > 1 {
            name.clear();
        }
    }
    name
}

/// The form of a credited name; `None` where it is no name.
pub(super) fn name_form(name: &str) -> Option<u32> {
    let name = compact(name);
    (name.chars().count() >= 2).then(|| hash32(Kind::Outlet, &name))
}

/// The form of a host.
pub(super) fn host_form(host: &str) -> u32 {
    let host = host.strip_prefix("www.").unwrap_or(host);
    hash32(Kind::Outlet, &format!("host:{host}"))
}

/// The label of a host that names its owner: `windowscentral` of `www.windowscentral.com`.
fn owner(host: &str) -> Option<&str> {
    for platform in PLATFORMS {
        if let Some(label) = host.strip_suffix(platform) {
            return label
                .trim_end_matches('.')
                .rsplit('.')
                .next()
                .filter(|l| !l.is_empty());
        }
    }
    let labels: Vec<&str> = host.split('.').collect();
    let at = match labels.len() {
        0 | 1 => return None,
        2 => 0,
        // `co.uk`, `com.au`
        n if labels[n - 2].len() <= 3 && labels[n - 1].len() == 2 => n - 3,
        n => n - 2,
    };
    Some(labels[at])
}

/// All forms under which a feed may be credited.
pub(super) fn forms(title: &str, hosts: &[String]) -> Vec<u32> {
    let mut names = BTreeSet::new();
    let whole = compact(title);
    if whole.chars().count() >= 2 && !AROUND.contains(&whole.as_str()) {
        names.insert(whole);
    }
    let mut out = BTreeSet::new();
    let owners: Vec<&str> = hosts.iter().filter_map(|host| owner(host)).collect();
    for owner in &owners {
        let plain = owner.replace('-', "");
        if plain.len() > 6 {
            names.insert(plain.strip_prefix("the").unwrap_or(&plain).to_owned());
        }
        names.insert(plain);
    }
    // Parts of a title ("Latest from Windows Central") count where the host confirms them.
    let bare = |text: &str| {
        let words = words(text, 12);
        let mut words: Vec<&str> = words.iter().map(|word| word.folded).collect();
        while words.last().is_some_and(|word| AROUND.contains(word)) {
            words.pop();
        }
        let skip = words
            .iter()
            .take_while(|word| AROUND.contains(word))
            .count();
        words.split_off(skip).concat()
    };
    for part in title
        .split([':', '|', '»', '–', '—', '•', '-'])
        .chain([title])
    {
        let name = bare(part);
        let confirmed = owners.iter().any(|owner| {
            let owner = owner.replace('-', "");
            name.len() >= 3 && (owner.contains(&name) || name.contains(&owner))
        });
        if confirmed {
            names.insert(name);
        }
    }
    for name in names {
        out.insert(hash32(Kind::Outlet, &name));
    }
    for host in hosts {
        out.insert(host_form(host));
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blogs_on_platforms_are_not_one_outlet() {
        let one = forms("One", &["one.blogspot.com".into()]);
        let two = forms("Two", &["two.blogspot.com".into()]);
        assert!(!one.iter().any(|form| two.contains(form)));
    }
}
