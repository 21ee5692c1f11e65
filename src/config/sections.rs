//! The sections of which there is one each.

use super::findings::Findings;
use super::load::Surroundings;
use super::reader::{Keys, Value};
use super::secret::secret;
use super::{Database, Fetch, Fold, Publish, ReaderSync, Retention, Server};
use crate::address::Address;
use crate::cadence::Cadence;
use crate::query::FoldLevel;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// Deadlines that may be asked for.
pub(super) const DEADLINES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=seconds(HOUR);

/// Bodies that may be asked for: larger ones would not fit in memory 32 at a time.
pub(super) const BODIES: std::ops::RangeInclusive<u64> = 1 << 10..=1 << 30;

pub(super) fn database(
    mut keys: Keys<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Database {
    let path = keys
        .string("path", "feedfold.db", findings)
        .map_or_else(|| PathBuf::from("feedfold.db"), |(path, _)| path.into());
    keys.finish(findings);
    Database {
        path: match &around.state_directory {
            Some(directory) => directory.join(path),
            None => path,
        },
    }
}

pub(super) fn server(
    mut keys: Keys<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Server {
    let mut listen = "127.0.0.1:8420".to_owned();
    if let Some((text, value)) = keys.string("listen", &listen, findings) {
        match checked_listen(text.trim()) {
            Some(checked) => listen = checked,
            None => keys.note(
                "listen",
                value,
                format!("'{text}' is no address to listen on"),
                "write \"127.0.0.1:8420\", \"[::1]:8420\" or \"unix:/run/feedfold/http.sock\"",
                findings,
            ),
        }
    }
    let public_url = match keys.string("public_url", "https://news.example.org", findings) {
        None => from_listen(&listen),
        Some((text, value)) => match checked_public_url(text) {
            Ok(url) => url,
            Err(wrong) => {
                keys.note(
                    "public_url",
                    value,
                    wrong,
                    "write it like \"https://news.example.org\"",
                    findings,
                );
                String::new()
            }
        },
    };
    let admin_token = secret(
        &mut keys,
        "admin_token",
        "admin_token_file",
        around,
        findings,
    );
    let read_token = secret(&mut keys, "read_token", "read_token_file", around, findings);
    let named = ["read_token", "read_token_file"]
        .into_iter()
        .find_map(|key| Some((key, keys.value(key)?)));
    if let (Some((key, value)), true) = (named, read_token.is_some() && read_token == admin_token) {
        keys.note(
            key,
            value,
            "this is the admin token: whoever reads could change everything",
            "make another token for reading",
            findings,
        );
    }
    let api_rate = count("api_rate", 100_000_000, &mut keys, findings);
    keys.finish(findings);
    Server {
        listen,
        public_url,
        admin_token,
        read_token,
        api_rate: api_rate.unwrap_or(6000),
    }
}

pub(super) fn checked_listen(text: &str) -> Option<String> {
    if let Some(path) = text.strip_prefix("unix:") {
        return path.starts_with('/').then(|| text.to_owned());
    }
    let named = text
        .strip_prefix("localhost:")
        .is_some_and(|port| port.parse::<u16>().is_ok());
    (named || text.parse::<SocketAddr>().is_ok()).then(|| text.to_owned())
}

/// The address that readers use when nobody says: the own machine's.
pub(super) fn from_listen(listen: &str) -> String {
    match listen.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => {
            format!("http://localhost:{}", address.port())
        }
        Ok(address) => format!("http://{address}"),
        Err(_) if listen.starts_with("unix:") => "http://localhost".to_owned(),
        Err(_) => format!("http://{listen}"),
    }
}

fn checked_public_url(text: &str) -> Result<String, String> {
    let address = Address::parse(text).map_err(|fault| format!("'{text}' {fault}"))?;
    let url = address.url();
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a query or a fragment has no place here".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a user name or a password has no place here".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

pub(super) fn fetch(mut keys: Keys<'_>, findings: &mut Findings) -> Fetch {
    let default = Fetch::default();
    let timeout = keys.duration("timeout", DEADLINES, findings);
    let connect_timeout = keys.duration("connect_timeout", DEADLINES, findings);
    let timeout = timeout.unwrap_or(default.timeout);
    let user_agent = header_text("user_agent", &mut keys, findings);
    let subscribers = count("subscribers", 1_000_000_000, &mut keys, findings);
    let fetch = Fetch {
        schedule: schedule(&mut keys, findings).unwrap_or(default.schedule),
        user_agent: user_agent.unwrap_or_else(|| super::user_agent(subscribers)),
        timeout,
        // A connection cannot take longer than the whole.
        connect_timeout: connect_timeout
            .unwrap_or(default.connect_timeout)
            .min(timeout),
        max_body: keys
            .size("max_body", BODIES, findings)
            .unwrap_or(default.max_body),
        concurrency: count("concurrency", 1024, &mut keys, findings).unwrap_or(default.concurrency),
        per_host: count("per_host", 1024, &mut keys, findings).unwrap_or(default.per_host),
        host_spacing: keys
            .duration("host_spacing", seconds(0)..=seconds(HOUR), findings)
            .unwrap_or(default.host_spacing),
        min_interval: keys
            .duration("min_interval", seconds(0)..=seconds(7 * DAY), findings)
            .unwrap_or(default.min_interval),
        allow_private_networks: keys
            .boolean("allow_private_networks", findings)
            .unwrap_or(default.allow_private_networks),
        allow_networks: networks(&mut keys, findings),
        allow_files: keys
            .boolean("allow_files", findings)
            .unwrap_or(default.allow_files),
    };
    keys.finish(findings);
    fetch
}

/// The schedule of a section.
pub(super) fn schedule(keys: &mut Keys<'_>, findings: &mut Findings) -> Option<Cadence> {
    let (text, value) = keys.string("schedule", "*/30 * * * *", findings)?;
    match Cadence::parse(text) {
        Ok(cadence) => Some(cadence),
        Err(fault) => {
            keys.note("schedule", value, fault.to_string(), "", findings);
            None
        }
    }
}

fn count(
    key: &'static str,
    most: i64,
    keys: &mut Keys<'_>,
    findings: &mut Findings,
) -> Option<usize> {
    keys.number(key, 1..=most, findings)
        .and_then(|number| usize::try_from(number).ok())
}

/// Text that goes into a header field: visible ASCII and spaces (RFC 9110 section 5.5).
pub(super) fn header_text(
    key: &'static str,
    keys: &mut Keys<'_>,
    findings: &mut Findings,
) -> Option<String> {
    let (text, value) = keys.string(key, "feedfold (+https://news.example.org)", findings)?;
    if is_header_text(text) {
        return Some(text.trim().to_owned());
    }
    keys.note(
        key,
        value,
        "this has characters that no HTTP header field may have",
        "write letters, digits and marks of ASCII only",
        findings,
    );
    None
}

pub(super) fn is_header_text(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn networks(keys: &mut Keys<'_>, findings: &mut Findings) -> Vec<String> {
    let mut networks = Vec::new();
    for (text, value) in keys.strings("allow_networks", "10.0.3.0/24", findings) {
        // "*.home.example" stands for all names below it.
        if is_network(text) || is_host_name(text.strip_prefix("*.").unwrap_or(text)) {
            networks.push(text.to_ascii_lowercase());
        } else {
            network_problem(keys, text, value, findings);
        }
    }
    networks
}

fn network_problem(keys: &Keys<'_>, text: &str, value: Value<'_>, findings: &mut Findings) {
    keys.note(
        "allow_networks",
        value,
        format!("'{text}' is no network and no host name"),
        "write a network like \"10.0.3.0/24\", an address, or a name like \"nas.example.lan\"",
        findings,
    );
}

/// An address, or an address with the length of its prefix.
fn is_network(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        None => (text, None),
        Some((address, length)) => (address, Some(length)),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}

/// A host name as in RFC 1123: labels of letters, digits and hyphens; not all digits and dots,
/// since that is a mistyped address.
fn is_host_name(text: &str) -> bool {
    let labels = text.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    labels && text.len() <= 253 && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

pub(super) fn fold(mut keys: Keys<'_>, findings: &mut Findings) -> Fold {
    let default = Fold::default();
    let fold = Fold {
        level: level("level", &mut keys, findings).unwrap_or(default.level),
        window: keys
            .duration("window", seconds(HOUR)..=seconds(90 * DAY), findings)
            .unwrap_or(default.window),
        strict: keys.choice("caution", &["normal", "strict"], findings) == Some("strict"),
        never: keys.pairs("never", findings),
    };
    keys.finish(findings);
    fold
}

/// A fold level.
pub(super) fn level(
    key: &'static str,
    keys: &mut Keys<'_>,
    findings: &mut Findings,
) -> Option<FoldLevel> {
    keys.choice(key, &["story", "article", "none"], findings)
        .and_then(FoldLevel::from_word)
}

pub(super) fn retention(
    mut keys: Keys<'_>,
    default: Retention,
    findings: &mut Findings,
) -> Retention {
    let retention = Retention {
        keep: keys
            .duration("keep", seconds(DAY)..=seconds(36_500 * DAY), findings)
            .unwrap_or(default.keep),
        keep_per_feed: count("keep_per_feed", 10_000_000, &mut keys, findings)
            .unwrap_or(default.keep_per_feed),
    };
    keys.finish(findings);
    retention
}

fn hub(keys: &mut Keys<'_>, findings: &mut Findings) -> Option<Address> {
    let example = "https://hub.example.org/";
    let (text, value) = keys.string("hub", example, findings)?;
    match Address::parse(text) {
        Ok(address) => Some(address),
        Err(fault) => {
            let wrong = format!("'{text}' {fault}");
            keys.note(
                "hub",
                value,
                wrong,
                format!("write it like \"{example}\""),
                findings,
            );
            None
        }
    }
}

pub(super) fn publish(mut keys: Keys<'_>, default: Publish, findings: &mut Findings) -> Publish {
    let publish = Publish {
        newcomer_items: keys
            .number("newcomer_items", 0..=100_000, findings)
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(default.newcomer_items),
        hub: hub(&mut keys, findings),
    };
    keys.finish(findings);
    publish
}

/// Who reader apps log in as.
pub(super) fn sync(
    mut keys: Keys<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> ReaderSync {
    let default = ReaderSync::default();
    let switch = keys.value("enabled");
    let enabled = keys.boolean("enabled", findings).unwrap_or(default.enabled);
    let mut user = default.user;
    if let Some((text, value)) = keys.string("user", &user, findings) {
        if is_user(text) {
            text.clone_into(&mut user);
        } else {
            keys.note(
                "user",
                value,
                format!("'{text}' is no name to log in with"),
                "write letters, digits and . _ - @, at most 64",
                findings,
            );
        }
    }
    let password = secret(&mut keys, "password", "password_file", around, findings);
    let fever_password = secret(
        &mut keys,
        "fever_password",
        "fever_password_file",
        around,
        findings,
    );
    let given = ["password", "password_file"]
        .into_iter()
        .any(|key| keys.value(key).is_some());
    if let (true, false, Some(value)) = (enabled, given, switch) {
        keys.note(
            "enabled",
            value,
            "there is no password",
            "name a file that holds it with password_file",
            findings,
        );
    }
    let articles = keys.choice("items", &["stories", "articles"], findings) == Some("articles");
    keys.finish(findings);
    ReaderSync {
        enabled,
        user,
        password,
        fever_password,
        articles,
    }
}

fn is_user(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@'))
}
