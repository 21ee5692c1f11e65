//! JSON Feed 1.0 and 1.1: types repaired, so that feed-rs reads what people write; what it leaves
//! out, by position.

mod document;

use super::canonical::{
    EntryExtras, FeedExtras, MAX_TEXT, TextKind, language, looks_like_html, resolve, sanitised,
};
use super::tree::MAX_ENTRIES;
use crate::address::Address;
use crate::text::plain_from_html;
use document::Document;
use serde_json::{Map, Value};

/// A JSON Feed that feed-rs accepts.
#[derive(Debug)]
pub(super) struct Repaired {
    /// The document.
    pub(super) json: String,
    pub(super) feed: FeedExtras,
    /// By position.
    pub(super) entries: Vec<EntryExtras>,
    /// What relative addresses are relative to.
    pub(super) base: Option<Address>,
    /// Whether the document was cut.
    pub(super) cut: bool,
    /// Whether entries were left out.
    pub(super) too_many: bool,
}

/// Why a JSON text is no JSON Feed.
#[derive(Debug)]
pub(super) enum NoFeed {
    /// It is no JSON; where, and why.
    Syntax(String),
    /// It is JSON of another kind.
    Other,
}

/// Repairs a JSON Feed.
pub(super) fn repair(text: &str, document: Option<&Address>) -> Result<Repaired, NoFeed> {
    if text.trim_start().starts_with('[') {
        return Err(NoFeed::Other);
    }
    let (Document(mut feed), cut) = match serde_json::from_str(text) {
        Ok(document) => (document, false),
        Err(error) => match completed(text).and_then(|whole| serde_json::from_str(&whole).ok()) {
            Some(document) => (document, true),
            None => return Err(NoFeed::Syntax(error.to_string())),
        },
    };
    let version = string(feed.get("version")).unwrap_or_default();
    let known = version.contains("jsonfeed.org/version");
    let shaped = feed.get("items").is_some_and(Value::is_array)
        && (feed.contains_key("home_page_url")
            || feed.contains_key("feed_url")
            || feed.contains_key("title"));
    if !known && !shaped {
        return Err(NoFeed::Other);
    }
    let format = if version.trim_end_matches('/').ends_with("/1") {
        "json-feed-1.0"
    } else {
        "json-feed-1.1"
    };
    let address = |value: Option<&Value>, base: Option<&Address>| {
        string(value).and_then(|reference| resolve(&reference, base))
    };
    let self_url = address(feed.get("feed_url"), document);
    let page = address(feed.get("home_page_url"), document);
    let base = document
        .cloned()
        .or_else(|| page.clone())
        .or_else(|| self_url.clone());
    let hub = feed.get("hubs").and_then(Value::as_array).and_then(|hubs| {
        hubs.iter()
            .find_map(|hub| address(hub.get("url"), base.as_ref()))
    });
    let items = match feed.remove("items") {
        Some(Value::Array(items)) => items,
        Some(item @ Value::Object(_)) => vec![item],
        _ => Vec::new(),
    };
    let too_many = items.len() > MAX_ENTRIES;
    let mut entries = Vec::new();
    let mut repaired = Vec::new();
    for item in items.into_iter().take(MAX_ENTRIES) {
        let Value::Object(item) = item else { continue };
        entries.push(extras_of(&item, base.as_ref()));
        repaired.push(Value::Object(repaired_item(&item)));
    }
    let mut out = Map::new();
    out.insert("version".into(), "https://jsonfeed.org/version/1.1".into());
    out.insert("title".into(), title(&feed).unwrap_or_default().into());
    for key in ["home_page_url", "feed_url", "description", "language"] {
        keep_string(&feed, key, &mut out);
    }
    people(&feed, &mut out);
    out.insert("items".into(), Value::Array(repaired));
    Ok(Repaired {
        json: Value::Object(out).to_string(),
        feed: FeedExtras {
            format: format.to_owned(),
            hub,
            self_url,
            language: string(feed.get("language")).and_then(|l| language(&l)),
            ..FeedExtras::default()
        },
        entries,
        base,
        cut,
        too_many,
    })
}

fn extras_of(item: &Map<String, Value>, base: Option<&Address>) -> EntryExtras {
    let address = |key: &str| string(item.get(key)).and_then(|reference| resolve(&reference, base));
    let stated = |key: &str| string(item.get(key)).is_some();
    let text = |key: &str, kind: TextKind| {
        string(item.get(key)).and_then(|text| sanitised(&text, kind, base))
    };
    let summary = text("summary", TextKind::Plain);
    // What is told twice, as HTML and as text, has its text for a summary where there is no other.
    let (summary, content) = match text("content_html", TextKind::Html) {
        Some(html) => (
            summary.or_else(|| text("content_text", TextKind::Plain)),
            Some(html),
        ),
        None => (summary, text("content_text", TextKind::Plain)),
    };
    EntryExtras {
        summary,
        content,
        thumbnail: address("image").or_else(|| address("banner_image")),
        language: string(item.get("language")).and_then(|l| language(&l)),
        // The page that a link blog writes about.
        original: stated("url").then(|| address("external_url")).flatten(),
        stated_published: stated("date_published"),
        stated_updated: stated("date_modified"),
        ..EntryExtras::default()
    }
}

fn repaired_item(item: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for key in ["id", "date_published", "date_modified"] {
        keep_string(item, key, &mut out);
    }
    if let Some(title) = title(item) {
        out.insert("title".into(), title.into());
    }
    // feed-rs does not say which of the two a link was.
    let url = string(item.get("url"))
        .or_else(|| string(item.get("external_url")))
        .or_else(|| string(item.get("id")).filter(|id| Address::parse(id).is_ok()));
    if let Some(url) = url {
        out.insert("url".into(), url.into());
    }
    people(item, &mut out);
    let tags: Vec<Value> = match item.get("tags") {
        Some(Value::Array(tags)) => tags
            .iter()
            .filter_map(|tag| string(Some(tag)))
            .map(Value::from)
            .collect(),
        Some(Value::String(tags)) => tags
            .split(',')
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(Value::from)
            .collect(),
        _ => Vec::new(),
    };
    if !tags.is_empty() {
        out.insert("tags".into(), Value::Array(tags));
    }
    // A list, or one alone.
    let attachments: Vec<Value> = match item.get("attachments") {
        Some(Value::Array(list)) => list.iter().filter_map(attachment).collect(),
        Some(one) => attachment(one).into_iter().collect(),
        None => Vec::new(),
    };
    if !attachments.is_empty() {
        out.insert("attachments".into(), Value::Array(attachments));
    }
    out
}

fn attachment(value: &Value) -> Option<Value> {
    let url = string(value.get("url"))?;
    let mut out = Map::new();
    out.insert("url".into(), url.into());
    // An empty media type stands for none: feed-rs demands one.
    let media_type = string(value.get("mime_type")).unwrap_or_default();
    out.insert("mime_type".into(), media_type.into());
    let length = match value.get("size_in_bytes") {
        Some(Value::Number(number)) => number
            .as_u64()
            .or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64)),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    if let Some(length) = length {
        out.insert("size_in_bytes".into(), length.into());
    }
    Some(Value::Object(out))
}

/// `author` and `authors` as a list of objects with a name, whether they came as objects, lists or
/// strings.
fn people(from: &Map<String, Value>, out: &mut Map<String, Value>) {
    let mut people = Vec::new();
    let listed = [from.get("authors"), from.get("author")];
    for value in listed.into_iter().flatten() {
        let one = std::slice::from_ref(value);
        for person in value.as_array().map_or(one, Vec::as_slice) {
            let name = match person {
                Value::Object(person) => string(person.get("name")),
                other => string(Some(other)),
            };
            if let Some(name) = name {
                let mut person = Map::new();
                person.insert("name".into(), name.into());
                people.push(Value::Object(person));
            }
        }
    }
    if !people.is_empty() {
        out.insert("authors".into(), Value::Array(people));
    }
}

fn keep_string(from: &Map<String, Value>, key: &str, out: &mut Map<String, Value>) {
    if let Some(text) = string(from.get(key)) {
        out.insert(key.into(), text.into());
    }
}

/// The title; it should be plain text, but not everyone knows.
fn title(from: &Map<String, Value>) -> Option<String> {
    let title = string(from.get("title"))?;
    Some(if looks_like_html(&title) {
        plain_from_html(&title).as_str().to_owned()
    } else {
        title
    })
}

/// A string, or a number as one; `None` for what is empty or something else.
fn string(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => {
            let text = crate::text::cut_at_character(text, MAX_TEXT);
            Some(super::decode::mend_twice_encoded(text).unwrap_or_else(|| text.to_owned()))
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A document that was cut, up to the last item that is whole, with its brackets closed.
fn completed(text: &str) -> Option<String> {
    /// Deeper than any JSON Feed.
    const MAX_OPEN: usize = 64;
    let mut open: Vec<u8> = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    // Behind the last `}` that left the list of items: where, and what was open then.
    let mut whole: Option<(usize, Vec<u8>)> = None;
    for (at, b) in text.bytes().enumerate() {
        if in_string {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match b {
            b'"' => in_string = true,
            b'{' | b'[' => {
                if open.len() >= MAX_OPEN {
                    return None;
                }
                open.push(b);
            }
            b'}' | b']' => {
                let expected = if b == b'}' { b'{' } else { b'[' };
                if open.pop() != Some(expected) {
                    break;
                }
                if open == [b'{', b'['] && b == b'}' {
                    whole = Some((at + 1, open.clone()));
                }
            }
            _ => {}
        }
    }
    let (end, open) = whole?;
    let mut out = text[..end].to_owned();
    for bracket in open.iter().rev() {
        out.push(if *bracket == b'{' { '}' } else { ']' });
    }
    Some(out)
}
