//! What to say when a poll fails: each kind of failure in its own sentence, with what to do.
//!
//! Sentences name hosts, never whole addresses, since those can hold passwords and keys.

use super::body::Trouble;
use super::guard::Refusal;
use super::resolve::Unresolved;
use crate::address::Address;
use crate::feed::{Fault, FaultKind, Timestamp};
use crate::text::cut_at_character;
use rustls::CertificateError;
use std::error::Error;
use std::io;
use std::time::Duration;

/// What a fault speaks of: a host, and the port where it is not the usual one.
pub(super) fn place(address: &Address) -> String {
    let host = cut_at_character(address.host(), MAX_HOST);
    match address.url().port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Longest host that a sentence shows, in bytes; resolvable names are shorter (RFC 1035).
const MAX_HOST: usize = 100;

/// A feed address that is none.
pub(super) fn address(problem: &crate::address::Fault) -> Fault {
    Fault::new(
        FaultKind::Refused,
        format!("the feed's address {problem}; correct it in the subscription"),
    )
}

/// A file of this machine that nobody may name, or not without leave.
pub(super) fn file_refused(in_configuration: bool) -> Fault {
    Fault::new(
        FaultKind::Refused,
        if in_configuration {
            "the feed's address is a file of this machine; set fetch.allow_files if it is to be read"
        } else {
            "the feed's address is a file of this machine, which only the configuration file may name"
        },
    )
}

/// A target that the guard does not let through.
pub(super) fn refused(refusal: &Refusal, redirected: bool) -> Fault {
    let Refusal { host, address, why } = refusal;
    let host = cut_at_character(host, MAX_HOST);
    let address = match address {
        Some(address) if address.to_string() != host && format!("[{address}]") != host => {
            format!(" ({address})")
        }
        _ => String::new(),
    };
    let how = if redirected {
        "the feed redirects to "
    } else {
        ""
    };
    Fault::new(
        FaultKind::Refused,
        format!(
            "{how}{host}{address}, which is {why} and is not contacted; if it is yours, name it in \
             fetch.allow_networks"
        ),
    )
}

/// A setting of the feed that no request can be made with.
pub(super) fn setting(key: &str, problem: &str) -> Fault {
    Fault::new(
        FaultKind::Internal,
        format!("the feed's setting {key} {problem}; correct it in the configuration"),
    )
}

/// The whole poll took too long; `bytes` of a body had come by then.
pub(super) fn deadline(place: &str, deadline: Duration, bytes: u64) -> Fault {
    let what = match bytes {
        0 => "did not answer".to_owned(),
        _ => format!("had sent only {} of the feed", spell_bytes(bytes)),
    };
    Fault::new(
        FaultKind::TimedOut,
        format!(
            "{place} {what} within {}; if it is always slow, raise this feed's timeout",
            spell(deadline)
        ),
    )
}

/// No answer began.
pub(super) fn silent(place: &str, idle: Duration) -> Fault {
    Fault::new(
        FaultKind::TimedOut,
        format!(
            "{place} took the request but did not begin to answer within {}; if it is always slow, \
             raise this feed's timeout",
            spell(idle)
        ),
    )
}

/// A redirect leads to a host that asked to be left alone; nothing was sent to it.
pub(super) fn left_alone(place: &str, until: Timestamp) -> Fault {
    Fault::new(
        FaultKind::Throttled,
        format!(
            "the feed's address leads to {place}, which asked not to be polled before {} UTC",
            until.format("%Y-%m-%d %H:%M")
        ),
    )
}

/// The request failed before an answer began.
pub(super) fn request(error: &reqwest::Error, place: &str, redirected: bool) -> Fault {
    if let Some(refusal) = find::<Refusal>(error) {
        return refused(refusal, redirected);
    }
    if find::<Unresolved>(error).is_some() {
        return Fault::new(
            FaultKind::Unreachable,
            format!(
                "the name {place} could not be resolved; check the spelling of the feed's address \
                 and this machine's name service"
            ),
        );
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return tls(error, place);
    }
    if error.is_timeout() {
        return Fault::new(
            FaultKind::TimedOut,
            format!(
                "{place} did not accept a connection in time; it may be down or behind a firewall"
            ),
        );
    }
    if let Some(error) = find::<hyper::Error>(error) {
        if error.is_parse_too_large() {
            return broken(format!(
                "{place} sent larger header fields than any feed needs; the publisher has to \
                 repair the server"
            ));
        }
        if error.is_parse() {
            return broken(format!(
                "{place} answered with something that is not HTTP; check the address and its port"
            ));
        }
    }
    if is_hang_up(error) {
        return Fault::new(
            FaultKind::Unreachable,
            format!("{place} closed the connection without an answer; the next poll tries again"),
        );
    }
    let why = match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "refused the connection; it may be down",
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            "cannot be reached from here; check this machine's network"
        }
        Some(io::ErrorKind::TimedOut) => "did not accept a connection in time; it may be down",
        _ if error.is_connect() => "could not be connected to; it may be down",
        _ => "broke off the exchange; the next poll tries again",
    };
    Fault::new(FaultKind::Unreachable, format!("{place} {why}"))
}

/// Whether the other side hung up before it answered: the one failure where asking again at once
/// can make sense, if the connection was an old one.
pub(super) fn is_hang_up(error: &reqwest::Error) -> bool {
    let by_kind = io_kind(error).is_some_and(|kind| {
        matches!(
            kind,
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::UnexpectedEof
        )
    });
    let by_state = find::<hyper::Error>(error).is_some_and(|error| {
        error.is_incomplete_message() || error.is_canceled() || error.is_closed()
    });
    by_kind || by_state
}

fn tls(error: &rustls::Error, place: &str) -> Fault {
    let what = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "has a certificate that has expired; the publisher has to renew it".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "has a certificate that is not valid yet; check this machine's clock".to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "has a certificate for another name; check the feed's address".to_owned()
            }
            CertificateError::UnknownIssuer => {
                "has a certificate of an unknown authority; if the authority is yours, name its \
                 file in SSL_CERT_FILE"
                    .to_owned()
            }
            CertificateError::Revoked => "has a certificate that was revoked".to_owned(),
            other => format!("has a certificate that cannot be trusted ({other})"),
        },
        rustls::Error::InvalidMessage(_) => {
            "does not speak TLS on this port; try the address with http://".to_owned()
        }
        rustls::Error::AlertReceived(alert) => {
            format!("ended the TLS handshake ({alert:?}); its server may be too old")
        }
        other => format!("and this machine found no way to speak TLS ({other})"),
    };
    Fault::new(FaultKind::Tls, format!("{place} {what}"))
}

/// The answer began, but its body is no good.
pub(super) fn body(trouble: &Trouble, place: &str, status: u16, cap: u64, idle: Duration) -> Fault {
    let (kind, sentence) = match trouble {
        Trouble::TooLarge => (
            FaultKind::TooLarge,
            format!(
                "the feed at {place} is larger than {}; if that is right, raise this feed's max_body",
                spell_bytes(cap)
            ),
        ),
        Trouble::Idle => (
            FaultKind::TimedOut,
            format!(
                "{place} stopped sending in the middle of the feed for {}; the next poll tries again",
                spell(idle)
            ),
        ),
        Trouble::Layers => (
            FaultKind::Broken,
            format!(
                "{place} claims to have compressed the feed more than three times over; the \
                 publisher has to repair the server"
            ),
        ),
        Trouble::Cut => (
            FaultKind::Broken,
            format!("{place} broke off in the middle of the feed; the next poll tries again"),
        ),
        Trouble::Garbled => (
            FaultKind::Broken,
            format!(
                "the feed at {place} does not decompress; the publisher has to repair the server's \
                 compression"
            ),
        ),
    };
    Fault::with_status(kind, status, sentence)
}

/// A 200 without a byte.
pub(super) fn empty(place: &str, status: u16) -> Fault {
    Fault::with_status(
        FaultKind::Broken,
        status,
        format!("{place} answered with an empty document; what is stored stays"),
    )
}

/// A 226 that applies something other than the `feed` manipulation that was asked for.
pub(super) fn unknown_delta(place: &str) -> Fault {
    Fault::with_status(
        FaultKind::Broken,
        226,
        format!(
            "{place} answered with changes in a form that was not asked for; the publisher has to \
             repair the server"
        ),
    )
}

/// A status that brings no feed.
pub(super) fn status(status: u16, place: &str, authenticated: bool) -> Fault {
    let kind = match status {
        410 => FaultKind::Gone,
        429 | 503 => FaultKind::Throttled,
        304 | 200..=299 => FaultKind::Broken,
        _ => FaultKind::Status,
    };
    let what = match status {
        304 => "says that nothing has changed although nothing was known (status 304); the \
                publisher has to repair the server"
            .to_owned(),
        206 => "sent a part of the feed although all of it was asked for (status 206); the \
                publisher has to repair the server"
            .to_owned(),
        200..=299 => {
            format!("answered without a feed (status {status}); the next poll tries again")
        }
        401 if authenticated => "rejects the user name or the password (status 401); correct this \
                                 feed's basic_auth"
            .to_owned(),
        401 => "asks for a user name and a password (status 401); set this feed's basic_auth_file"
            .to_owned(),
        402 | 451 => format!("does not hand out the feed (status {status}); ask the publisher"),
        403 => {
            "refuses to hand out the feed (status 403); the publisher may block feed readers or \
                this network"
                .to_owned()
        }
        404 => {
            "has no feed at this address (status 404); look up the feed's new address".to_owned()
        }
        406 => {
            "has no form of the feed that can be read (status 406); check the address".to_owned()
        }
        407 => {
            "cannot be asked before the proxy knows who asks (status 407); put a user name and a \
                password into this feed's proxy"
                .to_owned()
        }
        410 => {
            "says that the feed is gone for good (status 410); it is no longer polled, and what \
                is stored stays"
                .to_owned()
        }
        421 | 400 => {
            format!("does not understand the request (status {status}); check the address")
        }
        429 => {
            "asks to be polled less often (status 429); feedfold slows down by itself".to_owned()
        }
        503 => {
            "is overloaded or under repair (status 503); feedfold slows down by itself".to_owned()
        }
        300..=399 => {
            format!(
                "answered with a redirect that cannot be followed (status {status}); check the address"
            )
        }
        500..=599 => {
            format!("has an error of its own (status {status}); the next poll tries again")
        }
        _ => format!("answered with the unusual status {status}; check the address"),
    };
    Fault::with_status(kind, status, format!("{place} {what}"))
}

fn broken(sentence: String) -> Fault {
    Fault::new(FaultKind::Broken, sentence)
}

/// The first error of type `T` in the chain of causes.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// The kind of the first I/O error that is more than a carrier of another library's error.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    causes(error)
        .filter_map(|error| error.downcast_ref())
        .map(io::Error::kind)
        .find(|kind| *kind != io::ErrorKind::Other)
}

/// An error and all its causes, from the outside in. What an I/O error carries is a cause, too,
/// though `source` skips it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(carried) => Some(carried as &'a (dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn spell(time: Duration) -> String {
    let millis = time.as_millis();
    if millis < 1000 {
        return format!("{millis} ms");
    }
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

pub(super) fn spell_bytes(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} bytes"),
        1024..=1_048_575 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_one_sentence(fault: &Fault) {
        let text = &fault.sentence;
        assert!(
            !text.contains(char::is_control) && !text.contains("  "),
            "{text}"
        );
        assert!((20..300).contains(&text.len()), "{text}");
        assert!(!text.ends_with(['.', ' ']), "{text}");
    }

    #[test]
    fn every_status_is_explained_and_says_its_number() {
        for number in 100..600 {
            for authenticated in [true, false] {
                let fault = status(number, "feeds.example", authenticated);
                is_one_sentence(&fault);
                assert!(fault.sentence.contains(&number.to_string()), "{fault}");
                assert!(fault.sentence.starts_with("feeds.example "), "{fault}");
                assert_eq!(fault.status, Some(number));
            }
        }
    }

    #[test]
    fn the_kind_of_a_status_says_what_to_do_next() {
        let kind = |number| status(number, "feeds.example", false).kind;
        assert_eq!(kind(410), FaultKind::Gone);
        assert_eq!(
            (kind(429), kind(503)),
            (FaultKind::Throttled, FaultKind::Throttled)
        );
        assert_eq!(
            (kind(304), kind(204), kind(206)),
            (FaultKind::Broken, FaultKind::Broken, FaultKind::Broken)
        );
        for number in [400, 401, 403, 404, 418, 451, 500, 502, 504, 599] {
            assert_eq!(kind(number), FaultKind::Status, "{number}");
        }
    }

    #[test]
    fn all_other_faults_are_one_sentence_each() {
        let tenth = Duration::from_millis(100);
        let refusal = |host: &str, address: &str| Refusal {
            host: host.into(),
            address: Some(address.parse().unwrap()),
            why: "a private network",
        };
        let mut faults = vec![
            address(&crate::address::Fault::Scheme("file".into())),
            refused(&refusal("a.example", "10.0.0.1"), false),
            refused(&refusal("10.0.0.1", "10.0.0.1"), true),
            setting("headers", "has a name that no header field can have"),
            deadline("feeds.example:8080", Duration::from_secs(30), 0),
            deadline("feeds.example", Duration::from_secs(30), 70_000),
            silent("feeds.example", Duration::from_secs(600)),
            empty("feeds.example", 200),
            unknown_delta("feeds.example"),
        ];
        for trouble in [
            Trouble::TooLarge,
            Trouble::Idle,
            Trouble::Layers,
            Trouble::Cut,
            Trouble::Garbled,
        ] {
            faults.push(body(&trouble, "feeds.example", 200, 20 << 20, tenth));
        }
        for error in [
            rustls::Error::InvalidCertificate(CertificateError::Revoked),
            rustls::Error::InvalidCertificate(CertificateError::BadEncoding),
            rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure),
            rustls::Error::NoCertificatesPresented,
        ] {
            faults.push(tls(&error, "feeds.example"));
        }
        faults.iter().for_each(is_one_sentence);
        let named = refused(&refusal("10.0.0.1", "10.0.0.1"), true).sentence;
        assert!(
            named.starts_with("the feed redirects to 10.0.0.1, which is"),
            "{named}"
        );
    }

    #[test]
    fn times_and_sizes_are_spelled_for_people() {
        assert_eq!(spell(Duration::from_millis(250)), "250 ms");
        assert_eq!(spell(Duration::from_secs(90)), "90 s");
        assert_eq!(spell(Duration::from_secs(600)), "10 min");
        assert_eq!(spell_bytes(999), "999 bytes");
        assert_eq!(spell_bytes(20 << 20), "20 MiB");
    }

    #[test]
    fn long_hosts_are_cut() {
        let long = Address::parse(&format!("http://{}.example/", "a".repeat(3000))).unwrap();
        assert!(place(&long).len() <= MAX_HOST);
    }
}
