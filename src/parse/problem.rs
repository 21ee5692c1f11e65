//! What was repaired in a document, in words, and bounded: one problem a kind, with a count.

use std::fmt;

/// Something that is wrong in a document and was repaired or left out: a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong and what was made of it; no control characters.
    pub sentence: String,
}

impl Problem {
    /// A problem in words.
    #[must_use]
    pub fn new(sentence: impl AsRef<str>) -> Self {
        Self {
            sentence: crate::text::without_controls(sentence.as_ref()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// The most problems that are kept of one document.
pub(crate) const MAX_PROBLEMS: usize = 50;

/// What can be wrong with markup, one sentence each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// `&` that starts no reference.
    BareAmpersand,
    /// `&eacute;` and the like, which XML doesn't know.
    HtmlEntity,
    /// `&#0;`, `&#xFFFE;`.
    IllegalReference,
    /// `<` that starts no markup.
    BareLessThan,
    /// An end tag without its start tag.
    StrayEndTag,
    /// An element that something else had to close.
    Unclosed,
    /// The document ends inside an element.
    CutOff,
    /// An attribute without quotes, or whose quote never ends.
    BadAttribute,
    /// More attributes than are read.
    TooManyAttributes,
    /// A value longer than is read.
    LongAttribute,
    /// Deeper nesting than is kept.
    TooDeep,
    /// More markup than is read.
    TooLarge,
    /// More entries than are read.
    TooManyEntries,
    /// A prefix that is not declared.
    UndeclaredPrefix,
    /// A comment, CDATA section or declaration without an end.
    UnendedSection,
    /// Text before the first tag.
    LeadingText,
    /// A text longer than is read.
    LongText,
    /// A date that says nothing.
    BadDate,
    /// An address that cannot be used.
    BadAddress,
    /// Text that was encoded as UTF-8 twice.
    TwiceEncoded,
}

const FLAWS: usize = Flaw::TwiceEncoded as usize + 1;

impl Flaw {
    fn sentence(self) -> &'static str {
        match self {
            Self::BareAmpersand => "a bare '&' was read as text (it must be written '&amp;')",
            Self::HtmlEntity => "an HTML entity that XML does not define was resolved",
            Self::IllegalReference => "a character reference to a forbidden character was left out",
            Self::BareLessThan => "a bare '<' was read as text (it must be written '&lt;')",
            Self::StrayEndTag => "an end tag without a start tag was left out",
            Self::Unclosed => "an element without an end tag was closed",
            Self::CutOff => "the document ends in the middle of an element",
            Self::BadAttribute => "an attribute with missing or unbalanced quotes was mended",
            Self::TooManyAttributes => "attributes beyond the 256th of an element were left out",
            Self::LongAttribute => "an attribute longer than 64 KiB was cut",
            Self::TooDeep => "elements nested deeper than 200 levels were flattened",
            Self::TooLarge => "the document has more markup than is read; the rest was left out",
            Self::TooManyEntries => "entries beyond the 10,000th were left out",
            Self::UndeclaredPrefix => {
                "a namespace prefix that is not declared was read by its usual meaning"
            }
            Self::UnendedSection => "a comment, CDATA section or declaration has no end",
            Self::LeadingText => "text before the first tag was left out",
            Self::LongText => "a text longer than 2 MiB was cut",
            Self::BadDate => "a date could not be read and was left out",
            Self::BadAddress => "an address that is no web address was left out",
            Self::TwiceEncoded => "text that was encoded as UTF-8 twice was mended",
        }
    }
}

/// Counts flaws as they are met; costs the same for one and for a million.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flaws {
    counts: [u32; FLAWS],
    places: [Option<u32>; FLAWS],
}

impl Flaws {
    /// Notes a flaw whose place in the document does not matter.
    pub(crate) fn note(&mut self, flaw: Flaw) {
        self.counts[flaw as usize] = self.counts[flaw as usize].saturating_add(1);
    }

    /// Notes a flaw at a byte of the text.
    pub(crate) fn note_at(&mut self, flaw: Flaw, byte: usize) {
        self.note(flaw);
        self.places[flaw as usize].get_or_insert(u32::try_from(byte).unwrap_or(u32::MAX));
    }

    /// Whether a flaw was noted.
    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.counts[flaw as usize] > 0
    }

    /// The flaws as sentences, with how often and where first.
    pub(crate) fn sentences(&self, text: &str) -> Vec<Problem> {
        const ALL: [Flaw; FLAWS] = [
            Flaw::BareAmpersand,
            Flaw::HtmlEntity,
            Flaw::IllegalReference,
            Flaw::BareLessThan,
            Flaw::StrayEndTag,
            Flaw::Unclosed,
            Flaw::CutOff,
            Flaw::BadAttribute,
            Flaw::TooManyAttributes,
            Flaw::LongAttribute,
            Flaw::TooDeep,
            Flaw::TooLarge,
            Flaw::TooManyEntries,
            Flaw::UndeclaredPrefix,
            Flaw::UnendedSection,
            Flaw::LeadingText,
            Flaw::LongText,
            Flaw::BadDate,
            Flaw::BadAddress,
            Flaw::TwiceEncoded,
        ];
        ALL.into_iter()
            .filter(|flaw| self.counts[*flaw as usize] > 0)
            .map(|flaw| {
                let count = self.counts[flaw as usize];
                let line = self.places[flaw as usize].map(|byte| line_of(text, byte as usize));
                Problem::new(match (line, count) {
                    (Some(line), 1) => format!("line {line}: {}", flaw.sentence()),
                    (Some(line), _) => {
                        format!("line {line}: {} ({count} times in all)", flaw.sentence())
                    }
                    (None, 1) => flaw.sentence().to_owned(),
                    (None, _) => format!("{} ({count} times)", flaw.sentence()),
                })
            })
            .collect()
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    before.iter().filter(|b| **b == b'\n').count() + 1
}
