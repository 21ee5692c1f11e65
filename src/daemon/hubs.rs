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
    /// Runs until `stop`. A hub that keeps one waiting delays no delivery of another.
    pub(super) async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.take_deliveries() => {}
            () = self.keep_subscribed() => {}
        }
    }

    async fn take_deliveries(&self) {
        let Some(mut deliveries) = self.service.deliveries() else {
            return;
        };
        let mut present = Present::default();
        while let Some(delivery) = deliveries.recv().await {
            if let Some((refresher, _)) = present.of(self)
                && let Some(report) = refresher.take(delivery).await
            {
                self.service.status().pushed(&report);
            }
        }
    }

    async fn keep_subscribed(&self) {
        let (mut present, mut told) = (Present::default(), false);
        loop {
            self.clock.sleep_until(self.clock.now() + LOOK).await;
            let Some((refresher, config)) = present.of(self) else {
                continue;
            };
            let base = callback_base(config);
            if base.is_none() && !told {
                let wanting = self.store.feeds_with_hubs().await.unwrap_or_default();
                if let Some(feed) = wanting.first() {
                    tracing::warn!(
                        feed = feed.subscription.name,
                        "no hub can push its news here: server.public_url is no public address"
                    );
                    told = true;
                }
            }
            let turn = refresher.subscribe_at_hubs(base);
            if let Err(error) = turn.await {
                tracing::error!("hubs could not be asked: {error}");
            }
        }
    }
}

/// What works under the configuration of the present moment.
#[derive(Default)]
struct Present(Option<(Refresher, Arc<Config>)>);

impl Present {
    /// `None` where it cannot be set up.
    fn of(&mut self, hubs: &Hubs) -> Option<(&Refresher, &Config)> {
        let config = hubs.service.config();
        if !matches!(&self.0, Some((_, known)) if Arc::ptr_eq(known, &config)) {
            match Refresher::new(hubs.store.clone(), &config, hubs.clock.clone()) {
                Ok(refresher) => self.0 = Some((refresher, config)),
                Err(fault) => tracing::error!("the old settings for hubs stay: {fault}"),
            }
        }
        self.0
            .as_ref()
            .map(|(refresher, config)| (refresher, config.as_ref()))
    }
}

/// The address that a hub can call back: the public one, where it is one.
fn callback_base(config: &Config) -> Option<&str> {
    let base = config.server.public_url.as_str();
    Address::parse(base)
        .is_ok_and(|address| is_public_host(address.host()))
        .then_some(base)
}
