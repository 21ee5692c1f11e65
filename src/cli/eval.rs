//! `feedfold eval`: how well entries fold, beside labels that people gave.

use super::arguments::{Eval, EvalLevel};
use super::surroundings::{Surroundings, block_on};
use super::{Ending, fold, lines, output};
use crate::config;
use crate::fold::{Figures, Label, Mistake, Replay, measure};
use crate::store::Refold;
use crate::text::without_controls;
use anyhow::anyhow;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

/// A label as a line of the file.
#[derive(Deserialize)]
struct GoldLine {
    id: Value,
    story: Value,
    topic: Option<Value>,
}

/// What of an entry's line is shown and ordered by.
#[derive(Deserialize)]
struct EntryLine {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    published: Option<String>,
}

/// A folded entry that has a label.
struct Folded {
    id: Value,
    title: String,
    published: String,
    story: String,
    label: Label,
    evidence: String,
}

/// Folds the entries as the configuration says, measures the result, and lists mistakes.
pub(super) fn run(surroundings: &Surroundings, options: &Eval) -> anyhow::Result<Ending> {
    let mut settings = surroundings.config()?.fold;
    settings.strict |= options.strict;
    let mut folded = match (&options.entries, &options.gold) {
        (Some(entries), Some(gold)) => of_files(settings, options.level, entries, gold)?,
        _ => of_corrections(surroundings, settings)?,
    };
    // A label file may date entries otherwise than their order in the file: the earliest leads.
    folded.sort_by(|a, b| a.published.cmp(&b.published));
    let pairs: Vec<(&str, &Label)> = folded
        .iter()
        .map(|entry| (entry.story.as_str(), &entry.label))
        .collect();
    let measured = measure(&pairs).ok_or_else(|| match options.corrections {
        true => anyhow!("no story was corrected by hand: nothing can be measured"),
        false => anyhow!("no entry has a label: nothing can be measured"),
    })?;
    let mut out = io::stdout().lock();
    if options.json {
        output::json_line(&mut out, &measured.figures)?;
    } else {
        print(&mut out, &measured.figures)?;
    }
    for (kind, mistakes) in [
        ("false", &measured.false_folds),
        ("missed", &measured.missed),
    ] {
        for mistake in mistakes.iter().take(options.show) {
            tell(&mut out, kind, *mistake, &folded, options.json)?;
        }
        let more = mistakes.len().saturating_sub(options.show);
        if more > 0 && !options.json && options.show > 0 {
            writeln!(out, "\n{more} more {kind} folds; --show tells more of them")?;
        }
    }
    Ok(Ending::Done)
}

/// The entries of a file that have a label in another one.
fn of_files(
    settings: config::Fold,
    level: EvalLevel,
    entries: &Path,
    gold: &Path,
) -> anyhow::Result<Vec<Folded>> {
    let mut labels = labels(gold)?;
    let mut replay = Replay::new(settings);
    let mut folded = Vec::new();
    lines::each(entries, |line| {
        let placed = replay.fold(line)?;
        // An id that comes twice counts once, as it was first folded.
        let Some(label) = labels.remove(&placed.id.to_string()) else {
            return Ok(());
        };
        let entry: EntryLine = serde_json::from_str(line)?;
        folded.push(Folded {
            title: without_controls(&format!(
                "{} ({})",
                entry.title.unwrap_or_default(),
                entry.source.unwrap_or_default()
            )),
            published: entry.published.unwrap_or_default(),
            story: match level {
                EvalLevel::Story => placed.story.to_string(),
                EvalLevel::Article => placed.article.to_string(),
            },
            id: placed.id,
            label,
            evidence: placed.evidence,
        });
        Ok(())
    })?;
    if !labels.is_empty() {
        tracing::warn!(
            "{} labelled entries are not among the entries and don't count",
            labels.len()
        );
    }
    Ok(folded)
}

/// The entries of stories that were corrected by hand: the stories are the labels, and folding
/// knows nothing of the corrections.
fn of_corrections(
    surroundings: &Surroundings,
    settings: config::Fold,
) -> anyhow::Result<Vec<Folded>> {
    block_on(async {
        let store = surroundings.store_to_read()?;
        let Some((stories, since)) = store.corrected().await? else {
            return Ok(Vec::new());
        };
        let rehearsed = store
            .rehearse(Refold {
                since,
                fold: settings,
                corrected: false,
            })
            .await?;
        let mut folded = Vec::new();
        for judged in rehearsed.entries {
            if !stories.contains(&judged.now) {
                continue;
            }
            let Some(entry) = store.entry(judged.entry).await? else {
                continue;
            };
            folded.push(Folded {
                id: judged.entry.0.into(),
                title: format!("{} ({})", entry.item.title, entry.outlet.title),
                published: output::moment(entry.dated()),
                story: judged.then.to_string(),
                label: Label {
                    story: judged.now.0.to_string(),
                    topic: None,
                },
                evidence: judged.evidence,
            });
        }
        Ok(folded)
    })
}

/// The labels by id.
fn labels(gold: &Path) -> anyhow::Result<HashMap<String, Label>> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut labels = HashMap::new();
    lines::each(gold, |line| {
        let gold: GoldLine = serde_json::from_str(line)
            .map_err(|fault| anyhow!("is no label ({fault}); wanted are \"id\" and \"story\""))?;
        let label = Label {
            story: text(gold.story),
            topic: gold.topic.map(text),
        };
        labels.insert(gold.id.to_string(), label);
        Ok(())
    })?;
    Ok(labels)
}

/// The figures as a table.
fn print(out: &mut impl Write, figures: &Figures) -> anyhow::Result<()> {
    let fold = &figures.fold;
    writeln!(
        out,
        "{} entries of {} events, folded into {} stories",
        figures.entries, figures.gold_stories, figures.pred_clusters
    )?;
    writeln!(
        out,
        "{} of {} hideable entries hidden, {:.1} % of the events lost",
        fold.hidden,
        fold.hideable,
        fold.lost * 100.0
    )?;
    let rows = [
        (
            "fold",
            Some(fold.rates.precision),
            fold.rates.recall,
            fold.rates.f05,
        ),
        (
            "fold, lenient",
            fold.precision_lenient,
            fold.rates.recall,
            fold.f05_lenient.unwrap_or_default(),
        ),
        (
            "pairs",
            Some(figures.pair.rates.precision),
            figures.pair.rates.recall,
            figures.pair.rates.f05,
        ),
        (
            "B-cubed",
            Some(figures.bcubed.precision),
            figures.bcubed.recall,
            figures.bcubed.f05,
        ),
    ];
    writeln!(out, "\n{:<15} {:>6} {:>6} {:>6}", "", "P", "R", "F0.5")?;
    for (name, precision, recall, f05) in rows {
        if let Some(precision) = precision {
            writeln!(out, "{name:<15} {precision:>6.4} {recall:>6.4} {f05:>6.4}")?;
        }
    }
    writeln!(
        out,
        "V-measure {:.4} (homogeneity {:.4}, completeness {:.4}), adjusted Rand index {:.4}",
        figures.v, figures.h, figures.c, figures.ari
    )?;
    Ok(())
}

/// A mistake with both headlines and what folding said.
fn tell(
    out: &mut impl Write,
    kind: &str,
    mistake: Mistake,
    folded: &[Folded],
    json: bool,
) -> anyhow::Result<()> {
    let (Some(entry), Some(lead)) = (folded.get(mistake.entry), folded.get(mistake.lead)) else {
        return Ok(());
    };
    if json {
        let told = serde_json::json!({
            "mistake": kind, "entry": entry.id, "title": entry.title,
            "lead": lead.id, "lead_title": lead.title, "evidence": entry.evidence,
        });
        return output::json_line(out, &told);
    }
    let under = match kind {
        "false" => "hidden under",
        _ => "belongs under",
    };
    writeln!(
        out,
        "\n{kind}: {} [{}]",
        entry.title,
        fold::plain(&entry.id)
    )?;
    writeln!(out, "  {under}: {} [{}]", lead.title, fold::plain(&lead.id))?;
    writeln!(out, "  because: {}", entry.evidence)?;
    Ok(())
}
