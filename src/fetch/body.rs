//! Reading a body: undo its content encodings while it streams in, and stop at the cap.

use super::Held;
use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use futures_util::{Stream, TryStreamExt};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

/// Most content encodings that are undone, one inside the other.
const MAX_LAYERS: usize = 3;

/// Most bytes that are read at once.
const PIECE: usize = 32 * 1024;

/// Largest window that a zstd body may ask for, as a power of two: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Most bytes after the end of a compressed body that are read to keep its connection usable.
const MAX_TRAILING: usize = 64 * 1024;

/// What went wrong with a body.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is larger than the cap once decoded.
    TooLarge,
    /// Nothing came for as long as the idle deadline.
    Idle,
    /// It claims more than [`MAX_LAYERS`] encodings.
    Layers,
    /// It ended early, or the connection broke.
    Cut,
    /// It does not decode.
    Garbled,
}

/// Reads `response` to its end. The count of bytes that came over the wire goes to `received`,
/// also when reading fails.
pub(super) async fn read(
    response: reqwest::Response,
    cap: u64,
    idle: Duration,
    received: &mut u64,
    held: &Held,
) -> Result<Vec<u8>, Trouble> {
    if response.content_length().is_some_and(|length| length > cap) {
        return Err(Trouble::TooLarge);
    }
    let encodings = encodings(response.headers());
    if encodings.len() > MAX_LAYERS {
        return Err(Trouble::Layers);
    }
    let wire = response.bytes_stream().map_err(Broken::wrap);
    let is_plain = encodings.is_empty();
    let mut wire = StreamReader::new(Counted {
        wire,
        received,
        held,
        is_plain,
    });
    let mut body = Vec::new();
    if is_plain {
        collect(&mut wire, cap, idle, &mut body).await?;
    } else {
        decode(&mut wire, &encodings, cap, idle, &mut body).await?;
    }
    Ok(body)
}

async fn decode<R: AsyncBufRead + Send + Unpin>(
    wire: &mut R,
    encodings: &[Encoding],
    cap: u64,
    idle: Duration,
    body: &mut Vec<u8>,
) -> Result<(), Trouble> {
    loop {
        {
            let mut source: Pin<Box<dyn AsyncBufRead + Send + '_>> = Box::pin(&mut *wire);
            for encoding in encodings.iter().rev() {
                source = encoding.undo(source, idle).await?;
            }
            collect(&mut source, cap, idle, body).await?;
        }
        // Some servers send several gzip members in a row, some padding after the last one.
        let rest = patient(idle, wire.fill_buf()).await?;
        let another = matches!(encodings, [Encoding::Gzip]) && rest.starts_with(&GZIP_MAGIC);
        if !another || body.is_empty() {
            break;
        }
    }
    let mut trailing = 0;
    while trailing < MAX_TRAILING {
        let length = patient(idle, wire.fill_buf()).await?.len();
        if length == 0 {
            break;
        }
        wire.consume(length);
        trailing += length;
    }
    Ok(())
}

/// Reads `source` to its end into `body`, which stays within `cap`.
async fn collect<R: AsyncRead + Unpin>(
    source: &mut R,
    cap: u64,
    idle: Duration,
    body: &mut Vec<u8>,
) -> Result<(), Trouble> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = patient(idle, source.read(&mut piece)).await?;
        if length == 0 {
            return Ok(());
        }
        if body.len() as u64 + length as u64 > cap {
            return Err(Trouble::TooLarge);
        }
        body.extend_from_slice(&piece[..length]);
    }
}

/// Waits for one read, no longer than `idle`.
async fn patient<T>(
    idle: Duration,
    read: impl Future<Output = io::Result<T>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(idle, read).await {
        Err(_) => Err(Trouble::Idle),
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if Broken::is_in(&error) || error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(Trouble::Cut)
        }
        Ok(Err(_)) => Err(Trouble::Garbled),
    }
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A content coding (RFC 9110 section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The codings in the order in which they were applied. Unknown names (servers put a charset
/// there, or "none") are taken for none at all.
fn encodings(headers: &HeaderMap) -> Vec<Encoding> {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Encoding::Gzip),
            "deflate" => Some(Encoding::Deflate),
            "br" => Some(Encoding::Brotli),
            "zstd" => Some(Encoding::Zstd),
            _ => None,
        })
        .take(MAX_LAYERS + 1)
        .collect()
}

type Layer<'a> = Pin<Box<dyn AsyncBufRead + Send + 'a>>;

impl Encoding {
    /// The decoded form of `source`, which is left as it is where its first bytes show that the
    /// header lies, or where there is nothing.
    async fn undo(self, mut source: Layer<'_>, idle: Duration) -> Result<Layer<'_>, Trouble> {
        let start = patient(idle, source.fill_buf()).await?;
        let Some(&first) = start.first() else {
            return Ok(source);
        };
        let (plain, zlib, markup) = (looks_plain(start), is_zlib(start), is_markup(start));
        Ok(match self {
            Self::Gzip if first != GZIP_MAGIC[0] => source,
            Self::Gzip => layer(GzipDecoder::new(source)),
            Self::Zstd if plain => source,
            Self::Zstd => {
                let window = [DParameter::window_log_max(ZSTD_WINDOW_LOG)];
                let mut decoder = ZstdDecoder::with_params(source, &window);
                decoder.multiple_members(true);
                layer(decoder)
            }
            Self::Brotli if markup => source,
            Self::Brotli => layer(BrotliDecoder::new(source)),
            // "deflate" is the zlib format (RFC 1950); some servers send the bare one (RFC 1951).
            Self::Deflate if zlib => layer(ZlibDecoder::new(source)),
            Self::Deflate if plain => source,
            Self::Deflate => layer(DeflateDecoder::new(source)),
        })
    }
}

/// Whether bytes begin as XML, JSON, HTML or a byte order mark do. More than the first byte is
/// looked at, since a deflate stream can begin with `<`, too.
fn looks_plain(start: &[u8]) -> bool {
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    match start {
        [0xef, 0xbb, ..] | [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => true,
        [first, ..] if matches!(first, b'<' | b'{') || first.is_ascii_whitespace() => {
            start.iter().take(12).all(is_text)
        }
        _ => false,
    }
}

/// Whether bytes begin as documents of feeds do. A brotli stream has no mark of its own, so nothing
/// less will do.
fn is_markup(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    [&b"<?xml "[..], b"<rss ", b"<feed ", b"<rdf:RDF"]
        .iter()
        .any(|beginning| start.starts_with(beginning))
}

/// Whether bytes begin with the header of the zlib format (RFC 1950 section 2.2), whose two bytes
/// are a multiple of 31.
fn is_zlib(start: &[u8]) -> bool {
    match start {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0
        }
        _ => true,
    }
}

fn layer<'a>(decoder: impl AsyncRead + Send + 'a) -> Layer<'a> {
    Box::pin(BufReader::with_capacity(PIECE, decoder))
}

/// Marks errors of the connection, to tell them from those of a decoder.
#[derive(Debug, thiserror::Error)]
#[error("the connection broke")]
struct Broken(#[source] reqwest::Error);

impl Broken {
    fn wrap(error: reqwest::Error) -> io::Error {
        io::Error::other(Self(error))
    }

    fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

/// Counts the bytes that pass.
struct Counted<'a, S> {
    wire: S,
    received: &'a mut u64,
    held: &'a Held,
    /// Whether nothing is compressed.
    is_plain: bool,
}

impl<S, B> Stream for Counted<'_, S>
where
    S: Stream<Item = io::Result<B>> + Unpin,
    B: AsRef<[u8]>,
{
    type Item = io::Result<B>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.wire).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &polled {
            *self.received += bytes.as_ref().len() as u64;
            self.held.set(match self.is_plain {
                true => *self.received,
                false => u64::MAX,
            });
        }
        polled
    }
}
