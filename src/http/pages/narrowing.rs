//! The ways to narrow a river, all of them plain links.

use crate::config::View;
use crate::http::parameters::{Parameters, shown};
use crate::query::{FoldLevel, Order};
use crate::store::ListedFeed;
use axum::http::Uri;
use std::collections::{BTreeMap, BTreeSet};
use url::form_urlencoded;

/// Tags, languages or feeds that are offered; the page of feeds has all.
const MOST_CHOICES: usize = 40;
/// What asks for stories that several outlets report on their own.
const SEVERAL: &str = "sources:>=2";

/// The river that is shown, and addresses of others like it.
pub(super) struct Place<'a> {
    path: &'a str,
    query: &'a str,
}

/// Some choices of one kind.
pub(super) struct Group {
    /// An identifier within the page.
    pub(super) id: &'static str,
    /// What is chosen.
    pub(super) title: &'static str,
    pub(super) choices: Vec<Choice>,
}

/// A link to another river.
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) url: String,
    /// Whether it is the one that is shown.
    pub(super) current: bool,
}

impl<'a> Place<'a> {
    /// The river at an address.
    pub(super) fn of(uri: &'a Uri) -> Self {
        Self {
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
        }
    }

    fn asked(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.query.as_bytes())
            .into_owned()
            .filter(|(name, value)| name != "before" && !value.is_empty())
    }

    /// The query part without the place in the list, and with `more`.
    pub(super) fn query_with(&self, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.asked()).extend_pairs(more);
        query.finish()
    }

    /// The first page of this river with another value for `name`, or with none.
    pub(super) fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.asked().filter(|(known, _)| known != name));
        if let Some(value) = value {
            query.append_pair(name, value);
        }
        address(self.path, &query.finish())
    }

    /// Where this river goes on after `cursor`.
    pub(super) fn after(&self, cursor: &str) -> String {
        address(self.path, &self.query_with(&[("before", cursor)]))
    }

    /// The newest page of this river, where it is not what is shown.
    pub(super) fn newest(&self) -> Option<String> {
        let later = form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| name == "before");
        later.then(|| address(self.path, &self.query_with(&[])))
    }
}

/// The page of a view.
pub(super) fn view_page(name: &str) -> String {
    match name {
        "all" => "/".to_owned(),
        name => format!("/views/{name}"),
    }
}

fn address(path: &str, query: &str) -> String {
    match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// What the river is narrowed to, as links that take it back.
pub(super) fn narrowed(place: &Place<'_>, parameters: &Parameters) -> Vec<Choice> {
    let mut choices = Vec::new();
    for (name, what) in [
        ("feed", "feed"),
        ("tag", "tag"),
        ("since", "since"),
        ("fold", "folded"),
    ] {
        let value = parameters.names(name).join(", ");
        if !value.is_empty() {
            choices.push(Choice {
                label: format!("{what} {}", shown(&value)),
                url: place.with(name, None),
                current: true,
            });
        }
    }
    choices
}

/// Every way to narrow the river of `view` further.
pub(super) fn groups(
    place: &Place<'_>,
    parameters: &Parameters,
    view: &View,
    feeds: &[ListedFeed],
) -> Vec<Group> {
    let in_view = |feed: &&ListedFeed| {
        (view.feeds.is_empty() || view.feeds.contains(&feed.name))
            && (view.tags.is_empty() || view.tags.iter().any(|t| feed.tags.contains(t)))
    };
    let feeds: Vec<&ListedFeed> = feeds.iter().filter(in_view).collect();
    let mut groups = vec![
        order(place, parameters),
        folding(place, parameters, view),
        tags(place, parameters, &feeds),
        languages(place, parameters, &feeds),
        outlets(place, parameters, &feeds),
    ];
    groups.retain(|group| group.choices.len() > 1);
    groups
}

/// What stands first, where words are searched for.
fn order(place: &Place<'_>, parameters: &Parameters) -> Group {
    let chosen = parameters.one("sort").and_then(Order::from_word);
    let choice = |order: Order, label: &str| Choice {
        label: label.to_owned(),
        url: place.with(
            "sort",
            Some(order.word()).filter(|_| order != Order::default()),
        ),
        current: order == chosen.unwrap_or_default(),
    };
    let choices = match parameters.hits().is_empty() {
        true => Vec::new(),
        false => vec![
            choice(Order::Newest, "newest first"),
            choice(Order::Best, "best match first"),
        ],
    };
    Group {
        id: "order",
        title: "Order",
        choices,
    }
}

fn folding(place: &Place<'_>, parameters: &Parameters, view: &View) -> Group {
    let level = parameters
        .one("fold")
        .and_then(FoldLevel::from_word)
        .unwrap_or(view.fold);
    let mut choices: Vec<Choice> = [
        (FoldLevel::Story, "each story once"),
        (FoldLevel::Article, "each article once"),
        (FoldLevel::None, "everything as it came"),
    ]
    .into_iter()
    .map(|(choice, label)| Choice {
        label: label.to_owned(),
        url: place.with("fold", Some(choice.word()).filter(|_| choice != view.fold)),
        current: choice == level,
    })
    .collect();
    choices.push(searching(
        place,
        parameters,
        SEVERAL,
        "by several outlets".to_owned(),
    ));
    Group {
        id: "folding",
        title: "Show",
        choices,
    }
}

/// A choice that is a search: taken back where it is the one that is shown.
fn searching(place: &Place<'_>, parameters: &Parameters, text: &str, label: String) -> Choice {
    let asked = parameters.one("q").unwrap_or_default();
    let current = asked == text;
    let next = match asked {
        _ if current => None,
        "" => Some(text.to_owned()),
        // Another choice of this kind is replaced, a search of a person's own is kept.
        asked if asked == SEVERAL || is_language(asked) => Some(text.to_owned()),
        asked => Some(format!("({asked}) {text}")),
    };
    Choice {
        label,
        url: place.with("q", next.as_deref()),
        current,
    }
}

fn is_language(text: &str) -> bool {
    text.strip_prefix("lang:")
        .is_some_and(|tag| tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn tags(place: &Place<'_>, parameters: &Parameters, feeds: &[&ListedFeed]) -> Group {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in feeds.iter().flat_map(|feed| &feed.tags) {
        *counted.entry(tag).or_default() += 1;
    }
    let mut offered: Vec<(&str, usize)> = counted.into_iter().collect();
    offered.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    offered.truncate(MOST_CHOICES);
    offered.sort_unstable();
    let asked = parameters.names("tag");
    Group {
        id: "tags",
        title: "Topics",
        choices: offered
            .into_iter()
            .map(|(tag, _)| named(place, "tag", &asked, tag, shown(tag)))
            .collect(),
    }
}

fn outlets(place: &Place<'_>, parameters: &Parameters, feeds: &[&ListedFeed]) -> Group {
    let asked = parameters.names("feed");
    let mut feeds: Vec<&&ListedFeed> = feeds.iter().collect();
    feeds.sort_by_cached_key(|feed| feed.title.to_lowercase());
    Group {
        id: "outlets",
        title: "Outlets",
        choices: feeds
            .into_iter()
            .take(MOST_CHOICES)
            .map(|feed| named(place, "feed", &asked, &feed.name, shown(&feed.title)))
            .collect(),
    }
}

fn named(place: &Place<'_>, name: &str, asked: &[String], value: &str, label: String) -> Choice {
    let current = asked == [value];
    Choice {
        label,
        url: place.with(name, Some(value).filter(|_| !current)),
        current,
    }
}

fn languages(place: &Place<'_>, parameters: &Parameters, feeds: &[&ListedFeed]) -> Group {
    let spoken: BTreeSet<String> = feeds
        .iter()
        .filter_map(|feed| feed.language.as_deref())
        .filter_map(|tag| tag.split(['-', '_']).next())
        .filter(|tag| (2..=3).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic()))
        .map(str::to_ascii_lowercase)
        .collect();
    Group {
        id: "languages",
        title: "Languages",
        choices: spoken
            .into_iter()
            .take(MOST_CHOICES)
            .map(|tag| searching(place, parameters, &format!("lang:{tag}"), own_name(&tag)))
            .collect(),
    }
}

/// What the speakers of a language call it, or its tag.
fn own_name(tag: &str) -> String {
    match tag {
        "ar" => "العربية",
        "bn" => "বাংলা",
        "cs" => "Čeština",
        "da" => "Dansk",
        "de" => "Deutsch",
        "el" => "Ελληνικά",
        "en" => "English",
        "es" => "Español",
        "fa" => "فارسی",
        "fi" => "Suomi",
        "fr" => "Français",
        "he" => "עברית",
        "hi" => "हिन्दी",
        "hu" => "Magyar",
        "id" => "Bahasa Indonesia",
        "it" => "Italiano",
        "ja" => "日本語",
        "ko" => "한국어",
        "nl" => "Nederlands",
        "nb" | "no" => "Norsk",
        "pl" => "Polski",
        "pt" => "Português",
        "ro" => "Română",
        "ru" => "Русский",
        "sv" => "Svenska",
        "th" => "ไทย",
        "tr" => "Türkçe",
        "uk" => "Українська",
        "vi" => "Tiếng Việt",
        "zh" => "中文",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::http::parameters::OF_FEEDS;

    fn at(uri: &str) -> (Uri, Parameters) {
        let uri: Uri = uri.parse().unwrap();
        let parameters = Parameters::read(uri.query(), OF_FEEDS).unwrap();
        (uri, parameters)
    }

    #[test]
    fn a_choice_keeps_the_others_and_begins_at_the_newest() {
        let (uri, _) = at("/views/ai?tag=a+b&before=1-2&fold=none");
        let place = Place::of(&uri);
        assert_eq!(place.with("fold", None), "/views/ai?tag=a+b");
        assert_eq!(
            place.with("feed", Some("x&y")),
            "/views/ai?tag=a+b&fold=none&feed=x%26y"
        );
        assert_eq!(place.after("3-4"), "/views/ai?tag=a+b&fold=none&before=3-4");
        assert_eq!(place.newest().unwrap(), "/views/ai?tag=a+b&fold=none");
    }

    #[test]
    fn a_search_is_narrowed_and_one_narrowing_replaces_another() {
        for (asked, expected) in [
            ("/", "/?q=lang%3Ade"),
            ("/?q=lang%3Aen", "/?q=lang%3Ade"),
            ("/?q=lang%3Ade", "/"),
            ("/search?q=a+OR+b", "/search?q=%28a+OR+b%29+lang%3Ade"),
        ] {
            let (uri, parameters) = at(asked);
            let choice = searching(&Place::of(&uri), &parameters, "lang:de", String::new());
            assert_eq!(choice.url, expected, "{asked}");
        }
    }
}
