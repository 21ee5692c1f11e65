//! The program: parse arguments, run, print one line on failure, exit.
#![forbid(unsafe_code)]

fn main() {}
