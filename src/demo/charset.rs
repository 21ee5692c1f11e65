//! Writing XML in the encodings of old publishing systems.

use super::outlets::Charset;

/// windows-1251 from 0x80 to 0xBF; 0xC0 to 0xFF are U+0410 to U+044F. 0x98 is unused.
const WINDOWS_1251: [char; 64] = [
    'Ђ', 'Ѓ', '‚', 'ѓ', '„', '…', '†', '‡', '€', '‰', 'Љ', '‹', 'Њ', 'Ќ', 'Ћ', 'Џ', //
    'ђ', '‘', '’', '“', '”', '•', '–', '—', '\u{98}', '™', 'љ', '›', 'њ', 'ќ', 'ћ', 'џ', //
    '\u{A0}', 'Ў', 'ў', 'Ј', '¤', 'Ґ', '¦', '§', 'Ё', '©', 'Є', '«', '¬', '\u{AD}', '®',
    'Ї', //
    '°', '±', 'І', 'і', 'ґ', 'µ', '¶', '·', 'ё', '№', 'є', '»', 'ј', 'Ѕ', 'ѕ', 'ї',
];

impl Charset {
    /// The name in the XML declaration and in `Content-Type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "iso-8859-1",
            Self::Windows1251 => "windows-1251",
        }
    }

    /// XML text in this encoding; what it cannot express becomes a character reference.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        if self == Self::Utf8 {
            return text.as_bytes().to_vec();
        }
        let mut out = Vec::with_capacity(text.len());
        for character in text.chars() {
            match self.byte(character) {
                Some(byte) => out.push(byte),
                None => out.extend(format!("&#{};", u32::from(character)).into_bytes()),
            }
        }
        out
    }

    fn byte(self, character: char) -> Option<u8> {
        let code = u32::from(character);
        if code < 0x80 {
            return u8::try_from(code).ok();
        }
        match self {
            Self::Utf8 => None,
            Self::Latin1 if code < 0xA0 => None,
            Self::Latin1 => u8::try_from(code).ok(),
            Self::Windows1251 if (0x410..=0x44F).contains(&code) => {
                u8::try_from(code - 0x410 + 0xC0).ok()
            }
            Self::Windows1251 => {
                let place = WINDOWS_1251.iter().position(|c| *c == character)?;
                u8::try_from(place + 0x80).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_single_bytes_and_the_rest_references() {
        assert_eq!(Charset::Latin1.encode("für é"), b"f\xFCr \xE9");
        assert_eq!(Charset::Latin1.encode("„€"), b"&#8222;&#8364;");
        assert_eq!(
            Charset::Windows1251.encode("Ёж — «Яя» №1"),
            b"\xA8\xE6 \x97 \xAB\xDF\xFF\xBB \xB91"
        );
        assert_eq!(Charset::Windows1251.encode("é"), b"&#233;");
        assert_eq!(Charset::Utf8.encode("é"), "é".as_bytes());
    }
}
