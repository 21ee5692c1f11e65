//! Which words of a text a search found, so that they can be marked.

use crate::query::Expression;

/// Words that are marked.
const MOST_WORDS: usize = 50;
/// Letters by which a word of the search and one of the text may differ at the end: what stemming
/// takes off.
const ENDING: usize = 3;
/// Shorter words match as they are.
const WORTH_STEMMING: usize = 4;

/// The words that a search is after.
#[derive(Default)]
pub(super) struct Hits {
    words: Vec<Wanted>,
}

/// A word in lower case, or the beginning of one.
struct Wanted {
    word: String,
    begins: bool,
}

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) text: String,
    /// Whether the search is after it.
    pub(super) hit: bool,
}

impl Hits {
    /// The words of a search text; what must not occur is not among them.
    pub(super) fn of<M>(search: Option<&Expression<M>>) -> Self {
        let mut words = Vec::new();
        if let Some(search) = search {
            collect(search, &mut words);
        }
        words.truncate(MOST_WORDS);
        Self { words }
    }

    /// `text` in stretches, in order.
    pub(super) fn mark(&self, text: &str) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut add = |part: &str, hit: bool| match stretches.last_mut() {
            Some(last) if last.hit == hit => last.text.push_str(part),
            _ => stretches.push(Stretch {
                text: part.to_owned(),
                hit,
            }),
        };
        if self.words.is_empty() {
            add(text, false);
            return stretches;
        }
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let in_word = first.is_alphanumeric();
            let end = rest
                .find(|c: char| c.is_alphanumeric() != in_word)
                .unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            add(part, in_word && self.is_hit(part));
            rest = after;
        }
        stretches
    }

    fn is_hit(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        self.words.iter().any(|wanted| {
            if wanted.begins {
                return word.starts_with(&wanted.word);
            }
            let same = word.chars().zip(wanted.word.chars());
            let common = same.take_while(|(a, b)| a == b).count();
            let (there, asked) = (word.chars().count(), wanted.word.chars().count());
            common == asked
                && (there == asked || asked >= WORTH_STEMMING && there <= asked + ENDING)
                || common == there && there >= WORTH_STEMMING && asked <= there + ENDING
        })
    }
}

fn collect<M>(expression: &Expression<M>, words: &mut Vec<Wanted>) {
    let mut add = |text: &str, begins| {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|part| !part.is_empty());
        words.extend(parts.map(|part| Wanted {
            word: part.to_lowercase(),
            begins,
        }));
    };
    match expression {
        Expression::Word(word) => add(word, false),
        Expression::Prefix(word) => add(word, true),
        Expression::Phrase(phrase) => phrase.iter().for_each(|word| add(word, false)),
        Expression::In(_, inner) => collect(inner, words),
        Expression::And(parts) | Expression::Or(parts) => {
            parts.iter().for_each(|part| collect(part, words));
        }
        Expression::Not(_) | Expression::Is(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::parse_text;

    fn marked(search: &str, text: &str) -> Vec<String> {
        let search = parse_text(search).unwrap();
        let stretches = Hits::of(search.as_ref()).mark(text);
        let whole: String = stretches.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(whole, text, "nothing is lost");
        let hits = stretches.into_iter().filter(|stretch| stretch.hit);
        hits.map(|stretch| stretch.text).collect()
    }

    #[test]
    fn words_that_a_search_found_are_marked() {
        for (search, text, expected) in [
            (
                "engine",
                "New ENGINES, old engine; engineering",
                &["ENGINES", "engine"][..],
            ),
            ("engines", "An engine", &["engine"]),
            ("ai", "AI aids Ai", &["AI", "Ai"]),
            (
                "\"supply chain\" -deal",
                "A supply-chain deal",
                &["supply", "chain"],
            ),
            ("title:(rust OR zig) tag:x", "Rust & Zig", &["Rust", "Zig"]),
            ("кит*", "Киты в море", &["Киты"]),
            ("lang:de", "nothing asked", &[]),
            ("-rust", "rust", &[]),
            ("x", "", &[]),
        ] {
            assert_eq!(marked(search, text), expected, "{search} in {text}");
        }
    }
}
