//! Signed in on the page: a cookie in place of a token, and proof that a change was asked for on a
//! page of ours.
//!
//! Nothing is stored: the cookie says when someone signed in, sealed with a key made from the token
//! that was given, so that another token ends every session.

use super::access::same_secret;
use super::failure::Failure;
use super::form::Form;
use super::service::Service;
use crate::feed::Timestamp;
use axum::http::{HeaderMap, HeaderValue, header};

const COOKIE: &str = "feedfold_session";
/// How long someone stays signed in, in seconds.
const LASTS: i64 = 30 * 24 * 60 * 60;
/// What keys are derived for (BLAKE3's key derivation).
const PURPOSE: &str = "feedfold 2026 the page's sessions and changes";

/// Someone who signed in with the admin token.
pub(super) struct Session {
    /// What the forms of this session carry: no other site knows it.
    pub(super) proof: String,
}

impl Session {
    /// The session of a request, where it carries a good cookie.
    pub(super) fn of(service: &Service, headers: &HeaderMap) -> Option<Self> {
        let key = key(service, service.config().server.admin_token.as_deref())?;
        let value = good_cookie(&key, headers, service.now())?;
        Some(Self {
            proof: seal(&key, "change", value),
        })
    }

    /// The form of a change that someone who is signed in asks for on a page of ours.
    ///
    /// # Errors
    /// 403 without a session, without its proof, or where the browser says that another site asks.
    pub(super) fn form(
        service: &Service,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Form, Failure> {
        from_here(headers)?;
        let Some(session) = Self::of(service, headers) else {
            return Err(Failure::Forbidden(
                "only someone who is signed in changes anything; sign in under 'Manage' and try \
                 again"
                    .to_owned(),
            ));
        };
        let form = Form::read(None, headers, body);
        let given = form.one("proof").unwrap_or_default();
        match same_secret(given.as_bytes(), session.proof.as_bytes()) {
            true => Ok(form),
            false => Err(Failure::Forbidden(
                "the page that this was asked on is too old; load it again".to_owned(),
            )),
        }
    }
}

/// Whether the page can be signed in to at all.
pub(super) fn possible(service: &Service) -> bool {
    let server = &service.config().server;
    let tokens = [&server.admin_token, &server.read_token];
    tokens
        .into_iter()
        .any(|token| key(service, token.as_deref()).is_some())
}

/// Whether the request carries the cookie of someone who signed in with any token.
pub(super) fn reads(service: &Service, headers: &HeaderMap) -> bool {
    let server = &service.config().server;
    let tokens = [&server.admin_token, &server.read_token];
    tokens
        .into_iter()
        .filter_map(|token| key(service, token.as_deref()))
        .any(|key| good_cookie(&key, headers, service.now()).is_some())
}

/// The cookie of someone who gave the right admin token, or the token for reading, on a page of
/// ours ([`from_here`]).
///
/// # Errors
/// 403 where the token is wrong, or there is none.
pub(super) fn sign_in(service: &Service, given: &str) -> Result<HeaderValue, Failure> {
    if !possible(service) {
        return Err(Failure::Forbidden(
            "nothing can be changed over HTTP; set server.admin_token_file to allow it".to_owned(),
        ));
    }
    let server = &service.config().server;
    let given = given.trim();
    let tokens = [&server.admin_token, &server.read_token];
    let is_given = |token: &&str| same_secret(given.as_bytes(), token.as_bytes());
    let right = tokens.into_iter().flatten().map(String::as_str);
    let right = right.filter(|token| !token.is_empty()).find(is_given);
    let Some(key) = key(service, right) else {
        let wrong = "this is not the admin token; it stands in the file that \
                     server.admin_token_file names";
        return Err(Failure::Forbidden(match server.read_token {
            None => wrong.to_owned(),
            Some(_) => "this is neither the admin token nor the token for reading; they stand in \
                        the files that server.admin_token_file and server.read_token_file name"
                .to_owned(),
        }));
    };
    let moment = service.now().timestamp().to_string();
    let value = format!("{moment}.{}", seal(&key, "session", &moment));
    cookie(service, &value, LASTS)
}

/// The cookie that ends a session.
pub(super) fn sign_out(service: &Service) -> Result<HeaderValue, Failure> {
    cookie(service, "", 0)
}

/// Only over TLS where the page is reached so; never for scripts, never along with what other
/// sites send.
fn cookie(service: &Service, value: &str, seconds: i64) -> Result<HeaderValue, Failure> {
    let secure = match service.config().server.public_url.starts_with("https:") {
        true => "; Secure",
        false => "",
    };
    let text =
        format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).map_err(|_| Failure::Internal)
}

/// Refuses what the browser says another site asks for (Fetch Metadata).
///
/// # Errors
/// 403 there.
pub(super) fn from_here(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get("sec-fetch-site") {
        Some(site) if site != "same-origin" && site != "none" => Err(Failure::Forbidden(
            "changes are asked for on this page, not from other sites".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The key of the sessions of a token.
fn key(service: &Service, token: Option<&str>) -> Option<[u8; 32]> {
    let token = token.filter(|token| !token.is_empty())?;
    let instance = service.store().instance();
    let material = format!("{instance}\n{token}");
    Some(blake3::derive_key(PURPOSE, material.as_bytes()))
}

/// The cookie of a session that the key sealed.
fn good_cookie<'a>(key: &[u8; 32], headers: &'a HeaderMap, now: Timestamp) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
        .find(|value| is_good(key, value, now))
}

fn is_good(key: &[u8; 32], value: &str, now: Timestamp) -> bool {
    let Some((moment, given)) = value.split_once('.') else {
        return false;
    };
    let age = moment
        .parse::<i64>()
        .ok()
        .and_then(|moment| now.timestamp().checked_sub(moment));
    let right = seal(key, "session", moment);
    same_secret(given.as_bytes(), right.as_bytes())
        && age.is_some_and(|age| (0..LASTS).contains(&age))
}

fn seal(key: &[u8; 32], purpose: &str, text: &str) -> String {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher
        .update(purpose.as_bytes())
        .update(b"\n")
        .update(text.as_bytes());
    hasher.finalize().to_hex().to_string()
}
