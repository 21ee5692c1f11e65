//! Reader apps: the Google Reader API and the Fever API, from transcripts of what apps send. Tests
//! of a numbered rule of the protocol have its number in their name.

mod accounts;
mod fever;
mod items;
mod marks;
mod streams;
mod subscriptions;

use crate::support::server::{Answer, Server, item, start};
use chrono::TimeDelta;
use feedfold::config::{Config, ReaderSync};
use serde_json::Value;

const PASSWORD: &str = "open sesame";
const READING_LIST: &str = "user/-/state/com.google/reading-list";
const READ: &str = "user/-/state/com.google/read";
const STARRED: &str = "user/-/state/com.google/starred";
const KEPT: &str = "user/-/state/com.google/kept-unread";

/// Texts without a word in common, so that none folds with another.
const TOLD: [(&str, &str); 6] = [
    (
        "Harbour ferry runs on seawater batteries",
        "The island ferry crossed the sound with cells that take sodium out of brine, and the shipyard has a second hull on order.",
    ),
    (
        "Compiler learns to explain itself",
        "A release of the Marble language prints why it inlined a function, and names which cost model it asked for that.",
    ),
    (
        "Moths navigate by polarised moonlight",
        "Biologists glued filters over eyes of hawk moths and watched them turn in circles, settling an old question.",
    ),
    (
        "Payroll firm left wages in an open bucket",
        "Salaries of forty thousand teachers lay readable for anyone until a pupil told the newspaper about it.",
    ),
    (
        "Chess engine refuses a draw",
        "In round nine the program declined repetition, lost two pawns, then won a queen ending called level.",
    ),
    (
        "Quantum clock drifts by one tick",
        "Metrologists in Turku compared strontium lattices through a glass fibre during a whole winter.",
    ),
];

/// A server that lets reader apps in, with two labelled feeds.
struct Reader {
    server: Server,
    auth: String,
}

impl Reader {
    async fn start() -> Self {
        Self::start_with(ReaderSync {
            enabled: true,
            user: "ann".to_owned(),
            password: Some(PASSWORD.to_owned()),
            fever_password: Some("weak one".to_owned()),
            articles: false,
        })
        .await
    }

    async fn start_with(sync: ReaderSync) -> Self {
        let server = Server::start(Config {
            sync,
            ..Config::default()
        })
        .await;
        server
            .subscribe("quay", "The Quay", &["ships", "a/b c+d é"])
            .await;
        server.subscribe("lamp", "The Lamp", &["ships"]).await;
        let mut reader = Self {
            server,
            auth: String::new(),
        };
        reader.auth = reader.log_in("ann").await;
        reader
    }

    async fn log_in(&self, name: &str) -> String {
        let body = form(&[("Email", name), ("Passwd", PASSWORD)]);
        let answer = self.post_bare("/accounts/ClientLogin", &[], &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let line = answer.text().lines().find(|line| line.starts_with("Auth="));
        line.unwrap()["Auth=".len()..].to_owned()
    }

    /// The same server as another identity.
    async fn act_as(&mut self, name: &str) {
        self.auth = self.log_in(name).await;
    }

    fn header(&self) -> String {
        format!("GoogleLogin auth={}", self.auth)
    }

    async fn get(&self, endpoint: &str) -> Answer {
        let path = format!("/reader/api/0/{endpoint}");
        self.server
            .get_with(&path, &[("authorization", &self.header())])
            .await
    }

    async fn json(&self, endpoint: &str) -> Value {
        let answer = self.get(endpoint).await;
        assert_eq!(answer.status, 200, "{endpoint}: {}", answer.text());
        answer.json()
    }

    async fn post(&self, endpoint: &str, pairs: &[(&str, &str)]) -> Answer {
        let path = format!("/reader/api/0/{endpoint}");
        let header = self.header();
        self.post_bare(&path, &[("authorization", &header)], &form(pairs))
            .await
    }

    async fn post_bare(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.server.ask("POST", path, &all, body).await
    }

    /// A change that must be answered with exactly `OK`.
    async fn change(&self, endpoint: &str, pairs: &[(&str, &str)]) {
        let answer = self.post(endpoint, pairs).await;
        assert_eq!((answer.status, answer.text()), (200, "OK"), "{endpoint}");
    }

    /// So many different stories, a minute apart, from the two feeds in turn.
    async fn fill(&self, count: usize) {
        for number in 0..count {
            let feed = ["quay", "lamp"][number % 2];
            let (title, text) = TOLD[number];
            let link = format!("https://{feed}.example/{number}");
            // The later it arrives, the older it says it is.
            let dated = start() - TimeDelta::hours(i64::try_from(number).unwrap());
            self.server
                .poll(
                    feed,
                    vec![item(title, &link, Some(dated), &format!("<p>{text}</p>"))],
                )
                .await;
            self.pass(1);
        }
    }

    fn pass(&self, minutes: i64) {
        let clock = &self.server.clock;
        clock.turn_to(clock.now() + TimeDelta::minutes(minutes));
    }

    /// The identifiers of a stream, as `stream/items/ids` lists them.
    async fn ids(&self, parameters: &str) -> Vec<String> {
        let listed = self
            .json(&format!("stream/items/ids?output=json&n=1000&{parameters}"))
            .await;
        let ids = listed["itemRefs"].as_array().unwrap().iter();
        ids.map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn unread(&self) -> Vec<String> {
        self.ids(&format!("s={READING_LIST}&xt={READ}")).await
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
