//! Certificates, and the step down from TLS.

use super::FEED;
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, document, fault, now, poll, settings};
use feedfold::feed::FaultKind;
use feedfold::fetch::{Client, Surroundings};

pub(super) fn certificate(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// A client that trusts the authority of the tests.
pub(super) fn trusting() -> Client {
    let surroundings = Surroundings {
        authorities: certificate("authority"),
        ..Surroundings::default()
    };
    Client::within(&settings(), surroundings).unwrap()
}

#[tokio::test]
async fn rule_46_certificates_are_verified_and_their_faults_told_apart() {
    for (name, client, host, says) in [
        ("good", trusting(), "localhost", None),
        ("good", trusting(), "127.0.0.1", None),
        (
            "good",
            Client::new(&settings()).unwrap(),
            "localhost",
            Some("unknown authority"),
        ),
        ("expired", trusting(), "localhost", Some("has expired")),
        ("early", trusting(), "localhost", Some("not valid yet")),
        ("other-name", trusting(), "localhost", Some("another name")),
    ] {
        let origin = Origin::start_tls(&certificate(name));
        origin.on("/feed", Reply::feed(FEED));
        let fetched = client
            .get(&claim(origin.tls_url(host, "/feed")), now())
            .await;
        match says {
            None => assert_eq!(document(fetched).body, FEED.as_bytes()),
            Some(words) => {
                let fault = fault(fetched);
                assert_eq!(fault.kind, FaultKind::Tls, "{name}: {fault}");
                assert!(fault.sentence.contains(words), "{name}: {fault}");
                assert_eq!(origin.all_asked().len(), 0, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn rule_46_any_certificate_is_taken_only_for_the_feed_that_says_so() {
    let origin = Origin::start_tls(&certificate("expired"));
    origin.on("/feed", Reply::feed(FEED));
    let client = Client::new(&settings()).unwrap();
    let strict = claim(origin.tls_url("localhost", "/feed"));
    let mut lax = strict.clone();
    lax.feed
        .subscription
        .request
        .insecure_accept_any_certificate = true;
    document(client.get(&lax, now()).await);
    assert_eq!(fault(client.get(&strict, now()).await).kind, FaultKind::Tls);
    document(client.get(&lax, now()).await);
    // One that was kept for the careless feed, and one that the careful feed did not trust.
    assert_eq!(origin.connections(), 2);
}

#[tokio::test]
async fn rule_46_a_server_without_tls_is_told_apart() {
    let origin = Origin::start();
    let fault = fault(poll(&claim(origin.tls_url("localhost", "/"))).await);
    assert_eq!(fault.kind, FaultKind::Tls);
    assert!(fault.sentence.contains("http://"), "{fault}");
}

#[tokio::test]
async fn rule_13_a_permanent_step_down_from_https_is_followed_and_never_proposed() {
    let secure = Origin::start_tls(&certificate("good"));
    let plain = Origin::start();
    plain.on("/feed", Reply::feed(FEED));
    secure.on("/down", Reply::redirect(301, &plain.url("/feed")));
    plain.on(
        "/up",
        Reply::redirect(301, &secure.tls_url("localhost", "/feed")),
    );
    secure.on("/feed", Reply::feed(FEED));
    let client = trusting();
    let down = claim(secure.tls_url("localhost", "/down"));
    let fetched = client.get(&down, now()).await;
    assert_eq!(fetched.moved_to, None);
    document(fetched);
    let fetched = client.get(&claim(plain.url("/up")), now()).await;
    assert_eq!(fetched.moved_to.unwrap().url().scheme(), "https");
}
