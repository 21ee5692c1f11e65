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
}

impl Asked {
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

/// How the end of a body is told.
#[derive(Debug, Clone, PartialEq)]
enum Framing {
    /// A right `Content-Length`.
    Length,
    /// Another `Content-Length`, or any text there.
    Claims(String),
    /// Chunked, with this text after the last chunk's line (trailers).
    Chunked { trailers: String },
    /// By closing the connection.
    Close,
}

/// What happens while a body is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Delivery {
    Whole,
    /// So many bytes at a time, with a pause before each piece.
    Drip(usize, Duration),
    /// So many bytes, then the connection is closed.
    Cut(usize),
    /// So many bytes, then nothing more while the connection stays open.
    Stall(usize),
}

/// A scripted reply.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    version: &'static str,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    framing: Framing,
    delivery: Delivery,
    before: Vec<u8>,
    delay: Duration,
    close: bool,
    conditional: bool,
    raw: Option<Vec<u8>>,
    hang_up: bool,
}

impl Reply {
    /// A reply of this status with an empty body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            version: "HTTP/1.1",
            headers: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
            delivery: Delivery::Whole,
            before: Vec::new(),
            delay: Duration::ZERO,
            close: false,
            conditional: false,
            raw: None,
            hang_up: false,
        }
    }

    /// 200 with an XML feed.
    pub fn feed(xml: impl Into<Vec<u8>>) -> Self {
        Self::status(200)
            .header("Content-Type", "application/xml")
            .body(xml)
    }

    /// 200 with an HTML page.
    pub fn page(html: impl Into<Vec<u8>>) -> Self {
        Self::status(200)
            .header("Content-Type", "text/html; charset=utf-8")
            .body(html)
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// 304.
    pub fn unchanged() -> Self {
        Self::status(304)
    }

    /// These bytes in place of a reply; then the connection is closed.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        let mut reply = Self::status(200);
        reply.raw = Some(bytes.into());
        reply
    }

    /// The connection is closed without an answer.
    pub fn hang_up() -> Self {
        Self::raw("")
    }

    /// Nothing comes, and the connection stays open.
    pub fn silence() -> Self {
        Self::status(200).delay(Duration::from_secs(3600))
    }

    /// 200 that decompresses to so many zero bytes.
    pub fn bomb(size: usize) -> Self {
        Self::feed(vec![0; size]).gzip()
    }

    /// Adds a header field.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    pub fn etag(self, value: impl AsRef<[u8]>) -> Self {
        self.header("ETag", value)
    }

    pub fn last_modified(self, value: impl AsRef<[u8]>) -> Self {
        self.header("Last-Modified", value)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Answers 304 with the same header fields to a request that names this reply's `ETag`, or its
    /// `Last-Modified` if there is no `If-None-Match`.
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    /// Answers in HTTP/1.0, ended by closing.
    pub fn http_1_0(mut self) -> Self {
        self.version = "HTTP/1.0";
        self.until_close()
    }

    /// No length: the end is where the connection closes.
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::Close;
        self.close = true;
        self
    }

    /// A `Content-Length` that says something else.
    pub fn claims_length(mut self, length: impl ToString) -> Self {
        self.framing = Framing::Claims(length.to_string());
        self
    }

    /// Chunks with extensions.
    pub fn chunked(self) -> Self {
        self.chunked_with_trailers("")
    }

    /// Chunks, then these trailer lines (each ended by CRLF).
    pub fn chunked_with_trailers(mut self, trailers: &str) -> Self {
        self.framing = Framing::Chunked {
            trailers: trailers.into(),
        };
        self
    }

    /// Sends the body piece by piece, with a pause before each.
    pub fn drip(mut self, bytes: usize, pause: Duration) -> Self {
        self.delivery = Delivery::Drip(bytes, pause);
        self
    }

    /// Closes the connection after so many bytes of the body.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.delivery = Delivery::Cut(bytes);
        self.close = true;
        self
    }

    /// Sends nothing more after so many bytes of the body.
    pub fn stall_after(mut self, bytes: usize) -> Self {
        self.delivery = Delivery::Stall(bytes);
        self
    }

    /// Waits before it answers.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends informational replies first, `100 Continue` and `103 Early Hints` alike.
    pub fn after_informational(mut self, status: u16) -> Self {
        let line = format!("HTTP/1.1 {status} Hold On\r\nLink: </style.css>; rel=preload\r\n\r\n");
        self.before.extend_from_slice(line.as_bytes());
        self
    }

    /// Says `Connection: close`, and closes.
    pub fn close(mut self) -> Self {
        self.close = true;
        self.header("Connection", "close")
    }

    /// Closes after the reply without having said so.
    pub fn close_unannounced(mut self) -> Self {
        self.hang_up = true;
        self
    }

    pub fn gzip(self) -> Self {
        self.encoded("gzip", Coding::Gzip)
    }

    pub fn brotli(self) -> Self {
        self.encoded("br", Coding::Brotli)
    }

    pub fn zstd(self) -> Self {
        self.encoded("zstd", Coding::Zstd)
    }

    /// The zlib format, as the standard says.
    pub fn deflate(self) -> Self {
        self.encoded("deflate", Coding::Zlib)
    }

    /// The bare format, as some servers send it.
    pub fn raw_deflate(self) -> Self {
        self.encoded("deflate", Coding::Deflate)
    }

    /// The body as it will be sent, without framing.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    fn encoded(mut self, name: &str, coding: Coding) -> Self {
        self.body = encode(coding, &self.body);
        self.header("Content-Encoding", name)
    }

    fn named(&self, name: &str) -> Option<&[u8]> {
        let found = |(known, _): &&(String, Vec<u8>)| known.eq_ignore_ascii_case(name);
        Some(&self.headers.iter().find(found)?.1)
    }

    /// The reply that `asked` gets: this one, or its 304.
    fn judged(self, asked: &Asked) -> Self {
        let same = match asked.header_bytes("if-none-match") {
            Some(tag) => self.named("etag") == Some(tag),
            None => asked
                .header_bytes("if-modified-since")
                .is_some_and(|date| self.named("last-modified") == Some(date)),
        };
        if !(self.conditional && same) {
            return self;
        }
        let gone = ["content-type", "content-encoding"];
        Self {
            headers: self
                .headers
                .into_iter()
                .filter(|(name, _)| !gone.contains(&name.to_ascii_lowercase().as_str()))
                .collect(),
            ..Self::unchanged()
        }
    }

    fn head(&self) -> Vec<u8> {
        let mut head = self.before.clone();
        head.extend_from_slice(format!("{} {} Said So\r\n", self.version, self.status).as_bytes());
        for (name, value) in &self.headers {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
        let framing = match &self.framing {
            _ if matches!(self.status, 204 | 304) => String::new(),
            Framing::Length => format!("Content-Length: {}\r\n", self.body.len()),
            Framing::Claims(text) => format!("Content-Length: {text}\r\n"),
            Framing::Chunked { .. } => "Transfer-Encoding: chunked\r\n".into(),
            Framing::Close => String::new(),
        };
        head.extend_from_slice(framing.as_bytes());
        head.extend_from_slice(b"\r\n");
        head
    }

    /// The body with its framing.
    fn framed(&self) -> Vec<u8> {
        let Framing::Chunked { trailers } = &self.framing else {
            return self.body.clone();
        };
        let mut framed = Vec::new();
        for chunk in self.body.chunks(1000) {
            framed.extend_from_slice(format!("{:x};note=\"1\"\r\n", chunk.len()).as_bytes());
            framed.extend_from_slice(chunk);
            framed.extend_from_slice(b"\r\n");
        }
        framed.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
        framed
    }
}

#[derive(Clone, Copy)]
enum Coding {
    Gzip,
    Zlib,
    Deflate,
    Brotli,
    Zstd,
}

fn encode(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    use async_compression::tokio::write::{
        BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
    };
    use futures_util::FutureExt;
    macro_rules! with {
        ($encoder:ident) => {
            async {
                let mut encoder = $encoder::new(Vec::new());
                encoder.write_all(bytes).await.unwrap();
                encoder.shutdown().await.unwrap();
                encoder.into_inner()
            }
            .now_or_never()
        };
    }
    match coding {
        Coding::Gzip => with!(GzipEncoder),
        Coding::Zlib => with!(ZlibEncoder),
        Coding::Deflate => with!(DeflateEncoder),
        Coding::Brotli => with!(BrotliEncoder),
        Coding::Zstd => with!(ZstdEncoder),
    }
    .expect("writing to memory never waits")
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
        let asked = read_request(&buffer[..end], connection, state);
        buffer.drain(..end + 4);
        let reply = answer(&asked, state).judged(&asked);
        tokio::time::sleep(reply.delay).await;
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

fn read_request(head: &[u8], connection: usize, state: &State) -> Asked {
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
    let mut all = lock(&state.asked);
    let asked = Asked {
        order: all.len(),
        connection,
        method,
        path: path.to_owned(),
        query,
        headers,
    };
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
