//! Header fields of an answer.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code)] // each target runs one of them
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::headers(bytes));
