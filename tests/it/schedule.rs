//! When a feed is polled. The rules are numbered as in `docs/polling.md`.

mod simulation;

use chrono::{Datelike, TimeDelta, Timelike};
use feedfold::cadence::Cadence;
use feedfold::config;
use feedfold::feed::{
    Fault, FaultKind, Feed, FeedFacts, FeedId, Health, Origin, Pace, RequestSettings, Subscription,
    Timestamp, Validators,
};
use feedfold::schedule::{Arrivals, DocumentPace, Freshness, Next, PollResult, next_poll, replan};
use proptest::prelude::*;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Monday, 10:07:30.
fn now() -> Timestamp {
    "2026-11-23T10:07:30Z".parse().unwrap()
}

fn feed(schedule: Option<&str>) -> Feed {
    Feed {
        id: FeedId(1),
        subscription: Subscription {
            name: "lantern".into(),
            url: "https://lantern.example/feed".into(),
            title: None,
            tags: Vec::new(),
            schedule: schedule.map(str::to_owned),
            priority: 0,
            enabled: true,
            origin: Origin::Config,
            request: RequestSettings::default(),
        },
        facts: FeedFacts::default(),
        validators: Validators {
            etag: Some(b"\"1\"".to_vec()),
            last_modified: None,
        },
        health: Health::default(),
        pace: Pace::default(),
        added: now() - TimeDelta::days(100),
        next_due: None,
    }
}

fn with_default(schedule: &str) -> config::Fetch {
    config::Fetch {
        schedule: Cadence::parse(schedule).unwrap(),
        ..config::Fetch::default()
    }
}

fn good(freshness: Freshness, document: DocumentPace) -> PollResult {
    PollResult::Good {
        freshness,
        had_validators: true,
        document,
    }
}

fn plain() -> PollResult {
    good(Freshness::default(), DocumentPace::default())
}

fn fresh(seconds_fresh: u64) -> Freshness {
    Freshness {
        fresh_for: Some(seconds(seconds_fresh)),
        retry_after: None,
    }
}

fn failed(kind: FaultKind, status: Option<u16>, retry_after: Option<Duration>) -> PollResult {
    PollResult::Failed {
        fault: match status {
            Some(status) => Fault::with_status(kind, status, "it failed"),
            None => Fault::new(kind, "it failed"),
        },
        freshness: Freshness {
            fresh_for: None,
            retry_after,
        },
    }
}

/// Minutes from now to the next poll.
fn minutes(next: &Next) -> i64 {
    (next.next_due.unwrap() - now()).num_minutes()
}

fn poll(feed: &Feed, result: &PollResult, settings: &config::Fetch) -> Next {
    next_poll(feed, result, &Arrivals::default(), settings, now())
}

/// The feed as it is after `next` was stored.
fn after(feed: &Feed, next: Next) -> Feed {
    Feed {
        health: next.health,
        pace: next.pace,
        next_due: next.next_due,
        ..feed.clone()
    }
}

#[test]
fn a_cron_schedule_names_the_earliest_moment() {
    let next = poll(
        &feed(Some("*/15 * * * *")),
        &plain(),
        &config::Fetch::default(),
    );
    let due = next.next_due.unwrap();
    // 10:15 is too soon after this poll (min_interval), so the floor of ten minutes decides.
    assert!(due >= now() + TimeDelta::minutes(10) && due < now() + TimeDelta::minutes(13));
    let next = poll(
        &feed(Some("0 * * * *")),
        &plain(),
        &config::Fetch::default(),
    );
    let due = next.next_due.unwrap();
    assert_eq!((due.hour(), due.day()), (11, 23));
    assert!(due.minute() < 5);
    assert_eq!(next.pace.reason, "the schedule 0 * * * *");
}

#[test]
fn every_and_auto_wait_their_interval() {
    let next = poll(&feed(Some("every 2h")), &plain(), &config::Fetch::default());
    assert!((120..138).contains(&minutes(&next)), "{}", minutes(&next));
    assert_eq!(next.pace.reason, "the schedule every 2h");

    let arrivals = Arrivals {
        seen_lately: 28 * 24,
        newest: Some(now() - TimeDelta::hours(1)),
        ..Arrivals::default()
    };
    let busy = next_poll(
        &feed(Some("auto")),
        &plain(),
        &arrivals,
        &config::Fetch::default(),
        now(),
    );
    assert!((27..32).contains(&minutes(&busy)), "{}", minutes(&busy));
    assert_eq!(busy.pace.reason, "about 19 entries a day");

    let silent = Arrivals {
        newest: Some(now() - TimeDelta::days(150)),
        ..Arrivals::default()
    };
    let rare = next_poll(
        &feed(Some("auto")),
        &plain(),
        &silent,
        &config::Fetch::default(),
        now(),
    );
    assert!(minutes(&rare) >= 24 * 60);
    assert_eq!(rare.pace.reason, "about one entry in 157 days");
}

#[test]
fn the_first_poll_judges_the_rate_by_the_documents_span() {
    let mut new_feed = feed(Some("auto"));
    new_feed.added = now();
    let first = Arrivals {
        new: 30,
        seen_lately: 30,
        newest: Some(now() - TimeDelta::days(20)),
        first_poll: true,
        span_days: 900.0,
        ..Arrivals::default()
    };
    let next = next_poll(
        &new_feed,
        &plain(),
        &first,
        &config::Fetch::default(),
        now(),
    );
    assert!((0.033..0.035).contains(&next.pace.entries_a_day));
    // A 304 the day after knows no span: the estimate stays.
    let stored = after(&new_feed, next.clone());
    let later = Arrivals {
        seen_lately: 30,
        newest: first.newest,
        ..Arrivals::default()
    };
    let unchanged = PollResult::Unchanged {
        freshness: Freshness::default(),
    };
    let day_after = now() + TimeDelta::days(1);
    let next_day = next_poll(
        &stored,
        &unchanged,
        &later,
        &config::Fetch::default(),
        day_after,
    );
    assert_eq!(next_day.pace.entries_a_day, next.pace.entries_a_day);
}

#[test]
fn rule_20_max_age_is_a_floor_but_not_against_the_feeds_own_cron() {
    for (schedule, default) in [
        (None, "*/30 * * * *"),
        (None, "every 30m"),
        (Some("every 30m"), "*/30 * * * *"),
    ] {
        let next = poll(
            &feed(schedule),
            &good(fresh(3 * HOUR), DocumentPace::default()),
            &with_default(default),
        );
        assert!(minutes(&next) >= 180, "{schedule:?} {default}");
        assert!(minutes(&next) < 240, "{schedule:?} {default}");
        assert_eq!(next.pace.reason, "the server calls its answer fresh for 3h");
    }
    let own = poll(
        &feed(Some("*/30 * * * *")),
        &good(fresh(3 * HOUR), DocumentPace::default()),
        &config::Fetch::default(),
    );
    assert!(minutes(&own) < 30);
}

#[test]
fn rule_21_a_bare_304_keeps_the_freshness() {
    let feed = feed(Some("every 30m"));
    let stored = after(
        &feed,
        poll(
            &feed,
            &good(fresh(6 * HOUR), DocumentPace::default()),
            &config::Fetch::default(),
        ),
    );
    let bare = PollResult::Unchanged {
        freshness: Freshness::default(),
    };
    assert!(minutes(&poll(&stored, &bare, &config::Fetch::default())) >= 360);
    let other = PollResult::Unchanged {
        freshness: fresh(8 * HOUR),
    };
    assert!(minutes(&poll(&stored, &other, &config::Fetch::default())) >= 480);
    // A 200 without cache fields ends it.
    assert!(minutes(&poll(&stored, &plain(), &config::Fetch::default())) < 360);
}

#[test]
fn a_failed_poll_by_hand_does_not_end_freshness() {
    let feed = feed(Some("auto"));
    let stored = after(
        &feed,
        poll(
            &feed,
            &good(fresh(6 * HOUR), DocumentPace::default()),
            &config::Fetch::default(),
        ),
    );
    let next = poll(
        &stored,
        &failed(FaultKind::TimedOut, None, None),
        &config::Fetch::default(),
    );
    assert!(minutes(&next) >= 360);
}

#[test]
fn rule_22_freshness_counts_seven_days_and_min_interval_always() {
    let next = poll(
        &feed(Some("auto")),
        &good(fresh(400 * DAY), DocumentPace::default()),
        &config::Fetch::default(),
    );
    assert!(minutes(&next) >= 7 * 24 * 60);
    assert!(minutes(&next) <= 7 * 24 * 60 * 115 / 100);
    let next = poll(&feed(Some("every 1m")), &plain(), &config::Fetch::default());
    assert!(minutes(&next) >= 10);
    assert_eq!(
        next.pace.reason,
        "at least 10m between two polls (min_interval)"
    );
}

#[test]
fn rule_23_ttl_and_update_period_are_floors() {
    let document = DocumentPace {
        ttl: Some(seconds(2 * HOUR)),
        update_period: Some(seconds(DAY)),
        ..DocumentPace::default()
    };
    let next = poll(
        &feed(Some("every 30m")),
        &good(Freshness::default(), document),
        &config::Fetch::default(),
    );
    assert!(minutes(&next) >= 24 * 60);
    assert_eq!(next.pace.reason, "the feed asks for 1d between polls");
}

#[test]
fn rule_23_skipped_hours_and_days_come_last() {
    let document = DocumentPace {
        skip_hours: (10..20).fold(0, |set, hour| set | 1 << hour),
        skip_days: 0b10, // Tuesday
        ..DocumentPace::default()
    };
    let next = poll(
        &feed(Some("every 30m")),
        &good(fresh(10 * HOUR), document),
        &config::Fetch::default(),
    );
    let due = next.next_due.unwrap();
    assert_eq!(
        (due.weekday().to_string().as_str(), due.hour()),
        ("Mon", 21)
    );
    let long = DocumentPace {
        skip_hours: 0b1,
        skip_days: 0b10,
        ..DocumentPace::default()
    };
    let next = poll(
        &feed(Some("every 13h")),
        &good(fresh(14 * HOUR), long),
        &config::Fetch::default(),
    );
    let due = next.next_due.unwrap();
    assert_eq!((due.weekday().to_string().as_str(), due.hour()), ("Wed", 1));
    assert!(
        next.pace
            .reason
            .ends_with("moved out of the feed's skipHours and skipDays")
    );
}

#[test]
fn rule_24_hourly_at_most_without_validators() {
    let bare = PollResult::Good {
        freshness: Freshness::default(),
        had_validators: false,
        document: DocumentPace::default(),
    };
    for schedule in [None, Some("every 20m"), Some("*/15 * * * *")] {
        let next = poll(&feed(schedule), &bare, &config::Fetch::default());
        assert!((60..80).contains(&minutes(&next)), "{schedule:?}");
    }
    let busy = Arrivals {
        seen_lately: 5000,
        newest: Some(now()),
        ..Arrivals::default()
    };
    let auto = next_poll(
        &feed(Some("auto")),
        &bare,
        &busy,
        &config::Fetch::default(),
        now(),
    );
    assert!((60..70).contains(&minutes(&auto)));
    assert!(auto.pace.reason.contains("no ETag"));
}

#[test]
fn rule_16_gone_ends_polling() {
    let next = poll(
        &feed(None),
        &failed(FaultKind::Gone, Some(410), None),
        &config::Fetch::default(),
    );
    assert_eq!(next.next_due, None);
    assert!(next.health.gone);
    assert!(next.pace.reason.contains("410"));
    let next = poll(
        &feed(None),
        &failed(FaultKind::Status, Some(404), None),
        &config::Fetch::default(),
    );
    assert!(!next.health.gone && next.next_due.is_some());
}

#[test]
fn rule_17_retry_after_outranks_everything() {
    let four_hours = now() + TimeDelta::hours(4);
    for status in [429, 503] {
        for schedule in ["*/15 * * * *", "every 30m", "auto"] {
            let result = failed(FaultKind::Throttled, Some(status), Some(seconds(4 * HOUR)));
            let next = poll(&feed(Some(schedule)), &result, &config::Fetch::default());
            let due = next.next_due.unwrap();
            assert!(
                due >= four_hours && due < four_hours + TimeDelta::minutes(20),
                "{due}"
            );
            assert_eq!(next.pace.not_before, Some(four_hours));
            assert_eq!(
                next.pace.reason,
                "the server asked to wait until 2026-11-23 14:07 UTC (Retry-After)"
            );
        }
    }
}

#[test]
fn rule_17_slowing_down_without_a_time() {
    let next = poll(
        &feed(Some("every 50m")),
        &failed(FaultKind::Throttled, Some(429), None),
        &config::Fetch::default(),
    );
    assert!(minutes(&next) >= 100, "the base is doubled");
    assert_eq!(next.pace.slowed_until, Some(now() + TimeDelta::days(7)));
    let stored = after(&feed(Some("every 50m")), next);
    let good = poll(&stored, &plain(), &config::Fetch::default());
    assert!(minutes(&good) >= 100);
    assert_eq!(good.pace.reason, "half as often for a week after HTTP 429");
    let next = poll(
        &feed(Some("every 10m")),
        &failed(FaultKind::Throttled, Some(429), None),
        &config::Fetch::default(),
    );
    assert!(minutes(&next) >= 60);
    let next = poll(
        &feed(Some("every 10m")),
        &failed(FaultKind::Throttled, Some(503), None),
        &config::Fetch::default(),
    );
    assert!((30..60).contains(&minutes(&next)));
    assert_eq!(next.pace.slowed_until, None);
}

#[test]
fn rule_18_absurd_times_count_sixty_days() {
    let most = now() + TimeDelta::days(60);
    for retry_after in [Duration::MAX, seconds(u64::MAX)] {
        let result = failed(FaultKind::Throttled, Some(503), Some(retry_after));
        let due = poll(&feed(None), &result, &config::Fetch::default())
            .next_due
            .unwrap();
        assert!(due >= most && due < most + TimeDelta::hours(1));
    }
    let past = failed(FaultKind::Throttled, Some(503), Some(Duration::ZERO));
    let next = poll(&feed(None), &past, &config::Fetch::default());
    assert_eq!(next.pace.not_before, None);
    assert!(minutes(&next) >= 30);
}

#[test]
fn rule_19_failures_back_off_to_a_day_and_a_good_poll_clears_them() {
    let mut feed = feed(Some("every 30m"));
    let mut waits = Vec::new();
    for _ in 0..9 {
        let next = poll(
            &feed,
            &failed(FaultKind::Unreachable, None, None),
            &config::Fetch::default(),
        );
        waits.push(minutes(&next));
        feed = after(&feed, next);
    }
    assert!(waits.is_sorted());
    assert!(
        (24 * 60..=24 * 60 * 115 / 100).contains(&waits[8]),
        "{waits:?}"
    );
    assert_eq!(feed.health.failures, 9);
    assert_eq!(feed.pace.reason, "back-off after 9 failures");
    let good = poll(&feed, &plain(), &config::Fetch::default());
    assert_eq!(good.health.failures, 0);
    assert_eq!(good.health.last_error, None);
    assert_eq!(good.health.last_success, Some(now()));
    assert!(minutes(&good) < 40);
}

#[test]
fn a_clock_that_was_set_back_by_years_holds_no_feed_back_for_years() {
    let feed = feed(Some("every 30m"));
    let slow = failed(FaultKind::Throttled, Some(429), None);
    let mut stored = after(&feed, poll(&feed, &slow, &config::Fetch::default()));
    let fresh_answer = good(fresh(6 * HOUR), DocumentPace::default());
    stored = after(
        &stored,
        poll(&stored, &fresh_answer, &config::Fetch::default()),
    );
    stored.pace.not_before = Some(now() + TimeDelta::days(1));
    let years_before = now() - TimeDelta::days(3000);
    let next = next_poll(
        &stored,
        &failed(FaultKind::TimedOut, None, None),
        &Arrivals::default(),
        &config::Fetch::default(),
        years_before,
    );
    assert!(next.next_due.unwrap() <= years_before + TimeDelta::days(61));
    assert!(next.pace.slowed_until.unwrap() <= years_before + TimeDelta::days(7));
    let recovered = next_poll(
        &stored,
        &plain(),
        &Arrivals::default(),
        &config::Fetch::default(),
        years_before,
    );
    assert!(recovered.next_due.unwrap() <= years_before + TimeDelta::hours(2));
}

#[test]
fn a_gone_feed_that_is_asked_by_hand_stays_gone_until_it_answers() {
    let feed = feed(None);
    let gone = failed(FaultKind::Gone, Some(410), None);
    let stored = after(&feed, poll(&feed, &gone, &config::Fetch::default()));
    let down = failed(FaultKind::Unreachable, None, None);
    let next = poll(&stored, &down, &config::Fetch::default());
    assert!(next.health.gone && next.next_due.is_none());
    let back = poll(&stored, &plain(), &config::Fetch::default());
    assert!(!back.health.gone && back.next_due.is_some());
}

#[test]
fn a_daily_cron_and_a_day_of_freshness_make_a_daily_poll() {
    let settings = with_default("0 10 * * *");
    let mut feed = feed(None);
    let mut moment: Timestamp = "2026-11-23T10:04:00Z".parse().unwrap();
    let start = moment;
    for _ in 0..10 {
        let next = next_poll(
            &feed,
            &good(fresh(DAY), DocumentPace::default()),
            &Arrivals::default(),
            &settings,
            moment,
        );
        moment = next.next_due.unwrap();
        feed = after(&feed, next);
    }
    assert_eq!((moment - start).num_days(), 10);
}

#[test]
fn a_cron_that_polls_at_night_is_not_moved_into_the_day() {
    let last_at_night: Timestamp = "2026-11-23T05:30:10Z".parse().unwrap();
    let result = failed(FaultKind::Throttled, Some(503), Some(seconds(4 * HOUR)));
    let next = next_poll(
        &feed(Some("*/30 1-5 * * *")),
        &result,
        &Arrivals::default(),
        &config::Fetch::default(),
        last_at_night,
    );
    let due = next.next_due.unwrap();
    assert_eq!((due.day(), due.hour()), (24, 1));
}

#[test]
fn rule_26_a_fleet_on_one_cron_does_not_fire_at_once() {
    let mut dues: Vec<i64> = (0..1000)
        .map(|number| {
            let mut feed = feed(Some("*/30 * * * *"));
            feed.subscription.name = format!("outlet-{number}");
            let next = poll(&feed, &plain(), &config::Fetch::default());
            next.next_due.unwrap().timestamp()
        })
        .collect();
    dues.sort_unstable();
    // 10:30:00 to 10:34:30, at most a few in any second.
    assert!(dues[0] >= now().timestamp() && dues[999] - dues[0] <= 270);
    let most = dues.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap();
    assert!(most <= 15, "{most} in one second");
}

#[test]
fn a_changed_schedule_is_planned_from_the_last_poll() {
    let weekly = feed(Some("every 1w"));
    let mut stored = after(&weekly, poll(&weekly, &plain(), &config::Fetch::default()));
    stored.subscription.schedule = Some("every 30m".into());
    let later = now() + TimeDelta::minutes(5);
    let (due, pace) = replan(&stored, &config::Fetch::default(), later);
    assert!(due.unwrap() >= now() + TimeDelta::minutes(30));
    assert!(due.unwrap() < now() + TimeDelta::minutes(35));
    assert_eq!(pace.reason, "the schedule every 30m");
    let (due, _) = replan(
        &stored,
        &config::Fetch::default(),
        now() + TimeDelta::days(2),
    );
    assert_eq!(due, Some(now() + TimeDelta::days(2)));
    assert_eq!(
        replan(&weekly, &config::Fetch::default(), now()).0,
        Some(now())
    );
}

#[test]
fn a_feed_that_is_switched_off_has_no_next_poll() {
    let mut off = feed(None);
    off.subscription.enabled = false;
    let next = poll(&off, &plain(), &config::Fetch::default());
    assert_eq!(next.next_due, None);
    assert_eq!(next.pace.reason, "not polled: switched off");
}

fn any_schedule() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("auto".to_owned())),
        (1u64..3000).prop_map(|m| Some(format!("every {m}m"))),
        Just(Some("*/15 * * * *".to_owned())),
        Just(Some("7 */3 * * *".to_owned())),
        Just(Some("0 4 * * 1-5".to_owned())),
        Just(Some("0 0 29 2 *".to_owned())),
    ]
}

fn any_duration() -> impl Strategy<Value = Option<Duration>> {
    prop_oneof![
        Just(None),
        (0u64..20 * DAY).prop_map(|s| Some(seconds(s))),
        Just(Some(Duration::MAX)),
    ]
}

prop_compose! {
    fn any_freshness()(fresh_for in any_duration(), retry_after in any_duration()) -> Freshness {
        Freshness { fresh_for, retry_after }
    }
}

prop_compose! {
    fn any_document()(
        ttl in any_duration(),
        update_period in any_duration(),
        skip_hours in prop_oneof![Just(0), any::<u32>()],
        skip_days in prop_oneof![Just(0), any::<u8>()],
    ) -> DocumentPace {
        DocumentPace { ttl, update_period, skip_hours, skip_days }
    }
}

fn any_result() -> impl Strategy<Value = PollResult> {
    prop_oneof![
        (any_freshness(), any::<bool>(), any_document()).prop_map(
            |(freshness, had_validators, document)| PollResult::Good {
                freshness,
                had_validators,
                document
            }
        ),
        any_freshness().prop_map(|freshness| PollResult::Unchanged { freshness }),
        (
            any_freshness(),
            prop_oneof![Just(None), (400u16..600).prop_map(Some)]
        )
            .prop_map(|(freshness, status)| PollResult::Failed {
                fault: match status {
                    Some(status) => Fault::with_status(FaultKind::Status, status, "no"),
                    None => Fault::new(FaultKind::Broken, "no"),
                },
                freshness,
            }),
    ]
}

proptest! {
    #[test]
    fn never_before_a_floor_never_after_the_cap_and_always_the_same(
        schedule in any_schedule(),
        result in any_result(),
        name in "[a-z]{1,12}",
        seen in 0usize..100_000,
        age in -1000i64..100_000,
        failures in 0u32..50,
    ) {
        let mut feed = feed(schedule.as_deref());
        feed.subscription.name = name;
        feed.health.failures = failures;
        let arrivals = Arrivals {
            seen_lately: seen,
            newest: Some(now() - TimeDelta::hours(age)),
            ..Arrivals::default()
        };
        let settings = config::Fetch::default();
        let next = next_poll(&feed, &result, &arrivals, &settings, now());
        prop_assert_eq!(&next, &next_poll(&feed, &result, &arrivals, &settings, now()));
        let due = next.next_due.unwrap();
        let wait = (due - now()).to_std().unwrap();
        prop_assert!(wait >= settings.min_interval);
        prop_assert!(!next.pace.reason.is_empty());
        if let Some(moment) = next.pace.not_before {
            prop_assert!(due >= moment);
        }
        let own_cron = schedule.as_deref().is_some_and(|s| s.contains('*'));
        let week = seconds(7 * DAY);
        let (freshness, document) = match &result {
            PollResult::Good { freshness, document, .. } => (freshness, document.clone()),
            PollResult::Unchanged { freshness } => (freshness, DocumentPace::default()),
            PollResult::Failed { freshness, .. } => {
                prop_assert!(wait >= seconds(30 * MINUTE));
                (freshness, DocumentPace::default())
            }
        };
        if !matches!(result, PollResult::Failed { .. }) && !own_cron
            && let Some(fresh_for) = freshness.fresh_for
        {
            prop_assert!(wait >= fresh_for.min(week));
        }
        if let Some(ttl) = document.ttl.max(document.update_period) {
            prop_assert!(wait >= ttl.min(week));
        }
        // 60 days of Retry-After or 7 of a floor, jitter, a week of skipped hours.
        let cadence_cap = match schedule.as_deref() {
            Some("0 0 29 2 *") => seconds(8 * 366 * DAY),
            Some(_) | None => seconds(4 * DAY),
        };
        let cap = seconds(60 * DAY).max(week.mul_f64(1.15)) + cadence_cap + week + seconds(HOUR);
        prop_assert!(wait <= cap, "{:?}", wait);
        // Out of skipped hours and days, where any are left.
        let all_hours = next.pace.skip_hours & 0x00FF_FFFF == 0x00FF_FFFF;
        let all_days = next.pace.skip_days & 0x7F == 0x7F;
        if !all_hours && !all_days {
            prop_assert_eq!(next.pace.skip_hours >> due.hour() & 1, 0);
            prop_assert_eq!(next.pace.skip_days >> due.weekday().num_days_from_monday() & 1, 0);
        }
    }

    #[test]
    fn never_earlier_after_more_failures(
        schedule in any_schedule(),
        failures in 0u32..20,
        name in "[a-z]{1,12}",
    ) {
        let mut feed = feed(schedule.as_deref());
        feed.subscription.name = name;
        let result = failed(FaultKind::Broken, None, None);
        feed.health.failures = failures;
        let fewer = poll(&feed, &result, &config::Fetch::default()).next_due;
        feed.health.failures = failures + 1;
        let more = poll(&feed, &result, &config::Fetch::default()).next_due;
        prop_assert!(more >= fewer);
    }
}
