//! Streams: what a reader app asks for, in the order of arrival.

use super::identifiers::{self, Stream, label, number, parse_item, parse_stream, state};
use super::items::{Item, Items};
use super::{Ask, answers};
use crate::entry::{EntryId, StoryId};
use crate::feed::{Feed, FeedId, Timestamp};
use crate::http::failure::Failure;
use crate::http::parameters::shown;
use crate::reading::Target;
use crate::store::{ArrivalQuery, Chosen};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Items of a page when nobody says.
const USUAL: usize = 20;
/// Most identifiers of a page.
const MOST_IDS: usize = 10_000;
/// Most items of a page with their texts.
const MOST_CONTENTS: usize = 1_000;
/// Bytes of texts after which a page ends early.
const MOST_BYTES: usize = 16 << 20;
/// An entry is stored a moment after it was first seen: what an app asks for begins so much
/// earlier.
const STORED_WITHIN: TimeDelta = TimeDelta::seconds(1);

/// Which items a stream has.
pub(super) struct Selection {
    /// `None` is every feed.
    pub(super) feeds: Option<Vec<FeedId>>,
    pub(super) states: Vec<(Chosen, bool)>,
    /// Nothing is in a stream of a state that is not kept.
    pub(super) nothing: bool,
}

impl Selection {
    /// The items of a stream.
    pub(super) fn of(stream: &Stream, feeds: &[Feed]) -> Self {
        let mut selection = Self {
            feeds: None,
            states: Vec::new(),
            nothing: false,
        };
        selection.narrow(stream, true, feeds);
        selection
    }

    /// Keeps only what is in a stream, or only what is not.
    fn narrow(&mut self, stream: &Stream, within: bool, feeds: &[Feed]) {
        let some = match stream {
            Stream::ReadingList => {
                self.nothing |= !within;
                return;
            }
            Stream::Other => {
                self.nothing |= within;
                return;
            }
            Stream::Read => return self.states.push((Chosen::Read, within)),
            Stream::KeptUnread => return self.states.push((Chosen::KeptUnread, within)),
            Stream::Starred => return self.states.push((Chosen::Starred, within)),
            Stream::Label(label) => feeds
                .iter()
                .filter(|feed| feed.subscription.tags.contains(label))
                .map(|feed| feed.id)
                .collect::<HashSet<_>>(),
            Stream::Feed(name) => feed(name, feeds).map(|feed| feed.id).into_iter().collect(),
        };
        let before = self
            .feeds
            .take()
            .unwrap_or_else(|| feeds.iter().map(|feed| feed.id).collect());
        self.feeds = Some(
            before
                .into_iter()
                .filter(|feed| some.contains(feed) == within)
                .collect(),
        );
    }
}

/// The feed of a number or an address.
pub(super) fn feed<'a>(name: &str, feeds: &'a [Feed]) -> Option<&'a Feed> {
    if let Ok(number) = name.parse::<i64>() {
        return feeds.iter().find(|feed| feed.id.0 == number);
    }
    fn bare(url: &str) -> &str {
        url.trim().trim_end_matches('/')
    }
    let name = bare(name);
    feeds.iter().find(|feed| {
        let url = &feed.subscription.url;
        bare(url) == name
            // Only with a password is it shown otherwise.
            || url.contains('@') && bare(&super::subscriptions::shown_url(feed)) == name
            || feed.health.moved_from.as_deref().map(bare) == Some(name)
    })
}

/// A request for a part of a stream.
struct Wanted {
    stream: String,
    selection: Selection,
    query: ArrivalQuery,
    limit: usize,
}

impl Wanted {
    fn read(
        ask: &Ask<'_>,
        stream: Option<&str>,
        most: usize,
        feeds: &[Feed],
    ) -> Result<Self, Failure> {
        let stream = stream.unwrap_or("user/-/state/com.google/reading-list");
        let mut selection = Selection::of(&known(stream)?, feeds);
        for (name, within) in [("xt", false), ("it", true)] {
            for stream in ask.form.all(name).filter(|stream| !stream.is_empty()) {
                selection.narrow(&known(stream)?, within, feeds);
            }
        }
        let limit = match ask.form.one("n").filter(|n| !n.is_empty()) {
            None => USUAL,
            Some(n) => n
                .parse::<usize>()
                .map_err(|_| wrong("n", n, "a number of items"))?,
        };
        let limit = limit.clamp(1, most);
        let after = match ask.form.one("c").filter(|c| !c.is_empty()) {
            None => None,
            Some(c) => Some(
                c.parse()
                    .map_err(|_| wrong("c", c, "what the page before ended with"))?,
            ),
        };
        let moment = |name: &'static str| match ask.form.one(name).filter(|m| !m.is_empty()) {
            None => Ok(None),
            Some(text) => identifiers::parse_moment(text)
                .map(Some)
                .ok_or_else(|| wrong(name, text, "a moment in seconds since 1970")),
        };
        let query = ArrivalQuery {
            entries: ask.account.articles,
            feeds: selection.feeds.clone(),
            states: selection.states.clone(),
            // The whole second that was named, and a moment before.
            since: moment("ot")?.map(|ot| whole_second(ot) - STORED_WITHIN),
            until: moment("nt")?.map(|nt| nt + TimeDelta::milliseconds(1)),
            oldest_first: ask.form.one("r") == Some("o"),
            after,
            limit: limit + 1,
        };
        Ok(Self {
            stream: stream.to_owned(),
            selection,
            query,
            limit,
        })
    }
}

fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_timestamp(moment.timestamp(), 0).unwrap_or(moment)
}

fn known(stream: &str) -> Result<Stream, Failure> {
    parse_stream(stream).ok_or_else(|| wrong("s", stream, "a stream like feed/7 or user/-/label/x"))
}

pub(super) fn wrong(name: &str, value: &str, right: &str) -> Failure {
    Failure::BadRequest(format!("{name}: '{}' is not {right}", shown(value)))
}

/// Numbers of a page, when each was first seen, and what the next page begins after.
type Found = (Vec<(Target, Timestamp)>, Option<String>);

async fn find(ask: &Ask<'_>, wanted: &Wanted) -> Result<Found, Failure> {
    if wanted.selection.nothing {
        return Ok((Vec::new(), None));
    }
    let mut found = ask.service.store().arrivals(wanted.query.clone()).await?;
    let more = found.len() > wanted.limit;
    found.truncate(wanted.limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| last.id.to_string());
    let targets = found
        .into_iter()
        .map(|arrival| {
            let target = match wanted.query.entries {
                true => Target::Entry(EntryId(arrival.id)),
                false => Target::Story(StoryId(arrival.id)),
            };
            (target, arrival.seen)
        })
        .collect();
    Ok((targets, next))
}

/// `stream/items/ids`
pub(super) async fn ids(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let wanted = Wanted::read(ask, ask.form.one("s"), MOST_IDS, &feeds)?;
    let (found, next) = find(ask, &wanted).await?;
    let refs: Vec<_> = found
        .iter()
        .map(|(target, seen)| {
            json!({
                "id": number(*target).to_string(),
                "directStreamIds": [],
                "timestampUsec": seen.timestamp_micros().to_string(),
            })
        })
        .collect();
    let mut body = json!({ "itemRefs": refs });
    if let Some(next) = next {
        body["continuation"] = next.into();
    }
    answers::json(&body)
}

/// `stream/items/count`
pub(super) async fn count(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let mut wanted = Wanted::read(ask, ask.form.one("s"), MOST_IDS, &feeds)?;
    wanted.limit = MOST_IDS;
    wanted.query.limit = MOST_IDS;
    let (found, _) = find(ask, &wanted).await?;
    Ok(answers::text(StatusCode::OK, found.len().to_string()))
}

/// `stream/contents`, to be written in either form.
pub(super) async fn contents(ask: &Ask<'_>, stream: Option<&str>) -> Result<Items, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let wanted = Wanted::read(ask, stream, MOST_CONTENTS, &feeds)?;
    let (found, mut next) = find(ask, &wanted).await?;
    let targets: Vec<Target> = found.iter().map(|(target, _)| *target).collect();
    let (items, cut) = load(ask, &targets, &feeds).await?;
    if let Some(last) = cut {
        next = Some(last);
    }
    Ok(Items {
        direction: "ltr",
        title: title(&wanted.stream, &feeds),
        id: wanted.stream,
        updated: ask.service.now().timestamp(),
        items,
        continuation: next,
    })
}

fn title(stream: &str, feeds: &[Feed]) -> String {
    match parse_stream(stream) {
        Some(Stream::Feed(name)) => {
            feed(&name, feeds).map_or_else(String::new, |feed| feed.outlet().to_owned())
        }
        Some(Stream::Label(label)) => label,
        Some(Stream::Starred) => "Starred".to_owned(),
        _ => "All news".to_owned(),
    }
}

/// `stream/items/contents`
pub(super) async fn items(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    // What is not known, or is no identifier at all, is left out.
    let targets: Vec<Target> = ask
        .form
        .all("i")
        .filter_map(|id| identifiers::target(parse_item(id)?))
        .take(MOST_CONTENTS)
        .collect();
    let (items, _) = load(ask, &targets, &feeds).await?;
    answers::json(&Items {
        direction: "ltr",
        id: state("reading-list"),
        title: "All news".to_owned(),
        updated: ask.service.now().timestamp(),
        items,
        continuation: None,
    })
}

/// The items of these numbers. Where they are too much for one answer, the first of them, and the
/// number that the next page begins after.
async fn load(
    ask: &Ask<'_>,
    targets: &[Target],
    feeds: &[Feed],
) -> Result<(Vec<Item>, Option<String>), Failure> {
    let by_number: HashMap<FeedId, &Feed> = feeds.iter().map(|feed| (feed.id, feed)).collect();
    let stories_at = format!("{}/story/", ask.service.config().server.public_url);
    let (mut items, mut bytes) = (Vec::new(), 0);
    for part in targets.chunks(100) {
        for (target, story, reading) in ask.service.store().items(part.to_vec()).await? {
            let body = story.lead.item.body();
            bytes += 2_048 + body.map_or(0, |body| body.as_str().len());
            let feed = by_number.get(&story.lead.outlet.feed).copied();
            items.push(Item::of(target, &story, reading, feed, &stories_at));
            if bytes > MOST_BYTES && targets.last() != Some(&target) {
                let last = match target {
                    Target::Story(story) => story.0,
                    Target::Entry(entry) => entry.0,
                };
                return Ok((items, Some(last.to_string())));
            }
        }
    }
    Ok((items, None))
}

/// `unread-count`
pub(super) async fn unread_count(ask: &Ask<'_>) -> Result<Response, Failure> {
    let feeds = ask.service.store().feeds().await?;
    let unread = ask.service.store().unread(ask.account.articles).await?;
    let known: HashMap<FeedId, &Feed> = feeds.iter().map(|feed| (feed.id, feed)).collect();
    let mut counts: BTreeMap<String, (u64, Timestamp)> = BTreeMap::new();
    for one in &unread {
        let feed = known.get(&one.feed);
        let labels = feed.into_iter().flat_map(|feed| &feed.subscription.tags);
        let streams = labels
            .map(|tag| label(tag))
            .chain([format!("feed/{}", one.feed.0), state("reading-list")]);
        for stream in streams {
            let sum = counts.entry(stream).or_insert((0, one.newest));
            *sum = (sum.0 + one.count, sum.1.max(one.newest));
        }
    }
    let all = counts.get(&state("reading-list")).map_or(0, |sum| sum.0);
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(id, (count, newest))| {
            json!({
                "id": id,
                "count": count,
                "newestItemTimestampUsec": newest.timestamp_micros().to_string(),
            })
        })
        .collect();
    answers::json(&json!({ "max": all, "unreadcounts": counts }))
}
