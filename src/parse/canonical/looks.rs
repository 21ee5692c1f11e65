//! Whether a text looks like HTML.

use crate::text::is_html_element;

/// Whether a text is HTML, judged as the Universal Feed Parser does: there is an end tag or a
/// reference, every tag is one of HTML's, every reference too.
pub(crate) fn looks_like_html(text: &str) -> bool {
    let mut sign = false;
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let open = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        if open == b'<' {
            let name = rest.strip_prefix('/').unwrap_or(rest);
            let length = name
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric())
                .count();
            if length == 0 {
                continue;
            }
            if length > 16 || !is_html_element(&name[..length].to_ascii_lowercase()) {
                return false;
            }
            sign |= rest.starts_with('/')
                || name[length..].starts_with("/>")
                || name[length..].starts_with(" />");
        } else {
            let name = rest.strip_prefix('#').unwrap_or(rest);
            let length = name
                .bytes()
                .take(40)
                .take_while(|b| b.is_ascii_alphanumeric())
                .count();
            if length == 0 || name.as_bytes().get(length) != Some(&b';') {
                continue;
            }
            if !rest.starts_with('#') && crate::text::entity(&name[..length]).is_none() {
                return false;
            }
            sign = true;
        }
    }
    sign
}

/// Whether one of HTML's start tags is in the text.
pub(super) fn has_start_tag(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let name = &text[at + 1..];
        let length = name
            .bytes()
            .take(17)
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        length > 0
            && matches!(
                name.as_bytes().get(length),
                Some(b'>' | b' ' | b'/' | b'\n')
            )
            && is_html_element(&name[..length].to_ascii_lowercase())
    })
}
