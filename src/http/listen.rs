//! Where the server listens, and how connections are served and ended.

use super::sync::Peer;
use super::waiting::{Connection, Waiting};
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at once. Where one more comes, the one that has waited longest without a request
/// gives way; where all are being answered, it waits in the system's queue.
const MOST_CONNECTIONS: usize = 1024;
/// How long a client may take to send a request's head, and how long a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest head of a request in bytes.
const MOST_HEAD_BYTES: usize = 32 * 1024;
/// Most fields in the head of a request.
const MOST_FIELDS: usize = 64;
/// How long running requests may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(3);
/// How long after it connected a client may still send its first request when the server stops.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// Pause after a connection could not be taken (too many open files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often the loop that takes connections tells that it goes on.
const BEAT: Duration = Duration::from_secs(10);

/// A socket that takes connections.
#[derive(Debug)]
pub enum Listener {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket; the path is removed at the end where this program made it.
    Unix(UnixListener, Option<PathBuf>),
}

impl Listener {
    /// Whether other machines can reach it, as far as its address tells.
    #[must_use]
    pub fn is_open_to_others(&self) -> bool {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .is_ok_and(|address| !address.ip().to_canonical().is_loopback()),
            Self::Unix(..) => false,
        }
    }

    /// Where it listens: `http://HOST:PORT` or `unix:PATH`.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| "http://?".to_owned(), |a| format!("http://{a}")),
            Self::Unix(_, path) => path.as_ref().map_or_else(
                || "a socket from the service manager".to_owned(),
                |path| format!("unix:{}", path.display()),
            ),
        }
    }
}

/// Listens on `address` (`HOST:PORT` or `unix:PATH`), or on the socket that the service manager
/// passed, which wins.
///
/// # Errors
/// The system's kind of error, with a clause that tells the reason.
pub async fn listen(address: &str) -> io::Result<Listener> {
    if let Some(listener) = passed()? {
        return Ok(listener);
    }
    if let Some(path) = address.strip_prefix("unix:") {
        return listen_unix(PathBuf::from(path)).await;
    }
    let listener = TcpListener::bind(address).await;
    listener.map(Listener::Tcp).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "another program listens there",
            io::ErrorKind::PermissionDenied => {
                "permission denied (ports below 1024 need socket activation or a capability)"
            }
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
            io::ErrorKind::InvalidInput => "it is no HOST:PORT and no unix:PATH",
            _ => return error,
        };
        io::Error::new(error.kind(), why)
    })
}

/// The first socket that the service manager passed (systemd's protocol).
fn passed() -> io::Result<Option<Listener>> {
    let mut sockets = listenfd::ListenFd::from_env();
    if sockets.len() == 0 {
        return Ok(None);
    }
    if let Ok(Some(listener)) = sockets.take_tcp_listener(0) {
        listener.set_nonblocking(true)?;
        return TcpListener::from_std(listener).map(|l| Some(Listener::Tcp(l)));
    }
    let Some(listener) = sockets.take_unix_listener(0)? else {
        return Ok(None);
    };
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener).map(|l| Some(Listener::Unix(l, None)))
}

async fn listen_unix(path: PathBuf) -> io::Result<Listener> {
    // A socket that nobody answers on was left behind by a program that was killed.
    if path.exists() && UnixStream::connect(&path).await.is_err() {
        if !std::fs::metadata(&path)?.file_type().is_socket() {
            let why = "a file that is no socket is in the way";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        std::fs::remove_file(&path)?;
    }
    UnixListener::bind(&path)
        .map(|listener| Listener::Unix(listener, Some(path)))
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                io::Error::new(error.kind(), "another program listens there")
            }
            _ => error,
        })
}

/// Serves `router` until `stop`, then lets running requests end, for a few seconds at most. Calls
/// `beat` every few seconds: whoever waits in vain for it knows that connections are taken no more.
pub(super) async fn serve_router(
    listener: Listener,
    router: Router,
    beat: impl Fn(),
    stop: CancellationToken,
) {
    serve_at_most(MOST_CONNECTIONS, listener, router, beat, stop).await;
}

/// The same with at most so many connections at once.
async fn serve_at_most(
    most: usize,
    listener: Listener,
    router: Router,
    beat: impl Fn(),
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(most));
    let waiting = Waiting::default();
    let connections = TaskTracker::new();
    let mut beats = tokio::time::interval(BEAT);
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            _ = beats.tick() => {
                beat();
                continue;
            }
            taken = accept(&listener) => taken,
        };
        match taken {
            Ok(stream) => {
                // What was taken is served where there is a place, even if the end comes at this moment.
                let place = tokio::select! {
                    biased;
                    place = place(&places, &waiting) => place,
                    () = stop.cancelled() => break,
                };
                let (router, stop) = (router.clone(), stop.clone());
                let seat = waiting.connection();
                connections.spawn(async move {
                    match stream {
                        Stream::Tcp(stream) => {
                            let peer = stream.peer_addr().ok().map(|peer| peer.ip());
                            connection(stream, Peer(peer), router, seat, stop).await;
                        }
                        Stream::Unix(stream) => {
                            connection(stream, Peer(None), router, seat, stop).await;
                        }
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    let own_path = match &listener {
        Listener::Unix(_, path) => path.clone(),
        Listener::Tcp(_) => None,
    };
    drop(listener);
    if let Some(path) = own_path {
        // Nothing is lost where it is gone already.
        let _ = std::fs::remove_file(path);
    }
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait())
        .await
        .is_err()
    {
        tracing::info!(left = connections.len(), "requests cut off at the end");
    }
}

/// A place for one more connection; those that wait for a request give way, the longest wait first.
async fn place(places: &Arc<Semaphore>, waiting: &Waiting) -> Option<OwnedSemaphorePermit> {
    if let Ok(free) = Arc::clone(places).try_acquire_owned() {
        return Some(free);
    }
    loop {
        waiting.dismiss_longest();
        let freed = Arc::clone(places).acquire_owned();
        // Where all were being answered, one may wait a little later.
        if let Ok(freed) = tokio::time::timeout(ACCEPT_PAUSE, freed).await {
            // Nobody closes the semaphore.
            return freed.ok();
        }
    }
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(UnixStream),
}

async fn accept(listener: &Listener) -> io::Result<Stream> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, _) = listener.accept().await?;
            // Answers are written whole: waiting to fill packets would only delay them.
            stream.set_nodelay(true)?;
            Ok(Stream::Tcp(stream))
        }
        Listener::Unix(listener, _) => listener.accept().await.map(|(s, _)| Stream::Unix(s)),
    }
}

async fn connection<S>(
    stream: S,
    peer: Peer,
    router: Router,
    seat: Connection,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Who is slowed down after wrong passwords is told apart by address.
    let answering = seat.clone();
    let asked = CancellationToken::new();
    let first = asked.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        first.cancel();
        let (mut router, answering) = (router.clone(), answering.answer());
        async move {
            let response = tower_service::Service::call(&mut router, request).await;
            response.map(|response| answering.until_sent(response))
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MOST_HEAD_BYTES)
        .max_headers(MOST_FIELDS)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    let expecting = tokio::time::sleep(FIRST_REQUEST);
    let may_stop = async {
        stop.cancelled().await;
        // Whoever has just connected is about to ask: closing now would refuse that.
        tokio::select! {
            () = asked.cancelled() => {}
            () = expecting => {}
        }
    };
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = seat.dismissed() => return,
        () = may_stop => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    async fn ask<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, request: &[u8]) -> String {
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const SLOW: &[u8] = b"GET /late HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    fn router() -> Router {
        let late = async || {
            tokio::time::sleep(HEAD_TIMEOUT).await;
            "late"
        };
        Router::new()
            .route("/", get(async || "here"))
            .route("/late", get(late))
    }

    #[tokio::test]
    async fn a_unix_socket_answers_and_is_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("http.sock");
        let address = format!("unix:{}", path.display());
        // Left behind by a program that was killed.
        drop(UnixListener::bind(&path).unwrap());
        let listener = listen(&address).await.unwrap();
        assert_eq!(listener.address(), address);
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_router(listener, router(), || (), stop.clone()));
        let answer = ask(UnixStream::connect(&path).await.unwrap(), REQUEST).await;
        assert!(answer.ends_with("here"), "{answer}");
        let second = listen(&address).await.unwrap_err();
        assert_eq!(second.to_string(), "another program listens there");
        stop.cancel();
        serving.await.unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_in_the_way_of_a_socket_is_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let fault = listen(&format!("unix:{}", file.path().display()))
            .await
            .unwrap_err();
        assert_eq!(fault.to_string(), "a file that is no socket is in the way");
        assert!(file.path().exists());
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_said() {
        let first = listen("127.0.0.1:0").await.unwrap();
        let address = first.address().replace("http://", "");
        let fault = listen(&address).await.unwrap_err();
        assert_eq!(fault.to_string(), "another program listens there");
    }

    #[tokio::test]
    async fn a_head_with_too_many_fields_is_refused() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.address().replace("http://", "");
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_router(listener, router(), || (), stop.clone()));
        let fields = "x: y\r\n".repeat(MOST_FIELDS + 1);
        let request = format!("GET / HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let answer = ask(stream, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        stop.cancel();
        serving.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_is_closed() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.address().replace("http://", "");
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_router(listener, router(), || (), stop.clone()));
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let mut answer = Vec::new();
        // The clock is turned by the runtime: nothing but the deadline ends this.
        stream.read_to_end(&mut answer).await.unwrap();
        stop.cancel();
        serving.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_connected_just_before_the_end_is_answered() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.address().replace("http://", "");
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_router(listener, router(), || (), stop.clone()));
        let connect = || tokio::net::TcpStream::connect(&address);
        let first = connect().await.unwrap();
        // Connections are taken in their order: the first is, where the second is answered.
        let answer = ask(connect().await.unwrap(), REQUEST).await;
        assert!(answer.ends_with("here"), "{answer}");
        stop.cancel();
        tokio::task::yield_now().await;
        let answer = ask(first, REQUEST).await;
        assert!(answer.ends_with("here"), "{answer}");
        serving.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_said_nothing_for_long_does_not_delay_the_end() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.address().replace("http://", "");
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_router(listener, router(), || (), stop.clone()));
        let silent = tokio::net::TcpStream::connect(&address).await.unwrap();
        let other = tokio::net::TcpStream::connect(&address).await.unwrap();
        ask(other, REQUEST).await;
        tokio::time::advance(2 * FIRST_REQUEST).await;
        let begun = tokio::time::Instant::now();
        stop.cancel();
        serving.await.unwrap();
        assert!(
            begun.elapsed() < FIRST_REQUEST / 10,
            "{:?}",
            begun.elapsed()
        );
        drop(silent);
    }

    #[tokio::test(start_paused = true)]
    async fn many_that_say_nothing_do_not_keep_others_out() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.address().replace("http://", "");
        let stop = CancellationToken::new();
        let serving = serve_at_most(8, listener, router(), || (), stop.clone());
        let serving = tokio::spawn(serving);
        let begun = tokio::time::Instant::now();
        // One that is being answered keeps its place.
        let slow = tokio::net::TcpStream::connect(&address).await.unwrap();
        let slow = tokio::spawn(ask(slow, SLOW));
        let mut silent = Vec::new();
        for _ in 0..40 {
            let connecting = tokio::net::TcpStream::connect(&address);
            silent.push(connecting.await.unwrap());
        }
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let answer = ask(stream, REQUEST).await;
        assert!(answer.ends_with("here"), "{answer}");
        assert!(begun.elapsed() < HEAD_TIMEOUT / 10, "{:?}", begun.elapsed());
        let answer = slow.await.unwrap();
        assert!(answer.ends_with("late"), "{answer}");
        drop(silent);
        stop.cancel();
        serving.await.unwrap();
    }
}
