//! Whom a text names as its source: "Source: X", "via X", "first reported by X", in several
//! languages, and what the entry's own markup says.

use super::lines::{Line, lines, plain_line};
use super::outlets::{host_form, name_form};
use crate::address::Address;
use crate::entry::Item;
use std::sync::LazyLock;

/// How plainly a text says that it was taken from somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// In passing: "according to X". Counts only for known outlets, and only as a hint.
    Weak,
    /// In so many words: "Source: X".
    Strong,
}

/// An outlet or page that a text credits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mention {
    /// The name as written; empty where only an address is known.
    pub(super) name: String,
    /// The page that is linked.
    pub(super) link: Option<Address>,
    /// How plainly.
    pub(super) strength: Strength,
}

impl Mention {
    /// The forms by which the outlet is found.
    pub(super) fn forms(&self) -> Vec<u32> {
        let mut forms: Vec<u32> = name_form(&self.name).into_iter().collect();
        if let Some(link) = &self.link {
            forms.push(host_form(&link.site_host()));
        }
        forms
    }
}

/// Most credits of one entry.
const MAX_MENTIONS: usize = 6;
/// Longest credited name, in characters.
const MAX_NAME: usize = 60;

/// Words that credit when a colon follows and nothing but punctuation precedes.
const LABELS: &[&str] = &[
    "source",
    "sources",
    "original source",
    "news source",
    "via",
    "credit",
    "originally at",
    "read more at",
    "full story at",
    "quelle",
    "quellen",
    "fuente",
    "fuentes",
    "vía",
    "fonte",
    "fonti",
    "fontes",
    "bron",
    "bronnen",
    "źródło",
    "zrodlo",
    "źródła",
    "za",
    "источник",
    "источники",
    "kilde",
    "källa",
    "lähde",
    "zdroj",
    "forrás",
    "kaynak",
    "来源",
    "出典",
    "ソース",
];

/// Words that credit without a colon, wherever they stand.
const PHRASES: &[&str] = &[
    "first reported by",
    "was first reported by",
    "originally reported by",
    "originally published by",
    "originally published on",
    "originally published in",
    "originally published at",
    "originally appeared on",
    "originally appeared in",
    "originally appeared at",
    "first appeared on",
    "first appeared in",
    "first published by",
    "first published on",
    "first published in",
    "republished from",
    "reposted from",
    "hat tip to",
    "hat tip:",
    "h/t",
    "(via",
    "[via",
    "zuerst erschienen bei",
    "zuerst erschienen auf",
    "zuerst berichtet von",
    "zuerst berichtete",
    "ursprünglich erschienen bei",
    "ursprünglich erschienen auf",
    "ursprünglich veröffentlicht auf",
    "ursprünglich veröffentlicht bei",
    "publié à l'origine sur",
    "publié initialement sur",
    "initialement publié sur",
    "initialement paru dans",
    "repéré par",
    "publicado originalmente en",
    "publicado originalmente por",
    "publicado originalmente em",
    "publicado originalmente no",
    "publicado originalmente na",
    "publicado primero en",
    "pubblicato originariamente su",
    "pubblicato originariamente da",
    "apparso originariamente su",
    "pubblicato per la prima volta su",
    "oorspronkelijk gepubliceerd op",
    "oorspronkelijk gepubliceerd door",
    "oorspronkelijk verschenen op",
    "pierwotnie opublikowano w",
    "pierwotnie opublikowany w",
    "jako pierwszy poinformował",
    "впервые опубликовано в",
    "впервые опубликовано на",
    "первым сообщил",
    "первой сообщила",
    "первым сообщило",
];

/// Words that name a source in passing.
const HINTS: &[&str] = &[
    "according to",
    "as reported by",
    "reported by",
    "in an interview with",
    "told",
    "laut",
    "wie",
    "selon",
    "d'après",
    "según",
    "de acordo com",
    "secondo",
    "segundo",
    "volgens",
    "według",
    "jak podaje",
    "как сообщает",
    "сообщает",
    "по данным",
    "пишет",
];

/// The credits of an entry, plain ones first. `page` is the canonical form of its link, `own` tells
/// the forms of the entry's own feed, which can't credit itself.
pub(super) fn mentions(item: &Item, page: Option<&str>, own: &[u32]) -> Vec<Mention> {
    let mut found = Vec::new();
    if let Some(source) = &item.source {
        found.push(Mention {
            name: source
                .title
                .as_ref()
                .map(|t| t.as_str().to_owned())
                .unwrap_or_default(),
            link: source.url.clone(),
            strength: Strength::Strong,
        });
    }
    if let Some(original) = &item.original {
        found.push(Mention {
            name: String::new(),
            link: Some(original.clone()),
            strength: Strength::Strong,
        });
    }
    in_brackets(item.title.as_str(), &mut found);
    for text in [item.summary.as_ref(), item.content.as_ref()]
        .into_iter()
        .flatten()
    {
        for line in lines(text) {
            in_line(&line, &mut found);
        }
    }
    in_line(&plain_line(item.title.as_str()), &mut found);
    let mut kept: Vec<Mention> = Vec::new();
    found.sort_by_key(|mention| std::cmp::Reverse(mention.strength));
    for mention in found {
        let forms = mention.forms();
        let is_own = forms.iter().any(|form| own.contains(form))
            || mention
                .link
                .as_ref()
                .is_some_and(|link| Some(link.canonical().as_str()) == page);
        let known = kept
            .iter()
            .any(|k| k.name == mention.name && k.link == mention.link);
        if !is_own && !known && !forms.is_empty() && kept.len() < MAX_MENTIONS {
            kept.push(mention);
        }
    }
    kept
}

/// `Headline (Outlet)`: only a hint, since anything may stand in brackets.
fn in_brackets(title: &str, found: &mut Vec<Mention>) {
    let Some(inside) = title.trim_end().strip_suffix([')', ']']) else {
        return;
    };
    if let Some(at) = inside.rfind(['(', '[']) {
        push(&inside[at + 1..], None, Strength::Weak, found);
    }
}

/// Lower case with every character at the place where it was.
fn lower_in_place(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars()
        .map(|c| {
            if c.is_ascii() {
                return c.to_ascii_lowercase();
            }
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) if one.len_utf8() == c.len_utf8() => one,
                _ if c == '\u{2019}' => c,
                _ => c,
            }
        })
        .collect()
}

/// Crediting words: their second byte, all of them, and their place in [`LABELS`], [`PHRASES`] and
/// [`HINTS`] one after the other.
type Crediting = (u8, &'static str, usize);

/// All crediting words by their first byte, so that a text is gone through once and not once for
/// each of them.
static BY_FIRST_BYTE: LazyLock<Vec<Vec<Crediting>>> = LazyLock::new(|| {
    let mut places = vec![Vec::new(); 256];
    for (place, words) in [LABELS, PHRASES, HINTS]
        .iter()
        .copied()
        .flatten()
        .enumerate()
    {
        if let [first, second, ..] = words.as_bytes() {
            places[usize::from(*first)].push((*second, *words, place));
        }
    }
    places
});

/// Where crediting words stand in a text in lower case, none of them beginning inside of a word:
/// their place among all such words, and where they begin, in this order.
fn crediting_words(lower: &str) -> Vec<(usize, usize)> {
    let by_first_byte = &*BY_FIRST_BYTE;
    let bytes = lower.as_bytes();
    let mut found = Vec::new();
    let mut inside = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if !inside && let Some(next) = bytes.get(at + 1) {
            for (second, words, place) in &by_first_byte[usize::from(*byte)] {
                if second == next && lower[at..].starts_with(words) {
                    found.push((*place, at));
                }
            }
        }
        // Most of most texts.
        if byte.is_ascii() {
            inside = byte.is_ascii_alphanumeric();
            at += 1;
        } else {
            let letter = lower[at..].chars().next().unwrap_or_default();
            inside = letter.is_alphanumeric();
            at += letter.len_utf8();
        }
    }
    found.sort_unstable();
    found
}

fn in_line(line: &Line, found: &mut Vec<Mention>) {
    let lower = lower_in_place(&line.text);
    let before = found.len();
    let standing = crediting_words(&lower);
    if standing.is_empty() {
        return;
    }
    let labels = standing.partition_point(|(place, _)| *place < LABELS.len());
    let (labels, others) = standing.split_at(labels);
    let phrases = others.partition_point(|(place, _)| *place < LABELS.len() + PHRASES.len());
    let (phrases, hints) = others.split_at(phrases);
    for same in labels.chunk_by(|a, b| a.0 == b.0) {
        for (place, at) in same {
            let after = &line.text[at + LABELS[*place].len()..];
            // "Source (in English):"
            let mut colon = after.trim_start();
            if let Some((remark, rest)) = colon.strip_prefix('(').and_then(|c| c.split_once(')'))
                && remark.len() <= MAX_NAME
            {
                colon = rest.trim_start();
            }
            let Some(rest) = colon.strip_prefix([':', '：']) else {
                continue;
            };
            if begins(&lower[..*at]) {
                take(line, line.text.len() - rest.len(), Strength::Strong, found);
            }
        }
        if found.len() > before + MAX_MENTIONS {
            return;
        }
    }
    // "via X" as a line of its own.
    for label in ["via ", "vía "] {
        if lower.starts_with(label) && line.text.chars().count() <= MAX_NAME {
            take(line, label.len(), Strength::Strong, found);
        }
    }
    for same in phrases.chunk_by(|a, b| a.0 == b.0) {
        for (place, at) in same.iter().take(3) {
            let end = at + PHRASES[place - LABELS.len()].len();
            if !lower[end..].starts_with(char::is_alphanumeric) {
                take(line, end, Strength::Strong, found);
            }
        }
    }
    for same in hints.chunk_by(|a, b| a.0 == b.0) {
        for (place, at) in same.iter().take(2) {
            let end = at + HINTS[place - LABELS.len() - PHRASES.len()].len();
            if lower[end..].starts_with(' ') {
                take(line, end, Strength::Weak, found);
            }
        }
    }
    found.truncate(before + 4 * MAX_MENTIONS);
}

/// Whether nothing but punctuation of a new sentence stands before.
fn begins(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty()
        || before.ends_with([
            '.', '!', '?', '(', '[', '|', '•', '·', '–', '—', '-', '"', '”', '»', '…', '/',
        ])
}

/// Takes what is credited from `start` on.
fn take(line: &Line, start: usize, strength: Strength, found: &mut Vec<Mention>) {
    let skipped = line.text[start..]
        .find(|c: char| c.is_alphanumeric())
        .map_or(line.text.len(), |at| start + at);
    if skipped > start + 12 {
        return;
    }
    let link = line
        .links
        .iter()
        .find(|(from, to, _)| *from <= skipped && (*from >= start || skipped < *to));
    if let Some((from, to, address)) = link {
        push(&line.text[*from..*to], Some(address), strength, found);
        // "Source: A, B": the next link of the same list.
        let mut end = *to;
        for (from, to, address) in line
            .links
            .iter()
            .filter(|(from, _, _)| *from >= *to)
            .take(3)
        {
            let between = line.text[end..*from].trim().to_lowercase();
            if strength == Strength::Strong
                && matches!(
                    between.as_str(),
                    "," | "/"
                        | "&"
                        | "and"
                        | "und"
                        | "et"
                        | "y"
                        | "e"
                        | "en"
                        | "i"
                        | "и"
                        | "|"
                        | "via"
                        | ", via"
                        | "(via"
                )
            {
                push(&line.text[*from..*to], Some(address), strength, found);
                end = *to;
            } else {
                break;
            }
        }
        return;
    }
    let rest = &line.text[skipped..];
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        let next = rest[at + c.len_utf8()..].chars().next();
        let stops = match c {
            '.' => next.is_none_or(|n| !n.is_alphanumeric()),
            ';' | '|' | '(' | ')' | '[' | ']' | '•' | '·' | '–' | '—' | '"' | '“' | '”' | '«'
            | '»' | '!' | '?' => true,
            ':' | ',' => strength == Strength::Weak,
            _ => false,
        };
        if stops {
            end = at;
            break;
        }
    }
    let name = rest[..end].trim();
    match strength {
        Strength::Strong => {
            push(name, None, strength, found);
            let parts: Vec<&str> = name
                .split([',', '/', '&'])
                .flat_map(|part| part.split(" via "))
                .flat_map(|part| part.split(" and "))
                .map(str::trim)
                .collect();
            if parts.len() > 1 {
                for part in parts.iter().take(4) {
                    push(part, None, strength, found);
                }
            }
        }
        // In running text the name ends with its capitals: every beginning of it is tried.
        Strength::Weak => {
            let mut name_end = 0;
            let mut taken = 0;
            for word in name.split(' ').take(5) {
                let capital = word
                    .chars()
                    .next()
                    .is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
                if !capital && !matches!(word, "the" | "of" | "and" | "&") {
                    break;
                }
                name_end += word.len() + usize::from(name_end > 0);
                if capital && taken < 3 {
                    let known = name[..name_end.min(name.len())]
                        .trim_end_matches("'s")
                        .trim_end_matches("’s");
                    push(known, None, strength, found);
                    taken += 1;
                }
            }
        }
    }
}

fn push(name: &str, link: Option<&Address>, strength: Strength, found: &mut Vec<Mention>) {
    let name = name
        .trim()
        .trim_matches(|c: char| c.is_ascii_punctuation() || c.is_whitespace());
    if name.chars().count() > MAX_NAME || (name.is_empty() && link.is_none()) {
        return;
    }
    // "Source: press release" and other plain words credit nobody in particular.
    let named = name
        .chars()
        .any(|c| c.is_uppercase() || c.is_ascii_digit() || !c.is_ascii())
        || name.contains('.')
        || link.is_some();
    if named {
        found.push(Mention {
            name: name.to_owned(),
            link: link.cloned(),
            strength,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Plain, SafeHtml};

    fn credits(html: &str) -> Vec<(String, Option<String>, Strength)> {
        let item = Item {
            content: Some(SafeHtml::clean(html, None)),
            ..Item::default()
        };
        mentions(&item, None, &[])
            .into_iter()
            .map(|m| (m.name, m.link.map(|l| l.as_str().to_owned()), m.strength))
            .collect()
    }

    fn first_strong(html: &str) -> Option<String> {
        credits(html)
            .into_iter()
            .find(|(_, _, strength)| *strength == Strength::Strong)
            .map(|(name, _, _)| name)
    }

    #[test]
    fn credit_lines_are_read_in_several_languages() {
        for (html, name) in [
            (
                "<p>Text.</p><p>Source: Windows Central</p>",
                "Windows Central",
            ),
            ("<p>Text. Source: Windows Central</p>", "Windows Central"),
            (
                "<p>Text.</p>Via: <b>The Origin Post</b>.",
                "The Origin Post",
            ),
            ("<p>via The Origin Post</p>", "The Origin Post"),
            ("<p>Nice read (via The Origin Post)</p>", "The Origin Post"),
            (
                "<p>The deal was first reported by Origin Post.</p>",
                "Origin Post",
            ),
            (
                "<p>This article originally appeared on Origin Post.</p>",
                "Origin Post",
            ),
            ("<p>h/t Origin Post</p>", "Origin Post"),
            ("<p>Source (in German): Der Bote</p>", "Der Bote"),
            ("<p>Quelle: Heise.de</p>", "Heise.de"),
            ("<p>Ursprünglich erschienen bei Der Bote</p>", "Der Bote"),
            ("<p>Source&nbsp;: Le Messager</p>", "Le Messager"),
            ("<p>Publié initialement sur Le Messager.</p>", "Le Messager"),
            ("<p>Fuente: El Mensajero</p>", "El Mensajero"),
            ("<p>Fonte: Il Messaggero</p>", "Il Messaggero"),
            (
                "<p>Publicado originalmente em O Mensageiro</p>",
                "O Mensageiro",
            ),
            ("<p>Bron: De Bode</p>", "De Bode"),
            ("<p>Źródło: Posłaniec</p>", "Posłaniec"),
            ("<p>Источник: Вестник</p>", "Вестник"),
        ] {
            assert_eq!(first_strong(html).as_deref(), Some(name), "{html}");
        }
    }

    #[test]
    fn links_of_credit_lines_are_kept() {
        assert_eq!(
            credits(
                "<p>Source: <a href='https://a.example/x'>A Post</a>, <a href='https://b.example/y'>B</a></p>"
            ),
            [
                (
                    "A Post".into(),
                    Some("https://a.example/x".into()),
                    Strength::Strong
                ),
                (
                    "B".into(),
                    Some("https://b.example/y".into()),
                    Strength::Strong
                ),
            ]
        );
    }

    #[test]
    fn lists_of_names_are_taken_apart() {
        let names: Vec<_> = credits("<p>Sources: The Verge, Bloomberg</p>")
            .into_iter()
            .map(|c| c.0)
            .collect();
        assert_eq!(names, ["The Verge, Bloomberg", "The Verge", "Bloomberg"]);
    }

    #[test]
    fn other_uses_of_the_words_credit_nobody() {
        for html in [
            "<p>Image source: Getty</p>",
            "<p>Open source: a history</p>",
            "<p>The source: he would not say</p>",
            "<p>See <a href='https://a.example/x'>our review</a></p>",
            "<p>We travelled via Rome to Naples and saw much of the country there.</p>",
            "",
        ] {
            assert_eq!(first_strong(html), None, "{html}");
        }
    }

    #[test]
    fn names_in_passing_are_hints() {
        let found = credits("<p>In an interview with the Financial Times on Monday, he spoke.</p>");
        assert!(
            found.contains(&("the Financial Times".into(), None, Strength::Weak)),
            "{found:?}"
        );
    }

    #[test]
    fn an_outlet_does_not_credit_itself() {
        let item = Item {
            title: Plain::new("Big news (Origin Post)"),
            content: Some(SafeHtml::clean("<p>Source: Origin Post</p>", None)),
            ..Item::default()
        };
        let own = super::super::outlets::forms("Origin Post", &[]);
        assert!(mentions(&item, None, &own).is_empty());
    }
}
