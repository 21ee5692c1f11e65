//! The exchange itself: hop after hop until something answers, then judge the answer.

use super::redirect::{self, Trail};
use super::{
    Answer, Client, Document, Fetched, Held, Place, body, dial, faults, freshness, request,
};
use crate::address::Address;
use crate::feed::{Fault, RequestSettings, Timestamp, Validators};
use crate::schedule::Freshness;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use std::time::Duration;

/// What is asked for, and on whose behalf.
pub(super) struct Errand<'a> {
    /// The address to ask first.
    pub(super) at: &'a Address,
    /// The address that was subscribed to: only its origin may see the settings' credentials.
    pub(super) home: &'a Address,
    /// How to ask.
    pub(super) settings: &'a RequestSettings,
    /// What is known already.
    pub(super) validators: &'a Validators,
    /// The address that gave it, without user name and password.
    pub(super) validated_at: &'a str,
}

/// What an exchange has learned so far; outlives its deadline.
#[derive(Default)]
pub(super) struct Progress {
    status: Option<u16>,
    freshness: Freshness,
    moved_to: Option<Address>,
    bytes: u64,
    final_url: Option<Address>,
    /// Whom it is talking to, in words.
    place: String,
    held: Held,
}

impl Progress {
    /// Of an exchange that begins.
    pub(super) fn shown_by(held: &Held) -> Self {
        Self {
            held: held.clone(),
            ..Self::default()
        }
    }

    /// What to say of an exchange that did not end within its deadline.
    pub(super) fn overdue(&self, deadline: Duration) -> Fault {
        faults::deadline(&self.place, deadline, self.bytes)
    }

    /// Waits for a place with the host of the trail's present address, where it has none there.
    async fn take_turn(
        &mut self,
        trail: &Trail,
        now: Timestamp,
        turn: &mut Option<Place>,
    ) -> Result<(), Fault> {
        let here = trail.here().as_str();
        if let Some(elsewhere) = turn.take_if(|turn| !turn.is_with(here)) {
            self.place = faults::place(trail.here());
            let taken = elsewhere.exchanged(here, now).await;
            *turn = Some(taken.map_err(|until| faults::left_alone(&self.place, until))?);
        }
        Ok(())
    }

    /// The end of the exchange. Nobody moves to an address that gave no answer.
    pub(super) fn finished(self, answer: Result<Answer, Fault>) -> Fetched {
        Fetched {
            moved_to: self.moved_to.filter(|_| answer.is_ok()),
            status: self.status,
            freshness: self.freshness,
            bytes: self.bytes,
            final_url: self.final_url,
            answer,
        }
    }
}

impl Fetched {
    /// A poll that ended before anything was asked.
    pub(super) fn failed(fault: Fault) -> Self {
        Progress::default().finished(Err(fault))
    }
}

impl Client {
    /// Follows redirects to an answer, and reads it. A `turn` with the first host becomes one with
    /// the host of each hop.
    pub(super) async fn exchange(
        &self,
        errand: &Errand<'_>,
        deadline: Duration,
        now: Timestamp,
        progress: &mut Progress,
        turn: &mut Option<Place>,
    ) -> Result<Answer, Fault> {
        let idle = idle(deadline);
        let mut trail = Trail::start(errand.at, errand.home);
        let response = loop {
            progress.place = faults::place(trail.here());
            let is_alone = turn.as_ref().is_some_and(Place::is_alone);
            let client = self.clients.for_feed(errand.settings, !is_alone)?;
            let response = self
                .ask(&client, errand, &trail, idle, &progress.place)
                .await?;
            let status = response.status().as_u16();
            progress.status = Some(status);
            progress.final_url = Some(trail.here().clone());
            tracing::debug!(host = progress.place, status, "answered");
            if !redirect::is_redirect(status) {
                break response;
            }
            let location = response.headers().get(LOCATION);
            trail.follow(status, location.map(|value| value.as_bytes()))?;
            drop(response);
            progress.take_turn(&trail, now, turn).await?;
        };
        progress.freshness = freshness::read(response.headers(), now);
        // With credentials in the settings, the next poll would hand them to the new origin.
        if !(trail.moves_away() && request::is_bound(errand.settings)) {
            progress.moved_to = trail.moved_to();
        }
        self.judge(response, errand, &trail, idle, progress).await
    }

    /// One hop. A request whose reused connection turns out to be dead is sent once more.
    async fn ask(
        &self,
        client: &reqwest::Client,
        errand: &Errand<'_>,
        trail: &Trail,
        idle: Duration,
        place: &str,
    ) -> Result<reqwest::Response, Fault> {
        let redirected = trail.is_redirected();
        self.guard
            .judge_host(trail.here().url().host())
            .map_err(|refusal| faults::refused(&refusal, redirected))?;
        let request = request::build(client, errand, trail, &self.user_agent)?;
        let again = request.try_clone();
        let patient = |request| tokio::time::timeout(idle, client.execute(request));
        let (mut outcome, dialled) = dial::watch(patient(request)).await;
        if let (Ok(Err(error)), Some(again)) = (&outcome, again)
            && !dialled
            && faults::is_hang_up(error)
        {
            outcome = patient(again).await;
        }
        match outcome {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(faults::request(&error, place, redirected)),
            Err(_) => Err(faults::silent(place, idle)),
        }
    }

    /// What the last reply amounts to.
    async fn judge(
        &self,
        response: reqwest::Response,
        errand: &Errand<'_>,
        trail: &Trail,
        idle: Duration,
        progress: &mut Progress,
    ) -> Result<Answer, Fault> {
        let status = response.status().as_u16();
        let fields = response.headers();
        let place = &progress.place;
        match status {
            304 if request::is_conditional(&request::known_here(errand, trail)) => {
                let named = request::validators(fields);
                // A parked domain can compare dates, too: only the feed itself knows its tag.
                if !request::is_same_tag(&named, errand.validators) {
                    progress.moved_to = None;
                }
                return Ok(Answer::Unchanged {
                    validators: request::merged(errand.validators, named),
                });
            }
            226 if !is_feed_delta(fields) => return Err(faults::unknown_delta(place)),
            200 | 203 | 226 => {}
            _ => {
                let known = request::credentials(errand.settings, errand.home).is_some();
                return Err(faults::status(status, place, known && trail.at_home()));
            }
        }
        let mut document = Document {
            body: Vec::new(),
            content_type: fields
                .get(CONTENT_TYPE)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            url: Some(trail.here().clone()),
            // A 203 went through something that changed it: its validators may not fit.
            validators: match status {
                203 => Validators::default(),
                _ => request::validators(fields),
            },
            delta: status == 226,
            link_headers: request::links(fields),
        };
        let cap = errand.settings.max_body.unwrap_or(self.max_body);
        document.body = body::read(response, cap, idle, &mut progress.bytes, &progress.held)
            .await
            .map_err(|trouble| faults::body(&trouble, place, status, cap, idle))?;
        if document.body.is_empty() {
            return Err(faults::empty(place, status));
        }
        Ok(Answer::Document(document))
    }
}

/// How long a server may be silent: for the whole of a short deadline, for two thirds of a long
/// one, so that dead connections make room before it is over.
fn idle(deadline: Duration) -> Duration {
    (deadline * 2 / 3).max(SHORT_DEADLINE).min(deadline)
}

/// A deadline that leaves no room for an earlier one.
const SHORT_DEADLINE: Duration = Duration::from_secs(20);

/// Whether a 226 applies the one manipulation that was asked for; servers that forget to say mean
/// it.
fn is_feed_delta(fields: &HeaderMap) -> bool {
    fields.get("im").is_none_or(|value| {
        value.to_str().is_ok_and(|im| {
            im.split(',')
                .any(|name| name.trim().eq_ignore_ascii_case("feed"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_44_silence_may_last_as_long_as_a_short_deadline_and_not_as_a_long_one() {
        for (deadline, silence) in [(1, 1), (20, 20), (30, 20), (60, 40)] {
            assert_eq!(
                idle(Duration::from_secs(deadline)),
                Duration::from_secs(silence)
            );
        }
    }
}
