//! What someone who is signed in does.

use feedfold_browser_tests::{Demo, Outlet, Sight};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn stories_are_split_led_joined_and_put_back() {
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    sight.go("/").await;
    sight.follow("article:has(.sources .coverage) a.here").await;
    let story = sight.address().await;
    assert_eq!(
        sight.count("main form").await,
        0,
        "signed out, nothing can be changed"
    );

    sight.sign_in().await;
    sight.driver.goto(&story).await.expect("the story");
    let sources = sight.count(".evidence > li").await;
    let led = sight.text("li:has(form[action$='/lead']) .headline").await;
    sight.follow("form[action$='/lead'] button").await;
    assert_eq!(sight.text("li:has(.role.lead) .headline").await, led);

    sight.follow("form[action$='/split'] button").await;
    assert_eq!(
        sight.count(".evidence > li").await,
        1,
        "what was split off stands alone"
    );
    let alone = sight.address().await;
    sight.driver.goto(&story).await.expect("the story");
    assert_eq!(sight.count(".evidence > li").await, sources - 1);

    sight
        .type_into("#other", alone.trim_end_matches("#sources"))
        .await;
    sight.follow("form[action$='/join'] button").await;
    assert_eq!(sight.count(".evidence > li").await, sources);

    sight.go("/manage").await;
    assert_eq!(sight.count("form[action$='/undo']").await, 3);
    sight.follow("form[action$='/undo'] button").await;
    sight.go("/manage").await;
    assert_eq!(sight.count("form[action$='/undo']").await, 2);
    sight.follow("form[action='/sign-out'] button").await;
    assert_eq!(sight.count("form[action$='/undo']").await, 0);
    sight.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_feed_is_added_polled_and_does_nothing() {
    let demo = Demo::start().await;
    let outlet = Outlet::start().await;
    let sight = Sight::new(&demo.url).await;
    sight.sign_in().await;
    sight.go("/feeds").await;
    sight.type_into("#url", &outlet.url).await;
    sight.type_into("#tags", "hostile").await;
    sight.follow("form[action='/feeds'] button").await;
    sight
        .until("return !!document.querySelector('.state.ok') && !document.querySelector('.fresh')")
        .await;
    assert!(sight.text("h1").await.starts_with("Midnight"));
    let page = sight.address().await;
    let name = page
        .rsplit('/')
        .next()
        .and_then(|rest| rest.split('?').next());
    let name = name.unwrap_or_default().to_owned();

    sight
        .follow(&format!("form[action='/feeds/{name}/poll'] button"))
        .await;
    sight
        .until("return !document.querySelector('.fresh')")
        .await;

    sight.go(&format!("/?feed={name}")).await;
    assert_eq!(sight.count("article").await, 2);
    let direction = sight
        .look("return [...document.querySelectorAll('h3')].map(one => getComputedStyle(one).direction).sort()")
        .await;
    assert_eq!(direction, json!(["ltr", "rtl"]));
    sight.go("/search?q=zeppelin").await;
    sight.follow("article a.here").await;
    assert!(sight.text(".text").await.contains("The zeppelin landed."));
    assert!(sight.text("h1").await.contains("lands on the ferry roof"));
    let ran = "return document.title === 'ran' || document.querySelectorAll(
        '.text script, .text style, .text iframe, .text form, .text svg, [onclick], base').length > 0";
    assert_eq!(sight.look(ran).await, json!(false));
    assert_eq!(
        sight
            .look("return getComputedStyle(document.body).display")
            .await,
        "block"
    );

    sight.go(&format!("/feeds/{name}")).await;
    sight.click("#sure").await;
    sight.follow("form[action$='/remove'] button").await;
    sight.go(&format!("/feeds/{name}")).await;
    assert_eq!(sight.text("h1").await, "Not Found");
    sight.close(&["404 (Not Found)"]).await;
}
