# Verbs for people. The gate is .ci/run; everything else is plain cargo.

# What there is.
default:
    @just --list

# The whole program on invented news, without a network.
demo *args:
    cargo run --release -- demo {{args}}

# The daemon with the shipped configuration.
serve *args:
    cargo run --release -- --config config/feedfold.toml serve {{args}}

# All tests, or those whose names contain something.
test *filter:
    cargo test {{filter}}

# Format, lint, test, build: what must pass before anything is merged.
check:
    .ci/run

# The web page in a real browser.
browser:
    .ci/browser

# Licences, advisories, sources of what is built in.
deny:
    cargo deny check

# Format everything.
format:
    cargo fmt --all

# Look at changed snapshots one after the other.
snapshots:
    cargo insta review

# Measure.
bench *filter:
    cargo bench {{filter}}

# Fuzz one of fuzz/fuzz_targets; needs cargo-fuzz.
fuzz target *args:
    mkdir -p fuzz/corpus/{{target}}
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{target}} fuzz/corpus/{{target}} tests/data/fuzz/{{target}} {{args}}

# The documentation of the library, with private items.
docs:
    cargo doc --no-deps --document-private-items --open
