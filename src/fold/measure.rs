//! How good a folding is, beside labels that people gave: what a reader would see.
//!
//! The figures are those that folding research uses, so that they can be compared: B-cubed and
//! pairwise precision and recall, V-measure, the adjusted Rand index, and `fold`, which counts what
//! a reader notices: entries that were hidden under a lead, rightly or not.

use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What people say of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The event that it reports.
    pub story: String,
    /// The running affair that the event belongs to. Folding two events of one affair counts
    /// neither way in the lenient figures.
    pub topic: Option<String>,
}

/// Precision, recall, and the two means of them that weigh both equally and precision more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// The share of what was put together that belongs together.
    #[serde(rename = "P")]
    pub precision: f64,
    /// The share of what belongs together that was put together.
    #[serde(rename = "R")]
    pub recall: f64,
    /// Their harmonic mean.
    #[serde(rename = "F1")]
    pub f1: f64,
    /// The same with precision counting twice.
    #[serde(rename = "F05")]
    pub f05: f64,
}

impl Rates {
    fn new(precision: f64, recall: f64) -> Self {
        Self {
            precision,
            recall,
            f1: f_beta(precision, recall, 1.0),
            f05: f_beta(precision, recall, 0.5),
        }
    }
}

/// Rates over pairs of entries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pairs {
    /// The rates.
    #[serde(flatten)]
    pub rates: Rates,
    /// Pairs that were put together.
    pub pred: u64,
    /// Pairs that belong together.
    pub gold: u64,
    /// Pairs of both kinds.
    pub tp: u64,
    /// Precision where pairs of one topic don't count; absent where no label has a topic.
    #[serde(rename = "P_lenient", skip_serializing_if = "Option::is_none")]
    pub precision_lenient: Option<f64>,
}

/// What a reader sees: each story shows its first entry and hides the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Folds {
    /// The rates: of hidden entries, and of those that could be hidden.
    #[serde(flatten)]
    pub rates: Rates,
    /// Entries that are hidden.
    pub hidden: usize,
    /// Entries that could be: all but the first of each event.
    pub hideable: usize,
    /// The share of events that no lead reports.
    pub lost: f64,
    /// Precision where folds within one topic don't count; absent where no label has a topic.
    #[serde(rename = "P_lenient", skip_serializing_if = "Option::is_none")]
    pub precision_lenient: Option<f64>,
    /// F0.5 of that precision and the recall; absent where no label has a topic.
    #[serde(rename = "F05_lenient", skip_serializing_if = "Option::is_none")]
    pub f05_lenient: Option<f64>,
}

/// The figures of one folding. Serialised, the names are those that such tables use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Labelled entries.
    pub entries: usize,
    /// Events among them.
    pub gold_stories: usize,
    /// Stories that they were folded into.
    pub pred_clusters: usize,
    /// Averaged over entries.
    pub bcubed: Rates,
    /// Over pairs: the biggest stories rule it.
    pub pair: Pairs,
    /// What a reader sees.
    pub fold: Folds,
    /// V-measure: the harmonic mean of the next two.
    pub v: f64,
    /// Homogeneity: whether stories hold one event.
    pub h: f64,
    /// Completeness: whether events lie in one story.
    pub c: f64,
    /// The adjusted Rand index.
    pub ari: f64,
}

/// A mistake to read, by the places of both entries in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// The entry that is hidden, or shown, wrongly.
    pub entry: usize,
    /// What it is hidden under, or should be.
    pub lead: usize,
}

/// The figures, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The figures.
    pub figures: Figures,
    /// Entries that are hidden under a lead of another event and another topic.
    pub false_folds: Vec<Mistake>,
    /// Entries that are shown although their event was shown before.
    pub missed: Vec<Mistake>,
}

/// Measures a folding. `entries` has the labelled entries in order of arrival: the story that each
/// was folded into, and its label. `None` where there are none.
#[must_use]
pub fn measure(entries: &[(&str, &Label)]) -> Option<Measured> {
    if entries.is_empty() {
        return None;
    }
    let with_topics = entries.iter().any(|(_, label)| label.topic.is_some());
    let topic = |label: &Label| label.topic.clone().unwrap_or_else(|| label.story.clone());
    // Ordered, so that sums of fractions come out the same every time.
    let mut gold: BTreeMap<&str, u64> = BTreeMap::new();
    let mut stories: BTreeMap<&str, u64> = BTreeMap::new();
    let mut cells: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut of_topic: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for (story, label) in entries {
        *gold.entry(&label.story).or_default() += 1;
        *stories.entry(story).or_default() += 1;
        *cells.entry((story, &label.story)).or_default() += 1;
        if with_topics {
            *of_topic.entry((story, topic(label))).or_default() += 1;
        }
    }
    let n = float(entries.len() as u64);
    let share = |count: u64, of: Option<&u64>| float(count) / float(of.copied().unwrap_or(1));
    let sum_over_cells = |value: &dyn Fn(&str, &str, u64) -> f64| -> f64 {
        let each = cells
            .iter()
            .map(|((story, event), count)| value(story, event, *count));
        each.sum()
    };
    let bcubed = Rates::new(
        sum_over_cells(&|story, _, count| float(count) * share(count, stories.get(story))) / n,
        sum_over_cells(&|_, event, count| float(count) * share(count, gold.get(event))) / n,
    );

    let together: u64 = cells.values().copied().map(pairs_of).sum();
    let folded: u64 = stories.values().copied().map(pairs_of).sum();
    let belong: u64 = gold.values().copied().map(pairs_of).sum();
    let soft_pairs = of_topic
        .values()
        .copied()
        .map(pairs_of)
        .sum::<u64>()
        .saturating_sub(together);
    let pair = Pairs {
        rates: Rates::new(ratio(together, folded), ratio(together, belong)),
        pred: folded,
        gold: belong,
        tp: together,
        precision_lenient: with_topics.then(|| ratio(together, folded.saturating_sub(soft_pairs))),
    };

    let (folds, false_folds, missed) = look(entries, gold.len(), with_topics);

    let entropy = |counts: &BTreeMap<&str, u64>| -> f64 {
        let each = counts
            .values()
            .map(|count| -(float(*count) / n) * (float(*count) / n).ln());
        each.sum()
    };
    let conditional = |of: &dyn Fn(&str, &str) -> u64| {
        -sum_over_cells(&|story, event, count| {
            (float(count) / n) * (float(count) / float(of(story, event))).ln()
        })
    };
    let of_story = |story: &str, _: &str| stories.get(story).copied().unwrap_or(1);
    let of_event = |_: &str, event: &str| gold.get(event).copied().unwrap_or(1);
    let whole = |entropy: f64, rest: f64| {
        if entropy == 0.0 {
            1.0
        } else {
            1.0 - rest / entropy
        }
    };
    let h = whole(entropy(&gold), conditional(&of_story));
    let c = whole(entropy(&stories), conditional(&of_event));
    let all = pairs_of(entries.len() as u64);
    let expected = if all == 0 {
        0.0
    } else {
        float(folded) * float(belong) / float(all)
    };
    let most = (float(folded) + float(belong)) / 2.0;
    Some(Measured {
        figures: Figures {
            entries: entries.len(),
            gold_stories: gold.len(),
            pred_clusters: stories.len(),
            bcubed,
            pair,
            fold: folds,
            v: f_beta(h, c, 1.0),
            h,
            c,
            ari: if most == expected {
                1.0
            } else {
                (float(together) - expected) / (most - expected)
            },
        },
        false_folds,
        missed,
    })
}

/// Goes through the entries as a reader does.
fn look(
    entries: &[(&str, &Label)],
    events: usize,
    with_topics: bool,
) -> (Folds, Vec<Mistake>, Vec<Mistake>) {
    let topic = |label: &Label| label.topic.clone().unwrap_or_else(|| label.story.clone());
    let mut leads: HashMap<&str, usize> = HashMap::new();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let (mut hidden, mut good, mut soft) = (0_u64, 0_u64, 0_u64);
    let (mut false_folds, mut missed) = (Vec::new(), Vec::new());
    for (place, (story, label)) in entries.iter().enumerate() {
        let lead = *leads.entry(story).or_insert(place);
        if lead == place {
            let first = *shown.entry(&label.story).or_insert(place);
            if first != place {
                missed.push(Mistake {
                    entry: place,
                    lead: first,
                });
            }
            continue;
        }
        let of = entries.get(lead).map_or(*label, |(_, label)| *label);
        hidden += 1;
        if label.story == of.story {
            good += 1;
        } else if with_topics && topic(label) == topic(of) {
            soft += 1;
        } else {
            false_folds.push(Mistake { entry: place, lead });
        }
    }
    let hideable = entries.len() - events;
    let rates = Rates::new(ratio(good, hidden), ratio(good, hideable as u64));
    let lenient = with_topics.then(|| ratio(good, hidden - soft));
    let seen: HashSet<&str> = shown.keys().copied().collect();
    let folds = Folds {
        rates,
        hidden: usize::try_from(hidden).unwrap_or(usize::MAX),
        hideable,
        lost: float((events - seen.len()) as u64) / float(events as u64),
        precision_lenient: lenient,
        f05_lenient: lenient.map(|precision| f_beta(precision, rates.recall, 0.5)),
    };
    (folds, false_folds, missed)
}

/// Counts are far below 2^53.
fn float(count: u64) -> f64 {
    count as f64
}

/// Nothing of nothing is all of it.
fn ratio(part: u64, of: u64) -> f64 {
    if of == 0 {
        1.0
    } else {
        float(part) / float(of)
    }
}

fn pairs_of(count: u64) -> u64 {
    count * count.saturating_sub(1) / 2
}

/// The mean of precision and recall in which precision counts `1 / beta` times as much.
fn f_beta(precision: f64, recall: f64, beta: f64) -> f64 {
    let square = beta * beta;
    let under = square * precision + recall;
    if under == 0.0 {
        0.0
    } else {
        (1.0 + square) * precision * recall / under
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(story: &str, topic: Option<&str>) -> Label {
        Label {
            story: story.to_owned(),
            topic: topic.map(str::to_owned),
        }
    }

    fn measured(entries: &[(&str, &str)], topic: Option<&str>) -> Measured {
        let labels: Vec<Label> = entries
            .iter()
            .map(|(_, event)| label(event, topic))
            .collect();
        let entries: Vec<(&str, &Label)> = entries
            .iter()
            .zip(&labels)
            .map(|((story, _), label)| (*story, label))
            .collect();
        measure(&entries).unwrap()
    }

    #[track_caller]
    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn a_perfect_folding_is_one_everywhere() {
        let found = measured(&[("x", "1"), ("x", "1"), ("y", "2")], None);
        let figures = found.figures;
        for value in [
            figures.bcubed.f1,
            figures.pair.rates.f05,
            figures.fold.rates.f05,
            figures.v,
            figures.ari,
        ] {
            near(value, 1.0);
        }
        near(figures.fold.lost, 0.0);
        assert!(found.false_folds.is_empty() && found.missed.is_empty());
    }

    #[test]
    fn folding_nothing_is_precise_by_convention() {
        let found = measured(&[("1", "a"), ("2", "a"), ("3", "b")], None);
        near(found.figures.bcubed.recall, 2.0 / 3.0);
        near(found.figures.fold.rates.precision, 1.0);
        near(found.figures.fold.rates.recall, 0.0);
        assert_eq!(found.missed, [Mistake { entry: 1, lead: 0 }]);
    }

    #[test]
    fn folding_everything_loses_an_event() {
        let figures = measured(&[("1", "a"), ("1", "a"), ("1", "b")], None).figures;
        near(
            figures.bcubed.precision,
            (2.0 / 3.0 + 2.0 / 3.0 + 1.0 / 3.0) / 3.0,
        );
        near(figures.pair.rates.precision, 1.0 / 3.0);
        near(figures.fold.rates.precision, 0.5);
        near(figures.fold.lost, 0.5);
        near(figures.h, 0.0);
        near(figures.c, 1.0);
        near(figures.ari, 0.0);
    }

    /// Two events of three entries in three stories, worked out by hand.
    const MIXED: [(&str, &str); 6] = [
        ("0", "a"),
        ("0", "a"),
        ("1", "a"),
        ("1", "b"),
        ("1", "b"),
        ("2", "b"),
    ];

    #[test]
    fn a_mixed_folding_is_as_worked_out_by_hand() {
        let found = measured(&MIXED, None);
        let figures = found.figures;
        near(
            figures.bcubed.precision,
            (1.0 + 1.0 + 1.0 / 3.0 + 2.0 / 3.0 + 2.0 / 3.0 + 1.0) / 6.0,
        );
        near(figures.bcubed.recall, 5.0 / 9.0);
        near(figures.pair.rates.precision, 0.5);
        near(figures.pair.rates.recall, 1.0 / 3.0);
        // Hidden are the second (rightly), the fourth and fifth (under one of another event).
        near(figures.fold.rates.precision, 1.0 / 3.0);
        near(figures.fold.rates.recall, 0.25);
        near(figures.fold.lost, 0.0);
        let expected = 2.0 * 4.0 * 6.0 / 30.0;
        near(figures.ari, (2.0 - expected) / (5.0 - expected));
        let half = 2.0_f64.ln();
        let rest = -(1.0 / 6.0 * (1.0_f64 / 3.0).ln() + 1.0 / 3.0 * (2.0_f64 / 3.0).ln());
        near(figures.h, 1.0 - rest / half);
        assert_eq!(found.false_folds.len(), 2);
        assert_eq!(found.missed, [Mistake { entry: 2, lead: 0 }]);
    }

    #[test]
    fn folds_within_a_topic_count_neither_way() {
        let found = measured(&MIXED, Some("affair"));
        near(found.figures.pair.precision_lenient.unwrap(), 1.0);
        near(found.figures.fold.precision_lenient.unwrap(), 1.0);
        near(found.figures.fold.f05_lenient.unwrap(), 1.25 * 0.25 / 0.5);
        assert!(found.false_folds.is_empty());
    }

    #[test]
    fn the_first_entry_leads() {
        let mut other = MIXED;
        other.swap(2, 3);
        let figures = measured(&other, None).figures;
        near(figures.fold.rates.precision, 2.0 / 3.0);
        near(figures.fold.rates.recall, 0.5);
    }

    #[test]
    fn nothing_cannot_be_measured() {
        assert!(measure(&[]).is_none());
    }
}
