//! Answers with validators: strong ETags for each encoding, Last-Modified, 304, and compressed
//! forms that are made once (RFC 9110 sections 8.8, 12.5.3 and 13).

use super::encoding::{Encoding, best_encoding, brotli, gzip};
use super::validators::{http_date, is_unchanged, last_modified, tags};
use crate::feed::Timestamp;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Bodies below this size are sent as they are: compressing them gains nothing.
const WORTH_COMPRESSING: usize = 600;

type Compress = fn(&[u8]) -> Option<Vec<u8>>;

/// A rendered body that can be sent again and again.
pub(super) struct Document {
    media_type: &'static str,
    cache_control: &'static str,
    bytes: Bytes,
    /// The entity tags without compression, with gzip, with brotli.
    tags: [HeaderValue; 3],
    /// When the content last changed, where that is known.
    changed: Option<Timestamp>,
    gzip: OnceCell<Option<Bytes>>,
    brotli: OnceCell<Option<Bytes>>,
}

impl Document {
    /// A document whose content last changed at `changed`, where that is known.
    pub(super) fn new(
        media_type: &'static str,
        cache_control: &'static str,
        bytes: Vec<u8>,
        changed: Option<Timestamp>,
    ) -> Self {
        Self {
            media_type,
            cache_control,
            tags: tags(media_type, &bytes, changed),
            bytes: bytes.into(),
            changed,
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
        }
    }

    /// Whether both would be sent as the same bytes.
    pub(super) fn same_content(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }

    /// The entity tag of its bytes as they are.
    pub(super) fn plain_tag(&self) -> String {
        String::from_utf8_lossy(self.tags[0].as_bytes()).into_owned()
    }

    /// What keeping it costs in bytes, compressed forms included.
    pub(super) fn weight(&self) -> usize {
        2 * self.bytes.len() + 1024
    }

    fn encoding(&self, request: &HeaderMap) -> Encoding {
        match self.bytes.len() {
            size if size < WORTH_COMPRESSING => Encoding::Identity,
            _ => best_encoding(request),
        }
    }

    fn tag(&self, encoding: Encoding) -> &HeaderValue {
        match encoding {
            Encoding::Identity => &self.tags[0],
            Encoding::Gzip => &self.tags[1],
            Encoding::Brotli => &self.tags[2],
        }
    }

    async fn body(self: &Arc<Self>, encoding: Encoding) -> Option<Bytes> {
        let (cell, compress): (_, Compress) = match encoding {
            Encoding::Identity => return Some(self.bytes.clone()),
            Encoding::Gzip => (&self.gzip, gzip),
            Encoding::Brotli => (&self.brotli, brotli),
        };
        cell.get_or_init(|| async {
            let bytes = self.bytes.clone();
            tokio::task::spawn_blocking(move || compress(&bytes).map(Bytes::from))
                .await
                .ok()
                .flatten()
        })
        .await
        .clone()
    }
}

/// Answers a GET or HEAD with `document`, or with 304 where the client has it already.
pub(super) async fn answer(
    document: &Arc<Document>,
    request: &HeaderMap,
    now: Timestamp,
) -> Response {
    let encoding = document.encoding(request);
    let last_modified = document.changed.map(|changed| last_modified(changed, now));
    if is_unchanged(request, document.tag(encoding), last_modified) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        describe(&mut response, document, encoding, last_modified);
        return response;
    }
    let (mut response, encoding) = send(document, encoding).await;
    describe(&mut response, document, encoding, last_modified);
    response
}

/// Answers with `part`, which holds what is new in `whole` for this client (RFC 3229).
pub(super) async fn answer_in_part(
    whole: &Arc<Document>,
    part: &Arc<Document>,
    request: &HeaderMap,
    now: Timestamp,
) -> Response {
    let last_modified = whole.changed.map(|changed| last_modified(changed, now));
    let (mut response, encoding) = send(part, whole.encoding(request)).await;
    *response.status_mut() = StatusCode::IM_USED;
    describe(&mut response, whole, encoding, last_modified);
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("im"),
        HeaderValue::from_static("feed"),
    );
    // Only a cache that knows deltas may keep one.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store, im"),
    );
    response
}

/// The body of an answer, in `encoding` where that works.
async fn send(document: &Arc<Document>, encoding: Encoding) -> (Response, Encoding) {
    let (bytes, encoding) = match document.body(encoding).await {
        Some(bytes) => (bytes, encoding),
        None => (document.bytes.clone(), Encoding::Identity),
    };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(document.media_type),
    );
    let name = match encoding {
        Encoding::Identity => None,
        Encoding::Gzip => Some("gzip"),
        Encoding::Brotli => Some("br"),
    };
    if let Some(name) = name {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    (response, encoding)
}

/// The validators of `document`, and what caches may do with it.
fn describe(
    response: &mut Response,
    document: &Document,
    encoding: Encoding,
    last_modified: Option<i64>,
) {
    let headers = response.headers_mut();
    headers.insert(header::ETAG, document.tag(encoding).clone());
    if let Some(last_modified) = last_modified
        && let Ok(value) = HeaderValue::from_str(&http_date(last_modified))
    {
        headers.insert(header::LAST_MODIFIED, value);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(document.cache_control),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Read;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn headers(list: &[(HeaderName, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    fn document() -> Arc<Document> {
        Arc::new(Document::new(
            "text/plain",
            "max-age=60",
            vec![b'a'; 5000],
            Some(at("2026-11-20T08:00:00Z")),
        ))
    }

    const LATER: &str = "2026-11-20T09:00:00Z";

    async fn bytes(response: Response) -> Vec<u8> {
        axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap()
            .to_vec()
    }

    #[tokio::test]
    async fn req_22_each_encoding_has_its_own_tag_and_unpacks_to_the_same() {
        let document = document();
        let mut tags = Vec::new();
        for (accepted, named) in [
            ("identity", None),
            ("gzip", Some("gzip")),
            ("gzip, br", Some("br")),
        ] {
            let request = headers(&[(header::ACCEPT_ENCODING, accepted)]);
            let response = answer(&document, &request, at(LATER)).await;
            assert_eq!(response.headers()[header::VARY], "Accept-Encoding");
            assert_eq!(
                response
                    .headers()
                    .get(header::CONTENT_ENCODING)
                    .map(|v| v.to_str().unwrap()),
                named
            );
            tags.push(response.headers()[header::ETAG].clone());
            let body = bytes(response).await;
            let mut unpacked = Vec::new();
            match named {
                Some("gzip") => {
                    flate2::read::GzDecoder::new(&body[..])
                        .read_to_end(&mut unpacked)
                        .unwrap();
                }
                Some(_) => {
                    brotli::Decompressor::new(&body[..], 4096)
                        .read_to_end(&mut unpacked)
                        .unwrap();
                }
                None => unpacked = body,
            }
            assert_eq!(unpacked, vec![b'a'; 5000]);
        }
        tags.dedup();
        assert_eq!(tags.len(), 3);
    }

    #[tokio::test]
    async fn req_21_if_none_match_wins_over_if_modified_since() {
        let document = document();
        let tag = document.tags[0].to_str().unwrap().to_owned();
        let ask = |none_match: Option<String>, since: Option<&'static str>| {
            let mut map = HeaderMap::new();
            if let Some(value) = none_match {
                map.insert(
                    header::IF_NONE_MATCH,
                    HeaderValue::from_str(&value).unwrap(),
                );
            }
            if let Some(value) = since {
                map.insert(header::IF_MODIFIED_SINCE, HeaderValue::from_static(value));
            }
            map
        };
        let same = "Fri, 20 Nov 2026 08:00:00 GMT";
        let older = "Fri, 20 Nov 2026 07:59:59 GMT";
        for (request, status) in [
            (ask(Some(tag.clone()), None), 304),
            (ask(Some(format!("\"x\", W/{tag}")), None), 304),
            (ask(Some("*".to_owned()), None), 304),
            (ask(Some("\"x\"".to_owned()), None), 200),
            (ask(None, Some(same)), 304),
            (ask(None, Some(older)), 200),
            (ask(None, Some("yesterday")), 200),
            (ask(Some("\"x\"".to_owned()), Some(same)), 200),
            (ask(Some(tag), Some(older)), 304),
        ] {
            let response = answer(&document, &request, at(LATER)).await;
            assert_eq!(response.status().as_u16(), status, "{request:?}");
            assert!(response.headers().contains_key(header::ETAG));
            assert!(response.headers().contains_key(header::LAST_MODIFIED));
            if status == 304 {
                assert!(bytes(response).await.is_empty());
            }
        }
    }
}
