//! Measuring folds beside labels.

use crate::support::program::Place;

/// Six entries in three stories that nobody can doubt: by equal addresses.
const ENTRIES: &str = r#"{"id":1,"source":"Quay","url":"https://quay.example/a","title":"Ferry timetable moves to summer hours","published":"2026-11-23T08:00:00Z"}
{"id":2,"source":"Mole","url":"https://quay.example/a?utm_source=x","title":"Ferries sail longer","published":"2026-11-23T08:10:00Z"}
{"id":3,"source":"Quay","url":"https://quay.example/b","title":"Orchard blight reaches the northern valleys","published":"2026-11-23T08:20:00Z"}
{"id":4,"source":"Mole","url":"https://quay.example/b?utm_source=x","title":"Apples turn brown","published":"2026-11-23T08:30:00Z"}
{"id":5,"source":"Pier","url":"https://quay.example/b?utm_source=y","title":"Cider gets dearer","published":"2026-11-23T08:40:00Z"}
{"id":6,"source":"Pier","url":"https://pier.example/c","title":"Violin found in attic sells at auction","published":"2026-11-23T08:50:00Z"}
"#;

fn place(topic: &str) -> Place {
    let place = Place::with("");
    std::fs::write(place.path().join("entries.jsonl"), ENTRIES).unwrap();
    let gold: Vec<String> = ["a", "a", "a", "b", "b", "b"]
        .iter()
        .zip(1..)
        .map(|(story, id)| format!("{{\"id\":{id},\"story\":\"{story}\"{topic}}}"))
        .collect();
    std::fs::write(place.path().join("gold.jsonl"), gold.join("\n")).unwrap();
    place
}

const EVAL: [&str; 5] = ["eval", "--entries", "entries.jsonl", "--gold", "gold.jsonl"];

fn eval(place: &Place, more: &[&str]) -> Vec<serde_json::Value> {
    place.json(&[&EVAL[..], &["--json"], more].concat())
}

#[track_caller]
fn near(value: &serde_json::Value, wanted: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - wanted).abs() < 1e-9, "{value} is not {wanted}");
}

/// Worked out by hand: stories {1,2} {3,4,5} {6}, events {1,2,3} {4,5,6}.
#[test]
fn the_figures_are_those_worked_out_by_hand() {
    let figures = &eval(&place(""), &[])[0];
    assert_eq!(figures["entries"], 6);
    assert_eq!(figures["gold_stories"], 2);
    assert_eq!(figures["pred_clusters"], 3);
    near(&figures["bcubed"]["P"], (3.0 + 5.0 / 3.0) / 6.0);
    near(&figures["bcubed"]["R"], 5.0 / 9.0);
    near(&figures["pair"]["P"], 0.5);
    near(&figures["pair"]["R"], 1.0 / 3.0);
    near(&figures["fold"]["P"], 1.0 / 3.0);
    near(&figures["fold"]["R"], 0.25);
    near(&figures["fold"]["F05"], 1.25 / 12.0 / (0.25 / 3.0 + 0.25));
    near(&figures["fold"]["lost"], 0.0);
    near(&figures["ari"], 0.4 / 3.4);
    assert_eq!(figures["fold"]["hidden"], 3);
    assert_eq!(figures["fold"]["hideable"], 4);
    assert!(figures["fold"]["P_lenient"].is_null());
    let lenient = &eval(&place(",\"topic\":\"t\""), &[])[0];
    near(&lenient["fold"]["P_lenient"], 1.0);
    near(&lenient["pair"]["P_lenient"], 1.0);
}

#[test]
fn mistakes_are_listed_with_both_headlines() {
    let place = place("");
    let told = eval(&place, &["--show", "9"]);
    let kinds: Vec<(&str, i64, i64)> = told[1..]
        .iter()
        .map(|told| {
            (
                told["mistake"].as_str().unwrap(),
                told["entry"].as_i64().unwrap(),
                told["lead"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(kinds, [("false", 4, 3), ("false", 5, 3), ("missed", 3, 1)]);
    let text = place.run(&[&EVAL[..], &["--show", "1"]].concat());
    assert_eq!(text.code, 0, "{}", text.err);
    for part in [
        "6 entries of 2 events, folded into 3 stories",
        "false: Apples turn brown (Mole) [4]",
        "hidden under: Orchard blight reaches the northern valleys (Quay) [3]",
        "1 more false folds",
    ] {
        assert!(text.out.contains(part), "{part}\n{}", text.out);
    }
    assert!(!place.database().exists(), "measuring touched a database");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let place = place("");
    std::fs::write(place.path().join("gold.jsonl"), "{\"id\":77,\"story\":1}\n").unwrap();
    let none = place.run(&EVAL);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("no entry has a label"), "{}", none.err);
    std::fs::write(place.path().join("gold.jsonl"), "{\"story\":1}\n").unwrap();
    let broken = place.run(&EVAL);
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("gold.jsonl:1"), "{}", broken.err);
}

/// Invented entries in the shapes that feeds have: rewrites with credit, syndication, coverage,
/// series and templates, two events of one kind, thin headlines, other languages.
#[test]
fn the_regression_set_keeps_its_floors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/folding/");
    let entries = format!("{folder}regression.entries.jsonl");
    let gold = format!("{folder}regression.gold.jsonl");
    let place = Place::with("");
    for (more, precision, recall) in [(&[][..], 0.84, 0.95), (&["--strict"][..], 0.84, 0.90)] {
        let set = ["eval", "--json", "--entries", &entries, "--gold", &gold];
        let figures = &place.json(&[&set[..], more].concat())[0];
        assert_eq!(figures["entries"], 98);
        let fold = &figures["fold"];
        assert!(fold["P_lenient"].as_f64().unwrap() >= precision, "{fold}");
        assert!(fold["R"].as_f64().unwrap() >= recall, "{fold}");
    }
}
