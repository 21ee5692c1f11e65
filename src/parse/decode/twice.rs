//! Text that was encoded as UTF-8 twice.

use crate::parse::tree::windows_1252;

/// The text as it was before it was encoded as UTF-8 twice, if it was: `Ã©` was `é`. Every character
/// must be a byte of windows-1252, and the bytes must be UTF-8.
pub(crate) fn mend_twice_encoded(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    // A lead byte of UTF-8 read as windows-1252, followed by something else than ASCII.
    let mut lead = false;
    let suspect = text.chars().any(|c| {
        let found = lead && !c.is_ascii();
        lead = matches!(c, '\u{C2}'..='\u{F4}');
        found
    });
    if !suspect {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        bytes.push(byte_of(c)?);
    }
    let mended = String::from_utf8(bytes).ok()?;
    (mended.len() < text.len()).then_some(mended)
}

/// The byte of a character in windows-1252; the C1 controls are themselves.
fn byte_of(c: char) -> Option<u8> {
    match c {
        '\0'..='\u{FF}' => Some(c as u8),
        _ => (0x80..=0x9Fu8).find(|b| windows_1252(char::from(*b)) == c),
    }
}
