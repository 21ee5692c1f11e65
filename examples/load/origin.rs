//! The publishers: a small HTTP/1.1 server with connections that stay, ETags, 304 and gzip.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest head of a request that is read.
const MOST: usize = 16 * 1024;

/// A document as it is sent.
struct Document {
    etag: String,
    /// Both kinds compressed with gzip, as nearly all publishers send them.
    body: Vec<u8>,
    media_type: &'static str,
}

/// What the connections share.
struct Shelf {
    documents: RwLock<Vec<Arc<Document>>>,
    latency: Duration,
    sent: AtomicU64,
}

/// The running server; it ends with its value.
pub(crate) struct Origin {
    shelf: Arc<Shelf>,
    addresses: Vec<SocketAddr>,
    listening: Vec<JoinHandle<()>>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        for task in &self.listening {
            task.abort();
        }
    }
}

impl Origin {
    /// Serves feed `i` of `documents` at `/feed/i`, on a free port of each of the hosts.
    pub(crate) async fn start(
        hosts: u8,
        latency: Duration,
        documents: impl Iterator<Item = String>,
    ) -> io::Result<Self> {
        let documents = documents
            .map(|text| Ok(Arc::new(Document::new(&text)?)))
            .collect::<io::Result<_>>()?;
        let shelf = Arc::new(Shelf {
            documents: RwLock::new(documents),
            latency,
            sent: AtomicU64::new(0),
        });
        let mut addresses = Vec::new();
        let mut listening = Vec::new();
        for host in 1..=hosts {
            let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, host), 0)).await?;
            addresses.push(listener.local_addr()?);
            let shelf = Arc::clone(&shelf);
            listening.push(tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let shelf = Arc::clone(&shelf);
                    // A connection that breaks is the client's affair.
                    tokio::spawn(async move { shelf.converse(stream).await });
                }
            }));
        }
        Ok(Self {
            shelf,
            addresses,
            listening,
        })
    }

    /// Where a feed is.
    pub(crate) fn url(&self, feed: usize) -> String {
        let at = feed % self.addresses.len().max(1);
        let address = self.addresses.get(at).map(SocketAddr::to_string);
        format!("http://{}/feed/{feed}", address.unwrap_or_default())
    }

    /// Publishes another document.
    pub(crate) fn replace(&self, feed: usize, text: &str) {
        let mut documents = self
            .shelf
            .documents
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Compressing into memory never fails.
        if let (Some(place), Ok(document)) = (documents.get_mut(feed), Document::new(text)) {
            *place = Arc::new(document);
        }
    }

    /// Bytes sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.shelf.sent.load(Ordering::Relaxed)
    }
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
                if asked.len() > MOST || stream.read_buf(&mut asked).await? == 0 {
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
            stream.write_all(&answer).await?;
        }
    }

    fn answer(&self, head: &str) -> Vec<u8> {
        let number = head
            .strip_prefix("GET /feed/")
            .and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        let document = number.and_then(|number| {
            let documents = self
                .documents
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            documents.get(number).cloned()
        });
        let Some(document) = document else {
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
        };
        let etag = &document.etag;
        if field(head, "if-none-match").is_some_and(|value| value.contains(etag.as_str())) {
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
