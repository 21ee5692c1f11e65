//! Text as the index takes it: Chinese, Japanese and Korean in pairs of characters, so that any part
//! of a word is found; wide Latin letters as plain ones.
//!
//! A run `ABCD` of such characters is indexed as `AB BC CD D`. A search for `BC` is a search for
//! that pair, one for `BCD` for the pairs side by side, one for `B` for a pair that begins so.

use std::borrow::Cow;

/// Whether words of this character's writing have no spaces between them, or too few to find
/// parts of them (Unicode blocks).
fn is_paired(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11FF}'      // Hangul Jamo
        | '\u{3005}'..='\u{3007}'    // marks of iteration, zero
        | '\u{3041}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' // Hiragana, Katakana
        | '\u{3105}'..='\u{318E}'    // Bopomofo, Hangul Compatibility Jamo
        | '\u{31F0}'..='\u{31FF}'    // Katakana Phonetic Extensions
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' // unified ideographs
        | '\u{AC00}'..='\u{D7A3}'    // Hangul syllables
        | '\u{F900}'..='\u{FAFF}'    // compatibility ideographs
        | '\u{FF66}'..='\u{FF9D}'    // half-width Katakana
        | '\u{20000}'..='\u{323AF}') // further unified ideographs
        && c.is_alphanumeric()
}

/// Wide forms of Latin letters and digits as the plain ones.
fn narrow(c: char) -> char {
    let offset = u32::from('\u{FF01}') - u32::from('!');
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - offset).unwrap_or(c),
        c => c,
    }
}

/// Text to be indexed.
pub(super) fn indexed(text: &str) -> Cow<'_, str> {
    spelt(text, true)
}

/// Words to be searched for, side by side, and whether the last one is the beginning of a pair.
pub(super) fn asked(words: &str) -> (Cow<'_, str>, bool) {
    let mut last = words.chars().rev().filter(|c| c.is_alphanumeric());
    let single =
        last.next().is_some_and(is_paired) && !words.chars().rev().nth(1).is_some_and(is_paired);
    (spelt(words, false), single)
}

/// Runs as pairs; where `ends`, each run ends with its last character, else only those do that
/// something follows.
fn spelt(text: &str, ends: bool) -> Cow<'_, str> {
    // Most feeds have none of it: one look at the bytes. Everything that is meant begins with
    // 0xE1 or above in UTF-8.
    if text.bytes().all(|byte| byte < 0xE1) || !text.chars().any(|c| is_paired(c) || narrow(c) != c)
    {
        return Cow::Borrowed(text);
    }
    let mut spelt = String::with_capacity(text.len() * 2);
    let mut characters = text.chars().peekable();
    let mut in_run = false;
    while let Some(c) = characters.next() {
        if !is_paired(c) {
            if in_run {
                spelt.push(' ');
                in_run = false;
            }
            spelt.push(narrow(c));
            continue;
        }
        let next = characters.peek().copied();
        let paired = next.filter(|next| is_paired(*next));
        let followed = || characters.clone().any(char::is_alphanumeric);
        if paired.is_some() || !in_run || ends || followed() {
            spelt.push(' ');
            spelt.push(c);
            spelt.extend(paired);
        }
        in_run = true;
    }
    Cow::Owned(spelt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn runs_are_indexed_as_pairs() {
        for (text, expected) in [
            ("A plain headline – naïve", "A plain headline – naïve"),
            ("東京都庁", "東京 京都 都庁 庁"),
            ("庁", "庁"),
            ("iPhone用ケース is out", "iPhone 用ケ ケー ース ス is out"),
            ("한국 경제", "한국 국 경제 제"),
            ("東京、大阪", "東京 京 、 大阪 阪"),
            ("ＡＢＣ１２", "ABC12"),
        ] {
            assert_eq!(words(&indexed(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_is_asked_for_fits_what_is_indexed() {
        for (text, expected, beginning) in [
            ("ship", "ship", false),
            ("京都", "京都", false),
            ("京都庁", "京都 都庁", false),
            ("京", "京", true),
            ("iphone用", "iphone 用", true),
            ("用iphone", "用 iphone", false),
            ("한국 경제", "한국 국 경제", false),
        ] {
            let (spelt, single) = asked(text);
            assert_eq!(
                (words(&spelt).as_str(), single),
                (expected, beginning),
                "{text}"
            );
        }
    }
}
