//! What a feed says of an entry, packed small: everything that lists don't need.
//!
//! A body is JSON, compressed with zstd and a dictionary of what such texts have in common. Its
//! first byte names the packing, so that another one can come beside it.

use super::Error;
use super::feed_rows::moment;
use crate::address::Address;
use crate::entry::{Enclosure, Item, Source};
use crate::feed::Timestamp;
use crate::text::{Plain, SafeHtml};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::LazyLock;
use zstd::dict::EncoderDictionary;

/// Plain JSON.
const PLAIN: u8 = 0;
/// zstd with the first dictionary.
const ZSTD_1: u8 = 1;
/// With a dictionary, levels 2 and 3 take longer and make texts of a few KB no smaller.
const LEVEL: i32 = 1;
/// From how many bytes on a guid's beginning is taken from the link.
const WORTH_SHARING: usize = 8;
/// Largest body after unpacking: far more than parsing lets through.
const MAX: usize = 64 << 20;

/// Words and markup of feeds. It belongs to the packing [`ZSTD_1`]: never change it.
const DICTIONARY: &[u8] = include_bytes!("dictionary-1.txt");

/// The dictionary made ready for compressing, which takes longer than compressing a feed.
static READY: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));

/// Packs bodies; keeps its tables from one to the next.
pub(super) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    json: Vec<u8>,
    compressed: Vec<u8>,
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::other(error.to_string())
}

impl Packer {
    /// Fails only where memory does.
    pub(super) fn new() -> Result<Self, Error> {
        let mut compressor =
            zstd::bulk::Compressor::with_prepared_dictionary(&READY).map_err(|e| failed(&e))?;
        // The length of the text is known from the frame; the rest would be 4 bytes each.
        compressor.include_checksum(false).map_err(|e| failed(&e))?;
        compressor.include_dictid(false).map_err(|e| failed(&e))?;
        Ok(Self {
            compressor,
            json: Vec::new(),
            compressed: Vec::new(),
        })
    }

    /// Packs what an entry's row does not hold, and the publisher's date where that is another
    /// than the row's.
    pub(super) fn pack(
        &mut self,
        item: &Item,
        claimed: Option<Timestamp>,
    ) -> Result<Vec<u8>, Error> {
        self.json.clear();
        serde_json::to_writer(&mut self.json, &Body::of(item, claimed)).map_err(|e| failed(&e))?;
        self.compressed.clear();
        let most = zstd::zstd_safe::compress_bound(self.json.len());
        self.compressed.reserve(most);
        let (compressor, compressed) = (&mut self.compressor, &mut self.compressed);
        let length = compressor.compress_to_buffer(&self.json, compressed);
        length.map_err(|e| failed(&e))?;
        let (packing, bytes) = match self.compressed.len() < self.json.len() {
            true => (ZSTD_1, &self.compressed),
            false => (PLAIN, &self.json),
        };
        let mut packed = Vec::with_capacity(1 + bytes.len());
        packed.push(packing);
        packed.extend_from_slice(bytes);
        // One long text must not stay in memory.
        if self.json.capacity() > 1 << 20 {
            (self.json, self.compressed) = (Vec::new(), Vec::new());
        }
        Ok(packed)
    }
}

/// Unpacks bodies; keeps its tables from one to the next.
#[derive(Default)]
pub(super) struct Unpacker {
    decompressor: Option<zstd::bulk::Decompressor<'static>>,
}

impl Unpacker {
    /// Puts what was packed into `item`, whose link is in place if it has one.
    pub(super) fn unpack(&mut self, packed: &[u8], item: &mut Item) -> Result<(), Error> {
        let damaged = || Error::Damaged {
            path: String::new(),
            why: "the text of an entry can't be unpacked".to_owned(),
        };
        let (packing, rest) = packed.split_first().ok_or_else(damaged)?;
        let json = match *packing {
            PLAIN => Cow::Borrowed(rest),
            ZSTD_1 => {
                let decompressor = match &mut self.decompressor {
                    Some(decompressor) => decompressor,
                    empty => empty.insert(
                        zstd::bulk::Decompressor::with_dictionary(DICTIONARY)
                            .map_err(|error| Error::other(error.to_string()))?,
                    ),
                };
                let length = zstd::zstd_safe::get_frame_content_size(rest)
                    .ok()
                    .flatten()
                    .and_then(|length| usize::try_from(length).ok())
                    .filter(|length| *length <= MAX)
                    .ok_or_else(damaged)?;
                let json = decompressor
                    .decompress(rest, length)
                    .map_err(|_| damaged())?;
                Cow::Owned(json)
            }
            _ => return Err(damaged()),
        };
        let body: Body<'_> = serde_json::from_slice(&json).map_err(|_| damaged())?;
        body.fill(item);
        Ok(())
    }
}

/// Address, media type, size.
type File<'a> = (Cow<'a, str>, Option<Cow<'a, str>>, Option<u64>);
type TitleAndUrl<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

/// The packed form; what is absent is left out.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Body<'a> {
    #[serde(rename = "g", borrow, skip_serializing_if = "Option::is_none")]
    guid: Option<Cow<'a, str>>,
    /// In its place where it begins like the link, which is in the row: in how many bytes, and what
    /// follows.
    #[serde(rename = "h", borrow, skip_serializing_if = "Option::is_none")]
    guid_of_link: Option<(usize, Cow<'a, str>)>,
    #[serde(rename = "a", borrow, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Cow<'a, str>>,
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    updated: Option<i64>,
    #[serde(rename = "k", borrow, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<Cow<'a, str>>,
    #[serde(rename = "e", borrow, skip_serializing_if = "Vec::is_empty")]
    enclosures: Vec<File<'a>>,
    #[serde(rename = "m", borrow, skip_serializing_if = "Option::is_none")]
    comments: Option<Cow<'a, str>>,
    #[serde(rename = "t", borrow, skip_serializing_if = "Option::is_none")]
    thumbnail: Option<Cow<'a, str>>,
    #[serde(rename = "l", borrow, skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    #[serde(rename = "f", borrow, skip_serializing_if = "Option::is_none")]
    source: Option<TitleAndUrl<'a>>,
    #[serde(rename = "o", borrow, skip_serializing_if = "Option::is_none")]
    original: Option<Cow<'a, str>>,
    /// The publisher's date where it lay in the future.
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    claimed: Option<i64>,
    #[serde(rename = "s", borrow, skip_serializing_if = "Option::is_none")]
    summary: Option<Cow<'a, str>>,
    #[serde(rename = "c", borrow, skip_serializing_if = "Option::is_none")]
    content: Option<Cow<'a, str>>,
}

fn text(address: &Address) -> Cow<'_, str> {
    Cow::Borrowed(address.as_str())
}

fn plain(text: &Plain) -> Cow<'_, str> {
    Cow::Borrowed(text.as_str())
}

fn html(html: &SafeHtml) -> Cow<'_, str> {
    Cow::Borrowed(html.as_str())
}

/// How many bytes two texts begin with alike, up to the end of a character.
fn shared_beginning(a: &str, b: &str) -> usize {
    let alike = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b);
    a.floor_char_boundary(alike.count())
}

impl<'a> Body<'a> {
    fn of(item: &'a Item, claimed: Option<Timestamp>) -> Self {
        let guid = item.guid.as_deref();
        let of_link = guid.and_then(|guid| {
            let shared = shared_beginning(guid, item.link.as_ref()?.as_str());
            (shared >= WORTH_SHARING).then(|| (shared, Cow::Borrowed(&guid[shared..])))
        });
        Self {
            guid: guid.filter(|_| of_link.is_none()).map(Cow::Borrowed),
            guid_of_link: of_link,
            authors: item.authors.iter().map(plain).collect(),
            updated: item.updated.map(|moment| moment.timestamp_millis()),
            categories: item.categories.iter().map(plain).collect(),
            enclosures: item
                .enclosures
                .iter()
                .map(|file| {
                    let media_type = file.media_type.as_deref().map(Cow::Borrowed);
                    (text(&file.url), media_type, file.length)
                })
                .collect(),
            comments: item.comments.as_ref().map(text),
            thumbnail: item.thumbnail.as_ref().map(text),
            language: item.language.as_deref().map(Cow::Borrowed),
            source: item.source.as_ref().map(|source| {
                (
                    source.title.as_ref().map(plain),
                    source.url.as_ref().map(text),
                )
            }),
            original: item.original.as_ref().map(text),
            claimed: claimed.map(|moment| moment.timestamp_millis()),
            summary: item.summary.as_ref().map(html),
            content: item.content.as_ref().map(html),
        }
    }

    fn fill(self, item: &mut Item) {
        let address = |text: Cow<'_, str>| Address::parse(&text).ok();
        let plain = |text: Cow<'_, str>| Plain::new(&text);
        item.guid = match self.guid_of_link {
            None => self.guid.map(Cow::into_owned),
            Some((shared, rest)) => {
                let link = item.link.as_ref().map_or("", Address::as_str);
                Some(format!("{}{rest}", link.get(..shared).unwrap_or(link)))
            }
        };
        item.authors = self.authors.into_iter().map(plain).collect();
        item.updated = self.updated.map(moment);
        item.categories = self.categories.into_iter().map(plain).collect();
        item.enclosures = self
            .enclosures
            .into_iter()
            .filter_map(|(url, media_type, length)| {
                Some(Enclosure {
                    url: address(url)?,
                    media_type: media_type.map(Cow::into_owned),
                    length,
                })
            })
            .collect();
        item.comments = self.comments.and_then(address);
        item.thumbnail = self.thumbnail.and_then(address);
        item.language = self.language.map(Cow::into_owned);
        item.source = self.source.map(|(title, url)| Source {
            title: title.map(plain),
            url: url.and_then(address),
        });
        item.original = self.original.and_then(address);
        let html = |text: Cow<'_, str>| SafeHtml::from_store(text.into_owned());
        item.summary = self.summary.map(html);
        item.content = self.content.map(html);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            guid: Some("tag:harbour.example,2026:1".to_owned()),
            authors: vec![Plain::new("Ada Weaver")],
            updated: Some(moment(1_700_000_000_000)),
            categories: vec![Plain::new("Ships")],
            enclosures: vec![Enclosure {
                url: Address::parse("https://harbour.example/a.mp3").unwrap(),
                media_type: Some("audio/mpeg".to_owned()),
                length: Some(123),
            }],
            comments: Address::parse("https://harbour.example/a#comments").ok(),
            thumbnail: Address::parse("https://harbour.example/a.png").ok(),
            language: Some("en-GB".to_owned()),
            source: Some(Source {
                title: Some(Plain::new("The Quay")),
                url: None,
            }),
            original: Address::parse("https://quay.example/a").ok(),
            summary: Some(SafeHtml::clean("<p>A ship \"came\" in.</p>", None)),
            content: Some(SafeHtml::clean(
                "<p>A ship came in.</p><p>It left.</p>",
                None,
            )),
            ..Item::default()
        }
    }

    #[test]
    fn what_was_packed_comes_back() {
        let (mut packer, mut unpacker) = (Packer::new().unwrap(), Unpacker::default());
        for item in [item(), Item::default()] {
            let packed = packer.pack(&item, None).unwrap();
            let mut back = Item::default();
            unpacker.unpack(&packed, &mut back).unwrap();
            assert_eq!(back, item);
        }
    }

    #[test]
    fn a_guid_comes_back_whatever_it_shares_with_the_link() {
        let (mut packer, mut unpacker) = (Packer::new().unwrap(), Unpacker::default());
        let link = Address::parse("https://harbour.example/ships/caf%C3%A9").ok();
        for guid in [
            "https://harbour.example/ships/caf%C3%A9",
            "https://harbour.example/?p=12",
            "https://harbour.example/ships/café",
            "https://",
            "12",
            "",
        ] {
            let item = Item {
                guid: Some(guid.to_owned()),
                link: link.clone(),
                ..Item::default()
            };
            let packed = packer.pack(&item, None).unwrap();
            let mut back = Item {
                link: link.clone(),
                ..Item::default()
            };
            unpacker.unpack(&packed, &mut back).unwrap();
            assert_eq!(back, item);
        }
    }

    #[test]
    fn damage_is_an_error() {
        let packed = Packer::new().unwrap().pack(&item(), None).unwrap();
        for broken in [&[][..], &[9, 9][..], &packed[..packed.len() / 2]] {
            let result = Unpacker::default().unpack(broken, &mut Item::default());
            assert!(matches!(result, Err(Error::Damaged { .. })));
        }
    }
}
