//! A small scripted publisher on loopback: one closure answers every request.

use crate::feed::Timestamp;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a client asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method, upper case.
    pub method: String,
    /// The path as sent, percent-encoded, with its leading slash.
    pub path: String,
    /// The query as sent, without its question mark.
    pub query: Option<String>,
    headers: HeaderMap,
}

impl Asked {
    /// A request as it would arrive, for asking an answering closure directly; a header field
    /// that HTTP does not allow is left out.
    #[must_use]
    pub fn new(method: &str, path: &str, fields: &[(&str, &str)]) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            ) {
                headers.append(name, value);
            }
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: None,
            headers,
        }
    }

    /// The first value of a header field; `None` where it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What it gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header fields; one that HTTP does not allow is left out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long the answer is held back.
    pub delay: Duration,
}

impl Reply {
    /// An empty answer with a status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// The answer with one more header field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A moment as HTTP writes it (RFC 9110 section 5.6.7).
#[must_use]
pub fn http_date(moment: Timestamp) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A running publisher; dropping it stops it.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Origin {
    /// Listens on a free port of 127.0.0.1 and lets `answer` answer every request.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let answer = Arc::new(answer);
        let held = stop.clone();
        let app = Router::new().fallback(move |request: Request| {
            let answer = Arc::clone(&answer);
            let held = held.clone();
            async move {
                let reply = answer(&asked(&request));
                tokio::select! {
                    () = tokio::time::sleep(reply.delay) => response(reply),
                    // Nobody waits for a delayed answer once the publisher stops.
                    () = held.cancelled() => response(Reply::status(503)),
                }
            }
        });
        let stopped = stop.clone();
        let server = tokio::spawn(async move {
            // Serving ends only by `stopped`; a broken connection is its client's affair.
            let _ = axum::serve(listener, app)
                .with_graceful_shutdown(async move { stopped.cancelled().await })
                .await;
        });
        Ok(Self {
            address,
            stop,
            server: Some(server),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The absolute address of a path, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Stops listening and returns when the last answer is out.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take() {
            let _ = server.await;
        }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn asked(request: &Request) -> Asked {
    Asked {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().map(str::to_owned),
        headers: request.headers().clone(),
    }
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn get(origin: &Origin, request: &str) -> String {
        let mut stream = TcpStream::connect(origin.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_closure_sees_the_request_and_writes_the_answer() {
        let origin = Origin::start(|asked| {
            assert_eq!(asked.method, "GET");
            assert_eq!(asked.path, "/news/feed.xml");
            assert_eq!(asked.query.as_deref(), Some("a=1"));
            Reply {
                body: asked.header("if-none-match").unwrap().into(),
                ..Reply::status(203)
                    .with("ETag", "\"v1\"")
                    .with("bad name", "x")
            }
        })
        .await
        .unwrap();
        let answer = get(
            &origin,
            "GET /news/feed.xml?a=1 HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v0\"\r\nConnection: close\r\n\r\n",
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 203 "), "{answer}");
        assert!(answer.contains("\r\netag: \"v1\"\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n\"v0\""), "{answer}");
        origin.stop().await;
    }

    #[tokio::test]
    async fn stopping_does_not_wait_for_a_delayed_answer() {
        let (reached, arrived) = tokio::sync::oneshot::channel();
        let reached = std::sync::Mutex::new(Some(reached));
        let origin = Origin::start(move |_| {
            if let Some(reached) = reached.lock().unwrap().take() {
                reached.send(()).unwrap();
            }
            Reply {
                delay: Duration::from_secs(3600),
                ..Reply::status(200)
            }
        })
        .await
        .unwrap();
        let mut stream = TcpStream::connect(origin.address()).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        arrived.await.unwrap();
        origin.stop().await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let moment = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(http_date(moment), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
