//! The HTTP API.

use crate::support::origin::{Origin, Reply};
use crate::support::server::{Server, item, start};
use chrono::TimeDelta;
use feedfold::config::{self, Config};
use feedfold::feed;
use feedfold::http::Command;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TOKEN: &str = "a-long-secret";

async fn server(admin_token: Option<&str>) -> Server {
    let server = Server::start(Config {
        server: config::Server {
            admin_token: admin_token.map(str::to_owned),
            ..Config::default().server
        },
        ..Config::default()
    })
    .await;
    server.subscribe("harbour", "Harbour", &["ships"]).await;
    server
}

async fn filled() -> Server {
    let server = server(Some(TOKEN)).await;
    server.subscribe("lamp", "The Lamp", &[]).await;
    let text =
        "<p>Engineers lowered a rotor into the strait and the ferry terminal went off diesel.</p>";
    let turbine = item(
        "Tidal turbine powers an island",
        "https://harbour.example/1",
        Some(start()),
        text,
    );
    server.poll("harbour", vec![turbine.clone()]).await;
    server.clock.turn_to(start() + TimeDelta::minutes(5));
    server.poll("lamp", vec![turbine]).await;
    server
}

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

async fn change(server: &Server, method: &str, path: &str, body: Value) -> (u16, Value) {
    let headers = bearer(TOKEN);
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = server
        .ask(method, &format!("/api/v1{path}"), &headers, &body)
        .await;
    let json = if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json()
    };
    (answer.status, json)
}

#[tokio::test]
async fn entries_and_stories_are_listed_with_the_same_numbers() {
    let server = filled().await;
    let entries = server.get("/api/v1/entries?fold=none").await;
    assert_eq!(entries.header("content-type"), "application/json");
    let entries = entries.json();
    assert_eq!(entries["items"].as_array().unwrap().len(), 2);
    assert_eq!(entries["next"], Value::Null);
    let stories = server.get("/api/v1/stories").await.json();
    let story = &stories["items"][0];
    assert_eq!(stories["items"].as_array().unwrap().len(), 1);
    assert_eq!(story["lead"]["feed"], "harbour");
    assert_eq!(story["members"][0]["feed"], "lamp");
    assert_eq!(story["members"][0]["fold"], "copy");
    assert!(!story["members"][0]["evidence"].as_str().unwrap().is_empty());
    assert_eq!(entries["items"][0]["story"], story["id"]);

    let path = format!("/api/v1/entries/{}", story["members"][0]["entry"]);
    let entry = server.get(&path).await.json();
    assert_eq!(entry["duplicate_of"], story["lead"]["id"]);
    assert_eq!(entry["decision"]["of"], story["lead"]["id"]);
    assert!(!entry["decision"]["evidence"].as_str().unwrap().is_empty());
    let one = server
        .get(&format!("/api/v1/stories/{}", story["id"]))
        .await
        .json();
    assert_eq!(&one, story);
}

#[tokio::test]
async fn lists_go_on_where_a_page_ended() {
    let server = server(None).await;
    for number in 0..5 {
        let title = ["Turbine", "Compiler", "Moths", "Payroll", "Chess"][number];
        let one = item(
            title,
            &format!("https://harbour.example/{number}"),
            None,
            title,
        );
        server.poll("harbour", vec![one]).await;
        server
            .clock
            .turn_to(start() + TimeDelta::minutes(number as i64 + 1));
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/entries?limit=2".to_owned();
    loop {
        let page = server.get(&path).await.json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e["id"].as_i64().unwrap()),
        );
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/entries?limit=2&cursor={next}"),
            None => break,
        }
    }
    let unique: BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), unique.len()), (5, 5));
}

#[tokio::test]
async fn feeds_views_and_statistics_are_told() {
    let server = filled().await;
    let feeds = server.get("/api/v1/feeds").await.json();
    assert_eq!(feeds["items"][0]["name"], "harbour");
    assert_eq!(feeds["items"][0]["status"], "ok");
    let feed = server.get("/api/v1/feeds/harbour").await.json();
    assert_eq!(feed["title"], "Harbour");
    assert_eq!(feed["priority"], 0);
    let views = server.get("/api/v1/views").await.json();
    assert_eq!(
        views["items"][0]["atom"],
        "https://news.example/views/all.atom"
    );
    let tags = server.get("/api/v1/tags").await.json();
    assert_eq!(
        tags["items"],
        json!([{"tag": "ships", "feeds": ["harbour"]}])
    );
    let stats = server.get("/api/v1/stats").await.json();
    assert_eq!(
        (&stats["entries"], &stats["stories"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test]
async fn everything_is_exported_line_by_line() {
    let server = filled().await;
    let text = "<p>".to_owned() + &"A long report of the harbour. ".repeat(4_000) + "</p>";
    for number in 0..6 {
        let title = format!("Report of berth {number}");
        let link = format!("https://harbour.example/report-{number}");
        let report = item(&title, &link, Some(start()), &format!("{text}{number}"));
        server.poll("harbour", vec![report]).await;
    }
    let listed = server.get("/api/v1/entries?fold=none&limit=1000").await;
    let all = server.get("/api/v1/export").await;
    assert_eq!(all.header("content-type"), "application/jsonl");
    let lines: Vec<Value> = String::from_utf8(all.body.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(all.body.len() > 600_000, "more than fits into one part");
    assert_eq!(Value::Array(lines), listed.json()["items"]);
    let copies = server.get("/api/v1/export?q=is:copy+turbine").await;
    assert_eq!(copies.json()["feed"], "lamp");
    let document = server.get("/api/v1/openapi.json").await.json();
    let schema =
        document.pointer("/paths/~1export/get/responses/200/content/application~1jsonl/schema");
    conforms(&document, schema.unwrap(), &copies.json(), "/export");
    let nothing = server.get("/api/v1/export?tag=nothing").await;
    assert_eq!((nothing.status, nothing.body.len()), (200, 0));
    assert_eq!(server.get("/api/v1/export?limit=5").await.status, 400);
}

#[tokio::test]
async fn lists_have_validators() {
    let server = filled().await;
    for path in [
        "/api/v1/entries",
        "/api/v1/stories",
        "/api/v1/feeds",
        "/api/v1/views",
    ] {
        let first = server.get(path).await;
        let again = server
            .get_with(path, &[("if-none-match", first.header("etag"))])
            .await;
        assert_eq!(again.status, 304, "{path}");
    }
}

#[tokio::test]
async fn errors_are_problem_documents() {
    let server = server(None).await;
    for (path, status, detail) in [
        ("/api/v1/nothing", 404, "there is no such address"),
        ("/api/v1/entries/99", 404, "there is no entry '99'"),
        ("/api/v1/entries/x%00y", 404, "there is no entry 'xy'"),
        ("/api/v1/stories/99", 404, "there is no story '99'"),
        ("/api/v1/feeds/none", 404, "there is no feed 'none'"),
        ("/api/v1/entries?limit=0", 400, "limit: '0'"),
        ("/api/v1/entries?cursor=x", 400, "cursor: "),
        ("/api/v1/entries?story=x", 400, "story: 'x'"),
        ("/api/v1/feeds?sort=1", 400, "'sort' is unknown here"),
        ("/api/v1/feeds/%FF", 400, "cannot be read"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert!(
            problem["detail"].as_str().unwrap().contains(detail),
            "{path}: {problem}"
        );
    }
    let answer = server.ask("DELETE", "/api/v1/entries", &[], "").await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.json()["status"], 405);
    assert!(answer.header("allow").contains("GET"));
}

#[tokio::test]
async fn nothing_changes_without_the_token() {
    let changes = [
        ("POST", "/api/v1/feeds"),
        ("PATCH", "/api/v1/feeds/harbour"),
        ("DELETE", "/api/v1/feeds/harbour"),
        ("POST", "/api/v1/feeds/harbour/fetch"),
        ("POST", "/api/v1/stories/1/join"),
        ("POST", "/api/v1/stories/1/split"),
        ("POST", "/api/v1/stories/1/lead"),
        ("POST", "/api/v1/corrections/1/undo"),
    ];
    let closed = server(None).await;
    let guarded = server(Some(TOKEN)).await;
    for (method, path) in changes {
        let answer = closed
            .ask(method, path, &[("authorization", "Bearer ")], "{}")
            .await;
        assert_eq!(answer.status, 403, "{method} {path}");
        for wrong in [
            "Bearer wrong",
            "Bearer ",
            "Basic YTpi",
            "Bearer a-long-secret-and-more",
            "",
        ] {
            let answer = guarded
                .ask(method, path, &[("authorization", wrong)], "{}")
                .await;
            assert_eq!(answer.status, 401, "{method} {path} {wrong}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
    }
    assert_eq!(guarded.store.feeds().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_is_looked_at_for_its_feed_where_that_is_asked_for() {
    let origin = Origin::start();
    let link = |path: &str| format!("<link rel=alternate type=application/rss+xml href={path}>");
    let page = |links: &str| Reply::page(format!("<html><head>{links}</head></html>"));
    origin.on("/one", page(&link("/news")));
    origin.on("/two", page(&format!("{}{}", link("/news"), link("/talk"))));
    origin.on("/none", page(""));
    let server = Server::start(Config {
        server: config::Server {
            admin_token: Some(TOKEN.to_owned()),
            ..Config::default().server
        },
        fetch: config::Fetch {
            allow_private_networks: true,
            ..Config::default().fetch
        },
        ..Config::default()
    })
    .await;
    let add = async |path: &str, discover: bool| {
        let body = json!({"url": origin.url(path), "discover": discover});
        change(&server, "POST", "/feeds", body).await
    };
    let look = async |path: &str| {
        let body = json!({"url": origin.url(path)});
        change(&server, "POST", "/discover", body).await
    };
    let (status, offers) = look("/two").await;
    assert_eq!(status, 200, "{offers}");
    let urls: Vec<&Value> = offers["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| &offer["url"])
        .collect();
    assert_eq!(
        urls,
        [&json!(origin.url("/news")), &json!(origin.url("/talk"))]
    );
    assert_eq!(look("/none").await.1["items"], json!([]));
    assert_eq!(look("/missing").await.0, 400);
    let body = json!({"url": origin.url("/two")}).to_string();
    let without = server.ask("POST", "/api/v1/discover", &[], &body).await;
    assert_eq!(without.status, 401);
    let feeds = server.get("/api/v1/feeds").await.json();
    assert_eq!(feeds["items"], json!([]), "nothing is subscribed to");
    let (status, feed) = add("/one", true).await;
    assert_eq!((status, &feed["url"]), (201, &json!(origin.url("/news"))));
    let (status, problem) = add("/two", true).await;
    assert_eq!(status, 409, "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&origin.url("/talk")), "{detail}");
    for path in ["/none", "/missing"] {
        let (status, problem) = add(path, true).await;
        assert_eq!(status, 400, "{path}: {problem}");
    }
    let asked = origin.all_asked().len();
    assert_eq!(add("/none", false).await.0, 201);
    assert_eq!(origin.all_asked().len(), asked);
}

#[tokio::test]
async fn feeds_are_added_changed_polled_and_removed() {
    let mut server = server(Some(TOKEN)).await;
    let new = json!({"url": "https://quarry.example/rss", "tags": ["stone", "stone"], "schedule": "every 30m"});
    let (status, feed) = change(&server, "POST", "/feeds", new.clone()).await;
    assert_eq!((status, &feed["name"]), (201, &json!("quarry-example")));
    assert_eq!(feed["tags"], json!(["stone"]));
    assert_eq!(feed["origin"], "added");
    assert_eq!(server.orders.try_recv().unwrap(), Command::Look);
    assert_eq!(change(&server, "POST", "/feeds", new).await.0, 409);
    let named = json!({"url": "https://quarry.example/2", "name": "harbour"});
    assert_eq!(change(&server, "POST", "/feeds", named).await.0, 409);

    let (status, _) = change(&server, "POST", "/feeds/quarry-example/fetch", Value::Null).await;
    assert_eq!(status, 202);
    assert_eq!(
        server.orders.try_recv().unwrap(),
        Command::Fetch("quarry-example".to_owned())
    );

    let change_to =
        json!({"title": "The Quarry", "tags": ["stone", "ore"], "schedule": "auto", "priority": 3});
    let (status, feed) = change(&server, "PATCH", "/feeds/quarry-example", change_to).await;
    assert_eq!((status, &feed["title"]), (200, &json!("The Quarry")));
    assert_eq!(feed["tags"], json!(["ore", "stone"]));
    assert_eq!(
        (&feed["schedule"], &feed["priority"]),
        (&json!("auto"), &json!(3))
    );
    let back = json!({"title": null, "schedule": null});
    let (_, feed) = change(&server, "PATCH", "/feeds/quarry-example", back).await;
    assert_eq!(feed["title"], "quarry-example");
    assert_eq!(
        (&feed["schedule"], &feed["priority"]),
        (&Value::Null, &json!(3))
    );
    let bells = json!({"title": "Quarry\u{7}news"});
    let (_, feed) = change(&server, "PATCH", "/feeds/quarry-example", bells).await;
    assert_eq!(feed["title"], "Quarry news");
    for wrong in [
        json!({}),
        json!({"tags": [""]}),
        json!({"schedule": "sometimes"}),
        json!({"priority": null}),
        json!({"disabled": null, "title": "Not only off"}),
        json!({"tags": null, "title": "No tags"}),
        json!({"title": " indented"}),
        json!({"title": "long ".repeat(101)}),
        json!({"url": "https://elsewhere.example/"}),
    ] {
        let (status, _) = change(&server, "PATCH", "/feeds/quarry-example", wrong.clone()).await;
        assert_eq!(status, 400, "{wrong}");
    }
    let mut declared = server.store.feeds().await.unwrap()[0].subscription.clone();
    declared.name = "declared".to_owned();
    declared.url = "https://declared.example/feed".to_owned();
    declared.origin = feed::Origin::Config;
    let declared = vec![declared];
    server.store.sync_feeds(declared, start()).await.unwrap();
    let mine = json!({"title": "Mine"});
    let (status, problem) = change(&server, "PATCH", "/feeds/declared", mine).await;
    assert_eq!((status, &problem["status"]), (409, &json!(409)));

    let off = json!({"disabled": true});
    let (status, feed) = change(&server, "PATCH", "/feeds/quarry-example", off).await;
    assert_eq!(
        (status, &feed["disabled"], &feed["next_due"]),
        (200, &json!(true), &Value::Null)
    );
    let (status, _) = change(&server, "POST", "/feeds/quarry-example/fetch", Value::Null).await;
    assert_eq!(status, 409);
    assert_eq!(
        change(&server, "DELETE", "/feeds/quarry-example", Value::Null)
            .await
            .0,
        204
    );
    assert_eq!(
        change(&server, "DELETE", "/feeds/quarry-example", Value::Null)
            .await
            .0,
        404
    );
    let removal = &server.get("/api/v1/corrections").await.json()["items"][0];
    assert_eq!(
        (&removal["kind"], &removal["title"], &removal["story"]),
        (&json!("remove"), &json!("quarry-example"), &json!(0))
    );
    let path = format!("/corrections/{}/undo", removal["id"]);
    let (status, undone) = change(&server, "POST", &path, Value::Null).await;
    assert_eq!(status, 200, "{undone}");
    let back = server.get("/api/v1/feeds/quarry-example").await;
    assert_eq!(back.status, 200);
}

#[tokio::test]
async fn a_feed_that_cannot_be_is_refused_with_a_reason() {
    let server = server(Some(TOKEN)).await;
    for (body, detail) in [
        (json!({"url": "ftp://a.example/"}), "has the scheme 'ftp'"),
        (json!({"url": "nonsense"}), "is not a valid URL"),
        (
            json!({"url": "https://a.example/", "name": "Not A Name"}),
            "is no name",
        ),
        (
            json!({"url": "https://a.example/", "schedule": "sometimes"}),
            "schedule: ",
        ),
        (
            json!({"url": "https://a.example/", "title": " "}),
            "is empty",
        ),
        (
            json!({"url": "https://a.example/", "colour": 1}),
            "unknown field `colour`",
        ),
        (json!([]), "the body is not as expected"),
    ] {
        let (status, problem) = change(&server, "POST", "/feeds", body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(
            problem["detail"].as_str().unwrap().contains(detail),
            "{body}: {problem}"
        );
    }
    let headers = bearer(TOKEN);
    let large = server
        .ask(
            "POST",
            "/api/v1/feeds",
            &[("authorization", &headers[0].1)],
            &" ".repeat(70_000),
        )
        .await;
    assert_eq!(
        (large.status, large.json()["status"].clone()),
        (413, json!(413))
    );
}

#[tokio::test]
async fn stories_are_split_and_joined() {
    let server = filled().await;
    let story = server.get("/api/v1/stories").await.json()["items"][0].clone();
    let (id, member) = (story["id"].clone(), story["members"][0]["entry"].clone());
    let path = format!("/stories/{id}/split");
    assert_eq!(
        change(&server, "POST", &path, json!({"entry": 999}))
            .await
            .0,
        409
    );
    let (status, new) = change(&server, "POST", &path, json!({"entry": member})).await;
    assert_eq!(status, 200, "{new}");
    assert_ne!(new["id"], id);
    assert_eq!(
        server.get("/api/v1/stories").await.json()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let path = format!("/stories/{id}/join");
    assert_eq!(
        change(&server, "POST", &path, json!({"story": id})).await.0,
        409
    );
    assert_eq!(
        change(&server, "POST", &path, json!({"story": 999}))
            .await
            .0,
        404
    );
    let (status, joined) = change(&server, "POST", &path, json!({"story": new["id"]})).await;
    assert_eq!((status, &joined["uri"]), (200, &story["uri"]));
    assert_eq!(joined["members"].as_array().unwrap().len(), 1);
}

/// What the document says of a value, followed through references.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Checks a value against the part of JSON Schema that the document uses.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolved(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = choices
            .iter()
            .find(|c| (c["type"] == "null") == value.is_null());
        return conforms(document, choice.unwrap(), value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().map(|t| t.as_str().unwrap()).collect(),
        other => panic!("{at}: the document gives no type: {other}"),
    };
    let number = kind == "integer" && allowed.contains(&"number");
    assert!(
        number || allowed.contains(&kind),
        "{at} is {kind}, not {allowed:?}"
    );
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value} is none of {words:?}");
    }
    if let (Value::Object(fields), Some(known)) = (value, schema["properties"].as_object()) {
        for (name, field) in fields {
            let known = known
                .get(name)
                .unwrap_or_else(|| panic!("{at}.{name} is not described"));
            conforms(document, known, field, &format!("{at}.{name}"));
        }
        for required in schema["required"].as_array().unwrap() {
            assert!(
                fields.contains_key(required.as_str().unwrap()),
                "{at}: {required} is missing"
            );
        }
    }
    if let Value::Array(items) = value {
        for item in items {
            conforms(document, &schema["items"], item, &format!("{at}[]"));
        }
    }
}

#[tokio::test]
async fn answers_are_as_the_description_says() {
    let server = filled().await;
    let document = server.get("/api/v1/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for (name, operations) in document["paths"].as_object().unwrap() {
        if !operations["get"].is_object() || ["/openapi.json", "/export"].contains(&name.as_str()) {
            continue;
        }
        let path = name.replace("{id}", "1").replace("{name}", "harbour");
        let answer = server.get(&format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}");
        let schema =
            &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        conforms(&document, schema, &answer.json(), &path);
    }
}

#[tokio::test]
async fn the_description_names_every_route_and_method() {
    let server = server(None).await;
    let document = server.get("/api/v1/openapi.json").await.json();
    let routes = include_str!("../../src/http/mod.rs");
    let part = &routes
        [routes.find("let api = ").unwrap()..routes.find(".fallback(api::unknown)").unwrap()];
    let mut routed = BTreeSet::new();
    for route in part.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        for method in ["get", "post", "patch", "delete"] {
            if route.contains(&format!("{method}(")) {
                routed.insert(format!("{method} {path}"));
            }
        }
    }
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            described.insert(format!("{method} {path}"));
        }
    }
    assert_eq!(routed, described);
    for (reference, _) in document.to_string().match_indices("#/components/schemas/") {
        let text = document.to_string();
        let name = text[reference + "#/components/schemas/".len()..]
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        assert!(
            document["components"]["schemas"][&name].is_object(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn operators_see_how_it_goes() {
    let server = filled().await;
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(server.get("/readyz").await.status, 200);
    server.service.status().scheduler_looked(start());
    server.get("/feed.atom").await;
    let metrics = server.get("/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    for line in [
        r#"feedfold_stored{kind="entries"} 2"#,
        r#"feedfold_stored{kind="stories"} 1"#,
        r#"feedfold_feeds{state="ok"} 2"#,
        r#"feedfold_http_requests_total{route="/feed.atom",status="200"} 1"#,
    ] {
        assert!(
            metrics.text().contains(line),
            "{line} is missing in\n{}",
            metrics.text()
        );
    }
    server.clock.turn_to(start() + TimeDelta::hours(1));
    let late = server.get("/readyz").await;
    assert_eq!(late.status, 503);
    assert!(
        late.json()["detail"]
            .as_str()
            .unwrap()
            .contains("scheduler")
    );
}

#[tokio::test]
async fn a_lead_is_chosen_and_corrections_are_undone() {
    let server = filled().await;
    let story = server.get("/api/v1/stories").await.json()["items"][0].clone();
    let (id, member) = (story["id"].clone(), story["members"][0]["entry"].clone());
    let path = format!("/stories/{id}/lead");
    assert_eq!(
        change(&server, "POST", &path, json!({"entry": 999}))
            .await
            .0,
        409
    );
    let (status, led) = change(&server, "POST", &path, json!({"entry": member})).await;
    assert_eq!((status, &led["uri"]), (200, &story["uri"]));
    assert_eq!(led["lead"]["id"], member);
    let listed = server.get("/api/v1/corrections").await.json();
    assert_eq!(listed["items"][0]["kind"], "lead");
    assert_eq!(listed["items"][0]["entry"], member);
    let path = format!("/corrections/{}/undo", listed["items"][0]["id"]);
    let (status, undone) = change(&server, "POST", &path, json!({})).await;
    assert_eq!(status, 200, "{undone}");
    assert!(undone["undone"].is_string());
    assert_eq!(change(&server, "POST", &path, json!({})).await.0, 409);
    let (status, _) = change(&server, "POST", "/corrections/77/undo", json!({})).await;
    assert_eq!(status, 404);
    let now = server.get(&format!("/api/v1/stories/{id}")).await.json();
    assert_eq!(now["lead"]["id"], story["lead"]["id"]);
}
