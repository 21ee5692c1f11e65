//! The parts of a search text, each with its place.

use super::fault::Fault;
use super::fields::{Field, fact, field, is_field, name_of_field};
use super::{Fact, Moment, Part};

/// A part of a search text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Minus,
    And,
    Or,
    Not,
    /// A word or phrase: its parts, and whether the last part is a prefix.
    Parts(Vec<String>, bool),
    /// What follows is looked for in one part of the entry.
    In(Part),
    /// A field with its value.
    Fact(Fact<Moment>),
}

/// The text as tokens with their byte positions. Marks that stand alone (`–`, `&`) mean nothing,
/// so that a headline can be pasted.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Fault> {
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
                let (phrase, after) = quoted(text, at, rest)?;
                tokens.push((phrase_token(text, at, phrase)?, at));
                after
            }
            c if c.is_whitespace() => after,
            _ => {
                let (word, tail) = rest.split_at(end_of_word(rest));
                match name_of_field(word) {
                    Some((name, value))
                        if !value.is_empty() || tail.starts_with(opens_value) || is_field(name) =>
                    {
                        let field = field(name).map_err(|wrong| Fault::new(text, at, wrong))?;
                        let at_value = at + name.len() + 1;
                        value_tokens(text, at_value, field, &text[at_value..], &mut tokens)?
                    }
                    _ => {
                        if let Some(token) = word_token(text, at, word)? {
                            tokens.push((token, at));
                        }
                        tail
                    }
                }
            }
        };
    }
    Ok(tokens)
}

/// The tokens of a field whose value begins `rest`; returns what comes after it.
fn value_tokens<'a>(
    text: &str,
    at: usize,
    field: Field,
    rest: &'a str,
    tokens: &mut Vec<(Token, usize)>,
) -> Result<&'a str, Fault> {
    if let Field::Text(part) = field {
        tokens.push((Token::In(part), at));
        if rest.starts_with('(') {
            return Ok(rest);
        }
        if rest.starts_with(is_quote) {
            let (phrase, after) = quoted(text, at, rest)?;
            tokens.push((phrase_token(text, at, phrase)?, at));
            return Ok(after);
        }
        let (word, after) = rest.split_at(end_of_word(rest));
        let words = words(word);
        if words.is_empty() {
            let name = part.word();
            let wrong = format!("a word is missing after '{name}:'; write one without a space");
            return Err(Fault::new(text, at, wrong));
        }
        tokens.push((Token::Parts(words, word.ends_with('*')), at));
        return Ok(after);
    }
    if rest.starts_with('(') {
        let wrong = "this field takes one value; repeat the field for each, with OR between";
        return Err(Fault::new(text, at, wrong));
    }
    let (value, after) = match rest.starts_with(is_quote) {
        true => quoted(text, at, rest)?,
        false => rest.split_at(end_of_word(rest)),
    };
    if value.trim().is_empty() {
        let wrong = "a value is missing after this ':'; write one without a space";
        return Err(Fault::new(text, at, wrong));
    }
    let fact = fact(field, value).map_err(|wrong| Fault::new(text, at, wrong))?;
    tokens.push((Token::Fact(fact), at));
    Ok(after)
}

/// What stands between the quote that begins `rest` and the next, and what comes after that.
fn quoted<'a>(text: &str, at: usize, rest: &'a str) -> Result<(&'a str, &'a str), Fault> {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let inside = &rest[first..];
    let Some(end) = inside.find(is_quote) else {
        return Err(Fault::new(
            text,
            at,
            "this quote is never closed; add a '\"'",
        ));
    };
    let quote = inside[end..].chars().next().map_or(0, char::len_utf8);
    Ok((&inside[..end], &inside[end + quote..]))
}

fn phrase_token(text: &str, at: usize, phrase: &str) -> Result<Token, Fault> {
    let words = words(phrase);
    if words.is_empty() {
        return Err(Fault::new(
            text,
            at,
            "this phrase has no letters and no digits; put words between the quotes",
        ));
    }
    Ok(Token::Parts(words, false))
}

fn end_of_word(rest: &str) -> usize {
    rest.find(|c: char| c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')'))
        .unwrap_or(rest.len())
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201C}' | '\u{201D}' | '\u{201E}')
}

fn opens_value(c: char) -> bool {
    is_quote(c) || c == '('
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
    let words = words(word);
    if !words.is_empty() {
        return Ok(Some(Token::Parts(words, word.ends_with('*'))));
    }
    if word.contains('*') {
        let wrong = "a '*' needs the beginning of a word before it, like \"quant*\"";
        return Err(Fault::new(text, at, wrong));
    }
    Ok(None)
}

/// The words of `text` as the index sees them: runs of letters and digits with their accents, in
/// lower case.
fn words(text: &str) -> Vec<String> {
    /// Accents that stand behind their letter (Unicode, Combining Diacritical Marks).
    const ACCENTS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36F}';
    text.split(|c: char| !c.is_alphanumeric() && !ACCENTS.contains(&c))
        .filter(|part| part.chars().any(char::is_alphanumeric))
        .map(str::to_lowercase)
        .collect()
}
