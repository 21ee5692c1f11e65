//! Full-text search: the index, and expressions as conditions.

use super::Error;
use super::new_entries::searched_text;
use crate::entry::{EntryId, Item};
use crate::query::Expression;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// Adds an entry to the index.
pub(super) fn add(connection: &Connection, entry: EntryId, item: &Item) -> Result<(), Error> {
    put(
        connection,
        "INSERT INTO search (rowid, title, authors, text) VALUES (?1, ?2, ?3, ?4)",
        entry,
        item,
    )
}

/// Takes over an entry's text as it is now.
pub(super) fn replace(connection: &Connection, entry: EntryId, item: &Item) -> Result<(), Error> {
    put(
        connection,
        "INSERT OR REPLACE INTO search (rowid, title, authors, text) VALUES (?1, ?2, ?3, ?4)",
        entry,
        item,
    )
}

fn put(connection: &Connection, statement: &str, entry: EntryId, item: &Item) -> Result<(), Error> {
    let authors: Vec<&str> = item.authors.iter().map(|author| author.as_str()).collect();
    connection.prepare_cached(statement)?.execute(params![
        entry.0,
        item.title.as_str(),
        authors.join(", "),
        searched_text(item),
    ])?;
    Ok(())
}

/// Removes an entry from the index.
pub(super) fn remove(connection: &Connection, entry: EntryId) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM search WHERE rowid = ?1")?
        .execute([entry.0])?;
    Ok(())
}

/// An SQL condition on `column`, an entry's number, that holds where its text matches. Values are
/// added to `values` and named by their place.
pub(super) fn condition(expression: &Expression, column: &str, values: &mut Vec<Value>) -> String {
    if let Some(matching) = matching(expression) {
        values.push(Value::Text(matching));
        let place = values.len();
        return format!("{column} IN (SELECT rowid FROM search WHERE search MATCH ?{place})");
    }
    let mut all = |parts: &[Expression], between: &str| {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| condition(part, column, values))
            .collect();
        format!("({})", parts.join(between))
    };
    match expression {
        Expression::And(parts) if !parts.is_empty() => all(parts, " AND "),
        Expression::Or(parts) if !parts.is_empty() => all(parts, " OR "),
        Expression::Not(part) => format!("NOT {}", condition(part, column, values)),
        // No terms ask for nothing in particular.
        _ => "1".to_owned(),
    }
}

/// Hits from which on a text is common: walking the newest entries finds a page sooner than
/// sorting all hits by date.
const COMMON: i64 = 2_000;

/// Whether a text is found in many entries.
pub(super) fn is_common(connection: &Connection, expression: &Expression) -> Result<bool, Error> {
    let Some(matching) = matching(expression) else {
        // Negations mostly leave a lot.
        return Ok(true);
    };
    let found: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ?1 LIMIT ?2)",
        )?
        .query_row(params![matching, COMMON], |row| row.get(0))?;
    Ok(found == COMMON)
}

/// The expression in the language of the index, where that can say it: it has no negation of its
/// own, only a difference.
fn matching(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Word(word) => quoted(word),
        Expression::Phrase(words) => quoted(&words.join(" ")),
        Expression::Prefix(word) => quoted(word).map(|word| format!("{word} *")),
        Expression::Or(parts) if !parts.is_empty() => {
            let parts: Option<Vec<String>> = parts.iter().map(matching).collect();
            Some(format!("({})", parts?.join(" OR ")))
        }
        Expression::And(parts) if !parts.is_empty() => {
            let (without, with): (Vec<_>, Vec<_>) = parts
                .iter()
                .partition(|part| matches!(part, Expression::Not(_)));
            if with.is_empty() {
                return None;
            }
            let with: Option<Vec<String>> = with.into_iter().map(matching).collect();
            let mut text = format!("({})", with?.join(" AND "));
            for part in without {
                let Expression::Not(part) = part else {
                    continue;
                };
                text = format!("({text} NOT {})", matching(part)?);
            }
            Some(text)
        }
        _ => None,
    }
}

/// Words as the index takes them literally; `None` where it would see no word at all.
fn quoted(words: &str) -> Option<String> {
    words
        .chars()
        .any(char::is_alphanumeric)
        .then(|| format!("\"{}\"", words.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse_text;

    fn shown(text: &str) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let expression = parse_text(text).unwrap().unwrap();
        let condition = condition(&expression, "id", &mut values);
        (condition, values)
    }

    #[test]
    fn what_the_index_can_say_is_one_question() {
        for (text, expected) in [
            ("ship", "\"ship\""),
            ("ship harbour", "(\"ship\" AND \"harbour\")"),
            ("\"the ship\" OR har*", "(\"the ship\" OR \"har\" *)"),
            ("ship -harbour", "((\"ship\") NOT \"harbour\")"),
        ] {
            let (condition, values) = shown(text);
            assert_eq!(
                condition,
                "id IN (SELECT rowid FROM search WHERE search MATCH ?1)"
            );
            assert_eq!(values, [Value::Text(expected.to_owned())], "{text}");
        }
    }

    #[test]
    fn negation_alone_is_put_together_from_several() {
        let (condition, values) = shown("-ship");
        assert_eq!(
            condition,
            "NOT id IN (SELECT rowid FROM search WHERE search MATCH ?1)"
        );
        assert_eq!(values.len(), 1);
    }
}
