//! A tokenizer for HTML as it is found in feeds (HTML Standard, "Tokenization"): it never fails,
//! looks at every byte a bounded number of times, and knows nothing of the tree.

/// One attribute as written: references are not resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// The name, in whatever case it came.
    pub(crate) name: &'a str,
    /// The value without its quotes.
    pub(crate) value: &'a str,
}

/// A piece of markup or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text, references not resolved.
    Text(&'a str),
    /// A start tag; its attributes are in [`Tokens::attributes`] until the next token.
    Start {
        /// The name as written.
        name: &'a str,
        /// Whether it ends in `/>`.
        closed: bool,
    },
    /// An end tag.
    End(&'a str),
    /// The text of a `<![CDATA[` section.
    Literal(&'a str),
    /// A comment, declaration or processing instruction.
    Remark,
}

/// Most attributes of one tag that are kept.
const MAX_ATTRIBUTES: usize = 64;

/// Reads `source` token by token.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    source: &'a str,
    at: usize,
    attributes: Vec<Attribute<'a>>,
    /// Names whose end tag is known not to follow any more.
    unended: Vec<&'static str>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            attributes: Vec::new(),
            unended: Vec::new(),
        }
    }

    /// The attributes of the start tag that was read last; of equal names the first counts.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Passes everything up to and including the end tag `name` (lower case) and gives what stood
    /// before it; nothing moves where there is none.
    pub(crate) fn skip_past_end(&mut self, name: &'static str) -> Option<&'a str> {
        if self.unended.contains(&name) {
            return None;
        }
        let bytes = self.source.as_bytes();
        let start = self.at;
        let mut from = start;
        while let Some(found) = self.source[from..].find("</") {
            let after = from + found + 2;
            let end = after + name.len();
            if bytes
                .get(after..end)
                .is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
                && bytes.get(end).is_none_or(|b| ends_name(*b))
            {
                self.at = self.tag(end).0;
                self.attributes.clear();
                return Some(&self.source[start..from + found]);
            }
            from = after;
        }
        self.unended.push(name);
        None
    }

    /// Passes everything that is left.
    pub(crate) fn skip_rest(&mut self) {
        self.at = self.source.len();
    }

    /// Reads a tag's attributes from behind its name into `self.attributes`; gives where the tag
    /// ends (behind its `>`, or the end of the source), whether it ended in `/>`, and whether it
    /// ended at all.
    fn tag(&mut self, mut at: usize) -> (usize, bool, bool) {
        let source = self.source;
        let bytes = source.as_bytes();
        self.attributes.clear();
        loop {
            while at < bytes.len() && is_space(bytes[at]) {
                at += 1;
            }
            match bytes.get(at) {
                None => return (at, false, false),
                Some(b'>') => return (at + 1, false, true),
                Some(b'/') => {
                    at += 1;
                    if bytes.get(at) == Some(&b'>') {
                        return (at + 1, true, true);
                    }
                    continue;
                }
                Some(_) => {}
            }
            let name = at;
            // A name may begin with `=`.
            at += 1;
            while at < bytes.len()
                && !matches!(bytes[at], b'=' | b'/' | b'>')
                && !is_space(bytes[at])
            {
                at += 1;
            }
            let name = &source[name..at];
            let mut value = "";
            let mut equals = at;
            while equals < bytes.len() && is_space(bytes[equals]) {
                equals += 1;
            }
            if bytes.get(equals) == Some(&b'=') {
                at = equals + 1;
                while at < bytes.len() && is_space(bytes[at]) {
                    at += 1;
                }
                match bytes.get(at) {
                    None => return (at, false, false),
                    Some(quote @ (b'"' | b'\'')) => {
                        let start = at + 1;
                        let Some(length) = source[start..].find(char::from(*quote)) else {
                            return (bytes.len(), false, false);
                        };
                        value = &source[start..start + length];
                        at = start + length + 1;
                    }
                    Some(b'>') => {}
                    Some(_) => {
                        let start = at;
                        while at < bytes.len() && bytes[at] != b'>' && !is_space(bytes[at]) {
                            at += 1;
                        }
                        value = &source[start..at];
                    }
                }
            }
            if self.attributes.len() < MAX_ATTRIBUTES {
                self.attributes.push(Attribute { name, value });
            }
        }
    }

    /// The remark that begins at `at` with `<!`, `<?` or `</`.
    fn remark(&mut self, at: usize) -> Token<'a> {
        let rest = &self.source[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            // `<!-->` and `<!--->` are whole comments.
            let length = if comment.starts_with('>') {
                Some(1)
            } else if comment.starts_with("->") {
                Some(2)
            } else {
                end_of_comment(comment)
            };
            self.at = length.map_or(self.source.len(), |n| at + 4 + n);
            return Token::Remark;
        }
        if let Some(text) = rest.strip_prefix("<![CDATA[") {
            let length = text.find("]]>").unwrap_or(text.len());
            self.at = (at + 9 + length + 3).min(self.source.len());
            return Token::Literal(&text[..length]);
        }
        self.at = rest
            .find('>')
            .map_or(self.source.len(), |length| at + length + 1);
        Token::Remark
    }
}

/// The length of a comment's text with its `-->` or `--!>`.
fn end_of_comment(comment: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = comment[from..].find("--") {
        let rest = &comment[from + found + 2..];
        if rest.starts_with('>') {
            return Some(from + found + 3);
        }
        if rest.starts_with("!>") {
            return Some(from + found + 4);
        }
        from += found + 1;
    }
    None
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let source = self.source;
        let bytes = source.as_bytes();
        let start = self.at;
        if start >= bytes.len() {
            return None;
        }
        let mut from = start;
        loop {
            let Some(found) = source[from..].find('<') else {
                self.at = bytes.len();
                return Some(Token::Text(&source[start..]));
            };
            let at = from + found;
            let markup = match bytes.get(at + 1) {
                Some(b'!' | b'?') => true,
                // `</` at the very end is text.
                Some(b'/') => at + 2 < bytes.len(),
                Some(b) => b.is_ascii_alphabetic(),
                None => false,
            };
            if !markup {
                from = at + 1;
                continue;
            }
            if at > start {
                self.at = at;
                return Some(Token::Text(&source[start..at]));
            }
            break;
        }
        let end_tag = bytes[start + 1] == b'/';
        let name = start + 1 + usize::from(end_tag);
        if !bytes[name].is_ascii_alphabetic() {
            return Some(self.remark(start));
        }
        let mut at = name;
        while at < bytes.len() && !ends_name(bytes[at]) {
            at += 1;
        }
        let (end, closed, whole) = self.tag(at);
        self.at = end;
        Some(if !whole {
            // Cut off within a tag: a browser drops it.
            Token::Remark
        } else if end_tag {
            Token::End(&source[name..at])
        } else {
            Token::Start {
                name: &source[name..at],
                closed,
            }
        })
    }
}

/// White space between attributes.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C')
}

/// What ends a tag's name.
fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(source: &str) -> String {
        let mut tokens = Tokens::new(source);
        let mut out = String::new();
        while let Some(token) = tokens.next() {
            out.push_str(&match token {
                Token::Text(text) => format!("[{text}]"),
                Token::Start { name, closed } => {
                    let attributes: String = tokens
                        .attributes()
                        .iter()
                        .map(|a| format!(" {}={}", a.name, a.value))
                        .collect();
                    format!("<{name}{attributes}{}>", if closed { "/" } else { "" })
                }
                Token::End(name) => format!("</{name}>"),
                Token::Literal(text) => format!("cdata({text})"),
                Token::Remark => "!".to_owned(),
            });
        }
        out
    }

    #[test]
    fn tokens_are_those_of_a_browser() {
        for (source, expected) in [
            ("a<b>c</b>d", "[a]<b>[c]</b>[d]"),
            (
                "<A HREF='x y' b=c d e = \"f>\"/>",
                "<A HREF=x y b=c d= e=f>/>",
            ),
            ("<a href=x/y/>z", "<a href=x/y/>[z]"),
            ("<br/>", "<br/>"),
            ("<br / >", "<br>"),
            ("a < b <3 <", "[a < b <3 <]"),
            ("</", "[</]"),
            ("</>x</ y>z", "![x]![z]"),
            (
                "<!-- a > -- b -->c<!-->d<!--->e<!---->f<!--x--!>g",
                "![c]![d]![e]![f]![g]",
            ),
            ("<!DOCTYPE html><?php x?>y", "!![y]"),
            ("<![CDATA[a<b]]>c", "cdata(a<b)[c]"),
            ("a<b c=\"d", "[a]!"),
            ("<!-- open", "!"),
            ("<p/x>", "<p x=>"),
            ("<p =a=b>", "<p =a=b>"),
            ("<p a=>b", "<p a=>[b]"),
        ] {
            assert_eq!(shown(source), expected, "{source}");
        }
    }

    #[test]
    fn skipping_stops_behind_the_end_tag() {
        let mut tokens = Tokens::new("<script>a</b></SCRIPT x>c");
        tokens.next();
        assert_eq!(tokens.skip_past_end("script"), Some("a</b>"));
        assert_eq!(tokens.next(), Some(Token::Text("c")));
        let mut tokens = Tokens::new("<script>a</scripty>");
        tokens.next();
        assert_eq!(tokens.skip_past_end("script"), None);
        assert_eq!(tokens.next(), Some(Token::Text("a")));
    }

    proptest! {
        #[test]
        fn any_text_ends(source in "(<|>|/|!|-|=|\"|'|&|a|b|é| |\\PC){0,200}") {
            let mut tokens = Tokens::new(&source);
            let mut last = 0;
            while tokens.next().is_some() {
                prop_assert!(tokens.position() > last);
                last = tokens.position();
            }
            prop_assert_eq!(last, source.len());
        }
    }
}
