//! An outlet on the loopback interface: a page that names a feed, and a feed that is up to no good.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const FEED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Midnight &lt;script&gt;alert(0)&lt;/script&gt; Post</title>
<link>https://midnight.example/</link><description>hostile</description>
<item><guid>1</guid><link>https://midnight.example/1</link>
<title>Zeppelin &lt;img src=x onerror="document.title='ran'"&gt; lands on the ferry roof</title>
<description><![CDATA[<p onclick="document.title='ran'">The zeppelin landed.</p>
<script>document.title='ran'</script><svg onload="document.title='ran'"></svg>
<iframe srcdoc="<script>parent.document.title='ran'</script>"></iframe>
<a href="javascript:document.title='ran'">read on</a>
<form action="/sign-out" method="post"><input name="q"><button>win</button></form>
<style>body { display: none }</style><base href="https://midnight.example/">
<meta http-equiv="refresh" content="0;url=https://midnight.example/"></div></article></main>]]></description></item>
<item><guid>2</guid><link>https://midnight.example/2</link><title>كتاب جديد عن المنارات القديمة</title>
<description>نص قصير</description></item>
</channel></rss>"#;

const PAGE: &str = r#"<!doctype html><title>Midnight Post</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml"><p>An ordinary page."#;

/// A running outlet; it ends with the test.
pub struct Outlet {
    pub url: String,
}

impl Outlet {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = vec![0; 8192];
                let read = stream.read(&mut asked).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
                let (status, kind, body) = match asked.split(' ').nth(1) {
                    Some("/feed.xml") => ("200 OK", "application/rss+xml", FEED),
                    Some("/") => ("200 OK", "text/html", PAGE),
                    _ => ("404 Not Found", "text/plain", ""),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(body.as_bytes()).await;
            }
        });
        Self { url }
    }
}
