//! The next poll of one feed.

use super::floors::{Floor, Standing};
use super::{Arrivals, Freshness, Next, PollResult, jitter, rate, skip};
use crate::cadence::Cadence;
use crate::config;
use crate::feed::{Fault, FaultKind, Feed, Health, Pace, Timestamp};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `Retry-After` counts up to this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// How long a feed is polled half as often after a 429 that names no time.
const SLOWED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How far a floor may move a cron firing before the next one takes its place.
const MOVED_FIRING: Duration = HOUR;

/// What follows from a poll that ended at `now`: health, what to remember, and the next poll.
///
/// The cadence names the earliest moment. Floors move it later: what the server calls fresh, what
/// the feed asks for, `min_interval`, an hour without validators, back-off after failures,
/// `Retry-After`. One gives way: freshness to a cron expression of the feed's own. Jitter only ever
/// adds, and `skipHours` and `skipDays` come last.
#[must_use]
pub fn next_poll(
    feed: &Feed,
    result: &PollResult,
    arrivals: &Arrivals,
    settings: &config::Fetch,
    now: Timestamp,
) -> Next {
    let mut health = feed.health.clone();
    let mut pace = feed.pace.clone();
    health.last_poll = Some(now);
    // A clock that was set back makes stored moments lie too far ahead: they never count for longer
    // than they did at first.
    pace.slowed_until = pace
        .slowed_until
        .filter(|until| *until > now)
        .map(|until| until.min(now + SLOWED));
    // A hub that left news to be found by a poll is not relied on until it pushes again.
    if arrivals.new > 0 || !feed.subscription.request.websub {
        pace.pushed_until = None;
    }
    let mut validators = feed.validators.etag.is_some()
        || feed.validators.last_modified.is_some()
        || health.last_success.is_none();
    let mut failed = None;
    match result {
        PollResult::Good {
            freshness,
            had_validators,
            document,
        } => {
            succeed(&mut health, now);
            validators = *had_validators;
            pace.fresh_for = freshness.fresh_for;
            pace.feed_interval = document.ttl.max(document.update_period);
            pace.skip_hours = document.skip_hours;
            pace.skip_days = document.skip_days;
            pace.not_before = retry_after(freshness, now);
            pace.entries_a_day = rate::entries_a_day(feed, arrivals, now);
        }
        PollResult::Unchanged { freshness } => {
            succeed(&mut health, now);
            validators = true;
            // A 304 without cache fields leaves the stored ones in force (RFC 9111 section 4.3.4).
            pace.fresh_for = freshness.fresh_for.or(pace.fresh_for);
            pace.not_before = retry_after(freshness, now);
            pace.entries_a_day = rate::entries_a_day(feed, arrivals, now);
        }
        PollResult::Failed { fault, freshness } => {
            fail(&mut health, &mut pace, fault, freshness, now);
            failed = Some(fault);
        }
    }
    let next_due = plan(feed, &health, &mut pace, validators, failed, settings, now);
    Next {
        health,
        pace,
        next_due,
        pause: None,
    }
}

/// What follows from news that a hub pushed, whose lease ends at `until`: polls become rare for so
/// long. News that arrived end a failure of earlier polls; a `Retry-After` goes on.
#[must_use]
pub fn pushed(
    feed: &Feed,
    until: Timestamp,
    arrivals: &Arrivals,
    settings: &config::Fetch,
    now: Timestamp,
) -> Next {
    let mut relied_on = feed.clone();
    relied_on.pace.pushed_until = Some(until);
    relied_on.health.failures = 0;
    relied_on.health.last_error = None;
    relied_on.pace.entries_a_day = rate::entries_a_day(feed, arrivals, now);
    let (next_due, pace) = replan(&relied_on, settings, now);
    Next {
        health: relied_on.health,
        pace,
        next_due,
        pause: None,
    }
}

/// When a feed is due whose schedule was changed since its last poll, and why. A feed that was
/// never polled is due at once.
#[must_use]
pub fn replan(feed: &Feed, settings: &config::Fetch, now: Timestamp) -> (Option<Timestamp>, Pace) {
    let mut pace = feed.pace.clone();
    let Some(last_poll) = feed.health.last_poll else {
        let due = (feed.subscription.enabled && !feed.health.gone).then_some(now);
        "the first poll".clone_into(&mut pace.reason);
        return (due, pace);
    };
    let validators = feed.validators.etag.is_some()
        || feed.validators.last_modified.is_some()
        || feed.health.last_success.is_none();
    let failed = feed.health.last_error.as_ref();
    let due = plan(
        feed,
        &feed.health,
        &mut pace,
        validators,
        failed,
        settings,
        last_poll,
    );
    (due.map(|due| due.max(now)), pace)
}

fn succeed(health: &mut Health, now: Timestamp) {
    health.failures = 0;
    health.last_error = None;
    health.last_success = Some(now);
    health.gone = false;
}

fn fail(
    health: &mut Health,
    pace: &mut Pace,
    fault: &Fault,
    freshness: &Freshness,
    now: Timestamp,
) {
    health.failures = health.failures.saturating_add(1);
    health.last_error = Some(fault.clone());
    // Only a good poll, or a person, brings a feed back.
    health.gone |= fault.kind == FaultKind::Gone;
    let asked = retry_after(freshness, now);
    if fault.status == Some(429) && asked.is_none() {
        pace.slowed_until = Some(now + SLOWED);
    }
    // A poll by hand while an earlier Retry-After runs does not end it.
    let earlier = pace
        .not_before
        .filter(|moment| *moment > now)
        .map(|moment| moment.min(now + LONGEST_RETRY_AFTER));
    pace.not_before = asked.max(earlier);
}

/// The moment that `Retry-After` names, where it lies ahead; 60 days ahead at most.
fn retry_after(freshness: &Freshness, now: Timestamp) -> Option<Timestamp> {
    let moment = now + freshness.retry_after?.min(LONGEST_RETRY_AFTER);
    (moment > now).then_some(moment)
}

/// Chooses the moment and writes the reason.
fn plan(
    feed: &Feed,
    health: &Health,
    pace: &mut Pace,
    validators: bool,
    failed: Option<&Fault>,
    settings: &config::Fetch,
    now: Timestamp,
) -> Option<Timestamp> {
    if health.gone {
        "not polled: the feed is gone (HTTP 410) until someone enables it"
            .clone_into(&mut pace.reason);
        return None;
    }
    if !feed.subscription.enabled {
        "not polled: switched off".clone_into(&mut pace.reason);
        return None;
    }
    let own = feed
        .subscription
        .schedule
        .as_deref()
        .and_then(|text| Cadence::parse(text).ok());
    let cadence = own.as_ref().unwrap_or(&settings.schedule);
    let name = feed.subscription.name.as_str();
    let base = base(cadence, pace, health, now);
    let floor = Standing {
        health,
        pace,
        validators,
        failed,
        min_interval: settings.min_interval,
        own_cron: matches!(own, Some(Cadence::Cron(_))),
        base,
        now,
    }
    .floor();
    let (due, because) = match cadence {
        Cadence::Cron(_) => at_firing(cadence, floor, pace.not_before, name, now),
        Cadence::Every(_) | Cadence::Auto => after_wait(cadence, base, floor, pace, name, now),
    };
    let allowed = skip::out_of(due, pace);
    pace.reason = because;
    if allowed > due {
        pace.reason
            .push_str(", moved out of the feed's skipHours and skipDays");
        return Some(allowed + jitter::delay(HOUR, name));
    }
    Some(due)
}

/// The distance of polls that the cadence asks for.
fn base(cadence: &Cadence, pace: &Pace, health: &Health, now: Timestamp) -> Duration {
    match cadence {
        Cadence::Every(distance) => *distance,
        Cadence::Auto if health.last_success.is_none() => MINUTE * 15,
        Cadence::Auto => rate::interval(pace.entries_a_day),
        Cadence::Cron(_) => distance_after(cadence, now),
    }
}

/// From the next firing to the one after it; a day where there is none.
fn distance_after(cadence: &Cadence, moment: Timestamp) -> Duration {
    cadence
        .next_after(moment)
        .and_then(|first| (cadence.next_after(first)? - first).to_std().ok())
        .unwrap_or(DAY)
}

fn retry_after_reason(moment: Timestamp) -> String {
    format!(
        "the server asked to wait until {} UTC (Retry-After)",
        moment.format("%Y-%m-%d %H:%M")
    )
}

/// `every` and `auto`: the longer of the interval and the floor, stretched by jitter.
fn after_wait(
    cadence: &Cadence,
    base: Duration,
    floor: Floor,
    pace: &Pace,
    name: &str,
    now: Timestamp,
) -> (Timestamp, String) {
    let (wait, reason) = if floor.wait > base {
        (floor.wait, floor.reason)
    } else if *cadence == Cadence::Auto {
        (base, about(pace.entries_a_day))
    } else {
        (base, format!("the schedule {cadence}"))
    };
    let due = now + jitter::stretched(wait, name);
    match pace.not_before {
        Some(moment) if moment > due => {
            let wait = (moment - now).to_std().unwrap_or_default();
            (
                moment + jitter::delay(wait, name),
                retry_after_reason(moment),
            )
        }
        _ => (due, reason),
    }
}

fn about(entries_a_day: f64) -> String {
    if entries_a_day <= 0.0 {
        "nothing is known of its rate yet".to_owned()
    } else if entries_a_day >= 1.0 {
        format!("about {entries_a_day:.0} entries a day")
    } else {
        format!(
            "about one entry in {:.0} days",
            (1.0 / entries_a_day).max(2.0)
        )
    }
}

/// Cron: the first firing that no floor forbids, with a small delay. A firing that a floor forbids
/// only just is moved to the floor, so that a daily schedule and a `max-age` of a day make a daily
/// poll and not one every second day.
fn at_firing(
    cadence: &Cadence,
    floor: Floor,
    not_before: Option<Timestamp>,
    name: &str,
    now: Timestamp,
) -> (Timestamp, String) {
    let mut earliest = now + floor.wait;
    let mut reason = floor.reason;
    if let Some(moment) = not_before.filter(|moment| *moment > earliest) {
        earliest = moment;
        reason = retry_after_reason(moment);
    }
    let just_before = |moment: Timestamp| moment - chrono::Duration::milliseconds(1);
    let Some(first) = cadence.next_after(now) else {
        return (earliest.max(now + DAY), reason);
    };
    let delayed = first + jitter::delay(distance_after(cadence, just_before(first)), name);
    if delayed >= earliest {
        return (delayed, format!("the schedule {cadence}"));
    }
    let Some(firing) = cadence.next_after(just_before(earliest)) else {
        return (earliest, reason);
    };
    let distance = distance_after(cadence, just_before(firing));
    let since_firing_before =
        distance.checked_sub((firing - earliest).to_std().unwrap_or_default());
    let moved = since_firing_before.is_some_and(|since| since <= (distance / 2).min(MOVED_FIRING));
    let start = if moved { earliest } else { firing };
    (start + jitter::delay(distance, name), reason)
}
