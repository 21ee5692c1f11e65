//! A publisher on loopback that does what it is told: answers, stalls, drips, cuts off, lies.
//!
//! ```ignore
//! let origin = Origin::start();
//! origin.on("/feed", Reply::feed(xml).etag("\"a\"").conditional());
//! origin.on_each("/flaky", [Reply::status(500), Reply::feed(xml)]);   // the last one repeats
//! origin.on_asked("/echo", |asked| Reply::text(asked.header("accept").unwrap_or("")));
//! … poll origin.url("/feed") …
//! assert_eq!(origin.asked("/feed").len(), 1);
//! ```
//!
//! It speaks HTTP on a plain socket, on a thread of its own, so that it works under any test and
//! every byte of a reply can be chosen. Unknown paths answer 404. It ends when it is dropped.
#![allow(
    dead_code,
    reason = "the notation is complete, whichever words tests use today"
)]

mod reply;

use reply::Delivery;
pub use reply::Reply;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;

/// One request, as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its place among all requests of the origin, from 0.
    pub order: usize,
    /// The connection that it came on, from 0.
    pub connection: usize,
    pub method: String,
    /// The path without the query.
    pub path: String,
    pub query: Option<String>,
    /// Header fields in their order, names as sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// As long as its `Content-Length` says.
    pub body: Vec<u8>,
}

impl Asked {
    /// The fields of a form in its body.
    pub fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    /// The first field of this name, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.header_bytes(name)?).ok()
    }

    /// The first field of this name, byte for byte.
    pub fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        let found = |(known, _): &&(String, Vec<u8>)| known.eq_ignore_ascii_case(name);
        Some(&self.headers.iter().find(found)?.1)
    }
}

type Script = Box<dyn FnMut(&Asked) -> Reply + Send>;

#[derive(Default)]
struct State {
    scripts: Mutex<HashMap<String, Script>>,
    fallback: Mutex<Option<Script>>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// A publisher on loopback.
pub struct Origin {
    address: SocketAddr,
    state: Arc<State>,
    stop: CancellationToken,
}

impl Origin {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_with("127.0.0.1:0", None).expect("loopback can be listened on")
    }

    /// Starts one at this address; `None` if the machine has no such address.
    pub fn start_at(address: &'static str) -> Option<Self> {
        Self::start_with(address, None)
    }

    /// Starts one that speaks TLS with the certificate and key of this PEM text.
    pub fn start_tls(pem: &[u8]) -> Self {
        let chain = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .unwrap();
        let key = PrivateKeyDer::from_pem_slice(pem).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start_with("127.0.0.1:0", Some(acceptor)).expect("loopback can be listened on")
    }

    fn start_with(at: &'static str, tls: Option<TlsAcceptor>) -> Option<Self> {
        let state = Arc::new(State::default());
        let stop = CancellationToken::new();
        let (tell, address) = std::sync::mpsc::channel();
        let (served, stopped) = (Arc::clone(&state), stop.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::bind(at).await else {
                    return;
                };
                tell.send(listener.local_addr().unwrap()).unwrap();
                stopped
                    .run_until_cancelled(accept(listener, tls, served))
                    .await;
            });
        });
        Some(Self {
            address: address.recv().ok()?,
            state,
            stop,
        })
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address of a path over TLS, by this host name.
    pub fn tls_url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.port())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The path answers with this reply from now on.
    pub fn on(&self, path: &str, reply: Reply) {
        self.on_asked(path, move |_| reply.clone());
    }

    /// The path answers with these replies one after the other; the last one repeats.
    pub fn on_each(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let mut replies: Vec<Reply> = replies.into_iter().collect();
        replies.reverse();
        self.on_asked(path, move |_| match replies.len() {
            0 => Reply::status(404),
            1 => replies[0].clone(),
            _ => replies.pop().unwrap(),
        });
    }

    /// The path answers with what the closure makes of the request.
    pub fn on_asked(&self, path: &str, script: impl FnMut(&Asked) -> Reply + Send + 'static) {
        lock(&self.state.scripts).insert(path.to_owned(), Box::new(script));
    }

    /// Every path without a script answers with what the closure makes of the request.
    pub fn otherwise(&self, script: impl FnMut(&Asked) -> Reply + Send + 'static) {
        *lock(&self.state.fallback) = Some(Box::new(script));
    }

    /// The requests of a path, in order.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let all = lock(&self.state.asked);
        all.iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }

    /// All requests, in order.
    pub fn all_asked(&self) -> Vec<Asked> {
        lock(&self.state.asked).clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.state.asked).clear();
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A plain or an encrypted connection.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    // A connection ends with the runtime, when the origin stops.
    while let Ok((stream, _)) = listener.accept().await {
        let connection = state.connections.fetch_add(1, Ordering::SeqCst);
        let (state, tls) = (Arc::clone(&state), tls.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // A client that goes away is no news.
            let _ = match tls {
                None => serve(stream, connection, &state).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, connection, &state).await,
                    Err(error) => Err(error),
                },
            };
        });
    }
}

async fn serve<S: Stream>(mut stream: S, connection: usize, state: &State) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            if !buffer[0].is_ascii_uppercase() {
                // Not HTTP: a client that speaks TLS to a plain port.
                stream.write_all(b"HTTP/1.1 400 Huh\r\n\r\n").await?;
                return close(stream).await;
            }
        };
        let mut asked = read_request(&buffer[..end], connection);
        buffer.drain(..end + 4);
        let length = asked.header("content-length").map_or(Ok(0), str::parse);
        let length: usize = length.map_err(std::io::Error::other)?;
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        asked.body = buffer.drain(..length).collect();
        let asked = noted(asked, state);
        let reply = answer(&asked, state).judged(&asked);
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }
        if let Some(raw) = &reply.raw {
            stream.write_all(raw).await?;
            return close(stream).await;
        }
        deliver(&mut stream, &reply, asked.method == "HEAD").await?;
        if reply.close || reply.hang_up {
            return close(stream).await;
        }
    }
}

/// Closes so that what was sent arrives: first our half, then, when the client is done, all.
async fn close<S: Stream>(mut stream: S) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    let drain = async {
        while stream.read(&mut rest).await? > 0 {}
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(1), drain)
        .await
        .unwrap_or(Ok(()))
}

async fn deliver<S: Stream>(stream: &mut S, reply: &Reply, head_only: bool) -> std::io::Result<()> {
    let mut bytes = reply.head();
    let body = if head_only || matches!(reply.status, 204 | 304) {
        Vec::new()
    } else {
        reply.framed()
    };
    let upto = |count: usize| &body[..count.min(body.len())];
    match reply.delivery {
        Delivery::Whole => {
            bytes.extend_from_slice(&body);
            stream.write_all(&bytes).await?;
        }
        Delivery::Cut(count) => {
            bytes.extend_from_slice(upto(count));
            stream.write_all(&bytes).await?;
        }
        Delivery::Stall(count) => {
            bytes.extend_from_slice(upto(count));
            stream.write_all(&bytes).await?;
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        Delivery::Drip(count, pause) => {
            stream.write_all(&bytes).await?;
            for piece in body.chunks(count.max(1)) {
                tokio::time::sleep(pause).await;
                stream.write_all(piece).await?;
            }
        }
    }
    stream.flush().await
}

fn read_request(head: &[u8], connection: usize) -> Asked {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let line = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let headers = lines
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8_lossy(&line[..colon]).into_owned();
            Some((name, line[colon + 1..].trim_ascii().to_vec()))
        })
        .collect();
    Asked {
        order: 0,
        connection,
        method,
        path: path.to_owned(),
        query,
        headers,
        body: Vec::new(),
    }
}

/// The same with its place among all, written down.
fn noted(mut asked: Asked, state: &State) -> Asked {
    let mut all = lock(&state.asked);
    asked.order = all.len();
    all.push(asked.clone());
    asked
}

fn answer(asked: &Asked, state: &State) -> Reply {
    if let Some(script) = lock(&state.scripts).get_mut(&asked.path) {
        return script(asked);
    }
    match lock(&state.fallback).as_mut() {
        Some(script) => script(asked),
        None => Reply::status(404),
    }
}
