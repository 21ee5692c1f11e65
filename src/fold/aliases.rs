//! Words that mean the same in English headlines: forms that no rule of endings brings together,
//! names of companies on the stock exchange, units, nations and their people, small numbers.

use super::hash::{BuildQuick, Kind, hash32};
use super::words::stem;
use std::collections::HashMap;
use std::sync::LazyLock;

/// On each line the word that the others count as. Words whose endings the stemmer cuts stand in
/// one form only.
const SAME: &str = "\
begin began begun
break broke broken
build built
buy bought acquire acquisition purchase takeover buyout
catch caught
choose chose chosen
come came
cut slash
die died dies dead death
fall fell fallen
find found
get got
give gave given
grow grew grown
hide hidden
hold held
layoff fire
lead led
leave left
lose lost
make made
meet met
pay paid
resign resignation
rise rose risen
seek sought
sell sold
send sent
shoot shot
show shown
speak spoke
spend spent
steal stole stolen
strike struck
sue sued sues suing lawsuit
take took taken
tell told
win won
quake earthquake temblor tremor
movie film flick
phone smartphone cellphone handset
carmaker automaker
chip chipmaker
amazon amzn
apple aapl
google goog alphabet
microsoft msft
nvidia nvda
tesla tsla
million mln
billion bn bln
trillion tn trn
america american usa
australia australian
brazil brazilian
canada canadian
china chinese
europe european eu
france french
germany german
india indian
iran iranian
israel israeli
italy italian
japan japanese
korea korean
mexico mexican
russia russian
spain spanish
turkey turkish
uk britain british england
ukraine ukrainian
1 one
2 two
3 three
4 four
5 five
6 six
7 seven
8 eight
9 nine
10 ten
1st first
2nd second
3rd third
";

static CANONICAL: LazyLock<HashMap<u32, u32, BuildQuick>> = LazyLock::new(|| {
    let term = |word: &str| hash32(Kind::Term, &stem(word));
    let mut canonical = HashMap::default();
    for line in SAME.lines() {
        let mut words = line.split(' ').map(term);
        let Some(first) = words.next() else { continue };
        canonical.extend(words.map(|word| (word, first)));
    }
    canonical
});

/// The term that a term of English counts as: another, or itself.
pub(super) fn canonical(term: u32) -> u32 {
    CANONICAL.get(&term).copied().unwrap_or(term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_word_counts_as_two_and_none_as_one_that_counts_as_another() {
        let mut seen = HashSet::new();
        for word in SAME.split_whitespace() {
            assert!(seen.insert(stem(word)), "{word} stands here twice");
        }
        for first in CANONICAL.values() {
            assert_eq!(canonical(*first), *first);
        }
    }
}
