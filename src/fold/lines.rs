//! A fragment as lines of text that remember their links: where credit lines are looked for.

use crate::address::Address;
use crate::text::{SafeHtml, runs, unescape};

/// Most text read of one fragment, in bytes.
const MAX_TEXT: usize = 128 * 1024;

/// Whether an element doesn't end a line.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "del"
            | "dfn"
            | "em"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    /// Its text, white space collapsed.
    pub(super) text: String,
    /// Its links: from where to where in the text, in bytes, and whereto.
    pub(super) links: Vec<(usize, usize, Address)>,
}

/// The lines of a sanitised fragment.
pub(super) fn lines(html: &SafeHtml) -> Vec<Line> {
    let mut out = Vec::new();
    let mut line = Line::default();
    let mut open: Option<(usize, Address)> = None;
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
            && let Some((start, address)) = open.take()
        {
            let end = line.text.trim_end().len();
            if start <= end {
                line.links.push((start, end, address));
            }
        }
        if name == "a" && !closing {
            open = href(tag).map(|address| {
                let start = line.text.len();
                (start, address)
            });
        } else if !is_inline(name) && !line.text.is_empty() {
            finish(&mut line, &mut out);
        }
    }
    finish(&mut line, &mut out);
    out
}

/// A plain text as one line.
pub(super) fn plain_line(text: &str) -> Line {
    let mut line = Line::default();
    push(&mut line.text, text);
    line
}

fn finish(line: &mut Line, out: &mut Vec<Line>) {
    let mut done = std::mem::take(line);
    done.text.truncate(done.text.trim_end().len());
    if !done.text.is_empty() {
        out.push(done);
    }
}

fn push(out: &mut String, text: &str) {
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

fn href(tag: &str) -> Option<Address> {
    let value = &tag[tag.find("href=")? + 5..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split(quote).next()?;
    Address::parse(&unescape(value)).ok()
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
        let found = lines(&html);
        let texts: Vec<_> = found.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["One two three", "Source: The A", "end"]);
        let (start, end, address) = &found[1].links[0];
        assert_eq!(&found[1].text[*start..*end], "The A");
        assert_eq!(address.as_str(), "https://a.example/x?a=1&b=2");
    }
}
