//! Who may change what on the page, and how.

use super::turbine;
use crate::support::server::{Answer, Server, item, start};
use chrono::TimeDelta;
use feedfold::config::Config;

const TOKEN: &str = "a long and secret token";

/// A list of subscriptions, as a form sends it.
pub(super) const LIST: &str = "%3Copml+version%3D%222.0%22%3E%3Cbody%3E\
    %3Coutline+text%3D%22Lantern%22+xmlUrl%3D%22https%3A%2F%2Flantern.example%2Ffeed%22%2F%3E\
    %3Coutline+text%3D%22Lamp%22+xmlUrl%3D%22https%3A%2F%2Flamp.example%2Ffeed.xml%22%2F%3E\
    %3C%2Fbody%3E%3C%2Fopml%3E";

pub(super) async fn signed_server() -> Server {
    let mut config = Config::default();
    config.server.admin_token = Some(TOKEN.to_owned());
    let server = Server::start(config).await;
    server.subscribe("harbour", "Harbour & Tide", &[]).await;
    server.subscribe("lamp", "The Lamp", &[]).await;
    server.poll("harbour", vec![turbine()]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(30));
    server.poll("lamp", vec![turbine()]).await;
    server
}

/// What a browser sends back of a cookie.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

pub(super) async fn sign_in(server: &Server) -> String {
    let answer = server
        .submit("/sign-in", &[], "token=a+long+and+secret+token")
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/manage");
    let set = answer.header("set-cookie");
    assert!(set.contains("; HttpOnly; SameSite=Lax; Secure"), "{set}");
    assert!(!set.contains("secret"));
    cookie(&answer)
}

/// What the forms of a page carry.
pub(super) fn proof(page: &Answer) -> String {
    let text = page.text();
    let after = text.split(r#"name="proof" value=""#).nth(1);
    after.unwrap().split('"').next().unwrap().to_owned()
}

async fn the_story(server: &Server) -> serde_json::Value {
    let stories = server.get("/api/v1/stories").await.json();
    assert_eq!(stories["items"].as_array().unwrap().len(), 1);
    stories["items"][0].clone()
}

async fn how_many_stories(server: &Server) -> usize {
    let stories = server.get("/api/v1/stories").await.json();
    stories["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let server = signed_server().await;
    for body in ["token=guess", "token=", "", "token=a+long+and+secret+toke"] {
        let answer = server.submit("/sign-in", &[], body).await;
        assert_eq!(answer.status, 403, "{body}");
        assert!(answer.text().contains("this is not the admin token"));
        assert_eq!(answer.header("set-cookie"), "");
    }
    let elsewhere = [("sec-fetch-site", "cross-site")];
    let answer = server
        .submit("/sign-in", &elsewhere, "token=a+long+and+secret+token")
        .await;
    assert_eq!((answer.status, answer.header("set-cookie")), (403, ""));
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_sign_in_to() {
    let server = super::server().await;
    let page = server.get("/manage").await;
    assert!(page.text().contains("server.admin_token_file"));
    assert!(!page.text().contains("<form method=\"post\""));
    for body in ["token=", "token=x"] {
        assert_eq!(server.submit("/sign-in", &[], body).await.status, 403);
    }
}

/// A secret that differs in its first digit.
fn another(secret: &str) -> String {
    let first = if secret.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &secret[1..])
}

/// Every change there is on the page.
async fn changes(server: &Server) -> Vec<(String, String)> {
    let story = the_story(server).await;
    let (id, entry) = (&story["id"], &story["members"][0]["entry"]);
    assert!(entry.is_number(), "{story}");
    vec![
        (format!("/story/{id}/split"), format!("entry={entry}")),
        (format!("/story/{id}/lead"), format!("entry={entry}")),
        (format!("/story/{id}/join"), "story=1".to_owned()),
        ("/corrections/1/undo".to_owned(), String::new()),
        ("/sign-out".to_owned(), String::new()),
        (
            "/feeds".to_owned(),
            "url=https://new.example/&sure=yes".to_owned(),
        ),
        ("/feeds/lamp/poll".to_owned(), String::new()),
        (
            "/feeds/lamp/change".to_owned(),
            "disabled=yes&title=x".to_owned(),
        ),
        ("/feeds/lamp/remove".to_owned(), "sure=yes".to_owned()),
        ("/opml".to_owned(), format!("opml={LIST}")),
    ]
}

#[tokio::test]
async fn a_signed_out_person_changes_nothing() {
    let server = signed_server().await;
    let before = server.get("/api/v1/stories").await.json();
    let feeds = server.get("/api/v1/feeds").await.json();
    let good = sign_in(&server).await;
    let (moment, seal) = good.split_once('.').unwrap();
    let later = format!("feedfold_session=1999999999.{seal}");
    let flipped = format!("{moment}.{}", another(seal));
    let right = proof(&server.get_with("/manage", &[("cookie", &good)]).await);
    for (path, body) in changes(&server).await {
        let proven = format!("{body}&proof={right}");
        for (cookie, body) in [
            // Signed out, made up, and another's.
            ("", &proven),
            ("feedfold_session=", &proven),
            ("feedfold_session=1.2", &proven),
            (later.as_str(), &proven),
            (flipped.as_str(), &proven),
            // Signed in, but asked for elsewhere.
            (good.as_str(), &body),
            (good.as_str(), &format!("{body}&proof=")),
            (good.as_str(), &format!("{body}&proof={}", another(&right))),
        ] {
            let answer = server.submit(&path, &[("cookie", cookie)], body).await;
            assert_eq!(answer.status, 403, "{path} {cookie} {body}");
        }
        let elsewhere = [("cookie", good.as_str()), ("sec-fetch-site", "cross-site")];
        let answer = server.submit(&path, &elsewhere, &proven).await;
        assert_eq!(answer.status, 403, "{path}");
        if !["/feeds", "/opml"].contains(&path.as_str()) {
            assert_eq!(server.get(&path).await.status, 405, "{path} by GET");
        }
    }
    assert_eq!(server.get("/api/v1/stories").await.json(), before);
    assert_eq!(server.get("/api/v1/feeds").await.json(), feeds);
    let story = before["items"][0]["id"].clone();
    let page = server.get(&format!("/story/{story}")).await;
    assert!(!page.text().contains("<form method=\"post\""));
    // The cookie is no token of the API.
    let feed = server
        .ask("DELETE", "/api/v1/feeds/lamp", &[("cookie", &good)], "")
        .await;
    assert_eq!(feed.status, 401);
}

#[tokio::test]
async fn a_story_is_split_joined_and_led_by_buttons() {
    let server = signed_server().await;
    let cookie = sign_in(&server).await;
    let signed = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let story = the_story(&server).await;
    let (id, entry) = (story["id"].clone(), story["members"][0]["entry"].clone());
    let page = server.get_with(&format!("/story/{id}"), &signed).await;
    assert!(page.header("cache-control").starts_with("private"));
    assert!(
        page.text()
            .contains(&format!(r#"action="/story/{id}/split""#))
    );
    let proof = proof(&page);

    let body = format!("entry={entry}&proof={proof}");
    let led = server
        .submit(&format!("/story/{id}/lead"), &signed, &body)
        .await;
    assert_eq!(led.header("location"), format!("/story/{id}#sources"));
    assert_eq!(the_story(&server).await["lead"]["id"], entry);

    let former = story["lead"]["id"].clone();
    let body = format!("entry={former}&proof={proof}");
    let split = server
        .submit(&format!("/story/{id}/split"), &signed, &body)
        .await;
    assert_eq!(split.status, 303, "{}", split.text());
    assert_eq!(how_many_stories(&server).await, 2);
    let made = split
        .header("location")
        .trim_end_matches("#sources")
        .to_owned();

    let address = format!("https%3A%2F%2Fnews.example{made}%2F");
    let body = format!("story={address}&proof={proof}");
    let joined = server
        .submit(&format!("/story/{id}/join"), &signed, &body)
        .await;
    assert_eq!(joined.status, 303, "{}", joined.text());
    assert_eq!(how_many_stories(&server).await, 1);

    let manage = server.get_with("/manage", &signed).await;
    for part in [
        "joined",
        "split off",
        "made the lead",
        "/corrections/3/undo",
    ] {
        assert!(manage.text().contains(part), "{part}\n{}", manage.text());
    }
    let undone = server
        .submit("/corrections/3/undo", &signed, &format!("proof={proof}"))
        .await;
    assert_eq!(undone.status, 303, "{}", undone.text());
    assert_eq!(how_many_stories(&server).await, 2);

    let wrong = format!("story=zzz&proof={proof}");
    let wrong = server
        .submit(&format!("/story/{id}/join"), &signed, &wrong)
        .await;
    assert_eq!(wrong.status, 404);
    assert!(wrong.text().contains("there is no story &#39;zzz&#39;"));
}

#[tokio::test]
async fn a_session_ends_by_hand_by_time_and_with_its_token() {
    let server = signed_server().await;
    let cookie = sign_in(&server).await;
    let signed = [("cookie", cookie.as_str())];
    let page = server.get_with("/manage", &signed).await;
    let proof = format!("proof={}", proof(&page));
    let out = server.submit("/sign-out", &signed, &proof).await;
    assert!(out.header("set-cookie").starts_with("feedfold_session=; "));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let is_signed_in = async || {
        let page = server.get_with("/manage", &signed).await;
        page.text().contains("Sign out")
    };
    server.clock.turn_to(start() + TimeDelta::days(30));
    assert!(is_signed_in().await);
    server.clock.turn_to(start() + TimeDelta::days(31));
    assert!(!is_signed_in().await);
    server.clock.turn_to(start() + TimeDelta::days(1));
    assert!(is_signed_in().await);
    let mut other = (*server.service.config()).clone();
    other.server.admin_token = Some("another token".to_owned());
    server.service.replace_config(other);
    assert!(!is_signed_in().await);
}

#[tokio::test]
async fn guessing_the_token_is_slowed_down() {
    let server = signed_server().await;
    let right = "token=a+long+and+secret+token";
    let mut refused = None;
    for guess in 0..20 {
        let answer = server
            .submit("/sign-in", &[], &format!("token={guess}"))
            .await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 403);
    }
    let refused = refused.expect("twenty guesses are too many");
    assert!(refused.text().contains("too many wrong tokens"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(server.submit("/sign-in", &[], right).await.status, 429);
    let later = server.clock.now() + TimeDelta::seconds(wait);
    server.clock.turn_to(later);
    assert_eq!(server.submit("/sign-in", &[], right).await.status, 303);
}

#[tokio::test]
async fn a_story_tells_what_it_was_nearly_folded_with_and_joins_it() {
    let server = signed_server().await;
    let told = |title: &str, link: &str, text: &str| item(title, link, Some(start()), text);
    let first = told(
        "Harbour council votes on the new ferry terminal <b>tonight</b>",
        "https://harbour.example/vote",
        "<p>The vote on the ferry terminal is expected late, the council said.</p>",
    );
    let second = told(
        "Ferry terminal: what the council costs the harbour in a year",
        "https://lamp.example/cost",
        "<p>Salaries, benches and a boat that nobody uses: a look at the books.</p>",
    );
    server.poll("harbour", vec![first]).await;
    server.poll("lamp", vec![second]).await;
    let stories = server.get("/api/v1/stories").await.json()["items"].clone();
    assert_eq!(stories.as_array().unwrap().len(), 2, "{stories}");
    let (later, earlier) = (&stories[0]["id"], &stories[1]["id"]);
    let path = format!("/story/{}", later.as_i64().max(earlier.as_i64()).unwrap());
    let page = server.get(&path).await;
    for part in [
        "Nearly the same story",
        "kept apart: likeness",
        "Harbour council votes",
    ] {
        assert!(page.text().contains(part), "{part} in {}", page.text());
    }
    assert!(!page.text().contains("<b>tonight"), "{}", page.text());
    assert!(!page.text().contains("Join them"), "nobody is signed in");

    let cookie = sign_in(&server).await;
    let signed = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let page = server.get_with(&path, &signed).await;
    assert!(page.text().contains("Join them"), "{}", page.text());
    let other = later.as_i64().min(earlier.as_i64()).unwrap();
    let body = format!("story={other}&proof={}", proof(&page));
    let joined = server.submit(&format!("{path}/join"), &signed, &body).await;
    assert_eq!(joined.header("location"), format!("/story/{other}#sources"));
    let page = server.get(&format!("/story/{other}")).await;
    assert!(!page.text().contains("Nearly the same story"));
}
