//! Fields of a search text, `name:value`: which there are, and what each takes.

use super::{Comparison, Fact, Moment, Part, State};
use crate::address::Address;
use crate::entry::{Role, StoryId};
use crate::text::nearest;

/// Longest value of a field in bytes.
const LONGEST: usize = 200;

/// What a field asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text(Part),
    Feed,
    Tag,
    Language,
    Site,
    Url,
    Is,
    Sources,
    Since,
    Until,
    Story,
}

/// Every field by the name that people write.
const FIELDS: &[(&str, Field)] = &[
    ("title", Field::Text(Part::Title)),
    ("author", Field::Text(Part::Author)),
    ("feed", Field::Feed),
    ("tag", Field::Tag),
    ("category", Field::Text(Part::Category)),
    ("lang", Field::Language),
    ("site", Field::Site),
    ("url", Field::Url),
    ("is", Field::Is),
    ("sources", Field::Sources),
    ("since", Field::Since),
    ("until", Field::Until),
    ("story", Field::Story),
];

/// What `is:` knows.
const STATES: &[(&str, Fact<Moment>)] = &[
    ("unread", Fact::State(State::Unread)),
    ("read", Fact::State(State::Read)),
    ("starred", Fact::State(State::Starred)),
    ("lead", Fact::Role(Role::Lead)),
    ("copy", Fact::Role(Role::Copy)),
    ("coverage", Fact::Role(Role::Coverage)),
];

impl Part {
    /// The name of its field.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Author => "author",
            Self::Category => "category",
        }
    }
}

/// The field of this name, in any case of letters. What it is not is told with the nearest name.
pub(super) fn field(name: &str) -> Result<Field, String> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == lower) {
        return Ok(*field);
    }
    let names = || FIELDS.iter().map(|(name, _)| *name);
    let right = match nearest(&lower, names()) {
        Some(near) => format!("did you mean '{near}:'? Else"),
        None => {
            let names: Vec<&str> = names().collect();
            format!("there are {}; or", names.join(", "))
        }
    };
    Err(format!(
        "there is no field '{name}:'; {right} put it in quotes to search for the words"
    ))
}

/// Whether this is a field, as it is written. Headlines that are pasted begin with a capital (`Story: …`).
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|(known, _)| *known == name)
}

/// The name of a field, where `word` begins as one does: letters, a colon, and something that is
/// no address (`https://`) and no code (`std::fmt`).
pub(super) fn name_of_field(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once(':')?;
    let is_name = name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_name && !value.starts_with("//") && !value.starts_with(':')).then_some((name, value))
}

/// What a field with a value asks for.
pub(super) fn fact(field: Field, value: &str) -> Result<Fact<Moment>, String> {
    if value.len() > LONGEST {
        return Err(format!("this value is longer than {LONGEST} bytes"));
    }
    let value = value.trim();
    let moment = |name: &str| Moment::parse(value).map_err(|fault| format!("{name}: {fault}"));
    Ok(match field {
        Field::Feed => Fact::Feed(value.to_owned()),
        Field::Tag => Fact::Tag(value.to_owned()),
        Field::Site => Fact::Site(host(value)?),
        Field::Url => Fact::Url(value.to_owned()),
        Field::Language => Fact::Language(language(value)?),
        Field::Is => state(value)?,
        Field::Sources => sources(value)?,
        Field::Since => Fact::Since(moment("since")?),
        Field::Until => Fact::Until(moment("until")?),
        Field::Story => Fact::Story(StoryId(
            value
                .parse()
                .ok()
                .filter(|number| *number >= 0)
                .ok_or_else(|| {
                    format!("'{value}' is no story's number; write one like story:42")
                })?,
        )),
        // Text is read by the parser, which knows words from phrases.
        Field::Text(part) => return Err(format!("'{}:' takes words", part.word())),
    })
}

/// The host of what people write for a site, as addresses are stored: lower case, in ASCII.
fn host(value: &str) -> Result<String, String> {
    let bare = value.split_once("://").map_or(value, |(_, rest)| rest);
    let bare = bare.trim_end_matches('/').trim_start_matches('.');
    let wrong = || format!("'{value}' is no host; write one like site:harbour.example");
    if bare.contains(['/', '?', '#', '@', ' ', '"']) {
        return Err(wrong());
    }
    let address = Address::parse(&format!("https://{bare}/")).map_err(|_| wrong())?;
    Ok(address.host().to_owned())
}

/// A language tag (RFC 5646, section 2.1: letters, digits and hyphens), in lower case.
fn language(value: &str) -> Result<String, String> {
    let parts = || value.split('-');
    let is_tag = parts().all(|part| (1..=8).contains(&part.len()))
        && parts().next().is_some_and(|primary| primary.len() > 1)
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match is_tag {
        true => Ok(value.to_ascii_lowercase()),
        false => Err(format!(
            "'{value}' is no language; write one like lang:de or lang:pt-BR"
        )),
    }
}

fn state(value: &str) -> Result<Fact<Moment>, String> {
    let lower = value.to_ascii_lowercase();
    if let Some((_, fact)) = STATES.iter().find(|(name, _)| *name == lower) {
        return Ok(fact.clone());
    }
    let names: Vec<&str> = STATES.iter().map(|(name, _)| *name).collect();
    let right = match nearest(&lower, names.iter().copied()) {
        Some(near) => format!("did you mean 'is:{near}'?"),
        None => format!("'is:' takes {}", names.join(", ")),
    };
    Err(format!(
        "'{value}' is nothing that an entry can be; {right}"
    ))
}

fn sources(value: &str) -> Result<Fact<Moment>, String> {
    let (comparison, digits) = [
        Comparison::AtLeast,
        Comparison::AtMost,
        Comparison::More,
        Comparison::Less,
        Comparison::Equal,
    ]
    .into_iter()
    .find_map(|comparison| Some((comparison, value.strip_prefix(comparison.sign())?)))
    .unwrap_or((Comparison::Equal, value));
    let count = digits
        .trim()
        .parse()
        .map_err(|_| format!("'{value}' is no number of sources; write one like sources:>=3"))?;
    Ok(Fact::Sources(comparison, count))
}
