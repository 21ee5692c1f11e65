//! Disks that are full, that can only be read, or that fail: what was stored stays readable, the
//! reason is told in a sentence, and what could not be stored comes with the next poll.

use crate::support::app::at;
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::{Place, Ran};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Entries of a document: some hundred kilobytes of them, which compress badly.
const ENTRIES: usize = 60;

/// A document of its own for each round; `round` counts from 0.
fn document(round: usize) -> String {
    let mut state = 0x9E37_79B9_u64.wrapping_add(round as u64);
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(7);
        format!("{:x}", state >> 20)
    };
    let entries: Vec<_> = (0..ENTRIES)
        .map(|number| {
            let title = format!("Round {round} brings {} to pier {number}", word());
            let text: Vec<String> = (0..300).map(|_| word()).collect();
            let text = format!("<p>{}</p>", text.join(" "));
            post(
                "pier.example",
                &format!("r{round}-{number}"),
                &title,
                &text,
                at("09:00"),
            )
        })
        .collect();
    rss("The Pier", "pier.example", &entries)
}

/// A feed whose document is that of the present round, and a place that subscribes to it.
fn subscribed() -> (Origin, Arc<AtomicUsize>, Place) {
    let origin = Origin::start();
    let round = Arc::new(AtomicUsize::new(0));
    let present = Arc::clone(&round);
    origin.on_asked("/feed", move |_| {
        Reply::feed(document(present.load(Ordering::SeqCst)))
    });
    let url = origin.url("/feed");
    let place = Place::with(&format!("[[feeds]]\nname = \"pier\"\nurl = \"{url}\"\n"));
    (origin, round, place)
}

/// What `feedfold` printed in a script under a name.
fn told(place: &Place, name: &str) -> Ran {
    let read = |end: &str| {
        let path = place.path().join(format!("{name}.{end}"));
        std::fs::read_to_string(path).unwrap_or_default()
    };
    Ran {
        code: read("code").trim().parse().unwrap_or(-2),
        out: read("out"),
        err: read("err"),
    }
}

/// Runs a script in the place's folder. `run NAME ARGUMENTS…` in it runs the program on a database
/// at `disk/feedfold.db`, and keeps what it prints for [`told`]. `false` where the first line of the
/// script, which prepares the place, was refused by the system.
fn script(place: &Place, launcher: &[&str], prepare: &str, steps: &str) -> bool {
    std::fs::create_dir_all(place.path().join("disk")).unwrap();
    let text = format!(
        "{prepare} || exit 77\n\
         run() {{ name=$1; shift; \"$FEEDFOLD\" --database disk/feedfold.db \"$@\" \
         >\"$name.out\" 2>\"$name.err\"; echo $? >\"$name.code\"; }}\n{steps}\n"
    );
    let mut arguments = launcher.to_vec();
    arguments.extend(["sh", "-c", &text]);
    let ran = Command::new(arguments[0])
        .args(&arguments[1..])
        .current_dir(place.path())
        .env("FEEDFOLD", env!("CARGO_BIN_EXE_feedfold"))
        .env("FEEDFOLD_CONFIG", place.config())
        .env("TZ", "UTC0")
        .output();
    match ran.map(|ran| (ran.status.code(), ran.stderr)) {
        Ok((Some(0), _)) => true,
        // No user namespaces here, or none for us.
        Ok((Some(77 | 1), _)) | Err(_) => {
            eprintln!("the system refused to mount: not tried");
            false
        }
        Ok((code, stderr)) => panic!("{code:?}: {}", String::from_utf8_lossy(&stderr)),
    }
}

fn entries(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// One line for people that names the database and says what to do.
fn assert_sentence(ran: &Ran, words: &[&str]) {
    assert_ne!(ran.code, 0, "{}", ran.out);
    let told = format!("{}{}", ran.out, ran.err).to_lowercase();
    assert!(words.iter().any(|word| told.contains(word)), "{told}");
    for rust in ["panicked", "error {", "some(", "sqlitefailure"] {
        assert!(!told.contains(rust), "{told}");
    }
}

const MOUNTED: [&str; 3] = ["unshare", "--map-root-user", "--mount"];

#[test]
fn a_full_disk_is_told_and_what_did_not_fit_comes_later() {
    let (_origin, round, place) = subscribed();
    // The origin's next round begins when the script says so.
    let turned = Arc::clone(&round);
    let flag = place.path().join("round-1");
    let watcher = std::thread::spawn(move || turn_when(&flag, &turned));
    let tried = script(
        &place,
        &MOUNTED,
        "mount -t tmpfs -o size=8m none disk",
        "run first fetch --all\n\
         touch round-1; while [ -e round-1 ]; do sleep 0.01; done\n\
         dd if=/dev/zero of=disk/ballast bs=4096 2>/dev/null\n\
         run full fetch --all\nrun old query --json --limit 1000\nrun verify db verify\n\
         rm disk/ballast\nrun later fetch --all\nrun all query --json --limit 1000\n\
         run clean db verify",
    );
    std::fs::write(place.path().join("round-1"), "").unwrap();
    watcher.join().unwrap();
    if !tried {
        return;
    }
    assert_eq!(told(&place, "first").code, 0);
    assert_sentence(&told(&place, "full"), &["full", "space"]);
    assert_eq!(entries(&told(&place, "old")).len(), ENTRIES);
    assert_eq!(
        told(&place, "verify").code,
        0,
        "{}",
        told(&place, "verify").out
    );
    assert_eq!(
        told(&place, "later").code,
        0,
        "{}",
        told(&place, "later").err
    );
    assert_eq!(entries(&told(&place, "all")).len(), 2 * ENTRIES);
    assert_eq!(told(&place, "clean").code, 0);
}

/// Begins the next round when a file appears, and takes it away.
fn turn_when(flag: &Path, round: &AtomicUsize) {
    while !flag.exists() {
        std::thread::yield_now();
    }
    round.fetch_add(1, Ordering::SeqCst);
    let _ = std::fs::remove_file(flag);
}

#[test]
fn a_disk_that_can_only_be_read_is_read() {
    let (_origin, _round, place) = subscribed();
    let tried = script(
        &place,
        &MOUNTED,
        "mount -t tmpfs -o size=16m none disk",
        "run first fetch --all\nmount -o remount,ro disk\n\
         run old query --json --limit 1000\nrun story story 1 --json\n\
         run refused fetch --all\nrun verify db verify",
    );
    if !tried {
        return;
    }
    assert_eq!(entries(&told(&place, "old")).len(), ENTRIES);
    assert_eq!(
        told(&place, "story").code,
        0,
        "{}",
        told(&place, "story").err
    );
    assert_sentence(&told(&place, "refused"), &["only be read"]);
    assert_eq!(
        told(&place, "verify").code,
        0,
        "{}",
        told(&place, "verify").err
    );
}

#[test]
fn a_write_that_fails_loses_nothing_that_was_there() {
    let (_origin, round, place) = subscribed();
    // Writing past a size fails as a broken disk does, for whoever isn't killed by the signal.
    let failing = |blocks: usize, name: &str| {
        let prepare = format!("trap '' XFSZ && ulimit -f {blocks}");
        assert!(script(
            &place,
            &["env"],
            &prepare,
            &format!("run {name} fetch --all")
        ));
    };
    assert!(script(&place, &["env"], "true", "run first fetch --all"));
    assert_eq!(told(&place, "first").code, 0);
    round.fetch_add(1, Ordering::SeqCst);
    // In blocks of half a kibibyte or a whole one: at the first pages and somewhere in the middle.
    for blocks in [8, 64, 100, 200] {
        failing(blocks, "failed");
        assert_sentence(&told(&place, "failed"), &["disk", "written", "write"]);
        assert!(script(
            &place,
            &["env"],
            "true",
            "run old query --json --limit 1000\nrun verify db verify"
        ));
        assert_eq!(entries(&told(&place, "old")).len(), ENTRIES, "{blocks}");
        assert_eq!(told(&place, "verify").code, 0, "{blocks}");
    }
    assert!(script(
        &place,
        &["env"],
        "true",
        "run later fetch --all\nrun all query --json --limit 1000\nrun clean db verify"
    ));
    assert_eq!(entries(&told(&place, "all")).len(), 2 * ENTRIES);
    assert_eq!(told(&place, "clean").code, 0);
}
