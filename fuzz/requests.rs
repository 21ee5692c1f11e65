//! A server with a few stories that is asked whatever a reader app, or somebody who is none, may
//! send: without a network, so that hundreds of requests are answered in a second.

use super::now;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use feedfold::clock::Clock;
use feedfold::config::{Config, ReaderSync};
use feedfold::feed::{Origin, RequestSettings, Subscription};
use feedfold::http::{self, Service};
use feedfold::store::Store;
use std::cell::RefCell;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tower_service::Service as _;

/// Requests change what is stored; after so many a new server begins.
const REQUESTS: u32 = 2_000;
/// Largest answer that is looked at, in bytes.
const LONGEST: usize = 16 << 20;

/// A server, and what lets its one account in.
struct Server {
    runtime: Runtime,
    router: Router,
    authorization: HeaderValue,
    /// What changes ask for.
    token: String,
    left: u32,
    /// Orders to the scheduler go nowhere.
    _orders: mpsc::Receiver<http::Command>,
}

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

impl Server {
    fn start() -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        let (commands, orders) = mpsc::channel(4);
        let config = Config {
            sync: ReaderSync {
                enabled: true,
                user: "ann".to_owned(),
                password: Some("quay".to_owned()),
                fever_password: Some("quay".to_owned()),
                articles: false,
            },
            ..Config::default()
        };
        let store = Store::in_memory().ok()?;
        runtime.block_on(async {
            for name in ["quay", "lamp"] {
                store.add_feed(subscription(name), now()).await.ok()?;
            }
            Some(())
        })?;
        let clock = Clock::manual(now());
        let router = http::router(Service::new(store, config, clock, commands));
        let mut server = Self {
            runtime,
            router,
            authorization: HeaderValue::from_static(""),
            token: String::new(),
            left: REQUESTS,
            _orders: orders,
        };
        let login = "GET /accounts/ClientLogin?Email=ann&Passwd=quay";
        let answer = server.text(login.as_bytes());
        let secret = answer.lines().find_map(|line| line.strip_prefix("Auth="))?;
        server.authorization = HeaderValue::from_str(&format!("GoogleLogin auth={secret}")).ok()?;
        let token = server.text(b"GET /reader/api/0/token");
        server.token = token.trim().to_owned();
        Some(server)
    }

    fn text(&mut self, request: &[u8]) -> String {
        let (_, _, body) = request_of(request, self)
            .map(|request| self.answer(request))
            .unwrap_or_default();
        String::from_utf8_lossy(&body).into_owned()
    }

    fn answer(&mut self, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
        let mut router = self.router.clone();
        self.runtime.block_on(async {
            let Ok(answer) = router.call(request).await;
            let (head, body) = answer.into_parts();
            let kind = head.headers.get(header::CONTENT_TYPE);
            let kind = kind.map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
            // What is compressed does not read as what it is.
            let kind = kind.filter(|_| !head.headers.contains_key(header::CONTENT_ENCODING));
            let body = to_bytes(body, LONGEST).await.unwrap_or_default();
            (head.status, kind.unwrap_or_default(), body.to_vec())
        })
    }
}

fn subscription(name: &str) -> Subscription {
    Subscription {
        name: name.to_owned(),
        url: format!("https://{name}.example/feed.xml"),
        title: None,
        tags: vec!["ships".to_owned()],
        schedule: None,
        priority: 0,
        enabled: true,
        origin: Origin::Added,
        request: RequestSettings::default(),
    }
}

/// A request in short: `METHOD TARGET`, header fields line by line, an empty line, the body.
/// `{T}` stands for the token that changes ask for. `None` where no request can be made of it.
fn request_of(bytes: &[u8], server: &Server) -> Option<Request<Body>> {
    let whole = String::from_utf8_lossy(bytes).replace("{T}", &server.token);
    let (head, body) = whole.split_once("\n\n").unwrap_or((&whole, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut request = Request::new(Body::from(body.to_owned()));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = target.parse::<Uri>().ok()?;
    // Looking for feeds asks other servers.
    if target.contains("discover") {
        return None;
    }
    let fields = request.headers_mut();
    if !server.authorization.is_empty() {
        fields.insert(header::AUTHORIZATION, server.authorization.clone());
    }
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    fields.insert(header::CONTENT_TYPE, form);
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        fields.insert(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some(request)
}

/// Whatever is asked has an answer that is no failure of ours, and that reads as what it says it is.
pub fn requests(bytes: &[u8]) {
    SERVER.with_borrow_mut(|kept| {
        if kept.as_ref().is_none_or(|server| server.left == 0) {
            *kept = Server::start();
        }
        let Some(server) = kept else {
            panic!("a server starts");
        };
        server.left -= 1;
        let Some(request) = request_of(bytes, server) else {
            return;
        };
        let (status, kind, body) = server.answer(request);
        assert!(
            status.as_u16() != 500,
            "{}: {}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&body)
        );
        if kind.contains("json") && !kind.contains("ndjson") && !body.is_empty() {
            let read = serde_json::from_slice::<serde_json::Value>(&body);
            assert!(read.is_ok(), "{}", String::from_utf8_lossy(&body));
        }
    });
}
