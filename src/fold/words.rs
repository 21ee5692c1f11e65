//! Text into words that can be compared: folded case and diacritics, stop words left out, English
//! endings cut.

use super::aliases::canonical;
use super::hash::{Kind, hash32};
use super::languages::Language;
use std::borrow::Cow;

/// Longest word kept, in characters: what is longer is no word.
const MAX_WORD: usize = 40;

/// A word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it stands in the text.
    pub(super) surface: &'a str,
    /// Folded: lower case, without diacritics.
    pub(super) folded: &'a str,
}

/// The words of a text, in two strings: most entries have hundreds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    surfaces: String,
    /// With a space between any two.
    folded: String,
    /// Where each word ends in either.
    ends: Vec<(u32, u32)>,
}

impl Words {
    /// Forgets all words and makes room for those of a text of so many bytes, at most `max`.
    fn begin(&mut self, bytes: usize, max: usize) {
        self.surfaces.clear();
        self.folded.clear();
        self.ends.clear();
        // With what parts them, words have seven bytes or eight on average; longer ones make it grow.
        let letters = bytes.min(8 * max.min(bytes));
        self.surfaces.reserve(letters);
        self.folded.reserve(letters);
        self.ends.reserve(max.min(bytes / 4));
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The words in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Word<'_>> {
        let (mut surface, mut folded) = (0, 0);
        self.ends.iter().map(move |(surface_end, folded_end)| {
            let (surface_end, folded_end) = (*surface_end as usize, *folded_end as usize);
            let word = Word {
                surface: &self.surfaces[surface..surface_end],
                folded: &self.folded[folded..folded_end],
            };
            (surface, folded) = (surface_end, folded_end + 1);
            word
        })
    }

    /// All words folded, with a space between any two.
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }

    /// Where the word begins that is being read.
    fn open(&self) -> usize {
        self.ends.last().map_or(0, |(surface, _)| *surface as usize)
    }

    /// What was read of a word that has not ended.
    fn unfinished(&self) -> &str {
        &self.surfaces[self.open()..]
    }

    /// Adds two characters of a script without spaces.
    fn pair(&mut self, first: char, second: char) {
        if !self.folded.is_empty() {
            self.folded.push(' ');
        }
        self.surfaces.extend([first, second]);
        self.folded.extend([first, second]);
        self.end();
    }

    /// Notes that a word ends here.
    fn end(&mut self) {
        // At most 400 words of 40 characters are read of a text.
        self.ends
            .push((self.surfaces.len() as u32, self.folded.len() as u32));
    }

    /// Ends the word that is being read, where there is one.
    fn finish(&mut self) {
        let open = self.open();
        let word = &self.surfaces[open..];
        if word.is_empty() {
            return;
        }
        let before = self.folded.len();
        if word.len() <= MAX_WORD || word.chars().nth(MAX_WORD).is_none() {
            if before > 0 {
                self.folded.push(' ');
            }
            let start = self.folded.len();
            // Of ASCII, folding changes nothing but case.
            if word.is_ascii() {
                self.folded.push_str(word);
                self.folded[start..].make_ascii_lowercase();
            } else {
                for c in word.chars() {
                    folded(c, &mut self.folded);
                }
            }
            if self.folded.len() > start {
                self.end();
                return;
            }
        }
        self.surfaces.truncate(open);
        self.folded.truncate(before);
    }
}

impl Word<'_> {
    /// Whether a digit is in it.
    pub(super) fn is_number(self) -> bool {
        self.folded.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// Whether it is written as a name: a capital letter in it.
    pub(super) fn is_capitalised(self) -> bool {
        self.surface.chars().any(char::is_uppercase)
    }
}

/// A character folded: lower case without diacritics; `None` for what only decorates (combining
/// marks, zero width, direction controls).
fn folded(c: char, out: &mut String) {
    match c {
        'a'..='z' | '0'..='9' => out.push(c),
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => {
            if let Some(ascii) = char::from_u32(c as u32 - 0xfee0) {
                out.push(ascii.to_ascii_lowercase());
            }
        }
        _ => {
            for lower in c.to_lowercase() {
                match lower {
                    '\u{300}'..='\u{36f}' => {}
                    'ß' => out.push_str("ss"),
                    'æ' => out.push_str("ae"),
                    'œ' => out.push_str("oe"),
                    'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => out.push('a'),
                    'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => out.push('c'),
                    'ď' | 'đ' | 'ð' => out.push('d'),
                    'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => out.push('e'),
                    'ĝ' | 'ğ' | 'ġ' | 'ģ' => out.push('g'),
                    'ĥ' | 'ħ' => out.push('h'),
                    'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => out.push('i'),
                    'ĵ' => out.push('j'),
                    'ķ' => out.push('k'),
                    'ĺ' | 'ļ' | 'ľ' | 'ł' => out.push('l'),
                    'ñ' | 'ń' | 'ņ' | 'ň' => out.push('n'),
                    'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => out.push('o'),
                    'ŕ' | 'ŗ' | 'ř' => out.push('r'),
                    'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => out.push('s'),
                    'ţ' | 'ť' | 'ŧ' | 'ț' => out.push('t'),
                    'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => out.push('u'),
                    'ŵ' => out.push('w'),
                    'ý' | 'ÿ' | 'ŷ' => out.push('y'),
                    'ź' | 'ż' | 'ž' => out.push('z'),
                    'ё' => out.push('е'),
                    other => out.push(other),
                }
            }
        }
    }
}

/// Characters that are drawn as nothing: they neither part words nor belong to them.
fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Scripts written without spaces: every two characters in a row count as a word.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        | '\u{e00}'..='\u{eff}')
}

/// Characters of ASCII that end a word whatever stands around them.
fn parts_words(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'\'')
}

/// The first `max` words of `text`.
pub(super) fn words(text: &str, max: usize) -> Words {
    let mut words = Words::default();
    read_words(text, max, &mut words);
    words
}

/// The same in place of what `out` had.
pub(super) fn read_words(text: &str, max: usize, out: &mut Words) {
    out.begin(text.len(), max);
    let mut unspaced: Option<char> = None;
    let mut rest = text;
    while out.len() < max {
        // Most of most texts.
        let plain = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if plain > 0 {
            out.surfaces.push_str(&rest[..plain]);
            rest = &rest[plain..];
            unspaced = None;
        }
        let apart = rest.bytes().take_while(|byte| parts_words(*byte)).count();
        if apart > 0 {
            out.finish();
            rest = &rest[apart..];
            unspaced = None;
            continue;
        }
        let mut characters = rest.chars();
        let Some(c) = characters.next() else {
            break;
        };
        rest = characters.as_str();
        if is_invisible(c) {
            continue;
        }
        if is_unspaced(c) && c.is_alphanumeric() {
            out.finish();
            if let Some(before) = unspaced.replace(c) {
                out.pair(before, c);
            }
            continue;
        }
        unspaced = None;
        let joins = |fits: fn(char) -> bool| {
            let next = characters.clone().find(|next| !is_invisible(*next));
            next.is_some_and(fits)
        };
        if c.is_alphanumeric() {
            out.surfaces.push(c);
        } else if c == '.'
            && out.unfinished().ends_with(|c: char| c.is_ascii_digit())
            && joins(|next| next.is_ascii_digit())
        {
            out.surfaces.push('.');
        } else if matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}')
            && out.unfinished().ends_with(char::is_alphanumeric)
            && joins(char::is_alphabetic)
        {
            out.surfaces.push('\'');
        } else {
            out.finish();
        }
    }
    out.finish();
}

/// A text without the web addresses that are spelled out in it: their parts are no words.
pub(super) fn without_addresses(text: &str) -> Cow<'_, str> {
    if !text.contains("://") && !text.contains("www.") {
        return Cow::Borrowed(text);
    }
    let is_address = |part: &&str| part.contains("://") || part.starts_with("www.");
    let parts: Vec<&str> = text
        .split_ascii_whitespace()
        .filter(|part| !is_address(part))
        .collect();
    Cow::Owned(parts.join(" "))
}

/// The term that a folded word counts as, by its hash; `None` for stop words.
pub(super) fn term(folded: &str, language: Language) -> Option<u32> {
    if language.is_stop_word(folded) {
        return None;
    }
    let stem = stem(folded);
    if stem.is_empty() || (stem != folded && language.is_stop_word(&stem)) {
        return None;
    }
    let term = hash32(Kind::Term, &stem);
    // Of a few words nobody can tell the language; most of those are English.
    match language {
        Language::English | Language::Other => Some(canonical(term)),
        _ => Some(term),
    }
}

/// A word without the commonest English endings.
pub(super) fn stem(word: &str) -> Cow<'_, str> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return Cow::Borrowed(word);
    }
    let word = word.strip_suffix("'s").unwrap_or(word);
    let mut stem = match word.as_bytes().contains(&b'\'') {
        true => Cow::Owned(word.replace('\'', "")),
        false => Cow::Borrowed(word),
    };
    if !stem.is_ascii() {
        return stem;
    }
    let cut = |stem: &mut Cow<'_, str>, letters: usize| match stem {
        Cow::Borrowed(word) => *word = &word[..word.len() - letters],
        Cow::Owned(word) => word.truncate(word.len() - letters),
    };
    if stem.len() > 4 {
        match stem.as_bytes() {
            [.., b'i', b'e', b's'] => {
                cut(&mut stem, 3);
                stem.to_mut().push('y');
            }
            [.., b's', b's', b'e', b's'] => cut(&mut stem, 2),
            [.., b's' | b'u' | b'i', b's'] => {}
            [.., b's'] => cut(&mut stem, 1),
            _ => {}
        }
    }
    if stem.len() > 5 {
        match stem.as_bytes() {
            [.., b'i', b'n', b'g'] if stem.len() > 6 => cut(&mut stem, 3),
            [.., b'e', b'd'] => cut(&mut stem, 2),
            _ => {}
        }
        let bytes = stem.as_bytes();
        let last = bytes[bytes.len() - 1];
        let doubled = bytes[bytes.len() - 2] == last && !b"lsz".contains(&last);
        if doubled || (stem.len() > 4 && last == b'e') {
            cut(&mut stem, 1);
        }
    } else if stem.len() > 4 && stem.ends_with('e') {
        cut(&mut stem, 1);
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded_words(text: &str) -> Vec<String> {
        let words = words(text, 100);
        let list: Vec<String> = words.iter().map(|w| w.folded.to_owned()).collect();
        assert_eq!(words.folded(), list.join(" "));
        list
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(
            folded_words("Microsoft’s “Café” v4.2.7: ＡＩ, naïve—Ärger 4.6"),
            [
                "microsoft's",
                "cafe",
                "v4.2.7",
                "ai",
                "naive",
                "arger",
                "4.6"
            ]
        );
    }

    #[test]
    fn what_is_not_drawn_changes_nothing() {
        assert_eq!(
            folded_words("Win\u{200b}dows \u{202e}Cen\u{ad}tral e\u{301}te\u{301}"),
            ["windows", "central", "ete"]
        );
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert_eq!(folded_words("东京大学"), ["东京", "京大", "大学"]);
    }

    #[test]
    fn endings_are_cut() {
        let stems: Vec<_> = [
            "companies",
            "launched",
            "launches",
            "planning",
            "boss",
            "models",
            "price",
        ]
        .iter()
        .map(|w| stem(w))
        .collect();
        assert_eq!(
            stems,
            [
                "company", "launch", "launch", "plan", "boss", "model", "pric"
            ]
        );
    }

    #[test]
    fn endless_words_are_none() {
        assert_eq!(words(&"x".repeat(1 << 20), 10), Words::default());
        assert_eq!(words(&"x ".repeat(1 << 20), 10).len(), 10);
    }
}
