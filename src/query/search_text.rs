//! Search text as people type it, read into a [`Search`].
//!
//! ```text
//! any  := all ("OR" all)*
//! all  := (("AND")? not)+
//! not  := ("-" | "NOT") not | term
//! term := word | word"*" | "a phrase" | field":"value | field":" "(" any ")" | "(" any ")"
//! ```
//!
//! Operators are upper case, so that `or` is a word. A word with marks inside it (`node.js`) is the
//! phrase of its parts, as the index sees it. Which fields there are is told by `fields.rs`.

use super::fault::Fault;
use super::tokens::{Token, tokens};
use super::{Expression, Part, Search};

/// Longest search text in bytes.
const MAX_LENGTH: usize = 2000;

/// Most words and fields of a search text.
const MAX_WORDS: usize = 64;

/// Deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 16;

/// Reads a search text: `words` that all must occur, `"a phrase"`, `prefix*`, `-not`, `OR`,
/// parentheses, `field:value`. Empty text is no condition.
///
/// # Errors
/// A [`Fault`] with the place, for unbalanced quotes and parentheses, for operators without
/// something to work on, for unknown fields and what they cannot be, and for text beyond the
/// limits (2000 bytes, 64 words, 16 levels).
pub fn parse_text(text: &str) -> Result<Option<Search>, Fault> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.len() > MAX_LENGTH {
        return Err(Fault::new(
            "",
            0,
            format!(
                "the search text has {} bytes; {MAX_LENGTH} are the most",
                text.len()
            ),
        ));
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
        Some((_, at)) => Err(Fault::new(
            text,
            at,
            "this ')' closes nothing; remove it or open a '(' before it",
        )),
    }
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

    fn any(&mut self, depth: usize) -> Result<Search, Fault> {
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

    fn all(&mut self, depth: usize) -> Result<Search, Fault> {
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

    fn not(&mut self, depth: usize) -> Result<Search, Fault> {
        if depth >= MAX_DEPTH {
            let at = self.peek().map_or(self.text.len(), |(_, at)| at);
            return Err(Fault::new(
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

    fn count(&mut self, words: usize, at: usize) -> Result<(), Fault> {
        self.words += words;
        if self.words > MAX_WORDS {
            return Err(Fault::new(
                self.text,
                at,
                format!("the search text has more than {MAX_WORDS} words; leave some out"),
            ));
        }
        Ok(())
    }

    /// What is looked for in one part of the entry: text and nothing else.
    fn within(&mut self, part: Part, depth: usize) -> Result<Search, Fault> {
        let first = self.next;
        let inner = self.term(depth)?;
        let other = self.tokens[first..self.next].iter();
        for (token, at) in other {
            if matches!(token, Token::In(_) | Token::Fact(_)) {
                let name = part.word();
                let wrong = format!("there is a field within '{name}:'; take it out");
                return Err(Fault::new(self.text, *at, wrong));
            }
        }
        Ok(Expression::In(part, Box::new(inner)))
    }

    fn term(&mut self, depth: usize) -> Result<Search, Fault> {
        let text = self.text;
        match self.take() {
            Some((Token::Parts(parts, prefix), at)) => {
                self.count(parts.len(), at)?;
                Ok(words(parts, prefix))
            }
            Some((Token::Fact(fact), at)) => {
                self.count(1, at)?;
                Ok(Expression::Is(fact))
            }
            Some((Token::In(part), _)) => self.within(part, depth),
            Some((Token::Open, at)) => {
                if matches!(self.peek(), Some((Token::Close, _))) {
                    return Err(Fault::new(
                        text,
                        at,
                        "there is nothing between these parentheses; put words there",
                    ));
                }
                let inner = self.any(depth + 1)?;
                match self.take() {
                    Some((Token::Close, _)) => Ok(inner),
                    _ => Err(Fault::new(text, at, "this '(' is never closed; add a ')'")),
                }
            }
            Some((Token::Close, at)) => Err(Fault::new(
                text,
                at,
                "a word is missing before this ')'; add one or remove the ')'",
            )),
            Some((operator, at)) => Err(Fault::new(
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
            None if self.tokens.is_empty() => Err(Fault::new(
                text,
                0,
                "there are no letters and no digits to search for; write at least one word",
            )),
            None => Err(Fault::new(
                text,
                text.trim_end().len(),
                "a word is missing at the end; add one or remove the operator before it",
            )),
        }
    }
}

/// One word, a phrase, or a phrase and the beginning of its last word.
fn words(mut parts: Vec<String>, prefix: bool) -> Search {
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
            ("re\u{301}sume\u{301}", "re\u{301}sume\u{301}"),
            (
                "12:30 std::fmt Update: now",
                "\"12 30\" \"std fmt\" update now",
            ),
            ("\"fed:x\"", "\"fed x\""),
            ("Title:Ship", "title:ship"),
            (
                "-title:\"the ship\" author:ada*",
                "-title:\"the ship\" author:ada*",
            ),
            ("title:(ship OR -boat)", "title:(ship OR -boat)"),
            ("title:gpt-5*", "title:(gpt 5*)"),
            ("title:(-a)", "title:(-a)"),
            (
                "feed:the-quay -tag:ships",
                "feed:\"the-quay\" -tag:\"ships\"",
            ),
            ("tag:\"open source\"", "tag:\"open source\""),
            ("site:https://Bücher.example/", "site:xn--bcher-kva.example"),
            ("lang:pt-BR category:Ships", "lang:pt-br category:ships"),
            (
                "is:unread -is:starred is:read",
                "is:unread -is:starred is:read",
            ),
            ("url:/2026/", "url:\"/2026/\""),
            ("is:Copy OR is:coverage", "is:copy OR is:coverage"),
            ("sources:>=3 sources:2", "sources:>=3 sources:=2"),
            ("since:24h until:yesterday", "since:86400s until:yesterday"),
            ("since:\"2026-11-01 12:00\"", "since:2026-11-01T12:00:00Z"),
            ("story:42", "story:42"),
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
            ("x fed:lantern", 2, "no field 'fed:'; did you mean 'feed:'?"),
            ("colour:red", 0, "there are title, author, feed"),
            ("a feed:\"\"", 7, "a value is missing"),
            ("feed:(a b)", 5, "repeat the field"),
            ("a is:leed", 5, "did you mean 'is:lead'?"),
            ("is:purple", 3, "takes unread, read, starred, lead"),
            ("lang:x", 5, "lang:pt-BR"),
            ("lang:", 5, "a value is missing"),
            ("title: harbour", 6, "after 'title:'"),
            ("sources:many", 8, "sources:>=3"),
            ("since:soon", 6, "since: 'soon' is no moment"),
            ("story:x", 6, "story:42"),
            ("site:a/b", 5, "site:harbour.example"),
            ("title:-- a", 6, "after 'title:'"),
            ("title:(a feed:b)", 14, "within 'title:'"),
            ("title:(a", 6, "never closed"),
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
        fn what_is_shown_is_read_again(text in "[ab1 \"()*.-]{0,30}( OR | AND | NOT | title:| -author:| feed:| since:7d | is:copy )?[xyz \"()-]{0,20}") {
            if let Ok(Some(expression)) = parse_text(&text) {
                let shown = expression.to_string();
                prop_assert_eq!(parse_text(&shown), Ok(Some(expression)), "{}", shown);
            }
        }
    }
}
