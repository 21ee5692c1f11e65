//! `[[feeds]]`: the subscriptions of the file.

use super::findings::Findings;
use super::load::Surroundings;
use super::reader::{Keys, Value, kind};
use super::rules::{Nameless, Rule, rules};
use super::secret::secret;
use super::sections::{BODIES, DEADLINES, header_text, is_header_text, schedule};
use crate::feed::{Origin, RequestSettings, Subscription};
use crate::text::{Plain, nearest};
use std::collections::{HashMap, HashSet};
use toml::de::DeValue;
use url::Url;

/// Longest name of a feed or view, in bytes.
pub(super) const LONGEST_NAME: usize = 64;

/// Longest label, in bytes.
const LONGEST_TAG: usize = 64;

/// Schemes of proxies.
const PROXIES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// Reads all feeds and their rules. An address that cannot be polled is no problem here but that feed's own error
/// when it is polled.
pub(super) fn feeds(
    sections: Vec<Keys<'_>>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> (Vec<Subscription>, Vec<Rule>) {
    let mut names = HashSet::new();
    let mut urls = HashMap::new();
    let mut read = Vec::new();
    for (position, keys) in sections.into_iter().enumerate() {
        read.extend(feed(
            keys, position, &mut names, &mut urls, around, findings,
        ));
    }
    // Given names come first, so that a name made up never takes one away.
    let mut counts = HashMap::new();
    for (subscription, named, _) in &mut read {
        if !*named {
            let name = unused(&name_from(&subscription.url), &mut names, &mut counts);
            subscription.name = name;
        }
    }
    let mut rules = Vec::new();
    let subscriptions = read
        .into_iter()
        .map(|(subscription, _, own)| {
            rules.extend(own.into_iter().map(|(verdict, text, search)| Rule {
                feed: subscription.name.clone(),
                verdict,
                text,
                search,
            }));
            subscription
        })
        .collect();
    (subscriptions, rules)
}

/// One feed, whether its name was given, and its rules.
fn feed(
    mut keys: Keys<'_>,
    position: usize,
    names: &mut HashSet<String>,
    urls: &mut HashMap<String, usize>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<(Subscription, bool, Vec<Nameless>)> {
    let url = url(&mut keys, position, urls, findings);
    let name = name(&mut keys, names, "feeds", findings);
    let title = keys
        .string("title", "Windows Central", findings)
        .map(|(title, _)| Plain::new(title).as_str().to_owned())
        .filter(|title| !title.is_empty());
    let tags = tags(&mut keys, findings);
    let schedule = schedule(&mut keys, findings).map(|cadence| cadence.to_string());
    let priority = keys
        .number("priority", -1000..=1000, findings)
        .and_then(|priority| i32::try_from(priority).ok())
        .unwrap_or(0);
    let enabled = !keys.boolean("disabled", findings).unwrap_or(false);
    let mut fields = headers(&mut keys, findings);
    fields.extend(secret_field(BEARER, &mut keys, around, findings));
    fields.extend(secret_field(COOKIES, &mut keys, around, findings));
    let request = RequestSettings {
        user_agent: header_text("user_agent", &mut keys, findings),
        headers: fields,
        basic_auth: basic_auth(&mut keys, around, findings),
        proxy: proxy(&mut keys, findings),
        timeout: keys.duration("timeout", DEADLINES, findings),
        max_body: keys.size("max_body", BODIES, findings),
        insecure_accept_any_certificate: keys
            .boolean("insecure_accept_any_certificate", findings)
            .unwrap_or(false),
        websub: keys.boolean("websub", findings).unwrap_or(false),
    };
    let rules = rules(&mut keys, findings);
    keys.finish(findings);
    let named = name.is_some();
    Some((
        Subscription {
            name: name.unwrap_or_default(),
            url: url?,
            title,
            tags,
            schedule,
            priority,
            enabled,
            origin: Origin::Config,
            request,
        },
        named,
        rules,
    ))
}

fn url(
    keys: &mut Keys<'_>,
    position: usize,
    urls: &mut HashMap<String, usize>,
    findings: &mut Findings,
) -> Option<String> {
    let Some(value) = keys.value("url") else {
        findings.note(
            keys.at,
            keys.path("url"),
            "this feed has no url",
            "add a line like url = \"https://www.example.org/feed.xml\"",
        );
        return None;
    };
    let example = "write a string like \"https://www.example.org/feed.xml\"";
    let Some(text) = value.get_ref().as_str().map(str::trim) else {
        let wrong = format!("this is {}", kind(value.get_ref()));
        keys.note("url", value, wrong, example, findings);
        return None;
    };
    if text.is_empty() {
        keys.note("url", value, "this is empty", example, findings);
        return None;
    }
    if let Some(before) = urls.insert(text.to_owned(), position) {
        keys.note(
            "url",
            value,
            format!("feed number {} has the same address", before + 1),
            "remove one of them",
            findings,
        );
    }
    Some(text.to_owned())
}

/// A given name: a slug that nothing else of its kind has.
pub(super) fn name(
    keys: &mut Keys<'_>,
    names: &mut HashSet<String>,
    what: &str,
    findings: &mut Findings,
) -> Option<String> {
    let (text, value) = keys.string("name", "windows-central", findings)?;
    let text = text.trim();
    if !is_name(text) {
        let slug = slug(text);
        keys.note(
            "name",
            value,
            format!(
                "'{text}' has other characters than a-z, 0-9 and '-', or more than {LONGEST_NAME}"
            ),
            if slug.is_empty() {
                "write it like \"windows-central\"".to_owned()
            } else {
                format!("write it like \"{slug}\"")
            },
            findings,
        );
        return None;
    }
    if !names.insert(text.to_owned()) {
        keys.note(
            "name",
            value,
            format!("another one of the {what} is named '{text}' too"),
            "give each one its own name",
            findings,
        );
    }
    Some(text.to_owned())
}

/// Whether a text can name a feed or a view: `[a-z0-9-]+`, not too long.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `text` as a slug: lower case, everything else a single hyphen.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if slug.len() == LONGEST_NAME {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The name of a feed that was given none: its host without `www.`.
#[must_use]
pub fn name_from(url: &str) -> String {
    let host = Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let name = match host {
        Some(host) => slug(host.strip_prefix("www.").unwrap_or(&host)),
        None => slug(url),
    };
    if name.is_empty() {
        "feed".to_owned()
    } else {
        name
    }
}

/// `name`, or `name-2`, `name-3` and so on where it is taken.
fn unused(name: &str, names: &mut HashSet<String>, counts: &mut HashMap<String, usize>) -> String {
    if names.insert(name.to_owned()) {
        return name.to_owned();
    }
    let count = counts.entry(name.to_owned()).or_insert(1);
    // Ends: there are fewer names than numbers.
    loop {
        *count += 1;
        let numbered = format!("{name}-{count}");
        if names.insert(numbered.clone()) {
            return numbered;
        }
    }
}

fn tags(keys: &mut Keys<'_>, findings: &mut Findings) -> Vec<String> {
    let mut tags = Vec::new();
    for (text, value) in keys.strings("tags", "windows", findings) {
        match checked_tag(text) {
            Ok(tag) => tags.push(tag),
            Err(wrong) => keys.note(
                "tags",
                value,
                wrong,
                "write short labels like \"open-source\"",
                findings,
            ),
        }
    }
    tags.sort();
    tags.dedup();
    tags
}

pub(super) fn checked_tag(text: &str) -> Result<String, String> {
    if text.len() > LONGEST_TAG {
        return Err(format!("this tag is longer than {LONGEST_TAG} bytes"));
    }
    if text.chars().any(|c| c.is_control() || c == ',') {
        return Err("this tag has a comma or a control character".to_owned());
    }
    Ok(text.to_owned())
}

fn headers(keys: &mut Keys<'_>, findings: &mut Findings) -> Vec<(String, String)> {
    let Some(value) = keys.value("headers") else {
        return Vec::new();
    };
    let right = "write it like headers = { \"X-Key\" = \"value\" }";
    let Some(table) = value.get_ref().as_table() else {
        let wrong = format!("this is {}", kind(value.get_ref()));
        keys.note("headers", value, wrong, right, findings);
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in table.iter() {
        let key = format!("{}.{}", keys.path("headers"), name.get_ref());
        let at = value.span().start;
        // RFC 9110 section 5.6.2: a field name is a token.
        let is_token = !name.get_ref().is_empty()
            && name
                .get_ref()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        match value.get_ref() {
            _ if !is_token => {
                findings.note(
                    name.span().start,
                    key,
                    "this is no name of a header field",
                    right,
                );
            }
            DeValue::String(text) if is_header_text(text) => {
                headers.push((name.get_ref().to_string(), text.to_string()));
            }
            DeValue::String(_) => findings.note(
                at,
                key,
                "this has characters that no HTTP header field may have",
                "write letters, digits and marks of ASCII only",
            ),
            other => findings.note(at, key, format!("this is {}", kind(other)), right),
        }
    }
    headers
}

/// A secret that is sent as a header field: the key, the key that names its file, the field, and
/// what stands before the secret there.
type SecretField = [&'static str; 4];

/// RFC 6750 section 2.1.
const BEARER: SecretField = ["bearer", "bearer_file", "Authorization", "Bearer "];

/// Cookies as a browser shows them, `name=value; name=value`.
const COOKIES: SecretField = ["cookies", "cookies_file", "Cookie", ""];

fn secret_field(
    [inline, file, field, before]: SecretField,
    keys: &mut Keys<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<(String, String)> {
    let secret = secret(keys, inline, file, around, findings)?;
    if is_header_text(&secret) {
        return Some((field.to_owned(), format!("{before}{}", secret.trim())));
    }
    // The secret itself is not shown.
    findings.note(
        keys.at,
        keys.path(inline),
        format!("this feed's {inline} has characters that no HTTP header field may have"),
        "write letters, digits and marks of ASCII only",
    );
    None
}

fn basic_auth(
    keys: &mut Keys<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<String> {
    let secret = secret(keys, "basic_auth", "basic_auth_file", around, findings)?;
    if secret.contains(':') {
        return Some(secret);
    }
    // The secret itself is not shown.
    findings.note(
        keys.at,
        keys.path("basic_auth"),
        "there is no ':' in this feed's basic_auth",
        "write it like \"user:password\"",
    );
    None
}

fn proxy(keys: &mut Keys<'_>, findings: &mut Findings) -> Option<String> {
    let (text, value) = keys.string("proxy", "socks5://127.0.0.1:9050", findings)?;
    let wrong = match Url::parse(text.trim()) {
        Ok(url) if !PROXIES.contains(&url.scheme()) => match nearest(url.scheme(), PROXIES) {
            Some(near) => format!("the scheme '{}' is none of a proxy ({near}?)", url.scheme()),
            None => format!("the scheme '{}' is none of a proxy", url.scheme()),
        },
        Ok(url) if url.host_str().is_none_or(str::is_empty) => "this names no host".to_owned(),
        Ok(_) => return Some(text.trim().to_owned()),
        Err(error) => format!("this is not a valid URL ({error})"),
    };
    proxy_problem(keys, value, &wrong, findings);
    None
}

fn proxy_problem(keys: &Keys<'_>, value: Value<'_>, wrong: &str, findings: &mut Findings) {
    keys.note(
        "proxy",
        value,
        wrong,
        "write it like \"http://proxy.example.org:3128\" or \"socks5://127.0.0.1:9050\"",
        findings,
    );
}
