//! Names of people, taken out of the ways in which feeds mix them with e-mail addresses.

use crate::parse::decode::mend_twice_encoded;
use crate::parse::tree::Element;

/// Someone who wrote something: a name, an e-mail address, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

/// The person that an element names: Atom's `name` and `email` inside of it, or its text, as in
/// `joe@x.example (Joe)`.
pub(super) fn person(element: Element<'_, '_>) -> Option<Person> {
    let mut person = Person::default();
    for child in element.elements() {
        let slot = match child.local().as_str() {
            "name" => &mut person.name,
            "email" => &mut person.email,
            _ => continue,
        };
        let text = child.text();
        if slot.is_none() && !text.trim().is_empty() {
            *slot = Some(clean(text.trim()));
        }
    }
    if person == Person::default() {
        person = split(&clean(element.text().trim()));
    }
    (person != Person::default()).then_some(person)
}

fn clean(text: &str) -> String {
    mend_twice_encoded(text).unwrap_or_else(|| text.to_owned())
}

/// `joe@x.example (Joe)`, `Joe <joe@x.example>`, `Joe (joe@x.example)` and their like.
fn split(text: &str) -> Person {
    let Some((from, to)) = find_email(text) else {
        return Person {
            name: (!text.is_empty()).then(|| text.to_owned()),
            email: None,
        };
    };
    let email = text[from..to].to_owned();
    let before = text[..from].trim_end();
    let before = before.strip_suffix("mailto:").unwrap_or(before);
    let mut rest = format!("{before} {}", &text[to..]);
    for empty in [
        "( )",
        "()",
        "< >",
        "<>",
        "&lt; &gt;",
        "&lt;&gt;",
        "[ ]",
        "[]",
    ] {
        rest = rest.replace(empty, " ");
    }
    let mut name = rest.trim();
    name = name.strip_prefix('(').unwrap_or(name);
    name = name.strip_suffix(')').unwrap_or(name);
    let name = name.trim().trim_matches(['"', ',', ';', '<', '>']).trim();
    Person {
        name: (!name.is_empty()).then(|| name.to_owned()),
        email: Some(email),
    }
}

/// Where the first e-mail address in `text` is, its subject parameter included.
fn find_email(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut search = 0;
    while let Some(found) = text[search..].find('@') {
        let at = search + found;
        let local = bytes[..at]
            .iter()
            .rev()
            .take(64)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+'))
            .count();
        let host = bytes[at + 1..]
            .iter()
            .take(255)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
            .count();
        let name = text[at + 1..at + 1 + host].trim_end_matches('.');
        if local > 0 && name.contains('.') {
            let mut end = at + 1 + name.len();
            if let Some(subject) = text[end..].strip_prefix("?subject=") {
                let length = subject
                    .find(|c: char| c.is_whitespace() || matches!(c, '>' | ')'))
                    .unwrap_or(subject.len());
                end += 9 + length;
            }
            return Some((at - local, end));
        }
        search = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_apart() {
        for (text, name, email) in [
            (
                "joe@x.example (Joe Bloggs)",
                Some("Joe Bloggs"),
                Some("joe@x.example"),
            ),
            (
                "Joe Bloggs (joe@x.example)",
                Some("Joe Bloggs"),
                Some("joe@x.example"),
            ),
            (
                "Joe Bloggs <joe@x.example>",
                Some("Joe Bloggs"),
                Some("joe@x.example"),
            ),
            (
                "Joe Bloggs mailto:joe@x.example",
                Some("Joe Bloggs"),
                Some("joe@x.example"),
            ),
            (
                "joe@x.example?subject=hello (Joe)",
                Some("Joe"),
                Some("joe@x.example?subject=hello"),
            ),
            ("joe@x.example", None, Some("joe@x.example")),
            ("Joe @ the desk", Some("Joe @ the desk"), None),
            ("@handle", Some("@handle"), None),
        ] {
            let person = split(text);
            assert_eq!(
                (person.name.as_deref(), person.email.as_deref()),
                (name, email),
                "{text}"
            );
        }
    }
}
