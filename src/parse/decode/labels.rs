//! What a document or its header calls its encoding.

use encoding_rs::Encoding;

/// The `charset` parameter of a media type.
pub(super) fn charset_of(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches(['"', '\'']).trim())
            .filter(|value| !value.is_empty())
    })
}

/// The encoding that the XML declaration names, wherever it stands in the first kilobyte.
pub(super) fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(1024)];
    let head = String::from_utf8_lossy(head);
    let from = head.find("<?xml")?;
    let declaration = &head[from..];
    let declaration = &declaration[..declaration.find('>').unwrap_or(declaration.len())];
    let value = &declaration[declaration.find("encoding")? + 8..];
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = &value[1..];
    let name = value[..value.find(quote)?].trim();
    (!name.is_empty() && name.len() <= 40).then(|| name.to_owned())
}

/// The encoding of a label (WHATWG Encoding Standard), with the spellings that feeds use.
pub(super) fn known(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().to_ascii_lowercase();
    let found = Encoding::for_label_no_replacement(label.as_bytes())
        .or_else(|| Encoding::for_label_no_replacement(label.replace('_', "-").as_bytes()));
    found.or_else(|| {
        let alias = match label.replace(['-', '_', ' '], "").as_str() {
            "utf8" | "utf8mb4" | "utf" | "unicode" => "utf-8",
            "latin1" | "ansi" | "cp1252" | "win1252" | "ascii" | "usascii" | "8859-1"
            | "iso88591" => "windows-1252",
            "cp1251" | "win1251" | "windows1251" => "windows-1251",
            "cp1250" | "win1250" | "windows1250" => "windows-1250",
            "latin2" | "iso88592" => "iso-8859-2",
            "iso885915" | "latin9" => "iso-8859-15",
            "sjis" | "shiftjis" | "cp932" | "mskanji" => "shift_jis",
            "eucjp" => "euc-jp",
            "euckr" | "cp949" | "uhc" => "euc-kr",
            "gb2312" | "cp936" | "euccn" | "gb231280" => "gbk",
            "gb18030" => "gb18030",
            "big5" | "cp950" | "big5hkscs" => "big5",
            "koi8r" => "koi8-r",
            "koi8u" => "koi8-u",
            _ => return None,
        };
        Encoding::for_label(alias.as_bytes())
    })
}
