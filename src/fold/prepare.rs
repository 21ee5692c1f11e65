//! The work on an entry that needs nothing stored: done outside the writer, once.

use super::FeedContext;
use super::credit::{Mention, Strength, mentions};
use super::hash::Kind;
use super::headline::{MAX_WORDS, bare_words, is_round_up};
use super::identity::{Fingerprint, Identity};
use super::languages::Language;
use super::outlets::forms;
use super::prior::prior;
use super::profile::{CreditMark, IN_BARE_TITLE, INDEXED, Key, NAME, NUMBER, Profile, Term};
use super::shingles::{self, Sample};
use super::weekdays::weekdays;
use super::words::{Word, term, words};
use crate::address::Address;
use crate::entry::Item;

/// Words of the text that count for the story.
const STORY_WORDS: usize = 60;
/// Words of the text in which days of the week are looked for.
const DATED_WORDS: usize = 100;
/// Most terms of a profile, and those of them from the headline.
const MAX_TERMS: usize = 52;
const MAX_TITLE_TERMS: usize = 24;
/// Most terms that are indexed.
const MAX_INDEXED: usize = 24;
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
    /// Its terms as people read them.
    pub(super) surfaces: Vec<(u32, String)>,
    /// Whom it credits.
    pub(super) mentions: Vec<Mention>,
    /// The forms under which others credit its feed.
    pub(super) own_forms: Vec<u32>,
}

/// Reads an entry: its identity, its words, its credits. Pure; time and memory are bounded by
/// what parsing lets through.
#[must_use]
pub fn prepare(item: Item, context: &FeedContext) -> Prepared {
    let own = forms(&context.title, &context.hosts);
    let mentions = mentions(&item, &own);
    let summary = item
        .summary
        .as_ref()
        .map(|s| s.to_plain(MAX_TEXT))
        .unwrap_or_default();
    let content = item
        .content
        .as_ref()
        .map(|c| c.to_plain(MAX_TEXT))
        .unwrap_or_default();
    let title = item.title.as_str();
    let title_words = words(title, MAX_WORDS);
    let bare = bare_words(title);
    let lead = if summary.is_empty() {
        &content
    } else {
        &summary
    };
    let lead_words = words(lead, 3 * STORY_WORDS);
    let full = if content.len() > summary.len() {
        &content
    } else {
        &summary
    };
    let full_words = words(full, shingles::MAX_WORDS);

    let tag = item.language.as_deref();
    let language = Language::detect(
        tag,
        title_words
            .iter()
            .chain(&lead_words)
            .map(|word| word.folded.as_str()),
    );
    let (terms, surfaces) = terms(&bare, &lead_words, language);

    let canonical = item
        .link
        .as_ref()
        .filter(|link| !link.is_front_page())
        .map(Address::canonical);
    let (headline, whole_headline) = (headline_key(&bare), headline_key(&title_words));
    let mut credited_links: Vec<Key> = mentions
        .iter()
        .filter(|mention| mention.strength == Strength::Strong)
        .filter_map(|mention| mention.link.as_ref())
        .filter(|link| !link.is_front_page())
        .map(|link| Key::of(Kind::Link, &link.canonical()))
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
    let profile = Profile {
        link: canonical.as_ref().map(|link| Key::of(Kind::Link, link)),
        headline,
        whole_headline: whole_headline.filter(|whole| Some(*whole) != headline),
        slug: canonical
            .as_deref()
            .and_then(slug)
            .map(|slug| Key::of(Kind::Slug, slug)),
        credited_links,
        credits,
        terms,
        norm: 0.0,
        text: Sample::of(&full_words),
        foreign: language == Language::Other,
        round_up: is_round_up(&title_words),
        weekdays: weekdays(
            title_words
                .iter()
                .chain(lead_words.iter().take(DATED_WORDS)),
        ),
    };
    Prepared {
        identity: Identity::of(&item, &title_words, &full_words),
        text_print: Fingerprint::of_text(&item),
        profile,
        is_english: language == Language::English,
        surfaces,
        mentions,
        own_forms: own,
        item,
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
    let lead = words(&lead, 3 * STORY_WORDS);
    let read = title.iter().chain(&lead).map(|word| word.folded.as_str());
    Language::detect(item.language.as_deref(), read) == Language::English
}

/// The key of a headline that may be equal by more than chance.
fn headline_key(words: &[Word]) -> Option<Key> {
    let folded: Vec<&str> = words.iter().map(|word| word.folded.as_str()).collect();
    (folded.len() >= MIN_HEADLINE_WORDS).then(|| Key::of(Kind::Headline, &folded.join(" ")))
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
fn terms(bare: &[Word], lead: &[Word], language: Language) -> (Vec<Term>, Vec<(u32, String)>) {
    let mut terms: Vec<Term> = Vec::new();
    let mut surfaces: Vec<(u32, String)> = Vec::new();
    // Headlines In Title Case say nothing about what is a name; the text then does.
    let capitals = bare.iter().filter(|word| word.is_capitalised()).count();
    let title_case = capitals * 10 > bare.len() * 6;
    let mut add = |word: &Word, halves: u8, flags: u8, max: usize| {
        let Some(hash) = term(word, language) else {
            return;
        };
        // A year is in every second headline of that year, and says nothing about the event.
        let halves = if is_year(&word.folded) { 0 } else { halves };
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
            surfaces.push((hash, word.surface.clone()));
        }
    };
    // The outlet's name or a column's after the headline is in all of its headlines.
    for (at, word) in bare.iter().enumerate() {
        let named = at > 0 && !title_case && word.is_capitalised();
        let flags = IN_BARE_TITLE | if named { NAME } else { 0 };
        add(word, 2, flags, MAX_TITLE_TERMS);
    }
    let mut counted = 0;
    for (at, word) in lead.iter().enumerate() {
        if counted == STORY_WORDS {
            break;
        }
        counted += usize::from(term(word, language).is_some());
        let named = at > 0 && word.is_capitalised();
        add(word, 1, if named { NAME } else { 0 }, MAX_TERMS);
    }
    index(&mut terms);
    (terms, surfaces)
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && word
            .parse::<u32>()
            .is_ok_and(|year| (1990..2100).contains(&year))
}

/// Marks the terms by which an entry is found: the rarest first, those of the headline before
/// others.
fn index(terms: &mut [Term]) {
    let mut order: Vec<(usize, f32)> = terms
        .iter()
        .enumerate()
        .map(|(at, term)| (at, term.weight() * prior().rarity(term.hash, 0, 0)))
        .collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    for (at, _) in order.into_iter().take(MAX_INDEXED) {
        terms[at].flags |= INDEXED;
    }
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
