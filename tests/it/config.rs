//! The configuration file and its errors.

use feedfold::cadence::Cadence;
use feedfold::config::{self, Config, Content, Fault, Presentation, Surroundings};
use feedfold::query::FoldLevel;
use proptest::prelude::*;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn parse(text: &str) -> Result<Config, Fault> {
    config::parse(text, "feedfold.toml", Path::new(""))
}

fn problems(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(parse("").unwrap(), Config::default());
    let fetch = Config::default().fetch;
    assert_eq!(fetch.schedule, Cadence::parse("*/30 * * * *").unwrap());
    assert_eq!(fetch.max_body, 20 << 20);
}

#[test]
fn every_section_is_read() {
    let config = parse(
        r#"
[database]
path = "/var/lib/feedfold/feedfold.db"

[server]
listen = "[::1]:9000"
public_url = "https://news.example.org/"
admin_token = "open sesame"

[fetch]
schedule = "auto"
user_agent = "lantern/1 (+https://lantern.example)"
timeout = "5s"
max_body = "2MiB"
concurrency = 4
per_host = 1
host_spacing = "250ms"
min_interval = "0s"
allow_private_networks = true
allow_networks = ["10.0.3.0/24", "NAS.example.lan", "*.home.example", "::1"]

[fold]
level = "article"
window = "2d"
caution = "strict"

[retention]
keep = "30d"
keep_per_feed = 200

[[feeds]]
url = "https://www.windowscentral.com/feeds.xml"
name = "windows-central"
title = "Windows Central"
tags = ["windows", "microsoft", "windows"]
schedule = "*/15  * * * *"
priority = 10
user_agent = "x"
headers = { "X-Key" = "value" }
basic_auth = "user:pass"
proxy = "socks5://127.0.0.1:9050"
timeout = "3s"
max_body = 1048576

[[feeds]]
url = "https://www.lantern.example/feed"
disabled = true

[[views]]
name = "ai"
query = 'openai OR "foundation model"'
tags = ["windows"]
feeds = ["windows-central", "lantern-example"]
limit = 20
"#,
    )
    .unwrap();
    assert_eq!(config.server.listen, "[::1]:9000");
    assert_eq!(config.server.public_url, "https://news.example.org");
    assert_eq!(config.server.admin_token.as_deref(), Some("open sesame"));
    assert_eq!(config.fetch.schedule, Cadence::Auto);
    assert_eq!(config.fetch.timeout, Duration::from_secs(5));
    // A connection never takes longer than the whole.
    assert_eq!(config.fetch.connect_timeout, Duration::from_secs(5));
    assert_eq!(config.fetch.host_spacing, Duration::from_millis(250));
    assert_eq!(
        config.fetch.allow_networks,
        ["10.0.3.0/24", "nas.example.lan", "*.home.example", "::1"]
    );
    assert_eq!(config.fold.level, FoldLevel::Article);
    assert!(config.fold.strict);
    assert_eq!(config.retention.keep_per_feed, 200);

    let [first, second] = &config.feeds[..] else {
        panic!("two feeds")
    };
    assert_eq!(first.tags, ["microsoft", "windows"]);
    assert_eq!(first.schedule.as_deref(), Some("*/15 * * * *"));
    assert_eq!(first.priority, 10);
    assert_eq!(
        first.request.headers,
        [("X-Key".to_owned(), "value".to_owned())]
    );
    assert_eq!(first.request.max_body, Some(1 << 20));
    assert_eq!(first.request.basic_auth.as_deref(), Some("user:pass"));
    assert!(!format!("{first:?}").contains("user:pass"));
    assert_eq!(second.name, "lantern-example");
    assert!(!second.enabled);

    let view = &config.views[0];
    assert_eq!(view.title, "ai");
    assert_eq!(view.fold, FoldLevel::Article, "the default of [fold]");
    assert_eq!(
        view.query.as_ref().unwrap().to_string(),
        "openai OR \"foundation model\""
    );
}

#[test]
fn a_file_with_many_mistakes_is_told_all_of_them() {
    let text = r#"[server]
listen = "8420"
admin_tokn = "x"

[fetch]
schedule = "0 0 13 * fri"
timeout = "30"
max_body = "20 megs"
concurrency = "many"
per_host = 0
allow_networks = ["10.0.0.0/40"]
timout = "3s"
level = "story"

[fold]
level = "storys"
caution = true

[[feeds]]
name = "Windows Central"

[[feeds]]
url = "https://lantern.example/feed"
name = "lantern"
tags = "windows"
schedul = "auto"
headers = { "X Key" = "1", "X-Other" = 2 }

[[feeds]]
url = "https://lantern.example/feed"
name = "lantern"
proxy = "sock5://127.0.0.1:9050"
basic_auth = "secret"

[[views]]
name = "all"

[[views]]
name = "ai"
query = "openai OR (anthropic"
feeds = ["lantren"]

[retension]
keep = "1d"
"#;
    let expected = r#"feedfold.toml:2: server.listen: '8420' is no address to listen on; write "127.0.0.1:8420", "[::1]:8420" or "unix:/run/feedfold/http.sock"
feedfold.toml:3: server.admin_tokn: there is no key 'admin_tokn' in [server]; did you mean 'admin_token'?
feedfold.toml:6: fetch.schedule: '0 0 13 * fri' restricts both the day of the month and the weekday, which programs read in two ways; leave one of them '*'
feedfold.toml:7: fetch.timeout: '30' is not a duration; write a whole number and a unit ms, s, m, h, d or w, like "30m"
feedfold.toml:8: fetch.max_body: '20 megs' is not a size; write a whole number and a unit B, KiB, MiB or GiB, like "10MiB"
feedfold.toml:9: fetch.concurrency: this is a string; write a whole number from 1 to 1024, without quotes
feedfold.toml:10: fetch.per_host: 0 is out of range; write a whole number from 1 to 1024, without quotes
feedfold.toml:11: fetch.allow_networks: '10.0.0.0/40' is no network and no host name; write a network like "10.0.3.0/24", an address, or a name like "nas.example.lan"
feedfold.toml:12: fetch.timout: there is no key 'timout' in [fetch]; did you mean 'timeout'?
feedfold.toml:13: fetch.level: there is no key 'level' in [fetch]; it belongs to [fold]
feedfold.toml:16: fold.level: 'storys' is not known here; did you mean "story"?
feedfold.toml:17: fold.caution: this is true or false; write a string like "normal"
feedfold.toml:19: feeds.url: this feed has no url; add a line like url = "https://www.example.org/feed.xml"
feedfold.toml:20: feeds.name: 'Windows Central' has other characters than a-z, 0-9 and '-', or more than 64; write it like "windows-central"
feedfold.toml:25: feeds.tags: this is a string; write a list of strings like ["windows"]
feedfold.toml:26: feeds.schedul: there is no key 'schedul' in [[feeds]]; did you mean 'schedule'?
feedfold.toml:27: feeds.headers.X Key: this is no name of a header field; write it like headers = { "X-Key" = "value" }
feedfold.toml:27: feeds.headers.X-Other: this is a whole number; write it like headers = { "X-Key" = "value" }
feedfold.toml:29: feeds.basic_auth: there is no ':' in this feed's basic_auth; write it like "user:password"
feedfold.toml:30: feeds.url: feed number 2 has the same address; remove one of them
feedfold.toml:31: feeds.name: another one of the feeds is named 'lantern' too; give each one its own name
feedfold.toml:32: feeds.proxy: the scheme 'sock5' is none of a proxy (socks5?); write it like "http://proxy.example.org:3128" or "socks5://127.0.0.1:9050"
feedfold.toml:36: views.name: the view 'all' always exists and has everything; choose another name
feedfold.toml:40: views.query: the search text is wrong at '(anthropic'; this '(' is never closed; add a ')'
feedfold.toml:41: views.feeds: there is no feed named 'lantren'; did you mean 'lantern'?
feedfold.toml:43: retension: there is no key 'retension' at the top of the file; did you mean 'retention'?"#;
    assert_eq!(problems(text), expected);
}

#[test]
fn what_a_views_items_say_can_be_chosen() {
    let view = |lines: &str| {
        let config = parse(&format!("[[views]]\nname = \"ai\"\n{lines}\n")).unwrap();
        config.views[0].clone()
    };
    assert_eq!(view("").presentation, Presentation::default());
    let chosen = view(
        "content = \"excerpt\"\nattribution = [\"sources\"]\noutlet_in_title = true\n\
         updated_by_sources = true\nformerly = [\"ml\", \"llm\"]",
    );
    let expected = Presentation {
        content: Content::Excerpt,
        outlet_in_title: true,
        names_outlet: false,
        names_original: false,
        names_sources: true,
        updated_by_sources: true,
    };
    assert_eq!(
        (chosen.presentation, chosen.formerly),
        (expected, vec!["ml".to_owned(), "llm".to_owned()])
    );
    assert!(!view("attribution = []").presentation.names_outlet);
    assert_eq!(
        problems(
            "[[views]]\nname = \"ai\"\ncontent = \"half\"\nattribution = [\"outlets\"]\n\
             formerly = [\"A I\", \"old\", \"web\", \"all\"]\n[[views]]\nname = \"web\"\nformerly = [\"old\"]\n"
        ),
        r#"feedfold.toml:3: views.content: 'half' is not known here; write one of full, excerpt, none
feedfold.toml:4: views.attribution: 'outlets' is no part of the closing line; choose from "outlet", "original" and "sources"
feedfold.toml:5: views.formerly: 'A I' is no name of a view; names have letters a to z, digits and '-'
feedfold.toml:5: views.formerly: 'web' is the name of another view, now or formerly; take it out here or there
feedfold.toml:5: views.formerly: 'all' is the name of another view, now or formerly; take it out here or there
feedfold.toml:8: views.formerly: 'old' is the name of another view, now or formerly; take it out here or there"#
    );
}

#[test]
fn broken_toml_is_told_with_its_line_and_the_rest_is_still_checked() {
    let told = problems(
        "[fetch]\ntimeout = \n\n[[feeds]]\nurl = \"a\nname = \"x\"\n\n[fold]\nlevel = \"none!\"\n",
    );
    assert!(
        told.contains("feedfold.toml:2: this is not valid TOML"),
        "{told}"
    );
    assert!(
        told.contains("feedfold.toml:5: this is not valid TOML"),
        "{told}"
    );
    assert!(told.contains("feedfold.toml:9: fold.level"), "{told}");
    assert!(!told.contains("no url"), "{told}");
    let twice = problems("[fetch]\ntimeout = \"3s\"\ntimeout = \"4s\"\n");
    assert!(twice.contains("feedfold.toml:3"), "{twice}");
}

#[test]
fn sections_of_the_wrong_shape_are_told() {
    let told = problems("fetch = 3\nfeeds = \"x\"\nviews = [1]\n");
    assert!(told.contains("feedfold.toml:1: fetch: this is a whole number; write it as a section that begins with [fetch]"));
    assert!(
        told.contains("feedfold.toml:2: feeds: this is a string; begin each one with [[feeds]]")
    );
    assert!(told.contains("feedfold.toml:3: views: this is a whole number"));
    let single = problems("[feeds]\nurl = \"https://a.example\"\n");
    assert!(single.contains("with two brackets"), "{single}");
}

#[test]
fn a_refused_address_is_the_feeds_error_and_not_the_files() {
    let config = parse("[[feeds]]\nurl = \"ftp://a.example/feed\"\n[[feeds]]\nurl = \"not a url\"\n[[feeds]]\nurl = \"http://127.0.0.1/\"\n").unwrap();
    let names: Vec<&str> = config.feeds.iter().map(|feed| feed.name.as_str()).collect();
    assert_eq!(names, ["a-example", "not-a-url", "127-0-0-1"]);
}

#[test]
fn names_that_are_made_are_unique_and_leave_given_ones_alone() {
    let config = parse("[[feeds]]\nurl = \"https://www.a.example/1\"\n[[feeds]]\nurl = \"https://a.example/2\"\n[[feeds]]\nurl = \"https://a.example/3\"\nname = \"a-example-2\"\n[[feeds]]\nurl = \"https://b.example/1\"\nname = \"a-example\"\n").unwrap();
    let names: Vec<&str> = config.feeds.iter().map(|feed| feed.name.as_str()).collect();
    assert_eq!(
        names,
        ["a-example-3", "a-example-4", "a-example-2", "a-example"]
    );
}

#[test]
fn ten_thousand_feeds_of_one_host_are_read_at_once() {
    let text: String = (0..10_000)
        .map(|number| format!("[[feeds]]\nurl = \"http://127.0.0.1:8000/{number}\"\n"))
        .collect();
    let config = parse(&text).unwrap();
    assert_eq!(config.feeds[9_999].name, "127-0-0-1-10000");
}

#[test]
fn listening_forms_and_the_public_address_made_from_them() {
    for (listen, public_url) in [
        ("127.0.0.1:8420", "http://127.0.0.1:8420"),
        ("[::1]:8420", "http://[::1]:8420"),
        ("0.0.0.0:80", "http://localhost:80"),
        ("localhost:8420", "http://localhost:8420"),
        ("unix:/run/feedfold/http.sock", "http://localhost"),
    ] {
        let config = parse(&format!("[server]\nlisten = \"{listen}\"\n")).unwrap();
        assert_eq!(config.server.public_url, public_url);
    }
    for listen in ["127.0.0.1", "unix:http.sock", "localhost:99999", ":8420"] {
        assert!(problems(&format!("[server]\nlisten = \"{listen}\"\n")).contains("unix:/run"));
    }
    for url in [
        "news.example.org",
        "https://a.example/?x=1",
        "https://u:p@a.example",
    ] {
        let told = problems(&format!("[server]\npublic_url = \"{url}\"\n"));
        assert!(told.contains("server.public_url"), "{told}");
    }
}

fn within<'a>(read: &'a dyn Fn(&Path) -> io::Result<String>) -> Surroundings<'a> {
    Surroundings {
        base: Path::new("/etc/feedfold"),
        state_directory: Some(PathBuf::from("/var/lib/feedfold")),
        credentials_directory: Some(PathBuf::from("/run/credentials")),
        read,
    }
}

#[test]
fn secrets_come_from_files_and_the_database_goes_to_the_state_directory() {
    let read = |path: &Path| match path.to_str().unwrap() {
        "/run/credentials/token" => Ok("s3cret\n".to_owned()),
        "/etc/feedfold/lantern.auth" => Ok("user:pass\r\n".to_owned()),
        "/etc/feedfold/lantern.token" => Ok("t0ken\n".to_owned()),
        "/etc/feedfold/empty" => Ok("\n".to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let around = within(&read);
    let config = config::parse_within(
        "[server]\nadmin_token_file = \"token\"\n[[feeds]]\nurl = \"https://lantern.example\"\nbasic_auth_file = \"lantern.auth\"\nbearer_file = \"lantern.token\"\ncookies = \"a=1; b=2\"\n",
        "feedfold.toml",
        &around,
    )
    .unwrap();
    assert_eq!(config.server.admin_token.as_deref(), Some("s3cret"));
    assert_eq!(
        config.feeds[0].request.basic_auth.as_deref(),
        Some("user:pass")
    );
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        config.feeds[0].request.headers,
        [
            field("Authorization", "Bearer t0ken"),
            field("Cookie", "a=1; b=2")
        ]
    );
    assert_eq!(
        config.database.path,
        Path::new("/var/lib/feedfold/feedfold.db")
    );
    for (line, part) in [
        (
            "admin_token_file = \"empty\"",
            "/etc/feedfold/empty is empty",
        ),
        (
            "admin_token_file = \"none\"",
            "/etc/feedfold/none cannot be read",
        ),
        (
            "admin_token = \"s3cret\"\nadmin_token_file = \"token\"",
            "keep one of",
        ),
        (
            "admin_token = \"s3cret\"\nread_token_file = \"token\"",
            "make another token for reading",
        ),
    ] {
        let told = config::parse_within(&format!("[server]\n{line}\n"), "f", &around)
            .unwrap_err()
            .to_string();
        assert!(told.contains(part), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
    let absolute = config::parse_within("[database]\npath = \"/srv/x.db\"", "f", &around).unwrap();
    assert_eq!(absolute.database.path, Path::new("/srv/x.db"));
}

#[test]
fn the_file_is_found_in_the_order_of_the_contract() {
    let named = Path::new("/nowhere/named.toml");
    let environment = Some(PathBuf::from("/nowhere/environment.toml"));
    assert_eq!(
        config::find_with(Some(named), environment.clone()).as_deref(),
        Some(named)
    );
    assert_eq!(config::find_with(None, environment.clone()), environment);
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let told = config::load(Path::new("/nowhere/feedfold.toml"))
        .unwrap_err()
        .to_string();
    assert!(told.starts_with("/nowhere/feedfold.toml: cannot be read ("));
}

/// The file that is shipped.
const SHIPPED: &str = include_str!("../../config/feedfold.toml");

#[test]
fn the_shipped_file_subscribes_to_technology_feeds() {
    let config = parse(SHIPPED).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(config.feeds.len() >= 35, "{} feeds", config.feeds.len());
    assert_eq!(
        config.feeds[0].url,
        "https://www.windowscentral.com/feeds.xml"
    );
    for feed in &config.feeds {
        assert!(feed.url.starts_with("https://"), "{}", feed.url);
        assert!(!feed.tags.is_empty(), "{}", feed.url);
    }
    for topic in ["windows", "ai", "security", "open-source", "hardware"] {
        let count = config
            .feeds
            .iter()
            .filter(|feed| feed.tags.iter().any(|tag| tag == topic))
            .count();
        assert!(count >= 5, "{topic}: {count}");
        assert!(config.views.iter().any(|view| view.name == topic));
    }
    for tag in config.views.iter().flat_map(|view| &view.tags) {
        let used = config.feeds.iter().any(|feed| feed.tags.contains(tag));
        assert!(used, "no feed has the tag {tag}");
    }
}

#[test]
fn what_the_shipped_file_calls_the_default_is_the_default() {
    let mut config = parse(SHIPPED).unwrap();
    config.feeds.clear();
    config.views.clear();
    assert_eq!(config, Config::default());
}

#[test]
fn the_shipped_file_documents_every_key() {
    let mut documented = std::collections::BTreeSet::new();
    let mut section = "";
    for line in SHIPPED.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']);
        } else if let Some((key, _)) = line.split_once(" = ")
            && !line.starts_with("# ")
        {
            documented.insert((section, key.trim_start_matches('#')));
        }
    }
    let known: std::collections::BTreeSet<_> = config::keys().into_iter().collect();
    assert_eq!(documented, known);
}

#[test]
fn what_the_shipped_file_shows_switched_off_would_be_right() {
    let switched_on: String = SHIPPED
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(option) if !option.starts_with(' ') => format!("{option}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let read = |_: &Path| Ok("user:password".to_owned());
    let fault = config::parse_within(&switched_on, "feedfold.toml", &within(&read)).unwrap_err();
    // Both forms of a secret at once are the only thing that is wrong then.
    assert_eq!(fault.problems.len(), 7, "{fault}");
    for problem in &fault.problems {
        assert!(problem.right.starts_with("keep one of"), "{fault}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        if let Err(fault) = parse(&text) {
            prop_assert!(!fault.problems.is_empty());
        }
    }

    #[test]
    fn near_configurations_are_read_or_refused(
        lines in prop::collection::vec(
            prop_oneof![
                Just("[fetch]".to_owned()),
                Just("[[feeds]]".to_owned()),
                Just("[[views]]".to_owned()),
                "(url|name|timeout|tags|headers|query|schedule|limit) = (\"[a-z0-9*: /\"]{0,12}\"|[0-9]{1,20}|\\[\"a\", 1\\]|true|\\{ a = 1 \\})",
            ],
            0..12,
        ),
    ) {
        let text = lines.join("\n");
        if let Err(fault) = parse(&text) {
            for problem in &fault.problems {
                prop_assert!(problem.line >= 1 && problem.line <= lines.len().max(1));
            }
        }
    }
}
