//! Servers that compress, cut off, stall, lie, garble, bomb, or point into the private network:
//! each costs its own feed one sentence, and nothing else.

mod bodies;
mod networks;
mod stalling;
mod tls;
mod transport;
mod ways;

use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, fault, poll};
use feedfold::config::Fetch;
use feedfold::feed::Fault;

const FEED: &str =
    "<rss version='2.0'><channel><title>A</title><item><guid>1</guid></item></channel></rss>";

/// A feed large enough for several pieces on the wire, and hard to compress.
fn large_feed() -> Vec<u8> {
    let mut seed = 1u32;
    let noise = (0..120_000).map(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (seed >> 24) as u8 % 26
    });
    [FEED.as_bytes(), &noise.collect::<Vec<u8>>()].concat()
}

async fn fault_of(origin: &Origin, reply: Reply) -> Fault {
    origin.on("/feed", reply);
    let fault = fault(poll(&claim(origin.url("/feed"))).await);
    assert!(!fault.sentence.contains(char::is_control), "{fault}");
    assert!(fault.sentence.len() < 400, "{fault}");
    fault
}

/// Settings that let only these private addresses through.
fn guarded(exceptions: &[&str]) -> Fetch {
    Fetch {
        allow_networks: exceptions.iter().map(|text| (*text).to_owned()).collect(),
        ..Fetch::default()
    }
}
