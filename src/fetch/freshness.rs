//! What a reply's header fields say about the next request: pure, and unmoved by nonsense.

use crate::feed::Timestamp;
use crate::schedule::Freshness;
use chrono::{DateTime, Utc};
use reqwest::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, RETRY_AFTER};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// The longest wait that a server can ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60 * DAY);

/// The longest freshness that is kept; the scheduler's own cap is far below.
pub const LONGEST_FRESHNESS: Duration = Duration::from_secs(366 * DAY);

/// How far a server's clock may be off before its `Date` stops counting for `Retry-After`.
const CREDIBLE_SKEW: Duration = Duration::from_secs(DAY);

/// Reads `Cache-Control`, `Age`, `Expires`, `Date` and `Retry-After` of a reply that arrived at
/// `now`.
#[must_use]
pub fn read(headers: &HeaderMap, now: Timestamp) -> Freshness {
    let date = text(headers, &DATE).and_then(date);
    Freshness {
        fresh_for: fresh_for(headers, date, now),
        retry_after: text(headers, &RETRY_AFTER).and_then(|text| retry_after(text, date, now)),
    }
}

/// RFC 9111 section 4.2: `max-age` before `Expires`, less the time spent in caches. `s-maxage` is
/// for shared caches and does not count; `no-store` and `no-cache` ask for revalidation, which is
/// what a poll is.
fn fresh_for(headers: &HeaderMap, date: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let directives = || {
        headers
            .get_all(CACHE_CONTROL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
    };
    let max_age = directives()
        .filter_map(|directive| directive.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .map(|(_, value)| seconds(value).unwrap_or(0));
    let lifetime = match (max_age, text(headers, &EXPIRES)) {
        (Some(max_age), _) => max_age,
        // An unreadable `Expires`, above all "0", is in the past (RFC 9111 section 5.3).
        (None, Some(expires)) => self::date(expires)
            .map_or(0, |expires| (expires - date.unwrap_or(now)).num_seconds())
            .try_into()
            .unwrap_or(0),
        (None, None) => {
            return directives()
                .any(|d| d.eq_ignore_ascii_case("no-cache") || d.eq_ignore_ascii_case("no-store"))
                .then_some(Duration::ZERO);
        }
    };
    let age = text(headers, &AGE).and_then(seconds).unwrap_or(0);
    Some(Duration::from_secs(lifetime.saturating_sub(age)).min(LONGEST_FRESHNESS))
}

/// RFC 9110 section 10.2.3: seconds or a date. Anything else is no wish at all.
fn retry_after(text: &str, date: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains([' ', '-', ':']) {
        return seconds(text).map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
    }
    let until = self::date(text)?;
    // Measured by the server's own clock, unless that is absurd.
    let from = date
        .filter(|date| {
            (*date - now)
                .abs()
                .to_std()
                .is_ok_and(|skew| skew <= CREDIBLE_SKEW)
        })
        .unwrap_or(now);
    Some(
        (until - from)
            .to_std()
            .unwrap_or(Duration::ZERO)
            .min(LONGEST_WAIT),
    )
}

/// The leading digits of a delta-seconds value; too many of them mean "very long" (RFC 9111
/// section 1.2.2), a sign, a letter or nothing mean none.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim().trim_matches('"').trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match &text[..digits] {
        "" => None,
        digits => Some(digits.parse().unwrap_or(u64::MAX)),
    }
}

/// An HTTP date in any of the three forms of RFC 9110 section 5.6.7, or what servers send in their
/// place: RFC 2822 with a numeric zone, RFC 3339.
fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    httpdate::parse_http_date(text)
        .ok()
        .map(DateTime::<Utc>::from)
        .or_else(|| Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc()))
        .or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    fn now() -> Timestamp {
        DateTime::from_timestamp(784_111_777, 0).unwrap()
    }

    fn reply(fields: &[(&str, &str)]) -> Freshness {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        read(&headers, now())
    }

    fn fresh(fields: &[(&str, &str)]) -> Option<u64> {
        reply(fields).fresh_for.map(|d| d.as_secs())
    }

    fn retry(value: &str) -> Option<u64> {
        reply(&[("retry-after", value)])
            .retry_after
            .map(|d| d.as_secs())
    }

    #[test]
    fn rule_20_max_age_less_age_wins_over_expires() {
        let later = "Sun, 06 Nov 1994 10:49:37 GMT";
        assert_eq!(fresh(&[]), None);
        assert_eq!(fresh(&[("cache-control", "public")]), None);
        assert_eq!(
            fresh(&[("cache-control", "public, max-age=3600")]),
            Some(3600)
        );
        assert_eq!(fresh(&[("cache-control", "Max-Age = \"60\"")]), Some(60));
        assert_eq!(
            fresh(&[("cache-control", "max-age=3600"), ("age", "600")]),
            Some(3000)
        );
        assert_eq!(
            fresh(&[("cache-control", "max-age=60"), ("age", "600")]),
            Some(0)
        );
        assert_eq!(
            fresh(&[("cache-control", "max-age=60"), ("expires", later)]),
            Some(60)
        );
        assert_eq!(
            fresh(&[("cache-control", "private"), ("cache-control", "max-age=9")]),
            Some(9)
        );
        assert_eq!(fresh(&[("cache-control", "s-maxage=86400")]), None);
        assert_eq!(
            fresh(&[("cache-control", "s-maxage=86400, max-age=5")]),
            Some(5)
        );
        assert_eq!(fresh(&[("expires", later)]), Some(7200));
        assert_eq!(
            fresh(&[
                ("expires", later),
                ("date", "Sun, 06 Nov 1994 10:00:00 GMT")
            ]),
            Some(2977)
        );
        assert_eq!(fresh(&[("expires", later), ("age", "200")]), Some(7000));
    }

    #[test]
    fn rule_8_no_store_and_a_past_expiry_mean_ask_again_whenever_you_like() {
        assert_eq!(fresh(&[("expires", "0")]), Some(0));
        assert_eq!(
            fresh(&[("expires", "-1"), ("cache-control", "no-store")]),
            Some(0)
        );
        assert_eq!(
            fresh(&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")]),
            Some(0)
        );
        assert_eq!(fresh(&[("cache-control", "no-cache, no-store")]), Some(0));
        assert_eq!(fresh(&[("cache-control", "max-age=-1")]), Some(0));
        assert_eq!(fresh(&[("cache-control", "max-age=soon")]), Some(0));
    }

    #[test]
    fn rule_17_retry_after_in_seconds_and_in_every_form_of_date() {
        assert_eq!(retry("120"), Some(120));
        assert_eq!(retry(" 0 "), Some(0));
        for date in [
            "Sun, 06 Nov 1994 09:49:37 GMT",
            "Sunday, 06-Nov-94 09:49:37 GMT",
            "Sun Nov  6 09:49:37 1994",
            "Sun, 06 Nov 1994 11:49:37 +0200",
            "1994-11-06T09:49:37Z",
        ] {
            assert_eq!(retry(date), Some(3600), "{date}");
        }
        assert_eq!(
            retry("Sun, 06 Nov 1994 07:49:37 GMT"),
            Some(0),
            "in the past"
        );
    }

    #[test]
    fn rule_17_a_skewed_server_clock_does_not_shift_the_wait() {
        let reply_at = |date: &str, until: &str| {
            reply(&[("date", date), ("retry-after", until)])
                .retry_after
                .map(|d| d.as_secs())
        };
        let (slow, until) = (
            "Sun, 06 Nov 1994 06:49:37 GMT",
            "Sun, 06 Nov 1994 07:49:37 GMT",
        );
        assert_eq!(reply_at(slow, until), Some(3600));
        let (absurd, until) = (
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Sun, 06 Nov 1994 09:49:37 GMT",
        );
        assert_eq!(reply_at(absurd, until), Some(3600));
    }

    #[test]
    fn rule_18_weeks_count_absurd_numbers_are_capped_and_words_ignored() {
        assert_eq!(retry("1814400"), Some(21 * DAY));
        assert_eq!(retry("99999999999999999999"), Some(60 * DAY));
        assert_eq!(retry("Fri, 31 Dec 9999 23:59:59 GMT"), Some(60 * DAY));
        for nonsense in ["soon", "", "-5", "+5", "later 5", "NaN"] {
            assert_eq!(retry(nonsense), None, "{nonsense}");
        }
        assert_eq!(
            fresh(&[("cache-control", "max-age=99999999999999999999")]),
            Some(366 * DAY)
        );
    }

    proptest! {
        #[test]
        fn any_header_values_give_bounded_answers(
            cache_control in "[ -~]{0,40}", age in "[ -~]{0,24}", expires in "[ -~]{0,40}",
            retry_after in "[ -~]{0,40}", date in "[ -~]{0,40}",
        ) {
            let read = reply(&[
                ("cache-control", &cache_control), ("age", &age), ("expires", &expires),
                ("retry-after", &retry_after), ("date", &date),
            ]);
            prop_assert!(read.fresh_for.is_none_or(|d| d <= LONGEST_FRESHNESS));
            prop_assert!(read.retry_after.is_none_or(|d| d <= LONGEST_WAIT));
        }

        #[test]
        fn longer_wishes_are_never_shorter_waits(a: u64, b: u64) {
            let (less, more) = (a.min(b), a.max(b));
            prop_assert!(retry(&less.to_string()) <= retry(&more.to_string()));
            let max_age = |n: u64| fresh(&[("cache-control", &format!("max-age={n}"))]);
            prop_assert!(max_age(less) <= max_age(more));
        }
    }
}
