//! Folding, measured on the demo's day: every entry has a label that says which event it reports.

use feedfold::address::Address;
use feedfold::config;
use feedfold::demo::news::{Day, Report};
use feedfold::demo::outlets::{OUTLETS, Outlet};
use feedfold::demo::render::{document, moment};
use feedfold::entry::{EntryId, StoryId};
use feedfold::feed::{FeedId, Timestamp};
use feedfold::fold::{
    Corrections, FeedContext, KnownEntry, Memory, Prepared, judge, order, prepare, same_entry,
};
use feedfold::parse::parse;
use std::collections::{BTreeMap, HashMap, HashSet};

fn start() -> Timestamp {
    "2026-11-20T06:00:00Z".parse().unwrap()
}

/// One entry as it was folded.
struct Folded<'d> {
    report: &'d Report,
    story: StoryId,
    article: EntryId,
    evidence: String,
}

/// The day as a subscriber lives it: everything that is there at the start, then a poll of every
/// outlet every two minutes. `turn` chooses which outlet is polled first.
fn fold_day(day: &Day, turn: usize) -> Vec<Folded<'_>> {
    let mut memory = Memory::new();
    let contexts: Vec<FeedContext> = OUTLETS.iter().enumerate().map(context).collect();
    for context in &contexts {
        memory.subscribe(context);
    }
    let mut known: Vec<Vec<KnownEntry>> = OUTLETS.iter().map(|_| Vec::new()).collect();
    let mut etags = vec![String::new(); OUTLETS.len()];
    let mut folded = Vec::new();
    for at in (0..=day.end()).step_by(2) {
        for place in 0..OUTLETS.len() {
            let place = (place + turn) % OUTLETS.len();
            let (outlet, context) = (&OUTLETS[place], &contexts[place]);
            let Some(document) = document(day, outlet, start(), at) else {
                continue;
            };
            if document.etag == etags[place] {
                continue;
            }
            etags[place].clone_from(&document.etag);
            let parsed = parse(&document.bytes, Some(&document.content_type), None).unwrap();
            let mut items: Vec<Prepared> = parsed
                .items
                .into_iter()
                .map(|item| prepare(item, context))
                .collect();
            order(&mut items);
            for prepared in items {
                let known = &mut known[place];
                let found = same_entry(&prepared.identity, prepared.text_print, known);
                if let Some(entry) = found.entry() {
                    let own = known.iter_mut().find(|own| own.entry == entry).unwrap();
                    own.identity = prepared.identity;
                    own.text_print = prepared.text_print;
                    continue;
                }
                let now = moment(start(), at);
                let decision = judge(
                    &prepared,
                    context,
                    &mut memory,
                    &config::Fold::default(),
                    &Corrections::default(),
                    now,
                )
                .unwrap();
                let placed = memory.record(&decision, context, prepared.item.published, now);
                known.push(KnownEntry {
                    entry: placed.entry,
                    identity: prepared.identity,
                    text_print: prepared.text_print,
                    still_listed_elsewhere: false,
                    taken: false,
                });
                folded.push(Folded {
                    report: report(day, outlet, prepared.item.link.as_ref().unwrap()),
                    story: placed.story,
                    article: placed.article,
                    evidence: decision.evidence,
                });
            }
        }
    }
    folded
}

fn context((place, outlet): (usize, &Outlet)) -> FeedContext {
    FeedContext {
        feed: FeedId(place as i64 + 1),
        name: outlet.name.to_owned(),
        title: outlet.title.to_owned(),
        hosts: vec!["127.0.0.1".to_owned(), outlet.host.to_owned()],
        priority: outlet.priority,
    }
}

fn report<'d>(day: &'d Day, outlet: &Outlet, link: &Address) -> &'d Report {
    let own = |report: &&Report| {
        report.outlet.name == outlet.name && Address::parse(&report.link).as_ref() == Ok(link)
    };
    day.reports.iter().find(own).unwrap()
}

/// What a reader sees of it: a story shows one entry and hides the rest.
#[derive(Debug, Default)]
struct Score {
    /// Entries that could be hidden, if every story were known.
    hideable: usize,
    /// Hidden under an entry of their story.
    hidden: usize,
    /// Hidden under an entry of another story.
    wrong: Vec<String>,
}

fn score(folded: &[Folded<'_>]) -> Score {
    let mut stories: BTreeMap<StoryId, Vec<&Folded<'_>>> = BTreeMap::new();
    for entry in folded {
        stories.entry(entry.story).or_default().push(entry);
    }
    let labels: HashSet<&str> = folded.iter().map(|f| f.report.story.as_str()).collect();
    let mut score = Score {
        hideable: folded.len() - labels.len(),
        ..Score::default()
    };
    for members in stories.values() {
        let first = members[0].report;
        for member in &members[1..] {
            if member.report.story == first.story {
                score.hidden += 1;
            } else {
                score.wrong.push(format!(
                    "{:?} under {:?}: {}",
                    member.report.versions[0].headline, first.versions[0].headline, member.evidence
                ));
            }
        }
    }
    score
}

/// Stories that look alike and are not, by the start of their labels.
const ALIKE: &[&[&str]] = &[
    &["velmora-breach", "corrin-breach"],
    &["voltera-recall", "auden-recall"],
    &["emberfall-1-2", "emberfall-1-3"],
    &["kernel-7-0-9", "kernel-6-18-31"],
    &["build-28140", "build-28145", "build-26220"],
    &["phoenix-quarter", "torvane-quarter", "maple-quarter"],
    &["crown-k9-launch", "crown-k9-server"],
    &["review-orla-watch", "review-lumen-buds"],
    &["larkspur-48", "quillmark-3"],
    &[
        "deals-earbuds",
        "deals-ssd",
        "deals-keyboard",
        "deals-earbuds-3",
        "deals-watch",
        "deals-router",
        "deals-monitor",
    ],
    &["jobs-1", "jobs-2"],
];

fn check(turn: usize) {
    let day = Day::bundled().unwrap();
    let folded = fold_day(&day, turn);
    assert_eq!(
        folded.len(),
        day.reports.len(),
        "an entry that is edited, or gets another guid, stays one entry"
    );

    let score = score(&folded);
    assert!(
        score.hidden * 10 >= score.hideable * 9,
        "{} of {} found",
        score.hidden,
        score.hideable
    );
    assert!(score.wrong.len() <= 7, "{:#?}", score.wrong);

    let story = |label: &str| -> HashSet<StoryId> {
        let own = folded.iter().filter(|f| f.report.story == label);
        let found: HashSet<StoryId> = own.map(|f| f.story).collect();
        assert!(!found.is_empty(), "no story is labelled {label}");
        found
    };
    for group in ALIKE {
        for (place, one) in group.iter().enumerate() {
            for other in &group[place + 1..] {
                let both = story(one);
                assert!(both.is_disjoint(&story(other)), "{one} is not {other}");
            }
        }
    }

    let article: HashMap<&str, EntryId> = folded
        .iter()
        .map(|f| (f.report.link.as_str(), f.article))
        .collect();
    let copies = folded.iter().filter(|f| f.report.article != f.report.link);
    for copy in copies {
        assert_eq!(
            Some(&copy.article),
            article.get(copy.report.article.as_str()),
            "{} has another article than {}",
            copy.report.link,
            copy.report.article
        );
    }
}

#[test]
fn the_day_folds_as_it_is_labelled() {
    check(0);
}

#[test]
fn the_day_folds_as_it_is_labelled_whoever_is_polled_first() {
    check(7);
}
