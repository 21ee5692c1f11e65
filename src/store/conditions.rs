//! Expressions as SQL conditions on entries.

use super::feed_rows::millis;
use super::roles::role_number;
use super::search;
use crate::entry::Role;
use crate::query::{Comparison, Expression, Fact, Part, State};
use rusqlite::types::Value;

/// The host of `{entry}.link` with a dot before it. Canonical addresses end their host with `/`.
const HOST: &str = "'.' || substr(substr({entry}.link, instr({entry}.link, '://') + 3), 1, \
    instr(substr({entry}.link, instr({entry}.link, '://') + 3), '/') - 1)";

/// An SQL condition on the entry `entry` (its name in the statement). Values are added to `values`
/// and named by their place.
pub(super) fn condition(
    expression: &Expression,
    entry: &str,
    index: Index,
    values: &mut Vec<Value>,
) -> String {
    Conditions {
        entry,
        index,
        values,
    }
    .of(expression, None)
}

/// How the index of search is asked whether it has an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// For all that it finds: where that is little.
    List,
    /// For each entry that comes along: where few do.
    OneByOne,
}

struct Conditions<'a> {
    entry: &'a str,
    index: Index,
    values: &'a mut Vec<Value>,
}

impl Conditions<'_> {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn of(&mut self, expression: &Expression, part: Option<Part>) -> String {
        if let Some(matching) = search::matching(expression, part) {
            let (entry, matching) = (self.entry, self.bind(matching));
            return match self.index {
                Index::List => format!("{entry}.id IN ({})", search::hits(&matching)),
                Index::OneByOne => search::is_hit(&matching, entry),
            };
        }
        match expression {
            Expression::And(parts) if !parts.is_empty() => {
                self.all(parts, part, " AND ", Expression::And)
            }
            Expression::Or(parts) if !parts.is_empty() => {
                self.all(parts, part, " OR ", Expression::Or)
            }
            Expression::Not(inner) => format!("NOT {}", self.of(inner, part)),
            Expression::In(part, inner) => self.of(inner, Some(*part)),
            Expression::Is(fact) => self.fact(fact),
            // No terms ask for nothing in particular.
            _ => "1".to_owned(),
        }
    }

    /// Several conditions; what the index can say together is one question to it.
    fn all(
        &mut self,
        parts: &[Expression],
        part: Option<Part>,
        between: &str,
        together: fn(Vec<Expression>) -> Expression,
    ) -> String {
        let (text, other): (Vec<&Expression>, Vec<&Expression>) =
            parts.iter().partition(|one| one.is_text());
        let mut conditions = Vec::new();
        let group = together(text.iter().map(|one| (*one).clone()).collect());
        if !other.is_empty() && text.len() > 1 && search::matching(&group, part).is_some() {
            conditions.push(self.of(&group, part));
        } else {
            conditions.extend(text.into_iter().map(|one| self.of(one, part)));
        }
        conditions.extend(other.into_iter().map(|one| self.of(one, part)));
        format!("({})", conditions.join(between))
    }

    fn fact(&mut self, fact: &Fact) -> String {
        let entry = self.entry;
        match fact {
            // The plus keeps the order of dates as the way through the entries.
            Fact::Feed(name) => {
                let name = self.bind(name.clone());
                format!("+{entry}.feed IN (SELECT id FROM feeds WHERE name = {name})")
            }
            Fact::Tag(tag) => {
                let tag = self.bind(tag.clone());
                format!("+{entry}.feed IN (SELECT feed FROM tags WHERE tag = {tag})")
            }
            Fact::Site(host) => {
                let ending = self.bind(format!("%.{}", literal(host)));
                let host = HOST.replace("{entry}", entry);
                format!("({entry}.link IS NOT NULL AND {host} LIKE {ending} ESCAPE '!')")
            }
            Fact::Url(text) => {
                let part = self.bind(format!("%{}%", literal(text)));
                format!("({entry}.link IS NOT NULL AND {entry}.link LIKE {part} ESCAPE '!')")
            }
            Fact::Language(tag) => {
                let (tag, regions) = (self.bind(tag.clone()), self.bind(format!("{tag}-%")));
                format!(
                    "({entry}.language IS NOT NULL AND ({entry}.language = {tag} \
                     OR {entry}.language LIKE {regions}))"
                )
            }
            Fact::State(state) => {
                let holds = match state {
                    State::Read => "read = 1",
                    State::Unread => "read <> 1",
                    State::Starred => "starred = 1",
                };
                format!("(SELECT {holds} FROM stories z WHERE z.id = {entry}.story)")
            }
            Fact::Role(role) => format!("{entry}.role = {}", role_number(*role)),
            Fact::Sources(comparison, count) => self.sources(*comparison, *count),
            Fact::Since(moment) => {
                let moment = self.bind(millis(*moment));
                format!("{entry}.dated >= {moment}")
            }
            Fact::Until(moment) => {
                let moment = self.bind(millis(*moment));
                format!("{entry}.dated < {moment}")
            }
            Fact::Story(story) => {
                let story = self.bind(story.0);
                format!("{entry}.story = {story}")
            }
        }
    }

    /// As [`Story::independent`](crate::entry::Story) counts.
    fn sources(&mut self, comparison: Comparison, count: u32) -> String {
        let entry = self.entry;
        let (sign, least) = (comparison.sign(), self.bind(i64::from(count)));
        let (lead, copy) = (role_number(Role::Lead), role_number(Role::Copy));
        let counted = format!(
            "(SELECT count(DISTINCT i.feed) FROM entries i LEFT JOIN decisions d ON d.entry = i.id \
             WHERE i.story = {entry}.story AND (i.role = {lead} OR (i.role <> {copy} \
             AND coalesce(d.independent, 1)))) {sign} {least}"
        );
        match comparison {
            // Most stories have one entry, and that is known without counting.
            Comparison::AtLeast | Comparison::More | Comparison::Equal => format!(
                "((SELECT size FROM stories z WHERE z.id = {entry}.story) >= {least} AND {counted})"
            ),
            Comparison::AtMost | Comparison::Less => counted,
        }
    }
}

/// Text as `LIKE` with the escape `!` takes it literally.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            literal.push('!');
        }
        literal.push(c);
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Timestamp;
    use crate::query::parse_text;

    fn shown(text: &str) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let expression = parse_text(text).unwrap().unwrap();
        let expression = expression.at(Timestamp::UNIX_EPOCH);
        let condition = condition(&expression, "e", Index::List, &mut values);
        (condition, values)
    }

    const ASKED: &str = "e.id IN (SELECT rowid FROM search WHERE search MATCH ?1 \
                         UNION ALL SELECT rowid FROM search_plain WHERE search_plain MATCH ?1)";

    #[test]
    fn what_the_index_can_say_is_one_question() {
        for (text, expected) in [
            ("ship", "\"ship\""),
            ("ship harbour", "(\"ship\" AND \"harbour\")"),
            ("\"the ship\" OR har*", "(\"the ship\" OR \"har\" *)"),
            ("ship -harbour", "((\"ship\") NOT \"harbour\")"),
            (
                "title:(ship OR har*)",
                "(title : \"ship\" OR title : \"har\" *)",
            ),
            ("ship author:ada", "(\"ship\" AND authors : \"ada\")"),
        ] {
            let (condition, values) = shown(text);
            assert_eq!(condition, ASKED);
            assert_eq!(values, [Value::Text(expected.to_owned())], "{text}");
        }
        let (condition, values) = shown("ship harbour is:copy");
        assert_eq!(condition, format!("({ASKED} AND e.role = 1)"));
        assert_eq!(values.len(), 1);
    }

    #[test]
    fn negation_alone_is_put_together_from_several() {
        let (condition, values) = shown("-ship");
        assert_eq!(condition, format!("NOT {ASKED}"));
        assert_eq!(values.len(), 1);
    }

    #[test]
    fn what_is_typed_is_no_pattern() {
        assert_eq!(literal("a_b%c!d"), "a!_b!%c!!d");
    }
}
