//! The work on an entry that needs nothing stored: done outside the writer, once.

use super::FeedContext;
use super::credit::{Mention, Strength, mentions};
use super::hash::Kind;
use super::headline::{MAX_WORDS, bare_words, is_round_up};
use super::identity::{Fingerprint, Identity, Printed};
use super::languages::Language;
use super::outlet_names::forms;
use super::profile::{CreditMark, IN_BARE_TITLE, Key, NAME, NUMBER, Profile, Term};
use super::shingles::{self, Sample};
use super::weekdays::weekdays;
use super::words::{Word, Words, read_words, term, without_addresses, words};
use crate::address::{Address, is_front_page};
use crate::entry::Item;
use crate::text::{SafeHtml, cut_at_character};
use std::borrow::Cow;
use std::sync::Arc;

/// Words of the text that count for the story.
const STORY_WORDS: usize = 60;
/// Words of the text's beginning that are read for it.
const LEAD_WORDS: usize = 3 * STORY_WORDS;
/// Words of the text in which days of the week are looked for.
const DATED_WORDS: usize = 100;
/// Most terms of a profile, and those of them from the headline.
const MAX_TERMS: usize = 52;
const MAX_TITLE_TERMS: usize = 24;
/// Fewest words of a headline that may be equal by more than chance.
const MIN_HEADLINE_WORDS: usize = 4;
/// Fewest hyphens of a slug that may be equal by more than chance.
const MIN_SLUG_HYPHENS: usize = 4;
/// Bytes of text that are read for words.
const MAX_TEXT: usize = 16 * 1024;

/// An entry ready to be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The entry as parsed.
    pub item: Item,
    /// By what it is known again in its own feed.
    pub identity: Identity,
    /// Changes when anything changes that readers see.
    pub text_print: Fingerprint,
    /// What other entries are compared with. The store keeps [`super::Decision::profile`] in its
    /// place once the entry is judged.
    pub profile: Profile,
    /// Whether it reads as English.
    pub is_english: bool,
    /// Its summary without markup, at most [`Prepared::MAX_TEXT`] bytes.
    pub summary: String,
    /// Its content likewise.
    pub content: String,
    /// Its terms as people read them.
    pub(super) surfaces: Surfaces,
    /// Whom it credits.
    pub(super) mentions: Vec<Mention>,
    /// The forms under which others credit its feed.
    pub(super) own_forms: Arc<[u32]>,
}

impl Prepared {
    /// Most bytes of a summary or content without its markup.
    pub const MAX_TEXT: usize = 256 * 1024;
}

/// Terms as they stand in a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Surfaces {
    text: String,
    /// Each term's hash, and where its surface ends.
    ends: Vec<(u32, usize)>,
}

impl Surfaces {
    /// None yet, with room for those of most entries.
    fn with_room(terms: usize) -> Self {
        Self {
            text: String::with_capacity(8 * terms),
            ends: Vec::with_capacity(terms),
        }
    }

    fn add(&mut self, term: u32, surface: &str) {
        self.text.push_str(surface);
        self.ends.push((term, self.text.len()));
    }

    /// How a term reads.
    pub(super) fn of(&self, term: u32) -> Option<&str> {
        let at = self.ends.iter().position(|(known, _)| *known == term)?;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before].1);
        Some(&self.text[start..self.ends[at].1])
    }
}

/// Reads an entry: its identity, its words, its credits. Pure; time and memory are bounded by
/// what parsing lets through.
#[must_use]
pub fn prepare(item: Item, context: &FeedContext) -> Prepared {
    let own = forms(&context.title, &context.hosts).into();
    read(Printed::of(item), &own, &mut Desk::default())
}

/// Reads the entries of one document; see [`prepare`].
#[must_use]
pub fn prepare_all(items: Vec<Printed>, context: &FeedContext) -> Vec<Prepared> {
    let own = forms(&context.title, &context.hosts).into();
    let mut desk = Desk::default();
    items
        .into_iter()
        .map(|item| read(item, &own, &mut desk))
        .collect()
}

/// What is needed while an entry is read, and used again for the next one.
#[derive(Default)]
struct Desk {
    title: Words,
    full: Words,
    lead: Words,
}

/// Reads an entry of a feed that others credit under the forms `own`.
fn read(printed: Printed, own: &Arc<[u32]>, desk: &mut Desk) -> Prepared {
    let (item, page) = (&printed.item, printed.page.as_deref());
    let plain = |html: &Option<SafeHtml>| {
        let html = html.as_ref();
        html.map_or_else(String::new, |html| html.to_plain(Prepared::MAX_TEXT))
    };
    let (summary_text, content_text) = (plain(&item.summary), plain(&item.content));
    let texts = [
        (&item.summary, summary_text.as_str()),
        (&item.content, content_text.as_str()),
    ];
    let mentions = mentions(item, texts, page, own);
    let beginning = |text| cut_at_character(text, MAX_TEXT).trim_end_matches(' ');
    let (summary, content) = (beginning(&summary_text), beginning(&content_text));
    let title = item.title.as_str();
    let (title_words, full_words) = (&mut desk.title, &mut desk.full);
    read_words(title, MAX_WORDS, title_words);
    let bare = bare_words(title);
    let full = if content.len() > summary.len() {
        content
    } else {
        summary
    };
    read_words(full, shingles::MAX_WORDS, full_words);
    // What comes first, and is read as the beginning of the article.
    let first = if summary.is_empty() { full } else { summary };
    let lead_words = match without_addresses(first) {
        Cow::Borrowed(text) if text == full => &*full_words,
        text => {
            read_words(&text, LEAD_WORDS, &mut desk.lead);
            &desk.lead
        }
    };
    let (title_words, full_words) = (&*title_words, &*full_words);
    let lead = || lead_words.iter().take(LEAD_WORDS);

    let tag = item.language.as_deref();
    let language = Language::detect(
        tag,
        title_words.iter().chain(lead()).map(|word| word.folded),
    );
    let (terms, surfaces) = terms(&bare, lead(), language);

    let canonical = page.filter(|page| !is_front_page(page));
    let (headline, whole_headline) = (headline_key(&bare), headline_key(title_words));
    let mut credited_links: Vec<Key> = mentions
        .iter()
        .filter(|mention| mention.strength == Strength::Strong)
        .filter_map(|mention| mention.link.as_ref())
        .map(Address::canonical)
        .filter(|page| !is_front_page(page))
        .map(|page| Key::of(Kind::Link, &page))
        .collect();
    credited_links.dedup();
    credited_links.truncate(4);
    let mut credits: Vec<CreditMark> = mentions
        .iter()
        .flat_map(|mention| {
            mention.forms().into_iter().map(|form| CreditMark {
                form,
                strength: mention.strength,
            })
        })
        .collect();
    credits.truncate(10);
    let mut profile = Profile {
        link: canonical.map(|link| Key::of(Kind::Link, link)),
        headline,
        whole_headline: whole_headline.filter(|whole| Some(*whole) != headline),
        slug: canonical
            .and_then(slug)
            .map(|slug| Key::of(Kind::Slug, slug)),
        credited_links,
        credits,
        terms,
        norm: 0.0,
        text: Sample::of(full_words),
        foreign: language == Language::Other,
        round_up: is_round_up(title_words),
        weekdays: weekdays(title_words.iter().chain(lead().take(DATED_WORDS))),
    };
    profile.index();
    Prepared {
        identity: Identity::of(&printed, title_words, full_words),
        text_print: printed.text_print,
        profile,
        is_english: language == Language::English,
        surfaces,
        mentions,
        own_forms: Arc::clone(own),
        summary: summary_text,
        content: content_text,
        item: printed.item,
    }
}

/// Whether an entry reads as English, as [`Prepared::is_english`] says.
#[must_use]
pub fn is_english(item: &Item) -> bool {
    let lead = [&item.summary, &item.content]
        .into_iter()
        .flatten()
        .map(|html| html.to_plain(MAX_TEXT))
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let title = words(item.title.as_str(), MAX_WORDS);
    let lead = words(&without_addresses(&lead), LEAD_WORDS);
    let read = title.iter().chain(lead.iter()).map(|word| word.folded);
    Language::detect(item.language.as_deref(), read) == Language::English
}

/// The key of a headline that may be equal by more than chance.
fn headline_key(words: &Words) -> Option<Key> {
    (words.len() >= MIN_HEADLINE_WORDS).then(|| Key::of(Kind::Headline, words.folded()))
}

/// The last part of a path, without its extension, where it is made of words.
fn slug(canonical: &str) -> Option<&str> {
    let path = canonical.split(['?', '#']).next()?;
    let last = path.rsplit('/').next()?;
    let stem = match last.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 5 => stem,
        _ => last,
    };
    (stem.matches('-').count() >= MIN_SLUG_HYPHENS).then_some(stem)
}

/// The terms of headline and text with their weights, and how they read.
fn terms<'a>(
    bare: &Words,
    lead: impl Iterator<Item = Word<'a>>,
    language: Language,
) -> (Vec<Term>, Surfaces) {
    let mut terms: Vec<Term> = Vec::with_capacity(MAX_TERMS);
    let mut surfaces = Surfaces::with_room(MAX_TERMS);
    // Headlines In Title Case say nothing about what is a name; the text then does.
    let capitals = bare.iter().filter(|word| word.is_capitalised()).count();
    let title_case = capitals * 10 > bare.len() * 6;
    let mut add = |word: Word<'_>, hash: u32, halves: u8, flags: u8, max: usize| {
        // A year is in every second headline of that year, and says nothing about the event.
        let halves = if is_year(word.folded) { 0 } else { halves };
        if let Some(known) = terms.iter_mut().find(|known| known.hash == hash) {
            known.halves = (known.halves + halves).min(7);
            known.flags |= flags;
            return;
        }
        if terms.len() < max {
            let number = if word.is_number() { NUMBER } else { 0 };
            terms.push(Term {
                hash,
                halves,
                flags: flags | number,
            });
            surfaces.add(hash, word.surface);
        }
    };
    // The outlet's name or a column's after the headline is in all of its headlines.
    for (at, word) in bare.iter().enumerate() {
        let named = at > 0 && !title_case && word.is_capitalised();
        let flags = IN_BARE_TITLE | if named { NAME } else { 0 };
        if let Some(hash) = term(word.folded, language) {
            add(word, hash, 2, flags, MAX_TITLE_TERMS);
        }
    }
    let counted = lead
        .enumerate()
        .filter_map(|(at, word)| Some((at, word, term(word.folded, language)?)));
    for (at, word, hash) in counted.take(STORY_WORDS) {
        let named = at > 0 && word.is_capitalised();
        add(word, hash, 1, if named { NAME } else { 0 }, MAX_TERMS);
    }
    (terms, surfaces)
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && word
            .parse::<u32>()
            .is_ok_and(|year| (1990..2100).contains(&year))
}

/// Puts the entries of one poll into the order in which they are judged, whatever order the
/// document has: by date, undated ones last, then by what identifies them.
pub fn order(entries: &mut [Prepared]) {
    entries.sort_by(|a, b| {
        let date = |p: &Prepared| p.item.published.or(p.item.updated);
        let undated = |p: &Prepared| date(p).is_none();
        (undated(a), date(a))
            .cmp(&(undated(b), date(b)))
            .then_with(|| a.item.guid.cmp(&b.item.guid))
            .then_with(|| a.item.link.cmp(&b.item.link))
            .then_with(|| a.item.title.cmp(&b.item.title))
            .then_with(|| a.text_print.cmp(&b.text_print))
    });
}
