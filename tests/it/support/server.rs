//! The HTTP server on a free port of the loopback interface, without a scheduler.

use chrono::TimeDelta;
use feedfold::address::Address;
use feedfold::clock::Clock;
use feedfold::config::{self, Config};
use feedfold::entry::Item;
use feedfold::feed::{Fault, Health, Origin, Pace, RequestSettings, Subscription, Timestamp};
use feedfold::fold::{self, FeedContext};
use feedfold::http::{self, Command, Service};
use feedfold::schedule::Next;
use feedfold::store::{self, Content, PollRecord, Store};
use feedfold::text::{Plain, SafeHtml};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

/// A running server; dropping it ends it.
pub struct Server {
    pub url: String,
    pub store: Store,
    pub service: Service,
    pub clock: Clock,
    pub orders: mpsc::Receiver<Command>,
    client: reqwest::Client,
    _stop: DropGuard,
}

/// An answer, with its body as received.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The moment at which the tests' clocks start.
pub fn start() -> Timestamp {
    moment("2026-11-20T08:00:00Z")
}

/// An entry as a parser gives it.
pub fn item(title: &str, link: &str, published: Option<Timestamp>, html: &str) -> Item {
    Item {
        guid: Some(link.to_owned()),
        link: Some(Address::parse(link).unwrap()),
        title: Plain::new(title),
        published,
        content: Some(SafeHtml::clean(html, None)),
        ..Item::default()
    }
}

impl Server {
    /// A server with an empty database.
    pub async fn start(config: Config) -> Self {
        let clock = Clock::manual(start());
        let store = Store::in_memory().unwrap();
        let (commands, orders) = mpsc::channel(4);
        let config = Config {
            server: config::Server {
                public_url: "https://news.example".to_owned(),
                ..config.server.clone()
            },
            ..config
        };
        let service = Service::new(store.clone(), config, clock.clone(), commands);
        let listener = http::listen("127.0.0.1:0").await.unwrap();
        let url = listener.address();
        let stop = CancellationToken::new();
        tokio::spawn(http::serve(listener, service.clone(), stop.clone()));
        Self {
            url,
            store,
            service,
            clock,
            orders,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _stop: stop.drop_guard(),
        }
    }

    /// Subscribes to a feed of an invented outlet.
    pub async fn subscribe(&self, name: &str, title: &str, tags: &[&str]) {
        let subscription = Subscription {
            name: name.to_owned(),
            url: format!("https://{name}.example/feed.xml"),
            title: Some(title.to_owned()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            schedule: None,
            priority: 0,
            enabled: true,
            origin: Origin::Added,
            request: RequestSettings::default(),
        };
        self.store
            .add_feed(subscription, self.clock.now())
            .await
            .unwrap();
    }

    /// Asks with a method, header fields and a body.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    /// GET with header fields.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, "").await
    }

    /// GET without following a redirect.
    pub async fn get_unfollowed(&self, path: &str) -> Answer {
        self.ask_once("GET", path, &[], "").await
    }

    /// Submits a form as a browser does, without following the redirect.
    pub async fn submit(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = headers.iter().copied().chain([form]).collect();
        self.ask_once("POST", path, &headers, body).await
    }

    async fn ask_once(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = client
            .request(method, format!("{}{path}", self.url))
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Records a poll of `feed` at the clock's moment that brought `items`.
    pub async fn poll(&self, feed: &str, items: Vec<Item>) {
        self.record(feed, Ok(items)).await;
    }

    /// Records a poll of `feed` that failed.
    pub async fn fail(&self, feed: &str, fault: Fault) {
        self.record(feed, Err(fault)).await;
    }

    async fn record(&self, feed: &str, items: Result<Vec<Item>, Fault>) {
        let now = self.clock.now();
        let names = Some(vec![feed.to_owned()]);
        let lease = Duration::from_secs(60);
        let mut claims = self.store.claim_named(names, now, lease).await.unwrap();
        let claim = claims.remove(0);
        let context = FeedContext {
            feed: claim.feed.id,
            name: feed.to_owned(),
            title: claim.feed.outlet().to_owned(),
            hosts: vec![format!("{feed}.example")],
            priority: 0,
        };
        let health = match &items {
            Ok(_) => Health {
                last_poll: Some(now),
                last_success: Some(now),
                ..Health::default()
            },
            Err(fault) => Health {
                failures: 1,
                last_error: Some(fault.clone()),
                last_poll: Some(now),
                ..claim.feed.health.clone()
            },
        };
        let record = PollRecord {
            at: now,
            status: Some(200),
            duration: Duration::from_millis(5),
            bytes: 0,
            content: items.ok().map(|items| Content {
                facts: claim.feed.facts.clone(),
                items: store::pack(
                    items
                        .into_iter()
                        .map(|item| fold::prepare(item, &context))
                        .collect(),
                    now,
                )
                .unwrap(),
                context,
                unchanged: Vec::new(),
                delta: false,
            }),
            validators: None,
            moved_to: None,
            fold: config::Fold::default(),
            newcomer_items: 3,
            plan: Box::new(move |_| Next {
                health,
                pace: Pace::default(),
                next_due: Some(now + TimeDelta::hours(1)),
                pause: None,
            }),
            claim,
        };
        assert!(self.store.record(record).await.unwrap().stored);
    }
}
