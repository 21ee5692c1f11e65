//! The part of the service that deals with hubs (W3C WebSub): subscribes, and takes what they push.

use crate::address::Address;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::Service;
use crate::refresh::Refresher;
use crate::schedule::is_public_host;
use crate::store::Store;
use chrono::TimeDelta;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How often the subscriptions are brought in step with what the feeds want.
const LOOK: TimeDelta = TimeDelta::minutes(1);

/// What it works with.
pub(super) struct Hubs {
    pub(super) store: Store,
    pub(super) service: Service,
    pub(super) clock: Clock,
}

impl Hubs {
    /// Runs until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Some(mut deliveries) = self.service.deliveries() else {
            return;
        };
        let mut config = self.service.config();
        let Some(mut refresher) = self.refresher(&config) else {
            return;
        };
        let mut look_at = self.clock.now() + LOOK;
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                Some(delivery) = deliveries.recv() => {
                    refresher.take(delivery).await;
                }
                () = self.clock.sleep_until(look_at) => {
                    let present = self.service.config();
                    if !Arc::ptr_eq(&config, &present) {
                        refresher = self.refresher(&present).unwrap_or(refresher);
                        config = present;
                    }
                    let turn = refresher.subscribe_at_hubs(callback_base(&config));
                    tokio::select! {
                        () = stop.cancelled() => {}
                        outcome = turn => if let Err(error) = outcome {
                            tracing::error!("hubs could not be asked: {error}");
                        },
                    }
                    look_at = self.clock.now() + LOOK;
                }
            }
        }
    }

    fn refresher(&self, config: &Config) -> Option<Refresher> {
        Refresher::new(self.store.clone(), config, self.clock.clone())
            .inspect_err(|fault| tracing::error!("the old settings for hubs stay: {fault}"))
            .ok()
    }
}

/// The address that a hub can call back: the public one, where it is one.
fn callback_base(config: &Config) -> Option<&str> {
    let base = config.server.public_url.as_str();
    Address::parse(base)
        .is_ok_and(|address| is_public_host(address.host()))
        .then_some(base)
}
