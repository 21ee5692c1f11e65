//! Whom a text names as its source: "Source: X", "via X", "first reported by X", in several
//! languages, and what the entry's own markup says.

use super::crediting::{Kind, crediting_words, credits_somebody};
use super::lines::{Line, each_line, plain_line};
use super::outlet_names::{host_form, name_form};
use crate::address::Address;
use crate::entry::Item;
use crate::text::SafeHtml;

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

/// The credits of an entry, plain ones first. `texts` are its summary and its content, each with its text
/// without markup, `page` is the canonical form of its link, `own` tells the forms of the entry's own
/// feed, which can't credit itself.
pub(super) fn mentions(
    item: &Item,
    texts: [(&Option<SafeHtml>, &str); 2],
    page: Option<&str>,
    own: &[u32],
) -> Vec<Mention> {
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
    for (html, plain) in texts {
        if let Some(html) = html
            && credits_somebody(plain)
        {
            each_line(html, |line| in_line(line, &mut found));
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

fn in_line(line: &Line<'_>, found: &mut Vec<Mention>) {
    let before = found.len();
    let standing = crediting_words(&line.text);
    if standing.is_empty() {
        return;
    }
    let of = |kind: Kind| {
        let same = standing.chunk_by(|a, b| a.words == b.words);
        same.filter(move |same| same.iter().any(|word| word.kind == kind))
    };
    for same in of(Kind::Label) {
        for word in same {
            let after = &line.text[word.end()..];
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
            if begins(&line.text[..word.at]) {
                take(line, line.text.len() - rest.len(), Strength::Strong, found);
            }
        }
        if found.len() > before + MAX_MENTIONS {
            return;
        }
    }
    // "via X" as a line of its own.
    for label in ["via", "vía"] {
        let mut first = of(Kind::Label).flatten();
        if first.any(|word| word.at == 0 && word.words == label)
            && line.text[label.len()..].starts_with(' ')
            && line.text.chars().count() <= MAX_NAME
        {
            take(line, label.len() + 1, Strength::Strong, found);
        }
    }
    for same in of(Kind::Phrase) {
        for word in same.iter().take(3) {
            if !line.text[word.end()..].starts_with(char::is_alphanumeric) {
                take(line, word.end(), Strength::Strong, found);
            }
        }
    }
    for same in of(Kind::Hint) {
        for word in same.iter().take(2) {
            if line.text[word.end()..].starts_with(' ') {
                take(line, word.end(), Strength::Weak, found);
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
fn take(line: &Line<'_>, start: usize, strength: Strength, found: &mut Vec<Mention>) {
    let skipped = line.text[start..]
        .find(|c: char| c.is_alphanumeric())
        .map_or(line.text.len(), |at| start + at);
    if skipped > start + 12 {
        return;
    }
    let mut links = line.links.iter().filter_map(|(from, to, link)| {
        let fits = *from <= skipped && (*from >= start || skipped < *to);
        Some((from, to, fits.then(|| link.address())??))
    });
    if let Some((from, to, address)) = links.next() {
        push(&line.text[*from..*to], Some(&address), strength, found);
        // "Source: A, B": the next link of the same list.
        let (behind, mut end) = (*to, *to);
        let further = line.links.iter().filter(|(from, _, _)| *from >= behind);
        let further = further.filter_map(|(from, to, link)| Some((from, to, link.address()?)));
        for (from, to, address) in further.take(3) {
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
                push(&line.text[*from..*to], Some(&address), strength, found);
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

    fn of_item(item: &Item, own: &[u32]) -> Vec<Mention> {
        let plain = item.content.as_ref().map(|html| html.to_plain(1000));
        let texts = [
            (&None, ""),
            (&item.content, plain.as_deref().unwrap_or_default()),
        ];
        mentions(item, texts, None, own)
    }

    fn credits(html: &str) -> Vec<(String, Option<String>, Strength)> {
        let item = Item {
            content: Some(SafeHtml::clean(html, None)),
            ..Item::default()
        };
        of_item(&item, &[])
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
        let own = super::super::outlet_names::forms("Origin Post", &[]);
        assert!(of_item(&item, &own).is_empty());
    }
}
