//! Character and entity references: XML's five, numbers, HTML's names, and the short flat ones
//! that a document defines itself. Nothing is ever expanded twice.

use crate::parse::problem::{Flaw, Flaws};
use std::borrow::Cow;

/// Longest name of a reference, in bytes, `&` and `;` not counted.
const MAX_NAME: usize = 40;
/// Most entities that are taken from a document type declaration.
const MAX_DEFINED: usize = 64;
/// Longest replacement text of such an entity, in bytes.
const MAX_REPLACEMENT: usize = 256;

/// Resolves references in the texts of one document.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Entities of the internal subset; their text is already resolved and flat.
    defined: Vec<(String, String)>,
    /// How many bytes may still come out of them.
    budget: usize,
}

impl References {
    /// Reads the `<!ENTITY name "text">` declarations of a document type declaration. Only flat
    /// ones count: no parameter entities, no external ones, none that refers to another.
    pub(super) fn define(&mut self, doctype: &str, budget: usize) {
        self.budget = budget;
        let mut rest = doctype;
        while let Some(at) = rest.find("<!ENTITY") {
            rest = rest[at + 8..].trim_start();
            if self.defined.len() >= MAX_DEFINED {
                return;
            }
            let Some(space) = rest.find(char::is_whitespace) else {
                return;
            };
            let (name, value) = rest.split_at(space);
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let Some(end) = value[1..]
                .bytes()
                .take(MAX_REPLACEMENT)
                .position(|b| b == quote as u8)
            else {
                continue;
            };
            let text = &value[1..=end];
            let flat = numbers_only(text);
            if let Some(flat) = flat
                && !name.is_empty()
                && name.len() <= MAX_NAME
            {
                self.defined.push((name.to_owned(), flat));
            }
            rest = &value[1 + end..];
        }
    }

    /// `raw` with its references resolved; `place` is its byte in the document.
    pub(super) fn resolve<'a>(
        &mut self,
        raw: &'a str,
        place: usize,
        flaws: &mut Flaws,
    ) -> Cow<'a, str> {
        let Some(first) = raw.find('&') else {
            return Cow::Borrowed(raw);
        };
        let mut out = String::with_capacity(raw.len());
        let mut from = 0;
        let mut at = first;
        loop {
            out.push_str(&raw[from..at]);
            let after = &raw[at + 1..];
            from = match self.reference(after, &mut out, place + at, flaws) {
                Some(length) => at + 1 + length,
                None => {
                    flaws.note_at(Flaw::BareAmpersand, place + at);
                    out.push('&');
                    at + 1
                }
            };
            match raw[from..].find('&') {
                Some(next) => at = from + next,
                None => break,
            }
        }
        out.push_str(&raw[from..]);
        Cow::Owned(out)
    }

    /// Writes what the reference at the start of `after` (behind its `&`) stands for, and gives
    /// its length with the `;`.
    fn reference(
        &mut self,
        after: &str,
        out: &mut String,
        place: usize,
        flaws: &mut Flaws,
    ) -> Option<usize> {
        if let Some(number) = after.strip_prefix('#') {
            let (code, length) = number_of(number)?;
            match character(code) {
                Some(c) => out.push(c),
                None => flaws.note_at(Flaw::IllegalReference, place),
            }
            return Some(length + 1);
        }
        let length = after.bytes().take(MAX_NAME + 1).position(|b| {
            !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || b >= 0x80)
        })?;
        if length == 0 || after.as_bytes()[length] != b';' {
            return None;
        }
        let name = &after[..length];
        let xml = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        if let Some(c) = xml {
            out.push(c);
        } else if let Some((_, text)) = self.defined.iter().find(|(n, _)| n == name) {
            if text.len() > self.budget {
                return None;
            }
            self.budget -= text.len();
            out.push_str(text);
        } else if let Some(text) = crate::text::entity(name) {
            flaws.note_at(Flaw::HtmlEntity, place);
            out.push_str(text);
        } else {
            return None;
        }
        Some(length + 1)
    }
}

/// The code of `#` references (the `#` removed) and the length of digits, `x` and `;`.
fn number_of(number: &str) -> Option<(u32, usize)> {
    let bytes = number.as_bytes();
    let (radix, start) = match bytes.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = bytes[start..]
        .iter()
        .take(MAX_NAME)
        .take_while(|b| char::from(**b).is_digit(radix))
        .count();
    let end = start + digits;
    if digits == 0 || bytes.get(end) != Some(&b';') {
        return None;
    }
    let code = number[start..end].bytes().fold(0u32, |code, b| {
        code.saturating_mul(radix)
            .saturating_add(char::from(b).to_digit(radix).unwrap_or(0))
    });
    Some((code, end + 1))
}

/// The character of a code; the C1 range is windows-1252, as everyone means it. `None` for what
/// XML forbids.
fn character(code: u32) -> Option<char> {
    let c = char::from_u32(code)?;
    match c {
        '\u{80}'..='\u{9F}' => Some(windows_1252(c)),
        '\t' | '\n' | '\r' => Some(c),
        c if c < ' ' || matches!(c, '\u{7F}' | '\u{FFFE}' | '\u{FFFF}') => None,
        c => Some(c),
    }
}

/// The windows-1252 character at a C1 control's place; the five empty places stay what they are,
/// since text that was encoded twice has them. The writer leaves out those that are left.
pub(crate) fn windows_1252(c: char) -> char {
    const TABLE: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    match c {
        '\u{80}'..='\u{9F}' => TABLE[c as usize - 0x80],
        c => c,
    }
}

/// `text` with its numeric references resolved; `None` if there is any other reference.
fn numbers_only(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (code, length) = number_of(rest[at + 1..].strip_prefix('#')?)?;
        out.extend(character(code));
        rest = &rest[at + 2 + length..];
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> String {
        References::default()
            .resolve(text, 0, &mut Flaws::default())
            .into_owned()
    }

    #[test]
    fn references_are_resolved_once() {
        for (text, expected) in [
            ("AT&amp;T &lt;b&gt;", "AT&T <b>"),
            ("&amp;lt;", "&lt;"),
            ("caf&eacute; &nbsp;", "café \u{a0}"),
            ("&#233;&#xE9;&#x1F600;", "éé😀"),
            ("&#146;&#128;", "’€"),
            ("&#0;&#xFFFE;x", "x"),
            ("R&D & more &", "R&D & more &"),
            ("?a=1&b=2;&unknown;", "?a=1&b=2;&unknown;"),
            ("&#;&#x;&#99999999999;", "&#;&#x;"),
        ] {
            assert_eq!(resolved(text), expected, "{text}");
        }
    }

    #[test]
    fn only_flat_entities_are_taken_from_a_document() {
        let mut references = References::default();
        references.define(
            r#"rss [<!ENTITY me "J&#233;r"> <!ENTITY bomb "&me;&me;"> <!ENTITY % p "x"> <!ENTITY out SYSTEM "file:///etc/passwd">]"#,
            20,
        );
        let mut flaws = Flaws::default();
        assert_eq!(
            references.resolve("&me; &bomb; &out;", 0, &mut flaws),
            "Jér &bomb; &out;"
        );
        assert_eq!(
            references.resolve("&me;&me;&me;&me;&me;", 0, &mut flaws),
            "JérJérJérJér&me;",
            "what comes out is bounded"
        );
    }
}
