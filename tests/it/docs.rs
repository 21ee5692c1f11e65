//! What the documentation promises.

use feedfold::cadence::Cadence;
use feedfold::config;
use feedfold::query::parse_text;
use std::collections::BTreeMap;
use std::path::Path;

const SHIPPED: &str = include_str!("../../config/feedfold.toml");
const CONFIGURE: &str = include_str!("../../docs/configure.md");
const QUERY: &str = include_str!("../../docs/query.md");

type Options = BTreeMap<(String, String), String>;

/// Section, key and default as the tables of the page have them.
fn documented() -> Options {
    let mut options = Options::new();
    let mut section = String::new();
    for line in CONFIGURE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.trim_matches(['`', '[', ']']).to_owned();
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        if let [key, default, _] = cells[..]
            && let Some(key) = key.strip_prefix("| `")
        {
            options.insert(
                (section.clone(), key.trim_end_matches('`').to_owned()),
                default.trim_matches('`').to_owned(),
            );
        }
    }
    options
}

/// Section, key and value as the shipped file has them; `–` where the file has no default: keys
/// that are switched off, and those of lists, where each item has its own.
fn shipped() -> Options {
    let mut options = Options::new();
    let mut section = "";
    for line in SHIPPED.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']);
        } else if let Some((key, value)) = line.split_once(" = ")
            && !line.starts_with("# ")
        {
            let off = line.starts_with('#') || matches!(section, "feeds" | "views");
            options.insert(
                (section.to_owned(), key.trim_start_matches('#').to_owned()),
                if off { "–" } else { value }.to_owned(),
            );
        }
    }
    options
}

#[test]
fn the_table_of_options_is_the_shipped_file() {
    assert_eq!(documented(), shipped());
    let keys = config::keys();
    assert_eq!(documented().len(), keys.len());
    for (section, key) in keys {
        let known = documented().contains_key(&(section.to_owned(), key.to_owned()));
        assert!(known, "{section}.{key}");
    }
}

/// The code blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    page.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

#[test]
fn examples_of_configuration_are_read() {
    let examples = blocks(CONFIGURE, "toml");
    assert!(!examples.is_empty());
    for example in examples {
        config::parse(example, "example", Path::new("")).unwrap();
    }
    let told = config::parse(
        "[fetch]\n\n\n\n\n\ntimout = \"3s\"\n[[feeds]]\nurl = \"https://a.example\"\n\n\nschedule = \"0 0 13 * fri\"\n",
        "feedfold.toml",
        Path::new(""),
    )
    .unwrap_err()
    .to_string();
    assert_eq!(blocks(CONFIGURE, "text")[0].trim_end(), told);
}

/// What stands between backquotes in the first cells of a table.
fn written(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .flat_map(|line| {
            let cell = line.split(" | ").next().unwrap_or_default();
            cell.trim_end_matches('`').split("` `").collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn documented_schedules_are_read() {
    let section = CONFIGURE.split("## Schedules").nth(1).unwrap();
    let schedules = written(section);
    assert!(schedules.contains(&"@hourly") && schedules.contains(&"auto"));
    for schedule in schedules {
        Cadence::parse(schedule).unwrap_or_else(|fault| panic!("{fault}"));
    }
    Cadence::parse("0 6-22/2 * * 1-5").unwrap();
}

#[test]
fn documented_search_texts_are_read() {
    let texts = written(QUERY);
    assert!(texts.len() >= 25);
    for text in texts {
        parse_text(text).unwrap_or_else(|fault| panic!("{fault}"));
    }
    for (shown, text) in blocks(QUERY, "text")
        .into_iter()
        .zip(["openai OR (anthropic", "copilot sicne:24h"])
    {
        assert_eq!(shown.trim_end(), parse_text(text).unwrap_err().to_string());
    }
    assert_eq!(
        parse_text("a b OR c d"),
        parse_text("(a b) OR (c d)"),
        "as the page says"
    );
}

#[test]
fn the_service_starts_the_real_program_and_does_not_loop_on_a_bad_configuration() {
    let unit = include_str!("../../systemd/feedfold.service");
    for line in [
        "Type=notify",
        "ExecStart=/usr/bin/feedfold --config /etc/feedfold/feedfold.toml serve",
        "RestartPreventExitStatus=78",
        "DynamicUser=yes",
        "StateDirectory=feedfold",
    ] {
        assert!(unit.lines().any(|own| own == line), "{line}");
    }
}
