//! The command line, run as a program.

use crate::support::app::at;
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::program::Place;
use chrono::{TimeDelta, Utc};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const SITE: &str = "harborwindows.example";

/// A place with one feed of three posts, two of them the same article.
fn harbor(origin: &Origin) -> Place {
    let date = |hours: i64| {
        #[allow(clippy::disallowed_methods)] // the program under test reads the machine's clock
        let now = Utc::now();
        now - TimeDelta::hours(hours)
    };
    let text = "<p>The shell of the next release remembers where each window stood on each monitor, \
                and puts it back there when the monitor returns to its dock.</p>";
    let posts = [
        post(
            SITE,
            "dock",
            "Windows remembers every monitor",
            text,
            date(1),
        ),
        post(
            SITE,
            "paint",
            "Paint learns layers at last",
            "<p>Layers came to the oldest picture editor.</p>",
            date(3),
        ),
    ];
    origin.on(
        "/harbor",
        Reply::feed(rss("Harbor Windows", SITE, &posts))
            .etag("\"1\"")
            .conditional(),
    );
    let mut copy = post(
        "mirror.example",
        "x",
        "Windows remembers every monitor",
        text,
        date(0),
    );
    copy.link = format!("https://{SITE}/dock?utm_source=feed");
    origin.on(
        "/mirror",
        Reply::feed(rss("Mirror", "mirror.example", &[copy]))
            .etag("\"1\"")
            .conditional(),
    );
    Place::with(&format!(
        "[[feeds]]\nurl = \"{}\"\nname = \"harbor\"\ntags = [\"windows\"]\npriority = 5\n\
         [[feeds]]\nurl = \"{}\"\nname = \"mirror\"\n",
        origin.url("/harbor"),
        origin.url("/mirror")
    ))
}

fn texts<'a>(lines: &'a [Value], key: &str) -> Vec<&'a str> {
    lines
        .iter()
        .map(|line| line[key].as_str().unwrap_or_default())
        .collect()
}

#[test]
fn fetch_query_story_and_why_tell_the_same() {
    let origin = Origin::start();
    let place = harbor(&origin);
    let polls = place.json(&["fetch", "--json"]);
    assert_eq!(polls.len(), 2);
    for poll in &polls {
        assert_eq!(poll["outcome"], "updated");
        assert_eq!(poll["status"], 200);
        assert_eq!(poll["error"], Value::Null);
        assert!(poll["next_due"].is_string());
    }
    assert_eq!(
        polls
            .iter()
            .map(|poll| poll["new"].as_u64().unwrap())
            .sum::<u64>(),
        3
    );
    assert_eq!(
        polls
            .iter()
            .map(|poll| poll["duplicates"].as_u64().unwrap())
            .sum::<u64>(),
        1
    );

    // Nothing is due now; --all asks again, with validators.
    assert!(place.json(&["fetch", "--json"]).is_empty());
    let again = place.json(&["fetch", "--all", "--json"]);
    assert_eq!(texts(&again, "outcome"), ["not_modified", "not_modified"]);

    let entries = place.json(&["query", "--json"]);
    assert_eq!(entries.len(), 3);
    let keys = [
        "id",
        "story",
        "fold",
        "feed",
        "guid",
        "url",
        "title",
        "authors",
        "categories",
        "language",
        "published",
        "updated",
        "first_seen",
        "summary",
        "content",
        "enclosures",
        "duplicate_of",
    ];
    for key in keys {
        assert!(
            entries[0].as_object().unwrap().contains_key(key),
            "{key} is missing"
        );
    }
    let copy = entries
        .iter()
        .find(|entry| entry["fold"] == "copy")
        .unwrap();
    let lead = entries
        .iter()
        .find(|entry| entry["id"] == copy["duplicate_of"])
        .unwrap();
    assert_eq!(
        (lead["feed"].as_str(), lead["fold"].as_str()),
        (Some("harbor"), Some("lead"))
    );

    assert_eq!(place.json(&["query", "--json", "--fold", "story"]).len(), 2);
    assert_eq!(place.json(&["query", "--json", "paint"]).len(), 1);
    assert_eq!(
        place.json(&["query", "--json", "--feed", "mirror"]).len(),
        1
    );
    assert_eq!(
        place.json(&["query", "--json", "--tag", "windows"]).len(),
        2
    );
    assert_eq!(place.json(&["query", "--json", "--since", "2h"]).len(), 2);
    assert_eq!(
        place
            .json(&["query", "--json", "windows", "-layers", "--limit", "200000"])
            .len(),
        2
    );
    let story = lead["story"].to_string();
    assert_eq!(place.json(&["query", "--json", "--story", &story]).len(), 2);

    let shown = place.run(&["story", &story]);
    assert!(
        shown.out.contains("Windows remembers every monitor"),
        "{}",
        shown.out
    );
    assert!(shown.out.contains("Mirror"), "{}", shown.out);
    let why = place.run(&["why", &copy["id"].to_string()]);
    assert!(why.out.contains("because: "), "{}", why.out);
    assert!(place.json(&["why", &copy["id"].to_string(), "--json"])[0]["evidence"].is_string());

    // A copy taken out of its story stays out, and can be put back.
    let id = copy["id"].to_string();
    assert_eq!(place.run(&["split", &id]).code, 0);
    assert_eq!(place.json(&["query", "--json", "--fold", "story"]).len(), 3);
    let apart = place.json(&["query", "--json", "--feed", "mirror"])[0]["story"].to_string();
    assert_eq!(place.run(&["join", &story, &apart]).code, 0);
    assert_eq!(place.json(&["query", "--json", "--fold", "story"]).len(), 2);
    let led = place.run(&["story", "lead", &story, &id]);
    assert_eq!(led.code, 0, "{}", led.err);
    assert_eq!(
        place.json(&["story", &story, "--json"])[0]["lead"]["id"],
        copy["id"]
    );
    let history = place.json(&["history", "--json"]);
    assert_eq!(texts(&history, "kind"), ["lead", "join", "split"]);
    let table = place.run(&["history"]);
    assert!(table.out.contains("made entry"), "{}", table.out);
    assert_eq!(place.run(&["undo", &history[0]["id"].to_string()]).code, 0);
    assert_ne!(
        place.json(&["story", &story, "--json"])[0]["lead"]["id"],
        copy["id"]
    );
    assert!(place.json(&["history", "--json"])[0]["undone"].is_string());
    let unknown = place.run(&["undo", "99"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("feedfold history"), "{}", unknown.err);
    let verified = place.run(&["db", "verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}

#[test]
fn every_format_of_query_is_well_formed() {
    let origin = Origin::start();
    let place = harbor(&origin);
    place.json(&["fetch", "--json"]);
    let run = |format: &str| {
        let ran = place.run(&["query", "--format", format]);
        assert_eq!(ran.code, 0, "{format}: {}", ran.err);
        ran.out
    };
    assert!(run("table").contains("Paint learns layers"));
    assert_eq!(
        serde_json::from_str::<Value>(&run("json"))
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(run("jsonl").lines().count(), 3);
    assert_eq!(run("csv").lines().count(), 4);
    for format in ["atom", "rss", "jsonfeed"] {
        let document = run(format);
        let parsed = feedfold::parse::parse(document.as_bytes(), None, None).unwrap();
        assert_eq!(parsed.items.len(), 3, "{format}");
    }
}

#[test]
fn people_are_told_local_times_and_programs_utc() {
    let origin = Origin::start();
    let place = harbor(&origin);
    place.run(&["fetch"]);
    let printed = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        // As Kolkata has it, without needing the machine's list of zones.
        let output = command.env("TZ", "IST-5:30").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let entry: Value = serde_json::from_str(
        printed(&["query", "--json", "--limit", "1"])
            .lines()
            .next()
            .unwrap(),
    )
    .unwrap();
    let dated: chrono::DateTime<Utc> = texts(&[entry], "published")[0].parse().unwrap();
    let local = dated + TimeDelta::minutes(330);
    let short = |moment: chrono::DateTime<Utc>| moment.format("%Y-%m-%d %H:%M").to_string();

    let table = printed(&["query", "--limit", "1"]);
    assert!(
        table.contains(&short(local)) && !table.contains("UTC"),
        "{table}"
    );
    let table = printed(&["query", "--limit", "1", "--utc"]);
    assert!(table.contains(&short(dated)), "{table}");
    assert!(table.contains("DATE (UTC)"), "{table}");
    assert!(printed(&["stats"]).contains("+05:30"));
    assert!(printed(&["--utc", "stats"]).contains("Z\n"));
    assert!(printed(&["stats", "--json"]).contains("Z\"}"));
    let listed = printed(&["feeds", "list", "--utc"]);
    assert!(listed.contains("LAST POLL (UTC)"), "{listed}");
}

#[test]
fn feeds_are_listed_added_and_removed() {
    let origin = Origin::start();
    let place = harbor(&origin);
    let text = "<p>A lantern was found in the reeds.</p>";
    let told = [post(
        "new.example",
        "1",
        "A lantern in the reeds",
        text,
        at("08:00"),
    )];
    origin.on("/new", Reply::feed(rss("New Outlet", "new.example", &told)));
    let listed = place.json(&["feeds", "list", "--json"]);
    assert_eq!(texts(&listed, "name"), ["harbor", "mirror"]);
    let keys = [
        "name",
        "url",
        "title",
        "tags",
        "status",
        "etag",
        "last_modified",
        "error_count",
        "last_error",
        "last_fetch",
        "next_due",
        "disabled",
        "origin",
    ];
    for key in keys {
        assert!(
            listed[0].as_object().unwrap().contains_key(key),
            "{key} is missing"
        );
    }
    place.json(&["fetch", "--json"]);
    assert_eq!(place.json(&["feeds", "list", "--json"])[0]["etag"], "\"1\"");

    assert_eq!(
        place
            .run(&[
                "feeds",
                "add",
                &origin.url("/new"),
                "--name",
                "new",
                "--tag",
                "x"
            ])
            .code,
        0
    );
    let twice = place.run(&["feeds", "add", &origin.url("/new")]);
    assert_eq!(twice.code, 1);
    assert!(twice.err.contains("subscribed already"), "{}", twice.err);
    assert_eq!(
        place.json(&["fetch", "new", "--json"])[0]["outcome"],
        "updated"
    );

    // What was added by command survives the configuration, and can be removed again.
    assert_eq!(place.run(&["feeds", "disable", "new"]).code, 0);
    let listed = place.json(&["feeds", "list", "--json"]);
    let new = listed.iter().find(|feed| feed["name"] == "new").unwrap();
    assert_eq!(
        (&new["disabled"], &new["next_due"]),
        (&Value::Bool(true), &Value::Null)
    );
    assert_eq!(place.run(&["feeds", "enable", "new"]).code, 0);
    let stored = place.json(&["query", "--json", "--feed", "new"]);
    assert!(!stored.is_empty());
    assert_eq!(place.run(&["feeds", "remove", "new"]).code, 0);
    assert_eq!(place.json(&["feeds", "list", "--json"]).len(), 2);

    // It is a correction that can be taken back, entries and all.
    let removal = &place.json(&["history", "--json"])[0];
    assert_eq!(removal["kind"], "remove");
    let undone = place.run(&["undo", &removal["id"].to_string()]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(place.json(&["query", "--json", "--feed", "new"]), stored);
    assert_eq!(place.run(&["feeds", "remove", "new"]).code, 0);
    let declared = place.run(&["feeds", "remove", "harbor"]);
    assert_eq!(declared.code, 1);
    assert!(declared.err.contains("configuration"), "{}", declared.err);
}

#[test]
fn subscriptions_go_out_as_opml_and_come_back() {
    let origin = Origin::start();
    let place = harbor(&origin);
    let opml = place.run(&["feeds", "export"]).out;
    assert!(opml.contains(&origin.url("/harbor")), "{opml}");
    let other = Place::with("");
    std::fs::write(other.path().join("feeds.opml"), &opml).unwrap();
    assert_eq!(other.run(&["feeds", "import", "feeds.opml"]).code, 0);
    let listed = other.json(&["feeds", "list", "--json"]);
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|feed| feed["origin"] == "added"));
    let windows = listed
        .iter()
        .find(|feed| feed["url"] == origin.url("/harbor"))
        .unwrap();
    assert_eq!(windows["tags"], serde_json::json!(["windows"]));
}

#[test]
fn a_page_tells_the_feeds_it_offers() {
    let origin = Origin::start();
    let place = Place::with("");
    origin.on(
        "/page",
        Reply::page("<html><head><link rel=alternate type=application/rss+xml title=News href=/feed></head></html>"),
    );
    let offers = place.json(&["feeds", "discover", &origin.url("/page"), "--json"]);
    assert_eq!(texts(&offers, "url"), [origin.url("/feed")]);
}

#[test]
fn an_ordinary_page_is_subscribed_to_by_the_feed_that_it_names() {
    let origin = Origin::start();
    let place = Place::with("");
    let link = |path: &str, title: &str| {
        format!("<link rel=alternate type=application/rss+xml title=\"{title}\" href={path}>")
    };
    let one = format!("<html><head>{}</head></html>", link("/news", "News"));
    let two = format!("{}{}", link("/news", "News"), link("/talk", "Talk"));
    origin.on("/one", Reply::page(one));
    origin.on(
        "/two",
        Reply::page(format!("<html><head>{two}</head></html>")),
    );
    origin.on("/none", Reply::page("<html><body>Nothing</body></html>"));
    origin.on("/news", Reply::feed(rss("News", SITE, &[])));
    let add = |arguments: &[&str]| place.run(&[&["feeds", "add"], arguments].concat());
    let subscribed = || -> Vec<String> {
        let feeds = place.json(&["feeds", "list", "--json"]);
        texts(&feeds, "url")
            .into_iter()
            .map(str::to_owned)
            .collect()
    };

    assert_eq!(add(&[&origin.url("/none")]).code, 1);
    let several = add(&[&origin.url("/two")]);
    assert_eq!(several.code, 1, "{}", several.err);
    for told in [
        &origin.url("/news"),
        &origin.url("/talk"),
        "--choose",
        "Talk",
    ] {
        assert!(several.err.contains(told), "{}", several.err);
    }
    assert_eq!(subscribed(), [] as [String; 0], "nobody was asked twice");
    assert_eq!(add(&[&origin.url("/two"), "--choose", "3"]).code, 2);
    assert_eq!(add(&[&origin.url("/two"), "--choose", "0"]).code, 2);
    assert_eq!(add(&[&origin.url("/two"), "--choose", "2"]).code, 0);
    assert_eq!(subscribed(), [origin.url("/talk")]);
    let found = add(&[&origin.url("/one"), "--name", "news"]);
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(found.err.contains(&origin.url("/news")), "{}", found.err);
    // A feed stands for itself; what cannot be looked at is subscribed to as it stands.
    origin.on("/busy", Reply::status(503));
    let asked = origin.all_asked().len();
    assert_eq!(add(&[&origin.url("/none"), "--unseen"]).code, 0);
    assert_eq!(origin.all_asked().len(), asked);
    let busy = add(&[&origin.url("/busy")]);
    assert_eq!(busy.code, 0, "{}", busy.err);
    assert!(busy.err.contains("503"), "{}", busy.err);
    assert_eq!(subscribed().len(), 4);
}

#[test]
fn a_page_that_names_no_feed_is_asked_for_in_its_head_and_at_the_usual_places() {
    let origin = Origin::start();
    let place = Place::with("");
    let plain = "<html><body><p>Nothing here</p></body></html>";
    let discover = |path: &str| place.run(&["feeds", "discover", &origin.url(path), "--json"]);
    origin.on(
        "/linked",
        Reply::page(plain)
            .header("Link", "</style.css>; rel=preload, </odd>; rel=alternate; type=\"text/html\"")
            .header("Link", "<real.xml>; rel=\"alternate\"; type=\"application/atom+xml\"; title=\"The real one\""),
    );
    let told = discover("/linked");
    assert!(told.out.contains(&origin.url("/real.xml")), "{}", told.out);
    assert!(
        told.out.contains("The real one") && !told.out.contains("/odd"),
        "{}",
        told.out
    );
    assert_eq!(origin.all_asked().len(), 1, "what the site names is enough");
    origin.on("/deep/page", Reply::page(plain));
    assert_eq!(discover("/deep/page").code, 1);
    assert!(origin.all_asked().len() <= 7, "{:?}", origin.all_asked());
    origin.on("/feed", Reply::page(plain));
    let usual = rss("Usual", SITE, &[]);
    origin.on("/atom.xml", Reply::feed(usual));
    let told = discover("/deep/page");
    assert!(told.out.contains(&origin.url("/atom.xml")), "{}", told.out);
}

#[test]
fn parse_prints_the_contract_or_says_why_not() {
    let place = Place::with("");
    std::fs::write(
        place.path().join("feed.xml"),
        rss(
            "Harbor",
            SITE,
            &[post(
                SITE,
                "a",
                "Tom & Jerry",
                "<p onclick=x>Hi<script>1</script></p>",
                chrono::DateTime::UNIX_EPOCH,
            )],
        ),
    )
    .unwrap();
    let sheet = &place.json(&["parse", "feed.xml", "--json"])[0];
    assert_eq!(sheet["title"], "Harbor");
    assert_eq!(sheet["entries"][0]["title"], "Tom & Jerry");
    assert!(!sheet.to_string().contains("<script"), "{sheet}");
    assert!(!sheet.to_string().contains("onclick"), "{sheet}");
    assert!(
        place
            .run(&["parse", "feed.xml"])
            .out
            .contains("Tom & Jerry")
    );
    std::fs::write(
        place.path().join("page.html"),
        "<html><body>Nothing here</body></html>",
    )
    .unwrap();
    let page = place.run(&["parse", "page.html"]);
    assert_eq!(page.code, 1);
    assert!(
        page.err.starts_with("feedfold: ") && page.err.lines().count() == 1,
        "{}",
        page.err
    );
}

#[test]
fn fold_places_each_entry_from_earlier_ones_only() {
    let place = Place::with("");
    let lines = [
        r#"{"id":"a","source":"Harbor","url":"https://harborwindows.example/dock","title":"Windows remembers every monitor of the dock","summary":"","published":"2026-11-23T08:00:00Z"}"#,
        r#"{"id":"b","source":"Other","url":"https://other.example/z","title":"A recipe for bread with walnuts","summary":"","published":"2026-11-23T08:10:00Z"}"#,
        r#"{"id":"c","source":"Mirror","url":"https://www.harborwindows.example/dock/?utm_medium=rss","title":"Windows remembers every monitor of the dock","summary":"","published":"2026-11-23T09:00:00Z"}"#,
    ];
    std::fs::write(place.path().join("entries.jsonl"), lines.join("\n")).unwrap();
    let placed = place.json(&["fold", "entries.jsonl", "--json"]);
    assert_eq!(texts(&placed, "id"), ["a", "b", "c"]);
    assert_eq!(texts(&placed, "story"), ["a", "b", "a"]);
    assert_eq!(texts(&placed, "article"), ["a", "b", "a"]);
    assert_eq!(placed[2]["of"], "a");
    assert!(!placed[2]["evidence"].as_str().unwrap().is_empty());
    assert!(
        !place.database().exists(),
        "folding a file touched a database"
    );
    std::fs::write(place.path().join("broken.jsonl"), "{\"id\":\"a\"\n").unwrap();
    let broken = place.run(&["fold", "broken.jsonl"]);
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("broken.jsonl:1"), "{}", broken.err);
}

#[test]
fn wrong_use_suggests_and_a_bad_configuration_is_told_whole() {
    let place = Place::with("");
    let unknown = place.run(&["qurey"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("query"), "{}", unknown.err);
    let option = place.run(&["query", "--limt", "3"]);
    assert_eq!(option.code, 2);
    assert!(option.err.contains("--limit"), "{}", option.err);
    let search = place.run(&["query", "\"open"]);
    assert_eq!(search.code, 2);
    let origin = Origin::start();
    let harbor = harbor(&origin);
    harbor.json(&["fetch", "--json"]);
    let feed = harbor.run(&["query", "--feed", "harbr"]);
    assert_eq!(feed.code, 2);
    assert!(feed.err.contains("'harbor'"), "{}", feed.err);
    let feed = harbor.run(&["query", "tide feed:harbr"]);
    assert_eq!(feed.code, 2);
    let shown = "did you mean 'harbor'?\n    tide feed:harbr\n              ^";
    assert!(feed.err.contains(shown), "{}", feed.err);

    place.configure("lissen = \"127.0.0.1:1\"\n[fetsch]\n[[feeds]]\nname = \"x\"\n");
    let bad = place.run(&["fetch"]);
    assert_eq!(bad.code, 78);
    for told in ["'listen'", "fetsch", "url"] {
        assert!(bad.err.contains(told), "{told} is not in {}", bad.err);
    }
    assert_eq!(place.run(&["check"]).code, 78);
}

#[test]
fn databases_that_cannot_be_used_get_their_own_sentences() {
    let place = Place::with("");
    let say = |place: &Place, word: &str| {
        let ran = place.run(&["feeds", "list"]);
        assert_eq!(ran.code, 1, "{word}: {}", ran.out);
        assert!(ran.err.contains(word), "{word} is not in {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    };
    assert!(
        place.run(&["query"]).err.contains("no database"),
        "a missing database is told"
    );
    std::fs::write(
        place.database(),
        "This is a letter to a friend, not a database at all. ".repeat(40),
    )
    .unwrap();
    say(&place, "no database of feedfold");
    std::fs::remove_file(place.database()).unwrap();
    std::fs::create_dir(place.database()).unwrap();
    say(&place, "cannot open");
}

#[test]
fn completions_and_manual_pages_are_made_from_the_same_source() {
    let place = Place::with("");
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            place.run(&["completions", shell]).out.contains("feedfold"),
            "{shell}"
        );
    }
    assert_eq!(place.run(&["man", "."]).code, 0);
    assert!(place.path().join("feedfold.1").exists());
}

#[test]
fn check_changes_nothing() {
    let origin = Origin::start();
    let place = harbor(&origin);
    assert_eq!(place.run(&["check"]).code, 0);
    assert!(!place.database().exists());
    place.json(&["fetch", "--json"]);
    let checked = place.run(&["check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert!(checked.out.contains("2 feeds"), "{}", checked.out);
}

#[test]
fn a_backup_is_whole_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let origin = Origin::start();
    let place = harbor(&origin);
    place.json(&["fetch", "--json"]);
    let copy = place.path().join("copy.db");
    assert_eq!(place.run(&["db", "backup", "copy.db"]).code, 0);
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read the backup: {mode:o}");
    let entries = place.json(&["query", "--json", "--database", "copy.db"]);
    assert_eq!(entries.len(), 3);
    let again = place.run(&["db", "backup", "copy.db"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("there already"), "{}", again.err);
}

#[test]
fn news_is_printed_as_it_arrives() {
    let origin = Origin::start();
    let place = harbor(&origin);
    assert_eq!(place.run(&["fetch", "harbor"]).code, 0);
    let refused = place.run(&["query", "--watch", "--format", "atom"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("jsonl or csv"), "{}", refused.err);
    let mut watching = place
        .command(&[
            "query",
            "--watch",
            "--json",
            "--limit",
            "1",
            "monitor is:copy",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(watching.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("waiting"), "{line}");
    assert_eq!(place.run(&["fetch", "mirror"]).code, 0);
    let printed = watching.wait_with_output().unwrap();
    assert!(printed.status.success());
    let entry: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(
        (&entry["feed"], &entry["fold"]),
        (&"mirror".into(), &"copy".into())
    );
}

#[test]
fn how_much_is_stored_is_told() {
    let origin = Origin::start();
    let place = harbor(&origin);
    assert_eq!(place.run(&["fetch"]).code, 0);
    let stats = &place.json(&["stats", "--json"])[0];
    assert_eq!((&stats["feeds"], &stats["failing"]), (&2.into(), &0.into()));
    assert_eq!(
        (&stats["entries"], &stats["stories"]),
        (&3.into(), &2.into())
    );
    let told = place.run(&["stats"]).out;
    assert!(
        told.starts_with("2 feeds, 0 failing, 0 disabled\n3 entries in 2 stories\n"),
        "{told}"
    );
    let pruned = place.run(&["db", "prune", "--dry-run"]);
    assert_eq!(pruned.out, "0 entries would go; nothing was changed\n");
    assert_eq!(place.run(&["db", "prune"]).out, "0 entries are gone\n");
    let rebuilt = place.run(&["db", "verify", "--rebuild-search"]);
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.out);
    assert!(
        rebuilt.out.contains("filled anew with 3 entries"),
        "{}",
        rebuilt.out
    );
}
