//! What the origin answers: in words, then in bytes.

use super::Asked;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

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
pub(super) enum Delivery {
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
    pub(super) status: u16,
    version: &'static str,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    framing: Framing,
    pub(super) delivery: Delivery,
    before: Vec<u8>,
    pub(super) delay: Duration,
    pub(super) close: bool,
    conditional: bool,
    pub(super) raw: Option<Vec<u8>>,
    pub(super) hang_up: bool,
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

    /// Leaves out a header field.
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
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
    pub(super) fn judged(self, asked: &Asked) -> Self {
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

    pub(super) fn head(&self) -> Vec<u8> {
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
    pub(super) fn framed(&self) -> Vec<u8> {
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
    use async_compression::Level;
    use async_compression::tokio::write::{
        BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
    };
    use futures_util::FutureExt;
    macro_rules! with {
        ($encoder:ident) => {
            async {
                let mut encoder = $encoder::with_quality(Vec::new(), Level::Fastest);
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
