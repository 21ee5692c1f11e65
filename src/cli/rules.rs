//! `feedfold rules`: what the rules of feeds hide, shown on what is stored.

use super::arguments::{Rules, RulesTest};
use super::output::Zone;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure, output};
use crate::config::{Config, Rule, Verdict};
use crate::entry::Entry;
use crate::feed::Timestamp;
use crate::query::{self, EntryQuery, Expression, FoldLevel, Search};
use serde::Serialize;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An entry that a rule hides, as programs see it.
#[derive(Serialize)]
struct Record<'a> {
    feed: &'a str,
    /// The view whose query hides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<&'a str>,
    verdict: &'static str,
    /// The rule as it was written; of `keep` all of the feed's, since none of them matches.
    rule: &'a str,
    entry: i64,
    dated: String,
    title: &'a str,
}

/// What is told of a rule beside each entry.
struct Told {
    view: Option<String>,
    verdict: &'static str,
    rule: String,
}

impl Told {
    fn print(&self, entry: &Entry) -> anyhow::Result<()> {
        let record = Record {
            feed: &entry.outlet.name,
            view: self.view.as_deref(),
            verdict: self.verdict,
            rule: &self.rule,
            entry: entry.id.0,
            dated: output::moment(entry.dated()),
            title: entry.item.title.as_str(),
        };
        output::json_line(&mut io::stdout(), &record)
    }

    fn row(&self, entry: &Entry, zone: Zone) -> [String; 5] {
        [
            entry.id.0.to_string(),
            zone.short(entry.dated()),
            entry.outlet.name.clone(),
            format!("{} {}", self.verdict, self.rule),
            entry.item.title.to_string(),
        ]
    }
}

/// A rule, or all that a feed keeps, and the search text of what it hides.
struct Test {
    /// The feeds that it is about; empty is all.
    feeds: Vec<String>,
    tags: Vec<String>,
    view: Option<String>,
    verdict: Verdict,
    text: String,
    hides: Search,
}

impl Test {
    fn told(&self) -> Told {
        Told {
            view: self.view.clone(),
            verdict: self.verdict.word(),
            rule: self.text.clone(),
        }
    }

    /// What it is about, for the table of counts.
    fn subject(&self) -> String {
        match &self.view {
            Some(view) => format!("view {view}"),
            None => self.feeds.join(", "),
        }
    }
}

/// Runs the command.
pub(super) fn run(surroundings: &Surroundings, command: &Rules) -> anyhow::Result<Ending> {
    match command {
        Rules::Test(options) => test(surroundings, options),
    }
}

fn test(surroundings: &Surroundings, options: &RulesTest) -> anyhow::Result<Ending> {
    let config = surroundings.config()?;
    let now = surroundings.clock.now();
    let since = query::parse_moment(&options.since, now)
        .map_err(|fault| Failure::Use(format!("--since: {fault}")))?;
    if let Some(name) = &options.view {
        let tests = vec![of_view(&config, name)?];
        return show(surroundings, options, tests, since, now);
    }
    for name in &options.feeds {
        if config.feeds.iter().all(|feed| feed.name != *name) {
            let known = config.feeds.iter().map(|feed| feed.name.as_str());
            let nearest = crate::text::nearest(name, known)
                .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
            let wrong = format!("the configuration has no feed '{name}'{nearest}");
            return Err(Failure::Use(wrong).into());
        }
    }
    let chosen = |rule: &&Rule| options.feeds.is_empty() || options.feeds.contains(&rule.feed);
    let rules: Vec<&Rule> = config.rules.iter().filter(chosen).collect();
    if rules.is_empty() {
        writeln!(
            io::stderr(),
            "no feed has rules: keep and drop below [[feeds]] make some"
        )?;
        return Ok(Ending::Done);
    }
    show(surroundings, options, tests(&rules), since, now)
}

/// What a view's query leaves out of the view's feeds.
fn of_view(config: &Config, name: &str) -> anyhow::Result<Test> {
    let Some(view) = config.views.iter().find(|view| view.name == name) else {
        let known = config.views.iter().map(|view| view.name.as_str());
        let nearest = crate::text::nearest(name, known)
            .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
        let wrong = format!("the configuration has no view '{name}'{nearest}");
        return Err(Failure::Use(wrong).into());
    };
    let Some(query) = &view.query else {
        let wrong =
            format!("the view '{name}' has no query: it leaves out none of its feeds' entries");
        return Err(Failure::Use(wrong).into());
    };
    Ok(Test {
        feeds: view.feeds.clone(),
        tags: view.tags.clone(),
        view: Some(name.to_owned()),
        verdict: Verdict::Keep,
        text: "what its query finds".to_owned(),
        hides: Expression::Not(Box::new(query.clone())),
    })
}

/// Lists and counts what each test hides of what is stored.
fn show(
    surroundings: &Surroundings,
    options: &RulesTest,
    tests: Vec<Test>,
    since: Timestamp,
    now: Timestamp,
) -> anyhow::Result<Ending> {
    block_on(async {
        let store = surroundings.store_to_read()?;
        let zone = surroundings.zone;
        let mut table =
            output::table(&["ENTRY", &zone.heading("DATE"), "FEED", "HIDDEN BY", "TITLE"]);
        let mut counts = output::table(&["FEED", "RULE", "HIDES"]);
        for test in tests {
            let question = EntryQuery {
                feeds: test.feeds.clone(),
                tags: test.tags.clone(),
                text: Some(test.hides.clone().at(now)),
                since: Some(since),
                fold: FoldLevel::None,
                ..EntryQuery::default()
            };
            let hidden = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&hidden);
            let (send, receive) = std::sync::mpsc::channel();
            let (json, limit, told) = (options.json, options.limit, test.told());
            let listing = store.for_each_entry(question, move |entry| {
                let place = count.fetch_add(1, Ordering::Relaxed);
                // Objects are printed as they are read, rows are few: memory stays bounded.
                let printed = match (json, place < limit) {
                    (true, _) => told.print(&entry),
                    (false, true) => send.send(told.row(&entry, zone)).map_err(Into::into),
                    (false, false) => Ok(()),
                };
                match printed {
                    Ok(()) => ControlFlow::Continue(()),
                    // A closed pipe: nobody reads on.
                    Err(_) => ControlFlow::Break(()),
                }
            });
            listing.await?;
            for row in receive {
                table.add_row(row);
            }
            let rule = format!("{} {}", test.verdict.word(), test.text);
            let hidden = hidden.load(Ordering::Relaxed).to_string();
            counts.add_row([test.subject(), rule, hidden]);
        }
        if !options.json {
            output::print_table(&table)?;
            writeln!(io::stdout())?;
            output::print_table(&counts)?;
        }
        Ok(Ending::Done)
    })
}

/// Each rule that drops on its own, and of each feed that keeps all of it together.
fn tests(rules: &[&Rule]) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let mut feeds: Vec<&str> = rules.iter().map(|rule| rule.feed.as_str()).collect();
    feeds.dedup();
    for feed in feeds {
        let own = rules.iter().filter(|rule| rule.feed == feed);
        let (kept, dropped): (Vec<&Rule>, Vec<&Rule>) =
            own.partition(|rule| rule.verdict == Verdict::Keep);
        if !kept.is_empty() {
            let any = kept.iter().map(|rule| rule.search.clone()).collect();
            let texts: Vec<&str> = kept.iter().map(|rule| rule.text.as_str()).collect();
            tests.push(Test {
                feeds: vec![feed.to_owned()],
                tags: Vec::new(),
                view: None,
                verdict: Verdict::Keep,
                text: texts.join(", "),
                hides: Expression::Not(Box::new(Expression::Or(any))),
            });
        }
        tests.extend(dropped.into_iter().map(|rule| Test {
            feeds: vec![feed.to_owned()],
            tags: Vec::new(),
            view: None,
            verdict: Verdict::Drop,
            text: rule.text.clone(),
            hides: rule.search.clone(),
        }));
    }
    tests
}
