//! Names, passwords, tokens, and requests of strangers.

use super::{PASSWORD, READ, READING_LIST, Reader, form};
use crate::support::server::Server;
use chrono::TimeDelta;
use feedfold::config::{Config, ReaderSync};

/// The argon2 hash of `PASSWORD`, with little memory so that tests are quick; made by the
/// reference program.
fn hashed() -> String {
    use argon2::{Argon2, Params, PasswordHasher, password_hash::phc::PasswordHash};
    let params = Params::new(64, 1, 1, None).unwrap();
    let hash: PasswordHash = Argon2::from(params)
        .hash_password_with_salt(PASSWORD.as_bytes(), b"salt of a test..")
        .unwrap();
    hash.to_string()
}

#[tokio::test]
async fn nothing_answers_unless_it_is_enabled() {
    let server = Server::start(Config::default()).await;
    for path in [
        "/accounts/ClientLogin",
        "/reader/api/0/token",
        "/api/greader.php/accounts/ClientLogin",
        "/fever/?api",
    ] {
        for method in ["GET", "POST"] {
            assert_eq!(
                server.ask(method, path, &[], "").await.status,
                404,
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn login_answers_lines_below_every_address_that_apps_are_given() {
    let reader = Reader::start().await;
    let body = form(&[("Email", "ann"), ("Passwd", PASSWORD), ("source", "app")]);
    for base in ["", "/", "/api/greader.php", "/api/greader.php/", "//"] {
        let path = format!("{base}/accounts/ClientLogin");
        let answer = reader.post_bare(&path, &[], &body).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().lines().all(|line| line.contains('=')));
        let keys: Vec<_> = answer
            .text()
            .lines()
            .filter_map(|l| l.split('=').next())
            .collect();
        assert_eq!(keys, ["SID", "LSID", "Auth"]);
        let path = format!("{base}/reader/api/0/token/");
        let answer = reader
            .server
            .get_with(&path, &[("authorization", &reader.header())])
            .await;
        assert_eq!(answer.text().len(), 58, "{path}");
    }
    let answer = reader
        .server
        .get(&format!("/accounts/ClientLogin?output=json&{body}"))
        .await;
    assert_eq!(answer.json()["Auth"], reader.auth.as_str());
}

#[tokio::test]
async fn a_wrong_password_is_401_and_slows_its_address_down() {
    let reader = Reader::start().await;
    let try_with = async |name: &str, password: &str| {
        let body = form(&[("Email", name), ("Passwd", password)]);
        reader.post_bare("/accounts/ClientLogin", &[], &body).await
    };
    for (name, password) in [
        ("ann", "wrong"),
        ("ann", ""),
        ("bob", PASSWORD),
        ("", ""),
        ("ann+articles+articles", PASSWORD),
    ] {
        let answer = try_with(name, password).await;
        assert_eq!(
            (answer.status, answer.text()),
            (401, "Error=BadAuthentication\n")
        );
    }
    assert_eq!(try_with("ann", "wrong").await.status, 401);
    let answer = try_with("ann", PASSWORD).await;
    assert_eq!(answer.status, 403, "even the right one waits");
    assert_eq!(answer.header("retry-after"), "2");
    // Who is logged in already notices nothing.
    assert_eq!(reader.get("token").await.status, 200);
    reader
        .server
        .clock
        .turn_to(reader.server.clock.now() + TimeDelta::seconds(2));
    assert_eq!(try_with("ann", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_may_be_kept_as_a_hash() {
    let sync = |password: String| ReaderSync {
        enabled: true,
        user: "ann".to_owned(),
        password: Some(password),
        ..ReaderSync::default()
    };
    let reader = Reader::start_with(sync(hashed())).await;
    assert_eq!(reader.get("token").await.status, 200);
    let body = form(&[("Email", "ann"), ("Passwd", &hashed())]);
    let answer = reader.post_bare("/accounts/ClientLogin", &[], &body).await;
    assert_eq!(answer.status, 401, "the hash is no password");
    // A new password ends every token.
    let config = Config {
        sync: sync("another".to_owned()),
        ..Config::default()
    };
    reader.server.service.replace_config(config);
    assert_eq!(reader.get("token").await.status, 401);
}

#[tokio::test]
async fn rule_01_either_token_will_do() {
    let reader = Reader::start().await;
    reader.fill(1).await;
    let id = reader.unread().await.remove(0);
    let change = |token: Option<&str>| {
        let mut pairs = vec![("i", id.as_str()), ("a", READ)];
        pairs.extend(token.map(|token| ("T", token)));
        form(&pairs)
    };
    let header = reader.header();
    let with_header = [("authorization", header.as_str())];
    for token in [None, Some(""), Some("x"), Some("old")] {
        let answer = reader
            .post_bare("/reader/api/0/edit-tag", &with_header, &change(token))
            .await;
        assert_eq!(answer.text(), "OK", "{token:?}");
    }
    let token = reader.get("token").await.text().trim().to_owned();
    let answer = reader
        .post_bare("/reader/api/0/edit-tag", &[], &change(Some(&token)))
        .await;
    assert_eq!(answer.text(), "OK");
    // It is good for a day or two.
    reader.pass(3 * 24 * 60);
    let answer = reader
        .post_bare("/reader/api/0/edit-tag", &[], &change(Some(&token)))
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn rule_02_a_bad_token_is_401_and_says_so_in_fields() {
    let reader = Reader::start().await;
    for auth in [
        String::new(),
        "GoogleLogin auth=".to_owned(),
        "GoogleLogin auth=ann/0123".to_owned(),
        format!("GoogleLogin auth=bob/{}", reader.auth),
        format!("Bearer auth={}", reader.auth),
        format!("GoogleLogin auth={}x", reader.auth),
    ] {
        for path in ["token", "stream/items/ids", "nonsense"] {
            let path = format!("/reader/api/0/{path}");
            let answer = reader
                .server
                .get_with(&path, &[("authorization", &auth)])
                .await;
            assert_eq!(answer.status, 401, "{auth}");
            for name in ["x-reader-google-bad-token", "google-bad-token"] {
                assert_eq!(answer.header(name), "true");
            }
        }
    }
}

#[tokio::test]
async fn nothing_changes_by_get_and_methods_are_told() {
    let reader = Reader::start().await;
    reader.fill(2).await;
    let unread = reader.unread().await;
    let feeds = reader.json("subscription/list").await;
    for path in [
        format!("edit-tag?i={}&a={READ}", unread[0]),
        format!("mark-all-as-read?s={READING_LIST}"),
        "subscription/edit?ac=unsubscribe&s=feed/1".to_owned(),
        "subscription/quickadd?quickadd=https://new.example/feed".to_owned(),
        "subscription/import".to_owned(),
        "rename-tag?s=user/-/label/ships&dest=user/-/label/boats".to_owned(),
        "disable-tag?s=user/-/label/ships".to_owned(),
    ] {
        let answer = reader.get(&path).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "POST"),
            "{path}"
        );
    }
    let header = reader.header();
    for method in ["PUT", "DELETE", "PATCH"] {
        let path = "/reader/api/0/stream/items/ids";
        let answer = reader
            .server
            .ask(method, path, &[("authorization", &header)], "")
            .await;
        assert_eq!(answer.status, 405);
    }
    assert_eq!(reader.unread().await, unread);
    assert_eq!(reader.json("subscription/list").await, feeds);
}
