//! Servers that take a connection and then say nothing, or stop in the middle.

use super::{FEED, large_feed};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, now, settings};
use chrono::TimeDelta;
use feedfold::clock::Clock;
use feedfold::config::{self, Config, Fetch};
use feedfold::fetch::{Client, Held};
use feedfold::refresh::{Refresher, Wave};
use feedfold::store::Store;
use std::path::Path;
use std::time::Duration;

/// A wave over feeds of these origins, each a host of its own, with two places.
async fn wave(origins: &[Origin], clock: &Clock) -> Wave {
    wave_with("", origins, clock).await.0
}

/// The same with other keys of `[fetch]`, and its store.
async fn wave_with(keys: &str, origins: &[Origin], clock: &Clock) -> (Wave, Store) {
    let store = Store::in_memory().unwrap();
    let feeds = configuration(keys, origins).feeds;
    store.sync_feeds(feeds, clock.now()).await.unwrap();
    let mut wave = wave_over(&store, keys, origins, clock);
    wave.add_regardless(store.enabled(None).await.unwrap());
    (wave, store)
}

/// A wave over a store, with nothing to do yet.
fn wave_over(store: &Store, keys: &str, origins: &[Origin], clock: &Clock) -> Wave {
    let config = configuration(keys, origins);
    Wave::new(Refresher::new(store.clone(), &config, clock.clone()).unwrap())
}

fn configuration(keys: &str, origins: &[Origin]) -> Config {
    let feeds: String = origins
        .iter()
        .enumerate()
        .map(|(number, origin)| {
            let url = origin.url("/feed");
            format!("[[feeds]]\nname = \"feed-{number:02}\"\nurl = \"{url}\"\n")
        })
        .collect();
    let text = format!("[fetch]\nallow_private_networks = true\nconcurrency = 2\n{keys}{feeds}");
    config::parse(&text, "feedfold.toml", Path::new("/")).unwrap()
}

fn silent() -> Origin {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::silence());
    origin
}

fn good() -> Origin {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::feed(FEED));
    origin
}

#[tokio::test]
async fn rule_45_more_stalling_hosts_than_places_hold_up_the_others_for_seconds() {
    let mut origins: Vec<Origin> = (0..10).map(|_| silent()).collect();
    origins.extend((0..4).map(|_| good()));
    let clock = Clock::manual(now());
    let mut wave = wave(&origins, &clock).await;
    let mut done = 0;
    let mut turns = 0;
    while done < 4 {
        wave.start().await.unwrap();
        let running = wave.running();
        let waiting = wave.waiting();
        match wave.again_at() {
            // Two places, both held by servers that say nothing: they keep them for two seconds.
            Some(again_at) if waiting > 0 => {
                assert!(again_at > clock.now() && again_at - clock.now() <= TimeDelta::seconds(2));
                assert!(running <= 16);
                turns += 1;
                clock.turn_to(again_at);
            }
            _ => {
                let report = wave.ended().await.unwrap();
                assert_eq!(report.new, 1, "{report:?}");
                done += 1;
            }
        }
        assert!(turns <= 6, "ten servers at two places take five turns");
    }
    assert_eq!(
        wave.running(),
        10,
        "the silent ones run on to their deadline"
    );
}

#[tokio::test]
async fn rule_45_where_servers_answer_at_once_those_that_stall_lose_their_places_soon() {
    let mut origins: Vec<Origin> = (0..2).map(|_| good()).collect();
    origins.extend((0..10).map(|_| silent()));
    origins.extend((0..4).map(|_| good()));
    let clock = Clock::manual(now());
    let mut wave = wave(&origins, &clock).await;
    let mut done = 0;
    while done < 6 {
        wave.start().await.unwrap();
        match wave.again_at() {
            Some(again_at) if wave.waiting() > 0 && done >= 2 => clock.turn_to(again_at),
            _ => {
                let report = wave.ended().await.unwrap();
                assert_eq!(report.new, 1, "{report:?}");
                done += 1;
            }
        }
    }
    assert!(
        clock.now() - now() <= TimeDelta::seconds(1),
        "a tenth of a second for each of the ten"
    );
}

#[tokio::test]
async fn rule_45_feeds_that_stalled_before_hold_up_nobody() {
    let mut origins: Vec<Origin> = (0..10).map(|_| silent()).collect();
    origins.extend((0..4).map(|_| good()));
    let clock = Clock::manual(now());
    let keys = "timeout = \"200ms\"\n";
    let (mut first, store) = wave_with(keys, &origins, &clock).await;
    while first.running() > 0 || first.waiting() > 0 {
        first.start().await.unwrap();
        if let Some(again_at) = first.again_at() {
            clock.turn_to(again_at);
        }
        first.ended().await.unwrap();
    }
    // The clock stands still: no place is given up for time.
    let mut second = wave_over(&store, "", &origins, &clock);
    second.add_regardless(store.enabled(None).await.unwrap());
    for _ in 0..4 {
        second.start().await.unwrap();
        let report = second.ended().await.unwrap();
        assert_eq!(report.error, None, "{report:?}");
    }
    assert_eq!(second.running(), 10);
}

#[tokio::test]
async fn rule_45_an_exchange_tells_what_it_holds() {
    let origin = Origin::start();
    let large = format!("{}{}", "<rss><channel>", " ".repeat(200_000));
    origin.on("/silent", Reply::silence());
    origin.on("/plain", Reply::feed(large).stall_after(150_000));
    origin.on(
        "/packed",
        Reply::feed(large_feed()).gzip().stall_after(2_000),
    );
    let short = Fetch {
        timeout: Duration::from_millis(600),
        ..settings()
    };
    let client = Client::new(&short).unwrap();
    let held = async |path: &str| {
        let held = Held::default();
        let fetched = client
            .get_watched(&claim(origin.url(path)), now(), &held, &mut None)
            .await;
        assert!(fetched.answer.is_err(), "{path}");
        held.bytes()
    };
    assert_eq!(held("/silent").await, 0);
    let plain = held("/plain").await;
    assert!((100_000..=150_000).contains(&plain), "{plain}");
    assert_eq!(
        held("/packed").await,
        u64::MAX,
        "nobody knows what is in it"
    );
}
