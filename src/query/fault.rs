//! Why a text is no search text, with a caret under the place.

use super::Fact;
use super::tokens::{Token, tokens};
use crate::text::without_controls;
use std::fmt;

/// Characters of the text that are shown on either side of the fault.
const SHOWN: usize = 50;

/// Why a text is no search text. The display has the sentence, the text and a caret below the
/// place; [`Fault::message`] is the sentence alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: String,
    position: usize,
    text: String,
}

impl Fault {
    /// A fault at the byte `position` of `text`, which must begin a character or be its end.
    pub(super) fn new(text: &str, position: usize, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            position,
            text: text.to_owned(),
        }
    }

    /// A fault of a feed's name in a search text that was read.
    #[must_use]
    pub fn of_feed(text: &str, name: &str, message: impl Into<String>) -> Self {
        let asked = Token::Fact(Fact::Feed(name.to_owned()));
        let tokens = tokens(text).unwrap_or_default();
        let place = tokens.iter().find(|(token, _)| *token == asked);
        Self::new(text, place.map_or(0, |(_, at)| *at), message)
    }

    /// One sentence: what is wrong and what would be right.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it is wrong: the byte in the text that was read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self
            .text
            .split_at_checked(self.position)
            .unwrap_or((&self.text, ""));
        let before: Vec<char> = without_controls(before).chars().collect();
        let before = &before[before.len().saturating_sub(SHOWN)..];
        let after: String = without_controls(after).chars().take(SHOWN).collect();
        writeln!(f, "{}", self.message)?;
        writeln!(f, "  {}{after}", before.iter().collect::<String>())?;
        write!(f, "  {}^", " ".repeat(before.len()))
    }
}
