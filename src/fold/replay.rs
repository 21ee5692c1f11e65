//! Folding a file of entries, one JSON object a line, each from earlier ones only.

use super::identity::Fingerprint;
use super::identity::KnownEntry;
use super::{
    Corrections, Decision, FeedContext, Match, Memory, Placement, Prepared, judge, prepare,
    same_entry,
};
use crate::address::Address;
use crate::config::Fold;
use crate::entry::{EntryId, Item};
use crate::feed::{FeedId, Timestamp};
use crate::text::{SafeHtml, plain_from_html};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// An entry as a line of the file.
#[derive(Debug, Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    content_html: Option<String>,
}

/// What became of a line; serialised it is what `feedfold fold` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replayed {
    /// The line's own id.
    pub id: serde_json::Value,
    /// The id of the story's first entry.
    pub story: serde_json::Value,
    /// The id of the article's first entry.
    pub article: serde_json::Value,
    /// `lead`, `copy` or `coverage`.
    pub fold: &'static str,
    /// The id of the entry that it was folded under; `null` where it opens a story.
    pub of: Option<serde_json::Value>,
    /// Why.
    pub evidence: String,
}

/// Why a line was not folded; the display is a sentence without the line's number.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// It is no JSON object with an `id`.
    #[error("is no entry ({0}); wanted is an object with at least \"id\" and \"title\"")]
    Malformed(#[from] serde_json::Error),
}

/// Folds lines one after the other.
#[derive(Debug)]
pub struct Replay {
    settings: Fold,
    memory: Memory,
    feeds: HashMap<String, FeedContext>,
    ids: Vec<serde_json::Value>,
    /// The first entry of each story, by the story's number.
    first_of_story: Vec<EntryId>,
    known: HashMap<(FeedId, Fingerprint), Vec<EntryId>>,
    identities: Vec<(super::Identity, Fingerprint)>,
    latest: Timestamp,
}

impl Replay {
    /// Begins with nothing known.
    #[must_use]
    pub fn new(settings: Fold) -> Self {
        Self {
            settings,
            memory: Memory::new(),
            feeds: HashMap::new(),
            ids: Vec::new(),
            first_of_story: Vec::new(),
            known: HashMap::new(),
            identities: Vec::new(),
            latest: DateTime::UNIX_EPOCH,
        }
    }

    /// Folds the next line.
    ///
    /// # Errors
    /// When the line is no entry; nothing changes then.
    pub fn fold(&mut self, line: &str) -> Result<Replayed, LineFault> {
        let line: Line = serde_json::from_str(line)?;
        let link = line.url.as_deref().and_then(|url| Address::parse(url).ok());
        let context = self.feed(&line, link.as_ref());
        let html = |text: &Option<String>| {
            text.as_deref()
                .filter(|text| !text.trim().is_empty())
                .map(|text| SafeHtml::clean(text, link.as_ref()))
        };
        let published = line
            .published
            .as_deref()
            .and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok())
            .map(|time| time.to_utc());
        let item = Item {
            title: plain_from_html(line.title.as_deref().unwrap_or_default()),
            summary: html(&line.summary),
            content: html(&line.content_html),
            published,
            link,
            ..Item::default()
        };
        // A file has no clock: an entry arrives when it is dated, an undated one with the latest.
        let first_seen = published.unwrap_or(self.latest);
        self.latest = self.latest.max(first_seen);
        let prepared = prepare(item, &context);
        let id = line.id;
        if let Some(entry) = self.same_entry(&prepared, &context) {
            return Ok(self.revision(id, entry));
        }
        let Ok(decision) = judge(
            &prepared,
            &context,
            &self.memory,
            &self.settings,
            &Corrections::default(),
            first_seen,
        );
        Ok(self.record(id, &prepared, &context, &decision, first_seen))
    }

    fn feed(&mut self, line: &Line, link: Option<&Address>) -> FeedContext {
        let source = line.source.as_deref().unwrap_or_default().trim().to_owned();
        let number = self.feeds.len() as i64 + 1;
        let context = self.feeds.entry(source).or_insert_with_key(|source| {
            // A source may be a host itself.
            let host = source.contains('.') && !source.contains(char::is_whitespace);
            FeedContext {
                feed: FeedId(number),
                name: format!("feed-{number}"),
                title: if source.is_empty() {
                    "an unnamed feed".to_owned()
                } else {
                    source.clone()
                },
                hosts: host.then(|| source.to_lowercase()).into_iter().collect(),
                priority: 0,
            }
        });
        let _ = link;
        if context.feed.0 == number {
            self.memory.subscribe(context);
        }
        context.clone()
    }

    /// The entry of the same feed that a line repeats.
    fn same_entry(&self, prepared: &Prepared, context: &FeedContext) -> Option<EntryId> {
        let prints = [prepared.identity.link, Some(prepared.identity.text)];
        let mut known: Vec<KnownEntry> = Vec::new();
        for print in prints.into_iter().flatten() {
            for entry in self
                .known
                .get(&(context.feed, print))
                .into_iter()
                .flatten()
                .take(50)
            {
                let (identity, text_print) = self.identities.get(entry.0 as usize - 1)?;
                if !known.iter().any(|k| k.entry == *entry) {
                    known.push(KnownEntry {
                        entry: *entry,
                        identity: identity.clone(),
                        text_print: *text_print,
                        still_listed_elsewhere: false,
                        taken: false,
                    });
                }
            }
        }
        match same_entry(&prepared.identity, prepared.text_print, &known) {
            Match::New => None,
            found => found.entry(),
        }
    }

    /// A line that repeats or edits an entry: it is shown as a copy of it.
    fn revision(&mut self, id: serde_json::Value, of: EntryId) -> Replayed {
        let place = |entry: EntryId| {
            self.ids
                .get(entry.0 as usize - 1)
                .cloned()
                .unwrap_or_default()
        };
        let (story, article) = match self.memory.entry(of) {
            Some(entry) => (self.first(entry.story), entry.article),
            None => (of, of),
        };
        Replayed {
            id,
            story: place(story),
            article: place(article),
            fold: "copy",
            of: Some(place(of)),
            evidence: "the same entry of the same feed, edited or repeated".to_owned(),
        }
    }

    fn first(&self, story: crate::entry::StoryId) -> EntryId {
        self.first_of_story
            .get(story.0 as usize - 1)
            .copied()
            .unwrap_or(EntryId(0))
    }

    fn record(
        &mut self,
        id: serde_json::Value,
        prepared: &Prepared,
        context: &FeedContext,
        decision: &Decision,
        first_seen: Timestamp,
    ) -> Replayed {
        let placed = self
            .memory
            .record(decision, context, prepared.item.published, first_seen);
        self.ids.push(id.clone());
        self.identities
            .push((prepared.identity.clone(), prepared.text_print));
        for print in [prepared.identity.link, Some(prepared.identity.text)]
            .into_iter()
            .flatten()
        {
            self.known
                .entry((context.feed, print))
                .or_default()
                .push(placed.entry);
        }
        if decision.placement == Placement::Opens {
            self.first_of_story.push(placed.entry);
        }
        let place = |entry: EntryId| {
            self.ids
                .get(entry.0 as usize - 1)
                .cloned()
                .unwrap_or_default()
        };
        let (fold, of) = match &decision.placement {
            Placement::Opens => ("lead", None),
            Placement::Joins {
                of, role, leads, ..
            } => (if *leads { "lead" } else { role.word() }, Some(place(*of))),
        };
        Replayed {
            id,
            story: place(self.first(placed.story)),
            article: place(placed.article),
            fold,
            of,
            evidence: decision.evidence.clone(),
        }
    }
}
