//! Function words of the languages that feeds are most written in: they say nothing about what a
//! text is about, and much about which language it is in.

use super::hash::BuildQuick;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A language whose function words are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
    Polish,
    Russian,
    /// None of these.
    Other,
}

/// Language, BCP 47 primary tag, function words (folded: lower case, no diacritics).
const LISTS: &[(Language, &str, &str)] = &[
    (
        Language::English,
        "en",
        "a an the of in on at to for from by with and or but as is are was were be been being it its this that these those he she they his her their you your we our i my me him them us not no do does did has have had will would can could may might should about into over after before up down out off than then so if when while how what who why which where there here also just more most new says said say s t re ve ll",
    ),
    (
        Language::German,
        "de",
        "der die das den dem des ein eine einen einem einer eines und oder aber als ist sind war waren wird werden wurde wurden hat haben hatte sein seine ihr ihre nicht kein keine auch noch nur schon mehr mit von vom zu zum zur im in am an auf aus bei beim nach uber unter vor fur durch gegen ohne um bis wie was wer wo warum wenn dass sich sie er es wir man so jetzt neue neuer neues neuen gegenuber seit soll sollen kann konnen will gibt laut",
    ),
    (
        Language::French,
        "fr",
        "le la les l un une des de du d et ou mais est sont etait ete etre a ont avait avec pour par sur dans en au aux ce cette ces cet son sa ses leur leurs il elle ils elles on nous vous je que qui quoi dont ne pas plus moins tres tout tous toute comme si se s qu n c j y apres avant sans sous entre vers chez deja encore aussi nouveau nouvelle nouveaux selon voici",
    ),
    (
        Language::Spanish,
        "es",
        "el la los las un una unos unas de del al y o pero es son fue era ser ha han habia con por para sobre en entre sin desde hasta este esta estos estas ese esa su sus lo le les se que quien como cuando donde no si mas muy ya tambien tras ante segun nuevo nueva nuevos nuevas asi todo todos hay",
    ),
    (
        Language::Italian,
        "it",
        "il lo la i gli le un uno una di del dello della dei degli delle e o ma e sono era stato essere ha hanno con per su sul sulla nel nella nei in da dal dalla al alla ai tra fra senza questo questa questi quello si che chi come quando dove non piu molto anche gia dopo prima secondo suo sua suoi loro ecco nuovo nuova nuovi ci ne tutto tutti",
    ),
    (
        Language::Portuguese,
        "pt",
        "o a os as um uma uns umas de do da dos das no na nos nas e ou mas e sao foi era ser tem com por pelo pela para sobre em entre sem desde ate este esta esse essa seu sua seus suas lhe se que quem como quando onde nao mais muito ja tambem apos ante segundo novo nova novos novas ao aos isso diz",
    ),
    (
        Language::Dutch,
        "nl",
        "de het een en of maar is zijn was waren wordt worden werd heeft hebben had niet geen ook nog al meer met van voor door op in aan uit bij naar over onder tot tegen zonder om te als dat die dit deze wat wie waar hoe wanneer ze hij zij het we je er zich zo nu nieuwe nieuw volgens kan zal",
    ),
    (
        Language::Polish,
        "pl",
        "i w we z ze na do od dla po za przez przed pod nad o u oraz lub ale czy ze to ten ta te tego tej tym jest sa byl byla bylo byly bedzie beda ma maja nie tak jak co kto gdzie kiedy juz jeszcze tez takze tylko sie jego jej ich nowy nowa nowe wedlug moze",
    ),
    (
        Language::Russian,
        "ru",
        "и в во на с со к по за из от до для о об при у не ни но а или что как это этот эта эти тот та те его ее их он она они мы вы я был была было были будет быть есть уже еще также только если когда где кто чем над под перед после без между новый новая новые так же бы ли",
    ),
];

/// Function words that tell nothing about the language of technology news.
const AMBIGUOUS: &[&str] = &[
    "ai", "in", "on", "me", "no", "as", "a", "do", "die", "men", "go",
];

/// The lists that a word is in, as a bit set by their places; one lookup serves all languages.
static WORDS: LazyLock<HashMap<&'static str, u16, BuildQuick>> = LazyLock::new(|| {
    let mut words = HashMap::default();
    for (at, (_, _, list)) in LISTS.iter().enumerate() {
        for word in list.split(' ') {
            *words.entry(word).or_default() |= 1 << at;
        }
    }
    // They stay function words, but are no sign of a language.
    for word in AMBIGUOUS {
        *words.entry(word).or_default() |= NO_SIGN;
    }
    words
});

/// The bit of [`AMBIGUOUS`] words.
const NO_SIGN: u16 = 1 << 15;

fn lists(word: &str) -> u16 {
    WORDS.get(word).copied().unwrap_or_default()
}

impl Language {
    /// The language of a text by its tag and its function words.
    pub(super) fn detect<'a>(tag: Option<&str>, folded: impl Iterator<Item = &'a str>) -> Self {
        let tagged = tag.and_then(|tag| {
            let primary = tag.split(['-', '_']).next()?.to_ascii_lowercase();
            match LISTS.iter().find(|(_, code, _)| *code == primary) {
                Some((language, _, _)) => Some(*language),
                None if primary.len() >= 2 => Some(Self::Other),
                None => None,
            }
        });
        let mut hits = [0usize; LISTS.len()];
        for lists in folded.map(lists).filter(|lists| lists & NO_SIGN == 0) {
            for (at, count) in hits.iter_mut().enumerate() {
                *count += usize::from(lists >> at & 1);
            }
        }
        let english = hits.first().copied().unwrap_or_default();
        let best = hits
            .iter()
            .enumerate()
            .max_by_key(|(at, n)| (**n, usize::MAX - at));
        match (best, tagged) {
            // Templates call every feed English: text that is plainly not wins over the tag.
            (Some((at, count)), tagged) if *count >= 3 && *count > 2 * english => match tagged {
                Some(tagged) if tagged != Self::English => tagged,
                _ => LISTS[at].0,
            },
            (_, Some(tagged)) => tagged,
            (Some((at, count)), None) if *count > english + 1 => LISTS[at].0,
            _ => Self::English,
        }
    }

    /// Whether a folded word is one of its function words. English ones count in every
    /// language but those where they are other words.
    pub(super) fn is_stop_word(self, folded: &str) -> bool {
        // The lists stand in the order of the languages.
        let at = match self {
            Self::Other => Self::English as usize,
            known => known as usize,
        };
        lists(folded) >> at & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(tag: Option<&str>, text: &str) -> Language {
        Language::detect(tag, text.split(' '))
    }

    #[test]
    fn languages_show_in_their_function_words() {
        assert_eq!(
            detect(
                None,
                "microsoft baut eigene modelle und will von openai weg"
            ),
            Language::German
        );
        assert_eq!(
            detect(
                None,
                "microsoft veut ses propres modeles sans le soutien de l allie"
            ),
            Language::French
        );
        assert_eq!(
            detect(None, "microsoft wants its own models in the cloud"),
            Language::English
        );
        assert_eq!(detect(None, "microsoft openai models"), Language::English);
    }

    #[test]
    fn the_lists_stand_in_the_order_of_the_languages() {
        for (at, (language, _, words)) in LISTS.iter().enumerate() {
            assert_eq!(*language as usize, at);
            assert!(words.split(' ').all(|word| language.is_stop_word(word)));
        }
    }

    #[test]
    fn a_wrong_tag_does_not_win_over_the_text() {
        assert_eq!(
            detect(
                Some("en-US"),
                "die bahn und der bund streiten mit der stadt"
            ),
            Language::German
        );
        assert_eq!(
            detect(Some("sv"), "nya modeller fran microsoft"),
            Language::Other
        );
    }
}
