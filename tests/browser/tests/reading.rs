//! What a reader does.

use feedfold_browser_tests::{Demo, Sight};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_river_is_read_narrowed_and_paged() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    sight.asked().await;
    sight.go("/").await;
    sight.find("article h3 a").await;
    let asked = sight.asked().await;
    assert_eq!(asked.len(), 3, "{asked:?}");
    let weight = sight
        .look(
            "return performance.getEntries()
               .filter(one => 'encodedBodySize' in one)
               .reduce((sum, one) => sum + one.encodedBodySize, 0)",
        )
        .await;
    assert!(
        (1_000..60_000).contains(&weight.as_i64().unwrap_or(0)),
        "{weight} bytes"
    );

    // Folding: sources under a headline, and why they are there.
    assert!(sight.count("section > h2").await > 0);
    let folded = "article:has(.sources .coverage) a.here";
    sight.follow(folded).await;
    assert!(sight.count(".evidence > li").await > 1);
    assert!(!sight.text(".evidence .why").await.is_empty());
    assert!(sight.count(".role.lead").await == 1);
    sight.driver.back().await.expect("a page before");

    // Narrowing, and taking it back.
    sight.follow(".folding li:nth-child(3) a").await;
    assert!(sight.address().await.ends_with("/?fold=none"));
    assert_eq!(sight.count(".sources").await, 0);
    sight.follow(".narrowed a").await;
    assert!(sight.address().await.ends_with('/'));
    sight.follow(".tags a").await;
    assert!(sight.address().await.contains("?tag="));

    // Paging.
    sight.go("/?fold=none&limit=20").await;
    let titles = "return [...document.querySelectorAll('article')].map(one => one.id)";
    let first = sight.look(titles).await;
    sight.follow(".more a").await;
    let second = sight.look(titles).await;
    assert_eq!(first.as_array().map(Vec::len), Some(20));
    assert_ne!(first[0], second[0]);
    sight.follow(".newest a").await;
    sight.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_and_a_broken_one_is_explained() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    sight.go("/").await;
    sight.type_into("#q", "chip").await;
    sight.follow("[role=search] button").await;
    assert!(sight.address().await.ends_with("/search?q=chip"));
    assert!(sight.count("article").await > 0);
    assert!(sight.count("article mark").await > 0);
    assert_eq!(
        sight
            .count("link[rel=alternate][href='/feed.atom?q=chip']")
            .await,
        1
    );
    sight.type_into("#q", "titel:chip").await;
    sight.follow("[role=search] button").await;
    assert!(
        sight
            .text(".fault")
            .await
            .contains("did you mean 'title:'?")
    );
    let caret = sight
        .look("return document.querySelector('.fault pre').textContent")
        .await;
    assert!(
        caret.as_str().is_some_and(|text| text.ends_with('^')),
        "{caret}"
    );
    sight.close(&["400 (Bad Request)"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_walk_mark_and_search() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    sight.go("/").await;
    sight.find("article").await;
    let focus = "return [...document.querySelectorAll('article')]
        .findIndex(one => one.contains(document.activeElement))";
    sight.press("jjj").await;
    assert_eq!(sight.look(focus).await, 2);
    sight.press("k").await;
    assert_eq!(sight.look(focus).await, 1);
    sight.press("m").await;
    assert_eq!(sight.count("article.read").await, 1);
    sight.driver.refresh().await.expect("the page again");
    sight
        .until("return document.querySelectorAll('article.read').length === 1")
        .await;
    sight.press("?").await;
    assert_eq!(
        sight
            .look("return document.getElementById('keys').open")
            .await,
        json!(true)
    );
    sight.click("#keys button").await;
    assert_eq!(
        sight
            .look("return document.getElementById('keys').open")
            .await,
        json!(false)
    );
    sight.press("/").await;
    assert_eq!(sight.look("return document.activeElement.id").await, "q");
    sight.press("jk").await;
    assert_eq!(
        sight.look("return document.activeElement.value").await,
        "jk"
    );
    // From the story that was reached to its page here.
    sight.go("/").await;
    sight.press("j").await;
    sight.press("s").await;
    sight
        .until("return location.pathname.startsWith('/story/')")
        .await;
    sight.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_since_the_last_visit_is_marked() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    sight.go("/").await;
    assert_eq!(
        sight.count("article.new").await,
        0,
        "a first visit has no before"
    );
    let opened = "return Math.max(...[...document.querySelectorAll('article')]
        .map(one => Number(one.dataset.opened)))";
    let newest = sight.look(opened).await.as_i64().unwrap_or(0);
    // The last visit ended just before the newest story.
    let visit = format!(
        "localStorage.setItem('seen', JSON.stringify({{mark: 0, at: {} }}))",
        newest - 1
    );
    // A visit goes on for half an hour: the demo's clock is not the browser's.
    sight
        .look(&format!("{visit}; Date.now = () => {newest} + 36e5;"))
        .await;
    sight
        .tell(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": format!("Date.now = () => {newest} + 36e5; {visit}") }),
        )
        .await;
    sight.driver.refresh().await.expect("the page again");
    sight
        .until("return document.querySelectorAll('article.new').length > 0")
        .await;
    assert!(sight.count("article:not(.new)").await > 0);
    sight.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_shows_everything_without_scrolling_sideways() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    sight
        .tell(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": 360, "height": 780, "deviceScaleFactor": 2, "mobile": true }),
        )
        .await;
    for path in [
        "/",
        "/views/security",
        "/search",
        "/feeds",
        "/feeds/pile",
        "/stats",
        "/manage",
        "/story/1",
        "/nothing",
    ] {
        sight.go(path).await;
        let width = sight
            .look("return document.documentElement.scrollWidth")
            .await;
        assert!(width.as_i64() <= Some(360), "{path} is {width} wide");
    }
    sight.go("/").await;
    sight.click(".jump a").await;
    sight
        .until("return document.getElementById('narrow').getBoundingClientRect().top < 600")
        .await;
    sight.close(&["404 (Not Found)"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_everything_is_there() {
    let demo = Demo::start().await;
    let sight = Sight::without_script(&demo.url).await;
    sight.go("/").await;
    assert_eq!(
        sight
            .count("article.new, [data-copy]:not([hidden]), .scripted:not([hidden])")
            .await,
        0
    );
    assert_eq!(sight.count("article").await, 50);
    sight.follow(".more a").await;
    assert!(sight.address().await.contains("before="));
    sight.type_into("#q", "chip").await;
    sight.follow("[role=search] button").await;
    assert!(sight.count("article").await > 0);
    sight.sign_in().await;
    sight.go("/feeds/pile").await;
    sight.follow("form[action='/feeds/pile/poll'] button").await;
    assert!(sight.address().await.contains("/feeds/pile?after="));
    for _ in 0..100 {
        if sight.count(".fresh").await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(
        sight.count(".fresh").await,
        0,
        "the poll ended, and the page says so"
    );
    sight.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_meanwhile_is_offered_and_moves_nothing() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    // Minutes pass at once, and the server has two stories more.
    let source = "const after = window.setInterval;
        window.setInterval = (look) => after(look, 200);
        const ask = window.fetch;
        window.fetch = async (...asked) => {
            const page = await (await ask(...asked)).text();
            const story = (id) => `<article id=\"s${id}\" data-opened=\"99999999999999\">`;
            return new Response(story(900001) + story(900002) + page);
        };";
    sight
        .tell(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": source }),
        )
        .await;
    sight.go("/").await;
    let places = "return [...document.querySelectorAll('article')]
        .map(one => one.id + ' ' + one.getBoundingClientRect().height)";
    let before = sight.look(places).await;
    sight
        .until("return document.querySelector('[data-fresh]').hidden === false")
        .await;
    // The demo itself goes on, so there may be more than two.
    let offer = sight.text("[data-fresh]").await;
    assert!(offer.ends_with(" new stories"), "{offer}");
    assert_eq!(sight.look(places).await, before);
    sight.follow("[data-fresh] a").await;
    assert!(sight.address().await.ends_with('/'));
    sight.close(&[]).await;
}
