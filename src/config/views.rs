//! `[[views]]`: the named merged feeds.

use super::feeds::{checked_tag, is_name, name};
use super::findings::Findings;
use super::reader::Keys;
use super::rules::search;
use super::sections::level;
use super::{Content, Presentation, View};
use crate::feed::Subscription;
use crate::query::{FoldLevel, Search};
use crate::text::{Plain, nearest};
use std::collections::HashSet;

/// Items of a view when nobody says.
const DEFAULT_LIMIT: usize = 100;

/// Most items of a view.
const MOST: i64 = 10_000;

/// Reads all views. The feeds that they name must be among `feeds`.
pub(super) fn views(
    sections: Vec<Keys<'_>>,
    feeds: &[Subscription],
    fold: FoldLevel,
    findings: &mut Findings,
) -> Vec<View> {
    let known: HashSet<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
    let mut names = HashSet::new();
    let mut former = Vec::new();
    let views: Vec<View> = sections
        .into_iter()
        .filter_map(|keys| view(keys, &known, fold, &mut names, &mut former, findings))
        .collect();
    let mut taken: HashSet<&str> = names.iter().map(String::as_str).collect();
    for (name, at, path) in &former {
        // One address cannot lead to two places.
        if name == "all" || !taken.insert(name) {
            findings.note(
                *at,
                path.clone(),
                format!("'{name}' is the name of another view, now or formerly"),
                "take it out here or there",
            );
        }
    }
    views
}

fn view(
    mut keys: Keys<'_>,
    known: &HashSet<&str>,
    fold: FoldLevel,
    names: &mut HashSet<String>,
    former: &mut Vec<(String, usize, String)>,
    findings: &mut Findings,
) -> Option<View> {
    let name = view_name(&mut keys, names, findings);
    let title = keys
        .string("title", "AI, each story once", findings)
        .map(|(title, _)| Plain::new(title).as_str().to_owned())
        .or_else(|| name.clone());
    let view = View {
        title: title.unwrap_or_default(),
        query: query(&mut keys, findings),
        hidden: None,
        tags: tags(&mut keys, findings),
        feeds: named_feeds(&mut keys, known, findings),
        fold: level("fold", &mut keys, findings).unwrap_or(fold),
        limit: keys
            .number("limit", 1..=MOST, findings)
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(DEFAULT_LIMIT),
        presentation: presentation(&mut keys, findings),
        formerly: formerly(&mut keys, former, findings),
        name: name.unwrap_or_default(),
    };
    keys.finish(findings);
    (!view.name.is_empty()).then_some(view)
}

fn view_name(
    keys: &mut Keys<'_>,
    names: &mut HashSet<String>,
    findings: &mut Findings,
) -> Option<String> {
    let name = name(keys, names, "views", findings);
    let Some(value) = keys.value("name") else {
        findings.note(
            keys.at,
            keys.path("name"),
            "this view has no name",
            "add a line like name = \"ai\"",
        );
        return None;
    };
    if name.as_deref() == Some("all") {
        keys.note(
            "name",
            value,
            "the view 'all' always exists and has everything",
            "choose another name",
            findings,
        );
        return None;
    }
    name
}

fn query(keys: &mut Keys<'_>, findings: &mut Findings) -> Option<Search> {
    // No condition at all is written as an empty string in the documented file.
    let value = keys.value("query")?;
    let Some(text) = value.get_ref().as_str() else {
        // Reads it again for the message about its type.
        keys.string("query", "openai OR anthropic", findings);
        return None;
    };
    search("query", text, value, keys, findings)
}

fn tags(keys: &mut Keys<'_>, findings: &mut Findings) -> Vec<String> {
    let mut tags = Vec::new();
    for (text, value) in keys.strings("tags", "windows", findings) {
        match checked_tag(text) {
            Ok(tag) => tags.push(tag),
            Err(wrong) => keys.note("tags", value, wrong, "name tags of feeds", findings),
        }
    }
    tags
}

fn named_feeds(keys: &mut Keys<'_>, known: &HashSet<&str>, findings: &mut Findings) -> Vec<String> {
    let mut feeds = Vec::new();
    for (text, value) in keys.strings("feeds", "windows-central", findings) {
        if known.contains(text) {
            feeds.push(text.to_owned());
            continue;
        }
        let right = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "write the 'name' of one of the [[feeds]]".to_owned(),
        };
        keys.note(
            "feeds",
            value,
            format!("there is no feed named '{text}'"),
            right,
            findings,
        );
    }
    feeds
}

fn presentation(keys: &mut Keys<'_>, findings: &mut Findings) -> Presentation {
    let mut presentation = Presentation::default();
    match keys.choice("content", &["full", "excerpt", "none"], findings) {
        Some("excerpt") => presentation.content = Content::Excerpt,
        Some("none") => presentation.content = Content::None,
        _ => {}
    }
    if let Some(yes) = keys.boolean("outlet_in_title", findings) {
        presentation.outlet_in_title = yes;
    }
    if let Some(yes) = keys.boolean("updated_by_sources", findings) {
        presentation.updated_by_sources = yes;
    }
    if keys.value("attribution").is_some() {
        let known = ["outlet", "original", "sources"];
        let named = keys.strings("attribution", "outlet", findings);
        for (text, value) in &named {
            if !known.contains(text) {
                keys.note(
                    "attribution",
                    value,
                    format!("'{text}' is no part of the closing line"),
                    "choose from \"outlet\", \"original\" and \"sources\"",
                    findings,
                );
            }
        }
        let names = |part: &str| named.iter().any(|(text, _)| *text == part);
        presentation.names_outlet = names("outlet");
        presentation.names_original = names("original");
        presentation.names_sources = names("sources");
    }
    presentation
}

fn formerly(
    keys: &mut Keys<'_>,
    former: &mut Vec<(String, usize, String)>,
    findings: &mut Findings,
) -> Vec<String> {
    let mut names = Vec::new();
    for (text, value) in keys.strings("formerly", "artificial-intelligence", findings) {
        if is_name(text) {
            former.push((text.to_owned(), value.span().start, keys.path("formerly")));
            names.push(text.to_owned());
        } else {
            keys.note(
                "formerly",
                value,
                format!("'{text}' is no name of a view"),
                "names have letters a to z, digits and '-'",
                findings,
            );
        }
    }
    names
}
