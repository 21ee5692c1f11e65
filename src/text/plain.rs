//! Plain text: no markup, no control characters, one line, bounded.

use std::fmt;

/// One line of plain text: no control characters, no line breaks, no leading or trailing white
/// space, runs of white space collapsed, at most [`Plain::MAX`] bytes. It may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Plain(String);

impl Plain {
    /// Longest text in bytes; longer ones are cut at a character.
    pub const MAX: usize = 4096;

    /// Cleans `text`. It is taken as plain text: markup must have been removed before.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.len() <= Self::MAX && is_one_line(text.as_bytes()) {
            return Self(text.to_owned());
        }
        let mut out = String::with_capacity(text.len().min(Self::MAX));
        for word in between_white(&without_controls(text)).filter(|word| !word.is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
            if out.len() > Self::MAX {
                break;
            }
        }
        Self(cut_at_character(&out, Self::MAX).trim_end().to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` without what XML 1.0 forbids, without C0/C1 controls, and without the characters that
/// turn the direction of what follows or are never seen; tab and line breaks become spaces. Safe
/// to print to a terminal or a log.
#[must_use]
pub fn without_controls(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if is_forbidden(c) || is_deceptive(c) => None,
            c => Some(c),
        })
        .collect()
}

/// Controls other than tab and line breaks, and what XML 1.0 forbids besides.
pub(super) fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// Bidirectional embeddings, overrides and isolates, which let a title rearrange the line that it
/// is shown in (Unicode Technical Report 36, section 2.5), zero-width spaces and byte order marks. The
/// joiners U+200C and U+200D stay: Persian and emoji need them.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{FEFF}')
}

/// Whether a text is words of printable ASCII with one space between them, as most are: then there
/// is nothing to clean.
fn is_one_line(text: &[u8]) -> bool {
    let mut before = b' ';
    for byte in text {
        if !matches!(byte, b' '..=b'~') || (before == b' ' && *byte == b' ') {
            return false;
        }
        before = *byte;
    }
    before != b' ' || text.is_empty()
}

/// What lies between any two characters of white space, and before the first and after the last:
/// `text.split(char::is_whitespace)`, for texts that are mostly ASCII.
fn between_white(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            let length = match byte {
                b' ' | b'\t'..=b'\r' => 1,
                0..=0x7F => {
                    at += 1;
                    continue;
                }
                _ => {
                    let c = text[at..].chars().next()?;
                    if !c.is_whitespace() {
                        at += c.len_utf8();
                        continue;
                    }
                    c.len_utf8()
                }
            };
            rest = Some(&text[at + length..]);
            return Some(&text[..at]);
        }
        rest = None;
        Some(text)
    })
}

/// A text as runs in which white space is single spaces inside, each with whether white space
/// stands before it; where some ends the text, an empty run says so. Joined by single spaces they are
/// the text with its white space collapsed.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let run = rest.trim_start();
        let apart = run.len() < rest.len();
        let length = run_length(run);
        rest = &run[length..];
        Some((apart, &run[..length]))
    })
}

/// Bytes that are looked at together.
const BLOCK: usize = 32;

/// Whether bytes are printable ASCII without two spaces in a row.
fn is_plain(bytes: &[u8]) -> bool {
    let printable = |byte: u8| byte.wrapping_sub(b' ') <= b'~' - b' ';
    let strange = bytes.iter().filter(|byte| !printable(**byte)).count();
    let doubled = bytes.iter().zip(&bytes[1..]);
    let doubled = doubled.filter(|(a, b)| **a == b' ' && **b == b' ').count();
    strange + doubled == 0
}

/// How many bytes `text`, which doesn't begin with white space, has before its first white space
/// that is more than one space between two characters of printable ASCII.
fn run_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    // Most of most texts: a look at many bytes at once, and at the first of the next ones.
    while let Some(block) = bytes.get(at..=at + BLOCK)
        && is_plain(block)
    {
        at += BLOCK;
    }
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'!'..=b'~' => at += 1,
            b' ' if matches!(bytes.get(at + 1), Some(b'!'..=b'~')) => at += 2,
            b' ' | b'\t'..=b'\r' => break,
            0..=0x7F => at += 1,
            _ => match text[at..].chars().next() {
                Some(c) if !c.is_whitespace() => at += c.len_utf8(),
                _ => break,
            },
        }
    }
    at
}

/// The longest prefix of `text` that has at most `max` bytes and ends at a character.
#[must_use]
pub fn cut_at_character(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_harmless_line() {
        for (text, expected) in [
            ("  two\n\twords\u{A0} ", "two words"),
            ("a\u{0}b\u{1B}[31mc\u{9B}d\u{FFFE}", "ab[31mcd"),
            ("user\u{202E}gpj.exe", "usergpj.exe"),
            ("\u{FEFF}zero\u{200B}width\u{2066}\u{2069}", "zerowidth"),
            ("a\u{2028}b", "a b"),
            (
                "می\u{200C}خواهم 👩\u{200D}🚀",
                "می\u{200C}خواهم 👩\u{200D}🚀",
            ),
            ("שלום\u{200F}", "שלום\u{200F}"),
        ] {
            assert_eq!(Plain::new(text).as_str(), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn white_space_is_found_as_the_standard_library_finds_it(text in "(\\s|\\PC| |\u{85}|\u{1c}){0,40}") {
            let found: Vec<&str> = between_white(&text).collect();
            let expected: Vec<&str> = text.split(char::is_whitespace).collect();
            proptest::prop_assert_eq!(found, expected);
        }

        #[test]
        fn runs_are_words_with_one_space_between_them(text in "([a-z ]{0,70}(\\s|[a-z]| |\\PC|\u{85}|\u{1c}|\u{7f})){0,20}") {
            let mut joined = String::new();
            for (apart, run) in runs(&text) {
                proptest::prop_assert_eq!(run.trim(), run);
                if apart && !joined.is_empty() {
                    joined.push(' ');
                }
                joined.push_str(run);
            }
            let words: Vec<&str> = text.split_whitespace().collect();
            proptest::prop_assert_eq!(joined.trim_end(), words.join(" "));
        }

        #[test]
        fn a_line_is_what_character_by_character_it_would_be(text in "([a-z~ ]|\\s|\\PC| |\u{7f}|\u{85}|\u{200b}){0,40}") {
            let kept = without_controls(&text);
            let words: Vec<&str> = kept.split(char::is_whitespace).filter(|w| !w.is_empty()).collect();
            let line = words.join(" ");
            let found = Plain::new(&text);
            proptest::prop_assert_eq!(found.as_str(), line.as_str());
            if is_one_line(text.as_bytes()) {
                proptest::prop_assert_eq!(line, text);
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let plain = Plain::new(&"é".repeat(Plain::MAX));
        assert_eq!(plain.as_str().len(), Plain::MAX);
        let plain = Plain::new(&format!("x{}", "é".repeat(Plain::MAX)));
        assert_eq!(plain.as_str().len(), Plain::MAX - 1);
    }
}
