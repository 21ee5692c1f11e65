//! axe-core finds nothing to complain about, on any page, in either scheme, signed in or out.

use feedfold_browser_tests::{Demo, Sight};
use serde_json::json;

const PAGES: &[&str] = &[
    "/",
    "/?fold=none&feed=pile&limit=5",
    "/views/security",
    "/search",
    "/search?q=chip",
    "/search?q=titel:chip",
    "/story/1",
    "/feeds",
    "/feeds/pile",
    "/stats",
    "/manage",
    "/nothing",
];

/// What axe-core finds on the page before us, one line each.
async fn violations(sight: &Sight, axe: &str) -> Vec<String> {
    sight.look(axe).await;
    let run = "const done = arguments[arguments.length - 1];
        axe.run().then(found => done(found.violations.flatMap(one =>
            one.nodes.map(node => `${one.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`))))
            .catch(error => done([String(error)]));";
    let found = sight.driver.execute_async(run, vec![]).await;
    let found = found.expect("axe runs").json().clone();
    serde_json::from_value(found).expect("lines")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_violation() {
    let axe = std::env::var("AXE").expect("AXE names the script of axe-core");
    let axe = std::fs::read_to_string(axe).expect("axe-core is there");
    let demo = Demo::start().await;
    let sight = Sight::new(&demo.url).await;
    // axe-core is put into the page, which its policy would forbid.
    sight
        .tell("Page.setBypassCSP", json!({ "enabled": true }))
        .await;
    sight.go("/manage").await;
    let spoilt = "document.querySelector('main').append(document.createElement('img'))";
    sight.look(spoilt).await;
    let seen = violations(&sight, &axe).await;
    assert!(
        seen.iter().any(|line| line.starts_with("image-alt")),
        "{seen:?}"
    );

    let mut found = Vec::new();
    for signed_in in [false, true] {
        if signed_in {
            sight.sign_in().await;
        }
        for scheme in ["light", "dark"] {
            let media =
                json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            sight.tell("Emulation.setEmulatedMedia", media).await;
            for path in PAGES {
                sight.go(path).await;
                let dark = sight
                    .look("return matchMedia('(prefers-color-scheme: dark)').matches")
                    .await;
                assert_eq!(dark, json!(scheme == "dark"));
                for line in violations(&sight, &axe).await {
                    found.push(format!("{path} {scheme} {signed_in} {line}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    sight.close(&["404 (Not Found)", "400 (Bad Request)"]).await;
}
