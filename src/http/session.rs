//! Signed in on the page: a cookie in place of the admin token, and proof that a change was asked
//! for on a page of ours.
//!
//! Nothing is stored: the cookie says when someone signed in, sealed with a key made from the admin
//! token, so that another token ends every session.

use super::changes::same_secret;
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
        let key = key(service)?;
        let cookies = headers.get_all(header::COOKIE).iter();
        let pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let now = service.now();
        pairs
            .filter(|(name, _)| *name == COOKIE)
            .find(|(_, value)| is_good(&key, value, now))
            .map(|(_, value)| Self {
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
    key(service).is_some()
}

/// The cookie of someone who gave the right admin token, on a page of ours ([`from_here`]).
///
/// # Errors
/// 403 where the token is wrong, or there is none.
pub(super) fn sign_in(service: &Service, given: &str) -> Result<HeaderValue, Failure> {
    let config = service.config();
    let (Some(key), Some(token)) = (key(service), config.server.admin_token.as_deref()) else {
        return Err(Failure::Forbidden(
            "nothing can be changed over HTTP; set server.admin_token_file to allow it".to_owned(),
        ));
    };
    if !same_secret(given.trim().as_bytes(), token.as_bytes()) {
        return Err(Failure::Forbidden(
            "this is not the admin token; it stands in the file that server.admin_token_file names"
                .to_owned(),
        ));
    }
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

fn key(service: &Service) -> Option<[u8; 32]> {
    let config = service.config();
    let token = config.server.admin_token.as_deref()?;
    let instance = service.store().instance();
    (!token.is_empty())
        .then(|| blake3::derive_key(PURPOSE, format!("{instance}\n{token}").as_bytes()))
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
