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
        let mut out = String::with_capacity(text.len().min(Self::MAX));
        for word in without_controls(text).split_whitespace() {
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

/// `text` without what XML 1.0 forbids and without C0/C1 controls; tab and line breaks become
/// spaces. Safe to print to a terminal or a log.
#[must_use]
pub fn without_controls(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' => Some(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => None,
            c => Some(c),
        })
        .collect()
}

/// The longest prefix of `text` that has at most `max` bytes and ends at a character.
#[must_use]
pub fn cut_at_character(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
