//! Text as it stands in a serialised fragment (HTML Standard, "Escaping a string").

use crate::text::entities::{Place, reference};
use crate::text::plain::is_forbidden;

/// Bytes that a text may not be copied over blindly from.
static NOTED: [bool; 256] = {
    let mut noted = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        noted[byte] = byte != b'\n' as usize && byte != b'\t' as usize;
        byte += 1;
    }
    noted[b'&' as usize] = true;
    noted[b'<' as usize] = true;
    noted[b'>' as usize] = true;
    noted[b'"' as usize] = true;
    noted[0x7F] = true;
    // The first byte of C1 controls and of the no-break space, and that of U+FFFE and U+FFFF.
    noted[0xC2] = true;
    noted[0xEF] = true;
    noted
};

/// Appends `raw`, whose character references are resolved first, with its special characters
/// escaped and without controls; line breaks become `\n`.
pub(super) fn push(out: &mut String, raw: &str, place: Place) {
    let bytes = raw.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !NOTED[bytes[at] as usize] {
            at += 1;
            continue;
        }
        out.push_str(&raw[copied..at]);
        match bytes[at] {
            b'&' => match reference(&raw[at + 1..], place) {
                Some(found) => {
                    for c in found.chars() {
                        push_char(out, c, place);
                    }
                    at += found.length;
                }
                None => out.push_str("&amp;"),
            },
            b'\r' => {
                if bytes.get(at + 1) != Some(&b'\n') {
                    out.push('\n');
                }
            }
            byte if byte < 0x80 => push_char(out, char::from(byte), place),
            _ => {
                // A lead byte is noted, so a character begins here.
                if let Some(c) = raw[at..].chars().next() {
                    push_char(out, c, place);
                    at += c.len_utf8() - 1;
                }
            }
        }
        at += 1;
        copied = at;
    }
    out.push_str(&raw[copied..]);
}

/// Appends `value`, whose references are resolved already, as an attribute's value.
pub(super) fn push_value(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.bytes().position(|b| NOTED[b as usize]) {
        out.push_str(&rest[..at]);
        // A byte that is noted begins a character.
        let Some(c) = rest[at..].chars().next() else {
            return;
        };
        push_char(out, c, Place::Attribute);
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
}

fn push_char(out: &mut String, c: char, place: Place) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' if place == Place::Attribute => out.push_str("&quot;"),
        '\u{A0}' => out.push_str("&nbsp;"),
        '\r' => out.push('\n'),
        c if is_forbidden(c) => {}
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_values_are_escaped() {
        for (raw, text, value) in [
            (
                "a & b &amp; <c> \"d\"",
                "a &amp; b &amp; &lt;c&gt; \"d\"",
                "a &amp; b &amp; &lt;c&gt; &quot;d&quot;",
            ),
            ("é\u{A0}&nbsp;°\u{85}", "é&nbsp;&nbsp;°", "é&nbsp;&nbsp;°"),
            (
                "a\r\nb\rc&#13;d\u{0}\u{1}\u{FFFF}\u{FEFF}",
                "a\nb\nc\nd\u{FEFF}",
                "a\nb\nc\nd\u{FEFF}",
            ),
            (
                "&lt;script&gt;&copy=",
                "&lt;script&gt;©=",
                "&lt;script&gt;&amp;copy=",
            ),
        ] {
            let mut out = String::new();
            push(&mut out, raw, Place::Text);
            assert_eq!(out, text, "{raw:?}");
            out.clear();
            push(&mut out, raw, Place::Attribute);
            assert_eq!(out, value, "{raw:?}");
        }
    }
}
