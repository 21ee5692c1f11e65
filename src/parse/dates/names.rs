//! Names of months, and marks of the day's halves, without accents and in lower case.

/// The names of each month: English, French, German, Spanish, Italian, Portuguese, Dutch, Polish,
/// Russian, Ukrainian, Bulgarian, Greek, Hungarian, Turkish, Romanian, Scandinavian, Finnish,
/// Indonesian, Czech, Arabic, Hebrew; Chinese numerals. A few are slips that well-known software makes.
const MONTHS: [&[&str]; 12] = [
    &[
        "january",
        "janvier",
        "januar",
        "janner",
        "januari",
        "enero",
        "gennaio",
        "janeiro",
        "stycznia",
        "styczen",
        "января",
        "январь",
        "січня",
        "січень",
        "ιανουαριου",
        "ιανουαριοσ",
        "ocak",
        "ianuarie",
        "ledna",
        "leden",
        "一月",
        "يناير",
        "ינואר",
        "tammikuuta",
        "януари",
    ],
    &[
        "february",
        "fevrier",
        "februar",
        "feber",
        "februari",
        "febrero",
        "febbraio",
        "fevereiro",
        "lutego",
        "luty",
        "февраля",
        "февраль",
        "лютого",
        "лютии",
        "φεβρουαριου",
        "φεβρουαριοσ",
        "subat",
        "februarie",
        "unora",
        "unor",
        "二月",
        "فبراير",
        "פברואר",
        "helmikuuta",
        "февруари",
    ],
    &[
        "march",
        "mars",
        "marz",
        "maerz",
        "marts",
        "marzo",
        "marco",
        "maart",
        "mrt",
        "marca",
        "marzec",
        "марта",
        "март",
        "березня",
        "березень",
        "μαρτιου",
        "μαρτιοσ",
        "μαω",
        "marcius",
        "mart",
        "martie",
        "maret",
        "brezna",
        "brezen",
        "三月",
        "مارس",
        "מרץ",
        "מרס",
        "maaliskuuta",
    ],
    &[
        "april",
        "avril",
        "abril",
        "aprile",
        "kwietnia",
        "kwiecien",
        "апреля",
        "апрель",
        "квітня",
        "квітень",
        "απριλιου",
        "απριλιοσ",
        "aprilis",
        "nisan",
        "aprilie",
        "dubna",
        "duben",
        "四月",
        "أبريل",
        "ابريل",
        "إبريل",
        "אפריל",
        "huhtikuuta",
        "април",
    ],
    &[
        "may",
        "mai",
        "mayo",
        "maggio",
        "maio",
        "mei",
        "maja",
        "maj",
        "мая",
        "маи",
        "травня",
        "травень",
        "μαιου",
        "μαιοσ",
        "majus",
        "maujus",
        "mayis",
        "kvetna",
        "kveten",
        "五月",
        "مايو",
        "מאי",
        "toukokuuta",
    ],
    &[
        "june",
        "juin",
        "juni",
        "junio",
        "giugno",
        "junho",
        "czerwca",
        "czerwiec",
        "июня",
        "июнь",
        "червня",
        "червень",
        "ιουνιου",
        "ιουνιοσ",
        "ιουν",
        "ιον",
        "junius",
        "haziran",
        "iunie",
        "cervna",
        "cerven",
        "六月",
        "يونيو",
        "יוני",
        "kesakuuta",
        "юни",
    ],
    &[
        "july",
        "juillet",
        "juli",
        "julio",
        "luglio",
        "julho",
        "lipca",
        "lipiec",
        "июля",
        "июль",
        "липня",
        "липень",
        "ιουλιου",
        "ιουλιοσ",
        "ιουλ",
        "ιολ",
        "julius",
        "temmuz",
        "iulie",
        "cervence",
        "cervenec",
        "七月",
        "يوليو",
        "يوليوز",
        "יולי",
        "heinakuuta",
        "юли",
    ],
    &[
        "august",
        "aout",
        "agosto",
        "augustus",
        "augusti",
        "sierpnia",
        "sierpien",
        "августа",
        "август",
        "серпня",
        "серпень",
        "αυγουστου",
        "αυγουστοσ",
        "augusztus",
        "agustos",
        "agustus",
        "srpna",
        "srpen",
        "八月",
        "أغسطس",
        "اغسطس",
        "אוגוסט",
        "elokuuta",
    ],
    &[
        "september",
        "septembre",
        "septiembre",
        "settembre",
        "setembro",
        "setiembre",
        "wrzesnia",
        "wrzesien",
        "сентября",
        "сентябрь",
        "вересня",
        "вересень",
        "σεπτεμβριου",
        "σεπτεμβριοσ",
        "szeptember",
        "eylul",
        "septembrie",
        "zari",
        "九月",
        "سبتمبر",
        "ספטמבר",
        "syyskuuta",
        "септември",
    ],
    &[
        "october",
        "octobre",
        "oktober",
        "octubre",
        "ottobre",
        "outubro",
        "pazdziernika",
        "pazdziernik",
        "октября",
        "октябрь",
        "жовтня",
        "жовтень",
        "οκτωβριου",
        "οκτωβριοσ",
        "ekim",
        "octombrie",
        "rijna",
        "rijen",
        "十月",
        "أكتوبر",
        "اكتوبر",
        "אוקטובר",
        "lokakuuta",
        "октомври",
    ],
    &[
        "november",
        "novembre",
        "noviembre",
        "novembro",
        "listopada",
        "listopad",
        "ноября",
        "ноябрь",
        "листопада",
        "листопад",
        "νοεμβριου",
        "νοεμβριοσ",
        "kasim",
        "noiembrie",
        "十一月",
        "نوفمبر",
        "נובמבר",
        "marraskuuta",
        "ноември",
    ],
    &[
        "december",
        "decembre",
        "dezember",
        "diciembre",
        "dicembre",
        "dezembro",
        "grudnia",
        "grudzien",
        "декабря",
        "декабрь",
        "грудня",
        "грудень",
        "δεκεμβριου",
        "δεκεμβριοσ",
        "aralik",
        "decembrie",
        "desember",
        "prosince",
        "prosinec",
        "十二月",
        "ديسمبر",
        "דצמבר",
        "joulukuuta",
        "декември",
    ],
];

/// The month (1 to 12) that `word` (folded) names or begins to name, with at least three letters.
pub(super) fn month(word: &str) -> Option<u32> {
    let short = word.chars().count() < 3;
    MONTHS
        .iter()
        .position(|names| {
            names
                .iter()
                .any(|name| *name == word || (!short && name.starts_with(word)))
        })
        .and_then(|at| u32::try_from(at + 1).ok())
}

/// Whether `word` (folded, without dots) marks the second half of the day; `None` where it marks
/// neither.
pub(super) fn half(word: &str) -> Option<bool> {
    match word {
        "am" | "πμ" | "오전" | "午前" | "上午" | "凌晨" | "早上" | "delelott" => {
            Some(false)
        }
        "pm" | "μμ" | "오후" | "午後" | "下午" | "晚上" | "delutan" => Some(true),
        _ => None,
    }
}

/// Words that stand in dates and say nothing.
pub(super) fn is_noise(word: &str) -> bool {
    matches!(
        word,
        "at" | "on"
            | "of"
            | "the"
            | "st"
            | "nd"
            | "rd"
            | "th"
            | "le"
            | "a"
            | "er"
            | "den"
            | "der"
            | "am"
            | "um"
            | "uhr"
            | "de"
            | "del"
            | "el"
            | "las"
            | "la"
            | "alle"
            | "ore"
            | "il"
            | "do"
            | "as"
            | "om"
            | "van"
            | "kl"
            | "klo"
            | "o"
            | "godz"
            | "r"
            | "в"
            | "г"
            | "года"
            | "στισ"
            | "και"
            | "h"
            | "and"
            | "posted"
            | "published"
            | "dia"
            | "roku"
            | "р"
            | "t"
    ) || is_weekday(word)
}

/// Whether `word` is a day of the week that stands behind the date.
fn is_weekday(word: &str) -> bool {
    [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "星期", "周", "週",
    ]
    .iter()
    .any(|start| word.starts_with(start))
        || ["曜日", "요일"].iter().any(|end| word.ends_with(end))
}

/// `text` in lower case without the accents of the languages above.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| {
            Some(match c {
                'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' | 'ă' => 'a',
                'ç' | 'ć' | 'č' => 'c',
                'ď' => 'd',
                'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
                'ğ' => 'g',
                'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
                'ł' => 'l',
                'ñ' | 'ń' | 'ň' => 'n',
                'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ő' => 'o',
                'ř' => 'r',
                'ś' | 'š' | 'ş' | 'ș' => 's',
                'ť' | 'ţ' | 'ț' => 't',
                'ù' | 'ú' | 'û' | 'ü' | 'ű' | 'ů' => 'u',
                'ý' => 'y',
                'ź' | 'ż' | 'ž' => 'z',
                'ά' => 'α',
                'έ' => 'ε',
                'ή' => 'η',
                'ί' | 'ϊ' | 'ΐ' => 'ι',
                'ό' => 'ο',
                'ύ' | 'ϋ' | 'ΰ' => 'υ',
                'ώ' => 'ω',
                'ς' => 'σ',
                'й' => 'и',
                '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0'))?,
                '：' => ':',
                '，' | '、' => ',',
                '\u{2212}' | '\u{2013}' | '\u{2010}' => '-',
                // Combining marks, soft hyphens and marks of direction.
                '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{200E}' | '\u{200F}' => return None,
                c if c.is_whitespace() => ' ',
                c => c,
            })
        })
        .collect()
}
