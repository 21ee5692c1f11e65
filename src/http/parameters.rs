//! What a request asks for, read from the query part of its address.

use super::failure::Failure;
use crate::config::View;
use crate::entry::StoryId;
use crate::feed::Timestamp;
use crate::query::{self, Cursor, EntryQuery, FoldLevel, Hits, Order};
use url::form_urlencoded;

/// Most items on a page of a list.
pub(super) const MOST_ITEMS: usize = 1000;
/// Most names in one request.
const MOST_NAMES: usize = 200;
/// Longest search text in bytes.
const LONGEST_TEXT: usize = 2000;

/// The parameters that select entries in merged feeds.
pub(super) const OF_FEEDS: &[&str] = &[
    "fold", "feed", "tag", "q", "since", "limit", "before", "archive",
];
/// The parameters of pages for people.
pub(super) const OF_PAGES: &[&str] = &[
    "fold", "feed", "tag", "q", "since", "limit", "before", "sort",
];
/// The parameters that select entries in lists.
pub(super) const OF_LISTS: &[&str] = &[
    "q", "feed", "tag", "story", "since", "until", "fold", "limit", "cursor", "sort",
];

/// Parameters of a request, each known and well-formed.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads the query part of an address.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Failure> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let name = shown(&name);
                return Err(Failure::BadRequest(match known {
                    [] => format!("'{name}' is unknown here; this address takes no parameters"),
                    _ => format!("'{name}' is unknown here; known are {}", known.join(", ")),
                }));
            }
            if !matches!(name.as_ref(), "feed" | "tag") && pairs.iter().any(|(n, _)| *n == name) {
                return Err(Failure::BadRequest(format!("'{name}' is given twice")));
            }
            // A form sends what was left empty; a program that does so made a mistake.
            if value.is_empty() && !matches!(name.as_ref(), "q" | "feed" | "tag") {
                return Err(Failure::BadRequest(format!(
                    "'{name}' is empty; leave it out to ask for everything"
                )));
            }
            if pairs.len() >= MOST_NAMES {
                return Err(Failure::BadRequest(format!(
                    "there are more than {MOST_NAMES} parameters"
                )));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter that is given once, if it is not empty.
    pub(super) fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// `title`, and the feeds and tags that it is narrowed to.
    pub(super) fn narrowed_title(&self, title: String) -> String {
        ["feed", "tag"].iter().fold(title, |title, name| {
            match self.names(name).join(", ").as_str() {
                "" => title,
                names => format!("{title} · {}", shown(names)),
            }
        })
    }

    /// The words that the search text is after.
    pub(super) fn hits(&self) -> Hits {
        let text = self.one("q").and_then(|text| query::parse_text(text).ok());
        Hits::of(text.flatten().as_ref())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The names given by a parameter, repeated or separated by commas.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .all(name)
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .take(MOST_NAMES)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The question that the parameters ask, within `view` where one is given.
    pub(super) fn question(
        &self,
        view: Option<&View>,
        now: Timestamp,
    ) -> Result<EntryQuery, Failure> {
        let wrong = |name: &str, fault: String| Failure::BadRequest(format!("{name}: {fault}"));
        let moment = |name: &str| {
            self.one(name)
                .map(|text| {
                    query::parse_moment(text, now).map_err(|fault| wrong(name, fault.to_string()))
                })
                .transpose()
        };
        let text = self.one("q").unwrap_or_default();
        if text.len() > LONGEST_TEXT {
            return Err(wrong(
                "q",
                format!("the text is longer than {LONGEST_TEXT} bytes"),
            ));
        }
        let text = query::parse_text(text).map_err(|fault| wrong("q", fault.to_string()))?;
        let fold = match self.one("fold") {
            Some(word) => FoldLevel::from_word(word).ok_or_else(|| {
                wrong(
                    "fold",
                    format!("'{}' is none of story, article, none", shown(word)),
                )
            })?,
            None => view.map(|view| view.fold).unwrap_or_default(),
        };
        let limit = match self.one("limit") {
            Some(word) => match word.parse() {
                Ok(limit) if (1..=MOST_ITEMS).contains(&limit) => limit,
                _ => {
                    return Err(wrong(
                        "limit",
                        format!("'{}' is no number from 1 to {MOST_ITEMS}", shown(word)),
                    ));
                }
            },
            None => view.map_or(EntryQuery::DEFAULT_LIMIT, |view| view.limit.min(MOST_ITEMS)),
        };
        let cursor = ["cursor", "before"]
            .iter()
            .find_map(|name| self.one(name).map(|word| (*name, word)))
            .map(|(name, word)| {
                Cursor::decode(word).ok_or_else(|| {
                    wrong(
                        name,
                        "it is not a value that an earlier answer gave".to_owned(),
                    )
                })
            })
            .transpose()?;
        let order = match self.one("sort") {
            Some(word) => Order::from_word(word).ok_or_else(|| {
                wrong("sort", format!("'{}' is none of newest, best", shown(word)))
            })?,
            None => Order::default(),
        };
        let story = self
            .one("story")
            .map(|word| {
                let number = word.parse().ok().filter(|number| *number >= 0);
                number.map(StoryId).ok_or_else(|| {
                    wrong(
                        "story",
                        format!("'{}' is not a story's number", shown(word)),
                    )
                })
            })
            .transpose()?;
        let narrowed = |asked: Vec<String>, all: &[String]| match (asked.is_empty(), all.is_empty())
        {
            (true, _) => all.to_vec(),
            (false, true) => asked,
            // Something impossible, where the view has none of what is asked for: an empty list
            // would mean everything.
            (false, false) => {
                let both: Vec<_> = asked
                    .into_iter()
                    .filter(|name| all.contains(name))
                    .collect();
                if both.is_empty() {
                    vec![String::new()]
                } else {
                    both
                }
            }
        };
        let (feeds, tags) = match view {
            Some(view) => (
                narrowed(self.names("feed"), &view.feeds),
                narrowed(self.names("tag"), &view.tags),
            ),
            None => (self.names("feed"), self.names("tag")),
        };
        let viewed = view.and_then(|view| view.query.clone());
        let hidden = view.and_then(|view| view.hidden.clone());
        let hidden = hidden.map(|hidden| query::Search::Not(Box::new(hidden)));
        let mut all: Vec<_> = viewed.into_iter().chain(text).chain(hidden).collect();
        let text = match all.len() {
            0 | 1 => all.pop(),
            _ => Some(query::Search::And(all)),
        };
        let text = text.map(|text| text.at(now));
        Ok(EntryQuery {
            feeds,
            tags,
            text,
            story,
            since: moment("since")?,
            until: moment("until")?,
            fold,
            order,
            after: cursor,
            arrived_after: None,
            announced: false,
            limit,
        })
    }
}

/// Whether what `query` asks for, within `view` where one is given, is another thing at another
/// time: moments are counted back from now.
pub(super) fn moves(query: Option<&str>, view: Option<&View>) -> bool {
    let asked = query.unwrap_or_default().to_ascii_lowercase();
    let mut viewed = view
        .into_iter()
        .flat_map(|view| view.query.iter().chain(&view.hidden));
    asked.contains("since") || asked.contains("until") || viewed.any(query::Search::moves)
}

/// A stranger's text, short and harmless enough to be repeated in an answer.
pub(super) fn shown(text: &str) -> String {
    let text = crate::text::without_controls(text);
    crate::text::cut_at_character(&text, 80).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T08:00:00Z".parse().unwrap()
    }

    fn view() -> View {
        View {
            name: "ai".to_owned(),
            title: "AI".to_owned(),
            query: query::parse_text("openai").unwrap(),
            feeds: vec!["a".to_owned(), "b".to_owned()],
            fold: FoldLevel::Article,
            limit: 50,
            ..View::default()
        }
    }

    fn ask(query: &str, view: Option<&View>) -> Result<EntryQuery, Failure> {
        Parameters::read(Some(query), OF_FEEDS)?.question(view, now())
    }

    #[test]
    fn parameters_narrow_a_view() {
        let asked = ask("feed=b,c&fold=none&limit=5&q=gpt", Some(&view())).unwrap();
        assert_eq!(asked.feeds, ["b"]);
        assert_eq!(asked.fold, FoldLevel::None);
        assert_eq!(asked.limit, 5);
        assert!(matches!(asked.text, Some(query::Expression::And(_))));
        let all = ask("", Some(&view())).unwrap();
        assert_eq!(
            (all.feeds.len(), all.limit, all.fold),
            (2, 50, FoldLevel::Article)
        );
        assert_eq!(ask("feed=z", Some(&view())).unwrap().feeds, [""]);
    }

    #[test]
    fn answers_that_change_with_time_are_known() {
        let mut view = view();
        for (asked, expected) in [
            (None, false),
            (Some("q=openai&fold=story"), false),
            (Some("since=24h"), true),
            (Some("q=Since%3A24h"), true),
        ] {
            assert_eq!(moves(asked, Some(&view)), expected, "{asked:?}");
        }
        view.query = query::parse_text("openai since:7d").unwrap();
        assert!(moves(None, Some(&view)));
        view.query = query::parse_text("since:2026-11-01").unwrap();
        assert!(!moves(None, Some(&view)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (query, part) in [
            ("fold=deep", "fold: 'deep' is none of story, article, none"),
            ("limit=0", "limit: '0' is no number from 1 to 1000"),
            ("limit=x", "limit: 'x'"),
            (
                "utm_source=x",
                "'utm_source' is unknown here; known are fold, feed",
            ),
            ("before=zz", "before: it is not a value"),
            ("since=whenever", "since: "),
            ("since=", "'since' is empty"),
            ("q=%22open", "q: "),
            ("limit=1&limit=2", "'limit' is given twice"),
        ] {
            match ask(query, None) {
                Err(Failure::BadRequest(sentence)) => {
                    assert!(sentence.contains(part), "{query}: {sentence}");
                }
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
