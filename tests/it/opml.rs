//! Subscriptions in and out.

use crate::support::server::Server;
use feedfold::config::Config;
use feedfold::parse::opml;

#[tokio::test]
async fn what_is_exported_is_read_again() {
    let server = Server::start(Config::default()).await;
    server
        .subscribe("harbour", "Harbour & Tide", &["ships", "tech"])
        .await;
    server.subscribe("lamp", "The \"Lamp\"", &[]).await;
    let answer = server.get("/opml").await;
    assert_eq!(answer.header("content-type"), "text/x-opml; charset=utf-8");
    let mut outlines = opml::read(&answer.body).unwrap();
    outlines.sort_by(|a, b| a.title.cmp(&b.title));
    let outlines: Vec<_> = outlines
        .iter()
        .map(|outline| {
            (
                outline.title.as_deref().unwrap_or_default(),
                outline.url.as_str(),
                outline.tags.clone(),
            )
        })
        .collect();
    assert_eq!(
        outlines,
        [
            (
                "Harbour & Tide",
                "https://harbour.example/feed.xml",
                vec!["ships".to_owned(), "tech".to_owned()]
            ),
            ("The \"Lamp\"", "https://lamp.example/feed.xml", vec![]),
        ]
    );
    let again = server
        .get_with("/opml", &[("if-none-match", answer.header("etag"))])
        .await;
    assert_eq!(again.status, 304);
}
