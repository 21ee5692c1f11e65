//! The river: how it narrows, what it weighs, and what hostile feeds do to it.

use super::{server, turbine};
use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::config::Config;
use feedfold::feed::{Fault, FaultKind};
use feedfold::text::Plain;

#[tokio::test]
async fn every_narrowing_is_a_link_that_works() {
    let server = server().await;
    server.poll("harbour", vec![turbine()]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(90));
    server.poll("lamp", vec![turbine()]).await;
    let page = server.get("/").await;
    let aside = page.text().split("<aside").nth(1).unwrap();
    let links: Vec<String> = aside
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"))
        .collect();
    for expected in [
        "/?fold=none",
        "/?fold=article",
        "/?feed=lamp",
        "/?q=sources%3A%3E%3D2",
    ] {
        assert!(
            links.iter().any(|link| link == expected),
            "{expected} in {links:?}"
        );
    }
    for link in &links {
        assert_eq!(server.get(link).await.status, 200, "{link}");
    }
    let unfolded = server.get("/?fold=none").await;
    assert_eq!(unfolded.text().matches("<article").count(), 2);
    assert!(
        unfolded
            .text()
            .contains(r#"<a href="/?fold=none" aria-current="true">"#)
    );
    let narrowed = server.get("/?feed=harbour").await;
    let back = r#"<ul class="narrowed" aria-label="Narrowed to"><li><a href="/">"#;
    assert!(narrowed.text().contains(back), "{}", narrowed.text());
}

#[tokio::test]
async fn each_day_is_there_once_though_an_original_of_yesterday_takes_the_lead() {
    let server = server().await;
    let hour = |hours: i64| Some(start() + TimeDelta::hours(hours));
    let told = "Engineers lowered a rotor into the strait and the ferry terminal went off diesel";
    let rewrite = format!(
        "<p>{told}.</p><p>Source: <a href=\"https://harbour.example/1\">Harbour &amp; Tide</a></p>"
    );
    let lamps = vec![
        item(
            "A lamp is lit on the pier",
            "https://lamp.example/1",
            hour(0),
            "<p>It is on.</p>",
        ),
        item(
            "Rotor turns in the strait",
            "https://lamp.example/2",
            hour(1),
            &rewrite,
        ),
        item(
            "Cakes are sold by the dozen",
            "https://lamp.example/3",
            hour(2),
            "<p>Buy ten.</p>",
        ),
    ];
    server.clock.turn_to(start() + TimeDelta::hours(3));
    server.poll("lamp", lamps).await;
    let original = item(
        "Rotor turns in the strait",
        "https://harbour.example/1",
        hour(-20),
        told,
    );
    server.poll("harbour", vec![original]).await;
    let page = server.get("/").await;
    let headings: Vec<&str> = page
        .text()
        .split("<h2 id=\"day-")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(headings, ["2026-11-20", "2026-11-19"], "{}", page.text());
    assert_eq!(page.text().matches("<article").count(), 3);
}

#[tokio::test]
async fn a_broken_search_says_where_and_how_it_is_done() {
    let server = server().await;
    for path in ["/search?q=rotor+AND+titel%3Ax", "/?q=rotor+AND+titel%3Ax"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        for part in [
            "did you mean &#39;title:&#39;?",
            "<pre>",
            "^</pre>",
            "<code>chip export</code>",
        ] {
            assert!(
                answer.text().contains(part),
                "{path}: {part}\n{}",
                answer.text()
            );
        }
        assert!(answer.text().contains(r#"value="rotor AND titel:x""#));
    }
    let help = server.get("/search").await;
    assert_eq!(help.status, 200);
    let examples: Vec<&str> = help
        .text()
        .split("<td><a href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(examples.len() > 5);
    for example in examples {
        assert_eq!(server.get(example).await.status, 200, "{example}");
    }
}

/// Headlines, names and texts that try to get out of their places.
async fn hostile() -> Server {
    let server = Server::start(Config::default()).await;
    let name = "\"><script>alert(1)</script>\u{202e}";
    server
        .subscribe("evil", name, &["'><img src=x onerror=alert(1)>"])
        .await;
    let mut long = item("x", "https://evil.example/long", Some(start()), "");
    long.title = Plain::new(&"endless ".repeat(20_000));
    let mut bare = item("", "https://evil.example/bare", Some(start()), "");
    bare.link = None;
    bare.content = None;
    bare.guid = Some("bare".to_owned());
    let markup = item(
        "<script>alert(2)</script>\"' onmouseover=alert(2) </title></h3>",
        "https://evil.example/%22%3E%3Cscript%3E?\"><script>alert(3)</script>",
        Some(start()),
        "<script>alert(4)</script><img src=x onerror=alert(5) alt='<img src=y>'>\
         <a href='javascript:alert(6)'>x</a><a href='data:text/html,<script>alert(7)</script>'>y</a>\
         <iframe src=https://evil.example></iframe><style>*{display:none}</style>\
         <form action=/feeds method=post><button>z</button></form></div></article></main>",
    );
    let mut arabic = item(
        "عنوان من اليمين",
        "https://evil.example/rtl",
        Some(start()),
        "<p>نص</p>",
    );
    arabic.language = Some("ar\" onclick=\"alert(8)".to_owned());
    server.poll("evil", vec![long, bare, markup, arabic]).await;
    server
        .fail(
            "evil",
            Fault::new(FaultKind::Broken, "<b>it</b> \u{1b}[31mbroke"),
        )
        .await;
    server
}

#[tokio::test]
async fn hostile_feeds_are_shown_as_the_text_that_they_are() {
    let server = hostile().await;
    let stories = server.get("/api/v1/stories").await.json();
    let mut paths = vec![
        "/".to_owned(),
        "/feeds".to_owned(),
        "/?fold=none".to_owned(),
    ];
    for story in stories["items"].as_array().unwrap() {
        paths.push(format!("/story/{}", story["id"]));
    }
    assert_eq!(paths.len(), 7);
    for path in paths {
        let page = server.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        for forbidden in [
            "<script>",
            "<iframe",
            "<style",
            "onerror=\"",
            "<img src=x",
            "onclick=\"",
            "javascript:",
            "href=\"data:text",
            "action=/feeds",
            "\u{1b}",
            "<b>it",
        ] {
            assert!(!text.contains(forbidden), "{path}: {forbidden}\n{text}");
        }
        assert_eq!(
            text.matches("<main").count(),
            text.matches("</main>").count(),
            "{path}"
        );
        assert!(text.len() < 60_000, "{path} has {} bytes", text.len());
    }
    let river = server.get("/").await;
    assert!(river.text().contains("dir=\"auto\""));
    assert!(river.text().contains("عنوان من اليمين"));
}

#[tokio::test]
async fn the_first_load_is_light_and_asks_nobody_else() {
    let server = Server::start(Config::default()).await;
    server
        .subscribe("harbour", "Harbour & Tide", &["sea"])
        .await;
    let items = (0..60)
        .map(|number| {
            let words: Vec<String> = (0..40)
                .map(|word| format!("word{}", (number * 7919 + word * 104_729) % 9973))
                .collect();
            item(
                &format!("Headline {number} {}", words[..9].join(" ")),
                &format!("https://harbour.example/{number}"),
                Some(start() - TimeDelta::hours(number)),
                &format!("<p>{}</p>", words.join(" ")),
            )
        })
        .collect();
    server.poll("harbour", items).await;
    let compressed = [("accept-encoding", "br")];
    let page = server.get("/").await;
    assert_eq!(page.text().matches("<article").count(), 50);
    let mut weight = server.get_with("/", &compressed).await.body.len();
    let loads: Vec<&str> = ["rel=\"stylesheet\" href=\"", "<script src=\""]
        .iter()
        .flat_map(|before| page.text().split(before).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(loads, ["/style.css", "/page.js"]);
    for path in loads {
        let answer = server.get_with(path, &compressed).await;
        assert_eq!(answer.status, 200);
        weight += answer.body.len();
    }
    assert!(weight < 60_000, "{weight} bytes");
    for element in [
        "<img",
        "<iframe",
        "<video",
        "rel=\"preconnect",
        "rel=\"preload",
    ] {
        assert!(!page.text().contains(element), "{element}");
    }
}

#[tokio::test]
async fn what_a_search_found_is_marked() {
    let server = server().await;
    server.poll("harbour", vec![turbine()]).await;
    let found = server.get("/search?q=turbine+-zeppelin").await;
    assert!(
        found.text().contains("<mark>Turbines</mark> &#38; tides"),
        "{}",
        found.text()
    );
    let found = server.get("/search?q=engineers+OR+strait").await;
    assert!(found.text().contains("<mark>Engineers</mark> lowered"));
    assert!(!server.get("/").await.text().contains("<mark>"));
}

#[tokio::test]
async fn enormous_stories_are_shown_in_part() {
    let server = Server::start(Config::default()).await;
    for number in 0..40 {
        let name = format!("pier{number}");
        server
            .subscribe(&name, &format!("Pier {number}"), &[])
            .await;
        let mut copy = turbine();
        copy.guid = Some(name.clone());
        server.poll(&name, vec![copy]).await;
    }
    let river = server.get("/").await;
    let text = river.text();
    assert_eq!(text.matches("<article").count(), 1, "{text}");
    let sources = text.split("class=\"sources\"").nth(1);
    let shown = sources.map(|list| list.split("</ul>").next().unwrap());
    assert!(
        shown.is_none_or(|list| list.matches("<li").count() <= 13),
        "{text}"
    );
    let story = server.get("/api/v1/stories").await.json()["items"][0].clone();
    let page = server.get(&format!("/story/{}", story["id"])).await;
    assert_eq!(page.text().matches("<li id=\"e").count(), 40);
}
