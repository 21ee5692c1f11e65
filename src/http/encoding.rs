//! Compressed forms of bodies, and which one a client likes best (RFC 9110 section 12.5.3).

use axum::http::{HeaderMap, header};
use std::io::Write;

/// How a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

/// The encoding that the client likes best, brotli before gzip where it likes both the same.
pub(super) fn best_encoding(request: &HeaderMap) -> Encoding {
    let mut best = (Encoding::Identity, 0.0);
    for field in request.get_all(header::ACCEPT_ENCODING) {
        let Ok(list) = field.to_str() else { continue };
        for part in list.split(',') {
            let mut pieces = part.split(';').map(str::trim);
            let encoding = match pieces.next().unwrap_or_default() {
                "br" => Encoding::Brotli,
                "gzip" | "x-gzip" => Encoding::Gzip,
                _ => continue,
            };
            let quality = pieces
                .find_map(|piece| piece.strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            if quality > best.1
                || (quality > 0.0 && quality == best.1 && encoding == Encoding::Brotli)
            {
                best = (encoding, quality);
            }
        }
    }
    best.0
}

/// `bytes` compressed with gzip.
pub(super) fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(
        Vec::with_capacity(bytes.len() / 3),
        flate2::Compression::new(6),
    );
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// `bytes` compressed with brotli.
pub(super) fn brotli(bytes: &[u8]) -> Option<Vec<u8>> {
    // Quality 5 packs better than gzip's best in about the same time.
    let mut encoder =
        brotli::CompressorWriter::new(Vec::with_capacity(bytes.len() / 3), 16 * 1024, 5, 22);
    encoder.write_all(bytes).ok()?;
    Some(encoder.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn encodings_are_chosen_by_quality() {
        for (accepted, expected) in [
            ("", Encoding::Identity),
            ("deflate", Encoding::Identity),
            ("gzip;q=0", Encoding::Identity),
            ("br;q=0.5, gzip", Encoding::Gzip),
            ("gzip, deflate, br, zstd", Encoding::Brotli),
        ] {
            let value = HeaderValue::from_static(accepted);
            let request = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]);
            assert_eq!(best_encoding(&request), expected, "{accepted}");
        }
    }
}
