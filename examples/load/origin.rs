//! The publishers: a small HTTP/1.1 server with connections that stay, ETags, 304 and gzip.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::HashMap;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest head of a request that is read.
const MOST: usize = 16 * 1024;
/// How long an idle connection is kept, as many servers do.
const IDLE: Duration = Duration::from_secs(5);
/// A pause after a connection could not be taken.
const BREATH: Duration = Duration::from_millis(10);

/// A document as it is sent.
struct Document {
    etag: String,
    /// Both kinds compressed with gzip, as nearly all publishers send them.
    body: Vec<u8>,
    media_type: &'static str,
}

/// What the connections share.
#[derive(Default)]
struct Shelf {
    documents: RwLock<HashMap<usize, Arc<Document>>>,
    latency: Duration,
    sent: AtomicU64,
    answers: AtomicU64,
}

/// The running server; it ends with its value.
pub(crate) struct Origin {
    shelf: Arc<Shelf>,
    hosts: u32,
    port: u16,
    listening: JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Origin {
    /// Serves the document of feed `i` at `/feed/i`, on so many loopback hosts that take turns; port
    /// 0 means a free one. Until a feed has a document, nothing has changed for whoever knows an
    /// earlier one.
    pub(crate) async fn start(hosts: u32, port: u16, latency: Duration) -> io::Result<Self> {
        let shelf = Arc::new(Shelf {
            latency,
            ..Shelf::default()
        });
        // There is no address for all of loopback but that for everything.
        let at = match hosts {
            0 | 1 => Ipv4Addr::LOCALHOST,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        let listener = TcpListener::bind((at, port)).await?;
        let port = listener.local_addr()?.port();
        let listening = tokio::spawn({
            let shelf = Arc::clone(&shelf);
            async move {
                loop {
                    match listener.accept().await {
                        Ok((stream, peer)) if peer.ip().is_loopback() => {
                            let shelf = Arc::clone(&shelf);
                            // A connection that breaks is the client's affair.
                            tokio::spawn(async move { shelf.converse(stream).await });
                        }
                        Ok(_) => {}
                        // Too many files are open: some of them are closed soon.
                        Err(_) => tokio::time::sleep(BREATH).await,
                    }
                }
            }
        });
        Ok(Self {
            shelf,
            hosts,
            port,
            listening,
        })
    }

    /// Where a feed is.
    pub(crate) fn url(&self, feed: usize) -> String {
        url(self.hosts, self.port, feed)
    }

    /// Publishes a document.
    pub(crate) fn publish(&self, feed: usize, text: &str) -> io::Result<()> {
        let document = Arc::new(Document::new(text)?);
        let documents = self.shelf.documents.write();
        let mut documents = documents.unwrap_or_else(PoisonError::into_inner);
        documents.insert(feed, document);
        Ok(())
    }

    /// Bytes sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.shelf.sent.load(Ordering::Relaxed)
    }

    /// Requests answered so far.
    pub(crate) fn answers(&self) -> u64 {
        self.shelf.answers.load(Ordering::Relaxed)
    }
}

/// The address of a feed on such an origin: hosts are 127.0.0.1, 127.0.0.2 and so on.
pub(crate) fn url(hosts: u32, port: u16, feed: usize) -> String {
    let host = (feed % hosts.max(1) as usize) as u32 + 1;
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 0, 0).to_bits() + host);
    format!("http://{address}:{port}/feed/{feed}")
}

impl Document {
    fn new(text: &str) -> io::Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes())?;
        let media_type = match text.contains("<rss") {
            true => "application/rss+xml; charset=utf-8",
            false => "application/atom+xml; charset=utf-8",
        };
        Ok(Self {
            etag: format!("\"{:016x}\"", crate::news::spread(text.as_bytes())),
            body: encoder.finish()?,
            media_type,
        })
    }
}

impl Shelf {
    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut asked: Vec<u8> = Vec::with_capacity(2048);
        loop {
            let end = loop {
                if let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") {
                    break end + 4;
                }
                if asked.len() > MOST {
                    return Ok(());
                }
                let read = tokio::time::timeout(IDLE, stream.read_buf(&mut asked));
                if read.await.unwrap_or(Ok(0))? == 0 {
                    return Ok(());
                }
            };
            let answer = {
                let head = String::from_utf8_lossy(asked.get(..end).unwrap_or_default());
                self.answer(&head)
            };
            asked.drain(..end);
            if !self.latency.is_zero() {
                tokio::time::sleep(self.latency).await;
            }
            self.sent.fetch_add(answer.len() as u64, Ordering::Relaxed);
            self.answers.fetch_add(1, Ordering::Relaxed);
            stream.write_all(&answer).await?;
        }
    }

    fn answer(&self, head: &str) -> Vec<u8> {
        let number = head
            .strip_prefix("GET /feed/")
            .and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        let document = number.and_then(|number| {
            let documents = self.documents.read();
            let documents = documents.unwrap_or_else(PoisonError::into_inner);
            documents.get(&number).cloned()
        });
        let known = field(head, "if-none-match");
        let Some(document) = document else {
            return match known {
                Some(_) => b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
                None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
            };
        };
        let etag = &document.etag;
        if known.is_some_and(|value| value.contains(etag.as_str())) {
            return format!("HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n").into_bytes();
        }
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Encoding: gzip\r\nETag: {etag}\r\n\
             Content-Length: {}\r\n\r\n",
            document.media_type,
            document.body.len()
        )
        .into_bytes();
        answer.extend_from_slice(&document.body);
        answer
    }
}

/// The value of a header field.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
