//! The story that feedfold was founded for: a blog's rewrite that ends in "Source: Windows
//! Central", and the original, from feed to merged feed, in both orders.

use crate::support::app::{App, at, feeds};
use crate::support::feed::{post, rss};
use crate::support::origin::{Origin, Reply};
use feedfold::clock::Clock;
use feedfold::feed::Timestamp;

/// The page of the blog as its feed carries it, noise and all.
const FOUNDING: &str = include_str!("../data/folding/founding.txt");

const CENTRAL: &str = "www.windowscentral.com";

/// The blog's feed, in the dialect of its platform; empty before the entry's date.
fn blog(published: Timestamp, now: Timestamp) -> String {
    let title = FOUNDING.lines().next().unwrap();
    let text: String = FOUNDING
        .lines()
        .skip(2)
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            format!(
                "&lt;p&gt;{}&lt;/p&gt;\n",
                line.trim().replace('&', "&amp;amp;")
            )
        })
        .collect();
    let entry = format!(
        "<entry><id>tag:blogger.com,1999:blog-7120.post-5521</id>\
         <published>{0}</published><updated>{0}</updated><title type='text'>{title}</title>\
         <content type='html'>{text}</content>\
         <link rel='alternate' type='text/html' href='https://technotes.blogspot.example/2026/11/ai-independence.html'/>\
         <author><name>Redaction</name></author></entry>",
        published.to_rfc3339()
    );
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'>\
         <id>tag:blogger.com,1999:blog-7120</id><updated>{}</updated><title type='text'>Tech Notes</title>\
         <link rel='alternate' type='text/html' href='https://technotes.blogspot.example/'/>{}</feed>",
        now.to_rfc3339(),
        if published <= now { entry.as_str() } else { "" },
    )
}

/// The outlet's own report of the same interview, and one of another matter.
fn central(published: Timestamp, now: Timestamp) -> String {
    let report = post(
        CENTRAL,
        "microsoft/suleyman-wants-own-frontier-models",
        "Microsoft's AI boss plans frontier models of its own, beyond the OpenAI partnership",
        "<p>Mustafa Suleyman told the Financial Times that Microsoft AI has to become \
         self-sufficient: it will train foundation models at the frontier in house, with gigawatts of \
         computing power behind them.</p><p>OpenAI stays a partner, a spokesperson said, but Microsoft \
         already uses models by Anthropic in places, and its own MAI family is to grow.</p>",
        published,
    );
    let other = post(
        CENTRAL,
        "hardware/surface-dock-with-two-cables",
        "A Surface dock with two cables and no power brick",
        "<p>The new dock for Surface laptops takes its power from the monitor. It has four ports, and \
         a card reader that nobody expected.</p>",
        at("06:30"),
    );
    let mut posts = vec![other];
    if published <= now {
        posts.insert(0, report);
    }
    rss("Windows Central", CENTRAL, &posts)
}

/// Plays the day and gives the story as the API tells it, before and after the second report.
async fn play(rewritten: Timestamp, reported: Timestamp) -> (serde_json::Value, serde_json::Value) {
    let origin = Origin::start();
    let clock = Clock::manual(at("07:00"));
    let watch = clock.clone();
    origin.on_asked("/blog", move |_| Reply::feed(blog(rewritten, watch.now())));
    let watch = clock.clone();
    origin.on_asked("/central", move |_| {
        Reply::feed(central(reported, watch.now()))
    });
    let app = App::start_at(
        &feeds(
            &origin,
            &[("/blog", "blog", ""), ("/central", "windows-central", "")],
        ),
        clock.clone(),
    )
    .await;
    let story = async |app: &App| {
        let stories = app.json("/api/v1/stories?q=suleyman").await;
        let stories = stories["items"].as_array().unwrap().clone();
        assert_eq!(stories.len(), 1, "{stories:#?}");
        stories[0].clone()
    };
    app.pass(6 * 60).await;
    let first = story(&app).await;
    app.pass(8 * 60).await;
    let second = story(&app).await;
    // Two stories in the merged feed: this one, and the one about the dock.
    let merged = app.json("/feed.json").await;
    assert_eq!(merged["items"].as_array().unwrap().len(), 2, "{merged:#?}");
    app.stop().await;
    (first, second)
}

fn check(first: &serde_json::Value, second: &serde_json::Value) {
    assert_eq!(first["id"], second["id"], "the story changed its identity");
    assert_eq!(first["uri"], second["uri"]);
    assert_eq!(second["lead"]["feed"], "windows-central");
    assert_eq!(second["members"].as_array().unwrap().len(), 1);
    assert_eq!(second["members"][0]["feed"], "blog");
}

#[tokio::test]
async fn the_original_comes_first() {
    let (first, second) = play(at("14:00"), at("08:00")).await;
    assert_eq!(first["lead"]["feed"], "windows-central");
    check(&first, &second);
    let evidence = second["members"][0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("credits Windows Central"), "{evidence}");
}

#[tokio::test]
async fn the_rewrite_comes_first() {
    let (first, second) = play(at("08:00"), at("14:00")).await;
    assert_eq!(first["lead"]["feed"], "blog");
    check(&first, &second);
    let evidence = second["members"][0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("credits Windows Central"), "{evidence}");
}
