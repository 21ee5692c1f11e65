//! One binary for all tests that go through public interfaces; a module a capability.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]
#![allow(missing_docs, unreachable_pub)]

mod access;
mod api;
mod bridges;
mod broken_feeds;
mod commands;
mod conditional_get;
mod config;
mod corrections;
mod damage;
mod demo;
mod demo_folding;
mod docs;
mod encodings;
mod evaluation;
#[cfg(target_os = "linux")]
mod failing_disk;
mod faults;
mod folding;
mod formats;
mod founding_example;
mod full_disk;
mod furniture;
mod fuzz;
mod hard_days;
mod hostile_servers;
mod layers;
mod merged_feed;
mod metrics;
mod operation;
mod opml;
mod pages;
mod paging;
mod polite;
mod polling;
mod ranking;
mod reading;
mod refold;
mod removal;
mod rules;
mod schedule;
mod search;
mod service;
mod store;
mod stored_databases;
mod support;
mod sync;
mod tables;
mod unchanged;
mod upgrade;
mod waiting_clients;
mod websub;
