//! What may be contacted.

use super::{FEED, guarded};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, document, fault, now, poll, poll_with, settings};
use feedfold::config::Fetch;
use feedfold::feed::{Claim, FaultKind};
use feedfold::fetch::resolve::{Lookup, Resolver};
use feedfold::fetch::{Client, Surroundings};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers each look-up of any name with the next list of addresses; the last one repeats.
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new<A: Copy + Into<IpAddr>>(answers: &[&[A]]) -> Arc<Self> {
        let addresses = |list: &&[A]| list.iter().map(|address| (*address).into()).collect();
        Arc::new(Self {
            answers: answers.iter().map(addresses).collect(),
            asked: AtomicUsize::new(0),
        })
    }
}

impl Resolver for Scripted {
    fn look_up(&self, _: &str) -> Lookup {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(turn).or(self.answers.last()).cloned();
        Box::pin(async { answer.ok_or_else(|| std::io::Error::other("no such name")) })
    }
}

/// A client that asks this resolver.
fn asking(settings: &Fetch, resolver: Arc<Scripted>) -> Client {
    let surroundings = Surroundings {
        resolver,
        ..Surroundings::default()
    };
    Client::within(settings, surroundings).unwrap()
}

fn at(origin: &Origin, host: &str, path: &str) -> Claim {
    claim(format!("http://{host}:{}{path}", origin.port()))
}

const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

#[tokio::test]
async fn rule_51_loopback_is_not_contacted_unless_allowed() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        let fault = fault(poll_with(&Fetch::default(), &at(&origin, host, "/")).await);
        assert_eq!(fault.kind, FaultKind::Refused, "{host}");
        assert!(fault.sentence.contains("allow_networks"), "{fault}");
    }
    assert_eq!(origin.connections(), 0);
    document(poll_with(&guarded(&["127.0.0.0/8"]), &at(&origin, "127.0.0.1", "/")).await);
    document(poll_with(&guarded(&["127.0.0.0/8"]), &at(&origin, "localhost", "/")).await);
    document(poll_with(&guarded(&["localhost"]), &at(&origin, "localhost", "/")).await);
    let elsewhere = guarded(&["10.0.0.0/8", "nas.example"]);
    let other = poll_with(&elsewhere, &at(&origin, "127.0.0.1", "/")).await;
    assert_eq!(fault(other).kind, FaultKind::Refused);
}

#[tokio::test]
async fn rule_51_names_are_judged_by_what_they_resolve_to() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    let client = |exceptions: &[&str], answers: &[&[Ipv4Addr]]| {
        asking(&guarded(exceptions), Scripted::new(answers))
    };
    let claim = at(&origin, "feeds.example", "/");
    let refused = client(&[], &[&[HOME]]).get(&claim, now()).await;
    let fault = fault(refused);
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(
        fault.sentence.contains("feeds.example (127.0.0.1)"),
        "{fault}"
    );
    assert_eq!(origin.connections(), 0);
    // By name, by network, and only the allowed ones of several addresses.
    document(
        client(&["feeds.example"], &[&[HOME]])
            .get(&claim, now())
            .await,
    );
    document(client(&["127.0.0.1"], &[&[HOME]]).get(&claim, now()).await);
    document(
        client(&["127.0.0.1"], &[&[ELSEWHERE, HOME]])
            .get(&claim, now())
            .await,
    );
}

#[tokio::test]
async fn rule_50_addresses_that_are_dead_are_passed_over() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    let home = IpAddr::from(HOME);
    let claim = at(&origin, "feeds.example", "/");
    for dead in [
        // Nobody listens at that port there; where the machine has no IPv6, nobody can.
        IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        IpAddr::from(ELSEWHERE),
    ] {
        for answer in [[dead, home], [home, dead]] {
            let allowed = guarded(&["127.0.0.0/8", "::1/128"]);
            let client = asking(&allowed, Scripted::new(&[&answer]));
            document(client.get(&claim, now()).await);
        }
    }
    assert_eq!(origin.asked("/").len(), 4);
}

#[tokio::test]
async fn rule_51_a_name_that_rebinds_between_two_hops_is_refused() {
    let origin = Origin::start();
    origin.on("/old", Reply::redirect(302, "/new").close());
    origin.on("/new", Reply::feed(FEED));
    let resolver = Scripted::new(&[&[HOME], &[ELSEWHERE]]);
    let client = asking(&guarded(&["127.0.0.1"]), resolver.clone());
    let fault = fault(
        client
            .get(&at(&origin, "feeds.example", "/old"), now())
            .await,
    );
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 2);
    assert_eq!(origin.asked("/new").len(), 0);
}

#[tokio::test]
async fn rule_51_a_redirect_into_the_private_network_is_refused() {
    let (public, private) = (Origin::start(), Origin::start());
    private.otherwise(|_| Reply::feed(FEED));
    let client = asking(&guarded(&["feeds.example"]), Scripted::new(&[&[HOME]]));
    for target in [
        private.url("/"),
        format!("http://localhost:{}/", private.port()),
        format!("http://other.example:{}/", private.port()),
        format!("http://2130706433:{}/", private.port()),
        format!("http://[::ffff:7f00:1]:{}/", private.port()),
        "http://169.254.169.254/latest/meta-data/".into(),
    ] {
        public.on("/feed", Reply::redirect(301, &target));
        let fetched = client
            .get(&at(&public, "feeds.example", "/feed"), now())
            .await;
        assert_eq!(fetched.moved_to, None);
        let fault = fault(fetched);
        assert_eq!(fault.kind, FaultKind::Refused, "{target}: {fault}");
    }
    assert_eq!(private.connections(), 0);
}

#[tokio::test]
async fn rule_53_every_notation_of_loopback_is_refused() {
    let origin = Origin::start();
    for host in [
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "127.0.0.1.",
        "[::127.0.0.1]",
    ] {
        let fault = fault(poll_with(&Fetch::default(), &at(&origin, host, "/")).await);
        assert_eq!(fault.kind, FaultKind::Refused, "{host}: {fault}");
    }
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn rule_54_only_web_addresses_are_fetched() {
    for url in [
        "file:///etc/passwd",
        "ftp://feeds.example/",
        "javascript:1",
        "not an address",
        "",
    ] {
        let fault = fault(poll(&claim(url)).await);
        assert_eq!(fault.kind, FaultKind::Refused, "{url}");
    }
}

#[tokio::test]
async fn rule_49_a_name_without_an_address_is_an_error() {
    for answers in [&[] as &[&[Ipv4Addr]], &[&[]]] {
        let client = asking(&settings(), Scripted::new(answers));
        let fault = fault(client.get(&claim("http://feeds.example/"), now()).await);
        assert_eq!(fault.kind, FaultKind::Unreachable);
        assert!(fault.sentence.contains("name feeds.example"), "{fault}");
    }
}
