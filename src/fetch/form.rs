//! What hubs are told: a form, sent to whoever stands at the hub's address.

use super::redirect::Trail;
use super::{Client, faults};
use crate::address::Address;
use crate::feed::{Fault, FaultKind, RequestSettings};
use reqwest::Response;
use reqwest::header::LOCATION;

impl Client {
    /// Sends form fields to a hub, and waits until it says that it took them; nothing of the answer
    /// but its status counts. Redirects that keep the method (307, 308) are followed, as WebSub
    /// section 5.2 wants, but not from `https` down to `http`, since the form holds a secret.
    ///
    /// # Errors
    /// Where the hub cannot be reached, is refused by the guard, or says no.
    pub async fn post_form(&self, hub: &Address, fields: &[(&str, &str)]) -> Result<(), Fault> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        tokio::time::timeout(self.timeout, self.posted(hub, &body))
            .await
            .unwrap_or_else(|_| {
                let place = faults::place(hub);
                Err(faults::deadline(&place, self.timeout, 0))
            })
    }

    async fn posted(&self, hub: &Address, body: &str) -> Result<(), Fault> {
        let mut trail = Trail::start(hub, hub);
        loop {
            let place = faults::place(trail.here());
            let reply = self.post(&trail, body.to_owned(), &place).await?;
            match reply.status().as_u16() {
                200..=299 => return Ok(()),
                status @ (307 | 308) => {
                    let was_secure = trail.here().url().scheme() == "https";
                    let location = reply.headers().get(LOCATION);
                    trail.follow(status, location.map(|value| value.as_bytes()))?;
                    if was_secure && trail.here().url().scheme() == "http" {
                        return Err(Fault::with_status(
                            FaultKind::Redirects,
                            status,
                            format!(
                                "the hub {place} leads to an address without encryption; it is not \
                                 told the secret there"
                            ),
                        ));
                    }
                }
                status => return Err(faults::status(status, &place, false)),
            }
        }
    }

    async fn post(&self, trail: &Trail, body: String, place: &str) -> Result<Response, Fault> {
        let here = trail.here().url();
        let redirected = trail.is_redirected();
        self.guard
            .judge_host(here.host())
            .map_err(|refusal| faults::refused(&refusal, redirected))?;
        self.clients
            .for_feed(&RequestSettings::default(), true)?
            .post(here.clone())
            .header("user-agent", &self.user_agent)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .map_err(|error| faults::request(&error, place, redirected))
    }
}
