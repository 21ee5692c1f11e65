//! Tests that a window finds the same whether it holds its entries or reads them.

use super::FoldWindow;
use crate::address::Address;
use crate::entry::{EntryId, Item, Role, StoryId};
use crate::feed::{FeedId, Timestamp};
use crate::fold::{Candidate, FeedContext, Found, Key, Profile, prepare};
use crate::store::feed_rows::moment;
use crate::store::migrate::migrate;
use crate::store::roles::role_number;
use crate::text::Plain;
use rusqlite::{Connection, params};
use std::fmt::Debug;
use std::time::Duration;

const HOUR: i64 = 3_600_000;
const FEEDS: i64 = 7;
const WORDS: [&str; 6] = [
    "harbour", "lantern", "orchard", "ferry", "granite", "beacon",
];

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, None, Timestamp::UNIX_EPOCH).unwrap();
    for feed in 1..=FEEDS {
        let request = "{}";
        connection
            .execute(
                "INSERT INTO feeds (id, name, url, priority, enabled, origin, request, added) \
                 VALUES (?1, 'feed' || ?1, 'https://feed.example/' || ?1, 3, 1, 'user', ?2, 0)",
                params![feed, request],
            )
            .unwrap();
    }
    connection
}

/// What an entry says: three words and a number that others have too.
fn profile(number: i64, words: i64) -> Profile {
    let word = |nth: i64| WORDS[((words / nth) % WORDS.len() as i64) as usize];
    let (one, two, three) = (word(1), word(3), word(7));
    let feed = number % FEEDS + 1;
    let context = FeedContext {
        feed: FeedId(feed),
        name: format!("feed{feed}"),
        title: format!("Feed {feed}"),
        hosts: vec![format!("feed{feed}.example")],
        priority: 3,
    };
    let item = Item {
        title: Plain::new(&format!(
            "Mayor opens {one} near {two} and {three} {}",
            words % 9
        )),
        link: Address::parse(&format!("https://feed{feed}.example/{number}")).ok(),
        ..Item::default()
    };
    prepare(item, &context).profile
}

/// An entry, which is the only one of its story or joins the one before it.
fn candidate(number: i64, words: i64) -> Candidate {
    let joins = number % 5 == 0;
    Candidate {
        entry: EntryId(number),
        story: StoryId(if joins { number - 1 } else { number }),
        feed: FeedId(number % FEEDS + 1),
        article: EntryId(number),
        role: if joins { Role::Coverage } else { Role::Lead },
        // Some arrive later than what is dated after them.
        dated: moment((number ^ 3) * HOUR),
        priority: 3,
        profile: profile(number, words).stored(),
    }
}

/// Stores an entry and makes it known to the windows, as a job of its own.
fn arrive(connection: &Connection, windows: &mut [FoldWindow], number: i64) {
    for window in windows.iter_mut() {
        window.mark();
    }
    add(connection, windows, number);
}

/// The same as a part of a job.
fn add(connection: &Connection, windows: &mut [FoldWindow], number: i64) {
    let kept = candidate(number, number);
    let opens = kept.story.0 == number;
    if opens {
        let story = "INSERT INTO stories (id, lead, opened, dated, changed, size) \
                     VALUES (?1, ?1, 0, 0, 0, 1)";
        connection.execute(story, [number]).unwrap();
    }
    connection
        .execute(
            "INSERT INTO entries (id, feed, story, role, article, first_seen, dated, title, same_print, \
             text_print, profile) VALUES (?1, ?2, ?3, ?4, ?1, ?5, ?6, '', x'', x'', ?7)",
            params![
                number,
                kept.feed.0,
                kept.story.0,
                role_number(kept.role),
                number * HOUR,
                kept.dated.timestamp_millis(),
                kept.profile.as_bytes(),
            ],
        )
        .unwrap();
    for window in windows {
        let first_seen = moment(number * HOUR);
        window.add(kept.clone(), first_seen, opens, &profile(number, number));
    }
}

/// What was found, wherever.
fn said<T: Debug>(found: &[Found<'_, T>]) -> String {
    let found: Vec<&T> = found.iter().map(|found| &**found).collect();
    format!("{found:?}")
}

/// All that folding asks, about entries of all kinds.
fn answers(connection: &Connection, window: &FoldWindow, last: i64) -> Vec<String> {
    let mut answers = vec![format!("{} entries", window.len())];
    for number in last - 40..last + 40 {
        let keys: Vec<Key> = profile(number, number).keys();
        for (since, until, most) in [(0, last, 500), (last - 60, last - 5, 7)] {
            let dated = (moment(since * HOUR), moment(until * HOUR));
            let found = window.candidates(connection, &keys, dated, 12, most);
            answers.push(said(&found.unwrap()));
        }
        let terms = profile(number, number).terms();
        let counts: Vec<u32> = terms.iter().map(|term| window.frequency(*term)).collect();
        answers.push(format!("{counts:?}"));
    }
    for feed in 1..=FEEDS {
        let latest = window.latest(connection, FeedId(feed), 20).unwrap();
        answers.push(said(&latest));
    }
    answers
}

fn assert_same(connection: &Connection, windows: &[FoldWindow], last: i64) {
    let [holding, reading, loaded] = windows else {
        panic!("there are three");
    };
    let expected = answers(connection, holding, last);
    assert!(expected.iter().any(|found| found.contains("Candidate")));
    assert_eq!(answers(connection, reading, last), expected);
    assert_eq!(answers(connection, loaded, last), expected);
}

/// A window that holds all, one that holds nothing, and one that is loaded from the database.
fn windows(connection: &Connection) -> [FoldWindow; 3] {
    let mut windows = [
        FoldWindow::holding_all(),
        FoldWindow::of_size(0),
        FoldWindow::of_size(60_000),
    ];
    for window in &mut windows {
        load(connection, window, 0);
    }
    windows
}

fn load(connection: &Connection, window: &mut FoldWindow, now: i64) {
    let reach = Duration::from_secs(200 * 3_600);
    window.load(connection, reach, moment(now * HOUR)).unwrap();
}

#[test]
fn what_is_not_held_is_read_as_it_would_be_held() {
    let connection = database();
    let mut windows = windows(&connection);
    for number in 1..=150 {
        arrive(&connection, &mut windows, number);
    }
    windows[2].forget();
    load(&connection, &mut windows[2], 150);
    assert_same(&connection, &windows, 150);
}

#[test]
fn what_changes_is_found_as_it_is_now_and_taken_back_where_the_job_fails() {
    let connection = database();
    let mut windows = windows(&connection);
    for number in 1..=100 {
        arrive(&connection, &mut windows, number);
    }
    let change = |connection: &Connection, windows: &mut [FoldWindow]| {
        for window in windows.iter_mut() {
            // An old one and a new one each; of one story the opener, of another one who joined it.
            for number in [4, 99] {
                let revised = profile(number, number + 1_000);
                window
                    .revise(connection, EntryId(number), &revised)
                    .unwrap();
            }
            for number in [9, 10, 98] {
                window.remove(connection, EntryId(number)).unwrap();
            }
        }
        for number in [4, 99] {
            let revised = profile(number, number + 1_000).to_bytes();
            let statement = "UPDATE entries SET profile = ?2 WHERE id = ?1";
            connection
                .execute(statement, params![number, revised])
                .unwrap();
        }
        let removal = "DELETE FROM entries WHERE id IN (9, 10, 98)";
        connection.execute(removal, []).unwrap();
        let moving = "UPDATE entries SET story = 8, role = 2 WHERE id IN (7, 97)";
        connection.execute(moving, []).unwrap();
        for window in windows.iter_mut() {
            for number in [7, 97] {
                window.change(EntryId(number), |kept| {
                    kept.story = StoryId(8);
                    kept.role = Role::Coverage;
                });
            }
        }
    };
    let before = answers(&connection, &windows[0], 100);
    let marks: Vec<_> = windows.iter_mut().map(FoldWindow::mark).collect();
    connection.execute_batch("SAVEPOINT job").unwrap();
    change(&connection, &mut windows);
    add(&connection, &mut windows, 101);
    assert_ne!(answers(&connection, &windows[0], 100), before);
    connection
        .execute_batch("ROLLBACK TO job; RELEASE job")
        .unwrap();
    for (window, mark) in windows.iter_mut().zip(marks) {
        window.undo_to(mark);
    }
    assert_eq!(answers(&connection, &windows[0], 100), before);
    assert_same(&connection, &windows, 100);
    change(&connection, &mut windows);
    assert_ne!(answers(&connection, &windows[0], 100), before);
    assert_same(&connection, &windows, 100);
}

#[test]
fn what_is_too_old_is_let_go_of_all_the_same() {
    let connection = database();
    let mut windows = windows(&connection);
    for number in 1..=320 {
        arrive(&connection, &mut windows, number);
    }
    for window in &mut windows {
        load(&connection, window, 320);
    }
    assert_eq!(windows[0].len(), 225);
    assert_same(&connection, &windows, 320);
    for number in 321..=340 {
        arrive(&connection, &mut windows, number);
    }
    assert_same(&connection, &windows, 340);
}
