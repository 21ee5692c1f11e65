//! Merged feeds day by day (RFC 5005 section 4): what arrived on a day that is over, at an address
//! that stays.

use super::failure::Failure;
use super::parameters::{Parameters, shown};
use super::service::Service;
use crate::feed::Timestamp;
use crate::query::{Cursor, EntryQuery};
use crate::store::Window;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use url::form_urlencoded;

/// The parameter that names a day.
const NAME: &str = "archive";

/// The day that a request asks for, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(NaiveDate);

impl Day {
    /// The day that is asked for. Only days that are over have an archive, so that none changes
    /// when something arrives.
    pub(super) fn asked(
        service: &Service,
        parameters: &Parameters,
    ) -> Result<Option<Self>, Failure> {
        let Some(text) = parameters.one(NAME) else {
            return Ok(None);
        };
        if parameters.one("limit").is_some() {
            return Err(Failure::BadRequest(
                "archive: a day is given whole, without 'limit'".to_owned(),
            ));
        }
        let day = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // One spelling a day, so that an address is an archive for good.
            Ok(day) if day.to_string() == text => Self(day),
            _ => {
                return Err(Failure::BadRequest(format!(
                    "archive: '{}' is no day such as 2026-11-22",
                    shown(text)
                )));
            }
        };
        if day >= Self::under_way(service) {
            return Err(Failure::NotFound(format!("{text} is not over yet")));
        }
        Ok(Some(day))
    }

    /// The day of the last change: no earlier one changes by what arrives.
    fn under_way(service: &Service) -> Self {
        Self(service.store().generation().changed.date_naive())
    }

    fn begins(self) -> Timestamp {
        self.0.and_time(NaiveTime::MIN).and_utc()
    }

    /// Everything that arrived on it.
    pub(super) fn window(self) -> Window {
        Window {
            at_least: 0,
            since: Some(self.begins()),
            until: self.begins().checked_add_signed(TimeDelta::days(1)),
        }
    }
}

/// The address of the newest archive of days before `day`, or of all that are over.
pub(super) async fn before(
    service: &Service,
    question: &EntryQuery,
    day: Option<Day>,
    address: &str,
    query: Option<&str>,
) -> Result<Option<String>, Failure> {
    let day = day.unwrap_or_else(|| Day::under_way(service));
    let newest = EntryQuery {
        after: None,
        ..question.clone()
    };
    let window = Window {
        at_least: 1,
        since: None,
        until: Some(day.begins()),
    };
    let found = service.store().window(newest, window).await?;
    let Some(story) = found.items.first() else {
        return Ok(None);
    };
    let earlier = story.opened.date_naive();
    Ok(Some(at(address, query, &[(NAME, &earlier.to_string())])))
}

/// The address of the rest of a day whose archive would be too large.
pub(super) fn rest(address: &str, query: Option<&str>, day: Day, from: Cursor) -> String {
    let (day, from) = (day.0.to_string(), from.encode());
    at(address, query, &[(NAME, &day), ("before", &from)])
}

/// The address of the feed itself.
pub(super) fn current(address: &str, query: Option<&str>) -> String {
    at(address, query, &[])
}

/// The address with what was asked for besides, and with these parameters.
fn at(address: &str, query: Option<&str>, parameters: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    text.extend_pairs(asked.filter(|(name, _)| !matches!(name.as_ref(), NAME | "before")));
    text.extend_pairs(parameters);
    match text.finish().as_str() {
        "" => address.to_owned(),
        query => format!("{address}?{query}"),
    }
}
