//! `keep` and `drop` of feeds: what of theirs the views leave out.

use super::findings::Findings;
use super::reader::{Keys, Value};
use crate::query::{Expression, Fact, Search, parse_text};

/// Most rules of a feed.
const MOST: usize = 100;

/// What a rule does with the entries that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They stay; what matches no such rule of the feed is hidden.
    Keep,
    /// They are hidden, whatever else is said.
    Drop,
}

impl Verdict {
    /// `keep` or `drop`, as the key is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
        }
    }
}

/// A rule of a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The feed's name.
    pub feed: String,
    /// What becomes of the entries that match.
    pub verdict: Verdict,
    /// As it was written.
    pub text: String,
    /// What it says.
    pub search: Search,
}

/// A rule whose feed may not have a name yet.
pub(super) type Nameless = (Verdict, String, Search);

/// The rules of a feed.
pub(super) fn rules(keys: &mut Keys<'_>, findings: &mut Findings) -> Vec<Nameless> {
    let mut rules = Vec::new();
    for (key, verdict, example) in [
        ("keep", Verdict::Keep, "title:windows"),
        ("drop", Verdict::Drop, "title:sponsored"),
    ] {
        for (at, (text, value)) in keys.strings(key, example, findings).into_iter().enumerate() {
            if at == MOST {
                let right = "join some of them with OR";
                keys.note(
                    key,
                    value,
                    format!("more than {MOST} rules"),
                    right,
                    findings,
                );
                break;
            }
            if let Some(search) = search(key, text, value, keys, findings) {
                rules.push((verdict, text.to_owned(), search));
            }
        }
    }
    rules
}

/// A search text of the file; `None` where it is wrong or says nothing.
pub(super) fn search(
    key: &'static str,
    text: &str,
    value: Value<'_>,
    keys: &Keys<'_>,
    findings: &mut Findings,
) -> Option<Search> {
    let fault = match parse_text(text) {
        Ok(search) => return search,
        Err(fault) => fault,
    };
    let shown: String = text
        .chars()
        .skip(text[..fault.position()].chars().count())
        .take(30)
        .collect();
    let place = if shown.is_empty() {
        "at its end".to_owned()
    } else {
        format!("at '{shown}'")
    };
    let wrong = format!("the search text is wrong {place}");
    keys.note(key, value, wrong, fault.message(), findings);
    None
}

/// What the rules hide: of each feed what it drops, and what it does not keep.
#[must_use]
pub fn hidden(rules: &[Rule]) -> Option<Search> {
    let mut feeds: Vec<&str> = rules.iter().map(|rule| rule.feed.as_str()).collect();
    feeds.dedup();
    let of_feeds: Vec<Search> = feeds
        .into_iter()
        .filter_map(|feed| {
            let of = |verdict| {
                let own = rules
                    .iter()
                    .filter(move |rule| rule.feed == feed && rule.verdict == verdict);
                own.map(|rule| rule.search.clone()).collect::<Vec<_>>()
            };
            let (kept, mut hidden) = (of(Verdict::Keep), of(Verdict::Drop));
            if !kept.is_empty() {
                hidden.push(Expression::Not(Box::new(Expression::Or(kept))));
            }
            let feed = Expression::Is(Fact::Feed(feed.to_owned()));
            (!hidden.is_empty()).then(|| Expression::And(vec![feed, Expression::Or(hidden)]))
        })
        .collect();
    (!of_feeds.is_empty()).then_some(Expression::Or(of_feeds))
}
