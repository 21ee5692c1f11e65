//! Which days of the week a text names: reports of one event name the same ones.

use super::hash::BuildQuick;
use super::words::Word;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Names and abbreviations, folded, from Monday on. English, German, French, Spanish, Italian,
/// Portuguese, Dutch, Polish, Russian.
const DAYS: [&[&str]; 7] = [
    &[
        "monday",
        "montag",
        "lundi",
        "lunes",
        "lunedi",
        "maandag",
        "poniedziałek",
        "poniedzialek",
        "понедельник",
    ],
    &[
        "tuesday",
        "dienstag",
        "mardi",
        "martes",
        "martedi",
        "terca",
        "dinsdag",
        "wtorek",
        "вторник",
    ],
    &[
        "wednesday",
        "mittwoch",
        "mercredi",
        "miercoles",
        "mercoledi",
        "quarta",
        "woensdag",
        "sroda",
        "srode",
        "среда",
        "среду",
    ],
    &[
        "thursday",
        "donnerstag",
        "jeudi",
        "jueves",
        "giovedi",
        "quinta",
        "donderdag",
        "czwartek",
        "четверг",
    ],
    &[
        "friday",
        "freitag",
        "vendredi",
        "viernes",
        "venerdi",
        "sexta",
        "vrijdag",
        "piatek",
        "пятница",
        "пятницу",
    ],
    &[
        "saturday",
        "samstag",
        "sonnabend",
        "samedi",
        "sabado",
        "sabato",
        "zaterdag",
        "sobota",
        "sobote",
        "суббота",
        "субботу",
    ],
    &[
        "sunday",
        "sonntag",
        "dimanche",
        "domingo",
        "domenica",
        "zondag",
        "niedziela",
        "niedziele",
        "воскресенье",
    ],
];

/// The days that a text names, as a bit set, bit 0 is Monday.
pub(super) fn weekdays<'a>(words: impl IntoIterator<Item = Word<'a>>) -> u8 {
    let mut named = 0;
    for word in words {
        let plain = word.folded.strip_suffix("'s").unwrap_or(word.folded);
        named |= BY_NAME.get(plain).copied().unwrap_or_default();
    }
    named
}

/// The days' bits by their names.
static BY_NAME: LazyLock<HashMap<&'static str, u8, BuildQuick>> = LazyLock::new(|| {
    let days = DAYS.iter().enumerate();
    days.flat_map(|(day, names)| names.iter().map(move |name| (*name, 1 << day)))
        .collect()
});
