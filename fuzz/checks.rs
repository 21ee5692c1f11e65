//! What must hold for any bytes of strangers: the fuzz targets' bodies, which the tests run too,
//! over the seeds in `tests/data/fuzz/`.

mod requests;

pub use requests::requests;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use feedfold::address::Address;
use feedfold::cadence::Cadence;
use feedfold::feed::{Timestamp, Validators};
use feedfold::fetch::{Document, freshness};
use feedfold::parse::{self, Parsed, dates, discover, opml};
use feedfold::refresh::links;
use feedfold::text::{Plain, SafeHtml, plain_from_html};
use feedfold::{config, query};
use std::io;
use std::path::Path;

/// A moment to ask at; nothing here reads a clock.
fn now() -> Timestamp {
    Timestamp::from_timestamp(1_795_000_000, 0).unwrap_or_default()
}

fn base() -> Option<Address> {
    Address::parse("https://harbour.example/news/feed.xml").ok()
}

/// A document without a Content-Type.
pub fn feed(bytes: &[u8]) {
    document(bytes, None);
    // What is no feed may be a page that offers some.
    if let (Ok(text), Some(base)) = (std::str::from_utf8(bytes), base()) {
        let _ = discover::offers(text, &base);
    }
}

/// A document with a Content-Type: the first line.
pub fn labelled(bytes: &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let label = String::from_utf8_lossy(&bytes[..end]);
    document(bytes.get(end + 1..).unwrap_or_default(), Some(&label));
}

fn document(bytes: &[u8], content_type: Option<&str>) {
    let Ok(parsed) = parse::parse(bytes, content_type, base().as_ref()) else {
        return;
    };
    assert!(parsed.items.len() <= 10_000);
    assert!(parsed.problems.len() <= 50);
    for item in &parsed.items {
        is_plain(item.title.as_str());
        for label in item.authors.iter().chain(&item.categories) {
            is_plain(label.as_str());
        }
        for html in item.summary.iter().chain(&item.content) {
            is_safe(html);
        }
        for address in item
            .link
            .iter()
            .chain(&item.comments)
            .chain(&item.thumbnail)
        {
            is_web_address(address);
        }
    }
    // The same bytes give the same entries: nothing is random.
    let again = parse::parse(bytes, content_type, base().as_ref());
    assert!(again.is_ok_and(|again| again.items == parsed.items));
}

/// HTML as an article's body and as a headline.
pub fn html(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    is_safe(&SafeHtml::clean(&text, base().as_ref()));
    is_plain(plain_from_html(&text).as_str());
}

/// A date.
pub fn dates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(dates::parse(&text), dates::parse(&text));
}

/// An address, and a second line that is relative to it.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(2, '\n');
    let Ok(address) = Address::parse(lines.next().unwrap_or_default()) else {
        return;
    };
    is_web_address(&address);
    let canonical = address.canonical();
    if let Ok(again) = Address::parse(&canonical) {
        assert_eq!(again.canonical(), canonical, "not idempotent");
    }
    if let Some(Ok(joined)) = lines.next().map(|reference| address.join(reference)) {
        is_web_address(&joined);
    }
}

/// Header fields of a server's answer, one a line.
pub fn headers(bytes: &[u8]) {
    let mut fields = HeaderMap::new();
    let mut link_headers = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').take(64) {
        let colon = line.iter().position(|byte| *byte == b':');
        let Some((name, value)) = colon.map(|at| (&line[..at], &line[at + 1..])) else {
            continue;
        };
        if name.eq_ignore_ascii_case(b"link") {
            link_headers.push(String::from_utf8_lossy(value).into_owned());
        }
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name),
            HeaderValue::from_bytes(value.trim_ascii()),
        ) {
            fields.append(name, value);
        }
    }
    let read = freshness::read(&fields, now());
    assert!(
        read.fresh_for
            .is_none_or(|fresh| fresh <= freshness::LONGEST_FRESHNESS)
    );
    assert!(
        read.retry_after
            .is_none_or(|wait| wait <= freshness::LONGEST_WAIT)
    );
    let document = Document {
        body: Vec::new(),
        content_type: None,
        url: base(),
        validators: Validators::default(),
        delta: false,
        link_headers,
    };
    for offer in links::alternates(&document) {
        is_web_address(&offer.url);
    }
    if let Some(hub) = links::hub_of(&document, &Parsed::default()) {
        assert!(Address::parse(&hub.url).is_ok(), "{}", hub.url);
        assert!(!hub.topic.contains('#'), "{}", hub.topic);
    }
}

/// A list of subscriptions.
pub fn opml(bytes: &[u8]) {
    let _ = opml::read(bytes);
}

/// Search text.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(fault) = query::parse_text(&text) {
        assert!(
            text.is_char_boundary(fault.position()),
            "the caret has a place"
        );
        assert!(!fault.to_string().is_empty());
    }
}

/// A configuration file.
pub fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Files of secrets are named by strangers here: none is read.
    let around = config::Surroundings {
        base: Path::new("/nowhere"),
        state_directory: None,
        credentials_directory: None,
        read: &|_| Err(io::ErrorKind::NotFound.into()),
    };
    if let Err(fault) = config::parse_within(&text, "feedfold.toml", &around) {
        assert!(!fault.to_string().is_empty());
    }
}

/// A schedule.
pub fn cadence(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(cadence) = Cadence::parse(&text)
        && let Some(next) = cadence.next_after(now())
    {
        assert!(next > now(), "{text} is due at once, for ever");
    }
}

fn is_plain(text: &str) {
    assert_eq!(Plain::new(text).as_str(), text, "not clean");
    assert!(
        !text.chars().any(|c| c.is_control()),
        "{text:?} has control characters"
    );
}

/// Nothing that runs or frames is there, read as it is or cleaned once more. Wrongly nested markup
/// may change its shape with each reading, so the second cleaning need not find the same.
fn is_safe(html: &SafeHtml) {
    let again = SafeHtml::clean(html.as_str(), base().as_ref());
    for text in [html.as_str(), again.as_str()] {
        let lower = text.to_ascii_lowercase();
        for tag in [
            "<script",
            "<iframe",
            "<object",
            "<embed",
            "<style",
            "<form",
            "<svg",
            "<math",
            "<base",
            "<meta",
            "<link",
            "<template",
        ] {
            assert!(!lower.contains(tag), "{tag} in {text}");
        }
    }
}

fn is_web_address(address: &Address) {
    let scheme = address.url().scheme();
    assert!(matches!(scheme, "http" | "https"), "{address}");
    // Rows hold addresses as text, and bodies the rest of guids that begin like them.
    let again = Address::parse(address.as_str());
    assert!(
        again.is_ok_and(|again| again.as_str() == address.as_str()),
        "{address}"
    );
}
