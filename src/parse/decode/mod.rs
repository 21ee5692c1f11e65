//! From bytes to text: compression, byte order marks, labels, detection. Nothing fails; a wrong
//! label is survived, and one bad byte costs one character.

mod labels;
mod twice;

pub(crate) use twice::mend_twice_encoded;

use super::problem::Problem;
use super::tree::windows_1252;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use labels::{charset_of, declared_encoding, known};
use std::borrow::Cow;
use std::io::Read;

/// Most bytes that come out of a compressed body; the rest is cut off.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// How much of a document is looked at to guess its encoding.
const SAMPLE: usize = 64 * 1024;

/// A document as text: no byte order mark, no characters that XML forbids.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    /// The text.
    pub(crate) text: Cow<'a, str>,
    /// What was odd about its encoding.
    pub(crate) problems: Vec<Problem>,
}

/// Unpacks a gzip body that its server did not declare; other bodies are given back as they are.
pub(crate) fn unpack(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.starts_with(&[0x1F, 0x8B, 0x08]) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::new();
    // What came out before an error is kept: a cut body still has its first entries.
    let _ = flate2::read::MultiGzDecoder::new(bytes)
        .take(MAX_UNPACKED)
        .read_to_end(&mut out);
    if out.is_empty() {
        Cow::Borrowed(bytes)
    } else {
        Cow::Owned(out)
    }
}

/// Whether the bytes are those of a picture, an archive or the like: of their beginning, which has
/// no mark of an encoding and not the zeros of UTF-16 or UTF-32, one in twenty is a control
/// character. Text has next to none in any encoding; a few strays are dropped as usual.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(4096)];
    let controls = sample
        .iter()
        .filter(|b| matches!(**b, 0..=8 | 0x0E..=0x1A | 0x1C..=0x1F))
        .count();
    controls >= 8 && controls * 20 > sample.len() && wide(sample).is_none()
}

/// Decodes a document. In order: byte order mark, the zeros of UTF-16 and UTF-32, valid UTF-8
/// (whatever it is called), the charset of `content_type` (RFC 7303), the XML declaration,
/// detection.
pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    let mut problems = Vec::new();
    let text = match wide(bytes) {
        Some(text) => Cow::Owned(text),
        None => narrow(bytes, content_type, &mut problems),
    };
    Decoded {
        text: without_forbidden(text),
        problems,
    }
}

/// UTF-16 and UTF-32, by mark or by their zeros.
fn wide(bytes: &[u8]) -> Option<String> {
    let sixteen = |encoding: &'static Encoding, bytes: &[u8]| {
        Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
    };
    match bytes {
        [0xFF, 0xFE, 0, 0, rest @ ..] => return Some(utf_32(rest, u32::from_le_bytes)),
        [0, 0, 0xFE, 0xFF, rest @ ..] => return Some(utf_32(rest, u32::from_be_bytes)),
        [0xFF, 0xFE, rest @ ..] => return sixteen(UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => return sixteen(UTF_16BE, rest),
        _ => {}
    }
    // Without a mark: markup is mostly ASCII, so the zeros stand at fixed places.
    let sample = &bytes[..bytes.len().min(256) & !3];
    if sample.len() < 4 || !sample.contains(&0) {
        return None;
    }
    let zeros = |remainder: usize, step: usize| {
        let places = sample.len() / step;
        let zeros = (0..places)
            .filter(|i| sample[i * step + remainder] == 0)
            .count();
        zeros * 4 >= places * 3
    };
    let few = |remainder: usize, step: usize| {
        let places = sample.len() / step;
        let zeros = (0..places)
            .filter(|i| sample[i * step + remainder] == 0)
            .count();
        zeros * 4 <= places
    };
    if zeros(0, 4) && zeros(1, 4) && zeros(2, 4) && few(3, 4) {
        Some(utf_32(bytes, u32::from_be_bytes))
    } else if few(0, 4) && zeros(1, 4) && zeros(2, 4) && zeros(3, 4) {
        Some(utf_32(bytes, u32::from_le_bytes))
    } else if zeros(0, 2) && few(1, 2) {
        sixteen(UTF_16BE, bytes)
    } else if few(0, 2) && zeros(1, 2) {
        sixteen(UTF_16LE, bytes)
    } else {
        None
    }
}

fn utf_32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    units
        .iter()
        .map(|unit| char::from_u32(read(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Encodings whose markup is ASCII.
fn narrow<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Cow<'a, str> {
    let (bytes, marked) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (rest, true),
        _ => (bytes, false),
    };
    let header = content_type.and_then(charset_of);
    let declared = declared_encoding(bytes);
    let label = |name: &str| known(name);
    let labelled = header
        .and_then(label)
        .or_else(|| declared.as_deref().and_then(label));
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            // Encodings of seven bits look like ASCII.
            let seven_bits =
                labelled.filter(|e| !e.is_ascii_compatible() && *e != UTF_16BE && *e != UTF_16LE);
            if let Some(encoding) = seven_bits
                && bytes.contains(&0x1B)
            {
                return encoding.decode_without_bom_handling(bytes).0;
            }
            if let Some(encoding) = labelled
                && encoding != UTF_8
                && !marked
                && !text.is_ascii()
            {
                problems.push(Problem::new(format!(
                    "the text is UTF-8, although it says that it is {}",
                    encoding.name()
                )));
            }
            Cow::Borrowed(text)
        }
        Err(_) => {
            let usable = labelled.filter(|e| *e != UTF_8 && *e != UTF_16BE && *e != UTF_16LE);
            if let Some(encoding) = usable
                && !marked
            {
                let (text, damaged) = encoding.decode_without_bom_handling(bytes);
                if damaged {
                    problems.push(Problem::new(format!(
                        "some bytes are not valid {} and were replaced",
                        encoding.name()
                    )));
                }
                return text;
            }
            if marked || mostly_utf_8(bytes) {
                problems.push(Problem::new(
                    "some bytes are not valid UTF-8 and were read as windows-1252",
                ));
                return Cow::Owned(utf_8_with_strays(bytes));
            }
            let mut detector =
                chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(&detection_sample(bytes), true);
            let encoding = detector.guess(None, chardetng::Utf8Detection::Deny);
            problems.push(Problem::new(match (&declared, header) {
                (None, None) => format!(
                    "no encoding is declared and the text is not UTF-8; it was read as {}",
                    encoding.name()
                ),
                _ => format!(
                    "the text is not in the encoding that it declares; it was read as {}",
                    encoding.name()
                ),
            }));
            encoding.decode_without_bom_handling(bytes).0
        }
    }
}

/// The bytes that tell encodings apart: lines with something else than ASCII, from the whole
/// document, at most [`SAMPLE`].
fn detection_sample(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.len() <= SAMPLE {
        return Cow::Borrowed(bytes);
    }
    let mut sample = Vec::with_capacity(SAMPLE);
    for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_ascii()) {
        let room = SAMPLE - sample.len();
        sample.extend_from_slice(&line[..line.len().min(room)]);
        if sample.len() >= SAMPLE {
            break;
        }
        sample.push(b'\n');
    }
    Cow::Owned(sample)
}

/// Whether the bytes are UTF-8 but for a few: at least as many good characters of several bytes as
/// bad ones. A character that the end cuts is not bad.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let mut good = 0usize;
    let mut bad = 0usize;
    let mut read = 0;
    for chunk in bytes.utf8_chunks() {
        read += chunk.valid().len() + chunk.invalid().len();
        good += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        let cut = read == bytes.len() && is_cut(chunk.invalid());
        bad += usize::from(!chunk.invalid().is_empty() && !cut);
        if bad > 10_000 && bad > good {
            return false;
        }
    }
    good > 0 && good >= bad
}

fn utf_8_with_strays(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut read = 0;
    for chunk in bytes.utf8_chunks() {
        read += chunk.valid().len() + chunk.invalid().len();
        out.push_str(chunk.valid());
        if read < bytes.len() || !is_cut(chunk.invalid()) {
            let (strays, _) = WINDOWS_1252.decode_without_bom_handling(chunk.invalid());
            out.push_str(&strays);
        }
    }
    out
}

/// Whether bytes at the very end start a character of UTF-8 that the end cuts.
fn is_cut(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|b| *b >= 0xC2)
}

/// Whether something may be in the text that [`without_forbidden`] takes out or replaces.
fn may_hold_forbidden(bytes: &[u8]) -> bool {
    // All of it starts with one of these; without branches, many bytes are looked at at once.
    let is_suspect = |byte: u8| {
        (byte < b' ' && byte != b'\t' && byte != b'\n' && byte != b'\r')
            || matches!(byte, 0x7F | 0xC2 | 0xEF)
    };
    let mut at = 0;
    bytes.chunks(64).any(|chunk| {
        let start = at;
        at += chunk.len();
        chunk
            .iter()
            .fold(false, |found, byte| found | is_suspect(*byte))
            && (start..at).any(|at| {
                let next = bytes.get(at + 1).copied().unwrap_or_default();
                match bytes[at] {
                    0xC2 => next < 0xA0,
                    0xEF => matches!(next, 0xBB | 0xBF),
                    byte => is_suspect(byte),
                }
            })
    })
}

/// The text without what XML 1.0 forbids (section 2.2); C1 controls are taken as windows-1252,
/// which is what they are in practice.
fn without_forbidden(text: Cow<'_, str>) -> Cow<'_, str> {
    let forbidden = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r'))
            || matches!(
                c,
                '\u{7F}'..='\u{9F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
            )
    };
    if !may_hold_forbidden(text.as_bytes()) {
        return text;
    }
    let clean: String = text
        .chars()
        .filter_map(|c| match c {
            '\u{80}'..='\u{9F}' => Some(windows_1252(c)),
            c if forbidden(c) => None,
            c => Some(c),
        })
        .collect();
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], content_type: Option<&str>) -> String {
        decode(bytes, content_type).text.into_owned()
    }

    fn utf_16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn utf_16_and_utf_32_are_read_with_and_without_marks() {
        let document = "<?xml version=\"1.0\"?><rss><title>Žluťoučký 😀</title></rss>";
        for big in [true, false] {
            let plain = utf_16(document, big);
            assert_eq!(text(&plain, None), document);
            let marked = [
                if big { [0xFE, 0xFF] } else { [0xFF, 0xFE] }.as_slice(),
                &plain,
            ]
            .concat();
            assert_eq!(text(&marked, None), document);
            let wide: Vec<u8> = document
                .chars()
                .flat_map(|c| {
                    if big {
                        (c as u32).to_be_bytes()
                    } else {
                        (c as u32).to_le_bytes()
                    }
                })
                .collect();
            assert_eq!(text(&wide, None), document);
        }
    }

    #[test]
    fn labels_are_believed_as_long_as_they_can_be_true() {
        let cyrillic = encoding_rs::KOI8_R.encode("<a>Привет</a>").0;
        assert_eq!(
            text(&cyrillic, Some("text/xml; charset=koi8-r")),
            "<a>Привет</a>"
        );
        let declared = [
            b"<?xml version='1.0' encoding='koi8_r'?>".as_slice(),
            &cyrillic,
        ]
        .concat();
        assert!(text(&declared, None).ends_with("<a>Привет</a>"));
        let wrong = "<?xml version='1.0' encoding='iso-8859-1'?><a>Žižek</a>";
        let decoded = decode(wrong.as_bytes(), None);
        assert_eq!(decoded.text, wrong);
        assert_eq!(decoded.problems.len(), 1);
        let lying = b"<?xml version='1.0' encoding='utf-8'?><a>caf\xE9 cr\xE8me</a>";
        assert!(text(lying, None).ends_with("<a>café crème</a>"));
        let lying = "<?xml version='1.0' encoding='utf-16'?><a>x</a>";
        assert_eq!(text(lying.as_bytes(), None), lying);
    }

    #[test]
    fn one_bad_byte_costs_one_character() {
        let mut bytes = "<a>naïve café – déjà vu</a>".as_bytes().to_vec();
        bytes.insert(5, 0x92);
        assert_eq!(text(&bytes, None), "<a>na’ïve café – déjà vu</a>");
    }

    #[test]
    fn forbidden_characters_are_left_out() {
        assert_eq!(text(b"<a>x\x00y\x1Bz\x7F</a>\n", None), "<a>xyz</a>\n");
        assert_eq!(text("<a>\u{96}\u{FFFE}</a>".as_bytes(), None), "<a>–</a>");
    }

    #[test]
    fn twice_encoded_text_is_mended() {
        assert_eq!(
            mend_twice_encoded("cafÃ© â€“ dÃ©jÃ\u{a0}"),
            Some("café – déjà".to_owned())
        );
        assert_eq!(mend_twice_encoded("café Ångström Â"), None);
        assert_eq!(mend_twice_encoded("ÃRVORE É"), None);
    }

    #[test]
    fn gzip_is_unpacked_even_when_it_is_cut() {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"<rss>hello</rss>").unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(unpack(&packed).as_ref(), b"<rss>hello</rss>");
        assert_eq!(
            unpack(&packed[..packed.len() - 6]).as_ref(),
            b"<rss>hello</rss>"
        );
        assert_eq!(unpack(b"\x1F\x8B\x08 no").as_ref(), b"\x1F\x8B\x08 no");
    }
}
