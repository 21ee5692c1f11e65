//! Who may import whom, and which library lives where.
//!
//! The order of the modules is the order of the flow; replacing an outside library is a change
//! of one folder. Both are laws of the source text, so the source text is what is read.

use std::fs;
use std::path::{Path, PathBuf};

/// Words first; a module imports only what stands in an earlier group, words each other too.
const ORDER: &[&[&str]] = &[
    &[
        "address", "cadence", "entry", "feed", "query", "reading", "text",
    ],
    &["config"],
    &["schedule"],
    &["fetch"],
    &["parse"],
    &["fold"],
    &["store"],
    &["publish"],
    &["clock"],
    &["refresh"],
    &["http"],
    &["daemon"],
    &["demo"],
    &["cli"],
];

/// Each outside library with the modules that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("ammonia", &["text"]),
    ("html5ever", &["text"]),
    ("anyhow", &["cli", "main"]),
    ("argon2", &["http"]),
    ("askama", &["http"]),
    ("axum", &["http"]),
    ("blake3", &["fold", "http"]),
    ("brotli", &["http"]),
    ("chardetng", &["parse"]),
    ("clap", &["cli", "main"]),
    ("comfy_table", &["cli"]),
    ("cron", &["cadence"]),
    ("encoding_rs", &["parse"]),
    ("feed_rs", &["parse"]),
    ("flate2", &["http", "parse"]),
    ("futures_util", &["fetch"]),
    ("hmac", &["http"]),
    ("hyper", &["fetch", "http"]),
    ("hyper_util", &["http"]),
    ("listenfd", &["http"]),
    ("prometheus_client", &["http"]),
    ("quick_xml", &["publish"]),
    ("reqwest", &["fetch"]),
    ("rusqlite", &["store"]),
    ("smallvec", &["store"]),
    ("rustix", &["store"]),
    ("sd_notify", &["daemon"]),
    ("sha1", &["http"]),
    ("sha2", &["http"]),
    ("terminal_size", &["cli"]),
    ("toml", &["config"]),
    ("zstd", &["store"]),
];

fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let module = inside
                    .components()
                    .next()
                    .unwrap()
                    .as_os_str()
                    .to_str()
                    .unwrap();
                let module = module.trim_end_matches(".rs").to_owned();
                let code = fs::read_to_string(&path).unwrap();
                found.push((module, path.clone(), code));
            }
        }
    }
    assert!(found.len() > 15, "the source was not found");
    found
}

/// Lines of code with their numbers, comments left out.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

/// Names that follow `prefix` in a line: one, or each at the top level of a braced list.
fn names_after<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    let word = |text: &'a str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
    };
    line.match_indices(prefix)
        .flat_map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            match rest.strip_prefix('{') {
                None => word(rest).into_iter().collect::<Vec<_>>(),
                Some(list) => {
                    let mut depth = 0;
                    let mut names = Vec::new();
                    for part in list.split_inclusive([',', '{', '}']) {
                        if depth == 0 {
                            names.extend(word(part.trim_start()));
                        }
                        depth += part.matches('{').count();
                        depth = depth.saturating_sub(part.matches('}').count());
                    }
                    names
                }
            }
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn a_module_imports_only_what_stands_before_it() {
    let place = |module: &str| ORDER.iter().position(|group| group.contains(&module));
    let mut wrong = Vec::new();
    for (module, path, code) in sources() {
        let Some(own) = place(&module) else {
            assert!(
                ["lib", "main"].contains(&module.as_str()),
                "{module} has no place in the order"
            );
            continue;
        };
        for (number, line) in code_lines(&code) {
            // A list over several lines would hide its names from a reader of lines.
            if line.trim_end().ends_with("crate::{") {
                wrong.push(format!(
                    "{}:{number}: one `use crate::` a line, please",
                    path.display()
                ));
            }
            for name in names_after(line, "crate::") {
                let allowed = name == module
                    || place(name).is_some_and(|other| other < own || (own == 0 && other == 0));
                if place(name).is_some() && !allowed {
                    wrong.push(format!(
                        "{}:{number}: {module} imports {name}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "against the flow:\n{}", wrong.join("\n"));
}

#[test]
fn each_outside_library_has_one_home() {
    let mut wrong = Vec::new();
    for (module, path, code) in sources() {
        for (number, line) in code_lines(&code) {
            for (library, homes) in HOMES {
                let named = line.match_indices(library).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    let after = &line[at + library.len()..];
                    !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '"')
                        && after.starts_with("::")
                });
                if named && !homes.contains(&module.as_str()) {
                    wrong.push(format!(
                        "{}:{number}: {module} names {library}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "outside its home:\n{}", wrong.join("\n"));
}

#[test]
fn every_listed_library_is_a_dependency() {
    let manifest = include_str!("../../Cargo.toml").replace('-', "_");
    for (library, _) in HOMES {
        assert!(
            manifest.contains(&format!("\n{library} =")),
            "{library} is no dependency"
        );
    }
}

#[test]
fn the_reader_of_imports_sees_what_is_there() {
    assert_eq!(
        names_after("use crate::store::Store;", "crate::"),
        ["store"]
    );
    assert_eq!(
        names_after("use crate::{fetch::{A, b}, http, text::x};", "crate::"),
        ["fetch", "http", "text"]
    );
}
