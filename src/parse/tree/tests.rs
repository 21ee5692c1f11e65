use super::*;
use proptest::prelude::*;

/// The tree in a compact form: `name(children)`, texts in quotes.
fn shape(text: &str) -> String {
    fn write(element: Element<'_, '_>, out: &mut String) {
        for (index, child) in element.children().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            match child {
                Child::Text(text) => {
                    out.push('"');
                    out.push_str(text);
                    out.push('"');
                }
                Child::Element(element) => {
                    out.push_str(element.name());
                    for attribute in element.attributes() {
                        out.push('@');
                        out.push_str(attribute.name);
                        out.push('=');
                        out.push_str(&attribute.value);
                    }
                    out.push('(');
                    write(element, out);
                    out.push(')');
                }
            }
        }
    }
    let tree = Tree::read(text);
    let mut out = String::new();
    write(tree.document(), &mut out);
    out
}

#[test]
fn markup_is_read_as_it_was_meant() {
    for (text, expected) in [
        ("<a>1<b/>2</a>", r#"a("1" b() "2")"#),
        (
            "junk<?xml version='1.0'?><!-- c --><a>x</a>junk",
            r#"a("x")"#,
        ),
        ("<a x=1 y='2' z>t</a>", r#"a@x=1@y=2@z=("t")"#),
        ("<a href=b/>", "a@href=b()"),
        ("<a href=\"&eacute;&amp;c=1&d\"/>", "a@href=é&c=1&d()"),
        ("<a>1 < 2 & 3</a>", r#"a("1 < 2 & 3")"#),
        ("<a><![CDATA[<b>&amp;]]></a>", r#"a("<b>&amp;")"#),
        ("<a><b>x</a>", r#"a(b("x"))"#),
        ("<a>x</b></a>", r#"a("x")"#),
        ("<A>x</a>", r#"A("x")"#),
        ("<p>1<br>2</p>", r#"p("1" br() "2")"#),
        ("<a><!-- no end <b>x</b></a>", r#"a("x")"#),
        (
            "<a title=\"open><b c=\"d\">x</b></a>",
            r#"a@title=open(b@c=d("x"))"#,
        ),
        (
            "<!DOCTYPE a [<!ENTITY me \"my\">]><a>&me;</a>",
            r#"a("my")"#,
        ),
        ("<a><b</a>", "a(b())"),
    ] {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn a_new_entry_closes_what_was_left_open() {
    for (text, expected) in [
        (
            "<channel><item><title>1</title><item><title>2</title></item></channel>",
            r#"channel(item(title("1")) item(title("2")))"#,
        ),
        (
            "<channel><title>open<item><link>x<title>y</item></channel>",
            r#"channel(title("open") item(link("x") title("y")))"#,
        ),
        (
            "<feed><entry><content><div>a<entry><id>b</id></entry></feed>",
            r#"feed(entry(content(div("a"))) entry(id("b")))"#,
        ),
        (
            "<rss><channel><items><item/><item/></items></channel></rss>",
            "rss(channel(items(item() item())))",
        ),
    ] {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn namespaces_are_forgiving() {
    let tree = Tree::read(concat!(
        "<rss xmlns:m='http://search.yahoo.com/mrss' xmlns:dc='http://nowhere.example/'>",
        "<m:title/><dc:date/><itunes:author/><odd:x/><y xmlns='http://unknown.example/'/></rss>"
    ));
    let rss = tree.document().elements().next().unwrap();
    let spaces: Vec<Space> = rss.elements().map(|e| e.space()).collect();
    assert_eq!(
        spaces,
        [
            Space::Media,
            Space::Dc,
            Space::Itunes,
            Space::Other,
            Space::Core
        ]
    );
}

#[test]
fn depth_is_bounded_and_what_follows_is_kept() {
    let deep = format!(
        "<rss><channel><item>{}{}</item><item><title>after</title></item></channel></rss>",
        "<d>".repeat(5000),
        "</d>".repeat(5000)
    );
    let tree = Tree::read(&deep);
    let channel = tree
        .document()
        .elements()
        .next()
        .unwrap()
        .elements()
        .next()
        .unwrap();
    assert_eq!(channel.elements().count(), 2);
    assert_eq!(channel.elements().nth(1).unwrap().text(), "after");
}

#[test]
fn attributes_are_bounded() {
    let many = format!("<a {}>x</a>", "b='1' ".repeat(10_000));
    let tree = Tree::read(&many);
    let a = tree.document().elements().next().unwrap();
    assert_eq!(a.attributes().len(), MAX_ATTRIBUTES);
    assert_eq!(a.text(), "x");

    let long = format!("<a b='{}'>x</a>", "é".repeat(100_000));
    let tree = Tree::read(&long);
    let a = tree.document().elements().next().unwrap();
    assert_eq!(a.attribute("b").unwrap().len(), MAX_VALUE);
    assert_eq!(a.text(), "x");
}

proptest! {
    #[test]
    fn any_text_makes_a_tree(text in "(<|>|/|!|\\?|\\[|\\]|&|;|#|\"|'|=|-|a|item|CDATA|xmlns|:|\\PC| ){0,60}") {
        let tree = Tree::read(&text);
        prop_assert!(tree.nodes.len() <= text.len() + 1);
        prop_assert_eq!(tree.document().descendants().count() + 1,
            tree.nodes.iter().filter(|n| matches!(n.kind, Kind::Element { .. })).count());
    }
}
