//! Which certificate authorities are trusted.
//!
//! The system's, and those of the file that `SSL_CERT_FILE` names. By itself that variable would
//! replace the system's authorities, and whoever adds one of their own would lose the public web.

use crate::feed::{Fault, FaultKind};
use reqwest::Certificate;

/// Where systems keep all their authorities in one file: Debian, Fedora, SUSE, Alpine and BSD.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The system's own bundle in PEM, where `SSL_CERT_FILE` keeps it from being read; else nothing.
pub(super) fn eclipsed_bundle() -> Vec<u8> {
    if std::env::var_os("SSL_CERT_FILE").is_none() {
        return Vec::new();
    }
    BUNDLES
        .iter()
        .find_map(|path| std::fs::read(path).ok())
        .unwrap_or_default()
}

/// Builds a client that trusts the system's authorities and those in `further` (PEM). Without a
/// single authority it is built all the same, since plain `http` feeds need none.
pub(super) fn build(
    further: &[u8],
    builder: impl Fn() -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, Fault> {
    let further = Certificate::from_pem_bundle(further).unwrap_or_default();
    if let Ok(client) = builder().tls_certs_merge(further).build() {
        return Ok(client);
    }
    builder().build().or_else(|error| {
        tracing::warn!("no certificate authorities are found; https feeds will fail");
        builder().tls_certs_only([]).build().map_err(|_| {
            let why =
                format!("the HTTP client cannot be set up ({error}); look at fetch's settings");
            Fault::new(FaultKind::Internal, why)
        })
    })
}
