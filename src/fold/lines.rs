//! A fragment as lines of text that remember their links: where credit lines are looked for.

use crate::address::Address;
use crate::text::{SafeHtml, runs, separates, unescape};

/// Most text read of one fragment, in bytes.
const MAX_TEXT: usize = 128 * 1024;

/// Whether an element doesn't end a line.
fn is_inline(name: &str) -> bool {
    name == "img" || !separates(name)
}

/// A line of text.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    /// Its text, white space collapsed.
    pub(super) text: String,
    /// Its links: from where to where in the text, in bytes, and whereto.
    pub(super) links: Vec<(usize, usize, Link<'a>)>,
}

/// A link as it was found: most are never looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    /// Its tag without the brackets.
    tag: &'a str,
}

impl Link<'_> {
    /// Where it leads to.
    pub(super) fn address(self) -> Option<Address> {
        let value = &self.tag[self.tag.find("href=")? + 5..];
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = value[1..].split(quote).next()?;
        Address::parse(&unescape(value)).ok()
    }
}

/// Shows `look` the lines of a sanitised fragment, one after the other.
pub(super) fn each_line<'a>(html: &'a SafeHtml, mut look: impl FnMut(&Line<'a>)) {
    let mut line = Line::default();
    let mut open: Option<(usize, Link<'a>)> = None;
    let mut rest = html.as_str();
    let mut read = 0;
    while !rest.is_empty() && read < MAX_TEXT {
        let text_end = rest.find('<').unwrap_or(rest.len());
        let text = unescape(&rest[..text_end]);
        read += text.len();
        push(&mut line.text, &text);
        rest = &rest[text_end..];
        if rest.is_empty() {
            break;
        }
        let tag_end = end_of_tag(rest);
        let tag = &rest[1..tag_end.max(1)];
        rest = &rest[(tag_end + 1).min(rest.len())..];
        let closing = tag.starts_with('/');
        let name = tag.trim_start_matches('/');
        let end = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
        // Sanitising wrote it in lower case.
        let name = &name[..end];
        if (name == "a" || !is_inline(name))
            && let Some((start, link)) = open.take()
        {
            let end = line.text.trim_end().len();
            if start <= end {
                line.links.push((start, end, link));
            }
        }
        if name == "a" && !closing {
            open = Some((line.text.len(), Link { tag }));
        } else if !is_inline(name) && !line.text.is_empty() {
            finish(&mut line, &mut look);
        }
    }
    finish(&mut line, &mut look);
}

/// A plain text as one line.
pub(super) fn plain_line(text: &str) -> Line<'static> {
    let mut line = Line::default();
    push(&mut line.text, text);
    line
}

/// Shows a line, and begins the next one in its place.
fn finish<'a>(line: &mut Line<'a>, look: &mut impl FnMut(&Line<'a>)) {
    line.text.truncate(line.text.trim_end().len());
    if !line.text.is_empty() {
        look(line);
    }
    line.text.clear();
    line.links.clear();
}

fn push(out: &mut String, text: &str) {
    out.reserve(text.len());
    for (apart, run) in runs(text) {
        if apart && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        out.push_str(run);
    }
}

/// Where a tag that begins `text` ends: its `>`, quoted ones apart.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_lines_and_links_are_kept() {
        let html = SafeHtml::clean(
            "<div><p>One <b>two</b>\n three</p>Source: <a href='https://a.example/x?a=1&amp;b=2'>The A</a><br>end</div>",
            None,
        );
        let mut texts = Vec::new();
        let mut links = Vec::new();
        each_line(&html, |line| {
            texts.push(line.text.clone());
            links.extend(line.links.iter().map(|(start, end, link)| {
                let address = link.address().map(|address| address.as_str().to_owned());
                (line.text[*start..*end].to_owned(), address)
            }));
        });
        assert_eq!(texts, ["One two three", "Source: The A", "end"]);
        let address = "https://a.example/x?a=1&b=2".to_owned();
        assert_eq!(links, [("The A".to_owned(), Some(address))]);
    }
}
