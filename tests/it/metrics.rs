//! What `/metrics` counts.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{Post, post, rss};
use crate::support::origin::{Origin, Reply};
use crate::support::server::Server;
use chrono::TimeDelta;
use feedfold::clock::Clock;
use feedfold::config::Config;
use feedfold::feed::{Fault, FaultKind};

/// What the service counts, a line a number.
async fn counted(app: &App) -> Vec<String> {
    let answer = app.get("/metrics", &[]).await;
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    text.lines().map(str::to_owned).collect()
}

/// The lines that begin so.
fn those<'t>(counted: &'t [String], start: &str) -> Vec<&'t str> {
    let lines = counted.iter().map(String::as_str);
    lines.filter(|line| line.starts_with(start)).collect()
}

#[tokio::test]
async fn polls_and_decisions_are_counted_by_kind_and_the_writer_by_batch() {
    let origin = Origin::start();
    let text = "<p>The harbour council voted on Monday to move the fish market to the north quay, \
                where the cold store stands empty since the winter, said its chair Ada Brandt. \
                Traders have until autumn to apply for one of the forty stalls.</p>";
    let title = "Fish market moves to the north quay in autumn";
    let one = |site: &str, slug: &str, title: &str, text: &str| -> Vec<Post> {
        vec![post(site, slug, title, text, at("08:00"))]
    };
    let documents = [
        ("/pier", one("pier.example", "market", title, text)),
        ("/mirror", one("mirror.example", "market-2", title, text)),
        (
            "/kiln",
            one(
                "kiln.example",
                "glaze",
                "A glaze without lead",
                "<p>Cobalt helps.</p>",
            ),
        ),
    ];
    for (path, posts) in &documents {
        origin.on(path, Reply::feed(rss(path, "outlet.example", posts)));
    }
    origin.on("/broken", Reply::status(500));
    let list = [
        ("/pier", "pier", ""),
        ("/mirror", "mirror", ""),
        ("/kiln", "kiln", ""),
        ("/broken", "broken", ""),
    ];
    let app = App::start_at(&feeds(&origin, &list), Clock::manual(at("09:00"))).await;
    app.pass(3).await;
    let counted = counted(&app).await;
    for line in [
        r#"feedfold_polls_total{outcome="updated"} 3"#,
        r#"feedfold_polls_total{outcome="error"} 1"#,
        r#"feedfold_polls_total{outcome="not_modified"} 0"#,
        r#"feedfold_poll_duration_seconds_count 4"#,
        r#"feedfold_new_entries_total 3"#,
        r#"feedfold_fold_decisions_total{decision="lead"} 2"#,
        r#"feedfold_fold_decisions_total{decision="copy"} 1"#,
        r#"feedfold_fold_decisions_total{decision="coverage"} 0"#,
        r#"feedfold_feeds{state="ok"} 3"#,
        r#"feedfold_feeds{state="error"} 1"#,
        r#"feedfold_feed_failures{feed="broken"} 1"#,
        r#"feedfold_stored{kind="entries"} 3"#,
        r#"feedfold_stored{kind="stories"} 2"#,
        r#"feedfold_writer_waiting 0"#,
        r#"feedfold_pushes_waiting 0"#,
    ] {
        assert!(counted.contains(&line.to_owned()), "{line}: {counted:#?}");
    }
    // Each poll is a job at least, and no batch is empty.
    let number = |name: &str| -> f64 {
        let line = those(&counted, name)[0];
        line.split(' ').nth(1).unwrap().parse().unwrap()
    };
    let (jobs, batches) = (
        number("feedfold_writer_batch_jobs_sum"),
        number("feedfold_writer_batch_jobs_count"),
    );
    assert!(
        jobs >= 4.0 && batches >= 1.0 && jobs >= batches,
        "{jobs} {batches}"
    );
    assert!((number("feedfold_writer_batch_duration_seconds_count") - batches).abs() < 0.5);
    app.stop().await;
}

#[tokio::test]
async fn of_many_failing_feeds_the_worst_are_told_and_those_that_recover_are_not() {
    let origin = Origin::start();
    origin.otherwise(|_| Reply::status(500));
    let names: Vec<_> = (0..30)
        .map(|number| (format!("/feed/{number}"), format!("feed-{number:02}")))
        .collect();
    let list: Vec<_> = names
        .iter()
        .map(|(path, name)| (path.as_str(), name.as_str(), ""))
        .collect();
    let app = App::start_at(&feeds(&origin, &list), Clock::manual(at("09:00"))).await;
    app.pass(30).await;
    let told = counted(&app).await;
    assert_eq!(
        those(&told, "feedfold_feed_failures{").len(),
        20,
        "{told:#?}"
    );

    origin.otherwise(|asked| {
        let site = format!("outlet{}.example", asked.path.len());
        Reply::feed(rss("Outlet", &site, &[]))
    });
    origin.on("/feed/7", Reply::status(500));
    // However long they were put off: all of them are due by now.
    app.clock.turn_to(app.clock.now() + TimeDelta::days(8));
    app.pass(60).await;
    let told = counted(&app).await;
    let failing = those(&told, "feedfold_feed_failures{");
    assert_eq!(failing.len(), 1, "{failing:?}");
    assert!(
        failing[0].starts_with(r#"feedfold_feed_failures{feed="feed-07"} "#),
        "{failing:?}"
    );
    app.stop().await;
}

#[tokio::test]
async fn where_reading_takes_a_token_the_numbers_name_no_feed() {
    let fault = Fault::with_status(FaultKind::Status, 500, "the server failed");
    for (token, named) in [(None, true), (Some("a-token-of-some-length"), false)] {
        let mut config = Config::default();
        config.server.read_token = token.map(str::to_owned);
        let server = Server::start(config).await;
        server.subscribe("quay", "The Quay", &[]).await;
        server.fail("quay", fault.clone()).await;
        let told = server.get("/metrics").await;
        assert!(
            told.text().contains("feedfold_feeds{state=\"error\"} 1"),
            "{}",
            told.text()
        );
        assert_eq!(told.text().contains("quay"), named, "{}", told.text());
    }
}
