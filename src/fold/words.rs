//! Text into words that can be compared: folded case and diacritics, stop words left out, English
//! endings cut.

use super::hash::{Kind, hash32};
use super::languages::Language;

/// Longest word kept, in characters: what is longer is no word.
const MAX_WORD: usize = 40;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As it stands in the text.
    pub(super) surface: String,
    /// Folded: lower case, without diacritics.
    pub(super) folded: String,
}

impl Word {
    /// Whether a digit is in it.
    pub(super) fn is_number(&self) -> bool {
        self.folded.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// Whether it is written as a name: a capital letter in it.
    pub(super) fn is_capitalised(&self) -> bool {
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

/// The first `max` words of `text`.
pub(super) fn words(text: &str, max: usize) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut surface = String::new();
    let mut unspaced: Option<char> = None;
    let mut characters = text.chars().filter(|c| !is_invisible(*c)).peekable();
    while let Some(c) = characters.next() {
        if out.len() >= max {
            return out;
        }
        if is_unspaced(c) && c.is_alphanumeric() {
            finish(&mut surface, &mut out);
            if let Some(before) = unspaced.replace(c) {
                let pair: String = [before, c].into_iter().collect();
                out.push(Word {
                    folded: pair.clone(),
                    surface: pair,
                });
            }
            continue;
        }
        unspaced = None;
        let joins = |next: Option<&char>, fits: fn(&char) -> bool| next.is_some_and(fits);
        if c.is_alphanumeric() {
            surface.push(c);
        } else if matches!(c, '.')
            && surface.ends_with(|c: char| c.is_ascii_digit())
            && joins(characters.peek(), char::is_ascii_digit)
        {
            surface.push('.');
        } else if matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}')
            && surface.ends_with(char::is_alphanumeric)
            && joins(characters.peek(), |c| c.is_alphabetic())
        {
            surface.push('\'');
        } else {
            finish(&mut surface, &mut out);
        }
    }
    finish(&mut surface, &mut out);
    out.truncate(max);
    out
}

fn finish(surface: &mut String, out: &mut Vec<Word>) {
    if surface.is_empty() {
        return;
    }
    let taken = std::mem::take(surface);
    if taken.len() > MAX_WORD && taken.chars().nth(MAX_WORD).is_some() {
        return;
    }
    // Of ASCII, folding changes nothing but case.
    let text = if taken.is_ascii() {
        taken.to_ascii_lowercase()
    } else {
        let mut text = String::with_capacity(taken.len());
        for c in taken.chars() {
            folded(c, &mut text);
        }
        text
    };
    if !text.is_empty() {
        out.push(Word {
            surface: taken,
            folded: text,
        });
    }
}

/// The term that a word counts as, and its hash; `None` for stop words.
pub(super) fn term(word: &Word, language: Language) -> Option<u32> {
    if language.is_stop_word(&word.folded) {
        return None;
    }
    let stem = stem(&word.folded);
    if stem.is_empty() || language.is_stop_word(&stem) {
        return None;
    }
    Some(hash32(Kind::Term, &stem))
}

/// A word without the commonest English endings.
pub(super) fn stem(word: &str) -> String {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return word.to_owned();
    }
    let mut stem = word.strip_suffix("'s").unwrap_or(word).replace('\'', "");
    if !stem.is_ascii() {
        return stem;
    }
    if stem.len() > 4 {
        if stem.ends_with("ies") {
            stem.truncate(stem.len() - 3);
            stem.push('y');
        } else if stem.ends_with("sses") {
            stem.truncate(stem.len() - 2);
        } else if stem.ends_with('s') && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end)) {
            stem.pop();
        }
    }
    if stem.len() > 5 {
        if stem.ends_with("ing") && stem.len() > 6 {
            stem.truncate(stem.len() - 3);
        } else if stem.ends_with("ed") {
            stem.truncate(stem.len() - 2);
        }
        let bytes = stem.as_bytes();
        let last = bytes[bytes.len() - 1];
        let doubled = bytes[bytes.len() - 2] == last && !b"lsz".contains(&last);
        if doubled || (stem.len() > 4 && last == b'e') {
            stem.pop();
        }
    } else if stem.len() > 4 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded_words(text: &str) -> Vec<String> {
        words(text, 100).into_iter().map(|w| w.folded).collect()
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
        assert!(words(&"x".repeat(1 << 20), 10).is_empty());
        assert_eq!(words(&"x ".repeat(1 << 20), 10).len(), 10);
    }
}
