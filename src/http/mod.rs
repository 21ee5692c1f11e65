//! The HTTP server: merged feeds, the API, the web page, and what operators look at.
//!
//! Reading is open to whoever reaches the address, unless there is a read token; changing needs the
//! admin token. No answer allows other origins to read it.

mod access;
mod api;
mod archives;
mod changes;
mod conditional;
mod corrections;
mod discover;
mod encoding;
mod export;
mod failure;
mod feeds;
mod form;
mod guard;
mod listen;
mod metrics;
mod operate;
pub mod origin;
mod pages;
mod parameters;
mod rendered;
mod service;
mod session;
mod sync;
mod validators;
mod waiting;
mod websub;

pub use failure::Failure;
pub use feeds::Topic;
pub use listen::{Listener, listen};
pub use service::{Command, Service, Status, serve};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

/// Largest body of a request in bytes.
const MOST_BODY: usize = 64 * 1024;
/// Largest list of subscriptions in bytes, as a form sends it.
const MOST_LIST: usize = 4 << 20;

/// Every route of the server, which answers a request as [`serve`] does, without a connection.
pub fn router(service: Service) -> Router {
    let api = Router::new()
        .route("/entries", get(api::entries))
        .route("/entries/{id}", get(api::entry))
        .route("/export", get(export::export))
        .route("/stories", get(api::stories))
        .route("/stories/{id}", get(api::story))
        .route("/stories/{id}/join", post(corrections::join_story))
        .route("/stories/{id}/split", post(corrections::split_story))
        .route("/stories/{id}/lead", post(corrections::lead_story))
        .route("/corrections", get(corrections::corrections))
        .route("/corrections/{id}/undo", post(corrections::undo_correction))
        .route("/feeds", get(api::feeds).post(changes::add_feed))
        .route(
            "/feeds/{name}",
            get(api::feed)
                .patch(changes::change_feed)
                .delete(changes::remove_feed),
        )
        .route("/feeds/{name}/fetch", post(changes::fetch_feed))
        .route("/discover", post(discover::discover))
        .route("/tags", get(api::tags))
        .route("/views", get(api::views))
        .route("/stats", get(api::stats))
        .route("/openapi.json", get(api::openapi))
        .fallback(api::unknown)
        .method_not_allowed_fallback(guard::method_not_allowed);
    let mut readers = Router::new();
    for path in [
        "/accounts/ClientLogin",
        "/accounts/ClientLogin/",
        "/reader/api/0/{*endpoint}",
        "/reader/atom/{*stream}",
        "/api/greader.php/{*endpoint}",
    ] {
        readers = readers.route(path, any(sync::reader));
    }
    for path in ["/fever", "/fever/", "/fever.php", "/fever.php/"] {
        readers = readers.route(path, any(sync::fever));
    }
    let readers = readers.layer(DefaultBodyLimit::max(sync::MOST_BODY));
    Router::new()
        .route("/", get(pages::home))
        .route("/search", get(pages::search))
        .route("/story/{id}", get(pages::story))
        .route("/story/{id}/join", post(pages::join))
        .route("/story/{id}/split", post(pages::split))
        .route("/story/{id}/lead", post(pages::lead))
        .route("/stats", get(pages::statistics))
        .route("/manage", get(pages::manage))
        .route("/sign-in", post(pages::sign_in))
        .route("/sign-out", post(pages::sign_out))
        .route("/corrections/{id}/undo", post(pages::undo))
        .route("/feeds", get(pages::subscriptions).post(pages::add))
        .route("/feeds/{name}", get(pages::feed))
        .route("/feeds/{name}/poll", post(pages::poll))
        .route("/feeds/{name}/change", post(pages::change))
        .route("/feeds/{name}/remove", post(pages::remove))
        .route("/style.css", get(pages::style))
        .route("/page.js", get(pages::script))
        .route("/feed.css", get(pages::feed_style))
        .route("/icon.svg", get(pages::icon))
        .route("/feed.atom", get(feeds::atom))
        .route("/feed.rss", get(feeds::rss))
        .route("/feed.json", get(feeds::json))
        .route("/views/{file}", get(pages::view))
        .route("/f/{token}/{file}", get(feeds::shared))
        .route(
            "/opml",
            get(feeds::opml)
                .post(pages::import)
                .layer(DefaultBodyLimit::max(MOST_LIST)),
        )
        .route(
            "/websub/{token}",
            get(websub::confirm)
                .post(websub::deliver)
                .layer(DefaultBodyLimit::max(websub::MOST_BODY)),
        )
        .route("/healthz", get(operate::healthz))
        .route("/readyz", get(operate::readyz))
        .route("/metrics", get(operate::metrics))
        .nest("/api/v1", api)
        .merge(readers)
        .fallback(sync::elsewhere)
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(from_fn_with_state(service.clone(), access::entrance))
        .layer(from_fn_with_state(service.clone(), guard::guard))
        .with_state(service)
}
