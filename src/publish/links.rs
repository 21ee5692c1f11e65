//! Addresses and media types as they may stand in a document.

use crate::address::Address;
use crate::entry::Enclosure;
use std::borrow::Cow;

/// An address as text without a password.
pub(super) fn shown(address: &Address) -> Cow<'_, str> {
    let url = address.url();
    if url.username().is_empty() && url.password().is_none() {
        Cow::Borrowed(address.as_str())
    } else {
        Cow::Owned(address.shown())
    }
}

/// An address as a URI of RFC 3986, without a password: browsers let characters stand that the
/// RFC forbids, and strict readers refuse them.
pub(super) fn uri(address: &Address) -> Cow<'_, str> {
    match shown(address) {
        Cow::Borrowed(text) => uri_text(text),
        Cow::Owned(text) => Cow::Owned(uri_text(&text).into_owned()),
    }
}

/// `text`, which is an address, with the characters escaped that RFC 3986 forbids.
pub(super) fn uri_text(text: &str) -> Cow<'_, str> {
    let is_forbidden = |position: usize, byte: u8| match byte {
        b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => true,
        // An address of IPv6 stands in brackets, right after the scheme.
        b'[' | b']' => position > host_end(text),
        byte => !byte.is_ascii_graphic(),
    };
    if !text
        .bytes()
        .enumerate()
        .any(|(at, byte)| is_forbidden(at, byte))
    {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for (position, c) in text.char_indices() {
        if c.is_ascii() && !is_forbidden(position, c as u8) {
            escaped.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                escaped.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    Cow::Owned(escaped)
}

fn host_end(text: &str) -> usize {
    let host = text.find("://").map_or(0, |at| at + "://".len());
    text[host..]
        .find(['/', '?', '#'])
        .map_or(text.len(), |end| host + end)
}

/// The media type of an enclosure, guessed from its address where the feed gave none that could be
/// one: RSS and JSON Feed demand one.
pub(super) fn media_type(enclosure: &Enclosure) -> &str {
    if let Some(given) = enclosure.media_type.as_deref() {
        // Parameters say more than readers understand.
        let given = given.split(';').next().unwrap_or_default().trim();
        if is_media_type(given) {
            return given;
        }
    }
    let path = enclosure.url.url().path().to_ascii_lowercase();
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("mp3") => "audio/mpeg",
        Some("m4a") => "audio/mp4",
        Some("ogg" | "opus") => "audio/ogg",
        Some("mp4" | "m4v") => "video/mp4",
        Some("webm") => "video/webm",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// Whether `text` is two tokens with a slash between (RFC 9110 section 8.3.1).
fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_uri_may_not_hold_is_escaped() {
        for (address, expected) in [
            ("https://a.example/b?c=d|e", "https://a.example/b?c=d%7Ce"),
            ("https://a.example/x[1]", "https://a.example/x%5B1%5D"),
            ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
            (
                "https://a.example/%7Ex?y=%zz",
                "https://a.example/%7Ex?y=%zz",
            ),
            ("https://u:p@a.example/{x}", "https://a.example/%7Bx%7D"),
        ] {
            assert_eq!(uri(&Address::parse(address).unwrap()), expected);
        }
    }

    #[test]
    fn media_types_are_given_or_guessed() {
        let of = |media_type: Option<&str>, url: &str| {
            let enclosure = Enclosure {
                url: Address::parse(url).unwrap(),
                media_type: media_type.map(str::to_owned),
                length: None,
            };
            media_type_of(&enclosure)
        };
        assert_eq!(
            of(Some("audio/ogg; codecs=opus"), "https://a.example/x"),
            "audio/ogg"
        );
        assert_eq!(of(Some("audio"), "https://a.example/x.MP3"), "audio/mpeg");
        assert_eq!(
            of(Some("a b/c"), "https://a.example/x"),
            "application/octet-stream"
        );
        assert_eq!(of(None, "https://a.example/x.png?w=1"), "image/png");
    }

    fn media_type_of(enclosure: &Enclosure) -> String {
        media_type(enclosure).to_owned()
    }
}
