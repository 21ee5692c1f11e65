//! A real browser before a running feedfold, and an eye on all that it asks for and complains about.
//!
//! `.ci/browser` sets what these tests need: `FEEDFOLD`, the program, and `AXE`, the script of
//! axe-core. Everything stays on this machine's loopback.

mod demo;
mod outlet;
mod sight;

pub use demo::{Demo, TOKEN};
pub use outlet::Outlet;
pub use sight::Sight;

use std::net::TcpListener;

/// A port of the loopback interface that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has free ports");
    listener.local_addr().expect("it is bound").port()
}
