//! Entries as CSV (RFC 4180).

use super::EntryRecord;

impl EntryRecord {
    /// The names of the fields of [`EntryRecord::csv`].
    pub const CSV_HEADER: [&'static str; 13] = [
        "id",
        "story",
        "fold",
        "feed",
        "title",
        "url",
        "authors",
        "categories",
        "language",
        "published",
        "updated",
        "first_seen",
        "duplicate_of",
    ];

    /// The entry as a record of CSV: everything but the texts and files. Several values in a
    /// field are separated by `; `.
    #[must_use]
    pub fn csv(&self) -> String {
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        csv_record([
            self.id.to_string().as_str(),
            self.story.to_string().as_str(),
            self.fold,
            &self.feed,
            &self.title,
            self.url.as_deref().unwrap_or_default(),
            &self.authors.join("; "),
            &self.categories.join("; "),
            self.language.as_deref().unwrap_or_default(),
            self.published.as_deref().unwrap_or_default(),
            self.updated.as_deref().unwrap_or_default(),
            &self.first_seen,
            &number(self.duplicate_of),
        ])
    }
}

/// Fields as one record of CSV (RFC 4180), without the line's end. Values are kept as they are:
/// a spreadsheet that takes a leading `=` for a formula must be told to import text.
#[must_use]
pub fn csv_record<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (position, field) in fields.into_iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line
}
