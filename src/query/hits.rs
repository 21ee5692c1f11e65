//! Which words of a text a search found, so that they can be marked, and the part that shows them.

use super::Expression;

/// Words that are marked.
const MOST_WORDS: usize = 50;
/// Letters by which a word of the search and one of the text may differ at the end: what stemming
/// takes off.
const ENDING: usize = 3;
/// Places in a text from which an excerpt may begin.
const MOST_PLACES: usize = 200;
/// Shorter words match as they are.
const WORTH_STEMMING: usize = 4;

/// The words that a search is after.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    words: Vec<Wanted>,
}

/// A word in lower case, or the beginning of one.
#[derive(Debug, Clone)]
struct Wanted {
    word: String,
    begins: bool,
    first: Option<char>,
    /// Whether words of its writing stand without spaces between them.
    is_unspaced: bool,
}

/// Where a stretch of a text is.
struct Span {
    from: usize,
    to: usize,
    hit: bool,
}

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The text.
    pub text: String,
    /// Whether the search is after it.
    pub hit: bool,
}

impl Hits {
    /// The words of a search text; what must not occur is not among them.
    #[must_use]
    pub fn of<M>(search: Option<&Expression<M>>) -> Self {
        let mut words = Vec::new();
        if let Some(search) = search {
            collect(search, &mut words);
        }
        words.truncate(MOST_WORDS);
        Self { words }
    }

    /// Whether there is nothing to mark.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// `text` in stretches, in order.
    #[must_use]
    pub fn mark(&self, text: &str) -> Vec<Stretch> {
        let spans = self.spans(text).into_iter();
        spans
            .map(|span| Stretch {
                text: text[span.from..span.to].to_owned(),
                hit: span.hit,
            })
            .collect()
    }

    /// Where the stretches of `text` are.
    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut add = |from: usize, to: usize, hit: bool| match spans.last_mut() {
            Some(last) if last.hit == hit => last.to = to,
            _ if from == to => {}
            _ => spans.push(Span { from, to, hit }),
        };
        if self.words.is_empty() {
            add(0, text.len(), false);
            return spans;
        }
        let mut from = 0;
        while let Some(first) = text[from..].chars().next() {
            let in_word = first.is_alphanumeric();
            let end = text[from..]
                .find(|c: char| c.is_alphanumeric() != in_word)
                .map_or(text.len(), |length| from + length);
            let part = &text[from..end];
            match self.within(part).filter(|_| in_word) {
                Some((at, length)) if length < part.len() => {
                    // Writing without spaces: the part of the run that was asked for.
                    add(from, from + at, false);
                    add(from + at, from + at + length, true);
                    from += at + length;
                    continue;
                }
                Some(_) => add(from, end, true),
                None => add(from, end, in_word && self.is_hit(part)),
            }
            from = end;
        }
        spans
    }

    /// The part of `text`, at most `most` bytes, that shows most of what the search is after, with
    /// an ellipsis where it was cut. `None` where the search is after nothing of it.
    #[must_use]
    pub fn excerpt(&self, text: &str, most: usize) -> Option<Vec<Stretch>> {
        let hits = self.spans(text).into_iter().filter(|span| span.hit);
        let places: Vec<(usize, String)> = hits
            .map(|span| (span.from, text[span.from..span.to].to_lowercase()))
            .collect();
        // The window with the most different words; of several the first.
        let shown = |from: usize| {
            let inside = places[from..].iter();
            let inside =
                inside.take_while(|(at, word)| at + word.len() <= places[from].0 + most / 2);
            let words: std::collections::BTreeSet<&str> =
                inside.map(|(_, word)| word.as_str()).collect();
            words.len()
        };
        let best = (0..places.len().min(MOST_PLACES))
            .max_by_key(|from| (shown(*from), usize::MAX - from))?;
        let hit = places[best].0;
        // Some words before it, from the beginning of one on.
        let mut from = hit.saturating_sub(most / 4);
        if from > 0 {
            while !text.is_char_boundary(from) {
                from += 1;
            }
            let word = text[from..hit]
                .find(char::is_whitespace)
                .map(|at| from + at);
            from = word.unwrap_or(from);
        }
        let rest = text[from..].trim_start();
        let part = crate::text::cut_at_character(rest, most);
        let mut shown = String::new();
        if from > 0 {
            shown.push('…');
        }
        shown.push_str(part);
        if part.len() < rest.len() {
            let whole = part
                .rfind(char::is_whitespace)
                .filter(|end| *end > most / 2);
            shown.truncate(shown.len() - part.len() + whole.unwrap_or(part.len()));
            shown.push('…');
        }
        Some(self.mark(&shown))
    }

    /// The first part of a run of writing without spaces that is asked for: where, and how long.
    fn within(&self, run: &str) -> Option<(usize, usize)> {
        let asked = self.words.iter().filter(|wanted| wanted.is_unspaced);
        asked
            .filter_map(|wanted| Some((run.find(&wanted.word)?, wanted.word.len())))
            .min_by_key(|(at, _)| *at)
    }

    fn is_hit(&self, word: &str) -> bool {
        // Most words begin otherwise than all that are asked for.
        let first = word.chars().next().and_then(|c| c.to_lowercase().next());
        let mut likely = self.words.iter().filter(|wanted| wanted.first == first);
        let Some(one) = likely.next() else {
            return false;
        };
        let word = word.to_lowercase();
        std::iter::once(one).chain(likely).any(|wanted| {
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

/// Whether words of this character's writing stand without spaces between them.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3005}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9D}' | '\u{20000}'..='\u{323AF}')
}

fn collect<M>(expression: &Expression<M>, words: &mut Vec<Wanted>) {
    let mut add = |text: &str, begins| {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|part| !part.is_empty());
        words.extend(parts.map(|part| {
            let word = part.to_lowercase();
            Wanted {
                begins,
                first: word.chars().next(),
                is_unspaced: word.chars().all(is_unspaced),
                word,
            }
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
            ("京都", "東京都庁で京都展", &["京都", "京都"]),
            ("x", "", &[]),
        ] {
            assert_eq!(marked(search, text), expected, "{search} in {text}");
        }
    }

    #[test]
    fn an_excerpt_shows_what_was_found() {
        let excerpt = |search: &str, text: &str, most: usize| {
            let search = parse_text(search).unwrap();
            let parts = Hits::of(search.as_ref()).excerpt(text, most)?;
            let marked = |part: Stretch| match part.hit {
                true => format!("[{}]", part.text),
                false => part.text,
            };
            Some(parts.into_iter().map(marked).collect::<String>())
        };
        let text = "The ferry left. Nobody saw the tide turn, but the turbine under the pier \
                    felt it, and its battery was full by noon on the first calm day of the year.";
        for (search, most, expected) in [
            (
                "battery",
                60,
                Some("…it, and its [battery] was full by noon on the first calm day…"),
            ),
            (
                "battery turbine",
                90,
                Some(
                    "…tide turn, but the [turbine] under the pier felt it, and its [battery] was full by noon on…",
                ),
            ),
            ("ferry", 30, Some("The [ferry] left. Nobody saw…")),
            ("glider", 60, None),
            ("-ferry", 60, None),
        ] {
            assert_eq!(excerpt(search, text, most).as_deref(), expected, "{search}");
        }
        assert_eq!(
            excerpt("都庁", "昨日、東京都庁で", 12).as_deref(),
            Some("…京[都庁]で")
        );
        assert_eq!(
            excerpt("tide", "The tide", 60).as_deref(),
            Some("The [tide]")
        );
    }
}
