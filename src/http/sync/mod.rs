//! Reader apps: the Google Reader API as FreshRSS made it widespread, and the Fever API.
//!
//! One item is one story, so that marking it read reads every copy; the identity `NAME+articles`
//! lists every article instead, with the same state. Nothing is changed by GET, and nothing is
//! answered unless `[sync]` is enabled.

mod account;
mod answers;
mod atom;
mod fever;
mod identifiers;
mod items;
mod marks;
mod streams;
mod subscriptions;

pub(super) use account::Memory;
pub(super) use answers::Spoken;
pub(super) use fever::fever;

use super::failure::Failure;
use super::pages;
use super::service::Service;
use crate::config::{Config, ReaderSync};
use crate::http::form::Form;
use account::Account;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Largest body of a request in bytes: ten thousand identifiers, or a long list of subscriptions.
pub(super) const MOST_BODY: usize = 4 << 20;

/// Where a connection comes from; `None` on a Unix socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) Option<IpAddr>);

/// A request of someone who logged in.
struct Ask<'a> {
    service: &'a Service,
    account: Account,
    user: &'a str,
    headers: &'a HeaderMap,
    form: &'a Form,
    body: &'a Bytes,
}

/// A place of the protocol, below either prefix.
enum Place<'a> {
    Login,
    /// What FreshRSS answers whoever tests the address.
    Compatible,
    Endpoint(&'a str),
}

/// Finds the place of a path, however many slashes stand between and behind.
fn place(path: &str) -> Option<Place<'_>> {
    let path = path.trim_start_matches('/');
    let path = match path.strip_prefix("api/greader.php") {
        Some(rest) => rest.trim_start_matches('/'),
        None => path,
    };
    if let Some(rest) = path.strip_prefix("reader/api/0") {
        return rest
            .starts_with('/')
            .then(|| Place::Endpoint(rest.trim_matches('/')));
    }
    // The oldest form of `stream/contents`, which newsboat asks for.
    if path.starts_with("reader/atom/") {
        return Some(Place::Endpoint(
            path["reader/".len()..].trim_end_matches('/'),
        ));
    }
    match path.trim_end_matches('/') {
        "accounts/ClientLogin" => Some(Place::Login),
        "check/compatibility" => Some(Place::Compatible),
        _ => None,
    }
}

/// Answers where no other route does: an address typed with a slash too many, or nothing.
pub(super) async fn elsewhere(
    service: State<Service>,
    peer: Option<Extension<Peer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if uri.path().starts_with("//") && place(uri.path()).is_some() {
        return reader(service, peer, method, uri, headers, body).await;
    }
    pages::unknown().await.into_response()
}

/// The Google Reader API.
pub(super) async fn reader(
    State(service): State<Service>,
    peer: Option<Extension<Peer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let now = service.now();
    let config = service.config();
    let Some(sync) = enabled(&config) else {
        return pages::unknown().await.into_response();
    };
    let body = match body {
        Ok(body) => body,
        Err(_) => return answers::dated(Failure::TooLarge.into_response(), now),
    };
    let answer = match place(uri.path()) {
        Some(Place::Login) => login(&service, sync, peer, &method, &uri, &headers, &body).await,
        Some(Place::Compatible) => Ok(answers::text(StatusCode::OK, "PASS")),
        Some(Place::Endpoint(name)) => {
            let asked = (&method, &uri, &headers, &body);
            endpoint(&service, sync, name, asked).await
        }
        None => Err(unknown(uri.path())),
    };
    answers::dated(answer.unwrap_or_else(Failure::into_response), now)
}

/// The section, where reader apps are let in.
fn enabled(config: &Arc<Config>) -> Option<&ReaderSync> {
    Some(&config.sync).filter(|sync| sync.enabled)
}

fn unknown(path: &str) -> Failure {
    Failure::NotFound(format!(
        "the sync API has no '{}'",
        super::parameters::shown(path)
    ))
}

/// Where a request comes from: the connection's other end, or what a proxy on this machine says.
pub(super) fn address(peer: Option<Extension<Peer>>, headers: &HeaderMap) -> String {
    let peer = peer.and_then(|Extension(Peer(peer))| peer);
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok());
    let address = match peer {
        Some(peer) if !peer.is_loopback() => Some(peer),
        near => forwarded.or(near),
    };
    match address {
        None => "a local socket".to_owned(),
        // Whoever has one address of a network has all of them.
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(address) => address.to_string(),
    }
}

/// `accounts/ClientLogin`: name and password for a token. Changes nothing, so GET will do.
async fn login(
    service: &Service,
    sync: &ReaderSync,
    peer: Option<Extension<Peer>>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Failure> {
    if ![Method::GET, Method::POST].contains(method) {
        return Ok(not_allowed("GET, POST"));
    }
    let form = Form::read(uri.query(), headers, body);
    let (now, address) = (service.now(), address(peer, headers));
    let memory = service.sync_memory();
    if let Err(seconds) = memory.may_try(&address, now) {
        let mut response = answers::text(StatusCode::FORBIDDEN, "Error=BadAuthentication\n");
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    let name = form.one("Email").unwrap_or_default();
    let password = form.one("Passwd").unwrap_or_default();
    let account = account::log_in(sync, name, password).await;
    memory.tried(&address, account.is_some(), now);
    if account.is_none() {
        return Ok(answers::text(
            StatusCode::UNAUTHORIZED,
            "Error=BadAuthentication\n",
        ));
    }
    let token = account::token(service, sync, name).await?;
    if form.one("output") == Some("json") {
        return answers::json(&serde_json::json!({
            "SID": token, "LSID": token, "Auth": token,
        }));
    }
    Ok(answers::text(
        StatusCode::OK,
        format!("SID={token}\nLSID={token}\nAuth={token}\n"),
    ))
}

fn not_allowed(methods: &'static str) -> Response {
    let mut response = Failure::MethodNotAllowed.into_response();
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

async fn endpoint(
    service: &Service,
    sync: &ReaderSync,
    name: &str,
    (method, uri, headers, body): (&Method, &Uri, &HeaderMap, &Bytes),
) -> Result<Response, Failure> {
    let import = name == "subscription/import";
    // A list of subscriptions is no form.
    let form = match import {
        true => Form::read(uri.query(), headers, b""),
        false => Form::read(uri.query(), headers, body),
    };
    let Some(account) = account::of_request(service, sync, headers, &form).await? else {
        return Ok(answers::bad_token());
    };
    let ask = &Ask {
        service,
        account,
        user: &sync.user,
        headers,
        form: &form,
        body,
    };
    let changes = import
        || matches!(
            name,
            "edit-tag"
                | "mark-all-as-read"
                | "rename-tag"
                | "disable-tag"
                | "subscription/edit"
                | "subscription/quickadd"
        );
    if changes && method != Method::POST {
        return Ok(not_allowed("POST"));
    }
    if ![Method::GET, Method::HEAD, Method::POST].contains(method) {
        return Ok(not_allowed("GET, HEAD, POST"));
    }
    match name {
        "token" => {
            let token = account::change_token(service, sync, account.articles, 0).await?;
            Ok(answers::text(StatusCode::OK, format!("{token}\n")))
        }
        "user-info" => subscriptions::user_info(ask),
        "subscription/list" => subscriptions::list(ask).await,
        "subscription/edit" => subscriptions::edit(ask).await,
        "subscription/quickadd" => subscriptions::quickadd(ask).await,
        "subscription/import" => subscriptions::import(ask).await,
        "subscription/export" => subscriptions::export(ask).await,
        "subscribed" => subscriptions::subscribed(ask).await,
        "tag/list" => subscriptions::tags(ask).await,
        "rename-tag" => subscriptions::rename_tag(ask).await,
        "disable-tag" => subscriptions::disable_tag(ask).await,
        "preference/list" => answers::json(&serde_json::json!({ "prefs": [] })),
        "preference/stream/list" => answers::json(&serde_json::json!({ "streamprefs": {} })),
        "friend/list" => answers::json(&serde_json::json!({ "friends": [] })),
        "unread-count" => streams::unread_count(ask).await,
        "stream/items/ids" => streams::ids(ask).await,
        "stream/items/contents" => streams::items(ask).await,
        "stream/items/count" => streams::count(ask).await,
        "edit-tag" => marks::edit_tag(ask).await,
        "mark-all-as-read" => marks::mark_all(ask).await,
        "stream/contents" => answers::json(&streams::contents(ask, ask.form.one("s")).await?),
        _ => {
            let stream = |rest: &str| {
                identifiers::decoded(rest)
                    .ok_or_else(|| Failure::BadRequest("the stream is no UTF-8".to_owned()))
            };
            if let Some(rest) = name.strip_prefix("stream/contents/") {
                answers::json(&streams::contents(ask, Some(&stream(rest)?)).await?)
            } else if let Some(rest) = name.strip_prefix("atom/") {
                let items = streams::contents(ask, Some(&stream(rest)?)).await?;
                Ok(answers::atom(atom::document(&items)))
            } else {
                Err(unknown(name))
            }
        }
    }
}
