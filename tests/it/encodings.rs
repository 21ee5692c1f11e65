//! Bytes in every encoding.

use feedfold::parse::parse;

fn feed(title: &str, declaration: &str) -> String {
    format!(
        "{declaration}<rss version='2.0'><channel><item><title>{title}</title></item></channel></rss>"
    )
}

fn title(bytes: &[u8], content_type: Option<&str>) -> String {
    let parsed = parse(bytes, content_type, None).unwrap();
    parsed.items[0].title.to_string()
}

#[test]
fn every_encoding_of_the_web_is_read_by_any_of_its_labels() {
    for (label, text) in [
        ("utf-8", "Žluťoučký kůň 日本"),
        ("ibm866", "Мост открыт"),
        ("iso-8859-2", "Žluťoučký kůň"),
        ("latin3", "Ĉiuĵaŭde"),
        ("iso-8859-4", "Šķērsot"),
        ("iso-8859-5", "Мост открыт"),
        ("iso-8859-6", "جسر"),
        ("iso-8859-7", "Γέφυρα"),
        ("iso-8859-8", "גשר"),
        ("iso-8859-10", "Þingvellir"),
        ("iso-8859-13", "Tiltą"),
        ("iso-8859-14", "Ŵyth"),
        ("iso-8859-15", "Œuvre à 5 €"),
        ("iso-8859-16", "Țară"),
        ("koi8-u", "Міст відкрито"),
        ("macintosh", "Café"),
        ("windows-874", "สะพาน"),
        ("windows-1250", "Žluťoučký kůň"),
        ("cp1251", "Мост открыт"),
        ("windows-1253", "Γέφυρα"),
        ("windows-1254", "Köprü açıldı ğ"),
        ("windows-1255", "גשר"),
        ("windows-1256", "جسر"),
        ("windows-1257", "Tiltą"),
        ("windows-1258", "Cầu"),
        ("gbk", "新桥今天通车"),
        ("gb18030", "新桥今天通车"),
        ("big5", "新橋今天通車"),
        ("euc-jp", "新しい橋が開通"),
        ("shift_jis", "新しい橋が開通"),
        ("euc-kr", "새 다리가 열렸다"),
    ] {
        let encoding = encoding_rs_of(label);
        let bytes = encoding.encode(&feed(text, "")).0.into_owned();
        let header = format!("application/rss+xml; charset=\"{}\"", label.to_uppercase());
        assert_eq!(title(&bytes, Some(&header)), text, "{label} in the header");
        let declaration = format!("<?xml version='1.0' encoding='{label}' ?>");
        let bytes = encoding.encode(&feed(text, &declaration)).0.into_owned();
        assert_eq!(title(&bytes, None), text, "{label} declared");
    }
}

fn encoding_rs_of(label: &str) -> &'static encoding_rs::Encoding {
    encoding_rs::Encoding::for_label(label.as_bytes()).unwrap()
}

#[test]
fn a_header_outranks_the_declaration_where_both_can_be_true() {
    let document = feed("Мост", "<?xml version='1.0' encoding='windows-1252'?>");
    let bytes = encoding_rs::KOI8_R.encode(&document).0.into_owned();
    assert_eq!(title(&bytes, Some("text/xml; charset=koi8-r")), "Мост");
}

#[test]
fn valid_utf_8_is_utf_8_whatever_it_is_called() {
    for label in [
        "iso-8859-1",
        "windows-1251",
        "utf-16",
        "big5",
        "no-such-thing",
    ] {
        let declaration = format!("<?xml version='1.0' encoding='{label}'?>");
        let document = feed("Žluťoučký kůň – “oui”", &declaration);
        assert_eq!(
            title(document.as_bytes(), None),
            "Žluťoučký kůň – “oui”",
            "{label}"
        );
    }
}

#[test]
fn a_marked_document_is_what_its_mark_says() {
    let document = feed("Žluťoučký", "<?xml version='1.0' encoding='iso-8859-1'?>");
    let bytes = [b"\xEF\xBB\xBF", document.as_bytes()].concat();
    assert_eq!(
        title(&bytes, Some("text/xml; charset=windows-1251")),
        "Žluťoučký"
    );
}
