//! What the fuzz targets check, over seeds: every target runs in the plain tests too.

#[path = "../../fuzz/checks.rs"]
mod checks;

use std::fs;
use std::path::{Path, PathBuf};

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 11] = [
    ("feed", checks::feed),
    ("labelled", checks::labelled),
    ("html", checks::html),
    ("dates", checks::dates),
    ("address", checks::address),
    ("opml", checks::opml),
    ("query", checks::query),
    ("config", checks::config),
    ("cadence", checks::cadence),
    ("headers", checks::headers),
    ("requests", checks::requests),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_seed_holds_whole_and_cut() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, check) in TARGETS {
        let seeds = files(&root.join("tests/data/fuzz").join(name));
        assert!(seeds.len() >= 2, "{name} has seeds");
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            check(&bytes);
            // Cut in many places, and with a byte that means nothing in most encodings.
            for end in (0..bytes.len()).step_by(1 + bytes.len() / 40) {
                check(&bytes[..end]);
                let mut spoilt = bytes.clone();
                spoilt[end] ^= 0xA5;
                check(&spoilt);
            }
        }
    }
    for document in files(&root.join("tests/data/feeds")) {
        if document.is_file() {
            checks::feed(&fs::read(document).unwrap());
        }
    }
}

#[test]
fn every_target_is_run_here_and_has_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs: Vec<String> = files(&root.join("fuzz/fuzz_targets"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut here: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    programs.sort();
    here.sort();
    assert_eq!(programs, here);
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    assert!(
        here.iter()
            .all(|name| manifest.contains(&format!("name = \"{name}\"")))
    );
}
