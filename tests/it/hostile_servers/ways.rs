//! The way to a server: through proxies, over HTTP/2, or not at all in time.

use super::FEED;
use super::tls::{certificate, trusting};
use crate::support::origin::{Origin, Reply};
use crate::support::poll::{claim, document, fault, now, poll, poll_with, settings};
use feedfold::config::Fetch;
use feedfold::feed::{Claim, FaultKind};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A server on loopback that treats each connection like this; where it listens.
async fn listening<T, F>(treat: T) -> String
where
    T: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    address
}

/// What each connection of a proxy asked for.
type Log = Arc<Mutex<Vec<String>>>;

/// A SOCKS5 proxy (RFC 1928) that leads everything to `target`.
async fn socks(target: String, log: Log) -> String {
    listening(move |mut stream| {
        let (target, log) = (target.clone(), Arc::clone(&log));
        async move {
            let mut hello = [0; 2];
            stream.read_exact(&mut hello).await?;
            let mut methods = vec![0; usize::from(hello[1])];
            stream.read_exact(&mut methods).await?;
            stream.write_all(&[5, 0]).await?;
            let mut request = [0; 4];
            stream.read_exact(&mut request).await?;
            let length = match request[3] {
                1 => 4,
                4 => 16,
                _ => usize::from(stream.read_u8().await?),
            };
            let mut host = vec![0; length];
            stream.read_exact(&mut host).await?;
            stream.read_u16().await?;
            let host = match request[3] {
                3 => String::from_utf8_lossy(&host).into_owned(),
                _ => format!("{host:?}"),
            };
            log.lock().unwrap().push(host);
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
            let mut onward = TcpStream::connect(target).await?;
            copy_bidirectional(&mut stream, &mut onward).await?;
            Ok(())
        }
    })
    .await
}

/// An HTTP proxy that opens tunnels (CONNECT) to `target`.
async fn tunnels(target: String, log: Log) -> String {
    listening(move |mut stream| {
        let (target, log) = (target.clone(), Arc::clone(&log));
        async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await?);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let wants_password = !head.to_lowercase().contains("proxy-authorization: basic");
            log.lock().unwrap().push(head);
            if wants_password {
                let refusal = b"HTTP/1.1 407 Say Who You Are\r\nContent-Length: 0\r\n\r\n";
                return stream.write_all(refusal).await;
            }
            stream.write_all(b"HTTP/1.1 200 Go On\r\n\r\n").await?;
            let mut onward = TcpStream::connect(target).await?;
            copy_bidirectional(&mut stream, &mut onward).await?;
            Ok(())
        }
    })
    .await
}

fn through(proxy: String, url: String) -> Claim {
    let mut claim = claim(url);
    claim.feed.subscription.request.proxy = Some(proxy);
    claim
}

/// The part of an origin's address that a socket needs.
fn socket(origin: &Origin) -> String {
    let url = origin.url("");
    url.trim_start_matches("http://").to_owned()
}

#[tokio::test]
async fn a_feed_may_go_through_a_socks_proxy() {
    let origin = Origin::start();
    origin.on("/feed", Reply::feed(FEED));
    for (scheme, seen) in [
        ("socks5", "[127, 0, 0, 1]"),
        ("socks5h", "news.harbor.example"),
    ] {
        let log = Log::default();
        let proxy = socks(socket(&origin), Arc::clone(&log)).await;
        let host = if scheme == "socks5h" {
            "news.harbor.example:80"
        } else {
            "127.0.0.1:80"
        };
        let claim = through(format!("{scheme}://{proxy}"), format!("http://{host}/feed"));
        document(poll(&claim).await);
        assert_eq!(log.lock().unwrap().as_slice(), [seen]);
    }
}

#[tokio::test]
async fn rule_51_a_socks_proxy_does_not_open_the_private_network() {
    let origin = Origin::start();
    let log = Log::default();
    let proxy = socks(socket(&origin), Arc::clone(&log)).await;
    for target in ["http://10.0.0.1/", "http://localhost/", "http://[fd00::1]/"] {
        for scheme in ["socks5", "socks5h"] {
            let claim = through(format!("{scheme}://{proxy}"), target.to_owned());
            let fault = fault(poll_with(&Fetch::default(), &claim).await);
            assert_eq!(fault.kind, FaultKind::Refused, "{target}: {fault}");
        }
    }
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_proxy_carries_tls_and_the_certificate_is_still_the_feeds() {
    let origin = Origin::start_tls(&certificate("good"));
    origin.on("/feed", Reply::feed(FEED));
    let log = Log::default();
    let proxy = tunnels(socket(&origin), Arc::clone(&log)).await;
    let client = trusting();
    let at = |host: &str, who: &str| {
        through(
            format!("http://{who}{proxy}"),
            format!("https://{host}/feed"),
        )
    };
    document(client.get(&at("localhost", "me:sesame@"), now()).await);
    assert!(log.lock().unwrap()[0].starts_with("CONNECT localhost:443 "));
    // The origin's certificate is for another name than this one.
    let wrong = fault(
        client
            .get(&at("other.harbor.example", "me:sesame@"), now())
            .await,
    );
    assert_eq!(wrong.kind, FaultKind::Tls, "{wrong}");
    let refused = fault(client.get(&at("localhost", ""), now()).await);
    assert!(!refused.sentence.contains("sesame"), "{refused}");
    assert_eq!(origin.all_asked().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_a_fault_of_its_feed() {
    let claim = through(
        "socks5://127.0.0.1:1".to_owned(),
        "http://127.0.0.1:9/feed".to_owned(),
    );
    let fault = fault(poll(&claim).await);
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
}

#[tokio::test]
async fn rule_44_a_connection_that_is_not_made_ends_at_its_own_deadline() {
    // It takes the connection and never shakes hands.
    let silent = listening(|mut stream| async move {
        let mut sink = Vec::new();
        stream.read_to_end(&mut sink).await?;
        Ok(())
    })
    .await;
    let impatient = Fetch {
        connect_timeout: Duration::from_millis(300),
        timeout: Duration::from_secs(60),
        ..settings()
    };
    let begun = tokio::time::Instant::now();
    let fault = fault(poll_with(&impatient, &claim(format!("https://{silent}/feed"))).await);
    assert_eq!(fault.kind, FaultKind::TimedOut, "{fault}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// What an HTTP/2 server does with a stream.
#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Whole,
    /// The body breaks off in the middle.
    Cut,
    /// It refuses the first stream unprocessed, and answers the next.
    RefusedOnce,
}

/// A server that speaks HTTP/2 over TLS; with the paths and the number of connections it saw.
async fn http2(manner: Stream) -> (String, Log) {
    let pem = certificate("good");
    let chain = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(&pem).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let log = Log::default();
    let seen = Arc::clone(&log);
    let address = listening(move |stream| {
        let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
        async move {
            let stream = acceptor.accept(stream).await?;
            seen.lock().unwrap().push("connected".to_owned());
            let mut connection = h2::server::handshake(stream).await.map_err(other)?;
            let mut refused = manner != Stream::RefusedOnce;
            while let Some(request) = connection.accept().await {
                let (request, mut respond) = request.map_err(other)?;
                if !std::mem::replace(&mut refused, true) {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                    continue;
                }
                seen.lock().unwrap().push(request.uri().path().to_owned());
                let known = request.headers().get("if-none-match").is_some();
                let reply = axum::http::Response::builder()
                    .status(if known { 304 } else { 200 })
                    .header("ETag", "\"two\"")
                    .body(())
                    .unwrap();
                let mut body = respond.send_response(reply, known).map_err(other)?;
                if manner == Stream::Cut {
                    let half = &FEED.as_bytes()[..FEED.len() / 2];
                    body.send_data(half.into(), false).map_err(other)?;
                    body.send_reset(h2::Reason::INTERNAL_ERROR);
                } else if !known {
                    body.send_data(FEED.into(), true).map_err(other)?;
                }
            }
            Ok(())
        }
    })
    .await;
    (format!("https://{address}"), log)
}

fn other(error: h2::Error) -> std::io::Error {
    std::io::Error::other(error)
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_offers_it() {
    let (url, log) = http2(Stream::Whole).await;
    let client = trusting();
    let claims = [claim(format!("{url}/a")), claim(format!("{url}/b"))];
    let [a, _] = [
        document(client.get(&claims[0], now()).await),
        document(client.get(&claims[1], now()).await),
    ];
    assert_eq!(a.body, FEED.as_bytes());
    let mut again = claims[0].clone();
    again.feed.validators = a.validators;
    let fetched = client.get(&again, now()).await;
    assert_eq!(fetched.status, Some(304));
    // Feeds of one host share a connection.
    assert_eq!(*log.lock().unwrap(), ["connected", "/a", "/b", "/a"]);
}

#[tokio::test]
async fn rule_48_and_49_broken_streams_of_http2_are_told_and_refused_ones_asked_again() {
    let (url, _) = http2(Stream::Cut).await;
    let cut = fault(trusting().get(&claim(format!("{url}/a")), now()).await);
    assert!(!cut.sentence.is_empty());
    let (url, log) = http2(Stream::RefusedOnce).await;
    document(trusting().get(&claim(format!("{url}/a")), now()).await);
    assert_eq!(*log.lock().unwrap(), ["connected", "/a"]);
}
