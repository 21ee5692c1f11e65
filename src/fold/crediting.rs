//! The words by which texts name their source, and where they stand in a text.

use std::borrow::Cow;
use std::sync::LazyLock;

/// Words that credit when a colon follows and nothing but punctuation precedes.
const LABELS: &[&str] = &[
    "source",
    "sources",
    "original source",
    "news source",
    "via",
    "credit",
    "originally at",
    "read more at",
    "full story at",
    "quelle",
    "quellen",
    "fuente",
    "fuentes",
    "vía",
    "fonte",
    "fonti",
    "fontes",
    "bron",
    "bronnen",
    "źródło",
    "zrodlo",
    "źródła",
    "za",
    "источник",
    "источники",
    "kilde",
    "källa",
    "lähde",
    "zdroj",
    "forrás",
    "kaynak",
    "来源",
    "出典",
    "ソース",
];

/// Words that credit without a colon, wherever they stand.
const PHRASES: &[&str] = &[
    "first reported by",
    "was first reported by",
    "originally reported by",
    "originally published by",
    "originally published on",
    "originally published in",
    "originally published at",
    "originally appeared on",
    "originally appeared in",
    "originally appeared at",
    "first appeared on",
    "first appeared in",
    "first published by",
    "first published on",
    "first published in",
    "republished from",
    "reposted from",
    "hat tip to",
    "hat tip:",
    "h/t",
    "(via",
    "[via",
    "zuerst erschienen bei",
    "zuerst erschienen auf",
    "zuerst berichtet von",
    "zuerst berichtete",
    "ursprünglich erschienen bei",
    "ursprünglich erschienen auf",
    "ursprünglich veröffentlicht auf",
    "ursprünglich veröffentlicht bei",
    "publié à l'origine sur",
    "publié initialement sur",
    "initialement publié sur",
    "initialement paru dans",
    "repéré par",
    "publicado originalmente en",
    "publicado originalmente por",
    "publicado originalmente em",
    "publicado originalmente no",
    "publicado originalmente na",
    "publicado primero en",
    "pubblicato originariamente su",
    "pubblicato originariamente da",
    "apparso originariamente su",
    "pubblicato per la prima volta su",
    "oorspronkelijk gepubliceerd op",
    "oorspronkelijk gepubliceerd door",
    "oorspronkelijk verschenen op",
    "pierwotnie opublikowano w",
    "pierwotnie opublikowany w",
    "jako pierwszy poinformował",
    "впервые опубликовано в",
    "впервые опубликовано на",
    "первым сообщил",
    "первой сообщила",
    "первым сообщило",
];

/// Words that name a source in passing.
const HINTS: &[&str] = &[
    "according to",
    "as reported by",
    "reported by",
    "in an interview with",
    "told",
    "laut",
    "wie",
    "selon",
    "d'après",
    "según",
    "de acordo com",
    "secondo",
    "segundo",
    "volgens",
    "według",
    "jak podaje",
    "как сообщает",
    "сообщает",
    "по данным",
    "пишет",
];

/// How words credit; in this order they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Where a colon follows: see [`LABELS`].
    Label,
    /// See [`PHRASES`].
    Phrase,
    /// See [`HINTS`].
    Hint,
}

/// Crediting words that stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CreditingWords {
    /// How they credit.
    pub(super) kind: Kind,
    /// Which, in lower case.
    pub(super) words: &'static str,
    /// Where they begin, in bytes.
    pub(super) at: usize,
    /// Their place in their list.
    place: usize,
}

impl CreditingWords {
    /// Where they end.
    pub(super) fn end(&self) -> usize {
        self.at + self.words.len()
    }
}

/// Crediting words with one first byte.
#[derive(Default, Clone)]
struct Initial {
    /// The last five bits of their second bytes, and of their third ones, as bit sets: they rule most words
    /// of a text out.
    seconds: u32,
    thirds: u32,
    words: Vec<(Kind, usize, &'static str)>,
}

/// All crediting words by their first byte, so that a text is gone through once and not once for
/// each of them.
static INITIALS: LazyLock<Vec<Initial>> = LazyLock::new(|| {
    let mut initials = vec![Initial::default(); 256];
    for (kind, list) in [
        (Kind::Label, LABELS),
        (Kind::Phrase, PHRASES),
        (Kind::Hint, HINTS),
    ] {
        for (place, words) in list.iter().enumerate() {
            if let [first, second, rest @ ..] = words.as_bytes() {
                let initial = &mut initials[usize::from(*first)];
                initial.seconds |= bit(*second);
                initial.thirds |= rest.first().map_or(u32::MAX, |third| bit(*third));
                initial.words.push((kind, place, *words));
            }
        }
    }
    initials
});

/// The bit of a byte in a set: letters of both cases have the same.
fn bit(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// Whether any crediting words stand in a text.
pub(super) fn credits_somebody(text: &str) -> bool {
    let mut found = false;
    look_through(text, |_| {
        found = true;
        false
    });
    found
}

/// All crediting words that stand in a text, none of them beginning inside of a word: those of a kind
/// and those that are the same together, in the order of the text.
pub(super) fn crediting_words(text: &str) -> Vec<CreditingWords> {
    let mut found = Vec::new();
    look_through(text, |words| {
        found.push(words);
        true
    });
    found.sort_unstable_by_key(|words| (words.kind, words.place, words.at));
    found
}

/// Shows `look` crediting words in the order of the text until it says to stop.
fn look_through(text: &str, mut look: impl FnMut(CreditingWords) -> bool) {
    let lower = lower_in_place(text);
    let bytes = lower.as_bytes();
    let initials = &*INITIALS;
    let mut inside = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if !inside && let Some(second) = bytes.get(at + 1) {
            // Letters of ASCII in lower case; other bytes become others, which are no initials then.
            let first = byte.to_ascii_lowercase();
            let initial = &initials[usize::from(first)];
            let third = bytes.get(at + 2).copied().unwrap_or_default();
            if initial.seconds & bit(*second) != 0 && initial.thirds & bit(third) != 0 {
                for (kind, place, words) in &initial.words {
                    let there = bytes.get(at..at + words.len());
                    let same = there.is_some_and(|t| t.eq_ignore_ascii_case(words.as_bytes()));
                    let words = CreditingWords {
                        kind: *kind,
                        words,
                        at,
                        place: *place,
                    };
                    if same && !look(words) {
                        return;
                    }
                }
            }
        }
        // Most of most texts.
        if byte.is_ascii_alphanumeric() {
            inside = true;
            let word = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric());
            at += word.count();
        } else if byte.is_ascii() {
            inside = false;
            at += 1;
        } else {
            let letter = lower[at..].chars().next().unwrap_or_default();
            inside = letter.is_alphanumeric();
            at += letter.len_utf8();
        }
    }
}

/// A text whose letters beyond ASCII are in lower case, every character at the place where it was.
fn lower_in_place(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| !c.is_ascii() && c.is_uppercase()) {
        return Cow::Borrowed(text);
    }
    let lower = |c: char| {
        let mut lower = c.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(one), None) if one.len_utf8() == c.len_utf8() => one,
            _ => c,
        }
    };
    Cow::Owned(text.chars().map(lower).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &'static str)> {
        let words = crediting_words(text);
        assert_eq!(credits_somebody(text), !words.is_empty());
        words
            .into_iter()
            .map(|words| (&text[words.at..words.end()], words.words))
            .collect()
    }

    #[test]
    fn words_are_found_in_whatever_case_and_language() {
        assert_eq!(found("SOURCE: x"), [("SOURCE", "source")]);
        assert_eq!(found("Źródło: X"), [("Źródło", "źródło")]);
        assert_eq!(found("İ. ИСТОЧНИК: X"), [("ИСТОЧНИК", "источник")]);
        assert_eq!(
            found("As Told by Via, First Reported By"),
            [
                ("Via", "via"),
                ("First Reported By", "first reported by"),
                ("Reported By", "reported by"),
                ("Told", "told"),
            ]
        );
        assert_eq!(
            found("“via” (via"),
            [("via", "via"), ("via", "via"), ("(via", "(via")]
        );
    }

    #[test]
    fn words_inside_of_others_are_none() {
        for text in [
            "resource: x",
            "outsourced",
            "ävia: x",
            "a stoldier",
            "",
            "s",
            "é",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
