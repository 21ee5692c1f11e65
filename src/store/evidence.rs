//! Why an entry is where it is, in the words that people read and in the few bytes that are stored.
//!
//! Most entries open a story that was nearly another one: what is said of it then follows from that
//! near miss, and is not stored a second time.

use super::feed_rows::json;
use super::{Error, Near};
use crate::entry::EntryId;
use crate::fold::{self, NearMiss};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why it did not join, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Why<'a> {
    /// The likeness that was needed, in hundredths.
    Needed(u8),
    /// Anything else, in words.
    Words(Cow<'a, str>),
}

/// An entry, how near it was, and why it is another story.
type Stored<'a> = (i64, f32, Why<'a>);

/// Near misses as they are stored.
pub(super) fn pack(near: &[NearMiss]) -> Result<Option<String>, Error> {
    let stored: Vec<Stored<'_>> = near
        .iter()
        .map(|near| {
            // Three digits tell all that anybody asks.
            let score = (near.score * 1000.0).round() / 1000.0;
            (near.entry.0, score, packed(score, &near.why))
        })
        .collect();
    (!stored.is_empty()).then(|| json(&stored)).transpose()
}

fn packed(score: f32, why: &str) -> Why<'_> {
    let needed = why
        .rsplit_once(", 0.")
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    match needed {
        Some(hundredths) if fold::too_unlike(score, f32::from(hundredths) / 100.0) == why => {
            Why::Needed(hundredths)
        }
        _ => Why::Words(Cow::Borrowed(why)),
    }
}

/// What is stored of near misses.
pub(super) fn unpack(near: &str) -> Vec<Near> {
    let near: Vec<Stored<'_>> = serde_json::from_str(near).unwrap_or_default();
    near.into_iter()
        .map(|(entry, score, why)| Near {
            entry: EntryId(entry),
            score,
            why: match why {
                Why::Needed(hundredths) => fold::too_unlike(score, f32::from(hundredths) / 100.0),
                Why::Words(words) => words.into_owned(),
            },
        })
        .collect()
}

/// What is stored of the evidence for an entry: nothing where it follows from the near misses.
pub(super) fn stored<'a>(evidence: &'a str, near: &[NearMiss]) -> &'a str {
    let follows = near
        .first()
        .is_some_and(|near| fold::not_near_enough(&near.why) == evidence);
    if follows { "" } else { evidence }
}

/// The evidence for an entry, from what is stored of it and of its near misses.
pub(super) fn told(evidence: String, near: Option<&str>) -> String {
    match near {
        Some(near) if evidence.is_empty() => unpack(near)
            .first()
            .map_or(evidence, |near| fold::not_near_enough(&near.why)),
        _ => evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_as_it_was_written() {
        let near = |score: f32, why: &str| NearMiss {
            entry: EntryId(7),
            score,
            why: why.to_owned(),
        };
        let misses = [
            near(0.1, &fold::too_unlike(0.1, 0.35)),
            // Rounded twice it would be another likeness.
            near(0.1254, &fold::too_unlike(0.1254, 0.3)),
            near(0.4, "another story is nearer"),
            near(0.5, "likeness 0.50, 0.x is needed"),
        ];
        let packed = pack(&misses).unwrap().unwrap();
        assert_eq!(
            packed,
            "[[7,0.1,35],[7,0.125,\"likeness 0.13, 0.30 is needed\"],\
             [7,0.4,\"another story is nearer\"],[7,0.5,\"likeness 0.50, 0.x is needed\"]]"
        );
        let read: Vec<String> = unpack(&packed).into_iter().map(|near| near.why).collect();
        let written: Vec<&str> = misses.iter().map(|near| near.why.as_str()).collect();
        assert_eq!(read, written);
        // As earlier versions stored it.
        let old = unpack("[[7,0.122,\"likeness 0.12, 0.35 is needed\"]]");
        assert_eq!(old[0].why, fold::too_unlike(0.122, 0.35));

        let evidence = fold::not_near_enough(&misses[0].why);
        assert_eq!(stored(&evidence, &misses), "");
        assert_eq!(told(String::new(), Some(&packed)), evidence);
        assert_eq!(stored("credits The Quay", &misses), "credits The Quay");
        assert_eq!(
            told("credits The Quay".to_owned(), Some(&packed)),
            "credits The Quay"
        );
        assert_eq!(told(String::new(), None), "");
        assert_eq!(pack(&[]).unwrap(), None);
    }
}
