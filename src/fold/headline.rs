//! Headlines in the form in which the same headline is equal everywhere.

use super::words::{Words, words};

/// Most words of a headline that are looked at.
pub(super) const MAX_WORDS: usize = 64;

/// What is put in front of a headline without changing what it is.
const PREFIXES: &[&str] = &[
    "update",
    "updated",
    "breaking",
    "exclusive",
    "watch",
    "video",
    "opinion",
    "live",
    "eilmeldung",
    "exklusiv",
    "update 1",
    "update 2",
    "update 3",
    "report",
    "what we know",
    "analysis",
    "explainer",
    "first look",
];

/// The headline without the outlet's name at its end and without a label in front.
pub(super) fn bare(title: &str) -> &str {
    let mut bare = title.trim();
    let separators = [" - ", " | ", " – ", " — ", " » ", " :: ", " : "];
    let cut = separators.iter().filter_map(|sep| bare.rfind(sep)).max();
    if let Some(at) = cut {
        let tail = bare[at..].trim_start_matches([' ', '-', '|', '–', '—', '»', ':']);
        let (kept, dropped) = (bare[..at].chars().count(), tail.chars().count());
        if kept > 20 && (2..=40).contains(&dropped) {
            bare = bare[..at].trim_end();
        }
    }
    if let Some(rest) = bare.strip_prefix('[')
        && let Some((label, rest)) = rest.split_once(']')
        && is_label(label)
    {
        bare = rest.trim_start();
    }
    for mark in [": ", "- "] {
        if let Some((label, rest)) = bare.split_once(mark)
            && is_label(label)
            && !rest.trim().is_empty()
        {
            bare = rest.trim_start();
        }
    }
    bare
}

fn is_label(text: &str) -> bool {
    text.len() <= 12 && PREFIXES.contains(&text.trim().to_lowercase().as_str())
}

/// What headlines say that gather many things under one roof.
const ROUND_UPS: &[&str] = &[
    "live updates",
    "live blog",
    "liveblog",
    "and more",
    "coolest",
    "weirdest",
    "we saw",
    "i saw",
    "deals",
    "deal of the day",
    "newsletter",
    "podcast",
    "week in",
    "weekly roundup",
];

/// Whether a headline gathers many things, none of which is its story.
pub(super) fn is_round_up(title: &Words) -> bool {
    let text = title.folded();
    let spaces = text.bytes().enumerate().filter(|(_, byte)| *byte == b' ');
    let mut words = std::iter::once(0).chain(spaces.map(|(at, _)| at + 1));
    words.any(|at| {
        let phrases = ROUND_UPS.iter();
        let mut after = phrases.filter_map(|phrase| text[at..].strip_prefix(phrase));
        after.any(|after| after.is_empty() || after.starts_with(' '))
    })
}

/// The words of the bare headline.
pub(super) fn bare_words(title: &str) -> Words {
    words(bare(title), MAX_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_end_and_labels_in_front_go() {
        for (given, wanted) in [
            (
                "Chip maker buys rival for a billion | The Origin Post",
                "Chip maker buys rival for a billion",
            ),
            ("[Updated] Chip maker buys rival", "Chip maker buys rival"),
            ("Update 2- Chip maker buys rival", "Chip maker buys rival"),
            ("Exclusive: Chip maker buys rival", "Chip maker buys rival"),
            ("Too short - for this", "Too short - for this"),
            ("", ""),
        ] {
            assert_eq!(bare(given), wanted);
        }
    }
}
