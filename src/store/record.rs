//! One poll, all of it or nothing: entries, decisions, validators, health and the next due time.

use super::archive::{Archive, stored_outlets};
use super::arrival_days::{DAY, arrival_days, packed_days, span};
use super::expected::Coming;
use super::feed_rows::{StoredPace, json, millis};
use super::feeds::by_url;
use super::known::{Document, known_entries};
use super::listed;
use super::new_entries::{self, Arrived};
use super::onboarding;
use super::packed::{Packed, pack_one};
use super::pauses;
use super::polling::rows;
use super::unchanged;
use super::writing::Writing;
use super::{Error, Store};
use crate::address::Address;
use crate::config;
use crate::entry::{EntryId, Role};
use crate::feed::{Claim, FeedFacts, FeedId, Timestamp, Validators};
use crate::fold::{self, FeedContext, Match, Prepared, Printed};
use crate::schedule::{Arrivals, Next};
use rusqlite::{OptionalExtension, params};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Polls of a feed that are remembered.
const POLLS_KEPT: i64 = 20;

/// Most entries that a feed whose documents are parts counts as listed; a whole one has no more.
const MOST_LISTED: usize = 10_000;

/// Says when the feed is polled next, from what the poll brought.
pub type Plan = Box<dyn FnOnce(&Arrivals) -> Next + Send>;

/// What one poll found, to be stored in one transaction.
pub struct PollRecord {
    /// The right to poll; without it nothing is stored.
    pub claim: Claim,
    /// When the answer was there.
    pub at: Timestamp,
    /// The HTTP status.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Duration,
    /// Bytes received.
    pub bytes: u64,
    /// What a new document says; `None` for a 304 or a failure.
    pub content: Option<Content>,
    /// The validators from now on; `None` keeps the stored ones.
    pub validators: Option<Validators>,
    /// The address that permanent redirects lead to.
    pub moved_to: Option<Address>,
    /// How to fold.
    pub fold: config::Fold,
    /// How many items a feed that joins a running collection may announce with its first document.
    pub newcomer_items: usize,
    /// Asked inside the transaction, once the entries are stored.
    pub plan: Plan,
}

/// What a document says.
pub struct Content {
    /// Of its feed.
    pub facts: FeedFacts,
    /// Its entries, as [`super::pack`] made them.
    pub items: Vec<Packed>,
    /// Those of its entries that are stored just as they stand there: see [`Store::standing`].
    pub unchanged: Vec<Printed>,
    /// What folding must know of the feed.
    pub context: FeedContext,
    /// Whether these are only the entries that changed (RFC 3229, WebSub): what the document before
    /// listed is still there.
    pub delta: bool,
}

impl Content {
    /// How many entries the document has.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.items.len() + self.unchanged.len()
    }
}

/// What recording a poll did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Entries seen for the first time.
    pub new: usize,
    /// Entries whose text changed.
    pub updated: usize,
    /// New entries that were folded under another entry.
    pub duplicates: usize,
    /// Of these, the ones that are the same article as the other entry.
    pub copies: usize,
    /// When the feed is polled next.
    pub next_due: Option<Timestamp>,
    /// Whether a new address was stored.
    pub moved: bool,
    /// Whether anything was stored: `false` where the right to poll was lost or the feed is gone.
    pub stored: bool,
}

impl Store {
    /// Stores a poll: everything in one transaction, so that a crash costs at most a refetch.
    ///
    /// A record whose lease was taken by another, or whose feed vanished, changes nothing.
    pub async fn record(&self, poll: PollRecord) -> Result<Recorded, Error> {
        self.expect_poll().record(poll).await
    }

    /// The same for a poll that is expected.
    pub(super) async fn record_expected(
        &self,
        poll: PollRecord,
        coming: Coming,
    ) -> Result<Recorded, Error> {
        self.connections
            .write_patiently(move |writing| {
                drop(coming);
                record(writing, poll)
            })
            .await
    }
}

/// The feed as it is at the moment of recording.
struct Current {
    lease_until: i64,
    arrivals: Vec<u8>,
    newest: Option<i64>,
    first_poll: bool,
    url: String,
}

fn record(writing: &mut Writing<'_>, poll: PollRecord) -> Result<Recorded, Error> {
    let feed = poll.claim.feed.id;
    let Some(current) = current(writing, feed)? else {
        return Ok(Recorded::default());
    };
    if current.lease_until != millis(poll.claim.lease_until) {
        return Ok(Recorded::default());
    }
    let mut recorded = Recorded {
        stored: true,
        ..Recorded::default()
    };
    let today = millis(poll.at).div_euclid(DAY);
    let mut days = arrival_days(&current.arrivals, today);
    let mut newest = current.newest;
    let mut span_days = 0.0;
    if let Some(content) = poll.content {
        writing
            .window
            .load(writing.connection, poll.fold.window, poll.at)?;
        if content.facts != poll.claim.feed.facts {
            learn(writing, feed, &content, poll.at)?;
        }
        span_days = span(&content);
        let joins = current.newest.is_none() && onboarding::joins_late(writing.connection, feed)?;
        let folding = Folding {
            context: &content.context,
            settings: &poll.fold,
            at: poll.at,
            announces: !joins,
            delta: content.delta,
        };
        let latest = take_in(
            writing,
            &folding,
            content.items,
            content.unchanged,
            &mut recorded,
        )?;
        if joins {
            onboarding::hush(writing.connection, feed, poll.at, poll.newcomer_items)?;
        }
        newest = newest.max(latest);
        if recorded.new > 0 {
            days.push((today, recorded.new));
            writing
                .connection
                .prepare_cached("UPDATE feeds SET arrivals = ?2, newest = ?3 WHERE id = ?1")?
                .execute(params![feed.0, packed_days(&days), newest])?;
        }
        if recorded.new > 0 || recorded.updated > 0 {
            writing.show(poll.at);
        }
    }
    if let Some(validators) = &poll.validators
        && *validators != poll.claim.feed.validators
    {
        writing
            .connection
            .prepare_cached("UPDATE feeds SET etag = ?2, last_modified = ?3 WHERE id = ?1")?
            .execute(params![feed.0, validators.etag, validators.last_modified])?;
    }
    let mut note = None;
    if let Some(address) = &poll.moved_to
        && address.as_str() != current.url
    {
        note = move_to(writing, feed, &current.url, address, poll.at)?;
        recorded.moved = note.is_none();
    }
    let next = (poll.plan)(&Arrivals {
        new: recorded.new,
        revised: recorded.updated,
        seen_lately: days.iter().map(|(_, count)| count).sum(),
        newest: newest.map(super::feed_rows::moment),
        first_poll: current.first_poll,
        span_days,
    });
    if next.health.last_error.is_some() || recorded.new + recorded.updated > 0 || note.is_some() {
        let note = note.or_else(|| {
            let error = next.health.last_error.as_ref();
            error.map(|error| error.sentence.clone())
        });
        let duration = i64::try_from(poll.duration.as_millis()).unwrap_or(i64::MAX);
        let bytes = i64::try_from(poll.bytes).unwrap_or(i64::MAX);
        writing
            .connection
            .prepare_cached("INSERT OR REPLACE INTO polls VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                feed.0,
                millis(poll.at),
                poll.status,
                duration,
                bytes,
                rows(recorded.new),
                rows(recorded.updated),
                note
            ])?;
        writing
            .connection
            .prepare_cached(
                "DELETE FROM polls WHERE feed = ?1 AND at <= (SELECT at FROM polls \
                 WHERE feed = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute([feed.0, POLLS_KEPT])?;
    }
    if let Some(pause) = &next.pause {
        pauses::remember(writing.connection, pause, poll.at)?;
    }
    recorded.next_due = plan(writing, feed, &next)?;
    Ok(recorded)
}

fn current(writing: &Writing<'_>, feed: FeedId) -> Result<Option<Current>, Error> {
    Ok(writing
        .connection
        .prepare_cached(
            "SELECT lease_until, arrivals, newest, last_success IS NULL, url FROM feeds \
             WHERE id = ?1",
        )?
        .query_row([feed.0], |row| {
            Ok(Current {
                lease_until: row.get(0)?,
                arrivals: row.get(1)?,
                newest: row.get(2)?,
                first_poll: row.get(3)?,
                url: row.get(4)?,
            })
        })
        .optional()?)
}

/// Stores what the feed says of itself.
fn learn(
    writing: &mut Writing<'_>,
    feed: FeedId,
    content: &Content,
    at: Timestamp,
) -> Result<(), Error> {
    let facts = &content.facts;
    writing
        .connection
        .prepare_cached("UPDATE feeds SET feed_title = ?2, site = ?3, language = ?4 WHERE id = ?1")?
        .execute(params![
            feed.0,
            facts.title.as_str(),
            facts.site.as_ref().map(Address::as_str),
            facts.language
        ])?;
    if let Some(outlets) = writing.window.outlets() {
        let context = &content.context;
        Arc::make_mut(outlets).insert(feed, &context.title, &context.hosts);
    }
    writing.show(at);
    Ok(())
}

/// Stores a new address; the note says why it could not be.
fn move_to(
    writing: &mut Writing<'_>,
    feed: FeedId,
    from: &str,
    to: &Address,
    at: Timestamp,
) -> Result<Option<String>, Error> {
    if let Some(other) = by_url(writing.connection, to.as_str())? {
        return Ok(Some(format!(
            "moved to {to}, which is the address of the feed '{}': the old one is kept",
            other.subscription.name
        )));
    }
    writing
        .connection
        .prepare_cached("UPDATE feeds SET url = ?2, moved_from = ?3 WHERE id = ?1")?
        .execute(params![feed.0, to.as_str(), from])?;
    writing.show(at);
    Ok(None)
}

/// Stores health, pace and the next due time, and ends the lease.
fn plan(writing: &Writing<'_>, feed: FeedId, next: &Next) -> Result<Option<Timestamp>, Error> {
    let health = &next.health;
    let error = health.last_error.as_ref();
    let due: Option<i64> = writing
        .connection
        .prepare_cached(
            "UPDATE feeds SET failures = ?2, error_kind = ?3, error_status = ?4, error = ?5, \
             last_poll = ?6, last_success = ?7, gone = ?8, pace = ?9, \
             due = CASE WHEN enabled THEN ?10 END, lease_until = 0 WHERE id = ?1 RETURNING due",
        )?
        .query_row(
            params![
                feed.0,
                health.failures,
                error.map(|error| error.kind.word()),
                error.and_then(|error| error.status),
                error.map(|error| &error.sentence),
                health.last_poll.map(millis),
                health.last_success.map(millis),
                health.gone,
                json(&StoredPace::from(&next.pace))?,
                next.next_due.map(millis),
            ],
            |row| row.get(0),
        )?;
    Ok(due.map(super::feed_rows::moment))
}

/// What folding a document's entries needs beside them.
pub(super) struct Folding<'a> {
    pub(super) context: &'a FeedContext,
    pub(super) settings: &'a config::Fold,
    pub(super) at: Timestamp,
    /// Whether a story that was no news becomes news when an entry joins it.
    pub(super) announces: bool,
    /// Whether the document holds only the entries that changed.
    pub(super) delta: bool,
}

/// Stores a document's entries: those that are known stay, or are revised; the others are folded.
/// Returns the newest date among the new ones.
fn take_in(
    writing: &mut Writing<'_>,
    folding: &Folding<'_>,
    mut items: Vec<Packed>,
    unchanged: Vec<Printed>,
    recorded: &mut Recorded,
) -> Result<Option<i64>, Error> {
    let feed = folding.context.feed;
    let document = Document::of(&items, &unchanged);
    let mut taken = HashSet::new();
    for printed in unchanged {
        let (guid, text) = (printed.guid, printed.text_print);
        match unchanged::entry(writing.connection, feed, guid, text)? {
            Some((entry, _)) => {
                taken.insert(EntryId(entry));
            }
            // Removed or revised since it was looked for: as rare as two writers in one moment.
            None => items.extend(pack_one(printed.item, folding.context, folding.at)?),
        }
    }
    let mut latest = None;
    for packed in items {
        let prepared = &packed.prepared;
        let known = known_entries(writing, feed, &prepared.identity, &taken, &document)?;
        let found = fold::same_entry(&prepared.identity, prepared.text_print, &known);
        let entry = match found {
            Match::Same(entry) => entry,
            Match::Revised(entry) | Match::Renamed(entry) => {
                let before = known.iter().find(|known| known.entry == entry);
                let edited = before.is_none_or(|known| known.text_print != prepared.text_print);
                // Two items that are one entry, in one document: the first stands.
                if !taken.contains(&entry) {
                    new_entries::revise(writing, folding, entry, packed, edited)?;
                    recorded.updated += usize::from(edited);
                }
                entry
            }
            Match::New => {
                let Some(Arrived {
                    entry,
                    dated,
                    folded,
                }) = new_entries::arrive(writing, folding, packed)?
                else {
                    continue;
                };
                recorded.new += 1;
                recorded.duplicates += usize::from(folded.is_some());
                recorded.copies += usize::from(folded == Some(Role::Copy));
                latest = latest.max(Some(dated));
                entry
            }
        };
        taken.insert(entry);
    }
    if folding.delta {
        let before = listed::of_feed(writing.connection, feed)?;
        // A feed that never gives a whole document again keeps the latest of what it listed.
        let room = MOST_LISTED.saturating_sub(taken.len());
        let mut before: Vec<EntryId> = before.difference(&taken).copied().collect();
        before.sort_unstable();
        taken.extend(before.into_iter().rev().take(room));
    }
    listed::store(writing.connection, feed, &taken)?;
    Ok(latest)
}

/// Folds one entry, as the archive is now.
pub(super) fn judge(
    writing: &mut Writing<'_>,
    folding: &Folding<'_>,
    prepared: &Prepared,
) -> Result<fold::Decision, Error> {
    let corrections = super::binding::binding(writing.connection, folding, prepared)?;
    let outlets = match writing.window.outlets() {
        Some(outlets) => Arc::clone(outlets),
        unknown => {
            let stored = Arc::new(stored_outlets(writing.connection)?);
            Arc::clone(unknown.insert(stored))
        }
    };
    let archive = Archive {
        connection: writing.connection,
        window: writing.window,
        outlets,
    };
    fold::judge(
        prepared,
        folding.context,
        &archive,
        folding.settings,
        &corrections,
        folding.at,
    )
}
