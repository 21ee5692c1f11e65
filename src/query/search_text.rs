//! Search text as people type it, read into an [`Expression`].
//!
//! ```text
//! any  := all ("OR" all)*
//! all  := (("AND")? not)+
//! not  := ("-" | "NOT") not | term
//! term := word | word"*" | "a phrase" | "(" any ")"
//! ```
//!
//! Operators are upper case, so that `or` is a word. A word with marks inside it (`node.js`) is the
//! phrase of its parts, as the index sees it.

use super::Expression;
use crate::text::without_controls;
use std::fmt;

/// Longest search text in bytes.
const MAX_LENGTH: usize = 2000;

/// Most words of a search text.
const MAX_WORDS: usize = 64;

/// Deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 16;

/// Names that other search engines take as fields; here such questions are options.
const FIELDS: [&str; 12] = [
    "feed", "tag", "title", "author", "site", "link", "url", "lang", "language", "since", "until",
    "story",
];

/// Why a text is no search text. The display has the sentence, the text and a caret below the
/// place; [`Fault::message`] is the sentence alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: String,
    position: usize,
    text: String,
}

impl Fault {
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

/// Characters of the text that are shown on either side of the fault.
const SHOWN: usize = 50;

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

/// Reads a search text: `words` that all must occur, `"a phrase"`, `prefix*`, `-not`, `OR`,
/// parentheses. Empty text is no condition.
///
/// # Errors
/// A [`Fault`] with the place, for unbalanced quotes and parentheses, for operators without
/// something to work on, and for text beyond the limits (2000 bytes, 64 words, 16 levels).
pub fn parse_text(text: &str) -> Result<Option<Expression>, Fault> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.len() > MAX_LENGTH {
        return Err(Fault {
            message: format!(
                "the search text has {} bytes; {MAX_LENGTH} are the most",
                text.len()
            ),
            position: 0,
            text: String::new(),
        });
    }
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        next: 0,
        words: 0,
    };
    let expression = parser.any(0)?;
    match parser.peek() {
        None => Ok(Some(expression)),
        Some((_, at)) => Err(fault(
            text,
            at,
            "this ')' closes nothing; remove it or open a '(' before it",
        )),
    }
}

fn fault(text: &str, position: usize, message: impl Into<String>) -> Fault {
    Fault {
        message: message.into(),
        position,
        text: text.to_owned(),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Minus,
    And,
    Or,
    Not,
    /// A word or phrase: its parts, and whether the last part is a prefix.
    Parts(Vec<String>, bool),
}

/// The text as tokens with their byte positions. Marks that stand alone (`–`, `&`) mean nothing,
/// so that a headline can be pasted.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let after = &rest[first.len_utf8()..];
        rest = match first {
            '(' => {
                tokens.push((Token::Open, at));
                after
            }
            ')' => {
                tokens.push((Token::Close, at));
                after
            }
            '-' if starts_a_term(after) => {
                tokens.push((Token::Minus, at));
                after
            }
            c if is_quote(c) => {
                let Some(end) = after.find(is_quote) else {
                    return Err(fault(text, at, "this quote is never closed; add a '\"'"));
                };
                let parts = parts(&after[..end]);
                if parts.is_empty() {
                    return Err(fault(
                        text,
                        at,
                        "this phrase has no letters and no digits; put words between the quotes",
                    ));
                }
                tokens.push((Token::Parts(parts, false), at));
                let quote = after[end..].chars().next().map_or(0, char::len_utf8);
                &after[end + quote..]
            }
            c if c.is_whitespace() => after,
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')'))
                    .unwrap_or(rest.len());
                let (word, tail) = rest.split_at(end);
                if let Some(token) = word_token(text, at, word)? {
                    tokens.push((token, at));
                }
                tail
            }
        };
    }
    Ok(tokens)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201C}' | '\u{201D}' | '\u{201E}')
}

/// Whether what follows a '-' is something to negate.
fn starts_a_term(after: &str) -> bool {
    after
        .chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || is_quote(c) || matches!(c, '(' | '-'))
}

fn word_token(text: &str, at: usize, word: &str) -> Result<Option<Token>, Fault> {
    match word {
        "AND" => return Ok(Some(Token::And)),
        "OR" => return Ok(Some(Token::Or)),
        "NOT" => return Ok(Some(Token::Not)),
        _ => {}
    }
    if let Some((field, value)) = word.split_once(':')
        && !value.starts_with("//")
        && FIELDS.contains(&field.to_ascii_lowercase().as_str())
    {
        return Err(fault(
            text,
            at,
            format!(
                "'{field}:' is not part of the search text; say it with its own option, or put \"{field}\" in quotes to search for the word"
            ),
        ));
    }
    let parts = parts(word);
    if parts.is_empty() {
        return if word.contains('*') {
            Err(fault(
                text,
                at,
                "a '*' needs the beginning of a word before it, like \"quant*\"",
            ))
        } else {
            Ok(None)
        };
    }
    Ok(Some(Token::Parts(parts, word.ends_with('*'))))
}

/// The words of `text` as the index sees them: runs of letters and digits, in lower case.
fn parts(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect()
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize)>,
    next: usize,
    words: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<(&Token, usize)> {
        self.tokens.get(self.next).map(|(token, at)| (token, *at))
    }

    fn take(&mut self) -> Option<(Token, usize)> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn any(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut choices = vec![self.all(depth)?];
        while matches!(self.peek(), Some((Token::Or, _))) {
            self.next += 1;
            choices.push(self.all(depth)?);
        }
        Ok(match choices.len() {
            1 => choices.swap_remove(0),
            _ => Expression::Or(choices),
        })
    }

    fn all(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut conditions = vec![self.not(depth)?];
        loop {
            match self.peek() {
                None | Some((Token::Or | Token::Close, _)) => break,
                Some((Token::And, _)) => self.next += 1,
                Some(_) => {}
            }
            conditions.push(self.not(depth)?);
        }
        Ok(match conditions.len() {
            1 => conditions.swap_remove(0),
            _ => Expression::And(conditions),
        })
    }

    fn not(&mut self, depth: usize) -> Result<Expression, Fault> {
        if depth >= MAX_DEPTH {
            let at = self.peek().map_or(self.text.len(), |(_, at)| at);
            return Err(fault(
                self.text,
                at,
                format!("the search text is nested deeper than {MAX_DEPTH} levels; simplify it"),
            ));
        }
        if !matches!(self.peek(), Some((Token::Minus | Token::Not, _))) {
            return self.term(depth);
        }
        self.next += 1;
        Ok(match self.not(depth + 1)? {
            Expression::Not(twice) => *twice,
            other => Expression::Not(Box::new(other)),
        })
    }

    fn term(&mut self, depth: usize) -> Result<Expression, Fault> {
        let text = self.text;
        match self.take() {
            Some((Token::Parts(parts, prefix), at)) => {
                self.words += parts.len();
                if self.words > MAX_WORDS {
                    return Err(fault(
                        text,
                        at,
                        format!("the search text has more than {MAX_WORDS} words; leave some out"),
                    ));
                }
                Ok(words(parts, prefix))
            }
            Some((Token::Open, at)) => {
                if matches!(self.peek(), Some((Token::Close, _))) {
                    return Err(fault(
                        text,
                        at,
                        "there is nothing between these parentheses; put words there",
                    ));
                }
                let inner = self.any(depth + 1)?;
                match self.take() {
                    Some((Token::Close, _)) => Ok(inner),
                    _ => Err(fault(text, at, "this '(' is never closed; add a ')'")),
                }
            }
            Some((Token::Close, at)) => Err(fault(
                text,
                at,
                "a word is missing before this ')'; add one or remove the ')'",
            )),
            Some((operator, at)) => Err(fault(
                text,
                at,
                format!(
                    "a word is missing beside this {}; put it in quotes to search for the word",
                    match operator {
                        Token::And => "AND",
                        Token::Not => "NOT",
                        _ => "OR",
                    }
                ),
            )),
            None if self.tokens.is_empty() => Err(fault(
                text,
                0,
                "there are no letters and no digits to search for; write at least one word",
            )),
            None => Err(fault(
                text,
                text.trim_end().len(),
                "a word is missing at the end; add one or remove the operator before it",
            )),
        }
    }
}

/// One word, a phrase, or a phrase and the beginning of its last word.
fn words(mut parts: Vec<String>, prefix: bool) -> Expression {
    let beginning = if prefix { parts.pop() } else { None };
    let whole = match parts.len() {
        0 => None,
        1 => parts.pop().map(Expression::Word),
        _ => Some(Expression::Phrase(parts)),
    };
    match (whole, beginning.map(Expression::Prefix)) {
        (Some(whole), Some(beginning)) => Expression::And(vec![whole, beginning]),
        (Some(one), None) | (None, Some(one)) => one,
        // There is at least one part.
        (None, None) => Expression::Phrase(Vec::new()),
    }
}

/// The expression as search text; [`parse_text`] reads it back.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], between: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    f.write_str(between)?;
                }
                match part {
                    Self::And(_) | Self::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Phrase(words) => write!(f, "\"{}\"", words.join(" ")),
            Self::Prefix(beginning) => write!(f, "{beginning}*"),
            Self::And(parts) => list(f, parts, " "),
            Self::Or(parts) => list(f, parts, " OR "),
            Self::Not(inner) => match &**inner {
                Self::And(_) | Self::Or(_) => write!(f, "-({inner})"),
                _ => write!(f, "-{inner}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        parse_text(text).unwrap().unwrap().to_string()
    }

    #[test]
    fn text_is_read() {
        for (text, expected) in [
            ("OpenAI", "openai"),
            ("openai anthropic", "openai anthropic"),
            ("openai OR anthropic", "openai OR anthropic"),
            (
                "openai OR anthropic OR \"foundation model\"",
                "openai OR anthropic OR \"foundation model\"",
            ),
            ("a b OR c d", "(a b) OR (c d)"),
            ("a (b OR c)", "a (b OR c)"),
            ("a AND b", "a b"),
            ("windows -insider", "windows -insider"),
            (
                "windows NOT \"release preview\"",
                "windows -\"release preview\"",
            ),
            ("-(a OR b)", "-(a OR b)"),
            ("--a", "a"),
            ("quant*", "quant*"),
            ("node.js", "\"node js\""),
            ("gpt-5*", "gpt 5*"),
            ("or", "or"),
            ("\u{201C}deep learning\u{201D}", "\"deep learning\""),
            ("Microsoft – Copilot & more", "microsoft copilot more"),
            ("https://a.example/x", "\"https a example x\""),
            ("a\"b c\"d", "a \"b c\" d"),
            ("Straße", "straße"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(
            parse_text("a -b"),
            Ok(Some(Expression::And(vec![
                Expression::Word("a".into()),
                Expression::Not(Box::new(Expression::Word("b".into()))),
            ])))
        );
    }

    #[test]
    fn empty_text_is_no_condition() {
        assert_eq!(parse_text(""), Ok(None));
        assert_eq!(parse_text(" \t"), Ok(None));
    }

    #[test]
    fn faults_point_at_the_place() {
        for (text, position, part) in [
            ("a \"b c", 2, "never closed"),
            ("a (b OR c", 2, "never closed"),
            ("a) b", 1, "closes nothing"),
            ("OR a", 0, "missing beside this OR"),
            ("a OR", 4, "missing at the end"),
            ("a OR OR b", 5, "beside this OR"),
            ("()", 0, "nothing between"),
            ("a OR )", 5, "before this ')'"),
            ("a \"--\"", 2, "no letters"),
            ("*", 0, "like \"quant*\""),
            ("&&&", 0, "no letters"),
            ("x feed:lantern", 2, "own option"),
        ] {
            let fault = parse_text(text).unwrap_err();
            assert_eq!(fault.position(), position, "{text}");
            assert!(fault.message().contains(part), "{text}: {fault}");
        }
        assert_eq!(
            parse_text("openai OR (anthropic").unwrap_err().to_string(),
            "this '(' is never closed; add a ')'\n  openai OR (anthropic\n            ^"
        );
    }

    #[test]
    fn there_are_limits() {
        let deep = "(".repeat(200) + "a" + &")".repeat(200);
        assert!(parse_text(&deep).unwrap_err().message().contains("nested"));
        let long = "word ".repeat(100);
        assert!(
            parse_text(&long)
                .unwrap_err()
                .message()
                .contains("64 words")
        );
        let longer = "word ".repeat(1000);
        assert!(parse_text(&longer).unwrap_err().message().contains("2000"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in "\\PC{0,80}") {
            match parse_text(&text) {
                Ok(_) => {}
                Err(fault) => {
                    prop_assert!(fault.position() <= text.len());
                    prop_assert!(text.is_char_boundary(fault.position()));
                    prop_assert_eq!(fault.to_string().lines().count(), 3);
                }
            }
        }

        #[test]
        fn what_is_shown_is_read_again(text in "[ab1 \"()*.-]{0,30}( OR | AND | NOT )?[xyz \"()-]{0,20}") {
            if let Ok(Some(expression)) = parse_text(&text) {
                let shown = expression.to_string();
                prop_assert_eq!(parse_text(&shown), Ok(Some(expression)), "{}", shown);
            }
        }
    }
}
