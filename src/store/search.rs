//! Full-text search: what is indexed, and expressions in the language of the index.

use super::Error;
use super::body::Unpacker;
use super::new_entries::searched_text;
use super::polling::rows as rows_of;
use super::spelling::{asked, indexed};
use crate::entry::{EntryId, Item};
use crate::fold::{Prepared, is_english};
use crate::query::{Expression, Part};
use crate::text::{Plain, SafeHtml};
use rusqlite::{Connection, params};
use std::borrow::Cow;

/// An index for English, whose words are stemmed, and one for all other languages, which stemming
/// as in English would hurt.
pub(super) const INDEXES: [&str; 2] = ["search", "search_plain"];

/// What is found of an entry.
pub(super) struct Row {
    is_english: bool,
    title: String,
    authors: String,
    text: String,
    labels: String,
}

impl Row {
    /// What is found of an entry that was prepared for folding, whose plain texts it takes.
    pub(super) fn of(prepared: &mut Prepared) -> Self {
        let (summary, content) = (&mut prepared.summary, &mut prepared.content);
        let text = searched_text(std::mem::take(summary), std::mem::take(content));
        Self::new(&prepared.item, text, prepared.is_english)
    }

    /// What is found of a stored item.
    pub(super) fn of_stored(item: &Item) -> Self {
        let plain = |html: &Option<SafeHtml>| {
            let html = html.as_ref();
            html.map_or_else(String::new, |html| html.to_plain(Prepared::MAX_TEXT))
        };
        let text = searched_text(plain(&item.summary), plain(&item.content));
        Self::new(item, text, is_english(item))
    }

    fn new(item: &Item, text: String, is_english: bool) -> Self {
        let spelt = |text: String| match indexed(&text) {
            Cow::Owned(spelt) => spelt,
            Cow::Borrowed(_) => text,
        };
        let list = |parts: &[Plain]| {
            let parts: Vec<&str> = parts.iter().map(Plain::as_str).collect();
            spelt(parts.join(", "))
        };
        Self {
            is_english,
            title: indexed(item.title.as_str()).into_owned(),
            authors: list(&item.authors),
            text: spelt(text),
            labels: list(&item.categories),
        }
    }

    /// How much text it is.
    pub(super) fn bytes(&self) -> usize {
        self.title.len() + self.authors.len() + self.text.len() + self.labels.len()
    }
}

/// Adds an entry to the index of its language.
pub(super) fn add(connection: &Connection, entry: EntryId, row: &Row) -> Result<(), Error> {
    let [english, other] = INDEXES;
    let index = if row.is_english { english } else { other };
    connection
        .prepare_cached(&format!(
            "INSERT INTO {index} (rowid, title, authors, text, labels) VALUES (?1, ?2, ?3, ?4, ?5)"
        ))?
        .execute(params![
            entry.0,
            row.title,
            row.authors,
            row.text,
            row.labels
        ])?;
    Ok(())
}

/// Removes an entry, whichever index it is in.
pub(super) fn remove(connection: &Connection, entry: EntryId) -> Result<(), Error> {
    for index in INDEXES {
        connection
            .prepare_cached(&format!("DELETE FROM {index} WHERE rowid = ?1"))?
            .execute([entry.0])?;
    }
    Ok(())
}

/// Forgets everything.
pub(super) fn clear(connection: &Connection) -> Result<(), Error> {
    for index in INDEXES {
        connection.execute(
            &format!("INSERT INTO {index} ({index}) VALUES ('delete-all')"),
            [],
        )?;
    }
    Ok(())
}

/// Adds the stored entries after number `after`, at most so many; the number of the last, or
/// `None` where there are no more.
pub(super) fn refill(
    connection: &Connection,
    after: EntryId,
    most: usize,
) -> Result<Option<EntryId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT e.id, e.title, b.body FROM entries e JOIN bodies b ON b.entry = e.id \
         WHERE e.id > ?1 ORDER BY e.id LIMIT ?2",
    )?;
    let mut tag = connection.prepare_cached("UPDATE entries SET language = ?2 WHERE id = ?1")?;
    let mut unpacker = Unpacker::default();
    let mut rows = statement.query(params![after.0, rows_of(most)])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        let entry = EntryId(row.get(0)?);
        let mut item = Item {
            title: Plain::new(row.get_ref(1)?.as_str().unwrap_or_default()),
            ..Item::default()
        };
        unpacker.unpack(row.get_ref(2)?.as_blob().unwrap_or_default(), &mut item)?;
        // One that arrived or changed while the index is filled is in it already.
        remove(connection, entry)?;
        add(connection, entry, &Row::of_stored(&item))?;
        tag.execute(params![entry.0, language(&item)])?;
        last = Some(entry);
    }
    Ok(last)
}

/// An entry's language as it is stored.
pub(super) fn language(item: &Item) -> Option<String> {
    item.language.as_deref().map(str::to_ascii_lowercase)
}

/// The numbers of the entries that match the value at `place` of a statement.
pub(super) fn hits(place: &str) -> String {
    let [english, other] = INDEXES;
    format!(
        "SELECT rowid FROM {english} WHERE {english} MATCH {place} \
         UNION ALL SELECT rowid FROM {other} WHERE {other} MATCH {place}"
    )
}

/// A condition: the index has the entry `entry` of a statement among what matches the value at `place`.
pub(super) fn is_hit(place: &str, entry: &str) -> String {
    let parts = INDEXES.map(|index| {
        format!("EXISTS (SELECT 1 FROM {index} WHERE {index} MATCH {place} AND rowid = {entry}.id)")
    });
    format!("({})", parts.join(" OR "))
}

/// For each index, a statement for the numbers that match `?1` and are below `?2`, the latest arrival
/// first, and one for those from `?2` to `?3`, ascending.
pub(super) fn apart_by_number() -> [[String; 2]; 2] {
    INDEXES.map(|index| {
        let hits = format!("SELECT rowid FROM {index} WHERE {index} MATCH ?1");
        [
            format!("{hits} AND rowid < ?2 ORDER BY rowid DESC"),
            format!("{hits} AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid"),
        ]
    })
}

/// What words weigh in the headline, the authors, the text and the labels.
const WEIGHTS: &str = "10.0, 3.0, 1.0, 3.0";

/// For each index, a statement for the entries with numbers from `?2` to `?3` that match `?1`, and how
/// well they fit: more is better. Reads all that is found of each word, to know how rare it is.
pub(super) fn likeness() -> [String; 2] {
    INDEXES.map(|index| {
        format!(
            "SELECT rowid, -bm25({index}, {WEIGHTS}) FROM {index} WHERE {index} MATCH ?1 \
             AND rowid BETWEEN ?2 AND ?3"
        )
    })
}

/// The same text, but all of it in the headline.
pub(super) fn in_title(matching: &str) -> String {
    format!("title : ({matching})")
}

/// The same text, but all of it in headline, authors and labels.
pub(super) fn named(matching: &str) -> String {
    format!("{{title authors labels}} : ({matching})")
}

/// Whether the words of a text are found in so many entries at most, all added.
pub(super) fn is_rare(
    connection: &Connection,
    expression: &Expression,
    most: usize,
) -> Result<bool, Error> {
    let mut words = Vec::new();
    collect_words(expression, None, &mut words);
    let mut left = rows_of(most);
    let mut count =
        connection.prepare_cached(&format!("SELECT count(*) FROM ({} LIMIT ?2)", hits("?1")))?;
    for word in words {
        left -= count.query_row(params![word, left + 1], |row| row.get::<_, i64>(0))?;
        if left < 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What stands alone in an expression, in the language of the index.
fn collect_words(expression: &Expression, part: Option<Part>, words: &mut Vec<String>) {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => {
            for one in parts {
                collect_words(one, part, words);
            }
        }
        Expression::Not(inner) => collect_words(inner, part, words),
        Expression::In(part, inner) => collect_words(inner, Some(*part), words),
        _ => words.extend(matching(expression, part)),
    }
}

/// Hits from which on a text is common: walking the newest entries finds a page sooner than
/// sorting all hits by date.
const COMMON: i64 = 10_000;

/// Whether a text, in the language of the index, is found in many entries.
pub(super) fn is_common(connection: &Connection, matching: &str) -> Result<bool, Error> {
    let found: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM ({} LIMIT ?2)", hits("?1")))?
        .query_row(params![matching, COMMON], |row| row.get(0))?;
    Ok(found == COMMON)
}

/// The expression in the language of the index, looked for in `part` only where one is given;
/// `None` where that can't say it: it knows nothing but text, and of negation only a difference.
pub(super) fn matching(expression: &Expression, part: Option<Part>) -> Option<String> {
    match expression {
        Expression::Word(word) => quoted(word, part, false),
        Expression::Phrase(words) => quoted(&words.join(" "), part, false),
        Expression::Prefix(word) => quoted(word, part, true),
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

/// Words as the index takes them literally, or the beginning of one; `None` where it would see no
/// word at all.
fn quoted(words: &str, part: Option<Part>, begins: bool) -> Option<String> {
    let column = match part {
        None => "",
        Some(Part::Title) => "title : ",
        Some(Part::Author) => "authors : ",
        Some(Part::Category) => "labels : ",
    };
    let (spelt, begins_pair) = asked(words);
    let star = if begins || begins_pair { " *" } else { "" };
    words
        .chars()
        .any(char::is_alphanumeric)
        .then(|| format!("{column}\"{}\"{star}", spelt.replace('"', "\"\"")))
}
