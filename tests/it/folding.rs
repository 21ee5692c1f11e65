//! Which entries become one story.

use chrono::{DateTime, TimeDelta};
use feedfold::config::Fold;
use feedfold::entry::{Credit, EntryId, Item, Role};
use feedfold::feed::{FeedId, Timestamp};
use feedfold::fold::{
    Corrections, Decision, FeedContext, Memory, Placed, Placement, judge, prepare,
};
use feedfold::text::{Plain, SafeHtml};

/// The article that feedfold was founded for, as it stood on a blog.
const FOUNDING: &str = include_str!("../data/folding/founding.txt");

fn at(hours: i64) -> Timestamp {
    DateTime::from_timestamp(1_771_000_000, 0).unwrap() + TimeDelta::hours(hours)
}

fn feed(number: i64, title: &str, host: &str) -> FeedContext {
    FeedContext {
        feed: FeedId(number),
        name: format!("feed-{number}"),
        title: title.to_owned(),
        hosts: vec![host.to_owned()],
        priority: 0,
    }
}

fn windows_central() -> FeedContext {
    feed(1, "Windows Central", "www.windowscentral.com")
}

fn blog() -> FeedContext {
    feed(2, "Tech Daily Notes", "techdailynotes.blogspot.com")
}

fn item(title: &str, html: &str, link: &str, published: Timestamp) -> Item {
    Item {
        title: Plain::new(title),
        content: Some(SafeHtml::clean(html, None)),
        link: Some(feedfold::address::Address::parse(link).unwrap()),
        published: Some(published),
        ..Item::default()
    }
}

/// The blog's entry: every paragraph of the page, noise and all.
fn rewrite(published: Timestamp) -> Item {
    let title = FOUNDING.lines().next().unwrap();
    let html: String = FOUNDING
        .lines()
        .skip(2)
        .map(|line| format!("<p>{}</p>", line.trim()))
        .collect();
    item(
        title,
        &html,
        "https://techdailynotes.blogspot.com/2026/02/ai-independence.html",
        published,
    )
}

/// What the credited outlet wrote, in its own words.
fn original(published: Timestamp) -> Item {
    item(
        "Microsoft AI chief wants independence from OpenAI with in-house frontier models",
        "<p>Mustafa Suleyman, who runs Microsoft AI, says the company has to stand on its own feet. \
         In a conversation with the Financial Times he set out plans for “true self-sufficiency”: \
         frontier models trained in Redmond rather than licensed from OpenAI.</p>\
         <p>That takes gigawatts of compute and some of the best training people in the industry, \
         he added. Microsoft's own MAI models were previewed last year and are due in a larger \
         edition soon, although its Copilot products still lean on OpenAI for most requests.</p>\
         <p>The two companies rewrote their contract in autumn, and Microsoft has since begun to \
         use Anthropic's models in parts of Office.</p>",
        "https://www.windowscentral.com/artificial-intelligence/suleyman-in-house-models",
        published,
    )
}

/// Folds entries in order of arrival into a fresh archive.
struct Desk {
    memory: Memory,
    settings: Fold,
}

impl Desk {
    fn new(feeds: &[FeedContext]) -> Self {
        let mut memory = Memory::new();
        for feed in feeds {
            memory.subscribe(feed);
        }
        Self {
            memory,
            settings: Fold::default(),
        }
    }

    fn fold(&mut self, feed: &FeedContext, item: Item, seen: Timestamp) -> (Decision, Placed) {
        self.fold_with(feed, item, seen, &Corrections::default())
    }

    fn fold_with(
        &mut self,
        feed: &FeedContext,
        item: Item,
        seen: Timestamp,
        corrections: &Corrections,
    ) -> (Decision, Placed) {
        let published = item.published;
        let prepared = prepare(item, feed);
        let Ok(decision) = judge(
            &prepared,
            feed,
            &self.memory,
            &self.settings,
            corrections,
            seen,
        );
        assert!(!decision.evidence.is_empty());
        assert!(decision.profile.keys().len() <= 48);
        let bytes = decision.profile.to_bytes();
        assert!(bytes.len() < 1200, "{}", bytes.len());
        let placed = self.memory.record(&decision, feed, published, seen);
        (decision, placed)
    }

    fn lead(&self, placed: Placed) -> EntryId {
        self.memory.lead(placed.story).unwrap()
    }
}

#[test]
fn the_founding_example_folds_when_the_original_comes_first() {
    let mut desk = Desk::new(&[windows_central(), blog()]);
    let (_, first) = desk.fold(&windows_central(), original(at(0)), at(1));
    let (decision, second) = desk.fold(&blog(), rewrite(at(5)), at(6));
    assert_eq!(first.story, second.story, "{}", decision.evidence);
    assert_eq!(desk.lead(first), first.entry);
    assert!(
        decision.evidence.contains("credits Windows Central"),
        "{}",
        decision.evidence
    );
    assert!(
        decision.evidence.contains("'Suleyman'"),
        "{}",
        decision.evidence
    );
}

#[test]
fn the_founding_example_folds_when_the_rewrite_comes_first() {
    let mut desk = Desk::new(&[windows_central(), blog()]);
    let (_, first) = desk.fold(&blog(), rewrite(at(5)), at(6));
    let (decision, second) = desk.fold(&windows_central(), original(at(0)), at(7));
    assert_eq!(first.story, second.story, "{}", decision.evidence);
    assert_eq!(desk.lead(first), second.entry);
    assert!(
        decision.evidence.contains("credits Windows Central"),
        "{}",
        decision.evidence
    );
}

#[test]
fn the_credited_original_leads_even_when_it_is_dated_later() {
    let mut desk = Desk::new(&[windows_central(), blog()]);
    let (_, first) = desk.fold(&blog(), rewrite(at(0)), at(1));
    let (_, second) = desk.fold(&windows_central(), original(at(8)), at(9));
    assert_eq!(first.story, second.story);
    assert_eq!(desk.lead(first), second.entry);
}

#[test]
fn a_credit_alone_folds_nothing() {
    let mut desk = Desk::new(&[windows_central(), blog()]);
    let (_, rewrite) = desk.fold(&blog(), rewrite(at(0)), at(1));
    for (n, (title, html)) in [
        (
            "Xbox Game Pass adds nine games in the second half of February",
            "<p>Nine more games come to Game Pass this month, among them a tactics classic and two \
             racing games. Subscribers on PC and console can play from Thursday.</p>",
        ),
        (
            "Windows 11 taskbar finally moves to the side again in a new Insider build",
            "<p>Microsoft is testing a taskbar that can stand at any edge of the screen. Insiders \
             in the Dev channel get the change first, a release date was not named.</p>",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let link = format!("https://www.windowscentral.com/other/{n}");
        let (decision, placed) =
            desk.fold(&windows_central(), item(title, html, &link, at(2)), at(2));
        assert_ne!(placed.story, rewrite.story, "{}", decision.evidence);
    }
}

#[test]
fn an_original_that_is_not_subscribed_is_named() {
    let mut desk = Desk::new(&[blog()]);
    let (decision, _) = desk.fold(&blog(), rewrite(at(0)), at(1));
    assert_eq!(decision.placement, Placement::Opens);
    assert_eq!(
        decision.credit,
        Some(Credit {
            name: "Windows Central".into(),
            link: None
        })
    );
}

#[test]
fn two_rewrites_of_one_original_are_one_story_and_count_once() {
    let other = feed(3, "Redmond Watch", "redmondwatch.example");
    let mut desk = Desk::new(&[windows_central(), blog(), other.clone()]);
    let (_, first) = desk.fold(&blog(), rewrite(at(3)), at(4));
    let (_, second) = desk.fold(
        &other,
        item(
            "Suleyman: Microsoft to train its own frontier AI and lean less on OpenAI",
            "<p>Microsoft AI boss Mustafa Suleyman told the Financial Times that his company will \
             build its own foundation models, with gigawatt-scale data centres and a top team.</p>\
             <p>via <a href='https://www.windowscentral.com/'>Windows Central</a></p>",
            "https://redmondwatch.example/2026/02/suleyman-own-frontier-ai",
            at(4),
        ),
        at(5),
    );
    let (decision, third) = desk.fold(&windows_central(), original(at(0)), at(6));
    assert_eq!(first.story, second.story);
    assert_eq!(first.story, third.story, "{}", decision.evidence);
    assert_eq!(desk.lead(first), third.entry);
}

#[test]
fn a_credit_with_a_link_to_the_page_is_the_same_article() {
    let mut desk = Desk::new(&[windows_central(), blog()]);
    let (_, first) = desk.fold(&windows_central(), original(at(0)), at(0));
    let copy = item(
        "Big plans in Redmond",
        "<p>They want to do it all alone now.</p><p>Source: <a \
         href='https://www.windowscentral.com/artificial-intelligence/suleyman-in-house-models?utm_source=x'>Windows Central</a></p>",
        "https://techdailynotes.blogspot.com/2026/02/plans.html",
        at(1),
    );
    let (decision, second) = desk.fold(&blog(), copy, at(1));
    assert_eq!(decision.rule, "credit-link");
    assert_eq!(second.article, first.entry);
    assert!(matches!(
        decision.placement,
        Placement::Joins {
            role: Role::Copy,
            leads: false,
            independent: false,
            ..
        }
    ));
}

#[test]
fn a_split_entry_does_not_come_back() {
    let mut desk = Desk::new(&[windows_central(), blog()]);
    let (_, first) = desk.fold(&windows_central(), original(at(0)), at(1));
    let never = Corrections {
        never: [first.story].into(),
        always: None,
    };
    let (_, second) = desk.fold_with(&blog(), rewrite(at(5)), at(6), &never);
    assert_ne!(first.story, second.story);
    let always = Corrections {
        never: Default::default(),
        always: Some(first.story),
    };
    let (decision, third) = desk.fold_with(
        &blog(),
        item(
            "Something else",
            "",
            "https://techdailynotes.blogspot.com/x",
            at(5),
        ),
        at(6),
        &always,
    );
    assert_eq!(third.story, first.story);
    assert_eq!(decision.rule, "correction");
}

/// An entry with a headline alone.
fn headline(title: &str, number: usize, feed: &FeedContext) -> Item {
    let link = format!("https://{}/item/{number}", feed.hosts[0]);
    item(title, "", &link, at(0))
}

#[test]
fn emptiness_is_no_likeness() {
    let (one, two) = (windows_central(), blog());
    let mut desk = Desk::new(&[one.clone(), two.clone()]);
    let mut stories = std::collections::HashSet::new();
    for (number, title) in [
        "",
        " ",
        "…",
        "-",
        "\u{200b}\u{202e}",
        "the of and",
        "2026",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        for feed in [&one, &two] {
            let (decision, placed) = desk.fold(feed, headline(title, number, feed), at(0));
            assert!(
                stories.insert(placed.story),
                "{title:?}: {}",
                decision.evidence
            );
        }
    }
    let bare = Item::default();
    for feed in [&one, &two] {
        let (_, placed) = desk.fold(feed, bare.clone(), at(1));
        assert!(stories.insert(placed.story));
    }
}

#[test]
fn the_front_page_as_a_link_makes_no_copies() {
    let (one, two) = (windows_central(), blog());
    let mut desk = Desk::new(&[one.clone(), two.clone()]);
    let page = "https://www.windowscentral.com/?utm_source=feed";
    let (_, first) = desk.fold(
        &one,
        item("Surface keyboard recalled", "", page, at(0)),
        at(0),
    );
    let (_, second) = desk.fold(
        &two,
        item("Penguin chess engine wins", "", page, at(0)),
        at(0),
    );
    assert_ne!(first.story, second.story);
}

#[test]
fn huge_titles_and_texts_cost_little_and_fit() {
    let feed = windows_central();
    let mut desk = Desk::new(std::slice::from_ref(&feed));
    for (number, title) in [
        "long ".repeat(200_000),
        "x".repeat(1 << 20),
        "Ünï\u{301}cödé\u{202e}🦀".repeat(50_000),
        "1 2 3 4 5 6 7 8 9 ".repeat(50_000),
        "((((((((((".repeat(100_000),
    ]
    .into_iter()
    .enumerate()
    {
        let html = format!("<p>{title}</p><p>Source: {title}</p>");
        let link = format!("https://www.windowscentral.com/{number}");
        let (decision, _) = desk.fold(&feed, item(&title, &html, &link, at(0)), at(0));
        assert!(decision.evidence.len() < 1000);
        let bytes = decision.profile.to_bytes();
        assert_eq!(
            feedfold::fold::Profile::from_bytes(&bytes).as_ref(),
            Some(&decision.profile)
        );
        for end in 0..bytes.len() {
            assert_eq!(feedfold::fold::Profile::from_bytes(&bytes[..end]), None);
        }
    }
}

#[test]
fn two_thousand_entries_of_one_feed_with_one_headline_stay_apart() {
    let feed = windows_central();
    let mut desk = Desk::new(std::slice::from_ref(&feed));
    let mut stories = std::collections::HashSet::new();
    for number in 0..2000 {
        let entry = headline("Morning briefing for everyone in the city", number, &feed);
        let (decision, placed) = desk.fold(&feed, entry, at(0));
        assert!(stories.insert(placed.story), "{}", decision.evidence);
    }
}

#[test]
fn missing_and_far_off_dates_are_borne() {
    let (one, two) = (windows_central(), blog());
    let mut desk = Desk::new(&[one.clone(), two.clone()]);
    let title = "Crab species found living inside abandoned server racks";
    for (number, published) in [
        None,
        Some(DateTime::<chrono::Utc>::MIN_UTC),
        Some(DateTime::<chrono::Utc>::MAX_UTC),
        DateTime::from_timestamp(0, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let mut entry = headline(title, number, &one);
        entry.published = published;
        desk.fold(&one, entry, at(0));
    }
    let mut entry = headline(title, 9, &two);
    entry.published = None;
    let (decision, _) = desk.fold(&two, entry, at(1));
    assert_eq!(decision.rule, "headline");
}

#[test]
fn contradictory_credits_and_loops_keep_the_first_lead() {
    let (one, two) = (windows_central(), blog());
    let mut desk = Desk::new(&[one.clone(), two.clone()]);
    let title = "Crab species found living inside abandoned server racks in Oslo";
    let credit =
        |to: &str| format!("<p>Divers found crabs in old server racks.</p><p>Source: {to}</p>");
    let (_, first) = desk.fold(
        &one,
        item(
            title,
            &credit("Tech Daily Notes"),
            "https://www.windowscentral.com/crabs",
            at(0),
        ),
        at(0),
    );
    let (_, second) = desk.fold(
        &two,
        item(
            title,
            &credit("Windows Central"),
            "https://techdailynotes.blogspot.com/crabs",
            at(1),
        ),
        at(1),
    );
    assert_eq!(first.story, second.story);
    assert_eq!(desk.lead(first), first.entry);
}

#[test]
fn priority_decides_only_between_entries_of_one_hour() {
    let title = "Crab species found living inside abandoned server racks in Oslo";
    for (hours, leads) in [(0, true), (5, false)] {
        let one = windows_central();
        let mut two = blog();
        two.priority = 10;
        let mut desk = Desk::new(&[one.clone(), two.clone()]);
        let mut entry = headline(title, 1, &one);
        entry.published = Some(at(0));
        let (_, first) = desk.fold(&one, entry, at(9));
        let mut entry = headline(title, 1, &two);
        entry.published = Some(at(hours));
        let (_, second) = desk.fold(&two, entry, at(9));
        assert_eq!(first.story, second.story);
        assert_eq!(desk.lead(first) == second.entry, leads, "{hours} h");
    }
}

#[test]
fn the_order_of_a_document_does_not_matter() {
    let feed = windows_central();
    let titles = ["Crab found", "Crab lost", "Crab found again", "Crab", ""];
    let prepared = |order: &[usize]| {
        let mut all: Vec<_> = order
            .iter()
            .map(|n| {
                let mut entry = headline(titles[*n], *n, &feed);
                entry.published = (*n != 3).then(|| at(*n as i64 % 2));
                prepare(entry, &feed)
            })
            .collect();
        feedfold::fold::order(&mut all);
        all
    };
    assert_eq!(prepared(&[0, 1, 2, 3, 4]), prepared(&[4, 2, 0, 3, 1]));
}

#[test]
fn a_file_is_folded_line_by_line() {
    let mut replay = feedfold::fold::Replay::new(Fold::default());
    let mut fold = |line: &str| serde_json::to_value(replay.fold(line).unwrap()).unwrap();
    let first = fold(
        r#"{"id":"a","source":"Origin Post","url":"https://origin.example/crabs","title":"Crab species found living inside abandoned server racks","summary":"","published":"2026-01-05T01:20:00Z"}"#,
    );
    assert_eq!(
        (&first["story"], &first["fold"]),
        (&"a".into(), &"lead".into())
    );
    assert!(first["of"].is_null());
    let second = fold(
        r#"{"id":"b","source":"Copy Desk","url":"http://www.origin.example/crabs/?utm_source=x","title":"Crabs!","published":"2026-01-05T02:20:00Z"}"#,
    );
    assert_eq!(second["article"], "a");
    assert_eq!(second["fold"], "copy");
    assert_eq!(second["evidence"], "same canonical URL as Origin Post");
    let fault = replay.fold("{\"title\":1}").unwrap_err();
    assert!(fault.to_string().contains("is no entry"), "{fault}");
}
