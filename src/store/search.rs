//! Full-text search: the index, and expressions as conditions.

use super::Error;
use super::new_entries::searched_text;
use crate::entry::{EntryId, Item};
use crate::query::{Expression, Part};
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

/// Hits from which on a text is common: walking the newest entries finds a page sooner than
/// sorting all hits by date.
const COMMON: i64 = 2_000;

/// Whether a text, in the language of the index, is found in many entries.
pub(super) fn is_common(connection: &Connection, matching: &str) -> Result<bool, Error> {
    let found: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ?1 LIMIT ?2)",
        )?
        .query_row(params![matching, COMMON], |row| row.get(0))?;
    Ok(found == COMMON)
}

/// The expression in the language of the index, looked for in `part` only where one is given;
/// `None` where that can't say it: it knows nothing but text, and of negation only a difference.
pub(super) fn matching(expression: &Expression, part: Option<Part>) -> Option<String> {
    match expression {
        Expression::Word(word) => quoted(word, part),
        Expression::Phrase(words) => quoted(&words.join(" "), part),
        Expression::Prefix(word) => quoted(word, part).map(|word| format!("{word} *")),
        Expression::In(part, inner) => matching(inner, Some(*part)),
        Expression::Or(parts) if !parts.is_empty() => {
            let parts: Option<Vec<String>> = parts.iter().map(|one| matching(one, part)).collect();
            Some(format!("({})", parts?.join(" OR ")))
        }
        Expression::And(parts) if !parts.is_empty() => {
            let (without, with): (Vec<_>, Vec<_>) = parts
                .iter()
                .partition(|part| matches!(part, Expression::Not(_)));
            if with.is_empty() {
                return None;
            }
            let with: Option<Vec<String>> =
                with.into_iter().map(|one| matching(one, part)).collect();
            let mut text = format!("({})", with?.join(" AND "));
            for other in without {
                let Expression::Not(other) = other else {
                    continue;
                };
                text = format!("({text} NOT {})", matching(other, part)?);
            }
            Some(text)
        }
        _ => None,
    }
}

/// Words as the index takes them literally; `None` where it would see no word at all.
fn quoted(words: &str, part: Option<Part>) -> Option<String> {
    let column = match part {
        None => "",
        Some(Part::Title) => "title : ",
        Some(Part::Author) => "authors : ",
    };
    words
        .chars()
        .any(char::is_alphanumeric)
        .then(|| format!("{column}\"{}\"", words.replace('"', "\"\"")))
}
