//! The identifiers of the Google Reader protocol: items, streams, moments.
//!
//! An item's number is twice its story's, or twice its entry's and one: both ascend with arrival,
//! stay below 2^53, and can't be taken for each other.

use crate::entry::{EntryId, StoryId};
use crate::feed::Timestamp;
use crate::reading::Target;
use chrono::DateTime;

/// What the long form of an item's identifier begins with.
const LONG: &str = "tag:google.com,2005:reader/item/";
/// What the identifiers of states begin with, after the user.
const STATE: &str = "state/com.google/";

/// The number of an item.
pub(super) fn number(target: Target) -> i64 {
    match target {
        Target::Story(story) => story.0.saturating_mul(2),
        Target::Entry(entry) => entry.0.saturating_mul(2).saturating_add(1),
    }
}

/// The item of a number; `None` where none can have it.
pub(super) fn target(number: i64) -> Option<Target> {
    (number > 1).then_some(match number % 2 {
        0 => Target::Story(StoryId(number / 2)),
        _ => Target::Entry(EntryId(number / 2)),
    })
}

/// The long form of an item's identifier.
pub(super) fn long(target: Target) -> String {
    format!("{LONG}{:016x}", number(target))
}

/// The number of an item's identifier in any of its forms: long with hexadecimal digits of any
/// padding, bare hexadecimal, decimal, negative where an app reads it as signed.
pub(super) fn parse_item(text: &str) -> Option<i64> {
    let text = text.trim();
    let hexadecimal = |digits: &str| u64::from_str_radix(digits, 16).ok().map(u64::cast_signed);
    if let Some(digits) = text.strip_prefix(LONG) {
        return hexadecimal(digits);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let decimal = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    // Sixteen digits can be either: padding tells.
    match decimal && (!text.starts_with('0') || text == "0") {
        true => text.parse().ok(),
        false => hexadecimal(text),
    }
}

/// A stream, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stream {
    /// Everything.
    ReadingList,
    /// What was read.
    Read,
    /// What is kept unread.
    KeptUnread,
    /// What has a star.
    Starred,
    /// The feeds of a label.
    Label(String),
    /// A feed, by number or by address.
    Feed(String),
    /// A state that is not kept here: nothing has it.
    Other,
}

/// Reads a stream's identifier; `None` where it is none.
pub(super) fn parse_stream(text: &str) -> Option<Stream> {
    if let Some(feed) = text.strip_prefix("feed/") {
        // Some apps put the prefix there once more.
        let feed = feed.strip_prefix("feed/").unwrap_or(feed);
        return (!feed.is_empty()).then(|| Stream::Feed(feed.to_owned()));
    }
    let (_, rest) = text.strip_prefix("user/")?.split_once('/')?;
    if let Some(label) = rest.strip_prefix("label/") {
        return (!label.is_empty()).then(|| Stream::Label(label.to_owned()));
    }
    Some(match rest.strip_prefix(STATE)? {
        "reading-list" => Stream::ReadingList,
        "read" => Stream::Read,
        "kept-unread" => Stream::KeptUnread,
        "starred" => Stream::Starred,
        _ => Stream::Other,
    })
}

/// The identifier of a state.
pub(super) fn state(word: &str) -> String {
    format!("user/-/{STATE}{word}")
}

/// The identifier of a label.
pub(super) fn label(label: &str) -> String {
    format!("user/-/label/{label}")
}

/// A moment in seconds, milliseconds, microseconds or nanoseconds, told apart by size, and the
/// last millisecond that it may mean.
pub(super) fn parse_moment(text: &str) -> Option<Timestamp> {
    let number: i64 = text.trim().parse().ok()?;
    let millis = match number {
        ..0 => return None,
        0..100_000_000_000 => number * 1_000 + 999,
        100_000_000_000..100_000_000_000_000 => number,
        100_000_000_000_000..100_000_000_000_000_000 => number / 1_000,
        _ => number / 1_000_000,
    };
    DateTime::from_timestamp_millis(millis)
}

/// A path with its percent-encoding undone once; `None` where that is no UTF-8.
pub(super) fn decoded(path: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let bytes = path.as_bytes();
    let mut text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = (digit(bytes.get(at + 1)), digit(bytes.get(at + 2)));
        if let (b'%', (Some(high), Some(low))) = (byte, pair) {
            text.push(u8::try_from(high * 16 + low).unwrap_or_default());
            at += 3;
        } else {
            text.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_known_in_each_form() {
        for (text, expected) in [
            ("tag:google.com,2005:reader/item/000000000000001f", Some(31)),
            ("tag:google.com,2005:reader/item/1f", Some(31)),
            ("000000000000001f", Some(31)),
            ("0000000000000031", Some(0x31)),
            ("1f", Some(31)),
            ("31", Some(31)),
            ("1700000000000031", Some(1_700_000_000_000_031)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("ffffffffffffffff", Some(-1)),
            ("0", Some(0)),
            ("", None),
            ("-", None),
            ("12 monkeys", None),
            ("99999999999999999999", None),
            ("tag:google.com,2005:reader/item/", None),
        ] {
            assert_eq!(parse_item(text), expected, "{text}");
        }
        for one in [Target::Story(StoryId(7)), Target::Entry(EntryId(7))] {
            assert_eq!(target(number(one)), Some(one));
            assert_eq!(parse_item(&long(one)), Some(number(one)));
        }
        assert_eq!(target(-4), None);
    }

    #[test]
    fn streams_are_known_whoever_the_user_is() {
        for (text, expected) in [
            (
                "user/-/state/com.google/reading-list",
                Some(Stream::ReadingList),
            ),
            ("user/1000/state/com.google/starred", Some(Stream::Starred)),
            ("user/ann/state/com.google/broadcast", Some(Stream::Other)),
            (
                "user/-/label/a/b c+d é",
                Some(Stream::Label("a/b c+d é".to_owned())),
            ),
            ("feed/12", Some(Stream::Feed("12".to_owned()))),
            (
                "feed/feed/https://a.example/f",
                Some(Stream::Feed("https://a.example/f".to_owned())),
            ),
            ("feed/", None),
            ("user/-/label/", None),
            ("nonsense", None),
        ] {
            assert_eq!(parse_stream(text), expected, "{text}");
        }
    }

    #[test]
    fn moments_are_told_apart_by_size() {
        for text in [
            "1700000000",
            "1700000000999",
            "1700000000999000",
            "1700000000999000000",
        ] {
            let moment = parse_moment(text).unwrap();
            assert_eq!(moment.timestamp_millis(), 1_700_000_000_999, "{text}");
        }
        assert_eq!(parse_moment("-1"), None);
        assert_eq!(parse_moment("soon"), None);
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(decoded("a%2Fb%2520c%C3%A9+").as_deref(), Some("a/b%20cé+"));
        assert_eq!(decoded("100%").as_deref(), Some("100%"));
        assert_eq!(decoded("%FF"), None);
    }
}
