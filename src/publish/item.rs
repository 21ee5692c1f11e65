//! A story as an item of a feed, the same in every format.

use super::body;
use super::links::uri;
use crate::config::{Content, Presentation};
use crate::entry::{Outlet, Role, Story};
use crate::feed::Timestamp;
use crate::text::SafeHtml;
use std::borrow::Cow;

/// Longest headline that is made for an item that has none, in bytes.
const MADE_TITLE: usize = 120;
/// Longest excerpt that is made for an item without a summary, in bytes.
pub(super) const EXCERPT: usize = 400;

/// Another page about the same story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The outlet's name.
    pub outlet: String,
    /// The headline there, may be empty.
    pub title: String,
    /// The page.
    pub url: String,
    /// How it stands in the story; `None` for a credited original that is not subscribed to.
    pub role: Option<Role>,
}

/// What every format says of a story.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedItem<'a> {
    /// The story's `tag:` URI.
    pub id: &'a str,
    /// The headline as text, never empty.
    pub title: Cow<'a, str>,
    /// The lead's page, or the story's page here where it has none.
    pub url: Cow<'a, str>,
    /// The lead's outlet.
    pub outlet: &'a Outlet,
    /// The byline, or the outlet's name.
    pub authors: Vec<&'a str>,
    /// The language of the text as a tag of BCP 47, where the feed gave a well-formed one.
    pub language: Option<Cow<'a, str>>,
    /// When the lead was published, never after its first sight.
    pub published: Timestamp,
    /// When the lead's text last changed, or another entry took the lead.
    pub updated: Timestamp,
    /// A short text as HTML, where the feed gave one beside the content.
    pub summary: Option<&'a SafeHtml>,
    /// The text with its closing line, as HTML.
    pub body: String,
    /// Other pages about it: the credited original first, then the members by date.
    pub related: Vec<Related>,
}

impl<'a> FeedItem<'a> {
    /// The item of `story`; `stories_at` is what the pages of stories begin with.
    #[must_use]
    pub fn of(story: &'a Story, stories_at: &str, presentation: Presentation) -> Self {
        let lead = &story.lead;
        let item = &lead.item;
        let url = match &item.link {
            Some(link) => uri(link),
            None => Cow::Owned(format!("{stories_at}{}", story.id.0)),
        };
        let authors = match item.authors.iter().map(|author| author.as_str()) {
            authors if item.authors.iter().any(|author| !author.is_empty()) => {
                authors.filter(|author| !author.is_empty()).collect()
            }
            _ => vec![lead.outlet.title.as_str()],
        };
        let related = related(story, &url);
        let summary = match (&item.content, &item.summary) {
            (Some(content), Some(summary))
                if presentation.content == Content::Full
                    && !content.is_empty()
                    && !summary.is_empty()
                    && content != summary =>
            {
                Some(summary)
            }
            _ => None,
        };
        Self {
            id: &story.uri,
            title: title(story, presentation),
            body: body::html(story, &url, &related, presentation),
            url,
            outlet: &lead.outlet,
            authors,
            language: item.language.as_deref().and_then(language),
            published: lead.dated(),
            updated: updated(story, presentation),
            summary,
            related,
        }
    }

    /// A short text for readers that show no more: the feed's own summary, else the beginning of
    /// the content, as HTML.
    #[must_use]
    pub fn description(&self, story: &Story, presentation: Presentation) -> String {
        if presentation.content != Content::Full {
            return self.body.clone();
        }
        if let Some(summary) = self.summary {
            return summary.as_str().to_owned();
        }
        match story.lead.item.body() {
            Some(body) if body.as_str().len() <= EXCERPT => body.as_str().to_owned(),
            Some(body) => body::escaped(&excerpt(body, EXCERPT)).into_owned(),
            None => self.body.clone(),
        }
    }
}

/// `tag` where it has the shape of a language tag; an underscore in place of a hyphen is a common
/// slip.
pub(super) fn language(tag: &str) -> Option<Cow<'_, str>> {
    let tag = match tag.trim() {
        tag if tag.contains('_') => Cow::Owned(tag.replace('_', "-")),
        tag => Cow::Borrowed(tag),
    };
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let well_formed = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    well_formed.then_some(tag)
}

/// When a story, as it is shown, last changed: its lead's date until something changes after the
/// story was opened.
pub(super) fn updated(story: &Story, presentation: Presentation) -> Timestamp {
    let published = story.lead.dated();
    let joined = story.members.iter().map(|member| member.joined).max();
    let joined = joined.filter(|_| presentation.updated_by_sources);
    let changed = joined.map_or(story.changed, |joined| joined.max(story.changed));
    if changed > story.opened {
        changed.max(published)
    } else {
        published
    }
}

/// At most `max` bytes of the text of `html`, cut at a word, with an ellipsis where it is cut.
#[must_use]
pub fn excerpt(html: &SafeHtml, max: usize) -> String {
    let text = html.to_plain(max.saturating_add(1));
    if text.len() <= max {
        return text;
    }
    let cut = crate::text::cut_at_character(&text, max.saturating_sub('…'.len_utf8()));
    let cut = match cut.rfind(' ') {
        Some(space) if space > max / 2 => &cut[..space],
        _ => cut,
    };
    format!("{}…", cut.trim_end())
}

fn title(story: &Story, presentation: Presentation) -> Cow<'_, str> {
    let headline = headline(story);
    let outlet = story.lead.outlet.title.as_str();
    if presentation.outlet_in_title && headline != outlet {
        Cow::Owned(format!("{headline} · {outlet}"))
    } else {
        headline
    }
}

fn headline(story: &Story) -> Cow<'_, str> {
    let item = &story.lead.item;
    if !item.title.is_empty() {
        return Cow::Borrowed(item.title.as_str());
    }
    let made = item.body().map(|body| excerpt(body, MADE_TITLE));
    match made.filter(|made| !made.is_empty()) {
        Some(made) => Cow::Owned(made),
        None => Cow::Borrowed(story.lead.outlet.title.as_str()),
    }
}

fn related(story: &Story, own: &str) -> Vec<Related> {
    let mut list: Vec<Related> = Vec::with_capacity(story.members.len() + 1);
    let mut add = |related: Related| {
        if related.url != own && list.iter().all(|known| known.url != related.url) {
            list.push(related);
        }
    };
    if let Some(credit) = &story.credit
        && let Some(link) = &credit.link
    {
        add(Related {
            outlet: credit.name.clone(),
            title: String::new(),
            url: uri(link).into_owned(),
            role: None,
        });
    }
    for member in &story.members {
        if let Some(link) = &member.link {
            add(Related {
                outlet: member.outlet.title.clone(),
                title: member.title.as_str().to_owned(),
                url: uri(link).into_owned(),
                role: Some(member.role),
            });
        }
    }
    list
}
