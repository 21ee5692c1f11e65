//! HTML character references (HTML Standard, "Named character references" and "Numeric character
//! reference end state").
//!
//! The table of names is the one that html5ever carries for ammonia: a second copy of 2,231 names
//! would only be able to disagree with it.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Longest name in the table (`CounterClockwiseContourIntegral;` has 32 characters).
const LONGEST_NAME: usize = 32;

/// What one character reference stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Referred {
    first: char,
    second: Option<char>,
    /// How many bytes after the `&` belong to the reference.
    pub(super) length: usize,
}

impl Referred {
    /// The characters, one or two.
    pub(super) fn chars(self) -> impl Iterator<Item = char> {
        std::iter::once(self.first).chain(self.second)
    }
}

/// Where a reference stands decides whether an old name without `;` is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In text: `&ampx` is `&x`.
    Text,
    /// In an attribute's value: `?a=1&copy=2` is left alone.
    Attribute,
    /// In a text that may not be HTML at all: only with `;`.
    Strict,
}

/// The character reference at the beginning of `rest`, which follows a `&`.
pub(super) fn reference(rest: &str, place: Place) -> Option<Referred> {
    if let Some(number) = rest.strip_prefix('#') {
        return numeric(number, place);
    }
    let bytes = rest.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let mut found = None;
    let end = bytes
        .iter()
        .take(LONGEST_NAME)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let end = end + usize::from(bytes.get(end) == Some(&b';'));
    if place == Place::Strict || bytes.get(end.wrapping_sub(1)) == Some(&b';') {
        // The usual case: the whole name is in the table.
        if let Some(&(first, second)) = NAMED_ENTITIES.get(&rest[..end])
            && first != 0
            && bytes[end - 1] == b';'
        {
            return referred(first, second, end);
        }
        if place == Place::Strict {
            return None;
        }
    }
    for length in 1..=end {
        match NAMED_ENTITIES.get(&rest[..length]) {
            // The table also has every beginning of a name, standing for nothing.
            Some(&(0, _)) => {}
            Some(&(first, second)) => found = referred(first, second, length),
            None => break,
        }
    }
    let found = found?;
    let next = bytes.get(found.length);
    let ended = bytes[found.length - 1] == b';';
    if place == Place::Attribute
        && !ended
        && next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric())
    {
        return None;
    }
    Some(found)
}

fn referred(first: u32, second: u32, length: usize) -> Option<Referred> {
    Some(Referred {
        first: char::from_u32(first)?,
        second: char::from_u32(second).filter(|c| *c != '\0'),
        length,
    })
}

/// `number` follows `&#`.
fn numeric(number: &str, place: Place) -> Option<Referred> {
    let (digits, radix) = match number.as_bytes().first()? {
        b'x' | b'X' => (&number[1..], 16),
        _ => (number, 10),
    };
    let count = digits
        .bytes()
        .take_while(|b| char::from(*b).is_digit(radix))
        .count();
    if count == 0 {
        return None;
    }
    let ended = digits.as_bytes().get(count) == Some(&b';');
    if place == Place::Strict && !ended {
        return None;
    }
    let value = digits[..count].bytes().fold(0u32, |value, b| {
        let digit = char::from(b).to_digit(radix).unwrap_or(0);
        value.saturating_mul(radix).saturating_add(digit)
    });
    let first = match value {
        0 => '\u{FFFD}',
        // Meant as windows-1252 by everyone who ever wrote them.
        0x80..=0x9F => C1_REPLACEMENTS[value as usize - 0x80].unwrap_or(char::from(value as u8)),
        _ => char::from_u32(value).unwrap_or('\u{FFFD}'),
    };
    let before = number.len() - digits.len() + 1;
    Some(Referred {
        first,
        second: None,
        length: before + count + usize::from(ended),
    })
}

/// The text of the HTML entity `name` (without `&` and `;`, case matters): `entity("eacute")` is
/// `"é"`.
#[must_use]
pub fn entity(name: &str) -> Option<&'static str> {
    struct Names {
        texts: String,
        places: HashMap<&'static str, (u32, u32)>,
    }
    static NAMES: LazyLock<Names> = LazyLock::new(|| {
        let mut names = Names {
            texts: String::new(),
            places: HashMap::new(),
        };
        for (name, &(first, second)) in NAMED_ENTITIES.entries() {
            let Some(name) = name.strip_suffix(';') else {
                continue;
            };
            let start = names.texts.len() as u32;
            names.texts.extend(
                [first, second]
                    .into_iter()
                    .filter(|c| *c != 0)
                    .filter_map(char::from_u32),
            );
            names.places.insert(name, (start, names.texts.len() as u32));
        }
        names
    });
    let (start, end) = *NAMES.places.get(name)?;
    NAMES.texts.get(start as usize..end as usize)
}

/// `text` with its HTML character references resolved, as in the text of a page; what is no
/// reference is left as it is. Controls are not removed.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, str> {
    resolve(text, Place::Text)
}

/// [`unescape`] for any place.
pub(super) fn resolve(text: &str, place: Place) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match reference(rest, place) {
            Some(found) => {
                out.extend(found.chars());
                rest = &rest[found.length..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_found_with_case_and_without_punctuation() {
        assert_eq!(entity("eacute"), Some("é"));
        assert_eq!(entity("Eacute"), Some("É"));
        assert_eq!(entity("nbsp"), Some("\u{A0}"));
        assert_eq!(entity("hellip"), Some("…"));
        assert_eq!(entity("NotEqualTilde"), Some("≂\u{338}"));
        assert_eq!(entity("CounterClockwiseContourIntegral"), Some("∳"));
        for unknown in ["", "EACUTE", "amp;", "eacut", "x"] {
            assert_eq!(entity(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn references_are_resolved_as_a_browser_does() {
        for (text, expected) in [
            ("AT&amp;T", "AT&T"),
            ("AT&T", "AT&T"),
            ("a &lt; b &gt c", "a < b > c"),
            ("caf&eacute;", "café"),
            ("&notit; &notin; &not", "¬it; ∉ ¬"),
            ("&ampamp;", "&amp;"),
            ("&amp;amp;", "&amp;"),
            ("&#8217;&#x2019;&#X2019", "’’’"),
            ("&#128;&#146;&#x97;&#129;", "€’—\u{81}"),
            (
                "&#0;&#x110000;&#xD800;&#99999999999;",
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}",
            ),
            ("&;&#;&#x;&", "&;&#;&#x;&"),
            ("&bogus; &é;", "&bogus; &é;"),
            ("&NotEqualTilde;", "≂\u{338}"),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
        }
        assert_eq!(resolve("?a=1&copy=2&lt", Place::Attribute), "?a=1&copy=2<");
        assert_eq!(resolve("&copy &copy;", Place::Strict), "&copy ©");
        assert!(matches!(unescape("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn escaping_is_undone(text in "\\PC{0,60}") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            prop_assert_eq!(&*unescape(&escaped), &*text);
            prop_assert_eq!(&*resolve(&escaped, Place::Attribute), &*text);
            prop_assert_eq!(&*resolve(&escaped, Place::Strict), &*text);
        }

        #[test]
        fn any_text_is_survived(text in "(&|#|x|;|[a-zA-Z0-9]|\\PC){0,80}") {
            prop_assert!(unescape(&text).len() <= 3 * text.len());
        }
    }
}
