//! Chromium, driven, and what it asked for and complained about.

use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

/// How long something that is to happen may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser before a page. [`Sight::close`] ends it and tells what went wrong.
pub struct Sight {
    pub driver: WebDriver,
    // Ends after the browser, which it ends.
    _chromedriver: Chromedriver,
    home: String,
}

struct Chromedriver(Child);

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Sight {
    /// A browser with script.
    pub async fn new(home: &str) -> Self {
        Self::with(home, true).await
    }

    /// A browser whose pages run no script.
    pub async fn without_script(home: &str) -> Self {
        Self::with(home, false).await
    }

    async fn with(home: &str, script: bool) -> Self {
        let port = super::free_port();
        let chromedriver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Chromedriver)
            .expect("chromedriver starts");
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            // Nothing but this machine can be reached, whatever a page says.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ] {
            wanted.add_arg(argument).expect("an argument");
        }
        if !script {
            let preferences = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted
                .add_experimental_option("prefs", preferences)
                .expect("a preference");
        }
        for log in ["browser", "performance"] {
            wanted
                .set_logging_prefs(log, LoggingPrefsLogLevel::All)
                .expect("a log");
        }
        let address = format!("http://127.0.0.1:{port}");
        let mut started = None;
        for _ in 0..100 {
            match WebDriver::new(&address, wanted.clone()).await {
                Ok(driver) => {
                    started = Some(driver);
                    break;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        Self {
            driver: started.expect("Chromium starts"),
            _chromedriver: chromedriver,
            home: home.to_owned(),
        }
    }

    /// Goes to a page of the site.
    pub async fn go(&self, path: &str) {
        let url = format!("{}{path}", self.home);
        self.driver.goto(&url).await.expect("the page loads");
    }

    /// The first element of a selector, which must be there or come.
    pub async fn find(&self, selector: &str) -> WebElement {
        let found = self
            .driver
            .query(By::Css(selector))
            .wait(PATIENCE, Duration::from_millis(100))
            .first()
            .await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{selector} at {}: {error}", self.address().await),
        }
    }

    /// How many elements a selector finds now.
    pub async fn count(&self, selector: &str) -> usize {
        let found = self.driver.find_all(By::Css(selector)).await;
        found.expect("a selector").len()
    }

    /// Clicks what a selector finds.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        element.scroll_into_view().await.expect("it can be seen");
        element.click().await.expect("it can be clicked");
    }

    /// Clicks a link or button and waits for the page that follows.
    pub async fn follow(&self, selector: &str) {
        let before = self.find("html").await;
        self.click(selector).await;
        let began = std::time::Instant::now();
        while before.tag_name().await.is_ok() {
            assert!(began.elapsed() < PATIENCE, "{selector} leads nowhere");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.find("main").await;
    }

    /// Types into a field.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let chain = self.driver.action_chain();
        chain.send_keys(keys).perform().await.expect("keys");
    }

    /// The text of what a selector finds first.
    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.expect("an element")
    }

    /// The address of the page.
    pub async fn address(&self) -> String {
        let url = self.driver.current_url().await.expect("a page");
        url.to_string()
    }

    /// What a script in the page returns: a look from outside, that the page's policy leaves alone.
    pub async fn look(&self, script: &str) -> Value {
        let found = self.driver.execute(script, vec![]).await;
        found.expect("a script").json().clone()
    }

    /// Waits until a script returns `true`.
    pub async fn until(&self, script: &str) {
        let began = std::time::Instant::now();
        while self.look(script).await != json!(true) {
            assert!(
                began.elapsed() < PATIENCE,
                "never: {script} at {}",
                self.address().await
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Sends a command of the browser's own protocol.
    pub async fn tell(&self, method: &str, parameters: Value) {
        let told = self.driver.cdp().send_raw(method, parameters).await;
        told.expect("a command that Chromium knows");
    }

    /// Signs in with the demo's admin token.
    pub async fn sign_in(&self) {
        self.go("/manage").await;
        self.type_into("#token", super::TOKEN).await;
        self.follow("form[action='/sign-in'] button").await;
        assert_eq!(
            self.text("form[action='/sign-out'] button").await,
            "Sign out"
        );
    }

    /// Every address that was asked for since this was asked last.
    pub async fn asked(&self) -> Vec<String> {
        let log = self.driver.get_log("performance").await.expect("a log");
        log.iter()
            .filter_map(|entry| serde_json::from_str::<Value>(&entry.message).ok())
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|entry| {
                let url = &entry["message"]["params"]["request"]["url"];
                url.as_str().map(str::to_owned)
            })
            .filter(|url| !url.starts_with("data:"))
            .collect()
    }

    /// Ends the browser. Nothing may have been asked of anybody else, and nothing complained about
    /// but what `expected` names: failed loads of pages that are to fail.
    pub async fn close(self, expected: &[&str]) {
        let complaints: Vec<String> = self
            .driver
            .browser_log()
            .await
            .expect("a log")
            .into_iter()
            .map(|entry| format!("{}: {}", entry.level, entry.message))
            .filter(|line| !expected.iter().any(|part| line.contains(part)))
            .collect();
        let elsewhere: Vec<String> = self
            .asked()
            .await
            .into_iter()
            .filter(|url| !url.starts_with(&self.home) && !url.starts_with("about:"))
            .collect();
        let driver = self.driver.clone();
        driver.quit().await.expect("Chromium ends");
        assert_eq!(complaints, Vec::<String>::new(), "complaints");
        assert_eq!(elsewhere, Vec::<String>::new(), "asked of others");
    }
}
